//! One pass over a stream's files, for a range of days.
//!
//! ```text
//! reader: open, decompress ─▶ blocks ─▶ scanner: candidates ─▶ joiner: rows ─▶ sink
//! ```
//!
//! The three run beside each other, joined by short queues, so that memory does not follow the files' size; where
//! reading is no more than a copy, the scanner does it, and finds the bytes in its cache. Reading goes on past the
//! last day until nothing of it is open, and no further.

mod joiner;
mod reader;
mod seen;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests;
mod wanted;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::mpsc::{channel, sync_channel};

use chrono_tz::Tz;

use super::assemble::Settings;
use super::{Refusal, Submission};
use crate::calendar::{Day, DayRange, SECOND, Timestamp};
use crate::formats::Format;
use crate::sources::{self, RawFile};
use crate::storage::Storage;
use joiner::Joiner;
use reader::{Recycled, scan_files};

/// Blocks that wait between two of the three.
const QUEUE: usize = 2;

/// How far a file may begin before the end of the one before it without being a copy of it.
const OVERLAP: i64 = 60 * SECOND;

/// What to read.
#[derive(Clone, Debug)]
pub struct Pass {
    /// The stream's files, in time order.
    pub files: Vec<PassFile>,
    /// The days whose rows are wanted; none for all.
    pub days: Option<DayRange>,
    /// How the lines are written.
    pub format: &'static dyn Format,
    /// The zone of stamps without an offset.
    pub zone: Tz,
    /// What the operator says of the source.
    pub settings: Settings,
    /// Whether files may hold the same lines: rows that come again from another file are dropped.
    pub overlapping: bool,
}

/// One file of a pass.
#[derive(Clone, Debug)]
pub struct PassFile {
    /// The file.
    pub file: RawFile,
    /// Where to begin, in decoded bytes: at the start of a line.
    pub from: u64,
    /// The year of the first line read, where stamps have none.
    pub year: i32,
    /// When its first line was written: a file that begins after the days is not opened.
    pub first: Option<Timestamp>,
    /// The earliest time that its lines may have, as far as that is known.
    pub earliest: Option<Timestamp>,
    /// Whether older lines come behind newer ones: it is sorted the other way round, or several logs were put into it.
    pub goes_back: bool,
    /// Whether it [repeats](Format::repeats_log) refusals that other files tell of.
    pub repeats_log: bool,
}

impl Pass {
    /// Watermarks: the earliest time of the lines of each file and of those behind it, without files that repeat the refusals of
    /// others: those go on with nothing that is open.
    fn earliest(&self) -> Vec<Timestamp> {
        self.earliest_by(|file| file.earliest.filter(|_| !file.repeats_log).unwrap_or(Timestamp::MAX))
    }

    /// The time that no line of each file, or of those behind it, is older than.
    fn none_before(&self) -> Vec<Timestamp> {
        self.earliest_by(|file| file.earliest.unwrap_or(Timestamp::MIN))
    }

    /// The earliest of the times of each file and those behind it.
    fn earliest_by(&self, of_file: impl Fn(&PassFile) -> Timestamp) -> Vec<Timestamp> {
        let mut earliest = Timestamp::MAX;
        let mut times = Vec::with_capacity(self.files.len());
        for file in self.files.iter().rev() {
            earliest = earliest.min(of_file(file));
            times.push(earliest);
        }
        times.reverse();
        times
    }
}

impl PassFile {
    /// The earliest time that lines behind newer ones may have.
    fn goes_back_to(&self) -> Timestamp {
        self.earliest.filter(|_| self.goes_back).unwrap_or(Timestamp::MAX)
    }
}

/// Where a pass delivers.
pub trait Sink {
    /// Takes a submission, each once.
    fn submission(&mut self, row: &Submission<&str>);
    /// Takes a refusal, each once.
    fn refusal(&mut self, row: &Refusal<&str>);
    /// Takes a line that looked like ours and could not be read.
    fn rejected(&mut self, row: RejectedLine<'_>);
    /// Learns that what comes next is told by lines of this file, named by its place in the pass.
    fn begins(&mut self, _file: usize) {}
    /// Learns how many stored bytes have been read since the last time, and says whether to go on: what can keep nothing of
    /// what comes breaks the pass.
    fn progress(&mut self, _bytes: u64) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// A line that looked like ours and could not be read.
#[derive(Clone, Copy, Debug)]
pub struct RejectedLine<'a> {
    /// The day that it counts for.
    pub day: Day,
    /// Its file, by its place in the pass.
    pub file: usize,
    /// Its number in the file, from 1.
    pub line: u64,
    /// Why.
    pub reason: &'static str,
    /// Its first bytes, [without secrets](Format::redact).
    pub raw: &'a [u8],
}

/// What a pass has seen.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Per day of the range.
    pub days: BTreeMap<Day, DayStats>,
    /// Per file of the pass.
    pub files: Vec<FileStats>,
    /// Days with rows whose session began before what was read: reading from further back may tell more.
    pub orphans: BTreeSet<Day>,
    /// Hosts with rows whose TLS version is unknown.
    pub unknown_tls: BTreeSet<String>,
    /// How many sessions of authenticated clients were handed on to another server, whose log tells of what they sent.
    pub handed_on: u64,
    /// Whether a file began long before the one before it ended, in a pass that took them for disjoint.
    pub overlap_found: bool,
    /// Whether the sink has [broken](Sink::progress) the pass, of which nothing can be told then.
    pub broken: bool,
}

/// One day of one stream.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DayStats {
    /// Decoded bytes of its lines.
    pub bytes: u64,
    /// Lines read: used, ignored and rejected ones.
    pub lines_read: u64,
    /// Lines that said something.
    pub lines_used: u64,
    /// Lines that are not ours, and blank ones.
    pub lines_ignored: u64,
    /// Lines that looked like ours and could not be read.
    pub lines_rejected: u64,
    /// The first line's time.
    pub first_line: Option<Timestamp>,
    /// The last line's time.
    pub last_line: Option<Timestamp>,
    /// The longest time without a line between two of the day's, in microseconds.
    pub longest_gap: i64,
    /// The bytes that hold its lines: by file of the pass, from and to.
    pub ranges: BTreeMap<usize, (u64, u64)>,
    /// Whether nothing that comes later in the stream can change the day.
    pub closed: bool,
}

/// One file of a pass, as it turned out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileStats {
    /// Decoded bytes up to which it was read.
    pub read_to: u64,
    /// Whether it was read to its end.
    pub to_end: bool,
    /// Whether it ends in the middle of compressed data.
    pub truncated: bool,
    /// The first and the last time on its lines.
    pub span: Option<(Timestamp, Timestamp)>,
    /// Whether it [goes back](PassFile::goes_back), where that matters.
    pub goes_back: bool,
    /// Up to when lines behind its end could change nothing: the latest time that was read by then, or that of the
    /// earliest row which was open then.
    pub settled: Timestamp,
    /// Its lines, as far as they were read, whatever day they are of.
    pub lines: LineCounts,
    /// How often a client connected, with or without authenticating.
    pub connections: u64,
}

/// What became of lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineCounts {
    /// All: used, ignored and rejected ones.
    pub read: u64,
    /// Lines that said something.
    pub used: u64,
    /// Lines that are not ours, and blank ones.
    pub ignored: u64,
    /// Lines that looked like ours and could not be read.
    pub rejected: u64,
}

/// Reads a pass into a sink.
///
/// # Errors
/// Where a file cannot be opened, read or decoded; what was delivered up to there must be thrown away.
pub fn read(storage: &Arc<Storage>, pass: &Pass, sink: &mut dyn Sink) -> sources::Result<Outcome> {
    let skip = AtomicUsize::new(0);
    let (to_joiner, from_scanner) = sync_channel(QUEUE);
    let (recycle_block, blocks) = channel();
    let (recycle_found, found) = channel();
    std::thread::scope(|scope| {
        let skip = &skip;
        scope.spawn(move || scan_files(storage, pass, skip, Recycled { blocks, found }, &to_joiner));
        Joiner::new(storage, pass, sink).run(from_scanner, (&recycle_block, &recycle_found), skip)
    })
}
