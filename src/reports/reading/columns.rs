//! From what was counted to columns: a text is its place among all texts, unless it is a word of a small vocabulary.

use polars::prelude::*;

use super::super::Result;
use crate::calendar::Day;
use crate::rollups::texts::{InOrder, Number, Places, Texts};

/// Columns of names and addresses, of which there may be millions.
pub(super) const NUMBERED: [&str; 5] = ["account", "domain", "client_ip", "client_name", "helo"];

/// All texts that were read, in order.
pub(super) struct Spelling {
    pub texts: InOrder,
    pub places: Places,
}

impl Spelling {
    pub(super) fn new(texts: Texts) -> Self {
        let (texts, places) = texts.in_order();
        Self { texts, places }
    }

    /// The same texts by the numbers of others, each of which has one of ours: see [`Texts::adopt`].
    pub(super) fn of_numbers(&self, numbers: &[Number]) -> Self {
        Self { texts: self.texts.clone(), places: self.places.of_numbers(numbers) }
    }

    /// A column of texts: places where it is one of [`NUMBERED`], else words.
    pub(super) fn texts(&self, name: &str, numbers: impl Iterator<Item = Number>) -> Column {
        let places = numbers.map(|number| self.places.of(number));
        if NUMBERED.contains(&name) {
            return places.collect::<UInt32Chunked>().with_name(name.into()).into_column();
        }
        let words = places.map(|place| self.texts.text(place?));
        words.collect::<StringChunked>().with_name(name.into()).into_column()
    }

    /// The columns of groups, with words where they are not of [`NUMBERED`].
    pub(super) fn frame(&self, columns: Vec<Column>) -> Result<DataFrame> {
        let mut frame = DataFrame::new_infer_height(columns)?;
        for name in frame.get_column_names_owned().iter().filter(|name| !NUMBERED.contains(&name.as_str())) {
            if let Ok(places) = frame.column(name)?.u32() {
                let words: StringChunked = places.iter().map(|place| self.texts.text(place?)).collect();
                frame.with_column(words.with_name(name.clone()).into_column())?;
            }
        }
        Ok(frame)
    }
}

pub(super) fn counts(name: &str, counts: impl Iterator<Item = i64>) -> Column {
    counts.map(Some).collect::<Int64Chunked>().with_name(name.into()).into_column()
}

pub(super) fn dates(name: &str, days: impl Iterator<Item = Day>) -> Column {
    let days: Vec<i32> = days.map(Day::epoch_days).collect();
    Int32Chunked::from_vec(name.into(), days).into_date().into_column()
}

pub(super) fn truths(name: &str, truths: impl Iterator<Item = Option<bool>>) -> Column {
    truths.collect::<BooleanChunked>().with_name(name.into()).into_column()
}
