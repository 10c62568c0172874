//! Lines out of everything that carries one.

use super::*;

fn frame(line: &str) -> Option<(String, String, u32, String, u32)> {
    let mut framer = Framer::default();
    let Framed::Line(line) = framer.frame(line.as_bytes()) else { return None };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Some((text(line.host), text(line.program), line.pid, text(line.message), line.repeated))
}

fn smtpd(program: &str) -> Option<(String, String, u32, String, u32)> {
    Some(("mx1".into(), program.into(), 546, "connect from a[192.0.2.1]".into(), 1))
}

#[test]
fn every_container_gives_the_same_line() {
    for line in [
        "Dec 30 10:00:06 mx1 postfix/smtps/smtpd[546]: connect from a[192.0.2.1]",
        "<22>Dec 30 10:00:06 mx1 postfix/smtps/smtpd[546]: connect from a[192.0.2.1]\r",
        "Dec 30 2025 10:00:06 mx1 postfix/smtps/smtpd[546]: connect from a[192.0.2.1]",
        "Dec 30 10:00:06 2025 mx1 postfix/smtps/smtpd[546]: connect from a[192.0.2.1]",
        "2025 Dec 30 10:00:06 mx1 postfix/smtps/smtpd[546]: connect from a[192.0.2.1]",
        "\u{feff}2026-06-10T09:00:05.984620+00:00 mx1 postfix/smtps/smtpd[546]: connect from a[192.0.2.1]",
        "<22>1 2026-05-07T07:00:05.329487+00:00 mx1 postfix/smtps/smtpd 546 - -  connect from a[192.0.2.1]",
        r#"<22>1 2026-05-07T07:00:05Z mx1 postfix/smtps/smtpd 546 - [a b="]\""][c d="e"] connect from a[192.0.2.1]"#,
        r#"{"timestamp":"2026-05-07T07:00:05Z","host":"mx1","syslogtag":"postfix\/smtps\/smtpd[546]:","procid":"546","message":" connect from a[192.0.2.1]"}"#,
        "<22>1 2026-05-07T07:00:05Z mx1 postfix/smtps/smtpd 546 - - \u{feff}connect from a[192.0.2.1]",
        "Dec 30 10:00:06 mx1 postfix/smtps/smtpd[546]: [ID 197553 mail.info] connect from a[192.0.2.1]",
        "Dec 30 10:00:06 mx1 mail.info postfix/smtps/smtpd[546]: connect from a[192.0.2.1]",
        "Dec 30 10:00:06 mx1 mail:info postfix/smtps/smtpd[546]: connect from a[192.0.2.1]",
        "Dec 30 10:00:06 <mail.info> mx1 postfix/smtps/smtpd[546]: connect from a[192.0.2.1]",
        "Dec 30 10:00:06 mx1 postfix/smtps/smtpd[546] connect from a[192.0.2.1]",
        r#"{"@timestamp":"2026-05-07T07:00:05Z","host":"mx1","tag":"postfix/smtps/smtpd[546]:","message":"connect from a[192.0.2.1]"}"#,
        r#"{"@timestamp":"2026-05-07T07:00:05Z","process":{"name":"smtpd","pid":9},"syslog":{"identifier":"postfix/smtps/smtpd","pid":546},"host":{"hostname":"mx1"},"message":"connect from a[192.0.2.1]"}"#,
        r#"{"@timestamp":"2026-05-07T07:00:05Z","log":{"syslog":{"appname":"postfix/smtps/smtpd","procid":"546"}},"process":{"name":"smtpd","pid":9},"host":{"hostname":"mx1"},"message":"connect from a[192.0.2.1]"}"#,
        r#"{"@timestamp":"2026-05-07T07:00:05Z","process":{"program":"postfix/smtps/smtpd","pid":546},"hostname":"mx1","message":"connect from a[192.0.2.1]"}"#,
        r#"{"msg":" connect from a[192.0.2.1]","timereported":"2026-05-07T07:00:05Z","hostname":"mx1","syslogtag":"postfix/smtps/smtpd[546]:","app-name":"postfix"}"#,
    ] {
        assert_eq!(frame(line), smtpd("postfix/smtps/smtpd"), "{line}");
    }
}

#[test]
fn a_line_may_name_no_host() {
    let expected = smtpd("postfix/smtps/smtpd")
        .map(|(_, program, pid, message, repeated)| (String::new(), program, pid, message, repeated));
    for line in [
        "Dec 30 10:00:06 postfix/smtps/smtpd[546]: connect from a[192.0.2.1]",
        "2026-05-07T07:00:05.123456+00:00 INFO    postfix/smtps/smtpd[546]: connect from a[192.0.2.1]",
        "2026-05-07T07:00:05.123456+00:00 WARNING postfix/smtps/smtpd[546]: connect from a[192.0.2.1]",
    ] {
        assert_eq!(frame(line), expected, "{line}");
    }
}

#[test]
fn a_tag_may_have_neither_a_process_id_nor_a_host_in_front_or_a_colon_behind() {
    let read = |line| frame(line).map(|(host, program, _, message, _)| (host, program, message));
    let expected = |host: &str| Some((host.to_owned(), "dovecot".to_owned(), "submission-login: Login: x".to_owned()));
    assert_eq!(read("Dec 30 10:00:06 dovecot: submission-login: Login: x"), expected(""));
    assert_eq!(read("Dec 30 10:00:06 mx1 dovecot submission-login: Login: x"), expected("mx1"));
    assert_eq!(read("Dec 30 10:00:06 2001:db8:: dovecot: submission-login: Login: x"), expected("2001:db8::"));
}

#[test]
fn every_form_of_the_journal_gives_the_same_line() {
    for line in [
        "2026-11-23T14:47:48+0100 mx1 postfix/smtps/smtpd[546]: connect from a[192.0.2.1]",
        "2026-11-23T14:47:48.152700+01:00 mx1 postfix/smtps/smtpd[546]: connect from a[192.0.2.1]",
        "Nov 23 14:47:48.152700 mx1 postfix/smtps/smtpd[546]: connect from a[192.0.2.1]",
        "Mon 2026-11-23 14:47:48 CET mx1 postfix/smtps/smtpd[546]: connect from a[192.0.2.1]",
        "1795441670.152700 mx1 postfix/smtps/smtpd[546]: connect from a[192.0.2.1]",
        r#"{"SYSLOG_IDENTIFIER":"postfix/smtps/smtpd","SYSLOG_PID":"546","_PID":"9","__REALTIME_TIMESTAMP":"1795441670152700","_HOSTNAME":"mx1","MESSAGE":"connect from a[192.0.2.1]"}"#,
        r#"{"_PID":"9","_COMM":"smtpd","SYSLOG_PID":"546","SYSLOG_IDENTIFIER":"postfix/smtps/smtpd","__REALTIME_TIMESTAMP":"1795441670152700","_HOSTNAME":"mx1","MESSAGE":[99,111,110,110,101,99,116,32,102,114,111,109,32,97,91,49,57,50,46,48,46,50,46,49,93]}"#,
        r#"{"_COMM":"postfix/smtps/smtpd","_PID":"546","__REALTIME_TIMESTAMP":"1795441670152700","_HOSTNAME":["mx1","mx2"],"MESSAGE":["connect from a[192.0.2.1]","x"]}"#,
        r#"{"SYSLOG_IDENTIFIER":"postfix/smtps/smtpd","_PID":"546","__REALTIME_TIMESTAMP":"1795441670152700","_HOSTNAME":"mx1","MESSAGE":[[99,111,110,110,101,99,116,32,102,114,111,109,32,97,91,49,57,50,46,48,46,50,46,49,93],[1]]}"#,
    ] {
        assert_eq!(frame(line), smtpd("postfix/smtps/smtpd"), "{line}");
    }
    for line in ["-- Boot 6ad5eb95f2a04d0c9b1d8d6d0a7c0b1e --", "-- No entries --"] {
        assert_eq!(Framer::default().frame(line.as_bytes()), Framed::Blank, "{line}");
    }
}

#[test]
fn every_runtime_gives_the_same_line() {
    for line in [
        r#"{"log":"Dec 30 10:00:06 mx1 postfix/smtps/smtpd[546]: connect from a[192.0.2.1]\n","stream":"stdout","time":"2026-05-07T07:00:05Z"}"#,
        r#"{"log":"{\"timestamp\":\"2026-05-07T07:00:05Z\",\"host\":\"mx1\",\"syslogtag\":\"postfix/smtps/smtpd[546]:\",\"message\":\"connect from a[192.0.2.1]\"}\r\n"}"#,
        "2026-05-07T07:00:05.123456789Z stdout F Dec 30 10:00:06 mx1 postfix/smtps/smtpd[546]: connect from a[192.0.2.1]",
        "2026-05-07T07:00:05.123456789+02:00 stderr F 2026-06-10T09:00:05.984620+00:00 mx1 postfix/smtps/smtpd[546]: connect from a[192.0.2.1]",
        "2026-05-07T07:00:05.123456789Z Dec 30 10:00:06 mx1 postfix/smtps/smtpd[546]: connect from a[192.0.2.1]",
        "2026-05-07T07:00:05.123456789Z 2026-06-10T09:00:05Z mx1 postfix/smtps/smtpd[546]: connect from a[192.0.2.1]",
        "2026-05-07T07:00:05.123456789Z <22>Dec 30 10:00:06 mx1 postfix/smtps/smtpd[546]: connect from a[192.0.2.1]",
        "mail-1  | Dec 30 10:00:06 mx1 postfix/smtps/smtpd[546]: connect from a[192.0.2.1]",
        "mail-1  | 2026-06-10T09:00:05Z mx1 postfix/smtps/smtpd[546]: connect from a[192.0.2.1]\r",
        "\u{1b}[33mmail-1  | \u{1b}[0mDec 30 10:00:06 mx1 postfix/smtps/smtpd[546]: connect from a[192.0.2.1]",
        "mail-1  | 2026-05-07T07:00:05.123456789Z Dec 30 10:00:06 mx1 postfix/smtps/smtpd[546]: connect from a[192.0.2.1]",
        "mail-1  | 2026-05-07T07:00:05.1Z 2026-06-10T09:00:05+00:00 mx1 postfix/smtps/smtpd[546]: connect from a[192.0.2.1]",
        // The inner line has no time of its own, and of its host nothing is said but the container's name.
        "mx1  | 2026-05-07T07:00:05.123456789Z postfix/smtps/smtpd[546]: connect from a[192.0.2.1]",
    ] {
        assert_eq!(frame(line), smtpd("postfix/smtps/smtpd"), "{line}");
    }
}

/// Whole lines and lines in parts, as Logstash, Vector, Filebeat and Fluent Bit write what they have read from files and
/// sockets, and syslog-ng's scopes.
#[test]
fn every_collector_gives_the_same_line() {
    for line in [
        r#"{"@timestamp":"2026-03-02T12:00:00.5Z","@version":"1","host":"ls1","path":"/var/log/mail.log","message":"Dec 30 10:00:06 mx1 postfix/smtps/smtpd[546]: connect from a[192.0.2.1]"}"#,
        r#"{"@timestamp":"2026-03-02T12:00:00.5Z","host":{"name":"ls1"},"event":{"original":"x"},"message":"2026-06-10T09:00:05+00:00 mx1 postfix/smtps/smtpd[546]: connect from a[192.0.2.1]
"}"#,
        r#"{"file":"/var/log/mail.log","host":"vec","message":"Dec 30 10:00:06 mx1 postfix/smtps/smtpd[546]: connect from a[192.0.2.1]","source_type":"file","timestamp":"2026-03-02T12:00:00.5Z"}"#,
        r#"{"@timestamp":"2026-03-02T12:00:00.5Z","log":{"offset":1,"file":{"path":"/var/log/mail.log"}},"message":"Dec 30 10:00:06 mx1 postfix/smtps/smtpd[546]: connect from a[192.0.2.1]","host":{"name":"fb"}}"#,
        r#"{"appname":"postfix/smtps/smtpd","facility":"mail","host":"10.0.0.1","hostname":"mx1","message":"connect from a[192.0.2.1]","procid":546,"severity":"info","source_type":"syslog","timestamp":"2026-03-02T12:00:00Z"}"#,
        r#"{"@timestamp":"2026-03-02T12:00:00.5Z","process":{"name":"postfix/smtps/smtpd","pid":546},"message":"connect from a[192.0.2.1]","hostname":"mx1","host":{"name":"fb"}}"#,
        r#"{"@timestamp":"2026-03-02T12:00:00Z","log":{"syslog":{"priority":22}},"process":{"name":"postfix/smtps/smtpd","pid":546},"message":"connect from a[192.0.2.1]","host":{"hostname":"mx1","ip":"10.0.0.1"}}"#,
        r#"{"@timestamp":"2026-03-02T12:00:00Z","timestamp":"Mar  2 12:00:00","priority":22,"logsource":"mx1","program":"postfix/smtps/smtpd","pid":"546","message":"connect from a[192.0.2.1]","host":{"ip":"10.0.0.1"}}"#,
        r#"{"date":1772452800.500000,"pri":"22","time":"Mar  2 12:00:00","host":"mx1","ident":"postfix/smtps/smtpd","pid":"546","message":"connect from a[192.0.2.1]"}"#,
        r#"{"date":1772452800.5,"log":"Dec 30 10:00:06 mx1 postfix/smtps/smtpd[546]: connect from a[192.0.2.1]"}"#,
        r#"{"PROGRAM":"postfix/smtps/smtpd","PRIORITY":"info","PID":"546","MESSAGE":"connect from a[192.0.2.1]","HOST":"mx1","FACILITY":"mail","DATE":"Nov 28 01:16:21"}"#,
        r#"{"_unix":{"uid":"0","pid":"9"},"SOURCEIP":"127.0.0.1","PROGRAM":"postfix/smtps/smtpd","PID":"546","MESSAGE":"connect from a[192.0.2.1]","ISODATE":"2026-11-28T01:16:21+00:00","HOST_FROM":"x","HOST":"mx1","DATE":"Nov 28 01:16:21"}"#,
    ] {
        assert_eq!(frame(line), smtpd("postfix/smtps/smtpd"), "{line}");
    }
    for inside in [
        "<22>1 2026-05-07T07:00:05Z mx1 postfix/smtps/smtpd 546 - - connect from a[192.0.2.1]",
        "<22>Dec 30 10:00:06 mx1 postfix/smtps/smtpd[546]: connect from a[192.0.2.1]",
        r#"{"timestamp":"2026-05-07T07:00:05Z","host":"mx1","syslogtag":"postfix/smtps/smtpd[546]:","message":" connect from a[192.0.2.1]"}"#,
        r#"{"PROGRAM":"postfix/smtps/smtpd","PID":"546","MESSAGE":"connect from a[192.0.2.1]","HOST":"mx1","DATE":"Nov 28 01:16:21"}"#,
    ] {
        let line = serde_json::json!({ "@timestamp": "2026-03-02T12:00:00.5Z", "host": "ls1", "message": inside });
        assert_eq!(frame(&line.to_string()), smtpd("postfix/smtps/smtpd"), "{line}");
    }
    // The message is no line, whatever stands in it, or the tag is there.
    for line in [
        r#"{"timestamp":"2026-03-02T12:00:00Z","message":"x Dec 30 10:00:06 mx1 postfix/smtps/smtpd[546]: connect"}"#,
        r#"{"timestamp":"2026-03-02T12:00:00Z","appname":"web","message":"Dec 30 10:00:06 mx1 postfix/smtps/smtpd[546]: x"}"#,
        r#"{"timestamp":"2026-03-02T12:00:00Z","process":{"name":"web"},"message":"Dec 30 10:00:06 mx1 postfix/smtps/smtpd[546]: x"}"#,
    ] {
        let (_, program, pid, ..) = frame(line).unwrap_or_else(|| panic!("{line}"));
        assert!(pid == 0 && !program.starts_with("postfix"), "{line}");
    }
}

#[test]
fn a_relay_may_have_cut_the_name_that_rfc_5424_has() {
    struct Cut;
    impl Style for Cut {
        fn wants_program(&self, program: Program<'_>) -> bool {
            program.tag == b"postfix" && program.may_be_cut
        }
    }
    let mut framer = Framer::default();
    let mut wants = |name: &str| {
        let line = format!(r#"{{"{name}":"postfix","message":"x","timestamp":"2026-03-02T12:00:00Z"}}"#);
        matches!(framer.frame_as(line.as_bytes(), &Cut), Framed::Line(_))
    };
    assert!(wants("appname") && !wants("syslogtag"));
}

#[test]
fn nine_digits_are_a_server_s_where_a_host_follows() {
    let line = "2026-05-07T07:00:05.123456789Z mx1 postfix/smtps/smtpd[546]: connect from a[192.0.2.1]";
    assert_eq!(frame(line), smtpd("postfix/smtps/smtpd"));
    let line = "2026-05-07T07:00:05.123456789Z postfix/smtps/smtpd[546]: connect from a[192.0.2.1]";
    assert_eq!(frame(line).map(|found| (found.0, found.1)), Some((String::new(), "postfix/smtps/smtpd".to_owned())));
}

#[test]
fn the_runtime_s_time_counts_where_the_line_has_none() {
    let mut framer = Framer::default();
    let mut stamps = StampReader::default();
    let expected = stamps.iso(b"2026-05-07T07:00:05.250Z").map(|(stamp, _)| (stamp, 7));
    for line in [
        r#"{"log":"smtpd[7]: x\n","stream":"stdout","time":"2026-05-07T07:00:05.250000000Z"}"#,
        "2026-05-07T07:00:05.250000000Z stdout F smtpd[7]: x",
        "mail-1  | 2026-05-07T07:00:05.250000000Z smtpd[7]: x",
    ] {
        let Framed::Line(line) = framer.frame(line.as_bytes()) else { panic!("{line}") };
        assert_eq!(Some((line.stamp, line.pid)), expected);
        assert_eq!((line.program, line.message), (&b"smtpd"[..], &b"x"[..]));
    }
    assert_eq!(framer.frame(b"mail-1  | smtpd[7]: x"), Framed::Unreadable);
}

/// Whatever comes first of the two.
#[test]
fn a_time_with_a_year_goes_before_one_without() {
    for times in [
        r#""timestamp":"Mar  2 12:00:00","@timestamp":"2026-03-02T11:00:00Z""#,
        r#""@timestamp":"2026-03-02T11:00:00Z","timestamp":"Mar  2 12:00:00""#,
        r#""DATE":"Mar  2 12:00:00","ISODATE":"2026-03-02T12:00:00+01:00""#,
        r#""date":1772449200.0,"time":"Mar  2 12:00:00""#,
    ] {
        let line = format!(r#"{{"program":"a","message":"x",{times}}}"#);
        let mut framer = Framer::default();
        let framed = framer.frame(line.as_bytes());
        assert!(matches!(framed, Framed::Line(line) if line.stamp == Stamp::Utc(1_772_449_200_000_000)), "{line}");
    }
}

#[test]
fn the_sender_s_time_goes_before_the_journal_s() {
    for line in [
        r#"{"SYSLOG_IDENTIFIER":"a","_SOURCE_REALTIME_TIMESTAMP":"5","__REALTIME_TIMESTAMP":"9","MESSAGE":"x"}"#,
        r#"{"SYSLOG_IDENTIFIER":"a","__REALTIME_TIMESTAMP":"9","_SOURCE_REALTIME_TIMESTAMP":"5","MESSAGE":"x"}"#,
        r#"{"SYSLOG_IDENTIFIER":"a","__REALTIME_TIMESTAMP":"5","_SOURCE_REALTIME_TIMESTAMP":"-1","MESSAGE":"x"}"#,
    ] {
        let mut framer = Framer::default();
        let framed = framer.frame(line.as_bytes());
        assert!(matches!(framed, Framed::Line(line) if line.stamp == Stamp::Utc(5)), "{line}");
    }
}

/// Messages of more than some kilobytes are `null` in the journal's JSON unless `--all` is said.
#[test]
fn a_message_that_the_journal_left_out_matters_if_its_program_does() {
    let line = br#"{"SYSLOG_IDENTIFIER":"a","__REALTIME_TIMESTAMP":"5","MESSAGE":null}"#;
    assert_eq!(Framer::default().frame(line), Framed::Unreadable);
    assert_eq!(Framer::default().frame_as(line, &ServerLog), Framed::Foreign(Stamp::Utc(5)));
}

#[test]
fn pieces_are_put_together() {
    let whole = "Dec 30 10:00:06 mx1 postfix/smtps/smtpd[546]: connect from a[192.0.2.1]";
    let (one, two) = whole.split_at(30);
    let docker =
        |log: &str, stream: &str| format!(r#"{{"log":"{log}","stream":"{stream}","time":"2026-05-07T07:00:05Z"}}"#);
    let cri = |tag: &str, text: &str, stream: &str| format!("2026-05-07T07:00:05Z {stream} {tag} {text}");
    for lines in [
        [
            docker("x x\\n", "stdout"),
            docker(one, "stdout"),
            docker("y y\\n", "stderr"),
            docker(&format!("{two}\\n"), "stdout"),
        ],
        [cri("F", "x x", "stdout"), cri("P", one, "stdout"), cri("F", "y y", "stderr"), cri("F", two, "stdout")],
    ] {
        let mut framer = Framer::default();
        assert!(matches!(framer.frame(lines[0].as_bytes()), Framed::Line(line) if line.message == b"x x"));
        assert_eq!(framer.frame(lines[1].as_bytes()), Framed::Blank);
        assert!(matches!(framer.frame(lines[2].as_bytes()), Framed::Line(line) if line.message == b"y y"));
        let Framed::Line(line) = framer.frame(lines[3].as_bytes()) else { panic!("{lines:?}") };
        assert_eq!((line.pid, line.message), (546, &b"connect from a[192.0.2.1]"[..]));
    }
}

#[test]
fn json_of_another_program_is_foreign() {
    struct Nobody;
    impl Style for Nobody {
        fn wants_program(&self, _: Program<'_>) -> bool {
            false
        }
    }
    let inside = r#"{"level":"info","message":"x"}"#;
    let line = serde_json::json!({ "@timestamp": "2026-03-02T12:00:00.5Z", "message": inside }).to_string();
    let mut framer = Framer::default();
    assert!(matches!(framer.frame_as(line.as_bytes(), &Nobody), Framed::Foreign(_)), "{line}");
}

/// A server's own log: a stamp and a text, or a text alone.
struct ServerLog;

impl Style for ServerLog {
    fn wants_program(&self, _: Program<'_>) -> bool {
        false
    }

    fn is_own(&self, line: &[u8]) -> bool {
        [&b"2026-05-07 "[..], b"x own", b"{\"a\""].iter().any(|beginning| line.starts_with(beginning))
    }

    fn own_line<'a>(&self, own: &'a mut Own, line: &'a [u8]) -> Framed<'a> {
        let (stamp, message) = match own.stamps.iso(line) {
            Some((stamp, used)) => (stamp, &line[used..]),
            None => match own.collected {
                Some(stamp) => (stamp, line),
                None => return Framed::Unreadable,
            },
        };
        Framed::Line(Line { stamp, host: b"", program: b"", pid: 0, message, repeated: 1 })
    }
}

#[test]
fn a_server_s_own_log_may_be_inside() {
    let mut stamps = StampReader::default();
    let mut at = |text: &[u8]| stamps.iso(text).map(|(stamp, _)| stamp);
    let (inner, outer) = (at(b"2026-05-07 07:00:05 "), at(b"2026-05-07T08:00:00Z"));
    for (line, stamp, message, host) in [
        ("2026-05-07 07:00:05 x own", inner, "x own", ""),
        (r#"{"log":"2026-05-07 07:00:05 x own\n","time":"2026-05-07T08:00:00Z"}"#, inner, "x own", ""),
        (r#"{"log":"x own\n","time":"2026-05-07T08:00:00Z"}"#, outer, "x own", ""),
        (r#"{"log":"{\"a\":1}\n","time":"2026-05-07T08:00:00Z"}"#, outer, "{\"a\":1}", ""),
        ("2026-05-07T08:00:00Z stdout F 2026-05-07 07:00:05 x own", inner, "x own", ""),
        ("2026-05-07T08:00:00Z stdout F x own", outer, "x own", ""),
        ("mx1  | 2026-05-07 07:00:05 x own", inner, "x own", "mx1"),
        ("mx1  | 2026-05-07T08:00:00Z {\"a\":1}", outer, "{\"a\":1}", "mx1"),
        ("mx1  | 2026-05-07T08:00:00.000000000Z x own", outer, "x own", "mx1"),
    ] {
        let mut framer = Framer::default();
        let Framed::Line(found) = framer.frame_as(line.as_bytes(), &ServerLog) else { panic!("{line}") };
        let expected = (stamp, message.as_bytes(), host.as_bytes());
        assert_eq!((Some(found.stamp), found.message, found.host), expected, "{line}");
    }
    let mut framer = Framer::default();
    framer.frame_as(br#"{"log":"x own\n","time":"2026-05-07T08:00:00Z"}"#, &ServerLog);
    assert_eq!(framer.frame_as(b"x own", &ServerLog), Framed::Unreadable, "no other line's time counts");
}

#[test]
fn folded_lines_are_counted() {
    let line = "Dec 30 10:00:06 mx1 postfix/smtpd[5]: message repeated 3 times: [ warning: x]";
    assert_eq!(frame(line), Some(("mx1".into(), "postfix/smtpd".into(), 5, "warning: x".into(), 3)));
}

#[test]
fn what_is_in_no_container_is_told() {
    let mut framer = Framer::default();
    assert_eq!(framer.frame(b""), Framed::Blank);
    assert_eq!(framer.frame(b"  \r"), Framed::Blank);
    for line in
        [&b"garbage"[..], b"<", b"<22>1 ", b"{", b"{\"message\":\"x\"}", b"Dec 30 10:00:06", b"2026-05-07T07:00:05Z"]
    {
        assert_eq!(framer.frame(line), Framed::Unreadable, "{}", String::from_utf8_lossy(line));
    }
}

#[test]
fn objects_without_anything_between_them_are_unpacked() {
    struct Packed;
    impl Style for Packed {
        fn wants_program(&self, _: Program<'_>) -> bool {
            false
        }
        fn is_packed(&self) -> bool {
            true
        }
    }
    let shown = |line: &'static str| unpack(line.as_bytes(), &Packed).map(String::from_utf8_lossy).collect::<Vec<_>>();
    assert_eq!(shown(r#"{"a":"}{"}{"b":{}} {"c":1}"#), [r#"{"a":"}{"}"#, r#"{"b":{}}"#, r#" {"c":1}"#]);
    assert_eq!(shown(r#"{"a":1}{"b"#), [r#"{"a":1}"#, r#"{"b"#]);
    assert_eq!(shown("\u{feff}{\"a\":1}{\"b\":1}"), ["\u{feff}{\"a\":1}", r#"{"b":1}"#]);
    for line in ["", "x", r#"x"}{"a":1}"#, r#"{"a":1} x"#, r#"{"a":1} "#] {
        assert_eq!(shown(line), [line]);
    }
    assert_eq!(unpack(b"{}{}", &Contained).count(), 1);
    assert_eq!((whole_objects(br#"{"a":1} {}{"b"#), whole_objects(b"x{}")), (10, 0));
}
