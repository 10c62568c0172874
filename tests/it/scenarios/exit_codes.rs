//! What a scheduler learns from the exit code, and a person from the message beside it.

use std::fs;

use mailtally::lake::tables;
use polars::prelude::col;

use super::place::{MX3, Place, Said};
use super::raw::Log;

/// A day of a server, with lines that are no log lines.
fn with_bad_lines(bad: usize) -> Vec<u8> {
    let mut log = Log::default();
    log.session("2026-03-02T12:00:00Z", 72, "4F2A0002", Some("TLSv1.3"));
    for number in 0..bad {
        log.line(&format!("what is this? {number}"));
    }
    log.session("2026-03-02T12:30:00Z", 73, "4F2A0003", Some("TLSv1.3")).bytes()
}

fn place(log: &[u8]) -> Place {
    let place = Place::new(&[MX3]);
    place.log("mx3/mail.log", log);
    place
}

#[test]
fn bad_lines_are_kept_and_too_many_are_told() {
    let place = place(&with_bad_lines(2));
    let said = place.run(&[]).expect(3).warns("2 of 12 lines could not be read").built("mx3", [2]);
    assert_eq!(said.json()["ingested"][0]["lines_rejected"], 2);
    let rejected = place.table(&tables::REJECTED_LINES, &["date", "source", "file", "line", "raw"].map(col));
    let file = place.path("logs/mx3/mail.log").display().to_string();
    let row = |line: u32, number: u32| format!("2026-03-02,mx3,{file},{line},what is this? {number}");
    assert_eq!(rejected, [row(6, 0), row(7, 1)]);
    assert_eq!(place.daily(), ["2026-03-02,alice@example.org,TLSv1.3,2,2"], "the others count");
    // What was told once is not told again while nothing changes.
    place.run(&[]).expect(0);
    place.pipeline(&format!("{MX3}[limits]\nmax_rejected_percent = 20\n"));
    place.run(&["--date", "2026-03-02"]).expect(0);
}

#[test]
fn zero_where_all_is_done() {
    let place = place(&with_bad_lines(0));
    assert_eq!(place.run(&[]).expect(0).err, "");
    assert_eq!(place.run(&[]).expect(0).err, "");
}

#[test]
fn one_where_the_lake_cannot_be_written() {
    let place = place(&with_bad_lines(0));
    fs::write(place.path("lake"), "no folder").unwrap();
    place.run(&[]).expect(1).warns("cannot lock the lake");
    fs::remove_file(place.path("lake")).unwrap();
    fs::write(place.path("published"), "no folder").unwrap();
    place.run(&[]).expect(1).warns("cannot write");
    // What was committed before stays, and the next run goes on from there.
    fs::remove_file(place.path("published")).unwrap();
    let said = place.run(&[]).expect(0).built("mx3", []);
    assert!(said.json()["published"]["files"].as_array().unwrap().len() > 3, "{}", said.out);
}

#[test]
fn two_where_the_pipeline_or_the_command_line_is_wrong() {
    let place = place(&with_bad_lines(0));
    place.say(&["run", "no-such.toml"]).expect(2).warns("cannot read the pipeline no-such.toml");
    place.say(&["run"]).expect(2).warns("PIPELINE");
    place.run(&["--from", "2026-03-02", "--to", "2026-03-01"]).expect(2).warns("the first day lies after the last");
    place.say(&["cutover", "pipeline.toml"]).expect(2).warns("--min-tls");
    place.say(&["cutover", "pipeline.toml", "--no-3des", "--format", "cvs"]).expect(2).warns("did you mean 'csv'?");
    place.pipeline(&format!("{MX3}relam = \"example.org\"\n"));
    let said = place.run(&[]).expect(2).warns("pipeline.toml:10:1: unknown key 'relam'");
    assert!(said.err.contains("did you mean 'realm'?"), "{}", said.err);
    place.pipeline(&MX3.replace("mx3/*", "mx3/mail.["));
    place.run(&[]).expect(2).warns("pipeline.toml:9:10: the pattern ").warns("a literal '[' is written '[[]'");
    assert!(!place.path("lake").exists(), "nothing was begun");
    place.log("mx3/other.log", b"Mar  2 09:00:00 mx1 cron[1]: nothing\nMar  2 09:00:01 mx1 cron[1]: nothing\n");
    let said = place.say(&["run", "logs/mx3/other.log"]).expect(2).warns("this looks like no pipeline");
    assert_eq!(said.err.lines().count(), 4, "{}", said.err);
}

#[test]
fn five_where_a_source_cannot_be_read() {
    let place = Place::new(&[MX3, "[[sources]]\nname = \"broken\"\nfiles = [\"logs/broken/*\"]\n"]);
    place.log("mx3/mail.log", &with_bad_lines(0));
    place.log("broken/x.log", b"nothing that anybody knows\n");
    let said = place.run(&[]).expect(5).warns("source 'broken' failed").built("mx3", [2]);
    assert_eq!(said.json()["exit_code"], 5);
    place.say(&["plan", "pipeline.toml"]).expect(5);
}

/// What is known by the time that a stage fails is not lost with it: the days that are done, and what else failed.
#[test]
fn a_stage_that_fails_hides_nothing_of_those_before_it() {
    let place = Place::new(&[MX3, "[[sources]]\nname = \"broken\"\nfiles = [\"logs/broken/*\"]\n"]);
    place.log("mx3/mail.log", &with_bad_lines(0));
    place.log("broken/x.log", b"nothing that anybody knows\n");
    fs::write(place.path("published"), "no folder").unwrap();
    let no_rollup = place.copy();
    let told = |said: &Said, why: &str| {
        let json = said.json();
        assert_eq!((&json["exit_code"], &json["failed"][0]["source"]), (&1.into(), &"broken".into()), "{json}");
        assert!(json["stopped"].as_str().is_some_and(|stopped| stopped.contains(why)), "{json}");
    };
    let said = place.run(&[]).expect(1).warns("source 'broken' failed").warns("cannot write").built("mx3", [2]);
    told(&said, "cannot write");
    assert_eq!(said.json()["rolled_up"], serde_json::json!(["2026-03-02"]));
    let said = place.say(&["run", "pipeline.toml", "--date", "2026-03-02"]).expect(1).warns("cannot write");
    assert!(said.out.contains("1 day of 1 source: 2 submissions"), "{}", said.out);

    fs::create_dir(no_rollup.path("lake")).unwrap();
    fs::write(no_rollup.path("lake/daily_tls"), "no folder").unwrap();
    let said = no_rollup.run(&[]).expect(1).warns("source 'broken' failed").warns("daily_tls").built("mx3", [2]);
    told(&said, "daily_tls");
    fs::remove_file(no_rollup.path("lake/daily_tls")).unwrap();
    fs::remove_file(no_rollup.path("published")).unwrap();
    let said = no_rollup.run(&[]).expect(5).built("mx3", []);
    assert_eq!(
        (&said.json()["stopped"], &said.json()["rolled_up"][0]),
        (&serde_json::Value::Null, &"2026-03-02".into())
    );
}

/// A source without files is told, but is no failure: a new server has none yet.
#[test]
fn a_source_without_files_is_told() {
    let place = Place::new(&[MX3]);
    place.run(&[]).expect(0).warns("source 'mx3': no file matches");
    place.say(&["status", "pipeline.toml"]).expect(0).warns("not in the lake");
    place.say(&["report", "pipeline.toml"]).expect(3).warns("the lake is empty");
    place.say(&["cutover", "pipeline.toml", "--no-3des"]).expect(3).warns("the lake is empty");
}
