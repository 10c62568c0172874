//! Unusual activity from raw logs to the published dataset, and the pipeline's settings for it.

use super::face::demo;
use super::place::{MX1, MX2, Place};
use crate::csv;

/// Rule and severity of each finding of an account, by day.
fn findings(place: &Place, account: &str) -> Vec<String> {
    let rows = csv::read(&place.path("published/unusual_activity.csv"));
    let of_account = rows.iter().filter(|row| &row["account"] == account);
    of_account.map(|row| ["date", "rule", "severity"].map(|column| &row[column]).join(" ")).collect()
}

/// The sample's tina has her password guessed on 9 March: the day before there is nothing to say.
#[test]
fn a_guessed_password_is_of_high_severity() {
    let found = findings(demo(), "tina@lab.example.org");
    for rule in ["volume", "new_network", "many_networks", "failures_then_success", "many_senders"] {
        assert!(found.contains(&format!("2026-03-09 {rule} high")), "{rule}: {found:?}");
    }
    assert!(found.iter().all(|finding| finding.as_str() > "2026-03-09"), "{found:?}");
}

#[test]
fn a_pipelines_settings_hold_and_build_the_report_again() {
    let place = demo().copy();
    let profile =
        "[activity.profiles.known]\naccounts = [\"*@lab.example.org\"]\nvolume_floor = 1000\nmany_senders = 50\n";
    place.pipeline(&format!("{MX1}{MX2}\n{profile}"));
    place.run(&[]).expect(0);
    let found = findings(&place, "tina@lab.example.org");
    assert!(found.contains(&"2026-03-09 many_networks high".to_owned()), "{found:?}");
    assert!(!found.iter().any(|finding| finding.contains("volume") || finding.contains("many_senders")), "{found:?}");
}

/// What is not asked for is not looked for: other datasets are what they were, whatever the settings say.
#[test]
fn without_the_dataset_nothing_changes() {
    let place = demo().copy();
    let rest = "report.datasets = [\"summary\"]\n";
    place.pipeline(&format!("{rest}{MX1}{MX2}"));
    place.run(&[]).expect(0);
    place.pipeline(&format!("{rest}{MX1}{MX2}\n[activity]\nz = 9\n"));
    assert!(place.say(&["run", "pipeline.toml"]).expect(0).out.starts_with("nothing to do"));
}
