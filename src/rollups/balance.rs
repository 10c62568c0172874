//! The balance: what was rolled up adds up to what there was.
//!
//! Checked for every day of every run. A day that breaks it is an error, not a warning: a wrong figure in a daily
//! table would be believed for years.

use arrow::array::{AsArray, RecordBatch};
use arrow::compute::sum;
use arrow::datatypes::Int64Type;
use polars::prelude::*;

use super::{Error, Result};
use crate::calendar::Day;
use crate::lake::tables::Table;

/// What a day's rows add up to: taken from the rows as they are read, and not from the groups that they end in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Rows of `submissions`.
    pub messages: i64,
    /// Sum of the known recipients.
    pub recipients: i64,
    /// Sum of the known sizes, in bytes.
    pub bytes: i64,
    /// Rows of `refusals`.
    pub attempts: i64,
    /// Messages that other products have counted, which are no rows of `submissions`.
    pub imported: i64,
}

impl Totals {
    /// Adds a batch of `submissions`.
    pub fn add_submissions(&mut self, batch: &RecordBatch) {
        let sum_of = |name: &str| batch.column_by_name(name)?.as_primitive_opt::<Int64Type>().and_then(sum);
        self.messages += batch.num_rows() as i64;
        self.recipients += sum_of("recipients").unwrap_or(0);
        self.bytes += sum_of("size_bytes").unwrap_or(0);
    }

    /// Adds a batch of `imported`.
    pub fn add_imported(&mut self, batch: &RecordBatch) {
        let messages = batch.column_by_name("messages").and_then(|column| column.as_primitive_opt::<Int64Type>());
        self.imported += messages.and_then(sum).unwrap_or(0);
    }

    /// Adds a batch of `refusals`.
    pub fn add_refusals(&mut self, batch: &RecordBatch) {
        self.attempts += batch.num_rows() as i64;
    }

    /// Holds a daily table's rows against the day: every measure that the table has must add up to the same.
    ///
    /// # Errors
    /// [`Error::Unbalanced`] with table, day and both numbers where one does not.
    pub fn check(&self, table: &Table, day: Day, rolled: &DataFrame) -> Result<()> {
        let measures = [
            ("messages", self.messages + self.imported),
            ("recipients", self.recipients),
            ("bytes", self.bytes),
            ("attempts", self.attempts),
        ];
        for (measure, expected) in measures {
            if table.columns.iter().any(|column| column.name == measure) {
                let rolled_up = add_up(rolled, measure)?;
                if rolled_up != expected {
                    return Err(Error::Unbalanced { table: table.name, day, measure, rolled_up, expected });
                }
            }
        }
        Ok(())
    }
}

fn add_up(frame: &DataFrame, column: &str) -> Result<i64> {
    Ok(frame.column(column)?.i64()?.sum().unwrap_or(0))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::super::{ROLLUPS, examples, rollup};
    use super::*;

    #[test]
    fn every_daily_table_balances() {
        for frames in [examples::day(), examples::empty()] {
            for rollup in &ROLLUPS {
                frames.totals.check(rollup.table, examples::date(), &rollup.rows(&frames).unwrap()).unwrap();
            }
        }
        let expected = Totals { messages: 6, recipients: 7, bytes: 810, attempts: 6, imported: 0 };
        assert_eq!(examples::day().totals, expected);
    }

    #[test]
    fn a_lost_row_is_named_with_both_numbers() {
        let frames = examples::day();
        let volume = rollup("daily_volume").unwrap();
        let lost = volume.rows(&frames).unwrap().slice(0, 2);
        let error = frames.totals.check(volume.table, examples::date(), &lost).unwrap_err().to_string();
        assert!(error.starts_with("daily_volume of 2026-03-01: messages add up to 5, the day's rows to 6"), "{error}");
    }
}
