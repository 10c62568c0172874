//! What is said of a session: its handshake, its login, what was refused, and that it is over.

use memchr::memmem;

use super::{cut_relay, is_number, relay, width};
use crate::formats::Unreadable;
use crate::formats::bytes::last_field;
use crate::formats::record::{AuthFailed, Client, Record, Rejected, Stage};
use crate::formats::sasl;

/// `, relay=R, version=V, …`, or what went wrong: `, error: …` and `: …`.
pub(super) fn handshake(text: &[u8]) -> Result<Option<Record<'_>>, Unreadable> {
    if let Some(reason) = text.strip_prefix(b": ") {
        return Ok(Some(Record::TlsProblem { reason: library_reason(reason) }));
    }
    if let Some(error) = text.strip_prefix(b", error: ").filter(|error| error.starts_with(b"accept failed=")) {
        return Ok(Some(tls_failed(error)));
    }
    let Some(text) = text.strip_prefix(b", relay=") else { return Ok(None) };
    match secured(text) {
        None if is_of_certificate(text) => Ok(None),
        secured => secured.map(Some).ok_or(Unreadable("STARTTLS=server that cannot be read")),
    }
}

/// `R, field=cn_subject, status=failed to extract CN`: what is odd about a client's certificate stands in front of the
/// line that tells of its handshake (`CHECK_X509_NAME` and `getaltnames` in `tls.c`).
fn is_of_certificate(text: &[u8]) -> bool {
    let client = last_field(text, b", status=").and_then(|(rest, _)| last_field(rest, b", field="));
    client.is_some_and(|(client, _)| cut_relay(client).is_some())
}

/// `R, version=V, verify=W, cipher=C, bits=A/B`.
pub(super) fn secured(text: &[u8]) -> Option<Record<'_>> {
    let (rest, bits) = last_field(text, b", bits=")?;
    let (rest, cipher) = last_field(rest, b", cipher=")?;
    let (rest, _verify) = last_field(rest, b", verify=")?;
    let (client, version) = last_field(rest, b", version=")?;
    let (used, strength) = bits.split_at(memchr::memchr(b'/', bits)?);
    let complete = is_number(used) && is_number(&strength[1..]);
    Some(Record::Secured { client: cut_relay(client)?, version, cipher }).filter(|_| complete)
}

/// `accept failed=-1, reason=R, SSL_error=1, errno=0, retry=-1, relay=R`; reason and relay came with newer versions.
fn tls_failed(text: &[u8]) -> Record<'_> {
    let (rest, client) = last_field(text, b", relay=").map_or((text, None), |(rest, client)| (rest, cut_relay(client)));
    let reason = memmem::find(rest, b", reason=").map_or(rest, |at| &rest[at + b", reason=".len()..]);
    let end = memmem::find(reason, b", SSL_error=").unwrap_or(reason.len());
    Record::TlsFailed { client: client.unwrap_or_default(), reason: &reason[..end] }
}

/// `595:error:1408A0C1:SSL routines:…:no shared cipher:s3_srvr.c:974:` without the process.
fn library_reason(text: &[u8]) -> &[u8] {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    text[digits..].strip_prefix(b":").unwrap_or(text)
}

/// `relay=R, authid=U, mech=M, bits=N`. In U, blanks and `=` are encoded.
pub(super) fn authenticated(text: &[u8]) -> Option<Record<'_>> {
    let (rest, bits) = last_field(text, b", bits=")?;
    let (rest, mechanism) = last_field(rest, b", mech=")?;
    let rest = rest.strip_prefix(b"relay=")?;
    let at = memmem::find(rest, b", authid=")?;
    let (client, account) = (cut_relay(&rest[..at])?, &rest[at + b", authid=".len()..]);
    is_number(bits).then_some(Record::Authenticated { client, mechanism, account })
}

/// What `AUTH failure` prints of a user at the most (`srvrsmtp.c`), not counting what its escapes add.
pub(super) const LONGEST_USER: usize = 64;

/// `MECH): ERROR (-13) DETAIL, user=U, relay=R`: R came with 8.15, U later. U is what the client sent; of one that may
/// have been cut off, nobody knows who it is.
pub(super) fn auth_failed(text: &[u8]) -> Option<Record<'_>> {
    let (mechanism, rest) = text.split_at(memchr::memchr(b')', text)?);
    let rest = rest.strip_prefix(b"): ")?;
    let (rest, client) = match last_field(rest, b", relay=") {
        Some((rest, client)) => (rest, cut_relay(client)?),
        None => (rest, Client::default()),
    };
    const USER: &[u8] = b", user=";
    let (reason, account) = match memmem::find(rest, USER) {
        Some(at) => (&rest[..at], Some(&rest[at + USER.len()..])),
        None => (rest, None),
    };
    // The server's own words have its number of the error in them, and none of a client's are in front of it.
    memmem::find(reason, b" (-")?;
    let account = account.filter(|account| characters(account) < LONGEST_USER);
    let mechanism = sasl::mechanism(mechanism);
    Some(Record::AuthFailed(AuthFailed { client, mechanism, account, reason, aborted: false }))
}

/// How many characters a text has.
fn characters(mut text: &[u8]) -> usize {
    let mut count = 0;
    while !text.is_empty() {
        text = &text[width(text)..];
        count += 1;
    }
    count
}

/// `ruleset=check_rcpt, arg1=<…>, relay=…, reject=550 …`, `Milter: to=<…>, reject=550 …`, `<…>... User unknown`,
/// `collect: relay=…, from=…, info=Bare linefeed (LF) not allowed, where=body, status=tempfail`. What rulesets say of
/// headers stands in front of the `from=` line: of that, the lines behind it tell.
pub(super) fn rejected<'a>(queue_id: &'a [u8], text: &'a [u8]) -> Option<Rejected<'a>> {
    let (stage, reply) = if let Some(rest) = text.strip_prefix(b"ruleset=") {
        let stage = match &rest[..memchr::memchr(b',', rest)?] {
            b"check_mail" => Stage::Mail,
            b"check_rcpt" => Stage::Recipient,
            b"check_data" | b"check_eom" => Stage::Data,
            _ => return None,
        };
        (stage, reply(rest)?)
    } else if let Some(rest) = text.strip_prefix(b"Milter: ") {
        let stage = match rest {
            [b'f', b'r', b'o', b'm', b'=', ..] => Stage::Mail,
            [b't', b'o', b'=', ..] => Stage::Recipient,
            _ if rest.starts_with(b"data, ") || rest.starts_with(b"cmd=data, ") => Stage::Data,
            _ => return None,
        };
        (stage, reply(rest)?)
    } else if let Some(reason) = refused_content(text) {
        (Stage::Data, reason)
    } else if comes_too_early(text) {
        (Stage::Data, &b"554 5.5.0 SMTP protocol error"[..])
    } else if is_refused_recipient(text) {
        (Stage::Recipient, text)
    } else {
        return None;
    };
    let queue_id = (stage == Stage::Data).then_some(queue_id);
    Some(Rejected { queue_id, ..Rejected::at(stage, reply) })
}

/// The first reply of a line: the server's words may repeat the client's.
fn reply(text: &[u8]) -> Option<&[u8]> {
    memmem::find(text, b", reject=").map(|at| &text[at + b", reject=".len()..])
}

/// A refused recipient, and why: `<…>... User unknown`. What clients and the server say is logged with an arrow in
/// front, at the highest levels.
pub(super) fn is_refused_recipient(text: &[u8]) -> bool {
    text.first() == Some(&b'<') && !text.starts_with(b"<-- ") && memmem::find(text, b"... ").is_some()
}

/// Why a content is refused before it has come in whole. Without a status, it is taken.
fn refused_content(text: &[u8]) -> Option<&[u8]> {
    let rest = text.strip_prefix(COLLECTING)?.strip_suffix(b", status=tempfail")?;
    let (rest, _place) = last_field(rest, b", where=")?;
    last_field(rest, b", info=").map(|(_, reason)| reason)
}

/// Whether a content is refused that comes before the server has asked for it: `rejecting DATA from NAME [IP] due to
/// traffic before response`, in 8.18.1 `rejecting server DATA from …`. A client without a name has its address twice,
/// `[IP] [IP]`. Of other commands than `DATA`, the line refuses no message; it does not have the reply (`smtp_data` in
/// `srvrsmtp.c`, since 8.18).
fn comes_too_early(text: &[u8]) -> bool {
    let read = || {
        let rest = text.strip_prefix(EARLY)?.strip_suffix(b" due to traffic before response")?;
        let client = rest.strip_prefix(b"server ").unwrap_or(rest).strip_prefix(b"DATA from ")?;
        let nameless = client.strip_prefix(b"[").and_then(|name| Some(&name[memmem::find(name, b"] [")? + 2..]));
        relay(nameless.unwrap_or(client))
    };
    read().is_some()
}

/// How that line begins.
pub(super) const EARLY: &[u8] = b"rejecting ";

/// How a line begins that tells of a content.
pub(super) const COLLECTING: &[u8] = b"collect: relay=";

/// `NAME [IP] did not issue MAIL/EXPN/VRFY/ETRN during connection to DAEMON`, `lost input channel from NAME [IP] to …`.
pub(super) fn has_ended(text: &[u8]) -> bool {
    const IDLE: &[u8] = b" did not issue MAIL/EXPN/VRFY/ETRN during connection to ";
    if let Some(rest) = text.strip_prefix(b"lost input channel from ") {
        return memmem::find(rest, b" to ").is_some_and(|at| relay(&rest[..at]).is_some());
    }
    last_field(text, IDLE)
        .is_some_and(|(client, daemon)| relay(client).is_some() && memchr::memchr(b' ', daemon).is_none())
}
