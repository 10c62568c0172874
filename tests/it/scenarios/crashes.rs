//! Runs that are killed, that meet each other, and that meet damaged files.

use std::fs::File;

use chrono::DateTime;
use mailtally::lake::tables;
use polars::prelude::col;

use super::answer::{self, rotated};
use super::place::{self, MX3, Place};
use super::raw::{self, Log, gzip};

/// A folder, and how many files have come into it since a run began.
type Moment = (&'static str, usize);

/// The way of a run that makes a lake of three days. A log's first file makes its table, the second fills it.
const OF_A_FIRST_RUN: [Moment; 12] = [
    ("lake/submissions", 1),
    ("lake/refusals", 3),
    ("lake/submissions/_delta_log", 1),
    ("lake/submissions/_delta_log", 2),
    ("lake/refusals/_delta_log", 2),
    ("lake/coverage", 1),
    ("lake/coverage/_delta_log", 2),
    ("lake/daily_clients", 1),
    ("lake/daily_refusals", 3),
    ("lake/daily_clients/_delta_log", 2),
    ("lake/daily_tls/_delta_log", 2),
    ("published", 1),
];

/// The way of a run that replaces those days, as far as the rollups.
const OF_A_RERUN: [Moment; 8] = [
    ("lake/submissions", 1),
    ("lake/submissions", 3),
    ("lake/refusals", 3),
    ("lake/submissions/_delta_log", 1),
    ("lake/refusals/_delta_log", 1),
    ("lake/coverage", 1),
    ("lake/coverage/_delta_log", 1),
    ("lake/daily_clients", 1),
];

/// A machine that is busy may show a moment only when the run is over, and then another run is tried.
const TRIES: usize = 5;

/// A small source, so that a run is over soon and can be killed often.
fn small() -> Place {
    let place = Place::new(&[place::MX2]);
    place.logs("mx2", rotated(&raw::MX2[..3]));
    place
}

/// Starts a run and kills it at a moment; says whether it was still running.
fn kill_at((folder, files): Moment, place: &Place, arguments: &[&str]) -> bool {
    let before = place.files(folder);
    place.start(arguments).kill_once(|| place.files(folder) >= before + files)
}

#[test]
fn a_killed_run_is_resumed_by_the_next() {
    let whole = small();
    whole.run(&[]).expect(0);
    let expected = whole.everything();
    for moment in OF_A_FIRST_RUN {
        let mut places = std::iter::repeat_with(small).take(TRIES);
        let place = places.find(|place| kill_at(moment, place, &["run", "pipeline.toml"]));
        let place = place.unwrap_or_else(|| panic!("no run was still there to be killed at {moment:?}"));
        place.run(&[]).expect(0);
        place.everything().assert_is(&expected, &format!("killed at {moment:?} of a run"));
    }
}

/// One lake, killed again and again while all its days are being replaced. A reader in between sees whole days.
#[test]
fn a_rerun_that_is_killed_leaves_the_lake_as_it_was() {
    let place = small();
    let again = ["run", "pipeline.toml", "--from", "2026-03-01", "--to", "2026-03-03"];
    place.say(&again).expect(0);
    let expected = place.rows();
    for moment in OF_A_RERUN {
        let killed = (0..TRIES).any(|_| kill_at(moment, &place, &again));
        assert!(killed, "no rerun was still there to be killed at {moment:?}");
        place.rows().assert_is(&expected, &format!("killed at {moment:?} of a rerun"));
    }
    place.run(&[]).expect(0);
    place.rows().assert_is(&expected, "after the last rerun");
}

/// What a kill leaves between the commits of two tables: new submissions under an old ledger.
#[test]
fn a_day_that_was_half_committed_is_neither_trusted_nor_made_poorer() {
    let place = small();
    place.log("mx2/mail.log", &raw::MX2[2][..100_000]);
    place.ingest().built("mx2", 1..=3);
    std::fs::rename(place.path("lake/coverage"), place.path("ledger before")).unwrap();
    place.log("mx2/mail.log", &raw::MX2[2]);
    place.ingest();
    let expected = place.rows();
    std::fs::remove_dir_all(place.path("lake/coverage")).unwrap();
    std::fs::rename(place.path("ledger before"), place.path("lake/coverage")).unwrap();

    let poorer = place.copy();
    poorer.remove("mx2/mail.log");
    let said = poorer.run(&["--stage", "ingest", "--from", "2026-03-02", "--to", "2026-03-03"]).expect(3);
    assert_eq!(said.days("kept", "mx2"), [2, 3].into());
    poorer.rows().assert_is(&expected, "the file is gone");

    let built = place.ingest().days("ingested", "mx2");
    assert!(built.contains(&3) && !built.contains(&1), "{built:?}");
    place.rows().assert_is(&expected, "the days are whole again");
    place.ingest().built("mx2", []);
}

#[test]
fn of_two_runs_at_once_one_gives_way() {
    let place = small();
    let runs = [(); 2].map(|()| place.start(&["run", "pipeline.toml", "--json", "--stage", "ingest"]));
    let codes = runs.map(|run| run.wait().code.unwrap());
    assert!(codes.contains(&0) && codes.iter().all(|code| [0, 4].contains(code)), "{codes:?}");
    let alone = small();
    alone.ingest();
    place.rows().assert_is(&alone.rows(), "two runs at once");
}

#[test]
fn a_lake_that_another_run_holds_is_left_alone() {
    let place = small();
    std::fs::create_dir(place.path("lake")).unwrap();
    let lock = File::create(place.path("lake/.lock")).unwrap();
    lock.lock().unwrap();
    place.run(&[]).expect(4).warns("another run is working on the lake");
    drop(lock);
    place.ingest().built("mx2", 1..=3);
}

#[test]
fn a_damaged_file_fails_its_own_days_only() {
    let place = Place::new(&[place::MX1, MX3]);
    place.logs("mx1", rotated(&raw::MX1));
    place.remove("mx1/mail.log.2");
    let mut damaged = gzip(&raw::MX1[1]);
    let checksum = damaged.len() - 8;
    damaged[checksum] ^= 1;
    place.log("mx1/mail.log.2.gz", &damaged);
    place.log("mx3/mail.log", &Log::default().session("2026-03-02T12:00:00Z", 72, "4F2A0002", None).bytes());
    let said = place.run(&["--stage", "ingest,rollup"]).expect(5).warns("mail.log.2.gz").built("mx3", [2]);
    let failed = said.json()["failed"].as_array().unwrap().clone();
    let days = failed.iter().map(|failed| format!("{} {} to {}", failed["source"], failed["from"], failed["to"]));
    assert_eq!(days.collect::<Vec<_>>(), [r#""mx1" "2026-03-02" to "2026-03-06""#]);
    said.built("mx1", [1, 7, 8, 9, 10]);

    place.log("mx1/mail.log.2.gz", &gzip(&raw::MX1[1]));
    place.ingest().built("mx3", []);
    place.rows().of("mx1").assert_is(&answer::MX1, "the file is whole again");
}

/// Of a file whose beginning is damaged nothing is known but when it was written last.
#[test]
fn a_file_that_cannot_be_opened_fails_the_days_before_it_was_written() {
    let place = Place::new(&[place::MX1]);
    place.logs("mx1", rotated(&raw::MX1));
    let path = place.log("mx1/mail.log.2", &[&[0x1f, 0x8b, 8][..], &[0xff; 99]].concat());
    let written = DateTime::parse_from_rfc3339("2026-03-06T06:25:00Z").unwrap();
    File::options().write(true).open(&path).unwrap().set_modified(written.into()).unwrap();
    let said = place.run(&["--stage", "ingest"]).expect(5).warns("mail.log.2 is damaged").built("mx1", [8, 9, 10]);
    assert_eq!(said.json()["failed"][0]["to"], "2026-03-07");

    place.log("mx1/mail.log.2", &raw::MX1[1]);
    place.ingest();
    place.rows().of("mx1").assert_is(&answer::MX1, "the file is whole again");
}

#[test]
fn what_is_readable_of_a_cut_file_counts() {
    let place = Place::new(&[place::MX1]);
    let packed = gzip(&raw::MX1[0]);
    place.log("mx1/mail.log.1.gz", &packed[..packed.len() / 2]);
    place.log("mx1/mail.log", &raw::MX1[2]);
    place.ingest().warns("mail.log.1.gz is cut off").built("mx1", [1, 2, 6, 7, 8, 9]);
    let cut = place.table(&tables::COVERAGE, &[col("date"), col("truncated_files")]);
    assert_eq!(cut.iter().filter(|row| row.ends_with(",1")).count(), 2, "{cut:?}");
    let readable = place.rows().tables.remove("submissions").unwrap();
    let all = &answer::MX1.tables["submissions"];
    assert!(readable.iter().any(|row| row.starts_with("2026-03-01")));
    let first = |rows: &[String]| rows.iter().filter(|row| row.starts_with("2026-03-01")).cloned().collect::<Vec<_>>();
    assert_eq!(first(&readable), first(all), "the first day lies in the readable half");

    place.log("mx1/mail.log.1.gz", &packed);
    place.ingest().built("mx1", [2, 3]);
}
