//! Rows counted by their texts, a batch at a time.
//!
//! Texts are numbers here, so that a group is found by hashing and comparing a few numbers, whatever its texts are.
//! Memory is that of the groups, however many rows they count.

use std::hash::BuildHasher;

use arrow::array::{Array, AsArray, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{Int32Type, Int64Type, TimestampMicrosecondType};
use polars::prelude::*;
use rustc_hash::FxBuildHasher;

use super::numbers::Numbers;
use super::texts::{MISSING, Number, Places, Texts, Trail};
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

/// A batch's rows, with numbers for their texts. Each column's texts are looked up once, whatever counts them.
pub struct Rows<'a> {
    table: &'static str,
    batch: &'a RecordBatch,
    texts: Vec<(&'static str, Vec<Number>)>,
}

impl<'a> Rows<'a> {
    /// The rows of a batch of a table, and numbers for some of its columns of texts, which are dictionaries. A TLS
    /// version that is missing is `unknown`, and never a group without a name.
    ///
    /// # Errors
    /// Where one of them is missing or of another type.
    pub fn read(
        table: &'static str,
        batch: &'a RecordBatch,
        columns: impl IntoIterator<Item = &'static str>,
        texts: &mut Texts,
    ) -> Result<Self> {
        Self::read_along(table, batch, columns, texts, None)
    }

    /// The same, of rows whose accounts mostly come in the order of a trail.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_along(
        table: &'static str,
        batch: &'a RecordBatch,
        columns: impl IntoIterator<Item = &'static str>,
        texts: &mut Texts,
        mut trail: Option<&mut Trail>,
    ) -> Result<Self> {
        let mut rows = Self { table, batch, texts: Vec::new() };
        for name in columns {
            if rows.texts.iter().any(|(known, _)| *known == name) {
                continue;
            }
            let column = batch.column_by_name(name).and_then(|column| column.as_dictionary_opt());
            let numbers = column.and_then(|column| match trail.as_deref_mut() {
                Some(trail) if name == "account" => texts.of_rows_along(column, trail),
                _ => texts.of_rows(column),
            });
            let numbers = numbers.ok_or_else(|| rows.unfit(name, "text"))?;
            rows.texts.push((name, numbers));
            if name == "tls_version" {
                let unknown = texts.number("unknown");
                rows.map_texts(name, |number| if number == MISSING { unknown } else { number })?;
            }
        }
        Ok(rows)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.batch.num_rows()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A column's texts as numbers.
    ///
    /// # Errors
    /// Where they were not read.
    pub fn texts(&self, name: &'static str) -> Result<&[Number]> {
        let found = self.texts.iter().find(|(known, _)| *known == name);
        found.map(|(_, numbers)| numbers.as_slice()).ok_or_else(|| self.unfit(name, "text"))
    }

    /// A column's texts as they are spelled, row by row.
    ///
    /// # Errors
    /// Where it is missing or of another type.
    pub fn spelled(&self, name: &'static str) -> Result<impl Iterator<Item = Option<&'a str>> + use<'a, '_>> {
        let column = self.batch.column_by_name(name).and_then(|column| column.as_dictionary_opt::<Int32Type>());
        let texts = column.and_then(|column| column.downcast_dict::<StringArray>());
        Ok(texts.ok_or_else(|| self.unfit(name, "text"))?.into_iter())
    }

    /// Adds the numbers of a column's texts, which somebody else has read.
    pub fn add_texts(&mut self, name: &'static str, numbers: Vec<Number>) {
        self.texts.push((name, numbers));
    }

    /// Puts other numbers in the place of a column's.
    ///
    /// # Errors
    /// Where they were not read.
    pub fn map_texts(&mut self, name: &'static str, other: impl Fn(Number) -> Number) -> Result<()> {
        let Some((_, numbers)) = self.texts.iter_mut().find(|(known, _)| *known == name) else {
            return Err(self.unfit(name, "text"));
        };
        numbers.iter_mut().for_each(|number| *number = other(*number));
        Ok(())
    }

    /// A column of numbers.
    ///
    /// # Errors
    /// Where it is missing or of another type.
    pub fn numbers(&self, name: &'static str) -> Result<&'a Int64Array> {
        let column = self.batch.column_by_name(name).and_then(|column| column.as_primitive_opt::<Int64Type>());
        column.ok_or_else(|| self.unfit(name, "a number"))
    }

    /// A column of instants.
    ///
    /// # Errors
    /// Where it is missing or of another type.
    pub fn instants(&self, name: &'static str) -> Result<&'a TimestampMicrosecondArray> {
        let column =
            self.batch.column_by_name(name).and_then(|column| column.as_primitive_opt::<TimestampMicrosecondType>());
        column.ok_or_else(|| self.unfit(name, "an instant"))
    }

    fn unfit(&self, column: &'static str, wanted: &str) -> Error {
        let found = self.batch.column_by_name(column);
        let found = found.map_or_else(|| "missing".to_owned(), |array| array.data_type().to_string());
        Error::Shape { table: self.table, column, found, wanted: wanted.to_owned() }
    }
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
