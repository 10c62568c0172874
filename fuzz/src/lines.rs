//! Any bytes as the log of any server: every format frames, filters and parses them, and the assembler joins what
//! comes of it.

use chrono_tz::Tz;

use crate::calendar::Timestamp;
use crate::formats::{FORMATS, Format};
use crate::sources::Block;
use crate::sources::timeline::Timeline;
use crate::submissions::assemble::{Assembler, Settings};
use crate::submissions::scan::{Scanned, Scanner};
use crate::submissions::tls::TlsLogging;
use crate::submissions::{Refusal, Rows, Submission};

/// How much of a log is given to a scanner at once, beside all of it.
const PIECE: usize = 512;

/// Reads the bytes as a log of each format. What is found must not depend on where the blocks of it end.
pub fn any_bytes_as_a_log(bytes: &[u8]) {
    for format in FORMATS {
        let whole = read(*format, [bytes].into_iter());
        assert_eq!(whole.bytes, bytes.len() as u64, "{format:?}: every byte is of a line");
        assert!(whole.used + whole.rejected <= whole.lines, "{format:?}: no line is used twice: {whole:?}");
        assert_eq!(whole, read(*format, blocks(bytes).into_iter()), "{format:?}: in blocks it is another log");
    }
}

/// What was read of a log.
#[derive(Debug, Default, PartialEq)]
struct Read {
    lines: u64,
    bytes: u64,
    used: u64,
    rejected: u64,
    rows: Vec<String>,
}

impl Rows for Read {
    fn submission(&mut self, row: &Submission<&str>) {
        self.rows.push(format!("{row:?}"));
    }

    fn announced(&mut self, _: &Submission<&str>) -> bool {
        true
    }

    fn confirmed(&mut self, row: &Submission<&str>) {
        self.submission(row);
    }

    fn came_before(&mut self, _: &Refusal<&str>, _: &[u8]) -> bool {
        false
    }

    fn refusal(&mut self, row: &Refusal<&str>) {
        self.rows.push(format!("{row:?}"));
    }

    fn refusal_announced(&mut self, _: &Refusal<&str>) -> bool {
        true
    }

    fn refusal_confirmed(&mut self, row: &Refusal<&str>) {
        self.refusal(row);
    }

    fn orphan(&mut self, _: Timestamp) {}
}

fn read<'a>(format: &'static dyn Format, blocks: impl Iterator<Item = &'a [u8]>) -> Read {
    let mut read = Read::default();
    let mut scanner = Scanner::new(format);
    let mut timeline = Timeline::new(Tz::Europe__Berlin, 2026);
    let settings = Settings { realm: "example.org".into(), tls_logging: TlsLogging::Always };
    let mut assembler = Assembler::new(format, settings);
    let (mut offset, mut recycled) = (0, None);
    for bytes in blocks {
        let scanned = scanner.scan(Block { bytes: bytes.to_vec(), offset }, recycled.take());
        offset += bytes.len() as u64;
        join(format, &scanned, &mut timeline, &mut assembler, &mut read);
        recycled = Some(scanned.found);
    }
    let _ = assembler.oldest_open(Timestamp::MAX);
    assembler.finish(&mut read);
    read
}

fn join(
    format: &'static dyn Format,
    scanned: &Scanned,
    timeline: &mut Timeline,
    assembler: &mut Assembler,
    read: &mut Read,
) {
    for run in &scanned.found.runs {
        read.lines += run.lines;
        read.bytes += run.bytes;
    }
    for candidate in &scanned.found.candidates {
        let Ok(line) = scanned.line(candidate) else {
            read.rejected += 1;
            continue;
        };
        let at = timeline.resolve(line.stamp);
        let _ = (format.instant(&line), format.service(line.program));
        match format.parse(&line) {
            Ok(Some(record)) => {
                read.used += 1;
                // Often enough to tell once from twice.
                (0..line.repeated.min(3)).for_each(|_| assembler.record(at, &line, &record, read));
            }
            Ok(None) => {}
            Err(_) => read.rejected += 1,
        }
    }
}

/// The log in pieces that end with lines.
fn blocks(bytes: &[u8]) -> Vec<&[u8]> {
    let mut blocks = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let from = PIECE.min(rest.len());
        let end = memchr::memchr(b'\n', &rest[from..]).map_or(rest.len(), |end| from + end + 1);
        let (block, behind) = rest.split_at(end);
        blocks.push(block);
        rest = behind;
    }
    blocks
}
