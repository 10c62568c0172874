//! Cells: what a dataset holds, column by column, and one spelling of days, instants and numbers for every export.
//!
//! A dataset of a million accounts has some fifty million cells, so a cell is written where it belongs without a
//! text of its own in between.

use std::io::Write;

use arrow::array::{Array, AsArray, BooleanArray, RecordBatch, StringArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Date32Type, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType};
use chrono::Datelike;
use polars::prelude::DataFrame;

use super::{Error, Result};
use crate::calendar::{DAY, Day, SECOND, Timestamp};
use crate::rollups::arrow_array;

/// What a cell holds.
#[derive(Clone, Copy, PartialEq)]
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

/// A column of a batch, whose kind is looked at once and not for every cell.
#[derive(Clone, Copy)]
pub(super) struct Cells<'a> {
    values: Values<'a>,
    nulls: Option<&'a NullBuffer>,
}

#[derive(Clone, Copy)]
enum Values<'a> {
    Days(&'a [i32]),
    Instants(&'a [i64]),
    Numbers(&'a [i64]),
    Floats(&'a [f64]),
    Truths(&'a BooleanArray),
    Texts(&'a StringArray),
    None,
}

impl<'a> Cells<'a> {
    /// The cells of a column of a [`batch`].
    pub(super) fn of(column: &'a dyn Array) -> Self {
        let values = match column.data_type() {
            DataType::Date32 => Values::Days(column.as_primitive::<Date32Type>().values()),
            DataType::Timestamp(..) => Values::Instants(column.as_primitive::<TimestampMicrosecondType>().values()),
            DataType::Int64 => Values::Numbers(column.as_primitive::<Int64Type>().values()),
            DataType::Float64 => Values::Floats(column.as_primitive::<Float64Type>().values()),
            DataType::Boolean => Values::Truths(column.as_boolean()),
            DataType::Utf8 => Values::Texts(column.as_string::<i32>()),
            _ => Values::None,
        };
        Self { values, nulls: column.nulls() }
    }

    /// The cells of all columns.
    pub(super) fn of_columns(rows: &'a RecordBatch) -> Vec<Self> {
        rows.columns().iter().map(|column| Self::of(column.as_ref())).collect()
    }

    /// How many of the first columns hold one value in all of so many rows, as those of the window do.
    pub(super) fn shared(columns: &[Self], rows: usize) -> usize {
        columns.iter().take_while(|column| (1..rows).all(|row| column.get(row) == column.get(0))).count()
    }

    /// The texts of all rows, one behind the other; nothing of a column of another kind.
    pub(super) fn all_texts(&self) -> &'a [u8] {
        let Values::Texts(texts) = self.values else { return &[] };
        match texts.value_offsets() {
            [first, .., last] => &texts.value_data()[*first as usize..*last as usize],
            _ => &[],
        }
    }

    /// The cell of a row. JSON and spreadsheets have no word for what is no number, so that is missing too.
    pub(super) fn get(&self, row: usize) -> Cell<'a> {
        if self.nulls.is_some_and(|nulls| nulls.is_null(row)) {
            return Cell::Missing;
        }
        match self.values {
            Values::Days(days) => Cell::Day(Day::from_epoch_days(days[row])),
            Values::Instants(instants) => Cell::Instant(instants[row]),
            Values::Numbers(numbers) => Cell::Number(numbers[row]),
            Values::Floats(numbers) if numbers[row].is_finite() => Cell::Float(numbers[row]),
            Values::Truths(truths) => Cell::Truth(truths.value(row)),
            Values::Texts(texts) => Cell::Text(texts.value(row)),
            Values::Floats(_) | Values::None => Cell::Missing,
        }
    }
}

impl Cell<'_> {
    /// Days as ISO 8601, instants as RFC 3339 with `Z`, floats in their shortest exact form and always with a point,
    /// so that a reader does not take the column for whole numbers. What is missing is nothing.
    pub(super) fn write(self, file: &mut Vec<u8>) {
        match self {
            Self::Missing => {}
            Self::Number(number) => write_number(file, number),
            Self::Float(number) => write_float(file, number),
            Self::Truth(truth) => file.extend_from_slice(if truth { b"true" } else { b"false" }),
            Self::Day(day) => write_day(file, day),
            Self::Instant(at) => write_instant(file, at),
            Self::Text(text) => file.extend_from_slice(text.as_bytes()),
        }
    }

    /// What [`write`](Self::write) writes, as a text of its own.
    pub(super) fn text(self) -> String {
        let mut text = Vec::new();
        self.write(&mut text);
        // All that is written is text.
        String::from_utf8(text).unwrap_or_default()
    }
}

fn write_number(file: &mut Vec<u8>, number: i64) {
    if number < 0 {
        file.push(b'-');
    }
    write_digits(file, number.unsigned_abs(), 1);
}

/// A number with at least so many digits, by hand: Rust's formatting takes several times as long.
fn write_digits(file: &mut Vec<u8>, mut number: u64, at_least: usize) {
    const MOST: usize = 20;
    let mut digits = [b'0'; MOST];
    let mut start = MOST;
    while number > 0 {
        start -= 1;
        digits[start] += (number % 10) as u8;
        number /= 10;
    }
    file.extend_from_slice(&digits[start.min(MOST - at_least)..]);
}

/// A number below a hundred with both its digits.
fn two(number: u32) -> [u8; 2] {
    [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8]
}

/// A float in its shortest exact form. Most are percentages with two decimals, whose shortest form is just that.
fn write_float(file: &mut Vec<u8>, number: f64) {
    let hundredths = (number * 100.0).round();
    if !(0.0..1e9).contains(&number) || hundredths / 100.0 != number || number.is_sign_negative() {
        // Writing to memory cannot fail.
        let _ = write!(file, "{number:?}");
        return;
    }
    let hundredths = hundredths as u64;
    write_digits(file, hundredths / 100, 1);
    file.push(b'.');
    write_digits(file, hundredths / 10 % 10, 1);
    if !hundredths.is_multiple_of(10) {
        write_digits(file, hundredths % 10, 1);
    }
}

fn write_day(file: &mut Vec<u8>, day: Day) {
    let date = day.date();
    if date.year() < 0 {
        file.push(b'-');
    }
    write_digits(file, date.year().unsigned_abs().into(), 4);
    let (month, day) = (two(date.month()), two(date.day()));
    file.extend_from_slice(&[b'-', month[0], month[1], b'-', day[0], day[1]]);
}

/// Microseconds since the epoch as RFC 3339, with milliseconds or microseconds where there are some.
fn write_instant(file: &mut Vec<u8>, at: Timestamp) {
    write_day(file, Day::of(at));
    let (second, fraction) = ((at.rem_euclid(DAY) / SECOND) as u32, at.rem_euclid(SECOND).unsigned_abs());
    let [hour, minute, second] = [second / 3_600, second / 60 % 60, second % 60].map(two);
    file.extend_from_slice(&[b'T', hour[0], hour[1], b':', minute[0], minute[1], b':', second[0], second[1]]);
    if fraction > 0 {
        file.push(b'.');
        let (part, digits) = if fraction % 1_000 == 0 { (fraction / 1_000, 3) } else { (fraction, 6) };
        write_digits(file, part, digits);
    }
    file.push(b'Z');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_as_rust_writes_them() {
        for number in [0, 7, 10, 99, 100, -1, -1_000, 1_234_567_890, i64::MAX, i64::MIN] {
            assert_eq!(Cell::Number(number).text(), number.to_string());
        }
    }

    #[test]
    fn days_are_iso_8601() {
        for days in [-1, 0, 59, 60, 20_514, 100_000] {
            let day = Day::from_epoch_days(days);
            assert_eq!(Cell::Day(day).text(), day.to_string());
        }
    }

    #[test]
    fn floats_are_in_their_shortest_exact_form() {
        let numbers = [0.0, -0.0, 50.0, 33.33, 0.1, 0.25, 99.99, 100.0, 0.1 + 0.2, -1.5, 1e-7, 1e300, 12_345.678, 1e9];
        for number in numbers {
            assert_eq!(Cell::Float(number).text(), format!("{number:?}"));
        }
        for hundredths in 0..=10_000 {
            let number = f64::from(hundredths) / 100.0;
            assert_eq!(Cell::Float(number).text(), format!("{number:?}"));
        }
    }

    #[test]
    fn instants_are_rfc_3339() {
        let day = Day::of(1_772_409_600_000_000);
        let texts = [0, 1, 1_000, 3_661 * SECOND].map(|later| Cell::Instant(day.start() + later).text());
        assert_eq!(
            texts,
            ["2026-03-02T00:00:00Z", "2026-03-02T00:00:00.000001Z", "2026-03-02T00:00:00.001Z", "2026-03-02T01:01:01Z"]
        );
        assert_eq!(Cell::Instant(-1).text(), "1969-12-31T23:59:59.999999Z");
    }
}
