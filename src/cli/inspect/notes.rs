//! What to beware of in a file's facts, what of them is a guess, and how to say it better.

use url::Url;

use super::text::some;
use crate::pipelines::definition::SourceSettings;
use crate::pipelines::inspect::{Content, Facts, FormatFound, TlsEvidence, YearFrom};
use crate::storage::display;

/// One sentence or two for each.
pub(super) fn notes(facts: &Facts, settings: &SourceSettings) -> Vec<String> {
    let mut notes = Vec::new();
    match facts.format {
        FormatFound::Tie(first, _) => notes.push(format!(
            "nothing was counted; say which it is with --format {name}, or format = \"{name}\" in the pipeline",
            name = first.name()
        )),
        FormatFound::Report(report) => notes.push(format!(
            "nothing was counted; give it to a pipeline, as a source of its own with format = \"{}\"",
            report.name
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
