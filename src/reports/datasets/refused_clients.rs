//! `refused_clients`: who is turned away. A legacy client after the switch-off looks just like this: its TLS
//! handshake breaks, and the log has no account for it.
//!
//! So each address is held against what it sent before: `last_account` and `last_tls_version` are those of the last
//! message that was accepted from it, in the window or in the one before. Strangers who try passwords have none.

use polars::prelude::*;

use super::super::wanted::Part;
use super::super::{Result, Tables, Window};
use super::{Dataset, OnPage};

/// The registry's line.
pub(super) const DATASET: Dataset = Dataset {
    name: "refused_clients",
    about: "Clients that are turned away, and what last came from their addresses",
    reads: &[Part::Refusals],
    stamped: true,
    on_page: OnPage::View,
    build,
};

/// The dataset's own columns.
const COLUMNS: [&str; 8] =
    ["client_ip", "client_name", "last_account", "last_tls_version", "kind", "attempts", "first_seen", "last_seen"];

fn build(tables: &Tables, _: &Window) -> Result<LazyFrame> {
    let last = tables.origins.clone().select([
        col("client_ip"),
        col("account").alias("last_account"),
        col("tls_version").alias("last_tls_version"),
    ]);
    let (left, right) = ([col("client_ip")], [col("client_ip")]);
    let joined = tables.refusals.clone().join(last, left, right, JoinArgs::new(JoinType::Left));
    let order = SortMultipleOptions::default().with_order_descending_multi([true, false, false]).with_nulls_last(true);
    Ok(joined.select(COLUMNS.map(col)).sort(["attempts", "client_ip", "kind"], order))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::super::super::examples::{self, ints, texts};
    use super::super::build;
    use super::*;
    use crate::lake::tables::DAILY_CLIENTS;

    #[test]
    fn an_address_is_known_by_what_it_sent_before() {
        let rows = build(&DATASET, &examples::tables(), &examples::window()).unwrap();
        assert_eq!(examples::names(&rows)[3..], COLUMNS);
        let ips = [Some("203.0.113.7"), Some("198.51.100.1"), Some("192.0.2.2"), Some("203.0.113.7"), None];
        assert_eq!(texts(&rows, "client_ip"), ips);
        assert_eq!(
            texts(&rows, "kind"),
            ["auth_failed", "tls_failed", "auth_failed", "tls_failed", "tls_failed"].map(Some)
        );
        assert_eq!(ints(&rows, "attempts"), [50, 9, 2, 1, 1], "two days of one client and kind are one row");
        // alice's old client was let in before the window, her new one in it; a stranger never.
        let alice = Some("alice@a.test");
        assert_eq!(texts(&rows, "last_account"), [None, alice, alice, None, None]);
        assert_eq!(texts(&rows, "last_tls_version"), [None, Some("TLSv1.0"), Some("TLSv1.3"), None, None]);
        assert_eq!(texts(&rows, "client_name")[1], Some("old.a.test"));
    }

    #[test]
    fn the_last_message_counts_and_ties_are_settled() {
        let mut lake = examples::lake();
        let rows = df!(
            "client_ip" => ["192.0.2.2"; 4],
            "account" => [Some("bob@b.test"), None, Some("carol@c.test"), Some("bob@b.test")],
            "tls_version" => ["TLSv1.3", "none", "none", "TLSv1.1"],
            "last_seen" => [7_i64, 7, 7, 7],
        );
        let day = lit(Scalar::new_date(examples::day("2026-02-25").epoch_days())).alias("date");
        let before = examples::complete(rows.unwrap().lazy().with_column(day).collect().unwrap(), &DAILY_CLIENTS);
        let none = lake.clients.clone().filter(col("client_ip").neq(lit("192.0.2.2")));
        lake.clients = concat([none, before], UnionArgs::default()).unwrap();
        let rows = build(&DATASET, &lake.tables(), &examples::window()).unwrap();
        assert_eq!(texts(&rows, "last_account")[2], Some("bob@b.test"));
        assert_eq!(texts(&rows, "last_tls_version")[2], Some("TLSv1.1"));
    }
}
