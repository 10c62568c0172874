//! The joiner of a pass: candidates to records to rows, and the account of every line.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender};

use super::reader::{Step, count_line_ends};
use super::seen::{Recent, Redelivered, Repeats, Seam};
use super::wanted::Wanted;
use super::{DayStats, FileStats, LineCounts, OVERLAP, Outcome, Pass, RejectedLine, Sink};
use crate::calendar::{Day, SECOND, Timestamp};
use crate::formats::{Record, Unreadable};
use crate::sources;
use crate::sources::stamp::Stamp;
use crate::sources::timeline::Timeline;
use crate::storage::Storage;
use crate::submissions::assemble::{Assembler, HORIZON, WAIT};
use crate::submissions::scan::{Candidate, Found, Run, Scanned};

/// How much of a line that cannot be read is kept.
const LONGEST_KEPT: usize = 4096;

/// How often, in log time, a pass that has gone past its days asks whether it may stop.
const STOP_CHECK: i64 = 10 * SECOND;

/// The joiner: candidates to records to rows.
pub(super) struct Joiner<'a> {
    storage: &'a Arc<Storage>,
    pass: &'a Pass,
    assembler: Assembler,
    rows: Wanted<'a>,
    outcome: Outcome,
    /// The day that is being counted: taken out of the outcome, since most lines are of the same day as the last.
    day: (Day, DayStats),
    timeline: Timeline,
    file: usize,
    /// By file, the [earliest time](Pass::earliest) of lines to come once it begins.
    watermarks: Vec<Timestamp>,
    /// The time of the run before, for gaps.
    last: Option<Timestamp>,
    /// The time of the last run of all.
    read_to: Timestamp,
    /// The latest time of all files so far.
    latest: Timestamp,
    /// The same without files that repeat others.
    latest_told: Timestamp,
    /// Line ends before the current block; none where the file was not begun at its start.
    line_base: Option<u64>,
    /// Line ends read of the current file.
    line_ends: u64,
    next_stop_check: Timestamp,
}

impl<'a> Joiner<'a> {
    pub(super) fn new(storage: &'a Arc<Storage>, pass: &'a Pass, sink: &'a mut dyn Sink) -> Self {
        let repeats = pass.overlapping || pass.files.iter().any(|file| file.repeats_log);
        let files = vec![FileStats::default(); pass.files.len()];
        let mut joiner = Self {
            storage,
            pass,
            assembler: Assembler::new(pass.format, pass.settings.clone()),
            rows: Wanted {
                days: pass.days,
                repeats: repeats.then(|| Repeats::new(pass.none_before())),
                only_refusals: !pass.overlapping,
                joined: pass.format.joins_logs(),
                recent: Recent::default(),
                seam: Seam::default(),
                redelivered: Redelivered::within(pass.format.late()),
                orphans: BTreeSet::new(),
                unknown_tls: BTreeSet::new(),
                sink,
            },
            outcome: Outcome { files, ..Outcome::default() },
            day: Default::default(),
            timeline: Timeline::new(pass.zone, 1970),
            file: 0,
            watermarks: pass.earliest(),
            last: None,
            read_to: Timestamp::MIN,
            latest: Timestamp::MIN,
            latest_told: Timestamp::MIN,
            line_base: Some(0),
            line_ends: 0,
            next_stop_check: Timestamp::MIN,
        };
        joiner.begin(0);
        joiner
    }

    /// Takes the scanner's steps until there are no more, or none is needed. However it ends, the scanner learns that nobody
    /// takes any more: it may be waiting to hand one on.
    pub(super) fn run(
        mut self,
        steps: Receiver<Step>,
        (recycle_block, recycle_found): (&Sender<Vec<u8>>, &Sender<Found>),
        skip: &AtomicUsize,
    ) -> sources::Result<Outcome> {
        for step in steps {
            match step {
                Step::Scanned(file, scanned) if skip.load(Ordering::Relaxed) <= file => {
                    let stop = self.block(&scanned)?;
                    self.outcome.broken = self.rows.sink.progress(scanned.block.bytes.len() as u64).is_break();
                    if self.outcome.broken {
                        break;
                    }
                    let _ = recycle_block.send(scanned.block.bytes);
                    let _ = recycle_found.send(scanned.found);
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
        let end = self.pass.days.map_or(Timestamp::MAX, |days| days.end.start() + self.pass.format.late());
        let behind = &self.pass.files[(self.file + 1).min(self.pass.files.len())..];
        let next = behind.iter().position(|file| file.first.is_none_or(|first| first < end));
        next.map_or(self.pass.files.len(), |next| self.file + 1 + next)
    }

    fn begin(&mut self, file: usize) {
        self.file = file;
        self.line_ends = 0;
        let behind = self.watermarks.get(file + 1).copied().unwrap_or(Timestamp::MAX);
        let watermark = self.pass.files.get(file).map_or(behind, |file| behind.min(file.goes_back_to()));
        self.assembler.next_file(watermark);
        self.rows.next_file(file, self.repeats_log(), watermark);
        let Some(next) = self.pass.files.get(file) else { return };
        self.rows.sink.begins(file);
        self.timeline.next_file(next.year);
        self.line_base = (next.from == 0).then_some(0);
        self.next_stop_check = Timestamp::MIN;
        let begins_before = next.first.is_some_and(|first| first < self.latest_told.saturating_sub(OVERLAP));
        let may_overlap = !self.pass.overlapping && !next.repeats_log && next.from == 0;
        self.outcome.overlap_found |= may_overlap && begins_before;
    }

    /// Whether the current file repeats what others tell of.
    fn repeats_log(&self) -> bool {
        self.pass.files.get(self.file).is_some_and(|file| file.repeats_log)
    }

    /// Takes a block; true where the pass may leave the file.
    fn block(&mut self, scanned: &Scanned) -> sources::Result<bool> {
        let mut candidates = scanned.found.candidates.iter();
        let mut offset = scanned.block.offset;
        let mut stop = false;
        for run in &scanned.found.runs {
            if run.lines == 0 {
                continue;
            }
            let at = match run.second {
                Some(second) => self.timeline.resolve(second),
                None => self.pass.files[self.file].first.unwrap_or(self.latest.max(0)),
            };
            let range = (offset, offset + run.bytes);
            offset += run.bytes;
            let mut lines = turned_away(run);
            for candidate in candidates.by_ref().take(run.candidates as usize) {
                match self.candidate((run.second, at), scanned, candidate)? {
                    Some(Used::Record) => lines.used += 1,
                    Some(Used::Rejected) => lines.rejected += 1,
                    None => lines.ignored += 1,
                }
            }
            self.count(at, run, range, lines);
            stop |= self.may_stop(at);
            if stop {
                break;
            }
        }
        self.line_ends += scanned.found.line_ends;
        self.outcome.files[self.file].read_to = scanned.block.offset + scanned.block.bytes.len() as u64;
        Ok(stop)
    }

    fn candidate(
        &mut self,
        (run_second, run_at): (Option<Stamp>, Timestamp),
        scanned: &Scanned,
        candidate: &Candidate,
    ) -> sources::Result<Option<Used>> {
        let line = match scanned.line(candidate) {
            Ok(line) => line,
            Err(reason) => {
                self.reject(run_at, scanned, candidate, reason)?;
                return Ok(Some(Used::Rejected));
            }
        };
        // The run's stamp has been resolved already.
        let at = if run_second == Some(line.stamp) { run_at } else { self.timeline.resolve(line.stamp) };
        if self.timeline.is_displaced(line.stamp) {
            self.reject(run_at, scanned, candidate, "29 February in a year that has none")?;
            return Ok(Some(Used::Rejected));
        }
        // By reference: a record is large, and most of it would be copied for nothing.
        match &self.pass.format.parse(&line) {
            Ok(Some(record)) => {
                if let Record::Connected(_) = record {
                    self.outcome.files[self.file].connections += u64::from(line.repeated);
                }
                for _ in 0..line.repeated {
                    self.assembler.record(at, &line, record, &mut self.rows);
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
        // What is cut off behind it decides whether a word is a secret, as far as it matters.
        let raw = self.pass.format.redact(&raw[..raw.len().min(2 * LONGEST_KEPT)]);
        let raw = &raw[..raw.len().min(LONGEST_KEPT)];
        self.rows.sink.rejected(RejectedLine { day, file: self.file, line, reason, raw });
        Ok(())
    }

    /// Accounts for a run of lines.
    fn count(&mut self, at: Timestamp, run: &Run, range: (u64, u64), lines: LineCounts) {
        let file = &mut self.outcome.files[self.file];
        file.lines.read += lines.read;
        file.lines.used += lines.used;
        file.lines.rejected += lines.rejected;
        file.lines.ignored += lines.ignored;
        if run.second.is_some() {
            let span = file.span.get_or_insert((at, at));
            *span = (span.0.min(at), span.1.max(at));
            file.goes_back |= (self.rows.joined && at < span.1 - WAIT) || at < self.rows.forgotten();
        }
        self.latest = self.latest.max(at);
        if !self.repeats_log() {
            self.latest_told = self.latest_told.max(at);
        }
        self.read_to = at;
        let day = Day::of(at);
        let gap = self.last.replace(at).filter(|last| Day::of(*last) == day).map_or(0, |last| at - last);
        if self.pass.days.is_some_and(|days| !days.contains(day)) {
            return;
        }
        if day != self.day.0 {
            self.turn_to(day);
        }
        let stats = &mut self.day.1;
        stats.bytes += run.bytes;
        stats.lines_read += lines.read;
        stats.lines_used += lines.used;
        stats.lines_rejected += lines.rejected;
        stats.lines_ignored += lines.ignored;
        stats.first_line = Some(stats.first_line.map_or(at, |first| first.min(at)));
        stats.last_line = Some(stats.last_line.map_or(at, |last| last.max(at)));
        stats.longest_gap = stats.longest_gap.max(gap);
        let held = stats.ranges.entry(self.file).or_insert(range);
        *held = (held.0.min(range.0), held.1.max(range.1));
    }

    /// Puts the day that was being counted back, and takes another one out.
    fn turn_to(&mut self, day: Day) {
        let next = self.outcome.days.remove(&day).unwrap_or_default();
        let (before, stats) = std::mem::replace(&mut self.day, (day, next));
        self.put_back(before, stats);
    }

    fn put_back(&mut self, day: Day, stats: DayStats) {
        if stats.lines_read > 0 {
            self.outcome.days.insert(day, stats);
        }
    }

    /// Whether the pass is past its days and nothing of them is open any more.
    fn may_stop(&mut self, at: Timestamp) -> bool {
        let Some(end) = self.pass.days.map(|days| days.end.start()) else { return false };
        // Where lines come late, the times of some say little of the times of those behind them.
        if at < end || at < self.next_stop_check || self.pass.format.late() > 0 {
            return false;
        }
        self.next_stop_check = at + STOP_CHECK;
        at > end + HORIZON || self.assembler.oldest_open(at).is_none_or(|open| open >= end)
    }

    /// Up to when lines that are still to come can change nothing.
    fn settled(&self) -> Timestamp {
        let latest = self.latest.saturating_sub(self.pass.format.late());
        self.assembler.oldest_open(self.read_to).map_or(latest, |open| open.min(latest))
    }

    fn end(mut self) -> Outcome {
        let settled = self.settled();
        let (day, stats) = std::mem::take(&mut self.day);
        self.put_back(day, stats);
        // A day without a line is as closed as any other.
        for day in self.pass.days.iter().flat_map(|days| days.days()) {
            self.outcome.days.entry(day).or_default().closed = settled >= day.end();
        }
        self.assembler.finish(&mut self.rows);
        self.outcome.orphans = self.rows.orphans;
        self.outcome.unknown_tls = self.rows.unknown_tls;
        self.outcome.handed_on = self.assembler.sessions_handed_on();
        self.outcome
    }
}

/// What the scan has counted of a run: its lines, and those among them that it has turned away. Each candidate is
/// counted where it is looked at, so that a line which nobody looks at, or a candidate that is no line, shows in the sum.
fn turned_away(run: &Run) -> LineCounts {
    let ignored = run.lines.saturating_sub(run.candidates.into());
    LineCounts { read: run.lines, ignored, ..LineCounts::default() }
}

/// What became of a candidate that was more than ignored.
enum Used {
    Record,
    Rejected,
}
