//! The ingest stage: raw files to submissions, refusals, rejected lines and coverage.
//!
//! ```text
//! list ─▶ look ─▶ plan ─▶ tasks: one pass a stream and range of days ─▶ data files ─▶ one commit per table
//!                  ▲ ledger (coverage)                                                 coverage last
//! ```

mod columns;
pub(super) mod coverage;
pub mod kept;
pub mod ledger;
pub mod outcome;
pub mod plan;
mod planned;
pub mod reason;
mod repeated;
mod sink;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::beside::Beside;
use super::reading::Read;
use super::shared::Shared;
use super::{Error, Executor, Parts, Result, import};
use crate::calendar::{Day, DayRange};
use crate::formats::detect;
use crate::lake::tables::{COVERAGE, Table};
use crate::lake::{DataFile, Lake, Partition, RunInfo};
use crate::sources;
use crate::storage::{Storage, display};
use crate::submissions::pass::{self, DayStats, FileStats};
use crate::submissions::streams::{Stream, TlsHostsOfFile};
use kept::Kept;
use outcome::{DayInputs, DayOutcome, DayRows, FileInput, Lines, Outcome, StreamInputs, Task};
pub use planned::{Planned, plan_sources};
use sink::DaySink;

/// What an ingest stage has done.
#[derive(Debug, Default)]
pub struct Ingested {
    /// The days that were built, by source.
    pub days: BTreeMap<(String, Day), Built>,
    /// The days that were left as they are.
    pub kept: BTreeMap<(String, Day), Kept>,
    /// What failed: the source, the days where it concerns some only, and why.
    pub failed: Vec<Failure>,
    /// Files that end in the middle of compressed data.
    pub truncated: BTreeSet<String>,
    /// How many sessions of authenticated clients were handed on to another server, by source, where any was.
    pub handed_on: BTreeMap<String, u64>,
    /// Files beside others of their source of which nothing counts, since no line in sight has a time that can be read: the
    /// source, and the file.
    pub timeless: BTreeSet<(String, String)>,
    /// Sources in which no file was found, or none with a line that has a time.
    pub empty: Vec<String>,
    /// The formats of sources that do not name theirs, and how sure that is.
    pub detected: BTreeMap<String, detect::Found>,
    /// Files that two sources read in the same format.
    pub shared: Vec<Shared>,
}

/// A day that was built.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Built {
    /// Its rows.
    pub rows: DayRows,
    /// Its lines.
    pub lines: Lines,
}

/// Something that failed without stopping the rest.
#[derive(Debug)]
pub struct Failure {
    /// The source.
    pub source: String,
    /// The days that are not built for it; none where no day could even be planned.
    pub days: Option<DayRange>,
    /// Why.
    pub error: Error,
}

/// Does what was planned, and commits it. What is known of it stands in `ingested`, also where it ends with an error.
///
/// # Errors
/// Where the lake cannot be written; what it held before is untouched.
pub fn run(
    storage: &Arc<Storage>,
    lake: &Lake,
    executor: &dyn Executor,
    planned: &[Planned<'_>],
    ingested: &mut Ingested,
    run: &RunInfo,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<()> {
    let of_task = planned.iter().flat_map(|source| source.plan.tasks.iter().map(move |task| (source, task)));
    let tasks = of_task.collect::<Vec<_>>();
    let results = executor.run(tasks.len(), &|index| {
        let (source, task) = tasks[index];
        by_halves(task.days, &|days| ingest(storage, lake, source, task, days, progress))
    });
    let mut whole: BTreeMap<(String, Day), (Built, DayInputs)> = BTreeMap::new();
    let mut held = BTreeSet::new();
    let mut lost = BTreeSet::new();
    for ((source, task), results) in tasks.iter().zip(results) {
        for (days, result) in results {
            match result {
                Ok(outcome) => {
                    held.extend(outcome.held().map(|day| (task.source.clone(), day)));
                    collect(source, outcome, &mut whole, ingested);
                }
                Err(error) => {
                    tracing::error!(source = task.source, %days, "the pass failed");
                    lost.extend(days.days().map(|day| (task.source.clone(), day)));
                    ingested.failed.push(Failure { source: task.source.clone(), days: Some(days), error });
                }
            }
        }
    }
    whole.retain(|day, _| !lost.contains(day));
    let unsure = planned.iter().flat_map(|source| source.plan.unsure.iter().map(move |day| (source, day)));
    for (source, (day, kept)) in unsure {
        let key = (source.source.name.clone(), *day);
        if !held.contains(&key) && whole.remove(&key).is_some() {
            ingested.kept.extend(kept.clone().map(|kept| (key, kept)));
        }
    }
    commit(lake, planned, &whole, run)?;
    ingested.days = whole.into_iter().map(|(day, (built, _))| (day, built)).collect();
    Ok(())
}

/// Does something with days, and where a file turns out to be damaged, with each half of them: those that need nothing
/// of it are not lost.
fn by_halves(days: DayRange, work: &dyn Fn(DayRange) -> Result<Outcome>) -> Parts {
    let error = match work(days) {
        Err(error @ Error::Sources(sources::Error::Damaged { .. })) if days.len() > 1 => error,
        result => return vec![(days, result)],
    };
    tracing::info!(%days, %error, "what needs nothing of this file is looked for");
    let middle = days.start.plus(i32::try_from(days.len() / 2).unwrap_or(1));
    let halves = [DayRange { end: middle, ..days }, DayRange { start: middle, ..days }];
    let mut parts = Parts::new();
    for (days, result) in halves.into_iter().flat_map(|half| by_halves(half, work)) {
        match (parts.last_mut(), &result) {
            (Some((before, Err(error))), Err(other)) if error.to_string() == other.to_string() => before.end = days.end,
            _ => parts.push((days, result)),
        }
    }
    parts
}

/// Adds a task's days to those of the other streams, and notes what else it has seen.
fn collect(
    source: &Planned<'_>,
    outcome: Outcome,
    whole: &mut BTreeMap<(String, Day), (Built, DayInputs)>,
    ingested: &mut Ingested,
) {
    ingested.truncated.extend(outcome.truncated);
    if outcome.handed_on > 0 {
        *ingested.handed_on.entry(source.source.name.clone()).or_default() += outcome.handed_on;
    }
    for (day, of_day) in outcome.days {
        let key = (source.source.name.clone(), day);
        let (built, inputs) = whole.entry(key).or_default();
        built.rows.add(&of_day.rows);
        built.lines.add(&of_day.lines);
        inputs.settings.clone_from(&source.settings);
        inputs.streams.push(of_day.inputs);
    }
}

/// One commit per table, the ledger's own last. Reports that a source had before it was one of logs go in between.
fn commit(
    lake: &Lake,
    planned: &[Planned<'_>],
    whole: &BTreeMap<(String, Day), (Built, DayInputs)>,
    run: &RunInfo,
) -> Result<()> {
    if whole.is_empty() {
        return Ok(());
    }
    let digest_of = |source: &str, day: Day| {
        let tasks = planned.iter().flat_map(|planned| &planned.plan.tasks);
        tasks.filter(|task| task.source == source).find_map(|task| task.digests.get(&day).cloned()).unwrap_or_default()
    };
    let partitions = whole.keys().map(|(source, day)| Partition::of_source(*day, source)).collect::<Vec<Partition>>();
    let rows = |table| (table, whole.values().flat_map(|(built, _)| files_of(built, table)).collect());
    lake.replace_all(&ledger::ROWS.map(rows), &partitions, run)?;
    import::give_way(lake, &partitions, run)?;
    lake.replace_all(&[(&COVERAGE, coverage::write(lake, whole, digest_of)?)], &partitions, run)?;
    Ok(())
}

fn files_of(built: &Built, table: &Table) -> impl Iterator<Item = DataFile> {
    let of_table = built.rows.files.iter().filter(move |files| files.table == table.name);
    of_table.flat_map(|files| files.files.clone())
}

/// Days of a task: a pass, its data files, and what they were built from.
fn ingest(
    storage: &Arc<Storage>,
    lake: &Lake,
    source: &Planned<'_>,
    task: &Task,
    days: DayRange,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Outcome> {
    let stream = &source.prepared.streams[task.stream];
    let name = |place: usize| display(&stream.files[place].look.file.url);
    let beside = Beside::default();
    let new_sink = |places: &[usize]| {
        let names = places.iter().map(|place| name(*place)).collect();
        Ok(DaySink::new(lake, &beside, &task.source, &task.digests, names, progress))
    };
    let late = source.prepared.format.late();
    let mut tls = source.tls_known[task.stream].clone();
    let Read { sink, outcome: seen, places } = source.prepared.read(storage, stream, Some(days), &mut tls, new_sink)?;
    let held = |day: Day| !source.plan.unsure.contains_key(&day) || holds(stream, (&seen, &places), day);
    let mut rows = sink.finish(held)?;
    let lines_read = seen.files.iter().map(|file| file.lines.read).sum::<u64>();
    tracing::info!(source = task.source, %days, files = places.len(), lines_read, "read");
    let mut outcome = Outcome { handed_on: seen.handed_on, ..Outcome::default() };
    for (file, place) in seen.files.iter().zip(&places) {
        if file.truncated {
            outcome.truncated.push(name(*place));
        }
    }
    for day in days.days() {
        let stats = seen.days.get(&day).cloned().unwrap_or_default();
        let rows = rows.remove(&day).unwrap_or_default();
        balanced(&task.source, day, &stats, &rows)?;
        let reach = plan::Reach::of(stats.closed, seen.orphans.contains(&day), late);
        let mut inputs = inputs((stream, &tls.hosts.of_files), (day, reach, late), &stats, &seen, &places);
        let undecided = rows.unknown_tls_hosts.iter().filter(|host| !tls.logging.of(host));
        inputs.undecided = undecided.cloned().collect();
        // Of the other hosts, lines have said that there is no TLS, or a server in front has.
        let by_silence = rows.cleartext_hosts.iter().filter(|host| tls.logging.of(host));
        inputs.decided = by_silence.cloned().collect();
        let lines = lines(&stats, &seen.files);
        outcome.days.insert(day, DayOutcome { held: held(day), rows, lines, inputs });
    }
    Ok(outcome)
}

/// Whether a file of a pass holds a day, as it has turned out: it has lines of it, or its end is known only now and lies
/// behind it.
fn holds(stream: &Stream, (seen, places): (&pass::Outcome, &[usize]), day: Day) -> bool {
    let has_lines = seen.days.get(&day).is_some_and(|stats| stats.lines_read > 0);
    let files = seen.files.iter().zip(places).filter(|(_, place)| stream.files[**place].last.is_none());
    let mut spans = files.filter_map(|(file, _)| file.span);
    has_lines || spans.any(|(first, last)| DayRange::inclusive(Day::of(first), Day::of(last)).contains(day))
}

/// Checks that every line read is accounted for, and every row counted is in a file.
fn balanced(source: &str, day: Day, stats: &DayStats, rows: &DayRows) -> Result<()> {
    let unbalanced = |what| Err(Error::Unbalanced { day, source_name: source.to_owned(), what });
    let accounted = stats.lines_used + stats.lines_ignored + stats.lines_rejected;
    if stats.lines_read != accounted {
        return unbalanced(format!("{} lines read, {accounted} accounted for", stats.lines_read));
    }
    if rows.submissions > stats.lines_used {
        return unbalanced(format!("{} submissions of {} lines used", rows.submissions, stats.lines_used));
    }
    for (table, expected) in [("submissions", rows.submissions), ("refusals", rows.refusals)] {
        let files = rows.files.iter().filter(|files| files.table == table).flat_map(|files| &files.files);
        let written = files.map(|file| file.rows).sum::<u64>();
        if written != expected {
            return unbalanced(format!("{expected} {table} counted, {written} written"));
        }
    }
    Ok(())
}

fn lines(stats: &DayStats, files: &[FileStats]) -> Lines {
    Lines {
        bytes: stats.bytes,
        read: stats.lines_read,
        used: stats.lines_used,
        ignored: stats.lines_ignored,
        rejected: stats.lines_rejected,
        first: stats.first_line,
        last: stats.last_line,
        longest_gap: stats.longest_gap,
        files: stats.ranges.len() as u64,
        truncated: stats.ranges.keys().filter(|file| files[**file].truncated).count() as u64,
    }
}

/// What a day of a stream was built from: the files that may hold it, and those read before it for the sessions
/// that were open at midnight.
fn inputs(
    (stream, tls_hosts): (&Stream, &[TlsHostsOfFile]),
    (day, reach, late): (Day, plan::Reach, i64),
    stats: &DayStats,
    pass: &pass::Outcome,
    places: &[usize],
) -> StreamInputs {
    let input = |index: usize| {
        let (file, seen) = (&stream.files[places[index]], &pass.files[index]);
        let (from, to) = stats.ranges.get(&index).copied().unwrap_or((0, 0));
        let length = if seen.to_end { seen.read_to } else { file.look.length.unwrap_or(seen.read_to) };
        FileInput {
            fingerprint: file.fingerprint,
            length,
            to_end: seen.to_end,
            closed: seen.settled >= day.end(),
            modified: file.look.file.modified,
            from,
            to,
            // Where lines come late, all of them were read.
            earliest: seen.span.map(|(earliest, _)| earliest).filter(|_| seen.to_end && late > 0),
            last: seen.span.map(|(_, last)| last).filter(|_| seen.to_end).or(file.last),
            tls_hosts: tls_hosts[places[index]].clone(),
            name: display(&file.look.file.url),
        }
    };
    let matters =
        |index: &usize| stats.ranges.contains_key(index) || plan::can_hold(stream, places[*index], day, reach);
    let files = (0..places.len()).filter(matters).map(input).collect();
    let orphans = pass.orphans.contains(&day);
    StreamInputs { closed: stats.closed, orphans, files, ..StreamInputs::default() }
}
