//! The import: other products' reports into the table `imported`, from where those of a single day reach the daily
//! tables.
//!
//! A report names no days inside. Its file's name has to, since the time at which somebody saved it says nothing:
//! `smtp-auth 2026-03-01.csv` is a day, `smtp-auth_2026-03-01_2026-03-07.csv` are seven. What was counted over seven
//! days is never spread over them.

mod commit;
mod report;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::definition::{Definition, Source};
use super::ingest::Failure;
use super::ingest::ledger::ROWS;
use super::{Error, Result};
use crate::calendar::{Day, DayRange, Timestamp};
use crate::formats::aggregate::{self, Aggregate};
use crate::lake::tables::{COVERAGE, IMPORTED};
use crate::lake::{DataFile, Lake, Snapshot};
use crate::sources::{RawFile, list, look};
use crate::storage::Storage;
pub(super) use commit::give_way;
pub use commit::run;
pub use report::Report;
use report::read;

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
            match read(storage, source, aggregate, file, now) {
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
