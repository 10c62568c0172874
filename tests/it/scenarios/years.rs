//! RFC 3164 leaves out the year. Where the pipeline does not say it, the files' times do, or the days asked for.

use std::fs::File;
use std::time::{Duration, SystemTime};

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
    let expected = ["2024-02-28", "2024-02-29", "2024-03-01"].map(|day| format!("{day},alice@example.org,TLSv1.3,1,1"));
    assert_eq!(place.daily(), expected);
    let place = Place::new(&[MX3]);
    leap_day(&place, 0);
    place.run(&["--stage", "ingest", "--from", "2019-12-01", "--to", "2021-04-01"]).expect(0);
    assert_eq!(place.daily(), expected.map(|row| row.replace("2024", "2020")));
}

/// Far from both ends of a file nobody looks for it, but its lines are of no other day.
#[test]
fn the_29th_of_february_is_no_day_of_a_common_year() {
    let place = Place::new(&[MX3]);
    leap_day(&place, 4_000);
    place.ingest();
    assert_eq!(place.daily(), ["2026-02-28", "2026-03-01"].map(|day| format!("{day},alice@example.org,TLSv1.3,1,1")));
}
