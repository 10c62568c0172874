//! `dim_domain`: every domain that a dataset may name, for BI tools: those of the accounts of the window, of the one
//! before it, of the weeks that `burn_down` shows, and of `imported_usage`.

use polars::prelude::*;

use super::super::wanted::Part;
use super::super::{Result, Tables, Window};
use super::{Dataset, OnPage, imported_usage, no_time, with_named, within};

/// The registry's line.
pub(super) const DATASET: Dataset = Dataset {
    name: "dim_domain",
    about: "Dimension for BI tools: the domains that datasets name",
    reads: &[Part::Weeks],
    stamped: true,
    on_page: OnPage::Nothing,
    build,
};

fn build(tables: &Tables, window: &Window) -> Result<LazyFrame> {
    let no = || lit(false).alias("in_window");
    let seen = tables.domains_seen.clone().select([col("domain"), col("first_seen"), col("last_seen"), no()]);
    let unseen = |rows: &LazyFrame, in_window: Expr| {
        rows.clone().select([col("domain"), no_time("first_seen"), no_time("last_seen"), in_window])
    };
    let days = unseen(&tables.domains, within(window).alias("in_window"));
    let sent = concat([seen, days, unseen(&tables.weeks, no())], UnionArgs::default())?;
    let all = with_named(sent, unseen(&imported_usage::rows(tables, window), no()), tables)?;
    let domains = all.filter(col("domain").is_not_null()).group_by([col("domain")]).agg([
        col("first_seen").min(),
        col("last_seen").max(),
        col("in_window").any(true),
    ]);
    Ok(domains.sort(["domain"], SortMultipleOptions::default()))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::super::super::examples::{self, bools, texts};
    use super::super::build;
    use super::*;

    #[test]
    fn domains_of_weeks_long_past_and_of_reports_are_there() {
        let mut lake = examples::lake();
        // As long ago as the first of the weeks.
        let past = lake.tls.clone().limit(1).with_columns([
            lit(Scalar::new_date(examples::day("2025-12-01").epoch_days())).alias("date"),
            lit("x@old.test").alias("account"),
            lit("old.test").alias("domain"),
        ]);
        lake.imported = lake.imported.with_column(lit("tenant.test").alias("domain"));
        lake.tls = concat([lake.tls, past], UnionArgs::default()).unwrap();
        let rows = build(&DATASET, &lake.tables(), &examples::window()).unwrap();
        assert_eq!(examples::names(&rows)[3..], ["domain", "first_seen", "last_seen", "in_window"]);
        assert_eq!(texts(&rows, "domain"), ["a.test", "b.test", "old.test", "tenant.test"].map(Some));
        assert_eq!(bools(&rows, "in_window"), [true, true, false, false]);
        assert_eq!(rows.column("first_seen").unwrap().null_count(), 2);
    }
}
