//! Vacuum: files that no version of the table names any more are removed.
//!
//! Always the full kind, which lists the folder: delta-rs's default looks at the log only, and so leaves what
//! crashed workers and lost attempts wrote.

use std::sync::Arc;
use std::time::Duration;

use deltalake_core::DeltaTable;
use deltalake_core::operations::vacuum::{Clock, VacuumMode};

use super::Lake;
use super::error::{Error, Result};
use super::tables::Table;
use crate::calendar::Timestamp;

/// The time that vacuum is told.
#[derive(Debug)]
struct FixedClock(Timestamp);

impl Clock for FixedClock {
    fn current_timestamp_millis(&self) -> i64 {
        self.0.div_euclid(1_000)
    }
}

impl Lake {
    /// Removes the files that are not in the table and have not been for `retention` before `now`, and returns
    /// them, relative to the table; with `dry_run` it only returns them. A table that does not exist has none.
    ///
    /// `retention` has to outlast every reader and every running task: files that are written and not yet
    /// committed are only told from orphans by their age.
    ///
    /// # Errors
    /// Where the log cannot be read or the store fails.
    pub fn vacuum(
        &self,
        table: &'static Table,
        now: Timestamp,
        retention: Duration,
        dry_run: bool,
    ) -> Result<Vec<String>> {
        let log = self.log(table)?;
        let Some(_) = self.storage.wait(log.open())? else { return Ok(Vec::new()) };
        let retention = chrono::Duration::from_std(retention).unwrap_or(chrono::Duration::MAX);
        let vacuum = DeltaTable::new(log.store)
            .vacuum()
            .with_mode(VacuumMode::Full)
            .with_retention_period(retention)
            .with_enforce_retention_duration(false)
            .with_clock(Arc::new(FixedClock(now)))
            .with_dry_run(dry_run);
        match self.storage.wait(vacuum.into_future()) {
            Ok((_, metrics)) => Ok(metrics.files_deleted),
            Err(source) => Err(Error::Vacuum { table: table.name, place: log.place, source: Box::new(source) }),
        }
    }
}
