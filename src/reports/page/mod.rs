//! The page: one HTML file that reads well from a disk, on a phone, in the dark and without a network.
//!
//! The page itself is built from `web/` into `web/dist/report.html`, which is committed. Here it gets three things: its
//! title, its data, and a summary in plain tables for browsers without scripts. Nothing is loaded: the content security
//! policy allows the one script and the one style by their hashes and nothing else, so that even words of
//! strangers that slipped through could do nothing. All text from data goes through `html::escaped` or is base64.

mod activity;
mod html;
mod payload;
mod sections;
mod table;

use polars::prelude::DataFrame;

use super::digest::Digest;
use super::{Result, Window};
pub use activity::{Activity, MAX_ROWS, activity};
use html::{bytes, count, escaped, signed};

/// The page without its data.
const TEMPLATE: &str = include_str!("../../../web/dist/report.html");

/// The summary for browsers without scripts.
const SUMMARY: &str = include_str!("summary.html");

/// The page of a window: all that the datasets and the activity hold, for the page's script to show.
///
/// # Errors
/// Where a dataset that the page is built on is missing, or not of this version's shape.
pub fn render(datasets: &[(&str, DataFrame)], activity: &Activity, window: &Window, title: &str) -> Result<String> {
    let summary = summary(datasets, window, title)?;
    let data = payload::payload(datasets, activity, window, title)?;
    let values = [("title", escaped(title)), ("summary", summary), ("data", data)];
    Ok(fill(TEMPLATE, ["<!--fill:", "-->"], &values.each_ref().map(|(name, value)| (*name, value.as_str()))))
}

/// The numbers, the TLS versions, the volume by domain, the details, the coverage, and any other dataset that is given
/// as a plain table.
fn summary(datasets: &[(&str, DataFrame)], window: &Window, title: &str) -> Result<String> {
    let digest = Digest::new(datasets)?;
    let sections = sections::all(datasets, &digest, window)?;
    Ok(fill(
        SUMMARY,
        ["{{", "}}"],
        &[
            ("title", &escaped(title)),
            ("window", &window.to_string()),
            ("previous", &window.previous().to_string()),
            ("as_of", &window.as_of.to_string()),
            ("numbers", &numbers(&digest)),
            ("sections", &sections),
        ],
    ))
}

/// Puts values where the template names them, in one pass: a value that looks like a name is not filled again.
fn fill(template: &str, [open, close]: [&str; 2], values: &[(&str, &str)]) -> String {
    let room: usize = values.iter().map(|(_, value)| value.len()).sum();
    let mut page = String::with_capacity(template.len() + room);
    let mut parts = template.split(open);
    page.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (name, rest) = part.split_once(close).unwrap_or((part, ""));
        page.push_str(values.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value));
        page.push_str(rest);
    }
    page
}

fn numbers(digest: &Digest) -> String {
    let legacy = digest.legacy_accounts.map_or_else(String::new, |accounts| format!("accounts: {}", count(accounts)));
    [
        number(
            "widget",
            "Accounts that sent",
            &count(digest.accounts),
            &change(digest.change_accounts, digest.change_accounts_percent),
        ),
        number(
            "",
            "Messages",
            &count(digest.messages),
            &change(digest.change_messages, digest.change_messages_percent),
        ),
        number("", "Legacy messages", &count(digest.legacy_messages), &legacy),
        number("", "Domains", &count(digest.domains), ""),
        number("", "Recipients", &count(digest.recipients), ""),
        number("", "Size", &bytes(digest.bytes), "where the logs have it"),
    ]
    .concat()
}

fn number(class: &str, name: &str, figure: &str, note: &str) -> String {
    format!(
        "<div{}><dt>{}</dt><dd class=\"figure\">{}</dd><dd class=\"quiet\">{}</dd></div>",
        html::class(class),
        escaped(name),
        escaped(figure),
        escaped(note)
    )
}

/// A change in words.
fn change(by: i64, percent: Option<f64>) -> String {
    match percent {
        Some(percent) => format!("{} ({percent:+.2} %)", signed(by)),
        None => format!("{}, none before", signed(by)),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use polars::prelude::*;

    use super::super::{DATASETS, Tables, build, examples};
    use super::*;

    fn built(tables: &Tables) -> Vec<(&'static str, DataFrame)> {
        DATASETS.iter().map(|set| (set.name, build(set, tables, &examples::window()).unwrap())).collect()
    }

    fn page(tables: &Tables, title: &str) -> String {
        let activity = activity(tables).unwrap();
        render(&built(tables), &activity, &examples::window(), title).unwrap()
    }

    /// The part that a browser without scripts shows.
    fn plain(tables: &Tables, title: &str) -> String {
        summary(&built(tables), &examples::window(), title).unwrap()
    }

    #[test]
    fn the_page_shows_the_numbers() {
        let page = plain(&examples::tables(), "Submissions");
        assert!(page.contains("<h1>Submissions</h1>"));
        assert!(
            page.contains("2026-03-01 to 2026-03-04 (UTC days, both included), compared with 2026-02-25 to 2026-02-28")
        );
        assert!(
            page.contains(
                "<dt>Accounts that sent</dt><dd class=\"figure\">2</dd><dd class=\"quiet\">+1 (+100.00 %)</dd>"
            )
        );
        assert!(page.contains("alice@a.test"));
        assert!(page.contains("no line says a TLS version"));
        assert!(!page.contains("{{"));
    }

    #[test]
    fn nothing_in_the_data_becomes_markup() {
        let mut lake = examples::lake();
        let evil = lit("<script>alert(\"1\")</script>&{{title}}'");
        for frame in [&mut lake.volume, &mut lake.clients, &mut lake.tls] {
            *frame = frame.clone().with_columns([evil.clone().alias("account"), evil.clone().alias("domain")]);
        }
        lake.coverage = lake.coverage.with_column(evil.alias("source"));
        let page = page(&lake.tables(), "<b>title</b>");
        assert!(page.contains("<title>&lt;b&gt;title"));
        assert!(!page.contains("<script>alert") && !page.contains("<b>"));
        assert!(page.contains("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;{{title}}&#39;"));
    }

    #[test]
    fn the_page_is_filled_and_allows_only_its_own_script() {
        let page = page(&examples::tables(), "t");
        assert!(!page.contains("<!--"));
        assert!(page.contains("default-src 'none'; script-src 'sha256-"));
        assert!(!page.contains("unsafe-"));
        assert!(page.contains(&plain(&examples::tables(), "t")));
    }

    #[test]
    fn the_summary_loads_nothing() {
        let page = plain(&examples::tables(), "t");
        for forbidden in ["<script", "src=", "href=", "url(", "@import", "http://", "https://", " style=", " on"] {
            let found = page
                .match_indices(forbidden)
                .filter(|(at, _)| forbidden != " on" || page[*at..].starts_with(" onload"));
            assert_eq!(found.count(), 0, "{forbidden}");
        }
    }

    #[test]
    fn tables_are_told_apart_by_captions_and_scopes() {
        let page = plain(&examples::tables(), "t");
        let many = |text: &str| page.matches(text).count();
        assert_eq!(many("<table>"), many("<caption>"));
        // Five of the sections' own; devices, refused clients, scenarios, weeks, what is unusual and what was imported.
        assert_eq!(many("<table>"), 11);
        assert_eq!(many("<th"), many("scope=\"col\"") + many("scope=\"row\"") + many("<thead"));
    }

    #[test]
    fn a_window_without_data_is_a_page_too() {
        let page = plain(&examples::empty(), "t");
        assert!(page.contains("+0, none before"));
        assert!(page.contains("0.00 %"));
    }

    #[test]
    fn a_dataset_without_sections_of_its_own_is_a_table() {
        let mut datasets = built(&examples::tables());
        datasets.push(("legacy_clients", df!("window_start" => ["x"], "account" => ["carol@c.test"]).unwrap()));
        let page = summary(&datasets, &examples::window(), "t").unwrap();
        assert!(page.contains("<h2>Legacy clients</h2>") && page.contains("carol@c.test"));
    }
}
