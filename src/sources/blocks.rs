//! Whole lines in blocks of half a mebibyte: the hot path between disk and parser.
//!
//! A block is read straight into the buffer that the parser gets; only the unfinished last line, found by one
//! backward search, is copied to the front of the next block. Nothing is done per line, and a buffer that is
//! handed back is neither allocated nor cleared again.

use std::io::{ErrorKind, Read};

use memchr::memrchr;

use super::framing::whole_objects;
use super::{RawReader, Result};

/// Bytes of a block, as long as its lines are shorter: within a core's cache, and far above what handing it on costs.
pub const BLOCK_SIZE: usize = 512 << 10;
/// Bytes of a line at most. A longer one comes in pieces of this length, each in a block without a final newline.
pub const MAX_LINE: usize = 16 << 20;

/// Consecutive whole lines of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Block {
    /// The lines, each with its `\n`. The last line of a file may lack it, as may a piece of an overlong line.
    pub bytes: Vec<u8>,
    /// The decoded offset of the first byte.
    pub offset: u64,
}

/// Cuts what a reader yields into blocks. The first block begins where the reader stands, at a line's start or not.
#[derive(Debug)]
pub struct Blocks {
    reader: RawReader,
    /// The beginning of a line whose end is not yet read; it holds no newline.
    carried: Vec<u8>,
    offset: u64,
    /// Whether a line may be cut between the objects that it packs.
    packed: bool,
}

impl Blocks {
    /// Blocks from the reader's position on.
    #[must_use]
    pub fn new(reader: RawReader) -> Self {
        let offset = reader.position();
        Self { reader, carried: Vec::new(), offset, packed: false }
    }

    /// The same of lines that may pack JSON objects: a line without an end in sight is cut between two of them.
    #[must_use]
    pub fn packed(self, packed: bool) -> Self {
        Self { packed, ..self }
    }

    /// The reader, for what it knows of the file: whether it was truncated, once the last block was taken.
    #[must_use]
    pub fn reader(&self) -> &RawReader {
        &self.reader
    }

    /// The next block, or none at the end. `recycled` is an earlier block's buffer: its contents do not matter, but
    /// leave its length as it is, since only what is added to the length has to be cleared.
    ///
    /// # Errors
    /// Where the file cannot be read on, or is damaged.
    pub fn next_block(&mut self, recycled: Option<Vec<u8>>) -> Result<Option<Block>> {
        let mut bytes = recycled.unwrap_or_default();
        let mut filled = self.carried.len();
        bytes.resize(BLOCK_SIZE.max(2 * filled).min(MAX_LINE), 0);
        bytes[..filled].copy_from_slice(&self.carried);
        self.carried.clear();
        loop {
            let searched = filled;
            filled = self.fill(&mut bytes, filled)?;
            let at_end = filled < bytes.len();
            let newline = memrchr(b'\n', &bytes[searched..filled]).map(|at| searched + at + 1);
            if let (false, Some(lines)) = (at_end, newline) {
                self.carried.extend_from_slice(&bytes[lines..]);
                return Ok(self.block(bytes, lines));
            }
            let objects = if self.packed && !at_end { whole_objects(&bytes[..filled]) } else { 0 };
            if objects > 0 {
                self.carried.extend_from_slice(&bytes[objects..]);
                return Ok(self.block(bytes, objects));
            }
            if at_end || bytes.len() == MAX_LINE {
                return Ok(self.block(bytes, filled));
            }
            bytes.resize((2 * bytes.len()).min(MAX_LINE), 0);
        }
    }

    /// Reads until the buffer is full or the file ends; returns how much of the buffer is filled.
    fn fill(&mut self, bytes: &mut [u8], mut filled: usize) -> Result<usize> {
        while filled < bytes.len() {
            match self.reader.read(&mut bytes[filled..]) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.reader.error(error)),
            }
        }
        Ok(filled)
    }

    fn block(&mut self, mut bytes: Vec<u8>, length: usize) -> Option<Block> {
        bytes.truncate(length);
        let offset = self.offset;
        self.offset += length as u64;
        (length > 0).then_some(Block { bytes, offset })
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::*;
    use crate::sources::testing::{Place, gzip, lines, zstd};

    /// All blocks of a file with these stored bytes.
    fn blocks(stored: &[u8]) -> Vec<Block> {
        let place = Place::new();
        let mut blocks = Blocks::new(place.reader(stored));
        let (mut all, mut recycled) = (Vec::new(), None);
        while let Some(block) = blocks.next_block(recycled.take()).unwrap() {
            all.push(block.clone());
            recycled = Some(block.bytes);
        }
        assert_eq!(blocks.next_block(None).unwrap(), None);
        all
    }

    /// Checks that the blocks follow each other and hold the text, and returns their lengths.
    fn lengths(stored: &[u8], text: &[u8]) -> Vec<usize> {
        let (mut offset, mut lengths) = (0, Vec::new());
        for block in blocks(stored) {
            assert_eq!(block.offset, offset as u64);
            assert!(text[offset..].starts_with(&block.bytes));
            offset += block.bytes.len();
            lengths.push(block.bytes.len());
        }
        assert_eq!(offset, text.len());
        lengths
    }

    #[test]
    fn blocks_hold_whole_lines() {
        let text = lines(100_000);
        for stored in [text.clone(), zstd(&text)] {
            assert!(lengths(&stored, &text).iter().rev().skip(1).all(|length| BLOCK_SIZE - length < 200));
            assert!(blocks(&stored).iter().all(|block| block.bytes.ends_with(b"\n")));
        }
    }

    #[test]
    fn the_last_line_may_lack_its_end() {
        assert_eq!(blocks(b"one line"), [Block { bytes: b"one line".to_vec(), offset: 0 }]);
        assert_eq!(blocks(b"one\ntwo")[0].bytes, b"one\ntwo");
        assert_eq!(blocks(&gzip(b"")), []);
        let mut text = lines(20_000);
        text.pop();
        assert_eq!(lengths(&text, &text).len(), text.len() / BLOCK_SIZE + 1);
    }

    #[test]
    fn a_block_that_ends_with_the_file_is_not_followed_by_an_empty_one() {
        let mut text = vec![b'x'; 2 * BLOCK_SIZE];
        text[BLOCK_SIZE - 1] = b'\n';
        text[2 * BLOCK_SIZE - 1] = b'\n';
        assert_eq!(lengths(&text, &text), [BLOCK_SIZE, BLOCK_SIZE]);
    }

    #[test]
    fn a_line_longer_than_a_block_is_whole() {
        let long = vec![b'x'; 3 * BLOCK_SIZE];
        let text = [b"short\n".to_vec(), long.clone(), b"\n".to_vec(), long, b"\nshort\n".to_vec()].concat();
        let found = lengths(&text, &text);
        assert_eq!(found, [6, 3 * BLOCK_SIZE + 1, 3 * BLOCK_SIZE + 1 + 6]);
    }

    #[test]
    fn a_line_without_end_is_cut() {
        let mut text = vec![b'x'; MAX_LINE + 5];
        text.extend_from_slice(b"\nnext\n");
        assert_eq!(lengths(&zstd(&text), &text), [MAX_LINE, 11]);
        assert_eq!(lengths(&text[..MAX_LINE], &text[..MAX_LINE]), [MAX_LINE]);
    }

    #[test]
    fn a_line_that_packs_objects_is_cut_between_them() {
        let place = Place::new();
        let object = format!("{{\"a\":\"{}\"}}", "}{".repeat(500));
        let text = object.repeat(1000);
        let mut blocks = Blocks::new(place.reader(text.as_bytes())).packed(true);
        let mut found = Vec::new();
        while let Some(block) = blocks.next_block(None).unwrap() {
            assert_eq!((block.bytes.len() % object.len(), block.offset), (0, found.len() as u64));
            found.extend(block.bytes);
        }
        assert!(found == text.as_bytes());
    }

    #[test]
    fn blocks_begin_where_the_reader_stands() {
        let place = Place::new();
        let file = place.write("mail.log", b"one\ntwo\n");
        let mut blocks = Blocks::new(crate::sources::open(&place.storage, &file, 4).unwrap());
        assert_eq!(blocks.next_block(None).unwrap(), Some(Block { bytes: b"two\n".to_vec(), offset: 4 }));
    }

    #[test]
    fn what_a_cut_file_holds_comes_before_the_news() {
        let (place, text) = (Place::new(), lines(20_000));
        let stored = gzip(&text);
        let mut blocks = Blocks::new(place.reader(&stored[..stored.len() - 9]));
        let mut read = 0;
        while let Some(block) = blocks.next_block(None).unwrap() {
            read += block.bytes.len();
        }
        assert!(blocks.reader().truncated());
        assert!(text.len() - read < 1000, "{read} of {}", text.len());
    }
}
