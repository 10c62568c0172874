//! `imported_usage`: what other products have counted over periods that lie in the window, or partly.
//!
//! What was counted over a single day is in the other datasets too. A longer period is only here: nobody knows on
//! which of its days the messages were sent.

use polars::prelude::*;

use super::super::{Result, Tables, Window};
use super::{Dataset, OnPage, date};

/// The registry's line.
pub(super) const DATASET: Dataset = Dataset {
    name: "imported_usage",
    about: "What other products have counted, by period: of one day it is in the other datasets too",
    reads: &[],
    stamped: true,
    on_page: OnPage::PlainTable,
    build,
};

fn build(tables: &Tables, window: &Window) -> Result<LazyFrame> {
    let order = ["source", "period_end", "period_start", "account", "tls_version"];
    Ok(rows(tables, window).sort(order, SortMultipleOptions::default().with_nulls_last(true)))
}

/// The same in no order.
pub(super) fn rows(tables: &Tables, window: &Window) -> LazyFrame {
    let in_window = col("date").gt_eq(date(window.first)).and(col("period_start").lt_eq(date(window.last)));
    let days = col("date").cast(DataType::Int32) - col("period_start").cast(DataType::Int32) + lit(1);
    tables.imported.clone().filter(in_window).select([
        col("source"),
        col("period_start"),
        col("date").alias("period_end"),
        days.cast(DataType::Int64).alias("days"),
        col("account"),
        col("domain"),
        col("tls_version"),
        col("messages"),
        col("date").eq(col("period_start")).alias("in_daily"),
    ])
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::super::super::examples::{self, bools, ints, texts};
    use super::super::build;
    use super::*;

    #[test]
    fn periods_that_touch_the_window_are_there() {
        let rows = build(&DATASET, &examples::tables(), &examples::window()).unwrap();
        assert_eq!(texts(&rows, "account"), ["carol@a.test", "carol@a.test", "dave@b.test"].map(Some));
        assert_eq!(ints(&rows, "days"), [1, 1, 7]);
        assert_eq!(ints(&rows, "messages"), [3, 1, 70]);
        assert_eq!(bools(&rows, "in_daily"), [true, true, false]);
    }
}
