//! RFC 3164 leaves out the year. Where the pipeline does not say it, the files' times do, or the days asked for.

use std::fs::File;
use std::time::{Duration, SystemTime};

use chrono::NaiveDate;

use super::place::{MX3, Place};
use super::raw::{Log, gzip};

/// Four rotated files from 30 December to 2 January, the oldest first.
fn turn_of_the_year() -> [Vec<u8>; 4] {
    let session = |stamp: &str, number: u32| {
        Log::default().session(stamp, 70 + number, &format!("4F2A000{number}"), Some("TLSv1.3")).bytes()
    };
    [
        session("Dec 30 12:00:00", 1),
        [session("Dec 31 12:00:00", 2), session("Dec 31 23:59:59", 3), session("Jan  1 00:00:00", 4)].concat(),
        session("Jan  1 12:00:00", 5),
        session("Jan  2 12:00:00", 6),
    ]
}

fn expected(year: u32) -> Vec<String> {
    let days = [(year, "12-30", 1), (year, "12-31", 2), (year + 1, "01-01", 2), (year + 1, "01-02", 1)];
    days.map(|(year, day, messages)| format!("{year}-{day},alice@example.org,TLSv1.3,{messages},{messages}")).into()
}

fn laid_out(written: SystemTime) -> Place {
    let place = Place::new(&[MX3]);
    let [oldest, old, newer, newest] = turn_of_the_year();
    let files =
        [("mail.log.3.gz", gzip(&oldest)), ("mail.log.2.gz", gzip(&old)), ("mail.log.1", newer), ("mail.log", newest)];
    for (name, bytes) in files {
        let path = place.log(&format!("mx3/{name}"), &bytes);
        File::options().write(true).open(path).unwrap().set_modified(written).unwrap();
    }
    place
}

/// Seconds from 1970 to 2 January 2025, 13:00.
const WRITTEN: Duration = Duration::from_secs(1_735_822_800);

#[test]
fn the_files_times_tell_the_year() {
    let place = laid_out(SystemTime::UNIX_EPOCH + WRITTEN);
    place.ingest();
    assert_eq!(place.daily(), expected(2024));
    let said = place.ingest();
    assert_eq!(said.json()["ingested"], serde_json::json!([]));
}

/// A backup that was unpacked today: its times are of no use, but whoever asks for days knows the year.
#[test]
fn the_days_asked_for_tell_the_year() {
    let place = laid_out(SystemTime::now());
    place.run(&["--stage", "ingest", "--from", "2021-12-29", "--to", "2022-01-05"]).expect(0);
    assert_eq!(place.daily(), expected(2021));
}

#[test]
fn the_pipeline_tells_the_year_of_the_last_line() {
    let place = laid_out(SystemTime::now());
    place.pipeline(&format!("{MX3}year = 2023\n"));
    place.ingest();
    assert_eq!(place.daily(), expected(2022));
}

/// Files with a session at noon of a day each, and written last an hour later.
fn of_days(files: &[(&str, &str)]) -> Place {
    let place = Place::new(&[MX3]);
    for (number, (name, day)) in (1..).zip(files) {
        let day: NaiveDate = day.parse().unwrap();
        let stamp = day.format("%b %e 12:00:00").to_string();
        let log = Log::default().session(&stamp, 70 + number, &format!("4F2A000{number}"), Some("TLSv1.3")).bytes();
        let path = place.log(&format!("mx3/{name}"), &log);
        let written = SystemTime::from(day.and_hms_opt(13, 0, 0).unwrap().and_utc());
        File::options().write(true).open(path).unwrap().set_modified(written).unwrap();
    }
    place
}

fn of_each<'a>(days: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    days.into_iter().map(|day| format!("{day},alice@example.org,TLSv1.3,1,1")).collect()
}

/// A log of which more than a year is kept. In the next year its oldest file would touch the day, too.
#[test]
fn no_line_is_later_than_its_file_was_written() {
    let files = [("mail.log.2", "2023-11-20"), ("mail.log.1", "2024-06-01"), ("mail.log", "2024-12-01")];
    for asked in [["2024-12-01", "2024-12-01"], ["2024-11-01", "2024-12-01"], ["2024-06-02", "2024-12-03"]] {
        let place = of_days(&files);
        place.run(&["--stage", "ingest", "--from", asked[0], "--to", asked[1]]).expect(0);
        assert_eq!(place.daily(), of_each(["2024-12-01"]), "{asked:?}");
        place.ingest();
        assert_eq!(place.daily(), of_each(files.map(|(_, day)| day)));
    }
}

#[test]
fn a_log_may_be_rotated_by_date_after_it_was_by_number() {
    let place = of_days(&[
        ("mail.log.2", "2024-11-02"),
        ("mail.log.1", "2024-11-09"),
        ("mail.log-20241116", "2024-11-16"),
        ("mail.log-20241123", "2024-11-23"),
        ("mail.log", "2024-11-27"),
    ]);
    place.ingest();
    assert_eq!(place.daily(), of_each(["2024-11-02", "2024-11-09", "2024-11-16", "2024-11-23", "2024-11-27"]));
}

/// Its names tell when its files were put aside, and those of the log beside it were written when they say.
#[test]
fn an_archive_may_be_longer_than_a_year() {
    let files = [
        ("archive/mail.log-20231120", "2023-11-20"),
        ("archive/mail.log-20240214", "2024-02-14"),
        ("archive/mail.log-1729252800", "2024-10-18"),
        ("mail.log.1", "2024-11-15"),
        ("mail.log", "2024-11-27"),
    ];
    let place = of_days(&files);
    place.pipeline(&MX3.replace("mx3/*", "mx3/**"));
    place.ingest();
    assert_eq!(place.daily(), of_each(files.map(|(_, day)| day)));
}

/// Sessions from 28 February to 1 March, of a leap year then.
fn leap_day(place: &Place, around: usize) {
    let filler = "Feb 28 12:00:00 mx3 cron[1]: nothing\n".repeat(around).into_bytes();
    let after = "Mar  1 12:00:00 mx3 cron[1]: nothing\n".repeat(around).into_bytes();
    let mut log = Log::default();
    for (number, stamp) in (1..).zip(["Feb 28 23:00:00", "Feb 29 12:00:00", "Mar  1 10:00:00"]) {
        log.session(stamp, 70 + number, &format!("4F2A000{number}"), Some("TLSv1.3"));
    }
    let path = place.log("mx3/mail.log", &[filler, log.bytes(), after].concat());
    File::options().write(true).open(path).unwrap().set_modified(SystemTime::UNIX_EPOCH + IN_A_COMMON_YEAR).unwrap();
}

/// Seconds from 1970 to 5 March 2026.
const IN_A_COMMON_YEAR: Duration = Duration::from_secs(1_772_668_800);

/// Whatever time a file was given, and whatever days are asked for.
#[test]
fn the_29th_of_february_tells_the_year() {
    let place = Place::new(&[MX3]);
    leap_day(&place, 0);
    place.ingest();
    let expected = of_each(["2024-02-28", "2024-02-29", "2024-03-01"]);
    assert_eq!(place.daily(), expected);
    let place = Place::new(&[MX3]);
    leap_day(&place, 0);
    place.run(&["--stage", "ingest", "--from", "2019-12-01", "--to", "2021-04-01"]).expect(0);
    assert_eq!(place.daily(), of_each(["2020-02-28", "2020-02-29", "2020-03-01"]));
}

/// Far from both ends of a file nobody looks for it, but its lines are of no other day.
#[test]
fn the_29th_of_february_is_no_day_of_a_common_year() {
    let place = Place::new(&[MX3]);
    leap_day(&place, 4_000);
    place.ingest();
    assert_eq!(place.daily(), of_each(["2026-02-28", "2026-03-01"]));
}
