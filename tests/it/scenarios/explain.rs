//! From a figure to its lines: every submission of a day is found again in the raw files, also once these have been
//! rotated and packed, and what is gone is named.

use serde_json::Value;

use super::place::{MX3, Place, Said};
use super::raw::{self, Log, gzip};

const STAMP: [&str; 3] =
    ["2026-03-05T09:00:00.100000+00:00", "2026-03-05T10:00:00.200000+00:00", "2026-03-06T08:00:00.300000+00:00"];

/// Two messages of alice on 5 March, one on 6 March.
fn log() -> Log {
    let mut log = Log::default();
    log.session(STAMP[0], 7, "4fTgFJ47MGz1VlBA", Some("TLSv1.3"));
    log.session(STAMP[1], 8, "4fTgFJ47MGz1VlBB", Some("TLSv1.0"));
    log.session(STAMP[2], 9, "4fTgFJ47MGz1VlBC", Some("TLSv1.3"));
    log
}

fn place() -> Place {
    let place = Place::new(&[MX3]);
    place.log("mx3/mail.log", &log().bytes());
    place.run(&[]).expect(0);
    place
}

fn explain(place: &Place, date: &str) -> Said {
    place.say(&["explain", "pipeline.toml", "Alice@example.org", "--date", date, "--json"])
}

/// The text of the line that an answer names.
fn line(place: &Place, traced: &Value, at: usize) -> String {
    let file = traced["lines"][at]["file"].as_str().unwrap();
    let stored = std::fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", place.path(file).display()));
    let text = match file.ends_with(".gz") {
        true => std::io::read_to_string(flate2::read::MultiGzDecoder::new(&stored[..])).unwrap(),
        false => String::from_utf8(stored).unwrap(),
    };
    let number = traced["lines"][at]["line"].as_u64().unwrap();
    text.lines().nth(number as usize - 1).unwrap().to_owned()
}

fn assert_traced(place: &Place, answer: &Value) {
    assert_eq!((&answer["messages"], &answer["submissions"]), (&2.into(), &2.into()), "{answer}");
    let traced = answer["traced"].as_array().unwrap();
    for (traced, (id, version)) in traced.iter().zip([("4fTgFJ47MGz1VlBA", "TLSv1.3"), ("4fTgFJ47MGz1VlBB", "TLSv1.0")])
    {
        assert_eq!((&traced["queue_id"], &traced["tls_version"]), (&id.into(), &version.into()));
        assert_eq!(traced["client_ip"], "192.0.2.7");
        assert!(line(place, traced, 0).contains(&format!("{id}: client=")), "the line that opened it");
        assert!(line(place, traced, 1).contains("(queue active)"), "the line that accepted it");
    }
}

#[test]
fn submissions_are_found_again_by_file_and_line() {
    let place = place();
    let said = explain(&place, "2026-03-05").expect(0);
    assert_eq!(said.err, "");
    assert_traced(&place, &said.json());
    let text = place.say(&["explain", "pipeline.toml", "alice@example.org", "--date", "2026-03-05"]).expect(0).out;
    let file = place.path("logs/mx3/mail.log").display().to_string();
    assert!(text.contains(&format!("{file}:3,4\n")), "{text}");
    assert!(text.contains(&format!("{file}:8,9\n")), "{text}");
    assert!(text.contains("daily_volume  2 messages, 2 recipients, 1,400 bytes"), "{text}");
}

#[test]
fn rotation_and_packing_do_no_harm() {
    let place = place();
    let bytes = log().bytes();
    place.remove("mx3/mail.log");
    place.log("mx3/mail.log.2.gz", &gzip(&bytes));
    assert_traced(&place, &explain(&place, "2026-03-05").expect(0).json());
}

#[test]
fn a_file_that_is_gone_is_named() {
    let place = Place::new(&[MX3]);
    let bytes = log().bytes();
    let cut = memchr::memchr_iter(b'\n', &bytes).nth(4).unwrap() + 1;
    place.log("mx3/mail.log.1", &bytes[..cut]);
    place.log("mx3/mail.log", &bytes[cut..]);
    place.run(&[]).expect(0);
    place.remove("mx3/mail.log.1");
    let said = explain(&place, "2026-03-05").expect(0).warns("mail.log.1").warns("is gone");
    let answer = said.json();
    assert_eq!(answer["submissions"], 2, "the lake has them all the same");
    let traced = answer["traced"].as_array().unwrap();
    assert_eq!(traced[0]["lines"], serde_json::json!([]));
    assert_eq!(traced[1]["lines"][0]["line"], 3, "of the file that is there: {answer}");
    assert_eq!(answer["gone"].as_array().unwrap().len(), 1);
}

#[test]
fn short_queue_ids_are_used_again() {
    let mut log = Log::default();
    log.session(STAMP[0], 7, "4F1A2B", Some("TLSv1.3")).session(STAMP[1], 8, "4F1A2B", Some("TLSv1.3"));
    let place = Place::new(&[MX3]);
    place.log("mx3/mail.log", &log.bytes());
    place.run(&[]).expect(0);
    let answer = explain(&place, "2026-03-05").expect(0).json();
    let lines = |at: usize| {
        let lines = answer["traced"][at]["lines"].as_array().unwrap().iter();
        lines.map(|place| place["line"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!((lines(0), lines(1)), (vec![3, 4], vec![8, 9]));
}

#[test]
fn nothing_of_an_account_is_said_so() {
    let place = place();
    let said = place.say(&["explain", "pipeline.toml", "bob@example.org", "--date", "2026-03-05"]);
    said.expect(3).warns("the lake has nothing of this account");
}

/// The sample has an account whose password is guessed on 9 March.
#[test]
fn what_is_unusual_is_told_with_its_reasons() {
    let place = super::face::demo();
    let said = place.say(&["explain", "pipeline.toml", "tina@lab.example.org", "--date", "2026-03-09", "--json"]);
    let answer = said.expect(0).json();
    let rules: Vec<_> = answer["unusual"].as_array().unwrap().iter().map(|finding| &finding["rule"]).collect();
    assert!(rules.contains(&&"volume".into()) && rules.contains(&&"failures_then_success".into()), "{rules:?}");
    assert_eq!(answer["unusual"][0]["severity"], "high");
    assert_eq!(answer["messages"], 39);
    let traced = answer["traced"].as_array().unwrap();
    assert_eq!(traced.len(), 39);
    assert!(traced.iter().all(|traced| traced["lines"].as_array().is_some_and(|lines| !lines.is_empty())), "{answer}");
    // The file is one of the decoded samples.
    let first = traced[0]["lines"][0]["line"].as_u64().unwrap() as usize;
    let id = traced[0]["queue_id"].as_str().unwrap();
    let opened = raw::MX2.iter().filter_map(|file| std::str::from_utf8(file).unwrap().lines().nth(first - 1));
    assert!(opened.into_iter().any(|line| line.contains(&format!("{id}: client="))));
}
