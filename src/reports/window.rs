//! The window of a report: the days that it covers, and how far the lake goes.

use std::fmt;

use crate::calendar::{Day, DayRange};

/// The days of a report, both ends included, and the newest complete day of the lake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first day.
    pub first: Day,
    /// The last day.
    pub last: Day,
    /// The newest complete day in the lake: from the lake, never from the clock.
    pub as_of: Day,
}

/// Days that a window has and the lake has not: some of its days or all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beyond {
    /// Those before this day, with which the lake begins.
    Before(Day),
    /// Those behind this day, with which the lake ends.
    Behind(Day),
}

impl Window {
    /// The window of the same length that ends on the day before this one.
    #[must_use]
    pub fn previous(&self) -> Self {
        let length = self.last.epoch_days() - self.first.epoch_days() + 1;
        Self { first: self.first.plus(-length), last: self.first.previous(), as_of: self.as_of }
    }

    /// The window's days.
    #[must_use]
    pub fn days(&self) -> DayRange {
        DayRange::inclusive(self.first, self.last)
    }

    /// The weeks, Monday to Sunday, of a burn-down: those that are over by the window's last day. As many as the
    /// window touches, at least 13 (a quarter) and at most 53 (a year).
    #[must_use]
    pub fn weeks(&self) -> DayRange {
        let end = self.last.next().monday();
        let start = self.first.monday().min(end.plus(-13 * 7)).max(end.plus(-53 * 7));
        DayRange { start, end }
    }

    /// What the lake has not of the window: its days, in order, begin after the window does or end before it does.
    #[must_use]
    pub fn beyond(&self, days: &[Day]) -> Vec<Beyond> {
        let (Some(&first), Some(&last)) = (days.first(), days.last()) else { return Vec::new() };
        let before = (self.first < first).then_some(Beyond::Before(first));
        let behind = (self.last > last).then_some(Beyond::Behind(last));
        before.into_iter().chain(behind).collect()
    }

    /// The days that a report reads: the window and the window before.
    #[must_use]
    pub fn days_read(&self) -> DayRange {
        DayRange::inclusive(self.previous().first, self.last)
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.days().fmt(f)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn the_window_before_is_as_long_and_ends_the_day_before() {
        let day = |text: &str| text.parse::<Day>().unwrap();
        let week = Window { first: day("2026-03-01"), last: day("2026-03-07"), as_of: day("2026-03-07") };
        assert_eq!(week.previous().to_string(), "2026-02-22 to 2026-02-28");
        assert_eq!(week.days_read().to_string(), "2026-02-22 to 2026-03-07");
        let one = Window { last: week.first, ..week };
        assert_eq!(one.previous().to_string(), "2026-02-28");
    }

    #[test]
    fn a_window_that_the_lake_does_not_have_is_told() {
        let [first, middle, last] = [1, 5, 9].map(Day::from_epoch_days);
        let beyond = |day: Day, end: Day| Window { first: day, last: end, as_of: last }.beyond(&[first, middle, last]);
        let (before, behind) = (Beyond::Before(first), Beyond::Behind(last));
        assert_eq!(beyond(first, last), []);
        assert_eq!(beyond(first.plus(-100), first), [before], "some of its days");
        assert_eq!(beyond(first.plus(-9), first.previous()), [before], "all of them");
        assert_eq!(beyond(middle, last.next()), [behind]);
        assert_eq!(beyond(last.next(), last.next()), [behind]);
        assert_eq!(beyond(first.previous(), last.next()), [before, behind]);
        assert_eq!(Window { first, last, as_of: last }.beyond(&[]), []);
    }

    #[test]
    fn a_week_counts_when_it_is_over() {
        let weeks = |first: &str, last: &str| {
            let [first, last] = [first, last].map(|text| text.parse().unwrap());
            Window { first, last, as_of: last }.weeks()
        };
        // 8 March 2026 is a Sunday.
        assert_eq!(weeks("2026-03-02", "2026-03-08").to_string(), "2025-12-08 to 2026-03-08");
        assert_eq!(weeks("2026-03-04", "2026-03-14").to_string(), "2025-12-08 to 2026-03-08");
        assert_eq!(weeks("2025-11-15", "2026-03-15").to_string(), "2025-11-10 to 2026-03-15");
        assert_eq!(weeks("2020-01-01", "2026-03-15").len(), 53 * 7);
    }
}
