//! The rules, one line each in [`RULES`]; their files are by what they look at.

mod habits;
mod surges;
mod ways_in;

use super::account_day::AccountDay;
use crate::words::counted;

/// A rule.
pub struct Rule {
    /// Its name, as the dataset has it.
    pub name: &'static str,
    /// What it tells, in a line.
    pub about: &'static str,
    /// Whether it makes a day one of high severity together with `volume`, or with another such rule.
    pub grave: bool,
    pub(super) look: fn(&AccountDay<'_>) -> Option<Seen>,
}

/// Every rule, in the order in which the findings of a day are told.
pub static RULES: &[Rule] = &[
    surges::VOLUME,
    surges::RECIPIENTS,
    surges::CLIENT_NETWORKS,
    surges::AUTH_FAILURES,
    ways_in::NEW_NETWORK,
    habits::NEW_ACCOUNT,
    ways_in::NEW_MECHANISM,
    ways_in::TLS_DOWNGRADE,
    ways_in::MANY_NETWORKS,
    ways_in::FAILURES_THEN_SUCCESS,
    habits::MANY_SENDERS,
    habits::ODD_HOURS,
    habits::DORMANT_WAKES,
];

/// What a rule saw.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Seen {
    /// The count, or 1.
    pub observed: i64,
    /// The median of what it was held against.
    pub median: Option<f64>,
    /// The spread of that: see [`Baseline`](super::statistics::Baseline).
    pub mad: Option<f64>,
    /// The number of days that it was held against.
    pub days: u32,
    /// What it had to reach.
    pub threshold: Option<f64>,
    /// By how many deviations it is above the median.
    pub z: Option<f64>,
    /// Whether there were too few days to hold it against.
    pub cold_start: bool,
    /// Whether a day long before explains it.
    pub explained: bool,
    /// In words.
    pub sentence: String,
    /// What it was seen by.
    pub evidence: Option<String>,
}

/// `1 message`, `2 messages`.
fn many(count: i64, noun: &str) -> String {
    counted(count.unsigned_abs(), noun)
}

/// Some of the words, and how many are left out.
fn listed(words: impl ExactSizeIterator<Item = String>) -> String {
    const MOST: usize = 8;
    let count = words.len();
    let shown = words.take(MOST).collect::<Vec<_>>().join(", ");
    if count > MOST { format!("{shown} and {} more", count - MOST) } else { shown }
}
