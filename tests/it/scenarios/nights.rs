//! Night after night: files grow, are rotated, come late and come again. What a night opens again is what its new
//! bytes touch, and in the end the lake is as if it had been filled at once.

use mailtally::lake::tables;
use mailtally::pipelines::report::newest_day;
use polars::prelude::col;

use super::answer::{self, rotated};
use super::place::{self, MX3, Place};
use super::raw::{self, Log, amid, gzip, line_end, line_from, xz};

#[test]
fn a_growing_file_fills_the_lake_night_after_night() {
    let whole = raw::MX1.concat();
    let place = Place::new(&[place::MX1]);
    for night in 1..=10 {
        // At midnight itself, with sessions and messages open.
        let end = line_from(&whole, &format!("Mar {:>2} 00:00:00", night + 1));
        place.log("mx1/mail.log", &whole[..end]);
        let built = place.ingest().days("ingested", "mx1");
        let may = night.max(2) - 1..=night;
        assert!(built.contains(&night) && built.iter().all(|day| may.contains(day)), "{night}: {built:?}");
    }
    place.rows().assert_is(&answer::MX1, "ten nights");
    place.ingest().built("mx1", []);
}

#[test]
fn a_rotated_log_fills_the_lake_night_after_night() {
    let whole = raw::MX2.concat();
    let place = Place::new(&[place::MX2]);
    let mut nights: Vec<&[u8]> = Vec::new();
    let mut start = 0;
    for night in 1..=10_u32 {
        let end = line_from(&whole, &format!("2026-03-{:02}T03:15", night + 1));
        nights.push(&whole[start..end]);
        start = end;
        // The newest is plain, so is the one before it, the others are packed: the same bytes under new names.
        for (age, bytes) in nights.iter().rev().enumerate() {
            match age {
                0 => place.log("mx2/mail.log", bytes),
                1 => place.log("mx2/mail.log.1", bytes),
                _ => place.log(&format!("mx2/mail.log.{age}.gz"), &gzip(bytes)),
            };
        }
        let built = place.ingest().days("ingested", "mx2");
        let may = night.max(2) - 1..=night + 1;
        assert!(built.contains(&night) && built.iter().all(|day| may.contains(day)), "{night}: {built:?}");
    }
    place.rows().assert_is(&answer::MX2, "ten nights");
}

#[test]
fn a_file_seen_again_under_its_rotated_name_opens_nothing() {
    let place = Place::new(&[place::MX1]);
    place.log("mx1/mail.log", &raw::MX1[0]);
    place.ingest().built("mx1", 1..=3);
    place.rename("mx1/mail.log", "mx1/mail.log.1");
    place.ingest().built("mx1", []);
    // The new file touches the day on which it begins, and the session that the cut has split.
    place.log("mx1/mail.log", &raw::MX1[1]);
    place.ingest().built("mx1", 3..=6);
    place.remove("mx1/mail.log.1");
    place.log("mx1/mail.log.2.gz", &gzip(&raw::MX1[0]));
    place.rename("mx1/mail.log", "mx1/mail.log.1");
    place.log("mx1/mail.log", &raw::MX1[2]);
    place.ingest().built("mx1", 6..=9);
    place.remove("mx1/mail.log.2.gz");
    place.log("mx1/mail.log.3.xz", &xz(&raw::MX1[0]));
    place.ingest().built("mx1", []);
    place.rename("mx1/mail.log.1", "mx1/mail.log.2");
    place.rename("mx1/mail.log", "mx1/mail.log.1");
    place.log("mx1/mail.log", &raw::MX1[3]);
    place.ingest().built("mx1", 9..=10);
    place.rows().assert_is(&answer::MX1, "rotated between runs");
}

#[test]
fn a_late_file_opens_its_days_only() {
    for late in 0..raw::MX1.len() {
        let place = Place::new(&[place::MX1]);
        place.logs("mx1", rotated(&raw::MX1));
        let name = rotated(&raw::MX1).nth(late).unwrap().0;
        place.remove(&format!("mx1/{name}"));
        place.ingest();
        place.log(&format!("mx1/{name}"), &raw::MX1[late]);
        let days = [1..=3, 3..=6, 6..=9, 9..=10][late].clone();
        place.ingest().built("mx1", days);
        place.rows().assert_is(&answer::MX1, &format!("{name} came late"));
    }
}

#[test]
fn half_a_file_first_and_all_of_it_later() {
    let whole = raw::MX1.concat();
    for cut in [line_end(&whole, whole.len() / 2), whole.len() / 2, 3000, 70_001] {
        let place = Place::new(&[place::MX1]);
        place.log("mx1/mail.log", &whole[..cut]);
        place.ingest();
        place.log("mx1/mail.log", &whole);
        place.ingest();
        place.rows().assert_is(&answer::MX1, &format!("cut at {cut} first"));
    }
}

/// A copy that was under way while the run looked: the days after it are there already.
#[test]
fn half_a_file_in_the_middle_is_completed_later() {
    for (ending, pack) in raw::PACKINGS {
        let place = Place::new(&[place::MX1]);
        place.logs("mx1", rotated(&raw::MX1));
        place.remove("mx1/mail.log.2");
        let packed = pack(&raw::MX1[1]);
        let name = format!("mx1/mail.log.2{ending}");
        place.log(&name, &packed[..packed.len() / 2]);
        let first = place.ingest();
        assert_eq!(first.err.contains("is cut off"), !ending.is_empty(), "{}", first.err);
        place.log(&name, &packed);
        let built = place.ingest().days("ingested", "mx1");
        assert!(built.is_subset(&(3..=6).collect()), "{name}: {built:?}");
        place.rows().assert_is(&answer::MX1, &format!("{name} was cut off first"));
        place.ingest().built("mx1", []);
    }
}

/// Files of one hour each, with a session that is three hours older than the day of its last message.
fn long_session() -> [Vec<u8>; 4] {
    let first = Log::default()
        .connect("2026-03-01T20:10:00Z", 77)
        .tls("2026-03-01T20:10:01Z", 77, "TLSv1.2")
        .open("2026-03-01T20:11:00Z", 77, "4F2A0001", "alice@example.org")
        .queue("2026-03-01T20:11:00Z", "4F2A0001")
        .bytes();
    let second = Log::default().session("2026-03-01T21:30:00Z", 80, "4F2A0002", Some("TLSv1.3")).bytes();
    let third = Log::default().session("2026-03-01T23:40:00Z", 81, "4F2A0003", None).bytes();
    let fourth = Log::default()
        .open("2026-03-02T00:05:00Z", 77, "4F2A0004", "alice@example.org")
        .queue("2026-03-02T00:05:00Z", "4F2A0004")
        .disconnect("2026-03-02T00:05:01Z", 77, 2)
        .session("2026-03-02T03:00:00Z", 82, "4F2A0005", Some("TLSv1.3"))
        .bytes();
    [first, second, third, fourth]
}

const LONG_SESSION: [&str; 5] = [
    "2026-03-01,alice@example.org,TLSv1.2,1,1",
    "2026-03-01,alice@example.org,TLSv1.3,1,1",
    "2026-03-01,alice@example.org,none,1,1",
    "2026-03-02,alice@example.org,TLSv1.2,1,1",
    "2026-03-02,alice@example.org,TLSv1.3,1,1",
];

#[test]
fn a_session_keeps_its_tls_over_midnight_and_files() {
    let files = long_session();
    let at_once = Place::new(&[MX3]);
    at_once.logs("mx3", rotated(&files));
    at_once.ingest();
    assert_eq!(at_once.daily(), LONG_SESSION);

    let alone = Place::new(&[MX3]);
    alone.logs("mx3", rotated(&files));
    alone.run(&["--stage", "ingest", "--date", "2026-03-02"]).expect(0).built("mx3", [2]);
    assert_eq!(alone.daily(), LONG_SESSION[3..]);

    let nightly = Place::new(&[MX3]);
    nightly.logs("mx3", rotated(&files[..3]));
    nightly.ingest().built("mx3", [1]);
    nightly.logs("mx3", rotated(&files));
    nightly.ingest();
    nightly.rows().assert_is(&at_once.rows(), "the second day came in the second night");
}

/// What a day lacks may come with a file that ends hours before it.
#[test]
fn a_late_file_opens_the_day_that_waits_for_its_session() {
    let files = long_session();
    let place = Place::new(&[MX3]);
    place.logs("mx3", rotated(&files[1..]));
    place.ingest();
    assert!(place.daily().contains(&"2026-03-02,alice@example.org,unknown,1,1".to_owned()), "{:?}", place.daily());
    place.logs("mx3", rotated(&files));
    place.ingest().built("mx3", [1, 2]);
    assert_eq!(place.daily(), LONG_SESSION);
    place.ingest().built("mx3", []);
}

/// A message that is open at midnight is accepted hours later, in a file that begins hours later.
#[test]
fn an_open_message_is_found_in_a_file_that_begins_hours_later() {
    let before = Log::default()
        .connect("2026-03-01T23:50:00Z", 77)
        .tls("2026-03-01T23:50:01Z", 77, "TLSv1.2")
        .open("2026-03-01T23:50:02Z", 77, "4F2A0001", "alice@example.org")
        .bytes();
    let after = Log::default()
        .queue("2026-03-02T02:30:00Z", "4F2A0001")
        .disconnect("2026-03-02T02:30:01Z", 77, 1)
        .session("2026-03-02T02:40:00Z", 78, "4F2A0002", Some("TLSv1.3"))
        .bytes();
    let place = Place::new(&[MX3]);
    place.log("mx3/mail.log.1", &before);
    place.ingest().built("mx3", [1]);
    assert_eq!(place.daily(), Vec::<String>::new());
    place.log("mx3/mail.log", &after);
    place.ingest().built("mx3", [1, 2]);
    let expected = ["2026-03-01,alice@example.org,TLSv1.2,1,1", "2026-03-02,alice@example.org,TLSv1.3,1,1"];
    assert_eq!(place.daily(), expected);
    place.ingest().built("mx3", []);
}

/// Silence about TLS means cleartext only where the server is known to log it, which a later line may prove.
#[test]
fn a_tls_line_that_comes_later_decides_the_days_before() {
    let quiet = |day: u32| {
        let stamp = format!("2026-03-{day:02}T12:00:00Z");
        Log::default().session(&stamp, 70 + day, &format!("4F2A000{day}"), None).bytes()
    };
    let failed = "warning: client.example.org[192.0.2.7]: SASL PLAIN authentication failed: no";
    let failed = Log::default().connect("2026-03-02T23:00:00Z", 80).smtpd("2026-03-02T23:00:01Z", 80, failed).bytes();
    let refused = |place: &Place| place.table(&tables::REFUSALS, &[col("tls_version")]);
    let mut whole = [quiet(1), quiet(2), failed].concat();
    let place = Place::new(&[MX3]);
    place.log("mx3/mail.log", &whole);
    place.ingest().built("mx3", [1, 2]);
    let unknown = ["2026-03-01,alice@example.org,unknown,1,1", "2026-03-02,alice@example.org,unknown,1,1"];
    assert_eq!(place.daily(), unknown);
    assert_eq!(refused(&place), ["unknown"]);
    whole.extend(Log::default().session("2026-03-03T12:00:00Z", 90, "4F2A0009", Some("TLSv1.3")).bytes());
    place.log("mx3/mail.log", &whole);
    place.ingest().built("mx3", 1..=3);
    let none = ["2026-03-01,alice@example.org,none,1,1", "2026-03-02,alice@example.org,none,1,1"];
    assert_eq!(place.daily()[..2], none);
    assert_eq!(refused(&place), ["none"]);
    place.ingest().built("mx3", []);
}

/// Where TLS begins with the connection, silence about it is cleartext only shortly after a line of that service has said
/// a version: in the morning by what was said the day before, whichever days are read, and no more a day later.
#[test]
fn silence_of_a_service_of_implicit_tls_means_the_same_night_by_night() {
    let session = |stamp: &str, queue_id: &str, version: Option<&str>| {
        let log = Log::default().session(&format!("2026-03-{stamp}:00:00Z"), 70, queue_id, version).bytes();
        String::from_utf8(log).unwrap().replace("/submission/", "/smtps/").into_bytes()
    };
    let first = [session("01T08", "4F2A0001", None), session("01T12", "4F2A0002", Some("TLSv1.3"))];
    let second = [("02T09", "4F2A0003"), ("02T13", "4F2A0004"), ("03T13", "4F2A0005")]
        .map(|(stamp, id)| session(stamp, id, None));
    let told = Log::default().session("2026-03-02T08:00:00Z", 75, "4F2A0006", Some("TLSv1.2")).bytes();
    let files = [first.concat(), [told, second.concat()].concat()];
    let expected = [
        "2026-03-01,alice@example.org,TLSv1.3,1,1",
        "2026-03-01,alice@example.org,unknown,1,1",
        "2026-03-02,alice@example.org,TLSv1.2,1,1",
        "2026-03-02,alice@example.org,none,1,1",
        "2026-03-02,alice@example.org,unknown,1,1",
        "2026-03-03,alice@example.org,unknown,1,1",
    ];
    let at_once = Place::new(&[MX3]);
    at_once.logs("mx3", rotated(&files));
    at_once.ingest().built("mx3", 1..=3);
    assert_eq!(at_once.daily(), expected);

    let nightly = Place::new(&[MX3]);
    nightly.logs("mx3", rotated(&files));
    for day in 1..=3 {
        nightly.run(&["--stage", "ingest", "--date", &format!("2026-03-{day:02}")]).expect(0).built("mx3", [day]);
    }
    nightly.rows().assert_is(&at_once.rows(), "night by night");
    nightly.ingest().built("mx3", []);

    // The file that proves it comes late.
    let late = Place::new(&[MX3]);
    late.logs("mx3", rotated(&files[1..]));
    late.ingest().built("mx3", [2, 3]);
    late.logs("mx3", rotated(&files));
    late.ingest().built("mx3", [1, 2]);
    late.rows().assert_is(&at_once.rows(), "the first file came late");
    late.ingest().built("mx3", []);
}

/// A log without a line on 2 March, read as if it were 3 March.
#[test]
fn an_empty_day_is_missing_and_a_day_that_goes_on_is_not_the_newest() {
    let place = Place::new(&[MX3]);
    let sessions = ["2026-03-01T12:00:00Z", "2026-03-03T12:00:00Z"]
        .map(|at| Log::default().session(at, 70, "4F2A0001", Some("TLSv1.3")).bytes());
    place.log("mx3/mail.log", &sessions.concat());
    place.run(&[]).expect(0);
    let days = place.lake().snapshot(&tables::COVERAGE).unwrap().dates();
    let newest = |today: &str| newest_day(&days, today.parse().unwrap()).unwrap().to_string();
    assert_eq!(["2026-03-03", "2026-03-04", "2026-03-01"].map(newest), ["2026-03-02", "2026-03-03", "2026-03-03"]);
    let status = place.say(&["status", "pipeline.toml", "--json"]).expect(0).json();
    assert_eq!((&status["days"], &status["missing_days"]), (&2.into(), &1.into()));
    for command in [&["report", "pipeline.toml"][..], &["cutover", "pipeline.toml", "--no-3des"]] {
        let say = |days: &[&str]| place.say(&[command, days].concat());
        say(&["--date", "2026-03-05"]).expect(0).warns("the lake ends with 2026-03-03");
        say(&["--from", "2026-01-01", "--to", "2026-02-28"]).expect(0).warns("the lake begins with 2026-03-01");
        say(&["--last", "4"]).expect(0).warns("the lake begins with 2026-03-01: the window's days before it are empty");
        say(&["--from", "1500-01-01"]).expect(2).warns("more than 36500").warns("begin with the first day");
    }
    place.pipeline(&MX3.replace("\"mx3\"", "\"mail1\""));
    place.say(&["status", "pipeline.toml"]).expect(0).warns("source 'mx3' is not in the pipeline");
}

/// The name of a failed login is anybody's to choose, and a spreadsheet opens CSV.
#[test]
fn a_tally_holds_no_formula() {
    let place = Place::new(&[MX3]);
    let line = "2026-03-01T12:00:00Z mx3 postfix/smtpd[70]: warning: unknown[192.0.2.1]: SASL LOGIN authentication failed: (reason unavailable), sasl_username==1+1\n";
    let path = place.log("mx3/mail.log", line.as_bytes());
    let arguments = ["tally", "--csv", "--refusals", "--format", "postfix", path.to_str().unwrap()];
    let said = place.say(&arguments).expect(0);
    assert!(said.out.contains(",'=1+1,"), "{}", said.out);
}

/// A central log has many hosts, of which some have few lines: they are judged like the others, in the first night and
/// in those after it.
#[test]
fn a_host_that_shows_at_no_end_of_a_file_is_known_by_its_lines() {
    let (first, second) = ("2026-03-01T12:00:00Z", "2026-03-02T12:00:00Z");
    let own = Log::default().session(first, 70, "4F2A0001", Some("TLSv1.3")).bytes();
    let silent = Log::default().session(first, 71, "4F2A0002", None).bytes();
    let proof = Log::default().session(first, 72, "4F2A0003", Some("TLSv1.2")).bytes();
    let place = Place::new(&[MX3]);
    let path = place.log("mx3/mail.log.1", &[own, amid(first, &[silent, proof].concat())].concat());
    place.ingest().built("mx3", [1]);
    let mut expected = ["TLSv1.2", "TLSv1.3", "none"].map(|of| format!("2026-03-01,alice@example.org,{of},1,1"));
    assert_eq!(place.daily(), expected);
    let tally = place.say(&["tally", "--csv", "--format", "postfix", path.to_str().unwrap()]).expect(0);
    expected.rotate_right(1);
    assert_eq!(tally.out.lines().skip(1).collect::<Vec<_>>(), expected);
    place.log("mx3/mail.log", &amid(second, &Log::default().session(second, 73, "4F2A0004", None).bytes()));
    place.ingest().built("mx3", [1, 2]);
    assert_eq!(place.daily()[3..], ["2026-03-02,alice@example.org,none,1,1"]);
    place.run(&["--stage", "ingest", "--date", "2026-03-02"]).expect(0).built("mx3", [2]);
    assert_eq!(place.daily()[3..], ["2026-03-02,alice@example.org,none,1,1"]);
    place.ingest().built("mx3", []);
}

/// A client without TLS, of whom the server in front tells: no line of the Postfix behind it has to prove that.
#[test]
fn cleartext_that_a_server_in_front_tells_of_needs_no_other_proof() {
    let message = |minute: u32| {
        let (stamp, queue_id) = (format!("Mar  2 16:{minute:02}:00 mx1"), format!("C80C89D68{minute}"));
        let (account, smtpd) = ("backup@corp.example.com", "postfix/dovecot-backend/smtpd[498]");
        format!(
            "{stamp} dovecot: submission-login: Login: user=<{account}>, method=PLAIN, rip=198.51.100.9, lip=192.0.2.25, mpid=7, session=<n{minute}>\n\
             {stamp} {smtpd}: connect from localhost[127.0.0.1]\n\
             {stamp} {smtpd}: {queue_id}: client=localhost[198.51.100.9], sasl_method=XCLIENT, sasl_username={account}\n\
             {stamp} dovecot: submission({account})<7><n{minute}>: Successfully relayed message: from=<{account}>, size=9, id=x, nrcpt=1, reply=`250 2.0.0 Ok: queued as {queue_id}'\n\
             {stamp} postfix/qmgr[440]: {queue_id}: from=<{account}>, size=9, nrcpt=1 (queue active)\n\
             {stamp} {smtpd}: disconnect from localhost[198.51.100.9] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5\n\
             {stamp} dovecot: submission({account})<7><n{minute}>: Disconnected: Logged out\n"
        )
    };
    let place = Place::new(&[place::MX1]);
    place.log("mx1/mail.log", message(10).as_bytes());
    place.ingest().built("mx1", [2]);
    place.log("mx1/mail.log", (message(10) + &message(20)).as_bytes());
    place.ingest().built("mx1", [2]);
    assert_eq!(
        place.table(&tables::SUBMISSIONS, &["account", "tls_version", "mechanism"].map(col)),
        ["backup@corp.example.com,none,PLAIN", "backup@corp.example.com,none,PLAIN"]
    );
}
