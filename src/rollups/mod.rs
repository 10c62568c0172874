//! Roll-ups: one day of submissions and refusals in, one day of a daily table out.
//!
//! ```text
//! submissions ─▶ one pass over the day ─▶ groups ─▶ daily_clients, daily_volume, daily_tls, daily_refusals
//! refusals    ─▶
//! ```
//!
//! Each table is a pure function from the day's groups to a lazy frame, in a file of its own, with one line in
//! [`ROLLUPS`]. All of it covers one day, so that memory follows the groups of that day and not the length of a
//! backfill. Texts are numbers until the rows are written. Counts are INT64: Polars counts in 32 bits without
//! sign, and such sums wrap without a word.

mod balance;
mod batches;
pub mod columns;
mod daily_clients;
mod daily_refusals;
mod daily_tls;
mod daily_volume;
mod day;
pub mod groups;
pub mod networks;
mod numbers;
pub mod rows;
pub mod texts;

use polars::prelude::*;

use crate::calendar::Day;
use crate::lake::tables::{self, Kind, Table};

pub use balance::Totals;
pub use batches::{MAX_BATCH_ROWS, arrow_array, to_batches};
pub use day::{DayCount, DayFrames};
use texts::InOrder;

/// The result of this module.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a day could not be rolled up.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Polars could not run the query.
    #[error(
        "the roll-up query failed: {source}; if a column is named, the day's files are from another version: ingest the day again"
    )]
    Query {
        /// What Polars says.
        #[from]
        source: PolarsError,
    },
    /// The frame is not of the table's shape.
    #[error("{table}: column '{column}' is {found}, the table wants {wanted}; this is a defect, please report it")]
    Shape {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The type found, or `missing`.
        found: String,
        /// The type that the table has.
        wanted: String,
    },
    /// Arrow refused the columns of a batch.
    #[error("{table}: the rows do not make a batch: {source}; this is a defect, please report it")]
    Batch {
        /// The table.
        table: &'static str,
        /// What Arrow says.
        source: arrow::error::ArrowError,
    },
    /// The sums of a daily table differ from those of the rows that it was made from.
    #[error(
        "{table} of {day}: {measure} add up to {rolled_up}, the day's rows to {expected}; the day is not published: \
         run it again, and report this if it stays"
    )]
    Unbalanced {
        /// The daily table.
        table: &'static str,
        /// The day.
        day: Day,
        /// What was added up: `messages`, `recipients`, `bytes` or `attempts`.
        measure: &'static str,
        /// The sum over the daily table.
        rolled_up: i64,
        /// The sum over submissions or refusals.
        expected: i64,
    },
}

/// One daily table and how it comes about.
pub struct Rollup {
    /// The table that it fills: its result has exactly these columns, in order, sorted.
    pub table: &'static Table,
    /// The query.
    pub build: fn(&DayFrames) -> LazyFrame,
}

/// Every roll-up, in the order in which a run writes them.
pub static ROLLUPS: [Rollup; 4] =
    [daily_clients::ROLLUP, daily_volume::ROLLUP, daily_tls::ROLLUP, daily_refusals::ROLLUP];

impl Rollup {
    /// The day's rows, a text as its place among the day's texts.
    ///
    /// # Errors
    /// Where Polars cannot run the query.
    pub fn rows(&self, frames: &DayFrames) -> Result<DataFrame> {
        Ok((self.build)(frames).collect()?)
    }
}

/// The roll-up that fills a table.
#[must_use]
pub fn rollup(table: &str) -> Option<&'static Rollup> {
    ROLLUPS.iter().find(|rollup| rollup.table.name == table)
}

/// Brings a query into the table's shape: its columns and types in order, sorted by the table's order first and
/// by the rest of the key after, so that the same day always gives the same file.
fn shape(frame: LazyFrame, table: &Table, key: &[&str]) -> LazyFrame {
    let rest = key.iter().filter(|name| !table.sort.contains(name));
    let order: Vec<Expr> = table.sort.iter().chain(rest).map(|name| col(*name)).collect();
    // Rows are a few numbers here: to wake other threads costs more than they save.
    let options = SortMultipleOptions::default().with_multithreaded(false);
    frame.select(table.columns.iter().map(typed).collect::<Vec<_>>()).sort_by_exprs(order, options)
}

/// A table's column in its type. Texts are numbers still, counts may have 32 bits until they are written, and instants
/// are left as they are: Polars without its feature `timezones` plans a cast to UTC and then makes an instant without a
/// zone.
fn typed(column: &tables::Column) -> Expr {
    match column.kind {
        Kind::Timestamp | Kind::Utf8 | Kind::Int64 => col(column.name),
        kind => col(column.name).cast(kind.polars()),
    }
}

/// Gives all rows of an account the first of their domains: it counts for one a day, whoever has counted it.
fn of_one_domain(rows: LazyFrame, frames: &DayFrames) -> LazyFrame {
    // What logs alone have counted is one row of each account.
    if !frames.has_imports {
        return rows;
    }
    let account = [col("account")];
    let domains = rows.clone().group_by(account.clone()).agg([col("domain").min().alias("of_day")]);
    let joined = rows.join(domains, account.clone(), account, missing_meets_missing());
    joined.with_column(col("of_day").alias("domain"))
}

/// Messages without an account are a group of their own, so a missing account meets a missing account.
fn missing_meets_missing() -> JoinArgs {
    JoinArgs { nulls_equal: true, ..JoinArgs::new(JoinType::Left) }
}

/// The sum of a column, what is not known left out.
fn sum(column: &str) -> Expr {
    col(column).cast(DataType::Int64).sum()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
pub(crate) mod examples;

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn every_rollup_fills_its_table_exactly() {
        for frames in [examples::day(), examples::empty()] {
            for rollup in &ROLLUPS {
                let rows = rollup.rows(&frames).unwrap();
                let found: Vec<_> = rows.columns().iter().map(|c| (c.name().to_string(), c.dtype().clone())).collect();
                // Texts are places, and hours stay narrow until they are written.
                let is_narrow = |c: &tables::Column| c.kind == Kind::Utf8 || c.name.starts_with("hour_");
                let kind = |c: &tables::Column| if is_narrow(c) { DataType::UInt32 } else { c.kind.polars() };
                let columns = rollup.table.columns.iter();
                let wanted: Vec<_> = columns.map(|c| (c.name.to_owned(), kind(c))).collect();
                assert_eq!(found, wanted, "{}", rollup.table.name);
            }
        }
    }

    #[test]
    fn every_daily_table_has_its_rollup() {
        let daily = tables::TABLES.iter().filter(|table| table.name.starts_with("daily_"));
        let rolled: Vec<_> = ROLLUPS.iter().map(|rollup| rollup.table.name).collect();
        assert_eq!(daily.map(|table| table.name).collect::<Vec<_>>(), rolled);
    }

    #[test]
    fn batches_of_any_size_give_the_same_rows() {
        let (whole, split) = (examples::day(), examples::day_in_pieces());
        for rollup in &ROLLUPS {
            let same = examples::spelled(rollup, &whole).equals_missing(&examples::spelled(rollup, &split));
            assert!(same, "{}", rollup.table.name);
        }
    }
}
