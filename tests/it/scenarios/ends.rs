//! Where files begin and end: what is not known of it before they are read, and lines out of order, neither lose a day
//! nor make one up.

use std::fs;

use super::answer::{self, rotated};
use super::place::{self, MX3, Place};
use super::raw::{self, Log, PACKINGS, gzip};

/// The own schema, in one folder.
const OWN: &str = "[[sources]]\nname = \"own\"\nformat = \"mailtally\"\nfiles = [\"logs/own/*\"]\n";

/// Messages of the own schema: each a time, followed by so many of the same second that they hide what is around them.
fn own(messages: &[(&str, usize)]) -> Vec<u8> {
    let lines = messages.iter().enumerate().flat_map(|(number, (ts, times))| {
        (0..*times).map(move |time| {
            format!("{{\"ts\":\"{ts}\",\"account\":\"a@x.example\",\"queue_id\":\"{number}-{time}\"}}\n")
        })
    });
    lines.collect::<String>().into_bytes()
}

/// More of them than what is in sight of a file's end.
const MANY: usize = 1_500;

impl Place {
    /// How many passes a run would do.
    fn passes(&self) -> usize {
        let plan = self.say(&["plan", "pipeline.toml", "--json"]).expect(0).json();
        plan["sources"].as_array().unwrap().iter().map(|source| source["tasks"].as_array().unwrap().len()).sum()
    }
}

#[test]
fn a_packed_file_has_no_days_behind_its_end() {
    for (ending, pack) in PACKINGS {
        let place = Place::new(&[place::MX1]);
        for (name, bytes) in rotated(&raw::MX1) {
            place.log(&format!("mx1/{name}{ending}"), &pack(bytes));
        }
        let later = ["--stage", "ingest", "--date", "2026-03-24"];
        place.run(&later).expect(0).built("mx1", []);
        assert!(!place.path("lake/coverage").exists(), "{ending}: not a day of which there is nothing");
        place.ingest().built("mx1", 1..=10);
        assert_eq!(place.passes(), 0, "{ending}: its end is known now");
        place.run(&later).expect(0).built("mx1", []);
        place.rows().assert_is(&answer::MX1, ending);
    }
}

#[test]
fn a_day_between_two_packed_files_is_in_neither() {
    for (ending, pack) in PACKINGS {
        let place = Place::new(&[place::MX1]);
        place.log(&format!("mx1/mail.log.3{ending}"), &pack(&raw::MX1[0]));
        place.log(&format!("mx1/mail.log.2{ending}"), &pack(&raw::MX1[2]));
        place.ingest().built("mx1", [1, 2, 3, 6, 7, 8, 9]);
        assert_eq!(place.passes(), 0, "{ending}");
    }
}

/// Of two hosts' logs, the one that goes on has the days.
#[test]
fn a_day_that_another_log_holds_is_built() {
    let place = Place::new(&[place::MX1]);
    place.log("mx1/mail.log.gz", &gzip(&raw::MX1[0]));
    let mut other = Log::default();
    for day in 3..=5 {
        other.session(&format!("2026-03-0{day}T12:00:00Z"), day, &format!("4F2A000{day}"), Some("TLSv1.3"));
    }
    place.log("mx1/other", &other.bytes());
    place.ingest().built("mx1", 1..=5);
    assert_eq!(place.passes(), 0);
}

#[test]
fn a_day_that_only_an_unknown_end_might_hold_is_not_made_poorer() {
    let place = Place::new(&[place::MX1]);
    place.logs("mx1", rotated(&raw::MX1));
    place.ingest();
    for file in ["mail.log", "mail.log.1", "mail.log.2", "mail.log.3"] {
        place.remove(&format!("mx1/{file}"));
    }
    // Another file, so that nothing of it was learnt before.
    let mut lines = raw::MX1[0].clone();
    lines.drain(..raw::line_end(&lines, 1));
    place.log("mx1/mail.log.gz", &gzip(&lines));
    let asked = ["--stage", "ingest", "--from", "2026-03-03", "--to", "2026-03-05", "--allow-fewer-inputs"];
    let said = place.run(&asked).expect(3);
    assert_eq!(said.days("kept", "mx1"), [4, 5].into());
    said.built("mx1", [3]);
}

#[test]
fn a_line_that_steps_back_over_midnight_loses_no_day() {
    let stray = |at: &str| format!("{at} mx3 postfix/anvil[5]: statistics: max connection rate 1/60s");
    for filler in [0, MANY] {
        let place = Place::new(&[MX3]);
        let mut log = Log::default();
        log.line(&stray("2026-03-03T00:00:01Z"));
        log.session("2026-03-02T23:59:50Z", 71, "4F2A0001", Some("TLSv1.3"));
        for _ in 0..filler {
            log.line(&stray("2026-03-03T12:00:00Z"));
        }
        log.session("2026-03-04T00:00:05Z", 72, "4F2A0002", Some("TLSv1.3"));
        log.line(&stray("2026-03-03T23:59:58Z"));
        place.log("mx3/mail.log", &log.bytes());
        place.ingest().built("mx3", 2..=4);
        assert_eq!(
            place.daily(),
            ["2026-03-02,alice@example.org,TLSv1.3,1,1", "2026-03-04,alice@example.org,TLSv1.3,1,1"]
        );
        assert_eq!(place.passes(), 0);
    }
}

#[test]
fn late_lines_are_found_beyond_both_ends_of_a_file() {
    let messages = [
        ("2026-03-03T12:00:00Z", MANY),
        ("2026-03-04T09:00:00Z", 1),
        ("2026-03-02T20:00:00Z", 1),
        ("2026-03-03T13:00:00Z", MANY),
    ];
    for pack in [<[u8]>::to_vec, gzip as fn(&[u8]) -> Vec<u8>] {
        let place = Place::new(&[OWN]);
        place.log("own/log", &pack(&own(&messages)));
        place.ingest().built("own", 2..=4);
        assert_eq!(place.passes(), 0, "all that is in it is known now");
        let days = place.daily();
        assert_eq!(days.iter().map(|day| &day[..10]).collect::<Vec<_>>(), ["2026-03-02", "2026-03-03", "2026-03-04"]);
    }
}

#[test]
fn a_late_line_is_found_in_the_next_file() {
    let place = Place::new(&[OWN]);
    place.log("own/one", &own(&[("2026-03-02T12:00:00Z", 1), ("2026-03-03T10:00:00Z", 1)]));
    let two = [("2026-03-04T05:00:00Z", 1), ("2026-03-03T12:00:00Z", 1), ("2026-03-04T10:00:00Z", 1)];
    place.log("own/two", &own(&two));
    place.ingest().built("own", 2..=4);
    assert_eq!(
        place.daily(),
        [
            "2026-03-02,a@x.example,unknown,1,0",
            "2026-03-03,a@x.example,unknown,2,0",
            "2026-03-04,a@x.example,unknown,2,0"
        ]
    );
}

/// A day that late lines might be of and are not is no day of the lake, however often the file grows.
#[test]
fn late_lines_make_up_no_day() {
    let place = Place::new(&[OWN]);
    let hours = ["2026-03-02T06:00:00Z", "2026-03-02T18:00:00Z", "2026-03-03T06:00:00Z", "2026-03-03T18:00:00Z"];
    for (nth, until) in (1..=hours.len()).enumerate() {
        let messages = hours[..until].iter().map(|ts| (*ts, MANY)).collect::<Vec<_>>();
        place.log("own/log", &own(&messages));
        assert!(nth == 0 || place.passes() == 1, "one pass, not one for the day before the file besides");
        let built = place.ingest().days("ingested", "own");
        assert!(built.iter().all(|day| [2, 3].contains(day)), "{built:?}");
        assert_eq!(place.passes(), 0);
    }
    assert_eq!(fs::read_dir(place.path("lake/coverage")).unwrap().count(), 3, "two days, and the table's log");
}
