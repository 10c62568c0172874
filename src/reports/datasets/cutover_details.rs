//! `cutover_details`: for each scenario the accounts that would fail, in whole or in part, and those of which it
//! cannot be said. Whoever is not listed for a scenario is safe.

use polars::prelude::*;

use super::super::cutover::{SCENARIOS, accounts};
use super::super::wanted::Part;
use super::super::{Result, Tables, Window};
use super::{Dataset, OnPage};

/// The registry's line.
pub(super) const DATASET: Dataset = Dataset {
    name: "cutover_details",
    about: "The accounts that each cutover scenario would break, and those of which that is not known",
    reads: &[Part::Clients],
    stamped: true,
    on_page: OnPage::Nothing,
    build,
};

/// The dataset's own columns.
const COLUMNS: [&str; 9] =
    ["scenario", "account", "domain", "status", "failing", "failing_percent", "messages", "reason", "last_failing"];

fn build(tables: &Tables, _: &Window) -> Result<LazyFrame> {
    let accounts = accounts::Accounts::read(tables)?;
    let of_scenario = |scenario: &super::super::cutover::Scenario| {
        let rows = accounts.at_risk(&scenario.switches)?.lazy();
        Ok(rows.with_column(lit(scenario.name).alias("scenario")).select(COLUMNS.map(col)))
    };
    let scenarios = SCENARIOS.iter().map(of_scenario).collect::<Result<Vec<_>>>()?;
    Ok(concat(scenarios, UnionArgs::default())?)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::super::super::examples::{self, floats, ints, texts};
    use super::super::build;
    use super::*;

    fn scenario(name: &str) -> DataFrame {
        let rows = build(&DATASET, &examples::tables(), &examples::window()).unwrap();
        rows.lazy().filter(col("scenario").eq(lit(name))).collect().unwrap()
    }

    #[test]
    fn who_fails_comes_first() {
        let rows = scenario("min_tlsv1_2_no_cleartext");
        assert_eq!(examples::names(&rows)[3..], COLUMNS);
        assert_eq!(texts(&rows, "account"), [None, Some("alice@a.test"), Some("bob@b.test")]);
        assert_eq!(texts(&rows, "status"), ["breaks", "mixed", "undetermined"].map(Some));
        assert_eq!(ints(&rows, "failing"), [2, 2, 0]);
        assert_eq!(ints(&rows, "messages"), [2, 8, 1]);
        assert_eq!(floats(&rows, "failing_percent"), [100.0, 25.0, 0.0]);
        assert_eq!(texts(&rows, "reason"), [Some("cleartext"), Some("tls"), None]);
        let last: Vec<_> = rows.column("last_failing").unwrap().date().unwrap().physical().iter().collect();
        let first = Some(examples::day("2026-03-01").epoch_days());
        assert_eq!(last, [first, first, None]);
    }

    #[test]
    fn who_is_safe_is_not_listed() {
        assert_eq!(texts(&scenario("min_tlsv1_0"), "account"), [Some("bob@b.test")]);
        let basic = scenario("no_basic");
        assert_eq!(texts(&basic, "status"), ["breaks", "mixed", "undetermined"].map(Some));
        assert_eq!(ints(&basic, "failing"), [2, 5, 0]);
    }
}
