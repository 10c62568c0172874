//! From rows to daily tables: a Parquet file of a day's submissions, and each rollup of that day. Per row read.

use criterion::{BatchSize, Criterion, Throughput};
use mailtally::lake::tables::{REFUSALS, SUBMISSIONS, Table};
use mailtally::lake::{Lake, Partition, PartitionWriter};
use mailtally::rollups::{DayFrames, ROLLUPS, collect, to_batches};
use polars::prelude::{DataFrame, IntoLazy};

use crate::place::Place;

pub(crate) fn run(criterion: &mut Criterion, place: &Place) {
    let lake = place.lake();
    let (submissions, refusals) = (rows(&lake, &SUBMISSIONS), rows(&lake, &REFUSALS));
    parquet(criterion, &lake, &submissions);
    let mut group = criterion.benchmark_group("rollup");
    for rollup in ROLLUPS {
        let read = if rollup.table.name == "daily_refusals" { &refusals } else { &submissions };
        group.throughput(Throughput::Elements(read.height() as u64));
        let frames = || DayFrames { submissions: submissions.clone().lazy(), refusals: refusals.clone().lazy() };
        group.bench_function(rollup.table.name, |bencher| {
            bencher.iter_batched(frames, |frames| rollup.rows(&frames).unwrap(), BatchSize::LargeInput);
        });
    }
    group.finish();
}

/// Sorting, encoding, and the file itself.
fn parquet(criterion: &mut Criterion, lake: &Lake, submissions: &DataFrame) {
    let batches = to_batches(&SUBMISSIONS, submissions).unwrap();
    let day = lake.snapshot(&SUBMISSIONS).unwrap().dates()[0];
    let mut group = criterion.benchmark_group("parquet");
    group.throughput(Throughput::Elements(submissions.height() as u64));
    group.bench_function("submissions", |bencher| {
        bencher.iter(|| {
            let partition = Partition::of_source(day, "mx1");
            let mut writer = lake.writer(&SUBMISSIONS, &partition, "0123456789abcdef").unwrap();
            for batch in &batches {
                writer.write(&PartitionWriter::sort(&SUBMISSIONS, batch).unwrap()).unwrap();
            }
            writer.finish().unwrap()
        });
    });
    group.finish();
}

/// The rows of a table's only day.
fn rows(lake: &Lake, table: &'static Table) -> DataFrame {
    let files = lake.snapshot(table).unwrap().files;
    collect(lake.scan(table, &files).unwrap()).unwrap()
}
