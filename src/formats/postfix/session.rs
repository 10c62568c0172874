//! Lines of a session: those that have no queue id in front.

use memchr::memmem;

use super::message::{proxy_rejected, relayed};
use super::{client, queue_id};
use crate::formats::Unreadable;
use crate::formats::record::{AuthFailed, Client, Record, Rejected, Stage};

/// Lines that have no queue id in front. The first byte tells most of them from those that have one.
pub(super) fn session_line(message: &[u8]) -> Result<Option<Record<'_>>, Unreadable> {
    match message.first() {
        Some(b'c') => connected(message),
        Some(b'd') => disconnected(message),
        Some(b'A' | b'T' | b'U' | b'V') => trust(message).map(secured).transpose(),
        Some(b'w') => Ok(message.strip_prefix(b"warning: ").and_then(warning)),
        Some(b'S') => tls_failed(message),
        Some(b'p') => Ok(proxied(message)),
        _ => Ok(None),
    }
}

fn connected(message: &[u8]) -> Result<Option<Record<'_>>, Unreadable> {
    let Some(rest) = message.strip_prefix(b"connect from ") else { return Ok(None) };
    let (client, _) = client(rest).ok_or(Unreadable("connect without client"))?;
    Ok(Some(Record::Connected(client)))
}

fn disconnected(message: &[u8]) -> Result<Option<Record<'_>>, Unreadable> {
    let Some(rest) = message.strip_prefix(b"disconnect from ") else { return Ok(None) };
    let client = memchr::memrchr(b']', rest).ok_or(Unreadable("disconnect without client"))?;
    Ok(Some(Record::Disconnected { counters: &rest[client + 1..] }))
}

fn tls_failed(message: &[u8]) -> Result<Option<Record<'_>>, Unreadable> {
    let Some(rest) = message.strip_prefix(b"SSL_accept error from ") else { return Ok(None) };
    let (client, rest) = client(rest).ok_or(Unreadable("SSL_accept error without client"))?;
    Ok(Some(Record::TlsFailed { client, reason: rest.strip_prefix(b": ").unwrap_or(rest) }))
}

fn proxied(message: &[u8]) -> Option<Record<'_>> {
    let rejected = || message.strip_prefix(b"proxy-reject: ").map(|rest| Record::Rejected(proxy_rejected(rest)));
    message.strip_prefix(b"proxy-accept: ").map(relayed).or_else(rejected)
}

/// `Anonymous TLS connection established from `, and what certificates make of the first word. Postfix before 2.5 has no
/// such word.
pub(super) fn trust(message: &[u8]) -> Option<&[u8]> {
    let rest = match message.first()? {
        b'A' => message.strip_prefix(b"Anonymous ")?,
        b'T' => message.strip_prefix(b"Trusted ").unwrap_or(message),
        b'U' => message.strip_prefix(b"Untrusted ")?,
        b'V' => message.strip_prefix(b"Verified ")?,
        _ => return None,
    };
    rest.strip_prefix(b"TLS connection established from ")
}

/// `NAME[IP]( to SERVER)?: VERSION with cipher CIPHER (…`. The server's name stands there where the client has asked for
/// one that `tls_server_sni_maps` knows (Postfix since 3.4, `tls_log_summary()`).
fn secured(text: &[u8]) -> Result<Record<'_>, Unreadable> {
    let read = || {
        let (client, rest) = client(text)?;
        let rest = match rest.strip_prefix(b" to ") {
            Some(server) => &server[memmem::find(server, b": ")?..],
            None => rest,
        };
        let rest = rest.strip_prefix(b": ")?;
        let (version, rest) = rest.split_at(memchr::memchr(b' ', rest)?);
        let cipher = rest.strip_prefix(b" with cipher ")?;
        let end = memchr::memchr(b' ', cipher).unwrap_or(cipher.len());
        Some(Record::Secured { client, version, cipher: &cipher[..end] })
    };
    read().ok_or(Unreadable("TLS connection that cannot be read"))
}

/// Whether a warning says that a message is refused, of which no line says `reject`: it is above `message_size_limit`,
/// or above `hopcount_limit`, or a table could not be asked. It stands behind the message's queue id.
pub(super) fn refuses_content(text: &[u8]) -> bool {
    text.ends_with(b": queue file size limit exceeded")
        || text.ends_with(b" exceeds message size limit")
        || text.ends_with(b": message rejected: hopcount exceeded")
        || (text.ends_with(b" -- message not accepted, try again later")
            && memmem::find(text, b" map lookup problem ").is_some())
}

/// `QUEUE_ID: queue file size limit exceeded`, and the like.
fn content_refused(text: &[u8]) -> Option<Record<'_>> {
    let (queue_id, reply) = queue_id(text)?;
    Some(refused(queue_id, Stage::Data, Client::default(), reply))
}

fn refused<'a>(queue_id: Option<&'a [u8]>, stage: Stage, client: Client<'a>, reply: &'a [u8]) -> Record<'a> {
    Record::Rejected(Rejected { queue_id, client, ..Rejected::at(stage, reply) })
}

/// `Illegal address syntax from NAME[IP] in MAIL command: ADDRESS`. The replies are those that the server gives.
fn bad_address(text: &[u8]) -> Option<Record<'_>> {
    let (client, rest) = client(text)?;
    if rest.starts_with(b" in MAIL command: ") {
        return Some(refused(None, Stage::Mail, client, b"501 5.1.7 Bad sender address syntax"));
    }
    let recipient = rest.starts_with(b" in RCPT command: ");
    recipient.then(|| refused(None, Stage::Recipient, client, b"501 5.1.3 Bad recipient address syntax"))
}

/// `WHAT rate limit exceeded: NUMBER from NAME[IP] for service SERVICE`, of what a client did too often. The replies are
/// those that the server gives.
fn too_often(text: &[u8]) -> Option<Record<'_>> {
    let at = memmem::find(text, RATE)?;
    let number = &text[at + RATE.len()..];
    let (client, _) = client(&number[memmem::find(number, b" from ")? + b" from ".len()..])?;
    match &text[..at] {
        b"Message delivery request" => Some(refused(None, Stage::Mail, client, b"450 4.7.1 Error: too much mail")),
        b"Recipient address" => Some(refused(None, Stage::Recipient, client, b"450 4.7.1 Error: too many recipients")),
        b"AUTH command" => {
            let reason = b"450 4.7.1 Error: too many AUTH commands";
            Some(Record::AuthFailed(AuthFailed { client, mechanism: b"", account: None, reason, aborted: false }))
        }
        _ => None,
    }
}

const RATE: &[u8] = b" rate limit exceeded: ";

/// `proxy NAME rejected "COMMAND": "REPLY"`, of a filter in front of the queue, or that it cannot be asked
/// (`smtpd_proxy.c`). Its client is told so at `RCPT TO`, where the filter has to be asked first.
fn filter_refused(text: &[u8]) -> Option<Record<'_>> {
    const UNASKED: [&[u8]; 3] =
        [b"connect to proxy filter ", b"lost connection with proxy ", b"timeout talking to proxy "];
    // What the server says in the filter's place.
    const UNTOLD: &[u8] = b"451 4.3.0 Error: queue file write error";
    let refused = |stage, reply| Some(Record::Rejected(Rejected { of_filter: true, ..Rejected::at(stage, reply) }));
    if UNASKED.iter().any(|beginning| text.starts_with(beginning)) {
        return refused(Stage::Recipient, UNTOLD);
    }
    const COMMAND: &[u8] = b" rejected \"";
    const REPLY: &[u8] = b"\": \"";
    let text = text.strip_prefix(b"proxy ")?.strip_suffix(b"\"")?;
    let command = &text[memmem::find(text, COMMAND)? + COMMAND.len()..];
    let reply = &command[memmem::rfind(command, REPLY)? + REPLY.len()..];
    match command.first_chunk()? {
        b"DATA" => refused(Stage::Data, reply),
        b"MAIL" | b"RCPT" => refused(Stage::Recipient, reply),
        _ => refused(Stage::Recipient, UNTOLD),
    }
}

/// What stands where the client's name would, where it failed before it gave one (`smtpd_sasl_glue.c`).
const NO_NAME: &[u8] = b"(unavailable)";

/// Why Dovecot, as SASL's server, is not even asked. Since 3.10, what the client has sent for a mechanism follows, which may
/// be a broken client's password.
const NO_MECHANISM: &[u8] = b"Invalid authentication mechanism";

/// Warnings that matter: failed authentication, the TLS library's word on a handshake, and refusals of which no line says
/// `reject`.
fn warning(text: &[u8]) -> Option<Record<'_>> {
    if let Some(reason) = text.strip_prefix(b"TLS library problem: ") {
        return Some(Record::TlsProblem { reason });
    }
    // A name that failed to authenticate may end in the same words.
    if let Some(record) = Some(text).filter(|text| refuses_content(text)).and_then(content_refused) {
        return Some(record);
    }
    if let Some(address) = text.strip_prefix(b"Illegal address syntax from ") {
        return bad_address(address);
    }
    let Some((client, rest)) = client(text) else { return too_often(text).or_else(|| filter_refused(text)) };
    let rest = rest.strip_prefix(b": SASL ")?;
    let (mechanism, rest) = rest.split_at(memchr::memchr(b' ', rest)?);
    let rest = rest.strip_prefix(b" authentication ")?;
    let aborted = rest.starts_with(b"aborted");
    let rest = rest.strip_prefix(b"failed").or_else(|| rest.strip_prefix(b"aborted"))?;
    let rest = rest.strip_prefix(b": ").unwrap_or(rest);
    // What the client sent as its name comes last and is read to the line's end, whatever it holds.
    const NAME: &[u8] = b", sasl_username=";
    let (reason, account) = match memmem::find(rest, NAME) {
        Some(at) => (&rest[..at], Some(&rest[at + NAME.len()..])),
        None => (rest, None),
    };
    let account = account.filter(|account| *account != NO_NAME);
    let reason = if reason.starts_with(NO_MECHANISM) { NO_MECHANISM } else { reason };
    Some(Record::AuthFailed(AuthFailed { client, mechanism, account, reason, aborted }))
}
