//! A JSON object as flat fields: for servers whose log is JSON, so that a format borrows from text as it does elsewhere.
//!
//! `{"mail":{"to":["a","b"],"size":7}}` becomes the fields `mail.to` = `a`, `mail.to` = `b` and `mail.size` = `7`.
//! Strings are unescaped; a control character in one becomes a blank, so that no value can end its field. What is
//! `null` is not there.

use super::json::{self, Value};

/// Between a field's path and its value.
const IS: u8 = 0x1F;
/// Behind a field.
const END: u8 = 0x1E;

/// How deep objects and arrays may lie in each other: what lies deeper is left out.
const DEEPEST: usize = 16;

/// Appends the fields of the object that `text` starts with. What is no object has none.
pub fn flatten(text: &[u8], out: &mut Vec<u8>) {
    object(&mut Vec::new(), text, out, DEEPEST);
}

/// The value of a member of the object that `text` starts with, as it stands there: a string's escapes are not undone.
#[must_use]
pub fn member<'a>(text: &'a [u8], name: &str) -> Option<&'a [u8]> {
    json::members(text).find(|(key, _)| *key == name.as_bytes()).map(|(_, value)| match value {
        Value::Text(text) | Value::Other(text) => text,
    })
}

/// The fields that [`flatten`] has made.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a>(pub &'a [u8]);

impl<'a> Fields<'a> {
    /// The first value of a path.
    #[must_use]
    pub fn get(self, path: &str) -> Option<&'a [u8]> {
        self.all(path).next()
    }

    /// Every value of a path: an array has several.
    pub fn all(self, path: &str) -> impl Iterator<Item = &'a [u8]> {
        self.iter().filter(move |(of, _)| *of == path.as_bytes()).map(|(_, value)| value)
    }

    /// Every path and value, in order.
    pub fn iter(self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        self.0.split(|byte| *byte == END).filter_map(|field| {
            let at = memchr::memchr(IS, field)?;
            Some((&field[..at], &field[at + 1..]))
        })
    }
}

fn object(path: &mut Vec<u8>, text: &[u8], out: &mut Vec<u8>, depth: usize) {
    let length = path.len();
    for (key, found) in json::members(text) {
        if length > 0 {
            path.push(b'.');
        }
        let start = path.len();
        json::unescape(key, path);
        blank_controls(&mut path[start..]);
        value(path, found, out, depth);
        path.truncate(length);
    }
}

fn value(path: &mut Vec<u8>, value: Value<'_>, out: &mut Vec<u8>, depth: usize) {
    match value {
        Value::Text(text) => field(path, |out| json::unescape(text, out), out),
        Value::Other([b'{' | b'[', ..]) if depth == 0 => {}
        Value::Other(text @ [b'{', ..]) => object(path, text, out, depth - 1),
        Value::Other(text @ [b'[', ..]) => {
            for element in json::elements(text) {
                self::value(path, element, out, depth - 1);
            }
        }
        Value::Other(text) if text.trim_ascii() == b"null" => {}
        Value::Other(text) => field(path, |out| out.extend_from_slice(text.trim_ascii()), out),
    }
}

/// Appends a field, which `value` writes.
pub fn field(path: &[u8], value: impl FnOnce(&mut Vec<u8>), out: &mut Vec<u8>) {
    out.extend_from_slice(path);
    out.push(IS);
    let start = out.len();
    value(out);
    blank_controls(&mut out[start..]);
    out.push(END);
}

fn blank_controls(text: &mut [u8]) {
    text.iter_mut().filter(|byte| byte.is_ascii_control()).for_each(|byte| *byte = b' ');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> Vec<(String, String)> {
        let mut out = Vec::new();
        flatten(text.as_bytes(), &mut out);
        let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Fields(&out).iter().map(|(path, value)| (shown(path), shown(value))).collect()
    }

    #[test]
    fn an_object_is_flat() {
        let text = r#" {"a":"x\ty","n": 12 ,"deep":{"to":["a",{"b":true}],"no":null,"e":{}},"é":[]} "#;
        let expected = [("a", "x y"), ("n", "12"), ("deep.to", "a"), ("deep.to.b", "true")];
        assert_eq!(fields(text), expected.map(|(path, value)| (path.into(), value.into())));
    }

    #[test]
    fn no_text_ends_its_field() {
        let forged = r#"{"user":"x\u001euser\u001froot","us\u001fer":"y"}"#;
        assert_eq!(fields(forged), [("user", "x user root"), ("us er", "y")].map(|(a, b)| (a.into(), b.into())));
    }

    #[test]
    fn what_is_no_object_has_no_fields() {
        for text in ["", "[]", "x", "{", "{\"a", "{\"a\":["] {
            assert!(fields(text).is_empty(), "{text}");
        }
        assert!(fields(&"{\"a\":".repeat(100_000)).is_empty());
    }
}
