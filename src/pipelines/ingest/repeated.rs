//! Columns whose texts come again and again, and together: an address has one name, an account one domain.
//!
//! Rows that agree in all of them are numbered as one, so that a row costs one look into one table and holds one
//! number. To look up each text by itself costs more than all the rest of writing the row.

use std::array::from_fn;

use arrow::array::{ArrayRef, StringDictionaryBuilder, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::Int32Type;
use arrow::error::ArrowError;
use rustc_hash::FxHashMap;

/// Texts that come together, and which of them each row has.
pub(super) struct Repeated<const N: usize> {
    /// The distinct rows, by their texts.
    known: FxHashMap<Box<[u8]>, u32>,
    /// The texts of each distinct row.
    distinct: [StringDictionaryBuilder<Int32Type>; N],
    /// The distinct row that each row is.
    rows: Vec<u32>,
    key: Vec<u8>,
}

/// What begins a text in a key, and what stands there for none: bytes that are in no text.
const TEXT: u8 = 0xff;
const NONE: u8 = 0xfe;

impl<const N: usize> Default for Repeated<N> {
    fn default() -> Self {
        let distinct = from_fn(|_| StringDictionaryBuilder::new());
        Self { known: FxHashMap::default(), distinct, rows: Vec::new(), key: Vec::new() }
    }
}

impl<const N: usize> Repeated<N> {
    /// Adds a row; the bytes of its texts.
    pub(super) fn push(&mut self, row: [Option<&str>; N]) -> usize {
        self.key.clear();
        for text in row {
            self.key.push(if text.is_some() { TEXT } else { NONE });
            self.key.extend_from_slice(text.unwrap_or_default().as_bytes());
        }
        let number = match self.known.get(self.key.as_slice()) {
            Some(number) => *number,
            None => self.add(row),
        };
        self.rows.push(number);
        self.key.len()
    }

    fn add(&mut self, row: [Option<&str>; N]) -> u32 {
        for (column, text) in self.distinct.iter_mut().zip(row) {
            column.append_option(text);
        }
        let number = self.known.len() as u32;
        self.known.insert(self.key.as_slice().into(), number);
        number
    }

    /// The columns, each text in them once.
    pub(super) fn finish(mut self) -> Result<[ArrayRef; N], ArrowError> {
        let rows = UInt32Array::from(self.rows);
        let columns = self.distinct.iter_mut().map(|column| take(&column.finish(), &rows, None));
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        columns.try_into().map_err(|_| ArrowError::ComputeError("a column is missing".to_owned()))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use arrow::array::{Array, AsArray};

    use super::*;

    #[test]
    fn rows_come_back_as_they_were() {
        let rows = [
            [Some("a"), Some("b")],
            [Some("ab"), None],
            [None, Some("ab")],
            [Some("a"), Some("b")],
            [Some("ab"), Some("")],
            [None, None],
        ];
        let mut repeated = Repeated::default();
        for row in rows {
            repeated.push(row);
        }
        assert_eq!(repeated.known.len(), 5);
        for (place, column) in repeated.finish().unwrap().iter().enumerate() {
            let column = column.as_dictionary::<Int32Type>().downcast_dict::<arrow::array::StringArray>().unwrap();
            assert!(column.into_iter().eq(rows.iter().map(|row| row[place])));
            assert!(column.values().len() <= 3);
        }
    }
}
