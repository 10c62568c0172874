//! The folder of published files holds one report: nothing of former ones stays in it, and nothing of it goes missing.

use std::collections::BTreeSet;
use std::fs;

use super::place::{MX3, Place};
use super::raw::Log;

fn place() -> Place {
    let place = Place::new(&[]);
    place.log("mx3/mail.log", &Log::default().session("2026-03-01T12:00:00Z", 70, "4F2A0001", None).bytes());
    asks_for(&place, "\"csv\", \"html\"");
    place.run(&[]).expect(0);
    place
}

fn asks_for(place: &Place, formats: &str) {
    let common = "lake = \"lake\"\npublish = \"published\"\nrun.lookback_days = \"all\"\n";
    let report = format!("[report]\ndatasets = [\"summary\", \"tls_usage\"]\nformats = [{formats}]\n");
    fs::write(place.path("pipeline.toml"), format!("{common}{report}{MX3}")).unwrap();
}

fn files(place: &Place) -> BTreeSet<String> {
    let files = fs::read_dir(place.path("published")).unwrap();
    files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
}

fn are(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn manifest(place: &Place) -> serde_json::Value {
    serde_json::from_slice(&fs::read(place.path("published/manifest.json")).unwrap()).unwrap()
}

#[test]
fn what_is_published_no_more_is_removed() {
    let place = place();
    fs::write(place.path("published/notes.csv"), "ours").unwrap();
    asks_for(&place, "\"xlsx\", \"html\"");
    place.run(&[]).expect(0);
    assert_eq!(files(&place), are(&["manifest.json", "notes.csv", "report.html", "summary.xlsx", "tls_usage.xlsx"]));
    assert_eq!(manifest(&place)["old_files"], serde_json::Value::Null);
    assert!(place.run(&[]).expect(0).json()["published"].is_null());
}

/// A report that somebody asks for beside the nightly one takes nothing away, and nothing is forgotten over it.
#[test]
fn a_narrower_report_removes_nothing() {
    let place = place();
    let all = are(&["manifest.json", "report.html", "summary.csv", "tls_usage.csv"]);
    let said = place.say(&["report", "pipeline.toml", "--dataset", "summary", "--format", "csv"]).expect(0);
    said.warns("published has 2 files more, of earlier reports").warns("until the next `mailtally run`");
    assert_eq!(files(&place), all);
    // Whole, or to a folder of its own, nothing is mixed.
    let whole = ["report", "pipeline.toml", "--last", "1"];
    for narrower in [&[][..], &["--dataset", "summary", "--out", "own"]] {
        let said = place.say(&[&whole[..], narrower].concat()).expect(0);
        assert!(!said.err.contains("of earlier reports"), "{}", said.err);
    }
    asks_for(&place, "\"csv\"");
    place.run(&[]).expect(0);
    assert_eq!(files(&place), are(&["manifest.json", "summary.csv", "tls_usage.csv"]));
}

/// Submissions are for whoever asked for them.
#[test]
fn submissions_do_not_stay_among_the_reports() {
    let place = place();
    let all = files(&place);
    let detailed = ["report", "pipeline.toml", "--detailed", "--last", "1"];
    let until = " may read these submissions there until the next `mailtally run` removes them: --out";
    place.say(&detailed).expect(0).warns(until);
    place.say(&[&detailed[..], &["--format", "jsonl", "--out", "published/"]].concat()).expect(0).warns(until);
    assert_eq!(place.say(&[&detailed[..], &["--out", "own"]].concat()).expect(0).err, "");
    fs::write(place.path("published/submissions.xlsx"), "ours").unwrap();
    assert_eq!(files(&place).len(), all.len() + 3);
    place.say(&["report", "pipeline.toml"]).expect(0);
    place.run(&[]).expect(0);
    assert_eq!(files(&place), &all | &are(&["submissions.xlsx"]));
    assert!(place.path("own/submissions.csv").exists());
}

#[test]
fn a_file_that_is_missing_is_written_again() {
    let place = place();
    let all = files(&place);
    for file in ["report.html", "summary.csv"] {
        fs::remove_file(place.path("published").join(file)).unwrap();
        assert_eq!(place.say(&["plan", "pipeline.toml", "--json"]).expect(0).json()["publish"], true);
        place.run(&[]).expect(0);
        assert_eq!(files(&place), all);
    }
}

/// Nothing but names of files beside it is taken from a manifest.
#[test]
fn a_manifest_names_nothing_elsewhere() {
    let place = place();
    fs::write(place.path("elsewhere.csv"), "theirs").unwrap();
    let mut changed = manifest(&place);
    changed["files"].as_array_mut().unwrap().push("../elsewhere.csv".into());
    fs::write(place.path("published/manifest.json"), changed.to_string()).unwrap();
    asks_for(&place, "\"html\"");
    place.run(&[]).expect(0);
    assert!(place.path("elsewhere.csv").exists());
    assert_eq!(files(&place), are(&["manifest.json", "report.html"]));
}

/// Under a name such as these, a file is written until it is whole.
#[test]
fn what_a_killed_run_has_not_finished_is_removed() {
    let place = place();
    let long_ago = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000);
    let names =
        ["summary.csv#1", "report.html#2", "manifest.json#1", "tls_usage.xlsx#3", "notes.csv#1", "summary.csv#a"];
    for name in names {
        let file = fs::File::create(place.path("published").join(name)).unwrap();
        file.set_modified(long_ago).unwrap();
    }
    fs::write(place.path("published/tls_usage.csv#1"), "somebody is at it").unwrap();
    asks_for(&place, "\"xlsx\", \"html\"");
    place.run(&[]).expect(0);
    let stay = ["notes.csv#1", "summary.csv#a", "tls_usage.csv#1"];
    let report = ["manifest.json", "report.html", "summary.xlsx", "tls_usage.xlsx"];
    assert_eq!(files(&place), are(&[&stay[..], &report].concat()));
}
