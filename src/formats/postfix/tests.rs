//! What Postfix writes, line by line.

use super::*;
use crate::sources::framing::{Framed, Framer};

/// The record of a message, shown as text; `-` where it does not matter.
fn parse(message: &str) -> String {
    let line = format!("Dec 30 10:00:06 mx1 postfix/submission/smtpd[546]: {message}");
    let mut framer = Framer::default();
    let Framed::Line(line) = framer.frame(line.as_bytes()) else { panic!("{line}") };
    match Postfix.parse(&line) {
        Ok(Some(record)) => show(record),
        Ok(None) => "-".into(),
        Err(Unreadable(reason)) => format!("unreadable: {reason}"),
    }
}

fn show(record: Record<'_>) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match record {
        Record::Opened(opened) => format!(
            "opened {} by {} ({}) from {}[{}]{}",
            opened.queue_id.map_or("-".into(), text),
            text(opened.account),
            text(opened.mechanism),
            text(opened.client.name),
            text(opened.client.ip),
            if opened.fronted { ", fronted" } else { "" }
        ),
        Record::Queued { queue_id, mail_from, size, recipients } => {
            format!("queued {} from {} {size:?} {recipients:?}", text(queue_id), text(mail_from))
        }
        Record::Secured { client, version, cipher } => {
            format!("secured {} {} {}", text(client.ip), text(version), text(cipher))
        }
        Record::AuthFailed(failed) => {
            format!("failed {} {:?} {}", text(failed.mechanism), failed.account.map(text), text(failed.reason))
        }
        Record::Rejected(rejected) => format!(
            "rejected {:?} {} | {} | {}{}{}",
            rejected.stage,
            text(rejected.reply),
            text(rejected.mail_from),
            text(rejected.helo),
            if rejected.account.is_empty() { "" } else { " | " },
            text(rejected.account)
        ),
        other => format!("{other:?}").split(['(', ' ']).next().unwrap_or_default().to_owned(),
    }
}

#[test]
fn a_message_is_opened() {
    assert_eq!(
        parse("A73A89D6896: client=unknown[127.0.2.32], sasl_method=LOGIN, sasl_username=alice@corp.example.com"),
        "opened A73A89D6896 by alice@corp.example.com (LOGIN) from [127.0.2.32]"
    );
    assert_eq!(
        parse("4fw2qs1lZmz1VlCj: client=localhost[::1]:5087, sasl_method=PLAIN, sasl_username=a, b c"),
        "opened 4fw2qs1lZmz1VlCj by a, b c (PLAIN) from localhost[::1]"
    );
    assert_eq!(
        parse(
            "A80C89D6896: client=localhost[127.0.10.5], sasl_method=XCLIENT, sasl_username=m@ops.example.org, sasl_sender=m@ops.example.org"
        ),
        "opened A80C89D6896 by m@ops.example.org () from localhost[127.0.10.5], fronted"
    );
    assert_eq!(
        parse("NOQUEUE: client=unknown[127.0.2.32], sasl_method=PLAIN, sasl_username=alice@corp.example.com"),
        "opened - by alice@corp.example.com (PLAIN) from [127.0.2.32]"
    );
    assert_eq!(
        parse("B0E0F9D6992: client=localhost[127.0.0.1], orig_queue_id=9836D9D6992, orig_client=a[192.0.2.1]"),
        "OpenedByOthers"
    );
    assert_eq!(parse("B0E0F9D6992: client="), "unreadable: client= that cannot be read");
}

#[test]
fn a_message_is_queued() {
    assert_eq!(
        parse("A73A89D6896: from=<alice@corp.example.com>, size=708, nrcpt=1 (queue active)"),
        "queued A73A89D6896 from alice@corp.example.com Some(708) Some(1)"
    );
    assert_eq!(parse("A73A89D6896: from=<alice@corp.example.com>, status=expired, returned to sender"), "-");
    assert_eq!(
        parse(r#"A73A89D6896: from=<"a, size=1, nrcpt=9, sasl_username=ceo@b"@c>, size=7, nrcpt=2 (queue active)"#),
        r#"queued A73A89D6896 from "a, size=1, nrcpt=9, sasl_username=ceo@b"@c Some(7) Some(2)"#
    );
}

#[test]
fn nothing_a_client_wrote_opens_a_message() {
    let forged = "message-id=<x>, client=evil[198.51.100.7], sasl_method=PLAIN, sasl_username=ceo@corp.example.com";
    assert_eq!(parse(&format!("A73A89D6896: {forged}")), "MessageId");
    assert_eq!(
        parse(
            "warning: unknown[127.0.2.40]: SASL PLAIN authentication failed: (reason unavailable), sasl_username=nobody@x, sasl_username=ceo@corp.example.com"
        ),
        r#"failed PLAIN Some("nobody@x, sasl_username=ceo@corp.example.com") (reason unavailable)"#
    );
}

#[test]
fn handshakes_with_any_trust() {
    for trust in ["Anonymous ", "Trusted ", "Untrusted ", "Verified ", ""] {
        assert_eq!(
            parse(&format!(
                "{trust}TLS connection established from a.example[192.0.2.1]: TLSv1.1 with cipher ECDHE-RSA-AES256-SHA (256/256 bits)"
            )),
            "secured 192.0.2.1 TLSv1.1 ECDHE-RSA-AES256-SHA"
        );
    }
    assert_eq!(
        parse("Trusted Trusted TLS connection established from a[192.0.2.1]: TLSv1 with cipher X (1/1 bits)"),
        "-"
    );
    assert_eq!(parse("SSL_accept error from web01.shop.example.net[127.0.10.2]: -1"), "TlsFailed");
    assert_eq!(parse("warning: TLS library problem: error:0A0000C1:SSL routines::no shared cipher:"), "TlsProblem");
}

#[test]
fn rejects_carry_their_envelope() {
    assert_eq!(
        parse(
            "NOQUEUE: reject: RCPT from H[192.0.2.1]: 553 5.7.1 <ceo@x>: Sender address rejected: not owned by user erp@y; from=<ceo@x> to=<a@b> proto=ESMTP helo=<h, sasl_username=z>"
        ),
        "rejected Recipient 553 5.7.1 <ceo@x>: Sender address rejected: not owned by user erp@y | ceo@x | h, sasl_username=z"
    );
    assert_eq!(
        parse(
            "NOQUEUE: reject: MAIL from H[192.0.2.1]: 552 5.3.4 Message size exceeds fixed limit; from=<a@b> proto=ESMTP helo=<h>"
        ),
        "rejected Mail 552 5.3.4 Message size exceeds fixed limit | a@b | h"
    );
    assert_eq!(
        parse(
            "NOQUEUE: reject: MAIL from H[192.0.2.1]: 552 5.3.4 Message size exceeds fixed limit; proto=ESMTP helo=<h>"
        ),
        "rejected Mail 552 5.3.4 Message size exceeds fixed limit |  | h"
    );
    assert_eq!(parse("NOQUEUE: reject: CONNECT from H[192.0.2.1]: 554 no; proto=SMTP"), "-");
    assert_eq!(
        parse(
            "proxy-accept: END-OF-MESSAGE: 250 2.0.0 Ok: queued as B0E0F9D6992; from=<a@b> to=<c@d> proto=ESMTP helo=<h> sasl_username=<u>"
        ),
        "Relayed"
    );
}

#[test]
fn rejects_say_who_has_authenticated() {
    let reject = |helo_and_more: &str| {
        parse(&format!(
            "NOQUEUE: reject: RCPT from H[192.0.2.1]: 550 5.1.1 <a@b>: Recipient address rejected: no; from=<s@x> to=<a@b> proto=ESMTP helo={helo_and_more}"
        ))
    };
    let said = "rejected Recipient 550 5.1.1 <a@b>: Recipient address rejected: no | s@x | ";
    for (helo_and_more, expected) in [
        ("<h>", "h"),
        ("<h> sasl_method=PLAIN sasl_username=erin.o'neil@x", "h | erin.o'neil@x"),
        ("<h> sasl_method=PLAIN sasl_username=a b, c", "h | a b, c"),
        ("<h> sasl_method=PLAIN sasl_username=u@x sasl_sender=s@x", "h | u@x"),
        ("<h> sasl_method=PLAIN sasl_username=u@x sasl_sender=\"s> sasl_method=PLAIN sasl_username=ceo@x", "h | u@x"),
        ("<h> sasl_sender=\"s> sasl_method=PLAIN sasl_username=ceo@x", "h"),
        ("<h> sasl_method=PLAIN sasl_username=ceo@x>", "h"),
        (
            "<h> sasl_method=PLAIN sasl_username=ceo@x> sasl_method=LOGIN sasl_username=u@x",
            "h> sasl_method=PLAIN sasl_username=ceo@x | u@x",
        ),
        ("<h sasl_username=ceo@x>", "h sasl_username=ceo@x"),
    ] {
        assert_eq!(reject(helo_and_more), format!("{said}{expected}"), "{helo_and_more}");
    }
}

#[test]
fn rejects_of_a_filter_say_who_has_authenticated() {
    let reject = |sender_and_more: &str| {
        parse(&format!("NOQUEUE: milter-reject: MAIL from H[192.0.2.1]: 550 5.7.1 no; from={sender_and_more}"))
    };
    for (sender_and_more, expected) in [
        ("<s@x> proto=ESMTP helo=<h> sasl_username=<erin.o'neil@x>", "s@x | h | erin.o'neil@x"),
        ("<s@x> proto=ESMTP helo=<h> sasl_username=<a b>", "s@x | h | a b"),
        ("<s@x> proto=ESMTP helo=<h>", "s@x | h"),
        ("<\"> sasl_username=<ceo\"@x> to=<a@b> proto=ESMTP helo=<h>", "\" | h"),
        ("<\"> sasl_username=<ceo\"@x> to=<a@b> proto=ESMTP helo=<h> sasl_username=<u@x>", "\" | h | u@x"),
    ] {
        assert_eq!(reject(sender_and_more), format!("rejected Mail 550 5.7.1 no | {expected}"), "{sender_and_more}");
    }
}

#[test]
fn refusals_that_no_line_calls_a_reject() {
    for (message, expected) in [
        ("warning: A73A89D6896: queue file size limit exceeded", "rejected Data queue file size limit exceeded |  | "),
        (
            "warning: A73A89D6896: BDAT request from H[192.0.2.1] exceeds message size limit",
            "rejected Data BDAT request from H[192.0.2.1] exceeds message size limit |  | ",
        ),
        (
            "warning: A73A89D6896: message rejected: hopcount exceeded",
            "rejected Data message rejected: hopcount exceeded |  | ",
        ),
        (
            "warning: Illegal address syntax from H[192.0.2.1] in MAIL command: <a b>",
            "rejected Mail 501 5.1.7 Bad sender address syntax |  | ",
        ),
        (
            "warning: Illegal address syntax from H[192.0.2.1] in RCPT command: <a b>",
            "rejected Recipient 501 5.1.3 Bad recipient address syntax |  | ",
        ),
        ("warning: Illegal address syntax from H[192.0.2.1] in VRFY command: <a b>", "-"),
        (
            "warning: Message delivery request rate limit exceeded: 4 from H[192.0.2.1] for service submission",
            "rejected Mail 450 4.7.1 Error: too much mail |  | ",
        ),
        (
            "warning: Recipient address rate limit exceeded: 9 from H[192.0.2.1] for service submission",
            "rejected Recipient 450 4.7.1 Error: too many recipients |  | ",
        ),
        (
            "warning: AUTH command rate limit exceeded: 4 from H[192.0.2.1] for service submission",
            "failed  None 450 4.7.1 Error: too many AUTH commands",
        ),
        (
            "warning: H[192.0.2.1]: SASL LOGIN authentication failed: no, sasl_username=x: queue file size limit exceeded",
            "failed LOGIN Some(\"x: queue file size limit exceeded\") no",
        ),
        ("warning: Connection rate limit exceeded: 4 from H[192.0.2.1] for service submission", "-"),
        (
            "warning: A73A89D6896: virtual_alias_maps map lookup problem for a@b -- message not accepted, try again later",
            "rejected Data virtual_alias_maps map lookup problem for a@b -- message not accepted, try again later |  | ",
        ),
        // It is accepted all the same.
        (
            "warning: A73A89D6896: unreasonable canonical_maps map nesting for a@b -- message not accepted, try again later",
            "-",
        ),
        (
            "warning: proxy 127.0.0.1:10024 rejected \"RCPT TO:<a@b>\": \"550 5.1.1 <a@b>: no\"",
            "rejected Recipient 550 5.1.1 <a@b>: no |  | ",
        ),
        (
            "warning: proxy unix:filter rejected \"MAIL FROM:<\"a\": \"b\"@c> SIZE=9\": \"550 no\"",
            "rejected Recipient 550 no |  | ",
        ),
        ("warning: proxy unix:filter rejected \"DATA\": \"451 wait\"", "rejected Data 451 wait |  | "),
        (
            "warning: proxy unix:filter rejected \"connection request\": \"554 no\"",
            "rejected Recipient 451 4.3.0 Error: queue file write error |  | ",
        ),
        (
            "warning: connect to proxy filter 127.0.0.1:10024: Connection refused",
            "rejected Recipient 451 4.3.0 Error: queue file write error |  | ",
        ),
        (
            "A73A89D6896: reject: header Subject: hello from me from H[192.0.2.1]; from=<a@b> to=<c@d> proto=ESMTP helo=<h>: 5.7.1 no; from=<x>: y",
            "rejected Data 5.7.1 no; from=<x>: y |  | ",
        ),
        (
            "A73A89D6896: reject: mime-error improper use of 8-bit data in message body: x from H[192.0.2.1]; from=<a@b> to=<c@d>",
            "rejected Data  | a@b | ",
        ),
    ] {
        assert_eq!(parse(message), expected, "{message}");
    }
    let of_cleanup = |message: &str| Postfix.wants(b"postfix/cleanup", message.as_bytes());
    assert!(of_cleanup("warning: A73A89D6896: message rejected: hopcount exceeded"));
    assert!(!of_cleanup("warning: mail_stream_cleanup: close error"));
}

#[test]
fn long_ids_hold_their_second() {
    let at = long_id_instant(Some(b"4fw2qs1lZmz1VlCj")).unwrap();
    assert_eq!(chrono::DateTime::from_timestamp_micros(at).unwrap().to_rfc3339(), "2026-04-14T11:59:05+00:00");
    assert_eq!(long_id_instant(Some(b"A73A89D6896")), None);
}

#[test]
fn a_cut_tag_leaves_the_decision_to_the_message() {
    for message in ["connect from a[192.0.2.1]", "A73A89D6896: client=x[192.0.2.1]", "NOQUEUE: reject: RCPT from"] {
        assert!(Postfix.wants(b"postfix", message.as_bytes()), "{message}");
    }
    for message in ["A73A89D6896: removed", "daemon started", "setting up TLS connection from a[192.0.2.1]"] {
        assert!(!Postfix.wants(b"postfix", message.as_bytes()), "{message}");
    }
}

#[test]
fn a_tag_names_the_service() {
    for (tag, service) in [
        ("postfix-out/submission/smtpd", Some("submission")),
        ("postfix/smtps/smtpd", Some("smtps")),
        ("postfix/customers/smtpd", Some("customers")),
        ("postfix/smtpd", Some("smtp")),
        ("postfix-out/smtpd", Some("smtp")),
        ("postfix-smtpd/smtpd", Some("smtp")),
        ("postfix-submission-out/smtpd", Some("smtp")),
        ("postfix", None),
        // In the place of an instance.
        ("postfix-submission/smtpd", Some("submission")),
        ("postfix-submissions/smtpd", Some("submissions")),
        ("postfix-smtps/smtpd", Some("smtps")),
        ("submission/smtpd", Some("submission")),
        ("submissions/smtpd", Some("submissions")),
        ("smtps/smtpd", Some("smtps")),
        ("postfix-submission/customers/smtpd", Some("customers")),
        // By its port, or an address and its port.
        ("postfix/25/smtpd", Some("smtp")),
        ("postfix/587/smtpd", Some("submission")),
        ("postfix/10.0.0.1:465/smtpd", Some("submissions")),
        ("postfix/[2001:db8::1]:587/smtpd", Some("submission")),
        ("postfix/10.0.0.1:2525/smtpd", Some("10.0.0.1:2525")),
        ("postfix/2525/smtpd", Some("2525")),
    ] {
        assert_eq!(Postfix.service(tag.as_bytes()), service.map(str::as_bytes), "{tag}");
    }
}

#[test]
fn a_component_is_what_stands_behind_the_last_slash() {
    use Component::{Cleanup, Dovecot, Pickup, Qmgr, Smtpd};
    for (tag, component) in [
        ("postfix/smtpd", Some(Smtpd)),
        ("postfix/submission/smtpd", Some(Smtpd)),
        ("a/smtpd", Some(Smtpd)),
        ("/smtpd", Some(Smtpd)),
        ("mail-out/qmgr", Some(Qmgr)),
        ("p/qmgr", Some(Qmgr)),
        ("postfix/oqmgr", Some(Qmgr)),
        ("postfix/nqmgr", Some(Qmgr)),
        ("/oqmgr", Some(Qmgr)),
        ("postfix/cleanup", Some(Cleanup)),
        ("/cleanup", Some(Cleanup)),
        ("postfix/pickup", Some(Pickup)),
        ("/pickup", Some(Pickup)),
        ("dovecot", Some(Dovecot)),
        ("x-dovecot", None),
        ("smtpd", None),
        ("postfix-smtpd", None),
        ("postfix/smtp", None),
        ("postfix/proxyqmgr", None),
        ("postfix/fooqmgr", None),
        ("postfix/xqmgr", None),
        ("xcleanup", None),
        ("cleanup", None),
        ("", None),
    ] {
        assert_eq!(Component::of(tag.as_bytes()), component, "{tag}");
    }
}
