//! `dim_account`: every account that a dataset may name, for BI tools: those that sent in the window or in the
//! one before it, as far as the lake was read, those of `imported_usage`, and those of `unusual_activity`, of which
//! some have only failed to sign in.

use polars::prelude::*;

use super::super::{Result, Tables, Window};
use super::{Dataset, OnPage, imported_usage, no_time, sum, with_named};

/// The registry's line.
pub(super) const DATASET: Dataset = Dataset {
    name: "dim_account",
    about: "Dimension for BI tools: the accounts that datasets name",
    reads: &[],
    stamped: true,
    on_page: OnPage::Nothing,
    build,
};

fn build(tables: &Tables, window: &Window) -> Result<LazyFrame> {
    let columns = ["account", "domain", "first_seen", "last_seen", "active_days", "in_window"].map(col);
    let named = |accounts: LazyFrame, domain: Expr| {
        let active_days = lit(0).cast(DataType::Int64).alias("active_days");
        let (first, last) = (no_time("first_seen"), no_time("last_seen"));
        accounts.select([col("account"), domain, first, last, active_days, lit(false).alias("in_window")])
    };
    let reported = named(imported_usage::rows(tables, window), col("domain"));
    let unusual = named(unusual(tables)?, lit(NULL).cast(DataType::String).alias("domain"));
    let others = concat([reported, unusual], UnionArgs::default())?;
    let all = with_named(tables.accounts.clone().select(columns), others, tables)?;
    let accounts = all.filter(col("account").is_not_null()).group_by([col("account")]).agg([
        col("domain").min(),
        col("first_seen").min(),
        col("last_seen").max(),
        sum("active_days"),
        col("in_window").any(true),
    ]);
    Ok(accounts.sort(["account"], SortMultipleOptions::default()))
}

/// The accounts of `unusual_activity`.
fn unusual(tables: &Tables) -> Result<LazyFrame> {
    let names: StringChunked = tables.findings.iter().map(|finding| Some(&*finding.account)).collect();
    Ok(DataFrame::new(names.len(), vec![names.with_name("account".into()).into_column()])?.lazy())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::super::super::examples::{self, bools, ints, texts};
    use super::super::build;
    use super::*;

    #[test]
    fn a_row_per_account_of_either_window_and_of_reports() {
        let mut lake = examples::lake();
        let renamed = when(col("messages").eq(lit(4))).then(lit("carol@a.test")).otherwise(col("account"));
        lake.volume = lake.volume.with_column(renamed.alias("account"));
        let rows = build(&DATASET, &lake.tables(), &examples::window()).unwrap();
        let names = ["account", "domain", "first_seen", "last_seen", "active_days", "in_window"];
        assert_eq!(examples::names(&rows)[3..], names);
        assert_eq!(texts(&rows, "account"), ["alice@a.test", "bob@b.test", "carol@a.test", "dave@b.test"].map(Some));
        assert_eq!(texts(&rows, "domain"), ["a.test", "b.test", "a.test", "b.test"].map(Some));
        assert_eq!(ints(&rows, "active_days"), [2, 1, 1, 0]);
        assert_eq!(bools(&rows, "in_window"), [true, true, false, false]);
        assert_eq!(rows.column("first_seen").unwrap().null_count(), 1);
        let first = rows.column("first_seen").unwrap().datetime().unwrap().physical().get(0);
        assert_eq!(first, Some(examples::day("2026-03-01").start() + 1));
    }

    #[test]
    fn who_has_only_failed_to_sign_in_is_there_too() {
        let findings = ["alice@a.test", "root@nowhere.test"].map(examples::finding).to_vec();
        let tables = Tables { findings: findings.into(), ..examples::tables() };
        let rows = build(&DATASET, &tables, &examples::window()).unwrap();
        let names = ["alice@a.test", "bob@b.test", "carol@a.test", "dave@b.test", "root@nowhere.test"].map(Some);
        assert_eq!(texts(&rows, "account"), names);
        assert_eq!((texts(&rows, "domain")[4], ints(&rows, "active_days")[4]), (None, 0));
    }
}
