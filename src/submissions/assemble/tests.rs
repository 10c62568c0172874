//! What the assembler keeps, and for how long. What it makes of logs is tested by the samples.

use std::fmt::Write as _;

use super::*;
use crate::formats::exchange::Exchange;
use crate::formats::hmailserver::HMailServer;
use crate::formats::postfix::Postfix;
use crate::sources::framing::{Framed, Framer};
use crate::sources::stamp::Stamp;
use crate::submissions::Submission;
use crate::submissions::tls::TlsVersion;

struct Nowhere;

impl Rows for Nowhere {
    fn submission(&mut self, _row: &Submission<&str>) {}
    fn announced(&mut self, _row: &Submission<&str>) -> bool {
        true
    }
    fn confirmed(&mut self, _row: &Submission<&str>) {}
    fn came_before(&mut self, _row: &Refusal<&str>, _id: &[u8]) -> bool {
        false
    }
    fn refusal(&mut self, _row: &Refusal<&str>) {}
    fn refusal_announced(&mut self, _row: &Refusal<&str>) -> bool {
        true
    }
    fn refusal_confirmed(&mut self, _row: &Refusal<&str>) {}
    fn orphan(&mut self, _ts: Timestamp) {}
}

fn take(assembler: &mut Assembler, at: Timestamp, message: &str) {
    take_into(assembler, at, message, &mut Nowhere);
}

fn take_into(assembler: &mut Assembler, at: Timestamp, message: &str, rows: &mut dyn Rows) {
    let line = format!("Mar  1 09:00:00 mx1 postfix/smtpd[7]: {message}");
    let mut framer = Framer::default();
    let Framed::Line(line) = framer.frame(line.as_bytes()) else { panic!("{message}") };
    let Ok(Some(record)) = Postfix.parse(&line) else { panic!("{message}") };
    assembler.record(at, &line, &record, rows);
}

#[test]
fn what_is_never_closed_expires_by_the_log_s_own_time() {
    let mut assembler = Assembler::new(&Postfix, Settings::default());
    take(&mut assembler, 0, "connect from a.example[192.0.2.1]");
    take(&mut assembler, 1, "NOQUEUE: client=a.example[192.0.2.1], sasl_method=PLAIN, sasl_username=a@example.org");
    // The filter never answers, and mail of others goes by: each of its messages might be the one put back.
    for number in 0..100 {
        take(&mut assembler, 2, &format!("ABCDEF{number:02}: client=b.example[192.0.2.2]"));
    }
    take(&mut assembler, 3, "AAAAAA1: client=a.example[192.0.2.1], sasl_method=PLAIN, sasl_username=a@example.org");
    assert_eq!(
        (assembler.sessions.iter().count(), assembler.messages.times().count(), assembler.reinjected.len()),
        (1, 1, 100)
    );
    take(&mut assembler, HORIZON + 2 * HOUR, "ABCDEF1: client=b.example[192.0.2.2]");
    assert_eq!(
        (assembler.sessions.iter().count(), assembler.messages.times().count(), assembler.reinjected.len()),
        (0, 0, 0)
    );
    assert_eq!((assembler.in_filter, assembler.oldest_open(HORIZON + 2 * HOUR)), (0, None));
}

#[test]
fn what_is_open_waits_for_the_other_files_of_its_time() {
    let opened = "AAAAAA1: client=a.example[192.0.2.1], sasl_method=PLAIN, sasl_username=a@example.org";
    let other = "connect from b.example[192.0.2.2]";
    let mut assembler = Assembler::new(&Postfix, Settings::default());
    assembler.next_file(HOUR);
    take(&mut assembler, 2 * HOUR, opened);
    take(&mut assembler, 7 * HORIZON, other);
    assert_eq!(assembler.messages.times().count(), 1);
    // The second one begins as early, and once it is far enough, nothing of that time comes any more.
    assembler.next_file(Timestamp::MAX);
    for (hours, open) in [(1, 1), (3, 1), (27, 0)] {
        take(&mut assembler, hours * HOUR, other);
        assert_eq!(assembler.messages.times().count(), open, "{hours}");
    }
    // Nor does what is open outlive files that are too short to look for it in one of them.
    take(&mut assembler, 30 * HOUR, opened);
    for file in 31..60 {
        assembler.next_file((file + 1) * HOUR);
        take(&mut assembler, file * HOUR, other);
    }
    assert_eq!(assembler.messages.times().count(), 0);
}

#[test]
fn a_message_that_a_filter_has_put_back_has_its_message_id() {
    let mut assembler = Assembler::new(&Postfix, Settings::default());
    let mut kept = Kept::default();
    for message in [
        "NOQUEUE: client=a.example[192.0.2.1], sasl_method=PLAIN, sasl_username=a@example.org",
        "ABCDEF1: client=localhost[127.0.0.1]",
        "ABCDEF1: message-id=<1@example.org>",
        "ABCDEF1: from=<a@example.org>, size=1820, nrcpt=2 (queue active)",
        "proxy-accept: END-OF-MESSAGE: 250 2.0.0 Ok: queued as ABCDEF1; from=<a@example.org> to=<b@example.net> proto=ESMTP helo=<h>",
    ] {
        take_into(&mut assembler, 1, message, &mut kept);
    }
    let found = kept.submissions.iter().map(|row| (row.queue_id.as_str(), row.message_id.as_str())).collect::<Vec<_>>();
    assert_eq!(found, [("ABCDEF1", "<1@example.org>")]);
}

/// Rows as a sink gets them.
#[derive(Default)]
struct Kept {
    submissions: Vec<Submission>,
    refusals: Vec<Refusal>,
    orphans: usize,
}

impl Rows for Kept {
    fn submission(&mut self, row: &Submission<&str>) {
        self.submissions.push(row.keep());
    }

    fn announced(&mut self, _row: &Submission<&str>) -> bool {
        true
    }

    fn confirmed(&mut self, row: &Submission<&str>) {
        self.submission(row);
    }

    fn came_before(&mut self, _row: &Refusal<&str>, _id: &[u8]) -> bool {
        false
    }

    fn refusal(&mut self, row: &Refusal<&str>) {
        self.refusals.push(row.keep());
    }

    fn refusal_announced(&mut self, _row: &Refusal<&str>) -> bool {
        true
    }

    fn refusal_confirmed(&mut self, row: &Refusal<&str>) {
        self.refusal(row);
    }

    fn orphan(&mut self, _ts: Timestamp) {
        self.orphans += 1;
    }
}

/// What comes of several logs of one server, read one after the other. All begin at the same time.
fn read_in_order(logs: &[&str]) -> Kept {
    let mut assembler = Assembler::new(&Exchange, Settings { tls_logging: TlsLogging::Always, ..Settings::default() });
    let mut kept = Kept::default();
    for (place, log) in logs.iter().enumerate() {
        assembler.next_file(if place + 1 < logs.len() { START } else { Timestamp::MAX });
        let mut framer = Framer::default();
        for line in log.lines() {
            let Framed::Line(line) = framer.frame_as(line.as_bytes(), &Exchange) else { continue };
            let Stamp::Utc(at) = line.stamp else { panic!("{line:?}") };
            if !Exchange.wants(line.program, line.message) {
                continue;
            }
            if let Ok(Some(record)) = Exchange.parse(&line) {
                assembler.record(at, &line, &record, &mut kept);
            }
        }
    }
    assembler.finish(&mut kept);
    kept.submissions.sort_by(|a, b| (a.ts, &a.queue_id).cmp(&(b.ts, &b.queue_id)));
    kept.refusals.sort_by(|a, b| (a.ts, &a.account).cmp(&(b.ts, &b.account)));
    kept
}

/// 2026-03-02T00:00:00Z.
const START: Timestamp = 1_772_409_600_000_000;

/// A day of sessions that a front end hands on: log of the front end, of the hub, of messages.
fn handed_on(sessions: usize) -> [String; 3] {
    let [mut front, mut hub, mut tracking] = [
        String::new(),
        String::new(),
        "#Log-type: Message Tracking Log\n#Fields: date-time,source-context,connector-id,source,event-id,\
         internal-message-id,message-id,total-bytes,recipient-count\n"
            .to_owned(),
    ];
    for number in 0..sessions {
        let at = |seconds: usize| {
            let seconds = number * 86_000 / sessions + seconds;
            format!("2026-03-02T{:02}:{:02}:{:02}.000Z", seconds / 3600, seconds / 60 % 60, seconds % 60)
        };
        let ip = format!("192.0.2.{}", number % 200);
        let say = |log: &mut String, connector: &str, id: &str, seconds, rest: &str| {
            let from = if connector.starts_with("Client F") { ip.as_str() } else { "10.0.0.1" };
            let _ =
                writeln!(log, "{},MBX1\\{connector},{id}{number:08X},0,10.0.0.1:587,{from}:5000,{rest}", at(seconds));
        };
        for (seconds, rest) in [
            (0, "+,,"),
            (
                1,
                "*,,TLS protocol SP_PROT_TLS1_2_SERVER negotiation succeeded using bulk encryption algorithm CALG_AES_256",
            ),
            (2, "<,AUTH login,"),
            (2, &format!("*,user{number}@example.org,authenticated")),
            (3, "*,,Proxy session was successfully set up. Session for you will now be proxied"),
            (40, "-,,Local"),
        ] {
            say(&mut front, "Client Frontend MBX1", "F0000000", seconds, rest);
        }
        for (seconds, rest) in [
            (2, "+,,".to_owned()),
            (3, format!("<,XPROXY SID=F0000000{number:08X} IP=192.0.2.{} PORT=5000 DOMAIN=d,", number % 200)),
            (3, ">,250 XProxy accepted,".to_owned()),
            (4, "<,MAIL FROM:<x@example.org>,".to_owned()),
            (4, ">,250 2.1.0 Sender OK,".to_owned()),
            (5, "<,RCPT TO:<no@example.org>,".to_owned()),
            (5, ">,550 5.1.1 User unknown,".to_owned()),
            (6, "<,MAIL FROM:<x@example.org>,".to_owned()),
            (6, ">,250 2.1.0 Sender OK,".to_owned()),
            (6, "<,RCPT TO:<x@example.org>,".to_owned()),
            (6, ">,250 2.1.5 Recipient OK,".to_owned()),
            (6, "<,DATA,".to_owned()),
            (7, format!(">,250 2.6.0 <{number}@x> [InternalId={number}] Queued mail for delivery,")),
            (8, "<,MAIL FROM:<y@example.org>,".to_owned()),
            (8, ">,550 5.7.60 Client does not have permissions to send as this sender,".to_owned()),
            (39, "-,,Local".to_owned()),
        ] {
            say(&mut hub, "Client Proxy MBX1", "80000000", seconds, &rest);
        }
        let session = format!("80000000{number:08X};{};0", at(2));
        let _ =
            writeln!(tracking, "{},{session},MBX1\\Client Proxy MBX1,SMTP,RECEIVE,{number},<{number}@x>,1000,7", at(8));
    }
    [front, hub, tracking]
}

#[test]
fn logs_of_one_server_are_joined_whichever_comes_first() {
    let logs = handed_on(300);
    let [front, hub, tracking] = [logs[0].as_str(), logs[1].as_str(), logs[2].as_str()];
    let expected = read_in_order(&[front, hub, tracking]);
    assert_eq!((expected.submissions.len(), expected.refusals.len(), expected.orphans), (300, 300, 0));
    for (number, row) in expected.submissions.iter().enumerate() {
        assert_eq!(row.account, format!("user{}@example.org", row.queue_id), "{number}");
        assert_eq!((row.tls_version, row.recipients, row.size_bytes), (TlsVersion::Tls12, Some(7), Some(1000)));
        assert!(row.client_ip.starts_with("192.0.2.") && row.mechanism == "LOGIN" && row.server == "MBX1");
    }
    assert!(
        expected.refusals.iter().all(|row| row.account.starts_with("user") && row.client_ip.starts_with("192.0.2."))
    );
    for order in [
        [front, tracking, hub],
        [hub, front, tracking],
        [hub, tracking, front],
        [tracking, front, hub],
        [tracking, hub, front],
    ] {
        let found = read_in_order(&order);
        assert_eq!((found.submissions, found.refusals), (expected.submissions.clone(), expected.refusals.clone()));
    }
}

#[test]
fn a_log_that_is_there_twice_is_joined_once() {
    let logs = handed_on(20);
    let [front, hub, tracking] = [logs[0].as_str(), logs[1].as_str(), logs[2].as_str()];
    let expected = read_in_order(&[front, hub, tracking]).submissions;
    for doubled in [[front, front, hub, tracking], [front, hub, hub, tracking], [hub, tracking, front, hub]] {
        assert_eq!(read_in_order(&doubled).submissions, expected);
    }
}

#[test]
fn what_is_refused_behind_a_login_has_its_mechanism() {
    let said = [
        "+,,",
        "<,AUTH login,",
        "*,user@example.org,authenticated",
        "<,MAIL FROM:<x@example.org> SIZE=99000000,",
        ">,552 5.3.4 Message size exceeds fixed maximum message size,",
        "<,MAIL FROM:<x@example.org>,",
        ">,250 2.1.0 Sender OK,",
        "<,RCPT TO:<y@example.org>,",
        ">,250 2.1.5 Recipient OK,",
        "<,BDAT 99000000 LAST,",
        ">,552 5.3.4 Message size exceeds fixed maximum message size,",
    ];
    let begin = "2026-03-02T09:00:00.000Z,MBX1\\Client MBX1,80000000000000A1,0,10.0.0.1:587,192.0.2.1:5000";
    let found = read_in_order(&[&said.map(|rest| format!("{begin},{rest}\n")).concat()]).refusals;
    let kinds = found.iter().map(|row| (row.kind, row.mechanism.as_str())).collect::<Vec<_>>();
    assert_eq!(kinds, [(RefusalKind::SenderRejected, "LOGIN"), (RefusalKind::DataRejected, "LOGIN")]);
}

#[test]
fn what_is_joined_is_let_go_of() {
    let logs = handed_on(300);
    let all = logs.join("");
    let mut lines = all.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>();
    lines.sort_by_key(|line| line.split(',').next().unwrap_or_default().to_owned());
    let mut assembler = Assembler::new(&Exchange, Settings::default());
    assembler.next_file(Timestamp::MAX);
    let mut most = 0;
    for line in lines {
        let mut framer = Framer::default();
        let Framed::Line(line) = framer.frame_as(line.as_bytes(), &Exchange) else { continue };
        let (Stamp::Utc(at), Ok(Some(record))) = (line.stamp, Exchange.parse(&line)) else { continue };
        assembler.record(at, &line, &record, &mut Nowhere);
        most = most.max(assembler.joins.as_ref().map_or(0, joins::Joins::len));
    }
    // Of 300 sessions a day, some eight begin in the time that is waited for others' lines.
    assert!((10..60).contains(&most), "{most}");
    assembler.finish(&mut Nowhere);
    assert_eq!(assembler.joins.as_ref().map_or(1, joins::Joins::len), 0);
}

/// Right in front of where reading began, the line of a client's connection may stand.
#[test]
fn a_session_without_its_connection_is_read_again_from_further_back_where_reading_began_with_it() {
    let refused = |lines: &[(Timestamp, &str)]| {
        let settings = Settings { tls_logging: TlsLogging::Always, ..Settings::default() };
        let (mut assembler, mut kept) = (Assembler::new(&HMailServer, settings), Kept::default());
        let mut framer = Framer::default();
        let refused = ["RECEIVED: AUTH LOGIN", "SENT: 530 Must issue STARTTLS first.", "SENT: 221 goodbye"];
        let greeted = ["SENT: 220 mx ESMTP"].iter().chain(&refused).map(|text| (2 * HOUR, *text));
        for (at, text) in lines.iter().copied().chain(greeted) {
            let (begin, client) = match text.starts_with("TCP") {
                true => ("\"TCPIP\"\t1", ""),
                false => ("\"SMTPD\"\t1\t7", "\"192.0.2.7\"\t"),
            };
            let line = format!("{begin}\t\"2026-03-02 09:00:00.000\"\t{client}\"{text}\"");
            let Framed::Line(line) = framer.frame_as(line.as_bytes(), &HMailServer) else { panic!("{text}") };
            let Ok(Some(record)) = HMailServer.parse(&line) else { panic!("{text}") };
            assembler.record(at, &line, &record, &mut kept);
        }
        (kept.refusals.iter().map(|row| row.tls_version).collect::<Vec<_>>(), kept.orphans)
    };
    let earlier = (HOUR, "TCP - 192.0.2.8 connected to 192.0.2.1:587.");
    let connected = (2 * HOUR, "TCP - 192.0.2.7 connected to 192.0.2.1:587.");
    assert_eq!(refused(&[]), (vec![TlsVersion::Unknown], 1));
    assert_eq!(refused(&[earlier]), (vec![TlsVersion::Unknown], 0));
    assert_eq!(refused(&[connected]), (vec![TlsVersion::None], 0));
}
