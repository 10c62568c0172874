//! What a table holds at one version: the files that count.

use std::cmp::Ordering;

use super::Lake;
use super::error::Result;
use super::files::{DataFile, Partition};
use super::tables::Table;
use crate::calendar::Day;

/// The active files of a table at one version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The version; `None` where the table does not exist yet.
    pub version: Option<i64>,
    /// The active files, sorted by partition, then path.
    pub files: Vec<DataFile>,
}

impl Lake {
    /// The table as it is now; empty where it does not exist yet. Reads the newest checkpoint and the few commits
    /// after it, no data file.
    ///
    /// # Errors
    /// Where the log cannot be read, or is that of some other table.
    pub fn snapshot(&self, table: &'static Table) -> Result<Snapshot> {
        let log = self.log(table)?;
        match self.storage.wait(log.open())? {
            Some(opened) => opened.snapshot(table),
            None => Ok(Snapshot::default()),
        }
    }
}

impl Snapshot {
    /// The files of one partition.
    #[must_use]
    pub fn partition(&self, partition: &Partition) -> Vec<&DataFile> {
        self.between(|file| file.partition.cmp(partition))
    }

    /// The files of one day, of all its sources.
    #[must_use]
    pub fn date(&self, day: Day) -> Vec<&DataFile> {
        self.between(|file| file.partition.date.cmp(&day))
    }

    /// The files that are equal to what is looked for, which stand together.
    fn between(&self, compare: impl Fn(&DataFile) -> Ordering) -> Vec<&DataFile> {
        let from = self.files.partition_point(|file| compare(file).is_lt());
        self.files[from..].iter().take_while(|file| compare(file).is_eq()).collect()
    }

    /// The days that have files, in order, each once.
    #[must_use]
    pub fn dates(&self) -> Vec<Day> {
        let mut days: Vec<Day> = self.files.iter().map(|file| file.partition.date).collect();
        days.sort_unstable();
        days.dedup();
        days
    }
}
