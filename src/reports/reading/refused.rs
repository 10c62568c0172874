//! `daily_refusals` as it is read, and what was accepted last from the addresses that were refused.

use std::cmp::Reverse;

use arrow::array::RecordBatch;
use polars::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::super::Result;
use super::columns::Spelling;
use super::some;
use crate::calendar::Timestamp;
use crate::lake::tables::{DAILY_CLIENTS, DAILY_REFUSALS};
use crate::rollups::columns::Columns;
use crate::rollups::groups::{Groups, Layout};
use crate::rollups::rows::Rows;
use crate::rollups::texts::{MISSING, Number, Texts};
use crate::submissions::tls::TlsVersion;

/// The attempts of an address, by kind.
static REFUSALS: Layout<2, 1, 1> = Layout {
    key: ["client_ip", "kind"],
    smallest: ["client_name"],
    rows: "rows",
    sums: [("attempts", "attempts")],
    seen: Some(["first_seen", "last_seen"]),
};

/// The columns of `daily_clients` that tell what came from an address.
pub(in super::super) const ORIGINS: [&str; 4] = ["account", "client_ip", "tls_version", "last_seen"];

/// The columns of `daily_refusals` that are read.
pub(in super::super) fn columns() -> impl Iterator<Item = &'static str> {
    REFUSALS.columns()
}

/// Refused attempts, which are read before what was accepted.
pub(super) struct Refused {
    groups: Groups<2, 1, 1>,
    addresses: FxHashSet<Number>,
    origins: FxHashMap<Number, Origin>,
}

/// The last message that was accepted from an address.
#[derive(Clone, Copy)]
struct Origin {
    last_seen: Option<Timestamp>,
    account: Number,
    version: Number,
}

impl Refused {
    pub(super) fn new() -> Self {
        Self { groups: Groups::new(&REFUSALS), addresses: FxHashSet::default(), origins: FxHashMap::default() }
    }

    /// Whether nothing was refused.
    pub(super) fn is_empty(&self) -> bool {
        self.groups.groups().is_empty()
    }

    /// Adds a batch of `daily_refusals`.
    pub(super) fn add(&mut self, batch: &RecordBatch, texts: &mut Texts) -> Result<()> {
        let rows = Rows::read(DAILY_REFUSALS.name, batch, REFUSALS.texts(), texts)?;
        self.groups.add(&rows, texts)?;
        self.addresses.extend(rows.texts("client_ip")?.iter().filter(|address| **address != MISSING));
        Ok(())
    }

    /// Adds those rows of a batch of `daily_clients` whose addresses were refused, which is read for them alone.
    pub(super) fn add_origins_of(&mut self, batch: &RecordBatch, texts: &mut Texts) -> Result<()> {
        let columns = Columns::new(DAILY_CLIENTS.name, batch);
        let addresses = columns.read_texts("client_ip", |addresses| texts.found_rows(addresses))?;
        let refused = addresses.iter().map(|address| Some(self.addresses.contains(address))).collect();
        let refused = some(batch, &refused)?;
        let rows = Rows::read(DAILY_CLIENTS.name, &refused, ORIGINS[..3].iter().copied(), texts)?;
        self.add_origins(&rows, texts)
    }

    /// Adds those rows of `daily_clients` whose addresses were refused. Of two at the same instant the smaller account
    /// counts, and the lower version.
    pub(super) fn add_origins(&mut self, rows: &Rows<'_>, texts: &Texts) -> Result<()> {
        if self.is_empty() {
            return Ok(());
        }
        let [accounts, addresses, versions] = ["account", "client_ip", "tls_version"].map(|name| rows.texts(name));
        let (accounts, addresses, versions, seen) = (accounts?, addresses?, versions?, rows.instants("last_seen")?);
        for (row, last_seen) in seen.iter().enumerate().filter(|(row, _)| self.addresses.contains(&addresses[*row])) {
            let origin = Origin { last_seen, account: accounts[row], version: versions[row] };
            let known = self.origins.entry(addresses[row]).or_insert(origin);
            if origin.order(texts) < known.order(texts) {
                *known = origin;
            }
        }
        Ok(())
    }

    /// The frames [`Tables::refusals`](super::Tables::refusals) and [`Tables::origins`](super::Tables::origins).
    pub(super) fn into_frames(self, spelling: &Spelling) -> Result<[DataFrame; 2]> {
        let origins: Vec<_> = self.origins.into_iter().collect();
        let columns = vec![
            spelling.texts("client_ip", origins.iter().map(|(address, _)| *address)),
            spelling.texts("account", origins.iter().map(|(_, origin)| origin.account)),
            spelling.texts("tls_version", origins.iter().map(|(_, origin)| origin.version)),
        ];
        let origins = DataFrame::new(origins.len(), columns)?;
        Ok([spelling.frame(self.groups.into_columns(&spelling.places))?, origins])
    }
}

impl Origin {
    /// What it is ordered by: the latest first, then by account, then by version, what is not known last.
    fn order(self, texts: &Texts) -> impl Ord + use<'_> {
        let version = texts.text(self.version);
        let rank = TlsVersion::ALL.iter().position(|known| Some(known.as_str()) == version);
        let account = (self.account == MISSING, texts.text(self.account));
        (Reverse(self.last_seen), account, rank.unwrap_or(TlsVersion::ALL.len()))
    }
}
