//! From when to when a file may have lines: logs are a little out of order, and some by hours.

use super::member::Member;
use super::{Reading, last_instant};
use crate::calendar::{DAY, HOUR, Timestamp};
use crate::sources::stamp::Stamp;
use crate::sources::timeline::instant;

/// How far lines may be out of order where they do not come late: those at a file's ends are looked at for it.
const SLACK: i64 = HOUR;

/// The earliest and the latest time that a file's lines may have, as far as that is known before all of it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// The earliest.
    pub earliest: Timestamp,
    /// The latest; none where the file's end is not known.
    pub latest: Option<Timestamp>,
}

impl Extent {
    /// That of a file whose first and last lines have these times, as far as they are known. Where lines
    /// [come late](crate::formats::Format::late), those between may reach beyond both, unless all of them were seen: now, or
    /// by an earlier run.
    pub(super) fn of(
        member: &Member,
        (first, last): (Timestamp, Option<Timestamp>),
        year: i32,
        reading: Reading,
    ) -> Self {
        let late = reading.format.late();
        let slack = late.max(SLACK);
        let begin = last.map_or(first, |last| first.min(last));
        let end = last.map(|last| first.max(last));
        let near = |at: Timestamp, to: Timestamp| (at - to).abs() <= slack;
        let in_sight = member.sight.earliest.map(|stamp| first_instant(stamp, year, first, reading));
        let earliest = in_sight.filter(|at| near(*at, begin)).map_or(begin, |at| begin.min(at));
        let in_sight = member.sight.latest.map(|stamp| last_instant(stamp, reading.zone, year, Some(first)));
        let latest = end.map(|end| in_sight.filter(|at| near(*at, end)).map_or(end, |at| end.max(at)));
        if late == 0 || member.whole {
            return Self { earliest, latest };
        }
        let known = member.known.as_ref().and_then(|(file, same)| Some((file.earliest?, file.last?, *same)));
        let (before, behind) = match known {
            Some((known, known_last, true)) => (known, Some(known_last)),
            // What has come since is no older than late lines are.
            Some((known, known_last, false)) => (known.min(known_last - late), None),
            None => (Timestamp::MIN, None),
        };
        let latest = latest.zip(end).map(|(latest, end)| latest.max(behind.unwrap_or(end + late).min(end + late)));
        Self { earliest: earliest.min(before.max(begin - late)), latest }
    }
}

/// The instant of a stamp near a file's first line: one without a year that lies far behind it is of the year before.
fn first_instant(stamp: Stamp, year: i32, first: Timestamp, reading: Reading) -> Timestamp {
    let at = instant(stamp, reading.zone, year);
    let turned = matches!(stamp, Stamp::Yearless(_)) && at > first + DAY;
    if turned { instant(stamp, reading.zone, year - 1) } else { at }
}
