//! A file's facts for programs.

use serde_json::{Map, Value, json};

use super::text::instant;
use crate::pipelines::definition::SourceSettings;
use crate::pipelines::inspect::{Content, Facts, FormatFound, TlsEvidence, YearFrom};
use crate::sources::RawFile;
use crate::storage::display;

/// One object: what is not known is null.
pub(super) fn object(file: &RawFile, facts: &Facts, settings: &SourceSettings) -> Value {
    let glance = &facts.glance;
    let tie = match facts.format {
        FormatFound::Tie(first, second) => json!([first.name(), second.name()]),
        _ => Value::Null,
    };
    let mut object = json!({
        "file": display(&file.url),
        "error": null,
        "size_bytes": file.size,
        "compression": facts.encoding,
        "decoded_bytes": facts.decoded,
        "truncated": facts.truncated,
        "unfinished_line": glance.unfinished_line,
        "containers": glance.containers.keys().map(|container| container.name()).collect::<Vec<_>>(),
        "format": format(facts.format),
        "format_from": format_from(facts.format),
        "format_tie": tie,
        "first_lines": glance.lines,
        "first_lines_of_format": facts.lines_of_format,
        "next_format": facts.next_best.map(|next| next.format.name()),
        "first_lines_of_next_format": facts.next_best.map(|next| next.records),
        "programs": glance.programs,
        "hosts": hosts(facts),
        "timezone": glance.zoneless.then(|| settings.timezone.name()),
        "timezone_assumed": glance.zoneless,
    });
    if let (Value::Object(object), Some(content)) = (&mut object, &facts.content) {
        object.extend(contents(content, glance.yearless));
    }
    object
}

fn contents(content: &Content, yearless: bool) -> Map<String, Value> {
    let counts = &content.counts;
    let rejected = counts
        .rejected
        .iter()
        .map(|line| json!({ "line": line.line, "reason": line.reason, "text": line.text, "cut": line.cut }));
    let versions = counts.versions.iter().map(|(version, messages)| (version.as_str().to_owned(), json!(messages)));
    let members = json!({
        "first_line": content.span.map(|(first, _)| instant(first)),
        "last_line": content.span.map(|(_, last)| instant(last)),
        "year_from": yearless.then(|| year_from(&content.year_from)),
        "lines_read": content.lines.read,
        "lines_used": content.lines.used,
        "lines_ignored": content.lines.ignored,
        "lines_rejected": content.lines.rejected,
        "connections": content.connections,
        "messages": counts.messages,
        "recipients": counts.recipients,
        "tls_versions": versions.collect::<Map<_, _>>(),
        "tls_logged": tls_logged(&content.tls),
        "tls_not_logged_by": silent(&content.tls),
        "refusals": counts.refusals,
        "rejected_reasons": counts.reasons,
        "rejected_lines": rejected.collect::<Vec<_>>(),
        "copy_of": content.copy_of.as_ref().map(|file| display(&file.url)),
    });
    match members {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// Every host of the glance and of the rows.
pub(super) fn hosts(facts: &Facts) -> std::collections::BTreeSet<&str> {
    let servers = facts.content.iter().flat_map(|content| &content.counts.servers);
    facts.glance.hosts.iter().chain(servers).map(String::as_str).collect()
}

fn format(found: FormatFound) -> Option<&'static str> {
    match found {
        FormatFound::Report(report) => Some(report.name),
        of_log => of_log.format().map(|format| format.name()),
    }
}

fn format_from(found: FormatFound) -> Option<&'static str> {
    match found {
        FormatFound::Given(_) => Some("given"),
        FormatFound::Detected(_) | FormatFound::Report(_) => Some("content"),
        FormatFound::OfOthers(_) => Some("other_files"),
        FormatFound::Tie(..) | FormatFound::Nothing => None,
    }
}

fn year_from(from: &YearFrom) -> &'static str {
    match from {
        YearFrom::Ids => "queue_ids",
        YearFrom::IdsOf(_) => "queue_ids_of_other_file",
        YearFrom::Given => "given",
        YearFrom::Written(_) => "file_time",
    }
}

fn tls_logged(tls: &TlsEvidence) -> &'static str {
    match tls {
        TlsEvidence::Logged => "yes",
        TlsEvidence::NotOf(_) => "partly",
        TlsEvidence::Nowhere => "no",
        TlsEvidence::Given(true) => "given_yes",
        TlsEvidence::Given(false) => "given_no",
    }
}

/// The servers that keep silent about TLS, though others do not.
fn silent(tls: &TlsEvidence) -> Value {
    if let TlsEvidence::NotOf(servers) = tls { json!(servers) } else { json!([]) }
}
