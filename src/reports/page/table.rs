//! Any dataset as an HTML table: captioned, scrolling sideways on a phone, headed for screen readers.

use polars::prelude::{AnyValue, DataFrame};

use super::super::Result;
use super::super::cells::{Cell, cell};
use super::html::{count, escaped};

/// The most rows of one table: beyond that a page is no longer read, and a phone no longer shows it.
const MAX_ROWS: usize = 500;

/// The columns of a frame as a table. Names become headings, the first column heads its rows.
pub(super) fn of_frame(caption: &str, frame: &DataFrame, columns: &[&str]) -> Result<String> {
    let head: String = columns.iter().map(|name| heading(name)).collect();
    let shown = frame.head(Some(MAX_ROWS));
    let mut body = String::new();
    for row in 0..shown.height() {
        body.push_str("<tr>");
        for (index, name) in columns.iter().enumerate() {
            body.push_str(&data(name, &shown.column(name)?.get(row)?, index == 0));
        }
        body.push_str("</tr>\n");
    }
    Ok(table(&captioned(caption, frame.height()), &head, &body))
}

/// A table of rows that are HTML already.
pub(super) fn table(caption: &str, head: &str, body: &str) -> String {
    let label = escaped(caption);
    format!(
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{label}\"><table>\n<caption>{label}</caption>\n\
         <thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table></div>\n"
    )
}

/// A heading for a column of text or numbers.
pub(super) fn head(text: &str, class: &str) -> String {
    format!("<th scope=\"col\" class=\"{class}\">{}</th>", escaped(text))
}

/// A name as a heading: `client_ips` as `Client ips`, `percent_tlsv1_0` as `TLSv1.0 %`.
pub(super) fn spoken(name: &str) -> String {
    if let Some(version) = name.strip_prefix("percent_") {
        let known = super::super::tls::TLS_VERSIONS.iter().find(|known| known.suffix == version);
        return format!("{} %", known.map_or(version, |known| known.name));
    }
    let words = name.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn captioned(caption: &str, rows: usize) -> String {
    if rows > MAX_ROWS {
        let rows = count(i64::try_from(rows).unwrap_or(i64::MAX));
        format!("{caption} The first {MAX_ROWS} of {rows} rows; the exported dataset has all.")
    } else {
        caption.to_owned()
    }
}

fn heading(name: &str) -> String {
    head(&spoken(name), "")
}

/// One cell. Numbers are set to the right, a missing value is a dash.
fn data(name: &str, value: &AnyValue<'_>, heads_row: bool) -> String {
    let (class, text) = match value {
        AnyValue::Int64(number) => ("number", count(*number)),
        AnyValue::Float64(number) => ("number", format!("{number:.2}")),
        value => match cell(value) {
            Cell::Missing => ("", "–".to_owned()),
            Cell::Plain(text) | Cell::Time(text) => ("", text),
            Cell::Text(text) => (if name == "warnings" { "words" } else { "" }, escaped(&text)),
        },
    };
    if heads_row {
        format!("<th scope=\"row\" class=\"{class}\">{text}</th>")
    } else {
        format!("<td class=\"{class}\">{text}</td>")
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use polars::prelude::*;

    use super::*;

    #[test]
    fn long_tables_are_cut_and_say_so() {
        let frame = df!("n" => (0..501_i64).collect::<Vec<_>>()).unwrap();
        let html = of_frame("Numbers.", &frame, &["n"]).unwrap();
        assert_eq!(html.matches("scope=\"row\"").count(), 500);
        assert!(html.contains("Numbers. The first 500 of 501 rows"));
    }

    #[test]
    fn cells_are_shown_by_their_type() {
        let frame = df!("account" => [Some("a&b"), None], "messages" => [1_234_i64, 5]).unwrap();
        let html = of_frame("c", &frame, &["account", "messages"]).unwrap();
        assert!(html.contains("<th scope=\"row\" class=\"\">a&amp;b</th><td class=\"number\">1,234</td>"));
        assert!(html.contains("<th scope=\"row\" class=\"\">–</th>"));
    }

    #[test]
    fn names_are_spoken() {
        assert_eq!(spoken("client_ips"), "Client ips");
        assert_eq!(spoken("percent_tlsv1_0"), "TLSv1.0 %");
    }
}
