//! A zip archive that is written from front to back: each file's length and checksum stand behind it.
//!
//! Only what a workbook needs: deflated files below 4 GiB, and one time for all of them, 1980-01-01, so that the
//! same rows give the same bytes. <https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>

use std::io::{Error, Result, Write};

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

/// Bytes that are handed on at once.
const PIECE: usize = 1 << 20;

/// The version that knows how to read this: 2.0, with deflate.
const VERSION: u16 = 20;
/// Lengths stand behind the file, and names are UTF-8.
const FLAGS: u16 = 1 << 3 | 1 << 11;
const DEFLATED: u16 = 8;
/// 1980-01-01.
const DATE: u16 = 1 << 5 | 1;

/// An archive on its way.
pub(super) struct Archive<W> {
    out: W,
    /// Bytes written.
    at: u64,
    written: Vec<Entry>,
    current: Option<Current>,
}

/// A file that is in the archive.
struct Entry {
    path: String,
    crc: u32,
    packed: u32,
    length: u32,
    at: u32,
}

/// A file that is being written.
struct Current {
    path: String,
    at: u64,
    begin: u64,
    crc: Crc,
    length: u64,
    encoder: DeflateEncoder<Vec<u8>>,
}

impl<W: Write> Archive<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out, at: 0, written: Vec::new(), current: None }
    }

    /// Begins a file.
    pub(super) fn begin(&mut self, path: &str) -> Result<()> {
        let at = self.at;
        let mut head = Vec::from(*b"PK\x03\x04");
        numbers(&mut head, &[VERSION, FLAGS, DEFLATED, 0, DATE]);
        head.extend([0; 12]);
        numbers(&mut head, &[short(path.len())?, 0]);
        head.extend(path.as_bytes());
        self.send(&head)?;
        let encoder = DeflateEncoder::new(Vec::new(), Compression::new(4));
        self.current = Some(Current { path: path.to_owned(), at, begin: self.at, crc: Crc::new(), length: 0, encoder });
        Ok(())
    }

    /// Writes a part of the file.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let Some(current) = &mut self.current else { return Ok(()) };
        current.crc.update(bytes);
        current.length += bytes.len() as u64;
        current.encoder.write_all(bytes)?;
        if current.encoder.get_ref().len() >= PIECE {
            let packed = std::mem::take(current.encoder.get_mut());
            self.send(&packed)?;
        }
        Ok(())
    }

    /// Ends the file.
    pub(super) fn end(&mut self) -> Result<()> {
        let Some(Current { path, at, begin, crc, length, encoder }) = self.current.take() else { return Ok(()) };
        self.send(&encoder.finish()?)?;
        let entry =
            Entry { path, crc: crc.sum(), packed: long(self.at - begin)?, length: long(length)?, at: long(at)? };
        let mut behind = Vec::from(*b"PK\x07\x08");
        [entry.crc, entry.packed, entry.length].iter().for_each(|number| behind.extend(number.to_le_bytes()));
        self.written.push(entry);
        self.send(&behind)
    }

    /// Writes what the archive holds, and ends it.
    pub(super) fn finish(mut self) -> Result<()> {
        let begin = self.at;
        let mut directory = Vec::new();
        for entry in &self.written {
            directory.extend(b"PK\x01\x02");
            numbers(&mut directory, &[VERSION, VERSION, FLAGS, DEFLATED, 0, DATE]);
            [entry.crc, entry.packed, entry.length].iter().for_each(|number| directory.extend(number.to_le_bytes()));
            numbers(&mut directory, &[short(entry.path.len())?, 0, 0, 0, 0, 0, 0]);
            directory.extend(entry.at.to_le_bytes());
            directory.extend(entry.path.as_bytes());
        }
        let files = short(self.written.len())?;
        let (length, begin) = (long(directory.len() as u64)?, long(begin)?);
        directory.extend(b"PK\x05\x06");
        numbers(&mut directory, &[0, 0, files, files]);
        [length, begin].iter().for_each(|number| directory.extend(number.to_le_bytes()));
        numbers(&mut directory, &[0]);
        self.send(&directory)?;
        self.out.flush()
    }

    fn send(&mut self, bytes: &[u8]) -> Result<()> {
        self.at += bytes.len() as u64;
        self.out.write_all(bytes)
    }
}

fn numbers(bytes: &mut Vec<u8>, numbers: &[u16]) {
    numbers.iter().for_each(|number| bytes.extend(number.to_le_bytes()));
}

fn short(number: usize) -> Result<u16> {
    u16::try_from(number).map_err(|_| Error::other("a workbook cannot have so many sheets"))
}

fn long(number: u64) -> Result<u32> {
    let message = "it would be larger than 4 GiB: narrow the window, or write another format";
    u32::try_from(number).map_err(|_| Error::other(message))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
pub(super) mod tests {
    use std::collections::BTreeMap;
    use std::io::Read;

    use flate2::read::DeflateDecoder;

    use super::*;

    fn number(bytes: &[u8], at: usize, length: usize) -> usize {
        bytes[at..at + length].iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte))
    }

    /// The files of an archive, found by its directory, each checked against its checksum.
    pub(in super::super) fn unpacked(archive: &[u8]) -> BTreeMap<String, String> {
        let end = archive.len() - 22;
        assert_eq!(&archive[end..end + 4], b"PK\x05\x06");
        let mut at = number(archive, end + 16, 4);
        let mut files = BTreeMap::new();
        for _ in 0..number(archive, end + 10, 2) {
            assert_eq!(&archive[at..at + 4], b"PK\x01\x02");
            let field = |offset, length| number(archive, at + offset, length);
            let path = std::str::from_utf8(&archive[at + 46..at + 46 + field(28, 2)]).unwrap();
            let local = field(42, 4);
            assert_eq!(&archive[local..local + 4], b"PK\x03\x04");
            let begin = local + 30 + number(archive, local + 26, 2);
            let mut text = String::new();
            DeflateDecoder::new(&archive[begin..begin + field(20, 4)]).read_to_string(&mut text).unwrap();
            let mut crc = Crc::new();
            crc.update(text.as_bytes());
            assert_eq!((text.len(), crc.sum() as usize), (field(24, 4), field(16, 4)), "{path}");
            files.insert(path.to_owned(), text);
            at += 46 + field(28, 2);
        }
        files
    }

    #[test]
    fn files_come_back() {
        let mut bytes = Vec::new();
        let mut archive = Archive::new(&mut bytes);
        let long = "0123456789".repeat(1_000_000);
        for (path, text) in [("a.xml", "short"), ("b/c.xml", long.as_str()), ("empty", "")] {
            archive.begin(path).unwrap();
            text.as_bytes().chunks(700_000).for_each(|part| archive.write(part).unwrap());
            archive.end().unwrap();
        }
        archive.finish().unwrap();
        let files = unpacked(&bytes);
        assert_eq!(files.keys().collect::<Vec<_>>(), ["a.xml", "b/c.xml", "empty"]);
        assert_eq!((files["a.xml"].as_str(), files["b/c.xml"] == long, files["empty"].as_str()), ("short", true, ""));
    }
}
