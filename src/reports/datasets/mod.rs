//! The datasets: one file each, one line each in [`DATASETS`].
//!
//! A dataset is a pure function of the daily tables and a window. [`build`] puts the window in front of every
//! row, so that a file keeps saying what it covers wherever it is copied to.

mod coverage;
mod sending_volume;
mod sending_volume_details;
mod shares;
mod summary;
mod tls_usage;
mod tls_usage_details;
mod unusual_activity;

use polars::prelude::*;

use super::{Error, Result, Tables, Window, tables};
use crate::calendar::Day;

/// One dataset.
#[derive(Debug)]
pub struct Dataset {
    /// Its name, which is its file's name too.
    pub name: &'static str,
    /// What it tells, in a line.
    pub about: &'static str,
    /// Its columns behind the window's, sorted.
    pub build: fn(&Tables, &Window) -> Result<LazyFrame>,
}

/// Every dataset, in the order in which a person wants to read them.
pub static DATASETS: &[Dataset] = &[
    summary::DATASET,
    sending_volume::DATASET,
    sending_volume_details::DATASET,
    tls_usage::DATASET,
    tls_usage_details::DATASET,
    unusual_activity::DATASET,
    coverage::DATASET,
];

/// The dataset that looks back further than the others, for which alone that is read.
pub const UNUSUAL_ACTIVITY: &str = "unusual_activity";

/// The dataset of a name.
#[must_use]
pub fn dataset(name: &str) -> Option<&'static Dataset> {
    DATASETS.iter().find(|dataset| dataset.name == name)
}

/// The dataset's rows: `window_start`, `window_end` and `as_of`, then its own columns, in an order that does not
/// depend on the run.
///
/// # Errors
/// Where Polars cannot run the query.
pub fn build(dataset: &Dataset, given: &Tables, window: &Window) -> Result<DataFrame> {
    let stamps = [("window_start", window.first), ("window_end", window.last), ("as_of", window.as_of)];
    let mut columns: Vec<Expr> = stamps.map(|(name, day)| date(day).alias(name)).into();
    columns.push(all().as_expr());
    let rows = (dataset.build)(given, window)?.select(columns);
    let rows = rows.collect().and_then(|rows| tables::spelled(rows, &given.texts));
    rows.map_err(|source| Error::Query { dataset: dataset.name, source })
}

/// A day as a literal of type DATE: Polars makes an instant of chrono's dates.
fn date(day: Day) -> Expr {
    lit(Scalar::new_date(day.epoch_days()))
}

/// Whether a row's day lies in the window.
pub(super) fn within(window: &Window) -> Expr {
    col("date").is_between(date(window.first), date(window.last), ClosedInterval::Both)
}

/// The sum of a column of counts.
fn sum(column: &str) -> Expr {
    col(column).cast(DataType::Int64).sum()
}

/// How many different known values there are. What is missing is not known, so it is no value.
fn distinct(column: &str) -> Expr {
    col(column).drop_nulls().n_unique().cast(DataType::Int64)
}

/// Most messages first, then by name; what has no name comes last.
fn largest_first(frame: LazyFrame, name: &str) -> LazyFrame {
    let order = SortMultipleOptions::default().with_order_descending_multi([true, false]).with_nulls_last(true);
    frame.sort(["messages", name], order)
}

/// A left join in which a missing key meets a missing key: messages without an account are a group too.
fn missing_meets_missing() -> JoinArgs {
    JoinArgs { nulls_equal: true, ..JoinArgs::new(JoinType::Left) }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::super::examples::{self, WINDOW_COLUMNS};
    use super::*;

    #[test]
    fn every_dataset_has_the_window_first_and_plain_types() {
        for tables in [examples::tables(), examples::empty()] {
            for dataset in DATASETS {
                let rows = build(dataset, &tables, &examples::window()).unwrap();
                assert_eq!(examples::names(&rows)[..3], WINDOW_COLUMNS, "{}", dataset.name);
                for column in rows.columns() {
                    let plain = match column.dtype() {
                        DataType::Date | DataType::Int64 | DataType::Float64 | DataType::Boolean | DataType::String => {
                            true
                        }
                        DataType::Datetime(TimeUnit::Microseconds, Some(zone)) => *zone == TimeZone::UTC,
                        _ => false,
                    };
                    assert!(plain, "{}.{} is {}", dataset.name, column.name(), column.dtype());
                }
            }
        }
    }

    #[test]
    fn names_as_numbers_give_the_same_datasets() {
        for dataset in DATASETS {
            let rows = |tables: &Tables| build(dataset, tables, &examples::window()).unwrap();
            let (words, numbers) = (rows(&examples::tables()), rows(&examples::numbered()));
            assert!(words.equals_missing(&numbers), "{}: {words} {numbers}", dataset.name);
        }
    }

    #[test]
    fn nothing_in_the_lake_gives_no_rows_but_a_summary() {
        for dataset in DATASETS {
            let rows = build(dataset, &examples::empty(), &examples::window()).unwrap();
            assert_eq!(rows.height(), usize::from(dataset.name == "summary"), "{}", dataset.name);
        }
    }

    #[test]
    fn names_are_found() {
        assert_eq!(dataset("tls_usage").unwrap().name, "tls_usage");
        assert!(dataset("tls").is_none());
    }
}
