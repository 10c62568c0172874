//! The page's sections: TLS versions, volume, details, coverage, and whatever else was built.

use polars::prelude::*;

use super::super::datasets::{STAMPS, dataset};
use super::super::digest::{Digest, TlsPart, domains};
use super::super::tls::TLS_VERSIONS;
use super::super::{Result, Window, find};
use super::html::{count, escaped};
use super::table::{head, of_frame, spoken, table};
use crate::calendar::Day;

/// All sections in reading order.
pub(super) fn all(datasets: &[(&str, DataFrame)], digest: &Digest, window: &Window) -> Result<String> {
    let mut html = section("TLS versions", &tls(digest));
    html.push_str(&section("Sending volume", &volume(find(datasets, "sending_volume")?, window)?));
    html.push_str(&section("Accounts", &accounts(find(datasets, "sending_volume_details")?)?));
    html.push_str(&section("TLS per account", &tls_details(find(datasets, "tls_usage_details")?)?));
    let is_table = |name: &str| dataset(name).is_some_and(|dataset| dataset.on_page.is_plain_table());
    for (name, frame) in datasets.iter().filter(|(name, _)| is_table(name)) {
        html.push_str(&section(&spoken(name), &of_frame("", frame, &own_columns(frame))?));
    }
    html.push_str(&section("Coverage", &coverage(find(datasets, "coverage")?, digest)?));
    Ok(html)
}

fn section(heading: &str, body: &str) -> String {
    format!("<section>\n<h2>{}</h2>\n{body}</section>\n", escaped(heading))
}

/// A dataset's columns behind the window's, which the page says once.
fn own_columns(frame: &DataFrame) -> Vec<&str> {
    let names = frame.get_column_names().into_iter().map(|name| name.as_str());
    names.filter(|name| !STAMPS.contains(name)).collect()
}

fn tls(digest: &Digest) -> String {
    let heads =
        [("Version", ""), ("Messages", "number"), ("Percent", "number"), ("", "bar"), ("Window before", "number")];
    let heads: String = heads.map(|(text, class)| head(text, class)).concat();
    let rows: String = digest.tls.iter().map(tls_row).collect();
    table("Messages by TLS version. Red ones are legacy: no TLS, or older than TLS 1.2.", &heads, &rows)
}

fn tls_row(part: &TlsPart) -> String {
    let class = match part.version {
        "unknown" => "undetermined",
        version if TLS_VERSIONS.iter().any(|known| known.name == version && known.legacy) => "legacy",
        _ => "current",
    };
    format!(
        "<tr><th scope=\"row\" class=\"{class}\">{}</th><td class=\"number\">{}</td><td class=\"number\">{:.2} %</td>\
         <td class=\"bar\">{}</td><td class=\"number\">{}</td></tr>\n",
        escaped(part.version),
        count(part.messages),
        part.percent,
        bar(part.percent, class),
        count(part.previous_messages)
    )
}

/// A bar of 0 to 100 percent. The number stands beside it, so a screen reader need not hear it.
fn bar(percent: f64, class: &str) -> String {
    format!(
        "<svg class=\"bars\" viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\
         <rect class=\"track\" width=\"100\" height=\"8\"/><rect class=\"{class}\" width=\"{percent:.2}\" height=\"8\"/></svg>"
    )
}

fn volume(frame: &DataFrame, window: &Window) -> Result<String> {
    let domains = domains(frame)?;
    let all: i64 = domains.iter().map(|(_, messages)| messages).sum();
    let heads = [("Domain", ""), ("Messages", "number"), ("Percent", "number"), ("", "bar")];
    let heads: String = heads.map(|(text, class)| head(text, class)).concat();
    let rows: String = domains.iter().map(|(domain, messages)| domain_row(domain.as_deref(), *messages, all)).collect();
    Ok(format!("{}{}", days(frame, window)?, table("Messages by domain of the account.", &heads, &rows)))
}

fn domain_row(domain: Option<&str>, messages: i64, all: i64) -> String {
    let percent = if all > 0 { messages as f64 * 100.0 / all as f64 } else { 0.0 };
    format!(
        "<tr><th scope=\"row\">{}</th><td class=\"number\">{}</td><td class=\"number\">{percent:.2} %</td>\
         <td class=\"bar\">{}</td></tr>\n",
        escaped(domain.unwrap_or("not known")),
        count(messages),
        bar(percent, "volume")
    )
}

/// A column per day of the window, all domains together.
fn days(frame: &DataFrame, window: &Window) -> Result<String> {
    let days = frame.clone().lazy().group_by([col("date")]).agg([col("messages").sum()]);
    let days = days.sort(["date"], SortMultipleOptions::default()).collect()?;
    let dates = days.column("date")?.date()?.physical().iter().flatten().map(Day::from_epoch_days);
    let days: Vec<(Day, i64)> = dates.zip(days.column("messages")?.i64()?.iter().flatten()).collect();
    let Some(largest) = days.iter().map(|(_, messages)| *messages).max().filter(|largest| *largest > 0) else {
        return Ok(String::new());
    };
    let bars: String = days.iter().map(|(day, messages)| column(*day, window.first, *messages, largest)).collect();
    let label = format!("Messages per day from {} to {}, at most {}", window.first, window.last, count(largest));
    Ok(format!(
        "<p class=\"quiet\">{label}.</p>\n<svg class=\"days\" viewBox=\"0 0 {} 100\" preserveAspectRatio=\"none\" \
         role=\"img\" aria-label=\"{label}\">{bars}</svg>\n",
        window.days().len() * 10
    ))
}

/// One day's column, ten units wide with its gap, in a chart a hundred units high.
fn column(day: Day, first: Day, messages: i64, largest: i64) -> String {
    let height = messages as f64 * 100.0 / largest as f64;
    format!(
        "<rect class=\"volume\" x=\"{}\" y=\"{:.2}\" width=\"8\" height=\"{height:.2}\"><title>{day}: {}</title></rect>",
        (day.epoch_days() - first.epoch_days()) * 10 + 1,
        100.0 - height,
        count(messages)
    )
}

fn accounts(frame: &DataFrame) -> Result<String> {
    of_frame("What each account sent, most messages first.", frame, &own_columns(frame))
}

/// Percentages only: the numbers behind them are in the dataset, and seven columns fewer fit a screen.
fn tls_details(frame: &DataFrame) -> Result<String> {
    let columns = own_columns(frame);
    let columns: Vec<&str> = columns.into_iter().filter(|name| !name.starts_with("messages_")).collect();
    of_frame("How each account's messages came in, most messages first.", frame, &columns)
}

fn coverage(frame: &DataFrame, digest: &Digest) -> Result<String> {
    const COLUMNS: [&str; 8] =
        ["date", "source", "lines_read", "lines_ignored", "lines_rejected", "submissions", "refusals", "warnings"];
    let warnings: String =
        digest.warnings.iter().map(|warning| format!("<li>{}</li>\n", escaped(&warning.words()))).collect();
    let list = if warnings.is_empty() { String::new() } else { format!("<ul class=\"warnings\">\n{warnings}</ul>\n") };
    Ok(list + &of_frame("What each day and source was built from.", frame, &COLUMNS)?)
}
