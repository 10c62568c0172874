//! The way along texts that come again and again in one order.

use std::cmp::Ordering;

use super::super::numbers::Known;
use super::{MISSING, Number, Written};

/// Numbers in the order in which their texts mostly come: on each day of a table, many of the same accounts come in the
/// same order, with a few others between. A glance at the next ones takes the place of a search among millions.
#[derive(Clone, Debug, Default)]
pub struct Trail {
    steps: Vec<Known>,
    /// Behind the step that was taken last.
    next: usize,
    /// By number: where its step is.
    places: Vec<Place>,
    /// Steps that are not among the others yet, and before which one each belongs.
    beside: Vec<(usize, Known)>,
    /// How many texts came since such steps were brought in.
    since: usize,
}

#[derive(Clone, Copy, Debug)]
enum Place {
    None,
    At(u32),
    Beside,
}

impl Trail {
    /// How many steps a text is looked for from the last one on.
    const AHEAD: usize = 32;
    /// A step beside the trail costs a search whenever it is taken, and to bring them in, a walk along the whole of it:
    /// that is done where so many times the texts that came since the last walk are as many as the steps.
    const WORTH: usize = 8;

    /// The number of a text that is one of the next ones, or the last one again.
    pub(super) fn ahead(&mut self, hash: u64, text: &str, written: &Written) -> Option<Number> {
        let start = self.next.saturating_sub(1);
        let ahead = self.steps[start..].iter().take(Self::AHEAD);
        let found = ahead.into_iter().position(|step| step.is(hash, |number| written.text(number) == Some(text)))?;
        self.since += 1;
        self.next = start + found + 1;
        Some(self.steps[start + found].number)
    }

    /// Goes on behind the number of a text that was not ahead.
    pub(super) fn off(&mut self, hash: u64, number: Number, written: &Written) -> Number {
        let at = number as usize;
        if number == MISSING {
            return number;
        }
        self.since += 1;
        if self.places.len() <= at {
            self.places.resize(at + 1, Place::None);
        }
        match self.places[at] {
            Place::None => {
                self.next = self.place_of(number, written);
                self.beside.push((self.next, Known::new(hash, number)));
                self.places[at] = Place::Beside;
            }
            Place::At(place) if place as usize >= self.next => self.next = place as usize + 1,
            Place::Beside if self.beside.last().is_some_and(|(_, step)| step.number == number) => {}
            // The texts come from the beginning again.
            Place::At(_) | Place::Beside => {
                if !self.beside.is_empty() && self.since * Self::WORTH >= self.steps.len() {
                    self.bring_in(written);
                }
                if let Place::At(place) = self.places[at] {
                    self.next = place as usize + 1;
                }
            }
        }
        number
    }

    /// Before which step a text belongs that comes now. It may have passed by steps that are left out today.
    fn place_of(&self, number: Number, written: &Written) -> usize {
        let text = written.text(number);
        let is_before = |step: &Known| in_order(written.text(step.number), text).is_lt();
        let start = if self.steps[..self.next].last().is_none_or(is_before) { self.next } else { 0 };
        let mut reach = 1;
        while self.steps.get(start + reach).is_some_and(is_before) {
            reach *= 2;
        }
        let near = &self.steps[start..self.steps.len().min(start + reach)];
        start + near.partition_point(is_before)
    }

    /// Puts the steps that are beside the trail where they belong.
    fn bring_in(&mut self, written: &Written) {
        self.since = 0;
        let mut beside = std::mem::take(&mut self.beside);
        let text = |step: &Known| written.text(step.number);
        beside.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| in_order(text(&a.1), text(&b.1))));
        let mut beside = beside.into_iter().peekable();
        let steps = std::mem::take(&mut self.steps);
        self.steps.reserve(steps.len() + beside.len());
        for (place, step) in steps.into_iter().enumerate() {
            while let Some((_, new)) = beside.next_if(|(before, _)| *before <= place) {
                self.steps.push(new);
            }
            self.steps.push(step);
        }
        self.steps.extend(beside.map(|(_, step)| step));
        for (place, step) in (0..).zip(&self.steps) {
            self.places[step.number as usize] = Place::At(place);
        }
    }
}

/// The order in which accounts mostly come: by domain, and then by name. Where they come in another one, what is new
/// may be looked for in vain, and then costs a search.
fn in_order(one: Option<&str>, other: Option<&str>) -> Ordering {
    fn domain(text: &str) -> Option<&str> {
        text.rsplit_once('@').map(|(_, domain)| domain)
    }
    one.and_then(domain).cmp(&other.and_then(domain)).then_with(|| one.cmp(&other))
}

#[cfg(test)]
mod tests {
    use arrow::array::DictionaryArray;
    use arrow::datatypes::Int32Type;

    use super::super::Texts;
    use super::*;

    #[test]
    fn a_trail_changes_nothing_but_the_way() {
        let words: Vec<String> = (0..400).map(|n| format!("w{n}")).collect();
        let column = |places: &[usize]| -> DictionaryArray<Int32Type> {
            places.iter().map(|place| Some(words[*place].as_str())).collect()
        };
        let every = |step: usize| (0..300).step_by(step).collect::<Vec<_>>();
        let orders: [Vec<usize>; 9] = [
            every(2),
            every(3),
            every(100),
            every(1),
            vec![1, 9, 2, 3, 30, 31],
            vec![299, 250, 3, 2, 1, 0],
            vec![0, 0, 1, 1, 300, 300, 2, 300, 0],
            vec![3, 399],
            every(1),
        ];
        let (mut texts, mut trail) = (Texts::default(), Trail::default());
        for order in &orders {
            let found = texts.found_rows(&column(order));
            assert_eq!(texts.found_rows_along(&column(order), &mut trail), found, "{order:?}");
            let numbers = texts.of_rows_along(&column(order), &mut trail);
            assert_eq!(texts.of_rows(&column(order)), numbers, "{order:?}");
        }
        assert_eq!(texts.count(), 302, "what the trail does not know gets a number");
    }

    #[test]
    fn a_trail_holds_what_came_between_where_it_came() {
        let (mut texts, mut trail) = (Texts::default(), Trail::default());
        let mut come = |words: &[&str]| {
            let rows: DictionaryArray<Int32Type> = words.iter().map(|word| Some(*word)).collect();
            texts.of_rows_along(&rows, &mut trail);
            let words = trail.steps.iter().filter_map(|step| texts.text(step.number));
            words.map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(come(&["b@x", "d@x", "a@y"]), [""; 0]);
        let before = ["b@x", "d@x", "a@y"];
        assert_eq!(come(&["b@x", "c@x", "e@x", "f@y"]), before, "what is new stays beside until all begins anew");
        assert_eq!(come(&["a@x", "f@x", "b@y"]), before);
        let all = ["a@x", "b@x", "c@x", "d@x", "e@x", "f@x", "a@y", "b@y", "f@y"];
        assert_eq!(come(&["a@x", "a@x", "f@x", "f@y"]), all);
        assert_eq!(come(&["0", "f@y", "a@x"])[..2], ["0", "a@x"], "whatever they are");
    }
}
