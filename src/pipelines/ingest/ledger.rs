//! The ledger: what each day of each source was built from.
//!
//! It is no file of its own but the `coverage` table: a day's row names its inputs, and it is committed last, so it
//! can only name what the lake holds. A run that was killed in between leaves data files whose digest the row does
//! not have, and so the day is built again.

use std::collections::{BTreeMap, BTreeSet};

use super::outcome::{DayInputs, FileInput, StreamInputs};
use crate::calendar::{Day, DayRange};
use crate::lake::tables::{COVERAGE, IMPORTED, REFUSALS, REJECTED_LINES, SUBMISSIONS, Table};
use crate::lake::{DataFile, Lake, Partition, Snapshot};
use crate::pipelines::import::is_daily;
use crate::pipelines::{Error, Result};
use crate::submissions::streams::{KnownFile, Stream};

/// The tables of a day's rows. The ledger's own is committed after them, and says that they are there.
pub const ROWS: [&Table; 3] = [&SUBMISSIONS, &REFUSALS, &REJECTED_LINES];

/// The column of `coverage` that says what a day was built from.
const INPUTS: &str = "inputs";

/// What the lake says of the days of all sources.
#[derive(Debug)]
pub struct Ledger {
    entries: BTreeMap<(String, Day), Entry>,
    /// What the day of each source before them was built from: it knows files that end before the days begin.
    before: BTreeMap<(String, Day), DayInputs>,
}

/// What it says of one day of a source.
#[derive(Debug)]
pub struct Entry {
    /// What the day was built from.
    pub inputs: DayInputs,
    /// Whether all tables hold what was built from that: a run that was killed may have replaced some of them.
    pub whole: bool,
}

impl Ledger {
    /// Reads the entries of some days. A day whose tables do not all carry the same digest is not whole, nor is one that
    /// a report of another product is still counted for.
    ///
    /// # Errors
    /// Where the lake cannot be read.
    pub fn read(lake: &Lake, days: DayRange) -> Result<Self> {
        let [submissions, refusals, rejected] = ROWS;
        let [data @ .., coverage, imported] =
            lake.snapshots([submissions, refusals, rejected, &COVERAGE, &IMPORTED])?;
        let files = coverage.files.iter().filter(|file| days.contains(file.partition.date)).collect::<Vec<_>>();
        let counted_twice = |file: &DataFile| imported.partition(&file.partition).into_iter().any(is_daily);
        let whole = |file: &&DataFile| data.iter().all(|table| agrees(table, file)) && !counted_twice(file);
        let partitions = files.iter().copied().filter(whole).map(|file| &file.partition).collect::<BTreeSet<_>>();
        let entry = |((source, day), inputs): ((String, Day), DayInputs)| {
            let whole = partitions.contains(&Partition::of_source(day, source.as_str()));
            ((source, day), Entry { inputs, whole })
        };
        // A snapshot's files are in the order of their days.
        let earlier = coverage.files.iter().filter(|file| file.partition.date < days.start);
        let before: BTreeMap<_, _> = earlier.map(|file| (&file.partition.source, file)).collect();
        let before = inputs(lake, &before.into_values().collect::<Vec<_>>())?;
        Ok(Self { entries: inputs(lake, &files)?.into_iter().map(entry).collect(), before })
    }

    /// What is known of a day of a source.
    #[must_use]
    pub fn entry(&self, source: &str, day: Day) -> Option<&Entry> {
        self.entries.get(&(source.to_owned(), day))
    }

    /// The days of a source that the lake has.
    pub fn days(&self, source: &str) -> impl Iterator<Item = Day> {
        self.entries.keys().filter(move |(name, _)| name == source).map(|(_, day)| *day)
    }

    /// What a source's days were built from, of this stream.
    pub fn of_stream<'a>(&'a self, source: &'a str, stream: &'a Stream) -> impl Iterator<Item = &'a StreamInputs> {
        let entries = self.entries.iter().filter(move |((name, _), _)| name == source);
        let streams = entries.flat_map(|(_, entry)| &entry.inputs.streams);
        streams.filter(|inputs| inputs.is_of(stream))
    }

    /// The files that were read to their end for any of a source's days, so that their length is known. Which hosts
    /// they prove to log TLS is only known where that was looked for with the settings of now.
    #[must_use]
    pub fn known_files(&self, source: &str, settings: &str) -> Vec<KnownFile> {
        let mut known = BTreeMap::new();
        let before = self.before.iter();
        let days = before.chain(self.entries.iter().map(|(day, entry)| (day, &entry.inputs)));
        for (_, inputs) in days.filter(|((name, _), _)| name == source) {
            for stream in &inputs.streams {
                for file in stream.files.iter().filter(|file| file.to_end) {
                    let FileInput { fingerprint, length, earliest, last, modified, tls_hosts, .. } = file.clone();
                    let key = (fingerprint, length, modified);
                    let new = KnownFile { fingerprint, length, earliest, last, modified, tls_hosts: None };
                    let known = known.entry(key).or_insert(new);
                    known.earliest = known.earliest.or(earliest);
                    known.tls_hosts = known.tls_hosts.take().or(tls_hosts.filter(|_| inputs.settings == settings));
                }
            }
        }
        known.into_values().collect()
    }
}

/// Whether a table's partition was built from the same inputs as a row of `coverage`.
fn agrees(table: &Snapshot, coverage: &DataFile) -> bool {
    let files = table.partition(&coverage.partition);
    !files.is_empty() && files.iter().all(|file| file.digest() == coverage.digest())
}

/// What some files of `coverage` say that days were built from. Mostly the log has it, and no file is opened.
fn inputs(lake: &Lake, files: &[&DataFile]) -> Result<BTreeMap<(String, Day), DayInputs>> {
    let mut entries = BTreeMap::new();
    let mut silent = Vec::new();
    for file in files {
        match (file.only_text(INPUTS), &file.partition.source) {
            (Some(inputs), Some(source)) => enter(&mut entries, source, file.partition.date, &inputs),
            _ => silent.push(*file),
        }
    }
    if !silent.is_empty() {
        read(lake, &silent, &mut entries)?;
    }
    Ok(entries)
}

/// Reads files of which the log does not tell: those with long entries, and those that somebody has put together.
fn read(lake: &Lake, files: &[&DataFile], entries: &mut BTreeMap<(String, Day), DayInputs>) -> Result<()> {
    use polars::prelude::col;
    let failed = |source| Error::Query { table: COVERAGE.name, source };
    let rows = lake.scan(&COVERAGE, files)?.select([col("date"), col("source"), col(INPUTS)]);
    let rows = rows.collect().map_err(failed)?;
    let dates = rows.column("date").and_then(|column| column.date().cloned()).map_err(failed)?;
    let sources = rows.column("source").and_then(|column| column.str().cloned()).map_err(failed)?;
    let inputs = rows.column(INPUTS).and_then(|column| column.str().cloned()).map_err(failed)?;
    for ((date, source), inputs) in dates.physical().iter().zip(sources.iter()).zip(inputs.iter()) {
        if let (Some(date), Some(source), Some(inputs)) = (date, source, inputs) {
            enter(entries, source, Day::from_epoch_days(date), inputs);
        }
    }
    Ok(())
}

/// An entry that cannot be read, say of a later version, is as good as none: the day is built again. One without streams
/// is of a report of another product, and no day that was built from logs.
fn enter(entries: &mut BTreeMap<(String, Day), DayInputs>, source: &str, day: Day, inputs: &str) {
    if let Ok(inputs) = serde_json::from_str::<DayInputs>(inputs)
        && !inputs.streams.is_empty()
    {
        entries.insert((source.to_owned(), day), inputs);
    }
}
