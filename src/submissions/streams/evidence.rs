//! Whether a source logs TLS versions at all: without that, a session without one is unknown, not cleartext.
//!
//! One line that says a session's version proves it. It is read like any other line, since text that a client
//! chose may look like one; only the search for it is quick.

use std::sync::Arc;

use memchr::memmem;

use crate::formats::{Format, Record};
use crate::sources::framing::{Framed, Framer};
use crate::sources::{self, Blocks, RawFile, open};
use crate::storage::Storage;

/// Whether a file holds a line that says a session's TLS version, behind the decoded offset `from`.
///
/// # Errors
/// Where the file cannot be read.
pub fn logs_tls(
    storage: &Arc<Storage>,
    file: &RawFile,
    from: u64,
    format: &'static dyn Format,
) -> sources::Result<bool> {
    let mut blocks = Blocks::new(open(storage, file, from)?);
    let mark = memmem::Finder::new(format.tls_mark());
    let mut framer = Framer::default();
    let mut buffer = None;
    while let Some(block) = blocks.next_block(buffer.take())? {
        for at in mark.find_iter(&block.bytes) {
            let start = memchr::memrchr(b'\n', &block.bytes[..at]).map_or(0, |end| end + 1);
            let end = memchr::memchr(b'\n', &block.bytes[at..]).map_or(block.bytes.len(), |end| at + end);
            if says_version(&mut framer, &block.bytes[start..end], format) {
                return Ok(true);
            }
        }
        buffer = Some(block.bytes);
    }
    Ok(false)
}

fn says_version(framer: &mut Framer, line: &[u8], format: &'static dyn Format) -> bool {
    let Framed::Line(line) = framer.frame(line) else { return false };
    format.wants(line.program, line.message) && matches!(format.parse(&line), Ok(Some(Record::Secured { .. })))
}
