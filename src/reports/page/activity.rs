//! What the page's filters work on: the window's messages by day, account, TLS version, kind of authentication,
//! whether the cipher was 3DES, and whether there was TLS, where its version is not known.
//!
//! No dataset is that fine, since no person reads it row by row. The page sums these rows again for every filter
//! and for every switch of the cutover, so a filter means the same in each of its charts and tables.

use polars::prelude::*;

use super::super::tables::spelled;
use super::super::{Error, Result, Tables};
use crate::rollups::texts::InOrder;

/// The most rows that a page holds: it opens in about a second, and is a few megabytes large.
pub const MAX_ROWS: usize = 200_000;

/// The most rows of those that are held together, before domains are held together too.
const MAX_LUMPED_ROWS: usize = 50_000;

/// The domain of rows of many small domains. `web/src/contract.ts` knows it.
const SMALLER_DOMAINS: &str = "…";

/// What a row is about.
const KEY: [&str; 7] = ["date", "account", "domain", "tls_version", "auth_family", "triple_des", "tls_known_present"];

/// The same where accounts are held together.
const KEY_AND_LUMPED: [&str; 8] = [KEY[0], KEY[1], KEY[2], KEY[3], KEY[4], KEY[5], KEY[6], "lumped"];

/// What is counted.
const MEASURES: [&str; 3] = ["messages", "recipients", "bytes"];

/// The rows, and how many accounts they hold together.
#[derive(Debug)]
pub struct Activity {
    /// `date`, `account`, `domain`, `tls_version`, `auth_family`, `triple_des`, `tls_known_present`, `messages`,
    /// `recipients`, `bytes`, and where accounts are held together, `lumped`: rows that have no account for that reason.
    pub rows: DataFrame,
    /// How many accounts are held together: those with the fewest messages, where all would be too many rows.
    pub lumped_accounts: usize,
}

/// The window's activity.
///
/// # Errors
/// Where Polars cannot run the query.
pub fn activity(tables: &Tables) -> Result<Activity> {
    let most = Most { named: MAX_ROWS, lumped: MAX_LUMPED_ROWS };
    build(tables, most).map_err(|source| Error::Query { dataset: "activity", source })
}

/// How many rows a page has room for.
#[derive(Clone, Copy)]
struct Most {
    named: usize,
    lumped: usize,
}

fn build(tables: &Tables, most: Most) -> PolarsResult<Activity> {
    let lumped = tables.activity.column("lumped")?.bool()?.any();
    let rows = tables.activity.clone().lazy();
    let rows = if lumped { summed(rows, &KEY_AND_LUMPED) } else { summed(rows, &KEY) }.collect()?;
    if !lumped && rows.height() <= most.named {
        return Ok(Activity { rows: spelled(in_order(rows)?, &tables.texts)?, lumped_accounts: 0 });
    }
    let ranks = ranked(&rows, most.named as i64).collect()?;
    let kept = ranks.height() - ranks.column("lumped")?.bool()?.sum().unwrap_or(0) as usize;
    let named = tables.accounts.clone().filter(col("in_window").and(col("account").is_not_null()));
    let accounts = named.select([len()]).collect()?;
    let accounts = accounts.columns()[0].u32()?.get(0).unwrap_or(0) as usize;
    // Only what is left is put in order: all of it may be a hundred times as much.
    let rows = with_smaller_domains(put_together(rows, ranks)?, most.lumped, &tables.texts)?;
    Ok(Activity { rows: in_order(rows)?, lumped_accounts: accounts.saturating_sub(kept) })
}

fn in_order(rows: DataFrame) -> PolarsResult<DataFrame> {
    let order = ["account", "date", "domain", "tls_version", "auth_family", "triple_des", "tls_known_present"];
    rows.sort(order, SortMultipleOptions::default().with_nulls_last(true))
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
fn put_together(rows: DataFrame, ranks: DataFrame) -> PolarsResult<DataFrame> {
    let own = if rows.column("lumped").is_ok() { col("lumped") } else { lit(false) };
    let ranks = ranks.lazy().rename(["lumped"], ["small"], true);
    let joined = rows.lazy().join(ranks, [col("account")], [col("account")], JoinArgs::new(JoinType::Left));
    let small = col("small").fill_null(lit(false));
    let account = when(small.clone()).then(lit(NULL).cast(DataType::UInt32)).otherwise(col("account"));
    let marked = joined.with_columns([account.alias("account"), own.or(small).alias("lumped")]);
    summed(marked, &KEY_AND_LUMPED).collect()
}

/// The rows with their texts. Of those that are held together the domains with the fewest messages are put together
/// too, as far as `most` rows have no room for them.
fn with_smaller_domains(rows: DataFrame, most: usize, texts: &InOrder) -> PolarsResult<DataFrame> {
    let lumped = rows.clone().lazy().filter(col("lumped"));
    let domains =
        lumped.group_by([col("domain")]).agg([col("messages").sum(), len().cast(DataType::Int64).alias("rows")]);
    let largest_first = SortMultipleOptions::default().with_order_descending_multi([true, false]);
    let ranked = domains.sort(["messages", "domain"], largest_first);
    let small = ranked.select([col("domain"), col("rows").cum_sum(false).gt(lit(most as i64)).alias("small")]);
    let both = JoinArgs { nulls_equal: true, ..JoinArgs::new(JoinType::Left) };
    let joined = rows.lazy().join(small, [col("domain")], [col("domain")], both).collect()?;
    let small = col("lumped").and(col("small").fill_null(lit(false)));
    let domain = when(small).then(lit(SMALLER_DOMAINS)).otherwise(col("domain")).alias("domain");
    summed(spelled(joined, texts)?.lazy().with_column(domain), &KEY_AND_LUMPED).collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::super::super::Wanted;
    use super::super::super::examples::{self, int, ints, texts};
    use super::*;

    #[test]
    fn a_row_per_day_account_and_way_in() {
        let Activity { rows, lumped_accounts } = activity(&examples::tables()).unwrap();
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
        let Activity { rows, .. } = activity(&examples::tables()).unwrap();
        let flags: Vec<_> = rows.column("triple_des").unwrap().bool().unwrap().iter().collect();
        // alice over TLSv1.0 and TLSv1.3, bob of whom nothing is known, and somebody without TLS.
        assert_eq!(flags, [Some(true), Some(false), Some(false), None, Some(false)]);
        let flags: Vec<_> = rows.column("tls_known_present").unwrap().bool().unwrap().iter().collect();
        assert_eq!(flags, [Some(true), Some(true), Some(true), None, Some(false)]);
    }

    #[test]
    fn tls_without_a_version_is_told_by_how_it_began() {
        let lake = examples::lake();
        let clients = lake.clients.clone().with_column(lit("implicit").alias("tls_mode"));
        let tables = examples::Lake { clients, ..lake }.tables();
        let Activity { rows, .. } = activity(&tables).unwrap();
        let flags: Vec<_> = rows.column("tls_known_present").unwrap().bool().unwrap().iter().collect();
        assert_eq!(texts(&rows, "tls_version")[3], Some("unknown"));
        assert_eq!(flags[3..], [Some(true), Some(false)]);
    }

    #[test]
    fn small_accounts_are_held_together_where_all_are_too_many() {
        // alice has three rows, bob one and nobody known one: with room for three, bob loses his name.
        let most = Most { named: 3, lumped: 9 };
        let Activity { rows, lumped_accounts } = build(&examples::tables(), most).unwrap();
        assert_eq!(lumped_accounts, 1);
        let total = rows.clone().lazy().select([col("messages").sum()]).collect().unwrap();
        assert_eq!(int(&total, "messages"), Some(11));
        let nameless = rows.lazy().filter(col("account").is_null()).sort(["lumped"], Default::default());
        let nameless = nameless.collect().unwrap();
        let flags: Vec<_> = nameless.column("lumped").unwrap().bool().unwrap().iter().flatten().collect();
        assert_eq!((ints(&nameless, "messages"), flags), (vec![2, 1], vec![false, true]));
    }

    /// What has no room is held together while it is read already, and the page is the same.
    #[test]
    fn a_page_without_room_is_the_same_however_it_is_read() {
        for most in 0..6 {
            let wanted = Wanted { activity: Some(most), ..examples::wanted() };
            let [early, late] = [examples::lake().read(wanted, 2), examples::tables()].map(|tables| {
                let Activity { rows, lumped_accounts } = build(&tables, Most { named: most, lumped: 9 }).unwrap();
                (rows, lumped_accounts)
            });
            assert_eq!(early.1, late.1, "{most}");
            let order = ["date", "account", "domain", "tls_version"];
            let [early, late] = [early.0, late.0].map(|rows| rows.sort(order, Default::default()).unwrap());
            assert!(early.equals_missing(&late), "{most}: {early} {late}");
        }
    }

    #[test]
    fn small_domains_are_held_together_where_all_are_too_many() {
        let tables = examples::tables();
        let domains = |lumped: usize| {
            let Activity { rows, .. } = build(&tables, Most { named: 0, lumped }).unwrap();
            let rows = rows.lazy().filter(col("lumped")).sort(["messages"], Default::default()).collect().unwrap();
            let domains = texts(&rows, "domain").into_iter().map(|domain| domain.unwrap().to_owned());
            domains.zip(ints(&rows, "messages")).collect::<Vec<_>>()
        };
        let of = |rows: &[(&str, i64)]| {
            rows.iter().map(|(domain, count)| ((*domain).to_owned(), *count)).collect::<Vec<_>>()
        };
        assert_eq!(domains(4), of(&[("b.test", 1), ("a.test", 2), ("a.test", 3), ("a.test", 3)]));
        assert_eq!(domains(3), of(&[("…", 1), ("a.test", 2), ("a.test", 3), ("a.test", 3)]));
        assert_eq!(domains(0), of(&[("…", 1), ("…", 2), ("…", 3), ("…", 3)]));
    }

    #[test]
    fn nothing_is_no_rows() {
        assert_eq!(activity(&examples::empty()).unwrap().rows.height(), 0);
    }
}
