//! Rows counted by their texts, a batch at a time.
//!
//! Texts are numbers here, so that a group is found by hashing and comparing a few numbers, whatever its texts are.
//! Memory is that of the groups, however many rows they count.

use std::hash::BuildHasher;

use arrow::array::Array as _;
use polars::prelude::*;
use rustc_hash::FxBuildHasher;

use super::numbers::Numbers;
use super::rows::Rows;
use super::texts::{MISSING, Number, Places, Texts};
use super::{Error, Result};
use crate::calendar::Timestamp;

/// What rows are counted by, and what is counted.
pub struct Layout<const KEY: usize, const SMALLEST: usize, const SUMS: usize> {
    /// The texts that make a group.
    pub key: [&'static str; KEY],
    /// Texts that the key determines in all but odd cases (a PTR record that changed at noon). The smallest one
    /// stands for the group, so that it does not depend on the files' order.
    pub smallest: [&'static str; SMALLEST],
    /// What is called the number of rows.
    pub rows: &'static str,
    /// Columns of numbers that are added up, and what the sums are called.
    pub sums: [(&'static str, &'static str); SUMS],
    /// The columns of which the first and the last instant are kept, where those are of use.
    pub seen: Option<[&'static str; 2]>,
}

impl<const KEY: usize, const SMALLEST: usize, const SUMS: usize> Layout<KEY, SMALLEST, SUMS> {
    /// The columns of texts.
    pub fn texts(&self) -> impl Iterator<Item = &'static str> {
        self.key.iter().chain(&self.smallest).copied()
    }

    /// All columns that are counted, or counted by.
    pub fn columns(&self) -> impl Iterator<Item = &'static str> {
        self.texts().chain(self.sums.iter().map(|(name, _)| *name)).chain(self.seen.into_iter().flatten())
    }
}

/// The rows with the same key.
pub struct Group<const KEY: usize, const SMALLEST: usize, const SUMS: usize> {
    /// Its texts.
    pub key: [Number; KEY],
    smallest: [Number; SMALLEST],
    rows: i64,
    /// The sums of its columns of numbers.
    pub sums: [i64; SUMS],
    seen: Option<(Timestamp, Timestamp)>,
}

impl<const KEY: usize, const SMALLEST: usize, const SUMS: usize> Group<KEY, SMALLEST, SUMS> {
    /// The last instant of its rows, where instants are kept.
    #[must_use]
    pub fn last_seen(&self) -> Option<Timestamp> {
        self.seen.map(|(_, last)| last)
    }
}

/// Rows by their keys, in the order in which the keys were met.
pub struct Groups<const KEY: usize, const SMALLEST: usize, const SUMS: usize> {
    layout: &'static Layout<KEY, SMALLEST, SUMS>,
    groups: Vec<Group<KEY, SMALLEST, SUMS>>,
    index: Index<KEY>,
}

/// Where keys are in some list, which has the keys themselves.
#[derive(Default)]
pub struct Index<const KEY: usize> {
    places: Numbers,
    /// By the number of a key's first text: the place of the key that it was in last. Rows come in the order of that
    /// text, so that what is looked at here is close by, and mostly the key itself.
    last: Vec<u32>,
}

impl<const KEY: usize> Index<KEY> {
    /// The place of a key, or for a key that has none, the `next` one, which it keeps from now on. `key_at` is the key
    /// of a place.
    pub fn place<'k>(
        &mut self,
        key: &[Number; KEY],
        next: usize,
        key_at: impl Fn(usize) -> Option<&'k [Number; KEY]>,
    ) -> usize {
        // The highest number is that of no text: it stands in front of them all.
        let first = key.first().map_or(0, |number| number.wrapping_add(1) as usize);
        if self.last.len() <= first {
            self.last.resize(first + 1, u32::MAX);
        }
        let is_key = |place: u32| key_at(place as usize) == Some(key);
        let last = &mut self.last[first];
        if !is_key(*last) {
            let next = u32::try_from(next).unwrap_or(u32::MAX);
            *last = self.places.find_or_add(FxBuildHasher.hash_one(key), next, is_key);
        }
        *last as usize
    }
}

impl<const KEY: usize, const SMALLEST: usize, const SUMS: usize> Groups<KEY, SMALLEST, SUMS> {
    /// No groups yet.
    #[must_use]
    pub fn new(layout: &'static Layout<KEY, SMALLEST, SUMS>) -> Self {
        Self { layout, groups: Vec::new(), index: Index::default() }
    }

    /// The groups met so far.
    #[must_use]
    pub fn groups(&self) -> &[Group<KEY, SMALLEST, SUMS>] {
        &self.groups
    }

    /// Counts rows; which group each of them is in.
    ///
    /// # Errors
    /// Where a column is missing or of another type.
    pub fn add(&mut self, rows: &Rows<'_>, texts: &Texts) -> Result<Vec<usize>> {
        let numbers = |names: &[&'static str]| names.iter().map(|name| rows.texts(name)).collect::<Result<Vec<_>>>();
        let (key, smallest) = (numbers(&self.layout.key)?, numbers(&self.layout.smallest)?);
        let sums = self.layout.sums.iter().map(|(name, _)| rows.numbers(name)).collect::<Result<Vec<_>>>()?;
        let seen = self.layout.seen.map(|[first, last]| Ok::<_, Error>((rows.instants(first)?, rows.instants(last)?)));
        let seen = seen.transpose()?;
        let mut places = Vec::with_capacity(rows.len());
        for row in 0..rows.len() {
            let of_row = std::array::from_fn(|column| key[column][row]);
            // Files are sorted by account and time, so the same key often comes twice in a row.
            let last = places.last().copied().filter(|place: &usize| self.groups[*place].key == of_row);
            let place = last.unwrap_or_else(|| self.place(of_row));
            let group = &mut self.groups[place];
            group.rows += 1;
            for (sum, column) in group.sums.iter_mut().zip(&sums) {
                // What is not known adds nothing.
                *sum += if column.is_valid(row) { column.value(row) } else { 0 };
            }
            for (text, column) in
                group.smallest.iter_mut().zip(&smallest).filter(|(text, column)| **text != column[row])
            {
                *text = texts.smaller(*text, column[row]);
            }
            if let Some((first, last)) = seen.filter(|(first, last)| first.is_valid(row) && last.is_valid(row)) {
                group.seen = Some(widened(group.seen, first.value(row), last.value(row)));
            }
            places.push(place);
        }
        Ok(places)
    }

    /// Where a key's group is; a new one is made where there was none.
    fn place(&mut self, key: [Number; KEY]) -> usize {
        let next = self.groups.len();
        let place = self.index.place(&key, next, |place| self.groups.get(place).map(|group| &group.key));
        if place == next {
            self.groups.push(Group { key, smallest: [MISSING; SMALLEST], rows: 0, sums: [0; SUMS], seen: None });
        }
        place
    }

    /// The groups as columns: the key's texts, the smallest texts, the number of rows, the sums, and where instants are
    /// kept, `first_seen` and `last_seen`. A text is its place among all texts.
    #[must_use]
    pub fn into_columns(self, places: &Places) -> Vec<Column> {
        let layout = self.layout;
        drop(self.index);
        let text = |name: &str, number: &dyn Fn(&Group<KEY, SMALLEST, SUMS>) -> Number| {
            let column: UInt32Chunked = self.groups.iter().map(|group| places.of(number(group))).collect();
            column.with_name(name.into()).into_column()
        };
        let count = |name: &str, count: &dyn Fn(&Group<KEY, SMALLEST, SUMS>) -> i64| {
            Int64Chunked::from_iter_values(name.into(), self.groups.iter().map(count)).into_column()
        };
        let seen = |name: &str, which: fn((Timestamp, Timestamp)) -> Timestamp| {
            let column: Int64Chunked = self.groups.iter().map(|group| group.seen.map(which)).collect();
            column.with_name(name.into()).into_datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)).into_column()
        };
        let mut columns = Vec::new();
        columns.extend(layout.key.iter().enumerate().map(|(at, name)| text(name, &|group| group.key[at])));
        columns.extend(layout.smallest.iter().enumerate().map(|(at, name)| text(name, &|group| group.smallest[at])));
        columns.push(count(layout.rows, &|group| group.rows));
        columns.extend(layout.sums.iter().enumerate().map(|(at, (_, name))| count(name, &|group| group.sums[at])));
        if layout.seen.is_some() {
            columns.extend([seen("first_seen", |seen| seen.0), seen("last_seen", |seen| seen.1)]);
        }
        columns
    }
}

fn widened(seen: Option<(Timestamp, Timestamp)>, from: Timestamp, to: Timestamp) -> (Timestamp, Timestamp) {
    let (first, last) = seen.unwrap_or((from, to));
    (first.min(from), last.max(to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_keeps_its_place_and_costs_no_more_than_itself() {
        let (mut index, mut keys): (Index<2>, Vec<[Number; 2]>) = (Index::default(), Vec::new());
        let mut place = |key: [Number; 2]| {
            let place = index.place(&key, keys.len(), |at| keys.get(at));
            if place == keys.len() {
                keys.push(key);
            }
            (place, index.last.len())
        };
        let comes =
            [[MISSING, 1], [2, 1], [2, 2], [2, 1], [Number::MAX, 1], [Number::MAX, 2], [Number::MAX, 1], [2, 2]];
        assert_eq!(comes.map(|key| place(key).0), [0, 1, 2, 1, 3, 4, 3, 2]);
        assert_eq!(place([MISSING, 1]), (0, 4), "however high the number is that stands for no text");
    }
}
