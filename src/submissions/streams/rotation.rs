//! What rotation does to a file's name: `mail.log.2.gz`, `maillog-20260301.zst`.

use chrono_tz::Tz;
use url::Url;

use super::Member;
use crate::calendar::DAY;
use crate::sources::stamp::Stamp;
use crate::sources::timeline::instant;

/// A file's name, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rotation {
    /// The folder and the name that the file had while it was written to.
    pub stem: String,
    /// From the oldest to the newest: dates upwards, then numbers downwards, then the name without either.
    pub rank: (u8, i64),
}

impl Rotation {
    /// Reads a name as logrotate, newsyslog and savelog make it.
    pub(super) fn of(url: &Url) -> Self {
        let mut name = url.as_str();
        for ending in [".gz", ".zst", ".xz", ".bz2"] {
            name = name.strip_suffix(ending).unwrap_or(name);
        }
        let digits = name.len() - name.trim_end_matches(|byte: char| byte.is_ascii_digit() || byte == '-').len();
        let (stem, suffix) = name.split_at(name.len() - digits);
        let plain = Self { stem: name.to_owned(), rank: (2, 0) };
        let Some(number) = suffix.replace('-', "").parse::<i64>().ok().filter(|_| digits > 0) else { return plain };
        let is_date = suffix.replace('-', "").len() >= 8;
        match stem.strip_suffix('.') {
            Some(stem) if !is_date => Self { stem: stem.to_owned(), rank: (1, -number) },
            _ if is_date => Self { stem: stem.trim_end_matches(['-', '.', '_']).to_owned(), rank: (0, number) },
            _ => plain,
        }
    }
}

/// Sorts by time: by the first stamps where they have a year, by rotation where not; and where names do not tell
/// either, around the year, beginning behind its longest stretch without a file.
pub(super) fn sort(group: &mut [Member], zone: Tz) {
    let yearless = |member: &Member| match member.sight.first {
        Some(Stamp::Yearless(at)) => Some(at),
        _ => None,
    };
    if group.iter().all(|member| yearless(member).is_none()) {
        return group.sort_by_key(|member| (member.sight.first.map(|stamp| instant(stamp, zone, 1970)), url(member)));
    }
    let mut ranks = group.iter().map(|member| (member.rotation.stem.clone(), member.rotation.rank)).collect::<Vec<_>>();
    ranks.sort();
    ranks.dedup();
    let one_name = ranks.iter().all(|(stem, _)| *stem == ranks[0].0);
    if one_name && ranks.len() == group.len() {
        return group.sort_by_key(|member| member.rotation.rank);
    }
    group.sort_by_key(|member| (yearless(member), url(member)));
    let stretch = |index: usize| {
        let before = yearless(&group[(index + group.len() - 1) % group.len()]).unwrap_or(0);
        (yearless(&group[index]).unwrap_or(0) - before).rem_euclid(366 * DAY)
    };
    let start = (0..group.len()).max_by_key(|index| (stretch(*index), std::cmp::Reverse(*index))).unwrap_or(0);
    group.rotate_left(start);
}

fn url(member: &Member) -> String {
    member.look.file.url.to_string()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn rotated_names_share_a_stem_and_have_an_order() {
        let of = |name: &str| Rotation::of(&Url::parse(&format!("file:///l/{name}")).unwrap());
        for (name, stem, rank) in [
            ("mail.log", "file:///l/mail.log", (2, 0)),
            ("mail.log.1", "file:///l/mail.log", (1, -1)),
            ("mail.log.10.gz", "file:///l/mail.log", (1, -10)),
            ("maillog-20260301.zst", "file:///l/maillog", (0, 20_260_301)),
            ("maillog-2026-03-01", "file:///l/maillog", (0, 20_260_301)),
            ("maillog.20260301", "file:///l/maillog", (0, 20_260_301)),
            ("mail-5424.log", "file:///l/mail-5424.log", (2, 0)),
            ("mx2", "file:///l/mx2", (2, 0)),
        ] {
            assert_eq!(of(name), Rotation { stem: stem.into(), rank }, "{name}");
        }
    }
}
