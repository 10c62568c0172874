//! `dim_domain`: every domain that a dataset may name, for BI tools: those of the accounts of the window, of the one
//! before it, and of the weeks that `burn_down` shows.

use polars::prelude::*;

use super::super::wanted::Part;
use super::super::{Result, Tables, Window};
use super::{Dataset, within};

/// The registry's line.
pub(super) const DATASET: Dataset = Dataset {
    name: "dim_domain",
    about: "Dimension for BI tools: the domains that datasets name",
    reads: &[Part::Weeks],
    stamped: true,
    build,
};

fn build(tables: &Tables, window: &Window) -> Result<LazyFrame> {
    let rows = tables.daily_volume.clone().filter(within(window).or(within(&window.previous())));
    let rows = rows.with_column(within(window).alias("in_window"));
    let own = rows.select([col("domain"), col("first_seen"), col("last_seen"), col("in_window")]);
    let nothing = || lit(NULL).cast(DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)));
    let weeks = tables.weeks.clone().select([
        col("domain"),
        nothing().alias("first_seen"),
        nothing().alias("last_seen"),
        lit(false).alias("in_window"),
    ]);
    let both = concat([own, weeks], UnionArgs::default())?.filter(col("domain").is_not_null());
    let domains = both.group_by([col("domain")]).agg([
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
    fn domains_of_weeks_long_past_are_there() {
        let mut tables = examples::tables();
        let past = df!("account" => ["x@old.test"], "domain" => ["old.test"], "active" => [1_i64], "legacy" => [0_i64], "unknown" => [0_i64]);
        tables.weeks = past.unwrap().lazy();
        let rows = build(&DATASET, &tables, &examples::window()).unwrap();
        assert_eq!(examples::names(&rows)[3..], ["domain", "first_seen", "last_seen", "in_window"]);
        assert_eq!(texts(&rows, "domain"), ["a.test", "b.test", "old.test"].map(Some));
        assert_eq!(bools(&rows, "in_window"), [true, true, false]);
        assert_eq!(rows.column("first_seen").unwrap().null_count(), 1);
    }
}
