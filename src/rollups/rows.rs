//! A batch's rows, as whatever counts them wants them.

use arrow::array::{Int64Array, RecordBatch, TimestampMicrosecondArray};

use super::Result;
use super::columns::Columns;
use super::texts::{MISSING, Number, Texts, Trail};

/// A batch's rows, with numbers for their texts. Each column's texts are looked up once, whatever counts them.
pub struct Rows<'a> {
    columns: Columns<'a>,
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
        let mut rows = Self { columns: Columns::new(table, batch), texts: Vec::new() };
        for name in columns {
            if rows.texts.iter().any(|(known, _)| *known == name) {
                continue;
            }
            let numbers = rows.columns.read_texts(name, |column| match trail.as_deref_mut() {
                Some(trail) if name == "account" => texts.of_rows_along(column, trail),
                _ => texts.of_rows(column),
            })?;
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
        self.columns.height()
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
        found.map(|(_, numbers)| numbers.as_slice()).ok_or_else(|| self.columns.unread(name))
    }

    /// A column's texts as they are spelled, row by row.
    ///
    /// # Errors
    /// Where it is missing or of another type.
    pub fn spelled(&self, name: &'static str) -> Result<impl Iterator<Item = Option<&'a str>> + use<'a, '_>> {
        Ok(self.columns.texts(name)?.texts())
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
            return Err(self.columns.unread(name));
        };
        numbers.iter_mut().for_each(|number| *number = other(*number));
        Ok(())
    }

    /// Puts the numbers that a function makes of two columns' in the place of the first one's.
    ///
    /// # Errors
    /// Where they were not read.
    pub fn map_by(
        &mut self,
        [name, by]: [&'static str; 2],
        mut other: impl FnMut(Number, Number) -> Number,
    ) -> Result<()> {
        let numbers = self.texts(name)?.iter().zip(self.texts(by)?).map(|(number, by)| other(*number, *by)).collect();
        self.texts.retain(|(known, _)| *known != name);
        self.add_texts(name, numbers);
        Ok(())
    }

    /// A column of numbers.
    ///
    /// # Errors
    /// Where it is missing or of another type.
    pub fn numbers(&self, name: &'static str) -> Result<&'a Int64Array> {
        self.columns.numbers(name)
    }

    /// A column of instants.
    ///
    /// # Errors
    /// Where it is missing or of another type.
    pub fn instants(&self, name: &'static str) -> Result<&'a TimestampMicrosecondArray> {
        self.columns.instants(name)
    }
}
