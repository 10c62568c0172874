//! Partitions and data files as values, and the names that files have.
//!
//! `date=2026-03-02/source=mx1/part-<digest>-<uuid>.parquet`: the digest says what the file was built from, the
//! uuid keeps two attempts apart. It is the name and not a tag of the log entry that carries the digest, since
//! every copy, checkpoint and foreign writer keeps names.

use std::collections::HashMap;
use std::fmt::{self, Write as _};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::error::{Error, Result};
use super::tables::Table;
use crate::calendar::Day;

/// What is replaced as a whole: a day, or a day of one source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Partition {
    /// The day.
    pub date: Day,
    /// The source; `None` in tables that are partitioned by date only.
    pub source: Option<String>,
}

/// One Parquet file of a table. It is serialisable, since workers in other processes write files and the driver
/// commits them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataFile {
    /// Where it lies, relative to the table, as the store spells it.
    pub path: String,
    /// What it holds.
    pub partition: Partition,
    /// Its size in bytes.
    pub size: u64,
    /// Its rows; 0 where a foreign writer left out the statistics.
    pub rows: u64,
    /// Delta's statistics as JSON: numRecords, minValues, maxValues, nullCount. Empty where a foreign writer left them out.
    pub stats: String,
}

/// What Hive's folder names have in the place of NULL; also a possible, if odd, name of a source.
const HIVE_NULL: &str = "__HIVE_DEFAULT_PARTITION__";
/// Hexadecimal digits in a digest.
const DIGEST_LENGTH: usize = 16;

impl Partition {
    /// A day of a table that is partitioned by date only.
    #[must_use]
    pub fn day(date: Day) -> Self {
        Self { date, source: None }
    }

    /// A day of one source.
    #[must_use]
    pub fn of_source(date: Day, source: impl Into<String>) -> Self {
        Self { date, source: Some(source.into()) }
    }

    /// The folder of the partition, relative to the table.
    fn folder(&self) -> String {
        match &self.source {
            Some(source) => format!("date={}/source={}", self.date, encode(source)),
            None => format!("date={}", self.date),
        }
    }

    /// The values as Delta's log keeps them: text, not encoded.
    pub(super) fn values(&self) -> HashMap<String, Option<String>> {
        let date = ("date".to_owned(), Some(self.date.to_string()));
        let source = self.source.clone().map(|source| ("source".to_owned(), Some(source)));
        std::iter::once(date).chain(source).collect()
    }

    /// Reads what [`values`](Self::values) wrote; `None` where there is no valid date. Years before 0 have a sign: there are
    /// lakes with days that were misread.
    pub(super) fn from_values(values: &HashMap<String, Option<String>>) -> Option<Self> {
        let value = |name| values.get(name).cloned().flatten();
        let date = value("date")?;
        let signed = || NaiveDate::parse_from_str(&date, "%Y-%m-%d").ok().map(Day::from);
        Some(Self { date: date.parse().ok().or_else(signed)?, source: value("source") })
    }

    /// Refuses a partition whose columns are not the table's. Delta stores an empty text as NULL, so an empty
    /// source would come back as none.
    pub(super) fn check(&self, table: &'static Table) -> Result<()> {
        let fits = match &self.source {
            Some(source) => table.partitions == ["date", "source"] && !source.is_empty(),
            None => table.partitions == ["date"],
        };
        if fits {
            return Ok(());
        }
        Err(Error::BadPartition { table: table.name, partition: self.to_string(), by: table.partitions.join(" and ") })
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Some(source) => write!(f, "{} {source}", self.date),
            None => write!(f, "{}", self.date),
        }
    }
}

impl DataFile {
    /// The digest of what the file was built from; `None` where somebody else wrote the file.
    #[must_use]
    pub fn digest(&self) -> Option<&str> {
        let name = self.path.rsplit('/').next()?.strip_prefix("part-")?;
        let (digest, _) = name.split_once('-')?;
        is_digest(digest).then_some(digest)
    }

    /// The text that a column has in the file's only row, where the statistics tell it whole.
    #[must_use]
    pub fn only_text(&self, column: &str) -> Option<String> {
        self.same_text(column).filter(|_| self.rows == 1)
    }

    /// The text, or the day as text, that a column has in every row that has any, where the statistics tell it whole.
    #[must_use]
    pub fn same_text(&self, column: &str) -> Option<String> {
        let stats = serde_json::from_str::<serde_json::Value>(&self.stats).ok()?;
        let bound = |which: &str| stats.get(which)?.get(column)?.as_str();
        let text = bound("minValues")?;
        // A text that was cut differs in its bounds: one is below it, the other above.
        (bound("maxValues") == Some(text)).then(|| text.to_owned())
    }

    /// The largest number that a column has in the file; `None` where the statistics do not tell it.
    #[must_use]
    pub fn most(&self, column: &str) -> Option<i64> {
        let stats = serde_json::from_str::<serde_json::Value>(&self.stats).ok()?;
        stats.get("maxValues")?.get(column)?.as_i64()
    }

    /// Whether the path spells the partition as [`new_path`] does, and as nobody reads otherwise.
    pub(super) fn is_in_its_folder(&self) -> bool {
        let folder = self.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        folder == self.partition.folder() && self.partition.source.as_deref() != Some(HIVE_NULL)
    }
}

/// A name that no other attempt shares.
pub(super) fn new_path(partition: &Partition, digest: &str) -> Result<String> {
    if !is_digest(digest) {
        return Err(Error::BadDigest { digest: digest.to_owned() });
    }
    Ok(format!("{}/part-{digest}-{}.parquet", partition.folder(), Uuid::new_v4()))
}

fn is_digest(text: &str) -> bool {
    text.len() == DIGEST_LENGTH && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Percent-encodes all but RFC 3986's unreserved characters, as Delta asks for partition folders. What is left
/// is a safe name on every disk and in every bucket.
fn encode(value: &str) -> String {
    let mut name = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            name.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(name, "%{byte:02X}");
        }
    }
    name
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::super::tables;
    use super::*;

    fn file(path: &str) -> DataFile {
        let partition = Partition::day(Day::from_epoch_days(0));
        DataFile { path: path.to_owned(), partition, size: 0, rows: 0, stats: String::new() }
    }

    #[test]
    fn the_name_carries_the_digest() {
        let partition = Partition::of_source("2026-03-02".parse().unwrap(), "Büro / mx 1");
        let path = new_path(&partition, "0123456789abcdef").unwrap();
        assert!(path.starts_with("date=2026-03-02/source=B%C3%BCro%20%2F%20mx%201/part-0123456789abcdef-"), "{path}");
        assert_eq!(file(&path).digest(), Some("0123456789abcdef"));
    }

    #[test]
    fn a_foreign_name_carries_none() {
        for path in ["date=1970-01-01/part-00000-c4b0f1de-1b2c-4d5e.c000.snappy.parquet", "x.parquet", "part-"] {
            assert_eq!(file(path).digest(), None, "{path}");
        }
    }

    #[test]
    fn what_is_no_digest_is_refused() {
        let partition = Partition::day(Day::from_epoch_days(0));
        for digest in ["", "0123", "0123456789ABCDEF", "0123456789abcde/"] {
            assert!(new_path(&partition, digest).is_err(), "{digest}");
        }
    }

    #[test]
    fn a_partition_fits_its_table() {
        let day = Day::from_epoch_days(0);
        assert!(Partition::day(day).check(&tables::DAILY_TLS).is_ok());
        assert!(Partition::day(day).check(&tables::SUBMISSIONS).is_err());
        assert!(Partition::of_source(day, "").check(&tables::SUBMISSIONS).is_err());
        let error = Partition::of_source(day, "mx1").check(&tables::DAILY_TLS).unwrap_err();
        assert_eq!(
            error.to_string(),
            "'1970-01-01 mx1' is no partition of table 'daily_tls', which is partitioned by date"
        );
    }

    #[test]
    fn values_are_read_back() {
        let partition = Partition::of_source(Day::from_epoch_days(20_000), "a=b/c d%20ü");
        assert_eq!(Partition::from_values(&partition.values()), Some(partition));
        let misread = Partition::day("2026-03-01".parse::<Day>().unwrap().plus(-1_500_000));
        assert_eq!(misread.to_string(), "-2081-04-22");
        assert_eq!(Partition::from_values(&misread.values()), Some(misread));
        assert_eq!(Partition::from_values(&HashMap::new()), None);
    }
}
