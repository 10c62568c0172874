//! A file's facts for people: one fact a line, then what to beware of.

use std::fmt::Write as _;

use chrono::{DateTime, SecondsFormat};
use indicatif::HumanBytes;

use super::json::hosts;
use super::notes::notes;
use crate::calendar::Timestamp;
use crate::cli::messages::on_one_line;
use crate::pipelines::definition::SourceSettings;
use crate::pipelines::inspect::{Content, Facts, FormatFound, Rejected};
use crate::sources::{Encoding, RawFile};
use crate::storage::display;
use crate::words::counted;

/// How many programs and hosts are named.
const NAMED: usize = 8;

/// The whole answer about one file.
pub(super) fn describe(file: &RawFile, facts: &Facts, settings: &SourceSettings) -> String {
    let mut text = format!("{}\n", on_one_line(&display(&file.url)));
    for (name, value) in lines(file, facts) {
        let _ = writeln!(text, "  {name:<10}{}", on_one_line(&value));
    }
    for note in notes(facts, settings) {
        let _ = writeln!(text, "  note      {}", on_one_line(&note));
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
        let named = |(name, lines): (&str, usize)| format!("{name} ({})", counted(lines as u64, "line"));
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
    let compression = match facts.encoding {
        Encoding::Plain => return format!("{stored} ({} bytes), not compressed", file.size),
        Encoding::Gzip => "gzip",
        Encoding::Zstd => "zstd",
        Encoding::Xz => "xz",
        Encoding::Bzip2 => "bzip2",
        Encoding::Utf16 => "UTF-16",
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
        names.push(format!("{} in none that is known", counted(glance.bare as u64, "line")));
    }
    names.join(", ")
}

fn format(facts: &Facts) -> String {
    let of = format!("{} of the first {}", facts.lines_of_format, counted(facts.glance.lines as u64, "line"));
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
        FormatFound::Report(report) => format!("{}: no log, but a report of {}", report.name, report.title),
        FormatFound::Nothing => {
            format!("unknown: no format reads any of the first {}", counted(facts.glance.lines as u64, "line"))
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
            counted(content.connections, "connection"),
            counted(counts.messages, "message"),
            counted(counts.recipients, "recipient"),
            counted(refused, "attempt"),
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

/// The rejected lines: all by reason, the first ones themselves.
fn rejected(content: &Content) -> String {
    let counts = &content.counts;
    let mut text = String::new();
    for (reason, lines) in &counts.reasons {
        let _ = writeln!(text, "  rejected  {}: {reason}", counted(*lines, "line"));
    }
    for Rejected { line, reason, text: raw, cut } in &counts.rejected {
        let more = if *cut { "…" } else { "" };
        let _ = writeln!(text, "  line {line}: {reason}\n    {}{more}", on_one_line(raw));
    }
    text
}

/// A few names, and how many more there are.
pub(super) fn some(names: Vec<String>) -> String {
    let more = names.len().saturating_sub(NAMED);
    let mut text = names.into_iter().take(NAMED).collect::<Vec<_>>().join(", ");
    if more > 0 {
        let _ = write!(text, " and {more} more");
    }
    if text.is_empty() { "none named".to_owned() } else { text }
}

/// RFC 3339, UTC, to the second.
pub(super) fn instant(at: Timestamp) -> String {
    let at = DateTime::from_timestamp_micros(at);
    at.map_or_else(String::new, |at| at.to_rfc3339_opts(SecondsFormat::Secs, true))
}
