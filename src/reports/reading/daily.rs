//! Counts by day: each day's groups, of which only the sums are kept once the next day begins.

use polars::prelude::*;
use rustc_hash::FxHashSet;

use super::super::Result;
use super::columns::{Spelling, counts, dates};
use crate::calendar::Day;
use crate::rollups::groups::{Groups, Layout};
use crate::rollups::rows::Rows;
use crate::rollups::texts::{MISSING, Number, Texts};

/// Days as they are read, one after the other.
pub(super) struct Daily<const KEY: usize, const SUMS: usize> {
    layout: &'static Layout<KEY, 0, SUMS>,
    day: Day,
    groups: Groups<KEY, 0, SUMS>,
    /// The accounts of the day's groups, by the groups' places.
    accounts: Vec<i64>,
    /// By account: the last day that had it, and the place of the group that had it first.
    first: Vec<Option<(Day, usize)>>,
    /// What further groups of the day have it.
    further: FxHashSet<(usize, Number)>,
    /// What is left of the days before.
    counted: Vec<Counted<KEY, SUMS>>,
}

/// A group of a day that was read.
struct Counted<const KEY: usize, const SUMS: usize> {
    day: Day,
    key: [Number; KEY],
    sums: [i64; SUMS],
    accounts: i64,
}

impl<const KEY: usize, const SUMS: usize> Daily<KEY, SUMS> {
    pub(super) fn new(layout: &'static Layout<KEY, 0, SUMS>) -> Self {
        Self {
            layout,
            day: Day::default(),
            groups: Groups::new(layout),
            accounts: Vec::new(),
            first: Vec::new(),
            further: FxHashSet::default(),
            counted: Vec::new(),
        }
    }

    /// Counts rows of a day. Messages without an account are of no account.
    pub(super) fn add(&mut self, day: Day, rows: &Rows<'_>, texts: &Texts) -> Result<()> {
        if self.day != day {
            self.end_day();
            self.day = day;
        }
        let places = self.groups.add(rows, texts)?;
        self.accounts.resize(self.groups.groups().len(), 0);
        for (place, account) in places.into_iter().zip(rows.texts("account")?) {
            if *account != MISSING && self.is_new(place, *account) {
                self.accounts[place] += 1;
            }
        }
        Ok(())
    }

    /// Whether a group of the day has an account for the first time. Most accounts of a day are in one group.
    fn is_new(&mut self, place: usize, account: Number) -> bool {
        let number = account as usize;
        if self.first.len() <= number {
            self.first.resize(number + 1, None);
        }
        match self.first[number].filter(|(day, _)| *day == self.day) {
            Some((_, first)) => first != place && self.further.insert((place, account)),
            None => {
                self.first[number] = Some((self.day, place));
                true
            }
        }
    }

    fn end_day(&mut self) {
        let groups = std::mem::replace(&mut self.groups, Groups::new(self.layout));
        let accounts = self.accounts.drain(..);
        self.counted.extend(groups.groups().iter().zip(accounts).map(|(group, accounts)| Counted {
            day: self.day,
            key: group.key,
            sums: group.sums,
            accounts,
        }));
        self.further.clear();
    }

    /// `date`, the key, the sums, and `accounts`: how many different ones.
    pub(super) fn into_frame(mut self, spelling: &Spelling) -> Result<DataFrame> {
        self.end_day();
        let rows = &self.counted;
        let mut columns = vec![dates("date", rows.iter().map(|row| row.day))];
        let key = self.layout.key.iter().enumerate();
        columns.extend(key.map(|(at, name)| spelling.texts(name, rows.iter().map(|row| row.key[at]))));
        let sums = self.layout.sums.iter().enumerate();
        columns.extend(sums.map(|(at, (_, name))| counts(name, rows.iter().map(|row| row.sums[at]))));
        columns.push(counts("accounts", rows.iter().map(|row| row.accounts)));
        Ok(DataFrame::new(rows.len(), columns)?)
    }
}
