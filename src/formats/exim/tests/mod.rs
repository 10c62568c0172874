//! What Exim writes, line by line.

mod forged;
mod refused;

use super::*;
use crate::formats::record::Encrypted;
use crate::sources::framing::{Framed, Framer};

/// The record of a line, shown as text; `-` where it does not matter.
fn parse(line: &str) -> String {
    let mut framer = Framer::default();
    let Framed::Line(line) = framer.frame_as(line.as_bytes(), &Exim) else { panic!("{line}") };
    if !Exim.wants(line.program, line.message) {
        return "-".into();
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match Exim.parse(&line) {
        Ok(Some(Record::Accepted(found))) => format!(
            "{} by {} ({}) from {}[{}] as {} {:?} sender {} size {:?} to {:?} id {}",
            text(found.queue_id),
            text(found.account),
            text(found.mechanism),
            text(found.client.name),
            text(found.client.ip),
            text(found.helo),
            found.encrypted.shown(),
            text(found.mail_from),
            found.size,
            found.recipients,
            text(found.message_id),
        ),
        Ok(Some(Record::Refused(found))) => format!(
            "{} {} ({}) from [{}] as {}: {} {}",
            found.kind.as_str(),
            text(found.account),
            text(found.mechanism),
            text(found.client.ip),
            text(found.helo),
            text(found.code),
            text(found.reason),
        ),
        Ok(Some(record)) => format!("{record:?}").split([' ', '(']).next().unwrap_or_default().to_owned(),
        Ok(None) => "-".into(),
        Err(Unreadable(reason)) => format!("unreadable: {reason}"),
    }
}

impl Encrypted<'_> {
    fn shown(&self) -> String {
        match self {
            Self::With { version, cipher } => {
                format!("{} {}", String::from_utf8_lossy(version), String::from_utf8_lossy(cipher))
            }
            other => format!("{other:?}"),
        }
    }
}

#[test]
fn a_message_is_one_line() {
    assert_eq!(
        parse(
            "2026-01-01 14:00:03 1vbJDf-00001B-2d <= erp@erp.example.com H=(erp.example.com) [127.0.10.1] P=esmtpsa X=TLS1.2:ECDHE_X25519__RSA_PSS_RSAE_SHA256__AES_256_GCM:256 CV=no A=login:erp@erp.example.com S=4726 id=default-p3-0002.0@erp.example.com"
        ),
        r#"1vbJDf-00001B-2d by erp@erp.example.com (LOGIN) from [127.0.10.1] as erp.example.com "TLS1.2 ECDHE_X25519__RSA_PSS_RSAE_SHA256__AES_256_GCM" sender erp@erp.example.com size Some(4726) to None id default-p3-0002.0@erp.example.com"#
    );
    assert_eq!(
        parse(
            r#"2026-03-08 01:59:50.400 -0500 [127] 1wUK2d-0000000001C-3XSK <= <> H=mx.example.org (me) [127.0.10.1]:55893 I=[127.0.0.1]:587 P=utf8esmtpsa L.- X=TLS1.2:DHE-RSA-AES256-SHA:256* CV=no SNI=mx1.mail.example.org A=fixed_plain:erp@erp.example.com:other S=687 M8S=0 RT=0.002s id=x@y T="subject for all" from <erp@..> for a@b c@d"#
        ),
        r#"1wUK2d-0000000001C-3XSK by erp@erp.example.com (PLAIN) from mx.example.org[127.0.10.1] as me "TLS1.2 DHE-RSA-AES256-SHA" sender  size Some(687) to Some(2) id x@y"#
    );
    assert_eq!(
        parse(
            "2025-12-30 10:00:05 1vaWWL-00002Z-1O <= b@ops.example.org H=(BACKUP) [127.0.2.32] P=esmtpa A=cram S=1815"
        ),
        r#"1vaWWL-00002Z-1O by  (CRAM-MD5) from [127.0.2.32] as BACKUP "No" sender b@ops.example.org size Some(1815) to None id "#
    );
    assert_eq!(
        parse("2025-12-30 10:00:05 1vaWWL-00002Z-1O <= a@b H=(x) [127.0.2.32] P=esmtps X=TLS1.3:A:256 S=15"),
        "-"
    );
}

/// The message of the day with what stands in front of its protocol, and what stands behind.
fn message(whence: &str, fields: &str) -> String {
    parse(&format!("2026-01-01 14:00:03 1vbJDf-00001B-2d <= {whence} P={fields}"))
}

/// What `receive_msg` in `receive.c` writes between the account and the size: `PRDR` (`hosts_prdr`), `PRX=` (proxy
/// protocol), and `K` (`BDAT`).
#[test]
fn fields_behind_an_account_are_no_part_of_it() {
    let by = |fields: &str| {
        let found =
            message("a@x H=(h) [127.0.10.1]", &format!("esmtpsa X=TLS1.3:A:256 CV=no A={fields} S=4726 id=1@x"));
        found.split(" from ").next().unwrap_or_default().to_owned()
    };
    assert_eq!(by("fixed_cram:foo K"), "1vbJDf-00001B-2d by foo (CRAM-MD5)");
    assert_eq!(by("login:a@x.example.org PRDR PRX=10.0.0.1 K"), "1vbJDf-00001B-2d by a@x.example.org (LOGIN)");
    assert_eq!(by("login:a@x.example.org PRX=10.0.0.1"), "1vbJDf-00001B-2d by a@x.example.org (LOGIN)");
    assert_eq!(by("login K"), "1vbJDf-00001B-2d by  (LOGIN)");
    assert_eq!(by("login_server:Bob O'Neil+x@X K"), "1vbJDf-00001B-2d by Bob O'Neil+x@X (LOGIN)");
    // A public log of Exim 4.92.
    let real = "2021-05-04 13:37:00 +0100 1gon8g-0001rZ-K0 <= mail@senderhost.tld H=mail.remotehost.tld [123.123.123.123] P=esmtpsa X=TLSv1.2:ECDHE-RSA-AES256-GCM-SHA384:256 CV=no A=fixed_cram:foo K S=10258521 DKIM=remotehost.tld id=foobar@mail.remotehost.tld";
    assert!(parse(real).starts_with("1gon8g-0001rZ-K0 by foo (CRAM-MD5) from mail.remotehost.tld["), "{}", parse(real));
}

/// 4.100 adds the group of the key exchange to `X=`, and writes `PRX=` in front of the account.
#[test]
fn a_proxy_may_stand_in_front_of_an_account() {
    let with = |fields: &str| message("a@x H=(h) [10.0.0.2]", &format!("{fields} S=4726 id=1@x"));
    let found =
        r#"1vbJDf-00001B-2d by me (LOGIN) from [10.0.0.2] as h "TLS1.3 C" sender a@x size Some(4726) to None id 1@x"#;
    for clients in ["", r#" DN="CN=a PRX=1 A=login:ceo""#, " SNI=a", r#" DN="CN=a" SNI=a"#] {
        assert_eq!(with(&format!("esmtpsa X=TLS1.3:C:256:X25519 CV=no{clients} PRX=2001:db8::1 A=login:me K")), found);
    }
    assert_eq!(with("esmtpsa X=TLS1.3:(C:256:X25519* PRX=10.0.0.1 A=login:me"), found);
    assert_eq!(
        with("esmtps X=TLS1.3:C:256:X25519 PRX=10.0.0.1 A=login:me"),
        "unreadable: <= with A= that cannot be read"
    );
    assert_eq!(message("a@x H=(A=b) [10.0.0.2]", "esmtps X=TLS1.3:C:256 PRX=10.0.0.1 S=4726 id=1@x"), "-");
}

/// `add_host_info_for_log` in `receive.c`: ` DS`, `H=`, `I=`, ` TFO`, `U=`, `Ci=`, `P=`, in that order.
#[test]
fn an_ident_may_follow_the_address() {
    let from = |whence: &str| {
        let found = message(whence, "esmtpsa L- X=TLS1.3:A:256 CV=no A=login:me S=4726 id=2@x");
        found.split(" \"TLS").next().unwrap_or_default().to_owned()
    };
    let me = "1vbJDf-00001B-2d by me (LOGIN) from";
    assert_eq!(from("a@x H=localhost (web) [127.0.0.1] U=www-data"), format!("{me} localhost[127.0.0.1] as web"));
    for more in
        ["Ci=22", "TFO Ci=22", "TFO* U=www-data Ci=22", "U=www-data Ci=22", "Ci=22 TFO", "Ci=22 TFO* U=www-data"]
    {
        let whence = format!("a@x H=(x Ci=1) [127.0.0.1]:2 I=[127.0.0.1]:587 {more}");
        assert_eq!(from(&whence), format!("{me} [127.0.0.1] as x Ci=1"));
    }
    assert_eq!(from("a@x H=(s) [192.0.2.1]:4444 I=[192.0.2.9]:587 TFO"), format!("{me} [192.0.2.1] as s"));
    assert_eq!(from("a@x DS H=c.example (s) [2001:db8::1] TFO* U=b c"), format!("{me} c.example[2001:db8::1] as s"));
    assert_eq!(from("a@x H=c.example [192.0.2.1]"), format!("{me} c.example[192.0.2.1] as c.example"));
    // Over standard input, `exim -bs`.
    let local = message("a@x U=exim", "local-esmtpa A=login:me S=4726 id=2@x");
    assert!(local.starts_with(&format!("{me} [] as  \"No\"")), "{local}");
}

/// `protocols` in `smtp_in.c`.
#[test]
fn newer_versions_tell_tls_on_connect_by_the_protocol() {
    let found = |fields: &str| message("a@x H=(pc) [127.0.10.1]", fields);
    assert!(found("essmtpa A=login:me S=4726 id=1@x").contains(" by me (LOGIN) from [127.0.10.1] as pc \"Yes\""));
    assert!(found("utf8essmtpa A=login:me S=4726").contains(" as pc \"Yes\""));
    assert!(found("ssmtp A=login:me S=4726").contains(" as pc \"Yes\""));
    assert_eq!(found("essmtp SNI=x A=login:me S=4726 id=1@x"), "-");
    let service = |protocol: &str| {
        let line = format!("1vbJDf-00001B-2d <= a@x H=(pc) [127.0.10.1] P={protocol} A=login:me S=4726");
        let mut framer = Framer::default();
        let line = format!("2026-01-01 14:00:03 {line}");
        let Framed::Line(line) = framer.frame_as(line.as_bytes(), &Exim) else { panic!("framed") };
        let Ok(Some(Record::Accepted(found))) = Exim.parse(&line) else { panic!("accepted") };
        String::from_utf8_lossy(found.service).into_owned()
    };
    assert_eq!((service("essmtpa").as_str(), service("esmtpsa").as_str()), ("submissions", ""));
}

/// A client that says HELO after it has authenticated: `smtp_setup_msg` in `smtp_in.c` forgets that in the protocol only.
#[test]
fn a_login_outlasts_a_second_greeting() {
    let found = message("a@x H=(h) [127.0.10.5]", "smtps X=TLS1.3:A:256 CV=no A=plain:me S=1 id=a@b");
    assert!(found.contains(" by me (PLAIN) from [127.0.10.5] as h "), "{found}");
}

#[test]
fn an_authenticator_s_name_tells_the_mechanism() {
    for (name, known) in [
        ("dovecot_login", "LOGIN"),
        ("PLAIN", "PLAIN"),
        ("spa_server", "NTLM"),
        ("my_ntlm", "NTLM"),
        ("scram_sha1", "SCRAM-SHA-1"),
        ("scram-sha-256-plus", "SCRAM-SHA-256"),
        ("scram_sha_512", "SCRAM-SHA-512"),
        ("sparrow", "sparrow"),
    ] {
        assert_eq!(mechanism(name.as_bytes()), known.as_bytes(), "{name}");
    }
}

#[test]
fn recipients_are_told_one_by_one() {
    let line = |text| parse(&format!("2026-01-01 00:00:02 1vb66k-00003d-0j {text}"));
    assert_eq!(line("=> :blackhole: <ben147@customer.example.com> R=hole"), "Delivered");
    assert_eq!(line("-> a@b R=x"), "Delivered");
    assert_eq!(line("** a@b R=x: no such user"), "Delivered");
    assert_eq!(line("== a@b R=x defer (-1)"), "Deferred");
    assert_eq!(line("Completed"), "Completed");
    assert_eq!(line("Completed QT=2s"), "Completed");
}

#[test]
fn syslog_may_add_a_second_stamp() {
    for line in [
        "Mar 29 01:59:50 mx1 exim[74]: 2026-03-29 01:59:50 1w6eVK-00001C-0T Completed",
        "Mar 29 01:59:50 mx1 exim[74]: 1w6eVK-00001C-0T Completed",
        "Mar 29 01:59:50 mx1 exim[74]: [1/2] 2026-03-29 01:59:50 1w6eVK-00001C-0T Completed",
        r"Mar 29 01:59:50 mx1 exim[74]: [1\2] 2026-03-29 01:59:50 1w6eVK-00001C-0T Completed",
        "<22>1 2026-03-29T01:59:50Z mx1 exim 74 - - 2026-03-29 01:59:50 [74] 1w6eVK-00001C-0T Completed",
    ] {
        assert_eq!(parse(line), "Completed", "{line}");
    }
}

#[test]
fn an_id_holds_its_second() {
    let mut framer = Framer::default();
    let line = b"Mar 29 01:59:57 mx1 exim[74]: 1w6eVR-00001C-2b <= a@b H=(h) [127.0.10.5] P=esmtpa A=plain:me S=1";
    let Framed::Line(line) = framer.frame_as(line, &Exim) else { panic!("framed") };
    let at = Exim.instant(&line).and_then(chrono::DateTime::from_timestamp_micros);
    assert_eq!(at.map(|at| at.to_rfc3339()), Some("2026-03-29T00:59:57+00:00".into()));
}

/// `log_write` in `log.c`, behind the line of a message that was refused after `DATA`.
#[test]
fn the_headers_in_a_reject_log_are_passed_over() {
    for line in [
        "Envelope-from: <a@b>",
        "Envelope-to: <c@d>",
        "    <e@f>",
        "    ...",
        "P Received: from [198.51.100.4] (helo=x)",
        "\tby mx.example.org with esmtpsa  (TLS1.3) tls TLS_AES_256_GCM_SHA384",
        "F From: a@b",
        "  Subject: x",
        "* Bcc: x",
        " 2026-01-01 14:00:03 1vbJDf-00001B-2d <= a@x H=(h) [127.0.10.1] P=esmtpa A=plain:ceo S=1",
        " Jan  5 10:00:00 mx1 exim[7]: 1vbJDf-00001B-2d <= a@x H=(h) [127.0.10.1] P=esmtpa A=plain:ceo S=1",
        "*** truncated ***",
        "----------------------------------------------------------------------------------------",
    ] {
        assert_eq!(Framer::default().frame_as(line.as_bytes(), &Exim), Framed::Blank, "{line}");
    }
}
