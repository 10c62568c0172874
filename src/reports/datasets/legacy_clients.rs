//! `legacy_clients`: the devices to fix. Whatever sent without TLS, or over a version below TLS 1.2.
//!
//! A version that is not known is not legacy. Where an address had several names, or a device used several
//! services, the smallest stands for it. `other_versions` are those that the same account used in the window, from
//! wherever: an account that can do better somewhere needs one device fixed, and not a talk about its mail program.

use polars::prelude::*;

use super::super::cutover::Ways;
use super::super::tls::TLS_VERSIONS;
use super::super::wanted::Part;
use super::super::{Result, Tables, Window};
use super::{Dataset, OnPage, among, sum};

/// The registry's line.
pub(super) const DATASET: Dataset = Dataset {
    name: "legacy_clients",
    about: "The devices that send without TLS or below TLS 1.2",
    reads: &[Part::Clients, Part::LegacyDevices],
    stamped: true,
    on_page: OnPage::View,
    build,
};

/// What makes a row.
const KEY: [&str; 6] = ["account", "client_ip", "helo", "tls_version", "cipher", "mechanism"];

/// The dataset's own columns.
const COLUMNS: [&str; 12] = [
    "account",
    "client_ip",
    "client_name",
    "helo",
    "tls_version",
    "cipher",
    "mechanism",
    "service",
    "messages",
    "first_seen",
    "last_seen",
    "other_versions",
];

fn build(tables: &Tables, _: &Window) -> Result<LazyFrame> {
    let legacy = tables.devices.clone().filter(among(Ways::legacy()));
    let devices = legacy.group_by(KEY.map(col)).agg([
        col("client_name").min(),
        col("service").min(),
        sum("messages"),
        col("first_seen").min(),
        col("last_seen").max(),
    ]);
    let versions = versions(tables, &devices);
    let joined = devices.join(versions, [col("account")], [col("account")], JoinArgs::new(JoinType::Left));
    let rows = joined.with_column(others().alias("other_versions")).select(COLUMNS.map(col));
    let order = [&["messages"], &KEY[..]].concat();
    let descending: Vec<bool> = order.iter().map(|name| *name == "messages").collect();
    let options = SortMultipleOptions::default().with_order_descending_multi(descending).with_nulls_last(true);
    Ok(rows.sort(order, options))
}

/// Which versions each account with a legacy device used, a column of truth for each.
fn versions(tables: &Tables, devices: &LazyFrame) -> LazyFrame {
    let used =
        TLS_VERSIONS.iter().map(|version| col("tls_version").eq(lit(version.name)).any(true).alias(used(version.name)));
    let accounts = devices.clone().filter(col("account").is_not_null()).select([col("account")]);
    let rows = tables.clients.clone().join(accounts, [col("account")], [col("account")], JoinArgs::new(JoinType::Semi));
    rows.group_by([col("account")]).agg(used.collect::<Vec<_>>())
}

fn used(version: &str) -> String {
    format!("used_{version}")
}

/// The versions that the account used beside the row's; missing where there are none.
fn others() -> Expr {
    let nothing = || lit(NULL).cast(DataType::String);
    let other = TLS_VERSIONS.iter().map(|version| {
        let is_other = col(used(version.name)).and(col("tls_version").neq(lit(version.name)));
        when(is_other).then(lit(version.name)).otherwise(nothing())
    });
    let joined = concat_str(other.collect::<Vec<_>>(), ", ", true);
    when(joined.clone().eq(lit(""))).then(nothing()).otherwise(joined)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::super::super::examples::{self, ints, texts};
    use super::super::build;
    use super::*;

    #[test]
    fn devices_are_named_and_unknown_is_not_legacy() {
        let rows = build(&DATASET, &examples::tables(), &examples::window()).unwrap();
        assert_eq!(examples::names(&rows)[3..], COLUMNS);
        // alice's old client of 1 March and the message of nobody known; bob's version is not known, and what
        // alice did over TLSv1.0 in February is not in the window.
        assert_eq!(texts(&rows, "account"), [Some("alice@a.test"), None]);
        assert_eq!(texts(&rows, "client_ip"), [Some("192.0.2.1"), Some("192.0.2.9")]);
        assert_eq!(texts(&rows, "client_name"), [Some("pc.a.test"), None]);
        assert_eq!(texts(&rows, "helo"), [Some("pc"), Some("printer")]);
        assert_eq!(texts(&rows, "tls_version"), [Some("TLSv1.0"), Some("none")]);
        assert_eq!(texts(&rows, "cipher"), [Some("DES-CBC3-SHA"), None]);
        assert_eq!(texts(&rows, "mechanism"), [Some("LOGIN"), Some("PLAIN")]);
        assert_eq!(texts(&rows, "service"), [Some("submission"), Some("smtp")]);
        assert_eq!(ints(&rows, "messages"), [2, 2]);
        assert_eq!(texts(&rows, "other_versions"), [Some("TLSv1.3"), None], "nobody known has no other versions");
    }

    #[test]
    fn days_of_one_device_are_one_row() {
        let mut lake = examples::lake();
        let old = when(col("client_ip").eq(lit("192.0.2.2"))).then(lit("TLSv1.1")).otherwise(col("tls_version"));
        lake.clients = lake.clients.with_columns([old.alias("tls_version"), lit("PLAIN").alias("mechanism")]);
        let rows = build(&DATASET, &lake.tables(), &examples::window()).unwrap();
        let device = rows.lazy().filter(col("client_ip").eq(lit("192.0.2.2"))).collect().unwrap();
        assert_eq!(ints(&device, "messages"), [6]);
        let seen = |name: &str| device.column(name).unwrap().datetime().unwrap().physical().get(0);
        assert_eq!(seen("first_seen"), Some(examples::day("2026-03-01").start() + 2));
        assert_eq!(seen("last_seen"), Some(examples::day("2026-03-03").start() + 15));
        assert_eq!(texts(&device, "client_name"), [Some("a.phone.test")], "the smaller of two names");
    }
}
