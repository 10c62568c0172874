//! What the page's filters work on: the window's messages by day, account, TLS version, kind of authentication, and
//! whether the cipher was 3DES.
//!
//! No dataset is that fine, since no person reads it row by row. The page sums these rows again for every filter
//! and for every switch of the cutover, so a filter means the same in each of its charts and tables.

use polars::prelude::*;

use super::super::cutover::Ways;
use super::super::datasets::{among, within};
use super::super::tables::spelled;
use super::super::{Error, Result, Tables, Window};

/// The most rows that a page holds: it opens in about a second, and is a few megabytes large.
const MAX_ROWS: i64 = 200_000;

/// What a row is about.
const KEY: [&str; 6] = ["date", "account", "domain", "tls_version", "auth_family", "triple_des"];

/// What is counted.
const MEASURES: [&str; 3] = ["messages", "recipients", "bytes"];

/// The rows, and how many accounts they hold together.
#[derive(Debug)]
pub struct Activity {
    /// `date`, `account`, `domain`, `tls_version`, `auth_family`, `triple_des`, `messages`, `recipients`, `bytes`, and
    /// where accounts are held together, `lumped`: rows that have no account for that reason.
    pub rows: DataFrame,
    /// How many accounts are held together: those with the fewest messages, where all would be too many rows.
    pub lumped_accounts: usize,
}

/// The window's activity.
///
/// # Errors
/// Where Polars cannot run the query.
pub fn activity(tables: &Tables, window: &Window) -> Result<Activity> {
    let spelled = |activity: Activity| Ok(Activity { rows: spelled(activity.rows, &tables.texts)?, ..activity });
    build(tables, window, MAX_ROWS).and_then(spelled).map_err(|source| Error::Query { dataset: "activity", source })
}

fn build(tables: &Tables, window: &Window, most: i64) -> PolarsResult<Activity> {
    let clients = tables.daily_clients.clone().filter(within(window)).with_column(triple_des().alias("triple_des"));
    let rows = summed(clients, &KEY).collect()?;
    if i64::try_from(rows.height()).is_ok_and(|height| height <= most) {
        return Ok(Activity { rows: in_order(rows)?, lumped_accounts: 0 });
    }
    let ranks = ranked(&rows, most).collect()?;
    let lumped_accounts = ranks.column("lumped")?.bool()?.sum().unwrap_or(0) as usize;
    // Only what is left is put in order: all of it may be a hundred times as much.
    Ok(Activity { rows: in_order(lumped(rows, ranks)?)?, lumped_accounts })
}

fn in_order(rows: DataFrame) -> PolarsResult<DataFrame> {
    let order = ["account", "date", "domain", "tls_version", "auth_family", "triple_des"];
    rows.sort(order, SortMultipleOptions::default().with_nulls_last(true))
}

/// Whether the cipher was 3DES; missing where the log does not tell.
fn triple_des() -> Expr {
    let unknown = when(among(Ways::unknown_cipher())).then(lit(NULL).cast(DataType::Boolean));
    unknown.otherwise(among(Ways::triple_des()))
}

fn summed(rows: LazyFrame, key: &[&str]) -> LazyFrame {
    let columns: Vec<Expr> = key.iter().map(|name| col(*name)).collect();
    rows.group_by(columns).agg(MEASURES.map(|name| col(name).sum()))
}

/// Every account with whether it is lumped: the busiest ones stay, as long as their rows are no more than `most`.
fn ranked(rows: &DataFrame, most: i64) -> LazyFrame {
    let accounts = rows.clone().lazy().filter(col("account").is_not_null()).group_by([col("account")]);
    let ranked = accounts
        .agg([col("messages").sum(), len().cast(DataType::Int64).alias("rows")])
        .sort(["messages", "account"], SortMultipleOptions::default().with_order_descending_multi([true, false]));
    ranked.select([col("account"), col("rows").cum_sum(false).gt(lit(most)).alias("lumped")])
}

/// The rows with the accounts that `ranks` marks put together, so that every sum stays what it is.
fn lumped(rows: DataFrame, ranks: DataFrame) -> PolarsResult<DataFrame> {
    let joined = rows.lazy().join(ranks.lazy(), [col("account")], [col("account")], JoinArgs::new(JoinType::Left));
    let account =
        when(col("lumped").fill_null(lit(false))).then(lit(NULL).cast(DataType::UInt32)).otherwise(col("account"));
    let marked = joined.with_columns([account.alias("account"), col("lumped").fill_null(lit(false))]);
    summed(marked, &[&KEY[..], &["lumped"]].concat()).collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::super::super::examples::{self, int, ints, texts};
    use super::*;

    #[test]
    fn a_row_per_day_account_and_way_in() {
        let Activity { rows, lumped_accounts } = activity(&examples::tables(), &examples::window()).unwrap();
        assert_eq!(examples::names(&rows), [&KEY[..], &MEASURES[..]].concat());
        assert_eq!(
            texts(&rows, "account"),
            [Some("alice@a.test"), Some("alice@a.test"), Some("alice@a.test"), Some("bob@b.test"), None]
        );
        assert_eq!(ints(&rows, "messages"), [2, 3, 3, 1, 2], "the window before is not in it");
        assert_eq!(texts(&rows, "auth_family"), [Some("basic"), Some("basic"), Some("oauth"), None, Some("basic")]);
        assert_eq!(lumped_accounts, 0);
    }

    #[test]
    fn ciphers_are_told_by_name() {
        let Activity { rows, .. } = activity(&examples::tables(), &examples::window()).unwrap();
        let flags: Vec<_> = rows.column("triple_des").unwrap().bool().unwrap().iter().collect();
        // alice over TLSv1.0 and TLSv1.3, bob of whom nothing is known, and somebody without TLS.
        assert_eq!(flags, [Some(true), Some(false), Some(false), None, Some(false)]);
    }

    #[test]
    fn small_accounts_are_held_together_where_all_are_too_many() {
        // alice has three rows, bob one and nobody known one: with room for three, bob loses his name.
        let Activity { rows, lumped_accounts } = build(&examples::tables(), &examples::window(), 3).unwrap();
        assert_eq!(lumped_accounts, 1);
        let total = rows.clone().lazy().select([col("messages").sum()]).collect().unwrap();
        assert_eq!(int(&total, "messages"), Some(11));
        let nameless = rows.lazy().filter(col("account").is_null()).sort(["lumped"], Default::default());
        let nameless = nameless.collect().unwrap();
        let flags: Vec<_> = nameless.column("lumped").unwrap().bool().unwrap().iter().flatten().collect();
        assert_eq!((ints(&nameless, "messages"), flags), (vec![2, 1], vec![false, true]));
    }

    #[test]
    fn nothing_is_no_rows() {
        assert_eq!(activity(&examples::empty(), &examples::window()).unwrap().rows.height(), 0);
    }
}
