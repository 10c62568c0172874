//! `sending_volume_details`: what each account sent in the window.
//!
//! `client_ips` is exact: the addresses of `daily_clients`. `mail_froms` is the largest count of a single day,
//! since the daily tables keep how many sender addresses a day had and not which: over several days the true
//! number may be higher, never lower. Of an account that only another product has counted, neither is known.

use polars::prelude::*;

use super::super::wanted::Part;
use super::super::{Result, Tables, Window};
use super::{Dataset, OnPage, largest_first, missing_meets_missing};

/// The registry's line.
pub(super) const DATASET: Dataset = Dataset {
    name: "sending_volume_details",
    about: "What each account sent, from how many places, on how many days",
    reads: &[Part::Addresses],
    stamped: true,
    on_page: OnPage::Part,
    build,
};

/// The dataset's own columns.
const COLUMNS: [&str; 10] = [
    "account",
    "domain",
    "messages",
    "recipients",
    "bytes",
    "active_days",
    "client_ips",
    "mail_froms",
    "first_seen",
    "last_seen",
];

fn build(tables: &Tables, _: &Window) -> Result<LazyFrame> {
    let accounts = tables.accounts.clone().filter(col("in_window"));
    let addresses = tables.addresses.clone();
    let joined = accounts.join(addresses, [col("account")], [col("account")], missing_meets_missing());
    let of_logs = when(col("mail_froms").is_not_null()).then(lit(0_i64)).otherwise(lit(NULL));
    let joined = joined.with_column(col("client_ips").fill_null(of_logs));
    Ok(largest_first(joined.select(COLUMNS.map(col)), "account"))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::super::super::examples::{self, ints, texts};
    use super::super::build;
    use super::*;

    #[test]
    fn accounts_are_ranked_by_messages() {
        let rows = build(&DATASET, &examples::tables(), &examples::window()).unwrap();
        assert_eq!(examples::names(&rows)[3..], COLUMNS);
        assert_eq!(texts(&rows, "account"), [Some("alice@a.test"), None, Some("bob@b.test")]);
        assert_eq!(ints(&rows, "messages"), [8, 2, 1]);
        assert_eq!(ints(&rows, "active_days"), [2, 1, 1]);
        assert_eq!(ints(&rows, "client_ips"), [2, 1, 0], "the same address on two days is one address");
        assert_eq!(ints(&rows, "mail_froms"), [3, 0, 1], "the largest of a day");
    }

    #[test]
    fn what_another_product_does_not_tell_is_missing() {
        let mut lake = examples::lake();
        let is_alice = col("account").eq(lit("alice@a.test"));
        lake.volume = lake
            .volume
            .with_column(when(is_alice.clone()).then(lit(NULL)).otherwise(col("mail_froms")).alias("mail_froms"));
        lake.clients = lake.clients.filter(is_alice.clone().not().or(is_alice.is_null()));
        let rows = build(&DATASET, &lake.tables(), &examples::window()).unwrap();
        assert_eq!(texts(&rows, "account")[0], Some("alice@a.test"));
        for column in ["client_ips", "mail_froms"] {
            assert_eq!(examples::int(&rows, column), None, "{column}");
        }
    }

    #[test]
    fn first_and_last_are_of_the_window() {
        let rows = build(&DATASET, &examples::tables(), &examples::window()).unwrap();
        let seen = |name: &str| rows.column(name).unwrap().datetime().unwrap().physical().get(0);
        assert_eq!(seen("first_seen"), Some(examples::day("2026-03-01").start() + 1));
        assert_eq!(seen("last_seen"), Some(examples::day("2026-03-03").end() - 1));
    }
}
