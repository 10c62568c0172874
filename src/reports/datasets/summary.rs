//! `summary`: one row, always. How many accounts send (the widget's number), over which TLS versions, and what
//! has changed since the window before.

use polars::prelude::*;

use super::super::{Result, Tables, Window};
use super::shares::{change_percent, version_columns, version_messages};
use super::{Dataset, OnPage, within};

/// The registry's line.
pub(super) const DATASET: Dataset = Dataset {
    name: "summary",
    about: "The window in one row: accounts, messages, TLS versions, and the change",
    reads: &[],
    stamped: true,
    on_page: OnPage::Part,
    build,
};

/// What is counted for the window and for the one before.
const MEASURES: [&str; 5] = ["accounts", "domains", "messages", "recipients", "bytes"];

fn build(tables: &Tables, window: &Window) -> Result<LazyFrame> {
    let windows =
        [("", col("in_window"), within(window)), ("previous_", col("in_window").not(), within(&window.previous()))];
    let accounts = windows.iter().flat_map(|(prefix, part, _)| volume(prefix, part)).collect::<Vec<_>>();
    let domains = windows.iter().map(|(prefix, _, days)| domains(prefix, days)).collect::<Vec<_>>();
    let tls = windows.iter().flat_map(|(prefix, _, days)| version_messages(prefix, days)).collect::<Vec<_>>();
    let mut columns = Vec::new();
    for (prefix, ..) in &windows {
        columns.extend(MEASURES.map(|measure| col(format!("{prefix}{measure}"))));
        columns.extend(version_columns(prefix, &col(format!("{prefix}messages"))));
    }
    columns.extend(change());
    // All are aggregates, so each is one row, even of nothing.
    let row = tables.accounts.clone().select(accounts);
    let row = row.cross_join(tables.domains.clone().select(domains), None);
    Ok(row.cross_join(tables.versions.clone().select(tls), None).select(columns))
}

/// What the accounts of one of the windows add up to. Each account is there once.
fn volume(prefix: &str, part: &Expr) -> Vec<Expr> {
    let of = |column: &str| col(column).filter(part.clone());
    let accounts = of("account").is_not_null().sum().cast(DataType::Int64).alias(format!("{prefix}accounts"));
    let sums = ["messages", "recipients", "bytes"];
    let sums = sums.map(|name| of(name).sum().cast(DataType::Int64).alias(format!("{prefix}{name}")));
    [&[accounts], &sums[..]].concat()
}

/// How many domains sent on some days.
fn domains(prefix: &str, days: &Expr) -> Expr {
    let domains = col("domain").filter(days.clone()).drop_nulls().n_unique();
    domains.cast(DataType::Int64).alias(format!("{prefix}domains"))
}

fn change() -> [Expr; 4] {
    let change = |measure: &str| col(measure) - col(format!("previous_{measure}"));
    let percent = |measure: &str| change_percent(change(measure), col(format!("previous_{measure}")));
    [
        change("accounts").alias("change_accounts"),
        change("messages").alias("change_messages"),
        percent("accounts").alias("change_accounts_percent"),
        percent("messages").alias("change_messages_percent"),
    ]
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::super::super::examples::{self, float, int};
    use super::super::{STAMPS, build};
    use super::*;

    #[test]
    fn the_fixture_of_the_contract() {
        let row = build(&DATASET, &examples::contract(), &examples::window()).unwrap();
        assert_eq!(int(&row, "messages_tlsv1_0"), Some(5_973));
        assert_eq!(int(&row, "messages_tlsv1_2"), Some(5_280));
        assert_eq!(float(&row, "percent_tlsv1_0"), Some(53.08));
        assert_eq!(float(&row, "percent_tlsv1_2"), Some(46.92));
        for none in ["none", "tlsv1_1"] {
            assert_eq!(int(&row, &format!("messages_{none}")), Some(0));
            assert_eq!(float(&row, &format!("percent_{none}")), Some(0.0));
        }
    }

    #[test]
    fn two_windows_are_compared() {
        let row = build(&DATASET, &examples::tables(), &examples::window()).unwrap();
        let expected = [("accounts", 2), ("domains", 2), ("messages", 11), ("recipients", 14), ("bytes", 1_100)];
        for (column, value) in expected {
            assert_eq!(int(&row, column), Some(value), "{column}");
        }
        assert_eq!(int(&row, "previous_accounts"), Some(1));
        assert_eq!(int(&row, "previous_messages_tlsv1_0"), Some(4));
        assert_eq!(float(&row, "previous_percent_tlsv1_0"), Some(100.0));
        assert_eq!((int(&row, "change_accounts"), float(&row, "change_accounts_percent")), (Some(1), Some(100.0)));
        assert_eq!((int(&row, "change_messages"), float(&row, "change_messages_percent")), (Some(7), Some(175.0)));
    }

    #[test]
    fn a_window_without_data_has_a_row_of_zeros() {
        let row = build(&DATASET, &examples::empty(), &examples::window()).unwrap();
        assert_eq!(row.height(), 1);
        for column in row.columns().iter().skip(STAMPS.len()) {
            let value = column.cast(&DataType::Float64).unwrap().f64().unwrap().get(0);
            let expected = if column.name().starts_with("change_") && column.name().ends_with("_percent") {
                None
            } else {
                Some(0.0)
            };
            assert_eq!(value, expected, "{}", column.name());
        }
    }

    #[test]
    fn the_columns_stand_in_the_contracts_order() {
        let row = build(&DATASET, &examples::empty(), &examples::window()).unwrap();
        let names = examples::names(&row);
        let versions = "messages_none, percent_none, messages_sslv3, percent_sslv3, messages_tlsv1_0, percent_tlsv1_0, \
            messages_tlsv1_1, percent_tlsv1_1, messages_tlsv1_2, percent_tlsv1_2, messages_tlsv1_3, percent_tlsv1_3, \
            messages_unknown, percent_unknown";
        assert_eq!(names[3..8], MEASURES);
        assert_eq!(names[8..22].join(", "), versions);
        assert_eq!(names[22], "previous_accounts");
        assert_eq!(names[40], "previous_percent_unknown");
        assert_eq!(
            names[41..],
            ["change_accounts", "change_messages", "change_accounts_percent", "change_messages_percent"]
        );
    }
}
