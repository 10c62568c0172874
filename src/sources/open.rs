//! A raw file's decoded bytes from any offset, wherever it lies and however it is compressed.

use std::io::{self, Read};
use std::sync::Arc;

use url::Url;

use super::codecs::codec;
use super::export::{self, Exported};
use super::layers::{BEGINNING, Bytes};
use super::stored::Stored;
use super::{Encoding, Error, RawFile, Result};
use crate::storage::{Storage, display};

/// Reads a raw file's decoded bytes. Use it on threads that are not the runtime's own.
pub struct RawReader {
    url: Url,
    size: u64,
    encoding: Encoding,
    bytes: Bytes,
    position: u64,
    truncated: bool,
}

/// Opens a file at the decoded offset `from`. Plain files are read from there; of compressed ones all that comes
/// before is decoded and dropped. Past the end of the file there is nothing to read, which is no error.
///
/// # Errors
/// Where the file is gone, may not be read, is packed in a way that is not read, or is damaged before `from`.
pub fn open(storage: &Arc<Storage>, file: &RawFile, from: u64) -> Result<RawReader> {
    let mut stored = Stored::open(storage, file)?;
    let name = || display(&file.url);
    let read = |source| Error::Read { file: name(), position: 0, source };
    let mut beginning = Vec::with_capacity(BEGINNING);
    stored.by_ref().take(BEGINNING as u64).read_to_end(&mut beginning).map_err(read)?;
    stored.seek(0).map_err(read)?;
    let encoding = Encoding::detect(&beginning).map_err(|kind| Error::Unsupported { file: name(), kind })?;
    let (mut bytes, mut still) = (Bytes::Plain(stored), encoding);
    while let Some(codec) = codec(still).map_err(read)? {
        (bytes, beginning) = bytes.decoded(codec);
        // Of what else may be inside, nothing is a log.
        still = match Encoding::detect(&beginning) {
            Ok(Encoding::Utf16) => Encoding::Utf16,
            _ => Encoding::Plain,
        };
    }
    if beginning.starts_with(export::BEGINNING) {
        bytes = Bytes::Exported(Exported::new(Box::new(bytes)));
    }
    let (url, size) = (file.url.clone(), file.size);
    let mut reader = RawReader { url, size, encoding, bytes, position: 0, truncated: false };
    reader.skip_to(from).map_err(|source| reader.error(source))?;
    Ok(reader)
}

impl RawReader {
    /// How the file is encoded.
    #[must_use]
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Whether the lines are made of journald's records, which only decoding does.
    #[must_use]
    pub fn is_exported(&self) -> bool {
        matches!(self.bytes, Bytes::Exported(_))
    }

    /// Whether the lines are not what the file's encoding says that it holds, but made of it: of UTF-16, or of journald's
    /// records. Then a length that is stated there is not theirs.
    #[must_use]
    pub fn is_converted(&self) -> bool {
        self.bytes.is_converted()
    }

    /// Whether reading is no more than a copy: the bytes of a plain file on local disk.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        matches!(&self.bytes, Bytes::Plain(stored) if stored.seeks_cheaply())
    }

    /// The decoded offset of the next byte.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Whether the file ended too early: in the middle of a compressed stream, or before the size it was listed
    /// with. Known once `read` has returned 0.
    #[must_use]
    pub fn truncated(&self) -> bool {
        self.truncated
    }

    /// What a failed read means, with the file's name.
    #[must_use]
    pub fn error(&self, source: io::Error) -> Error {
        let (file, position) = (display(&self.url), self.position);
        match source.kind() {
            io::ErrorKind::InvalidData => Error::Damaged { file, position, source },
            io::ErrorKind::Unsupported => Error::LargeWindow { file },
            _ => Error::Read { file, position, source },
        }
    }

    /// Goes to a decoded offset at or after the position, or to the file's end where that comes first.
    pub(super) fn skip_to(&mut self, offset: u64) -> io::Result<()> {
        if let Bytes::Plain(stored) = &mut self.bytes {
            let offset = offset.min(self.size);
            if offset != self.position {
                stored.seek(offset)?;
                self.position = offset;
            }
            return Ok(());
        }
        const DROPPED_AT_ONCE: u64 = 256 << 10;
        let mut dropped = Vec::new();
        while self.position < offset {
            dropped.resize((offset - self.position).min(DROPPED_AT_ONCE) as usize, 0);
            match self.read(&mut dropped) {
                Ok(0) => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => drop(read?),
            }
        }
        Ok(())
    }

    /// The stored bytes, at no particular offset.
    pub(super) fn into_stored(self) -> Stored {
        self.bytes.into_stored()
    }
}

impl Read for RawReader {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        let read = self.bytes.read(output)?;
        self.position += read as u64;
        if read == 0 && !output.is_empty() {
            self.truncated = self.bytes.truncated(self.position, self.size);
        }
        Ok(read)
    }
}

impl std::fmt::Debug for RawReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RawReader({}, {:?}, at {})", display(&self.url), self.encoding, self.position)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::*;
    use crate::sources::testing::{Place, bzip2, gzip, lines, put, xz, zstd};

    fn rest(mut reader: RawReader) -> (Vec<u8>, bool) {
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).unwrap();
        (bytes, reader.truncated())
    }

    #[test]
    fn every_offset_reads_the_same_bytes() {
        let (place, text) = (Place::new(), lines(3_000));
        for stored in [text.clone(), gzip(&text), zstd(&text), xz(&text), bzip2(&text)] {
            let local = place.write("mail log.1", &stored);
            let remote = put(&place.storage, "memory:///mail%20log", &stored);
            for file in [local, remote] {
                for from in [0, 1, 100_000, text.len() - 1, text.len(), text.len() + 9] {
                    let reader = open(&place.storage, &file, from as u64).unwrap();
                    let (bytes, truncated) = rest(reader);
                    assert!(bytes == text.get(from..).unwrap_or_default() && !truncated, "{} {from}", file.url);
                }
            }
        }
    }

    #[test]
    fn an_export_is_read_as_lines_wherever_it_lies() {
        let (place, records) = (Place::new(), b"__CURSOR=1\nMESSAGE=x\nPRIORITY=6\n\n".repeat(9_000));
        let lines = b"{\"MESSAGE\":\"x\"}\n".repeat(9_000);
        for stored in [records.clone(), gzip(&records), zstd(&records), xz(&records), bzip2(&records)] {
            let file = place.write("journal.export", &stored);
            for from in [0, 1, 100_000, lines.len(), lines.len() + 9] {
                let reader = open(&place.storage, &file, from as u64).unwrap();
                assert!(reader.is_exported());
                let (bytes, truncated) = rest(reader);
                assert!(bytes == lines.get(from..).unwrap_or_default() && !truncated, "{from}");
            }
        }
        let cut = rest(place.reader(&records[..records.len() - 1]));
        assert!(cut.1 && cut.0.len() == lines.len() - 16);
        let cut = rest(place.reader(&gzip(&records)[..200]));
        assert!(cut.1 && lines.starts_with(&cut.0));
        for plain in [&b"__CURSOR"[..], b"__CURSOR:1\n"] {
            assert!(rest(place.reader(plain)).0 == plain && rest(place.reader(&gzip(plain))).0 == plain);
        }
    }

    #[test]
    fn utf_16_is_read_wherever_it_lies() {
        let (place, text) = (Place::new(), lines(3_000));
        let units = format!("\u{feff}{}", String::from_utf8_lossy(&text));
        let units = units.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
        for stored in [units.clone(), gzip(&units), zstd(&units), xz(&units), bzip2(&units)] {
            let file = place.write("mail.log", &stored);
            for from in [0, 1, 100_000, text.len(), text.len() + 9] {
                let (bytes, truncated) = rest(open(&place.storage, &file, from as u64).unwrap());
                assert!(bytes == text.get(from..).unwrap_or_default() && !truncated, "{from}");
            }
        }
        let (bytes, truncated) = rest(place.reader(&gzip(&units)[..9_000]));
        assert!(truncated && bytes.len() > 9_000 && text.starts_with(&bytes));
    }

    #[test]
    fn a_large_object_comes_in_ranges() {
        let (place, text) = (Place::new(), lines(400_000));
        assert!(text.len() > 20 << 20, "more than two of the largest ranges");
        let file = put(&place.storage, "memory:///mail.log", &text);
        assert!(rest(open(&place.storage, &file, 0).unwrap()) == (text, false));
    }

    #[test]
    fn a_replaced_object_is_no_mixture() {
        let (place, text) = (Place::new(), lines(10_000));
        let file = put(&place.storage, "memory:///mail.log", &text);
        let mut reader = open(&place.storage, &file, 0).unwrap();
        put(&place.storage, "memory:///mail.log", &lines(10_001));
        let error = reader.read_to_end(&mut Vec::new()).unwrap_err();
        let message = reader.error(error).to_string();
        assert!(message.contains("memory:///mail.log past byte 262144"), "{message}");
    }

    #[test]
    fn what_was_written_after_the_listing_is_not_read() {
        let place = Place::new();
        let file = place.write("mail.log", b"one\n");
        place.write("mail.log", b"one\ntwo\n");
        assert_eq!(rest(open(&place.storage, &file, 0).unwrap()), (b"one\n".to_vec(), false));
        place.write("mail.log", b"on");
        assert_eq!(rest(open(&place.storage, &file, 0).unwrap()), (b"on".to_vec(), true));
    }

    #[test]
    fn a_cut_file_is_truncated_and_a_damaged_one_is_named() {
        let (place, text) = (Place::new(), lines(8_000));
        let mut stored = gzip(&text);
        let (bytes, truncated) = rest(place.reader(&stored[..stored.len() / 2]));
        assert!(truncated && bytes.len() > text.len() / 3 && text.starts_with(&bytes));
        let checksum = stored.len() - 8;
        stored[checksum] ^= 1;
        let file = place.write("bad log.gz", &stored);
        let mut reader = open(&place.storage, &file, 0).unwrap();
        let error = reader.read_to_end(&mut Vec::new()).unwrap_err();
        let message = reader.error(error).to_string();
        let all = format!("bad log.gz is damaged after {} decoded bytes", text.len());
        assert!(message.contains(&all) && message.contains("restore"), "all but the checksum is read: {message}");
        assert!(matches!(open(&place.storage, &file, u64::MAX), Err(Error::Damaged { .. })));
        assert_eq!(open(&place.storage, &place.write("mail.log", b"one\n"), u64::MAX).unwrap().position(), 4);
    }

    #[test]
    fn a_zstd_window_may_be_large_but_not_as_large_as_memory() {
        let place = Place::new();
        // RFC 8878, section 3.1.1: no content size and no checksum, the window, and one block that is not compressed.
        let frame = |log: u8| [b"\x28\xb5\x2f\xfd\0", &[(log - 10) << 3][..], b"\x29\0\0line\n"].concat();
        assert_eq!(rest(place.reader(&frame(29))), (b"line\n".to_vec(), false));
        let mut reader = place.reader(&frame(31));
        let error = reader.read(&mut [0; 9]).unwrap_err();
        let message = reader.error(error).to_string();
        assert!(message.contains("raw file is packed") && message.contains("pack it again"), "{message}");
    }

    #[test]
    fn what_cannot_be_read_is_an_error_with_a_name() {
        let place = Place::new();
        let file = place.write("logs.zip", b"PK\x03\x04 and so on");
        let message = open(&place.storage, &file, 0).unwrap_err().to_string();
        assert!(message.contains("logs.zip is a zip file"), "{message}");
        std::fs::remove_file(place.folder.path().join("logs.zip")).unwrap();
        assert!(matches!(open(&place.storage, &file, 0), Err(Error::Open { .. })));
    }
}
