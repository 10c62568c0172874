//! Where to begin inside a large file: near the first line of a time, without reading what comes before.

use std::io::Read;
use std::sync::Arc;

use super::{Reading, StreamFile};
use crate::calendar::{DAY, Timestamp};
use crate::sources::framing::{AnyProgram, Framed, Framer};
use crate::sources::stamp::Stamp;
use crate::sources::timeline::instant;
use crate::sources::{self, Encoding, open};
use crate::storage::Storage;

/// Files up to this size are read from their start: looking for a place costs more.
const SMALL: u64 = 32 << 20;

/// How much is read at each place that is tried: a line of any usual length fits in.
const PROBE: usize = 64 << 10;

/// A line's place in a file and its year, where its stamp has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its first byte.
    pub offset: u64,
    /// Its year.
    pub year: i32,
}

/// The place of a line that is written before `at`, and near it. Only plain files can be entered in the middle.
///
/// # Errors
/// Where the file cannot be read.
pub fn line_near(storage: &Arc<Storage>, file: &StreamFile, at: Timestamp, reading: Reading) -> sources::Result<Place> {
    let start = Place { offset: 0, year: file.year };
    let size = file.look.file.size;
    let Some(first) = file.first.filter(|first| *first < at) else { return Ok(start) };
    let is_plain = file.look.encoding == Encoding::Plain && !file.look.exported;
    let in_order = !reading.format.has_header() && reading.format.late() == 0;
    if !is_plain || size < SMALL || !in_order {
        return Ok(start);
    }
    let mut best = start;
    let (mut low, mut high) = (0, size);
    while high - low > PROBE as u64 {
        let middle = low + (high - low) / 2;
        match probe(storage, file, middle, first, reading)? {
            Some((time, place)) if time < at => {
                best = place;
                low = middle;
            }
            _ => high = middle,
        }
    }
    Ok(best)
}

/// The first line with a time behind an offset; one without a year goes before one with it, since years are counted on
/// from there.
fn probe(
    storage: &Arc<Storage>,
    file: &StreamFile,
    offset: u64,
    first: Timestamp,
    reading: Reading,
) -> sources::Result<Option<(Timestamp, Place)>> {
    let mut reader = open(storage, &file.look.file, offset)?;
    let mut bytes = Vec::with_capacity(PROBE);
    if let Err(error) = reader.by_ref().take(PROBE as u64).read_to_end(&mut bytes) {
        return Err(reader.error(error));
    }
    let mut framer = Framer::default();
    let mut found = None;
    let mut at = memchr::memchr(b'\n', &bytes).map_or(bytes.len(), |end| end + 1);
    while let Some(length) = memchr::memchr(b'\n', &bytes[at..]) {
        if let Framed::Line(line) = framer.frame_as(&bytes[at..at + length], &AnyProgram(reading.format)) {
            let (time, year) = place(line.stamp, file.year, first, reading);
            let here = (time, Place { offset: offset + at as u64, year });
            if matches!(line.stamp, Stamp::Yearless(_)) {
                return Ok(Some(here));
            }
            found.get_or_insert(here);
        }
        at += length + 1;
    }
    Ok(found)
}

/// The instant of a stamp in a file that begins at `first`, and its year.
fn place(stamp: Stamp, year: i32, first: Timestamp, reading: Reading) -> (Timestamp, i32) {
    let at = instant(stamp, reading.zone, year);
    let turned = matches!(stamp, Stamp::Yearless(_)) && at < first - DAY;
    if turned { (instant(stamp, reading.zone, year + 1), year + 1) } else { (at, year) }
}
