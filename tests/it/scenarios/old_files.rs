//! Files that were last written long before the days that a night looks back to: they are not opened, unless something
//! is missing without them.

use std::fs::File;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, SecondsFormat, Utc};

use super::place::{MX3, Place};
use super::raw::{Log, amid, gzip};

const DAY: Duration = Duration::from_secs(86_400);

/// One time for all, also where a test runs over midnight.
static NOW: LazyLock<SystemTime> = LazyLock::new(SystemTime::now);

/// A place whose runs look back as far as they do where the pipeline says nothing of it.
pub(super) fn empty_place() -> Place {
    let place = Place::new(&[]);
    std::fs::write(place.path("pipeline.toml"), format!("lake = \"lake\"\npublish = \"published\"\n{MX3}")).unwrap();
    place
}

/// Such a place with a log that was written yesterday.
fn place(version: Option<&str>) -> Place {
    let place = empty_place();
    written(&place, "mail.log", 1, &session(1, "4F2A0009", version));
    place
}

/// A session of so many days ago.
pub(super) fn session(age: u32, queue_id: &str, version: Option<&str>) -> Vec<u8> {
    Log::default().session(&stamp(age), 70 + age, queue_id, version).bytes()
}

fn then(age: u32) -> SystemTime {
    *NOW - DAY * age
}

pub(super) fn stamp(age: u32) -> String {
    DateTime::<Utc>::from(then(age)).to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn row(age: u32, version: &str) -> String {
    format!("{},alice@example.org,{version},1,1", &stamp(age)[..10])
}

/// A file that was last written so many days ago.
pub(super) fn written(place: &Place, name: &str, age: u32, bytes: &[u8]) {
    let path = place.log(&format!("mx3/{name}"), bytes);
    File::options().write(true).open(path).unwrap().set_modified(then(age)).unwrap();
}

/// The file is damaged: a run that opens it says so.
#[test]
fn a_night_does_not_open_them() {
    let place = place(Some("TLSv1.3"));
    let mut damaged = gzip(&session(100, "4F2A0001", Some("TLSv1.2")));
    damaged[10..].fill(0xff);
    written(&place, "mail.log.9.gz", 100, &damaged);
    place.ingest();
    assert_eq!(place.daily(), [row(1, "TLSv1.3")]);
    written(&place, "mail.log.2.gz", 40, &damaged);
    written(&place, "mail.log.1", 2, &session(2, "4F2A0008", Some("TLSv1.2")));
    place.run(&["--stage", "ingest"]).expect(5).warns("mail.log.2.gz");
    assert_eq!(place.daily(), [row(2, "TLSv1.2"), row(1, "TLSv1.3")], "what is newer than it is built");
}

#[test]
fn whoever_asks_for_days_gets_them() {
    let place = place(Some("TLSv1.3"));
    written(&place, "mail.log.9.gz", 100, &gzip(&session(100, "4F2A0001", Some("TLSv1.2"))));
    place.ingest();
    place.run(&["--stage", "ingest", "--date", &stamp(100)[..10]]).expect(0);
    assert_eq!(place.daily(), [row(100, "TLSv1.2"), row(1, "TLSv1.3")]);
}

/// Without the old line, yesterday's session would be one of a server that may not log TLS versions at all.
#[test]
fn an_old_line_still_proves_that_a_host_logs_tls_versions() {
    let place = place(None);
    written(&place, "mail.log.9.gz", 100, &gzip(&session(100, "4F2A0001", Some("TLSv1.2"))));
    place.ingest();
    assert_eq!(place.daily(), [row(1, "none")]);
    assert_eq!(place.ingest().json()["ingested"], serde_json::json!([]));
}

/// A host of which no line stands near the ends of the files is looked for when a day turns out to have a session of it.
#[test]
fn an_old_line_proves_it_of_a_host_in_the_middle_of_the_files() {
    let place = empty_place();
    let own = session(1, "4F2A0009", Some("TLSv1.3"));
    written(&place, "mail.log", 1, &[own, amid(&stamp(1), &session(1, "4F2A0008", None))].concat());
    let old = amid(&stamp(100), &session(100, "4F2A0001", Some("TLSv1.2")));
    written(&place, "mail.log.9.gz", 100, &gzip(&old));
    place.ingest();
    assert_eq!(place.daily(), [row(1, "TLSv1.3"), row(1, "none")]);
    place.ingest();
    assert_eq!(place.daily(), [row(1, "TLSv1.3"), row(1, "none")]);
}

/// Times of files that say nothing, as of an unpacked image: what a day was built from is found in them all the same.
#[test]
fn inputs_of_a_day_are_never_missed_in_them() {
    let place = place(Some("TLSv1.3"));
    written(&place, "mail.log.1", 3, &session(3, "4F2A0001", Some("TLSv1.2")));
    place.ingest();
    written(&place, "mail.log.1", 100, &session(3, "4F2A0001", Some("TLSv1.2")));
    written(&place, "mail.log.0", 2, &session(3, "4F2A0002", Some("TLSv1.1")));
    let copy = place.copy();
    place.ingest();
    copy.run(&["--stage", "ingest", "--allow-fewer-inputs"]).expect(0);
    for place in [place, copy] {
        assert_eq!(place.daily(), [row(3, "TLSv1.1"), row(3, "TLSv1.2"), row(1, "TLSv1.3")]);
    }
}

#[test]
fn a_source_that_has_nothing_else_is_looked_at() {
    let place = empty_place();
    written(&place, "mail.log", 100, &session(1, "4F2A0001", Some("TLSv1.2")));
    place.ingest();
    assert_eq!(place.daily(), [row(1, "TLSv1.2")]);
}
