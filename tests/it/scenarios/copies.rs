//! A server that writes what it refuses into two logs: Exim's reject log beside its main log, night after night. Every
//! attempt counts once, in whichever order the files come and however they are cut.

use super::answer::Answer;
use super::place::Place;
use super::raw::gzip;

const EXIM: &str = r#"
[[sources]]
name = "exim"
format = "exim"
files = ["logs/exim/*"]
"#;

/// The lines of both logs of an hour, and those of the reject log.
fn hour(day: u32, hour: u32) -> (String, String) {
    let stamp = format!("2026-03-{day:02} {hour:02}");
    // Two wrong passwords in a second are two attempts.
    let wrong = format!(
        "{stamp}:10:00 plain authenticator failed for (a) [192.0.2.7]: 535 Incorrect authentication data (set_id=a@x)\n"
    );
    let spam = format!(
        "{stamp}:20:00 1wUK{day:02}-0000{hour:02}-3X H=(a) [192.0.2.7] X=TLS1.3:A:256 CV=no F=<a@x> A=plain:a@x rejected after DATA: spam\n"
    );
    let header = "Envelope-from: <a@x>\nEnvelope-to: <b@y>\nP Received: from [192.0.2.7] (helo=a)\n\tby mx with esmtpsa\n\
                  F From: a@x\n  Subject: x\n-----------------------------------------------------------------\n";
    let sent = format!(
        "{stamp}:30:00 1wUL{day:02}-0000{hour:02}-3X <= a@x H=(a) [192.0.2.7] P=esmtpsa X=TLS1.3:A:256 CV=no A=plain:a@x S=700\n\
         {stamp}:30:01 1wUL{day:02}-0000{hour:02}-3X => b@y R=dns T=smtp\n{stamp}:30:01 1wUL{day:02}-0000{hour:02}-3X Completed\n"
    );
    let both = [&*wrong, &wrong, &spam].concat();
    ([&*both, &sent].concat(), [&*both, header].concat())
}

/// Both logs from one hour of March to another.
fn logs(hours: std::ops::Range<u32>) -> [String; 2] {
    let (main, reject) = hours.map(|number| hour(1 + number / 24, number % 24)).collect::<(Vec<_>, Vec<_>)>();
    [main.concat(), reject.concat()]
}

/// What the main log alone gives.
fn expected(hours: u32) -> Answer {
    let place = Place::new(&[EXIM]);
    place.log("exim/mainlog", logs(0..hours)[0].as_bytes());
    place.ingest();
    assert_eq!(place.refused()[0], "2026-03-01,auth_failed,48");
    place.rows()
}

#[test]
fn a_growing_pair_of_logs_tells_of_each_attempt_once() {
    let expected = expected(72);
    for names in [["mainlog", "rejectlog"], ["exim_mainlog", "exim_rejectlog"]] {
        let place = Place::new(&[EXIM]);
        for night in 1..=3 {
            for (name, log) in names.iter().zip(logs(0..24 * night)) {
                place.log(&format!("exim/{name}"), log.as_bytes());
            }
            place.ingest();
        }
        place.rows().assert_is(&expected, names[0]);
        place.ingest().built("exim", []);
    }
}

#[test]
fn logs_that_are_rotated_at_different_hours_tell_of_each_attempt_once() {
    let expected = expected(72);
    let place = Place::new(&[EXIM]);
    let write = |name: &str, bytes: &[u8]| _ = place.log(&format!("exim/{name}"), bytes);
    write("mainlog", logs(0..30)[0].as_bytes());
    write("rejectlog", logs(0..30)[1].as_bytes());
    place.ingest();
    write("mainlog.1", logs(0..30)[0].as_bytes());
    write("mainlog", logs(30..50)[0].as_bytes());
    write("rejectlog", logs(0..50)[1].as_bytes());
    place.ingest();
    write("mainlog.2.gz", &gzip(logs(0..30)[0].as_bytes()));
    write("mainlog.1", logs(30..50)[0].as_bytes());
    write("mainlog", logs(50..72)[0].as_bytes());
    write("rejectlog.1.gz", &gzip(logs(0..60)[1].as_bytes()));
    write("rejectlog", logs(60..72)[1].as_bytes());
    place.ingest();
    place.rows().assert_is(&expected, "three nights");
    place.ingest().built("exim", []);
    let at_once = Place::new(&[EXIM]);
    for name in ["mainlog.2.gz", "mainlog.1", "mainlog", "rejectlog.1.gz", "rejectlog"] {
        at_once.log(&format!("exim/{name}"), &std::fs::read(place.path("logs/exim").join(name)).unwrap());
    }
    at_once.ingest();
    at_once.rows().assert_is(&expected, "at once");
}

#[test]
fn a_reject_log_alone_tells_of_what_was_refused() {
    let place = Place::new(&[EXIM]);
    place.log("exim/rejectlog", logs(0..24)[1].as_bytes());
    place.ingest();
    assert_eq!(place.refused(), ["2026-03-01,auth_failed,48", "2026-03-01,data_rejected,24"]);
}
