//! What is to be read: the columns and days of each daily table that the datasets asked for need, and no others.

use super::Window;
use super::cutover::Ways;
use super::datasets::Dataset;
use super::reading;
use crate::calendar::{Day, DayRange};
use crate::lake::tables::{DAILY_CLIENTS, DAILY_REFUSALS, DAILY_TLS, DAILY_VOLUME, IMPORTED, Table};

/// Days that another product counts together at most.
const LONGEST_PERIOD: i32 = 366;

/// What only some datasets need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// [`Tables::clients`](super::Tables::clients).
    Clients,
    /// [`Tables::addresses`](super::Tables::addresses).
    Addresses,
    /// [`Tables::devices`](super::Tables::devices), of legacy clients.
    LegacyDevices,
    /// [`Tables::refusals`](super::Tables::refusals) and [`Tables::origins`](super::Tables::origins).
    Refusals,
    /// [`Tables::ways`](super::Tables::ways).
    Ways,
    /// [`Tables::weeks`](super::Tables::weeks).
    Weeks,
}

/// What is to be read.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// The days.
    pub window: Window,
    /// Whether what accounts sent by the way in is.
    pub clients: bool,
    /// Whether the number of each account's addresses is.
    pub addresses: bool,
    /// The ways of the devices.
    pub devices: Ways,
    /// Whether refusals are, and what came from their addresses before.
    pub refusals: bool,
    /// Whether the days' ways are.
    pub ways: bool,
    /// Whether the weeks are.
    pub weeks: bool,
    /// For how many rows a page has room, where one is wanted.
    pub activity: Option<usize>,
}

impl Wanted {
    /// What some datasets of a window need.
    pub fn by<'a>(window: Window, datasets: impl Iterator<Item = &'a Dataset> + Clone) -> Self {
        let any = |part: Part| datasets.clone().any(|dataset| dataset.reads.contains(&part));
        Self {
            window,
            clients: any(Part::Clients),
            addresses: any(Part::Addresses),
            devices: if any(Part::LegacyDevices) { Ways::legacy() } else { Ways::default() },
            refusals: any(Part::Refusals),
            ways: any(Part::Ways),
            weeks: any(Part::Weeks),
            activity: None,
        }
    }

    /// The days of a table that are needed, and some between.
    #[must_use]
    pub fn days(&self, table: &Table) -> DayRange {
        let (window, read) = (self.window.days(), self.window.days_read());
        match table.name {
            name if name == DAILY_CLIENTS.name => match self.refusals {
                true => read,
                false => some(window, self.addresses || self.tells_ways()),
            },
            name if name == DAILY_REFUSALS.name => some(window, self.refusals),
            name if name == DAILY_TLS.name && self.weeks => {
                DayRange { start: read.start.min(self.window.weeks().start), ..read }
            }
            // A period that ends behind the window may have begun in it; one before it tells whose days are reports.
            name if name == IMPORTED.name => DayRange { end: window.end.plus(LONGEST_PERIOD), ..read },
            _ => read,
        }
    }

    /// Whether rows of `daily_clients` are told apart by the way in.
    pub(super) fn tells_ways(&self) -> bool {
        self.clients || self.ways || self.activity.is_some() || !self.devices.is_empty()
    }

    /// The columns of a table that are needed of a day; none where the day is not needed.
    pub(super) fn columns(&self, table: &Table, day: Day) -> Vec<&'static str> {
        let (in_window, read) = (self.window.days().contains(day), self.window.days_read().contains(day));
        let mut columns: Vec<&'static str> = Vec::new();
        match table.name {
            name if name == DAILY_CLIENTS.name => {
                if in_window {
                    columns.extend(reading::columns_of_clients(self));
                }
                if read && self.refusals {
                    columns.extend(reading::ORIGINS);
                }
            }
            name if name == DAILY_REFUSALS.name && in_window && self.refusals => {
                columns.extend(reading::columns_of_refusals());
            }
            name if name == DAILY_VOLUME.name && read => columns.extend(reading::columns_of_volume()),
            name if name == DAILY_TLS.name && (read || self.weeks && self.window.weeks().contains(day)) => {
                columns.extend(reading::columns_of_tls());
            }
            _ => {}
        }
        columns.sort_unstable();
        columns.dedup();
        columns
    }
}

/// The days, or none of them.
fn some(days: DayRange, wanted: bool) -> DayRange {
    if wanted { days } else { DayRange { end: days.start, ..days } }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::super::examples::{self, day};
    use super::super::{DATASETS, build};
    use super::*;

    fn named(names: &[&str]) -> Wanted {
        Wanted::by(examples::window(), DATASETS.iter().filter(|dataset| names.contains(&dataset.name)))
    }

    #[test]
    fn only_what_a_dataset_needs_is_read() {
        let few = named(&["summary", "sending_volume_details", "cutover", "cutover_details", "coverage", "eac"]);
        assert!(few.devices.is_empty() && !few.refusals && few.ways && !few.weeks);
        let needed = [
            "account",
            "auth_family",
            "cipher",
            "cipher_class",
            "client_ip",
            "domain",
            "messages",
            "tls_mode",
            "tls_version",
        ];
        assert_eq!(few.columns(&DAILY_CLIENTS, day("2026-03-02")), needed, "each column once");
        let page = Wanted { activity: Some(1), ..few };
        let needed = page.columns(&DAILY_CLIENTS, day("2026-03-02"));
        assert!(needed.contains(&"bytes") && !needed.contains(&"helo") && !needed.contains(&"first_seen"));
        assert_eq!(few.columns(&DAILY_CLIENTS, day("2026-02-27")), [""; 0]);
        assert_eq!(few.columns(&DAILY_REFUSALS, day("2026-03-02")), [""; 0]);
        assert_eq!(few.days(&DAILY_CLIENTS), examples::window().days());
        assert!(few.days(&DAILY_REFUSALS).is_empty());
        assert_eq!(few.days(&DAILY_TLS), examples::window().days_read());
        assert_eq!(few.days(&IMPORTED).to_string(), "2026-02-25 to 2027-03-05");
    }

    #[test]
    fn devices_are_read_for_those_datasets_only_that_tell_of_them() {
        let without = named(&["summary", "sending_volume", "tls_usage", "dim_account", "coverage", "unusual_activity"]);
        assert!(without.days(&DAILY_CLIENTS).is_empty());
        assert_eq!(without.columns(&DAILY_CLIENTS, day("2026-03-02")), [""; 0]);
        assert!(!without.columns(&DAILY_VOLUME, day("2026-03-02")).is_empty());
        let addresses = named(&["sending_volume_details"]);
        assert_eq!(addresses.columns(&DAILY_CLIENTS, day("2026-03-02")), ["account", "client_ip"]);
        let clients = named(&["tls_usage_details"]);
        assert!(!clients.columns(&DAILY_CLIENTS, day("2026-03-02")).contains(&"client_ip"));
    }

    /// A dataset gets all that it is made of where nothing else is asked for.
    #[test]
    fn every_dataset_is_the_same_by_itself() {
        let lake = examples::lake();
        let whole = lake.read(examples::wanted(), usize::MAX);
        for dataset in DATASETS {
            let alone = lake.read(named(&[dataset.name]), usize::MAX);
            let [whole, alone] = [&whole, &alone].map(|tables| build(dataset, tables, &examples::window()).unwrap());
            assert!(whole.equals_missing(&alone), "{}: {whole} {alone}", dataset.name);
        }
    }

    #[test]
    fn each_part_is_read_for_its_datasets() {
        assert_eq!(named(&["legacy_clients"]).devices, Ways::legacy());
        let refused = named(&["refused_clients"]);
        let origins = ["account", "client_ip", "last_seen", "tls_version"];
        assert_eq!(refused.columns(&DAILY_CLIENTS, day("2026-02-27")), origins);
        assert_eq!(refused.columns(&DAILY_REFUSALS, day("2026-02-27")), [""; 0]);
        let of_refusals = ["attempts", "client_ip", "client_name", "first_seen", "kind", "last_seen"];
        assert_eq!(refused.columns(&DAILY_REFUSALS, day("2026-03-04")), of_refusals);
        let weeks = named(&["burn_down"]);
        assert_eq!(weeks.columns(&DAILY_TLS, day("2025-12-01")), ["account", "domain", "messages", "tls_version"]);
        assert_eq!(weeks.columns(&DAILY_TLS, day("2025-11-30")), [""; 0]);
        assert_eq!(weeks.days(&DAILY_TLS).to_string(), "2025-12-01 to 2026-03-04");
        for wanted in [refused, weeks] {
            for table in [&DAILY_REFUSALS, &DAILY_VOLUME, &DAILY_CLIENTS, &DAILY_TLS] {
                let days = wanted.days(table);
                let needed = |day: &Day| !wanted.columns(table, *day).is_empty();
                assert!(
                    DayRange::inclusive(day("2025-11-01"), day("2026-03-31"))
                        .days()
                        .filter(needed)
                        .all(|day| days.contains(day))
                );
            }
        }
    }
}
