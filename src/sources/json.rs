//! Walking a JSON object's members without building a tree: what log collectors wrap around a line.
//!
//! Only what a container needs is here (RFC 8259): members in order, strings unescaped on request. Anything else
//! is handed on as raw bytes.

/// A member's value as it stands in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value<'a> {
    /// The inside of a string, still escaped.
    Text(&'a [u8]),
    /// A number, literal, array or object, whole.
    Other(&'a [u8]),
}

/// The members of a JSON object, in order. It ends early where the text is not an object.
#[derive(Debug)]
pub(super) struct Members<'a> {
    rest: &'a [u8],
    /// Whether a comma has to stand before the next.
    begun: bool,
}

/// The members of the object that `text` starts with.
#[must_use]
pub(super) fn members(text: &[u8]) -> Members<'_> {
    Members { rest: trim(text).strip_prefix(b"{").unwrap_or_default(), begun: false }
}

impl<'a> Iterator for Members<'a> {
    type Item = (&'a [u8], Value<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = behind_comma(self.rest, self.begun)?;
        let (key, rest) = string(rest)?;
        let (value, rest) = value(trim(trim(rest).strip_prefix(b":")?))?;
        (self.rest, self.begun) = (rest, true);
        Some((key, value))
    }
}

impl Members<'_> {
    /// Whether what is left is the object's end and nothing more: then every member has been read.
    pub(super) fn are_all(&self) -> bool {
        matches!(trim(self.rest).strip_prefix(b"}"), Some(rest) if trim(rest).is_empty())
    }
}

/// The elements of an array, in order. It ends early where the text is not an array.
#[derive(Debug)]
pub(super) struct Elements<'a> {
    rest: &'a [u8],
    /// Whether a comma has to stand before the next.
    begun: bool,
}

/// The elements of the array that `text` starts with.
#[must_use]
pub(super) fn elements(text: &[u8]) -> Elements<'_> {
    Elements { rest: trim(text).strip_prefix(b"[").unwrap_or_default(), begun: false }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let (found, rest) = value(behind_comma(self.rest, self.begun)?)?;
        (self.rest, self.begun) = (rest, true);
        Some(found)
    }
}

impl Elements<'_> {
    /// Whether what is left is the array's end and nothing more.
    pub(super) fn are_all(&self) -> bool {
        matches!(trim(self.rest).strip_prefix(b"]"), Some(rest) if trim(rest).is_empty())
    }
}

/// Where the next member or element may begin: behind a comma, but for the first.
fn behind_comma(rest: &[u8], begun: bool) -> Option<&[u8]> {
    let rest = trim(rest);
    if begun { rest.strip_prefix(b",").map(trim) } else { Some(rest) }
}

/// The length of the object that `text` starts with; none where it does not end in it. What is in it is not looked
/// at beyond strings and brackets.
#[must_use]
pub(super) fn object_length(text: &[u8]) -> Option<usize> {
    let start = text.len() - trim(text).len();
    (text.get(start) == Some(&b'{')).then_some(())?;
    let (mut depth, mut at) = (0usize, start);
    loop {
        match text.get(at)? {
            b'"' => at += string(&text[at..])?.0.len() + 1,
            b'{' => depth += 1,
            b'}' if depth == 1 => return Some(at + 1),
            b'}' => depth -= 1,
            _ => {}
        }
        at += 1;
    }
}

/// The value that `text` starts with, and what follows it.
fn value(text: &[u8]) -> Option<(Value<'_>, &[u8])> {
    if let Some((text, rest)) = string(text) {
        return Some((Value::Text(text), rest));
    }
    let (other, rest) = text.split_at(other_length(text).filter(|length| *length > 0)?);
    Some((Value::Other(other), rest))
}

/// The inside of the string that `text` starts with, and what follows it.
fn string(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let inside = text.strip_prefix(b"\"")?;
    let mut from = 0;
    loop {
        let at = from + memchr::memchr2(b'"', b'\\', &inside[from..])?;
        if inside[at] == b'"' {
            return Some((&inside[..at], &inside[at + 1..]));
        }
        from = at + 2;
        if from > inside.len() {
            return None;
        }
    }
}

/// The length of a value that is not a string: up to the comma or bracket that ends it.
fn other_length(text: &[u8]) -> Option<usize> {
    let mut depth = 0usize;
    let mut at = 0;
    while at < text.len() {
        match text[at] {
            b'"' => {
                let (inside, _) = string(&text[at..])?;
                at += inside.len() + 1;
            }
            b'[' | b'{' => depth += 1,
            b']' | b'}' if depth == 0 => return Some(at),
            b']' | b'}' => depth -= 1,
            b',' if depth == 0 => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

/// Appends a string's inside to `out`, unescaped; what is no escape is kept as it stands.
pub(super) fn unescape(inside: &[u8], out: &mut Vec<u8>) {
    let mut rest = inside;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at..];
        let used = match rest.get(1) {
            Some(b'u') => unicode(rest, out),
            Some(byte) => {
                out.push(match byte {
                    b'n' => b'\n',
                    b't' => b'\t',
                    b'r' => b'\r',
                    b'b' => 8,
                    b'f' => 12,
                    other => *other,
                });
                2
            }
            None => 1,
        };
        rest = &rest[used.min(rest.len())..];
    }
    out.extend_from_slice(rest);
}

/// Appends `\uXXXX`, or the pair that makes one character, and tells how many bytes it took.
fn unicode(text: &[u8], out: &mut Vec<u8>) -> usize {
    let unit = |at: usize| {
        let digits = std::str::from_utf8(text.get(at..at + 4)?).ok()?;
        u32::from_str_radix(digits, 16).ok()
    };
    let Some(first) = unit(2) else {
        out.extend_from_slice(&text[..2]);
        return 2;
    };
    let low = if text.get(6..8) == Some(b"\\u") { unit(8) } else { None };
    let (code, used) = match (first, low) {
        (0xD800..=0xDBFF, Some(low @ 0xDC00..=0xDFFF)) => (0x10000 + ((first - 0xD800) << 10) + (low - 0xDC00), 12),
        _ => (first, 6),
    };
    let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    used
}

fn trim(text: &[u8]) -> &[u8] {
    text.trim_ascii_start()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_come_in_order_and_nesting_is_skipped() {
        let text = br#"{"a":"x\"y", "n": 12 ,"deep":{"a":["}",1]},"t":true}"#;
        let found = members(text).collect::<Vec<_>>();
        assert_eq!(
            found,
            [
                (&b"a"[..], Value::Text(br#"x\"y"#)),
                (b"n", Value::Other(b"12 ")),
                (b"deep", Value::Other(br#"{"a":["}",1]}"#)),
                (b"t", Value::Other(b"true")),
            ]
        );
    }

    #[test]
    fn an_object_ends_at_its_own_bracket() {
        assert_eq!(object_length(br#" {"a":"}{\"","b":[{}]}{"c":1}"#), Some(22));
        for text in [&b""[..], b"x{}", b"{\"a\":{}", b"{\"a}", b"[{}]"] {
            assert_eq!(object_length(text), None, "{}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn what_is_left_tells_whether_an_object_is_whole() {
        for (text, whole) in [
            ("{}", true),
            ("{\"a\":1 } ", true),
            ("{\"a\":1", false),
            ("{} x", false),
            ("{\"a\" 1}", false),
            ("{\"a\":\"1\" \"b\":1}", false),
            ("{,\"a\":1}", false),
            ("{\"a\":1,}", false),
        ] {
            let mut members = members(text.as_bytes());
            while members.next().is_some() {}
            assert_eq!(members.are_all(), whole, "{text}");
        }
    }

    #[test]
    fn escapes_are_read() {
        let mut out = Vec::new();
        unescape(br"postfix\/smtpd \u00e9\ud83d\ude00 \n\\ \", &mut out);
        assert_eq!(out, "postfix/smtpd é😀 \n\\ ".as_bytes());
    }

    #[test]
    fn what_is_no_object_ends_early() {
        for text in [&b"{\"a"[..], b"{", b"[1]", b"{\"a\":", b"{\"a\":\"x\\", b"{\"a\":{"] {
            assert_eq!(members(text).count(), 0, "{}", String::from_utf8_lossy(text));
        }
    }
}
