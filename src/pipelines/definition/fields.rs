//! Typed access to a TOML document that keeps every value's place in the text.
//!
//! serde would stop at the first mistake and know nothing of neighbours; these few readers note each mistake
//! with its place and go on, so a file is proofread whole.

use std::ops::{Range, RangeInclusive};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::mistakes::{Proofreader, choice, nearest};

/// A table of the document whose keys are all known.
#[derive(Clone, Copy)]
pub(super) struct Section<'t> {
    proof: &'t Proofreader<'t>,
    place: &'static str,
    /// The valid keys; none where any key may stand.
    keys: &'t [&'t str],
    table: &'t DeTable<'t>,
    start: usize,
}

/// One value of the document.
#[derive(Clone, Copy)]
pub(super) struct Entry<'t> {
    proof: &'t Proofreader<'t>,
    key: &'t str,
    value: &'t Spanned<DeValue<'t>>,
}

impl<'t> Section<'t> {
    /// A section at `place` (as a person would write it: `[run]`) that may hold `keys` and refuses all others.
    pub(super) fn new(
        proof: &'t Proofreader<'t>,
        place: &'static str,
        keys: &'t [&'t str],
        table: &'t DeTable<'t>,
        start: usize,
    ) -> Self {
        for key in table.keys().filter(|key| !keys.contains(&key.get_ref().as_ref())) {
            let name = key.get_ref();
            let advice = choice(name, "valid keys are", keys);
            proof.refuse(key.span(), format!("unknown key '{name}'{}", inside(place)), Some(advice));
        }
        Self { proof, place, keys, table, start }
    }

    /// The value of a key, where the file has one.
    pub(super) fn get(&self, key: &'t str) -> Option<Entry<'t>> {
        self.table.get(key).map(|value| Entry { proof: self.proof, key, value })
    }

    /// The value of a key that the file must have.
    pub(super) fn require(&self, key: &'t str, example: &str) -> Option<Entry<'t>> {
        let entry = self.get(key);
        if entry.is_none() && !self.misspells(key) {
            let message = format!("'{key}' is missing{}", inside(self.place));
            self.proof.refuse(self.start..self.start + self.heading_width(), message, Some(format!("write {example}")));
        }
        entry
    }

    /// Whether an unknown key, which has been noted already, was meant to be this one.
    fn misspells(&self, key: &str) -> bool {
        let unknown = self.table.keys().map(|key| key.get_ref().as_ref()).filter(|key| !self.keys.contains(key));
        unknown.into_iter().any(|word| nearest(word, self.keys.iter().copied()) == Some(key))
    }

    /// Every value of the section, whatever its key.
    pub(super) fn entries(&self) -> impl Iterator<Item = Entry<'t>> {
        let proof = self.proof;
        self.table.iter().map(move |(key, value)| Entry { proof, key: key.get_ref().as_ref(), value })
    }

    /// How many bytes of the text a missing key underlines: the heading, or one at the start of the file.
    fn heading_width(&self) -> usize {
        self.place.len().max(1)
    }
}

impl<'t> Entry<'t> {
    /// The key.
    pub(super) fn key(&self) -> &'t str {
        self.key
    }

    /// The bytes of the text that hold the value.
    pub(super) fn span(&self) -> Range<usize> {
        self.value.span()
    }

    /// The line of the value, from 1.
    pub(super) fn line(&self) -> usize {
        self.proof.line(self.span().start)
    }

    /// Notes that the value cannot be used.
    pub(super) fn refuse<T>(&self, message: impl Into<String>, advice: Option<String>) -> Option<T> {
        self.proof.refuse(self.span(), message, advice);
        None
    }

    /// Notes a mistake at the value of one of this table's keys.
    pub(super) fn refuse_key(&self, key: &'t str, message: String, advice: String) {
        let inner = self.value.get_ref().as_table().and_then(|table| table.get(key));
        self.proof.refuse(inner.unwrap_or(self.value).span(), message, Some(advice));
    }

    /// The value turned into something else; the error's text is the mistake.
    pub(super) fn parse<T, E: ToString>(&self, parse: impl FnOnce(&str) -> Result<T, E>) -> Option<T> {
        parse(self.text()?).map_or_else(|error| self.refuse(error.to_string(), None), Some)
    }

    /// A string that is not empty.
    pub(super) fn text(&self) -> Option<&'t str> {
        match self.value.get_ref().as_str() {
            Some(text) if text.trim().is_empty() => self.refuse(format!("'{}' is empty", self.key), None),
            Some(text) => Some(text),
            None => self.wrong_type("a string"),
        }
    }

    /// The elements of a list; a single value counts as a list of one.
    pub(super) fn list(&self) -> Vec<Entry<'t>> {
        match self.value.get_ref().as_array() {
            Some(list) => list.iter().map(|value| Entry { value, ..*self }).collect(),
            None => vec![*self],
        }
    }

    /// One name out of `known`.
    pub(super) fn choice(&self, what: &str, known: &[&str]) -> Option<String> {
        let text = self.text()?;
        if known.contains(&text) {
            return Some(text.to_owned());
        }
        let advice = choice(text, "valid are", known);
        self.refuse(format!("unknown {what} '{text}'"), Some(advice))
    }

    /// True or false, where the value is one of them.
    pub(super) fn as_bool(&self) -> Option<bool> {
        self.value.get_ref().as_bool()
    }

    /// A whole number within a range.
    pub(super) fn integer(&self, range: RangeInclusive<i64>) -> Option<i64> {
        let Some(number) = self.value.get_ref().as_integer() else {
            return self.wrong_type("a whole number");
        };
        match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) if range.contains(&number) => Some(number),
            _ => self.refuse(format!("'{}' must be from {} to {}", self.key, range.start(), range.end()), None),
        }
    }

    /// A number within a range; a whole number will do.
    pub(super) fn decimal(&self, range: RangeInclusive<f64>) -> Option<f64> {
        let Some(number) = self.scalar().filter(|_| !self.value.get_ref().is_str() && self.as_bool().is_none()) else {
            return self.wrong_type("a number");
        };
        match number.parse() {
            Ok(number) if range.contains(&number) => Some(number),
            _ => self.refuse(format!("'{}' must be from {} to {}", self.key, range.start(), range.end()), None),
        }
    }

    /// A string, whole number, number or truth value as text.
    pub(super) fn scalar(&self) -> Option<String> {
        match self.value.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            DeValue::Integer(number) => Some(number.to_string()),
            DeValue::Float(number) => Some(number.to_string()),
            DeValue::Boolean(flag) => Some(flag.to_string()),
            _ => None,
        }
    }

    /// A table with known keys, at `place`.
    pub(super) fn section(&self, place: &'static str, keys: &'t [&'t str]) -> Option<Section<'t>> {
        match self.value.get_ref().as_table() {
            Some(table) => Some(Section::new(self.proof, place, keys, table, self.span().start)),
            None => self.wrong_type(&format!("a table: {place}")),
        }
    }

    /// A table with any keys.
    pub(super) fn open_section(&self, place: &'static str) -> Option<Section<'t>> {
        match self.value.get_ref().as_table() {
            Some(table) => Some(Section { proof: self.proof, place, keys: &[], table, start: self.span().start }),
            None => self.wrong_type(&format!("a table: {place}")),
        }
    }

    /// Notes that the value has another type than `expected`.
    pub(super) fn wrong_type<T>(&self, expected: &str) -> Option<T> {
        let found = match self.value.get_ref() {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.refuse(format!("'{}' must be {expected}, not {found}", self.key), None)
    }
}

/// `" in [run]"`, or nothing at the top of the file.
fn inside(place: &str) -> String {
    if place.is_empty() { String::new() } else { format!(" in {place}") }
}
