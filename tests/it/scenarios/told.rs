//! What an operator is told night after night: logs that do not go on, sources that nobody names any more, days that a
//! changed setting cannot reach, and days of which there is nothing.

use super::old_files::{empty_place, session, stamp, written};
use super::place::{MX3, Place};
use super::raw::Log;
use crate::project;

/// A place with a day's log of each of these days ago, in files of their own.
fn place(ages: &[u32]) -> Place {
    let place = empty_place();
    for age in ages {
        written(&place, &format!("mail.log.{age}"), *age, &session(*age, "4F2A0001", Some("TLSv1.3")));
    }
    place
}

fn day(age: u32) -> String {
    stamp(age)[..10].to_owned()
}

/// Changes the pipeline by a text that is put behind its only source.
fn add(place: &Place, text: &str) {
    let path = place.path("pipeline.toml");
    let pipeline = std::fs::read_to_string(&path).unwrap();
    std::fs::write(path, pipeline + text).unwrap();
}

#[test]
fn a_log_that_has_died_is_told_every_night() {
    let place = place(&[5, 4]);
    add(&place, "[[sources]]\nname = \"mx4\"\nformat = \"postfix\"\nfiles = [\"logs/mx4/*\"]\n");
    place.log("mx4/mail.log", &session(1, "4F2A0002", Some("TLSv1.3")));
    for _ in 0..2 {
        let said = place.run(&[]).expect(0).warns(&format!("source 'mx3' has no line after {}, 3 days behind", day(4)));
        assert!(!said.err.contains("mx4"), "{}", said.err);
        assert_eq!(said.json()["behind"][0]["days_behind"], 3);
    }
    let said = place.say(&["status", "pipeline.toml", "--json"]).expect(0);
    let behind = said.out.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    assert_eq!(behind.map(|source| source["days_behind"].clone()).collect::<Vec<_>>(), [3, 0]);
    // Whoever asks for days does not ask for others.
    assert_eq!(place.run(&["--date", &day(4)]).expect(0).err, "");
}

/// What goes to standard error is what cron sends.
#[test]
fn what_is_wrong_with_the_logs_is_a_warning() {
    let words = "mx3 (1 day): no line says a TLS version";
    let place = Place::new(&[MX3]);
    place.log("mx3/mail.log", &session(1, "4F2A0001", None));
    let said = place.say(&["run", "pipeline.toml"]).expect(0).warns(&format!("warning: {words}"));
    assert!(said.out.contains("top domains") && !said.out.contains("warning"), "{}", said.out);
    place.say(&["report", "pipeline.toml"]).expect(0).warns(words);
    let said = place.say(&["report", "pipeline.toml", "--quiet"]).expect(0);
    assert!(said.err.is_empty() && !said.out.contains("\n\n\n"), "{}{}", said.out, said.err);
}

/// Lines without mail are lines, and a day without mail is none of a dead log.
#[test]
fn a_quiet_day_is_not_late() {
    let place = place(&[2]);
    written(&place, "mail.log", 0, &Log::default().smtpd(&stamp(1), 7, "statistics: max cache size 1").bytes());
    assert_eq!(place.run(&[]).expect(0).err, "");
}

#[test]
fn today_is_no_complete_day_though_it_was_asked_for() {
    let place = place(&[1, 0]);
    place.run(&[]).expect(0);
    place.run(&["--date", &day(0)]).expect(0);
    let status = place.say(&["status", "pipeline.toml", "--json"]).expect(0).json();
    assert_eq!((&status["last_day"], &status["days_behind"]), (&day(1).into(), &0.into()));
    let said = place.say(&["report", "pipeline.toml", "--date", &day(0)]).expect(0);
    assert_eq!(said.err, "warning: mx3 (1 day): no log line for 24.0 hours\n", "nothing of where the lake ends");
}

#[test]
fn a_source_that_finds_nothing_is_told_with_where_it_looks() {
    let place = place(&[1]);
    place.run(&[]).expect(0);
    let pipeline = std::fs::read_to_string(place.path("pipeline.toml")).unwrap();
    std::fs::write(place.path("pipeline.toml"), pipeline.replace("logs/mx3/*", "logs/mx3/mial*")).unwrap();
    let said = place.say(&["run", "pipeline.toml"]).expect(0).warns("logs/mx3/mial*");
    assert!(said.out.starts_with("nothing to do, and no file with a line of mx3"), "{}", said.out);
    place.say(&["plan", "pipeline.toml"]).expect(0).warns("logs/mx3/mial*");
}

#[test]
fn a_source_that_left_the_pipeline_is_told() {
    let place = Place::new(&[MX3]);
    place.log("mx3/mail.log", &Log::default().session("2026-03-01T12:00:00Z", 70, "4F2A0001", None).bytes());
    place.run(&[]).expect(0);
    place.pipeline(&MX3.replace("\"mx3\"", "\"mail1\""));
    let said = place.run(&[]).expect(0).warns("source 'mx3' is not in the pipeline");
    assert_eq!(said.json()["not_in_pipeline"], serde_json::json!(["mx3"]));
}

/// Files of three days each, of which the oldest is gone when the realm changes: its last day goes on in the next file.
#[test]
fn a_changed_setting_reaches_no_day_whose_files_are_gone() {
    let place = Place::new(&[MX3]);
    let of = |days: std::ops::RangeInclusive<u32>, hour: u32| {
        let mut log = Log::default();
        for day in days {
            log.session(&format!("2026-03-{day:02}T{hour:02}:00:00Z"), day, &format!("4F2A{day:02}{hour:02}"), None);
        }
        log.bytes()
    };
    place.log("mx3/mail.log.1", &of(1..=4, 6));
    place.log("mx3/mail.log", &[of(4..=4, 12), of(5..=6, 6)].concat());
    place.run(&[]).expect(0).built("mx3", 1..=6);
    place.remove("mx3/mail.log.1");
    place.pipeline(&format!("{MX3}realm = \"example.org\"\n"));
    let plan = place.say(&["plan", "pipeline.toml"]).expect(0).out;
    assert!(plan.contains("2026-03-01 to 2026-03-03   mx3      -"), "{plan}");
    let said = place.run(&[]).expect(0).built("mx3", [5, 6]);
    let words = "2026-03-01 to 2026-03-03 of source 'mx3' are left as they are (changed: the source's settings)";
    let said = said.warns(words).warns("no file holds a line of them any more");
    let said = said.warns("2026-03-04 of source 'mx3' is left as it is").warns("builds it from what is left");
    assert_eq!(said.days("kept", "mx3"), (1..=4).collect());
    // Nobody can mend it, so that no night fails for it. Whoever asks for such a day does not get it.
    place.run(&[]).expect(0).warns(words);
    let said = place.run(&["--date", "2026-03-02", "--allow-fewer-inputs"]).expect(3);
    assert!(!said.err.contains("--allow-fewer-inputs"), "{}", said.err);
    place.run(&["--date", "2026-03-04"]).expect(3).warns("--allow-fewer-inputs");
}

/// Lines that came late for a day of which a file is gone: whether it may become poorer, somebody has to say.
#[test]
fn new_lines_of_a_day_that_lost_a_file_are_not_passed_over() {
    let place = Place::new(&[MX3]);
    let session = |hour: u32| {
        Log::default().session(&format!("2026-03-02T{hour:02}:00:00Z"), hour, &format!("4F2A00{hour:02}"), None).bytes()
    };
    place.log("mx3/mail.log.2", &session(6));
    place.run(&[]).expect(0).built("mx3", [2]);
    place.remove("mx3/mail.log.2");
    place.log("mx3/mail.log.1", &session(9));
    for _ in 0..2 {
        place.run(&[]).expect(3).warns("2026-03-02 of source 'mx3' is left as it is (changed: new file");
    }
}

#[test]
fn a_day_of_which_there_is_nothing_is_told() {
    let place = place(&[1]);
    place.run(&[]).expect(0);
    for command in ["run", "plan"] {
        let said = place.say(&[command, "pipeline.toml", "--date", "2020-01-01"]).expect(0);
        assert_eq!(said.out, "nothing to do: no file holds a line of 2020-01-01\n");
    }
}

/// Of files, only the stage tells that reads them, and of reports, only the stage that publishes them.
#[test]
fn nothing_to_do_is_said_of_the_stages_asked_for() {
    let place = place(&[2, 1]);
    let out = |stages: &str| {
        let said = ["run", "plan"].map(|command| place.say(&[command, "pipeline.toml", "--stage", stages]).expect(0));
        let [run, plan] = said.map(|said| said.out);
        assert!(run.starts_with(&plan), "{run}{plan}");
        assert_eq!(run.contains("\nreports "), stages.contains("report") && !run.contains("no day yet"), "{run}");
        plan
    };
    for stages in ["rollup", "report"] {
        assert_eq!(out(stages), "nothing to do: the lake holds no day yet, and files are read by the stage ingest\n");
    }
    place.run(&[]).expect(0);
    written(&place, "mail.log.3", 3, &session(3, "4F2A0003", None));
    assert_eq!(out("rollup"), "nothing to do: the daily tables hold what the lake holds\n");
    assert_eq!(out("report"), "nothing to do: the reports hold what the daily tables hold\n");
    assert_eq!(out("rollup,report"), "nothing to do: the daily tables and the reports hold what the lake holds\n");
    place.run(&[]).expect(0);
    assert_eq!(out("ingest"), "nothing to do: the lake holds what the files hold\n");
    assert_eq!(out("ingest,report"), "nothing to do: the lake and the reports hold what the files hold\n");
}

/// A file that cannot be read keeps some days from being read, and no others.
#[test]
fn a_plan_says_which_days_a_broken_file_costs() {
    let place = place(&[3, 1]);
    written(&place, "mail.log.4.gz", 4, b"\x1f\x8b\x08\0 and nothing of gzip");
    let days = |text: &str| text.lines().find_map(|line| Some(line.split_once(" of source 'mx3'")?.0.to_owned()));
    let plan = place.say(&["plan", "pipeline.toml"]).expect(5);
    assert!(plan.out.contains(&day(1)), "{}", plan.out);
    let of_run = days(&place.run(&[]).expect(5).err);
    assert!(of_run.is_some() && of_run == days(&plan.err), "{}", plan.err);
}

#[test]
fn a_plan_names_the_rollups_and_the_report() {
    let place = place(&[2, 1]);
    let stages = |arguments: &[&str]| {
        let said = place.say(&[&["plan", "pipeline.toml", "--json"], arguments].concat()).expect(0).json();
        (said["rollups"].as_array().unwrap().len(), said["publish"].clone())
    };
    assert_eq!(stages(&[]), (2, true.into()));
    assert_eq!(stages(&["--stage", "ingest"]), (0, false.into()));
    place.run(&[]).expect(0);
    assert_eq!(stages(&[]), (0, false.into()));
    add(&place, "[report]\nformats = [\"csv\"]\n");
    assert_eq!(stages(&[]), (0, true.into()));
}

/// What a plan says to people it says to programs, too: days that are left as they are, and sources that cannot be read.
#[test]
fn a_plan_names_days_that_stay_and_sources_that_fail() {
    let place = place(&[2, 1]);
    place.run(&[]).expect(0);
    std::fs::remove_dir_all(place.path("logs/mx3")).unwrap();
    add(&place, "[[sources]]\nname = \"broken\"\nfiles = [\"logs/broken/*\"]\n");
    place.log("broken/x.log", b"nothing that anybody knows\n");
    let said = place.say(&["plan", "pipeline.toml", "--date", &day(2), "--json"]).expect(5).json();
    let source = &said["sources"][0];
    assert_eq!((&source["source"], &source["kept"][0]["date"]), (&"mx3".into(), &day(2).into()), "{said}");
    assert_eq!((&source["format"], &source["tasks"]), (&serde_json::Value::Null, &serde_json::json!([])), "{said}");
    assert_eq!((&said["empty"], &said["failed"][0]["source"]), (&serde_json::json!(["mx3"]), &"broken".into()));
}

/// Submissions that no daily table counts are not the mail of nobody.
#[test]
fn days_that_are_not_rolled_up_are_told_by_whoever_counts_them() {
    let place = place(&[3, 2, 1]);
    place.run(&["--stage", "ingest"]).expect(0);
    let days = format!("3 days from {} to {}", day(3), day(1));
    let said = place.say(&["cutover", "pipeline.toml", "--min-tls", "1.2", "--last", "3"]).expect(3).warns(&days);
    assert!(said.err.contains(&format!("mailtally run --from {} --to {} --stage rollup,report", day(3), day(1))));
    place.say(&["report", "pipeline.toml", "--last", "1"]).expect(3).warns(&format!("do not count {} as", day(1)));
    place.say(&["status", "pipeline.toml"]).expect(0).warns(&days);
    place.run(&["--from", &day(3), "--to", &day(1), "--stage", "rollup,report"]).expect(0);
    for command in [
        &["cutover", "--min-tls", "1.2", "--last", "3", "pipeline.toml"][..],
        &["report", "--last", "3", "pipeline.toml"],
        &["status", "pipeline.toml"],
    ] {
        let said = place.say(command).expect(0);
        assert!(!said.err.contains(&day(3)) && !said.err.contains("roll"), "{}", said.err);
    }
}

/// A file of another server's log is no source without mail.
#[test]
fn a_source_in_which_nothing_is_found_is_told_every_night() {
    let place = place(&[2]);
    add(&place, "[[sources]]\nname = \"mx4\"\nformat = \"exim\"\nfiles = [\"logs/mx4/*\"]\n");
    let lines = format!("{} mx4 cron[7]: nothing\n", stamp(1)).repeat(1_200);
    place.log("mx4/mainlog", lines.as_bytes());
    for _ in 0..2 {
        let said = place.run(&[]).expect(0).warns("nothing was found in 1,200 lines of source 'mx4'");
        assert!(!said.err.contains("of source 'mx3'"), "{}", said.err);
        assert_eq!(said.json()["in_vain"], serde_json::json!([{"source": "mx4", "lines_read": 1_200}]));
    }
    for command in [&["cutover", "--min-tls", "1.2", "pipeline.toml"][..], &["status", "pipeline.toml"]] {
        let said = place.say(command).expect(0).warns("nothing was found in 1,200 lines of source 'mx4'");
        assert!(!said.err.contains("of source 'mx3'"), "{}", said.err);
    }
    let said = place.say(&["report", "pipeline.toml"]).expect(0);
    said.warns("mx4 (1 day): nothing was found in any line of this source");
}

/// Two patterns that take the same file have each source count it.
#[test]
fn a_file_of_two_sources_is_told() {
    let place = empty_place();
    let of_mx4 = "[[sources]]\nname = \"mx4\"\nformat = \"postfix\"\nfiles = [\"logs/mx*/mx4*\"]\n";
    add(&place, of_mx4);
    written(&place, "mx4.log", 1, &session(1, "4F2A0001", None));
    written(&place, "mx40.log", 1, &session(2, "4F2A0002", None));
    for command in ["run", "plan"] {
        let said = place.say(&[command, "pipeline.toml", "--json"]).expect(0);
        let said = said.warns("logs/mx3/mx4.log and 1 more file are of source 'mx3' and of source 'mx4'");
        let shared = said.json()["shared"][0].clone();
        assert_eq!((&shared["sources"], &shared["more"]), (&serde_json::json!(["mx3", "mx4"]), &1.into()));
    }
    // What one program writes and what another one does are two things.
    let exim = of_mx4.replace("postfix", "exim");
    let pipeline = std::fs::read_to_string(place.path("pipeline.toml")).unwrap();
    std::fs::write(place.path("pipeline.toml"), pipeline.replace(of_mx4, &exim)).unwrap();
    assert_eq!(place.say(&["plan", "pipeline.toml", "--json"]).expect(0).json()["shared"], serde_json::json!([]));
}

/// A file whose lines have no time is of no day, so that no day's rejected lines tell of it.
#[test]
fn a_file_without_times_beside_others_is_told() {
    let place = Place::new(&["[[sources]]\nname = \"own\"\nformat = \"mailtally\"\nfiles = [\"logs/own/*\"]\n"]);
    let line =
        |ts: &str, server: &str| format!("{{\"ts\":\"{ts}\",\"server\":\"{server}\",\"account\":\"a@example.org\"}}\n");
    place.log("own/a.jsonl", line(&format!("{}T09:00:00Z", day(1)), "a").as_bytes());
    place.log("own/empty.jsonl", b"");
    place.log("own/header.csv", b"ts,account\n");
    assert_eq!(place.run(&[]).expect(0).err, "");
    let file = place.log("own/b.jsonl", line(&format!("{}T09:00:00", day(1)), "b").as_bytes()).display().to_string();
    for _ in 0..2 {
        let said = place.run(&[]).expect(3).warns(&format!("nothing of {file} counts for source 'own'"));
        assert_eq!(said.err.matches("warning:").count(), 1, "{}", said.err);
        assert_eq!(said.json()["timeless"], serde_json::json!([{"source": "own", "file": file}]));
    }
    place.say(&["plan", "pipeline.toml"]).expect(0).warns(&file);
}

/// What an Exchange server has just begun is only a head.
#[test]
fn a_fresh_log_of_a_head_alone_is_no_file_without_times() {
    let place = Place::new(&["[[sources]]\nname = \"mbx1\"\nformat = \"exchange\"\nfiles = [\"logs/mbx1/*\"]\n"]);
    let log = std::fs::read_to_string(project().join("sample_data/raw/exchange/one-server.log")).unwrap();
    let (head, _) = log.split_once("\n2026").unwrap();
    place.log("mbx1/RECV2026030300-1.LOG", head.as_bytes());
    place.log("mbx1/RECV2026030200-1.LOG", log.as_bytes());
    assert_eq!(place.run(&[]).expect(0).err, "");
}

/// The front end alone has logins and no messages.
#[test]
fn logs_of_a_front_end_without_those_behind_it_are_told() {
    let place = Place::new(&["[[sources]]\nname = \"mbx1\"\nformat = \"exchange\"\nfiles = [\"logs/mbx1/*/*\"]\n"]);
    let put = |name: &str| {
        let folder = project().join("sample_data/raw/exchange/front-hub-and-tracking").join(name);
        let log = std::fs::read(folder.join("RECV2026030212-1.LOG")).unwrap();
        place.log(&format!("mbx1/{name}/RECV2026030212-1.LOG"), &log);
    };
    put("FrontEnd");
    let said = place.run(&[]).expect(0).warns("Exchange's front end has handed authenticated clients on");
    assert_eq!(said.json()["handed_on_in_vain"][0]["source"], "mbx1");
    place.say(&["tally", "logs/mbx1/FrontEnd/"]).expect(0).warns("in the hub's logs");
    put("Hub");
    let said = place.run(&[]).expect(0);
    assert_eq!((said.err.as_str(), &said.json()["handed_on_in_vain"]), ("", &serde_json::json!([])));
}

/// A year that was set wrongly for a night leaves days of nothing behind, long before the first line.
#[test]
fn a_lake_begins_with_its_first_line() {
    let place = Place::new(&[&format!("{MX3}year = 2025\n")]);
    place.log("mx3/mail.log", b"Mar  3 12:00:00 mx3 postfix/smtpd[70]: connect from c.example.org[192.0.2.7]\n");
    place.run(&[]).expect(0);
    place.pipeline(&format!("{MX3}year = 2026\n"));
    place.run(&[]).expect(0);
    let status = place.say(&["status", "pipeline.toml", "--json"]).expect(0).json();
    let days = ["first_day", "last_day", "days", "missing_days"].map(|name| status[name].clone());
    assert_eq!(serde_json::json!(days), serde_json::json!(["2026-03-03", "2026-03-03", 1, 0]), "{status}");
    let said = place.say(&["report", "pipeline.toml", "--from", "2026-03-01", "--to", "2026-03-03"]).expect(0);
    said.warns("the lake begins with 2026-03-03");
}
