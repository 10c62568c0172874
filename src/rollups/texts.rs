//! Texts as numbers: what is counted by its texts is compared and hashed as a few numbers.

use std::sync::Arc;

use arrow::array::{Array, DictionaryArray, StringArray};
use arrow::datatypes::Int32Type;
use rustc_hash::FxHashMap;

/// The number of a text; [`MISSING`] where there is none.
pub(super) type Number = u32;

/// What is missing has this number, in every column.
pub(super) const MISSING: Number = 0;

/// Every different text of a day, once.
pub(super) struct Texts {
    numbers: FxHashMap<Arc<str>, Number>,
    texts: Vec<Option<Arc<str>>>,
}

impl Default for Texts {
    fn default() -> Self {
        Self { numbers: FxHashMap::default(), texts: vec![None] }
    }
}

impl Texts {
    /// The number of a text, which it keeps from now on.
    pub(super) fn number(&mut self, text: &str) -> Number {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = Number::try_from(self.texts.len()).unwrap_or(Number::MAX);
        let text: Arc<str> = text.into();
        self.texts.push(Some(Arc::clone(&text)));
        self.numbers.insert(text, number);
        number
    }

    /// The text of a number.
    pub(super) fn text(&self, number: Number) -> Option<&str> {
        self.texts.get(number as usize)?.as_deref()
    }

    /// The number of each row's text. Every text of the dictionary is looked up once; `None` where its values are
    /// no texts.
    pub(super) fn of_rows(&mut self, rows: &DictionaryArray<Int32Type>) -> Option<Vec<Number>> {
        let values = rows.values().as_any().downcast_ref::<StringArray>()?;
        let numbers: Vec<Number> = values.iter().map(|text| text.map_or(MISSING, |text| self.number(text))).collect();
        let number = |key: i32| numbers.get(usize::try_from(key).ok()?).copied();
        Some(rows.keys().iter().map(|key| key.and_then(number).unwrap_or(MISSING)).collect())
    }

    /// The smaller of two texts by their bytes; what is missing is smaller than nothing.
    pub(super) fn smaller(&self, one: Number, other: Number) -> Number {
        match (self.text(one), self.text(other)) {
            (Some(text), Some(than)) if than < text => other,
            (None, _) => other,
            _ => one,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_keeps_its_number() {
        let mut texts = Texts::default();
        let first: DictionaryArray<Int32Type> = [Some("b"), None, Some("a"), Some("b")].into_iter().collect();
        assert_eq!(texts.of_rows(&first), Some(vec![1, MISSING, 2, 1]));
        let second: DictionaryArray<Int32Type> = [Some("a"), Some("")].into_iter().collect();
        assert_eq!(texts.of_rows(&second), Some(vec![2, 3]));
        assert_eq!((texts.text(1), texts.text(3), texts.text(MISSING)), (Some("b"), Some(""), None));
    }

    #[test]
    fn the_smaller_text_wins_and_what_is_missing_loses() {
        let mut texts = Texts::default();
        let (b, a) = (texts.number("b"), texts.number("a"));
        assert_eq!([texts.smaller(a, b), texts.smaller(b, a), texts.smaller(a, a)], [a, a, a]);
        assert_eq!([texts.smaller(MISSING, b), texts.smaller(b, MISSING)], [b, b]);
        assert_eq!(texts.smaller(MISSING, MISSING), MISSING);
    }
}
