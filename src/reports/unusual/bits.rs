//! A row of days per account, a bit for each: whether something was so on that day.

use std::ops::Range;

/// Days in rows.
#[derive(Clone, Debug)]
pub(super) struct Bits {
    words_per_row: usize,
    words: Vec<u64>,
}

impl Bits {
    pub(super) fn new(days: u16) -> Self {
        Self { words_per_row: usize::from(days).div_ceil(64).max(1), words: Vec::new() }
    }

    /// Marks a day in a row, which is made where there is none.
    pub(super) fn set(&mut self, row: usize, day: u16) {
        let end = (row + 1) * self.words_per_row;
        if self.words.len() < end {
            self.words.resize(end, 0);
        }
        self.words[row * self.words_per_row + usize::from(day) / 64] |= 1 << (day % 64);
    }

    pub(super) fn has(&self, row: usize, day: u16) -> bool {
        self.row(row).get(usize::from(day) / 64).is_some_and(|word| word >> (day % 64) & 1 == 1)
    }

    /// How many days of a range are marked.
    pub(super) fn count(&self, row: usize, days: Range<u16>) -> u32 {
        self.masked(row, days).map(|(_, word)| word.count_ones()).sum()
    }

    /// The last day of a range that is marked.
    pub(super) fn last(&self, row: usize, days: Range<u16>) -> Option<u16> {
        let words = self.masked(row, days).filter(|(_, word)| *word != 0);
        words.last().map(|(place, word)| (place * 64) as u16 + 63 - word.leading_zeros() as u16)
    }

    fn row(&self, row: usize) -> &[u64] {
        self.words.get(row * self.words_per_row..(row + 1) * self.words_per_row).unwrap_or(&[])
    }

    /// The words of a row, with the days outside the range left out.
    fn masked(&self, row: usize, days: Range<u16>) -> impl Iterator<Item = (usize, u64)> {
        let below = |day: u16, start: usize| match usize::from(day).saturating_sub(start) {
            0 => 0,
            count if count >= 64 => u64::MAX,
            count => (1 << count) - 1,
        };
        self.row(row).iter().enumerate().map(move |(place, word)| {
            let start = place * 64;
            (place, word & below(days.end, start) & !below(days.start, start))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_kept_by_row() {
        let mut bits = Bits::new(130);
        for day in [0, 63, 64, 100, 129] {
            bits.set(1, day);
        }
        assert_eq!(bits.count(1, 0..130), 5);
        assert_eq!(bits.count(1, 1..64), 1);
        assert_eq!(bits.count(1, 63..65), 2);
        assert_eq!((bits.last(1, 0..129), bits.last(1, 0..63), bits.last(1, 1..63)), (Some(100), Some(0), None));
        assert!(bits.has(1, 129) && !bits.has(1, 128));
        assert_eq!((bits.count(0, 0..130), bits.count(7, 0..130), bits.has(7, 3)), (0, 0, false));
    }
}
