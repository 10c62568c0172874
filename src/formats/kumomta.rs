//! KumoMTA: the log records that its local logs hold, one JSON object a line in zstd segments.
//!
//! One record tells of a message; see <https://docs.kumomta.com/reference/log_record/>. Known from its documentation:
//!
//! - Nothing in a record says that the client had authenticated but the meta value `authn_id`, and that is there only
//!   where `configure_local_logs` names it (`meta = { "authn_id" }`). A `Reception` without it is no submission.
//! - Since 2025.10.06 a `Reception` says the session's TLS. The same version began to write `event_time`: a record
//!   with it and without TLS proves cleartext, a record without both says nothing.
//! - A message to several recipients becomes one record each, unless the listener batches them: the queue holds as
//!   many messages, and they count as such.
//! - Messages that came over HTTP, or that the server made itself, are no submissions, whoever authenticated.

use memchr::memmem;

use super::bytes::decimal;
use super::record::{Accepted, Client, Encrypted, Record, RefusalKind, Refused};
use super::{Evidence, Format, Tells, Unreadable, redact};
use crate::calendar::SECOND;
use crate::sources::fields::{Fields, flatten};
use crate::sources::framing::{Framed, Line, Own, Program, Style};
use crate::sources::stamp::Stamp;

/// The format.
#[derive(Debug)]
pub struct KumoMta;

/// How a message begins that tells of a received one.
const RECEPTION: &[u8] = b"type\x1FReception\x1E";
/// How a message begins that tells of a refused command.
const REJECTION: &[u8] = b"type\x1FRejection\x1E";

impl Style for KumoMta {
    fn wants_program(&self, _program: Program<'_>) -> bool {
        false
    }

    fn is_own(&self, line: &[u8]) -> bool {
        line.starts_with(b"{\"type\":\"")
    }

    fn own_line<'a>(&self, own: &'a mut Own, line: &'a [u8]) -> Framed<'a> {
        let Own { stamps, buffer, .. } = own;
        buffer.clear();
        if !flatten(line, buffer) {
            return Framed::Unreadable;
        }
        let [precise, seconds, host, node] =
            Fields(buffer).firsts(["event_time", "timestamp", "meta.hostname", "nodeid"]);
        let precise = precise.and_then(|text| stamps.iso(text)).map(|(stamp, _)| stamp);
        let Some(stamp) = precise.or_else(|| Some(Stamp::Utc(seconds_of(seconds?)? * SECOND))) else {
            return Framed::Unreadable;
        };
        let host = host.or(node).unwrap_or_default();
        Framed::Line(Line { stamp, host, program: b"", pid: 0, message: buffer, repeated: 1 })
    }
}

impl Format for KumoMta {
    fn name(&self) -> &'static str {
        "kumomta"
    }

    fn title(&self) -> &'static str {
        "KumoMTA"
    }

    fn evidence(&self) -> Evidence {
        Evidence::Documentation
    }

    fn tells(&self) -> Tells {
        Tells {
            tls_version: "since 2025.10.06",
            cipher: "since 2025.10.06",
            account: "with authn_id in configure_local_logs' meta; without it nothing counts",
            mechanism: "no",
            recipients: "yes; a message each, unless the listener batches them",
        }
    }

    fn wants(&self, _program: &[u8], message: &[u8]) -> bool {
        message.starts_with(RECEPTION) || message.starts_with(REJECTION)
    }

    fn parse<'a>(&self, line: &Line<'a>) -> Result<Option<Record<'a>>, Unreadable> {
        let fields = Fields(line.message);
        if line.message.starts_with(RECEPTION) {
            Ok(accepted(fields)?.map(Record::Accepted))
        } else if line.message.starts_with(REJECTION) {
            Ok(refused(fields).map(Record::Refused))
        } else {
            Ok(None)
        }
    }

    fn service<'a>(&self, _program: &'a [u8]) -> Option<&'a [u8]> {
        None
    }

    /// A record says itself whether there was TLS.
    fn tls_mark(&self) -> Option<&'static [u8]> {
        None
    }

    fn instant(&self, _line: &Line<'_>) -> Option<i64> {
        None
    }
}

fn accepted(fields: Fields<'_>) -> Result<Option<Accepted<'_>>, Unreadable> {
    let [account, protocol, id, sender, size, message_id] =
        fields.firsts(["meta.authn_id", "reception_protocol", "id", "sender", "size", "headers.Message-ID"]);
    let account = account.unwrap_or_default();
    if account.is_empty() || !is_smtp(protocol) {
        return Ok(None);
    }
    let recipients = fields.all("recipient").count() as u32;
    let (Some(queue_id), Some(mail_from)) = (id, sender) else {
        return Err(Unreadable("Reception without id or sender"));
    };
    let (client, helo) = peer(fields);
    Ok(Some(Accepted {
        queue_id,
        client,
        helo,
        encrypted: encrypted(fields, protocol),
        account,
        mail_from,
        size: size.and_then(decimal),
        recipients: (recipients > 0).then_some(recipients),
        message_id: message_id.unwrap_or_default(),
        ..Accepted::default()
    }))
}

/// A refused command: of a client that had authenticated, or the authentication itself. What the command was is not
/// said by older versions; such a record is not taken for anything. The command's own text is never handed on: it may
/// hold credentials.
fn refused(fields: Fields<'_>) -> Option<Refused<'_>> {
    let [account, protocol, command, code, content] =
        fields.firsts(["meta.authn_id", "reception_protocol", "response.command", "response.code", "response.content"]);
    let (account, code) = (account.unwrap_or_default(), code.unwrap_or_default());
    let content = content.unwrap_or_default();
    let kind = kind(command.unwrap_or_default(), code, content)?;
    if !is_smtp(protocol) || (account.is_empty() && kind != RefusalKind::AuthFailed) {
        return None;
    }
    let (client, helo) = peer(fields);
    let version = fields.get("tls_protocol_version");
    let encrypted = if version.is_some() { encrypted(fields, protocol) } else { Encrypted::Unsaid };
    let reason = if content.starts_with(SYNTAX) { SYNTAX } else { content };
    Some(Refused { kind, client, helo, encrypted, account, reason, code, ..Refused::default() })
}

/// How the reply to a line begins that is no command. Behind it stands the line itself (`Parser::parse_command` in
/// `crates/rfc5321/src/parser.rs`), which may hold credentials.
const SYNTAX: &[u8] = b"Syntax error in command or arguments";

/// What a command's refusal is. What came out of order (503) is no attempt, but for a login; who has authenticated may
/// not do so again (RFC 4954 section 4), which is no failure to.
fn kind(command: &[u8], code: &[u8], content: &[u8]) -> Option<RefusalKind> {
    let begins = |word: &[u8]| command.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    let out_of_order = code == b"503";
    let is_again = || out_of_order && memmem::find(content, b"AUTH me once").is_some();
    if begins(b"AUTH") {
        (!is_again()).then_some(RefusalKind::AuthFailed)
    } else if code == b"535" || is_answer(command, content) {
        Some(RefusalKind::AuthFailed)
    } else if out_of_order {
        None
    } else if begins(b"MAIL") {
        Some(RefusalKind::SenderRejected)
    } else if begins(b"RCPT") {
        Some(RefusalKind::RecipientsRejected)
    } else if begins(b"DATA") || begins(b"BDAT") || command == b"." {
        Some(RefusalKind::DataRejected)
    } else {
        None
    }
}

/// Whether what was refused is no command but a client's name and password, in base64 (RFC 4616 section 2): so it is
/// where they were judged, by whichever code a policy has for that, also where they came with `AUTH` itself.
fn is_answer(command: &[u8], content: &[u8]) -> bool {
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    let is_base64 = || !command.is_empty() && command.len().is_multiple_of(4) && command.iter().all(is_digit);
    memmem::find(content, b"Invalid base64 response").is_some()
        || (is_base64() && !content.starts_with(SYNTAX) && !redact::is_command(command))
}

/// Whether a message came by SMTP: also where an older version does not say it.
fn is_smtp(protocol: Option<&[u8]>) -> bool {
    protocol.is_none_or(|protocol| protocol.starts_with(b"ESMTP") || protocol.starts_with(b"SMTP"))
}

/// The client, and its EHLO name.
fn peer(fields: Fields<'_>) -> (Client<'_>, &[u8]) {
    let [ip, helo] = fields.firsts(["peer_address.addr", "peer_address.name"]);
    (Client { name: b"", ip: ip.unwrap_or_default() }, helo.unwrap_or_default())
}

/// What a `Reception` says of TLS: see the module's head.
fn encrypted<'a>(fields: Fields<'a>, protocol: Option<&[u8]>) -> Encrypted<'a> {
    let [version, cipher, since] = fields.firsts(["tls_protocol_version", "tls_cipher", "event_time"]);
    match (version, cipher) {
        (Some(version), cipher) => Encrypted::With { version, cipher: cipher.unwrap_or_default() },
        (None, Some(_)) => Encrypted::Yes,
        (None, None) if protocol.is_some_and(|protocol| protocol.starts_with(b"ESMTPS")) => Encrypted::Yes,
        (None, None) if since.is_some() => Encrypted::No,
        (None, None) => Encrypted::Unsaid,
    }
}

/// Seconds that fit the years to come in microseconds, too.
fn seconds_of(digits: &[u8]) -> Option<i64> {
    decimal(digits).filter(|_| digits.len() <= 12)?.try_into().ok()
}
