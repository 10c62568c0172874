//! The sections of a pipeline file that may be left out: `[run]`, `[window]`, `[report]`, `[limits]`.

use super::fields::{Entry, Section};
use super::{Known, Limits, Lookback, Report, Run, Window, values};
use crate::reports;

pub(super) fn run(top: Section<'_>) -> Run {
    let section = top.get("run").and_then(|entry| entry.section("[run]", &["lookback_days", "threads"]));
    let get = |key| section.and_then(|section| section.get(key));
    let threads = get("threads").and_then(|entry| entry.integer(1..=1024));
    Run {
        lookback: get("lookback_days").and_then(lookback).unwrap_or(Lookback::Days(35)),
        threads: threads.and_then(|threads| usize::try_from(threads).ok()),
    }
}

fn lookback(entry: Entry<'_>) -> Option<Lookback> {
    match entry.scalar().as_deref() {
        Some("all") => Some(Lookback::All),
        Some(text) if text.parse::<i64>().is_err() => {
            entry.refuse("'lookback_days' must be a number of days or \"all\"", None)
        }
        _ => entry.integer(1..=36_500).and_then(|days| u32::try_from(days).ok()).map(Lookback::Days),
    }
}

pub(super) fn window(top: Section<'_>) -> Window {
    let section = top.get("window").and_then(|entry| entry.section("[window]", &["days", "timezone"]));
    let get = |key| section.and_then(|section| section.get(key));
    if let Some(entry) = get("timezone") {
        utc(entry);
    }
    let days = get("days").and_then(|entry| entry.integer(1..=3_660)).and_then(|days| u32::try_from(days).ok());
    Window { days: days.unwrap_or(7) }
}

/// The key is there already so that a file can say what it relies on; the lake's days are UTC days.
fn utc(entry: Entry<'_>) {
    if let Some(zone) = entry.parse(values::timezone)
        && !matches!(zone, chrono_tz::Tz::UTC | chrono_tz::Tz::Etc__UTC)
    {
        let advice = "write \"UTC\" or leave the key out; a source's own zone goes into [[sources]]".to_owned();
        entry.refuse::<()>(format!("reports are cut at UTC days, not at those of {zone}"), Some(advice));
    }
}

pub(super) fn report(top: Section<'_>, known: &Known<'_>) -> Report {
    let section = top.get("report").and_then(|entry| entry.section("[report]", &["datasets", "formats", "title"]));
    let get = |key| section.and_then(|section| section.get(key));
    Report {
        datasets: choices(get("datasets"), "dataset", known.datasets),
        formats: match get("formats") {
            None => known.exports.iter().filter(|name| is_usual(name)).map(|name| (*name).to_owned()).collect(),
            formats => choices(formats, "report format", known.exports),
        },
        title: get("title").and_then(|entry| entry.text()).map(str::to_owned),
    }
}

/// Whether a report is published in a form unless its pipeline says otherwise.
fn is_usual(form: &str) -> bool {
    reports::export(form).is_none_or(|export| export.usual)
}

/// The names listed, each once; all that are known where there is no list.
fn choices(entry: Option<Entry<'_>>, what: &str, known: &[&str]) -> Vec<String> {
    let Some(entry) = entry else { return known.iter().map(|name| (*name).to_owned()).collect() };
    let list = entry.list();
    if list.is_empty() {
        entry.refuse::<()>(
            format!("'{}' is empty", entry.key()),
            Some("leave the key out for all usual ones".to_owned()),
        );
    }
    let mut names: Vec<String> = Vec::new();
    for name in list.iter().filter_map(|entry| entry.choice(what, known)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

pub(super) fn limits(top: Section<'_>) -> Limits {
    let section = top.get("limits").and_then(|entry| entry.section("[limits]", &["max_rejected_percent"]));
    let percent = section.and_then(|section| section.get("max_rejected_percent"));
    Limits { max_rejected_percent: percent.and_then(|entry| entry.decimal(0.0..=100.0)).unwrap_or(1.0) }
}
