//! From the daily tables to what datasets are made from: files are read day by day, once, and summed as they are read.
//!
//! A quarter of a large lake has a hundred million rows, and a report of it some millions. So what is kept follows the
//! accounts, devices and domains, and not the days. Names and addresses are numbers here, as in the rollups (see
//! [`texts`](crate::rollups::texts)).

mod activity;
mod clients;
mod columns;
mod daily;
mod refused;
mod senders;
mod versions;
mod volume;
mod ways;
mod weeks;

pub(super) use self::refused::{ORIGINS, columns as columns_of_refusals};
pub(super) use self::versions::columns as columns_of_tls;
pub(super) use self::volume::columns as columns_of_volume;

use std::sync::{Arc, OnceLock};

use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use polars::prelude::{DataFrame, IntoLazy, LazyFrame};

use self::activity::Activity;
use self::columns::Spelling;
use self::senders::Senders;
use self::versions::Versions;
use super::{Error, Result, Tables, Wanted};
use crate::calendar::Day;
use crate::lake::tables::Table;

/// The columns of `daily_clients` that are read of the window.
pub(super) fn columns_of_clients(wanted: &Wanted) -> impl Iterator<Item = &'static str> {
    let activity = wanted.activity.is_some();
    clients::columns(wanted).chain(activity::columns().filter(move |_| activity))
}

/// Daily tables as they are read, in two halves that need nothing of each other: both can be read at the same time.
pub struct Reading {
    senders: Senders,
    versions: Versions,
}

/// Some daily tables as they are read, each day by day, from the oldest on.
pub trait Half: Send {
    /// The tables, in the order in which they have to be read.
    fn tables(&self) -> &'static [&'static Table];

    /// The columns of a table that are needed of a day; none where the day is not needed.
    fn columns(&self, table: &Table, day: Day) -> Vec<&'static str>;

    /// Adds a day's batch of a table: see [`Lake::batches`](crate::lake::Lake::batches).
    ///
    /// # Errors
    /// Where the batch has not the [`columns`](Self::columns) of the table and day.
    fn add(&mut self, table: &Table, day: Day, batch: &RecordBatch) -> Result<()>;
}

impl Reading {
    /// Nothing was read yet.
    #[must_use]
    pub fn new(wanted: Wanted) -> Self {
        Self { senders: Senders::new(wanted), versions: Versions::new(wanted) }
    }

    /// What is to be read.
    pub fn halves(&mut self) -> [&mut dyn Half; 2] {
        [&mut self.senders, &mut self.versions]
    }

    /// The tables, once all has been read.
    ///
    /// # Errors
    /// None for rows that came from here.
    pub fn tables(self, coverage: LazyFrame, imported: LazyFrame) -> Result<Tables> {
        let Self {
            senders: Senders { mut texts, refused, volume, clients, devices, addresses, ways, activity, .. },
            versions,
        } = self;
        let (client_ways, device_ways) = (clients.ways(&texts), devices.ways(&texts));
        let mut activity = activity.unwrap_or_else(|| Activity::new(None, Default::default()));
        activity.end_day(&texts);
        let numbers = texts.adopt(&versions.texts);
        let spelling = Spelling::new(texts);
        let of_versions = spelling.of_numbers(&numbers);
        let lazy = |frame: Result<DataFrame>| frame.map(IntoLazy::lazy);
        let [refusals, origins] = refused.into_frames(&spelling)?.map(IntoLazy::lazy);
        let [accounts, domains, domains_seen] = volume.into_frames(&spelling)?.map(IntoLazy::lazy);
        let [versions, weeks] = versions.into_frames(&of_versions)?.map(IntoLazy::lazy);
        Ok(Tables {
            accounts,
            domains,
            domains_seen,
            versions,
            clients: lazy(clients.into_frame(&client_ways, &spelling))?,
            addresses: lazy(addresses.into_frame(&spelling))?,
            devices: lazy(devices.into_frame(&device_ways, &spelling))?,
            refusals,
            origins,
            ways: lazy(ways.into_frame())?,
            weeks,
            activity: activity.into_frame(&spelling)?,
            coverage,
            imported,
            findings: Arc::default(),
            texts: spelling.texts,
            details: OnceLock::new(),
        })
    }
}

/// The rows of a batch for which something holds.
fn some(batch: &RecordBatch, holds: &BooleanArray) -> Result<RecordBatch> {
    filter_record_batch(batch, holds).map_err(|source| Error::Rows { source })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests;
