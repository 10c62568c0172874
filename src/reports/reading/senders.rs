//! Who sent, from where and how: the daily tables but for `daily_tls`, as they are read.

use arrow::array::{BooleanArray, RecordBatch};

use super::super::{Result, Wanted};
use super::activity::Activity;
use super::clients::{self, Addresses, Clients, Devices};
use super::refused::Refused;
use super::volume::{self, Volume};
use super::ways::DailyWays;
use super::{Half, some};
use crate::calendar::Day;
use crate::lake::tables::{DAILY_CLIENTS, DAILY_REFUSALS, DAILY_VOLUME, Table};
use crate::rollups::rows::Rows;
use crate::rollups::texts::{Texts, Trail};

/// Which addresses were refused, and which accounts sent most, is known before it is asked what came from them.
static TABLES: [&Table; 3] = [&DAILY_REFUSALS, &DAILY_VOLUME, &DAILY_CLIENTS];

/// Senders as they are read.
pub(super) struct Senders {
    wanted: Wanted,
    pub(super) texts: Texts,
    /// The accounts in their order, in which they come on each day of each table.
    accounts: Trail,
    pub(super) refused: Refused,
    pub(super) volume: Volume,
    pub(super) clients: Clients,
    pub(super) devices: Devices,
    pub(super) addresses: Addresses,
    pub(super) ways: DailyWays,
    /// Once all of the volume was read, and only where it is wanted.
    pub(super) activity: Option<Activity>,
}

impl Senders {
    pub(super) fn new(wanted: Wanted) -> Self {
        Self {
            wanted,
            texts: Texts::default(),
            accounts: Trail::default(),
            refused: Refused::new(),
            volume: Volume::new(wanted.window),
            clients: Clients::new(),
            devices: Devices::new(),
            addresses: Addresses::default(),
            ways: DailyWays::default(),
            activity: None,
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
}

impl Half for Senders {
    fn tables(&self) -> &'static [&'static Table] {
        &TABLES
    }

    fn columns(&self, table: &Table, day: Day) -> Vec<&'static str> {
        let needless = self.refused.is_empty() && !self.wanted.window.days().contains(day);
        if needless && table.name == DAILY_CLIENTS.name { Vec::new() } else { self.wanted.columns(table, day) }
    }

    fn add(&mut self, table: &Table, day: Day, batch: &RecordBatch) -> Result<()> {
        match table.name {
            name if name == DAILY_REFUSALS.name => self.refused.add(batch, &mut self.texts),
            name if name == DAILY_VOLUME.name => {
                let rows = volume::rows(batch, &mut self.texts, &mut self.accounts)?;
                self.volume.add(day, &rows, &self.texts)
            }
            _ => self.add_clients(day, batch),
        }
    }
}
