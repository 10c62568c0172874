//! What is said of files, to people and to programs.

use url::Url;

use super::json;
use super::notes::notes;
use super::text::describe;
use crate::formats;
use crate::pipelines::definition::SourceSettings;
use crate::pipelines::inspect::{Content, Counts, Facts, FormatFound, Glance, Rejected, TlsEvidence, YearFrom};
use crate::sources::container::Container;
use crate::sources::{Encoding, RawFile};
use crate::submissions::pass::LineCounts;
use crate::submissions::tls::TlsVersion;

fn file(name: &str) -> RawFile {
    RawFile { url: Url::parse(&format!("file:///var/log/{name}")).unwrap(), size: 4096, modified: 0 }
}

fn glance() -> Glance {
    Glance {
        lines: 12,
        containers: [(Container::Rfc3164, 12)].into(),
        hosts: ["mx1".to_owned()].into(),
        yearless: true,
        zoneless: true,
        unfinished_line: Some(false),
        ..Glance::default()
    }
}

fn content() -> Content {
    let rejected = Rejected { line: 7, reason: "client= without address", text: "Mar  1 \u{1b}[2J".into(), cut: true };
    Content {
        read_to: 20_000,
        truncated: true,
        lines: LineCounts { read: 100, used: 60, ignored: 39, rejected: 1 },
        span: Some((1_772_323_200_000_000, 1_772_409_599_500_000)),
        connections: 21,
        counts: Counts {
            messages: 1,
            recipients: 2,
            versions: [(TlsVersion::Tls13, 1)].into(),
            refusals: [("auth_failed", 3)].into(),
            servers: ["mx2".to_owned()].into(),
            reasons: [(rejected.reason, 1)].into(),
            rejected: vec![rejected],
        },
        year_from: YearFrom::Written(file("mail.log").url),
        tls: TlsEvidence::Logged,
        copy_of: None,
    }
}

fn facts(format: FormatFound, content: Option<Content>) -> Facts {
    let (encoding, decoded) = (Encoding::Gzip, Some(20_000));
    Facts {
        encoding,
        decoded,
        truncated: content.is_some(),
        glance: glance(),
        format,
        lines_of_format: 9,
        next_best: None,
        content,
    }
}

#[test]
fn a_file_is_described() {
    let facts = facts(FormatFound::Detected(formats::format("postfix").unwrap()), Some(content()));
    insta::assert_snapshot!(describe(&file("mail.log.2.gz"), &facts, &SourceSettings::default()), @r"
    /var/log/mail.log.2.gz
      size      4.00 KiB (4096 bytes), gzip, 19.53 KiB (20000 bytes) decoded
      lines are syslog (RFC 3164)
      format    postfix, found from the content: it reads 9 of the first 12 lines (75 %), no other format any
      hosts     mx1, mx2
      time      2026-03-01T00:00:00Z to 2026-03-01T23:59:59Z
      lines     100 read = 60 used + 39 ignored + 1 rejected
      found     21 connections; 1 message accepted after SMTP AUTH, to 2 recipients; 3 attempts refused
      TLS       1 TLSv1.3
      refused   3 auth_failed
      note      the file is cut off: it was read up to there, and what came after is missing
      note      the lines have no year; it is a guess from when /var/log/mail.log was last written. If it is wrong, say --year
      note      the lines have no time zone; they are read as UTC. If the server's clock shows another, say --timezone
      rejected  1 line: client= without address
      line 7: client= without address
        Mar  1 �[2J…
    ");
    let object = json::object(&file("mail.log.2.gz"), &facts, &SourceSettings::default());
    insta::assert_snapshot!(serde_json::to_string_pretty(&object).unwrap(), @r#"
    {
      "compression": "gzip",
      "connections": 21,
      "containers": [
        "rfc3164"
      ],
      "copy_of": null,
      "decoded_bytes": 20000,
      "error": null,
      "file": "/var/log/mail.log.2.gz",
      "first_line": "2026-03-01T00:00:00Z",
      "first_lines": 12,
      "first_lines_of_format": 9,
      "first_lines_of_next_format": null,
      "format": "postfix",
      "format_from": "content",
      "format_tie": null,
      "hosts": [
        "mx1",
        "mx2"
      ],
      "last_line": "2026-03-01T23:59:59Z",
      "lines_ignored": 39,
      "lines_read": 100,
      "lines_rejected": 1,
      "lines_used": 60,
      "messages": 1,
      "next_format": null,
      "programs": {},
      "recipients": 2,
      "refusals": {
        "auth_failed": 3
      },
      "rejected_lines": [
        {
          "cut": true,
          "line": 7,
          "reason": "client= without address",
          "text": "Mar  1 \u001b[2J"
        }
      ],
      "rejected_reasons": {
        "client= without address": 1
      },
      "size_bytes": 4096,
      "timezone": "UTC",
      "timezone_assumed": true,
      "tls_logged": "yes",
      "tls_not_logged_by": [],
      "tls_versions": {
        "TLSv1.3": 1
      },
      "truncated": true,
      "unfinished_line": false,
      "year_from": "file_time"
    }
    "#);
}

#[test]
fn a_file_of_no_known_format_is_described() {
    let mut facts = facts(FormatFound::Nothing, None);
    facts.glance.programs = [("sshd".to_owned(), 11), ("kernel".to_owned(), 1)].into();
    facts.lines_of_format = 0;
    insta::assert_snapshot!(describe(&file("auth.log"), &facts, &SourceSettings::default()), @r"
    /var/log/auth.log
      size      4.00 KiB (4096 bytes), gzip, 19.53 KiB (20000 bytes) decoded
      lines are syslog (RFC 3164)
      format    unknown: no format reads any of the first 12 lines
      hosts     mx1
      programs  sshd (11 lines), kernel (1 line)
      note      nothing was counted; `mailtally formats` lists what can be read. If its lines are further down, say --format
    ");
}

#[test]
fn what_is_assumed_is_said() {
    let with = |change: &dyn Fn(&mut Content)| {
        let mut content = content();
        change(&mut content);
        let mut facts = facts(FormatFound::Given(formats::format("postfix").unwrap()), Some(content));
        facts.truncated = false;
        notes(&facts, &SourceSettings { timezone: chrono_tz::Tz::Europe__Berlin, ..SourceSettings::default() })
            .join("\n")
    };
    insta::assert_snapshot!(with(&|content| {
        content.year_from = YearFrom::Ids;
        content.tls = TlsEvidence::Nowhere;
    }), @r"
    the lines have no year; it is known from the queue ids
    the lines have no time zone; they are read as Europe/Berlin
    no line says a TLS version, so every version is unknown. Postfix logs it: with smtpd_tls_loglevel = 1
    ");
    insta::assert_snapshot!(with(&|content| {
        content.year_from = YearFrom::Given;
        content.tls = TlsEvidence::NotOf(["mx2".to_owned()].into());
        content.copy_of = Some(file("mail.log.1"));
    }), @r"
    the lines have no year; it is as --year says
    the lines have no time zone; they are read as Europe/Berlin
    it begins like /var/log/mail.log.1, which is longer or equal: a run takes both for one log and reads that one only
    no line of mx2 says a TLS version, so theirs are unknown where others' are none. Postfix logs it: with smtpd_tls_loglevel = 1
    ");
}
