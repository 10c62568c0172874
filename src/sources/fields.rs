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

/// Appends the fields of the object that `text` is. False where it is none, or not a whole one: then what was
/// appended is a part of it at most.
pub fn flatten(text: &[u8], out: &mut Vec<u8>) -> bool {
    object(&mut Vec::new(), text, out, DEEPEST)
}

/// What a field's path ends with where [`flatten_values`] has found a list or an object.
pub const NESTED: &[u8] = b"[]";

/// Appends the members of the object that `text` is, each with one value: a list or an object is an empty field with
/// [`NESTED`] behind its name. False as of [`flatten`].
pub fn flatten_values(text: &[u8], out: &mut Vec<u8>) -> bool {
    let mut path = Vec::new();
    let (mut members, mut whole) = (json::members(text), true);
    for (key, found) in members.by_ref() {
        path.clear();
        json::unescape(key, &mut path);
        blank_controls(&mut path);
        if let Value::Other([b'{' | b'[', ..]) = found {
            path.extend_from_slice(NESTED);
            push(&path, b"", out);
        } else {
            whole &= value(&mut path, found, out, 0);
        }
    }
    whole && members.are_all()
}

/// Appends a field: for formats that are not JSON and are read like it.
pub fn push(path: &[u8], value: &[u8], out: &mut Vec<u8>) {
    field(path, |out| out.extend_from_slice(value), out);
}

/// The object that is a member of the object that `text` starts with, as it stands there.
#[must_use]
pub fn object_in<'a>(text: &'a [u8], name: &str) -> Option<&'a [u8]> {
    json::members(text).find_map(|(key, value)| match value {
        Value::Other(object @ [b'{', ..]) if key == name.as_bytes() => Some(object),
        _ => None,
    })
}

/// Appends the string that is a member of the object that `text` starts with, unescaped; false where there is none.
pub fn text_in(text: &[u8], name: &str, out: &mut Vec<u8>) -> bool {
    let found = json::members(text).find_map(|(key, value)| match value {
        Value::Text(inside) if key == name.as_bytes() => Some(inside),
        _ => None,
    });
    found.is_some_and(|inside| {
        json::unescape(inside, out);
        true
    })
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

    /// The first values of several paths, found in one walk.
    #[must_use]
    pub fn firsts<const N: usize>(self, paths: [&str; N]) -> [Option<&'a [u8]>; N] {
        let mut found = [None; N];
        for (path, value) in self.iter() {
            if let Some(place) = paths.iter().position(|wanted| wanted.as_bytes() == path) {
                found[place].get_or_insert(value);
            }
        }
        found
    }

    /// Every value of a path: an array has several.
    pub fn all(self, path: &str) -> impl Iterator<Item = &'a [u8]> {
        self.iter().filter(move |(of, _)| *of == path.as_bytes()).map(|(_, value)| value)
    }

    /// Every path and value, in order.
    pub fn iter(self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        let mut start = 0;
        let field = move |end: usize| {
            let field = &self.0[start..end];
            start = end + 1;
            let at = memchr::memchr(IS, field)?;
            Some((&field[..at], &field[at + 1..]))
        };
        memchr::memchr_iter(END, self.0).filter_map(field)
    }
}

fn object(path: &mut Vec<u8>, text: &[u8], out: &mut Vec<u8>, depth: usize) -> bool {
    let length = path.len();
    let (mut members, mut whole) = (json::members(text), true);
    for (key, found) in members.by_ref() {
        if length > 0 {
            path.push(b'.');
        }
        let start = path.len();
        json::unescape(key, path);
        blank_controls(&mut path[start..]);
        whole &= value(path, found, out, depth);
        path.truncate(length);
    }
    whole && members.are_all()
}

fn value(path: &mut Vec<u8>, value: Value<'_>, out: &mut Vec<u8>, depth: usize) -> bool {
    match value {
        Value::Text(text) => field(path, |out| json::unescape(text, out), out),
        Value::Other([b'{' | b'[', ..]) if depth == 0 => {}
        Value::Other(text @ [b'{', ..]) => return object(path, text, out, depth - 1),
        Value::Other(text @ [b'[', ..]) => {
            let (mut elements, mut whole) = (json::elements(text), true);
            for element in elements.by_ref() {
                whole &= self::value(path, element, out, depth - 1);
            }
            return whole && elements.are_all();
        }
        Value::Other(text) if text.trim_ascii() == b"null" => {}
        Value::Other(text) => field(path, |out| out.extend_from_slice(text.trim_ascii()), out),
    }
    true
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

/// Makes a blank of every control character. Every byte is written, which a processor does to many at once.
pub fn blank_controls(text: &mut [u8]) {
    for byte in text {
        *byte = if byte.is_ascii_control() { b' ' } else { *byte };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> Vec<(String, String)> {
        let mut out = Vec::new();
        let _whole = flatten(text.as_bytes(), &mut out);
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
    #[test]
    fn a_part_of_an_object_is_told_from_the_whole() {
        let is_whole = |text: &str| flatten(text.as_bytes(), &mut Vec::new());
        for text in ["{}", r#"{"a":[1,{"b":"}"}]} "#, &("{\"a\":".repeat(99) + "1" + &"}".repeat(99))] {
            assert!(is_whole(text), "{text}");
        }
        for text in ["", "[]", r#"{"a":1"#, r#"{"a":1}{"#, r#"{"a":{"b" 1}}"#, r#"{"a":[1"#, r#"{"a":1 "b":2,}}"#] {
            assert!(!is_whole(text), "{text}");
        }
    }

    #[test]
    fn what_is_no_value_is_marked() {
        let mut out = Vec::new();
        assert!(flatten_values(br#"{"a":"x","b":["y"],"c":{"d":1},"e":null,"f":2}"#, &mut out));
        assert_eq!(
            Fields(&out).firsts(["a", "b", "c", "b[]", "c[]", "f"]).map(|found| found.map(<[u8]>::len)),
            [Some(1), None, None, Some(0), Some(0), Some(1)]
        );
        assert!(!flatten_values(br#"{"a":1"#, &mut out) && !flatten_values(b"[]", &mut out));
    }

    #[test]
    fn parts_are_found_without_the_rest() {
        let text = br#"{"detail":"x","detail":{"a":1},"Message":"{\"b\":2}"}"#;
        assert_eq!(object_in(text, "detail"), Some(&br#"{"a":1}"#[..]));
        let mut out = Vec::new();
        assert!(text_in(text, "Message", &mut out) && !text_in(text, "message", &mut out));
        assert_eq!(out, br#"{"b":2}"#);
        let mut out = Vec::new();
        push(b"a", b"x\x1e", &mut out);
        push(b"b", b"y", &mut out);
        push(b"a", b"z", &mut out);
        assert_eq!(Fields(&out).firsts(["b", "a", "c"]), [Some(&b"y"[..]), Some(b"x "), None]);
    }
}
