//! `unusual_activity`: accounts whose day is unlike their own days before, and why, in a sentence.
//!
//! Its rows are the findings of [`unusual`](super::super::unusual), which looks back much further than any other
//! dataset does: what it needs of the days before the window is read for it alone.

use polars::prelude::*;

use super::super::unusual::Finding;
use super::super::{Result, Tables, Window};
use super::{Dataset, OnPage};

/// The registry's line.
pub(super) const DATASET: Dataset = Dataset {
    name: super::UNUSUAL_ACTIVITY,
    about: "Accounts whose day is unlike their own days before, and why, in a sentence",
    reads: &[],
    stamped: true,
    on_page: OnPage::View,
    build,
};

fn build(tables: &Tables, _: &Window) -> Result<LazyFrame> {
    let findings = &tables.findings;
    let texts = |name: &str, of: &dyn Fn(&Finding) -> Option<&str>| {
        findings.iter().map(of).collect::<StringChunked>().with_name(name.into()).into_column()
    };
    let whole = |name: &str, of: &dyn Fn(&Finding) -> i64| {
        Int64Chunked::from_iter_values(name.into(), findings.iter().map(of)).into_column()
    };
    let real = |name: &str, of: &dyn Fn(&Finding) -> Option<f64>| {
        findings.iter().map(of).collect::<Float64Chunked>().with_name(name.into()).into_column()
    };
    let dates: Vec<i32> = findings.iter().map(|finding| finding.date.epoch_days()).collect();
    let cold: BooleanChunked = findings.iter().map(|finding| Some(finding.cold_start)).collect();
    let columns = vec![
        Int32Chunked::from_vec("date".into(), dates).into_date().into_column(),
        texts("account", &|finding| Some(&finding.account)),
        texts("rule", &|finding| Some(finding.rule)),
        texts("severity", &|finding| Some(finding.severity.as_str())),
        whole("observed", &|finding| finding.observed),
        real("baseline_median", &|finding| finding.baseline_median),
        real("baseline_mad", &|finding| finding.baseline_mad.map(rounded)),
        whole("baseline_days", &|finding| finding.baseline_days),
        real("threshold", &|finding| finding.threshold),
        real("z", &|finding| finding.z.map(rounded)),
        cold.with_name("cold_start".into()).into_column(),
        texts("sentence", &|finding| Some(&finding.sentence)),
        texts("evidence", &|finding| finding.evidence.as_deref()),
    ];
    Ok(DataFrame::new(findings.len(), columns)?.lazy())
}

/// As many decimals as a person compares.
fn rounded(number: f64) -> f64 {
    (number * 1_000.0).round() / 1_000.0
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use std::sync::Arc;

    use super::super::super::examples::{self, floats, ints, texts};
    use super::super::build;
    use super::*;

    #[test]
    fn a_finding_is_a_row() {
        let tables = Tables { findings: Arc::new(vec![examples::finding("alice@a.test")]), ..examples::tables() };
        let rows = build(&DATASET, &tables, &examples::window()).unwrap();
        let wanted = [
            "date",
            "account",
            "rule",
            "severity",
            "observed",
            "baseline_median",
            "baseline_mad",
            "baseline_days",
            "threshold",
            "z",
            "cold_start",
            "sentence",
            "evidence",
        ];
        assert_eq!(examples::names(&rows)[3..], wanted);
        assert_eq!(texts(&rows, "account"), [Some("alice@a.test")]);
        assert_eq!((ints(&rows, "observed"), floats(&rows, "z")), (vec![40], vec![6.25]));
        assert_eq!(texts(&rows, "evidence"), [None]);
    }
}
