//! The lake on a local disk: written, replaced, raced for, read back.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::collections::BTreeMap;
use std::sync::{Arc, Barrier};
use std::time::Duration;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use polars::prelude::{DataFrame, DataType, IntoLazy, NamedFrom, Series, TimeUnit, TimeZone, col, len};
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
    folder: TempDir,
    _runtime: Runtime,
}

impl Place {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let folder = TempDir::new().unwrap();
        let storage = Arc::new(Storage::new(BTreeMap::new(), runtime.handle().clone()));
        let root = Url::from_directory_path(folder.path().join("my [lake] 100%")).unwrap();
        Self { lake: Lake::new(storage, root), folder, _runtime: runtime }
    }

    fn path(&self, table: &Table, name: &str) -> std::path::PathBuf {
        self.folder.path().join("my [lake] 100%").join(table.name).join(name)
    }

    fn write(&self, table: &'static Table, partition: &Partition, batches: &[RecordBatch]) -> DataFile {
        let mut writer = self.lake.writer(table, partition, DIGEST).unwrap();
        batches.iter().for_each(|batch| writer.write(batch).unwrap());
        writer.finish().unwrap()
    }

    /// Writes and replaces one partition.
    fn put(&self, table: &'static Table, partition: &Partition, rows: std::ops::Range<i64>) -> i64 {
        let file = self.write(table, partition, &[batch(table, rows)]);
        self.lake.replace(table, &[partition.clone()], &[file], &run("r1")).unwrap()
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

#[test]
fn every_table_is_read_back_as_it_was_written() {
    let place = Place::new();
    for table in tables::TABLES {
        let partition = partition(table, "2026-03-02", "mx1");
        place.put(table, &partition, 0..20);
        let frame = place.read(table);
        assert_same(&frame, &expected(table, &partition, 0..20));
    }
}

#[test]
fn a_table_that_does_not_exist_is_empty() {
    let place = Place::new();
    let table = &tables::SUBMISSIONS;
    assert_eq!(place.lake.snapshot(table).unwrap(), Snapshot { version: None, files: Vec::new() });
    let frame = place.read(table);
    let nothing = expected(table, &partition(table, "2026-03-02", "mx1"), 0..0);
    assert_same(&frame, &nothing);
    assert_eq!(frame.schema(), nothing.schema());
    assert!(place.lake.vacuum(table, NOW, Duration::ZERO, false).unwrap().is_empty());
}

#[test]
fn replacing_a_partition_leaves_the_others_and_never_appends() {
    let place = Place::new();
    let table = &tables::REFUSALS;
    let (mx1, mx2) = (partition(table, "2026-03-02", "mx1"), partition(table, "2026-03-02", "mx2"));
    let next = partition(table, "2026-03-03", "mx1");
    for partition in [&mx1, &mx2, &next] {
        place.put(table, partition, 0..4);
    }
    place.put(table, &mx1, 10..16);
    place.put(table, &mx1, 10..16);
    let snapshot = place.lake.snapshot(table).unwrap();
    let rows = |partition| snapshot.partition(partition).iter().map(|file| file.rows).collect::<Vec<_>>();
    assert_eq!([rows(&mx1), rows(&mx2), rows(&next)], [vec![6], vec![4], vec![4]]);
    assert_eq!(snapshot.dates(), [mx1.date, next.date]);
    assert_eq!(snapshot.date(mx1.date).len(), 2);
    assert!(snapshot.files.iter().all(|file| file.digest() == Some(DIGEST)));
    let frame = place.lake.scan(table, &snapshot.partition(&mx1)).unwrap().collect().unwrap();
    assert_same(&frame, &expected(table, &mx1, 10..16));
}

#[test]
fn many_partitions_change_in_one_commit() {
    let place = Place::new();
    let table = &tables::SUBMISSIONS;
    let partitions: Vec<_> = ["a", "b", "c"].map(|source| partition(table, "2026-03-02", source)).into();
    let files: Vec<_> = partitions.iter().map(|p| place.write(table, p, &[batch(table, 0..3)])).collect();
    let first = place.lake.replace(table, &partitions, &files, &run("r1")).unwrap();
    let only_a = [place.write(table, &partitions[0], &[batch(table, 0..5)])];
    let second = place.lake.replace(table, &partitions, &only_a, &run("r2")).unwrap();
    assert_eq!(second, first + 1);
    assert_eq!(place.lake.snapshot(table).unwrap(), Snapshot { version: Some(second), files: only_a.to_vec() });
    // The answer of a commit got lost and it is sent again: nothing is left to do.
    assert_eq!(place.lake.replace(table, &partitions, &only_a, &run("r2")).unwrap(), second);
}

#[test]
fn what_is_committed_is_read_back_letter_by_letter() {
    let place = Place::new();
    let table = &tables::SUBMISSIONS;
    let names = ["a b", "a/b", "a%20b", "Zürich/北京", "x=y&z?#*[1]", "..", "quote'\"", "+", "a:b\\c", "~"];
    for (index, name) in names.iter().enumerate() {
        place.put(table, &partition(table, "2026-03-02", name), 0..index as i64);
    }
    let snapshot = place.lake.snapshot(table).unwrap();
    assert_eq!(snapshot.files.len(), names.len());
    for (index, name) in names.iter().enumerate() {
        let partition = partition(table, "2026-03-02", name);
        let files = snapshot.partition(&partition);
        assert_eq!(files.len(), 1, "{name}");
        assert!(place.path(table, &files[0].path).exists(), "{}", files[0].path);
        let frame = place.lake.scan(table, &files).unwrap().collect().unwrap();
        assert_same(&frame, &expected(table, &partition, 0..index as i64));
    }
    assert!(place.lake.vacuum(table, NOW + 90 * calendar::DAY, Duration::ZERO, false).unwrap().is_empty());
    assert_eq!(place.read(table).height(), (0..names.len()).sum::<usize>());
}

#[test]
fn statistics_bound_every_row_group() {
    let place = Place::new();
    let table = &tables::SUBMISSIONS;
    let first = batch(table, 0..4);
    let account = first.schema().index_of("account").unwrap();
    let mut columns = first.columns().to_vec();
    let long = ["b".repeat(100), "z".repeat(70), "ü".repeat(60), "a".repeat(80)];
    columns[account] = Arc::new(StringArray::from_iter_values(&long));
    let second = RecordBatch::try_new(first.schema(), columns).unwrap();
    let file = place.write(table, &partition(table, "2026-03-02", "mx1"), &[first, second]);
    let stats: Value = serde_json::from_str(&file.stats).unwrap();
    assert_eq!((file.rows, &stats["numRecords"]), (8, &Value::from(8)));
    assert_eq!(stats["minValues"]["port"], -5);
    assert_eq!(stats["maxValues"]["port"], 2_000_001);
    assert_eq!(stats["minValues"]["ts"], "1969-12-31T23:59:59.999995Z");
    assert_eq!(stats["maxValues"]["ts"], "1970-01-01T00:00:02.000001Z");
    assert_eq!((&stats["nullCount"]["port"], &stats["nullCount"]["account"]), (&Value::from(2), &Value::from(0)));
    assert!(stats["maxValues"].get("tls_known_present").is_none(), "Delta keeps no bounds of booleans");
    let (min, max) = (stats["minValues"]["account"].as_str().unwrap(), stats["maxValues"]["account"].as_str().unwrap());
    assert_eq!(min, "a".repeat(64));
    assert!(max > long[2].as_str() && max.len() <= 64, "{max}");
    assert_eq!(std::fs::metadata(place.path(table, &file.path)).unwrap().len(), file.size);
}

#[test]
fn a_column_without_values_has_no_bounds() {
    let place = Place::new();
    let table = &tables::DAILY_TLS;
    let nulls = RecordBatch::try_new(
        table.file_schema(),
        stored(table).map(|column| arrow::array::new_null_array(&column.kind.arrow(), 3)).collect(),
    );
    let file = place.write(table, &partition(table, "2026-03-02", ""), &[nulls.unwrap()]);
    let stats: Value = serde_json::from_str(&file.stats).unwrap();
    assert_eq!(stats["nullCount"]["messages"], 3);
    assert_eq!((&stats["minValues"], &stats["maxValues"]), (&serde_json::json!({}), &serde_json::json!({})));
}

#[test]
fn a_file_without_rows_says_that_there_was_nothing() {
    let place = Place::new();
    let table = &tables::SUBMISSIONS;
    let partition = partition(table, "2026-03-02", "mx1");
    let file = place.write(table, &partition, &[]);
    assert_eq!((file.rows, file.digest()), (0, Some(DIGEST)));
    place.lake.replace(table, &[partition.clone()], &[file.clone()], &run("r1")).unwrap();
    assert_eq!(place.lake.snapshot(table).unwrap().files, [file]);
    assert_same(&place.read(table), &expected(table, &partition, 0..0));
}

#[test]
fn the_same_rows_make_the_same_bytes() {
    let place = Place::new();
    let table = &tables::DAILY_CLIENTS;
    let partition = partition(table, "2026-03-02", "");
    let batches = [batch(table, 0..300), batch(table, 300..400)];
    let (a, b) = (place.write(table, &partition, &batches), place.write(table, &partition, &batches));
    assert_ne!(a.path, b.path);
    let bytes = |file: &DataFile| std::fs::read(place.path(table, &file.path)).unwrap();
    assert_eq!(bytes(&a), bytes(&b));
    assert_eq!(bytes(&a).len() as u64, a.size);
    let read = parquet::file::reader::SerializedFileReader::new(bytes::Bytes::from(bytes(&a))).unwrap();
    let metadata = parquet::file::reader::FileReader::metadata(&read);
    assert_eq!(metadata.num_row_groups(), 2);
    assert_eq!(metadata.file_metadata().created_by(), Some(concat!("mailtally version ", env!("CARGO_PKG_VERSION"))));
    let columns = metadata.row_group(0).columns();
    let with_bloom: Vec<_> = columns.iter().filter(|c| c.bloom_filter_offset().is_some()).collect();
    assert_eq!(with_bloom.iter().map(|c| c.column_path().string()).collect::<Vec<_>>(), ["account"]);
    assert!(columns.iter().all(|c| c.column_index_offset().is_some() && c.offset_index_offset().is_some()));
}

#[test]
fn a_large_file_leaves_memory_in_parts() {
    let place = Place::new();
    let table = &tables::REJECTED_LINES;
    let partition = partition(table, "2026-03-02", "mx1");
    // Text that does not compress: about 24 MB in six row groups, so three parts.
    let noise = |row: i64| format!("{:032x}", uuid::Uuid::new_v4().as_u128() ^ row as u128);
    let mut writer = place.lake.writer(table, &partition, DIGEST).unwrap();
    for group in 0..6 {
        let rows = group * 100_000..(group + 1) * 100_000;
        let mut columns = batch(table, rows.clone()).columns().to_vec();
        let raw: StringArray = rows.map(|row| Some(format!("{}{}", noise(row), noise(row)))).collect();
        columns[3] = Arc::new(raw);
        writer.write(&RecordBatch::try_new(table.file_schema(), columns).unwrap()).unwrap();
    }
    let file = writer.finish().unwrap();
    assert!(file.size > 20_000_000, "{}", file.size);
    assert_eq!(std::fs::metadata(place.path(table, &file.path)).unwrap().len(), file.size);
    let frame = place.lake.scan(table, &[file]).unwrap().select([col("raw").n_unique()]).collect().unwrap();
    assert_eq!(frame.column("raw").unwrap().u32().unwrap().get(0), Some(600_000));
}

#[test]
fn rows_are_sorted_with_nulls_first_and_ties_as_they_came() {
    let table = &tables::REFUSALS;
    let rows = batch(table, 0..5);
    let mut columns = rows.columns().to_vec();
    let set = |columns: &mut Vec<ArrayRef>, name: &str, array: ArrayRef| {
        columns[rows.schema().index_of(name).unwrap()] = array;
    };
    set(&mut columns, "account", Arc::new(StringArray::from(vec![Some("b"), Some("a"), None, Some("a"), Some("a")])));
    let times = TimestampMicrosecondArray::from(vec![Some(1), Some(9), Some(5), None, Some(9)]);
    set(&mut columns, "ts", Arc::new(times.with_timezone("UTC")));
    set(&mut columns, "code", Arc::new(StringArray::from(vec!["0", "1", "2", "3", "4"])));
    let sorted = PartitionWriter::sort(table, &RecordBatch::try_new(rows.schema(), columns).unwrap()).unwrap();
    let codes = sorted.column_by_name("code").unwrap();
    assert_eq!(codes.as_ref(), &StringArray::from(vec!["2", "3", "1", "4", "0"]) as &dyn arrow::array::Array);
}

#[test]
fn a_row_count_needs_no_column() {
    let place = Place::new();
    let table = &tables::SUBMISSIONS;
    place.put(table, &partition(table, "2026-03-02", "mx1"), 0..4);
    place.put(table, &partition(table, "2026-03-03", "mx1"), 0..3);
    let files = place.lake.snapshot(table).unwrap().files;
    let frame = || place.lake.scan(table, &files).unwrap();
    let count = frame().select([len()]).collect().unwrap();
    assert_eq!(count.column("len").unwrap().u32().unwrap().get(0), Some(7));
    assert_eq!(frame().select([col("date")]).collect().unwrap().height(), 7);
    let days = frame().group_by([col("date")]).agg([len()]).sort(["date"], Default::default()).collect().unwrap();
    let lens: Vec<_> = days.column("len").unwrap().u32().unwrap().iter().collect();
    assert_eq!(lens, [Some(4), Some(3)]);
    let second = frame().filter(col("date").eq(col("date").max())).collect().unwrap();
    assert_eq!(second.height(), 3);
}

#[test]
fn a_file_from_before_a_column_was_added_still_reads() {
    static OLD: Table = Table {
        name: "daily_tls",
        row: "one day, account and TLS version",
        columns: tables::DAILY_TLS.columns.split_at(5).0,
        partitions: &["date"],
        sort: &["domain"],
    };
    let place = Place::new();
    let new = &tables::DAILY_TLS;
    let (first, second) = (partition(new, "2026-03-02", ""), partition(new, "2026-03-03", ""));
    place.put(&OLD, &first, 0..3);
    place.put(new, &second, 0..5);
    let frame = place.read(new);
    assert_eq!(frame.height(), 8);
    assert_eq!(frame.column("share").unwrap().head(Some(3)).null_count(), 3);
    let later = frame.clone().lazy().filter(col("date").eq(col("date").max())).collect().unwrap();
    assert_same(&later, &expected(new, &second, 0..5));
    // The log knows the new columns now, and the older program is told so rather than misreading.
    let metadata: Vec<_> = place.log(new).into_iter().filter(|line| line.get("metaData").is_some()).collect();
    assert_eq!(metadata.len(), 2);
    assert_eq!(metadata[0]["metaData"]["id"], metadata[1]["metaData"]["id"]);
    let error = place.lake.snapshot(&OLD).unwrap_err().to_string();
    assert!(error.contains("it has share double besides"), "{error}");
}

#[test]
fn a_table_with_other_columns_is_refused() {
    static OTHER: Table = Table {
        name: "daily_tls",
        row: "something else",
        columns: &[Column { name: "date", kind: Kind::Date }, Column { name: "account", kind: Kind::Int64 }],
        partitions: &["date"],
        sort: &[],
    };
    let place = Place::new();
    place.put(&OTHER, &Partition::day(day("2026-03-02")), 0..1);
    let error = place.lake.snapshot(&tables::DAILY_TLS).unwrap_err().to_string();
    assert!(error.contains("it has account long where ours has account string"), "{error}");
    let file = place.write(&tables::DAILY_TLS, &Partition::day(day("2026-03-02")), &[]);
    assert!(place.lake.replace(&tables::DAILY_TLS, &[file.partition.clone()], &[file], &run("r1")).is_err());
}

#[test]
fn what_does_not_belong_is_refused() {
    let place = Place::new();
    let table = &tables::SUBMISSIONS;
    let (here, there) = (partition(table, "2026-03-02", "mx1"), partition(table, "2026-03-03", "mx1"));
    let file = place.write(table, &here, &[]);
    let error = place.lake.replace(table, &[there.clone()], &[file], &run("r1")).unwrap_err();
    assert!(matches!(error, Error::OutsidePartitions { .. }), "{error}");
    let mut writer = place.lake.writer(table, &there, DIGEST).unwrap();
    let error = writer.write(&batch(&tables::REFUSALS, 0..1)).unwrap_err();
    assert!(matches!(error, Error::BatchColumns { .. }), "{error}");
    assert_eq!(place.lake.snapshot(table).unwrap().version, None);
}

#[test]
fn the_log_is_one_that_every_reader_knows() {
    let place = Place::new();
    let table = &tables::SUBMISSIONS;
    place.put(table, &partition(table, "2026-03-02", "a b"), 0..3);
    place.put(table, &partition(table, "2026-03-02", "a b"), 0..2);
    let log = place.log(table);
    let only = |key: &str| log.iter().filter_map(|line| line.get(key)).cloned().collect::<Vec<_>>();
    assert_eq!(only("protocol"), [serde_json::json!({"minReaderVersion": 1, "minWriterVersion": 2})]);
    assert_eq!(only("metaData")[0]["partitionColumns"], serde_json::json!(["date", "source"]));
    let (adds, removes) = (only("add"), only("remove"));
    assert_eq!((adds.len(), removes.len()), (2, 1));
    assert_eq!(adds[0]["path"], removes[0]["path"]);
    assert!(
        adds[0]["path"].as_str().unwrap().starts_with("date=2026-03-02/source=a%2520b/part-"),
        "a URI, decoded once"
    );
    assert_eq!(adds[0]["partitionValues"], serde_json::json!({"date": "2026-03-02", "source": "a b"}));
    assert_eq!(removes[0]["deletionTimestamp"], NOW / 1_000);
    let commit = only("commitInfo").pop().unwrap();
    assert_eq!((&commit["runId"], &commit["stage"]), (&Value::from("r1"), &Value::from("ingest")));
    assert_eq!(commit["timestamp"], NOW / 1_000);
}

#[test]
fn writers_that_race_for_a_day_leave_one_file() {
    let place = Place::new();
    let table = &tables::DAILY_VOLUME;
    let partition = partition(table, "2026-03-02", "");
    let start = Barrier::new(6);
    std::thread::scope(|scope| {
        for writer in 0..6_i64 {
            let (place, partition, start) = (&place, &partition, &start);
            scope.spawn(move || {
                let files: Vec<_> =
                    (0..3).map(|_| place.write(table, partition, &[batch(table, 0..writer + 1)])).collect();
                start.wait();
                for file in files {
                    let id = run(&format!("run {writer}"));
                    place.lake.replace(table, &[partition.clone()], &[file], &id).unwrap();
                }
            });
        }
    });
    let snapshot = place.lake.snapshot(table).unwrap();
    // Version 0 made the table, and none of the 18 commits was lost.
    assert_eq!((snapshot.version, snapshot.files.len()), (Some(18), 1));
    assert_eq!(place.read(table).height() as u64, snapshot.files[0].rows);
}

#[test]
fn checkpoints_sum_up_the_log() {
    let place = Place::new();
    let table = &tables::SUBMISSIONS;
    let sources: Vec<String> = (0..4).map(|n| format!("mx {n}")).collect();
    for turn in 0..25 {
        place.put(table, &partition(table, "2026-03-02", &sources[turn % 4]), 0..turn as i64);
    }
    assert!(place.path(table, "_delta_log/_last_checkpoint").exists());
    assert!(place.path(table, "_delta_log/00000000000000000019.checkpoint.parquet").exists());
    let before = place.lake.snapshot(table).unwrap();
    // What the checkpoint covers is not needed any more.
    for version in 0..15 {
        std::fs::remove_file(place.path(table, &format!("_delta_log/{version:020}.json"))).unwrap();
    }
    assert_eq!(place.lake.snapshot(table).unwrap(), before);
    assert_eq!(before.version, Some(25));
    assert_eq!(before.files.iter().map(|file| file.rows).collect::<Vec<_>>(), [24, 21, 22, 23]);
    assert!(before.files.iter().all(|file| file.digest() == Some(DIGEST)));
    let stats: Value = serde_json::from_str(&before.files[1].stats).unwrap();
    assert_eq!(stats["nullCount"]["port"], 3);
}

#[test]
fn vacuum_takes_orphans_and_old_files_and_leaves_the_rest() {
    let place = Place::new();
    let table = &tables::SUBMISSIONS;
    let partition = partition(table, "2026-03-02", "a b");
    place.put(table, &partition, 0..3);
    let replaced = place.lake.snapshot(table).unwrap().files[0].path.clone();
    place.put(table, &partition, 0..4);
    let orphan = place.write(table, &partition, &[]).path;
    let week = Duration::from_secs(7 * 86_400);
    // Files are as old as the disk says, so the test asks from the point of view of both ends of time.
    assert!(place.lake.vacuum(table, NOW, week, false).unwrap().is_empty());
    let future = NOW + 3_650 * calendar::DAY;
    let mut dead = vec![replaced, orphan];
    dead.sort();
    for dry_run in [true, false] {
        let mut found = place.lake.vacuum(table, future, week, dry_run).unwrap();
        found.sort();
        assert_eq!(found, dead);
        assert!(dead.iter().all(|path| place.path(table, path).exists() == dry_run));
    }
    assert_same(&place.read(table), &expected(table, &partition, 0..4));
    place.put(table, &partition, 0..5);
    assert_eq!(place.read(table).height(), 5);
}

#[test]
fn a_data_file_crosses_process_borders() {
    let place = Place::new();
    let file = place.write(&tables::SUBMISSIONS, &partition(&tables::SUBMISSIONS, "2026-03-02", "ü"), &[]);
    let text = serde_json::to_string(&file).unwrap();
    assert!(text.contains(r#""date":"2026-03-02","source":"ü""#), "{text}");
    assert_eq!(serde_json::from_str::<DataFile>(&text).unwrap(), file);
}
