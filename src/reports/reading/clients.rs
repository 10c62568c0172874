//! `daily_clients` of the window as it is read: what each account sent on which way in, and on which devices.

use arrow::array::RecordBatch;
use polars::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::super::Result;
use super::super::Wanted;
use super::super::cutover::Way;
use super::super::recent::Recent;
use super::columns::{Spelling, counts, dates};
use crate::calendar::Day;
use crate::lake::tables::DAILY_CLIENTS;
use crate::rollups::groups::{Groups, Layout};
use crate::rollups::rows::Rows;
use crate::rollups::texts::{MISSING, Number, Texts};

/// What an account sent in the same way.
static CLIENTS: Layout<6, 1, 1> = Layout {
    key: ["account", "tls_version", "cipher", "cipher_class", "auth_family", "tls_mode"],
    smallest: ["domain"],
    rows: "rows",
    sums: [("messages", "messages")],
    seen: None,
};

/// What a device sent. The account comes first, then the address.
static DEVICES: Layout<7, 3, 1> = Layout {
    key: ["account", "client_ip", "helo", "tls_version", "cipher", "mechanism", "auth_family"],
    smallest: ["domain", "client_name", "service"],
    rows: "rows",
    sums: [("messages", "messages")],
    seen: Some(["first_seen", "last_seen"]),
};

/// What an account sent, by the way in.
pub(super) struct Clients {
    groups: Groups<6, 1, 1>,
    /// The last day of each, by the groups' places.
    last: Vec<Day>,
}

impl Clients {
    pub(super) fn new() -> Self {
        Self { groups: Groups::new(&CLIENTS), last: Vec::new() }
    }

    /// Adds rows of a day that is no earlier than those before.
    pub(super) fn add(&mut self, day: Day, rows: &Rows<'_>, texts: &Texts) -> Result<()> {
        let places = self.groups.add(rows, texts)?;
        self.last.resize(self.groups.groups().len(), day);
        for place in places {
            self.last[place] = day;
        }
        Ok(())
    }

    /// The frame [`Tables::clients`](super::Tables::clients).
    pub(super) fn into_frame(self, ways: &[i64], spelling: &Spelling) -> Result<DataFrame> {
        let mut columns = self.groups.into_columns(&spelling.places);
        columns.retain(|column| !["cipher", "tls_mode"].contains(&column.name().as_str()));
        columns.push(counts("way", ways.iter().copied()));
        columns.push(dates("date", self.last.iter().copied()));
        spelling.frame(columns)
    }

    /// The ways of the groups.
    pub(super) fn ways(&self, texts: &Texts) -> Vec<i64> {
        let mut known = KnownWays::default();
        let keys = self.groups.groups().iter().map(|group| group.key);
        keys.map(|[_, version, cipher, _, family, mode]| known.of([version, cipher, family, mode], texts)).collect()
    }
}

/// From how many addresses each account sent.
#[derive(Default)]
pub(super) struct Addresses {
    recent: Recent<Number>,
    met: FxHashSet<(Number, Number)>,
    counts: FxHashMap<Number, i64>,
}

impl Addresses {
    /// Reads the rows' addresses and adds them; what has no address has none.
    pub(super) fn add(&mut self, rows: &mut Rows<'_>, texts: &mut Texts) -> Result<()> {
        let both = rows.texts("account")?.iter().zip(rows.spelled("client_ip")?);
        let numbers =
            both.map(|(account, address)| address.map_or(MISSING, |address| self.of(*account, address, texts)));
        let numbers = numbers.collect();
        rows.add_texts("client_ip", numbers);
        Ok(())
    }

    /// The number of an account's address, which is counted where the account had not come from there before.
    fn of(&mut self, account: Number, address: &str, texts: &mut Texts) -> Number {
        if let Some(known) = self.recent.find(account, |known| texts.text(known) == Some(address)) {
            return known;
        }
        let number = texts.number(address);
        self.recent.add(account, number);
        if self.met.insert((account, number)) {
            *self.counts.entry(account).or_default() += 1;
        }
        number
    }

    /// The frame [`Tables::addresses`](super::Tables::addresses).
    pub(super) fn into_frame(self, spelling: &Spelling) -> Result<DataFrame> {
        drop((self.recent, self.met));
        let columns = vec![
            spelling.texts("account", self.counts.keys().copied()),
            counts("client_ips", self.counts.values().copied()),
        ];
        Ok(DataFrame::new(self.counts.len(), columns)?)
    }
}

/// What devices sent that came in on some ways.
pub(super) struct Devices {
    groups: Groups<7, 3, 1>,
}

impl Devices {
    pub(super) fn new() -> Self {
        Self { groups: Groups::new(&DEVICES) }
    }

    /// Adds rows of a batch.
    pub(super) fn add(&mut self, batch: &RecordBatch, texts: &mut Texts) -> Result<()> {
        let rows = Rows::read(DAILY_CLIENTS.name, batch, DEVICES.texts(), texts)?;
        self.groups.add(&rows, texts)?;
        Ok(())
    }

    /// The frame [`Tables::devices`](super::Tables::devices).
    pub(super) fn into_frame(self, ways: &[i64], spelling: &Spelling) -> Result<DataFrame> {
        let mut columns = self.groups.into_columns(&spelling.places);
        columns.push(counts("way", ways.iter().copied()));
        spelling.frame(columns)
    }

    /// The ways of the groups, as far as a message can fail by them: how TLS began breaks nothing, and a device that
    /// uses two ports is one device.
    pub(super) fn ways(&self, texts: &Texts) -> Vec<i64> {
        let mut known = KnownWays::default();
        let keys = self.groups.groups().iter().map(|group| group.key);
        keys.map(|[_, _, _, version, cipher, _, family]| known.of([version, cipher, family, MISSING], texts)).collect()
    }
}

/// The ways of rows.
pub(super) fn ways(rows: &Rows<'_>, texts: &Texts) -> Result<Vec<i64>> {
    let mut known = KnownWays::default();
    let [versions, ciphers, families, modes] =
        ["tls_version", "cipher", "auth_family", "tls_mode"].map(|name| rows.texts(name));
    let told = versions?.iter().zip(ciphers?).zip(families?).zip(modes?);
    Ok(told.map(|(((version, cipher), family), mode)| known.of([*version, *cipher, *family, *mode], texts)).collect())
}

/// Few different ways come, often one behind the other.
#[derive(Default)]
pub(super) struct KnownWays {
    known: FxHashMap<[Number; 4], i64>,
    last: Option<([Number; 4], i64)>,
}

impl KnownWays {
    /// The bit of the way of a TLS version, a cipher, a family of authentication and how TLS began.
    pub(super) fn of(&mut self, told: [Number; 4], texts: &Texts) -> i64 {
        if let Some((_, bit)) = self.last.filter(|(last, _)| *last == told) {
            return bit;
        }
        let way = || Way::of(told.map(|number| texts.text(number)));
        let bit = *self.known.entry(told).or_insert_with(|| way().bit());
        self.last = Some((told, bit));
        bit
    }
}

/// The columns of texts of `daily_clients` that are read of every row, but for the [`Addresses`], which are read apart.
pub(super) fn texts(wanted: &Wanted) -> impl Iterator<Item = &'static str> {
    let of_origins = Some("tls_version").filter(|_| wanted.refusals);
    let of_clients = CLIENTS.texts().filter(|_| wanted.tells_ways());
    ["account"].into_iter().chain(of_origins).chain(of_clients)
}

/// The columns of `daily_clients` that are read of every row, and those that are read of devices.
pub(super) fn columns(wanted: &Wanted) -> impl Iterator<Item = &'static str> {
    let of_clients = CLIENTS.columns().filter(|_| wanted.tells_ways());
    let of_devices = DEVICES.columns().filter(|_| !wanted.devices.is_empty());
    let of_addresses = ["account", "client_ip"].into_iter().filter(|_| wanted.addresses);
    of_clients.chain(of_addresses).chain(of_devices)
}
