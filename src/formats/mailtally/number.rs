//! Numbers as programs write them where they know none but those with a fraction.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

use crate::formats::bytes::decimal;

/// More digits than any number of the schema has.
const MOST_PLACES: u64 = 18;

/// A number without an exponent: Java writes `1.7723556015E9`. One that cannot be written so is left as it is, and no
/// number then.
pub(super) fn plain(number: &[u8]) -> Cow<'_, [u8]> {
    let written = memchr2(b'e', b'E', number).and_then(|at| written_out(&number[..at], &number[at + 1..]));
    written.map_or(Cow::Borrowed(number), Cow::Owned)
}

/// The number whose point is that many places further back.
fn written_out(mantissa: &[u8], exponent: &[u8]) -> Option<Vec<u8>> {
    let places = decimal(exponent.strip_prefix(b"+").unwrap_or(exponent)).filter(|places| *places <= MOST_PLACES)?;
    let point = memchr(b'.', mantissa).unwrap_or(mantissa.len());
    let (whole, fraction) = (&mantissa[..point], mantissa.get(point + 1..).unwrap_or_default());
    let places = places as usize;
    let (moved, left) = fraction.split_at(places.min(fraction.len()));
    let mut written = [whole, moved].concat();
    written.resize(whole.len() + places, b'0');
    if !left.is_empty() {
        written.push(b'.');
        written.extend_from_slice(left);
    }
    (!whole.is_empty()).then_some(written)
}

/// A whole number without a fraction of nothing: `2.0` is one, as JSON Schema has it. pandas writes a column of numbers so
/// where some are missing.
pub(super) fn without_fraction(number: &[u8]) -> &[u8] {
    match memchr(b'.', number).map(|point| number.split_at(point)) {
        Some((whole, [_, fraction @ ..])) if !fraction.is_empty() && fraction.iter().all(|digit| *digit == b'0') => {
            whole
        }
        _ => number,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exponent_is_written_out() {
        for (number, expected) in [
            ("1.7723556015E9", "1772355601.5"),
            ("1.772355601e+9", "1772355601"),
            ("2E0", "2"),
            ("2.5e1", "25"),
            ("1e9", "1000000000"),
            ("12.0", "12.0"),
            ("1e-3", "1e-3"),
            ("1e19", "1e19"),
            ("e5", "e5"),
            ("1e", "1e"),
            ("1e5e5", "1e5e5"),
            ("x1ey", "x1ey"),
        ] {
            assert_eq!(String::from_utf8_lossy(&plain(number.as_bytes())), expected, "{number}");
        }
    }

    #[test]
    fn a_fraction_of_nothing_is_none() {
        for (number, expected) in [("2.0", "2"), ("2.00", "2"), ("2", "2"), ("2.", "2."), ("2.5", "2.5"), (".0", "")] {
            assert_eq!(without_fraction(number.as_bytes()), expected.as_bytes(), "{number}");
        }
    }
}
