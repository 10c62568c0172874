//! The year that RFC 3164 leaves out: from ids that encode it, from the operator, from the days asked for, and last
//! from the time at which the file was written; then from file to file, by their order. Where 29 February is in sight,
//! only years are taken that have one.

use super::{Member, Reading};
use crate::calendar::{DAY, DayRange, Timestamp};
use crate::sources::stamp::Stamp;
use crate::sources::timeline::{has_day, instant, latest_year, nearest_year};

/// How far behind its neighbour a file may begin and still come before it.
const SLACK: i64 = DAY;

/// How far leap years may be apart: 1896 was one, 1900 was none.
const LEAP_YEARS_APART: i32 = 8;

/// Whether the last file's end must be known to infer the years.
pub(super) fn needs_the_end(group: &[Member], reading: Reading) -> bool {
    let anchored = group.iter().any(|member| exact_year(member).is_some());
    let last = group.last().filter(|member| first(member).is_some() && member.sight.last.is_none());
    !anchored && last.is_some() && (reading.year.is_some() || reading.days.is_some())
}

/// The year of each file's first line, for files in time order.
pub(super) fn infer(group: &[Member], reading: Reading) -> Vec<i32> {
    let mut years = group.iter().map(exact_year).collect::<Vec<_>>();
    if years.iter().all(Option::is_none) {
        let last = group.iter().rposition(|member| first(member).is_some());
        if let Some(last) = last {
            years[last] = Some(anchor(group, last, reading));
        }
    }
    spread(group, &mut years, reading);
    years.into_iter().map(|year| year.unwrap_or(1970)).collect()
}

/// From a known year to the files before and behind it.
fn spread(group: &[Member], years: &mut [Option<i32>], reading: Reading) {
    for index in (0..group.len().saturating_sub(1)).rev() {
        if let (None, Some(stamp), Some(next)) =
            (years[index], first(&group[index]), begin(group, years, index + 1, reading))
        {
            years[index] = Some(latest_year(stamp, reading.zone, next + SLACK));
        }
    }
    for index in 1..group.len() {
        if let (None, Some(stamp), Some(before)) =
            (years[index], first(&group[index]), begin(group, years, index - 1, reading))
        {
            let year = nearest_year(stamp, before);
            let too_early = instant(Stamp::Yearless(stamp), reading.zone, year) < before - SLACK;
            years[index] = Some(if too_early { year + 1 } else { year });
        }
    }
}

/// When a file begins, where its year is known or its stamps have one.
fn begin(group: &[Member], years: &[Option<i32>], index: usize, reading: Reading) -> Option<Timestamp> {
    let stamp = group[index].sight.first?;
    match (stamp, years[index]) {
        (Stamp::Yearless(_), None) => None,
        (stamp, year) => Some(instant(stamp, reading.zone, year.unwrap_or(1970))),
    }
}

/// The year of the last file's first line, where no id tells it.
fn anchor(group: &[Member], last: usize, reading: Reading) -> i32 {
    let member = &group[last];
    let first = first(member).unwrap_or_default();
    let end = match member.sight.last {
        Some(Stamp::Yearless(end)) => end,
        _ => first,
    };
    let begins_with_end_in =
        |year: i32| latest_year(first, reading.zone, instant(Stamp::Yearless(end), reading.zone, year) + SLACK);
    if let Some(year) = reading.year {
        return begins_with_end_in(year);
    }
    let asked = reading.days.and_then(|days| year_for(group, last, days, reading, begins_with_end_in));
    asked.unwrap_or_else(|| {
        let latest = begins_with_end_in(latest_year(end, reading.zone, member.look.file.modified + SLACK));
        let mut years = (latest - LEAP_YEARS_APART..=latest).rev();
        years.find(|year| have_leap_days(group, &from_last(group, last, *year, reading))).unwrap_or(latest)
    })
}

/// The years of all files, by that of the last one that needs one.
fn from_last(group: &[Member], last: usize, year: i32, reading: Reading) -> Vec<Option<i32>> {
    let mut years = vec![None; group.len()];
    years[last] = Some(year);
    spread(group, &mut years, reading);
    years
}

/// Whether the files' years have every 29 February that is in sight.
fn have_leap_days(group: &[Member], years: &[Option<i32>]) -> bool {
    let has = |(member, year): (&Member, &Option<i32>)| {
        let (Some(leap_day), Some(first), Some(year)) = (member.sight.leap_day, first(member), *year) else {
            return true;
        };
        let turned = leap_day < first - SLACK;
        has_day(leap_day, if turned { year + 1 } else { year })
    };
    group.iter().zip(years).all(has)
}

/// The latest year that makes the stream's files touch the days asked for: one in which the last line is no later than
/// the file was written, where there is such a year.
fn year_for(
    group: &[Member],
    last: usize,
    days: DayRange,
    reading: Reading,
    begins_with_end_in: impl Fn(i32) -> i32,
) -> Option<i32> {
    let ends = group[last].sight.last.or(group[last].sight.first)?;
    let around = |day: crate::calendar::Day| nearest_year(0, day.start());
    let ends_in = |year: i32| instant(ends, reading.zone, year);
    let touching = (around(days.start) - 1..=around(days.end) + 1).rev().filter_map(|year| {
        let begins = begins_with_end_in(year);
        let years = from_last(group, last, begins, reading);
        let from = (0..group.len()).find_map(|index| begin(group, &years, index, reading))?;
        let touches = from < days.end.start() && ends_in(year) >= days.start.start();
        (touches && have_leap_days(group, &years)).then_some((year, begins))
    });
    let touching = touching.collect::<Vec<_>>();
    let written = group[last].look.file.modified + SLACK;
    let found = touching.iter().find(|(year, _)| ends_in(*year) <= written).or(touching.first());
    found.map(|(_, begins)| *begins)
}

/// The year of a file's first line, by an id near its beginning.
fn exact_year(member: &Member) -> Option<i32> {
    let (Stamp::Yearless(stamp), at) = member.sight.exact? else { return None };
    let year = nearest_year(stamp, at);
    let turned = first(member).is_some_and(|first| first > stamp + SLACK);
    Some(if turned { year - 1 } else { year })
}

fn first(member: &Member) -> Option<i64> {
    match member.sight.first? {
        Stamp::Yearless(first) => Some(first),
        _ => None,
    }
}
