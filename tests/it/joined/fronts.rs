//! Dovecot's submission service in front of Postfix: whatever Postfix is told of the client, and whichever log comes
//! first, each message counts once, as Dovecot's client's.

use std::collections::BTreeSet;

use mailtally::calendar::{Day, DayRange};

use crate::compare::Findings;
use crate::logs::{Logs, time};

/// 2026-03-02T11:00:00Z.
const START: i64 = 1_772_449_200;

/// Messages, one every ten minutes: more than a day of them.
const MESSAGES: i64 = 160;

/// Lines and their seconds.
type Lines = Vec<(i64, String)>;

/// What Postfix is told of the client.
const TOLD: [(&str, &str); 3] = [
    // `submission_relay_trusted = yes`
    ("198.51.100.7", ", sasl_method=XCLIENT, sasl_username=alice@corp.example.com, sasl_sender=alice@corp.example.com"),
    // `submission_relay_trusted = no`, the default: the relay is in `mynetworks`.
    ("127.0.0.1", ""),
    // `submission_relay_user`
    ("127.0.0.1", ", sasl_method=PLAIN, sasl_username=dovecot-relay"),
];

/// What Dovecot and what Postfix write, as both do; Dovecot's word on a message comes so many seconds behind Postfix'.
fn written((ip, told): (&str, &str), behind: i64) -> [Lines; 2] {
    let (mut dovecot, mut postfix) = (Lines::new(), Lines::new());
    for number in 0..MESSAGES {
        let start = number * 600;
        let (session, queue_id) = (format!("s{number}"), format!("A{number:05X}D689"));
        let mut front = |seconds, text: String| dovecot.push((start + seconds, format!("dovecot: {text}")));
        front(
            0,
            format!(
                "submission-login: Login: user=<alice@corp.example.com>, method=PLAIN, rip=198.51.100.7, lip=192.0.2.25, \
             mpid=496, TLS, TLSv1.2 with cipher ECDHE-RSA-AES256-GCM-SHA384 (256/256 bits), session=<{session}>"
            ),
        );
        let tag = format!("submission(alice@corp.example.com)<496><{session}>");
        front(
            10 + behind,
            format!(
                "{tag}: Successfully relayed message: from=<alice@corp.example.com>, size=4546, id=m{number}, nrcpt=5, \
             reply=`250 2.0.0 Ok: 4736 bytes queued as {queue_id}'"
            ),
        );
        front(30, format!("{tag}: Disconnected: Logged out (state=READY) in=4798 out=177"));
        let mut back = |seconds, text: String| postfix.push((start + seconds, format!("postfix/{text}")));
        back(5, "smtpd[500]: connect from localhost[127.0.0.1]".into());
        back(8, format!("smtpd[500]: {queue_id}: client=localhost[{ip}]{told}"));
        back(9, format!("cleanup[501]: {queue_id}: message-id=<{number}@corp.example.com>"));
        back(10, format!("qmgr[502]: {queue_id}: from=<alice@corp.example.com>, size=4736, nrcpt=5 (queue active)"));
        back(21, format!("smtpd[500]: disconnect from localhost[{ip}] ehlo=1 mail=1 rcpt=5 data=1 quit=1 commands=9"));
        // Somebody else's, at the same time.
        back(11, "smtpd[600]: connect from unknown[192.0.2.77]".into());
        back(
            12,
            format!(
                "smtpd[600]: B{number:05X}D689: client=unknown[192.0.2.77], sasl_method=LOGIN, sasl_username=bob@corp.example.com"
            ),
        );
        back(13, format!("qmgr[502]: B{number:05X}D689: from=<bob@corp.example.com>, size=1, nrcpt=1 (queue active)"));
        back(
            14,
            "smtpd[600]: disconnect from unknown[192.0.2.77] ehlo=1 auth=1 mail=1 rcpt=1 data=1 commands=5".into(),
        );
    }
    [dovecot, postfix].map(|mut lines| {
        lines.sort_by_key(|(seconds, _)| *seconds);
        lines
    })
}

fn text(lines: &[(i64, String)]) -> String {
    lines.iter().map(|(seconds, text)| format!("{} mx1 {text}\n", time((START + seconds) * 1_000_000))).collect()
}

fn merged([dovecot, postfix]: &[Lines; 2]) -> Lines {
    let mut lines = [dovecot.clone(), postfix.clone()].concat();
    lines.sort_by_key(|(seconds, _)| *seconds);
    lines
}

/// Postfix' log or Dovecot's with a line in front of all others, so that its file is read first.
fn first(lines: &Lines) -> String {
    text(&[&[(-60, "postfix/qmgr[502]: B00: removed".to_owned())], lines.as_slice()].concat())
}

fn check(case: String, files: &[(&str, String)], findings: &mut Findings) {
    for days in [None, Some("2026-03-02"), Some("2026-03-03")] {
        let day = days.map(|day| day.parse::<Day>().unwrap());
        let logs = Logs::written(files.iter().map(|(name, text)| (name, text.as_bytes()))).format("postfix");
        let answer = day.into_iter().fold(logs, |logs, day| logs.days(DayRange::single(day))).read();
        let rows = answer.submissions().iter().filter(|row| row.account != "bob@corp.example.com");
        let rows = rows.map(|row| {
            let wrong = (&*row.account, row.tls_version.as_str(), &*row.client_ip, &*row.mechanism, row.recipients)
                != ("alice@corp.example.com", "TLSv1.2", "198.51.100.7", "PLAIN", Some(5));
            if wrong { format!("{row:?}") } else { row.queue_id.to_string() }
        });
        let expected =
            (0..MESSAGES).filter(|number| day.is_none_or(|day| Day::of((START + number * 600 + 9) * 1_000_000) == day));
        findings.same(format_args!("{case}, {days:?}"), expected.map(|number| format!("A{number:05X}D689")), rows);
        let others = answer.submissions().iter().filter(|row| row.account == "bob@corp.example.com");
        let ids = others.map(|row| &row.queue_id).collect::<BTreeSet<_>>();
        assert!(day.is_some() || ids.len() as i64 == MESSAGES, "{case}: {}", ids.len());
    }
}

#[test]
fn what_dovecot_hands_on_to_postfix_counts_once() {
    let mut findings = Findings::default();
    for told in TOLD {
        for behind in [-4, 0, 2, 15] {
            let logs = written(told, behind);
            let case = |files: &str| format!("{}, {behind} seconds behind, {files}", told.1);
            check(case("one file"), &[("mail.log", text(&merged(&logs)))], &mut findings);
            let [dovecot, postfix] = &logs;
            let files = [("dovecot.log", first(dovecot)), ("mail.log", text(postfix))];
            check(case("Dovecot's file first"), &files, &mut findings);
            let files = [("dovecot.log", text(dovecot)), ("mail.log", first(postfix))];
            check(case("Postfix' file first"), &files, &mut findings);
            // What Dovecot writes is in both files.
            let files = [("dovecot.log", text(dovecot)), ("mail.log", text(&merged(&logs)))];
            check(case("Dovecot's lines twice"), &files, &mut findings);
        }
    }
    findings.none();
}

#[test]
fn what_dovecot_hands_on_to_a_server_that_logs_elsewhere_counts() {
    let mut findings = Findings::default();
    let [dovecot, _] = written(TOLD[1], 0);
    check_alone(&dovecot, &mut findings);
    findings.none();
}

fn check_alone(dovecot: &Lines, findings: &mut Findings) {
    for format in ["postfix", "dovecot"] {
        let answer = Logs::written([("mail.log", text(dovecot))]).format(format).read();
        let rows = answer
            .submissions()
            .iter()
            .map(|row| format!("{} {} {}", row.queue_id, row.account, row.tls_version.as_str()));
        let expected = (0..MESSAGES).map(|number| format!("A{number:05X}D689 alice@corp.example.com TLSv1.2"));
        findings.same(format, expected, rows);
    }
}

/// What both write of messages whose content Postfix refuses.
fn refused((ip, told): (&str, &str), behind: i64) -> [Lines; 2] {
    let (mut dovecot, mut postfix) = (Lines::new(), Lines::new());
    for number in 0..MESSAGES {
        let start = number * 600;
        let queue_id = format!("A{number:05X}D689");
        let tag = format!("submission(alice@corp.example.com)<496><s{number}>");
        let mut front = |seconds, text: String| dovecot.push((start + seconds, format!("dovecot: {text}")));
        front(
            0,
            format!(
                "submission-login: Login: user=<alice@corp.example.com>, method=PLAIN, rip=198.51.100.7, lip=192.0.2.25, mpid=496, TLS, session=<s{number}>"
            ),
        );
        front(
            10 + behind,
            format!(
                "{tag}: Failed to relay message: from=<alice@corp.example.com>, size=4546, nrcpt=5, reply=`552 5.3.4 Chunk exceeds message size limit'"
            ),
        );
        front(30, format!("{tag}: Disconnected: Logged out (state=READY) in=4798 out=177"));
        let mut back = |seconds, text: String| postfix.push((start + seconds, format!("postfix/smtpd[500]: {text}")));
        back(5, "connect from localhost[127.0.0.1]".into());
        back(8, format!("{queue_id}: client=localhost[{ip}]{told}"));
        back(10, format!("warning: {queue_id}: BDAT request from localhost[{ip}] exceeds message size limit"));
        back(21, format!("disconnect from localhost[{ip}] ehlo=1 mail=1 rcpt=5 bdat=0/2 quit=1 commands=8/10"));
    }
    [dovecot, postfix]
}

#[test]
fn what_postfix_refuses_to_dovecot_counts_once() {
    let mut findings = Findings::default();
    for told in TOLD {
        for behind in [-2, 0, 2] {
            let logs = refused(told, behind);
            let [dovecot, postfix] = &logs;
            for (case, files) in [
                ("one file", vec![("mail.log", text(&merged(&logs)))]),
                ("Dovecot's file first", vec![("dovecot.log", first(dovecot)), ("mail.log", text(postfix))]),
                ("Postfix' file first", vec![("dovecot.log", text(dovecot)), ("mail.log", first(postfix))]),
            ] {
                let files = files.iter().map(|(name, text)| (*name, text.as_bytes()));
                let answer = Logs::written(files).format("postfix").read();
                let rows = answer.refusals().iter().map(|row| format!("{} {:?}", row.ts / 600_000_000, row.kind));
                let expected = (0..MESSAGES).map(|number| format!("{} DataRejected", (START + number * 600) / 600));
                findings.same(format_args!("{}, {behind} seconds behind, {case}", told.1), expected, rows);
            }
        }
    }
    findings.none();
}
