//! The `<=` line of a message.
//!
//! Some of its fields are the client's own words: the sender, its HELO name and its ident in front of the protocol, the
//! names in a certificate behind it, the message id, the subject and the recipients behind the size. Each may hold what
//! looks like the fields around it. Exim writes the fields in one order, so a line is read at every place where its
//! protocol and its size may stand, and counts only where all of it makes sense in one way.

use std::ops::ControlFlow;

use super::fields::{self, Fields, by_cipher};
use super::host::{Host, hosts};
use super::mechanism;
use super::tail::{Tail, address_end};
use crate::formats::bytes::decimal;
use crate::formats::record::{Accepted, Encrypted};
use crate::formats::{Unreadable, service};

/// `SENDER H=NAME (HELO) [IP]:PORT I=[IP]:PORT P=PROTOCOL X=… CV=… SNI=… A=NAME:ACCOUNT S=SIZE … id=… T="…" … for …`,
/// as the end of `receive_msg` in Exim's `receive.c` writes it; none where nobody authenticated.
pub(super) fn accepted<'a>(queue_id: &'a [u8], text: &'a [u8]) -> Result<Option<Accepted<'a>>, Unreadable> {
    let end = address_end(text).unwrap_or(0);
    let (mail_from, rest) = text.split_at(end);
    let places = Places::of(if end == 0 { text } else { rest });
    if !places.account {
        return Ok(None);
    }
    if end == 0 {
        return Err(Unreadable("<= with A= whose sender cannot be read"));
    }
    let Some(found) = reading(rest, &places)? else { return Ok(None) };
    let Some((authenticator, account)) = found.fields.authenticated else { return Ok(None) };
    Ok(Some(Accepted {
        queue_id,
        service: service_of(found.host.own_port, found.fields.protocol),
        client: found.host.client,
        helo: found.host.helo,
        encrypted: encrypted(found.fields),
        mechanism: mechanism(authenticator),
        account,
        mail_from: if mail_from == b"<>" { b"" } else { mail_from },
        size: decimal(found.tail.size),
        recipients: found.tail.recipients,
        message_id: found.tail.message_id,
        more_follows: false,
    }))
}

/// One way to read a line.
#[derive(Clone, Copy)]
struct Reading<'a> {
    host: Host<'a>,
    fields: Fields<'a>,
    tail: Tail<'a>,
}

/// How often a line may hold what looks like a protocol or like a size: more is nothing but an attempt.
const MOST: usize = 8;

/// Where a line's protocol and its size may stand: the places of their `=`.
#[derive(Default)]
struct Places {
    protocols: [usize; MOST],
    protocol_count: usize,
    sizes: [usize; MOST],
    size_count: usize,
    /// Whether there is anything like an account's field.
    account: bool,
}

impl Places {
    fn of(text: &[u8]) -> Self {
        let mut places = Self::default();
        for at in memchr::memchr_iter(b'=', text) {
            match &text[..at] {
                [.., b' ', b'P'] => note(&mut places.protocols, &mut places.protocol_count, at),
                [.., b' ', b'S'] => note(&mut places.sizes, &mut places.size_count, at),
                [.., b' ', b'A'] => places.account = true,
                _ => {}
            }
        }
        places
    }
}

fn note(places: &mut [usize; MOST], count: &mut usize, at: usize) {
    if let Some(place) = places.get_mut(*count) {
        *place = at;
    }
    *count += 1;
}

/// The one way to read a line; none where it is sure that nobody authenticated. Its end may be cut off, so a line that
/// makes no sense to its end is read as far as it does.
fn reading<'a>(text: &'a [u8], places: &Places) -> Result<Option<Reading<'a>>, Unreadable> {
    let (Some(protocols), Some(sizes)) =
        (places.protocols.get(..places.protocol_count), places.sizes.get(..places.size_count))
    else {
        return Err(Unreadable("<= with too much that looks like fields"));
    };
    for tail_of in [Tail::whole, Tail::begun] {
        let mut found: Option<Reading<'_>> = None;
        let authenticated = |reading: &Reading<'_>| reading.fields.authenticated.is_some();
        let is_only = protocols.iter().try_for_each(|protocol| {
            readings(text, *protocol, sizes, tail_of, &mut |reading| {
                if found.as_ref().is_some_and(|found| authenticated(found) || authenticated(&reading)) {
                    return ControlFlow::Break(());
                }
                found = Some(reading);
                ControlFlow::Continue(())
            })
        });
        if is_only.is_break() {
            return Err(Unreadable("<= with A= that can be read in several ways"));
        }
        if found.is_some() {
            return Ok(found);
        }
    }
    Err(Unreadable("<= with A= that cannot be read"))
}

/// Hands on every way to read a line whose protocol stands here, until one is too much.
fn readings<'a>(
    text: &'a [u8],
    protocol: usize,
    sizes: &[usize],
    tail_of: fn(&'a [u8]) -> Option<Tail<'a>>,
    found: &mut impl FnMut(Reading<'a>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    for size in sizes.iter().filter(|size| **size > protocol) {
        let Some(tail) = tail_of(&text[size + 1..]) else { continue };
        fields::readings(&text[protocol + 1..size - b" S".len()]).try_for_each(|fields| {
            hosts(&text[..protocol - b" P".len()]).try_for_each(|host| found(Reading { host, fields, tail }))
        })?;
    }
    ControlFlow::Continue(())
}

/// The service that a port stands for, or TLS that begins with the connection, on whatever port.
fn service_of(own_port: &[u8], protocol: &[u8]) -> &'static [u8] {
    if is_encrypted_at_once(protocol) { service::SUBMISSIONS } else { service::of_port(own_port).unwrap_or_default() }
}

/// What the protocol says, and the cipher where the log has it.
fn encrypted(fields: Fields<'_>) -> Encrypted<'_> {
    let Fields { protocol, cipher, .. } = fields;
    if !is_encrypted(protocol) && cipher.is_empty() {
        return Encrypted::No;
    }
    by_cipher(cipher)
}

/// The text up to the next blank.
pub(super) fn word(text: &[u8]) -> &[u8] {
    &text[..memchr::memchr(b' ', text).unwrap_or(text.len())]
}

/// Whether `P=` says that there was TLS: `esmtps`, `esmtpsa`, `utf8esmtpsa` (RFC 3848, RFC 6531 section 4.3).
fn is_encrypted(protocol: &[u8]) -> bool {
    protocol.ends_with(b"smtps") || protocol.ends_with(b"smtpsa") || is_encrypted_at_once(protocol)
}

/// Whether `P=` says that TLS began with the connection: `ssmtp`, `essmtp`, `essmtpa` of versions behind 4.98
/// (`protocols` in `smtp_in.c`).
fn is_encrypted_at_once(protocol: &[u8]) -> bool {
    protocol.ends_with(b"ssmtp") || protocol.ends_with(b"ssmtpa")
}
