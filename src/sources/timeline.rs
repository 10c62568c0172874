//! Completing time stamps: the zone of the source, the year that RFC 3164 leaves out, the hour that comes twice.
//!
//! A log is written in order, so each stamp is completed from the ones before it: a jump from December back to
//! January is a new year, and in the autumn's doubled hour local time that goes back has entered its second pass.

use chrono::{Datelike, NaiveDateTime, Offset, TimeZone, Utc};
use chrono_tz::Tz;

use super::stamp::{Stamp, in_year};
use crate::calendar::{DAY, HOUR, SECOND, Timestamp};

/// How far local time must go back inside the doubled hour to have entered the second pass. A single host's
/// log is out of order by less.
const SECOND_PASS: i64 = 5 * SECOND;

/// What has one offset throughout: zones and changes of their clocks keep to quarters of an hour. Lord Howe Island's clock
/// goes back by half an hour, so that only the second half of an hour comes twice.
const QUARTER: i64 = HOUR / 4;

/// How far a stamp without a year must go back to be of the next year: a log may be out of order by days where
/// files were put together by hand, but a log that goes on after a gap goes forward.
const NEXT_YEAR: i64 = 182 * DAY;

/// How far a stamp without a year must go forward to be a late line of the year before, at its very end.
const YEAR_BEFORE: i64 = 360 * DAY;

/// 29 February, counted from the first day of a leap year.
const LEAP_DAY: i64 = 31 + 28;

/// Completes the stamps of a stream's files, in file order.
#[derive(Debug)]
pub struct Timeline {
    zone: Tz,
    year: i32,
    /// The last stamp without a year, to notice the turn of the year.
    last_yearless: Option<i64>,
    /// Day and year of the last stamp without one, and what brings a stamp of that day to its place in the year.
    placed: (i64, i32, i64),
    /// Whether that day is one that its year does not have.
    displaced: bool,
    /// The quarter of an hour of local time that the memory is for.
    quarter: i64,
    /// Local time minus UTC in it: in the first and in the second pass where it comes twice.
    offsets: (i64, i64),
    /// The last local time seen inside a doubled hour, and whether it was in the second pass.
    fold: Option<(i64, bool)>,
    /// Whether the next stamp is a file's first.
    at_start: bool,
}

impl Timeline {
    /// A timeline for a file whose first line lies in `year`, where its stamps name none.
    #[must_use]
    pub fn new(zone: Tz, year: i32) -> Self {
        let (quarter, placed) = (i64::MIN, (i64::MIN, year, 0));
        Self {
            zone,
            year,
            last_yearless: None,
            placed,
            displaced: false,
            quarter,
            offsets: (0, 0),
            fold: None,
            at_start: true,
        }
    }

    /// Goes on with the stream's next file, whose first line lies in `year`. A doubled hour goes on where it was.
    pub fn next_file(&mut self, year: i32) {
        self.year = year;
        self.last_yearless = None;
        self.at_start = true;
    }

    /// The instant of the next stamp in file order.
    pub fn resolve(&mut self, stamp: Stamp) -> Timestamp {
        match stamp {
            Stamp::Utc(at) => at,
            Stamp::Local(local) => self.local_to_utc(local),
            Stamp::Yearless(yearless) => {
                let local = self.place(yearless);
                self.local_to_utc(local)
            }
        }
    }

    /// Whether the stamp that was resolved last is 29 February of a year that has none, so that it is of another day,
    /// and the year of what stands around it is wrong too.
    #[must_use]
    pub fn is_displaced(&self, last: Stamp) -> bool {
        self.displaced && matches!(last, Stamp::Yearless(_))
    }

    /// Local time of a stamp without a year, which goes on from the stamp before.
    fn place(&mut self, yearless: i64) -> i64 {
        if let Some(last) = self.last_yearless {
            if yearless < last - NEXT_YEAR {
                self.year += 1;
            } else if yearless > last + YEAR_BEFORE {
                self.year -= 1;
            }
        }
        self.last_yearless = Some(yearless);
        let day = yearless.div_euclid(DAY);
        let (placed_day, placed_year, shift) = self.placed;
        if (placed_day, placed_year) == (day, self.year) {
            return yearless + shift;
        }
        // 29 February in a common year cannot be: the line keeps its place in order, a day later, and is not believed.
        let in_its_year = in_year(yearless, self.year);
        self.displaced = in_its_year.is_none();
        let local = in_its_year.or_else(|| in_year(yearless + DAY, self.year)).unwrap_or(yearless);
        self.placed = (day, self.year, local - yearless);
        local
    }

    fn local_to_utc(&mut self, local: i64) -> Timestamp {
        let at_start = std::mem::take(&mut self.at_start);
        let quarter = local.div_euclid(QUARTER);
        if quarter != self.quarter {
            self.quarter = quarter;
            self.offsets = offsets(self.zone, local);
        }
        let (first, second) = self.offsets;
        if first == second {
            self.fold = None;
            return local - first;
        }
        let second_pass = match self.fold {
            // A file that begins before the one before it ended holds the same lines again, from whichever pass.
            Some((last, true)) => !(at_start && local < last - SECOND_PASS),
            Some((last, false)) => local < last - SECOND_PASS,
            None => false,
        };
        self.fold = Some((local, second_pass));
        local - if second_pass { second } else { first }
    }
}

/// Local time minus UTC in microseconds: the same twice, but for the hour that comes twice.
fn offsets(zone: Tz, local: i64) -> (i64, i64) {
    let naive = naive(local);
    let micros = |offset: &<Tz as TimeZone>::Offset| i64::from(offset.fix().local_minus_utc()) * SECOND;
    match zone.offset_from_local_datetime(&naive) {
        chrono::LocalResult::Single(offset) => (micros(&offset), micros(&offset)),
        chrono::LocalResult::Ambiguous(first, second) => (micros(&first), micros(&second)),
        // The hour that spring leaves out: as if the clock had not been changed yet.
        chrono::LocalResult::None => {
            let before = zone.offset_from_utc_datetime(&self::naive(local - DAY));
            (micros(&before), micros(&before))
        }
    }
}

fn naive(local: i64) -> NaiveDateTime {
    chrono::DateTime::from_timestamp_micros(local).unwrap_or_default().naive_utc()
}

/// The latest year in which a stamp without a year lies at or before `limit`, an instant.
#[must_use]
pub fn latest_year(yearless: i64, zone: Tz, limit: Timestamp) -> i32 {
    let limit_year = Utc.timestamp_micros(limit).single().map_or(1970, |at| at.year()) + 1;
    let fits = |year: &i32| in_year(yearless, *year).is_some_and(|local| local - offsets(zone, local).0 <= limit);
    (limit_year - 8..=limit_year).rev().find(fits).unwrap_or(limit_year)
}

/// The year in which a stamp without a year lies nearest to `at`, an instant.
#[must_use]
pub fn nearest_year(yearless: i64, at: Timestamp) -> i32 {
    let year = Utc.timestamp_micros(at).single().map_or(1970, |at| at.year());
    let distance = |year: &i32| in_year(yearless, *year).map_or(i64::MAX, |local| (local - at).abs());
    (year - 1..=year + 1).min_by_key(distance).unwrap_or(year)
}

/// Whether a stamp without a year is of 29 February.
#[must_use]
pub fn is_leap_day(yearless: i64) -> bool {
    yearless.div_euclid(DAY) == LEAP_DAY
}

/// Whether a year has the day of a stamp without a year: only some have 29 February.
#[must_use]
pub fn has_day(yearless: i64, year: i32) -> bool {
    in_year(yearless, year).is_some()
}

/// The instant of a single stamp, where the year of yearless ones is known.
#[must_use]
pub fn instant(stamp: Stamp, zone: Tz, year: i32) -> Timestamp {
    Timeline::new(zone, year).resolve(stamp)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::*;
    use crate::sources::stamp::StampReader;

    fn resolve(zone: Tz, year: i32, lines: &[&str]) -> Vec<String> {
        let mut timeline = Timeline::new(zone, year);
        let mut reader = StampReader::default();
        let stamps = lines.iter().map(|line| reader.rfc3164(format!("{line} host").as_bytes()).unwrap().0);
        let instants = stamps.map(|stamp| timeline.resolve(stamp)).collect::<Vec<_>>();
        instants.iter().map(|at| Utc.timestamp_micros(*at).unwrap().format("%FT%T").to_string()).collect()
    }

    #[test]
    fn the_year_turns_and_a_late_line_turns_it_back() {
        let lines = ["Dec 31 23:59:59", "Jan  1 00:00:00", "Dec 31 23:59:59", "Jan  1 00:00:01"];
        let expected = ["2025-12-31T23:59:59", "2026-01-01T00:00:00", "2025-12-31T23:59:59", "2026-01-01T00:00:01"];
        assert_eq!(resolve(Tz::UTC, 2025, &lines), expected);
    }

    #[test]
    fn a_gap_of_months_stays_in_the_year() {
        let lines = ["Mar 29 03:00:00", "Oct 25 02:20:00", "Feb  1 00:00:00"];
        let expected = ["2026-03-29T03:00:00", "2026-10-25T02:20:00", "2027-02-01T00:00:00"];
        assert_eq!(resolve(Tz::UTC, 2026, &lines), expected);
    }

    #[test]
    fn the_doubled_hour_is_passed_twice() {
        let lines = ["Oct 25 01:59:59", "Oct 25 02:20:30", "Oct 25 02:20:29", "Oct 25 02:20:01", "Oct 25 03:00:00"];
        let expected = [
            "2026-10-24T23:59:59",
            "2026-10-25T00:20:30",
            "2026-10-25T00:20:29",
            "2026-10-25T01:20:01",
            "2026-10-25T02:00:00",
        ];
        assert_eq!(resolve(chrono_tz::Europe::Berlin, 2026, &lines), expected);
    }

    #[test]
    fn half_an_hour_is_passed_twice_wherever_a_file_begins() {
        let lines = ["Apr  5 01:10:00", "Apr  5 01:45:00", "Apr  5 01:35:00", "Apr  5 01:50:00", "Apr  5 02:10:00"];
        let expected = [
            "2026-04-04T14:10:00",
            "2026-04-04T14:45:00",
            "2026-04-04T15:05:00",
            "2026-04-04T15:20:00",
            "2026-04-04T15:40:00",
        ];
        for from in [0, 1] {
            assert_eq!(resolve(chrono_tz::Australia::Lord_Howe, 2026, &lines[from..]), expected[from..]);
        }
    }

    #[test]
    fn the_doubled_hour_goes_on_in_the_next_file() {
        let berlin = |files: &[&[&str]]| {
            let mut timeline = Timeline::new(chrono_tz::Europe::Berlin, 2026);
            let mut reader = StampReader::default();
            let mut hours = Vec::new();
            for file in files {
                timeline.next_file(2026);
                for line in *file {
                    let stamp = reader.rfc3164(format!("Oct 25 {line} host").as_bytes()).unwrap().0;
                    hours.push(Utc.timestamp_micros(timeline.resolve(stamp)).unwrap().format("%H:%M").to_string());
                }
            }
            hours.join(" ")
        };
        assert_eq!(berlin(&[&["02:50:00"], &["02:10:00"]]), "00:50 01:10");
        assert_eq!(berlin(&[&["02:50:00", "02:10:00"], &["02:20:00", "03:00:00"]]), "00:50 01:10 01:20 02:00");
        // A copy of the file before.
        assert_eq!(berlin(&[&["02:50:00", "02:40:00"], &["02:30:00", "02:20:00"]]), "00:50 01:40 00:30 01:20");
    }

    #[test]
    fn the_missing_hour_goes_on_as_if_the_clock_had_not_changed() {
        let expected = ["2026-03-29T00:59:59", "2026-03-29T01:30:00", "2026-03-29T01:00:00"];
        let lines = ["Mar 29 01:59:59", "Mar 29 02:30:00", "Mar 29 03:00:00"];
        assert_eq!(resolve(chrono_tz::Europe::Berlin, 2026, &lines), expected);
    }

    #[test]
    fn the_29th_of_february_is_displaced_in_a_common_year() {
        let mut reader = StampReader::default();
        for (year, displaced) in [(2024, false), (2025, true), (2028, false)] {
            let mut timeline = Timeline::new(Tz::UTC, year);
            let lines = [("Feb 28 23:59:59", false), ("Feb 29 12:00:00", displaced), ("Mar  1 00:00:00", false)];
            for (line, expected) in lines {
                let stamp = reader.rfc3164(format!("{line} host").as_bytes()).unwrap().0;
                timeline.resolve(stamp);
                assert_eq!(timeline.is_displaced(stamp), expected, "{year} {line}");
            }
        }
    }

    #[test]
    fn years_are_found_from_a_limit_and_from_a_neighbour() {
        let mut reader = StampReader::default();
        let Stamp::Yearless(december) = reader.rfc3164(b"Dec 30 10:00:00 x").unwrap().0 else { panic!() };
        let Stamp::Yearless(leap) = reader.rfc3164(b"Feb 29 10:00:00 x").unwrap().0 else { panic!() };
        let limit = Utc.with_ymd_and_hms(2026, 3, 2, 0, 0, 0).unwrap().timestamp_micros();
        assert_eq!(latest_year(december, Tz::UTC, limit), 2025);
        assert_eq!(latest_year(leap, Tz::UTC, limit), 2024);
        assert_eq!(nearest_year(december, limit), 2025);
    }
}
