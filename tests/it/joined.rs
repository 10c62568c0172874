//! Logs of one server that are written at one time: the front end's, the hub's, those of messages. However they are
//! cut, packed, ordered or asked for, each message is joined with its sender and counts once.

mod fronts;

use std::fmt::Write;

use mailtally::calendar::{Day, DayRange};

use crate::compare::Findings;
use crate::logs::{Answer, Logs, time};
use crate::packing::gzip;

/// Minutes of the log: two evenings and what follows them.
const MINUTES: i64 = 26 * 60;

/// 2026-03-02T11:00:00Z.
const START: i64 = 1_772_449_200;

/// The files of every hour in three folders, by name.
type Files = Vec<(String, String)>;

fn at(seconds: i64) -> String {
    format!("{}.500Z", time((START + seconds) * 1_000_000).trim_end_matches('Z'))
}

/// The log that a line of a second goes into: a file an hour.
fn file<'a>(files: &'a mut Files, folder: &str, head: &str, seconds: i64) -> &'a mut String {
    let name = format!("{folder}/LOG{}.LOG", &at(seconds)[..13].replace(['-', 'T'], ""));
    let place = files.iter().position(|(other, _)| *other == name).unwrap_or_else(|| {
        files.push((name, format!("\u{FEFF}#Software: Microsoft Exchange Server\r\n{head}\r\n")));
        files.len() - 1
    });
    &mut files[place].1
}

const RECEIVE: &str = "#Log-type: SMTP Receive Protocol Log\r\n\
                       #Fields: date-time,connector-id,session-id,sequence-number,local-endpoint,remote-endpoint,event,data,context";
const TRACKING: &str = "#Log-type: Message Tracking Log\r\n\
                        #Fields: date-time,source-context,connector-id,source,event-id,internal-message-id,message-id,total-bytes,recipient-count";

/// A session every five minutes; each third one is hours long and sends every forty minutes.
fn written() -> Files {
    let mut files = Files::new();
    for (number, minute) in (0..MINUTES).step_by(5).enumerate() {
        let begin = minute * 60 + 50;
        let messages = if number % 3 == 0 { 5 } else { 1 };
        let end = begin + messages * 2400;
        let (front, hub, ip) =
            (format!("F{number:015X}"), format!("8{number:015X}"), format!("192.0.2.{}", number % 250));
        let mut say = |folder: &str, seconds: i64, rest: &str| {
            let (connector, id, from) = match folder {
                "FrontEnd" => ("Client Frontend MBX1", &front, ip.as_str()),
                _ => ("Client Proxy MBX1", &hub, "10.0.0.1"),
            };
            let log = file(&mut files, folder, RECEIVE, seconds);
            let _ = write!(log, "{},MBX1\\{connector},{id},0,10.0.0.1:587,{from}:5000,{rest}\r\n", at(seconds));
        };
        say("FrontEnd", begin, "+,,");
        say(
            "FrontEnd",
            begin + 1,
            "*,,\"TLS protocol SP_PROT_TLS1_1_SERVER negotiation succeeded using bulk encryption algorithm CALG_AES_128 with strength 128 bits, and key exchange algorithm CALG_ECDH_EPHEM\"",
        );
        say("FrontEnd", begin + 2, "<,AUTH login,");
        say("FrontEnd", begin + 3, &format!("*,user{}@example.org,authenticated", number % 7));
        say("Hub", begin + 3, "+,,");
        say("Hub", begin + 4, &format!("<,XPROXY SID=F{number:015X} IP={ip} PORT=5000 DOMAIN=d,"));
        say("FrontEnd", begin + 5, "*,,Proxy session was successfully set up. Session foryou will now be proxied");
        for message in 0..messages {
            let seconds = begin + 6 + message * 2400;
            let id = number as i64 * 10 + message;
            say("Hub", seconds, "<,MAIL FROM:<x@example.org>,");
            say("Hub", seconds, ">,250 2.1.0 Sender OK,");
            say("Hub", seconds, "<,RCPT TO:<y@example.org>,");
            say(
                "Hub",
                seconds + 3,
                &format!(">,\"250 2.6.0 <{id}@x> [InternalId={id}, Hostname=mbx1] Queued mail for delivery\","),
            );
        }
        say("Hub", end, "-,,Local");
        say("FrontEnd", end, "-,,Local");
        for message in 0..messages {
            let seconds = begin + 9 + message * 2400;
            let id = number as i64 * 10 + message;
            let log = file(&mut files, "MessageTracking", TRACKING, seconds + 2);
            let _ = write!(
                log,
                "{},8{number:015X};x;1,MBX1\\Client Proxy MBX1,SMTP,RECEIVE,{id},<{id}@x>,{},3\r\n",
                at(seconds + 2),
                id + 1000
            );
        }
    }
    for (_, text) in &mut files {
        let mut lines = text.split_inclusive('\n').map(str::to_owned).collect::<Vec<_>>();
        lines[3..].sort_by(|a, b| a[..24].cmp(&b[..24]));
        *text = lines.concat();
    }
    files.sort();
    files
}

fn logs(files: &[(String, impl AsRef<[u8]>)]) -> Logs {
    Logs::written(files.iter().map(|(name, bytes)| (name, bytes))).format("exchange")
}

fn rows(answer: &Answer) -> Vec<String> {
    let mut rows = answer.rows();
    rows.sort();
    rows
}

#[test]
fn every_message_has_its_sender() {
    let answer = logs(&written()).read();
    let sessions = MINUTES / 5;
    let long = (sessions + 2) / 3;
    assert_eq!(answer.submissions().len() as i64, sessions + 4 * long);
    for row in answer.submissions() {
        let id = row.queue_id.parse::<u64>().unwrap();
        assert_eq!(
            (row.account.as_str(), row.size_bytes),
            (&*format!("user{}@example.org", id / 10 % 7), Some(id + 1000))
        );
        assert_eq!((row.tls_version.as_str(), row.recipients, row.mechanism.as_str()), ("TLSv1.1", Some(3), "LOGIN"));
        assert_eq!(row.client_ip, format!("192.0.2.{}", id / 10 % 250));
    }
}

#[test]
fn a_day_is_the_same_by_itself_and_among_others() {
    let mut findings = Findings::default();
    let files = written();
    let all = logs(&files).read();
    for day in ["2026-03-02", "2026-03-03"] {
        let day = day.parse::<Day>().unwrap();
        let expected = all.submissions().iter().filter(|row| Day::of(row.ts) == day).map(|row| format!("{row:?}"));
        let found = rows(&logs(&files).days(DayRange::single(day)).read());
        assert!(found.len() > 100, "{day}: {}", found.len());
        findings.same(day, expected, found);
    }
    findings.none();
}

#[test]
fn files_may_be_cut_joined_and_packed() {
    let mut findings = Findings::default();
    let files = written();
    let expected = rows(&logs(&files).read());
    let packed = files.iter().map(|(name, text)| (format!("{name}.gz"), gzip(text.as_bytes()))).collect::<Vec<_>>();
    findings.same("gzip", expected.clone(), rows(&logs(&packed).read()));
    // One file a folder, and all folders' in one.
    let mut whole = Files::new();
    for (name, text) in &files {
        let folder = name.split('/').next().unwrap();
        match whole.iter_mut().find(|(other, _)| other == folder) {
            Some((_, before)) => before.push_str(text.trim_start_matches('\u{FEFF}')),
            None => whole.push((folder.to_owned(), text.clone())),
        }
    }
    findings.same("one file each", expected.clone(), rows(&logs(&whole).read()));
    let last = whole.iter().rev().map(|(name, text)| (format!("z{}", name.len()), text)).collect::<Vec<_>>();
    findings.same("other names", expected.clone(), rows(&logs(&last).read()));
    for day in ["2026-03-02", "2026-03-03"] {
        let day = day.parse::<Day>().unwrap();
        let alone = rows(&logs(&whole).days(DayRange::single(day)).read());
        findings.same(
            format_args!("one file each, {day}"),
            rows(&logs(&files).days(DayRange::single(day)).read()),
            alone,
        );
    }
    // Files whose second half is there twice.
    let mut doubled = files.clone();
    for (name, text) in &files {
        let lines = text.split_inclusive('\n').collect::<Vec<_>>();
        let half = lines.len().div_ceil(2).max(3);
        doubled.push((format!("{name}.copy"), [&lines[..3], &lines[half..]].concat().concat()));
    }
    findings.same("partly doubled", expected, rows(&logs(&doubled).read()));
    findings.none();
}
