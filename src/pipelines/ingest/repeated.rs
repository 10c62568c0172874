//! Columns whose texts come again and again, and together: an address has one name, an account one domain.
//!
//! Rows that agree in all of them are numbered as one, so that a row costs one look into one table and holds one
//! number. To look up each text by itself costs more than all the rest of writing the row.

use std::array::from_fn;
use std::hash::BuildHasher;

use arrow::array::{ArrayRef, StringDictionaryBuilder, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::Int32Type;
use arrow::error::ArrowError;
use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

/// Texts that come together, and which of them each row has.
pub(super) struct Repeated<const N: usize> {
    /// The numbers of the distinct rows, by their keys.
    known: HashTable<u32>,
    keys: Keys,
    /// The texts of each distinct row.
    distinct: [StringDictionaryBuilder<Int32Type>; N],
    /// The distinct row that each row is.
    rows: Vec<u32>,
}

/// The texts of each distinct row as one, one behind the other: a piece of memory for each would cost more than to find
/// it.
#[derive(Default)]
struct Keys {
    bytes: Vec<u8>,
    /// Where each key ends, and the next one begins.
    ends: Vec<usize>,
    hashes: Vec<u64>,
}

/// What begins a text in a key, and what stands there for none: bytes that are in no text.
const TEXT: u8 = 0xff;
const NONE: u8 = 0xfe;

impl Keys {
    fn get(&self, number: u32) -> &[u8] {
        let number = number as usize;
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start..self.ends[number]]
    }
}

impl<const N: usize> Default for Repeated<N> {
    fn default() -> Self {
        let distinct = from_fn(|_| StringDictionaryBuilder::new());
        Self { known: HashTable::new(), keys: Keys::default(), distinct, rows: Vec::new() }
    }
}

impl<const N: usize> Repeated<N> {
    /// Adds a row; the bytes of its texts.
    pub(super) fn push(&mut self, row: [Option<&str>; N]) -> usize {
        let Self { known, keys, distinct, rows } = self;
        // The key is written behind the others, where it stays if it is a new one.
        let start = keys.bytes.len();
        for text in row {
            keys.bytes.push(if text.is_some() { TEXT } else { NONE });
            keys.bytes.extend_from_slice(text.unwrap_or_default().as_bytes());
        }
        let key = &keys.bytes[start..];
        let length = key.len();
        let hash = FxBuildHasher.hash_one(key);
        let number = match known.find(hash, |number| keys.get(*number) == key) {
            Some(number) => {
                keys.bytes.truncate(start);
                *number
            }
            None => {
                for (column, text) in distinct.iter_mut().zip(row) {
                    column.append_option(text);
                }
                let number = keys.ends.len() as u32;
                keys.ends.push(keys.bytes.len());
                keys.hashes.push(hash);
                known.insert_unique(hash, number, |number| keys.hashes[*number as usize]);
                number
            }
        };
        rows.push(number);
        length
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
        assert_eq!(repeated.known.len(), 5, "distinct rows");
        assert_eq!(repeated.keys.get(1), b"\xffab\xfe");
        for (place, column) in repeated.finish().unwrap().iter().enumerate() {
            let column = column.as_dictionary::<Int32Type>().downcast_dict::<arrow::array::StringArray>().unwrap();
            assert!(column.into_iter().eq(rows.iter().map(|row| row[place])));
            assert!(column.values().len() <= 3);
        }
    }
}
