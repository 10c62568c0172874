//! Rows of CSV, laid out as [flat fields](crate::sources::fields::Fields) by the header row before them.

use super::{COLUMNS, FREE, NO_HEADER, OTHER_WIDTH, UNCLOSED};
use crate::sources::fields::push;
use crate::sources::framing::Own;

/// Keeps a header row: every cell is a column's name, and one is `ts`. It may come again, where files were put together.
pub(super) fn take_header(own: &mut Own, line: &[u8]) -> bool {
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
pub(super) fn row(own: &mut Own, line: &[u8]) -> Result<(), &'static str> {
    let Own { header, buffer, scratch, .. } = own;
    if header.is_empty() {
        return Err(NO_HEADER);
    }
    let mut cells = Cells::of(line);
    for name in header.split_inclusive(|byte| *byte == b',') {
        match cells.next(scratch) {
            Ok(true) => push(&name[..name.len() - 1], scratch, buffer),
            Ok(false) => return Err(OTHER_WIDTH),
            Err(Unclosed) => return Err(UNCLOSED),
        }
    }
    if cells.rest.is_some() { Err(OTHER_WIDTH) } else { Ok(()) }
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
