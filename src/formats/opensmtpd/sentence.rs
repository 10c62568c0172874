//! `smtp-in: …`, the sentences of the versions before 5.9.

use memchr::memmem;

use super::parts::{
    disconnected, failed, in_words, last, named, permanent_failure, proven, taken_in_words, temporary_failure,
};
use super::{MESSAGE_ID_DIGITS, id};
use crate::formats::Unreadable;
use crate::formats::record::{Client, Record};

/// `BEFORE session ID REST`. Nothing that a client wrote stands in front of the number but an account, which has no
/// blank in it.
pub(super) fn in_sentence(text: &[u8]) -> Option<(&[u8], u64, &[u8])> {
    let at = memmem::find(text, b"session ")?;
    let (id, rest) = id(&text[at + b"session ".len()..])?;
    Some((&text[..at], id, rest))
}

/// The sentences of the oldest versions.
pub(super) fn sentence(text: &[u8]) -> Result<Option<Record<'_>>, Unreadable> {
    let Some((before, _, rest)) = in_sentence(text) else { return Ok(None) };
    let behind = |beginning: &[u8]| rest.strip_prefix(beginning);
    let record = match before {
        b"" => return behind(b": ").map_or(Ok(None), stated),
        b"New " => behind(b" from host ").and_then(host).map(Record::Connected).ok_or("connection without client"),
        b"Started TLS on " => behind(b": ").and_then(in_words).ok_or("TLS that cannot be read"),
        b"Closing " | b"Received disconnect from " => Ok(Record::Disconnected { counters: b"" }),
        b"Disconnecting " => Ok(disconnected(behind(b": ").unwrap_or_default())),
        b"Failed command on " => return Ok(behind(b": ").and_then(failed_in_words)),
        _ => return about(before, rest),
    };
    record.map(Some).map_err(Unreadable)
}

/// `Accepted authentication for user U on `, `Authentication failed for user U on `, the same with `temporarily`,
/// `Accepted message M on `, and what follows the session.
fn about<'a>(before: &'a [u8], rest: &'a [u8]) -> Result<Option<Record<'a>>, Unreadable> {
    let between = |beginning: &[u8]| before.strip_prefix(beginning)?.strip_suffix(b" on ");
    if let Some(account) = between(b"Accepted authentication for user ") {
        return Ok(Some(proven(account)));
    }
    if let Some(account) = between(b"Authentication failed for user ") {
        return Ok(Some(permanent_failure(account)));
    }
    if let Some(account) = between(b"Authentication temporarily failed for user ") {
        return Ok(Some(temporary_failure(account)));
    }
    match between(b"Accepted message ") {
        Some(id) => {
            let taken = rest.strip_prefix(b": ").and_then(|fields| taken_in_words(id, fields));
            taken.map(Some).ok_or(Unreadable("message that cannot be read"))
        }
        None => Ok(None),
    }
}

/// What `session ID: ` states: `connection from host H [IP] established`, `authentication successful for user U `, …
fn stated(text: &[u8]) -> Result<Option<Record<'_>>, Unreadable> {
    if let Some(rest) = text.strip_prefix(b"connection from host ") {
        if let Some(from) = rest.strip_suffix(b" established") {
            return host(from)
                .map(|client| Some(Record::Connected(client)))
                .ok_or(Unreadable("connection without client"));
        }
        let closed = memmem::find(rest, b" closed (").map(|at| &rest[at + b" closed (".len()..]);
        return Ok(closed.map(|reason| disconnected(reason.strip_suffix(b")").unwrap_or(reason))));
    }
    if let Some(rest) = text.strip_prefix(b"TLS started ") {
        return in_words(rest).map(Some).ok_or(Unreadable("TLS that cannot be read"));
    }
    if let Some(account) = text.strip_prefix(b"authentication successful for user ") {
        return Ok(Some(proven(account.trim_ascii_end())));
    }
    let of_failed = |beginning: &[u8]| text.strip_prefix(beginning).map(<[u8]>::trim_ascii_end);
    // In 5.7 `failure`.
    if let Some(account) =
        of_failed(b"authentication failed for user ").or_else(|| of_failed(b"authentication failure for user "))
    {
        return Ok(Some(permanent_failure(account)));
    }
    if let Some(account) = of_failed(b"authentication temporary failure for user ") {
        return Ok(Some(temporary_failure(account)));
    }
    let Some(rest) = text.strip_prefix(b"msgid=") else { return Ok(None) };
    let read = || {
        let (id, fields) = rest.split_at_checked(MESSAGE_ID_DIGITS)?;
        taken_in_words(id, fields.strip_prefix(b", status=Ok, ")?)
    };
    read().map(Some).ok_or(Unreadable("message that cannot be read"))
}

/// `H [IP]`.
fn host(text: &[u8]) -> Option<Client<'_>> {
    let text = text.strip_suffix(b"]")?;
    let (name, ip) = text.split_at(memchr::memrchr(b'[', text)?);
    Some(named(name.trim_ascii_end(), &ip[1..]))
}

/// `"COMMAND" => REPLY`.
fn failed_in_words(text: &[u8]) -> Option<Record<'_>> {
    let (command, reply) = last(text.strip_prefix(b"\"")?, b"\" => ")?;
    failed(command, reply)
}
