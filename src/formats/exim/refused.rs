//! Lines without an id: logins and handshakes that failed.

use memchr::memmem;

use super::{client, mechanism};
use crate::formats::record::{Record, RefusalKind, Refused};

/// Whether a line without an id tells of a refusal.
pub(super) fn is_refusal(text: &[u8]) -> bool {
    text.starts_with(b"TLS error on connection from ") || authenticator(text).is_some()
}

/// `NAME authenticator failed for …`: the name, and what follows.
fn authenticator(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (name, rest) = text.split_at(memchr::memchr(b' ', text)?);
    Some((name, rest.strip_prefix(b" authenticator failed for ")?))
}

/// Where ` (…` begins first. A line is short, and few of its bytes are brackets: to prepare a search costs more.
fn in_brackets(text: &[u8], words: &[u8]) -> Option<usize> {
    let mut blanks = memchr::memchr_iter(b'(', text).filter_map(|bracket| bracket.checked_sub(1));
    blanks.find(|at| text[*at..].starts_with(words))
}

/// Lines without an id.
pub(super) fn refused(text: &[u8]) -> Option<Record<'_>> {
    tls_failed(text).or_else(|| auth_failed(text)).map(Record::Refused)
}

/// `TLS error on connection from NAME (HELO) [IP] (gnutls_handshake): REASON`; errors after the handshake refuse nobody.
fn tls_failed(text: &[u8]) -> Option<Refused<'_>> {
    let rest = text.strip_prefix(b"TLS error on connection from ")?;
    let (at, mark) = [&b" (gnutls_handshake)"[..], b" (SSL_accept)"]
        .into_iter()
        .find_map(|mark| in_brackets(rest, mark).map(|at| (at, mark)))?;
    let (client, helo) = client(&rest[..at]);
    let reason = rest[at + mark.len()..].strip_prefix(b": ").unwrap_or(b"");
    Some(Refused { kind: RefusalKind::TlsFailed, client, helo, reason, ..Refused::default() })
}

/// `NAME authenticator failed for NAME (HELO) [IP]: 535 Incorrect authentication data (set_id=ACCOUNT)`. The account is
/// what the client sent, so everything else is read in front of it.
fn auth_failed(text: &[u8]) -> Option<Refused<'_>> {
    const ACCOUNT: &[u8] = b" (set_id=";
    let (authenticator, rest) = authenticator(text)?;
    let end = in_brackets(rest, ACCOUNT);
    let account = end.map_or(&b""[..], |end| &rest[end + ACCOUNT.len()..]);
    let account = account.strip_suffix(b")").unwrap_or(account);
    let rest = &rest[..end.unwrap_or(rest.len())];
    let reply = memmem::rfind(rest, b": ")?;
    let (client, helo) = client(&rest[..reply]);
    let reason = &rest[reply + 2..];
    let code = reason.get(..3).filter(|code| code.iter().all(u8::is_ascii_digit)).unwrap_or_default();
    let kind = if code == b"501" { RefusalKind::AuthAborted } else { RefusalKind::AuthFailed };
    let mechanism = mechanism(authenticator);
    Some(Refused { kind, client, helo, mechanism, account, reason, code, ..Refused::default() })
}
