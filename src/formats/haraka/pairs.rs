//! `name=value` pairs, as logfmt and the text format have them.

use crate::formats::bytes::closing_quote;
use crate::sources::fields::field;

/// The pairs of a plain entry: behind its first word, or from its start.
pub(super) fn pairs_of(text: &[u8]) -> &[u8] {
    let word = text.iter().position(|byte| matches!(byte, b' ' | b'=')).unwrap_or(text.len());
    if text.get(word) == Some(&b'=') { text } else { &text[word..] }
}

/// `name=value name="value" …`. A quoted value is handed on without its quotes and with its escapes.
pub(super) struct Pairs<'a>(pub(super) &'a [u8]);

impl<'a> Iterator for Pairs<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let text = self.0.trim_ascii_start();
        let equals = text.iter().position(|byte| matches!(byte, b'=' | b' ' | b'"'))?;
        if text[equals] != b'=' || equals == 0 {
            return None;
        }
        let (name, value) = (&text[..equals], &text[equals + 1..]);
        let (value, rest) = match value.strip_prefix(b"\"") {
            Some(inside) => {
                let end = closing_quote(inside)?;
                (&inside[..end], &inside[end + 1..])
            }
            None => {
                let (value, rest) = value.split_at(memchr::memchr(b' ', value).unwrap_or(value.len()));
                // Otherwise it would be quoted.
                memchr::memchr(b'"', value).map_or(Some((value, rest)), |_| None)?
            }
        };
        if !matches!(rest.first(), None | Some(b' ')) {
            return None;
        }
        self.0 = rest;
        Some((name, value))
    }
}

/// Whether a text is pairs to its end, with one code among them.
pub(super) fn are_fields(text: &[u8]) -> bool {
    let mut pairs = Pairs(text);
    let codes = pairs.by_ref().filter(|(name, _)| *name == b"code").count();
    codes == 1 && pairs.0.trim_ascii().is_empty()
}

/// Appends pairs as [flat fields](crate::sources::fields::Fields), their values without escapes.
///
/// Up to 3.1, a line break in a message was written as it is: what stands in front of it is the line's message then.
pub(super) fn flatten_pairs(text: &[u8], out: &mut Vec<u8>) {
    let mut pairs = Pairs(text);
    for (name, value) in pairs.by_ref() {
        flatten_pair(name, value, out);
    }
    if let Some(cut) = pairs.0.trim_ascii_start().strip_prefix(b"message=\"")
        && closing_quote(cut).is_none()
    {
        flatten_pair(b"message", cut, out);
    }
}

fn flatten_pair(name: &[u8], value: &[u8], out: &mut Vec<u8>) {
    let write = |out: &mut Vec<u8>| {
        let mut rest = value;
        while let Some(at) = memchr::memchr(b'\\', rest).filter(|at| at + 1 < rest.len()) {
            out.extend_from_slice(&rest[..at]);
            out.push(rest[at + 1]);
            rest = &rest[at + 2..];
        }
        out.extend_from_slice(rest);
    };
    field(name, write, out);
}
