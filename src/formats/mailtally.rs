//! Mailtally's own: the format in which any other server, or a script beside it, hands over what it knows.
//!
//! JSON lines or CSV with a header row, one submission or refusal a line, in columns that are called as in the tables.
//! `docs/schema.md` describes it with examples, `docs/mailtally-schema.json` is its JSON Schema.
//!
//! What is missing is unknown. What cannot be read is not guessed: the line is rejected, and the reason says the
//! column. So is a line with a column of another name, since a misspelt one would be unknown for good without a word;
//! names that begin with `x_` are free.

use std::net::IpAddr;

use super::record::{Accepted, Client, Encrypted, Record, RefusalKind, Refused};
use super::{Evidence, Format, Tells, Unreadable};
use crate::calendar::{DAY, SECOND};
use crate::sources::fields::{Fields, flatten, push};
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

/// What stands for the columns of a line that has none that can be told apart, and why. No column's text is one.
const FAULTS: [(&[u8], &str); 5] = [
    (b"!json", "not a whole JSON object"),
    (b"!header", "no header row with the schema's columns before it"),
    (b"!quotes", "a quotation mark that is not closed, or text behind one that is"),
    (b"!columns", "not as many values as the header row has columns"),
    (b"!ts", "ts is missing, or neither RFC 3339 with an offset nor seconds since 1970"),
];

const JSON: usize = 0;
const HEADER: usize = 1;
const QUOTES: usize = 2;
const WIDTH: usize = 3;
const TIME: usize = 4;

impl Style for Mailtally {
    fn wants_program(&self, _program: Program<'_>) -> bool {
        false
    }

    /// A row of CSV looks like nothing in particular.
    fn is_own(&self, line: &[u8]) -> bool {
        !line.trim_ascii().is_empty()
    }

    fn own_line<'a>(&self, own: &'a mut Own, line: &'a [u8]) -> Framed<'a> {
        let line = line.trim_ascii();
        own.buffer.clear();
        let read = if line.starts_with(b"{") {
            if flatten(line, &mut own.buffer) { Ok(()) } else { Err(JSON) }
        } else if take_header(own, line) {
            return Framed::Blank;
        } else {
            row(own, line)
        };
        let stamp = read.and_then(|()| stamp(&mut own.stamps, Fields(&own.buffer)).ok_or(TIME));
        let (stamp, message) = match stamp {
            Ok(stamp) => (*own.last.insert(stamp), &own.buffer[..]),
            Err(fault) => (own.last.unwrap_or(Stamp::Utc(0)), FAULTS[fault].0),
        };
        let host = if stamp_is_of(message) { Fields(message).get("server").unwrap_or_default() } else { b"" };
        Framed::Line(Line { stamp, host, program: b"", pid: 0, message, repeated: 1 })
    }
}

/// Whether a message is columns, not a fault.
fn stamp_is_of(message: &[u8]) -> bool {
    fault(message).is_none()
}

/// Why a message is no columns.
fn fault(message: &[u8]) -> Option<&'static str> {
    FAULTS.iter().find(|(mark, _)| *mark == message).map(|(_, reason)| *reason)
}

/// Keeps a header row: every cell is a column's name, and one is `ts`. It may come again, where files were put together.
fn take_header(own: &mut Own, line: &[u8]) -> bool {
    let Own { header, scratch, .. } = own;
    let (mut cells, mut names, mut has_time) = (Cells::of(line), Vec::new(), false);
    loop {
        match cells.next(scratch) {
            Ok(true) if is_column(scratch) => {
                has_time |= scratch == b"ts";
                names.extend_from_slice(scratch);
                names.push(b',');
            }
            Ok(false) if has_time => {
                *header = names;
                return true;
            }
            _ => return false,
        }
    }
}

fn is_column(name: &[u8]) -> bool {
    let is_free = name.starts_with(FREE) && !name.contains(&b',');
    is_free || COLUMNS.iter().any(|column| column.as_bytes() == name)
}

/// Puts a row's cells into the buffer, under the header's names.
fn row(own: &mut Own, line: &[u8]) -> Result<(), usize> {
    let Own { header, buffer, scratch, .. } = own;
    if header.is_empty() {
        return Err(HEADER);
    }
    let mut cells = Cells::of(line);
    for name in header.split_inclusive(|byte| *byte == b',') {
        match cells.next(scratch) {
            Ok(true) => push(&name[..name.len() - 1], scratch, buffer),
            Ok(false) => return Err(WIDTH),
            Err(Unclosed) => return Err(QUOTES),
        }
    }
    if cells.rest.is_some() { Err(WIDTH) } else { Ok(()) }
}

/// The cells of a row: [RFC 4180](https://www.rfc-editor.org/rfc/rfc4180), but no cell goes on in the next line.
struct Cells<'a> {
    rest: Option<&'a [u8]>,
}

struct Unclosed;

impl<'a> Cells<'a> {
    fn of(line: &'a [u8]) -> Self {
        Self { rest: Some(line) }
    }

    /// Reads the next cell; false where there is none.
    fn next(&mut self, value: &mut Vec<u8>) -> Result<bool, Unclosed> {
        value.clear();
        let Some(mut rest) = self.rest.take() else { return Ok(false) };
        if let Some(inside) = rest.strip_prefix(b"\"") {
            rest = quoted(inside, value)?;
        } else {
            let end = memchr::memchr(b',', rest).unwrap_or(rest.len());
            value.extend_from_slice(rest[..end].trim_ascii());
            rest = &rest[end..];
        }
        match rest.split_first() {
            None => {}
            Some((b',', behind)) => self.rest = Some(behind),
            Some(_) => return Err(Unclosed),
        }
        Ok(true)
    }
}

/// Reads up to the closing quotation mark, of which two stand for one; what follows it.
fn quoted<'a>(inside: &'a [u8], value: &mut Vec<u8>) -> Result<&'a [u8], Unclosed> {
    let mut rest = inside;
    loop {
        let at = memchr::memchr(b'"', rest).ok_or(Unclosed)?;
        value.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
        match rest.strip_prefix(b"\"") {
            Some(behind) => {
                value.push(b'"');
                rest = behind;
            }
            None => return Ok(rest),
        }
    }
}

/// `ts`: RFC 3339, or seconds since 1970 with or without a fraction.
fn stamp(stamps: &mut StampReader, fields: Fields<'_>) -> Option<Stamp> {
    let text = fields.get("ts")?;
    if let Some((stamp @ Stamp::Utc(_), used)) = stamps.iso(text)
        && used == text.len()
    {
        return Some(stamp);
    }
    let point = memchr::memchr(b'.', text);
    let (seconds, fraction) = point.map_or((text, &b""[..]), |at| (&text[..at], &text[at + 1..]));
    let seconds = number(seconds).filter(|_| seconds.len() <= 11)?;
    let digits = &fraction[..fraction.len().min(6)];
    let micros = if fraction.is_empty() { 0 } else { number(digits)? * 10u64.pow(6 - digits.len() as u32) };
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
        if let Some(reason) = fault(line.message) {
            return Err(Unreadable(reason));
        }
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

    /// A line says itself whether there was TLS.
    fn tls_mark(&self) -> Option<&'static [u8]> {
        None
    }

    fn instant(&self, _line: &Line<'_>) -> Option<i64> {
        None
    }
}

/// A line's columns, in the order of [`COLUMNS`]; empty ones are not there.
struct Row<'a>([&'a [u8]; COLUMNS.len()]);

impl<'a> Row<'a> {
    fn of(fields: Fields<'a>) -> Result<Self, Unreadable> {
        let mut found = [None; COLUMNS.len()];
        for (path, value) in fields.iter() {
            match COLUMNS.iter().position(|column| column.as_bytes() == path) {
                Some(place) if found[place].replace(value).is_some() => {
                    return Err(Unreadable("a column that is there twice, or a list"));
                }
                None if !path.starts_with(FREE) => return Err(Unreadable("a column that is not in the schema")),
                _ => {}
            }
        }
        Ok(Self(found.map(Option::unwrap_or_default)))
    }

    fn get(&self, column: &str) -> &'a [u8] {
        COLUMNS.iter().position(|other| *other == column).map_or(b"", |place| self.0[place])
    }

    /// A column that is a whole number, up to a most.
    fn count(&self, column: &str, most: u64, reason: &'static str) -> Result<Option<u64>, Unreadable> {
        match self.get(column) {
            b"" => Ok(None),
            text => number(text).filter(|count| *count <= most).map(Some).ok_or(Unreadable(reason)),
        }
    }

    /// What was refused; none of a submission.
    fn kind(&self) -> Result<Option<RefusalKind>, Unreadable> {
        match self.get("kind") {
            b"" | b"submission" => Ok(None),
            text => {
                let kind = RefusalKind::ALL.into_iter().find(|kind| kind.as_str().as_bytes() == text);
                kind.map(Some).ok_or(Unreadable("kind is none of the schema's"))
            }
        }
    }

    fn accepted(&self) -> Result<Accepted<'a>, Unreadable> {
        let recipients = self.count("recipients", u32::MAX.into(), "recipients is no count")?;
        Ok(Accepted {
            queue_id: self.get("queue_id"),
            service: self.service()?,
            client: self.client()?,
            helo: self.get("helo"),
            encrypted: self.encrypted()?,
            mechanism: self.get("mechanism"),
            account: self.account()?,
            mail_from: self.mail_from(),
            size: self.count("size_bytes", i64::MAX as u64, "size_bytes is no count")?,
            recipients: recipients.and_then(|count| u32::try_from(count).ok()),
            message_id: self.get("message_id"),
            more_follows: false,
        })
    }

    fn refused(&self, kind: RefusalKind) -> Result<Refused<'a>, Unreadable> {
        let code = self.get("code");
        if !code.is_empty() && (code.len() != 3 || number(code).is_none()) {
            return Err(Unreadable("code is not three digits"));
        }
        // Before anybody has authenticated, there may be no account.
        let account = match kind {
            RefusalKind::AuthFailed | RefusalKind::AuthAborted | RefusalKind::TlsFailed => self.get("account"),
            _ => self.account()?,
        };
        Ok(Refused {
            kind,
            service: self.service()?,
            client: self.client()?,
            helo: self.get("helo"),
            encrypted: self.encrypted()?,
            mechanism: self.get("mechanism"),
            account,
            reason: self.get("reason"),
            code,
            attempts: 1,
        })
    }

    fn account(&self) -> Result<&'a [u8], Unreadable> {
        match self.get("account").trim_ascii() {
            b"" => Err(Unreadable("account is missing")),
            account => Ok(account),
        }
    }

    fn mail_from(&self) -> &'a [u8] {
        match self.get("mail_from") {
            b"<>" => b"",
            address => address,
        }
    }

    fn client(&self) -> Result<Client<'a>, Unreadable> {
        let ip = self.get("client_ip");
        let is_address = || std::str::from_utf8(ip).is_ok_and(|ip| ip.parse::<IpAddr>().is_ok());
        if !ip.is_empty() && !is_address() {
            return Err(Unreadable("client_ip is no IP address"));
        }
        Ok(Client { name: self.get("client_name"), ip })
    }

    /// The service, or where it is missing, the one that the port stands for.
    fn service(&self) -> Result<&'a [u8], Unreadable> {
        let port = self.count("port", u16::MAX.into(), "port is no port")?;
        Ok(match (self.get("service"), port) {
            (b"", Some(25)) => b"smtp",
            (b"", Some(465)) => b"smtps",
            (b"", Some(587)) => b"submission",
            (service, _) => service,
        })
    }

    fn encrypted(&self) -> Result<Encrypted<'a>, Unreadable> {
        let (version, cipher) = (self.get("tls_version"), self.get("cipher"));
        let present = match self.get("tls_known_present") {
            b"" => None,
            b"true" => Some(true),
            b"false" => Some(false),
            _ => return Err(Unreadable("tls_known_present is neither true nor false")),
        };
        if !version.is_empty() && !TLS_VERSIONS.iter().any(|known| known.as_bytes() == version) {
            return Err(Unreadable("tls_version is none of the schema's"));
        }
        match (version, present) {
            (b"none", None | Some(false)) | (b"", Some(false)) if cipher.is_empty() => Ok(Encrypted::No),
            (b"none", _) | (_, Some(false)) => Err(Unreadable("tls_version, tls_known_present and cipher disagree")),
            (b"" | b"unknown", None) if cipher.is_empty() => Ok(Encrypted::Unsaid),
            (b"" | b"unknown", Some(true)) if cipher.is_empty() => Ok(Encrypted::Yes),
            (version, _) => Ok(Encrypted::With { version, cipher }),
        }
    }
}

/// Digits as a number that a table can hold.
fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || digits.len() > 18 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(digits.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::framing::Framer;

    /// Lines read one after the other: the record, `-` where there is none, or why it cannot be read.
    fn parse(lines: &[&str]) -> Vec<String> {
        let mut framer = Framer::default();
        let mut read = |line: &&str| match framer.frame_as(line.as_bytes(), &Mailtally) {
            Framed::Line(line) => match Mailtally.parse(&line) {
                Ok(Some(Record::Accepted(found))) => {
                    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
                    format!("{:?} {} {:?}", line.stamp, text(found.account), text(found.mail_from))
                }
                Ok(Some(Record::Refused(found))) => found.kind.as_str().to_owned(),
                Ok(_) => "nothing".to_owned(),
                Err(Unreadable(reason)) => reason.to_owned(),
            },
            _ => "-".to_owned(),
        };
        lines.iter().map(&mut read).collect()
    }

    fn reason(members: &str) -> String {
        parse(&[&format!(r#"{{"ts":1,"account":"a",{members}}}"#)]).concat()
    }

    #[test]
    fn rows_are_read_by_their_header() {
        let found = parse(&[
            "a,b",
            "account,ts,x_note,mail_from",
            "alice,1970-01-01T01:00:01.5+01:00,\"a, \"\"quoted\"\" word\",\"<>\"",
            "\"o\"\"neil\",2.25,,\"a,b@example.org\"",
            "alice,1",
            "alice,1,,,",
            "alice,1,\"x,",
            "alice,soon,,",
            "ts,account",
            "3,bob",
            r#"{"ts":"1970-01-01T00:00:04Z","account":"carol"}"#,
        ]);
        let expected = [
            "no header row with the schema's columns before it",
            "-",
            r#"Utc(1500000) alice """#,
            r#"Utc(2250000) o"neil "a,b@example.org""#,
            "not as many values as the header row has columns",
            "not as many values as the header row has columns",
            "a quotation mark that is not closed, or text behind one that is",
            "ts is missing, or neither RFC 3339 with an offset nor seconds since 1970",
            "-",
            r#"Utc(3000000) bob """#,
            r#"Utc(4000000) carol """#,
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        for (members, expected) in [
            (r#""tls":"TLSv1.2""#, "a column that is not in the schema"),
            (r#""account":"b""#, "a column that is there twice, or a list"),
            (r#""helo":["a","b"]"#, "a column that is there twice, or a list"),
            (r#""helo":{"a":1}"#, "a column that is not in the schema"),
            (r#""kind":"bounced""#, "kind is none of the schema's"),
            (r#""recipients":-1"#, "recipients is no count"),
            (r#""recipients":1.5"#, "recipients is no count"),
            (r#""recipients":99999999999"#, "recipients is no count"),
            (r#""size_bytes":"big""#, "size_bytes is no count"),
            (r#""port":70000"#, "port is no port"),
            (r#""client_ip":"printer""#, "client_ip is no IP address"),
            (r#""tls_version":"TLSv1""#, "tls_version is none of the schema's"),
            (r#""tls_known_present":1"#, "tls_known_present is neither true nor false"),
            (r#""tls_version":"none","tls_known_present":true"#, "tls_version, tls_known_present and cipher disagree"),
            (
                r#""tls_version":"TLSv1.2","tls_known_present":false"#,
                "tls_version, tls_known_present and cipher disagree",
            ),
            (r#""tls_version":"none","cipher":"x""#, "tls_version, tls_known_present and cipher disagree"),
            (r#""kind":"tls_failed","code":"5.7""#, "code is not three digits"),
        ] {
            assert_eq!(reason(members), expected, "{members}");
        }
        let account = "account is missing";
        assert_eq!(parse(&[r#"{"ts":1}"#, r#"{"ts":1,"account":null}"#, r#"{"ts":1,"account":" "}"#]), [account; 3]);
        assert_eq!(parse(&[r#"{"ts":1,"kind":"sender_rejected"}"#]), [account]);
        assert_eq!(parse(&[r#"{"ts":1,"kind":"auth_failed"}"#]), ["auth_failed"]);
    }

    #[test]
    fn times_have_one_meaning() {
        for text in ["", "x", "1.", ".5", "1.x", "1e9", "-1", "1772355600000", "2026-03-01", "2026-03-01T09:00:00"] {
            assert_eq!(parse(&[&format!(r#"{{"ts":"{text}","account":"a"}}"#)]), [FAULTS[TIME].1], "{text}");
        }
    }
}
