//! The lake on a local disk: written, replaced, raced for, read back.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod committing;
mod pieces;
mod reading;
mod writing;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::slice::from_ref;
use std::sync::{Arc, Barrier};
use std::time::Duration;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use polars::prelude::{DataFrame, DataType, IntoLazy, NamedFrom, Series, TimeUnit, TimeZone, col, len, lit};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use url::Url;

use super::tables::{self, Column, Kind, Table};
use super::*;
use crate::calendar::{self, Day};

const DIGEST: &str = "00112233445566ff";
const NOW: i64 = 1_772_500_000 * calendar::SECOND;

/// A lake in a folder whose name is hard on URLs.
struct Place {
    lake: Lake,
    root: PathBuf,
    _folder: TempDir,
    _runtime: Runtime,
}

impl Place {
    fn new() -> Self {
        Self::named("my [lake] 100%")
    }

    fn named(name: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let folder = TempDir::new().unwrap();
        let storage = Arc::new(Storage::new(BTreeMap::new(), runtime.handle().clone()));
        let root = Url::from_directory_path(folder.path().join(name)).unwrap();
        Self { lake: Lake::new(storage, root), root: folder.path().join(name), _folder: folder, _runtime: runtime }
    }

    /// The same lake as another process has it, which has seen nothing yet.
    fn elsewhere(&self) -> Lake {
        Lake::new(Arc::clone(&self.lake.storage), self.lake.root.clone())
    }

    fn path(&self, table: &Table, name: &str) -> PathBuf {
        self.root.join(table.name).join(name)
    }

    fn write(&self, table: &'static Table, partition: &Partition, batches: &[RecordBatch]) -> DataFile {
        let mut writer = self.lake.writer(table, partition, DIGEST, 1000).unwrap();
        batches.iter().for_each(|batch| writer.write(batch).unwrap());
        writer.finish().unwrap()
    }

    /// Writes and replaces one partition.
    fn put(&self, table: &'static Table, partition: &Partition, rows: std::ops::Range<i64>) -> i64 {
        let file = self.write(table, partition, &[batch(table, rows)]);
        self.lake.replace(table, from_ref(partition), &[file], &run("r1")).unwrap()
    }

    fn read(&self, table: &'static Table) -> DataFrame {
        let files = self.lake.snapshot(table).unwrap().files;
        self.lake.scan(table, &files).unwrap().collect().unwrap()
    }

    /// All lines of the log's commits, in order.
    fn log(&self, table: &Table) -> Vec<Value> {
        let folder = std::fs::read_dir(self.path(table, "_delta_log")).unwrap();
        let mut commits: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
        commits.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
        commits.sort();
        let text: Vec<String> = commits.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
        text.iter().flat_map(|text| text.lines()).map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn run(id: &str) -> RunInfo {
    RunInfo { run_id: id.to_owned(), stage: "ingest".to_owned(), at: NOW }
}

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn partition(table: &Table, date: &str, source: &str) -> Partition {
    let source = table.partitions.contains(&"source").then(|| source.to_owned());
    Partition { date: day(date), source }
}

fn stored(table: &'static Table) -> impl Iterator<Item = &'static Column> {
    table.columns.iter().filter(|column| !table.partitions.contains(&column.name))
}

/// Every seventh value is null; the others differ from row to row.
fn number(row: i64) -> Option<i64> {
    (row % 7 != 3).then_some(row * 1_000_003 - 5)
}
fn word(row: i64) -> Option<String> {
    (row % 7 != 4).then(|| format!("user{row}@exämple.org"))
}

fn batch(table: &'static Table, rows: std::ops::Range<i64>) -> RecordBatch {
    let array = |column: &Column| -> ArrayRef {
        let numbers = rows.clone().map(number);
        match column.kind {
            Kind::Date => Arc::new(numbers.map(|n| n.map(|n| (n % 20_000) as i32)).collect::<Date32Array>()),
            Kind::Timestamp => Arc::new(numbers.collect::<TimestampMicrosecondArray>().with_timezone("UTC")),
            Kind::Int64 => Arc::new(numbers.collect::<Int64Array>()),
            Kind::Double => Arc::new(numbers.map(|n| n.map(|n| n as f64 / 8.0)).collect::<Float64Array>()),
            Kind::Boolean => Arc::new(numbers.map(|n| n.map(|n| n % 2 == 0)).collect::<BooleanArray>()),
            Kind::Utf8 => Arc::new(rows.clone().map(word).collect::<StringArray>()),
        }
    };
    RecordBatch::try_new(table.file_schema(), stored(table).map(array).collect()).unwrap()
}

/// The same rows as polars should read them.
fn expected(table: &'static Table, partition: &Partition, rows: std::ops::Range<i64>) -> DataFrame {
    let height = rows.clone().count();
    let series = |column: &Column| {
        let name = column.name.into();
        let numbers: Vec<Option<i64>> = rows.clone().map(number).collect();
        match (column.name, column.kind) {
            ("date", _) => Series::new(name, vec![partition.date.epoch_days(); height]).cast(&DataType::Date).unwrap(),
            ("source", _) if table.partitions.contains(&"source") => {
                Series::new(name, vec![partition.source.clone().unwrap(); height])
            }
            (_, Kind::Date) => {
                Series::new(name, numbers.iter().map(|n| n.map(|n| (n % 20_000) as i32)).collect::<Vec<_>>())
                    .cast(&DataType::Date)
                    .unwrap()
            }
            (_, Kind::Timestamp) => {
                Series::new(name, numbers).into_datetime(TimeUnit::Microseconds, Some(TimeZone::UTC))
            }
            (_, Kind::Int64) => Series::new(name, numbers),
            (_, Kind::Double) => {
                Series::new(name, numbers.iter().map(|n| n.map(|n| n as f64 / 8.0)).collect::<Vec<_>>())
            }
            (_, Kind::Boolean) => Series::new(name, numbers.iter().map(|n| n.map(|n| n % 2 == 0)).collect::<Vec<_>>()),
            (_, Kind::Utf8) => Series::new(name, rows.clone().map(word).collect::<Vec<_>>()),
        }
    };
    DataFrame::new(height, table.columns.iter().map(|column| series(column).into()).collect()).unwrap()
}

/// Column by column, since polars cannot print times with a zone unless built to.
fn assert_same(found: &DataFrame, expected: &DataFrame) {
    assert_eq!(found.schema(), expected.schema());
    for (found, expected) in found.columns().iter().zip(expected.columns()) {
        let name = found.name();
        let naive = |column: &polars::prelude::Column| match column.dtype() {
            DataType::Datetime(..) => column.cast(&DataType::Int64).unwrap(),
            _ => column.clone(),
        };
        let (found, expected) = (naive(found), naive(expected));
        assert!(found.equals_missing(&expected), "{name}: {found:?} {expected:?}");
    }
}
