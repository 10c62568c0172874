//! Reading a line's time stamp, as the line gives it: with or without a year, with or without a zone.
//!
//! What a stamp leaves out is not guessed here: [`Timeline`](super::timeline::Timeline) completes it from the
//! stamps before it. Consecutive lines mostly share their stamp, so the last one read is remembered and a line
//! that starts with the same bytes costs one comparison.

use chrono::NaiveDate;

use crate::calendar::{DAY, Day, HOUR, SECOND, Timestamp};

/// A time as a line gives it, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stamp {
    /// Since the epoch, UTC: the line names its offset.
    Utc(Timestamp),
    /// Since the epoch in the source's local time: the line has a date and no offset.
    Local(i64),
    /// Since the start of a leap year in the source's local time: RFC 3164 has neither year nor offset.
    Yearless(i64),
}

/// A leap year, so that 29 February has a place in a stamp without a year.
pub(super) const REFERENCE_YEAR: i32 = 2000;

/// The reference year's first day, counted from the epoch.
const REFERENCE_START: i64 = 10_957;

/// Reads stamps at the start of lines and remembers the last one.
#[derive(Debug, Default)]
pub struct StampReader {
    /// The bytes that the memory covers: up to the whole second.
    text: Vec<u8>,
    /// What they say. The fraction and the offset behind them are read again for each line.
    stamp: Option<Stamp>,
}

/// The longest abbreviation of a zone that is taken for one.
const LONGEST_ZONE: usize = 8;

/// A stamp and the number of bytes that it took, the blank behind it included.
pub type Stamped = (Stamp, usize);

impl StampReader {
    /// RFC 3164: `Mmm dd hh:mm:ss`, also with a fraction, or with a year behind the day or behind the time.
    pub fn rfc3164(&mut self, line: &[u8]) -> Option<Stamped> {
        if line.len() < 16 {
            return None;
        }
        let (head, rest) = line.split_at(15);
        let stamp = match self.remembered(head) {
            Some(stamp) => stamp,
            None if rest.first().is_some_and(|byte| byte.is_ascii_digit()) => return year_behind_the_day(line),
            None => self.remember(head, Stamp::Yearless(yearless(head)?)),
        };
        match rest.first()? {
            b' ' => Some(year_behind_the_time(stamp, rest).unwrap_or((stamp, 16))),
            b'.' => {
                let (fraction, used) = fraction(&rest[1..]);
                let end = 16 + used;
                (line.get(end) == Some(&b' ')).then(|| (stamp.plus(fraction), end + 1))
            }
            _ => None,
        }
    }

    /// ISO 8601 and RFC 3339: `yyyy-mm-ddThh:mm:ss`, fraction and offset optional, a blank in place of `T`.
    pub fn iso(&mut self, line: &[u8]) -> Option<Stamped> {
        if line.len() < 20 {
            return None;
        }
        let (head, rest) = line.split_at(19);
        let local = match self.remembered(head) {
            Some(Stamp::Local(local)) => local,
            _ => {
                let local = date_and_time(head)?;
                self.remember(head, Stamp::Local(local));
                local
            }
        };
        let (fraction, used) = match rest.first() {
            Some(b'.' | b',') => {
                let (fraction, digits) = fraction(&rest[1..]);
                (fraction, digits + 1)
            }
            _ => (0, 0),
        };
        let (stamp, offset) = match rest.get(used) {
            Some(b'Z' | b'z') => (Stamp::Utc(local + fraction), 1),
            Some(sign @ (b'+' | b'-')) => {
                let (offset, used) = offset(&rest[used + 1..])?;
                let offset = if *sign == b'+' { offset } else { -offset };
                (Stamp::Utc(local + fraction - offset), used + 1)
            }
            _ => (Stamp::Local(local + fraction), 0),
        };
        let end = 19 + used + offset;
        match line.get(end) {
            None => Some((stamp, end)),
            Some(b' ') => Some((stamp, end + 1)),
            Some(_) => None,
        }
    }

    /// syslog-ng's `ts-format(full)`: `2026 Nov 28 01:16:21`.
    pub fn year_in_front(&mut self, line: &[u8]) -> Option<Stamped> {
        let (year, rest) = line.split_at_checked(4)?;
        let (stamp, used) = self.rfc3164(rest.strip_prefix(b" ")?)?;
        let Stamp::Yearless(yearless) = stamp else { return None };
        Some((Stamp::Local(in_year(yearless, digits(year)? as i32)?), 5 + used))
    }

    /// `journalctl --output=short-full`: `Sun 2026-03-01 00:12:48 CET`. A zone's abbreviation says nothing for certain
    /// but UTC's own.
    pub fn full(&mut self, line: &[u8]) -> Option<Stamped> {
        let is_weekday =
            |name: &[u8]| [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"].iter().any(|day| *day == name);
        if line.get(3) != Some(&b' ') || !is_weekday(&line[..3]) {
            return None;
        }
        let (stamp, used) = self.iso(&line[4..])?;
        let rest = line.get(4 + used..)?;
        let length = memchr::memchr(b' ', &rest[..rest.len().min(LONGEST_ZONE)])?;
        let Stamp::Local(local) = stamp else { return None };
        let stamp = match &rest[..length] {
            b"UTC" | b"GMT" => Stamp::Utc(local),
            [sign @ (b'+' | b'-'), offset @ ..] => {
                let (offset, _) = self::offset(offset)?;
                Stamp::Utc(if *sign == b'+' { local - offset } else { local + offset })
            }
            name if name.iter().all(u8::is_ascii_alphabetic) && length > 0 => stamp,
            _ => return None,
        };
        Some((stamp, 4 + used + length + 1))
    }

    /// `journalctl --output=short-unix`: `1795441670.152700`.
    pub fn unix(line: &[u8]) -> Option<Stamped> {
        let (seconds, rest) = line.split_at_checked(10)?;
        let seconds = seconds.iter().all(u8::is_ascii_digit).then_some(seconds)?;
        let seconds = seconds.iter().fold(0, |number, digit| number * 10 + i64::from(digit - b'0'));
        let (fraction, used) = fraction(rest.strip_prefix(b".")?);
        let end = 11 + used;
        let stamp = Stamp::Utc(seconds * SECOND + fraction);
        (used > 0 && line.get(end) == Some(&b' ')).then_some((stamp, end + 1))
    }

    fn remembered(&self, head: &[u8]) -> Option<Stamp> {
        self.stamp.filter(|_| self.text == head)
    }

    fn remember(&mut self, head: &[u8], stamp: Stamp) -> Stamp {
        self.text.clear();
        self.text.extend_from_slice(head);
        self.stamp = Some(stamp);
        stamp
    }
}

impl Stamp {
    /// The stamp so many microseconds later.
    #[inline]
    #[must_use]
    pub fn plus(self, micros: i64) -> Self {
        match self {
            Self::Utc(at) => Self::Utc(at + micros),
            Self::Local(at) => Self::Local(at + micros),
            Self::Yearless(at) => Self::Yearless(at + micros),
        }
    }

    /// The stamp cut to its second: lines of one second are accounted for together.
    #[must_use]
    pub fn second(self) -> Self {
        match self {
            Self::Utc(at) => Self::Utc(at - at.rem_euclid(SECOND)),
            Self::Local(at) => Self::Local(at - at.rem_euclid(SECOND)),
            Self::Yearless(at) => Self::Yearless(at - at.rem_euclid(SECOND)),
        }
    }
}

/// `Jan 10 2026 10:00:00`, as Cisco and some relays write it.
fn year_behind_the_day(line: &[u8]) -> Option<Stamped> {
    if line.len() < 21 || line[6] != b' ' || line[11] != b' ' || line[20] != b' ' {
        return None;
    }
    let date = date(digits(&line[7..11])? as i32, month(&line[..3])?, day_of_month(&line[4..6])?)?;
    Some((Stamp::Local(date + time_of_day(&line[12..20])?), 21))
}

/// `Jan 10 10:00:00 2026 host`: told from a host by four digits and a blank.
fn year_behind_the_time(stamp: Stamp, rest: &[u8]) -> Option<Stamped> {
    let Stamp::Yearless(yearless) = stamp else { return None };
    if rest.len() < 6 || rest[5] != b' ' {
        return None;
    }
    let year = digits(&rest[1..5]).filter(|year| (1970..2200).contains(year))? as i32;
    Some((Stamp::Local(in_year(yearless, year)?), 21))
}

/// A stamp without a year, placed into one; none for 29 February of a common year.
pub(super) fn in_year(yearless: i64, year: i32) -> Option<i64> {
    use chrono::Datelike;
    let day = Day::from_epoch_days((REFERENCE_START + yearless.div_euclid(DAY)) as i32).date();
    Some(date(year, day.month(), day.day())? + yearless.rem_euclid(DAY))
}

/// `Mmm dd hh:mm:ss` as microseconds since the reference year's start.
fn yearless(head: &[u8]) -> Option<i64> {
    if head[3] != b' ' || head[6] != b' ' {
        return None;
    }
    let date = date(REFERENCE_YEAR, month(&head[..3])?, day_of_month(&head[4..6])?)?;
    Some(date - REFERENCE_START * DAY + time_of_day(&head[7..15])?)
}

/// `yyyy-mm-dd?hh:mm:ss` as microseconds since the epoch.
fn date_and_time(head: &[u8]) -> Option<i64> {
    if head[4] != b'-' || head[7] != b'-' || !matches!(head[10], b'T' | b' ' | b't') {
        return None;
    }
    let date = date(digits(&head[..4])? as i32, digits(&head[5..7])?, digits(&head[8..10])?)?;
    Some(date + time_of_day(&head[11..19])?)
}

fn date(year: i32, month: u32, day: u32) -> Option<i64> {
    Some(Day::from(NaiveDate::from_ymd_opt(year, month, day)?).start())
}

fn month(name: &[u8]) -> Option<u32> {
    const MONTHS: &[u8; 36] = b"JanFebMarAprMayJunJulAugSepOctNovDec";
    let index = MONTHS.chunks_exact(3).position(|month| month == name)?;
    Some(index as u32 + 1)
}

/// `" 2"`, `"02"` or `"12"`.
fn day_of_month(text: &[u8]) -> Option<u32> {
    if text[0] == b' ' { digits(&text[1..]) } else { digits(text) }
}

/// `hh:mm:ss` in microseconds; a leap second counts as the second before it.
fn time_of_day(text: &[u8]) -> Option<i64> {
    if text[2] != b':' || text[5] != b':' {
        return None;
    }
    let (hour, minute, second) = (digits(&text[..2])?, digits(&text[3..5])?, digits(&text[6..8])?);
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    Some(i64::from(hour) * HOUR + (i64::from(minute) * 60 + i64::from(second.min(59))) * SECOND)
}

/// Digits after the point, in microseconds, and how many there were.
pub(super) fn fraction(text: &[u8]) -> (i64, usize) {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let six = text[..digits].iter().map(|digit| i64::from(digit - b'0')).chain(std::iter::repeat(0)).take(6);
    (six.fold(0, |micros, digit| micros * 10 + digit), digits)
}

/// `hh:mm`, `hhmm` or `hh` behind the sign, in microseconds, and the bytes used.
fn offset(text: &[u8]) -> Option<(i64, usize)> {
    let hours = i64::from(digits(text.get(..2)?)?);
    let (minutes, used) = match (text.get(2), text.get(2..4).and_then(digits), text.get(3..5).and_then(digits)) {
        (Some(b':'), _, Some(minutes)) => (minutes, 5),
        (Some(_), Some(minutes), _) => (minutes, 4),
        _ => (0, 2),
    };
    Some((hours * HOUR + i64::from(minutes) * 60 * SECOND, used))
}

/// A short run of digits as a number; none where anything else is in it.
#[inline]
pub(super) fn digits(text: &[u8]) -> Option<u32> {
    text.iter().try_fold(0u32, |number, byte| {
        let digit = byte.wrapping_sub(b'0');
        (digit < 10).then(|| number * 10 + u32::from(digit))
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::*;

    fn utc(text: &str) -> Stamp {
        Stamp::Utc(chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp_micros())
    }

    #[test]
    fn iso_with_offsets_fractions_and_none() {
        let mut reader = StampReader::default();
        for (line, used, expected) in [
            ("2026-06-10T09:00:05.984620+00:00 mx1", 33, utc("2026-06-10T09:00:05.984620Z")),
            ("2026-06-10T09:00:05.98+02:00 mx1", 29, utc("2026-06-10T07:00:05.98Z")),
            ("2026-11-23T14:47:48+0100 mx1", 25, utc("2026-11-23T13:47:48Z")),
            ("2026-11-23T14:47:48-08 mx1", 23, utc("2026-11-23T22:47:48Z")),
            ("2026-11-23T14:47:48Z", 20, utc("2026-11-23T14:47:48Z")),
        ] {
            assert_eq!(reader.iso(line.as_bytes()), Some((expected, used)), "{line}");
        }
        let Some((Stamp::Local(local), 20)) = reader.iso(b"2026-01-01 14:00:03 1vbJDf-00001B-2d <=") else { panic!() };
        assert_eq!(Stamp::Utc(local), utc("2026-01-01T14:00:03Z"));
    }

    #[test]
    fn rfc3164_in_its_variants() {
        let mut reader = StampReader::default();
        let (first, used) = reader.rfc3164(b"Mar  2 09:00:05 mx1 postfix").unwrap();
        assert_eq!(used, 16);
        assert_eq!(reader.rfc3164(b"Mar  2 09:00:05 mx1 other"), Some((first, 16)));
        assert_eq!(reader.rfc3164(b"Mar  2 09:00:05.250 mx1"), Some((first.plus(250_000), 20)));
        let with_year = Some((Stamp::Local(in_year(yearless(b"Mar  2 09:00:05").unwrap(), 2026).unwrap()), 21));
        assert_eq!(reader.rfc3164(b"Mar  2 09:00:05 2026 mx1 x"), with_year);
        assert_eq!(reader.rfc3164(b"Mar  2 2026 09:00:05 mx1 x"), with_year);
        assert_eq!(reader.year_in_front(b"2026 Mar  2 09:00:05 mx1 x"), with_year);
        for line in [
            &b"2026"[..],
            b"2026 ",
            b"2026 Mar  2 2026 09:00:05 mx1",
            b"20x6 Mar  2 09:00:05 mx1",
            b"2027 Feb 29 09:00:05 mx1",
        ] {
            assert_eq!(reader.year_in_front(line), None, "{}", String::from_utf8_lossy(line));
        }
    }

    #[test]
    fn journalctl_s_long_forms() {
        let mut reader = StampReader::default();
        for (line, used, expected) in [
            ("Mon 2026-11-23 14:47:46 UTC mx1 x", 28, utc("2026-11-23T14:47:46Z")),
            ("Mon 2026-11-23 14:47:46 +03 mx1 x", 28, utc("2026-11-23T11:47:46Z")),
            ("Mon 2026-11-23 14:47:46 -0330 mx1 x", 30, utc("2026-11-23T18:17:46Z")),
        ] {
            assert_eq!(reader.full(line.as_bytes()), Some((expected, used)), "{line}");
        }
        let local = reader.full(b"Mon 2026-11-23 14:47:46 CET mx1 x");
        assert!(matches!(local, Some((Stamp::Local(at), 28)) if Stamp::Utc(at) == utc("2026-11-23T14:47:46Z")));
        let unix = StampReader::unix(b"1795441670.152700 mx1 x");
        assert_eq!(unix, Some((utc("2026-11-23T13:47:50.152700Z"), 18)));
        for line in ["Mon 2026-11-23 14:47:46 mx1 x", "Foo 2026-11-23 14:47:46 UTC x", "Mon 2026-11-23 14:47:46"] {
            assert_eq!(reader.full(line.as_bytes()), None, "{line}");
        }
        for line in ["1795441670 mx1", "1795441670. mx1", "179544167x.1 mx1", "1795441670.1"] {
            assert_eq!(StampReader::unix(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn what_is_no_stamp_is_none() {
        let mut reader = StampReader::default();
        for line in [
            "",
            "Foo 10 10:00:00 x",
            "Jan 32 10:00:00 x",
            "Jan 10 25:00:00 x",
            "Jan 10 10:00:00x",
            "a\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}",
        ] {
            assert_eq!(reader.rfc3164(line.as_bytes()), None, "{line}");
        }
        for line in ["2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z x", "2026-02-28T00:00:00Zx", "2026-02-28 00:00"] {
            assert_eq!(reader.iso(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn february_29_has_a_place_only_in_leap_years() {
        let feb29 = yearless(b"Feb 29 00:00:00").unwrap();
        assert_eq!(in_year(feb29, 2027), None);
        assert!(in_year(feb29, 2028).is_some());
    }
}
