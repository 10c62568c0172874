//! `dim_tls_version`: the seven TLS versions with their order and class, for BI tools.

use polars::prelude::*;

use super::super::tls::TLS_VERSIONS;
use super::super::{Result, Tables, Window};
use super::{Dataset, OnPage};

/// The registry's line.
pub(super) const DATASET: Dataset = Dataset {
    name: "dim_tls_version",
    about: "Dimension for BI tools: the seven TLS versions, in order, with their class",
    reads: &[],
    stamped: true,
    on_page: OnPage::Nothing,
    build,
};

fn build(_: &Tables, _: &Window) -> Result<LazyFrame> {
    let rows = df!(
        "tls_version" => TLS_VERSIONS.each_ref().map(|version| version.name),
        "sort_order" => (1..=7_i64).collect::<Vec<_>>(),
        "class" => TLS_VERSIONS.each_ref().map(|version| version.class()),
        "is_legacy" => TLS_VERSIONS.each_ref().map(|version| version.legacy),
        "specified_by" => TLS_VERSIONS.each_ref().map(|version| version.specified_by),
        "retired_by" => TLS_VERSIONS.each_ref().map(|version| version.retired_by),
    );
    Ok(rows?.lazy())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::super::super::examples::{self, ints, texts};
    use super::super::build;
    use super::*;

    #[test]
    fn all_seven_are_there_in_order() {
        let rows = build(&DATASET, &examples::empty(), &examples::window()).unwrap();
        let versions = ["none", "SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3", "unknown"];
        assert_eq!(texts(&rows, "tls_version"), versions.map(Some));
        assert_eq!(ints(&rows, "sort_order"), [1, 2, 3, 4, 5, 6, 7]);
        let classes = ["legacy", "legacy", "legacy", "legacy", "current", "current", "undetermined"];
        assert_eq!(texts(&rows, "class"), classes.map(Some));
        assert_eq!(texts(&rows, "retired_by")[..3], ["RFC 8314", "RFC 7568", "RFC 8996"].map(Some));
        assert_eq!(texts(&rows, "specified_by")[5..], [Some("RFC 8446"), None]);
    }
}
