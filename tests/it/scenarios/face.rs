//! The whole demo, all stages: what it counts is the truth of the sample, a second run does nothing, and the
//! commands that look at it say what they should.

use std::collections::BTreeMap;
use std::fs;
use std::sync::LazyLock;

use mailtally::lake::tables;
use mailtally::reports::DATASETS;
use polars::prelude::col;

use super::answer::{assert_same, sorted};
use super::place::{self, Place};
use super::raw;
use crate::csv::{self, Row};

/// The sample's logs as they are, after a run. Tests that change it take a copy.
static DEMO: LazyLock<Place> = LazyLock::new(|| {
    let place = Place::new(&[place::MX1, place::MX2]);
    for name in ["mail.log", "mail.log.1", "mail.log.2.gz", "mail.log.3.gz"] {
        place.log(&format!("mx1/{name}"), &raw::stored(&format!("mx1/{name}")));
    }
    for (day, ending) in (2..=10).zip(["xz", "xz"].into_iter().chain(["zst"; 7])) {
        let name = format!("mx2/maillog-202603{day:02}.{ending}");
        place.log(&name, &raw::stored(&name));
    }
    place.log("mx2/maillog", &raw::stored("mx2/maillog"));
    place.run(&[]).expect(0).built("mx1", 1..=10).built("mx2", 1..=10);
    place
});

/// The place of [`DEMO`], for those who only look.
pub(super) fn demo() -> &'static Place {
    &DEMO
}

fn truth(name: &str) -> Vec<String> {
    sorted(String::from_utf8(raw::stored(name)).unwrap().lines())
}

#[test]
fn the_demo_counts_what_the_sample_sent() {
    assert_same(&DEMO.daily(), &truth("expected-daily.csv"), "messages");
    assert_same(&DEMO.refused(), &truth("expected-refusals.csv"), "refusals");
}

/// Sums of a table's numbers per day: the first column is the date.
fn per_day(rows: &[String]) -> BTreeMap<String, Vec<i64>> {
    let mut sums: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for row in rows {
        let (date, numbers) = row.split_once(',').unwrap();
        let numbers = numbers.split(',').map(|number| number.parse::<i64>().unwrap_or(0)).collect::<Vec<_>>();
        let sum = sums.entry(date.to_owned()).or_insert_with(|| vec![0; numbers.len()]);
        sum.iter_mut().zip(numbers).for_each(|(sum, number)| *sum += number);
    }
    sums
}

#[test]
fn rollups_add_up_to_submissions_and_lines_to_lines() {
    let sums = |table: &'static tables::Table, columns: &[&str]| {
        let columns = std::iter::once("date").chain(columns.iter().copied()).map(col).collect::<Vec<_>>();
        per_day(&DEMO.table(table, &columns))
    };
    let mut counted: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for row in DEMO.table(&tables::SUBMISSIONS, &[col("date"), col("recipients"), col("size_bytes")]) {
        let of_day = per_day(std::slice::from_ref(&row)).into_values().next().unwrap();
        let sum = counted.entry(row[..10].to_owned()).or_insert_with(|| vec![0; 3]);
        [1, of_day[0], of_day[1]].iter().zip(sum).for_each(|(number, sum)| *sum += number);
    }
    assert_eq!(counted.len(), 10);
    assert_eq!(sums(&tables::DAILY_CLIENTS, &["messages", "recipients", "bytes"]), counted);
    assert_eq!(sums(&tables::DAILY_VOLUME, &["messages", "recipients", "bytes"]), counted);
    let messages =
        |sums: BTreeMap<String, Vec<i64>>| sums.into_iter().map(|(day, sum)| (day, sum[0])).collect::<Vec<_>>();
    assert_eq!(messages(sums(&tables::DAILY_TLS, &["messages"])), messages(counted.clone()));
    assert_eq!(messages(sums(&tables::COVERAGE, &["submissions"])), messages(counted));

    let lines = sums(&tables::COVERAGE, &["lines_read", "lines_used", "lines_ignored", "lines_rejected", "bytes"]);
    for (day, sum) in &lines {
        assert_eq!(sum[0], sum[1] + sum[2] + sum[3], "{day}");
    }
    let all = raw::MX1.iter().chain(raw::MX2.iter()).flatten();
    let (bytes, ends) = all.fold((0, 0), |(bytes, ends), byte| (bytes + 1, ends + i64::from(*byte == b'\n')));
    let total = |column: usize| lines.values().map(|sum| sum[column]).sum::<i64>();
    assert_eq!((total(0), total(4)), (ends, bytes), "every line of every file counts for one day");
}

#[test]
fn a_second_run_does_nothing() {
    let place = DEMO.copy();
    let state = |place: &Place| {
        let published = fs::read_dir(place.path("published")).unwrap().map(|entry| entry.unwrap());
        let mut files =
            published.map(|file| (file.file_name(), file.metadata().unwrap().modified().unwrap())).collect::<Vec<_>>();
        files.sort();
        (place.versions(), files)
    };
    let before = state(&place);
    let said = place.say(&["run", "pipeline.toml"]).expect(0);
    assert!(said.out.starts_with("nothing to do"), "{}", said.out);
    let said = place.say(&["plan", "pipeline.toml"]).expect(0);
    assert!(said.out.starts_with("nothing to do"), "{}", said.out);
    assert_eq!(state(&place), before);
}

#[test]
fn a_day_in_the_middle_is_built_again_through_all_stages() {
    let place = DEMO.copy();
    let said = place.run(&["--date", "2026-03-05"]).expect(0).built("mx1", [5]).built("mx2", [5]);
    assert_eq!(said.json()["rolled_up"], serde_json::json!(["2026-03-05"]));
    place.everything().assert_is(&DEMO.everything(), "one day again");
    let said = place.run(&["--from", "2026-03-02", "--to", "2026-03-03", "--stage", "rollup"]).expect(0);
    assert_eq!(said.json()["rolled_up"], serde_json::json!([]), "what is current is not rolled up again");
}

/// A rollup that was lost is made again, without the logs.
#[test]
fn a_stage_can_be_run_alone() {
    let place = DEMO.copy();
    fs::remove_dir_all(place.path("lake/daily_volume")).unwrap();
    fs::remove_dir_all(place.path("published")).unwrap();
    fs::remove_dir_all(place.path("logs")).unwrap();
    place.run(&["--stage", "rollup,report"]).expect(0);
    place.everything().assert_is(&DEMO.everything(), "rolled up again");
}

/// Text of the program without the folders that it ran in: this one, and the one that it was copied from.
fn settled(place: &Place, text: &str) -> String {
    let folder = |place: &Place| place.path("").to_string_lossy().trim_end_matches('/').to_owned();
    text.replace(&folder(place), "[place]").replace(&folder(&DEMO), "[place]")
}

#[test]
fn status_tells_how_complete_the_lake_is() {
    let said = DEMO.say(&["status", "pipeline.toml"]).expect(0);
    assert_eq!(said.err, "");
    // The sample's days are as far behind as the test runs after them.
    let json = DEMO.say(&["status", "pipeline.toml", "--json"]).expect(0).out;
    let source = serde_json::from_str::<serde_json::Value>(json.lines().next().unwrap()).unwrap();
    let behind = format!("{:>11}", source["days_behind"].as_u64().unwrap());
    insta::assert_snapshot!(said.out.replace(&behind, &format!("{:>11}", "n")));
}

#[test]
fn plan_tells_what_a_run_would_do_and_why() {
    let place = DEMO.copy();
    place.log("mx2/maillog", &raw::MX2[9][..200_000]);
    place.remove("mx1/mail.log.1");
    let plan = place.say(&["plan", "pipeline.toml", "--from", "2026-03-05", "--to", "2026-03-10"]).expect(0);
    insta::assert_snapshot!(settled(&place, &plan.out));
    let dry = place.say(&["run", "--dry-run", "pipeline.toml", "--from", "2026-03-05", "--to", "2026-03-10"]).expect(0);
    assert_eq!(plan.out, dry.out);
    let json = place.say(&["plan", "pipeline.toml", "--date", "2026-03-05", "--json"]).expect(0).json();
    assert_eq!(json["sources"][0]["days"], serde_json::json!([{"date": "2026-03-05", "sure": true, "why": "asked"}]));
    assert_eq!(json["sources"][0]["format"], "postfix");
    assert_eq!(DEMO.versions(), place.versions());
}

#[test]
fn a_report_is_built_again_for_other_days_and_elsewhere() {
    let place = DEMO.copy();
    let said =
        place.say(&["report", "pipeline.toml", "--last", "3", "--format", "csv", "--out", "elsewhere"]).expect(0);
    insta::assert_snapshot!(settled(&place, &said.out));
    let mut names =
        fs::read_dir(place.path("elsewhere")).unwrap().map(|file| file.unwrap().file_name()).collect::<Vec<_>>();
    names.sort();
    for dataset in DATASETS {
        assert!(names.contains(&format!("{}.csv", dataset.name).into()), "{names:?}");
    }
    insta::assert_snapshot!("summary.csv", fs::read_to_string(place.path("elsewhere/summary.csv")).unwrap());
}

#[test]
fn a_form_that_is_given_twice_is_written_once() {
    let place = DEMO.copy();
    let twice =
        ["--format", "csv", "--format", "csv", "--dataset", "summary", "--dataset", "summary", "--out", "twice"];
    place.say(&[&["report", "pipeline.toml"], &twice[..]].concat()).expect(0);
    let manifest = fs::read_to_string(place.path("twice/manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    assert_eq!(manifest["files"], serde_json::json!(["summary.csv"]));
}

/// Lines of another program, or in a container that is not known, are no empty mail server's.
#[test]
fn a_log_in_which_nothing_is_found_is_told() {
    let place = Place::new(&[]);
    let path = place.log("other.log", b"Mar  2 09:00:00 mx1 cron[1]: nothing\nMar  2 09:00:01 mx1 cron[1]: nothing\n");
    let said = place.say(&["tally", "--format", "postfix", path.to_str().unwrap()]).expect(0);
    said.warns("nothing was found in 2 lines");
}

#[test]
fn tally_needs_no_pipeline() {
    let files = ["logs/mx1/mail.log", "logs/mx1/mail.log.1", "logs/mx1/mail.log.2.gz", "logs/mx1/mail.log.3.gz"];
    let settings = ["--csv", "--year", "2026", "--realm", "corp.example.com"];
    let first = DEMO.say(&[&["tally"], &settings[..], &files].concat()).expect(0);
    let second = ["logs/mx2/maillog"].map(str::to_owned).into_iter().chain(
        fs::read_dir(DEMO.path("logs/mx2"))
            .unwrap()
            .map(|file| format!("logs/mx2/{}", file.unwrap().file_name().display())),
    );
    let second = second.collect::<Vec<_>>();
    let arguments = ["tally", "--csv", "--realm", "example.org"].into_iter().chain(second.iter().map(String::as_str));
    let second = DEMO.say(&arguments.collect::<Vec<_>>()).expect(0);
    assert_eq!(first.out.lines().next(), Some("date,account,tls_version,messages,recipients"));
    let mut both = sorted(first.out.lines());
    both.extend(sorted(second.out.lines()));
    both.sort_unstable();
    // Accounts that use both servers with one version on one day have a row of each.
    let mut sums: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for row in &both {
        let cells = row.rsplitn(3, ',').collect::<Vec<_>>();
        let sum = sums.entry(cells[2].to_owned()).or_default();
        *sum = (sum.0 + cells[1].parse::<i64>().unwrap(), sum.1 + cells[0].parse::<i64>().unwrap());
    }
    let mut rows = sums
        .into_iter()
        .map(|(key, (messages, recipients))| format!("{key},{messages},{recipients}"))
        .collect::<Vec<_>>();
    rows.sort_unstable();
    assert_same(&rows, &truth("expected-daily.csv"), "tally");

    let table = DEMO.say(&["tally", "--year", "2026", "logs/mx1/mail.log"]).expect(0);
    insta::assert_snapshot!(table.out);
}

fn published(name: &str) -> Vec<Row> {
    csv::read(&DEMO.path("published").join(format!("{name}.csv")))
}

fn sum<'a>(rows: impl IntoIterator<Item = &'a Row>, column: &str) -> i64 {
    rows.into_iter().map(|row| row[column].parse::<i64>().unwrap()).sum()
}

/// The sums of a column by what the rows are called.
fn sums_by<'a>(
    rows: impl IntoIterator<Item = &'a Row>,
    name: impl Fn(&Row) -> String,
    column: &str,
) -> BTreeMap<String, i64> {
    let mut sums = BTreeMap::new();
    for row in rows {
        *sums.entry(name(row)).or_default() += sum([row], column);
    }
    sums
}

/// Whatever a dataset is cut by, its messages are the window's.
#[test]
fn datasets_add_up_to_each_other() {
    let [summary, cutover, legacy] = ["summary", "cutover", "legacy_clients"].map(published);
    let of_day = sums_by(&published("sending_volume"), |row| row["date"].to_owned(), "messages");
    assert_eq!(of_day.len(), 7);
    assert_eq!(cutover.len(), 7 * 8, "every scenario has every day");
    for row in &cutover {
        assert_eq!(sum([row], "failing_messages") + sum([row], "passing_messages"), of_day[&row["date"]], "{row:?}");
        assert_eq!(sum([row], "messages"), of_day[&row["date"]], "{row:?}");
        let outcomes = ["breaks", "mixed", "undetermined", "safe"].map(|name| sum([row], &format!("{name}_accounts")));
        assert_eq!(outcomes.iter().sum::<i64>(), sum([row], "accounts"), "{row:?}");
    }
    let old = ["none", "sslv3", "tlsv1_0", "tlsv1_1"].map(|version| sum(&summary, &format!("messages_{version}")));
    assert_eq!(sum(&legacy, "messages"), old.iter().sum::<i64>());
    let details = published("cutover_details");
    let scenario = |row: &Row| row["scenario"].to_owned();
    let mut failing = sums_by(&cutover, scenario, "failing_messages");
    failing.retain(|_, messages| *messages > 0);
    assert_eq!(sums_by(&details, scenario, "failing"), failing);
    let all = sum(&summary, "messages");
    assert_eq!(sum(&published("scc_sending_volume"), "Message count"), all);
    assert_eq!(sum(&published("scc_tls_usage"), "Message count"), all);
    assert_eq!(sum(&published("eac"), "Messages sent"), all);
}

#[test]
fn refused_clients_are_the_window_s_refusals() {
    let mut expected: BTreeMap<String, i64> = BTreeMap::new();
    for row in truth("expected-refusals.csv") {
        let cells = row.split(',').collect::<Vec<_>>();
        if ("2026-03-04".."2026-03-11").contains(&cells[0]) {
            *expected.entry(cells[1].to_owned()).or_default() += cells[2].parse::<i64>().unwrap();
        }
    }
    assert_eq!(sums_by(&published("refused_clients"), |row| row["kind"].to_owned(), "attempts"), expected);
}

/// What a burn-down shows of weeks long before its window does not depend on the window's length.
#[test]
fn a_short_window_has_the_same_weeks() {
    let place = DEMO.copy();
    let report = ["report", "pipeline.toml", "--last", "2", "--format", "csv", "--out", "short"];
    place.say(&[&report[..], &["--dataset", "burn_down"]].concat()).expect(0);
    let weeks = |rows: Vec<Row>| {
        let columns = ["week", "domain", "accounts", "legacy_accounts", "new_accounts", "cured_accounts"];
        rows.iter().map(|row| columns.map(|column| row[column].to_owned()).join(",")).collect::<Vec<_>>()
    };
    let short = weeks(csv::read(&place.path("short/burn_down.csv")));
    assert!(short.iter().any(|row| row.starts_with("2026-02-23,")), "{short:?}");
    assert_same(&short, &weeks(published("burn_down")), "weeks");
}

#[test]
fn cutover_tells_who_breaks_and_who_is_safe() {
    let said = DEMO.say(&["cutover", "pipeline.toml", "--min-tls", "1.2", "--no-cleartext"]).expect(0);
    assert_eq!(said.err, "");
    insta::assert_snapshot!(said.out);
    // Program and dataset tell the same.
    let said =
        DEMO.say(&["cutover", "pipeline.toml", "--min-tls", "1.2", "--no-cleartext", "--format", "csv"]).expect(0);
    let told = |row: &Row| format!("{} {}", &row["status"], &row["account"]);
    let details = published("cutover_details");
    let details = details.iter().filter(|row| row["scenario"] == *"min_tlsv1_2_no_cleartext");
    let rows = csv::rows(&said.out);
    let not_safe = rows.iter().filter(|row| row["status"] != *"safe");
    assert_eq!(sums_by(not_safe, told, "failing"), sums_by(details, told, "failing"));
}
