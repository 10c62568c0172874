//! `tls_usage_details`: for each account, how its messages came in: TLS versions, AUTH, weak ciphers.
//!
//! Percentages have all of the account's messages as denominator, those of `unknown` version included.
//! `auth_unknown` is what is left of the account's messages, so that the four always add up.

use polars::prelude::*;

use super::super::tls::TLS_VERSIONS;
use super::super::wanted::Part;
use super::super::{Result, Tables, Window};
use super::shares::{version_columns, version_messages};
use super::{Dataset, OnPage, largest_first, sum, version_rank};

/// The registry's line.
pub(super) const DATASET: Dataset = Dataset {
    name: "tls_usage_details",
    about: "TLS versions, authentication and weak ciphers per account",
    reads: &[Part::Clients],
    stamped: true,
    on_page: OnPage::Part,
    build,
};

/// The families of mechanisms that have a column.
const FAMILIES: [&str; 3] = ["basic", "oauth", "other"];

pub(super) fn build(tables: &Tables, _: &Window) -> Result<LazyFrame> {
    tables.details(|| Ok(rows(tables).collect()?))
}

fn rows(tables: &Tables) -> LazyFrame {
    let clients = tables.clients.clone().with_column(version_rank().alias("rank"));
    let accounts = clients.group_by([col("account")]).agg(measures());
    let mut columns = ["account", "domain", "messages"].map(col).to_vec();
    columns.extend(version_columns("", &col("messages")));
    columns.extend(FAMILIES.map(|family| col(format!("auth_{family}"))));
    let known = FAMILIES.iter().fold(lit(0_i64), |sum, family| sum + col(format!("auth_{family}")));
    columns.push((col("messages") - known).alias("auth_unknown"));
    columns.push(version_of(col("rank")).alias("min_tls_version"));
    columns.push(col("weak_cipher_messages"));
    largest_first(accounts.select(columns), "account")
}

fn measures() -> Vec<Expr> {
    let messages_where = |condition: Expr| col("messages").filter(condition).sum();
    let mut measures = vec![col("domain").min(), sum("messages"), col("rank").min()];
    measures.extend(version_messages("", &lit(true)));
    measures.extend(
        FAMILIES.map(|family| messages_where(col("auth_family").eq(lit(family))).alias(format!("auth_{family}"))),
    );
    let weak = col("cipher_class").eq(lit("prohibited")).or(col("cipher_class").eq(lit("weak")));
    measures.push(messages_where(weak).alias("weak_cipher_messages"));
    measures
}

/// The version of a rank.
fn version_of(rank: Expr) -> Expr {
    (0_i64..).zip(&TLS_VERSIONS).fold(lit("unknown"), |rest, (number, version)| {
        when(rank.clone().eq(lit(number))).then(lit(version.name)).otherwise(rest)
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::super::super::examples::{self, floats, ints, texts};
    use super::super::build;
    use super::*;

    #[test]
    fn each_accounts_messages_are_split() {
        let rows = build(&DATASET, &examples::tables(), &examples::window()).unwrap();
        assert_eq!(texts(&rows, "account"), [Some("alice@a.test"), None, Some("bob@b.test")]);
        assert_eq!(ints(&rows, "messages_tlsv1_0"), [2, 0, 0]);
        assert_eq!(floats(&rows, "percent_tlsv1_0"), [25.0, 0.0, 0.0]);
        assert_eq!(ints(&rows, "messages_tlsv1_3"), [6, 0, 0]);
        assert_eq!(floats(&rows, "percent_none"), [0.0, 100.0, 0.0]);
        assert_eq!(floats(&rows, "percent_unknown"), [0.0, 0.0, 100.0]);
    }

    #[test]
    fn the_lowest_version_is_unknown_only_where_nothing_is_known() {
        let rows = build(&DATASET, &examples::tables(), &examples::window()).unwrap();
        assert_eq!(texts(&rows, "min_tls_version"), [Some("TLSv1.0"), Some("none"), Some("unknown")]);
    }

    #[test]
    fn authentication_and_ciphers_are_counted() {
        let rows = build(&DATASET, &examples::tables(), &examples::window()).unwrap();
        assert_eq!(ints(&rows, "auth_basic"), [5, 2, 0]);
        assert_eq!(ints(&rows, "auth_oauth"), [3, 0, 0]);
        assert_eq!(ints(&rows, "auth_other"), [0, 0, 0]);
        assert_eq!(ints(&rows, "auth_unknown"), [0, 0, 1]);
        assert_eq!(ints(&rows, "weak_cipher_messages"), [2, 0, 0]);
    }
}
