//! `scc_sending_volume`, `scc_tls_usage` and `eac`: the account tables with another product's headers, exactly, for
//! people who have built something on its exports.
//!
//! They have no window columns, since their headers have none: the window is in `manifest.json` beside them. A
//! version without a column there (no TLS, SSLv3, TLSv1.3, unknown) is in none of them, and is never counted as a
//! version that has one. It is in the messages, and percentages have all of the account's messages as denominator, so
//! that a row's percentages may add up to less than 100.

use polars::prelude::*;

use super::super::wanted::Part;
use super::super::{Result, Tables, Window};
use super::{Dataset, OnPage, tls_usage_details};

/// The registry's lines.
pub(super) const SCC_SENDING_VOLUME: Dataset = Dataset {
    name: "scc_sending_volume",
    about: "Messages per account, with another product's headers",
    reads: &[Part::Clients],
    stamped: false,
    on_page: OnPage::Nothing,
    build: scc_sending_volume,
};
pub(super) const SCC_TLS_USAGE: Dataset = Dataset {
    name: "scc_tls_usage",
    about: "TLS versions per account, with another product's headers",
    reads: &[Part::Clients],
    stamped: false,
    on_page: OnPage::Nothing,
    build: scc_tls_usage,
};
pub(super) const EAC: Dataset = Dataset {
    name: "eac",
    about: "TLS versions and authentication per account, with another product's headers",
    reads: &[Part::Clients],
    stamped: false,
    on_page: OnPage::Nothing,
    build: eac,
};

/// The versions that have a column, and what it is called in both tables.
const VERSIONS: [(&str, &str, &str); 3] =
    [("tlsv1_0", "TLS1.0%", "TLS 1.0"), ("tlsv1_1", "TLS1.1%", "TLS 1.1"), ("tlsv1_2", "TLS1.2%", "TLS 1.2")];

fn scc_sending_volume(tables: &Tables, window: &Window) -> Result<LazyFrame> {
    let rows = tls_usage_details::build(tables, window)?;
    Ok(rows.select([col("account").alias("Sender address"), col("messages").alias("Message count")]))
}

/// A cell like `100%(472)`: the percentage, and the messages.
fn scc_tls_usage(tables: &Tables, window: &Window) -> Result<LazyFrame> {
    let rows = tls_usage_details::build(tables, window)?;
    let mut columns = vec![col("account").alias("Sender address")];
    columns.extend(VERSIONS.map(|(version, name, _)| {
        let percent = col(format!("percent_{version}")).cast(DataType::String).str().strip_suffix(lit(".0"));
        let messages = col(format!("messages_{version}")).cast(DataType::String);
        concat_str([percent, lit("%("), messages, lit(")")], "", false).alias(name)
    }));
    columns.push(col("messages").alias("Message count"));
    Ok(rows.select(columns))
}

fn eac(tables: &Tables, window: &Window) -> Result<LazyFrame> {
    let rows = tls_usage_details::build(tables, window)?;
    let mut columns = vec![col("account").alias("Sender address"), col("domain").alias("Domain")];
    columns.extend(VERSIONS.map(|(version, _, name)| col(format!("percent_{version}")).alias(name)));
    columns.push(protocols().alias("Authentication Protocol"));
    columns.push(col("messages").alias("Messages sent"));
    Ok(rows.select(columns))
}

/// The kinds of authentication that an account used, in words.
fn protocols() -> Expr {
    let kinds = [("basic", "Basic"), ("oauth", "OAuth"), ("other", "Other"), ("unknown", "Unknown")];
    let used = kinds.map(|(kind, word)| {
        let used = col(format!("auth_{kind}")).gt(lit(0));
        when(used).then(lit(word)).otherwise(lit(NULL).cast(DataType::String))
    });
    concat_str(used, ", ", true)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::super::super::examples::{self, floats, ints, texts};
    use super::super::build;
    use super::*;

    #[test]
    fn headers_are_the_other_products() {
        let names = |dataset: &Dataset| {
            examples::names(&build(dataset, &examples::tables(), &examples::window()).unwrap()).join(",")
        };
        assert_eq!(names(&SCC_SENDING_VOLUME), "Sender address,Message count");
        assert_eq!(names(&SCC_TLS_USAGE), "Sender address,TLS1.0%,TLS1.1%,TLS1.2%,Message count");
        assert_eq!(names(&EAC), "Sender address,Domain,TLS 1.0,TLS 1.1,TLS 1.2,Authentication Protocol,Messages sent");
    }

    #[test]
    fn cells_are_percent_and_messages() {
        let rows = build(&SCC_TLS_USAGE, &examples::contract(), &examples::window()).unwrap();
        let cells = ["TLS1.0%", "TLS1.1%", "TLS1.2%"].map(|name| texts(&rows, name)[0].unwrap().to_owned());
        assert_eq!(cells, ["53.08%(5973)", "0%(0)", "46.92%(5280)"]);
        assert_eq!(ints(&rows, "Message count"), [11_253]);
    }

    #[test]
    fn other_versions_are_in_no_column() {
        let rows = build(&EAC, &examples::tables(), &examples::window()).unwrap();
        assert_eq!(texts(&rows, "Sender address"), [Some("alice@a.test"), None, Some("bob@b.test")]);
        assert_eq!(floats(&rows, "TLS 1.0"), [25.0, 0.0, 0.0], "the rest of alice's is TLSv1.3");
        assert_eq!(floats(&rows, "TLS 1.2"), [0.0; 3]);
        assert_eq!(texts(&rows, "Authentication Protocol"), ["Basic, OAuth", "Basic", "Unknown"].map(Some));
        let rows = build(&SCC_SENDING_VOLUME, &examples::tables(), &examples::window()).unwrap();
        assert_eq!(ints(&rows, "Message count"), [8, 2, 1]);
    }
}
