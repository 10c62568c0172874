//! Which hosts log TLS versions at all: of the others, a session without one is unknown, not cleartext.
//!
//! One line that says a session's version proves it for its host. It is read like any other line, since text that a
//! client chose may look like one; only the search for it is quick. In JSON and in lines that were cut the text does
//! not stand as it is: there each line is read.

use std::collections::BTreeSet;
use std::sync::Arc;

use memchr::memmem;

use super::Stream;
use crate::formats::{Format, Record};
use crate::sources::framing::{Framed, Framer};
use crate::sources::{self, Blocks, RawFile, open};
use crate::storage::Storage;

/// The hosts of a stream that say their sessions' TLS versions. The search ends when all hosts that show at the
/// files' ends are found to do so.
///
/// # Errors
/// Where a file cannot be read.
pub fn tls_hosts(
    storage: &Arc<Storage>,
    stream: &Stream,
    format: &'static dyn Format,
) -> sources::Result<BTreeSet<String>> {
    let Some(mark) = format.tls_mark() else { return Ok(stream.hosts.clone()) };
    let mark = memmem::Finder::new(mark);
    let mut search = Search { format, framer: Framer::default(), found: BTreeSet::new(), wanted: stream.hosts.clone() };
    // The newest file first: it is the one that is read anyway, and most often not compressed.
    for file in stream.files.iter().rev() {
        if search.is_over() {
            break;
        }
        search.file(storage, &file.look.file, &mark)?;
    }
    Ok(search.found)
}

/// Whether text may stand in the block in another way than as it is: escaped, as numbers, or in pieces.
fn hides_text(block: &[u8]) -> bool {
    let holds = |text: &[u8]| memmem::find(block, text).is_some();
    block.starts_with(b"{") || holds(b"\n{") || holds(b"  | {") || holds(b" stdout ") || holds(b" stderr ")
}

/// The line that a byte of the block stands on.
fn line_around(block: &[u8], at: usize) -> &[u8] {
    let start = memchr::memrchr(b'\n', &block[..at]).map_or(0, |end| end + 1);
    let end = memchr::memchr(b'\n', &block[at..]).map_or(block.len(), |end| at + end);
    &block[start..end]
}

struct Search {
    format: &'static dyn Format,
    framer: Framer,
    found: BTreeSet<String>,
    wanted: BTreeSet<String>,
}

impl Search {
    fn is_over(&self) -> bool {
        self.wanted.is_subset(&self.found)
    }

    fn file(&mut self, storage: &Arc<Storage>, file: &RawFile, mark: &memmem::Finder<'_>) -> sources::Result<()> {
        let mut blocks = Blocks::new(open(storage, file, 0)?);
        let mut buffer = None;
        while let Some(block) = blocks.next_block(buffer.take())? {
            if hides_text(&block.bytes) {
                self.lines(block.bytes.split(|byte| *byte == b'\n'));
            } else {
                self.lines(mark.find_iter(&block.bytes).map(|at| line_around(&block.bytes, at)));
            }
            if self.is_over() {
                break;
            }
            buffer = Some(block.bytes);
        }
        Ok(())
    }

    fn lines<'a>(&mut self, lines: impl Iterator<Item = &'a [u8]>) {
        for line in lines {
            self.line(line);
            if self.is_over() {
                break;
            }
        }
    }

    fn line(&mut self, line: &[u8]) {
        let format = self.format;
        let Framed::Line(line) = self.framer.frame_as(line, format) else { return };
        let says_version = self.format.wants(line.program, line.message)
            && matches!(self.format.parse(&line), Ok(Some(Record::Secured { .. })));
        if says_version {
            self.found.insert(String::from_utf8_lossy(line.host).into_owned());
        }
    }
}
