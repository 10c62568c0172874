//! A batch's columns, each as what it is asked for as.

use arrow::array::{
    Array, ArrowPrimitiveType, AsArray, BooleanArray, Date32Array, DictionaryArray, Int32Array, Int64Array,
    PrimitiveArray, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{ArrowNativeType as _, Int32Type};

use super::{Error, Result};

/// The columns of a batch of a table.
#[derive(Clone, Copy, Debug)]
pub struct Columns<'a> {
    table: &'static str,
    batch: &'a RecordBatch,
}

impl<'a> Columns<'a> {
    /// Those of a batch.
    #[must_use]
    pub fn new(table: &'static str, batch: &'a RecordBatch) -> Self {
        Self { table, batch }
    }

    /// The number of rows.
    #[must_use]
    pub fn height(&self) -> usize {
        self.batch.num_rows()
    }

    /// Whether there is a column of the name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.batch.column_by_name(name).is_some()
    }

    /// What a function reads of a column of texts; none where it cannot.
    ///
    /// # Errors
    /// Where it is missing or of another type.
    pub fn read_texts<T>(
        &self,
        name: &'static str,
        read: impl FnOnce(&'a DictionaryArray<Int32Type>) -> Option<T>,
    ) -> Result<T> {
        self.of(name, "text", |column| read(column.as_dictionary_opt()?))
    }

    /// A column of texts.
    ///
    /// # Errors
    /// Where it is missing or of another type.
    pub fn texts(&self, name: &'static str) -> Result<TextColumn<'a>> {
        self.read_texts(name, |column| {
            Some(TextColumn { keys: column.keys(), values: column.values().as_string_opt()? })
        })
    }

    /// A column of numbers.
    ///
    /// # Errors
    /// Where it is missing or of another type.
    pub fn numbers(&self, name: &'static str) -> Result<&'a Int64Array> {
        self.primitives(name, "a number")
    }

    /// A column of instants.
    ///
    /// # Errors
    /// Where it is missing or of another type.
    pub fn instants(&self, name: &'static str) -> Result<&'a TimestampMicrosecondArray> {
        self.primitives(name, "an instant")
    }

    /// A column of days.
    ///
    /// # Errors
    /// Where it is missing or of another type.
    pub fn days(&self, name: &'static str) -> Result<&'a Date32Array> {
        self.primitives(name, "a day")
    }

    /// A column of truths.
    ///
    /// # Errors
    /// Where it is missing or of another type.
    pub fn truths(&self, name: &'static str) -> Result<&'a BooleanArray> {
        self.of(name, "true or false", |column| column.as_boolean_opt())
    }

    fn primitives<T: ArrowPrimitiveType>(&self, name: &'static str, wanted: &str) -> Result<&'a PrimitiveArray<T>> {
        self.of(name, wanted, |column| column.as_primitive_opt())
    }

    fn of<T>(&self, name: &'static str, wanted: &str, read: impl FnOnce(&'a dyn Array) -> Option<T>) -> Result<T> {
        let column = self.batch.column_by_name(name);
        column.and_then(|column| read(column.as_ref())).ok_or_else(|| self.unfit(name, wanted))
    }

    /// A column of texts that were not read.
    pub(super) fn unread(&self, name: &'static str) -> Error {
        self.unfit(name, "text")
    }

    fn unfit(&self, column: &'static str, wanted: &str) -> Error {
        let found = self.batch.column_by_name(column);
        let found = found.map_or_else(|| "missing".to_owned(), |array| array.data_type().to_string());
        Error::Shape { table: self.table, column, found, wanted: wanted.to_owned() }
    }
}

/// A column of texts, each of which stands once for all rows that have it.
#[derive(Clone, Copy, Debug)]
pub struct TextColumn<'a> {
    keys: &'a Int32Array,
    values: &'a StringArray,
}

impl<'a> TextColumn<'a> {
    /// The texts that there are.
    #[must_use]
    pub fn values(&self) -> &'a StringArray {
        self.values
    }

    /// The place of a row's text among them.
    #[must_use]
    pub fn key(&self, row: usize) -> Option<usize> {
        self.keys.is_valid(row).then(|| self.keys.value(row).as_usize())
    }

    /// A row's text.
    #[must_use]
    pub fn text(&self, row: usize) -> Option<&'a str> {
        self.key(row).filter(|key| self.values.is_valid(*key)).map(|key| self.values.value(key))
    }

    /// Each row's text.
    pub fn texts(self) -> impl Iterator<Item = Option<&'a str>> {
        (0..self.keys.len()).map(move |row| self.text(row))
    }
}
