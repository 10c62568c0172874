//! Lines that come late, come again, or stand on one line. What a pass makes of a log in order is tested by the samples.

use super::*;
use crate::formats::ses::Ses;
use crate::sources::testing::Place;
use crate::submissions::{Refusal, Submission};

/// The queue ids of the submissions that came.
#[derive(Default)]
struct Ids(Vec<String>);

impl Rows for Ids {
    fn submission(&mut self, row: &Submission<&str>) {
        self.0.push(row.queue_id.to_owned());
    }
    fn refusal(&mut self, _row: &Refusal<&str>) {}
}

impl Sink for Ids {
    fn rejected(&mut self, row: RejectedLine<'_>) {
        self.0.push(row.reason.to_owned());
    }
}

fn event(id: usize, time: &str) -> String {
    format!(r#"{{"eventType":"Send","mail":{{"timestamp":"{time}","messageId":"{id}","subject":"}}{{"}}}}"#)
}

fn day(text: &str) -> Day {
    Day::from(chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").unwrap())
}

/// Reads files of the day 2026-03-01, or of all days.
fn ids(files: &[String], days: Option<DayRange>) -> (Vec<String>, Outcome) {
    let place = Place::new();
    let write = |(number, text): (usize, &String)| PassFile {
        file: place.write(&format!("{number}.log"), text.as_bytes()),
        from: 0,
        year: 1970,
        first: None,
    };
    let pass = Pass {
        files: files.iter().enumerate().map(write).collect(),
        days,
        format: &Ses,
        zone: Tz::UTC,
        settings: Settings::default(),
        overlapping: false,
    };
    let mut sink = Ids::default();
    let outcome = read(&place.storage, &pass, &mut sink).unwrap();
    (sink.0, outcome)
}

fn first_of_march() -> Option<DayRange> {
    Some(DayRange::single(day("2026-03-01")))
}

#[test]
fn a_late_line_is_of_its_own_day() {
    let lines = [
        event(1, "2026-03-01T23:59:00Z"),
        event(2, "2026-03-02T04:00:00Z"),
        event(3, "2026-03-01T23:58:00Z"),
        event(4, "2026-03-02T05:59:00Z"),
    ];
    let (found, outcome) = ids(&[lines.join("\n")], first_of_march());
    assert_eq!(found, ["1", "3"]);
    assert!(!outcome.days[&day("2026-03-01")].closed);
    let later = [lines.join("\n"), event(5, "2026-03-02T06:30:00Z"), event(6, "2026-03-01T23:57:00Z")].join("\n");
    let (found, outcome) = ids(&[later], first_of_march());
    assert_eq!(found, ["1", "3", "6"]);
    assert!(outcome.days[&day("2026-03-01")].closed);
}

#[test]
fn a_file_with_late_lines_is_read_to_its_end() {
    let lines = [event(1, "2026-03-01T09:00:00Z"), event(2, "2026-03-09T09:00:00Z"), event(3, "2026-03-01T10:00:00Z")];
    assert_eq!(ids(&[lines.join("\n")], first_of_march()).0, ["1", "3"]);
}

#[test]
fn a_line_that_comes_again_counts_once() {
    let lines = [event(1, "2026-03-01T09:00:00Z"), event(1, "2026-03-01T09:00:00Z"), event(2, "2026-03-01T09:00:00Z")];
    let again = [event(2, "2026-03-01T09:00:00Z"), event(3, "2026-03-01T10:00:00Z")];
    assert_eq!(ids(&[lines.join("\n"), again.join("\n")], None).0, ["1", "2", "3"]);
}

#[test]
fn objects_on_one_line_are_lines_however_long_it_is() {
    let count = 40_000;
    let line = (0..count).map(|id| event(id, "2026-03-01T09:00:00Z")).collect::<String>();
    assert!(line.len() > 3 * sources::BLOCK_SIZE);
    let (found, outcome) = ids(&[line.clone() + "\n"], None);
    assert_eq!(found, (0..count).map(|id| id.to_string()).collect::<Vec<_>>());
    let of_day = &outcome.days[&day("2026-03-01")];
    assert_eq!((of_day.lines_read, of_day.bytes), (count as u64, line.len() as u64 + 1));
    assert_eq!(of_day.ranges[&0], (0, line.len() as u64 + 1));
}
