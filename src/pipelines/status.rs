//! How fresh and how complete the lake is, per source.

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::{Expr, LazyFrame, col, lit};

use super::{Error, Result};
use crate::calendar::{Day, DayRange, Timestamp};
use crate::lake::tables::{COVERAGE, IMPORTED};
use crate::lake::{DataFile, Lake, Snapshot};

/// One source of the lake.
#[derive(Clone, Debug, PartialEq)]
pub struct Freshness {
    /// The source.
    pub source: String,
    /// Its first day of which it has lines; where there is none, its first day.
    pub first_day: Day,
    /// Its last day that is over; where none is, its last day.
    pub last_day: Day,
    /// The last of them of which it has lines.
    pub last_with_lines: Option<Day>,
    /// Of how many days between them it has lines.
    pub days: i64,
    /// Its last line's time.
    pub last_line: Option<Timestamp>,
    /// Lines read.
    pub lines_read: i64,
    /// Lines that said something.
    pub lines_used: i64,
    /// Lines that could not be read.
    pub lines_rejected: i64,
    /// Submissions.
    pub submissions: i64,
    /// Refusals.
    pub refusals: i64,
    /// The share of submissions whose TLS version is not known, 0 to 1.
    pub unknown_tls_share: f64,
}

impl Freshness {
    /// Days between the first and the last that the lake does not have.
    #[must_use]
    pub fn missing(&self) -> i64 {
        DayRange::inclusive(self.first_day, self.last_day).len() as i64 - self.days
    }

    /// Days up to yesterday that its lines do not reach.
    #[must_use]
    pub fn days_behind(&self, today: Day) -> usize {
        behind(self.last_with_lines.unwrap_or(self.first_day.previous()), today)
    }
}

/// Days between the last one with lines and today: 0 where that one was yesterday.
#[must_use]
pub fn behind(last: Day, today: Day) -> usize {
    DayRange { start: last.next(), end: today }.len()
}

/// Whether the lake has lines of a day: one may have been built from nothing.
fn has_lines(file: &DataFile) -> bool {
    file.most("lines_read").is_none_or(|lines| lines > 0)
}

/// The first day of which the lake has lines, of any source: days before it, which a setting may have made of nothing, are no
/// beginning.
#[must_use]
pub fn first_with_lines(coverage: &Snapshot) -> Option<Day> {
    coverage.files.iter().find(|file| has_lines(file)).map(|file| file.partition.date)
}

/// The last day that is over of which the lake has lines, by source; none where it has no such day of a source that it
/// knows. The table's log tells, so that no file is opened.
#[must_use]
pub fn last_with_lines(coverage: &Snapshot, today: Day) -> BTreeMap<&str, Option<Day>> {
    let mut sources = BTreeMap::new();
    // A snapshot's files are in the order of their days: of most, only the newest has to be asked.
    for file in coverage.files.iter().rev() {
        let Some(source) = file.partition.source.as_deref() else { continue };
        let last: &mut Option<Day> = sources.entry(source).or_default();
        *last = last.or_else(|| Some(file.partition.date).filter(|day| *day < today && has_lines(file)));
    }
    sources
}

/// How many lines of some days the lake has read of each source of which it has found nothing in any of them.
#[must_use]
pub fn read_in_vain(coverage: &Snapshot, days: DayRange) -> BTreeMap<&str, i64> {
    let mut sources: BTreeMap<&str, Option<i64>> = BTreeMap::new();
    for file in coverage.files.iter().filter(|file| days.contains(file.partition.date)) {
        let Some(source) = file.partition.source.as_deref() else { continue };
        let lines = sources.entry(source).or_insert(Some(0));
        if let Some(read) = *lines {
            let found = file.most("lines_used").is_none_or(|used| used > 0);
            *lines = (!found).then(|| read + file.most("lines_read").unwrap_or(0));
        }
    }
    let in_vain = sources.into_iter().filter_map(|(source, lines)| Some((source, lines?)));
    in_vain.filter(|(_, lines)| *lines > 0).collect()
}

/// The same of the lake as it is now.
///
/// # Errors
/// Where the lake cannot be read.
pub fn in_vain(lake: &Lake, days: DayRange) -> Result<Vec<(String, i64)>> {
    let coverage = lake.snapshot(&COVERAGE)?;
    let in_vain = read_in_vain(&coverage, days).into_iter();
    Ok(in_vain.map(|(source, lines)| (source.to_owned(), lines)).collect())
}

/// The files of the days that are over, and those of sources that have no such day.
fn of_days_over(coverage: &Snapshot, today: Day) -> Vec<DataFile> {
    let is_over = |file: &&DataFile| file.partition.date < today;
    let known: BTreeSet<_> = coverage.files.iter().filter(is_over).map(|file| &file.partition.source).collect();
    let counts = |file: &&DataFile| is_over(file) || !known.contains(&file.partition.source);
    coverage.files.iter().filter(counts).cloned().collect()
}

/// What the lake has of each source, by name. `today` goes on, so it is no day of the lake yet, though whoever asks for it
/// may have it built.
///
/// # Errors
/// Where the lake cannot be read.
pub fn freshness(lake: &Lake, today: Day) -> Result<Vec<Freshness>> {
    let coverage = lake.snapshot(&COVERAGE)?;
    let last_with_lines = last_with_lines(&coverage, today);
    let files = of_days_over(&coverage, today);
    let failed = |source| Error::Query { table: COVERAGE.name, source };
    let rows = summed(lake.scan(&COVERAGE, &files)?).collect().map_err(failed)?;
    let text = |row: usize| -> polars::prelude::PolarsResult<Freshness> {
        let int = |name: &str| Ok::<_, polars::prelude::PolarsError>(rows.column(name)?.i64()?.get(row).unwrap_or(0));
        let day = |name: &str| {
            let days = rows.column(name)?.date()?.physical().get(row).unwrap_or(0);
            Ok::<_, polars::prelude::PolarsError>(Day::from_epoch_days(days))
        };
        let submissions = int("submissions")?;
        let unknown = rows.column("unknown")?.f64()?.get(row).unwrap_or(0.0);
        let source = rows.column("source")?.str()?.get(row).unwrap_or_default();
        Ok(Freshness {
            last_with_lines: last_with_lines.get(source).copied().flatten(),
            source: source.to_owned(),
            first_day: day("first_day")?,
            last_day: day("last_day")?,
            days: int("days")?,
            last_line: rows.column("last_line")?.datetime()?.physical().get(row),
            lines_read: int("lines_read")?,
            lines_used: int("lines_used")?,
            lines_rejected: int("lines_rejected")?,
            submissions,
            refusals: int("refusals")?,
            unknown_tls_share: if submissions == 0 { 0.0 } else { unknown / submissions as f64 },
        })
    };
    (0..rows.height()).map(|row| text(row).map_err(failed)).collect()
}

/// The sources of other products' reports that the lake has: of one of longer periods, `coverage` tells nothing.
///
/// # Errors
/// Where the lake cannot be read.
pub fn imported(lake: &Lake) -> Result<BTreeSet<String>> {
    let files = lake.snapshot(&IMPORTED)?.files;
    Ok(files.into_iter().filter_map(|file| file.partition.source).collect())
}

fn summed(coverage: LazyFrame) -> LazyFrame {
    use polars::prelude::{DataType, SortMultipleOptions};
    let sum_of = |values: Expr| values.cast(DataType::Int64).sum();
    let sum = |name: &str| sum_of(col(name));
    // A day may have been built from nothing.
    let has_lines = col("lines_read").gt(lit(0));
    let unknown = (col("unknown_tls_share") * col("submissions").cast(DataType::Float64)).sum().alias("unknown");
    coverage
        .group_by([col("source")])
        .agg([
            col("date").filter(has_lines.clone()).min().fill_null(col("date").min()).alias("first_day"),
            col("date").max().alias("last_day"),
            sum_of(has_lines).alias("days"),
            col("last_line").max(),
            sum("lines_read"),
            sum("lines_used"),
            sum("lines_rejected"),
            unknown,
            sum("submissions"),
            sum("refusals"),
        ])
        .sort(["source"], SortMultipleOptions::default())
}
