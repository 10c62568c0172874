//! Texts as numbers: whatever is grouped, joined or sorted by its texts is a few numbers instead.
//!
//! A text gets its number when it is first met. Once a day has been read, its texts are put in order, and from
//! then on a text's place among them stands for it: places compare as the texts' bytes do.

mod trail;

use std::sync::Arc;

use arrow::array::{Array, DictionaryArray, StringArray};
use arrow::datatypes::Int32Type;
use xxhash_rust::xxh3::xxh3_64;

pub use self::trail::Trail;
use super::numbers::Numbers;

/// The number of a text; [`MISSING`] where there is none.
pub type Number = u32;

/// What is missing has this number, in every column.
pub const MISSING: Number = 0;

/// What a text begins with that stands for something without a name. No log has it: NUL bytes end lines.
const NAMELESS: char = '\0';

/// Whether a text is a [stand-in](Texts::stand_in), and is missing where texts are written.
#[must_use]
pub fn is_stand_in(text: &str) -> bool {
    text.starts_with(NAMELESS)
}

/// Every different text of a day, once.
#[derive(Default)]
pub struct Texts {
    written: Written,
    numbers: Numbers,
}

/// Texts one behind the other, since a day has a million of them, and a piece of memory for each would hold more
/// of the allocator's words than of ours. What is missing has no text.
#[derive(Debug)]
struct Written {
    bytes: String,
    /// Where each number's text ends, and the next one's begins.
    ends: Vec<usize>,
}

impl Default for Written {
    fn default() -> Self {
        Self { bytes: String::new(), ends: vec![0] }
    }
}

impl Written {
    fn text(&self, number: Number) -> Option<&str> {
        let number = number as usize;
        self.bytes.get(*self.ends.get(number.checked_sub(1)?)?..*self.ends.get(number)?)
    }

    /// The number that the next text gets.
    fn next(&self) -> Number {
        Number::try_from(self.ends.len()).unwrap_or(Number::MAX)
    }

    fn write(&mut self, text: &str) {
        self.bytes.push_str(text);
        self.ends.push(self.bytes.len());
    }
}

impl Texts {
    /// The number of a text, which it keeps from now on.
    pub fn number(&mut self, text: &str) -> Number {
        self.number_of(xxh3_64(text.as_bytes()), text)
    }

    /// The number of what has no name but goes with this text, by which it is told apart from the rest of its kind.
    pub fn stand_in(&mut self, goes_with: Number) -> Number {
        let text = format!("{NAMELESS}{}", self.text(goes_with).unwrap_or_default());
        self.number(&text)
    }

    /// The numbers of others' texts here, by their numbers there.
    #[must_use]
    pub fn adopt(&mut self, others: &Self) -> Vec<Number> {
        let numbers = (1..=others.count()).map(|number| others.text(number).map_or(MISSING, |text| self.number(text)));
        std::iter::once(MISSING).chain(numbers).collect()
    }

    fn number_of(&mut self, hash: u64, text: &str) -> Number {
        let Self { written, numbers } = self;
        let next = written.next();
        let number = numbers.find_or_add(hash, next, |number| written.text(number) == Some(text));
        if number == next {
            written.write(text);
        }
        number
    }

    /// The number of a text, if it has one.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<Number> {
        self.find_of(xxh3_64(text.as_bytes()), text)
    }

    fn find_of(&self, hash: u64, text: &str) -> Option<Number> {
        self.numbers.find(hash, |number| self.written.text(number) == Some(text))
    }

    /// How many texts there are; their numbers are 1 to this.
    #[must_use]
    pub fn count(&self) -> Number {
        Number::try_from(self.written.ends.len() - 1).unwrap_or(Number::MAX)
    }

    /// The text of a number.
    #[must_use]
    pub fn text(&self, number: Number) -> Option<&str> {
        self.written.text(number)
    }

    /// The number of each row's text. Every text of the dictionary is looked up once, or where there are fewer rows,
    /// those of the rows; `None` where its values are no texts.
    pub fn of_rows(&mut self, rows: &DictionaryArray<Int32Type>) -> Option<Vec<Number>> {
        of_rows(rows, |text| self.number(text))
    }

    /// The same, of texts that mostly come in the order of a trail.
    pub fn of_rows_along(&mut self, rows: &DictionaryArray<Int32Type>, trail: &mut Trail) -> Option<Vec<Number>> {
        of_rows(rows, |text| {
            let hash = xxh3_64(text.as_bytes());
            let ahead = trail.ahead(hash, text, &self.written);
            ahead.unwrap_or_else(|| {
                let number = self.number_of(hash, text);
                trail.off(hash, number, &self.written)
            })
        })
    }

    /// The number of each row's text, as [`of_rows`](Self::of_rows); a text that was never met gets none.
    #[must_use]
    pub fn found_rows(&self, rows: &DictionaryArray<Int32Type>) -> Option<Vec<Number>> {
        of_rows(rows, |text| self.find(text).unwrap_or(MISSING))
    }

    /// The same, of texts that mostly come in the order of a trail.
    #[must_use]
    pub fn found_rows_along(&self, rows: &DictionaryArray<Int32Type>, trail: &mut Trail) -> Option<Vec<Number>> {
        of_rows(rows, |text| {
            let hash = xxh3_64(text.as_bytes());
            let ahead = trail.ahead(hash, text, &self.written);
            ahead.unwrap_or_else(|| {
                let number = self.find_of(hash, text).unwrap_or(MISSING);
                trail.off(hash, number, &self.written)
            })
        })
    }

    /// The smaller of two texts by their bytes; what is missing is never smaller.
    #[must_use]
    pub fn smaller(&self, one: Number, other: Number) -> Number {
        match (self.text(one), self.text(other)) {
            (Some(text), Some(than)) if than < text => other,
            (None, _) => other,
            _ => one,
        }
    }

    /// The texts in order, and where each number's text is among them.
    #[must_use]
    pub fn in_order(self) -> (InOrder, Places) {
        let written = self.written;
        // Most texts differ in their first bytes, which compare as one number.
        let head = |number: Number| {
            let mut head = [0; 8];
            let text = written.text(number).unwrap_or_default();
            head.iter_mut().zip(text.bytes()).for_each(|(byte, of_text)| *byte = of_text);
            u64::from_be_bytes(head)
        };
        let mut order: Vec<_> = (0..).zip(&written.ends).skip(1).map(|(number, _)| (head(number), number)).collect();
        order.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| written.text(a.1).cmp(&written.text(b.1))));
        let mut places = vec![None; written.ends.len()];
        for (place, (_, number)) in (0..).zip(&order) {
            places[*number as usize] = Some(place);
        }
        let numbers = order.into_iter().map(|(_, number)| number).collect();
        (InOrder(Arc::new((written, numbers))), Places(places))
    }
}

/// The number of each row's text: of those of the dictionary, or where there are fewer rows, those of the rows.
fn of_rows(rows: &DictionaryArray<Int32Type>, mut number: impl FnMut(&str) -> Number) -> Option<Vec<Number>> {
    let values = rows.values().as_any().downcast_ref::<StringArray>()?;
    if rows.len() < values.len() {
        let texts = rows.downcast_dict::<StringArray>()?.into_iter();
        return Some(texts.map(|text| text.map_or(MISSING, &mut number)).collect());
    }
    let numbers: Vec<Number> = values.iter().map(|text| text.map_or(MISSING, &mut number)).collect();
    let of_key = |key: i32| numbers.get(usize::try_from(key).ok()?).copied();
    Some(rows.keys().iter().map(|key| key.and_then(of_key).unwrap_or(MISSING)).collect())
}

/// A day's texts, sorted by their bytes.
#[derive(Clone, Debug, Default)]
pub struct InOrder(Arc<(Written, Vec<Number>)>);

impl InOrder {
    /// How many texts there are: their places are 0 to one less.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.1.len()
    }

    /// The text at a place.
    #[must_use]
    pub fn text(&self, place: u32) -> Option<&str> {
        let (written, numbers) = &*self.0;
        written.text(*numbers.get(place as usize)?)
    }
}

/// Where each number's text is among a day's texts.
pub struct Places(Vec<Option<u32>>);

impl Places {
    /// The place of a number's text; `None` for what is missing.
    #[must_use]
    pub fn of(&self, number: Number) -> Option<u32> {
        self.0.get(number as usize).copied().flatten()
    }

    /// The places by other numbers, each of which stands for one of these: see [`Texts::adopt`].
    #[must_use]
    pub fn of_numbers(&self, numbers: &[Number]) -> Self {
        Self(numbers.iter().map(|number| self.of(*number)).collect())
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
        let third: DictionaryArray<Int32Type> = [Some("new"), Some("a"), None].into_iter().collect();
        assert_eq!(texts.found_rows(&third), Some(vec![MISSING, 2, MISSING]), "only looked for");
        assert_eq!(texts.count(), 3);
        assert_eq!([texts.find("a"), texts.find("c")], [Some(2), None]);
    }

    #[test]
    fn texts_of_others_are_found_by_their_numbers() {
        let (mut ours, mut others) = (Texts::default(), Texts::default());
        let _ = ["b", "d"].map(|text| ours.number(text));
        let _ = ["c", "b", "a"].map(|text| others.number(text));
        let numbers = ours.adopt(&others);
        assert_eq!(numbers, [MISSING, 3, 1, 4]);
        let (in_order, places) = ours.in_order();
        let places = places.of_numbers(&numbers);
        let text = |number| places.of(number).and_then(|place| in_order.text(place));
        assert_eq!([MISSING, 1, 2, 3, 4].map(text), [None, Some("c"), Some("b"), Some("a"), None]);
    }

    #[test]
    fn texts_that_no_row_has_get_no_number() {
        let mut texts = Texts::default();
        let rows: DictionaryArray<Int32Type> = [Some("a"), Some("b"), None, Some("c")].into_iter().collect();
        assert_eq!(texts.of_rows(&rows.slice(1, 2)), Some(vec![1, MISSING]));
        assert_eq!([texts.find("a"), texts.find("b")], [None, Some(1)]);
    }

    #[test]
    fn the_smaller_text_wins_and_what_is_missing_loses() {
        let mut texts = Texts::default();
        let (b, a) = (texts.number("b"), texts.number("a"));
        assert_eq!([texts.smaller(a, b), texts.smaller(b, a), texts.smaller(a, a)], [a, a, a]);
        assert_eq!([texts.smaller(MISSING, b), texts.smaller(b, MISSING)], [b, b]);
        assert_eq!(texts.smaller(MISSING, MISSING), MISSING);
    }

    #[test]
    fn places_compare_as_the_texts_do() {
        let words = ["zebra", "", "a", "alphabetical", "alphabet", "alphabet\0", "Ä", "alpha", "alphabets", "\0"];
        let mut texts = Texts::default();
        let numbers = words.map(|word| texts.number(word));
        let (in_order, places) = texts.in_order();
        let mut sorted = words;
        sorted.sort_unstable();
        assert_eq!((0..).map_while(|place| in_order.text(place)).collect::<Vec<_>>(), sorted);
        for (word, number) in words.into_iter().zip(numbers) {
            assert_eq!(places.of(number).and_then(|place| in_order.text(place)), Some(word));
        }
        assert_eq!(places.of(MISSING), None);
    }
}
