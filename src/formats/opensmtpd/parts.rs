//! What all versions say, each in its place.

use memchr::memmem;

use crate::formats::bytes::{decimal, last_field};
use crate::formats::record::{AuthFailed, Client, Record, Rejected, Sequel, Stage, Taken};
use crate::formats::sasl;

pub(super) fn named<'a>(name: &'a [u8], ip: &'a [u8]) -> Client<'a> {
    let ip = ip.strip_prefix(b"[").and_then(|ip| ip.strip_suffix(b"]")).unwrap_or(ip);
    let name = if name == b"<unknown>" { b"" } else { name };
    Client { name, ip: ip.strip_prefix(b"IPv6:").unwrap_or(ip) }
}

/// `version=V, cipher=C, bits=N`. Before 5.9, V is of the cipher and not of the session, and so is what may stand behind
/// it in brackets (`ssl_to_text`): `TLSv1/SSLv3 (SSLv3)` is said of TLS 1.2, too.
pub(super) fn in_words(text: &[u8]) -> Option<Record<'_>> {
    let text = text.strip_prefix(b"version=")?;
    let (version, rest) = text.split_at(memmem::find(text, b", cipher=")?);
    let version = &version[..memchr::memchr(b' ', version).unwrap_or(version.len())];
    let cipher = &rest[b", cipher=".len()..];
    let end = memchr::memchr(b',', cipher).unwrap_or(cipher.len());
    Some(Record::Secured { client: Client::default(), version, cipher: &cipher[..end] })
}

pub(super) fn proven(account: &[u8]) -> Record<'_> {
    Record::Authenticated { client: Client::default(), mechanism: b"", account }
}

/// The replies are those that the server gives at such a line.
pub(super) fn permanent_failure(account: &[u8]) -> Record<'_> {
    failure(account, b"535 Authentication failed")
}

pub(super) fn temporary_failure(account: &[u8]) -> Record<'_> {
    failure(account, b"421 Temporary failure")
}

fn failure<'a>(account: &'a [u8], reason: &'a [u8]) -> Record<'a> {
    let client = Client::default();
    Record::AuthFailed(AuthFailed { client, mechanism: b"", account: Some(account), reason, aborted: false })
}

/// `from=<F> to=<T> size=S ndest=N proto=P` of one recipient, or without T but with how many there are (`nrcpts=N`).
/// The addresses are the client's own words, so the numbers are read from the end.
pub(super) fn taken_in_words<'a>(queue_id: &'a [u8], fields: &'a [u8]) -> Option<Record<'a>> {
    let (rest, _proto) = last(fields, b"proto=")?;
    let (rest, recipients) = match last(rest, b"nrcpts=") {
        Some((rest, recipients)) => (rest, Some(decimal(recipients)?)),
        None => (last(rest, b"ndest=")?.0, None),
    };
    let (addresses, size) = last(rest, b"size=")?;
    let mail_from = sender(addresses)?;
    let taken = Taken {
        queue_id,
        mail_from: Some(mail_from),
        size: decimal(size),
        recipients: Some(recipients.map_or(Some(1), |recipients| u32::try_from(recipients).ok())?),
        sequel: if recipients.is_none() { Sequel::Recipients } else { Sequel::Nothing },
        ..Taken::default()
    };
    Some(Record::Taken(taken))
}

/// F in `from=<F> to=<T>`, `from=<F>, to=<T>` or `from=<F>`.
pub(super) fn sender(addresses: &[u8]) -> Option<&[u8]> {
    let rest = addresses.strip_prefix(b"from=<")?;
    let end = memmem::find(rest, b"> to=<").or_else(|| memmem::find(rest, b">, to=<"));
    Some(&rest[..end.or_else(|| memchr::memrchr(b'>', rest))?])
}

/// A command that the server refused. What came out of order (503) is no attempt, but for a login; `DATA` may say by that
/// that no recipient was accepted, so that a message ends with it (`smtp_check_data`). An option that the server does not
/// know has the same number (`smtp_tx_mail_from`, `smtp_tx_rcpt_to`).
pub(super) fn failed<'a>(command: &'a [u8], reply: &'a [u8]) -> Option<Record<'a>> {
    let begins = |name: &[u8]| command.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
    let out_of_order = reply.starts_with(b"503") && memmem::find(reply, b"option ").is_none();
    if begins(b"AUTH") {
        return login_refused(command, reply);
    }
    if begins(b"DATA") && out_of_order && reply.ends_with(b"No recipient specified") {
        return Some(Record::Reset);
    }
    let stage = if out_of_order {
        return None;
    } else if begins(b"MAIL FROM:") {
        Stage::Mail
    } else if begins(b"RCPT TO:") {
        Stage::Recipient
    } else if begins(b"DATA") {
        Stage::Data
    } else {
        return None;
    };
    Some(Record::Rejected(Rejected::at(stage, reply)))
}

/// A login that never came to be judged: one that was has a line of its own, with its account. Who cancels LOGIN's
/// dialogue is answered as if with wrong syntax; so is who cancels PLAIN's, but a first answer with wrong syntax looks
/// the same there. Who has authenticated may not do so again (RFC 4954 section 4), which is no failure to.
fn login_refused<'a>(command: &'a [u8], reply: &'a [u8]) -> Option<Record<'a>> {
    let is_again = || reply.starts_with(b"503") && memmem::find(reply, b"Already authenticated").is_some();
    if reply.starts_with(b"535") || reply.starts_with(b"421") || is_again() {
        return None;
    }
    let mechanism = sasl::mechanism(command.get(b"AUTH ".len()..).unwrap_or_default());
    let aborted = reply.starts_with(b"501") && command.starts_with(b"AUTH LOGIN (");
    // What the client has sent for a mechanism follows these words, which may be a broken client's password.
    let reason = &reply[..memmem::find(reply, b": AUTH method \"").unwrap_or(reply.len())];
    let client = Client::default();
    Some(Record::AuthFailed(AuthFailed { client, mechanism, account: None, reason, aborted }))
}

/// The end of a session, which may be why there was no TLS. Up to 6.8.0p2 what the TLS library says stands alone, as it
/// does where it breaks later (`ioev.c`, `io_ssl_error`).
pub(super) fn disconnected(reason: &[u8]) -> Record<'_> {
    if let Some(reason) = reason.strip_prefix(b"io-error: handshake failed: ") {
        return Record::DisconnectedInHandshake { reason };
    }
    let error = reason.strip_prefix(b"io-error: error:").or_else(|| reason.strip_prefix(b"IO error: error:"));
    match error.filter(|error| memmem::find(error, b"SSL routines").is_some()) {
        Some(_) => Record::DisconnectedByTls { reason: &reason[b"io-error: ".len()..] },
        None => Record::Disconnected { counters: b"" },
    }
}

pub(super) fn unquoted(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\"").and_then(|text| text.strip_suffix(b"\"")).unwrap_or(text)
}

/// A text up to its last field of a name, without what separates them, and that field's value.
pub(super) fn last<'a>(text: &'a [u8], name: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let (before, value) = last_field(text, name)?;
    let before = before.trim_ascii_end();
    Some((before.strip_suffix(b",").unwrap_or(before), value))
}
