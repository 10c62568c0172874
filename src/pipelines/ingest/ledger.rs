//! The ledger: what each day of each source was built from.
//!
//! It is no file of its own but the `coverage` table: a day's row names its inputs, and it is committed last, so it
//! can only name what the lake holds. A run that was killed in between leaves data files whose digest the row does
//! not have, and so the day is built again.

use std::collections::BTreeMap;

use super::outcome::{DayInputs, FileInput};
use crate::calendar::{Day, DayRange};
use crate::lake::tables::{COVERAGE, REFUSALS, REJECTED_LINES, SUBMISSIONS, Table};
use crate::lake::{DataFile, Lake, Partition, Snapshot};
use crate::pipelines::{Error, Result};
use crate::sources::Fingerprint;
use crate::submissions::streams::KnownFile;

/// The tables that a day of a source is published in, the ledger's own last.
pub const TABLES: [&Table; 4] = [&SUBMISSIONS, &REFUSALS, &REJECTED_LINES, &COVERAGE];

/// What the lake says of the days of all sources.
#[derive(Debug)]
pub struct Ledger {
    entries: BTreeMap<(String, Day), DayInputs>,
}

impl Ledger {
    /// Reads the entries of some days. A day whose tables do not all carry the same digest has none.
    ///
    /// # Errors
    /// Where the lake cannot be read.
    pub fn read(lake: &Lake, days: DayRange) -> Result<Self> {
        let snapshots = TABLES.map(|table| lake.snapshot(table));
        let [submissions, refusals, rejected, coverage] = snapshots;
        let data = [submissions?, refusals?, rejected?];
        let coverage = coverage?;
        let files = coverage.files.iter().filter(|file| days.contains(file.partition.date));
        let whole = files.filter(|file| data.iter().all(|table| agrees(table, file))).collect::<Vec<_>>();
        Ok(Self { entries: inputs(lake, &whole)? })
    }

    /// What a day of a source was built from.
    #[must_use]
    pub fn entry(&self, source: &str, day: Day) -> Option<&DayInputs> {
        self.entries.get(&(source.to_owned(), day))
    }

    /// The files that were read to their end for any of a source's days, so that their length is known.
    #[must_use]
    pub fn known_files(&self, source: &str) -> Vec<KnownFile> {
        let of_source = self.entries.iter().filter(|((name, _), _)| name == source);
        let streams = of_source.flat_map(|(_, entry)| &entry.streams);
        let files = streams.flat_map(|stream| stream.files.iter().map(move |file| (!stream.closed, file)));
        let mut known: BTreeMap<(&Fingerprint, u64), KnownFile> = BTreeMap::new();
        for (open, file) in files.filter(|(_, file)| file.to_end) {
            let FileInput { fingerprint, length, last, .. } = file;
            let new = || KnownFile { fingerprint: fingerprint.clone(), length: *length, last: *last, open };
            known.entry((fingerprint, *length)).or_insert_with(new).open |= open;
        }
        known.into_values().collect()
    }
}

/// Whether a table's partition was built from the same inputs as a row of `coverage`.
fn agrees(table: &Snapshot, coverage: &DataFile) -> bool {
    let files = table.partition(&coverage.partition);
    !files.is_empty() && files.iter().all(|file| file.digest() == coverage.digest())
}

/// The `inputs` column of some files of `coverage`.
fn inputs(lake: &Lake, files: &[&DataFile]) -> Result<BTreeMap<(String, Day), DayInputs>> {
    use polars::prelude::{col, lit};
    let failed = |source| Error::Query { table: COVERAGE.name, source };
    let rows = lake.scan(&COVERAGE, files)?.filter(lit(true)).select([col("date"), col("source"), col("inputs")]);
    let rows = rows.collect().map_err(failed)?;
    let dates = rows.column("date").and_then(|column| column.date().cloned()).map_err(failed)?;
    let sources = rows.column("source").and_then(|column| column.str().cloned()).map_err(failed)?;
    let inputs = rows.column("inputs").and_then(|column| column.str().cloned()).map_err(failed)?;
    let mut entries = BTreeMap::new();
    for ((date, source), inputs) in dates.physical().iter().zip(sources.iter()).zip(inputs.iter()) {
        // An entry that cannot be read, say of a later version, is as good as none: the day is built again.
        if let (Some(date), Some(source), Some(Ok(inputs))) = (date, source, inputs.map(serde_json::from_str)) {
            entries.insert((source.to_owned(), Day::from_epoch_days(date)), inputs);
        }
    }
    Ok(entries)
}

/// The partition of a day of a source.
pub(super) fn partition(source: &str, day: Day) -> Partition {
    Partition::of_source(day, source)
}
