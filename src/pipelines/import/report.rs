//! A report as it is read: the days that its file's name has, and its rows.

use std::io::Read;
use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;

use crate::calendar::{Day, DayRange, Timestamp};
use crate::formats::aggregate::{Aggregate, Usage};
use crate::lake::Partition;
use crate::pipelines::definition::Source;
use crate::pipelines::{Error, Result};
use crate::sources::{self, RawFile};
use crate::storage::{Storage, display};

/// A report is a table that somebody looks at: what is larger is something else.
const LARGEST: u64 = 256 << 20;

/// The bytes of a day as it is written in a file's name.
const DAY_LENGTH: usize = "YYYY-MM-DD".len();

/// A report that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Its source.
    pub source: String,
    /// The days that it covers.
    pub period: DayRange,
    /// Its file, for people.
    pub file: String,
    /// Its rows in the file.
    pub usage: Vec<Usage>,
    pub(super) bytes: u64,
    pub(super) realm: String,
    pub(super) settings: String,
    pub(super) digest: String,
}

impl Report {
    /// How many messages were counted.
    #[must_use]
    pub fn messages(&self) -> u64 {
        self.usage.iter().flat_map(|usage| &usage.messages).map(|(_, count)| count).sum()
    }

    /// Whether it is of one day, so that it counts in the daily tables.
    #[must_use]
    pub fn is_daily(&self) -> bool {
        self.period.len() == 1
    }

    pub(super) fn partition(&self) -> Partition {
        Partition::of_source(self.period.last(), &self.source)
    }
}

/// Reads a source's report.
///
/// # Errors
/// Where its name has no days, or days that are not over, and where it cannot be read.
pub(super) fn read(
    storage: &Arc<Storage>,
    source: &Source,
    aggregate: &Aggregate,
    file: &RawFile,
    now: Timestamp,
) -> Result<Report> {
    let name = display(&file.url);
    let period = period(&name).ok_or_else(|| Error::NoPeriod { file: name.clone() })?;
    if period.end > Day::of(now) {
        return Err(Error::NotOver { file: name, end: period.last() });
    }
    let text = content(storage, file)?;
    let usage = (aggregate.read)(&text).map_err(|source| Error::Aggregate { file: name.clone(), source })?;
    let realm = source.settings.realm.clone().unwrap_or_default();
    let settings = source.settings_digest();
    let version = env!("CARGO_PKG_VERSION");
    let built_from = format!("{version} {settings} {period} {:016x}", xxh3_64(&text));
    let digest = format!("{:016x}", xxh3_64(built_from.as_bytes()));
    let bytes = text.len() as u64;
    Ok(Report { source: source.name.clone(), period, file: name, usage, bytes, realm, settings, digest })
}

fn content(storage: &Arc<Storage>, file: &RawFile) -> Result<Vec<u8>> {
    let name = || display(&file.url);
    let mut reader = sources::open(storage, file, 0)?;
    let mut text = Vec::new();
    let read = reader.by_ref().take(LARGEST + 1).read_to_end(&mut text);
    read.map_err(|source| reader.error(source))?;
    if text.len() as u64 > LARGEST {
        return Err(Error::ReportTooLarge { file: name(), mebibytes: LARGEST >> 20 });
    }
    if reader.truncated() {
        return Err(Error::ReportCut { file: name() });
    }
    Ok(text)
}

/// The days that a file's name has: one, or the first and the last. Digits beside them make them something else.
fn period(name: &str) -> Option<DayRange> {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let is_digit = |at: usize| name.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
    let touches_a_digit = |at: usize| (at > 0 && is_digit(at - 1)) || is_digit(at + DAY_LENGTH);
    let day = |at: usize| name.get(at..at + DAY_LENGTH)?.parse::<Day>().ok();
    let days = (0..name.len()).filter(|at| !touches_a_digit(*at)).filter_map(day).collect::<Vec<_>>();
    match days[..] {
        [day] => Some(DayRange::single(day)),
        [first, last] if first <= last => Some(DayRange::inclusive(first, last)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_files_name_has_its_days() {
        let days = |name: &str| period(name).map(|days| days.to_string());
        assert_eq!(days("file:///x/smtp-auth 2026-03-01.csv"), Some("2026-03-01".to_owned()));
        assert_eq!(days("smtp-auth_2026-03-01_2026-03-07.csv.gz"), Some("2026-03-01 to 2026-03-07".to_owned()));
        assert_eq!(days("2026-01-01/export.csv"), None, "a folder may be called anything");
        for name in [
            "smtp-auth-2026-03-21.csv",
            "SMTP AUTH clients 2026-03-21.csv",
            "r+2026-03-21.csv",
            "Ü2026-03-21",
            "2026-03-21 (1).csv",
        ] {
            assert_eq!(days(name), Some("2026-03-21".to_owned()), "{name}");
        }
        for name in ["smtp auth 2026-03-10 2026-03-16.csv", "x-2026-03-10-2026-03-16.csv", "2026-03-10--2026-03-16"] {
            assert_eq!(days(name), Some("2026-03-10 to 2026-03-16".to_owned()), "{name}");
        }
        for name in [
            "export.csv",
            "2026-03-07_2026-03-01.csv",
            "2026-02-30.csv",
            "2026-03-01_2026-03-02_2026-03-03.csv",
            "Ü2026-3-1",
            "smtp auth 2026-3-21.csv",
            "smtp-auth_2026-03-181.csv",
            "smtp_12026-03-23.csv",
            "20260301.csv",
        ] {
            assert_eq!(days(name), None, "{name}");
        }
    }
}
