//! Stalwart: the events of its tracers, as text and as JSON lines.
//!
//! ```text
//! 2026-03-01T09:00:00Z INFO TLS handshake (tls.handshake) listenerId = "submission", localPort = 587, remoteIp = 192.0.2.10, remotePort = 59010, version = "TLSv1_3", details = "TLS13_AES_256_GCM_SHA384"
//! {"id":"…","createdAt":"2026-03-01T09:00:00Z","type":"tls.handshake","data":{"version":"TLSv1_3",…,"remoteIp":"192.0.2.10","remotePort":59010}}
//! ```
//!
//! Events are listed at <https://stalw.art/docs/telemetry/events>; failed logins and handshakes are told at level debug,
//! commands to log in that are not allowed at the default one (`EventType::level()` in `crates/trc/src/event/level.rs`).
//! A session is known by its client's address and port and the server's port, which every event of it repeats; only JSON
//! has a span's id, too. At the default level no event tells where a session begins or ends. In text, what the listener
//! knows stands in front of what the client has said, and of two values of one name the first counts: versions up to 0.15
//! do not escape a quotation mark, so that a client can write what looks like further values, but only behind its own.
//!
//! Of a handshake, only that of STARTTLS is told: on a port of implicit TLS a session begins behind it, and no event says
//! its version. So silence is cleartext on no other port than those of STARTTLS. That a handshake has failed is told of
//! both.
//!
//! The event of a queued submission proves by itself that the client had authenticated; whose account it was is said by
//! `auth.success`, and is unknown where that is not there.

mod event;
mod pairs;

use std::hash::BuildHasher;

use memchr::memmem;
use rustc_hash::FxBuildHasher;

use super::record::{AuthFailed, Client, Record, Rejected, Stage};
use super::service::{SMTP, SUBMISSION};
use super::{Evidence, Format, Tells, Unreadable};
use crate::sources::fields::{Fields, flatten};
use crate::sources::framing::{Framed, Line, Own, Program, Style};
use event::{Event, LEVELS};

/// The format.
#[derive(Debug)]
pub struct Stalwart;

/// The events that matter.
const EVENTS: [&[u8]; 33] = [
    b"smtp.connection-start",
    b"smtp.connection-end",
    b"smtp.ehlo",
    b"smtp.mail-from",
    b"smtp.rcpt-to",
    b"smtp.rset",
    b"tls.handshake",
    b"tls.handshake-error",
    b"auth.success",
    b"auth.failed",
    // In place of it, where it is one too many, and its name in 0.9.
    b"security.authentication-ban",
    b"auth.banned",
    b"auth.token-expired",
    b"auth.mfa-required",
    // Its name up to 0.15.
    b"auth.missing-totp",
    b"auth.error",
    b"security.unauthorized",
    b"smtp.auth-not-allowed",
    b"smtp.auth-mechanism-not-supported",
    b"smtp.mail-from-not-allowed",
    b"smtp.mail-from-unauthorized",
    b"smtp.relay-not-allowed",
    b"smtp.mailbox-does-not-exist",
    b"smtp.too-many-recipients",
    b"smtp.rate-limit-exceeded",
    b"smtp.message-too-large",
    b"smtp.message-parse-failed",
    b"smtp.loop-detected",
    b"smtp.too-many-messages",
    b"queue.quota-exceeded",
    b"queue.authenticated-message-queued",
    // Its names up to 0.15, and in 0.9.
    b"queue.queue-message-authenticated",
    b"queue.queue-message-submission",
];

/// What an account needs to log in here, the first as versions up to 0.15 call it.
const LOGIN_PERMISSIONS: [&[u8]; 3] = [b"email-send", b"emailSend", b"authenticate"];

impl Style for Stalwart {
    fn wants_program(&self, program: Program<'_>) -> bool {
        program.tag.starts_with(b"stalwart")
    }

    fn is_own(&self, line: &[u8]) -> bool {
        match line.first() {
            Some(b'{') => {
                memmem::find(line, b"\"createdAt\":\"").is_some() && memmem::find(line, b"\"type\":\"").is_some()
            }
            Some(b'\x1B') => true,
            Some(byte) if byte.is_ascii_digit() => line
                .get(21..)
                .is_some_and(|text| line[19] == b'Z' && LEVELS.iter().any(|level| text.starts_with(level))),
            _ => false,
        }
    }

    fn own_line<'a>(&self, own: &'a mut Own, line: &'a [u8]) -> Framed<'a> {
        let Own { stamps, buffer, .. } = own;
        buffer.clear();
        if line.starts_with(b"{") {
            if !flatten(line, buffer) {
                return Framed::Unreadable;
            }
            let fields = Fields(buffer);
            let Some((stamp, _)) = fields.get("createdAt").and_then(|time| stamps.iso(time)) else {
                return Framed::Unreadable;
            };
            return Framed::Line(Line { stamp, host: b"", program: b"", pid: 0, message: buffer, repeated: 1 });
        }
        let line = if line.contains(&b'\x1B') { without_colours(line, buffer) } else { line };
        let Some((stamp, used)) = stamps.iso(line) else { return Framed::Unreadable };
        Framed::Line(Line { stamp, host: b"", program: b"", pid: 0, message: &line[used..], repeated: 1 })
    }
}

/// A line without the escape sequences that colour it (ECMA-48's SGR).
fn without_colours<'a>(line: &[u8], buffer: &'a mut Vec<u8>) -> &'a [u8] {
    let mut rest = line;
    while let Some(at) = memmem::find(rest, b"\x1B[") {
        buffer.extend_from_slice(&rest[..at]);
        let behind = &rest[at + 2..];
        let length = behind.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b';').count();
        rest = behind[length..].strip_prefix(b"m").unwrap_or(&behind[length..]);
    }
    buffer.extend_from_slice(rest);
    buffer
}

impl Format for Stalwart {
    fn name(&self) -> &'static str {
        "stalwart"
    }

    fn title(&self) -> &'static str {
        "Stalwart"
    }

    fn evidence(&self) -> Evidence {
        // What crates.io has is a fork of 0.15.
        Evidence::RealLogs("stalwart-lite 0.16.0")
    }

    fn tells(&self) -> Tells {
        Tells {
            tls_version: "after STARTTLS; on port 465 only that there is TLS",
            cipher: "after STARTTLS",
            account: "yes, from auth.success",
            mechanism: "no",
            recipients: "yes",
        }
    }

    fn wants(&self, _program: &[u8], message: &[u8]) -> bool {
        Event::of(message).is_some_and(|event| EVENTS.contains(&event.name))
    }

    fn parse<'a>(&self, line: &Line<'a>) -> Result<Option<Record<'a>>, Unreadable> {
        let Some(event) = Event::of(line.message) else { return Ok(None) };
        if event.is_of_another_protocol() {
            return Ok(None);
        }
        let client = event.client();
        Ok(Some(match event.name {
            b"smtp.connection-start" => Record::Connected(client),
            b"smtp.connection-end" => Record::Disconnected { counters: b"" },
            b"smtp.ehlo" => Record::Greeted { helo: event.text("domain") },
            b"smtp.mail-from" => Record::Sender { mail_from: event.text("from") },
            b"smtp.rcpt-to" => Record::Recipient,
            b"smtp.rset" => Record::Reset,
            b"tls.handshake" => {
                Record::Secured { client, version: event.text("version"), cipher: event.text("details") }
            }
            b"tls.handshake-error" => Record::TlsFailed { client, reason: event.text("reason") },
            b"auth.success" => Record::Authenticated { client, mechanism: b"", account: event.text("accountName") },
            b"auth.failed" => auth_failed(&event, b"Authentication failed"),
            b"security.authentication-ban" | b"auth.banned" => {
                auth_failed(&event, b"Banned due to authentication errors")
            }
            b"auth.token-expired" => auth_failed(&event, b"OAuth token expired"),
            b"auth.mfa-required" => {
                auth_failed(&event, b"334 5.7.8 This account requires multi-factor authentication.")
            }
            b"auth.missing-totp" => auth_failed(&event, b"334 5.7.8 Missing TOTP token, try with 'secret$totp_code'."),
            b"auth.error" => auth_failed(&event, b"454 4.7.0 Temporary authentication failure"),
            // Others are of what a script may do.
            b"security.unauthorized" if LOGIN_PERMISSIONS.contains(&event.text("details")) => Record::MayNotSend(
                failed_login(&event, b"550 5.7.1 Your account is not authorized to use this service."),
            ),
            b"smtp.auth-not-allowed" => auth_failed(&event, b"503 5.5.1 AUTH not allowed."),
            b"smtp.auth-mechanism-not-supported" => {
                auth_failed(&event, b"554 5.7.8 Authentication mechanism not supported.")
            }
            b"smtp.mail-from-not-allowed" => refused(Stage::Mail, b"Sender not allowed", client),
            b"smtp.mail-from-unauthorized" => refused(Stage::Mail, b"Not authorized to send as", client),
            b"smtp.relay-not-allowed" => refused(Stage::Recipient, b"Relay not allowed", client),
            b"smtp.mailbox-does-not-exist" => refused(Stage::Recipient, b"Mailbox does not exist", client),
            b"smtp.too-many-recipients" => refused(Stage::Recipient, b"Too many recipients", client),
            // The limit itself tells of the same, and names nobody.
            b"smtp.rate-limit-exceeded" => match (event.get("to"), event.get("from")) {
                (Some(_), _) => refused(Stage::Recipient, b"Rate limit exceeded", client),
                (None, Some(_)) => refused(Stage::Mail, b"Rate limit exceeded", client),
                (None, None) => return Ok(None),
            },
            b"smtp.message-too-large" => refused(Stage::Data, b"Message too big for system", client),
            b"smtp.message-parse-failed" => refused(Stage::Data, b"Failed to parse message", client),
            b"smtp.loop-detected" => refused(Stage::Data, b"Possible loop detected", client),
            b"smtp.too-many-messages" => refused(Stage::Data, b"Maximum number of messages exceeded", client),
            b"queue.quota-exceeded" => refused(Stage::Data, b"452 4.3.1 Mail system full, try again later.", client),
            b"queue.authenticated-message-queued"
            | b"queue.queue-message-authenticated"
            | b"queue.queue-message-submission" => event.queued(client)?,
            _ => return Ok(None),
        }))
    }

    fn service<'a>(&self, _program: &'a [u8]) -> Option<&'a [u8]> {
        None
    }

    /// The listener, which the event names.
    fn service_of<'a>(&self, line: &Line<'a>) -> Option<&'a [u8]> {
        Event::of(line.message).map(|event| event.listener()).filter(|listener| !listener.is_empty())
    }

    fn session(&self, line: &Line<'_>) -> u64 {
        Event::of(line.message).map_or(0, |event| FxBuildHasher.hash_one(event.session()))
    }

    fn announces_logins(&self) -> bool {
        true
    }

    /// What a fresh installation calls the listeners of port 25 and 587, on which TLS begins with STARTTLS.
    fn silence_is_cleartext(&self, service: &[u8]) -> bool {
        [SMTP, SUBMISSION].contains(&service)
    }

    fn tls_mark(&self) -> Option<&'static [u8]> {
        Some(b"tls.handshake")
    }

    fn instant(&self, _line: &Line<'_>) -> Option<i64> {
        None
    }
}

/// A login that failed, for a reason that the event's name says.
fn auth_failed<'a>(event: &Event<'a>, reason: &'static [u8]) -> Record<'a> {
    Record::AuthFailed(failed_login(event, reason))
}

/// Where a login is not answered by 535, the reason is the reply of `Session::ingest()` or `Session::authenticate()` in
/// `session.rs` and `auth.rs` of `crates/smtp/src/inbound`.
fn failed_login<'a>(event: &Event<'a>, reason: &'static [u8]) -> AuthFailed<'a> {
    let (client, account) = (event.client(), event.get("accountName"));
    AuthFailed { client, mechanism: b"", account, reason, aborted: false }
}

/// A refused command. The event does not say the reply's code; where there is only one, it is here.
fn refused<'a>(stage: Stage, reply: &'static [u8], client: Client<'a>) -> Record<'a> {
    Record::Rejected(Rejected { client, ..Rejected::at(stage, reply) })
}
