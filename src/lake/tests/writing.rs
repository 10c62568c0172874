//! Data files: their bytes, statistics and order.

use super::*;

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
    assert_eq!(stats["minValues"]["ts"], "1969-12-31T23:59:59.999995Z");
    assert_eq!(stats["maxValues"]["ts"], "1970-01-01T00:00:02.000001Z");
    assert_eq!((&stats["nullCount"]["ts"], &stats["nullCount"]["account"]), (&Value::from(2), &Value::from(0)));
    for told in ["minValues", "maxValues", "nullCount"] {
        let columns = stats[told].as_object().unwrap().keys();
        assert_eq!(
            columns.collect::<Vec<_>>(),
            ["account", "domain", "ts"],
            "whoever opens the table reads all of them"
        );
    }
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
    assert_eq!(stats["nullCount"]["account"], 3);
    assert_eq!((&stats["minValues"], &stats["maxValues"]), (&serde_json::json!({}), &serde_json::json!({})));
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
    // Text that does not compress: more than the 8 MiB of a single request.
    let noise = |row: i64| format!("{:032x}", uuid::Uuid::new_v4().as_u128() ^ row as u128);
    let mut writer = place.lake.writer(table, &partition, DIGEST, 1000).unwrap();
    for group in 0..3 {
        let rows = group * 100_000..(group + 1) * 100_000;
        let mut columns = batch(table, rows.clone()).columns().to_vec();
        let raw: StringArray = rows.map(|row| Some(format!("{}{}", noise(row), noise(row)))).collect();
        columns[3] = Arc::new(raw);
        writer.write(&RecordBatch::try_new(table.file_schema(), columns).unwrap()).unwrap();
    }
    let file = writer.finish().unwrap();
    assert!(file.size > 9_000_000, "{}", file.size);
    assert_eq!(std::fs::metadata(place.path(table, &file.path)).unwrap().len(), file.size);
    let frame = place.lake.scan(table, &[file]).unwrap().select([col("raw").n_unique()]).collect().unwrap();
    assert_eq!(frame.column("raw").unwrap().u32().unwrap().get(0), Some(300_000));
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

/// The batch with all of its texts numbered.
fn numbered(batch: &RecordBatch) -> RecordBatch {
    let number = |column: &ArrayRef| match column.data_type() {
        arrow::datatypes::DataType::Utf8 => arrow::compute::cast(column, &NUMBERED).unwrap(),
        _ => Arc::clone(column),
    };
    let schema = batch.schema();
    let columns =
        schema.fields().iter().zip(batch.columns()).map(|(field, column)| (field.name(), number(column), true));
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

static NUMBERED: std::sync::LazyLock<arrow::datatypes::DataType> = std::sync::LazyLock::new(|| {
    use arrow::datatypes::DataType::{Dictionary, Int32, Utf8};
    Dictionary(Box::new(Int32), Box::new(Utf8))
});

#[test]
fn numbered_texts_are_written_as_texts() {
    let table = &tables::SUBMISSIONS;
    let rows = batch(table, 0..70_000);
    let mut columns = rows.columns().to_vec();
    let texts = |text: fn(i64) -> Option<String>| Arc::new((0..70_000).map(text).collect::<StringArray>()) as ArrayRef;
    // Over several pages: runs and mixtures, one text, none, pages of nulls, few and many, hardly one twice.
    for (name, text) in [
        ("server", (|row| Some(format!("mx{}", row / 9_000))) as fn(i64) -> Option<String>),
        ("service", |row| (row % 3 != 0).then(|| "smtps".to_owned())),
        ("tls_mode", |_| Some("implicit".to_owned())),
        ("client_ip", |_| None),
        ("client_name", |row| (row / 25_000 == 1).then(|| format!("{}ü", "x".repeat(row as usize % 90)))),
        ("helo", |row| Some(format!("{}", row * row % 1_009))),
        ("account", |row| (row % 11 > 0).then(|| format!("user{}@example.org", row * 7 % 20_011))),
        ("mail_from", |row| Some(if row % 2 == 0 { String::new() } else { format!("a{}", row % 8) })),
        ("mechanism", |row| (row == 69_999).then(|| "PLAIN".to_owned())),
    ] {
        columns[rows.schema().index_of(name).unwrap()] = texts(text);
    }
    let plain = RecordBatch::try_new(rows.schema(), columns).unwrap();
    let place = Place::new();
    let partition = partition(table, "2026-03-02", "mx1");
    let mut files = Vec::new();
    for batch in [plain.clone(), numbered(&plain)] {
        let mut writer = place.lake.writer(table, &partition, DIGEST, 1000).unwrap();
        writer.write(&batch.slice(0, 1_000)).unwrap();
        writer.write_sorted(batch).unwrap();
        files.push(writer.finish().unwrap());
    }
    let [as_texts, as_numbers] = &files[..] else { unreachable!() };
    assert_eq!(as_texts.stats, as_numbers.stats);
    let read = |file: &DataFile| place.lake.scan(table, from_ref(file)).unwrap().collect().unwrap();
    assert_same(&read(as_numbers), &read(as_texts));
    // Another reader, and one that skips pages by their bounds.
    let rows = |file: &DataFile| {
        let bytes = bytes::Bytes::from(std::fs::read(place.path(table, &file.path)).unwrap());
        let builder = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(bytes).unwrap();
        builder.with_batch_size(100_000).build().unwrap().map(|batch| batch.unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(rows(as_numbers), rows(as_texts));
    let one = |file: &DataFile| {
        let rows =
            place.lake.scan(table, from_ref(file)).unwrap().filter(col("account").eq(lit("user777@example.org")));
        rows.collect().unwrap()
    };
    assert!(one(as_numbers).height() > 1);
    assert_same(&one(as_numbers), &one(as_texts));
}

#[test]
fn the_statistics_of_one_row_are_the_row() {
    let place = Place::new();
    let table = &tables::COVERAGE;
    let partition = partition(table, "2026-03-02", "mx1");
    let with = |texts: Vec<String>| {
        let rows = batch(table, 0..texts.len() as i64);
        let mut columns = rows.columns().to_vec();
        columns[rows.schema().index_of("inputs").unwrap()] = Arc::new(StringArray::from(texts));
        place.write(table, &partition, &[RecordBatch::try_new(rows.schema(), columns).unwrap()])
    };
    let long = r#"{"files":["ü"]}"#.repeat(900);
    assert_eq!(with(vec![long.clone()]).only_text("inputs"), Some(long.clone()));
    assert_eq!(with(vec![long.repeat(2)]).only_text("inputs"), None);
    assert_eq!(with(vec![long.clone(), long]).only_text("inputs"), None);
    // And through the log, also once it is summed up.
    for round in 0..12 {
        let text = format!("{{{}}}", "r".repeat(100 + round));
        let file = with(vec![text.clone()]);
        place.lake.replace(table, from_ref(&partition), &[file], &run("r")).unwrap();
        let fresh = place.elsewhere();
        assert_eq!(fresh.snapshot(table).unwrap().files[0].only_text("inputs"), Some(text));
    }
}

#[test]
fn a_data_file_crosses_process_borders() {
    let place = Place::new();
    let file = place.write(&tables::SUBMISSIONS, &partition(&tables::SUBMISSIONS, "2026-03-02", "ü"), &[]);
    let text = serde_json::to_string(&file).unwrap();
    assert!(text.contains(r#""date":"2026-03-02","source":"ü""#), "{text}");
    assert_eq!(serde_json::from_str::<DataFile>(&text).unwrap(), file);
}
