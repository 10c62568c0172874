//! The values of an event that is written as text.

/// `name = value, name = "value", …`. A value ends where a comma and the next name follow.
pub(super) struct Pairs<'a>(pub &'a [u8]);

impl<'a> Iterator for Pairs<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        const IS: &[u8] = b" = ";
        let end = name_length(self.0)?;
        let (name, behind) = (&self.0[..end], &self.0[end + IS.len()..]);
        let mut from = 0;
        let length = loop {
            let Some(comma) = memchr::memchr(b',', &behind[from..]).map(|at| from + at) else { break behind.len() };
            from = comma + 1;
            let Some(next) = behind[from..].strip_prefix(b" ") else { continue };
            // Inside quotation marks nothing ends, as far as they are escaped.
            let is_closed = !behind.starts_with(b"\"") || is_quoted(&behind[..comma]);
            if is_closed && name_length(next).is_some() {
                break comma;
            }
        };
        self.0 = behind.get(length + 2..).unwrap_or_default();
        let value = &behind[..length];
        Some((name, if is_quoted(value) { &value[1..length - 1] } else { value }))
    }
}

/// The length of the name that a text starts with, where ` = ` is behind it.
fn name_length(text: &[u8]) -> Option<usize> {
    let length = text.iter().take(40).take_while(|byte| byte.is_ascii_alphanumeric()).count();
    (length > 0 && text[length..].starts_with(b" = ")).then_some(length)
}

/// Whether a text ends with a quotation mark that is not escaped, and begins with one.
fn is_quoted(text: &[u8]) -> bool {
    let [b'"', inside @ .., b'"'] = text else { return false };
    inside.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<(String, String)> {
        let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Pairs(text.as_bytes()).map(|(name, value)| (shown(name), shown(value))).collect()
    }

    #[test]
    fn values_end_where_the_next_name_begins() {
        for (text, expected) in [
            (r#"a = 1, b = "x, y", c = [1, 2], d = """#, &[("a", "1"), ("b", "x, y"), ("c", "[1, 2]"), ("d", "")][..]),
            (r#"a = "x\\", b = "y\", c = z\"""#, &[("a", r"x\\"), ("b", r#"y\", c = z\""#)]),
            (
                r#"a = Passed (spf.pass) { d = "x" }, b = 3ms"#,
                &[("a", r#"Passed (spf.pass) { d = "x" }"#), ("b", "3ms")],
            ),
            (r#"a = "x"y", b = 1"#, &[("a", r#"x"y"#), ("b", "1")]),
            (r#"a = "x, b = 1"#, &[("a", r#""x, b = 1"#)]),
            ("", &[]),
            ("a", &[]),
            (" = 1", &[]),
            ("a =", &[]),
        ] {
            let expected = expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            assert_eq!(pairs(text), expected.collect::<Vec<_>>(), "{text}");
        }
    }
}
