//! Any dataset as an HTML table: captioned, scrolling sideways on a phone, headed for screen readers.

use polars::prelude::{Column, DataFrame, PolarsResult};

use super::super::Result;
use super::super::cells::{Cell, Cells, batch};
use super::html::{class, count, escaped};

/// The most rows of one table: beyond that a page is no longer read, and a phone no longer shows it.
const MAX_ROWS: usize = 100;

/// The columns of a frame as a table. Names become headings, the first column heads its rows.
pub(super) fn of_frame(caption: &str, frame: &DataFrame, columns: &[&str]) -> Result<String> {
    let columns = columns.iter().map(|name| frame.column(name)).collect::<PolarsResult<Vec<_>>>()?;
    let head: String = columns.iter().map(|column| heading(column)).collect();

    let shown = batch(&frame.select(columns.iter().map(|column| column.name().clone()))?.head(Some(MAX_ROWS)))?;
    let cells = Cells::of_columns(&shown);
    let mut body = String::new();
    for row in 0..shown.num_rows() {
        body.push_str("<tr>");
        for (index, (column, cells)) in columns.iter().zip(&cells).enumerate() {
            body.push_str(&data(column.name(), cells.get(row), index == 0));
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
pub(super) fn head(text: &str, of: &str) -> String {
    format!("<th scope=\"col\"{}>{}</th>", class(of), escaped(text))
}

/// Names that say more, or less, than their words do.
const SPOKEN: [(&str, &str); 8] = [
    ("client_ips", "Client addresses"),
    ("mail_froms", "Sender addresses (most in a day)"),
    ("min_tls_version", "Lowest TLS"),
    ("weak_cipher_messages", "Weak ciphers"),
    ("auth_basic", "Basic AUTH"),
    ("auth_oauth", "OAuth"),
    ("auth_other", "Other AUTH"),
    ("auth_unknown", "AUTH unknown"),
];

/// A name as a heading: `first_seen` as `First seen`, `percent_tlsv1_0` as `TLSv1.0 %`.
pub(super) fn spoken(name: &str) -> String {
    if let Some(version) = name.strip_prefix("percent_") {
        let known = super::super::tls::TLS_VERSIONS.iter().find(|known| known.suffix == version);
        return format!("{} %", known.map_or(version, |known| known.name));
    }
    if let Some((_, words)) = SPOKEN.iter().find(|(known, _)| *known == name) {
        return (*words).to_owned();
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

fn heading(column: &Column) -> String {
    head(&spoken(column.name()), if column.dtype().is_primitive_numeric() { "number" } else { "" })
}

/// An instant as a person reads it: to the minute.
fn to_the_minute(time: &str) -> String {
    match time.split_once('T') {
        Some((day, clock)) => format!("{day} {}", clock.get(..5).unwrap_or(clock)),
        None => time.to_owned(),
    }
}

/// One cell. Numbers are set to the right, a missing value is a dash.
fn data(name: &str, value: Cell<'_>, heads_row: bool) -> String {
    let (kind, text) = match value {
        Cell::Missing => ("", "–".to_owned()),
        Cell::Number(number) => ("number", count(number)),
        Cell::Float(number) => ("number", format!("{number:.2}")),
        Cell::Instant(_) => ("", to_the_minute(&value.text())),
        Cell::Text(text) => (if name == "warnings" { "words" } else { "" }, escaped(text)),
        Cell::Day(_) | Cell::Truth(_) => ("", value.text()),
    };
    if heads_row {
        format!("<th scope=\"row\"{}>{text}</th>", class(kind))
    } else {
        format!("<td{}>{text}</td>", class(kind))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use polars::prelude::*;

    use super::*;

    #[test]
    fn long_tables_are_cut_and_say_so() {
        let frame = df!("n" => (0..101_i64).collect::<Vec<_>>()).unwrap();
        let html = of_frame("Numbers.", &frame, &["n"]).unwrap();
        assert_eq!(html.matches("scope=\"row\"").count(), 100);
        assert!(html.contains("Numbers. The first 100 of 101 rows"));
    }

    #[test]
    fn cells_are_shown_by_their_type() {
        let frame = df!("account" => [Some("a&b"), None], "messages" => [1_234_i64, 5]).unwrap();
        let html = of_frame("c", &frame, &["account", "messages"]).unwrap();
        assert!(html.contains("<th scope=\"row\">a&amp;b</th><td class=\"number\">1,234</td>"));
        assert!(html.contains("<th scope=\"row\">–</th>"));
    }

    #[test]
    fn instants_are_shown_to_the_minute() {
        assert_eq!(to_the_minute("2026-03-01T23:59:59.999999Z"), "2026-03-01 23:59");
        assert_eq!(to_the_minute("2026-03-01"), "2026-03-01");
    }

    #[test]
    fn names_are_spoken() {
        assert_eq!(spoken("first_seen"), "First seen");
        assert_eq!(spoken("client_ips"), "Client addresses");
        assert_eq!(spoken("percent_tlsv1_0"), "TLSv1.0 %");
    }
}
