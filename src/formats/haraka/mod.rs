//! Haraka: its log as text, logfmt or JSON, with or without a time in front, in a file of its own or in a container.
//!
//! The text is written by `logger.js` and `connection.js` (`connect`, `sender`, `recipient`, `message`, `queue`,
//! `disconnect`), `plugins/tls.js` (`secured:`) and `plugins/auth/auth_base.js`; see
//! <https://github.com/haraka/Haraka/blob/master/docs/Logging.md>. A line's UUID is its connection's, with the number
//! of the transaction behind it; a second number is an outgoing delivery.
//!
//! Who authenticated is not logged at level INFO, nor that somebody did: there is a hook's line for each `AUTH` that a
//! plugin went into, one for each failure, and `relay=Y` when the connection ends. An attempt more than failures, and
//! `relay=Y`, together prove it; `relay=Y` alone does not, since an address may be allowed to relay. An attempt without
//! a name or a password fails without a line: only `lr` tells of the last one, and then nothing is proven. The sender
//! stands for the account. Some plugins log the account: those of others, and of Haraka's own `auth/auth_proxy` and
//! `auth/auth_vpopmaild`.
//!
//! What clients send for `AUTH` is in the log, passwords included. None of it is read here, and
//! [`redact`](super::redact) keeps it out of what is kept.

mod auth;
mod entry;
mod pairs;
#[cfg(test)]
mod tests;
mod tls;

use std::hash::BuildHasher;

use rustc_hash::FxBuildHasher;

use self::entry::Entry;
use self::pairs::flatten_pairs;
use super::record::Record;
use super::{Evidence, Format, Tells, Unreadable, service};
use crate::calendar::Timestamp;
use crate::sources::fields::flatten;
use crate::sources::framing::{Framed, Line, Own, Program, Style};

/// The format.
#[derive(Debug)]
pub struct Haraka;

/// The length of a connection's UUID.
const UUID: usize = 36;

impl Style for Haraka {
    /// By `haraka-plugin-syslog`, or by what runs the server and hands its output on.
    fn wants_program(&self, program: Program<'_>) -> bool {
        program.tag.starts_with(b"haraka") || program.tag == b"node"
    }

    /// A log of its own holds whatever the process writes to its output, so that all is its own that is in no container.
    fn is_own(&self, line: &[u8]) -> bool {
        match line.first() {
            Some(b'{') => line.starts_with(b"{\"level\":"),
            Some(b'<') | None => false,
            Some(byte) if byte.is_ascii_digit() => behind_stamp(line).is_some_and(is_entry),
            Some(_) => !(line.get(3) == Some(&b' ') && line.get(6) == Some(&b' ') && line.get(9) == Some(&b':')),
        }
    }

    /// `2026-11-23T13:41:27.950Z entry`, or an entry without a time, for which the collector's counts.
    fn own_line<'a>(&self, own: &'a mut Own, line: &'a [u8]) -> Framed<'a> {
        let stamped = if line[0].is_ascii_digit() { own.stamps.iso(line) } else { None };
        let (stamp, text) = match stamped {
            Some((stamp, used)) => (Some(stamp), line[used.min(line.len())..].trim_ascii_start()),
            None => (own.collected, line),
        };
        let Some(stamp) = stamp else {
            return if holds_uuid(line) { Framed::Unreadable } else { Framed::Blank };
        };
        let message = match text.first() {
            Some(b'{') => {
                own.buffer.clear();
                flatten(text, &mut own.buffer);
                &own.buffer
            }
            Some(b'l') => {
                own.buffer.clear();
                flatten_pairs(text, &mut own.buffer);
                &own.buffer
            }
            _ => text,
        };
        Framed::Line(Line { stamp, host: b"", program: b"", pid: 0, message, repeated: 1 })
    }
}

impl Format for Haraka {
    fn name(&self) -> &'static str {
        "haraka"
    }

    fn title(&self) -> &'static str {
        "Haraka"
    }

    fn evidence(&self) -> Evidence {
        Evidence::RealLogs("3.3.4")
    }

    fn tells(&self) -> Tells {
        Tells {
            tls_version: "after STARTTLS, up to 2.8.25 only by the cipher; on port 465 only that there is TLS",
            cipher: "after STARTTLS",
            account: "where the plugin logs it; else the sender stands for it",
            mechanism: "with level = PROTOCOL",
            recipients: "yes",
        }
    }

    fn wants(&self, _program: &[u8], message: &[u8]) -> bool {
        Entry::read(message).is_some_and(|entry| entry.matters())
    }

    fn parse<'a>(&self, line: &Line<'a>) -> Result<Option<Record<'a>>, Unreadable> {
        Entry::read(line.message).map_or(Ok(None), |entry| entry.record())
    }

    fn service<'a>(&self, _program: &'a [u8]) -> Option<&'a [u8]> {
        None
    }

    /// By the port that the client came to.
    fn service_of<'a>(&self, line: &Line<'a>) -> Option<&'a [u8]> {
        service::of_port(Entry::read(line.message)?.local_port()?)
    }

    /// Its entries have a time in front by default; a container's or a collector's does as well.
    fn unreadable(&self) -> &'static str {
        "no time that can be read: set timestamps=true in log.ini"
    }

    fn session(&self, line: &Line<'_>) -> u64 {
        Entry::read(line.message).map_or(0, |entry| FxBuildHasher.hash_one(entry.connection()))
    }

    /// Where TLS begins with the connection, there is no line of it.
    fn silence_is_cleartext(&self, _service: &[u8]) -> bool {
        false
    }

    fn tls_mark(&self) -> Option<&'static [u8]> {
        None
    }

    fn instant(&self, _line: &Line<'_>) -> Option<Timestamp> {
        None
    }
}

/// The text behind a stamp and its blanks.
fn behind_stamp(line: &[u8]) -> Option<&[u8]> {
    let blank = 19 + memchr::memchr(b' ', line.get(19..)?)?;
    Some(line[blank..].trim_ascii_start())
}

/// Whether a text begins as an entry of the log does, in one of its three formats.
fn is_entry(text: &[u8]) -> bool {
    match text {
        [b'[', level, ..] => level.is_ascii_uppercase(),
        _ => text.starts_with(b"{\"level\":") || text.starts_with(b"level="),
    }
}

/// Whether a text that could not be read holds a connection's UUID: then it is, or was, an entry.
fn holds_uuid(text: &[u8]) -> bool {
    let groups = |at: usize| [9, 14, 19, 24].iter().all(|group| text.get(at + group - 1) == Some(&b'-'));
    memchr::memchr_iter(b'-', text).any(|dash| dash >= 8 && groups(dash - 8))
}
