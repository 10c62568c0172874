//! How the daily tables are read into a memory: what is asked for, in which order, and what is taken of each batch.

use arrow::array::{Array, BooleanArray, Int64Array, RecordBatch};
use arrow::compute::filter_record_batch;

use super::super::super::{Error, Result};
use super::super::settings::OfAccounts;
use super::{Counts, Memory, NO_VERSION, days_remembered, rank};
use crate::calendar::{Day, DayRange};
use crate::lake::tables::{DAILY_CLIENTS, DAILY_REFUSALS, DAILY_TLS, DAILY_VOLUME, FROM_IMPORT, Table};
use crate::rollups::columns::Columns;
use crate::rollups::networks::network;
use crate::rollups::texts::{MISSING, Number};
use crate::submissions::RefusalKind;

/// A part of the daily tables that is read into a memory.
pub struct Reading {
    /// The table.
    pub table: &'static Table,
    /// Its columns.
    pub columns: &'static [&'static str],
    /// The days, which are read in order.
    pub days: DayRange,
    add: fn(&mut Memory, u16, Columns<'_>) -> Result<()>,
}

const COUNTS: [&str; 5] = ["account", "messages", "recipients", "client_nets", "mail_froms"];
/// The same as they are read. What another product has counted is no habit that logs can be held against.
const COUNTS_OF_LOGS: [&str; 6] = ["account", "messages", "recipients", "client_nets", "mail_froms", ORIGIN];
const WAYS_IN: [&str; 4] = ["account", "client_ip", "mechanism", ORIGIN];
const VERSIONS: [&str; 3] = ["account", "tls_version", ORIGIN];
const ORIGIN: &str = "origin";
const FAILURES: [&str; 5] = ["account", "kind", "attempts", "later_success", "attempts_before_success"];

const COUNTS_AND_HOURS: [&str; 30] = {
    let mut columns = ["account"; 30];
    let mut at = 0;
    while at < 30 {
        columns[at] = if at < 6 { COUNTS_OF_LOGS[at] } else { HOURS[at - 6] };
        at += 1;
    }
    columns
};

const HOURS: [&str; 24] = [
    "hour_00", "hour_01", "hour_02", "hour_03", "hour_04", "hour_05", "hour_06", "hour_07", "hour_08", "hour_09",
    "hour_10", "hour_11", "hour_12", "hour_13", "hour_14", "hour_15", "hour_16", "hour_17", "hour_18", "hour_19",
    "hour_20", "hour_21", "hour_22", "hour_23",
];

impl Memory {
    /// What has to be read, in this order.
    #[must_use]
    pub fn readings(&self) -> Vec<Reading> {
        let all = days_remembered(&self.settings, &self.window);
        let recent = self.first.plus((self.first_of_window() - self.settings.baseline_days).into());
        let window = self.window.days();
        let before = |start: Day| DayRange { start, end: window.start };
        let until_now = DayRange { start: recent, end: window.end };
        let long_ago = DayRange { start: all.start, end: recent };
        let reading = |table, columns, days, add| Reading { table, columns, days, add };
        vec![
            // First of all, so that accounts get their numbers in the order in which they come again and again: what is
            // kept by number is then looked at from one end to the other.
            reading(&DAILY_VOLUME, &COUNTS_OF_LOGS, window, Self::watch),
            reading(&DAILY_REFUSALS, &FAILURES, window, Self::failures_of_window),
            reading(&DAILY_VOLUME, &COUNTS_OF_LOGS, long_ago, Self::count),
            reading(&DAILY_VOLUME, &COUNTS_AND_HOURS, until_now, Self::count),
            reading(&DAILY_CLIENTS, &WAYS_IN, window, Self::ways_in_of_window),
            reading(&DAILY_CLIENTS, &WAYS_IN, before(recent), Self::ways_in_before),
            reading(&DAILY_TLS, &VERSIONS, until_now, Self::versions),
            reading(&DAILY_REFUSALS, &FAILURES, before(all.start), Self::failures_before),
        ]
    }

    /// Takes a batch of what was asked for.
    ///
    /// # Errors
    /// Where a column is missing or of another type.
    pub fn add(&mut self, reading: &Reading, day: Day, batch: &RecordBatch) -> Result<()> {
        let Some(offset) = self.offset(day) else { return Ok(()) };
        self.held.set(0, offset);
        let columns = |batch| Columns::new(reading.table.name, batch);
        match without_imports(columns(batch), batch)? {
            Some(logs) => (reading.add)(self, offset, columns(&logs)),
            None => (reading.add)(self, offset, columns(batch)),
        }
    }

    /// The account of each row of the window; one that was not met before is met now.
    fn of_window(&mut self, batch: Columns<'_>) -> Result<Vec<Number>> {
        if self.closed {
            return self.met(batch);
        }
        let (accounts, trail) = (&mut self.accounts, &mut self.trail);
        Ok(batch.read_texts("account", |column| accounts.of_rows_along(column, trail))?)
    }

    /// The account of each row, where it was met before.
    fn met(&mut self, batch: Columns<'_>) -> Result<Vec<Number>> {
        let (accounts, trail) = (&self.accounts, &mut self.trail);
        Ok(batch.read_texts("account", |column| accounts.found_rows_along(column, trail))?)
    }

    /// Learns which accounts the window has, and which of them come near a limit.
    fn watch(&mut self, _day: u16, batch: Columns<'_>) -> Result<()> {
        let numbers = self.of_window(batch)?;
        let counts = numbers_of(batch, &COUNTS[1..])?;
        let settings = std::mem::take(&mut self.settings);
        let of_accounts = OfAccounts::new(&settings);
        for (row, number) in numbers.into_iter().enumerate().filter(|(_, number)| *number != MISSING) {
            let thresholds = of_accounts.of(self.accounts.text(number).unwrap_or_default());
            let [messages, recipients, networks, senders] = [0, 1, 2, 3].map(|at| value(counts[at], row));
            let odd = messages >= thresholds.odd_hours_messages;
            let near = messages >= thresholds.volume.least()
                || recipients >= thresholds.recipients.least()
                || networks >= thresholds.client_networks.least().min(thresholds.many_networks)
                || senders >= thresholds.many_senders;
            let watch = self.watch_of(number);
            watch.counts |= near;
            watch.hours |= odd;
        }
        drop(of_accounts);
        self.settings = settings;
        Ok(())
    }

    /// Counts a day, which is later than all that were counted before.
    fn count(&mut self, day: u16, batch: Columns<'_>) -> Result<()> {
        let numbers = self.met(batch)?;
        let counts = numbers_of(batch, &COUNTS[1..])?;
        let hours = if batch.has(HOURS[0]) { numbers_of(batch, &HOURS)? } else { vec![] };
        let in_window = day >= self.first_of_window();
        for (row, account) in numbers.into_iter().enumerate().filter(|(_, number)| *number != MISSING) {
            let watch = *self.watch_of(account);
            let before = day.saturating_sub(self.wakes_after)..day;
            // What wakes after a long time is told with its count.
            let wakes = in_window && self.sent.count(account as usize, before) == 0;
            if watch.counts || wakes {
                let [messages, recipients, networks, senders] = [0, 1, 2, 3].map(|at| value(counts[at], row));
                let [networks, senders] = [networks, senders].map(|count| u32::try_from(count).unwrap_or(u32::MAX));
                self.counts.push(Counts { account, day, messages, recipients, networks, senders });
            }
            if watch.hours && !hours.is_empty() {
                self.hours.add(account, day, std::array::from_fn(|hour| value(hours[hour], row)));
            }
            self.sent.set(account as usize, day);
        }
        Ok(())
    }

    fn ways_in_of_window(&mut self, day: u16, batch: Columns<'_>) -> Result<()> {
        self.ways_in(batch, |memory, account, network, mechanism| {
            if let Some(network) = network {
                memory.networks.meet(account, network, day);
            }
            if mechanism != MISSING {
                memory.mechanisms.meet(account, mechanism, day);
            }
        })
    }

    fn ways_in_before(&mut self, day: u16, batch: Columns<'_>) -> Result<()> {
        self.ways_in(batch, |memory, account, network, mechanism| {
            if let Some(network) = network {
                memory.networks.recall(account, network, day);
            }
            if mechanism != MISSING {
                memory.mechanisms.recall(account, mechanism, day);
            }
        })
    }

    /// Hands on each known account's networks and mechanisms, mostly once: the rows of a device lie together.
    fn ways_in(
        &mut self,
        batch: Columns<'_>,
        mut note: impl FnMut(&mut Self, Number, Option<i64>, Number),
    ) -> Result<()> {
        let numbers = self.met(batch)?;
        // A mechanism that the window has not is one that is known, all the same.
        let mechanisms = batch.read_texts("mechanism", |column| self.mechanism_names.of_rows(column))?;
        let addresses = batch.texts("client_ip")?;
        // An address is read once per batch and not once per row.
        let networks: Vec<Option<i64>> = addresses.values().iter().map(|address| network(address?)).collect();
        let mut last = None;
        for (row, account) in numbers.into_iter().enumerate().filter(|(_, number)| *number != MISSING) {
            let network = addresses.key(row).and_then(|key| networks.get(key).copied().flatten());
            let way = (account, network, mechanisms[row]);
            if last != Some(way) {
                note(self, account, network, mechanisms[row]);
                last = Some(way);
            }
        }
        Ok(())
    }

    fn versions(&mut self, day: u16, batch: Columns<'_>) -> Result<()> {
        let numbers = self.met(batch)?;
        let versions = batch.texts("tls_version")?;
        let ranks: Vec<u8> = versions.values().iter().map(|version| version.map_or(NO_VERSION, rank)).collect();
        for (row, account) in numbers.into_iter().enumerate().filter(|(_, number)| *number != MISSING) {
            let rank = versions.key(row).and_then(|key| ranks.get(key)).copied().unwrap_or(NO_VERSION);
            let Some(at) = self.version_at(account, day) else { continue };
            if self.tls.len() <= at {
                self.tls.resize(at + 1, NO_VERSION);
            }
            self.tls[at] = self.tls[at].min(rank);
        }
        Ok(())
    }

    fn failures_of_window(&mut self, day: u16, batch: Columns<'_>) -> Result<()> {
        if !self.closed {
            // The accounts of refusals come in an order of their own.
            batch.read_texts("account", |column| self.accounts.of_rows(column))?;
        }
        self.fail(day, batch, true)
    }

    fn failures_before(&mut self, day: u16, batch: Columns<'_>) -> Result<()> {
        self.fail(day, batch, false)
    }

    fn fail(&mut self, day: u16, batch: Columns<'_>, in_window: bool) -> Result<()> {
        let accounts = batch.read_texts("account", |column| self.accounts.found_rows(column))?;
        let (attempts, kinds) = (batch.numbers("attempts")?, batch.texts("kind")?);
        let (later, before_success) = (batch.truths("later_success")?, batch.numbers("attempts_before_success")?);
        let wanted = RefusalKind::AuthFailed.as_str();
        for (row, account) in accounts.into_iter().enumerate().filter(|(_, number)| *number != MISSING) {
            if kinds.text(row) != Some(wanted) {
                continue;
            }
            let watch = self.watch_of(account);
            watch.failures |= in_window;
            if watch.failures {
                let attempts = value(attempts, row);
                // A day of an older lake tells it of all of them or of none.
                let all_before = !before_success.is_valid(row) && later.is_valid(row) && later.value(row);
                let failures = self.failures.entry((account, day)).or_default();
                failures.attempts += attempts;
                failures.before_success += if all_before { attempts } else { value(before_success, row) };
            }
        }
        Ok(())
    }
}

/// The rows that logs were counted for; none where all are.
fn without_imports(columns: Columns<'_>, batch: &RecordBatch) -> Result<Option<RecordBatch>> {
    if !columns.has(ORIGIN) {
        return Ok(None);
    }
    let origins = columns.texts(ORIGIN)?;
    let imports = origins.values().iter().map(|origin| origin == Some(FROM_IMPORT)).collect::<Vec<_>>();
    if !imports.contains(&true) {
        return Ok(None);
    }
    let is_import = |row: usize| origins.key(row).is_some_and(|key| imports[key]);
    let logs: BooleanArray = (0..batch.num_rows()).map(|row| Some(!is_import(row))).collect();
    filter_record_batch(batch, &logs).map(Some).map_err(|source| Error::Rows { source })
}

fn numbers_of<'a>(batch: Columns<'a>, names: &[&'static str]) -> Result<Vec<&'a Int64Array>> {
    Ok(names.iter().map(|name| batch.numbers(name)).collect::<crate::rollups::Result<_>>()?)
}

/// A count; what is not known adds nothing.
fn value(counts: &Int64Array, row: usize) -> i64 {
    if counts.is_valid(row) { counts.value(row) } else { 0 }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use polars::prelude::*;

    use super::super::super::super::examples::window;
    use super::super::super::Settings;
    use super::*;
    use crate::rollups::examples::batch;

    #[test]
    fn a_column_that_cannot_be_read_is_named() {
        let (window, messages) = (window(), df!("messages" => [1_i64]).unwrap());
        let mut memory = Memory::new(&Settings::default(), &window);
        let reading = memory.readings().remove(0);
        let error = memory.add(&reading, window.first, &batch(&messages)).unwrap_err().to_string();
        assert!(error.starts_with("daily_volume: column 'account' is missing, the table wants text"), "{error}");
    }
}
