//! Another product's report beside logs: what reaches the daily tables, what does not, and what is said of it.

use std::fs;

use mailtally::lake::tables::{DAILY_TLS, DAILY_VOLUME, IMPORTED};
use polars::prelude::{Expr, col};

use super::answer::rotated;
use super::place::{MX1, Place};
use super::raw;
use crate::project;

const M365: &str = r#"
[[sources]]
name = "tenant"
format = "m365"
files = ["logs/tenant/*.csv"]
"#;

const DAY: &str = "smtp-auth_2026-03-02.csv";
const WEEK: &str = "smtp-auth_2026-03-01_2026-03-07.csv";

fn sample(name: &str) -> Vec<u8> {
    fs::read(project().join("sample_data/raw/m365").join(name)).unwrap()
}

fn columns(names: &[&str]) -> Vec<Expr> {
    names.iter().map(|name| col(*name)).collect()
}

/// mx1's logs and the reports of these names.
fn place(reports: &[&str]) -> Place {
    let place = Place::new(&[MX1, M365]);
    place.logs("mx1", rotated(&raw::MX1));
    reports.iter().for_each(|name| drop(place.log(&format!("tenant/{name}"), &sample(name))));
    place
}

#[test]
fn a_day_s_report_is_marked_in_the_daily_tables_and_a_week_s_is_not_spread() {
    let place = place(&[DAY, WEEK]);
    let said = place.run(&[]).expect(0).json();
    let of = |name: &str| {
        let periods = said["imported"].as_array().unwrap().iter();
        periods.filter(|period| period["file"].as_str().unwrap().ends_with(name)).collect::<Vec<_>>()
    };
    assert_eq!((&of(DAY)[0]["messages"], &of(WEEK)[0]["messages"]), (&17_008.into(), &1_000.into()));
    let imported = |table, names: &[&str]| {
        let rows = place.table(table, &columns(&[&["origin", "date"], names].concat()));
        rows.into_iter().filter_map(|row| Some(row.strip_prefix("import,")?.to_owned())).collect::<Vec<_>>()
    };
    assert_eq!(
        imported(&DAILY_TLS, &["account", "tls_version", "messages"]),
        [
            "2026-03-02,\"reports, monthly@fabrikam.example\",TLSv1.1,1",
            "2026-03-02,\"reports, monthly@fabrikam.example\",TLSv1.2,1",
            "2026-03-02,\"reports, monthly@fabrikam.example\",unknown,1",
            "2026-03-02,app.billing@contoso.example,TLSv1.2,5280",
            "2026-03-02,printer@contoso.example,TLSv1.0,472",
            "2026-03-02,scanner@fabrikam.example,TLSv1.0,5973",
            "2026-03-02,scanner@fabrikam.example,TLSv1.2,5280",
        ]
    );
    let volume = imported(&DAILY_VOLUME, &["account", "messages", "client_ips", "mail_froms", "hour_09"]);
    assert_eq!(volume[2], "2026-03-02,printer@contoso.example,472,,,");
    // What logs say is what it was without the reports.
    let logs = Place::new(&[MX1]);
    logs.logs("mx1", rotated(&raw::MX1));
    logs.run(&[]).expect(0);
    let of_logs = |place: &Place| {
        let names = ["origin", "date", "account", "tls_version", "messages", "share"];
        let rows = place.table(&DAILY_TLS, &columns(&names));
        rows.into_iter().filter(|row| row.starts_with("log,")).collect::<Vec<_>>()
    };
    assert_eq!(of_logs(&place), of_logs(&logs));
    let usage = fs::read_to_string(place.path("published/imported_usage.csv")).unwrap();
    assert!(usage.contains("tenant,2026-03-01,2026-03-07,7,printer@contoso.example,contoso.example,TLSv1.0,472,false"));
}

#[test]
fn reports_come_and_go() {
    let place = place(&[DAY]);
    place.run(&[]).expect(0);
    let before = place.everything();
    let again = place.run(&[]).expect(0).json();
    assert_eq!((again["imported"].as_array().unwrap().len(), &again["rolled_up"]), (0, &serde_json::json!([])));
    // One that is gone is kept, one that was corrected takes its place.
    place.remove(&format!("tenant/{DAY}"));
    place.run(&[]).expect(0).warns("source 'tenant': no file matches");
    assert_eq!(place.everything(), before);
    let corrected = String::from_utf8(sample(DAY)).unwrap().replace("472", "473");
    place.log("tenant/smtp-auth of 2026-03-02, again.csv", corrected.as_bytes());
    let said = place.run(&[]).expect(0).json();
    assert_eq!(
        (&said["imported"][0]["messages"], &said["rolled_up"]),
        (&17_009.into(), &serde_json::json!(["2026-03-02"]))
    );
    let explained =
        place.say(&["explain", "pipeline.toml", "printer@contoso.example", "--date", "2026-03-02"]).expect(0);
    assert!(explained.out.contains("473 messages over TLSv1.0, counted by another product"), "{}", explained.out);
}

/// Also where its only report is of the window before.
#[test]
fn a_day_without_a_report_is_told_as_such() {
    let place = place(&[DAY]);
    place.run(&[]).expect(0);
    place.say(&["report", "pipeline.toml", "--date", "2026-03-03", "--out", "own"]).expect(0);
    let coverage = fs::read_to_string(place.path("own/coverage.csv")).unwrap();
    let day = coverage.lines().find(|row| row.contains(",tenant,")).unwrap();
    assert!(day.contains("no report of this day was imported, though the source has other days"), "{coverage}");
    assert!(!day.contains("log line"), "{coverage}");
}

/// `coverage` has no day of it.
#[test]
fn a_source_of_weeks_is_in_the_lake() {
    let place = place(&[WEEK]);
    let status = || place.say(&["status", "pipeline.toml"]).expect(0);
    status().warns("source 'tenant' is not in the lake");
    place.run(&[]).expect(0);
    assert!(!status().err.contains("is not in the lake"), "{}", status().err);
}

/// What somebody may have called an account, and an account on two lines of one report.
#[test]
fn odd_accounts_are_accounts() {
    let place = Place::new(&[M365]);
    place.log("tenant/odd-accounts_2026-03-03.csv", &sample("odd-accounts_2026-03-03.csv"));
    place.run(&[]).expect(0);
    assert_eq!(
        place.table(&DAILY_TLS, &columns(&["account", "domain", "tls_version", "messages"])),
        [
            "\"=hyperlink(\"\"http://evil.example\"\",\"\"x\"\")@contoso.example\",contoso.example,TLSv1.2,7",
            "büro@münchen.example,münchen.example,TLSv1.2,3",
            "contoso\\scanner,contoso,TLSv1.2,995",
            "contoso\\scanner,contoso,unknown,5",
            "legacyfax,,TLSv1.0,12",
            "two.ways@contoso.example,contoso.example,TLSv1.0,2",
            "two.ways@contoso.example,contoso.example,TLSv1.2,5",
        ]
    );
}

#[test]
fn a_report_is_found_from_its_content_and_stands_alone() {
    let place = Place::new(&["[[sources]]\nname = \"tenant\"\nfiles = [\"logs/tenant/*\"]\n"]);
    place.log(&format!("tenant/{DAY}"), &sample(DAY));
    let plan = place.say(&["plan", "pipeline.toml"]).expect(0);
    assert!(plan.out.contains("17,008 messages that another product has counted"), "{}", plan.out);
    let said = place.run(&[]).expect(0).json();
    assert_eq!(said["published"]["as_of"], "2026-03-02");
    let coverage = fs::read_to_string(place.path("published/coverage.csv")).unwrap();
    assert!(coverage.contains("counted by another product, which tells no device"), "{coverage}");
    let tally = place.say(&["tally", &format!("logs/tenant/{DAY}")]).expect(1);
    assert!(tally.err.contains("is no log but a report of Microsoft 365"), "{}", tally.err);
}

#[test]
fn what_cannot_be_right_is_said_and_stops_nothing_else() {
    let place = place(&[DAY]);
    place.log("tenant/export.csv", &sample(DAY));
    place.log("tenant/smtp-auth_2026-03-02_b.csv", b"Sender address,Message count\na@contoso.example,1\n");
    place.log("tenant/smtp-auth_2026-03-03.csv", b"Sender address,Message count\na@contoso.example,many\n");
    place.log("tenant/smtp-auth_2199-01-01.csv", b"Sender address,Message count\n");
    let said = place.run(&[]).expect(5);
    for words in
        ["put them into the file's name", "line 2: the number of messages", "is not over yet", "keep one of them"]
    {
        assert!(said.err.contains(words), "no '{words}' in: {}", said.err);
    }
    let origins = place.table(&DAILY_TLS, &columns(&["origin"]));
    assert!(origins.iter().all(|origin| origin == "log"), "neither of the two is taken");
    assert!(!origins.is_empty(), "mx1 was read all the same");
}

/// A longer period with the same end does not take the place of a day that the lake has.
#[test]
fn a_day_is_not_lost_to_a_longer_period() {
    let place = place(&[DAY]);
    place.run(&[]).expect(0);
    let before = place.everything();
    place.remove(&format!("tenant/{DAY}"));
    place.log("tenant/smtp-auth_2026-02-24_2026-03-02.csv", &sample(DAY));
    place.run(&[]).expect(5).warns("the report that the lake has from 2026-03-02 on");
    assert_eq!(place.everything(), before);
}

/// The same source as one of logs: two messages of the day that [`DAY`] is of, and one of the day before.
const OWN: &str = r#"
[[sources]]
name = "tenant"
format = "mailtally"
files = ["logs/own/*"]
"#;

const LINES: &[u8] =
    br#"{"ts":"2026-03-01T09:00:00Z","account":"erp@contoso.example","tls_version":"TLSv1.2","queue_id":"Q1"}
{"ts":"2026-03-02T09:00:00Z","account":"erp@contoso.example","tls_version":"TLSv1.2","queue_id":"Q2"}
{"ts":"2026-03-02T09:00:01Z","account":"printer@contoso.example","tls_version":"TLSv1.0","queue_id":"Q3"}
"#;

/// A place whose source has been one of the two kinds and is the other one now, which has not run yet.
fn changed(from: &str, to: &str) -> Place {
    let place = Place::new(&[from]);
    place.log(&format!("tenant/{DAY}"), &sample(DAY));
    place.log("own/mail.jsonl", LINES);
    place.run(&[]).expect(0);
    place.pipeline(to);
    place
}

/// Runs after a source has changed its kind, and after runs that were killed between the commits of it: some tables are
/// as they were then. Each time, the lake has to hold what it would hold had the source never been another.
fn counts_once_whatever_happens(from: &str, to: &str, expected: &Place, stopped: &[&[&str]]) {
    let expected = expected.everything();
    let place = changed(from, to);
    let before = place.copy();
    place.run(&[]).expect(0);
    place.everything().assert_is(&expected, "another kind");
    let again = place.run(&[]).expect(0).json();
    assert_eq!(again["rolled_up"], serde_json::json!([]), "{again}");
    for tables in stopped {
        let killed = place.copy();
        for table in *tables {
            let table = format!("lake/{table}");
            fs::remove_dir_all(killed.path(&table)).unwrap();
            if before.path(&table).exists() {
                fs::rename(before.copy().path(&table), killed.path(&table)).unwrap();
            }
        }
        killed.run(&[]).expect(0);
        killed.everything().assert_is(&expected, &format!("{tables:?} as they were"));
    }
}

/// Of what another product has counted, there is nothing to look at but the counts.
#[test]
fn who_asks_for_submissions_of_a_report_is_told_that_there_are_none() {
    let place = place(&[WEEK]);
    place.run(&[]).expect(0);
    let of = |account: &str, days: [&str; 2]| {
        let [from, to] = days;
        let report = ["report", "pipeline.toml", "--detailed", "--out", "own", "--account", account];
        place.say(&[&report[..], &["--from", from, "--to", to]].concat()).expect(0)
    };
    let said = of("Printer@contoso.example", ["2026-03-03", "2026-03-03"]).warns("the dataset imported_usage");
    assert!(said.out.starts_with("submissions 0 of "), "{}", said.out);
    assert_eq!(of("nobody@contoso.example", ["2026-03-03", "2026-03-03"]).err, "");
    assert_eq!(of("printer@contoso.example", ["2026-03-08", "2026-03-09"]).err, "");
}

/// A file counts for each source that has it.
#[test]
fn a_report_of_two_sources_is_told() {
    let place = place(&[DAY, WEEK]);
    place.pipeline(&(M365.to_owned() + &M365.replace("\"tenant\"", "\"weekly\"").replace("*.csv", "*_*_*.csv")));
    for _ in 0..2 {
        let words = format!("tenant/{WEEK} is of source 'tenant' and of source 'weekly'");
        place.run(&[]).expect(0).warns(&words);
    }
}

#[test]
fn a_source_of_reports_that_becomes_one_of_logs_counts_once() {
    let logs = changed(OWN, OWN);
    let stopped: [&[&str]; 4] =
        [&["coverage"], &["coverage", "imported"], &["coverage", "imported", "refusals"], &["imported"]];
    counts_once_whatever_happens(M365, OWN, &logs, &stopped);
}

#[test]
fn a_source_of_logs_that_becomes_one_of_reports_counts_once() {
    // The day that has no report keeps its messages: nothing has taken their place.
    let reports = Place::new(&[OWN]);
    reports.log("own/mail.jsonl", LINES.split_inclusive(|byte| *byte == b'\n').next().unwrap());
    reports.run(&[]).expect(0);
    reports.pipeline(M365);
    reports.log(&format!("tenant/{DAY}"), &sample(DAY));
    reports.run(&[]).expect(0);
    let stopped: [&[&str]; 4] =
        [&["coverage"], &["coverage", "submissions"], &["coverage", "submissions", "imported"], &["submissions"]];
    counts_once_whatever_happens(OWN, M365, &reports, &stopped);
}

/// A week's report is in no daily table, so it takes nobody's place.
#[test]
fn a_week_s_report_leaves_the_logs_of_its_last_day() {
    let place = Place::new(&[OWN]);
    place.log("own/mail.jsonl", LINES);
    place.run(&[]).expect(0);
    let before = place.rows();
    place.pipeline(M365);
    place.log("tenant/smtp-auth_2026-02-24_2026-03-02.csv", &sample(DAY));
    place.run(&[]).expect(0);
    place.rows().assert_is(&before, "a week's report");
    place.pipeline(OWN);
    place.run(&["--date", "2026-03-02"]).expect(0);
    place.rows().assert_is(&before, "logs again");
    assert_eq!(place.table(&IMPORTED, &columns(&["period_start"])).first().unwrap(), "2026-02-24");
}
