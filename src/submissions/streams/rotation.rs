//! What rotation does to a file's name: `mail.log.2.gz`, `maillog-20260301.zst`.

use chrono_tz::Tz;
use url::Url;

use super::Member;
use crate::calendar::{DAY, Day, SECOND, Timestamp};
use crate::sources::stamp::Stamp;
use crate::sources::timeline::{instant, latest_year};

/// A file's name, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rotation {
    /// The folder and the name that the file had while it was written to, without its ending `.log`: a date stands
    /// before it or behind it.
    pub stem: String,
    /// From the oldest to the newest: dates upwards, then numbers downwards, what is called old, and the name without any.
    pub rank: (u8, i64),
}

/// The kinds of [`Rotation::rank`].
const DATE: u8 = 0;
const NUMBER: u8 = 1;
const NONE: u8 = 2;

impl Rotation {
    /// The date in the name, where there is one.
    fn date(&self) -> Option<Day> {
        let (DATE, number) = self.rank else { return None };
        let digits = number.to_string();
        if is_like(digits.as_bytes(), b"20000000") {
            return format!("{}-{}-{}", &digits[..4], &digits[4..6], &digits[6..8]).parse().ok();
        }
        // Digits of no date are seconds.
        number.checked_mul(SECOND).map(Day::of)
    }

    /// Reads a name as logrotate, newsyslog and savelog make it, as Windows' servers do, whose date stands in front of
    /// the ending, or as people and editors do who keep what was there.
    pub(super) fn of(url: &Url) -> Self {
        let mut name = url.as_str();
        for ending in [".gz", ".zst", ".xz", ".bz2"] {
            name = name.strip_suffix(ending).unwrap_or(name);
        }
        if let Some(kept) = [".old", ".bak", ".orig", ".save", "~"].iter().find_map(|ending| name.strip_suffix(ending))
        {
            let rotation = Self::of_name(kept);
            return Self { rank: rotation.rank.min((NUMBER, 0)), ..rotation };
        }
        Self::of_name(name)
    }

    fn of_name(name: &str) -> Self {
        if let Some(dated) = [".log", ".LOG"].iter().find_map(|ending| name.strip_suffix(ending)) {
            let rotation = Self::of_digits(dated);
            if rotation.rank.0 == DATE {
                return rotation;
            }
        }
        Self::of_digits(name)
    }

    /// Where the name is of a log that repeats lines of another one, takes that one's stem; says whether it is.
    pub(super) fn take_copied(&mut self, names: Option<[&str; 2]>) -> bool {
        let name = self.stem.rfind('/').map_or(0, |slash| slash + 1);
        let Some([copies, copied]) = names.filter(|[copies, _]| self.stem[name..].contains(copies)) else {
            return false;
        };
        let stem = self.stem[name..].replacen(copies, copied, 1);
        self.stem.replace_range(name.., &stem);
        true
    }

    fn of_digits(name: &str) -> Self {
        let rotation = Self::of_date(name).unwrap_or_else(|| Self::of_number(name));
        let stem = [".log", ".LOG"].iter().find_map(|ending| rotation.stem.strip_suffix(ending));
        match stem {
            Some(stem) => Self { stem: stem.to_owned(), ..rotation },
            None => rotation,
        }
    }

    /// A date at the end, with or without a time behind it: `-20260301`, `.2026-03-01T09:00` as Stalwart has it.
    fn of_date(name: &str) -> Option<Self> {
        let is_part = |byte: char| byte.is_ascii_digit() || matches!(byte, '-' | '_' | ':' | 'T');
        let begin = name.trim_end_matches(is_part).len();
        let bytes = name.as_bytes();
        let date = (begin..name.len()).find(|at| {
            let begins = *at == 0 || !bytes[at - 1].is_ascii_digit();
            begins && (is_like(&bytes[*at..], b"2000-00-00") || is_like(&bytes[*at..], b"20000000"))
        })?;
        let digits = name[date..].chars().filter(char::is_ascii_digit).collect::<String>();
        let stem = name[..date].trim_end_matches(['-', '.', '_']).to_owned();
        Some(Self { stem, rank: (DATE, digits.parse().ok()?) })
    }

    /// A number behind a dot, or so many digits that they can only be a time.
    fn of_number(name: &str) -> Self {
        let digits = name.len() - name.trim_end_matches(|byte: char| byte.is_ascii_digit() || byte == '-').len();
        let (stem, suffix) = name.split_at(name.len() - digits);
        let plain = Self { stem: name.to_owned(), rank: (NONE, 0) };
        let Some(number) = suffix.replace('-', "").parse::<i64>().ok().filter(|_| digits > 0) else { return plain };
        let is_date = suffix.replace('-', "").len() >= 8;
        match stem.strip_suffix('.') {
            Some(stem) if !is_date => Self { stem: stem.to_owned(), rank: (NUMBER, -number) },
            _ if is_date => Self { stem: stem.trim_end_matches(['-', '.', '_']).to_owned(), rank: (DATE, number) },
            _ => plain,
        }
    }
}

/// Whether a text begins as a date of this century does: with digits where the pattern has zeros.
fn is_like(text: &[u8], pattern: &[u8]) -> bool {
    let fits = |(byte, wanted): (&u8, &u8)| if *wanted == b'0' { byte.is_ascii_digit() } else { byte == wanted };
    text.len() >= pattern.len() && text.starts_with(b"20") && text.iter().zip(pattern).skip(2).all(fits)
}

/// Sorts by time: by the first stamps where they have a year, of one instant and where they have none by rotation.
/// Names of several logs do not tell, nor does one that was rotated by number before it was by date, or after. Then files
/// are sorted by when they were put aside, where that is most of a year or more; else around the year, beginning behind
/// its longest stretch without a file: copies often have a new time.
pub(super) fn sort(group: &mut [Member], zone: Tz) {
    let yearless = |member: &Member| match member.sight.first {
        Some(Stamp::Yearless(at)) => Some(at),
        _ => None,
    };
    if group.iter().all(|member| yearless(member).is_none()) {
        let first = |member: &Member| member.sight.first.map(|stamp| instant(stamp, zone, 1970));
        return group.sort_by_key(|member| (first(member), member.rotation.rank, url(member)));
    }
    let mut ranks = group.iter().map(|member| (member.rotation.stem.clone(), member.rotation.rank)).collect::<Vec<_>>();
    ranks.sort();
    ranks.dedup();
    let one_name = ranks.iter().all(|(stem, _)| *stem == ranks[0].0);
    let has = |kind: u8| ranks.iter().any(|(_, rank)| rank.0 == kind);
    if one_name && ranks.len() == group.len() && !(has(DATE) && has(NUMBER)) {
        return group.sort_by_key(|member| member.rotation.rank);
    }
    let times = || group.iter().map(put_aside);
    if times().max().zip(times().min()).is_some_and(|(last, first)| last - first >= MOST_OF_A_YEAR) {
        return group.sort_by_key(|member| (began(member, zone), url(member)));
    }
    group.sort_by_key(|member| (yearless(member), url(member)));
    let spans = group.iter().map(Span::of).collect::<Vec<_>>();
    let start = (0..group.len()).max_by_key(|index| (stretch_before(*index, &spans), std::cmp::Reverse(*index)));
    group.rotate_left(start.unwrap_or(0));
}

/// Files that were put aside within less are within one year themselves.
const MOST_OF_A_YEAR: i64 = 330 * DAY;

/// When a file was put aside: as its name says, or when it was written last.
fn put_aside(member: &Member) -> Timestamp {
    member.rotation.date().map_or(member.look.file.modified, Day::end)
}

/// When a file begins, by its first stamp and when it was put aside; an id near its beginning tells it better.
fn began(member: &Member, zone: Tz) -> Option<Timestamp> {
    let year = match (member.sight.exact, member.sight.first?) {
        (Some((_, at)), _) => return Some(at),
        (_, Stamp::Yearless(first)) => latest_year(first, zone, put_aside(member) + DAY),
        _ => 1970,
    };
    member.sight.first.map(|stamp| instant(stamp, zone, year))
}

/// A file's first stamp and how long it goes on behind it, as far as its end is in sight.
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    first: i64,
    length: i64,
}

impl Span {
    fn of(member: &Member) -> Self {
        match (member.sight.first, member.sight.last) {
            (Some(Stamp::Yearless(first)), Some(Stamp::Yearless(last))) => Self { first, length: around(last - first) },
            (Some(Stamp::Yearless(first)), _) => Self { first, length: 0 },
            _ => Self::default(),
        }
    }
}

/// How long no other file has a line before the file of this place begins, around the year.
fn stretch_before(place: usize, spans: &[Span]) -> i64 {
    let others = spans.iter().enumerate().filter(|(other, _)| *other != place);
    let stretch = |(other, span): (usize, &Span)| match around(spans[place].first - span.first) {
        // Of files that begin together, the first one has the stretch before it.
        0 if other > place => YEAR,
        since => (since - span.length).max(0),
    };
    others.map(stretch).min().unwrap_or(YEAR)
}

/// The longest year, in which a stamp without a year stands.
pub(super) const YEAR: i64 = 366 * DAY;

pub(super) fn around(time: i64) -> i64 {
    time.rem_euclid(YEAR)
}

fn url(member: &Member) -> String {
    member.look.file.url.to_string()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_year_begins_behind_its_longest_stretch_without_a_line() {
        let start = |spans: &[(i64, i64)]| {
            let spans = spans.iter().map(|(first, days)| Span { first: first * DAY, length: days * DAY });
            let spans = spans.collect::<Vec<_>>();
            (0..spans.len()).max_by_key(|place| (stretch_before(*place, &spans), std::cmp::Reverse(*place)))
        };
        // From March to October in one file, and its last part in another.
        assert_eq!(start(&[(88, 210), (298, 0)]), Some(0));
        // December and January.
        assert_eq!(start(&[(1, 20), (340, 20)]), Some(1));
        // Two that begin together.
        assert_eq!(start(&[(88, 3), (88, 9), (200, 1)]), Some(0));
        assert_eq!(start(&[(88, 0)]), Some(0));
    }

    #[test]
    fn a_date_in_a_name_is_one() {
        let date = |name: &str| Rotation::of(&Url::parse(&format!("file:///l/{name}")).unwrap()).date();
        let of_march = "2026-03-01".parse().ok();
        for name in ["maillog-20260301.zst", "stalwart.2026-03-01T09", "maillog-1772323200", "RECV2026030109-1.LOG"] {
            assert_eq!(date(name), of_march, "{name}");
        }
        for name in ["mail.log", "mail.log.1", "maillog-20261301", "maillog-9223372036854775807"] {
            assert_eq!(date(name), None, "{name}");
        }
    }

    #[test]
    fn a_log_that_repeats_another_has_its_stem() {
        let of = |name: &str| {
            let mut rotation = Rotation::of(&Url::parse(&format!("file:///reject/{name}")).unwrap());
            let copies = rotation.take_copied(Some(["reject", "main"]));
            (rotation.stem.trim_start_matches("file:///reject/").to_owned(), copies)
        };
        assert_eq!(of("rejectlog.2.gz"), ("mainlog".into(), true));
        assert_eq!(of("exim_rejectlog-20260301.gz"), ("exim_mainlog".into(), true));
        assert_eq!(of("mainlog.1"), ("mainlog".into(), false));
    }

    #[test]
    fn rotated_names_share_a_stem_and_have_an_order() {
        let of = |name: &str| Rotation::of(&Url::parse(&format!("file:///l/{name}")).unwrap());
        for (name, stem, rank) in [
            ("mail.log", "file:///l/mail", (2, 0)),
            ("mail.log.1", "file:///l/mail", (1, -1)),
            ("mail.log.10.gz", "file:///l/mail", (1, -10)),
            ("mail.log.old", "file:///l/mail", (1, 0)),
            ("mainlog.bak.gz", "file:///l/mainlog", (1, 0)),
            ("mail.log.1~", "file:///l/mail", (1, -1)),
            ("maillog-20260301.zst", "file:///l/maillog", (0, 20_260_301)),
            ("maillog-2026-03-01", "file:///l/maillog", (0, 20_260_301)),
            ("maillog.20260301", "file:///l/maillog", (0, 20_260_301)),
            ("hmailserver_2026-03-01.log", "file:///l/hmailserver", (0, 20_260_301)),
            ("haraka-20260301.log.gz", "file:///l/haraka", (0, 20_260_301)),
            ("haraka.log-20260301", "file:///l/haraka", (0, 20_260_301)),
            ("haraka.log", "file:///l/haraka", (2, 0)),
            ("stalwart.2026-03-01", "file:///l/stalwart", (0, 20_260_301)),
            ("stalwart.2026-03-01T09", "file:///l/stalwart", (0, 2_026_030_109)),
            ("stalwart.2026-03-01T09:05", "file:///l/stalwart", (0, 202_603_010_905)),
            ("maillog-20260301_0905", "file:///l/maillog", (0, 202_603_010_905)),
            ("maillog-1772323200", "file:///l/maillog", (0, 1_772_323_200)),
            ("mx-1-20260301", "file:///l/mx-1", (0, 20_260_301)),
            ("mx_2_2026-03-01.log", "file:///l/mx_2", (0, 20_260_301)),
            ("RECV2026030109-1.LOG", "file:///l/RECV", (0, 20_260_301_091)),
            ("exim_mainlog-20260301", "file:///l/exim_mainlog", (0, 20_260_301)),
            ("mail-5424.log", "file:///l/mail-5424", (2, 0)),
            ("mx2", "file:///l/mx2", (2, 0)),
        ] {
            assert_eq!(of(name), Rotation { stem: stem.into(), rank }, "{name}");
        }
    }
}
