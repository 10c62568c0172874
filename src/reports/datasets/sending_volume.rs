//! `sending_volume`: messages per day and domain, the chart of who sends how much.

use polars::prelude::*;

use super::super::{Result, Tables, Window};
use super::{Dataset, OnPage, within};

/// The registry's line.
pub(super) const DATASET: Dataset = Dataset {
    name: "sending_volume",
    about: "Messages, recipients, bytes and accounts per day and domain",
    reads: &[],
    stamped: true,
    on_page: OnPage::PlainPart,
    build,
};

fn build(tables: &Tables, window: &Window) -> Result<LazyFrame> {
    let columns = ["date", "domain", "messages", "recipients", "bytes", "accounts"];
    let rows = tables.domains.clone().filter(within(window)).select(columns.map(col));
    Ok(rows.sort(["date", "domain"], SortMultipleOptions::default().with_nulls_last(true)))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::super::super::examples::{self, ints, texts};
    use super::super::build;
    use super::*;

    #[test]
    fn a_row_per_day_and_domain() {
        let rows = build(&DATASET, &examples::tables(), &examples::window()).unwrap();
        let names = examples::names(&rows);
        assert_eq!(names[3..], ["date", "domain", "messages", "recipients", "bytes", "accounts"]);
        assert_eq!(texts(&rows, "domain"), [Some("a.test"), Some("b.test"), None, Some("a.test")]);
        assert_eq!(ints(&rows, "messages"), [5, 1, 2, 3]);
        assert_eq!(ints(&rows, "accounts"), [1, 1, 0, 1], "what has no account is no account");
    }
}
