//! A file's facts for people: one fact a line, then what to beware of.

use std::fmt::{Display, Write as _};

use chrono::{DateTime, SecondsFormat};
use indicatif::HumanBytes;
use url::Url;

use super::json::hosts;
use crate::calendar::Timestamp;
use crate::cli::messages::printable;
use crate::pipelines::definition::SourceSettings;
use crate::pipelines::inspect::{Content, Facts, FormatFound, Rejected, TlsEvidence, YearFrom};
use crate::sources::{Compression, RawFile};
use crate::storage::display;

/// How many programs and hosts are named.
const NAMED: usize = 8;

/// The whole answer about one file.
pub(super) fn describe(file: &RawFile, facts: &Facts, settings: &SourceSettings) -> String {
    let mut text = format!("{}\n", printable(&display(&file.url)));
    for (name, value) in lines(file, facts) {
        let _ = writeln!(text, "  {name:<10}{}", printable(&value).replace('\n', " "));
    }
    for note in notes(facts, settings) {
        let _ = writeln!(text, "  note      {}", printable(&note).replace('\n', " "));
    }
    if let Some(content) = &facts.content {
        text.push_str(&rejected(content));
    }
    text
}

/// The facts in the order in which a person asks for them.
fn lines(file: &RawFile, facts: &Facts) -> Vec<(&'static str, String)> {
    let mut lines = vec![
        ("size", size(file, facts)),
        ("lines are", containers(facts)),
        ("format", format(facts)),
        ("hosts", some(hosts(facts).into_iter().map(str::to_owned).collect())),
    ];
    let Some(content) = &facts.content else {
        let named = |(name, lines): (&str, usize)| format!("{name} ({})", counted(lines as u64, "line", "lines"));
        lines.push(("programs", some(facts.glance.busiest_programs().into_iter().map(named).collect())));
        return lines;
    };
    let span = content.span.map(|(first, last)| format!("{} to {}", instant(first), instant(last)));
    lines.push(("time", span.unwrap_or_else(|| "no line has a time".to_owned())));
    let counts = content.lines;
    let sum = format!(
        "{} read = {} used + {} ignored + {} rejected",
        counts.read, counts.used, counts.ignored, counts.rejected
    );
    lines.push(("lines", sum));
    lines.extend(found(content));
    lines
}

fn size(file: &RawFile, facts: &Facts) -> String {
    let stored = HumanBytes(file.size);
    let compression = match facts.compression {
        Compression::Plain => return format!("{stored} ({} bytes), not compressed", file.size),
        Compression::Gzip => "gzip",
        Compression::Zstd => "zstd",
        Compression::Xz => "xz",
        Compression::Bzip2 => "bzip2",
    };
    let decoded =
        facts.decoded.map_or_else(String::new, |bytes| format!(", {} ({bytes} bytes) decoded", HumanBytes(bytes)));
    format!("{stored} ({} bytes), {compression}{decoded}", file.size)
}

fn containers(facts: &Facts) -> String {
    let glance = &facts.glance;
    let mut names = glance.containers.keys().map(|container| container.title().to_owned()).collect::<Vec<_>>();
    if names.is_empty() {
        return "in no container that is known (such as syslog)".to_owned();
    }
    if glance.bare > 0 {
        names.push(format!("{} in none that is known", counted(glance.bare as u64, "line", "lines")));
    }
    names.join(", ")
}

fn format(facts: &Facts) -> String {
    let of = format!("{} of the first {}", facts.lines_of_format, counted(facts.glance.lines as u64, "line", "lines"));
    match facts.format {
        FormatFound::Given(format) => format!("{}, as --format says; it reads {of}", format.name()),
        FormatFound::Detected(format) => {
            let share = 100 * facts.lines_of_format / facts.glance.lines.max(1);
            let next = facts.next_best.map_or_else(
                || "no other format any".to_owned(),
                |next| format!("the next best, {}, {}", next.format.name(), next.records),
            );
            format!("{}, found from the content: it reads {of} ({share} %), {next}", format.name())
        }
        FormatFound::OfOthers(format) => {
            format!("{}, as of the other files: none of the first {} shows a format", format.name(), facts.glance.lines)
        }
        FormatFound::Tie(first, second) => {
            format!("{} or {}: both read the first lines equally well", first.name(), second.name())
        }
        FormatFound::Nothing => {
            format!("unknown: no format reads any of the first {}", counted(facts.glance.lines as u64, "line", "lines"))
        }
    }
}

/// What was found in the file, without what was not.
fn found(content: &Content) -> Vec<(&'static str, String)> {
    let counts = &content.counts;
    let refused = counts.refusals.values().sum::<u64>();
    let mut lines = vec![(
        "found",
        format!(
            "{}; {} accepted after SMTP AUTH, to {}; {} refused",
            counted(content.connections, "connection", "connections"),
            counted(counts.messages, "message", "messages"),
            counted(counts.recipients, "recipient", "recipients"),
            counted(refused, "attempt", "attempts"),
        ),
    )];
    if !counts.versions.is_empty() {
        lines.push(("TLS", parts(counts.versions.iter().map(|(version, messages)| (version.as_str(), *messages)))));
    }
    if !counts.refusals.is_empty() {
        lines.push(("refused", parts(counts.refusals.iter().map(|(kind, attempts)| (*kind, *attempts)))));
    }
    lines
}

/// `300 TLSv1.2, 2 none`.
fn parts(counts: impl Iterator<Item = (&'static str, u64)>) -> String {
    counts.map(|(name, count)| format!("{count} {name}")).collect::<Vec<_>>().join(", ")
}

/// What to beware of, what is a guess, and how to say it better.
fn notes(facts: &Facts, settings: &SourceSettings) -> Vec<String> {
    let mut notes = Vec::new();
    match facts.format {
        FormatFound::Tie(first, _) => notes.push(format!(
            "nothing was counted; say which it is with --format {name}, or format = \"{name}\" in the pipeline",
            name = first.name()
        )),
        FormatFound::Nothing => notes.push(
            "nothing was counted; `mailtally formats` lists what can be read. If its lines are further down, say --format".to_owned(),
        ),
        _ => {}
    }
    if facts.truncated {
        notes.push("the file is cut off: it was read up to there, and what came after is missing".to_owned());
    } else if facts.glance.unfinished_line == Some(true) {
        notes.push("the last line has no end: the file is still being written, or was cut".to_owned());
    }
    if let Some(content) = &facts.content {
        notes.extend(time_notes(facts, content, settings));
        notes.extend(content.copy_of.as_ref().map(|other| {
            format!(
                "it begins like {}, which is longer or equal: a run takes both for one log and reads that one only",
                display(&other.url)
            )
        }));
        notes.extend(tls_note(facts, content));
    }
    notes
}

fn time_notes(facts: &Facts, content: &Content, settings: &SourceSettings) -> Vec<String> {
    let mut notes = Vec::new();
    if facts.glance.yearless {
        let file = |url: &Url| display(url);
        notes.push(match &content.year_from {
            YearFrom::Ids => "the lines have no year; it is known from the queue ids".to_owned(),
            YearFrom::IdsOf(other) => {
                format!("the lines have no year; it is known from the queue ids in {}", file(other))
            }
            YearFrom::Given => "the lines have no year; it is as --year says".to_owned(),
            YearFrom::Written(newest) => format!(
                "the lines have no year; it is a guess from when {} was last written. If it is wrong, say --year",
                file(newest)
            ),
        });
    }
    if facts.glance.zoneless {
        let zone = settings.timezone;
        let better =
            if zone == chrono_tz::Tz::UTC { ". If the server's clock shows another, say --timezone" } else { "" };
        notes.push(format!("the lines have no time zone; they are read as {}{better}", zone.name()));
    }
    notes
}

fn tls_note(facts: &Facts, content: &Content) -> Option<String> {
    let how = facts
        .format
        .format()
        .map_or_else(String::new, |format| format!(". {} logs it: {}", format.title(), format.tells().tls_version));
    match &content.tls {
        TlsEvidence::Logged => None,
        TlsEvidence::NotOf(servers) => {
            let servers = some(servers.iter().cloned().collect());
            Some(format!("no line of {servers} says a TLS version, so theirs are unknown where others' are none{how}"))
        }
        TlsEvidence::Nowhere => Some(format!("no line says a TLS version, so every version is unknown{how}")),
        TlsEvidence::Given(true) => {
            Some("a session without a TLS line counts as none, as --tls-logged says".to_owned())
        }
        TlsEvidence::Given(false) => {
            Some("a session without a TLS line counts as unknown, as --tls-logged says".to_owned())
        }
    }
}

/// The rejected lines: all by reason, the first ones themselves.
fn rejected(content: &Content) -> String {
    let counts = &content.counts;
    let mut text = String::new();
    for (reason, lines) in &counts.reasons {
        let _ = writeln!(text, "  rejected  {}: {reason}", counted(*lines, "line", "lines"));
    }
    for Rejected { line, reason, text: raw, cut } in &counts.rejected {
        let more = if *cut { "…" } else { "" };
        let _ = writeln!(text, "  line {line}: {reason}\n    {}{more}", printable(raw).replace('\n', " "));
    }
    text
}

/// A few names, and how many more there are.
fn some(names: Vec<String>) -> String {
    let more = names.len().saturating_sub(NAMED);
    let mut text = names.into_iter().take(NAMED).collect::<Vec<_>>().join(", ");
    if more > 0 {
        let _ = write!(text, " and {more} more");
    }
    if text.is_empty() { "none named".to_owned() } else { text }
}

fn counted(count: u64, one: &str, many: &str) -> String {
    let name: &dyn Display = if count == 1 { &one } else { &many };
    format!("{count} {name}")
}

/// RFC 3339, UTC, to the second.
pub(super) fn instant(at: Timestamp) -> String {
    let at = DateTime::from_timestamp_micros(at);
    at.map_or_else(String::new, |at| at.to_rfc3339_opts(SecondsFormat::Secs, true))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::*;
    use crate::formats;
    use crate::pipelines::inspect::{Counts, Glance};
    use crate::sources::container::Container;
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
        let rejected =
            Rejected { line: 7, reason: "client= without address", text: "Mar  1 \u{1b}[2J".into(), cut: true };
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
        let (compression, decoded) = (Compression::Gzip, Some(20_000));
        Facts {
            compression,
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
        let object = super::super::json::object(&file("mail.log.2.gz"), &facts, &SourceSettings::default());
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
}
