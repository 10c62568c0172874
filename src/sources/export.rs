//! journald's export format, made into lines: each record becomes the object that `journalctl --output=json` would
//! write of it, reduced to the fields that matter.
//!
//! `journalctl --output=export` and the files of `systemd-journal-upload` hold records of several lines, with values of
//! any bytes, so that no line of such a file can be read alone. This is therefore done to the stream of bytes, as
//! decompression is: offsets, lengths and fingerprints are those of the lines made here. See
//! <https://systemd.io/JOURNAL_EXPORT_FORMATS/#journal-export-format>.

use std::io::{self, Read};

/// How such a file begins: its first record's first field.
pub(super) const BEGINNING: &[u8] = b"__CURSOR=";

/// The fields that matter. Of one that comes several times, the first counts.
const KEPT: [&[u8]; 9] = [
    b"__REALTIME_TIMESTAMP",
    b"_SOURCE_REALTIME_TIMESTAMP",
    b"_HOSTNAME",
    b"SYSLOG_IDENTIFIER",
    b"_COMM",
    b"SYSLOG_PID",
    b"_PID",
    b"CONTAINER_ID",
    b"MESSAGE",
];

/// How much of a field is kept: no mail server's line is longer.
const LONGEST: usize = 1 << 20;

/// The longest field that journald itself takes.
const LONGEST_OF_JOURNAL: u64 = 768 << 20;

/// The longest name of a field.
const LONGEST_NAME: usize = 64;

/// Makes lines out of what a source holds.
#[derive(Debug)]
pub(super) struct Exported<R> {
    source: R,
    /// How many bytes the source has given.
    taken: u64,
    input: Vec<u8>,
    records: Records,
    lines: Vec<u8>,
    given: usize,
    failed: Option<io::Error>,
}

impl<R: Read> Exported<R> {
    pub(super) fn new(source: R) -> Self {
        const INPUT: usize = 256 << 10;
        let (input, records) = (vec![0; INPUT], Records::default());
        Self { source, taken: 0, input, records, lines: Vec::new(), given: 0, failed: None }
    }

    /// What the records are read from, and how many bytes of it were.
    pub(super) fn source(&self) -> (&R, u64) {
        (&self.source, self.taken)
    }

    pub(super) fn into_source(self) -> R {
        self.source
    }

    /// Whether a record is open. Known once `read` has returned 0.
    pub(super) fn truncated(&self) -> bool {
        self.records.is_open()
    }
}

impl<R: Read> Read for Exported<R> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        while self.given == self.lines.len() && !output.is_empty() {
            if let Some(error) = self.failed.take() {
                return Err(error);
            }
            self.given = 0;
            self.lines.clear();
            let read = self.source.read(&mut self.input)?;
            if read == 0 {
                return Ok(0);
            }
            self.taken += read as u64;
            // What came before the damage is handed out first.
            self.failed = self.records.take(&self.input[..read], &mut self.lines).err();
        }
        let length = (self.lines.len() - self.given).min(output.len());
        output[..length].copy_from_slice(&self.lines[self.given..self.given + length]);
        self.given += length;
        Ok(length)
    }
}

/// Records as they come, in pieces of any length.
#[derive(Debug, Default)]
struct Records {
    at: At,
    /// The line that is being read, or the value whose length is given.
    text: Vec<u8>,
    /// The place among [`KEPT`] of the value whose length is given.
    field: Option<usize>,
    /// The record's members so far.
    members: Vec<u8>,
    /// Which of the fields that matter the record has.
    has: u16,
    /// Whether the record has any field.
    begun: bool,
}

/// What comes next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum At {
    /// A line: `NAME=value`, a name alone, or nothing, which ends the record.
    #[default]
    Line,
    /// A value's length in eight bytes, the last first.
    Length { known: u64, bytes: u32 },
    /// A value's bytes.
    Value { left: u64 },
    /// The line end behind them.
    End,
}

impl Records {
    fn is_open(&self) -> bool {
        self.at != At::Line || self.begun || !self.text.is_empty()
    }

    /// Takes what comes next, and adds the lines of the records that end there.
    fn take(&mut self, input: &[u8], lines: &mut Vec<u8>) -> io::Result<()> {
        let mut rest = input;
        while let Some(byte) = rest.first() {
            match self.at {
                At::Line => {
                    let end = memchr::memchr(b'\n', rest);
                    self.keep(&rest[..end.unwrap_or(rest.len())]);
                    rest = end.map_or(&[], |end| &rest[end + 1..]);
                    if end.is_some() {
                        self.line(lines);
                    }
                }
                At::Length { known, bytes } => {
                    self.length(known | u64::from(*byte) << (8 * bytes), bytes + 1)?;
                    rest = &rest[1..];
                }
                At::Value { left } => {
                    let length = usize::try_from(left).unwrap_or(usize::MAX).min(rest.len());
                    if self.field.is_some() {
                        self.keep(&rest[..length]);
                    }
                    rest = &rest[length..];
                    let left = left - length as u64;
                    self.at = if left == 0 { At::End } else { At::Value { left } };
                }
                At::End if *byte == b'\n' => {
                    let value = std::mem::take(&mut self.text);
                    if let Some(field) = self.field.take() {
                        self.member(field, &value);
                    }
                    self.at = At::Line;
                    rest = &rest[1..];
                }
                At::End => return Err(damaged("a value of a journal's record does not end where it says")),
            }
        }
        Ok(())
    }

    /// Adds to the text as much as is kept of it.
    fn keep(&mut self, more: &[u8]) {
        let room = (LONGEST + LONGEST_NAME + 1).saturating_sub(self.text.len());
        self.text.extend_from_slice(&more[..more.len().min(room)]);
    }

    fn line(&mut self, lines: &mut Vec<u8>) {
        let line = std::mem::take(&mut self.text);
        if line.is_empty() {
            return self.end(lines);
        }
        let equals = memchr::memchr(b'=', &line[..line.len().min(LONGEST_NAME + 1)]);
        let name = &line[..equals.unwrap_or(line.len())];
        if !is_name(name) {
            // No field: what was put into the file by hand is a line of its own.
            lines.extend_from_slice(&line);
            lines.push(b'\n');
            return;
        }
        self.begun = true;
        let field = KEPT.iter().position(|kept| *kept == name);
        match (equals, field) {
            (Some(equals), Some(field)) => self.member(field, &line[equals + 1..]),
            (Some(_), None) => {}
            (None, field) => {
                self.field = field;
                self.at = At::Length { known: 0, bytes: 0 };
            }
        }
    }

    fn length(&mut self, known: u64, bytes: u32) -> io::Result<()> {
        self.at = match (bytes, known) {
            (..8, _) => At::Length { known, bytes },
            (_, 0) => At::End,
            (_, left) => At::Value { left },
        };
        if bytes == 8 && known > LONGEST_OF_JOURNAL {
            return Err(damaged("a value of a journal's record is longer than any can be"));
        }
        Ok(())
    }

    /// Adds a field as a member of the record's object.
    fn member(&mut self, field: usize, value: &[u8]) {
        if self.has & 1 << field != 0 {
            return;
        }
        self.has |= 1 << field;
        self.members.extend_from_slice(if self.members.is_empty() { b"{\"" } else { b",\"" });
        self.members.extend_from_slice(KEPT[field]);
        self.members.extend_from_slice(b"\":\"");
        escape(value, &mut self.members);
        self.members.push(b'"');
    }

    fn end(&mut self, lines: &mut Vec<u8>) {
        if !self.members.is_empty() {
            lines.append(&mut self.members);
            lines.extend_from_slice(b"}\n");
        }
        self.has = 0;
        self.begun = false;
    }
}

/// Whether a text can be the name of a field.
fn is_name(text: &[u8]) -> bool {
    let is_of_name = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_';
    (1..=LONGEST_NAME).contains(&text.len()) && text.iter().all(is_of_name) && !text[0].is_ascii_digit()
}

/// Appends the inside of a JSON string. Bytes that are no UTF-8 stay as they are.
fn escape(text: &[u8], out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    for byte in text {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', *byte]),
            0..0x20 => {
                out.extend_from_slice(b"\\u00");
                out.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
            }
            _ => out.push(*byte),
        }
    }
}

fn damaged(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::*;

    /// A reader that gives so many bytes at once.
    struct Slow<'a>(&'a [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
            let length = self.1.min(self.0.len()).min(output.len());
            output[..length].copy_from_slice(&self.0[..length]);
            self.0 = &self.0[length..];
            Ok(length)
        }
    }

    fn lines(stored: &[u8], at_once: usize) -> (String, bool) {
        let mut exported = Exported::new(Slow(stored, at_once));
        let mut lines = Vec::new();
        exported.read_to_end(&mut lines).unwrap();
        assert_eq!(exported.source().1, stored.len() as u64);
        (String::from_utf8_lossy(&lines).into_owned(), exported.truncated())
    }

    fn binary(name: &str, value: &[u8]) -> Vec<u8> {
        [name.as_bytes(), b"\n", &(value.len() as u64).to_le_bytes(), value, b"\n"].concat()
    }

    fn record() -> Vec<u8> {
        let fields = b"__CURSOR=s=1;i=2\n__REALTIME_TIMESTAMP=1795441670152700\nPRIORITY=6\n_PID=9\nSYSLOG_PID=\"7\"\n";
        [
            &fields[..],
            &binary("MESSAGE", b"caf\xe9 \n\\ "),
            &binary("COREDUMP", &[b'\n'; 300]),
            &binary("_HOSTNAME", b""),
            b"_PID=10\n",
        ]
        .concat()
    }

    const LINE: &str = "{\"__REALTIME_TIMESTAMP\":\"1795441670152700\",\"_PID\":\"9\",\"SYSLOG_PID\":\"\\\"7\\\"\",\
                        \"MESSAGE\":\"caf\u{fffd} \\u000a\\\\ \",\"_HOSTNAME\":\"\"}\n";

    #[test]
    fn every_field_that_matters_is_kept() {
        let stored = KEPT.iter().flat_map(|name| [*name, b"=x\n"]).flatten().copied().collect::<Vec<_>>();
        let names = KEPT.map(|name| format!("\"{}\":\"x\"", String::from_utf8_lossy(name)));
        assert_eq!(lines(&[&stored[..], b"\n"].concat(), 4096).0, format!("{{{}}}\n", names.join(",")));
    }

    #[test]
    fn a_record_is_a_line() {
        let stored = [&record()[..], b"\n\n", &record(), b"\n"].concat();
        for at_once in [1, 7, 4096] {
            assert_eq!(lines(&stored, at_once), ([LINE, LINE].concat(), false));
        }
    }

    #[test]
    fn what_is_cut_is_told_and_its_open_record_left_out() {
        let stored = [&record()[..], b"\n", &record()].concat();
        for cut in record().len() + 2..stored.len() {
            assert_eq!(lines(&stored[..cut], 100), (LINE.to_owned(), true), "cut at {cut}");
        }
        assert_eq!(lines(&stored[..record().len() + 1], 100), (LINE.to_owned(), false));
    }

    #[test]
    fn what_is_no_field_is_a_line_of_its_own() {
        let stored = b"__CURSOR=1\nMESSAGE=x\nMar  1 00:00:00 mx1 a[1]: b=c\n\n-- x --\nlower=1\n";
        let expected = "Mar  1 00:00:00 mx1 a[1]: b=c\n{\"MESSAGE\":\"x\"}\n-- x --\nlower=1\n";
        assert_eq!(lines(stored, 5), (expected.to_owned(), false));
    }

    #[test]
    fn damage_comes_behind_what_is_whole() {
        for damage in [&b"MESSAGE\n\x01\0\0\0\0\0\0\0xx\n"[..], b"MESSAGE\n\xff\xff\xff\xff\xff\xff\xff\xff"] {
            let stored = [&record()[..], b"\n__CURSOR=2\n", damage].concat();
            let mut exported = Exported::new(&stored[..]);
            let mut line = vec![0; LINE.len() - 2];
            exported.read_exact(&mut line).unwrap();
            let error = exported.read(&mut [0; 9]).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        }
    }

    #[test]
    fn of_a_long_value_the_beginning_is_kept() {
        for field in [binary("MESSAGE", &[b'x'; 3 << 20]), [&b"MESSAGE="[..], &[b'x'; 3 << 20], b"\n"].concat()] {
            let (line, _) = lines(&[b"__CURSOR=1\n", &field[..], b"\n"].concat(), 1 << 20);
            assert!((LONGEST..LONGEST + 200).contains(&line.len()) && line.ends_with("x\"}\n"));
        }
    }
}
