//! What a table holds at one version: the files that count.

use std::cmp::Ordering;
use std::panic::resume_unwind;
use std::sync::Arc;

use futures::future::join_all;

use super::Lake;
use super::error::Result;
use super::files::{DataFile, Partition};
use super::log::Log;
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
        let [snapshot] = self.snapshots([table])?;
        Ok(snapshot)
    }

    /// Several tables as they are now: see [`snapshot`](Self::snapshot). Their logs are read at the same time, each of
    /// them being a few ways to the store and back.
    ///
    /// # Errors
    /// As [`snapshot`](Self::snapshot).
    pub fn snapshots<const N: usize>(&self, tables: [&'static Table; N]) -> Result<[Snapshot; N]> {
        let logs = tables.iter().map(|table| self.log(table)).collect::<Result<Vec<_>>>()?;
        let open = |log: Log| self.storage.runtime().spawn(async move { log.open().await });
        let opened = self.storage.wait(join_all(logs.into_iter().map(open)));
        let mut snapshots = Vec::with_capacity(N);
        for opened in opened {
            let opened = opened.unwrap_or_else(|stopped| resume_unwind(stopped.into_panic()))?;
            snapshots.push(opened.map_or_else(Snapshot::default, |opened| Arc::unwrap_or_clone(opened.snapshot)));
        }
        let mut snapshots = snapshots.into_iter();
        Ok(tables.map(|_| snapshots.next().unwrap_or_default()))
    }
}

impl Snapshot {
    /// Files in any order.
    pub(super) fn new(version: Option<i64>, mut files: Vec<DataFile>) -> Self {
        files.sort_unstable_by(|a, b| (&a.partition, &a.path).cmp(&(&b.partition, &b.path)));
        Self { version, files }
    }

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
