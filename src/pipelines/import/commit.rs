//! Reports on their way into the lake.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Int64Array, RecordBatch, StringArray};

use super::{Report, is_daily};
use crate::calendar::{Day, DayRange};
use crate::formats::aggregate::Usage;
use crate::lake::tables::{COVERAGE, IMPORTED, Table};
use crate::lake::{DataFile, Lake, Partition, RunInfo};
use crate::pipelines::ingest::ledger::ROWS;
use crate::pipelines::ingest::outcome::{DayInputs, Lines};
use crate::pipelines::ingest::{Built, coverage};
use crate::pipelines::{Error, Result};
use crate::submissions::account::Account;

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
pub(in crate::pipelines) fn give_way(lake: &Lake, to_logs: &[Partition], run: &RunInfo) -> Result<()> {
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
