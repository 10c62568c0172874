//! Decompression by magic bytes: a name may lie (`mail.log.2` out of logrotate's `delaycompress`), bytes do not.
//!
//! A file may hold several streams one after the other, with zero bytes as padding between and after them. A file
//! that ends in the middle of a stream yields every byte that can be decoded and is then called truncated; damage
//! before the end is an error.
//!
//! Text in UTF-16, as PowerShell's `>` and `Out-File` and exports of Windows programs write it, is decoded likewise, also
//! where it is compressed.

use std::io::{self, Read};

use serde::{Deserialize, Serialize};

use super::codecs::Codec;

/// How a raw file's lines are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// As they are.
    Plain,
    /// gzip, with any number of members.
    Gzip,
    /// Zstandard, with any number of frames.
    Zstd,
    /// xz, with any number of streams.
    Xz,
    /// bzip2, with any number of streams.
    Bzip2,
    /// UTF-16 with a byte order mark, not compressed.
    Utf16,
}

/// How many stored bytes [`Encoding::detect`] wants to see.
pub(super) const MAGIC_LENGTH: usize = 6;

const MAGICS: [(&[u8], Encoding); 6] = [
    (b"\x1f\x8b\x08", Encoding::Gzip),
    (b"\x28\xb5\x2f\xfd", Encoding::Zstd),
    (b"\xfd7zXZ\0", Encoding::Xz),
    (b"BZh", Encoding::Bzip2),
    (b"\xff\xfe", Encoding::Utf16),
    (b"\xfe\xff", Encoding::Utf16),
];

/// Formats that logs are found in as well, and that would otherwise count as very bad lines.
const NOT_READ: [(&[u8], &str); 5] = [
    (b"PK\x03\x04", "zip"),
    (b"\x1f\x9d", "compress (.Z)"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"LZIP\x01", "lzip"),
];

impl Encoding {
    /// How a file that begins with these stored bytes is encoded; for a format that is not read, its name.
    pub(super) fn detect(head: &[u8]) -> Result<Self, &'static str> {
        if let Some((_, name)) = NOT_READ.iter().find(|(magic, _)| head.starts_with(magic)) {
            return Err(name);
        }
        // A zstd file may begin with a skippable frame: 0x184D2A50 to 0x184D2A5F, little-endian.
        if let [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] = head {
            return Ok(Self::Zstd);
        }
        let known = MAGICS.iter().find(|(magic, _)| head.starts_with(magic) || is_cut(magic, head));
        Ok(known.map_or(Self::Plain, |(_, encoding)| *encoding))
    }
}

/// Whether the whole file is a magic cut short. One byte could be anything.
fn is_cut(magic: &[u8], file: &[u8]) -> bool {
    file.len() >= 2 && magic.starts_with(file)
}

/// Stored bytes per read: enough that a read costs nothing next to the decoding.
const INPUT: usize = 256 << 10;

/// Decodes what `source` holds, stream after stream.
pub(super) struct Decoder<R> {
    source: R,
    codec: Box<dyn Codec>,
    input: Vec<u8>,
    start: usize,
    end: usize,
    drained: bool,
    between_streams: bool,
    done: bool,
    truncated: bool,
    /// What went wrong behind the bytes that were handed on last.
    failed: Option<io::Error>,
}

impl<R: Read> Decoder<R> {
    pub(super) fn new(source: R, codec: Box<dyn Codec>) -> Self {
        Self {
            source,
            codec,
            input: vec![0; INPUT],
            start: 0,
            end: 0,
            drained: false,
            between_streams: false,
            done: false,
            truncated: false,
            failed: None,
        }
    }

    /// Whether the input ended in the middle of a stream. Known once `read` has returned 0.
    pub(super) fn truncated(&self) -> bool {
        self.truncated
    }

    /// What is decoded.
    pub(super) fn source(&self) -> &R {
        &self.source
    }

    pub(super) fn into_source(self) -> R {
        self.source
    }

    fn refill(&mut self) -> io::Result<()> {
        if self.start == self.end && !self.drained {
            self.start = 0;
            self.end = 0;
            self.end = self.source.read(&mut self.input)?;
            self.drained = self.end == 0;
        }
        Ok(())
    }

    /// Skips padding. Whether a next stream begins; if not, there is more to read or all is done.
    fn next_stream(&mut self) -> io::Result<bool> {
        let padding = self.input[self.start..self.end].iter().take_while(|byte| **byte == 0).count();
        self.start += padding;
        self.between_streams = self.start == self.end;
        if self.between_streams {
            self.done = self.drained;
            return Ok(false);
        }
        self.codec.restart()?;
        Ok(true)
    }

    /// The decoder neither took nor gave anything: that is the end of the file, or it is stuck.
    fn stop(&mut self) -> io::Result<()> {
        if !self.drained {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the decoder does not go on"));
        }
        self.truncated = true;
        self.done = true;
        Ok(())
    }
}

impl<R: Read> Read for Decoder<R> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        while !self.done && !output.is_empty() {
            if let Some(error) = self.failed.take() {
                return Err(error);
            }
            self.refill()?;
            if self.between_streams && !self.next_stream()? {
                continue;
            }
            let step = self.codec.step(&self.input[self.start..self.end], output)?;
            self.start += step.consumed;
            self.between_streams = step.ended;
            self.failed = step.failed;
            if step.produced > 0 {
                return Ok(step.produced);
            }
            if step.consumed == 0 && !step.ended && self.failed.is_none() {
                self.stop()?;
            }
        }
        Ok(0)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::super::codecs::codec;
    use super::*;
    use crate::sources::testing::{bzip2, gzip, lines, xz, zstd};

    fn decoder(stored: &[u8]) -> Decoder<&[u8]> {
        Decoder::new(stored, codec(Encoding::detect(stored).unwrap()).unwrap().unwrap())
    }

    /// What is decoded with reads of `size` bytes, and whether it was truncated.
    fn decode(stored: &[u8], size: usize) -> (Vec<u8>, bool) {
        let mut decoder = decoder(stored);
        let (mut decoded, mut piece) = (Vec::new(), vec![0; size]);
        loop {
            match decoder.read(&mut piece).unwrap() {
                0 => return (decoded, decoder.truncated()),
                read => decoded.extend_from_slice(&piece[..read]),
            }
        }
    }

    type Pack = fn(&[u8]) -> Vec<u8>;
    const PACKERS: [Pack; 4] = [gzip, zstd, xz, bzip2];

    #[test]
    fn what_is_packed_is_unpacked() {
        let text = lines(2_000);
        for pack in PACKERS {
            let stored = pack(&text);
            for size in [100, 8 << 10, 1 << 20] {
                assert!(decode(&stored, size) == (text.clone(), false));
            }
            assert_eq!(decode(&pack(b""), 1000), (Vec::new(), false));
        }
    }

    #[test]
    fn streams_follow_each_other_with_padding() {
        let (one, two) = (lines(300), lines(200));
        for pack in PACKERS {
            let stored = [pack(&one), vec![0; 512], pack(b""), pack(&two), vec![0; INPUT + 7]].concat();
            assert!(decode(&stored, 4096) == ([one.clone(), two.clone()].concat(), false));
        }
    }

    #[test]
    fn a_stream_may_begin_anywhere_in_a_read() {
        let text = lines(3_000);
        let mut stored = gzip(&text);
        while stored.len() < 2 * INPUT {
            stored.extend(gzip(b"x\n"));
        }
        let (decoded, truncated) = decode(&stored, 1 << 20);
        assert!(decoded.starts_with(&text) && !truncated);
        assert!(decoded[text.len()..].chunks(2).all(|line| line == b"x\n"));
    }

    #[test]
    fn a_cut_file_yields_all_that_is_readable() {
        let text = lines(2_000);
        // Without its last byte, a file loses its checksum; only a zstd block is whole or lost.
        let lost_at_most = [(gzip as Pack, 0), (zstd, 128 << 10), (xz, 0), (bzip2, 0)];
        for (pack, lost) in lost_at_most {
            let stored = pack(&text);
            let mut before = 0;
            for cut in (MAGIC_LENGTH..stored.len()).step_by(stored.len() / 40).chain([stored.len() - 1]) {
                let (decoded, truncated) = decode(&stored[..cut], 1 << 20);
                assert!(text.starts_with(&decoded) && truncated, "cut at {cut}");
                assert!(decode(&stored[..cut], 7) == (decoded.clone(), true), "whatever the reader's buffer");
                assert!(decoded.len() >= before, "more input never gives less");
                before = decoded.len();
            }
            assert!(text.len() - before <= lost, "{before} of {}", text.len());
        }
    }

    #[test]
    fn a_cut_gzip_file_yields_as_much_as_a_reader_of_single_bytes() {
        let text = lines(1_000);
        let stored = [gzip(&text), gzip(&text)].concat();
        for cut in (20..stored.len()).step_by(397) {
            let (mut reference, mut byte) = (Vec::new(), [0]);
            let mut reader = flate2::read::MultiGzDecoder::new(&stored[..cut]);
            while let Ok(1) = reader.read(&mut byte) {
                reference.push(byte[0]);
            }
            let (decoded, _) = decode(&stored[..cut], 1 << 20);
            assert!(decoded == reference, "cut at {cut}: {} and {}", decoded.len(), reference.len());
        }
    }

    #[test]
    fn a_file_cut_between_streams_is_whole() {
        for pack in PACKERS {
            let (first, second) = (pack(b"one\n"), pack(b"two\n"));
            let stored = [first.clone(), second].concat();
            assert_eq!(decode(&stored[..first.len()], 100), (b"one\n".to_vec(), false));
            assert_eq!(decode(&stored[..=first.len()], 100), (b"one\n".to_vec(), true));
        }
    }

    #[test]
    fn a_zstd_frame_that_was_never_finished_is_read() {
        use std::io::Write;
        let text = lines(10_000);
        let mut encoder = zstd::stream::write::Encoder::new(zstd(b"first\n"), 3).unwrap();
        encoder.write_all(&text).unwrap();
        encoder.flush().unwrap();
        let (decoded, truncated) = decode(encoder.get_ref(), 1 << 20);
        assert!(truncated && decoded == [b"first\n".to_vec(), text].concat());
    }

    #[test]
    fn damage_in_the_middle_is_an_error() {
        let text = lines(3_000);
        for pack in PACKERS {
            let mut stored = pack(&text);
            let middle = stored.len() / 2;
            for byte in &mut stored[middle..middle + 64] {
                *byte ^= 0x55;
            }
            let error = decoder(&stored).read_to_end(&mut Vec::new()).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        }
    }

    #[test]
    fn a_wrong_checksum_or_what_follows_a_stream_is_an_error() {
        let mut stored = gzip(b"line\n");
        let checksum = stored.len() - 8;
        stored[checksum] ^= 1;
        assert!(decoder(&stored).read_to_end(&mut Vec::new()).is_err());
        for pack in PACKERS {
            let stored = [pack(b"line\n"), b"Mar  1 00:00:01 mx1 and a plain line\n".to_vec()].concat();
            assert!(decoder(&stored).read_to_end(&mut Vec::new()).is_err());
        }
    }

    #[test]
    fn utf_16_becomes_utf_8_in_either_order() {
        let text = "Mär  1 😀 ".repeat(70_000);
        let units = |of: fn(u16) -> [u8; 2]| format!("\u{feff}{text}").encode_utf16().flat_map(of).collect::<Vec<u8>>();
        for stored in [units(u16::to_le_bytes), units(u16::to_be_bytes)] {
            for size in [1, 3, 8 << 10, 1 << 20] {
                assert!(decode(&stored, size) == (text.clone().into_bytes(), false));
            }
            let (decoded, truncated) = decode(&stored[..stored.len() - 1], 1 << 20);
            assert!(truncated && text.as_bytes() == [&decoded[..], b" "].concat());
            assert_eq!(decode(&stored[..2], 10), (Vec::new(), false));
        }
        assert_eq!(decode(b"\xff\xfea\0\x00\xd8b\0", 10).0, "a\u{fffd}b".as_bytes());
    }

    #[test]
    fn an_encoding_is_told_by_the_first_bytes() {
        for (pack, encoding) in PACKERS.into_iter().zip([Encoding::Gzip, Encoding::Zstd, Encoding::Xz, Encoding::Bzip2])
        {
            assert_eq!(Encoding::detect(&pack(b"line\n")[..MAGIC_LENGTH]), Ok(encoding));
        }
        assert_eq!(Encoding::detect(b"\x1f\x8b"), Ok(Encoding::Gzip));
        assert_eq!(Encoding::detect(b"\x5a\x2a\x4d\x18\0\0"), Ok(Encoding::Zstd));
        for plain in [&b""[..], b"\x1f", b"Mar  1", b"B", b"BZ2 is", b"{\"log\""] {
            assert_eq!(Encoding::detect(plain), Ok(Encoding::Plain));
        }
        assert_eq!(Encoding::detect(b"PK\x03\x04\x14\0"), Err("zip"));
    }
}
