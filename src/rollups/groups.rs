//! Rows counted by their texts, a batch at a time.
//!
//! Texts are numbers here, so that a group is found by hashing and comparing a few numbers, whatever its texts are.
//! Memory is that of the groups, however many rows they count.

use arrow::array::{Array, AsArray, Int64Array, RecordBatch, TimestampMicrosecondArray};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use polars::prelude::*;
use rustc_hash::FxHashMap;

use super::texts::{MISSING, Number, Places, Texts};
use super::{Error, Result};
use crate::calendar::Timestamp;

/// What rows are counted by, and what is counted.
pub(super) struct Layout<const KEY: usize, const SMALLEST: usize, const SUMS: usize> {
    /// The table that the rows are of.
    pub table: &'static str,
    /// The texts that make a group.
    pub key: [&'static str; KEY],
    /// Texts that the key determines in all but odd cases (a PTR record that changed at noon). The smallest one
    /// stands for the group, so that it does not depend on the files' order.
    pub smallest: [&'static str; SMALLEST],
    /// What is called the number of rows.
    pub rows: &'static str,
    /// Columns of numbers that are added up, and what the sums are called.
    pub sums: [(&'static str, &'static str); SUMS],
}

/// The rows with the same key.
pub(super) struct Group<const KEY: usize, const SMALLEST: usize, const SUMS: usize> {
    /// Its texts.
    pub key: [Number; KEY],
    smallest: [Number; SMALLEST],
    rows: i64,
    sums: [i64; SUMS],
    seen: Option<(Timestamp, Timestamp)>,
}

/// Rows by their keys, in the order in which the keys were met.
pub(super) struct Groups<const KEY: usize, const SMALLEST: usize, const SUMS: usize> {
    layout: &'static Layout<KEY, SMALLEST, SUMS>,
    groups: Vec<Group<KEY, SMALLEST, SUMS>>,
    places: FxHashMap<[Number; KEY], usize>,
}

impl<const KEY: usize, const SMALLEST: usize, const SUMS: usize> Groups<KEY, SMALLEST, SUMS> {
    /// No groups yet.
    pub(super) fn new(layout: &'static Layout<KEY, SMALLEST, SUMS>) -> Self {
        Self { layout, groups: Vec::new(), places: FxHashMap::default() }
    }

    /// The groups met so far.
    pub(super) fn groups(&self) -> &[Group<KEY, SMALLEST, SUMS>] {
        &self.groups
    }

    /// Counts the rows of a batch; which group each of them is in.
    ///
    /// # Errors
    /// Where a column is missing or of another type.
    pub(super) fn add(&mut self, batch: &RecordBatch, texts: &mut Texts) -> Result<Vec<usize>> {
        let batch = Batch { table: self.layout.table, batch };
        let numbers = |names: &[&'static str], texts: &mut Texts| {
            names.iter().map(|name| batch.texts(name, texts)).collect::<Result<Vec<_>>>()
        };
        let (key, smallest) = (numbers(&self.layout.key, texts)?, numbers(&self.layout.smallest, texts)?);
        let sums = self.layout.sums.iter().map(|(name, _)| batch.numbers(name)).collect::<Result<Vec<_>>>()?;
        let at = batch.instants("ts")?;
        let mut places = Vec::with_capacity(at.len());
        for row in 0..at.len() {
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
            group.seen = if at.is_valid(row) { widened(group.seen, at.value(row)) } else { group.seen };
            places.push(place);
        }
        Ok(places)
    }

    /// Where a key's group is; a new one is made where there was none.
    fn place(&mut self, key: [Number; KEY]) -> usize {
        let next = self.groups.len();
        let place = *self.places.entry(key).or_insert(next);
        if place == next {
            self.groups.push(Group { key, smallest: [MISSING; SMALLEST], rows: 0, sums: [0; SUMS], seen: None });
        }
        place
    }

    /// The groups as columns: the key's texts, the smallest texts, the number of rows, the sums, `first_seen` and
    /// `last_seen`. A text is its place among the day's texts.
    pub(super) fn into_columns(self, places: &Places) -> Vec<Column> {
        let layout = self.layout;
        drop(self.places);
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
        columns.extend([seen("first_seen", |seen| seen.0), seen("last_seen", |seen| seen.1)]);
        columns
    }
}

fn widened(seen: Option<(Timestamp, Timestamp)>, at: Timestamp) -> Option<(Timestamp, Timestamp)> {
    let (first, last) = seen.unwrap_or((at, at));
    Some((first.min(at), last.max(at)))
}

/// A batch whose columns are what a table's should be, or else an error.
pub(super) struct Batch<'a> {
    /// The table that it is of.
    pub table: &'static str,
    /// Its rows, whose texts are dictionaries.
    pub batch: &'a RecordBatch,
}

impl<'a> Batch<'a> {
    /// A column's texts as numbers. A TLS version that is missing is `unknown`, and never a group without a name.
    pub(super) fn texts(&self, name: &'static str, texts: &mut Texts) -> Result<Vec<Number>> {
        let column = self.batch.column_by_name(name).and_then(|column| column.as_dictionary_opt());
        let numbers = column.and_then(|column| texts.of_rows(column)).ok_or_else(|| self.unfit(name, "text"))?;
        if name != "tls_version" {
            return Ok(numbers);
        }
        let unknown = texts.number("unknown");
        Ok(numbers.into_iter().map(|number| if number == MISSING { unknown } else { number }).collect())
    }

    /// A column of numbers.
    pub(super) fn numbers(&self, name: &'static str) -> Result<&'a Int64Array> {
        let column = self.batch.column_by_name(name).and_then(|column| column.as_primitive_opt::<Int64Type>());
        column.ok_or_else(|| self.unfit(name, "a number"))
    }

    /// A column of instants.
    pub(super) fn instants(&self, name: &'static str) -> Result<&'a TimestampMicrosecondArray> {
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
