//! What sendmail writes, line by line.

use super::envelope::LONGEST_SENDER;
use super::session::LONGEST_USER;
use super::*;
use crate::sources::framing::{Framed, Framer};

/// The record of a message, shown as text; `-` where it does not matter.
fn parse(message: &str) -> String {
    let line = format!("Dec 30 10:00:06 mx1 sm-mta[595]: {message}");
    let mut framer = Framer::default();
    let Framed::Line(line) = framer.frame(line.as_bytes()) else { panic!("{line}") };
    match Sendmail.wants(line.program, line.message).then(|| Sendmail.parse(&line)) {
        Some(Ok(Some(record))) => show(record),
        Some(Ok(None)) | None => "-".into(),
        Some(Err(Unreadable(reason))) => format!("unreadable: {reason}"),
    }
}

fn show(record: Record<'_>) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let from = |client: Client<'_>| format!("{}[{}]", text(client.name), text(client.ip));
    match record {
        Record::Secured { client, version, cipher } => {
            format!("secured {} {} {}", from(client), text(version), text(cipher))
        }
        Record::Authenticated { client, mechanism, account } => {
            format!("authenticated {} {} {}", from(client), text(mechanism), text(account))
        }
        Record::AuthFailed(failed) => format!(
            "failed {} {} {:?} | {}",
            from(failed.client),
            text(failed.mechanism),
            failed.account.map(text),
            text(failed.reason)
        ),
        Record::Taken(taken) => format!(
            "taken {} {} {:?} {:?} {:?} {:?} {}",
            text(taken.queue_id),
            from(taken.client),
            taken.encrypted,
            taken.mail_from.map(text),
            taken.size,
            taken.recipients,
            text(taken.message_id)
        ),
        Record::TlsFailed { client, reason } => format!("tls failed {} {}", from(client), text(reason)),
        Record::Rejected(rejected) => format!("rejected {:?} {}", rejected.stage, text(rejected.reply)),
        Record::TakenBack { queue_id, reason } => format!("taken back {} {}", text(queue_id), text(reason)),
        other => format!("{other:?}").split(['(', ' ']).next().unwrap_or_default().to_owned(),
    }
}

#[test]
fn a_session_is_secured_and_authenticated() {
    assert_eq!(
        parse(
            "STARTTLS=server, relay=localhost [IPv6:0:0:0:0:0:0:0:1], version=TLSv1.3, verify=NOT, cipher=TLS_AES_256_GCM_SHA384, bits=256/256"
        ),
        "secured localhost[0:0:0:0:0:0:0:1] TLSv1.3 TLS_AES_256_GCM_SHA384"
    );
    assert_eq!(
        parse(
            "STARTTLS=client, relay=mx.example.net., version=TLSv1.3, verify=OK, cipher=TLS_AES_256_GCM_SHA384, bits=256/256"
        ),
        "-"
    );
    assert_eq!(
        parse(
            "AUTH=server, relay=a.example.org [192.0.2.1] (may be forged), authid=a+2Bb@example.org, mech=PLAIN, bits=0"
        ),
        "authenticated a.example.org[192.0.2.1] PLAIN a+2Bb@example.org"
    );
    assert_eq!(
        parse("AUTH=server, relay=IDENT:x@a.example.org [192.0.2.1], authid=a, mech=x, mech=LOGIN, bits=0"),
        "authenticated a.example.org[192.0.2.1] LOGIN a, mech=x"
    );
    assert_eq!(parse("AUTH=server, relay=x"), "unreadable: AUTH=server that cannot be read");
    assert_eq!(parse("STARTTLS=server, relay=x"), "unreadable: STARTTLS=server that cannot be read");
}

#[test]
fn what_is_odd_about_a_certificate_says_nothing() {
    let line = |relay: &str, rest: &str| parse(&format!("STARTTLS=server, relay={relay}, {rest}"));
    for rest in [
        "field=cn_subject, status=failed to extract CN",
        "field=cn_issuer, status=CN too long",
        "field=cn_subject, status=CN contains NUL",
        "field=AltName, status=value contains non IA5",
    ] {
        assert_eq!(line("a.example.org [192.0.2.1]", rest), "-");
        assert_eq!(line(&"x".repeat(LONGEST_RELAY), rest), "-");
    }
    let cut = line("a.example.org [192.0.2.1]", "field=cn_subject");
    assert_eq!(cut, "unreadable: STARTTLS=server that cannot be read");
}

#[test]
fn a_message_is_taken_with_its_id_only() {
    let line = |sender: &str, msgid: &str, proto: &str| {
        parse(&format!(
            "5BUA03UB000594: from={sender}, size=339, class=0, nrcpts=2{msgid}, proto={proto}, daemon=MSA, relay=[192.0.2.1]"
        ))
    };
    assert_eq!(
        line("<a@example.org>", ", msgid=<1@example.org>, bodytype=8BITMIME", "ESMTPSA"),
        r#"taken 5BUA03UB000594 [192.0.2.1] Yes Some("a@example.org") Some(339) Some(2) <1@example.org>"#
    );
    for body in ["8bitmime", "8BitMime", "7bit"] {
        let found = line("<a@example.org>", &format!(", msgid=<1@example.org>, bodytype={body}"), "ESMTPSA");
        assert!(found.ends_with(" <1@example.org>"), "{found}");
    }
    assert_eq!(
        line("<>", ", msgid=<1@example.org>", "ESMTPA"),
        r#"taken 5BUA03UB000594 [192.0.2.1] No Some("") Some(339) Some(2) <1@example.org>"#
    );
    assert_eq!(line("<a@example.org>", "", "ESMTPSA"), "Abandoned");
    assert_eq!(line("<a@example.org>", ", msgid=<1@example.org>", "ESMTPS"), "Disconnected");
    assert_eq!(
        line("<a@example.org>", ", msgid=<1@example.org>", "ESMTP"),
        r#"taken 5BUA03UB000594 [192.0.2.1] Unsaid Some("a@example.org") Some(339) Some(2) <1@example.org>"#
    );
    assert_eq!(
        parse("5BUA03UB000594: from=<a@b>, size=3, class=0, nrcpts=0, proto=ESMTPSA, daemon=MSA, relay=[192.0.2.1]"),
        "Reset"
    );
    assert_eq!(
        parse("q2HBxEul006762: from=root, size=86, class=0, nrcpts=1, msgid=<1@galaxy>, relay=root@localhost"),
        "-"
    );
}

#[test]
fn nothing_that_a_client_wrote_is_a_field() {
    let numbers = ", size=1, class=0, nrcpts=1, msgid=<x>, proto=ESMTPSA, daemon=MSA, relay=[198.51.100.7]";
    // In the sender, of a message that was never sent, and cut off behind 200 characters.
    let long = format!("<\"a{numbers}{}", "x".repeat(LONGEST_SENDER));
    for sender in [
        &format!(r#"<"a{numbers}"@b>"#),
        &long[..LONGEST_SENDER],
        &format!("<\"a>{numbers}{}", r"\303".repeat(LONGEST_SENDER - 4 - numbers.len())),
        // Behind an escaped quotation mark, without brackets, and in comments.
        &format!(r#"<"a\\">{numbers}"@b>"#),
        &format!(r#""a{numbers}"@b"#),
        &format!("<a(>{numbers})@b>"),
        &format!("(a{numbers})<a@b>"),
        &format!(r#"<a@b(")>({numbers})"#),
        &format!(r#"<"a)("@b(\\)>{numbers})>"#),
        &format!("<a<b@c>{numbers}>"),
    ] {
        let line = format!(
            "5BUA03UB000594: from={sender}, size=0, class=0, nrcpts=1, proto=ESMTPSA, daemon=MSA, relay=[192.0.2.1]"
        );
        assert_eq!(parse(&line), "Abandoned", "{sender}");
    }
    for sender in [r"<a\\>b@c>", r#"<"a\\\\"@b>"#, r#"<a(")@b>"#, r"<\303\274@b>", "@a,@b:c@d", ""] {
        let line = format!("5BUA03UB000594: from={sender}{numbers}");
        assert!(parse(&line).starts_with("taken"), "{sender}");
    }
    // In the message id.
    assert_eq!(
        parse(&format!(
            "5BUA03UB000594: from=<a@b>, size=9, class=0, nrcpts=3, msgid=<y{numbers}, proto=ESMTPA, daemon=MSA, relay=[192.0.2.1]"
        )),
        format!("taken 5BUA03UB000594 [192.0.2.1] No Some(\"a@b\") Some(9) Some(3) <y{numbers}")
    );
    // At the beginning of a line, as a recipient.
    for text in [
        format!("from=<a@b>{numbers}"),
        "AUTH=server, relay=[192.0.2.1], authid=ceo@corp.example.com, mech=PLAIN, bits=0".into(),
        "AUTH failure (PLAIN): x (-13) y, user=ceo@corp.example.com, relay=[192.0.2.1]".into(),
        "STARTTLS=server, relay=[192.0.2.1], version=TLSv1, verify=NO, cipher=X, bits=1/1".into(),
        "STARTTLS=server, error: accept failed=-1, relay=[192.0.2.1]".into(),
        "x [192.0.2.1] did not issue MAIL/EXPN/VRFY/ETRN during connection to MSA".into(),
    ] {
        assert_eq!(parse(&format!("5BUA03UB000594: {text}... User unknown")), "-", "{text}");
    }
}

#[test]
fn failures_name_who_tried() {
    assert_eq!(
        parse(
            "5BUA06s6000815: AUTH failure (PLAIN): user not found (-20) SASL(-13): user not found: Password verification failed, user=nobody@corp.example.com, sasl_username=ceo@corp.example.com, relay=[127.0.2.37]"
        ),
        r#"failed [127.0.2.37] PLAIN Some("nobody@corp.example.com, sasl_username=ceo@corp.example.com") | user not found (-20) SASL(-13): user not found: Password verification failed"#
    );
    assert_eq!(
        parse("o1FD0x6w012345: AUTH failure (LOGIN): authentication failure (-13) SASL(-13): checkpass failed"),
        "failed [] LOGIN None | authentication failure (-13) SASL(-13): checkpass failed"
    );
    assert_eq!(
        parse(
            "STARTTLS=server, error: accept failed=-1, reason=no shared cipher, SSL_error=1, errno=0, retry=-1, relay=[127.0.2.19]"
        ),
        "tls failed [127.0.2.19] no shared cipher"
    );
    assert_eq!(
        parse("STARTTLS=server, error: accept failed=0, SSL_error=5, timedout=0, errno=0"),
        "tls failed [] accept failed=0"
    );
    assert_eq!(
        parse("STARTTLS=server: 595:error:1408A0C1:SSL routines:SSL3_GET_CLIENT_HELLO:no shared cipher:s3_srvr.c:974:"),
        "TlsProblem"
    );
    assert_eq!(
        parse(
            "5BUA046u000694: ruleset=check_mail, arg1=<ceo@x>, relay=a [127.0.10.2], reject=550 5.7.1 <ceo@x>... Access denied"
        ),
        "rejected Mail 550 5.7.1 <ceo@x>... Access denied"
    );
    assert_eq!(
        parse("5BUA046u000694: <no@example.org>... User unknown"),
        "rejected Recipient <no@example.org>... User unknown"
    );
    for refused in [
        "<x@example.net>... No mail there",
        "<|/bin/true>... Cannot mail directly to programs",
        "<xxx...xxx@cor... Address \"<xxx\" too long (255 bytes max)",
    ] {
        assert_eq!(parse(&format!("5BUA046u000694: {refused}")), format!("rejected Recipient {refused}"));
    }
    for said in ["<-- NOOP <x@example.net>... User unknown", "<x@example.net>"] {
        assert_eq!(parse(&format!("5BUA046u000694: {said}")), "-", "{said}");
    }
    assert_eq!(parse("5BUA046u000694: ruleset=check_relay, arg1=x, relay=[192.0.2.1], reject=550 no"), "-");
    for end in [
        "mon [127.0.10.5] did not issue MAIL/EXPN/VRFY/ETRN during connection to TLSMSA",
        "lost input channel from [127.0.10.5] to MSA after auth",
    ] {
        assert_eq!(parse(&format!("5BUA04de000632: {end}")), "Disconnected");
    }
}

#[test]
fn a_user_that_is_cut_off_is_nobody() {
    let of = |user: &str| {
        let line = format!(
            "5BUA06s6000815: AUTH failure (PLAIN): failure (-13) SASL(-13): no, user={user}, relay=[192.0.2.1]"
        );
        parse(&line).contains("Some(")
    };
    assert!(of(&"x".repeat(LONGEST_USER - 1)));
    assert!(!of(&"x".repeat(LONGEST_USER)));
    assert!(of(&"\\303\\274".repeat(LONGEST_USER / 2 - 1)));
    assert!(!of(&"\\303\\274".repeat(LONGEST_USER / 2)));
    assert!(of(&r"\\\t".repeat(LONGEST_USER / 2 - 1)));
    assert!(!of(&r"\\\t".repeat(LONGEST_USER / 2)));
    assert!(of("end\\"));
}

#[test]
fn what_was_taken_may_be_refused() {
    let of = |text: &str| parse(&format!("5BUA046u000694: {text}"));
    let rejected = "rejected Data 554 5.7.1 virus found, reject=no";
    for (text, record) in [
        ("Milter: data, reject=554 5.7.1 virus found, reject=no", rejected),
        ("Milter: cmd=data, reject=554 5.7.1 virus found, reject=no", rejected),
        ("ruleset=check_eom, arg1=458, relay=[192.0.2.1], reject=554 5.7.1 virus found, reject=no", rejected),
        ("Milter: data, discard", "-"),
        (
            "collect: relay=localhost, from=<a@b>, info=Bare linefeed (LF) not allowed, where=body, status=tempfail",
            "rejected Data Bare linefeed (LF) not allowed",
        ),
        ("collect: relay=localhost, from=<a@b>, info=Bare linefeed (LF) not allowed, where=body", "-"),
        ("collect: relay=localhost, from=<\"x, status=tempfail\"@b>, info=unexpected close", "-"),
        // Of these two, the recipients' lines behind the message tell.
        ("ruleset=check_eoh, arg1=7, arg2=412, relay=[192.0.2.1], reject=554 5.7.1 no", "-"),
        ("ruleset=CheckSubject, arg1=ILOVEYOU, relay=[192.0.2.1], reject=553 5.7.1 Looks like a virus", "-"),
        (
            "message size (40458000) exceeds maximum (20000000)",
            "taken back 5BUA046u000694 message size (40458000) exceeds maximum (20000000)",
        ),
        ("message size (4) exceeds maximum (2) or not", "-"),
        ("message size (x) exceeds maximum (2)", "-"),
        (
            "to=<x@example.net>, delay=1+00:00:01, pri=34458, dsn=5.7.1, stat=no, stat=x",
            "taken back 5BUA046u000694 no, stat=x",
        ),
        // Before 8.10.
        ("to=x@example.net, delay=00:00:01, stat=no", "taken back 5BUA046u000694 no"),
    ] {
        assert_eq!(of(text), record, "{text}");
    }
    for delivered in [
        "to=<x@example.net>, delay=00:00:01, xdelay=00:00:01, mailer=esmtp, pri=30458, relay=mx. [192.0.2.1], dsn=2.0.0, stat=Sent (ok)",
        "to=<x@example.net>, delay=00:00:00, mailer=esmtp, pri=30458, stat=queued",
        "to=<x@example.net>, delay=00:00:00, pri=30458, stat=queued",
        "to=<x@example.net>, delay=00:00:00, pri=30458, stat=discarded",
        "to=<x@example.net>, delay=00:00:00, pri=30458, quarantine=bad, stat=quarantined",
        "to=<x@example.net>, ctladdr=<a@b> (1/1), delay=00:00:00, pri=30458, stat=no",
        // What a client or the next server wrote.
        "to=<\"x, delay=00:00:01, pri=1, stat=no\"@b>, delay=00:00:01, xdelay=00:00:01, mailer=esmtp, pri=3, stat=Sent",
        "to=<x@b>, delay=00:00:01, xdelay=00:00:01, mailer=esmtp, pri=3, stat=Sent (ok, delay=00:00:01, pri=1, stat=no)",
        "to=<x@b>, delay=00:00:01, pri=3",
        "to=<x@b>, delay=",
        "to=<x@b>",
    ] {
        assert_eq!(of(delivered), "-", "{delivered}");
    }
}

#[test]
fn a_long_relay_is_cut() {
    let name = format!("{}.pool.example.net", "x".repeat(61));
    let secured = |relay: &str| {
        parse(&format!("STARTTLS=server, relay={relay}, version=TLSv1.3, verify=NOT, cipher=C, bits=1/1"))
    };
    let cut = |relay: &str| secured(&relay[..LONGEST_RELAY]);
    let forged = format!("{name} [192.0.2.255] (may be forged)");
    let found = format!("secured {name}[] TLSv1.3 C");
    assert_eq!(cut(&format!("{name} [IPv6:2001:db8:1234:5678:9abc:def0:1234:5678]")), found);
    assert_eq!(cut(&forged), found);
    assert_eq!(secured(&forged), format!("secured {name}[192.0.2.255] TLSv1.3 C"));
    // A name that is not whole is none.
    assert_eq!(cut(&format!("{name}.{name} [192.0.2.1]")), "secured [] TLSv1.3 C");
    // Nor is what a client's ident says, which may end where an address would.
    let ident = format!("IDENT:{}@ceo.example.com [192.0.2.9]", "x".repeat(66));
    assert_eq!(ident.len(), LONGEST_RELAY);
    assert_eq!(cut(&format!("{ident}@{name} [192.0.2.1]")), "secured [] TLSv1.3 C");
    assert_eq!(cut(&format!("joe@{name} [IPv6:2001:db8:1234:5678]")), found);
    assert_eq!(cut(&format!("{}@[192.0.2.111]", "x".repeat(89))), "secured [] TLSv1.3 C");
    assert_eq!(cut(&format!("{name} 1{name}")), "unreadable: STARTTLS=server that cannot be read");
    assert_eq!(secured(&format!("{name} [192.0.2")), "unreadable: STARTTLS=server that cannot be read");

    let relay = format!("{name} [IPv6:2001:db8:1234:5678:9abc]");
    let relay = &relay[..LONGEST_RELAY];
    assert_eq!(
        parse(&format!("AUTH=server, relay={relay}, authid=a@b, mech=PLAIN, bits=0")),
        format!("authenticated {name}[] PLAIN a@b")
    );
    assert_eq!(
        parse(&format!("5BUA046u000694: AUTH failure (LOGIN): x (-13) y, user=a@b, relay={relay}")),
        format!("failed {name}[] LOGIN Some(\"a@b\") | x (-13) y")
    );
    assert_eq!(
        parse(&format!(
            "STARTTLS=server, error: accept failed=-1, reason=r, SSL_error=1, errno=0, retry=-1, relay={relay}"
        )),
        format!("tls failed {name}[] r")
    );
}

#[test]
fn ids_hold_their_second() {
    let at = |id: &str| Some(chrono::DateTime::from_timestamp_micros(given(id.as_bytes())?).unwrap().to_rfc3339());
    assert_eq!(at("5BUA03UB000594").unwrap(), "2025-12-30T10:00:03+00:00");
    assert_eq!(at("q2HBxEul006762").unwrap(), "2012-03-17T11:59:14+00:00");
    assert_eq!(at("5BUA03UB"), None);
    assert_eq!(at("5DUA03UB000594"), None);
}
