//! Reading: what was written comes back, whatever it is called.

use super::*;

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

/// The tests may be run by root, who may enter every folder: a file in the folder's place has no less of an answer.
#[test]
fn a_folder_that_cannot_be_looked_into_is_not_called_missing() {
    let place = Place::new();
    let table = &tables::COVERAGE;
    std::fs::create_dir_all(&place.root).unwrap();
    std::fs::write(place.root.join(table.name), b"").unwrap();
    let error = place.lake.snapshot(table).unwrap_err().to_string();
    assert!(error.starts_with("cannot open table 'coverage' in ") && error.contains("may read the lake"), "{error}");
}

#[test]
fn what_is_committed_is_read_back_letter_by_letter() {
    let place = Place::new();
    let table = &tables::SUBMISSIONS;
    let names = [
        "a b",
        "a/b",
        "a%20b",
        "Zürich/北京",
        "x=y&z?#*[1]",
        "..",
        "quote'\"",
        "+",
        "a:b\\c",
        "~",
        "1",
        "2026-03-02",
        "true",
    ];
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

/// Folder names above the table, and names that mean NULL to Hive, must not be taken for partitions.
#[test]
fn partitions_come_from_the_log_where_names_mislead() {
    let table = &tables::COVERAGE;
    for (root, source) in
        [("env=prod", "mx1"), ("date=1999-01-01/source=x", "mx1"), ("a", "__HIVE_DEFAULT_PARTITION__")]
    {
        let place = Place::named(root);
        let (first, second) = (partition(table, "2026-03-02", source), partition(table, "2026-03-03", source));
        place.put(table, &first, 0..4);
        place.put(table, &second, 0..0);
        assert_same(&place.read(table), &expected(table, &first, 0..4));
        place.put(table, &second, 2..3);
        assert_eq!(place.read(table).height(), 5);
    }
}

#[test]
fn a_file_without_rows_says_that_there_was_nothing() {
    let place = Place::new();
    let table = &tables::SUBMISSIONS;
    let partition = partition(table, "2026-03-02", "mx1");
    let file = place.write(table, &partition, &[]);
    assert_eq!((file.rows, file.digest()), (0, Some(DIGEST)));
    place.lake.replace(table, from_ref(&partition), from_ref(&file), &run("r1")).unwrap();
    assert_eq!(place.lake.snapshot(table).unwrap().files, [file]);
    assert_same(&place.read(table), &expected(table, &partition, 0..0));
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
    let filtered = frame().filter(col("date").eq(lit(day("2026-03-02").date()))).select([len()]).collect().unwrap();
    assert_eq!(filtered.column("len").unwrap().u32().unwrap().get(0), Some(4));
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
        told: &[],
        longest_bound: 64,
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
