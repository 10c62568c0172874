//! From rows to daily tables: a Parquet file of a day's submissions, the day's counting, and each rollup of it. Per row
//! read.

use criterion::{BatchSize, Criterion, Throughput};
use mailtally::lake::tables::{REFUSALS, SUBMISSIONS, Table};
use mailtally::lake::{Lake, Partition};
use mailtally::rollups::{DayCount, DayFrames, ROLLUPS};

use crate::place::Place;

pub(crate) fn run(criterion: &mut Criterion, place: &Place) {
    let lake = place.lake();
    parquet(criterion, &lake);
    let frames = count(&lake);
    let mut group = criterion.benchmark_group("rollup");
    group.throughput(Throughput::Elements(frames.totals.messages.unsigned_abs()));
    group.bench_function("a day's rows in groups", |bencher| bencher.iter(|| count(&lake)));
    for rollup in &ROLLUPS {
        group.bench_function(rollup.table.name, |bencher| bencher.iter(|| rollup.rows(&frames).unwrap()));
    }
    group.finish();
}

/// Sorting, encoding, and the file itself.
fn parquet(criterion: &mut Criterion, lake: &Lake) {
    let names: Vec<_> = SUBMISSIONS.columns.iter().map(|column| column.name).collect();
    let files = lake.snapshot(&SUBMISSIONS).unwrap();
    let day = files.dates()[0];
    let batches = lake.batches(&SUBMISSIONS, files.date(day), &stored(&SUBMISSIONS, &names));
    let batches: Vec<_> = batches.map(|batch| batch.unwrap().1).collect();
    let mut group = criterion.benchmark_group("parquet");
    let rows = batches.iter().map(|batch| batch.num_rows()).sum();
    group.throughput(Throughput::Elements(rows as u64));
    let partition = Partition::of_source(day, "mx1");
    let write = |batches: Vec<_>| {
        let mut writer = lake.writer(&SUBMISSIONS, &partition, "0123456789abcdef", rows).unwrap();
        batches.into_iter().for_each(|batch| writer.write_sorted(batch).unwrap());
        writer.finish().unwrap()
    };
    group.bench_function("submissions", |bencher| {
        bencher.iter_batched(|| batches.clone(), write, BatchSize::LargeInput);
    });
    group.finish();
}

/// The columns that stand in a table's files.
fn stored<'a>(table: &Table, names: &[&'a str]) -> Vec<&'a str> {
    names.iter().copied().filter(|name| !table.partitions.contains(name)).collect()
}

/// The lake's only day in groups.
fn count(lake: &Lake) -> DayFrames {
    let (submissions, refusals) = (lake.snapshot(&SUBMISSIONS).unwrap(), lake.snapshot(&REFUSALS).unwrap());
    let day = submissions.dates()[0];
    let mut count = DayCount::default();
    for batch in lake.batches(&SUBMISSIONS, submissions.date(day), &DayCount::submission_columns()) {
        count.add_submissions(&batch.unwrap().1).unwrap();
    }
    for batch in lake.batches(&REFUSALS, refusals.date(day), &DayCount::refusal_columns()) {
        count.add_refusals(&batch.unwrap().1).unwrap();
    }
    count.frames(day).unwrap()
}
