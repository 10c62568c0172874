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
use self::clients::{Addresses, Clients, Devices};
use self::columns::Spelling;
use self::daily::Daily;
use self::refused::Refused;
use self::volume::Volume;
use self::ways::DailyWays;
use self::weeks::Weeks;
use super::{Error, Result, Tables, Wanted};
use crate::calendar::Day;
use crate::lake::tables::{DAILY_CLIENTS, DAILY_REFUSALS, DAILY_TLS, DAILY_VOLUME, Table};
use crate::rollups::rows::Rows;
use crate::rollups::texts::{Texts, Trail};

/// The tables that are read batch by batch, in the order in which they have to be: which addresses were refused, and
/// which accounts sent most, is known before it is asked what came from them.
pub static READ: [&Table; 4] = [&DAILY_REFUSALS, &DAILY_VOLUME, &DAILY_CLIENTS, &DAILY_TLS];

/// The columns of `daily_clients` that are read of the window.
pub(super) fn columns_of_clients(wanted: &Wanted) -> impl Iterator<Item = &'static str> {
    let activity = wanted.activity.is_some();
    clients::columns(wanted).chain(activity::columns().filter(move |_| activity))
}

/// Daily tables as they are read: those of [`READ`], each day by day, from the oldest on.
pub struct Reading {
    wanted: Wanted,
    texts: Texts,
    /// The accounts in their order, in which they come on each day of each table.
    accounts: Trail,
    refused: Refused,
    volume: Volume,
    clients: Clients,
    devices: Devices,
    addresses: Addresses,
    versions: Daily<2, 1>,
    ways: DailyWays,
    weeks: Weeks,
    /// Once all of the volume was read, and only where it is wanted.
    activity: Option<Activity>,
}

impl Reading {
    /// Nothing was read yet.
    #[must_use]
    pub fn new(wanted: Wanted) -> Self {
        Self {
            wanted,
            texts: Texts::default(),
            accounts: Trail::default(),
            refused: Refused::new(),
            volume: Volume::new(wanted.window),
            clients: Clients::new(),
            devices: Devices::new(),
            addresses: Addresses::default(),
            versions: versions::daily(),
            ways: DailyWays::default(),
            weeks: Weeks::new(wanted.window.weeks()),
            activity: None,
        }
    }

    /// The columns of a table that are needed of a day; none where the day is not needed.
    #[must_use]
    pub fn columns(&self, table: &Table, day: Day) -> Vec<&'static str> {
        let needless = self.refused.is_empty() && !self.wanted.window.days().contains(day);
        if needless && table.name == DAILY_CLIENTS.name { Vec::new() } else { self.wanted.columns(table, day) }
    }

    /// Adds a day's batch of a table: see [`Lake::batches`](crate::lake::Lake::batches).
    ///
    /// # Errors
    /// Where the batch has not the [`columns`](Self::columns) of the table and day.
    pub fn add(&mut self, table: &Table, day: Day, batch: &RecordBatch) -> Result<()> {
        match table.name {
            name if name == DAILY_REFUSALS.name => self.refused.add(batch, &mut self.texts),
            name if name == DAILY_VOLUME.name => {
                let rows = volume::rows(batch, &mut self.texts, &mut self.accounts)?;
                self.volume.add(day, &rows, &self.texts)
            }
            name if name == DAILY_CLIENTS.name => self.add_clients(day, batch),
            name if name == DAILY_TLS.name => self.add_versions(day, batch),
            _ => Ok(()),
        }
    }

    fn add_clients(&mut self, day: Day, batch: &RecordBatch) -> Result<()> {
        if !self.wanted.window.days().contains(day) {
            return self.refused.add_origins_of(batch, &mut self.texts);
        }
        let columns = clients::texts(&self.wanted);
        let accounts = Some(&mut self.accounts);
        let mut rows = Rows::read_along(DAILY_CLIENTS.name, batch, columns, &mut self.texts, accounts)?;
        if self.wanted.addresses || self.wanted.refusals {
            self.addresses.add(&mut rows, &mut self.texts)?;
        }
        if self.wanted.refusals {
            self.refused.add_origins(&rows, &self.texts)?;
        }
        if !self.wanted.tells_ways() {
            return Ok(());
        }
        self.clients.add(day, &rows, &self.texts)?;
        let ways = clients::ways(&rows, &self.texts)?;
        if self.wanted.ways {
            self.ways.add(day, &rows, &ways)?;
        }
        if let Some(most) = self.wanted.activity {
            let (volume, texts) = (&self.volume, &self.texts);
            let activity =
                self.activity.get_or_insert_with(|| Activity::new(volume.busiest(most, texts), volume.bare(texts)));
            activity.add(day, rows, texts)?;
        }
        if !self.wanted.devices.is_empty() {
            let wanted: BooleanArray = ways.iter().map(|way| Some(self.wanted.devices.meet(*way))).collect();
            self.devices.add(&some(batch, &wanted)?, &mut self.texts)?;
        }
        Ok(())
    }

    fn add_versions(&mut self, day: Day, batch: &RecordBatch) -> Result<()> {
        let rows = versions::rows(batch, &mut self.texts, &mut self.accounts)?;
        if self.wanted.weeks && self.wanted.window.weeks().contains(day) {
            self.weeks.add(day, &rows, &self.texts)?;
        }
        if self.wanted.window.days_read().contains(day) {
            self.versions.add(day, &rows, &self.texts)?;
        }
        Ok(())
    }

    /// The tables, once all has been read.
    ///
    /// # Errors
    /// None for rows that came from here.
    pub fn tables(self, coverage: LazyFrame, imported: LazyFrame) -> Result<Tables> {
        let Self { texts, refused, volume, clients, devices, addresses, versions, ways, weeks, activity, .. } = self;
        let (client_ways, device_ways) = (clients.ways(&texts), devices.ways(&texts));
        let mut activity = activity.unwrap_or_else(|| Activity::new(None, Default::default()));
        activity.end_day(&texts);
        let spelling = Spelling::new(texts);
        let lazy = |frame: Result<DataFrame>| frame.map(IntoLazy::lazy);
        let [refusals, origins] = refused.into_frames(&spelling)?.map(IntoLazy::lazy);
        let [accounts, domains, domains_seen] = volume.into_frames(&spelling)?.map(IntoLazy::lazy);
        Ok(Tables {
            accounts,
            domains,
            domains_seen,
            versions: lazy(versions.into_frame(&spelling))?,
            clients: lazy(clients.into_frame(&client_ways, &spelling))?,
            addresses: lazy(addresses.into_frame(&spelling))?,
            devices: lazy(devices.into_frame(&device_ways, &spelling))?,
            refusals,
            origins,
            ways: lazy(ways.into_frame())?,
            weeks: lazy(weeks.into_frame(&spelling))?,
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
