//! What each account did in each week: a bit for every week, so that a year of a million accounts is a few numbers
//! for each of them.

use arrow::array::{AsArray, DictionaryArray};
use arrow::datatypes::Int32Type;
use polars::prelude::*;
use rustc_hash::FxHashMap;

use super::Result;
use super::tls::{TLS_VERSIONS, TlsVersion};
use crate::calendar::{Day, DayRange};
use crate::rollups::texts::{MISSING, Number};

/// Weeks as they are read. A row is an account and its domain; the bit of a week is set where in that week
pub(super) struct Weeks {
    first: Day,
    accounts: FxHashMap<(Number, Number), Row>,
}

#[derive(Clone, Copy, Default)]
struct Row {
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

/// The columns of numbers, a bit for every week.
pub(super) const BITS: [&str; 3] = ["active", "legacy", "unknown"];

impl Weeks {
    /// No weeks were read yet.
    pub(super) fn new(weeks: DayRange) -> Self {
        Self { first: weeks.start, accounts: FxHashMap::default() }
    }

    /// Adds a day's rows of `daily_tls`: accounts with their domains, and the versions. A message without an account
    /// is nobody's week.
    pub(super) fn add(
        &mut self,
        day: Day,
        who: impl Iterator<Item = (Option<Number>, Option<Number>)>,
        versions: &DictionaryArray<Int32Type>,
    ) {
        let bit = 1 << ((day.epoch_days() - self.first.epoch_days()) / 7);
        let texts = versions.values().as_string_opt::<i32>();
        let classes: Vec<&str> = texts.into_iter().flatten().map(class).collect();
        let of_key = |key: i32| classes.get(usize::try_from(key).ok()?).copied();
        for ((account, domain), key) in who.zip(versions.keys()) {
            let Some(account) = account else { continue };
            let row = self.accounts.entry((account, domain.unwrap_or(MISSING))).or_default();
            row.active |= bit;
            match key.and_then(of_key) {
                Some("legacy") => row.legacy |= bit,
                Some("current") => {}
                _ => row.unknown |= bit,
            }
        }
    }

    /// `account`, `domain` and [`BITS`], names as numbers.
    pub(super) fn into_frame(self) -> Result<DataFrame> {
        let rows: Vec<_> = self.accounts.into_iter().collect();
        let names = |name: &str, number: &dyn Fn(&(Number, Number)) -> Number| {
            let known = rows.iter().map(|(key, _)| Some(number(key)).filter(|number| *number != MISSING));
            known.collect::<UInt32Chunked>().with_name(name.into()).into_column()
        };
        let bits = |name: &str, bits: &dyn Fn(&Row) -> i64| {
            Int64Chunked::from_iter_values(name.into(), rows.iter().map(|(_, row)| bits(row))).into_column()
        };
        let mut columns = vec![names("account", &|key| key.0), names("domain", &|key| key.1)];
        columns.push(bits(BITS[0], &|row| row.active));
        columns.push(bits(BITS[1], &|row| row.legacy));
        columns.push(bits(BITS[2], &|row| row.unknown));
        Ok(DataFrame::new(rows.len(), columns)?)
    }
}
