//! The detailed file: the submissions behind a window, filtered, in every form.

use std::fs;

use polars::prelude::{ParquetReader, SerReader};

use super::face::demo;
use super::place::Place;
use crate::csv::{self, Row};

/// `report --detailed` into `elsewhere`, and the first words that it says.
fn detailed(place: &Place, arguments: &[&str]) -> String {
    let all = [&["report", "pipeline.toml", "--detailed", "--out", "elsewhere"], arguments].concat();
    let said = place.say(&all).expect(0).out;
    said.lines().next().unwrap().to_owned()
}

fn rows(place: &Place) -> Vec<Row> {
    csv::read(&place.path("elsewhere/submissions.csv"))
}

#[test]
fn a_window_has_all_of_its_submissions() {
    let place = demo().copy();
    assert_eq!(detailed(&place, &[]), "submissions 1377 of 2026-03-04 to 2026-03-10");
    assert_eq!(rows(&place).len(), 1377);
}

#[test]
fn filters_narrow_it() {
    let place = demo().copy();
    let arguments = ["--account", "Tina@lab.example.org", "--from", "2026-03-09", "--to", "2026-03-09"];
    assert_eq!(detailed(&place, &arguments), "submissions 39 of 2026-03-09");
    assert!(rows(&place).iter().all(|row| &row["account"] == "tina@lab.example.org" && &row["date"] == "2026-03-09"));
    // The page says 109 without TLS and 106 over TLS 1.0.
    assert_eq!(detailed(&place, &["--tls", "none", "--tls", "TLSv1.0"]), "submissions 215 of 2026-03-04 to 2026-03-10");
    assert_eq!(detailed(&place, &["--domain", "corp.example.com"]), "submissions 203 of 2026-03-04 to 2026-03-10");
    assert!(rows(&place).iter().all(|row| &row["domain"] == "corp.example.com"));
    assert_eq!(
        detailed(&place, &["--domain", "corp.example.com", "--account", "tina@lab.example.org"]),
        "submissions 0 of 2026-03-04 to 2026-03-10"
    );
    assert_eq!(rows(&place).len(), 0, "a file with its header all the same");
}

/// A null sender is known, and a cipher that is not there has no class.
#[test]
fn tally_has_the_rows_of_the_lake() {
    let place = Place::new(&["[[sources]]\nname = \"own\"\nformat = \"mailtally\"\nfiles = [\"logs/*\"]\n"]);
    let log = r#"{"ts":"2026-03-01T09:00:00Z","account":"a@example.org","mail_from":"<>"}
{"ts":"2026-03-01T09:00:01Z","account":"a@example.org","mail_from":"a@example.org","cipher":"AES256-SHA"}
"#;
    place.log("own.jsonl", log.as_bytes());
    place.run(&[]).expect(0);
    detailed(&place, &["--date", "2026-03-01", "--format", "jsonl"]);
    let lake = fs::read_to_string(place.path("elsewhere/submissions.jsonl")).unwrap();
    let tally = place.say(&["tally", "--rows", "--json", "logs/own.jsonl"]).expect(0).out;
    let values = |text: &str| {
        let rows = text.lines().map(|row| serde_json::from_str::<serde_json::Value>(row).unwrap());
        rows.map(|row| ["account", "mail_from", "cipher", "cipher_class"].map(|name| row[name].clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(values(&tally), values(&lake));
    assert_eq!(values(&tally)[0][1..], ["".into(), serde_json::Value::Null, serde_json::Value::Null]);
}

#[test]
fn every_form_has_the_same_rows() {
    let place = demo().copy();
    let forms = ["--format", "csv", "--format", "parquet", "--format", "jsonl", "--format", "xlsx"];
    detailed(&place, &[&["--tls", "none"], &forms[..]].concat());
    let csv = rows(&place);
    assert_eq!(csv.len(), 109);
    let lines = fs::read_to_string(place.path("elsewhere/submissions.jsonl")).unwrap();
    assert_eq!(lines.lines().count(), 109);
    let parquet = fs::File::open(place.path("elsewhere/submissions.parquet")).unwrap();
    let parquet = ParquetReader::new(parquet).finish().unwrap();
    let accounts = parquet.column("account").unwrap().str().unwrap().iter().flatten();
    assert_eq!(accounts.collect::<Vec<_>>(), csv.iter().map(|row| &row["account"]).collect::<Vec<_>>());
    assert!(fs::read(place.path("elsewhere/submissions.xlsx")).unwrap().starts_with(b"PK"));
}

#[test]
fn what_cannot_be_asked_is_said() {
    let place = demo();
    let report = |arguments: &[&str]| place.say(&[&["report", "pipeline.toml"], arguments].concat());
    report(&["--detailed", "--format", "html"]).expect(2).warns("a detailed file has no page");
    report(&["--detailed", "--tls", "TLS1.0"]).expect(2).warns("did you mean 'TLSv1.0'?");
    report(&["--account", "a@b"]).expect(2).warns("--detailed");
}
