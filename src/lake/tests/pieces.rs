//! Reading in pieces: the same rows as a query would see, a row group at a time.

use arrow::array::{Array, AsArray, Int32Array, LargeStringArray, TimestampNanosecondArray};
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::{DataType as Arrow, Int32Type};
use parquet::arrow::ArrowWriter;

use super::*;

/// The batches of files, their texts as plain ones.
fn read(place: &Place, table: &'static Table, files: &[&DataFile], names: &[&str]) -> Vec<RecordBatch> {
    let plain = |batch: Result<(&DataFile, RecordBatch)>| {
        let (_, batch) = batch.unwrap();
        let columns = batch.schema_ref().fields().iter().zip(batch.columns()).map(|(field, column)| {
            let texts = matches!(field.data_type(), Arrow::Dictionary(..));
            (field.name().clone(), if texts { cast(column, &Arrow::Utf8).unwrap() } else { Arc::clone(column) }, true)
        });
        RecordBatch::try_from_iter_with_nullable(columns.collect::<Vec<_>>()).unwrap()
    };
    place.lake.batches(table, files.iter().copied(), names).map(plain).collect()
}

#[test]
fn a_row_group_is_a_batch_in_every_table() {
    let place = Place::new();
    for table in tables::TABLES {
        let names: Vec<&str> = stored(table).map(|column| column.name).collect();
        let written = [batch(table, 0..5), batch(table, 5..20)];
        let file = place.write(table, &partition(table, "2026-03-02", "mx1"), &written);
        assert_eq!(read(&place, table, &[&file, &file], &names), [written.clone(), written].concat());
    }
}

#[test]
fn files_come_in_their_order_however_many_there_are() {
    let place = Place::new();
    let table = &tables::DAILY_TLS;
    let of_rows = |rows| place.write(table, &partition(table, "2026-03-02", ""), &[batch(table, 0..rows)]);
    let mut files: Vec<DataFile> = (1..40).map(of_rows).collect();
    let come = |files: &[DataFile]| {
        let batches = place.lake.batches(table, files, &["account"]);
        batches.map(|batch| batch.map(|(file, batch)| (file.rows, batch.num_rows()))).collect::<Vec<_>>()
    };
    let rows: Vec<_> = come(&files).into_iter().map(Result::unwrap).collect();
    assert_eq!(rows, (1..40).map(|rows| (rows as u64, rows)).collect::<Vec<_>>());
    files.insert(20, DataFile { path: "gone.parquet".to_owned(), ..files[20].clone() });
    let all = come(&files);
    assert_eq!(all.iter().position(Result::is_err), Some(20), "what is before it and behind it still comes");
    assert_eq!(all.len(), 40);
}

/// Neither the writer nor the reader looks for repetitions where there hardly are any.
#[test]
fn a_column_without_a_dictionary_has_a_text_for_every_row() {
    let place = Place::new();
    let table = &tables::DAILY_TLS;
    let once = batch(table, 0..9);
    let twice = concat_batches(&once.schema(), [&once, &once]).unwrap();
    let file = place.write(table, &partition(table, "2026-03-02", ""), std::slice::from_ref(&twice));
    let (_, read) = place.lake.batches(table, [&file], &["account", "tls_version"]).next().unwrap().unwrap();
    let [accounts, versions] = [0, 1].map(|column| read.column(column).as_dictionary::<Int32Type>());
    assert_eq!((accounts.values().len(), versions.values().len()), (18, 8));
    assert_eq!(cast(accounts, &Arrow::Utf8).unwrap().as_ref(), twice.column(0).as_ref());
}

#[test]
fn only_what_is_asked_for_comes_in_the_tables_order() {
    let place = Place::new();
    let table = &tables::DAILY_TLS;
    let file = place.write(table, &partition(table, "2026-03-02", ""), &[batch(table, 0..9)]);
    let batches = read(&place, table, &[&file], &["messages", "account"]);
    assert_eq!(batches, [batch(table, 0..9).project(&[0, 3]).unwrap()]);
}

#[test]
fn a_column_that_came_later_is_null_in_older_files() {
    static OLD: Table = Table {
        name: "daily_tls",
        row: "one day, account and TLS version",
        columns: tables::DAILY_TLS.columns.split_at(3).0,
        partitions: &["date"],
        sort: &["domain"],
        told: &[],
        longest_bound: 64,
    };
    let place = Place::new();
    let file = place.write(&OLD, &partition(&OLD, "2026-03-02", ""), &[batch(&OLD, 0..6)]);
    let batches = read(&place, &tables::DAILY_TLS, &[&file], &["domain", "tls_version", "messages"]);
    assert_eq!(batches[0].num_rows(), 6);
    assert_eq!(batches[0].column(0), batch(&OLD, 0..6).column(1));
    assert_eq!((batches[0].column(1).null_count(), batches[0].column(2).null_count()), (6, 6));
}

/// Another program may compact a table with types of its own.
#[test]
fn other_types_of_the_same_values_become_ours() {
    let place = Place::new();
    let table = &tables::DAILY_REFUSALS;
    let mut file = place.write(table, &partition(table, "2026-03-02", ""), &[]);
    let columns: [(&str, ArrayRef); 3] = [
        ("kind", Arc::new(LargeStringArray::from(vec!["auth_failed", "tls_failed"]))),
        ("attempts", Arc::new(Int32Array::from(vec![7, 8]))),
        ("first_seen", Arc::new(TimestampNanosecondArray::from(vec![5_000, 6_000]))),
    ];
    let rows = RecordBatch::try_from_iter(columns).unwrap();
    let mut foreign = ArrowWriter::try_new(Vec::new(), rows.schema(), None).unwrap();
    foreign.write(&rows).unwrap();
    let bytes = foreign.into_inner().unwrap();
    file.size = bytes.len() as u64;
    std::fs::write(place.path(table, &file.path), bytes).unwrap();
    let ours = read(&place, table, &[&file], &["kind", "attempts", "first_seen"]).remove(0);
    assert_eq!(**ours.column(0), StringArray::from(vec!["auth_failed", "tls_failed"]));
    assert_eq!(**ours.column(1), Int64Array::from(vec![7, 8]));
    assert_eq!(**ours.column(2), TimestampMicrosecondArray::from(vec![5, 6]).with_timezone("UTC"));
}

#[test]
fn a_file_that_is_gone_or_cut_is_named() {
    let place = Place::new();
    let table = &tables::DAILY_TLS;
    let file = place.write(table, &partition(table, "2026-03-02", ""), &[batch(table, 0..9)]);
    let path = place.path(table, &file.path);
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let error = || place.lake.batches(table, [&file], &["account"]).next().unwrap().unwrap_err().to_string();
    assert!(error().starts_with(&format!("cannot read '{}' of table 'daily_tls': ", file.path)), "{}", error());
    std::fs::remove_file(&path).unwrap();
    assert!(error().ends_with("build its day again with --date"), "{}", error());
}
