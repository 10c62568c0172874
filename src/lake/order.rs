//! The order in which a batch's rows are written: nulls first, texts by their bytes, equal rows as they came.
//!
//! Each sort column is turned into numbers that are in the same order, and the rows are sorted by them digit by
//! digit, from the last column to the first. Texts are compared once for each distinct one; rows are never compared.

use arrow::array::{ArrayRef, AsArray, RecordBatch, UInt32Array};
use arrow::compute::{cast, min, rank};
use arrow::datatypes::{DataType, Int32Type, Int64Type};
use arrow::error::ArrowError;

use super::tables::Table;

/// Bits of a digit: as many counters as a core's cache holds.
const DIGIT: u32 = 11;

/// Where each row of the sorted batch stands in `batch`; none where the table has no order.
pub(super) fn order(table: &Table, batch: &RecordBatch) -> Result<Option<UInt32Array>, ArrowError> {
    if table.sort.is_empty() {
        return Ok(None);
    }
    let mut rows = (0..batch.num_rows() as u32).collect::<Vec<_>>();
    for column in table.sort.iter().rev().filter_map(|name| batch.column_by_name(name)) {
        rows = sorted(rows, &numbers(column)?);
    }
    Ok(Some(rows.into()))
}

/// The rows by their numbers, those of the same number as they are.
fn sorted(mut rows: Vec<u32>, numbers: &[u64]) -> Vec<u32> {
    let bits = u64::BITS - numbers.iter().max().map_or(u64::BITS, |largest| largest.leading_zeros());
    let mut other = vec![0; rows.len()];
    for shift in (0..bits).step_by(DIGIT as usize) {
        let digit = |row: u32| (numbers[row as usize] >> shift) as usize % (1 << DIGIT);
        let mut places = [0_u32; 1 << DIGIT];
        rows.iter().for_each(|row| places[digit(*row)] += 1);
        let mut before = 0;
        for place in &mut places {
            before += std::mem::replace(place, before);
        }
        for row in &rows {
            let place = &mut places[digit(*row)];
            other[*place as usize] = *row;
            *place += 1;
        }
        std::mem::swap(&mut rows, &mut other);
    }
    rows
}

/// Each row's number: equal for equal values, and none is below that of null.
fn numbers(column: &ArrayRef) -> Result<Vec<u64>, ArrowError> {
    const NULL: u64 = 0;
    if let Some(texts) = column.as_dictionary_opt::<Int32Type>() {
        let ranks = rank(texts.values().as_ref(), None)?;
        return Ok(texts.keys().iter().map(|key| key.map_or(NULL, |key| u64::from(ranks[key as usize]))).collect());
    }
    if matches!(column.data_type(), DataType::Int64 | DataType::Timestamp(..)) {
        let values = cast(column, &DataType::Int64)?;
        let values = values.as_primitive::<Int64Type>();
        // Counted from the least one, few digits are needed.
        let least = min(values).unwrap_or_default();
        let number = |value: i64| value.abs_diff(least).saturating_add(1);
        return Ok(values.iter().map(|value| value.map_or(NULL, number)).collect());
    }
    Ok(rank(column.as_ref(), None)?.into_iter().map(u64::from).collect())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use std::sync::Arc;

    use arrow::array::{DictionaryArray, Int64Array, StringArray};

    use super::super::tables::REJECTED_LINES;
    use super::*;

    fn batch(files: ArrayRef, lines: Vec<Option<i64>>) -> RecordBatch {
        let columns = [("file", files), ("line", Arc::new(Int64Array::from(lines)) as ArrayRef)];
        RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true))).unwrap()
    }

    #[test]
    fn rows_are_in_the_order_of_all_sort_columns_and_then_as_they_came() {
        let files = [Some("b"), None, Some("a"), Some("b"), Some("a"), Some("")];
        let numbered = files.into_iter().collect::<DictionaryArray<Int32Type>>();
        for files in [Arc::new(numbered) as ArrayRef, Arc::new(StringArray::from(files.to_vec()))] {
            let batch = batch(files, vec![Some(1), Some(7), Some(2), None, Some(2), Some(9)]);
            assert_eq!(order(&REJECTED_LINES, &batch).unwrap().unwrap().values(), &[1, 5, 2, 4, 3, 0]);
        }
    }

    #[test]
    fn numbers_are_in_order_over_their_whole_range() {
        let lines = [i64::MAX, 3_000_000_000, 0, -1, 5000, i64::MIN, 4999, 3_000_000_001, i64::MIN + 1];
        let batch = batch(Arc::new(StringArray::from(vec!["a"; 9])), lines.map(Some).to_vec());
        let order = order(&REJECTED_LINES, &batch).unwrap().unwrap();
        assert!(order.values().iter().map(|row| lines[*row as usize]).is_sorted());
    }
}
