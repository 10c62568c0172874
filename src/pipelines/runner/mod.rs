//! A run: the stages of a pipeline, one after the other, for some days.
//!
//! A run that is repeated does nothing: each stage asks the lake what it was built from. One failed day does not
//! lose the others, and running again resumes.

mod around;
mod plan;
mod request;

use std::collections::BTreeSet;
use std::sync::Arc;

pub use plan::{Plans, Publication};

use super::definition::{Definition, Lookback};
use super::import::{self, Report};
use super::ingest::plan::Wanted;
use super::ingest::{self, Ingested, Planned};
use super::lock::Lock;
use super::report::Published;
use super::rollup::{self, Rolled};
use super::shared::shared;
use super::{Error, Executor, Result};
use crate::calendar::{Day, DayRange, Timestamp};
use crate::lake::{Lake, RunInfo, Snapshot};
use crate::storage::{Storage, local_path};

/// What a run is for.
#[derive(Clone, Debug)]
pub struct Order {
    /// The days asked for; none for those whose inputs have changed.
    pub days: Option<DayRange>,
    /// Which stages.
    pub stages: Stages,
    /// Whether days are built again although files that they were built from are gone.
    pub allow_fewer_inputs: bool,
    /// The time.
    pub now: Timestamp,
    /// The run's id.
    pub run_id: String,
}

/// The stages of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stages {
    /// Raw files to submissions.
    pub ingest: bool,
    /// Submissions to daily tables.
    pub rollup: bool,
    /// Daily tables to published datasets.
    pub report: bool,
}

/// What a run has done.
#[derive(Debug, Default)]
pub struct Done {
    /// The ingest stage.
    pub ingested: Ingested,
    /// Other products' reports that were imported with it.
    pub imported: Vec<Report>,
    /// The rollup stage.
    pub rolled: Rolled,
    /// The report that was published; none where it was current already, or the lake is empty.
    pub published: Option<Published>,
    /// Days of a source in which more lines were rejected than the pipeline allows.
    pub over_limit: Vec<OverLimit>,
    /// Sources of logs without a line of yesterday, and the last day of which they have any.
    pub behind: Vec<(String, Day)>,
    /// Sources of logs in none of whose lines anything was found in the days that the pipeline looks back to, and how many
    /// lines were read.
    pub in_vain: Vec<(String, i64)>,
    /// Sources whose authenticated clients were handed on to another server, of which no log tells: there is no message in the
    /// days that were built, nor in those that the pipeline looks back to. And how many sessions were.
    pub handed_on_in_vain: Vec<(String, u64)>,
    /// Sources that the lake has and the pipeline has not, with days that the pipeline looks back to.
    pub left_over: Vec<String>,
    /// The days that were looked at, where the lake holds nothing of them after all.
    pub empty: Option<Wanted>,
    /// Why a stage was not done to its end, nor those behind it. What is committed stays.
    pub stopped: Option<Error>,
}

/// A day with too many lines that could not be read.
#[derive(Clone, Debug, PartialEq)]
pub struct OverLimit {
    /// The source.
    pub source: String,
    /// The day.
    pub day: Day,
    /// Lines that could not be read.
    pub rejected: u64,
    /// Of so many.
    pub read: u64,
}

/// A pipeline with its places opened.
#[derive(Debug)]
pub struct Runner<'a> {
    storage: &'a Arc<Storage>,
    definition: &'a Definition,
    lake: Lake,
}

impl<'a> Runner<'a> {
    /// A runner of a pipeline.
    #[must_use]
    pub fn new(storage: &'a Arc<Storage>, definition: &'a Definition) -> Self {
        let lake = Lake::new(Arc::clone(storage), definition.lake.clone());
        Self { storage, definition, lake }
    }

    /// The pipeline's lake.
    #[must_use]
    pub fn lake(&self) -> &Lake {
        &self.lake
    }

    /// The days that an order is for: what was asked, or the lookback up to yesterday.
    #[must_use]
    pub fn wanted(&self, order: &Order) -> Wanted {
        order.days.map_or_else(|| Wanted::Changed(self.looked_back_to(Day::of(order.now))), Wanted::All)
    }

    fn looked_back_to(&self, today: Day) -> DayRange {
        let start = match self.definition.run.lookback {
            Lookback::Days(days) => today.plus(-i32::try_from(days).unwrap_or(i32::MAX)),
            Lookback::All => Day::from_epoch_days(0),
        };
        DayRange { start, end: today }
    }

    /// Runs the stages. One that fails stops those behind it, and what is done and known by then is told all the same.
    ///
    /// # Errors
    /// Where another run has the lake, or it cannot be locked.
    pub fn run(&self, order: &Order, executor: &dyn Executor, progress: &Progress<'_>) -> Result<Done> {
        let _lock = Lock::take(&self.definition.lake)?;
        tracing::info!(pipeline = self.definition.name, days = %self.wanted(order).range(), "run begins");
        let (mut done, mut logs) = (Done::default(), BTreeSet::new());
        let stages = self.stages(order, executor, progress, &mut done, &mut logs);
        if let Err(error) = self.lake.remove_uncommitted() {
            tracing::warn!(%error, "what was written and not committed is still there");
        }
        let around = self.look_around(&mut done, order, &logs);
        done.stopped = stages.and(around).err();
        let failed = done.ingested.failed.len() + done.rolled.failed.len();
        tracing::info!(ingested = done.ingested.days.len(), rolled_up = done.rolled.days.len(), failed, "run ends");
        Ok(done)
    }

    /// The stages, one after the other, and which sources are of logs.
    fn stages(
        &self,
        order: &Order,
        executor: &dyn Executor,
        progress: &Progress<'_>,
        done: &mut Done,
        logs: &mut BTreeSet<&'a str>,
    ) -> Result<()> {
        let wanted = self.wanted(order);
        if order.stages.ingest {
            let (planned, imports, known) = self.plan_ingest(order, wanted)?;
            (progress.expect)(planned.iter().flat_map(|source| &source.plan.tasks).map(|task| task.bytes).sum());
            let info = info(order, "ingest");
            done.ingested = known;
            let ingested = &mut done.ingested;
            ingest::run(self.storage, &self.lake, executor, &planned, ingested, &info, progress.advance)?;
            done.over_limit = self.over_limit(&done.ingested);
            import::run(&self.lake, &imports, &info)?;
            done.imported = imports;
            logs.extend(planned.iter().map(|planned| planned.source.name.as_str()));
        }
        if order.stages.rollup {
            let ingested = done.ingested.days.keys().map(|(_, day)| *day);
            let ingested = ingested.chain(days_of(&done.imported)).collect();
            let days = self.days_to_roll_up(wanted, &ingested)?;
            let info = info(order, "rollup");
            rollup::run(&self.lake, &days, &info, &mut done.rolled)?;
            if local_path(&self.definition.lake).is_none() {
                rollup::catch_up(&self.lake, &info, &mut done.rolled)?;
            }
        }
        if order.stages.report {
            done.published = self.publish(order.now)?;
        }
        Ok(())
    }

    /// The days that were looked at, where the lake holds nothing at all, or nothing of the days that were asked for.
    fn nothing_found(&self, order: &Order, coverage: &Snapshot) -> Option<Wanted> {
        let asked = order.days.filter(|_| order.stages.ingest);
        let days = coverage.dates();
        let found = days.iter().any(|day| asked.is_none_or(|asked| asked.contains(*day)));
        (!found).then(|| self.wanted(order))
    }

    /// The sources of logs, the reports of other products, and what is known of both beforehand.
    fn plan_ingest(&self, order: &Order, wanted: Wanted) -> Result<(Vec<Planned<'a>>, Vec<Report>, Ingested)> {
        let imports = import::plan(self.storage, &self.lake, self.definition, order.now)?;
        let logs = self.definition.sources.iter().filter(|source| !imports.sources.contains(&source.name));
        let (planned, mut known) =
            ingest::plan_sources(self.storage, &self.lake, logs, wanted, order.allow_fewer_inputs)?;
        known.shared = shared(&planned, &imports);
        known.failed.extend(imports.failed);
        known.empty.extend(imports.empty);
        Ok((planned, imports.reports, known))
    }

    /// Days of which the lake has submissions or refusals that the daily tables have not: a run did not come to its end.
    ///
    /// # Errors
    /// Where the lake cannot be read.
    pub fn not_rolled_up(&self, days: DayRange) -> Result<Vec<Day>> {
        rollup::plan(&self.lake, days)
    }

    /// The days whose rollups are out of date, those just ingested among them wherever they lie.
    fn days_to_roll_up(&self, wanted: Wanted, ingested: &BTreeSet<Day>) -> Result<Vec<Day>> {
        let range = wanted.range();
        let first = ingested.first().map_or(range.start, |day| range.start.min(*day));
        let last = ingested.last().map_or(range.last(), |day| range.last().max(*day));
        rollup::plan(&self.lake, DayRange::inclusive(first, last))
    }
}

/// The days of imported reports that count in the daily tables.
fn days_of(reports: &[Report]) -> impl Iterator<Item = Day> {
    reports.iter().filter(|report| report.is_daily()).map(|report| report.period.start)
}

/// How a run tells how far it is.
pub struct Progress<'a> {
    /// Takes the number of stored bytes that are going to be read.
    pub expect: &'a (dyn Fn(u64) + Sync),
    /// Takes bytes as they are read.
    pub advance: &'a (dyn Fn(u64) + Sync),
}

fn info(order: &Order, stage: &str) -> RunInfo {
    RunInfo { run_id: order.run_id.clone(), stage: stage.to_owned(), at: order.now }
}
