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
}
