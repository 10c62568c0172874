//! Days, ranges of days, and instants: the only notion of time in the crate.
//!
//! Instants are microseconds since 1970-01-01T00:00:00Z, as in the lake's TIMESTAMP columns. Nobody below
//! [`cli`](crate::cli) asks for the current time; whoever needs it is given a [`Timestamp`].

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

/// Microseconds since the Unix epoch, UTC.
pub type Timestamp = i64;

/// Microseconds in a second.
pub const SECOND: i64 = 1_000_000;
/// Microseconds in an hour.
pub const HOUR: i64 = 3_600 * SECOND;
/// Microseconds in a day.
pub const DAY: i64 = 24 * HOUR;

/// A UTC day, counted from 1970-01-01, half-open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Day(i32);

/// The text is not a day.
#[derive(Debug, thiserror::Error)]
#[error("'{0}' is not a day: write it as YYYY-MM-DD, for example 2026-03-01")]
pub struct NotADay(String);

impl Day {
    /// The day that holds an instant.
    #[must_use]
    pub fn of(at: Timestamp) -> Self {
        Self(at.div_euclid(DAY) as i32)
    }

    /// The day that lies `days` after 1970-01-01: the value of a Parquet DATE.
    #[must_use]
    pub fn from_epoch_days(days: i32) -> Self {
        Self(days)
    }

    /// Days since 1970-01-01: the value of a Parquet DATE.
    #[must_use]
    pub fn epoch_days(self) -> i32 {
        self.0
    }

    /// The day's first instant.
    #[must_use]
    pub fn start(self) -> Timestamp {
        i64::from(self.0) * DAY
    }

    /// The first instant after the day.
    #[must_use]
    pub fn end(self) -> Timestamp {
        self.next().start()
    }

    /// The day after.
    #[must_use]
    pub fn next(self) -> Self {
        self.plus(1)
    }

    /// The day before.
    #[must_use]
    pub fn previous(self) -> Self {
        self.plus(-1)
    }

    /// The day `days` later, or earlier where negative.
    #[must_use]
    pub fn plus(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// The Monday of the ISO week that holds the day.
    #[must_use]
    pub fn monday(self) -> Self {
        self.plus(-self.0.saturating_add(3).rem_euclid(7))
    }

    /// The same day as chrono knows it.
    #[must_use]
    pub fn date(self) -> NaiveDate {
        NaiveDate::from_num_days_from_ce_opt(self.0.saturating_add(UNIX_EPOCH_FROM_CE)).unwrap_or(NaiveDate::MIN)
    }
}

/// 1970-01-01 in chrono's count of days.
const UNIX_EPOCH_FROM_CE: i32 = 719_163;

impl From<NaiveDate> for Day {
    fn from(date: NaiveDate) -> Self {
        Self(date.num_days_from_ce() - UNIX_EPOCH_FROM_CE)
    }
}

impl FromStr for Day {
    type Err = NotADay;

    /// The extended format of ISO 8601 and nothing else: chrono's `%Y-%m-%d` takes blanks, signs and fewer digits, too.
    fn from_str(text: &str) -> Result<Self, NotADay> {
        day(text.as_bytes()).ok_or_else(|| NotADay(text.to_owned()))
    }
}

/// `yyyy-mm-dd`, where there is such a day.
fn day(text: &[u8]) -> Option<Day> {
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text else { return None };
    let number = |digits: &[u8]| {
        let is_number = digits.iter().all(u8::is_ascii_digit);
        is_number.then(|| digits.iter().fold(0, |number, digit| 10 * number + u32::from(digit - b'0')))
    };
    let year = number(&[y1, y2, y3, y4])? as i32;
    NaiveDate::from_ymd_opt(year, number(&[m1, m2])?, number(&[d1, d2])?).map(Day::from)
}

impl TryFrom<String> for Day {
    type Error = NotADay;

    fn try_from(text: String) -> Result<Self, NotADay> {
        text.parse()
    }
}

impl From<Day> for String {
    fn from(day: Day) -> Self {
        day.to_string()
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.date(), f)
    }
}

/// Days from `start` up to and without `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DayRange {
    /// The first day.
    pub start: Day,
    /// The first day after the range.
    pub end: Day,
}

impl DayRange {
    /// The days from `first` to `last`, both included.
    #[must_use]
    pub fn inclusive(first: Day, last: Day) -> Self {
        Self { start: first, end: last.next() }
    }

    /// The range of one day.
    #[must_use]
    pub fn single(day: Day) -> Self {
        Self::inclusive(day, day)
    }

    /// The last day of the range; the day before `start` where it is empty.
    #[must_use]
    pub fn last(self) -> Day {
        self.end.previous()
    }

    /// Whether the range holds the day.
    #[must_use]
    pub fn contains(self, day: Day) -> bool {
        self.start <= day && day < self.end
    }

    /// How many days the range holds.
    #[must_use]
    pub fn len(self) -> usize {
        usize::try_from(self.end.0.saturating_sub(self.start.0)).unwrap_or(0)
    }

    /// Whether the range holds no day.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The days in order.
    pub fn days(self) -> impl DoubleEndedIterator<Item = Day> + Clone {
        (self.start.0..self.end.0).map(Day)
    }

    /// Sorted days joined into as few ranges as hold them.
    #[must_use]
    pub fn group(days: impl IntoIterator<Item = Day>) -> Vec<Self> {
        let mut ranges: Vec<Self> = Vec::new();
        for day in days {
            match ranges.last_mut() {
                Some(range) if range.end == day => range.end = day.next(),
                Some(range) if range.contains(day) => {}
                _ => ranges.push(Self::single(day)),
            }
        }
        ranges
    }
}

impl fmt::Display for DayRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.len() == 1 { write!(f, "{}", self.start) } else { write!(f, "{} to {}", self.start, self.last()) }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_half_open() {
        let day: Day = "2026-03-01".parse().unwrap();
        assert_eq!(Day::of(day.start()), day);
        assert_eq!(Day::of(day.end() - 1), day);
        assert_eq!(Day::of(day.end()), day.next());
        assert_eq!(day.to_string(), "2026-03-01");
        assert_eq!(Day::of(-1).to_string(), "1969-12-31");
    }

    #[test]
    fn days_join_into_ranges() {
        let day = |n| Day::from_epoch_days(n);
        let ranges = DayRange::group([1, 2, 2, 3, 5].map(day));
        assert_eq!(ranges, [DayRange::inclusive(day(1), day(3)), DayRange::single(day(5))]);
    }

    #[test]
    fn weeks_begin_on_monday() {
        let day = |text: &str| text.parse::<Day>().unwrap();
        for (text, monday) in [("2026-03-02", "2026-03-02"), ("2026-03-08", "2026-03-02"), ("1969-12-31", "1969-12-29")]
        {
            assert_eq!(day(text).monday(), day(monday));
        }
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in [
            "2026-02-30",
            "2026-3-01",
            " 2026-3-01",
            " 2026-03-0",
            "-2026-03-0",
            "+2026-03-1",
            "-2026-03-01",
            "12026-03-01",
            "2026-03-01 ",
            "2026-03- 1",
            "2026-03-1",
            "2026-03-011",
            "20260301",
            "2026-03-0\u{661}",
            "",
        ] {
            let refused = text.parse::<Day>().unwrap_err().to_string();
            assert!(refused.contains(text) && refused.contains("YYYY-MM-DD"), "{refused}");
        }
        assert_eq!("0000-01-01".parse::<Day>().unwrap().to_string(), "0000-01-01");
        assert_eq!("9999-12-31".parse::<Day>().unwrap().to_string(), "9999-12-31");
    }
}
