//! `daily_tls` as it is read: over which TLS versions each domain's accounts sent on each day, and each account in each
//! week.

use arrow::array::RecordBatch;
use polars::prelude::DataFrame;

use super::super::{Result, Wanted};
use super::Half;
use super::columns::Spelling;
use super::daily::Daily;
use super::weeks::Weeks;
use crate::calendar::Day;
use crate::lake::tables::{DAILY_TLS, Table};
use crate::rollups::groups::Layout;
use crate::rollups::rows::Rows;
use crate::rollups::texts::{Texts, Trail};

static TABLES: [&Table; 1] = [&DAILY_TLS];

static VERSIONS: Layout<2, 0, 1> =
    Layout { key: ["domain", "tls_version"], smallest: [], rows: "rows", sums: [("messages", "messages")], seen: None };

/// The columns of `daily_tls` that are read.
pub(in super::super) fn columns() -> impl Iterator<Item = &'static str> {
    VERSIONS.columns().chain(["account"])
}

/// The rows of a batch.
pub(super) fn rows<'a>(batch: &'a RecordBatch, texts: &mut Texts, trail: &mut Trail) -> Result<Rows<'a>> {
    Ok(Rows::read_along(DAILY_TLS.name, batch, VERSIONS.texts().chain(["account"]), texts, Some(trail))?)
}

/// Versions as they are read.
pub(super) struct Versions {
    wanted: Wanted,
    pub(super) texts: Texts,
    /// The accounts in their order, in which they come on each day.
    accounts: Trail,
    days: Daily<2, 1>,
    weeks: Weeks,
}

impl Versions {
    pub(super) fn new(wanted: Wanted) -> Self {
        Self {
            wanted,
            texts: Texts::default(),
            accounts: Trail::default(),
            days: Daily::new(&VERSIONS),
            weeks: Weeks::new(wanted.window.weeks()),
        }
    }

    /// The frames [`Tables::versions`](super::Tables::versions) and [`Tables::weeks`](super::Tables::weeks).
    pub(super) fn into_frames(self, spelling: &Spelling) -> Result<[DataFrame; 2]> {
        Ok([self.days.into_frame(spelling)?, self.weeks.into_frame(spelling)?])
    }
}

impl Half for Versions {
    fn tables(&self) -> &'static [&'static Table] {
        &TABLES
    }

    fn columns(&self, table: &Table, day: Day) -> Vec<&'static str> {
        self.wanted.columns(table, day)
    }

    fn add(&mut self, _table: &Table, day: Day, batch: &RecordBatch) -> Result<()> {
        let rows = rows(batch, &mut self.texts, &mut self.accounts)?;
        if self.wanted.weeks && self.wanted.window.weeks().contains(day) {
            self.weeks.add(day, &rows, &self.texts)?;
        }
        if self.wanted.window.days_read().contains(day) {
            self.days.add(day, &rows, &self.texts)?;
        }
        Ok(())
    }
}
