//! `tls_usage`: messages and accounts per day, domain and TLS version.

use polars::prelude::*;

use super::super::{Result, Tables, Window};
use super::{Dataset, OnPage, within};

/// The registry's line.
pub(super) const DATASET: Dataset = Dataset {
    name: "tls_usage",
    about: "Messages and accounts per day, domain and TLS version",
    reads: &[],
    stamped: true,
    on_page: OnPage::Nothing,
    build,
};

fn build(tables: &Tables, window: &Window) -> Result<LazyFrame> {
    let columns = ["date", "domain", "tls_version", "messages", "accounts"];
    let rows = tables.versions.clone().filter(within(window)).select(columns.map(col));
    Ok(rows.sort(["date", "domain", "tls_version"], SortMultipleOptions::default().with_nulls_last(true)))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::super::super::examples::{self, ints, texts};
    use super::super::build;
    use super::*;

    #[test]
    fn a_row_per_day_domain_and_version() {
        let rows = build(&DATASET, &examples::tables(), &examples::window()).unwrap();
        let versions = ["TLSv1.0", "TLSv1.3", "unknown", "none", "TLSv1.3"].map(Some);
        assert_eq!(examples::names(&rows)[3..], ["date", "domain", "tls_version", "messages", "accounts"]);
        assert_eq!(texts(&rows, "tls_version"), versions);
        assert_eq!(ints(&rows, "messages"), [2, 3, 1, 2, 3]);
        assert_eq!(ints(&rows, "accounts"), [1, 1, 1, 0, 1]);
    }
}
