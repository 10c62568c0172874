//! Reading small things out of a log's bytes.

/// So many digits are always below what a table's column can hold.
const MOST_DIGITS: usize = 18;

/// A text of digits, and nothing else, as the number that it is; none also of a number that no log has.
pub(crate) fn decimal(digits: &[u8]) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.len() <= MOST_DIGITS && digits.iter().all(u8::is_ascii_digit);
    is_number.then(|| digits.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
}

/// The number that a text begins with, and what follows it.
pub(super) fn leading_decimal(text: &[u8]) -> (u32, &[u8]) {
    let digits = text.iter().take(9).take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at(digits);
    (digits.iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0')), rest)
}

/// A text up to the last field of a name, and that field's value.
pub(super) fn last_field<'a>(text: &'a [u8], name: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    // Most fields' names begin with a comma, and few commas stand behind the last of them.
    let mut end = text.len();
    loop {
        end = memchr::memrchr(*name.first()?, &text[..end])?;
        if let Some(value) = text[end..].strip_prefix(name) {
            return Some((&text[..end], value));
        }
    }
}

/// Where the first quotation mark stands that has no backslash of its own in front of it.
pub(super) fn closing_quote(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr::memchr2(b'"', b'\\', &text[at..])?;
        if text[at] == b'"' {
            return Some(at);
        }
        at = (at + 2).min(text.len());
    }
}

/// Bytes out of base64 (RFC 4648 section 4), up to the first that is no digit of it; a rest that fills no byte is left out.
pub(crate) fn base64(digits: impl Iterator<Item = u8>) -> Vec<u8> {
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0u32, 0);
    for digit in digits {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => break,
        };
        bits = (bits << 6) | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_digits_and_nothing_else() {
        assert_eq!(decimal(b"0"), Some(0));
        assert_eq!(decimal(b"007"), Some(7));
        assert_eq!(decimal(b"999999999999999999"), Some(999_999_999_999_999_999));
        for no in [&b""[..], b"+5", b"-5", b" 5", b"5 ", b"5.0", b"1000000000000000000"] {
            assert_eq!(decimal(no), None, "{}", String::from_utf8_lossy(no));
        }
        assert_eq!(leading_decimal(b"12/13"), (12, &b"/13"[..]));
        assert_eq!(leading_decimal(b"x"), (0, &b"x"[..]));
        assert_eq!(leading_decimal(b"12345678901"), (123_456_789, &b"01"[..]));
    }

    #[test]
    fn a_quotation_mark_closes_unless_it_is_escaped() {
        for (text, end) in
            [(&br#"a" b"#[..], Some(1)), (br#"a\" b""#, Some(5)), (br#"a\\" b"#, Some(3)), (br"a\", None), (b"", None)]
        {
            assert_eq!(closing_quote(text), end, "{}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn base64_is_read_as_far_as_it_goes() {
        for (text, expected) in [
            ("dGVzdEB0ZXN0LmNvbQ==", &b"test@test.com"[..]),
            ("dGVz!dA==", b"tes"),
            ("", b""),
            ("***", b""),
            ("/w==", b"\xFF"),
        ] {
            assert_eq!(base64(text.bytes()), expected, "{text}");
        }
    }

    #[test]
    fn a_field_s_last_place_counts() {
        assert_eq!(last_field(b"a=1, a=2, b", b", a="), Some((&b"a=1"[..], &b"2, b"[..])));
        assert_eq!(last_field(b"a", b"b"), None);
    }
}
