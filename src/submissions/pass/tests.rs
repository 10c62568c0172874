//! Lines that come late, come again, or stand on one line. What a pass makes of a log in order is tested by the samples.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::reader::Step;
use super::*;
use crate::calendar::HOUR;
use crate::formats::sendmail::Sendmail;
use crate::formats::ses::Ses;
use crate::sources::Block;
use crate::sources::testing::{Place, gzip};
use crate::submissions::scan::{Found, Scanner};

/// The queue ids of the submissions that came, and whose were refused.
#[derive(Default)]
struct Ids(Vec<String>);

impl Sink for Ids {
    fn submission(&mut self, row: &Submission<&str>) {
        self.0.push(row.queue_id.to_owned());
    }
    fn refusal(&mut self, row: &Refusal<&str>) {
        self.0.push(format!("{} of {}", row.kind.as_str(), row.account));
    }

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

/// Reads events of the day 2026-03-01, or of all days.
fn ids(files: &[String], days: Option<DayRange>) -> (Vec<String>, Outcome) {
    ids_of(&Ses, files, days, false)
}

fn ids_of(
    format: &'static dyn Format,
    files: &[String],
    days: Option<DayRange>,
    overlapping: bool,
) -> (Vec<String>, Outcome) {
    let (place, pass) = pass_of(format, files, days, overlapping);
    let mut sink = Ids::default();
    let outcome = read(&place.storage, &pass, &mut sink).unwrap();
    (sink.0, outcome)
}

/// The pass over files of these texts, and where they are.
fn pass_of(format: &'static dyn Format, files: &[String], days: Option<DayRange>, overlapping: bool) -> (Place, Pass) {
    let place = Place::new();
    let write = |(number, text): (usize, &String)| PassFile {
        file: place.write(&format!("{number}.log"), text.as_bytes()),
        from: 0,
        year: 1970,
        first: None,
        earliest: None,
        goes_back: false,
        repeats_log: false,
    };
    let pass = Pass {
        files: files.iter().enumerate().map(write).collect(),
        days,
        format,
        zone: Tz::UTC,
        settings: Settings::default(),
        overlapping,
    };
    (place, pass)
}

fn first_of_march() -> Option<DayRange> {
    Some(DayRange::single(day("2026-03-01")))
}

/// A sink whose disk is full with the first block.
#[derive(Default)]
struct Full(Ids);

impl Sink for Full {
    fn submission(&mut self, row: &Submission<&str>) {
        self.0.submission(row);
    }
    fn refusal(&mut self, row: &Refusal<&str>) {
        self.0.refusal(row);
    }
    fn rejected(&mut self, row: RejectedLine<'_>) {
        self.0.rejected(row);
    }
    fn progress(&mut self, _bytes: u64) -> ControlFlow<()> {
        ControlFlow::Break(())
    }
}

#[test]
fn a_pass_whose_rows_cannot_be_kept_is_left() {
    let place = Place::new();
    let text = (0..20_000).map(|id| event(id, "2026-03-01T09:00:00Z") + "\n").collect::<String>();
    let file = place.write("1.log", text.as_bytes());
    let (from, year, first, earliest, goes_back, repeats_log) = (0, 1970, None, None, false, false);
    let files = vec![PassFile { file, from, year, first, earliest, goes_back, repeats_log }];
    let (format, zone, settings) = (&Ses, Tz::UTC, Settings::default());
    let pass = Pass { files, days: None, format, zone, settings, overlapping: false };
    let mut sink = Full::default();
    let outcome = read(&place.storage, &pass, &mut sink).unwrap();
    assert!(outcome.broken);
    assert!(outcome.files[0].read_to <= sources::BLOCK_SIZE as u64, "{}", outcome.files[0].read_to);
    assert!(sink.0.0.len() < 10_000, "{}", sink.0.0.len());
}

#[test]
fn nothing_waits_for_files_that_repeat_others() {
    let place = Place::new();
    let file = |name: &str, earliest, repeats_log| PassFile {
        file: place.write(name, b""),
        from: 0,
        year: 1970,
        first: earliest,
        earliest,
        goes_back: false,
        repeats_log,
    };
    let files = vec![
        file("mainlog.1", Some(10), false),
        file("rejectlog.1", Some(11), true),
        file("mainlog", Some(20), false),
        file("rejectlog", Some(12), true),
    ];
    let (format, zone, settings) = (&Sendmail, Tz::UTC, Settings::default());
    let pass = Pass { files, days: None, format, zone, settings, overlapping: false };
    assert_eq!(pass.earliest(), [10, 20, 20, Timestamp::MAX]);
    assert_eq!(pass.none_before(), [10, 11, 12, 12]);
}

/// A packed log of one second, of more blocks than may wait between the reader, the scanner and the joiner.
fn large(place: &Place, name: &str) -> RawFile {
    let line = "2026-03-01T09:00:00+00:00 mx1 cron[7]: x\n";
    place.write(name, &gzip(&line.repeat(10 * sources::BLOCK_SIZE / line.len()).into_bytes()))
}

/// A pass over files of which it is not known that they overlap.
fn pass_over(files: Vec<RawFile>) -> Pass {
    let first = Some(day("2026-03-01").start());
    let file =
        |file| PassFile { file, from: 0, year: 1970, first, earliest: first, goes_back: false, repeats_log: false };
    let (format, zone, settings) = (&Sendmail, Tz::UTC, Settings::default());
    Pass { files: files.into_iter().map(file).collect(), days: None, format, zone, settings, overlapping: false }
}

#[test]
fn a_pass_that_finds_an_overlap_ends_however_much_is_left_to_read() {
    let place = Place::new();
    let files = ["mail.log.2.gz", "mail.log.1.gz"].map(|name| large(&place, name));
    assert!(read(&place.storage, &pass_over(files.into()), &mut Ids::default()).unwrap().overlap_found);
}

#[test]
fn a_panic_of_the_sink_ends_a_pass_however_much_is_left_to_read() {
    struct Panics;
    impl Sink for Panics {
        fn submission(&mut self, _: &Submission<&str>) {}
        fn refusal(&mut self, _: &Refusal<&str>) {}
        fn rejected(&mut self, _: RejectedLine<'_>) {}
        fn progress(&mut self, _: u64) -> ControlFlow<()> {
            resume_unwind(Box::new("no"));
        }
    }
    let place = Place::new();
    let pass = pass_over(vec![large(&place, "mail.log.1.gz")]);
    let ended = catch_unwind(AssertUnwindSafe(|| read(&place.storage, &pass, &mut Panics).is_ok()));
    assert_eq!(ended.unwrap_err().downcast_ref::<&str>(), Some(&"no"));
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
fn a_silence_may_run_across_files() {
    let files = [event(1, "2026-03-01T09:00:00Z"), event(2, "2026-03-01T15:00:00Z")];
    for files in [&files[..], &[files.join("\n")]] {
        assert_eq!(ids(files, None).1.days[&day("2026-03-01")].longest_gap, 6 * crate::calendar::HOUR);
    }
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

#[test]
fn a_file_that_may_repeat_what_is_forgotten_is_noticed() {
    let place = Place::new();
    let log = |name: &str, times: [&str; 2]| {
        let lines = times.map(|time| (time, "x"));
        place.write(name, session(&lines).as_bytes())
    };
    let first = log("mail.log.1", ["2026-03-01T09:00:00", "2026-03-01T13:00:00"]);
    for (earlier, expected) in [("2026-03-01T11:00:00", false), ("2026-03-01T10:59:59", true)] {
        let mut pass = pass_over(vec![first.clone(), log("mail.log", ["2026-03-01T12:00:00", earlier])]);
        pass.overlapping = true;
        pass.files[1].earliest = Some(day("2026-03-01").start() + 12 * HOUR);
        let outcome = read(&place.storage, &pass, &mut Ids::default()).unwrap();
        assert_eq!([0, 1].map(|file| outcome.files[file].goes_back), [false, expected]);
    }
}

/// sendmail's lines of one session: a time and a text each.
fn session(lines: &[(&str, &str)]) -> String {
    lines.iter().map(|(time, text)| format!("{time}+00:00 mx1 sm-mta[595]: {text}\n")).collect()
}

const LOGIN: &str = "AUTH=server, relay=[192.0.2.1], authid=alice@example.org, mech=PLAIN, bits=0";
const REFUSED: &str = "data_rejected of alice@example.org";

/// A `from=` line, and how the message's filter refuses it.
fn judged(id: &str) -> [String; 2] {
    let fields = "size=3, class=0, nrcpts=1, msgid=<1@b>, proto=ESMTPA, daemon=MSA, relay=[192.0.2.1]";
    [format!("{id}: from=<a@b>, {fields}"), format!("{id}: Milter: data, reject=554 5.7.1 virus")]
}

/// Two lines that say something, one of another program, one that cannot be read, one without anything, and one of a
/// day that nobody asked for.
const COUNTED: [(&str, &str); 3] = [
    ("2026-03-01T09:00:00", LOGIN),
    (
        "2026-03-01T09:00:00",
        "5BUA0001: from=<a@b>, size=3, class=0, nrcpts=1, msgid=<1@b>, proto=ESMTPA, relay=[192.0.2.1]",
    ),
    ("2026-03-02T09:00:00", LOGIN),
];

#[test]
fn every_line_is_counted_where_it_is_looked_at() {
    let log = session(&COUNTED).replace(
        "2026-03-02",
        "2026-03-01T10:00:00+00:00 mx1 cron[7]: a\n2026-03-01T10:00:00+00:00 mx1 sm-mta[595]: b\n\nno stamp\n2026-03-02",
    );
    let (_, outcome) = ids_of(&Sendmail, std::slice::from_ref(&log), first_of_march(), false);
    let lines = outcome.files[0].lines;
    assert_eq!(lines, LineCounts { read: log.lines().count() as u64, used: 3, ignored: 3, rejected: 1 });
    let of_day = &outcome.days[&day("2026-03-01")];
    let counts = [of_day.lines_read, of_day.lines_used, of_day.lines_ignored, of_day.lines_rejected];
    assert_eq!(counts, [6, 2, 3, 1]);
}

/// What the ingest stage checks of each day is not true by construction.
#[test]
fn what_is_lost_or_comes_too_often_does_not_balance() {
    let log = session(&COUNTED);
    let balance = |change: fn(&mut Found)| {
        let (place, pass) = pass_of(&Sendmail, std::slice::from_ref(&log), None, false);
        let mut scanned = Scanner::new(&Sendmail).scan(Block { offset: 0, bytes: log.clone().into_bytes() }, None);
        change(&mut scanned.found);
        let (to_joiner, steps) = channel();
        to_joiner.send(Step::Scanned(0, scanned)).unwrap();
        to_joiner.send(Step::End { file: 0, truncated: false }).unwrap();
        drop(to_joiner);
        let mut sink = Ids::default();
        let joiner = Joiner::new(&place.storage, &pass, &mut sink);
        let outcome = joiner.run(steps, (&channel().0, &channel().0), &AtomicUsize::new(0)).unwrap();
        let lines = outcome.files[0].lines;
        (lines.read, lines.used + lines.ignored + lines.rejected)
    };
    assert_eq!(balance(|_| {}), (3, 3));
    assert_eq!(balance(|found| found.candidates.truncate(2)), (3, 2));
    let twice = |found: &mut Found| {
        found.candidates.push(found.candidates[2]);
        found.runs.iter_mut().rev().take(1).for_each(|run| run.candidates += 1);
    };
    assert_eq!(balance(twice), (3, 4));
}

#[test]
fn a_message_is_judged_across_files_and_copies() {
    let [[first, _], [second, refused], [third, _]] = ["5BUA0001", "5BUA0002", "5BUA0003"].map(judged);
    let at = "2026-03-01T09:00:00";
    let opened = [(at, LOGIN), (at, first.as_str()), (at, second.as_str())];
    let goes_on = session(&[(at, &refused), (at, &third)]);
    let (found, _) = ids_of(&Sendmail, &[session(&opened), goes_on.clone()], None, false);
    assert_eq!(found, ["5BUA0001", REFUSED, "5BUA0003"]);
    // The next file begins with the last lines of this one, and it shows at once, or only from what is in them.
    for overlapping in [false, true] {
        let again = session(&opened[1..]);
        let (found, _) = ids_of(&Sendmail, &[session(&opened), again.clone() + &goes_on], None, overlapping);
        assert_eq!(found, ["5BUA0001", REFUSED, "5BUA0003"], "{overlapping}");
        let (found, _) = ids_of(&Sendmail, &[session(&opened), again + &session(&[(at, &third)])], None, overlapping);
        assert_eq!(found, ["5BUA0001", "5BUA0002", "5BUA0003"], "{overlapping}");
    }
    let whole = session(&opened) + &goes_on;
    let (found, _) = ids_of(&Sendmail, &[whole.clone(), whole], None, true);
    assert_eq!(found, ["5BUA0001", REFUSED, "5BUA0003"]);
}

#[test]
fn a_day_waits_for_the_verdict_on_its_last_message() {
    let [taken, refused] = judged("5BUA0001");
    let begins = session(&[("2026-03-01T23:59:58", LOGIN), ("2026-03-01T23:59:59", &taken)]);
    let with = |time: &str, text: &str| {
        let files = [begins.clone(), session(&[(time, text)])];
        let (found, outcome) = ids_of(&Sendmail, &files, first_of_march(), false);
        (found, outcome.days[&day("2026-03-01")].closed)
    };
    let other = "5BUA0009: <x@y>... User unknown";
    assert_eq!(with("2026-03-02T00:09:59", other), (vec!["5BUA0001".into()], false));
    assert_eq!(with("2026-03-02T00:10:00", other), (vec!["5BUA0001".into()], true));
    assert_eq!(with("2026-03-02T00:09:59", &refused), (vec![], true));
    // Whoever reads so far must find what those found who had no reason to.
    assert_eq!(with("2026-03-02T00:10:00", &refused), (vec!["5BUA0001".into()], true));
    let files = [begins, session(&[("2026-03-02T00:00:01", &refused)])];
    assert_eq!(ids_of(&Sendmail, &files, Some(DayRange::single(day("2026-03-02"))), false).0, [REFUSED]);
}
