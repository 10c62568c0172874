//! Cells: what a dataset holds, column by column, and one spelling of days, instants and numbers for every export.
//!
//! A dataset of a million accounts has some fifty million cells, so a cell is written where it belongs without a
//! text of its own in between.

use std::fmt::{self, Display, Write};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Date32Type, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType};
use polars::prelude::DataFrame;

use super::{Error, Result};
use crate::calendar::{DAY, Day, SECOND, Timestamp};
use crate::rollups::arrow_array;

/// What a cell holds.
#[derive(Clone, Copy)]
pub(super) enum Cell<'a> {
    /// Nothing is known.
    Missing,
    /// A whole number.
    Number(i64),
    /// A number with a fraction, which is finite.
    Float(f64),
    /// A truth value.
    Truth(bool),
    /// A day.
    Day(Day),
    /// An instant.
    Instant(Timestamp),
    /// Text, which may be anything that a client sent.
    Text(&'a str),
}

/// A dataset's rows as Arrow columns, in which any value may be missing: what a dataset lacks today it may lack
/// tomorrow, and its schema stays the same.
///
/// # Errors
/// Where a column is of no type that the lake has.
pub fn batch(rows: &DataFrame) -> Result<RecordBatch> {
    let columns = rows.columns().iter().map(|column| {
        let array = arrow_array(column).ok().flatten().filter(|array| is_plain(array.data_type()));
        let array = array
            .ok_or_else(|| Error::Column { column: column.name().to_string(), found: column.dtype().to_string() })?;
        Ok((column.name().to_string(), array, true))
    });
    let batch = RecordBatch::try_from_iter_with_nullable(columns.collect::<Result<Vec<_>>>()?);
    batch.map_err(|source| Error::Rows { source })
}

fn is_plain(kind: &DataType) -> bool {
    use DataType::{Boolean, Date32, Float64, Int64, Timestamp, Utf8};
    matches!(kind, Date32 | Timestamp(TimeUnit::Microsecond, _) | Int64 | Float64 | Boolean | Utf8)
}

/// The cell of a row. JSON and spreadsheets have no word for what is no number, so that is missing too.
pub(super) fn cell(column: &dyn Array, row: usize) -> Cell<'_> {
    if column.is_null(row) {
        return Cell::Missing;
    }
    match column.data_type() {
        DataType::Date32 => Cell::Day(Day::from_epoch_days(column.as_primitive::<Date32Type>().value(row))),
        DataType::Timestamp(..) => Cell::Instant(column.as_primitive::<TimestampMicrosecondType>().value(row)),
        DataType::Int64 => Cell::Number(column.as_primitive::<Int64Type>().value(row)),
        DataType::Float64 => {
            let number = column.as_primitive::<Float64Type>().value(row);
            if number.is_finite() { Cell::Float(number) } else { Cell::Missing }
        }
        DataType::Boolean => Cell::Truth(column.as_boolean().value(row)),
        DataType::Utf8 => Cell::Text(column.as_string::<i32>().value(row)),
        _ => Cell::Missing,
    }
}

/// Days as ISO 8601, instants as RFC 3339 with `Z`, floats in their shortest exact form and always with a point,
/// so that a reader does not take the column for whole numbers. What is missing is nothing.
impl Display for Cell<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Missing => Ok(()),
            Self::Number(number) => number.fmt(f),
            Self::Float(number) => write_float(f, number),
            Self::Truth(truth) => truth.fmt(f),
            Self::Day(day) => day.fmt(f),
            Self::Instant(at) => write_instant(f, at),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// A float in its shortest exact form. Most are percentages with two decimals, for which that form is known.
fn write_float(f: &mut fmt::Formatter<'_>, number: f64) -> fmt::Result {
    let hundredths = (number * 100.0).round();
    if !(0.0..1e9).contains(&number) || hundredths / 100.0 != number || number.is_sign_negative() {
        return write!(f, "{number:?}");
    }
    let hundredths = hundredths as u64;
    let (whole, tenth, hundredth) = (hundredths / 100, hundredths / 10 % 10, hundredths % 10);
    write!(f, "{whole}.{tenth}")?;
    if hundredth > 0 { write!(f, "{hundredth}") } else { Ok(()) }
}

/// Microseconds since the epoch as RFC 3339, with milliseconds or microseconds where there are some.
fn write_instant(f: &mut fmt::Formatter<'_>, at: Timestamp) -> fmt::Result {
    let (second, fraction) = (at.rem_euclid(DAY) / SECOND, at.rem_euclid(SECOND));
    write!(f, "{}T{:02}:{:02}:{:02}", Day::of(at), second / 3_600, second / 60 % 60, second % 60)?;
    match (fraction, fraction % 1_000) {
        (0, _) => f.write_char('Z'),
        (_, 0) => write!(f, ".{:03}Z", fraction / 1_000),
        _ => write!(f, ".{fraction:06}Z"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_in_their_shortest_exact_form() {
        let numbers = [0.0, -0.0, 50.0, 33.33, 0.1, 0.25, 99.99, 100.0, 0.1 + 0.2, -1.5, 1e-7, 1e300, 12_345.678, 1e9];
        for number in numbers {
            assert_eq!(Cell::Float(number).to_string(), format!("{number:?}"));
        }
        for hundredths in 0..=10_000 {
            let number = f64::from(hundredths) / 100.0;
            assert_eq!(Cell::Float(number).to_string(), format!("{number:?}"));
        }
    }

    #[test]
    fn instants_are_rfc_3339() {
        let day = Day::of(1_772_409_600_000_000);
        let texts = [0, 1, 1_000, 3_661 * SECOND].map(|later| Cell::Instant(day.start() + later).to_string());
        assert_eq!(
            texts,
            ["2026-03-02T00:00:00Z", "2026-03-02T00:00:00.000001Z", "2026-03-02T00:00:00.001Z", "2026-03-02T01:01:01Z"]
        );
        assert_eq!(Cell::Instant(-1).to_string(), "1969-12-31T23:59:59.999999Z");
    }
}
