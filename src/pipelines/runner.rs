//! A run: the stages of a pipeline, one after the other, for some days.
//!
//! A run that is repeated does nothing: each stage asks the lake what it was built from. One failed day does not
//! lose the others, and running again resumes.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::definition::{Definition, Lookback};
use super::import::{self, Imports, Report};
use super::ingest::plan::Wanted;
use super::ingest::{self, Ingested, Planned};
use super::lock::Lock;
use super::report::{self, Published, Request};
use super::rollup::{self, Rolled};
use super::status::{last_with_lines, read_in_vain};
use super::{Error, Executor, Result};
use crate::calendar::{Day, DayRange, Timestamp};
use crate::lake::tables::COVERAGE;
use crate::lake::{Lake, RunInfo, Snapshot};
use crate::reports::Beyond;
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

/// What a run would do.
#[derive(Debug)]
pub struct Plans<'a> {
    /// Per source of logs.
    pub sources: Vec<Planned<'a>>,
    /// Other products' reports that would be imported.
    pub imports: Vec<Report>,
    /// What is known without doing anything: sources that failed, days that would be kept.
    pub known: Ingested,
    /// Days that would be rolled up, those that are ingested among them.
    pub rollups: BTreeSet<Day>,
    /// Why the report would be published; none where it is current.
    pub publish: Option<Publication>,
    /// The days that were looked at, where the lake holds nothing of them yet.
    pub empty: Option<Wanted>,
}

/// Why a report is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Publication {
    /// Days are built that it may show, or hold others against.
    DaysChange,
    /// What is published is not what the pipeline asks for, or not of what the lake has.
    NotCurrent,
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

    /// What a run would do.
    ///
    /// # Errors
    /// Where the lake cannot be read.
    pub fn plan(&self, order: &Order) -> Result<Plans<'a>> {
        let wanted = self.wanted(order);
        let (sources, imports, known) =
            if order.stages.ingest { self.plan_ingest(order, wanted)? } else { Default::default() };
        let built = sources.iter().flat_map(|source| source.plan.days.keys().copied());
        let built = built.chain(days_of(&imports)).collect::<BTreeSet<_>>();
        let rollups = if order.stages.rollup {
            self.days_to_roll_up(wanted, &built)?.into_iter().chain(built.iter().copied()).collect()
        } else {
            BTreeSet::new()
        };
        let changes = !(built.is_empty() && imports.is_empty() && rollups.is_empty());
        let publish = order.stages.report.then(|| self.publication(changes, Day::of(order.now))).transpose()?.flatten();
        let empty = self.nothing_found(order, &self.lake.snapshot(&COVERAGE)?);
        Ok(Plans { sources, imports, known, rollups, publish, empty })
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
            done.published = self.publish(Day::of(order.now))?;
        }
        Ok(())
    }

    /// What is to be told of the lake as it is now: sources that do not go on, those that are in no pipeline any more, and
    /// whether there is nothing at all.
    fn look_around(&self, done: &mut Done, order: &Order, logs: &BTreeSet<&str>) -> Result<()> {
        let (today, coverage) = (Day::of(order.now), self.lake.snapshot(&COVERAGE)?);
        let sources = last_with_lines(&coverage, today);
        let sources = sources.into_iter().filter_map(|(source, last)| Some((source, last?))).collect::<Vec<_>>();
        // One that was given up long ago is not told for ever.
        let range = self.looked_back_to(today);
        let left_over =
            |(source, last): &&(&str, Day)| range.contains(*last) && self.definition.source(source).is_none();
        let in_vain = read_in_vain(&coverage, range).into_iter().filter(|(source, _)| logs.contains(source));
        done.in_vain = in_vain.map(|(source, lines)| (source.to_owned(), lines)).collect();
        done.left_over = sources.iter().filter(left_over).map(|(source, _)| (*source).to_owned()).collect();
        // Whoever looks back over everything may well have an archive, and whoever asks for days asks for these.
        if matches!((order.days, self.definition.run.lookback), (None, Lookback::Days(_))) {
            let failed = |source: &str| done.ingested.failed.iter().any(|failure| failure.source == source);
            let late = sources.iter().filter(|(source, last)| last.next() < today && logs.contains(source));
            let late = late.filter(|(source, _)| !failed(source));
            done.behind = late.map(|(source, last)| ((*source).to_owned(), *last)).collect();
        }
        done.empty = self.nothing_found(order, &coverage);
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
        let Imports { reports, failed, sources, empty } =
            import::plan(self.storage, &self.lake, self.definition, order.now)?;
        let logs = self.definition.sources.iter().filter(|source| !sources.contains(&source.name));
        let (planned, mut known) =
            ingest::plan_sources(self.storage, &self.lake, logs, wanted, order.allow_fewer_inputs)?;
        known.failed.extend(failed);
        known.empty.extend(empty);
        Ok((planned, reports, known))
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

    /// Publishes the report of the newest days, unless it is current.
    fn publish(&self, today: Day) -> Result<Option<Published>> {
        let Some(request) = self.newest(today)? else { return Ok(None) };
        if report::is_current(self.storage, &self.lake, &request)? {
            return Ok(None);
        }
        let published = report::run(self.storage, &self.lake, &request)?;
        report::remove_old(self.storage, &request.place)?;
        Ok(Some(published))
    }

    /// Why the report would be published, once days have changed or not.
    fn publication(&self, changes: bool, today: Day) -> Result<Option<Publication>> {
        if changes {
            return Ok(Some(Publication::DaysChange));
        }
        let Some(request) = self.newest(today)? else { return Ok(None) };
        Ok((!report::is_current(self.storage, &self.lake, &request)?).then_some(Publication::NotCurrent))
    }

    /// The report that the pipeline asks for, of the newest days; none of an empty lake.
    fn newest(&self, today: Day) -> Result<Option<Request>> {
        let asked = self.request(today, |_| Ok::<_, Error>(None))?;
        Ok(asked.map(|(request, _)| request))
    }

    /// The report that the pipeline asks for, of the days asked for or the newest ones, and what the lake has not of these
    /// days; none of an empty lake. Who counts days back is given the newest one.
    ///
    /// # Errors
    /// Where the lake cannot be read, or there are no such days.
    pub fn request<E: From<Error>>(
        &self,
        today: Day,
        asked: impl FnOnce(Day) -> std::result::Result<Option<DayRange>, E>,
    ) -> std::result::Result<Option<(Request, Option<Beyond>)>, E> {
        let days = self.lake.snapshot(&COVERAGE).map_err(Error::from)?.dates();
        let as_of = report::newest_day(&days, today);
        let asked = asked(as_of.unwrap_or(today.previous()))?;
        let Some(as_of) = as_of else { return Ok(None) };
        let report = &self.definition.report;
        let request = Request {
            window: report::window(as_of, self.definition.window.days, asked),
            datasets: report.datasets.clone(),
            formats: report.formats.clone(),
            title: report.title.clone().unwrap_or_else(|| format!("SMTP AUTH clients: {}", self.definition.name)),
            activity: self.definition.activity.clone(),
            place: self.definition.publish.clone(),
        };
        let beyond = request.window.beyond(&days);
        Ok(Some((request, beyond)))
    }

    fn over_limit(&self, ingested: &Ingested) -> Vec<OverLimit> {
        let most = self.definition.limits.max_rejected_percent;
        let over = |rejected: u64, read: u64| rejected as f64 * 100.0 > most * read as f64;
        let days = ingested.days.iter().filter(|(_, built)| over(built.lines.rejected, built.lines.read));
        days.map(|((source, day), built)| OverLimit {
            source: source.clone(),
            day: *day,
            rejected: built.lines.rejected,
            read: built.lines.read,
        })
        .collect()
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
