//! Commits: what is replaced, what stays, and what the log says.

use super::*;

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
fn several_tables_are_replaced_each_for_itself() {
    let place = Place::new();
    let (rows, refused) = (&tables::SUBMISSIONS, &tables::REFUSALS);
    let (here, there) = (partition(rows, "2026-03-02", "mx1"), partition(rows, "2026-03-03", "mx1"));
    let of = |table: &'static Table, partition| (table, vec![place.write(table, partition, &[batch(table, 0..3)])]);
    let files = [of(rows, &here), of(refused, &here)];
    place.lake.replace_all(&files, from_ref(&here), &run("r1")).unwrap();
    for (table, files) in files {
        assert_eq!(place.lake.snapshot(table).unwrap(), Snapshot { version: Some(1), files });
    }
    // One that fails does not keep the other from what it was to hold.
    let (wrong, right) = (of(rows, &here), of(refused, &there));
    let error = place.lake.replace_all(&[wrong, right], from_ref(&there), &run("r2")).unwrap_err();
    assert!(matches!(error, Error::OutsidePartitions { .. }), "{error}");
    let days = |table| place.lake.snapshot(table).unwrap().dates().len();
    assert_eq!([days(rows), days(refused)], [1, 2]);
}

#[test]
fn a_table_with_other_columns_is_refused() {
    static OTHER: Table = Table {
        name: "daily_tls",
        row: "something else",
        columns: &[
            Column { name: "date", kind: Kind::Date, repeats: tables::Repeats::Often },
            Column { name: "account", kind: Kind::Int64, repeats: tables::Repeats::Often },
        ],
        partitions: &["date"],
        sort: &[],
        told: &[],
        longest_bound: 64,
    };
    let place = Place::new();
    place.put(&OTHER, &Partition::day(day("2026-03-02")), 0..1);
    let error = place.lake.snapshot(&tables::DAILY_TLS).unwrap_err().to_string();
    assert!(error.contains("it has account long where ours has account string"), "{error}");
    let file = place.write(&tables::DAILY_TLS, &Partition::day(day("2026-03-02")), &[]);
    assert!(place.lake.replace(&tables::DAILY_TLS, from_ref(&file.partition), from_ref(&file), &run("r1")).is_err());
}

#[test]
fn a_partition_can_be_emptied() {
    let place = Place::new();
    let table = &tables::SUBMISSIONS;
    let (old, kept) = (partition(table, "2026-03-02", "mx1"), partition(table, "2026-03-03", "mx1"));
    assert_eq!(place.lake.replace(table, from_ref(&old), &[], &run("r1")).unwrap(), 0);
    place.put(table, &old, 0..3);
    place.put(table, &kept, 0..3);
    place.lake.replace(table, from_ref(&old), &[], &run("r2")).unwrap();
    assert_eq!(place.lake.snapshot(table).unwrap().dates(), [kept.date]);
}

#[test]
fn what_does_not_belong_is_refused() {
    let place = Place::new();
    let table = &tables::SUBMISSIONS;
    let (here, there) = (partition(table, "2026-03-02", "mx1"), partition(table, "2026-03-03", "mx1"));
    let file = place.write(table, &here, &[]);
    let error = place.lake.replace(table, from_ref(&there), &[file], &run("r1")).unwrap_err();
    assert!(matches!(error, Error::OutsidePartitions { .. }), "{error}");
    let mut writer = place.lake.writer(table, &there, DIGEST, 1000).unwrap();
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
                    place.lake.replace(table, from_ref(partition), &[file], &id).unwrap();
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
        let known = place.lake.snapshot(table).unwrap();
        assert_eq!(known, place.elsewhere().snapshot(table).unwrap(), "what a commit left is known without reading it");
    }
    assert!(place.path(table, "_delta_log/_last_checkpoint").exists());
    assert!(place.path(table, "_delta_log/00000000000000000019.checkpoint.parquet").exists());
    let before = place.lake.snapshot(table).unwrap();
    // What the checkpoint covers is not needed any more.
    for version in 0..15 {
        std::fs::remove_file(place.path(table, &format!("_delta_log/{version:020}.json"))).unwrap();
    }
    assert_eq!(place.elsewhere().snapshot(table).unwrap(), before);
    assert_eq!(before.version, Some(25));
    assert_eq!(before.files.iter().map(|file| file.rows).collect::<Vec<_>>(), [24, 21, 22, 23]);
    assert!(before.files.iter().all(|file| file.digest() == Some(DIGEST)));
    let stats: Value = serde_json::from_str(&before.files[1].stats).unwrap();
    assert_eq!(stats["nullCount"]["ts"], 3);
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
fn a_lake_sees_what_others_have_committed_meanwhile() {
    let place = Place::new();
    let table = &tables::DAILY_TLS;
    let (first, second) = (partition(table, "2026-03-02", ""), partition(table, "2026-03-03", ""));
    place.put(table, &first, 0..3);
    let other = place.elsewhere();
    for round in 0..12 {
        let file = place.write(table, &second, &[batch(table, 0..round + 1)]);
        other.replace(table, from_ref(&second), &[file], &run("other")).unwrap();
        let rows = place.lake.snapshot(table).unwrap().date(second.date).iter().map(|file| file.rows).sum::<u64>();
        assert_eq!(rows, round as u64 + 1, "also past a checkpoint");
    }
    place.put(table, &first, 0..4);
    assert_eq!(other.snapshot(table).unwrap(), place.lake.snapshot(table).unwrap());
}

#[test]
fn a_table_that_was_removed_is_made_again() {
    let place = Place::new();
    let table = &tables::DAILY_TLS;
    let day = partition(table, "2026-03-02", "");
    for rows in 1..4 {
        place.put(table, &day, 0..rows);
    }
    std::fs::remove_dir_all(place.path(table, "")).unwrap();
    assert_eq!(place.lake.snapshot(table).unwrap(), Snapshot::default());
    place.put(table, &day, 0..7);
    assert_eq!(place.lake.snapshot(table).unwrap().files[0].rows, 7);
}

#[test]
fn what_no_commit_has_named_can_be_removed() {
    let place = Place::new();
    let table = &tables::REFUSALS;
    let here = partition(table, "2026-03-02", "mx 1");
    let first = place.write(table, &here, &[batch(table, 0..3)]);
    place.lake.replace(table, from_ref(&here), from_ref(&first), &run("r1")).unwrap();
    let lost = place.write(table, &here, &[batch(table, 0..4)]);
    // Another process makes the commit, as where an answer was lost.
    let answer_lost = place.write(table, &here, &[batch(table, 0..5)]);
    place.elsewhere().replace(table, from_ref(&here), from_ref(&answer_lost), &run("r1")).unwrap();
    let never_made = place.write(&tables::SUBMISSIONS, &here, &[batch(&tables::SUBMISSIONS, 0..3)]);
    place.lake.remove_uncommitted().unwrap();
    // What was replaced stays for its readers.
    let there = [&first, &lost, &answer_lost].map(|file| place.path(table, &file.path).exists());
    assert_eq!(there, [true, false, true]);
    assert!(!place.path(&tables::SUBMISSIONS, &never_made.path).exists());
    place.lake.remove_uncommitted().unwrap();
}
