//! What each account did in each week: a bit for every week, so that a year of a million accounts is a few numbers
//! for each of them.

use polars::prelude::DataFrame;
use rustc_hash::FxHashMap;

use super::super::Result;
use super::super::tables::BITS;
use super::super::tls::{TLS_VERSIONS, TlsVersion};
use super::columns::{Spelling, counts};
use crate::calendar::{Day, DayRange};
use crate::rollups::groups::Index;
use crate::rollups::rows::Rows;
use crate::rollups::texts::{MISSING, Number, Texts};

/// Weeks as they are read.
pub(super) struct Weeks {
    first: Day,
    rows: Vec<Row>,
    index: Index<1>,
}

/// An account. The bit of a week is set where in that week
struct Row {
    key: [Number; 1],
    /// (of the domains that a bare login sent for, the first: an account is one, whatever it sends for)
    domain: Number,
    /// there was a message,
    active: i64,
    /// one without TLS or over a legacy version,
    legacy: i64,
    /// one over an unknown version.
    unknown: i64,
}

fn class(version: Option<&str>) -> &'static str {
    let known = TLS_VERSIONS.iter().find(|known| Some(known.name) == version);
    known.map_or("undetermined", TlsVersion::class)
}

impl Weeks {
    /// No weeks were read yet.
    pub(super) fn new(weeks: DayRange) -> Self {
        Self { first: weeks.start, rows: Vec::new(), index: Index::default() }
    }

    /// Adds a day's rows of `daily_tls`. A message without an account is nobody's week.
    pub(super) fn add(&mut self, day: Day, rows: &Rows<'_>, texts: &Texts) -> Result<()> {
        let bit = 1 << ((day.epoch_days() - self.first.epoch_days()) / 7);
        let [accounts, domains, versions] = ["account", "domain", "tls_version"].map(|name| rows.texts(name));
        let mut classes: FxHashMap<Number, &str> = FxHashMap::default();
        for ((account, domain), version) in accounts?.iter().zip(domains?).zip(versions?) {
            if *account == MISSING {
                continue;
            }
            let key = [*account];
            let place = self.index.place(&key, self.rows.len(), |at| self.rows.get(at).map(|row| &row.key));
            if place == self.rows.len() {
                self.rows.push(Row { key, domain: *domain, active: 0, legacy: 0, unknown: 0 });
            }
            let row = &mut self.rows[place];
            if row.domain != *domain {
                row.domain = texts.smaller(row.domain, *domain);
            }
            row.active |= bit;
            match *classes.entry(*version).or_insert_with(|| class(texts.text(*version))) {
                "legacy" => row.legacy |= bit,
                "current" => {}
                _ => row.unknown |= bit,
            }
        }
        Ok(())
    }

    /// The frame [`Tables::weeks`](super::Tables::weeks).
    pub(super) fn into_frame(self, spelling: &Spelling) -> Result<DataFrame> {
        let rows = self.rows;
        let columns = vec![
            spelling.texts("account", rows.iter().map(|row| row.key[0])),
            spelling.texts("domain", rows.iter().map(|row| row.domain)),
            counts(BITS[0], rows.iter().map(|row| row.active)),
            counts(BITS[1], rows.iter().map(|row| row.legacy)),
            counts(BITS[2], rows.iter().map(|row| row.unknown)),
        ];
        Ok(DataFrame::new(rows.len(), columns)?)
    }
}
