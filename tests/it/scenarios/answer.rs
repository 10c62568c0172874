//! The lake read back, as text that two lakes can be compared by.

use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, LazyLock};

use mailtally::lake::Lake;
use mailtally::lake::tables::{self, Table};
use mailtally::storage::Storage;
use polars::prelude::{CsvWriter, DataFrame, Expr, LazyFrame, SerWriter, col};
use url::Url;

use super::place::{self, Place};
use super::raw;

/// The rows of some tables, each row as a line of CSV, sorted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) tables: BTreeMap<String, Vec<String>>,
}

/// Futures of all scenarios run here.
static RUNTIME: LazyLock<tokio::runtime::Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap());

/// The answer of each server's logs as they are in the sample, ingested at once.
pub(super) static MX1: LazyLock<Answer> = LazyLock::new(|| ingested(place::MX1, "mx1", &raw::MX1));
pub(super) static MX2: LazyLock<Answer> = LazyLock::new(|| ingested(place::MX2, "mx2", &raw::MX2));

fn ingested(source: &str, name: &str, files: &[Vec<u8>]) -> Answer {
    let place = Place::new(&[source]);
    place.logs(name, rotated(files));
    place.ingest();
    place.rows()
}

/// Names as rotation gives them: the newest has no number.
pub(super) fn rotated(files: &[Vec<u8>]) -> impl Iterator<Item = (String, &[u8])> {
    let name = |age: usize| if age == 0 { "mail.log".to_owned() } else { format!("mail.log.{age}") };
    files.iter().enumerate().map(move |(index, bytes)| (name(files.len() - 1 - index), &bytes[..]))
}

impl Place {
    pub(super) fn lake(&self) -> Lake {
        let storage = Arc::new(Storage::new(BTreeMap::new(), RUNTIME.handle().clone()));
        Lake::new(storage, Url::from_directory_path(self.path("lake")).unwrap())
    }

    /// The rows of a table, with these columns.
    pub(super) fn table(&self, table: &'static Table, columns: &[Expr]) -> Vec<String> {
        let lake = self.lake();
        let files = lake.snapshot(table).unwrap().files;
        lines(lake.scan(table, &files).unwrap().select(columns))
    }

    /// What the ingest stage has made of the logs.
    pub(super) fn rows(&self) -> Answer {
        let all = |table: &'static Table| (table.name.to_owned(), self.table(table, &every(table)));
        Answer { tables: [all(&tables::SUBMISSIONS), all(&tables::REFUSALS)].into() }
    }

    /// What all stages have made of them.
    pub(super) fn everything(&self) -> Answer {
        let mut answer = self.rows();
        let daily = [&tables::DAILY_CLIENTS, &tables::DAILY_VOLUME, &tables::DAILY_TLS, &tables::DAILY_REFUSALS];
        answer.tables.extend(daily.map(|table| (table.name.to_owned(), self.table(table, &every(table)))));
        for entry in fs::read_dir(self.path("published")).unwrap() {
            let path = entry.unwrap().path();
            // The coverage dataset tells how the files were cut.
            if path.extension().is_some_and(|ending| ending == "csv") && !path.ends_with("coverage.csv") {
                let text = fs::read_to_string(&path).unwrap();
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                answer.tables.insert(name, sorted(text.lines()));
            }
        }
        answer
    }

    /// The version of every table; -1 where there is none.
    pub(super) fn versions(&self) -> Vec<i64> {
        let lake = self.lake();
        tables::TABLES.iter().map(|table| lake.snapshot(table).unwrap().version.unwrap_or(-1)).collect()
    }

    /// Messages and recipients per day, account and TLS version, as lines of CSV.
    pub(super) fn daily(&self) -> Vec<String> {
        let lake = self.lake();
        let files = lake.snapshot(&tables::SUBMISSIONS).unwrap().files;
        let rows = lake.scan(&tables::SUBMISSIONS, &files).unwrap();
        let counted = rows
            .group_by([col("date"), col("account"), col("tls_version")])
            .agg([polars::prelude::len().alias("messages"), col("recipients").sum()]);
        lines(counted.select([col("date"), col("account"), col("tls_version"), col("messages"), col("recipients")]))
    }

    /// Refused attempts per day and kind, as lines of CSV.
    pub(super) fn refused(&self) -> Vec<String> {
        let lake = self.lake();
        let files = lake.snapshot(&tables::REFUSALS).unwrap().files;
        let rows = lake.scan(&tables::REFUSALS, &files).unwrap();
        let counted = rows.group_by([col("date"), col("kind")]).agg([polars::prelude::len().alias("attempts")]);
        lines(counted.select([col("date"), col("kind"), col("attempts")]))
    }
}

impl Answer {
    /// The rows of one source.
    pub(super) fn of(mut self, source: &str) -> Self {
        let of_source = |row: &String| row.split(',').nth(1) == Some(source);
        self.tables.values_mut().for_each(|rows| rows.retain(of_source));
        self
    }

    /// Checks that another way to the same data has led to the same rows, and shows what differs where it has not.
    #[track_caller]
    pub(super) fn assert_is(&self, expected: &Self, arrangement: &str) {
        let names = |answer: &Self| answer.tables.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(self), names(expected), "{arrangement}");
        for (name, rows) in &self.tables {
            assert_same(rows, &expected.tables[name], &format!("{arrangement}: {name}"));
        }
    }
}

/// Checks that two tables have the same rows, each as often.
#[track_caller]
pub(super) fn assert_same(found: &[String], expected: &[String], what: &str) {
    if found == expected {
        return;
    }
    let surplus = |of: &[String], over: &[String]| {
        let mut counts: BTreeMap<String, i64> = BTreeMap::new();
        of.iter().for_each(|row| *counts.entry(row.clone()).or_default() += 1);
        over.iter().for_each(|row| *counts.entry(row.clone()).or_default() -= 1);
        counts.retain(|_, count| *count > 0);
        counts.into_iter().take(10).map(|(row, count)| format!("  {count} x {row}\n")).collect::<String>()
    };
    panic!(
        "{what}: {} rows instead of {}\ntoo many:\n{}missing:\n{}",
        found.len(),
        expected.len(),
        surplus(found, expected),
        surplus(expected, found)
    );
}

/// The lines of a table's text without its header, sorted.
pub(super) fn sorted<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut lines = lines.skip(1).map(str::to_owned).collect::<Vec<_>>();
    lines.sort_unstable();
    lines
}

fn every(table: &Table) -> Vec<Expr> {
    table.columns.iter().map(|column| col(column.name)).collect()
}

fn lines(frame: LazyFrame) -> Vec<String> {
    let mut rows: DataFrame = frame.collect().unwrap();
    let mut text = Vec::new();
    CsvWriter::new(&mut text).finish(&mut rows).unwrap();
    sorted(String::from_utf8(text).unwrap().lines())
}
