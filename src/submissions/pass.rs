//! One pass over a stream's files, for a range of days.
//!
//! ```text
//! reader: open, decompress ─▶ blocks ─▶ scanner: candidates ─▶ joiner: rows ─▶ sink
//! ```
//!
//! The three run beside each other, joined by short queues, so that memory does not follow the files' size. Reading
//! goes on past the last day until nothing of it is open, and no further.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::hash::{BuildHasher, BuildHasherDefault, Hash};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

use chrono_tz::Tz;

use super::assemble::{Assembler, HORIZON, Settings};
use super::scan::{Candidate, Run, Scanned, Scanner};
use super::{Refusal, Rows, Submission};
use crate::calendar::{Day, DayRange, SECOND, Timestamp};
use crate::formats::{Format, Record, Unreadable};
use crate::sources::timeline::Timeline;
use crate::sources::{self, Block, Blocks, RawFile};
use crate::storage::Storage;

/// How much of a line that cannot be read is kept.
const LONGEST_KEPT: usize = 4096;

/// Blocks that wait between two of the three.
const QUEUE: usize = 2;

/// How often, in log time, a pass that has gone past its days asks whether it may stop.
const STOP_CHECK: i64 = 10 * SECOND;

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
}

/// Where a pass delivers.
pub trait Sink: Rows {
    /// Takes a line that looked like ours and could not be read.
    fn rejected(&mut self, row: RejectedLine<'_>);
    /// Learns that what comes next is told by lines of this file, named by its place in the pass.
    fn begins(&mut self, _file: usize) {}
    /// Learns how many stored bytes have been read since the last time.
    fn progress(&mut self, _bytes: u64) {}
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
    /// Its first bytes.
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
    /// Whether a file began long before the one before it ended, in a pass that took them for disjoint.
    pub overlap_found: bool,
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

/// What the reader hands on.
enum Read {
    Block(usize, Block),
    End { file: usize, truncated: bool },
    Failed(sources::Error),
}

/// What the scanner hands on.
enum Step {
    Scanned(usize, Scanned),
    End { file: usize, truncated: bool },
    Failed(sources::Error),
}

/// Reads a pass into a sink.
///
/// # Errors
/// Where a file cannot be opened, read or decoded; what was delivered up to there must be thrown away.
pub fn read(storage: &Arc<Storage>, pass: &Pass, sink: &mut dyn Sink) -> sources::Result<Outcome> {
    let skip = AtomicUsize::new(0);
    let (to_scanner, from_reader) = sync_channel(QUEUE);
    let (to_joiner, from_scanner) = sync_channel(QUEUE);
    let (recycle, recycled) = channel();
    std::thread::scope(|scope| {
        let skip = &skip;
        scope.spawn(move || read_files(storage, &pass.files, skip, &recycled, &to_scanner));
        scope.spawn(move || scan_blocks(pass.format, &from_reader, &to_joiner));
        Joiner::new(storage, pass, sink).run(&from_scanner, &recycle, skip)
    })
}

/// The reader: blocks of all files, in order. A file is left early once the joiner has said so.
fn read_files(
    storage: &Arc<Storage>,
    files: &[PassFile],
    skip: &AtomicUsize,
    recycled: &Receiver<Vec<u8>>,
    out: &SyncSender<Read>,
) {
    for (index, file) in files.iter().enumerate() {
        let skipped = || skip.load(Ordering::Relaxed) > index;
        if skipped() {
            continue;
        }
        let step = |blocks: &mut Blocks| -> sources::Result<bool> {
            match blocks.next_block(recycled.try_recv().ok())? {
                Some(block) => Ok(out.send(Read::Block(index, block)).is_ok()),
                None => Ok(false),
            }
        };
        let read = sources::open(storage, &file.file, file.from).and_then(|reader| {
            let mut blocks = Blocks::new(reader);
            while !skipped() && step(&mut blocks)? {}
            Ok(blocks.reader().truncated())
        });
        let last = match read {
            Ok(truncated) => out.send(Read::End { file: index, truncated }),
            Err(error) => {
                let _ = out.send(Read::Failed(error));
                return;
            }
        };
        if last.is_err() {
            return;
        }
    }
}

/// The scanner: each file's blocks in order.
fn scan_blocks(format: &'static dyn Format, from: &Receiver<Read>, out: &SyncSender<Step>) {
    let mut scanner = Scanner::new(format);
    for read in from {
        let step = match read {
            Read::Block(file, block) => Step::Scanned(file, scanner.scan(block)),
            Read::End { file, truncated } => {
                scanner = Scanner::new(format);
                Step::End { file, truncated }
            }
            Read::Failed(error) => Step::Failed(error),
        };
        if out.send(step).is_err() {
            return;
        }
    }
}

/// The joiner: candidates to records to rows.
struct Joiner<'a> {
    storage: &'a Arc<Storage>,
    pass: &'a Pass,
    assembler: Assembler,
    rows: Wanted<'a>,
    outcome: Outcome,
    timeline: Timeline,
    file: usize,
    /// The time of the run before, for gaps.
    last: Option<Timestamp>,
    /// The latest time of all files so far.
    latest: Timestamp,
    /// Line ends before the current block; none where the file was not begun at its start.
    line_base: Option<u64>,
    /// Line ends read of the current file.
    line_ends: u64,
    next_stop_check: Timestamp,
}

impl<'a> Joiner<'a> {
    fn new(storage: &'a Arc<Storage>, pass: &'a Pass, sink: &'a mut dyn Sink) -> Self {
        let overlapping = pass.overlapping.then(Repeats::default);
        let files = vec![FileStats::default(); pass.files.len()];
        let mut joiner = Self {
            storage,
            pass,
            assembler: Assembler::new(pass.format, pass.settings.clone()),
            rows: Wanted {
                days: pass.days,
                repeats: overlapping,
                seam: Seam::default(),
                orphans: BTreeSet::new(),
                sink,
            },
            outcome: Outcome { files, ..Outcome::default() },
            timeline: Timeline::new(pass.zone, 1970),
            file: 0,
            last: None,
            latest: Timestamp::MIN,
            line_base: Some(0),
            line_ends: 0,
            next_stop_check: Timestamp::MIN,
        };
        joiner.begin(0);
        joiner
    }

    fn run(
        mut self,
        steps: &Receiver<Step>,
        recycle: &Sender<Vec<u8>>,
        skip: &AtomicUsize,
    ) -> sources::Result<Outcome> {
        for step in steps {
            match step {
                Step::Scanned(file, scanned) if skip.load(Ordering::Relaxed) <= file => {
                    let stop = self.block(&scanned)?;
                    self.rows.sink.progress(scanned.block.bytes.len() as u64);
                    let _ = recycle.send(scanned.block.bytes);
                    if stop {
                        skip.store(self.skip_to(), Ordering::Relaxed);
                    }
                }
                Step::Scanned(..) => {}
                Step::End { file, truncated } => {
                    let settled = self.settled();
                    let to_end = skip.load(Ordering::Relaxed) <= file;
                    let stats = &mut self.outcome.files[file];
                    *stats = FileStats { truncated, to_end, settled, ..stats.clone() };
                    self.begin(file + 1);
                    if self.outcome.overlap_found {
                        break;
                    }
                }
                Step::Failed(error) => return Err(error),
            }
        }
        Ok(self.end())
    }

    /// The next file to read once the current one has gone past the days: one that holds some of them after all.
    fn skip_to(&self) -> usize {
        let end = self.pass.days.map_or(Timestamp::MAX, |days| days.end.start());
        let later = &self.pass.files[(self.file + 1).min(self.pass.files.len())..];
        let next = later.iter().position(|file| file.first.is_none_or(|first| first < end));
        next.map_or(self.pass.files.len(), |next| self.file + 1 + next)
    }

    fn begin(&mut self, file: usize) {
        self.file = file;
        self.last = None;
        self.line_ends = 0;
        self.rows.next_file();
        let Some(next) = self.pass.files.get(file) else { return };
        self.rows.sink.begins(file);
        self.timeline.next_file(next.year);
        self.line_base = (next.from == 0).then_some(0);
        self.next_stop_check = Timestamp::MIN;
        let begins_before = next.first.is_some_and(|first| first < self.latest.saturating_sub(OVERLAP));
        self.outcome.overlap_found |= !self.pass.overlapping && next.from == 0 && begins_before;
    }

    /// Takes a block; true where the pass may leave the file.
    fn block(&mut self, scanned: &Scanned) -> sources::Result<bool> {
        let mut candidates = scanned.candidates.iter();
        let mut offset = scanned.block.offset;
        let mut stop = false;
        for run in &scanned.runs {
            if run.lines == 0 {
                continue;
            }
            let at = match run.second {
                Some(second) => self.timeline.resolve(second),
                None => self.pass.files[self.file].first.unwrap_or(self.latest.max(0)),
            };
            let range = (offset, offset + run.bytes);
            offset += run.bytes;
            let mut used = 0;
            let mut rejected = 0;
            for candidate in candidates.by_ref().take(run.candidates as usize) {
                match self.candidate(at, scanned, candidate)? {
                    Some(Used::Record) => used += 1,
                    Some(Used::Rejected) => rejected += 1,
                    None => {}
                }
            }
            self.count(at, run, range, used, rejected);
            stop |= self.may_stop(at);
            if stop {
                break;
            }
        }
        self.line_ends += scanned.line_ends;
        self.outcome.files[self.file].read_to = scanned.block.offset + scanned.block.bytes.len() as u64;
        Ok(stop)
    }

    fn candidate(
        &mut self,
        run_at: Timestamp,
        scanned: &Scanned,
        candidate: &Candidate,
    ) -> sources::Result<Option<Used>> {
        let Some(line) = scanned.line(candidate) else {
            self.reject(run_at, scanned, candidate, "no known log line")?;
            return Ok(Some(Used::Rejected));
        };
        let at = self.timeline.resolve(line.stamp);
        match self.pass.format.parse(&line) {
            Ok(Some(record)) => {
                if let Record::Connected(_) = record {
                    self.outcome.files[self.file].connections += u64::from(line.repeated);
                }
                for _ in 0..line.repeated {
                    self.assembler.record(at, &line, &record, &mut self.rows);
                }
                Ok(Some(Used::Record))
            }
            Ok(None) => Ok(None),
            Err(Unreadable(reason)) => {
                self.reject(run_at, scanned, candidate, reason)?;
                Ok(Some(Used::Rejected))
            }
        }
    }

    fn reject(
        &mut self,
        at: Timestamp,
        scanned: &Scanned,
        candidate: &Candidate,
        reason: &'static str,
    ) -> sources::Result<()> {
        let day = Day::of(at);
        if self.pass.days.is_some_and(|days| !days.contains(day)) {
            return Ok(());
        }
        let base = match self.line_base {
            Some(base) => base,
            None => {
                let file = &self.pass.files[self.file];
                let base = count_line_ends(self.storage, file)?;
                *self.line_base.insert(base)
            }
        };
        let raw = scanned.raw(candidate);
        let line = base + self.line_ends + candidate.line + 1;
        let raw = &raw[..raw.len().min(LONGEST_KEPT)];
        self.rows.sink.rejected(RejectedLine { day, file: self.file, line, reason, raw });
        Ok(())
    }

    /// Accounts for a run of lines.
    fn count(&mut self, at: Timestamp, run: &Run, range: (u64, u64), used: u64, rejected: u64) {
        let file = &mut self.outcome.files[self.file];
        file.lines.read += run.lines;
        file.lines.used += used;
        file.lines.rejected += rejected;
        file.lines.ignored += run.lines - used - rejected;
        let span = file.span.get_or_insert((at, at));
        *span = (span.0.min(at), span.1.max(at));
        self.latest = self.latest.max(at);
        let day = Day::of(at);
        let gap = self.last.replace(at).filter(|last| Day::of(*last) == day).map_or(0, |last| at - last);
        if self.pass.days.is_some_and(|days| !days.contains(day)) {
            return;
        }
        let stats = self.outcome.days.entry(day).or_default();
        stats.bytes += run.bytes;
        stats.lines_read += run.lines;
        stats.lines_used += used;
        stats.lines_rejected += rejected;
        stats.lines_ignored += run.lines - used - rejected;
        stats.first_line = Some(stats.first_line.map_or(at, |first| first.min(at)));
        stats.last_line = Some(stats.last_line.map_or(at, |last| last.max(at)));
        stats.longest_gap = stats.longest_gap.max(gap);
        let held = stats.ranges.entry(self.file).or_insert(range);
        *held = (held.0.min(range.0), held.1.max(range.1));
    }

    /// Whether the pass is past its days and nothing of them is open any more.
    fn may_stop(&mut self, at: Timestamp) -> bool {
        let Some(end) = self.pass.days.map(|days| days.end.start()) else { return false };
        if at < end || at < self.next_stop_check {
            return false;
        }
        self.next_stop_check = at + STOP_CHECK;
        at > end + HORIZON || self.assembler.oldest_open().is_none_or(|open| open >= end)
    }

    /// Up to when lines that are still to come can change nothing.
    fn settled(&self) -> Timestamp {
        self.assembler.oldest_open().map_or(self.latest, |open| open.min(self.latest))
    }

    fn end(mut self) -> Outcome {
        let settled = self.settled();
        // A day without a line is as closed as any other.
        for day in self.pass.days.iter().flat_map(|days| days.days()) {
            self.outcome.days.entry(day).or_default().closed = settled >= day.end();
        }
        self.assembler.finish(&mut self.rows);
        self.outcome.orphans = self.rows.orphans;
        self.outcome
    }
}

/// What became of a candidate that was more than ignored.
enum Used {
    Record,
    Rejected,
}

/// How many lines a file holds before the place where a pass began in it.
fn count_line_ends(storage: &Arc<Storage>, file: &PassFile) -> sources::Result<u64> {
    let mut blocks = Blocks::new(sources::open(storage, &file.file, 0)?);
    let mut buffer = None;
    let mut count = 0;
    while let Some(block) = blocks.next_block(buffer.take())? {
        let end = file.from.saturating_sub(block.offset).min(block.bytes.len() as u64) as usize;
        count += memchr::memchr_iter(b'\n', &block.bytes[..end]).count() as u64;
        if end < block.bytes.len() {
            break;
        }
        buffer = Some(block.bytes);
    }
    Ok(count)
}

/// Lets through the rows of the days asked for, each once.
struct Wanted<'a> {
    days: Option<DayRange>,
    repeats: Option<Repeats>,
    seam: Seam,
    orphans: BTreeSet<Day>,
    sink: &'a mut dyn Sink,
}

impl Wanted<'_> {
    fn wants(&self, ts: Timestamp) -> bool {
        self.days.is_none_or(|days| days.contains(Day::of(ts)))
    }

    fn next_file(&mut self) {
        if let Some(repeats) = &mut self.repeats {
            repeats.next_file();
        }
        self.seam.next_file();
    }
}

impl Rows for Wanted<'_> {
    fn submission(&mut self, row: &Submission) {
        let key = (row.ts / SECOND, row.server.as_str(), row.queue_id.as_str(), row.account.as_str());
        let is_new = |rows: &mut Self| match &mut rows.repeats {
            Some(repeats) => repeats.is_new(&key),
            None => rows.seam.is_new(row.ts, &key),
        };
        if self.wants(row.ts) && is_new(self) {
            self.sink.submission(row);
        }
    }

    fn refusal(&mut self, row: &Refusal) {
        let key = (row.ts / SECOND, row.server.as_str(), row.client_ip.as_str(), row.account.as_str(), row.kind);
        if self.wants(row.ts) && self.repeats.as_mut().is_none_or(|repeats| repeats.is_new(&key)) {
            self.sink.refusal(row);
        }
    }

    fn orphan(&mut self, ts: Timestamp) {
        if self.wants(ts) {
            self.orphans.insert(Day::of(ts));
        }
    }
}

fn hash(key: &impl Hash) -> u64 {
    BuildHasherDefault::<xxhash_rust::xxh3::Xxh3>::default().hash_one(key)
}

/// The messages of a file's last minutes. The next file may begin with some of the same lines without being known
/// as a copy, since times to the second do not show it; a queue id does not come twice in a second.
#[derive(Default)]
struct Seam {
    before: rustc_hash::FxHashSet<u64>,
    here: VecDeque<(Timestamp, u64)>,
}

impl Seam {
    fn is_new(&mut self, ts: Timestamp, key: &impl Hash) -> bool {
        let hash = hash(key);
        if self.before.contains(&hash) {
            return false;
        }
        while self.here.front().is_some_and(|(earlier, _)| *earlier < ts - 2 * OVERLAP) {
            self.here.pop_front();
        }
        self.here.push_back((ts, hash));
        true
    }

    fn next_file(&mut self) {
        self.before = self.here.drain(..).map(|(_, hash)| hash).collect();
    }
}

/// Rows seen in files before this one. A row may rightly come several times in one file (two wrong passwords in a
/// second), so what counts is how often the files before had it.
#[derive(Default)]
struct Repeats {
    before: rustc_hash::FxHashMap<u64, u32>,
    here: rustc_hash::FxHashMap<u64, u32>,
}

impl Repeats {
    fn is_new(&mut self, key: &impl Hash) -> bool {
        let hash = hash(key);
        let seen = self.here.entry(hash).or_default();
        *seen += 1;
        *seen > self.before.get(&hash).copied().unwrap_or(0)
    }

    fn next_file(&mut self) {
        for (hash, seen) in self.here.drain() {
            let before = self.before.entry(hash).or_default();
            *before = (*before).max(seen);
        }
    }
}
