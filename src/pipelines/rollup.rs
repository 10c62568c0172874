//! The rollup stage: a day's submissions, refusals and imported counts into the daily tables, one day after the
//! other, so that memory follows one day's groups.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::resume_unwind;
use std::thread;

use xxhash_rust::xxh3::xxh3_64;

use super::ahead::each_ahead;
use super::{Result, import};
use crate::calendar::{Day, DayRange};
use crate::lake::tables::{IMPORTED, REFUSALS, SUBMISSIONS, Table};
use crate::lake::{DataFile, Lake, Partition, RunInfo, Snapshot};
use crate::rollups::{DayCount, DayFrames, ROLLUPS, Rollup, to_batches};

/// How often a run looks again whether another one has overtaken it: the next run does what is left.
const ATTEMPTS: u32 = 8;

/// What a rollup stage has done.
#[derive(Debug, Default)]
pub struct Rolled {
    /// The days that were rolled up.
    pub days: Vec<Day>,
    /// The days that failed, and why.
    pub failed: Vec<(Day, super::Error)>,
}

/// The days whose rollups were not built from what the lake has now.
///
/// # Errors
/// Where the lake cannot be read.
pub fn plan(lake: &Lake, days: DayRange) -> Result<Vec<Day>> {
    stale(lake, |day| days.contains(day))
}

/// Of some days, those whose rollups are out of date.
fn stale(lake: &Lake, wanted: impl Fn(Day) -> bool) -> Result<Vec<Day>> {
    let base = Base::read(lake)?;
    let rolled = lake.snapshots(ROLLUPS.each_ref().map(|rollup| rollup.table))?;
    let stale = |day: &Day| {
        let digest = base.digest(*day);
        rolled.iter().any(|table| {
            let files = table.date(*day);
            files.is_empty() || files.iter().any(|file| file.digest() != Some(&digest))
        })
    };
    let mut dates: BTreeSet<Day> = base.submissions.dates().into_iter().collect();
    dates.extend(import::daily(&base.imported));
    Ok(dates.into_iter().filter(|day| wanted(*day)).filter(stale).collect())
}

/// Rolls days up, and commits each table once. A day that fails does not stop the others, and stands in `rolled` also
/// where the rest ends with an error.
///
/// # Errors
/// Where the lake cannot be read or written; what it held before is untouched.
pub fn run(lake: &Lake, days: &[Day], run: &RunInfo, rolled: &mut Rolled) -> Result<()> {
    rolled.days = roll_up_all(lake, days, run, &mut rolled.failed)?;
    Ok(())
}

/// Rolls days up again that are out of date already. Where runs do not exclude each other, another one may have committed
/// meanwhile: what a day is made of, or a rollup that is made of less. Whoever commits last looks last.
///
/// # Errors
/// As [`run`].
pub fn catch_up(lake: &Lake, run: &RunInfo, rolled: &mut Rolled) -> Result<()> {
    for _ in 0..ATTEMPTS {
        let overtaken = stale(lake, |day| rolled.days.contains(&day))?;
        if overtaken.is_empty() {
            break;
        }
        tracing::info!(days = overtaken.len(), "another run has committed meanwhile: rolling up again");
        roll_up_all(lake, &overtaken, run, &mut rolled.failed)?;
    }
    Ok(())
}

/// Rolls days up once, and returns those that did not fail.
fn roll_up_all(lake: &Lake, days: &[Day], run: &RunInfo, failed: &mut Vec<(Day, super::Error)>) -> Result<Vec<Day>> {
    let base = Base::read(lake)?;
    let mut done = Vec::new();
    let mut files: BTreeMap<&'static str, Vec<DataFile>> = BTreeMap::new();
    for day in days {
        match roll_up(lake, &base, *day) {
            Ok(of_day) => {
                tracing::debug!(day = %day, "rolled up");
                done.push(*day);
                of_day.into_iter().for_each(|(table, file)| files.entry(table.name).or_default().push(file));
            }
            Err(error) => {
                tracing::error!(day = %day, "the rollup failed");
                failed.push((*day, error));
            }
        }
    }
    let partitions = done.iter().map(|day| Partition::day(*day)).collect::<Vec<_>>();
    if !partitions.is_empty() {
        let of_table = |table: &'static Table| (table, files.remove(table.name).unwrap_or_default());
        lake.replace_all(&ROLLUPS.each_ref().map(|rollup| rollup.table).map(of_table), &partitions, run)?;
    }
    Ok(done)
}

/// The tables that rollups are made from.
struct Base {
    submissions: Snapshot,
    refusals: Snapshot,
    imported: Snapshot,
}

impl Base {
    fn read(lake: &Lake) -> Result<Self> {
        let [submissions, refusals, imported] = lake.snapshots([&SUBMISSIONS, &REFUSALS, &IMPORTED])?;
        Ok(Self { submissions, refusals, imported })
    }

    /// The reports of other products that cover this day alone.
    fn imported(&self, day: Day) -> Vec<&DataFile> {
        self.imported.date(day).into_iter().filter(|file| import::is_daily(file)).collect()
    }

    /// What a day's rollups are built from: the names of the day's files carry what those were built from.
    fn digest(&self, day: Day) -> String {
        let files = self.submissions.date(day).into_iter().chain(self.refusals.date(day)).chain(self.imported(day));
        let mut names = files.map(|file| file.path.as_str()).collect::<Vec<_>>();
        names.sort_unstable();
        format!("{:016x}", xxh3_64(format!("{} {}", env!("CARGO_PKG_VERSION"), names.join("\n")).as_bytes()))
    }
}

fn roll_up(lake: &Lake, base: &Base, day: Day) -> Result<Vec<(&'static Table, DataFile)>> {
    let digest = base.digest(day);
    let frames = read(lake, base, day)?;
    let write = |rollup: &Rollup| -> Result<(&'static Table, DataFile)> {
        let rows = rollup.rows(&frames)?;
        frames.totals.check(rollup.table, day, &rows)?;
        let mut writer = lake.writer(rollup.table, &Partition::day(day), &digest, rows.height())?;
        for batch in to_batches(rollup.table, &rows, &frames.texts) {
            writer.write(&batch?)?;
        }
        Ok((rollup.table, writer.finish()?))
    };
    // The first table is most of the work, so the others are made beside it.
    let (first, others) = ROLLUPS.split_at(1);
    let all = |rollups: &'static [Rollup]| rollups.iter().map(write).collect::<Result<Vec<_>>>();
    thread::scope(|scope| {
        let others = scope.spawn(|| all(others));
        let mut written = all(first)?;
        written.extend(others.join().unwrap_or_else(|panic| resume_unwind(panic))?);
        Ok(written)
    })
}

/// A day in groups.
fn read(lake: &Lake, base: &Base, day: Day) -> Result<DayFrames> {
    let mut count = DayCount::default();
    let batches = lake.batches(&SUBMISSIONS, base.submissions.date(day), &DayCount::submission_columns());
    each_ahead(batches, |(_, batch)| Result::Ok(count.add_submissions(&batch)?))?;
    let batches = lake.batches(&REFUSALS, base.refusals.date(day), &DayCount::refusal_columns());
    each_ahead(batches, |(_, batch)| Result::Ok(count.add_refusals(&batch)?))?;
    for batch in lake.batches(&IMPORTED, base.imported(day), &DayCount::IMPORTED_COLUMNS) {
        count.add_imported(&batch?.1)?;
    }
    Ok(count.frames(day)?)
}
