//! What OpenSMTPD writes, line by line.

use super::*;
use crate::formats::record::Sequel;
use crate::sources::framing::{Framed, Framer};
use crate::sources::stamp::Stamp;

const ID: &str = "6e8125fabcafb436";

/// The session and the record of a message, shown as text; `-` where it does not matter.
fn parse(message: &str) -> String {
    let line = format!("Dec 30 10:00:06 mx1 smtpd[67]: {message}");
    let mut framer = Framer::default();
    let Framed::Line(line) = framer.frame(line.as_bytes()) else { panic!("{line}") };
    match OpenSmtpd.wants(line.program, line.message).then(|| OpenSmtpd.parse(&line)) {
        Some(Ok(Some(record))) => {
            assert_eq!(OpenSmtpd.session(&line), 0x6e81_25fa_bcaf_b436, "{message}");
            show(record)
        }
        Some(Ok(None)) | None => "-".into(),
        Some(Err(Unreadable(reason))) => format!("unreadable: {reason}"),
    }
}

fn show(record: Record<'_>) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match record {
        Record::Connected(client) => format!("connected {}[{}]", text(client.name), text(client.ip)),
        Record::Secured { version, cipher, .. } => format!("secured {} {}", text(version), text(cipher)),
        Record::Authenticated { account, .. } => format!("authenticated {}", text(account)),
        Record::AuthFailed(failed) => format!(
            "failed {:?} {} {}{}",
            failed.account.map(text),
            text(failed.mechanism),
            text(failed.reason),
            if failed.aborted { ", aborted" } else { "" }
        ),
        Record::Taken(taken) => format!(
            "taken {} {:?} {:?} {:?}{}",
            text(taken.queue_id),
            taken.mail_from.map(text),
            taken.size,
            taken.recipients,
            match taken.sequel {
                Sequel::Recipients => ", in parts",
                Sequel::Queued => ", more follows",
                _ => "",
            }
        ),
        Record::Queued { queue_id, mail_from, .. } => format!("queued {} {}", text(queue_id), text(mail_from)),
        Record::Rejected(rejected) => format!("rejected {:?} {}", rejected.stage, text(rejected.reply)),
        Record::DisconnectedInHandshake { reason } => format!("broken {}", text(reason)),
        Record::DisconnectedByTls { reason } => format!("by TLS {}", text(reason)),
        other => format!("{other:?}").split(['(', ' ']).next().unwrap_or_default().to_owned(),
    }
}

/// `smtpd -d` in a container, as `log.c` writes to the output: `vfprintf(stderr, …)` and nothing in front.
#[test]
fn the_output_of_a_container_is_read() {
    let time = "2026-03-04T10:00:00.123456789Z";
    let text = format!("{ID} smtp authentication user=a@b result=ok");
    for line in [
        format!("{{\"log\":\"{text}\\n\",\"stream\":\"stderr\",\"time\":\"{time}\"}}"),
        format!("{time} stderr F {text}"),
        format!("opensmtpd-1  | {time} {text}"),
        format!(
            "opensmtpd-1  | 2026-03-04T10:00:00.123456789Z smtp-in: session {ID}: authentication successful for user a@b "
        ),
    ] {
        let mut framer = Framer::default();
        let Framed::Line(framed) = framer.frame_as(line.as_bytes(), &OpenSmtpd) else { panic!("{line}") };
        assert_eq!(framed.stamp, Stamp::Utc(1_772_618_400_123_456), "{line}");
        assert!(OpenSmtpd.wants(framed.program, framed.message), "{line}");
        assert_eq!(OpenSmtpd.session(&framed), 0x6e81_25fa_bcaf_b436, "{line}");
        assert!(matches!(OpenSmtpd.parse(&framed), Ok(Some(Record::Authenticated { account: b"a@b", .. }))), "{line}");
    }
    let frame = |line: &str| format!("{:?}", Framer::default().frame_as(line.as_bytes(), &OpenSmtpd));
    assert_eq!(frame(&text), "Unreadable", "nothing tells when it was");
    let other = format!("{time} stderr F {ID} mta connected");
    assert!(frame(&other).starts_with("Foreign"));
    assert!(frame(&format!("{time} stderr F info: OpenSMTPD 7.6.0 starting")).starts_with("Foreign"));
}

#[test]
fn a_session_is_told_by_its_number() {
    for (text, record) in [
        ("connected address=127.0.2.32 host=<unknown>", "connected [127.0.2.32]"),
        ("connected address=[::1] host=localhost", "connected localhost[::1]"),
        ("tls ciphers=TLSv1.3:TLS_AES_256_GCM_SHA384:256", "secured TLSv1.3 TLS_AES_256_GCM_SHA384"),
        ("authentication user=a\\sb@corp.example.com result=ok", "authenticated a\\sb@corp.example.com"),
        (
            "message msgid=36aec270 size=755 nrcpt=50 proto=ESMTP",
            "taken 36aec270 None Some(755) Some(50), more follows",
        ),
        ("envelope evpid=36aec2708338c3e9 from=<a@b> to=<c@d>", "queued 36aec270 a@b"),
        ("disconnected reason=quit", "Disconnected"),
        ("disconnected reason=\"io-error: read failed: Connection reset by peer\"", "Disconnected"),
        (
            "disconnected reason=\"io-error: handshake failed: error:0A000102:SSL routines::unsupported protocol\"",
            "broken error:0A000102:SSL routines::unsupported protocol",
        ),
        (
            "disconnected reason=\"io-error: error:14094416:SSL routines:ssl3_read_bytes:sslv3 alert certificate unknown\"",
            "by TLS error:14094416:SSL routines:ssl3_read_bytes:sslv3 alert certificate unknown",
        ),
        ("disconnected reason=\"io-error: read failed: error:0A000126:SSL routines::unexpected eof\"", "Disconnected"),
    ] {
        assert_eq!(parse(&format!("{ID} smtp {text}")), record, "{text}");
    }
    assert_eq!(parse(&format!("{ID} mta tls ciphers=TLSv1.3:TLS_AES_256_GCM_SHA384:256")), "-");
    assert_eq!(parse(&format!("{ID} smtp tls ciphers=TLSv1.3")), "unreadable: TLS that cannot be read");
    assert_eq!(parse("6E8125FABCAFB436 smtp connected address=192.0.2.1 host=x"), "-");
}

#[test]
fn what_failed_is_told_once() {
    for (text, record) in [
        (
            "authentication user=ghost@corp.example.com result=permfail",
            "failed Some(\"ghost@corp.example.com\")  535 Authentication failed",
        ),
        ("failed-command command=\"AUTH PLAIN (...)\" result=\"535 Authentication failed\"", "-"),
        (
            "failed-command command=\"AUTH LOGIN (username)\" result=\"501 5.5.2 Syntax error: Syntax error\"",
            "failed None LOGIN 501 5.5.2 Syntax error: Syntax error, aborted",
        ),
        (
            "failed-command command=\"AUTH PLAIN (...)\" result=\"501 5.5.2 Syntax error: Syntax error\"",
            "failed None PLAIN 501 5.5.2 Syntax error: Syntax error",
        ),
        (
            "failed-command command=\"RCPT TO:<no@example.org>\" result=\"550 Invalid recipient: <no@example.org>\"",
            "rejected Recipient 550 Invalid recipient: <no@example.org>",
        ),
        (
            "failed-command command=\"MAIL FROM:<a@b> size=7\" result=\"553 5.1.0 Sender address syntax error\"",
            "rejected Mail 553 5.1.0 Sender address syntax error",
        ),
        (
            "failed-command command=\"MAIL FROM:<a@b> X=1\" result=\"503 5.5.4 Invalid command arguments: Unsupported option X=1\"",
            "rejected Mail 503 5.5.4 Invalid command arguments: Unsupported option X=1",
        ),
        (
            "failed-command command=\"RCPT TO:<a@b> X=1\" result=\"503 Unsupported option X=1\"",
            "rejected Recipient 503 Unsupported option X=1",
        ),
        (
            "failed-command command=\"MAIL FROM:<a@b>\" result=\"503 5.5.1 Invalid command: Command not allowed at this point.\"",
            "-",
        ),
        (
            "failed-command command=\"DATA\" result=\"554 5.3.4 Message too big for system\"",
            "rejected Data 554 5.3.4 Message too big for system",
        ),
        ("bad-input result=\"500 5.0.0 Line too long\"", "rejected Data 500 5.0.0 Line too long"),
        ("bad-input result=\"500 5.0.0 Command line too long\"", "-"),
        ("failed-command command=\"DATA\" result=\"503 5.5.1 Invalid command: No recipient specified\"", "Reset"),
        (
            "failed-command command=\"DATA\" result=\"503 5.5.1 Invalid command: Command not allowed at this point.\"",
            "-",
        ),
        (
            "failed-command command=\"AUTH PLAIN (...)\" result=\"503 5.5.1 Invalid command: Already authenticated\"",
            "-",
        ),
        (
            "failed-command command=\"ehlo x, result=ok\" result=\"250\" result=\"501 5.5.4 Invalid command arguments\"",
            "-",
        ),
    ] {
        assert_eq!(parse(&format!("{ID} smtp {text}")), record, "{text}");
    }
}

#[test]
fn versions_before_6_4_are_read() {
    let from = "address=192.0.2.1 host=a.example.org";
    for (text, record) in [
        (format!("{ID} smtp event=connected {from}"), "connected a.example.org[192.0.2.1]"),
        (
            format!("{ID} smtp event=starttls {from} ciphers=\"version=TLSv1.2, cipher=AES256-SHA, bits=256\""),
            "secured TLSv1.2 AES256-SHA",
        ),
        (format!("{ID} smtp event=authentication user=a@b result=ok"), "authenticated a@b"),
        (format!("{ID} smtp event=authentication {from} username=a@b result=ok"), "authenticated a@b"),
        (format!("{ID} smtp event=authentication user=a@b {from} result=ok"), "authenticated a@b"),
        (
            format!("{ID} smtp event=authentication user=a\\sb {from} result=permfail"),
            "failed Some(\"a\\\\sb\")  535 Authentication failed",
        ),
        (
            format!("{ID} smtp event=authentication user=a@b address=[2001:db8::1] host=<unknown> result=tempfail"),
            "failed Some(\"a@b\")  421 Temporary failure",
        ),
        (
            format!("{ID} smtp event=authentication user=a@b x=y result=ok"),
            "unreadable: authentication that cannot be read",
        ),
        (
            format!("{ID} smtp event=message {from} msgid=36aec270 from=<a@b> to=<c@d> size=7 ndest=1 proto=ESMTP"),
            "taken 36aec270 Some(\"a@b\") Some(7) Some(1), in parts",
        ),
        (format!("{ID} smtp event=closed {from} reason=quit"), "Disconnected"),
        (
            format!(
                "{ID} smtp event=closed {from} reason=\"io-error: error:1408A0C1:SSL routines:x:no shared cipher\""
            ),
            "by TLS error:1408A0C1:SSL routines:x:no shared cipher",
        ),
    ] {
        assert_eq!(parse(&text), record, "{text}");
    }
}

#[test]
fn versions_before_5_9_are_read() {
    for (text, record) in [
        (
            format!("session {ID}: connection from host a.example.org [192.0.2.1] established"),
            "connected a.example.org[192.0.2.1]",
        ),
        (
            format!("session {ID}: TLS started version=TLSv1/SSLv3 (TLSv1.2), cipher=AES256-GCM-SHA384, bits=256"),
            "secured TLSv1/SSLv3 AES256-GCM-SHA384",
        ),
        (
            format!("session {ID}: TLS started version=TLSv1/SSLv3 (), cipher=AES256-SHA, bits=256"),
            "secured TLSv1/SSLv3 AES256-SHA",
        ),
        (
            format!("session {ID}: TLS started version=TLSv1/SSLv3 (SSLv3), cipher=DHE-RSA-CAMELLIA256-SHA, bits=256"),
            "secured TLSv1/SSLv3 DHE-RSA-CAMELLIA256-SHA",
        ),
        (format!("session {ID}: authentication successful for user a@b "), "authenticated a@b"),
        (
            format!("session {ID}: authentication failed for user a@b "),
            "failed Some(\"a@b\")  535 Authentication failed",
        ),
        (
            format!("session {ID}: authentication failure for user a@b"),
            "failed Some(\"a@b\")  535 Authentication failed",
        ),
        (
            format!("session {ID}: authentication temporary failure for user a@b"),
            "failed Some(\"a@b\")  421 Temporary failure",
        ),
        (format!("session {ID}: received invalid command: \"rcpt TO:<c@d>\""), "-"),
        (
            format!("session {ID}: msgid=88d01c66, status=Ok, from=<a@b>, to=<c@d>, size=341, ndest=1, proto=ESMTP"),
            "taken 88d01c66 Some(\"a@b\") Some(341) Some(1), in parts",
        ),
        (
            format!("session {ID}: connection from host a.example.org [192.0.2.1] closed (client sent QUIT)"),
            "Disconnected",
        ),
        (format!("New session {ID} from host <unknown> [IPv6:2001:db8::1]"), "connected [2001:db8::1]"),
        (
            format!("Started TLS on session {ID}: version=TLSv1.2, cipher=EDH-RSA-DES-CBC3-SHA, bits=112"),
            "secured TLSv1.2 EDH-RSA-DES-CBC3-SHA",
        ),
        (format!("Accepted authentication for user a@b on session {ID}"), "authenticated a@b"),
        (
            format!("Authentication failed for user a@b on session {ID}"),
            "failed Some(\"a@b\")  535 Authentication failed",
        ),
        (
            format!("Authentication temporarily failed for user a@b on session {ID}"),
            "failed Some(\"a@b\")  421 Temporary failure",
        ),
        (
            format!("Accepted message 88d01c66 on session {ID}: from=<a@b>, size=1746, nrcpts=3, proto=ESMTP"),
            "taken 88d01c66 Some(\"a@b\") Some(1746) Some(3)",
        ),
        (
            format!("Failed command on session {ID}: \"RCPT TO:<c@d>\" => 550 Invalid recipient"),
            "rejected Recipient 550 Invalid recipient",
        ),
        (
            format!("Disconnecting session {ID}: IO error: error:1408A0C1:SSL routines:x:no shared cipher"),
            "by TLS error:1408A0C1:SSL routines:x:no shared cipher",
        ),
        (format!("Closing session {ID}"), "Disconnected"),
    ] {
        assert_eq!(parse(&format!("smtp-in: {text}")), record, "{text}");
    }
}
