//! The import: other products' reports into the table `imported`, from where those of a single day reach the daily
//! tables.
//!
//! A report names no days inside. Its file's name has to, since the time at which somebody saved it says nothing:
//! `smtp-auth 2026-03-01.csv` is a day, `smtp-auth_2026-03-01_2026-03-07.csv` are seven. What was counted over seven
//! days is never spread over them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Int64Array, RecordBatch, StringArray};
use xxhash_rust::xxh3::xxh3_64;

use super::definition::{Definition, Source};
use super::ingest::ledger::ROWS;
use super::ingest::outcome::{DayInputs, Lines};
use super::ingest::{Built, Failure, coverage};
use super::{Error, Result};
use crate::calendar::{Day, DayRange, Timestamp};
use crate::formats::aggregate::{self, Aggregate, Usage};
use crate::lake::tables::{COVERAGE, IMPORTED, Table};
use crate::lake::{DataFile, Lake, Partition, RunInfo, Snapshot};
use crate::sources::{self, RawFile, list, look};
use crate::storage::{Storage, display};
use crate::submissions::account::Account;

/// A report is a table that somebody looks at: what is larger is something else.
const LARGEST: u64 = 256 << 20;

/// The bytes of a day as it is written in a file's name.
const DAY_LENGTH: usize = "YYYY-MM-DD".len();

/// The column of `imported` that tells how long a period is.
const PERIOD_START: &str = "period_start";

/// What there is to import.
#[derive(Debug, Default)]
pub struct Imports {
    /// The reports that the lake has not, or not as they are now.
    pub reports: Vec<Report>,
    /// What failed.
    pub failed: Vec<Failure>,
    /// Sources of reports, whose files are no logs.
    pub sources: BTreeSet<String>,
    /// Those without a file.
    pub empty: Vec<String>,
    /// The files of each, and what kind of report they are.
    pub listed: Vec<(String, &'static Aggregate, Vec<RawFile>)>,
}

/// A report that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Its source.
    pub source: String,
    /// The days that it covers.
    pub period: DayRange,
    /// Its file, for people.
    pub file: String,
    /// Its rows in the file.
    pub usage: Vec<Usage>,
    bytes: u64,
    realm: String,
    settings: String,
    digest: String,
}

impl Report {
    /// How many messages were counted.
    #[must_use]
    pub fn messages(&self) -> u64 {
        self.usage.iter().flat_map(|usage| &usage.messages).map(|(_, count)| count).sum()
    }

    /// Whether it is of one day, so that it counts in the daily tables.
    #[must_use]
    pub fn is_daily(&self) -> bool {
        self.period.len() == 1
    }

    fn partition(&self) -> Partition {
        Partition::of_source(self.period.last(), &self.source)
    }
}

/// Reads the reports of a pipeline's sources. One that cannot be read is reported and does not stop the others.
///
/// # Errors
/// Where the lake cannot be read.
pub fn plan(storage: &Arc<Storage>, lake: &Lake, definition: &Definition, now: Timestamp) -> Result<Imports> {
    let mut imports = Imports::default();
    let mut held: Option<[Snapshot; 5]> = None;
    for source in &definition.sources {
        let failure = |error| Failure { source: source.name.clone(), days: None, error };
        let (aggregate, files) = match found(storage, source) {
            Ok(Some(found)) => found,
            Ok(None) => continue,
            Err(error) => {
                imports.sources.insert(source.name.clone());
                imports.failed.push(failure(error));
                continue;
            }
        };
        imports.sources.insert(source.name.clone());
        if files.is_empty() {
            imports.empty.push(source.name.clone());
        }
        let held = match &held {
            Some(held) => held,
            None => {
                let [submissions, refusals, rejected] = ROWS;
                held.insert(lake.snapshots([&IMPORTED, &COVERAGE, submissions, refusals, rejected])?)
            }
        };
        let mut ends: BTreeMap<Day, Vec<Report>> = BTreeMap::new();
        for file in &files {
            match report(storage, source, aggregate, file, now) {
                Ok(report) => ends.entry(report.period.last()).or_default().push(report),
                Err(error) => imports.failed.push(failure(error)),
            }
        }
        for reports in ends.into_values() {
            match alone(reports, &held[0]) {
                Ok(report) => imports.reports.extend(report.filter(|report| is_new(report, held))),
                Err(error) => imports.failed.push(failure(error)),
            }
        }
        imports.listed.push((source.name.clone(), aggregate, files));
    }
    Ok(imports)
}

/// What kind of report a source's files are, and the files; none where they are logs.
fn found(storage: &Arc<Storage>, source: &Source) -> Result<Option<(&'static Aggregate, Vec<RawFile>)>> {
    match source.settings.format.as_deref() {
        Some(name) => match aggregate::aggregate(name) {
            Some(aggregate) => Ok(Some((aggregate, list(storage, &source.files)?))),
            None => Ok(None),
        },
        None => {
            let files = list(storage, &source.files).unwrap_or_default();
            let Some(first) = files.first() else { return Ok(None) };
            // What cannot be looked at is for the reading of logs to tell.
            let Ok(look) = look(storage, first) else { return Ok(None) };
            Ok(aggregate::claimed(&look.head).map(|aggregate| (aggregate, files)))
        }
    }
}

/// The only report with an end: which of two would be the right one is not for a program to say, so none of them is.
/// One that the lake has over another period is not lost to it either.
fn alone(reports: Vec<Report>, imported: &Snapshot) -> Result<Option<Report>> {
    let Some((report, others)) = reports.split_first() else { return Ok(None) };
    let two = |first: &str, second: &Report| {
        Err(Error::TwoReports { first: first.to_owned(), second: second.file.clone(), end: second.period.last() })
    };
    if let Some(other) = others.iter().find(|other| other.digest != report.digest) {
        return two(&report.file, other);
    }
    let start = report.period.start.to_string();
    let starts = imported.partition(&report.partition()).into_iter().filter_map(|file| file.same_text(PERIOD_START));
    match starts.into_iter().find(|held| *held != start) {
        Some(held) => two(&format!("the report that the lake has from {held} on"), report),
        None => Ok(Some(report.clone())),
    }
}

/// Whether the lake lacks a report, or holds rows of logs beside it: a run that was killed may have left out its row of
/// `coverage`.
fn is_new(report: &Report, [imported, coverage, rows @ ..]: &[Snapshot; 5]) -> bool {
    let lacks = |table: &Snapshot| {
        let files = table.partition(&report.partition());
        files.is_empty() || files.iter().any(|file| file.digest() != Some(&report.digest))
    };
    let holds = |table: &Snapshot| !table.partition(&report.partition()).is_empty();
    lacks(imported) || (report.is_daily() && (lacks(coverage) || rows.iter().any(holds)))
}

fn report(
    storage: &Arc<Storage>,
    source: &Source,
    aggregate: &Aggregate,
    file: &RawFile,
    now: Timestamp,
) -> Result<Report> {
    let name = display(&file.url);
    let period = period(&name).ok_or_else(|| Error::NoPeriod { file: name.clone() })?;
    if period.end > Day::of(now) {
        return Err(Error::NotOver { file: name, end: period.last() });
    }
    let text = content(storage, file)?;
    let usage = (aggregate.read)(&text).map_err(|source| Error::Aggregate { file: name.clone(), source })?;
    let realm = source.settings.realm.clone().unwrap_or_default();
    let settings = source.settings_digest();
    let version = env!("CARGO_PKG_VERSION");
    let built_from = format!("{version} {settings} {period} {:016x}", xxh3_64(&text));
    let digest = format!("{:016x}", xxh3_64(built_from.as_bytes()));
    let bytes = text.len() as u64;
    Ok(Report { source: source.name.clone(), period, file: name, usage, bytes, realm, settings, digest })
}

fn content(storage: &Arc<Storage>, file: &RawFile) -> Result<Vec<u8>> {
    let name = || display(&file.url);
    let mut reader = sources::open(storage, file, 0)?;
    let mut text = Vec::new();
    let read = reader.by_ref().take(LARGEST + 1).read_to_end(&mut text);
    read.map_err(|source| reader.error(source))?;
    if text.len() as u64 > LARGEST {
        return Err(Error::ReportTooLarge { file: name(), mebibytes: LARGEST >> 20 });
    }
    if reader.truncated() {
        return Err(Error::ReportCut { file: name() });
    }
    Ok(text)
}

/// The days that a file's name has: one, or the first and the last. Digits beside them make them something else.
fn period(name: &str) -> Option<DayRange> {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let is_digit = |at: usize| name.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
    let touches_a_digit = |at: usize| (at > 0 && is_digit(at - 1)) || is_digit(at + DAY_LENGTH);
    let day = |at: usize| name.get(at..at + DAY_LENGTH)?.parse::<Day>().ok();
    let days = (0..name.len()).filter(|at| !touches_a_digit(*at)).filter_map(day).collect::<Vec<_>>();
    match days[..] {
        [day] => Some(DayRange::single(day)),
        [first, last] if first <= last => Some(DayRange::inclusive(first, last)),
        _ => None,
    }
}

/// Puts reports into the lake: the table first, then the days' rows of `coverage`. Where a source was one of logs, its
/// rows of the days are taken out in between, so that a day is not counted twice.
///
/// # Errors
/// Where the lake cannot be written; what it held before is untouched.
pub fn run(lake: &Lake, reports: &[Report], run: &RunInfo) -> Result<()> {
    if reports.is_empty() {
        return Ok(());
    }
    let mut files = Vec::new();
    for report in reports {
        let rows = rows(report)?;
        let mut writer = lake.writer(&IMPORTED, &report.partition(), &report.digest, rows.num_rows())?;
        writer.write_sorted(rows)?;
        files.push(writer.finish()?);
    }
    let partitions = reports.iter().map(Report::partition).collect::<Vec<_>>();
    let version = lake.replace(&IMPORTED, &partitions, &files, run)?;
    tracing::info!(table = IMPORTED.name, version, reports = reports.len(), "committed");
    let daily = reports.iter().filter(|report| report.is_daily());
    let whole = daily.map(|report| ((report.source.clone(), report.period.start), covered(report)));
    let whole = whole.collect::<BTreeMap<_, _>>();
    let digest_of = |source: &str, day: Day| {
        let of = reports.iter().find(|report| report.source == source && report.period == DayRange::single(day));
        of.map(|report| report.digest.clone()).unwrap_or_default()
    };
    let files = coverage::write(lake, &whole, digest_of)?;
    let partitions = files.iter().map(|file| file.partition.clone()).collect::<Vec<_>>();
    if !partitions.is_empty() {
        ROWS.into_iter().try_for_each(|table| empty(lake, table, &partitions, |_| true, run))?;
        lake.replace(&COVERAGE, &partitions, &files, run)?;
    }
    Ok(())
}

/// Takes the days of reports out of the lake that lines of logs are counted for now.
///
/// # Errors
/// Where the lake cannot be read or written.
pub(super) fn give_way(lake: &Lake, to_logs: &[Partition], run: &RunInfo) -> Result<()> {
    empty(lake, &IMPORTED, to_logs, is_daily, run)
}

/// Empties those of some partitions in which a table has such files. Mostly there are none, and nothing is committed.
fn empty(
    lake: &Lake,
    table: &'static Table,
    partitions: &[Partition],
    such: impl Fn(&DataFile) -> bool,
    run: &RunInfo,
) -> Result<()> {
    let held = lake.snapshot(table)?;
    let has_some = |partition: &&Partition| held.partition(partition).into_iter().any(&such);
    let partitions = partitions.iter().filter(has_some).cloned().collect::<Vec<_>>();
    if !partitions.is_empty() {
        let version = lake.replace(table, &partitions, &[], run)?;
        tracing::info!(table = table.name, version, partitions = partitions.len(), "emptied");
    }
    Ok(())
}

/// What `coverage` says of a report's day: its rows are the lines, and none of them is a submission.
fn covered(report: &Report) -> (Built, DayInputs) {
    let rows = report.usage.len() as u64;
    let lines = Lines { bytes: report.bytes, read: rows, used: rows, files: 1, ..Lines::default() };
    let inputs = DayInputs { settings: report.settings.clone(), ..DayInputs::default() };
    (Built { lines, ..Built::default() }, inputs)
}

/// A report's rows in the order of the table's columns, one per account and version; an account that stands on
/// several lines is added up, and the first of them is named.
fn rows(report: &Report) -> Result<RecordBatch> {
    let mut cells: BTreeMap<(String, &str), (&Usage, String, u64)> = BTreeMap::new();
    for usage in &report.usage {
        let account = Account::read(&usage.account, &report.realm);
        for (version, messages) in &usage.messages {
            let key = (account.name.clone().into_owned(), *version);
            let cell = cells.entry(key).or_insert_with(|| (usage, account.domain.clone().into_owned(), 0));
            cell.2 += messages;
        }
    }
    let text = |texts: Vec<&str>| Arc::new(StringArray::from(texts)) as ArrayRef;
    let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Date32Array::from(vec![report.period.start.epoch_days(); cells.len()])),
        text(cells.keys().map(|(account, _)| account.as_str()).collect()),
        text(cells.values().map(|(usage, ..)| usage.account.as_str()).collect()),
        Arc::new(
            cells
                .values()
                .map(|(_, domain, _)| Some(domain.as_str()).filter(|domain| !domain.is_empty()))
                .collect::<StringArray>(),
        ),
        text(cells.keys().map(|(_, version)| *version).collect()),
        Arc::new(Int64Array::from_iter_values(cells.values().map(|(_, _, messages)| whole(*messages)))),
        text(vec![report.file.as_str(); cells.len()]),
        Arc::new(Int64Array::from_iter_values(cells.values().map(|(usage, ..)| whole(usage.line)))),
    ];
    RecordBatch::try_new(IMPORTED.file_schema(), columns).map_err(Error::Columns)
}

/// The days that reports of one day cover, so that their messages are in the daily tables.
#[must_use]
pub fn daily(snapshot: &Snapshot) -> BTreeSet<Day> {
    let days = snapshot.files.iter().filter(|file| is_daily(file)).map(|file| file.partition.date);
    days.collect()
}

/// Whether a file of `imported` holds a report of a period that lies in some days, or partly.
#[must_use]
pub fn touches(file: &DataFile, days: DayRange) -> bool {
    let start = file.same_text(PERIOD_START).and_then(|start| start.parse().ok()).unwrap_or(file.partition.date);
    start < days.end && file.partition.date >= days.start
}

/// Whether a file of `imported` holds a report of one day.
#[must_use]
pub fn is_daily(file: &DataFile) -> bool {
    file.same_text(PERIOD_START).is_some_and(|start| start == file.partition.date.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_files_name_has_its_days() {
        let days = |name: &str| period(name).map(|days| days.to_string());
        assert_eq!(days("file:///x/smtp-auth 2026-03-01.csv"), Some("2026-03-01".to_owned()));
        assert_eq!(days("smtp-auth_2026-03-01_2026-03-07.csv.gz"), Some("2026-03-01 to 2026-03-07".to_owned()));
        assert_eq!(days("2026-01-01/export.csv"), None, "a folder may be called anything");
        for name in [
            "smtp-auth-2026-03-21.csv",
            "SMTP AUTH clients 2026-03-21.csv",
            "r+2026-03-21.csv",
            "Ü2026-03-21",
            "2026-03-21 (1).csv",
        ] {
            assert_eq!(days(name), Some("2026-03-21".to_owned()), "{name}");
        }
        for name in ["smtp auth 2026-03-10 2026-03-16.csv", "x-2026-03-10-2026-03-16.csv", "2026-03-10--2026-03-16"] {
            assert_eq!(days(name), Some("2026-03-10 to 2026-03-16".to_owned()), "{name}");
        }
        for name in [
            "export.csv",
            "2026-03-07_2026-03-01.csv",
            "2026-02-30.csv",
            "2026-03-01_2026-03-02_2026-03-03.csv",
            "Ü2026-3-1",
            "smtp auth 2026-3-21.csv",
            "smtp-auth_2026-03-181.csv",
            "smtp_12026-03-23.csv",
            "20260301.csv",
        ] {
            assert_eq!(days(name), None, "{name}");
        }
    }
}
