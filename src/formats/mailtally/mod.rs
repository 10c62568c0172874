//! Mailtally's own: the format in which any other server, or a script beside it, hands over what it knows.
//!
//! JSON lines or CSV with a header row, one submission or refusal a line, in columns that are called as in the tables.
//! `docs/schema.md` describes it with examples, `docs/mailtally-schema.json` is its JSON Schema.
//!
//! What is missing is unknown. What cannot be read is not guessed: the line is rejected, and the reason says the
//! column. So is a line with a column of another name, since a misspelt one would be unknown for good without a word;
//! names that begin with `x_` are free.

mod csv;
mod number;
mod row;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use memchr::memmem;

use self::csv::{row, take_header};
use self::number::plain;
use self::row::Row;
use super::bytes::decimal;
use super::record::Record;
use super::{Evidence, Format, Tells, Unreadable, redact};
use crate::calendar::{DAY, SECOND};
use crate::sources::fields::{Fields, flatten_values, push};
use crate::sources::framing::{Framed, Line, Own, Program, Style};
use crate::sources::stamp::{Stamp, StampReader};

/// The format.
#[derive(Debug)]
pub struct Mailtally;

/// The columns, as the schema has them.
pub const COLUMNS: [&str; 20] = [
    "ts",
    "kind",
    "server",
    "service",
    "port",
    "account",
    "mechanism",
    "client_ip",
    "client_name",
    "helo",
    "mail_from",
    "recipients",
    "size_bytes",
    "tls_version",
    "tls_known_present",
    "cipher",
    "queue_id",
    "message_id",
    "reason",
    "code",
];

/// What `tls_version` may be.
pub const TLS_VERSIONS: [&str; 7] = ["none", "SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3", "unknown"];

/// What a line's columns begin with that are its writer's own.
const FREE: &[u8] = b"x_";

/// Why a line has no columns.
const NO_OBJECT: &str = "not a whole JSON object";
const NO_HEADER: &str = "no header row with the schema's columns before it";
const UNCLOSED: &str = "a quotation mark that is not closed, or text behind one that is";
const OTHER_WIDTH: &str = "not as many values as the header row has columns";
const NO_TIME: &str = "ts is missing, or neither RFC 3339 with an offset nor seconds since 1970";

impl Style for Mailtally {
    fn wants_program(&self, _program: Program<'_>) -> bool {
        false
    }

    /// A row of CSV looks like nothing in particular. An object that is handed on does: it is inside of another one, or
    /// behind the stamp of `docker logs -t`.
    fn is_own(&self, line: &[u8]) -> bool {
        match line.first() {
            Some(b'{') => !is_collected(line),
            Some(byte) if byte.is_ascii_digit() => line.get(DOCKER_S..).is_none_or(|rest| !rest.starts_with(b"Z {")),
            _ => !line.trim_ascii().is_empty(),
        }
    }

    fn own_line<'a>(&self, own: &'a mut Own, line: &'a [u8]) -> Framed<'a> {
        let line = line.trim_ascii();
        own.buffer.clear();
        let read = if line.starts_with(b"{") {
            if flatten_values(line, &mut own.buffer) { Ok(()) } else { Err(NO_OBJECT) }
        } else if take_header(own, line) {
            return Framed::Blank;
        } else {
            row(own, line)
        };
        match read.and_then(|()| stamp(&mut own.stamps, Fields(&own.buffer)).ok_or(NO_TIME)) {
            Ok(stamp) => {
                own.last = Some(stamp);
                redact_reason(&mut own.buffer);
                let message = &own.buffer[..];
                let host = Fields(message).get("server").unwrap_or_default();
                Framed::Line(Line { stamp, host, program: b"", pid: 0, message, repeated: 1 })
            }
            Err(reason) => own.last.map_or(Framed::Unreadable, |last| Framed::Faulty(last, reason)),
        }
    }
}

/// Where Docker's stamp ends, with nine digits behind the second: `2026-03-01T10:00:00.100000000Z {…}`.
const DOCKER_S: usize = b"2026-03-01T10:00:00.100000000".len();

/// Whether an object is one of a collector's, with a line inside: no row is without `ts`, and none has such a column.
fn is_collected(line: &[u8]) -> bool {
    let has = |name: &[u8]| memmem::find(line, name).is_some();
    !line.starts_with(b"{\"ts\"") && !has(b"\"ts\"") && (has(b"\"message\"") || has(b"\"log\""))
}

/// Takes credentials out of the reason, which may hold what a client has sent.
fn redact_reason(columns: &mut Vec<u8>) {
    let Some(reason) = Fields(columns).get("reason") else { return };
    let Cow::Owned(clean) = redact::credentials(reason) else { return };
    let kept = Fields(columns).iter().filter(|(name, _)| *name != b"reason");
    let mut cleaned = Vec::with_capacity(columns.len());
    kept.for_each(|(name, value)| push(name, value, &mut cleaned));
    push(b"reason", &clean, &mut cleaned);
    *columns = cleaned;
}

/// `ts`: RFC 3339, or seconds since 1970 with or without a fraction.
fn stamp(stamps: &mut StampReader, fields: Fields<'_>) -> Option<Stamp> {
    let text = fields.get("ts")?;
    if let Some((stamp @ Stamp::Utc(_), used)) = stamps.iso(text)
        && used == text.len()
    {
        return Some(stamp);
    }
    let text = &*plain(text);
    let point = memchr::memchr(b'.', text);
    let (seconds, fraction) = point.map_or((text, &b""[..]), |at| (&text[..at], &text[at + 1..]));
    let seconds = decimal(seconds).filter(|_| seconds.len() <= 11)?;
    let digits = &fraction[..fraction.len().min(6)];
    let micros = if fraction.is_empty() { 0 } else { decimal(digits)? * 10u64.pow(6 - digits.len() as u32) };
    let whole = fraction.iter().all(u8::is_ascii_digit) && (point.is_none() || !fraction.is_empty());
    whole.then_some(Stamp::Utc(seconds as i64 * SECOND + micros as i64))
}

impl Format for Mailtally {
    fn name(&self) -> &'static str {
        "mailtally"
    }

    fn title(&self) -> &'static str {
        "any other server, in mailtally's own schema"
    }

    fn evidence(&self) -> Evidence {
        Evidence::Documentation
    }

    fn tells(&self) -> Tells {
        Tells {
            tls_version: "as tls_version",
            cipher: "as cipher",
            account: "as account",
            mechanism: "as mechanism",
            recipients: "as recipients",
        }
    }

    fn wants(&self, _program: &[u8], _message: &[u8]) -> bool {
        true
    }

    fn parse<'a>(&self, line: &Line<'a>) -> Result<Option<Record<'a>>, Unreadable> {
        let row = Row::of(Fields(line.message))?;
        let record = match row.kind()? {
            None => Record::Accepted(row.accepted()?),
            Some(kind) => Record::Refused(row.refused(kind)?),
        };
        Ok(Some(record))
    }

    fn service<'a>(&self, _program: &'a [u8]) -> Option<&'a [u8]> {
        None
    }

    /// What somebody has put together need not be in order to the second.
    fn late(&self) -> i64 {
        DAY
    }

    /// The header row is the first line.
    fn has_header(&self) -> bool {
        true
    }

    fn unreadable(&self) -> &'static str {
        "no JSON object with ts, and no row under a header row with the schema's columns"
    }

    /// A line says itself whether there was TLS.
    fn tls_mark(&self) -> Option<&'static [u8]> {
        None
    }

    fn instant(&self, _line: &Line<'_>) -> Option<i64> {
        None
    }
}
