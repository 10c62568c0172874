//! Text and numbers as HTML shows them.

use crate::words::{grouped, misleads};

/// Text with everything replaced that could end a text or an attribute
/// (<https://html.spec.whatwg.org/multipage/syntax.html>).
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            mark if misleads(mark) => safe.push('\u{fffd}'),
            plain => safe.push(plain),
        }
    }
    safe
}

/// The attribute of a class; nothing where there is none.
pub(super) fn class(name: &str) -> String {
    if name.is_empty() { String::new() } else { format!(" class=\"{name}\"") }
}

/// A count with thousands set apart: `5,973`.
pub(super) fn count(number: i64) -> String {
    format!("{}{}", if number < 0 { "-" } else { "" }, grouped(number.unsigned_abs()))
}

/// A change with its sign: `+12`.
pub(super) fn signed(number: i64) -> String {
    if number < 0 { count(number) } else { format!("+{}", count(number)) }
}

/// A size in the unit that leaves one to three digits before the point, as the page's script has it: `1.5 MB`.
pub(super) fn bytes(size: i64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if size.abs() < 1_000 {
        return format!("{size} B");
    }
    let mut scaled = size as f64 / 1_000.0;
    let mut unit = 0;
    while scaled.abs() >= 1_000.0 && unit + 1 < UNITS.len() {
        scaled /= 1_000.0;
        unit += 1;
    }
    format!("{scaled:.1} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_text() {
        assert_eq!(escaped("<a href='x' title=\"y\">&"), "&lt;a href=&#39;x&#39; title=&quot;y&quot;&gt;&amp;");
        assert_eq!(escaped("a\u{202e}b\u{0}"), "a\u{fffd}b\u{fffd}");
        assert_eq!(escaped("\u{61c}1\u{200f}2\u{2066}"), "\u{fffd}1\u{fffd}2\u{fffd}");
        assert_eq!(escaped("jürgen@münchen.example"), "jürgen@münchen.example");
    }

    #[test]
    fn numbers_are_easy_to_read() {
        assert_eq!([0, 999, 5_973, 1_234_567, -1_000].map(count), ["0", "999", "5,973", "1,234,567", "-1,000"]);
        assert_eq!([0, 12, -3].map(signed), ["+0", "+12", "-3"]);
        assert_eq!([0, 999, 1_500, 5_000_000_000].map(bytes), ["0 B", "999 B", "1.5 kB", "5.0 GB"]);
    }
}
