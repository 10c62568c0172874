//! What Exim writes, line by line.

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

#[test]
fn nothing_a_client_wrote_is_a_field() {
    let helo = "2026-03-29 01:59:57 1w6eVR-00001C-2b <= m@ops.example.org H=(x.example.org) [198.51.100.7] P=esmtpsa A=plain:ceo@corp.example.com X=TLS1.3:X:256 () [127.0.10.5]:57677 P=esmtpa A=plain:m@ops.example.org S=300 id=a@b";
    assert_eq!(
        parse(helo),
        r#"1w6eVR-00001C-2b by m@ops.example.org (PLAIN) from [127.0.10.5] as x.example.org) [198.51.100.7] P=esmtpsa A=plain:ceo@corp.example.com X=TLS1.3:X:256 ( "No" sender m@ops.example.org size Some(300) to None id a@b"#
    );
    let behind = r#" S=1 id=x [192.0.2.9] P=esmtpsa A=plain:ceo@corp.example.com S=2 T="[192.0.2.9] P=esmtpsa A=plain:ceo for x" for a@b"#;
    let found =
        parse(&format!("2026-03-29 01:59:57 1w6eVR-00001C-2b <= a@b H=(h) [127.0.10.5] P=esmtpa A=plain:me{behind}"));
    assert!(found.contains(" by me (PLAIN) from [127.0.10.5] as h "), "{found}");
    let sni = "2026-03-29 01:59:57 1w6eVR-00001C-2b <= a@b H=(h) [127.0.10.5] P=esmtpsa CV=no SNI=a X=TLS1.3:A:256 A=plain:ceo A=plain:me S=1";
    assert!(parse(sni).contains(r#" by me (PLAIN) from [127.0.10.5] as h "Yes""#), "{}", parse(sni));
    let sender = r#"2026-03-29 01:59:57 1w6eVR-00001C-2b <= "a H=(q) [1.1.1.1] P=esmtpsa A=plain:ceo S=1 id=x"@b H=(h) [127.0.10.5] P=esmtpa A=plain:me S=1"#;
    assert!(parse(sender).contains(" by me (PLAIN) from [127.0.10.5] as h "), "{}", parse(sender));
}

#[test]
fn refusals_name_who_was_refused() {
    assert_eq!(
        parse(
            "2025-12-30 10:00:04 plain authenticator failed for ([192.168.1.78]) [127.0.2.32]:37917: 535 Incorrect authentication data (set_id=nobody@x, set_id=ceo)"
        ),
        "auth_failed nobody@x, set_id=ceo (PLAIN) from [127.0.2.32] as [192.168.1.78]: 535 535 Incorrect authentication data"
    );
    assert_eq!(
        parse("2025-12-30 10:00:04 login authenticator failed for H (h) [127.0.2.32]: 501 Authentication cancelled"),
        "auth_aborted  (LOGIN) from [127.0.2.32] as h: 501 501 Authentication cancelled"
    );
    assert_eq!(
        parse(
            "2026-01-01 00:00:02 TLS error on connection from (S) [127.0.10.3] (gnutls_handshake): No supported cipher suites have been found."
        ),
        "tls_failed  () from [127.0.10.3] as S:  No supported cipher suites have been found."
    );
    assert_eq!(
        parse("2026-01-01 00:00:02 TLS error on connection from (S) [127.0.10.3] (recv): Error in the pull function."),
        "-"
    );
}

#[test]
fn recipients_are_told_one_by_one() {
    let line = |text| parse(&format!("2026-01-01 00:00:02 1vb66k-00003d-0j {text}"));
    assert_eq!(line("=> :blackhole: <ben147@customer.example.com> R=hole"), "Delivered");
    assert_eq!(line("-> a@b R=x"), "Delivered");
    assert_eq!(line("** a@b R=x: no such user"), "Delivered");
    assert_eq!(line("== a@b R=x defer (-1)"), "-");
    assert_eq!(line("Completed"), "Completed");
    assert_eq!(line("Completed QT=2s"), "Completed");
}

#[test]
fn syslog_may_add_a_second_stamp() {
    for line in [
        "Mar 29 01:59:50 mx1 exim[74]: 2026-03-29 01:59:50 1w6eVK-00001C-0T Completed",
        "Mar 29 01:59:50 mx1 exim[74]: 1w6eVK-00001C-0T Completed",
        "Mar 29 01:59:50 mx1 exim[74]: [1/2] 2026-03-29 01:59:50 1w6eVK-00001C-0T Completed",
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
