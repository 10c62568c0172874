//! What a run does with days that the lake has already: nothing, unless asked, or something has changed; and
//! nothing that makes them poorer.

use std::time::SystemTime;

use mailtally::lake::tables;
use polars::prelude::col;

use super::answer::{self, rotated};
use super::place::{self, MX3, Place};
use super::raw::{self, Log};

/// The first server's logs, ingested.
fn filled() -> Place {
    let place = Place::new(&[place::MX1]);
    place.logs("mx1", rotated(&raw::MX1));
    place.ingest();
    place
}

#[test]
fn days_that_are_asked_for_are_built_again_and_come_out_the_same() {
    let place = filled();
    let today = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() / 86_400;
    let ninth_of_march = 20_521;
    let last = (today - ninth_of_march).to_string();
    for (days, built) in [
        (&["--date", "2026-03-05"][..], 5..=5),
        (&["--from", "2026-03-03", "--to", "2026-03-06"], 3..=6),
        (&["--last", &last], 9..=10),
    ] {
        place.run(&[&["--stage", "ingest"], days].concat()).expect(0).built("mx1", built);
        place.rows().assert_is(&answer::MX1, &format!("{days:?} again"));
    }
    place.ingest().built("mx1", []);
}

#[test]
fn days_may_be_filled_in_any_order() {
    let place = Place::new(&[place::MX1]);
    place.logs("mx1", rotated(&raw::MX1));
    for days in [["2026-03-07", "2026-03-09"], ["2026-03-02", "2026-03-03"], ["2026-03-04", "2026-03-08"]] {
        place.run(&["--stage", "ingest", "--from", days[0], "--to", days[1]]).expect(0);
    }
    place.ingest().built("mx1", [1, 10]);
    place.rows().assert_is(&answer::MX1, "in three parts, and the rest");
}

#[test]
fn a_day_whose_file_is_gone_is_left_as_it_is() {
    let place = filled();
    let before = place.versions();
    place.remove("mx1/mail.log.2");
    // Nobody asks: nothing has to be said.
    let said = place.ingest().built("mx1", []);
    assert_eq!(said.err, "");
    // The day has lines in the file that is gone and in the one after it.
    let said = place.run(&["--stage", "ingest", "--date", "2026-03-06"]).expect(3).warns("is left as it is");
    assert_eq!(said.days("kept", "mx1"), [6].into());
    // Of this day nothing is there any more.
    let said = place.run(&["--stage", "ingest", "--date", "2026-03-04"]).expect(3).warns("mail.log.2");
    assert_eq!(said.days("kept", "mx1"), [4].into());
    // The days beside them are built.
    let said = place.run(&["--stage", "ingest", "--from", "2026-03-05", "--to", "2026-03-08"]).expect(3);
    assert_eq!(said.days("kept", "mx1"), [5, 6].into());
    let said = said.built("mx1", [7, 8]);
    assert_eq!(said.json()["exit_code"], 3);
    place.rows().assert_is(&answer::MX1, "with a file gone");
    assert_ne!(place.versions(), before);

    place.run(&["--stage", "ingest", "--date", "2026-03-06", "--allow-fewer-inputs"]).expect(0).built("mx1", [6]);
    let sixth = |rows: &[String]| rows.iter().filter(|row| row.starts_with("2026-03-06")).count();
    let (left, all) = (sixth(&place.rows().tables["submissions"]), sixth(&answer::MX1.tables["submissions"]));
    assert!(0 < left && left < all, "{left} of {all}");

    // The file is back, and so is the day.
    place.log("mx1/mail.log.2", &raw::MX1[1]);
    place.ingest();
    place.rows().assert_is(&answer::MX1, "the file is back");
}

#[test]
fn a_day_is_left_as_it_is_where_all_files_are_gone() {
    let place = filled();
    for file in ["mail.log", "mail.log.1", "mail.log.2", "mail.log.3"] {
        place.remove(&format!("mx1/{file}"));
    }
    place.run(&["--stage", "ingest"]).expect(0).warns("no file matches");
    let said = place.run(&["--stage", "ingest", "--date", "2026-03-04"]).expect(3).warns("is left as it is");
    assert_eq!(said.days("kept", "mx1"), [4].into());
    place.rows().assert_is(&answer::MX1, "all files gone");
}

#[test]
fn a_file_that_shrank_is_gone() {
    let place = filled();
    place.log("mx1/mail.log.1", &raw::MX1[2][..100_000]);
    place.run(&["--stage", "ingest", "--date", "2026-03-08"]).expect(3).warns("is left as it is");
    place.rows().assert_is(&answer::MX1, "a file was cut off");
}

/// A day whose silence was proven to be cleartext is not made unknown because the proof is gone.
#[test]
fn the_proof_that_tls_is_logged_may_be_rotated_away() {
    let place = Place::new(&[MX3]);
    place.log(
        "mx3/mail.log.1",
        &Log::default().session("2026-03-01T12:00:00Z", 71, "4F2A0001", Some("TLSv1.3")).bytes(),
    );
    let second = Log::default().session("2026-03-02T12:00:00Z", 72, "4F2A0002", None).bytes();
    place.log("mx3/mail.log", &second);
    place.ingest().built("mx3", [1, 2]);
    let expected = ["2026-03-01,alice@example.org,TLSv1.3,1,1", "2026-03-02,alice@example.org,none,1,1"];
    assert_eq!(place.daily(), expected);
    place.remove("mx3/mail.log.1");
    place.ingest().built("mx3", []);
    let said = place.run(&["--stage", "ingest", "--date", "2026-03-02"]).expect(3).warns("host mx3 says a TLS version");
    assert_eq!(said.days("kept", "mx3"), [2].into());
    assert_eq!(place.daily(), expected);
    // Another setting does not bring the proof back.
    place.pipeline(&format!("{MX3}realm = \"example.net\"\n"));
    place.ingest().built("mx3", []).warns("host mx3 says a TLS version");
    assert_eq!(place.daily(), expected);
    // The operator may know better.
    place.pipeline(&format!("{MX3}tls_logged = false\n"));
    place.ingest().built("mx3", [2]);
    assert_eq!(place.daily(), [expected[0], "2026-03-02,alice@example.org,unknown,1,1"]);
}

/// Files in which no line says a TLS version are not searched for one again, but a later one may still have it.
#[test]
fn a_server_that_begins_to_log_tls_opens_the_days_before() {
    let place = Place::new(&[MX3]);
    let session = |day: u32, tls| {
        let (at, queue_id) = (format!("2026-03-0{day}T12:00:00Z"), format!("4F2A000{day}"));
        Log::default().session(&at, 70 + day, &queue_id, tls).bytes()
    };
    for day in [1, 2] {
        place.log(&format!("mx3/mail.log.{}", 9 - day), &session(day, None));
        place.ingest();
    }
    let expected = |version| [1, 2].map(|day| format!("2026-03-0{day},alice@example.org,{version},1,1"));
    assert_eq!(place.daily(), expected("unknown"));
    place.log("mx3/mail.log", &session(3, Some("TLSv1.3")));
    place.ingest().built("mx3", 1..=3);
    assert_eq!(place.daily()[..2], expected("none"));
}

#[test]
fn a_changed_setting_opens_all_days_of_its_source() {
    let place = Place::new(&[place::MX1, MX3]);
    place.logs("mx1", rotated(&raw::MX1));
    place.log("mx3/mail.log", &Log::default().session("2026-03-02T12:00:00Z", 72, "4F2A0002", None).bytes());
    place.ingest().built("mx3", [2]);
    let accounts = |place: &Place| place.daily().iter().filter(|row| row.contains("legacyfax@fax.example.com")).count();
    assert_eq!(accounts(&place), 0);
    place.pipeline(&[&place::MX1.replace("corp.example.com", "fax.example.com"), MX3].concat());
    place.ingest().built("mx1", 1..=10).built("mx3", []);
    assert!(accounts(&place) > 0);
    place.pipeline(&[place::MX1, MX3].concat());
    place.ingest().built("mx1", 1..=10);
    assert_eq!(accounts(&place), 0);
}

/// A time zone that is corrected moves lines to other days: none may be left behind where it was.
#[test]
fn a_day_that_no_line_is_of_any_more_is_emptied() {
    let place = Place::new(&[MX3]);
    let mut log = Log::default();
    log.session("Mar  1 12:00:00", 71, "4F2A0001", Some("TLSv1.3")).session("Mar  2 00:30:00", 72, "4F2A0002", None);
    place.log("mx3/mail.log", &log.bytes());
    place.pipeline(&format!("{MX3}year = 2026\n"));
    place.run(&[]).expect(0).built("mx3", [1, 2]);
    place.pipeline(&format!("{MX3}year = 2026\ntimezone = \"Europe/Berlin\"\n"));
    place.run(&[]).expect(0).built("mx3", [1, 2]);
    let expected = ["2026-03-01,alice@example.org,TLSv1.3,1,1", "2026-03-01,alice@example.org,none,1,1"];
    assert_eq!(place.daily(), expected);
    assert_eq!(place.table(&tables::DAILY_VOLUME, &[col("date"), col("messages")]), ["2026-03-01,2"]);
    place.run(&[]).expect(0).built("mx3", []);
}
