//! In which ways messages and accounts came in on each day: few rows, however many accounts there are.

use std::collections::BTreeMap;

use polars::prelude::*;
use rustc_hash::FxHashMap;

use super::Result;
use crate::calendar::Day;
use crate::rollups::texts::Number;

/// Days as they are read, one after the other.
#[derive(Default)]
pub(super) struct DailyWays {
    /// Messages and accounts by day and set of ways.
    counts: BTreeMap<(Day, i64), [i64; 2]>,
    /// The day that is being read, and the ways of each of its accounts.
    day: Option<Day>,
    accounts: FxHashMap<Number, i64>,
}

impl DailyWays {
    /// Adds rows of `daily_clients`: accounts, ways and messages.
    pub(super) fn add(&mut self, day: Day, rows: impl Iterator<Item = (Option<Number>, i64, i64)>) {
        if self.day != Some(day) {
            self.end_day();
            self.day = Some(day);
        }
        let mut last: Option<(i64, i64)> = None;
        for (account, way, messages) in rows {
            if let Some(account) = account {
                *self.accounts.entry(account).or_default() |= way;
            }
            last = match last {
                Some((same, sum)) if same == way => Some((way, sum + messages)),
                other => {
                    self.count(day, other);
                    Some((way, messages))
                }
            };
        }
        self.count(day, last);
    }

    fn count(&mut self, day: Day, messages: Option<(i64, i64)>) {
        if let Some((way, messages)) = messages {
            self.counts.entry((day, way)).or_default()[0] += messages;
        }
    }

    fn end_day(&mut self) {
        if let Some(day) = self.day.take() {
            for (_, ways) in self.accounts.drain() {
                self.counts.entry((day, ways)).or_default()[1] += 1;
            }
        }
    }

    /// `date`, `ways`, and the `messages` that came in on that way and the `accounts` whose ways those were.
    pub(super) fn into_frame(mut self) -> Result<DataFrame> {
        self.end_day();
        let dates: Vec<i32> = self.counts.keys().map(|(day, _)| day.epoch_days()).collect();
        let height = dates.len();
        let numbers = |name: &str, numbers: &mut dyn Iterator<Item = i64>| {
            Int64Chunked::from_iter_values(name.into(), numbers).into_column()
        };
        let columns = vec![
            Int32Chunked::from_vec("date".into(), dates).into_date().into_column(),
            numbers("ways", &mut self.counts.keys().map(|(_, ways)| *ways)),
            numbers("messages", &mut self.counts.values().map(|counts| counts[0])),
            numbers("accounts", &mut self.counts.values().map(|counts| counts[1])),
        ];
        Ok(DataFrame::new(height, columns)?)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::super::examples::{day, ints};
    use super::*;

    #[test]
    fn an_account_of_two_batches_is_one_account() {
        let (first, second) = (day("2026-03-01"), day("2026-03-02"));
        let mut ways = DailyWays::default();
        ways.add(first, [(Some(1), 1, 5), (Some(2), 1, 1), (None, 4, 2)].into_iter());
        ways.add(first, [(Some(1), 2, 3), (Some(3), 1, 1)].into_iter());
        ways.add(second, [(Some(1), 1, 7)].into_iter());
        let rows = ways.into_frame().unwrap();
        assert_eq!(ints(&rows, "ways"), [1, 2, 3, 4, 1]);
        assert_eq!(ints(&rows, "messages"), [7, 3, 0, 2, 7]);
        assert_eq!(ints(&rows, "accounts"), [2, 0, 1, 0, 1], "account 1 came in both ways on the first day");
    }
}
