//! In which ways messages and accounts came in on each day: few rows, however many accounts there are.

use std::collections::BTreeMap;

use polars::prelude::*;
use rustc_hash::FxHashMap;

use super::super::Result;
use super::columns::{counts, dates};
use crate::calendar::Day;
use crate::rollups::rows::Rows;
use crate::rollups::texts::{MISSING, Number};

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
    /// Adds rows of `daily_clients` and their ways.
    pub(super) fn add(&mut self, day: Day, rows: &Rows<'_>, ways: &[i64]) -> Result<()> {
        let (accounts, messages) = (rows.texts("account")?, rows.numbers("messages")?);
        let messages = messages.iter().map(|messages| messages.unwrap_or(0));
        let rows = accounts.iter().zip(ways).zip(messages);
        self.count_all(day, rows.map(|((account, way), messages)| (*account, *way, messages)));
        Ok(())
    }

    /// Accounts, ways and messages.
    fn count_all(&mut self, day: Day, rows: impl Iterator<Item = (Number, i64, i64)>) {
        if self.day != Some(day) {
            self.end_day();
            self.day = Some(day);
        }
        let mut last: Option<(i64, i64)> = None;
        for (account, way, messages) in rows {
            if account != MISSING {
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
        let columns = vec![
            dates("date", self.counts.keys().map(|(day, _)| *day)),
            counts("ways", self.counts.keys().map(|(_, ways)| *ways)),
            counts("messages", self.counts.values().map(|counts| counts[0])),
            counts("accounts", self.counts.values().map(|counts| counts[1])),
        ];
        Ok(DataFrame::new(self.counts.len(), columns)?)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::super::super::examples::{day, ints};
    use super::*;

    #[test]
    fn an_account_of_two_batches_is_one_account() {
        let (first, second) = (day("2026-03-01"), day("2026-03-02"));
        let mut ways = DailyWays::default();
        ways.count_all(first, [(1, 1, 5), (2, 1, 1), (MISSING, 4, 2)].into_iter());
        ways.count_all(first, [(1, 2, 3), (3, 1, 1)].into_iter());
        ways.count_all(second, [(1, 1, 7)].into_iter());
        let rows = ways.into_frame().unwrap();
        assert_eq!(ints(&rows, "ways"), [1, 2, 3, 4, 1]);
        assert_eq!(ints(&rows, "messages"), [7, 3, 0, 2, 7]);
        assert_eq!(ints(&rows, "accounts"), [2, 0, 1, 0, 1], "account 1 came in both ways on the first day");
    }
}
