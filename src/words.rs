//! Counts as people read them, and what must not stand in a text that they read.

/// A number with thousands set apart: `5,973`.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A count and its noun: `1 day`, `2,000 days`.
#[must_use]
pub fn many(count: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(count), plural(count))
}

/// The same in digits alone: `2000 days`.
#[must_use]
pub fn counted(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", plural(count))
}

/// Whether a character can make a text look like another one, or steer a terminal: a control, or one of Unicode's
/// directional formatting characters (UAX #9, section 2).
#[must_use]
pub fn misleads(character: char) -> bool {
    let is_direction =
        matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{061c}');
    is_direction || character.is_control()
}

fn plural(count: u64) -> &'static str {
    if count == 1 { "" } else { "s" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn one_is_no_plural() {
        assert_eq!([0, 1, 2000].map(|count| many(count, "day")), ["0 days", "1 day", "2,000 days"]);
        assert_eq!([1, 2000].map(|count| counted(count, "line")), ["1 line", "2000 lines"]);
    }
}
