//! What can be known of a file without reading it whole: how it begins, often how it ends and how long it is.
//!
//! With it a run decides which files can hold the days asked for, and which it has seen already under another name.

use std::io::{ErrorKind, Read};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::fingerprint::HASHED;
use super::stored::Stored;
use super::zstd_frame::decoded_length;
use super::{Encoding, Error, RawFile, RawReader, Result, open};
use crate::storage::{Storage, display};

/// How many decoded bytes of a file's beginning and end are looked at.
pub const SIGHT: usize = 64 << 10;

/// What is known of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// The file as it was listed.
    pub file: RawFile,
    /// How it is encoded.
    pub encoding: Encoding,
    /// Whether its lines are made of journald's records: then nothing is known of its end before it is decoded.
    pub exported: bool,
    /// How many NUL bytes the file begins with: a log that was copied and truncated while its writer kept its place has
    /// a hole as long as it was before.
    pub hole: u64,
    /// The first decoded bytes behind the hole: [`SIGHT`], or all there are.
    pub head: Vec<u8>,
    /// The last decoded bytes: [`SIGHT`], or all there are. Unknown for a compressed or exported file that was not
    /// looked through, and for a plain one that shrank meanwhile.
    pub tail: Option<Vec<u8>>,
    /// The decoded length; of a truncated file, what is readable. Unknown where only decoding would tell.
    pub length: Option<u64>,
    /// Whether the file is known to end too early; see [`RawReader::truncated`].
    pub truncated: bool,
    /// The last four bytes of a gzip file: its last member's decoded length modulo 2^32, unless it is truncated.
    pub gzip_length: Option<u32>,
}

impl Look {
    /// Whether the head is all there is.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.length == Some(self.hole + self.head.len() as u64)
    }

    /// Lets go of the text at both ends, once it was looked at, but for what a [`Fingerprint`](super::Fingerprint) is taken of.
    pub fn forget_text(&mut self) {
        self.head.truncate(HASHED);
        self.head.shrink_to_fit();
        self.tail = None;
    }

    /// Whether the file may decode to `known` bytes, as far as can be told without decoding it; `None` where it
    /// cannot. For gzip, "yes" means that the trailer agrees, and "no" that the last member alone is longer.
    #[must_use]
    pub fn may_have_length(&self, known: u64) -> Option<bool> {
        if let Some(length) = self.length {
            return Some(length == known);
        }
        let stated = self.gzip_length?;
        if known as u32 == stated {
            return Some(true);
        }
        let credible = u64::from(stated) <= self.file.size.saturating_mul(BEST_DEFLATE_RATIO);
        (credible && known < u64::from(stated)).then_some(false)
    }
}

/// Deflate makes nothing smaller than this: 258 bytes in two bits.
const BEST_DEFLATE_RATIO: u64 = 1032;

/// Looks at a file: its head, of a plain file its tail, of a compressed one what its format says of the length.
///
/// # Errors
/// Where the file is gone, may not be read, is packed in a way that is not read, or its head is damaged.
pub fn look(storage: &Arc<Storage>, file: &RawFile) -> Result<Look> {
    let mut reader = open(storage, file, 0)?;
    let (hole, head) = behind_hole(&mut reader)?;
    let mut look = Look {
        file: file.clone(),
        encoding: reader.encoding(),
        exported: reader.is_exported(),
        truncated: reader.truncated(),
        hole,
        head,
        tail: None,
        length: None,
        gzip_length: None,
    };
    if look.head.len() < SIGHT {
        look.length = Some(hole + look.head.len() as u64);
        look.tail = Some(look.head.clone());
    } else if !reader.is_converted() {
        look_at_end(&mut look, reader)?;
    }
    Ok(look)
}

/// How many files are looked at at the same time: a store answers slowly, but many at once.
const AT_ONCE: usize = 16;

/// Looks at files, many at the same time; what comes of them is in their order.
///
/// # Errors
/// What `look` failed with, of the first file with which it did.
pub fn at_once<T: Send>(files: &[RawFile], look: impl Fn(&RawFile) -> Result<T> + Sync) -> Result<Vec<T>> {
    if let [file] = files {
        return Ok(vec![look(file)?]);
    }
    let next = AtomicUsize::new(0);
    let mut looked: Vec<(usize, Result<T>)> = thread::scope(|scope| {
        let mine = || {
            let turn = || Some(next.fetch_add(1, Ordering::Relaxed)).filter(|turn| *turn < files.len());
            std::iter::from_fn(turn).map(|turn| (turn, look(&files[turn]))).collect::<Vec<_>>()
        };
        let lookers: Vec<_> = (0..AT_ONCE.min(files.len())).map(|_| scope.spawn(mine)).collect();
        lookers.into_iter().flat_map(|looker| looker.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    });
    looked.sort_unstable_by_key(|(turn, _)| *turn);
    looked.into_iter().map(|(_, looked)| looked).collect()
}

/// How many NUL bytes come first, and what comes behind them.
fn behind_hole(reader: &mut RawReader) -> Result<(u64, Vec<u8>)> {
    let mut hole = 0;
    loop {
        let mut head = read_all(reader, SIGHT)?;
        let full = head.len() == SIGHT;
        let nuls = head.iter().position(|byte| *byte != 0).unwrap_or(head.len());
        hole += nuls as u64;
        if nuls == SIGHT {
            continue;
        }
        head.drain(..nuls);
        if full && nuls > 0 {
            head.extend(read_all(reader, nuls)?);
        }
        return Ok((hole, head));
    }
}

fn look_at_end(look: &mut Look, mut reader: RawReader) -> Result<()> {
    let size = look.file.size;
    let failed = |source| Error::Read { file: display(&look.file.url), position: SIGHT as u64, source };
    match look.encoding {
        Encoding::Plain => {
            reader.skip_to(size.saturating_sub(SIGHT as u64)).map_err(failed)?;
            let tail = read_all(&mut reader, SIGHT)?;
            look.truncated = reader.position() < size || tail.is_empty();
            if !tail.is_empty() {
                look.length = Some(reader.position());
                look.tail = Some(tail);
            }
        }
        Encoding::Gzip => {
            let mut trailer = [0; 4];
            read_at(&mut reader.into_stored(), size.saturating_sub(4), &mut trailer).map_err(failed)?;
            look.gzip_length = Some(u32::from_le_bytes(trailer));
        }
        Encoding::Zstd => {
            let mut stored = reader.into_stored();
            if stored.seeks_cheaply() {
                let length = decoded_length(size, |at, buffer| read_at(&mut stored, at, buffer));
                look.length = length.map_err(failed)?;
            }
        }
        Encoding::Xz | Encoding::Bzip2 | Encoding::Utf16 => {}
    }
    Ok(())
}

fn read_at(stored: &mut Stored, at: u64, buffer: &mut [u8]) -> std::io::Result<()> {
    stored.seek(at)?;
    stored.read_exact(buffer)
}

fn read_all(reader: &mut RawReader, limit: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(limit);
    match reader.by_ref().take(limit as u64).read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(error) => Err(reader.error(error)),
    }
}

/// Decodes a compressed file once to learn its length and tail; does nothing where both are known.
///
/// # Errors
/// Where the file cannot be read, or is damaged.
pub fn look_through(storage: &Arc<Storage>, look: &mut Look) -> Result<()> {
    if look.tail.is_some() && look.length.is_some() {
        return Ok(());
    }
    let mut reader = open(storage, &look.file, 0)?;
    let mut tail = Vec::new();
    // A full window follows the sight that is kept, so that keeping costs a fraction of reading.
    let mut window = vec![0; 16 * SIGHT];
    loop {
        match reader.read(&mut window) {
            Ok(0) => break,
            Ok(read) => keep_last(&mut tail, &window[..read]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(reader.error(error)),
        }
    }
    look.tail = Some(tail);
    look.length = Some(reader.position());
    look.truncated = reader.truncated();
    Ok(())
}

/// Appends to the tail and drops what is more than [`SIGHT`] from its end.
fn keep_last(tail: &mut Vec<u8>, more: &[u8]) {
    let more = &more[more.len().saturating_sub(SIGHT)..];
    let surplus = (tail.len() + more.len()).saturating_sub(SIGHT);
    tail.drain(..surplus);
    tail.extend_from_slice(more);
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::*;
    use crate::sources::Fingerprint;
    use crate::sources::testing::{Place, bzip2, gzip, lines, put, xz, zstd};

    fn looked(place: &Place, stored: &[u8]) -> Look {
        look(&place.storage, &place.write("mail log", stored)).unwrap()
    }

    fn looked_through(place: &Place, stored: &[u8]) -> Look {
        let mut look = looked(place, stored);
        look_through(&place.storage, &mut look).unwrap();
        look
    }

    #[test]
    fn a_plain_file_is_known_by_both_ends() {
        let (place, text) = (Place::new(), lines(3_000));
        for text in [&text[..], &text[..SIGHT], &text[..SIGHT + 1], &text[..SIGHT - 1], b"line", b"\n"] {
            let local = looked(&place, text);
            assert!(local.head == text[..text.len().min(SIGHT)]);
            assert!(local.tail.as_deref() == Some(&text[text.len().saturating_sub(SIGHT)..]));
            assert_eq!((local.length, local.truncated), (Some(text.len() as u64), false));
            let object = put(&place.storage, "memory:///mail.log", text);
            assert_eq!(look(&place.storage, &object).unwrap(), Look { file: object, ..local });
        }
    }

    #[test]
    fn a_compressed_file_is_known_once_looked_through() {
        let (place, text) = (Place::new(), lines(3_000));
        let plain = looked(&place, &text);
        for pack in [gzip, zstd, xz, bzip2] {
            let packed = looked(&place, &pack(&text));
            assert!(packed.tail.is_none() && packed.head == plain.head);
            let packed = looked_through(&place, &pack(&text));
            assert!(packed.tail == plain.tail && packed.length == plain.length && !packed.truncated);
            assert!(Fingerprint::of(&plain.head).matches(&packed.head));
        }
    }

    #[test]
    fn an_export_is_known_by_its_lines_once_looked_through() {
        let (place, records) = (Place::new(), b"__CURSOR=1\nMESSAGE=x\n_HOSTNAME=mx1\n\n".repeat(9_000));
        let plain = looked(&place, &records);
        assert!(plain.exported && plain.tail.is_none() && plain.length.is_none());
        assert_eq!(plain.may_have_length(5), None);
        let through = looked_through(&place, &records);
        assert_eq!(through.length, Some(9_000 * 34));
        assert!(through.tail.is_some_and(|tail| tail.len() == SIGHT && tail.ends_with(b"\"mx1\"}\n")));
        for pack in [gzip, zstd, xz, bzip2] {
            let packed = looked_through(&place, &pack(&records));
            assert!(packed.exported && packed.head == plain.head && packed.length == through.length);
        }
        assert!(looked(&place, &records[..34 * 3]).truncated);
    }

    #[test]
    fn packed_utf_16_is_known_by_its_lines_once_looked_through() {
        let (place, text) = (Place::new(), lines(3_000));
        let units = format!("\u{feff}{}", String::from_utf8_lossy(&text));
        let units = units.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>();
        let plain = looked_through(&place, &text);
        for pack in [gzip, zstd, xz, bzip2] {
            assert_eq!(looked(&place, &pack(&units)).may_have_length(text.len() as u64), None);
            let packed = looked_through(&place, &pack(&units));
            assert!(packed.head == plain.head && packed.tail == plain.tail && packed.length == plain.length);
        }
    }

    #[test]
    fn a_small_compressed_file_is_known_at_once() {
        let place = Place::new();
        for pack in [gzip, zstd, xz, bzip2] {
            let look = looked(&place, &pack(b"one line\n"));
            assert_eq!((look.length, look.tail.as_deref()), (Some(9), Some(&b"one line\n"[..])));
            assert_eq!((look.may_have_length(9), look.may_have_length(8)), (Some(true), Some(false)));
        }
    }

    #[test]
    fn a_gzip_trailer_tells_what_it_can() {
        let (place, text) = (Place::new(), lines(3_000));
        let length = text.len() as u64;
        let object = put(&place.storage, "memory:///mail.log.2.gz", &gzip(&text));
        for look in [looked(&place, &gzip(&text)), look(&place.storage, &object).unwrap()] {
            assert_eq!(look.length, None);
            assert_eq!(look.may_have_length(length), Some(true));
            assert_eq!(look.may_have_length(length + (1 << 32)), Some(true));
            assert_eq!(look.may_have_length(length - 1), Some(false));
            assert_eq!(look.may_have_length(length + 1), None);
        }
        let two = looked(&place, &[gzip(&text), gzip(&text[..1000])].concat());
        assert_eq!(two.may_have_length(length + 1000), None, "never 'no' where it is so");
    }

    #[test]
    fn a_zstd_frame_tells_its_length_on_disk() {
        let (place, text) = (Place::new(), lines(3_000));
        let one = looked(&place, &zstd(&text));
        assert_eq!(one.may_have_length(text.len() as u64), Some(true));
        assert_eq!(one.may_have_length(text.len() as u64 + 1), Some(false));
        let two = looked(&place, &[zstd(&text), zstd(&text)].concat());
        assert_eq!(two.may_have_length(2 * text.len() as u64), None);
        let through = looked_through(&place, &[zstd(&text), zstd(&text)].concat());
        assert_eq!(through.length, Some(2 * text.len() as u64));
    }

    #[test]
    fn a_cut_file_has_the_length_of_what_is_readable() {
        let (place, text) = (Place::new(), lines(8_000));
        for pack in [gzip, zstd, xz] {
            let stored = pack(&text);
            let look = looked_through(&place, &stored[..stored.len() / 2]);
            let length = look.length.unwrap() as usize;
            assert!(look.truncated && length > SIGHT && length < text.len());
            assert!(look.tail.as_deref() == Some(&text[length - SIGHT..length]));
        }
        let stored = gzip(&text[..1000]);
        assert!(looked(&place, &stored[..stored.len() - 3]).truncated);
    }

    #[test]
    fn a_file_is_looked_at_behind_the_hole_that_it_begins_with() {
        let (place, text) = (Place::new(), lines(3_000));
        for hole in [1, 5_000, SIGHT - 1, SIGHT, SIGHT + 1, 3 * SIGHT] {
            for text in [&text[..], &text[..SIGHT], &text[..1_000], b"\n", b""] {
                let (whole, stored) = (looked(&place, text), [&vec![0; hole], text].concat());
                for pack in [|stored: &[u8]| stored.to_vec(), gzip] {
                    let look = looked_through(&place, &pack(&stored));
                    assert_eq!((look.hole, look.length), (hole as u64, Some(stored.len() as u64)));
                    assert!(look.head == whole.head && look.is_whole() == whole.is_whole());
                    assert_eq!(Fingerprint::of(&look.head), Fingerprint::of(&whole.head));
                }
            }
        }
    }

    #[test]
    fn many_files_are_looked_at_in_their_order() {
        let place = Place::new();
        let file = |number: usize| place.write(&format!("{number:03}.log"), format!("line {number}\n").as_bytes());
        let mut files: Vec<RawFile> = (0..100).map(file).collect();
        for files in [&files[..0], &files[..1], &files[..2], &files] {
            let looks = at_once(files, |file| look(&place.storage, file)).unwrap();
            let heads: Vec<String> = (0..files.len()).map(|number| format!("line {number}\n")).collect();
            assert!(looks.iter().map(|look| look.head.as_slice()).eq(heads.iter().map(String::as_bytes)));
        }
        for gone in [90, 40] {
            std::fs::remove_file(files[gone].url.to_file_path().unwrap()).unwrap();
        }
        let error = at_once(&files, |file| look(&place.storage, file)).unwrap_err();
        assert!(error.to_string().contains("040.log"), "{error}");
        files.truncate(40);
        assert!(at_once(&files, |file| look(&place.storage, file)).is_ok());
    }

    #[test]
    fn the_tail_is_kept_over_any_pieces() {
        let text = lines(5_000);
        for piece in [1, 700, SIGHT - 1, SIGHT, SIGHT + 1, 1 << 20] {
            let mut tail = Vec::new();
            text.chunks(piece).for_each(|more| keep_last(&mut tail, more));
            assert!(tail == text[text.len() - SIGHT..]);
        }
    }
}
