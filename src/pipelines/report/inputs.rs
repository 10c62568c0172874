//! What a report is built from: the files of its days, read side by side into tables and findings.

use std::panic::resume_unwind;
use std::thread;

use arrow::array::RecordBatch;
use xxhash_rust::xxh3::xxh3_64;

use super::super::Result;
use super::super::ahead::each_ahead;
use super::Request;
use crate::calendar::Day;
use crate::lake::tables::{COVERAGE, DAILY_CLIENTS, DAILY_REFUSALS, DAILY_TLS, DAILY_VOLUME, IMPORTED, Table};
use crate::lake::{DataFile, Lake, Snapshot};
use crate::reports::unusual::{self, Memory};
use crate::reports::{Half, Reading, Tables, Wanted};

/// All tables that a report is made from.
const TABLES: [&Table; 6] = [&DAILY_CLIENTS, &DAILY_VOLUME, &DAILY_TLS, &DAILY_REFUSALS, &COVERAGE, &IMPORTED];
/// Those that accounts are remembered by.
const REMEMBERED: [&Table; 4] = [&DAILY_CLIENTS, &DAILY_VOLUME, &DAILY_TLS, &DAILY_REFUSALS];

/// The files that a window is built from.
pub(super) struct Inputs {
    wanted: Wanted,
    files: Vec<(&'static Table, Vec<DataFile>)>,
    /// The files of the days that accounts are held against, where that is asked for.
    remembered: Vec<(&'static Table, Vec<DataFile>)>,
}

impl Inputs {
    /// The files of what is wanted.
    pub(super) fn read(lake: &Lake, wanted: Wanted) -> Result<Self> {
        let files = files(lake, TABLES, |table, day| wanted.days(table).contains(day))?;
        Ok(Self { wanted, files, remembered: Vec::new() })
    }

    /// What a request is built from.
    pub(super) fn of(lake: &Lake, request: &Request) -> Result<Self> {
        let mut inputs = Self::read(lake, request.wanted())?;
        if request.looks_back() {
            let days = unusual::days_remembered(&request.activity, &request.window);
            inputs.remembered = files(lake, REMEMBERED, |_, day| days.contains(day))?;
        }
        Ok(inputs)
    }

    /// The tables and, where it is asked for, what is unusual: both are read at the same time.
    pub(super) fn tables_with_findings(&self, lake: &Lake, request: &Request) -> Result<Tables> {
        thread::scope(|scope| {
            let findings = request.looks_back().then(|| scope.spawn(|| self.findings(lake, request)));
            let mut tables = self.tables(lake)?;
            if let Some(findings) = findings {
                tables.findings = findings.join().unwrap_or_else(|panic| resume_unwind(panic))?.into();
            }
            Ok(tables)
        })
    }

    /// What is unusual by what is remembered of the accounts of the window, which is no more than `unusual_activity`
    /// needs.
    fn findings(&self, lake: &Lake, request: &Request) -> Result<Vec<unusual::Finding>> {
        let memory = Memory::new(&request.activity, &request.window);
        Ok(unusual::findings(&mut fill(lake, memory, &self.remembered)?))
    }

    /// The tables that datasets are made from, each file read once.
    pub(super) fn tables(&self, lake: &Lake) -> Result<Tables> {
        let mut reading = Reading::new(self.wanted);
        let [senders, versions] = reading.halves();
        thread::scope(|scope| {
            let versions = scope.spawn(|| self.fill(lake, versions));
            self.fill(lake, senders)?;
            versions.join().unwrap_or_else(|panic| resume_unwind(panic))
        })?;
        let whole = |table| lake.scan(table, of(&self.files, table));
        Ok(reading.tables(whole(&COVERAGE)?, whole(&IMPORTED)?)?)
    }

    /// Reads what half of the tables is made from.
    fn fill(&self, lake: &Lake, half: &mut dyn Half) -> Result<()> {
        for table in half.tables() {
            let files = of(&self.files, table).iter();
            let wanted = files.map(|file| (file, half.columns(table, file.partition.date))).collect::<Vec<_>>();
            let wanted = wanted.iter().filter(|(_, columns)| !columns.is_empty());
            let wanted: Vec<_> = wanted.map(|(file, columns)| (*file, columns.as_slice())).collect();
            each_batch(lake, table, &wanted, |day, batch| Ok(half.add(table, day, batch)?))?;
        }
        Ok(())
    }

    /// What tells this report from any other: what is asked for, and the names of the files that it is built from.
    pub(super) fn digest(&self, request: &Request) -> String {
        let Request { window, datasets, formats, title, activity, place: _ } = request;
        let asked = (window.first, window.last, window.as_of, datasets, formats, title, env!("CARGO_PKG_VERSION"));
        let mut text = serde_json::to_string(&asked).unwrap_or_default();
        if request.looks_back() {
            text.push_str(&format!("\n{activity:?}"));
        }
        for (table, files) in self.files.iter().chain(&self.remembered) {
            for file in files {
                text.push_str(&format!("\n{} {}", table.name, file.path));
            }
        }
        format!("{:016x}", xxh3_64(text.as_bytes()))
    }
}

/// Reads what a memory asks for.
///
/// # Errors
/// Where the lake cannot be read.
pub fn remembered(lake: &Lake, memory: Memory) -> Result<Memory> {
    fill(lake, memory, &files(lake, REMEMBERED, |_, _| true)?)
}

fn fill(lake: &Lake, mut memory: Memory, files: &[(&Table, Vec<DataFile>)]) -> Result<Memory> {
    for reading in memory.readings() {
        // A snapshot's files are in the order of their days.
        let files = of(files, reading.table).iter().filter(|file| reading.days.contains(file.partition.date));
        let wanted: Vec<_> = files.map(|file| (file, reading.columns)).collect();
        each_batch(lake, reading.table, &wanted, |day, batch| Ok(memory.add(&reading, day, batch)?))?;
    }
    Ok(memory)
}

/// Reads files of a table, each with some of its columns: batch by batch, the next one while the last one is counted.
fn each_batch(
    lake: &Lake,
    table: &'static Table,
    files: &[(&DataFile, &[&'static str])],
    mut add: impl FnMut(Day, &RecordBatch) -> Result<()>,
) -> Result<()> {
    // Days in a row mostly need the same columns.
    let alike = files.chunk_by(|(_, columns), (_, next)| columns == next);
    let batches = alike.flat_map(|files| lake.batches(table, files.iter().map(|(file, _)| *file), files[0].1));
    each_ahead(batches, |(file, batch)| add(file.partition.date, &batch))
}

/// Those files of tables of which the day is wanted.
fn files<const N: usize>(
    lake: &Lake,
    tables: [&'static Table; N],
    is_wanted: impl Fn(&Table, Day) -> bool,
) -> Result<Vec<(&'static Table, Vec<DataFile>)>> {
    let snapshots = lake.snapshots(tables)?;
    let of_days = |(table, snapshot): (&'static Table, Snapshot)| {
        let mut files = snapshot.files;
        files.retain(|file| is_wanted(table, file.partition.date));
        (table, files)
    };
    Ok(tables.into_iter().zip(snapshots).map(of_days).collect())
}

/// The files of a table among those of several.
fn of<'a>(files: &'a [(&Table, Vec<DataFile>)], wanted: &Table) -> &'a [DataFile] {
    let found = files.iter().find(|(table, _)| table.name == wanted.name);
    found.map_or(&[], |(_, files)| files)
}
