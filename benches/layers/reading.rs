//! From files to rows: blocks, framing, scanning, parsing, and the whole pass. Per decoded byte of the log.

use std::hint::black_box;

use criterion::{BatchSize, BenchmarkGroup, Criterion, Throughput, measurement::WallTime};
use mailtally::formats::{Format, postfix::Postfix};
use mailtally::pipelines::definition::SourceSettings;
use mailtally::pipelines::reading::prepare;
use mailtally::pipelines::tally::{Keep, Tally};
use mailtally::sources::{Block, framing::Framer};
use mailtally::submissions::scan::Scanner;

use crate::place::Place;

pub(crate) fn run(criterion: &mut Criterion, place: &Place) {
    let mut group = criterion.benchmark_group("reading");
    group.throughput(Throughput::Bytes(place.size));
    blocks(&mut group, place);
    lines(&mut group, place);
    pass(&mut group, place);
    group.finish();
}

/// Opening, decoding and cutting into blocks.
fn blocks(group: &mut BenchmarkGroup<'_, WallTime>, place: &Place) {
    for (name, file) in [("blocks", "mail.log"), ("blocks of gzip", "mail.log.gz"), ("blocks of zstd", "mail.log.zst")]
    {
        let file = place.file(file);
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                place.read(&file, |block| {
                    black_box(block);
                })
            })
        });
    }
}

/// What is done to the lines of blocks that are in memory.
fn lines(group: &mut BenchmarkGroup<'_, WallTime>, place: &Place) {
    let mut blocks: Vec<Block> = Vec::new();
    place.read(&place.file("mail.log"), |block| blocks.push(block.clone()));
    group.bench_function("framing every line", |bencher| {
        bencher.iter(|| {
            let mut framer = Framer::default();
            for line in blocks.iter().flat_map(|block| block.bytes.split(|byte| *byte == b'\n')) {
                black_box(framer.frame(line));
            }
        });
    });
    group.bench_function("scan", |bencher| {
        let scan = |blocks: Vec<Block>| {
            let mut scanner = Scanner::new(&Postfix);
            blocks.into_iter().map(|block| scanner.scan(block, None)).collect::<Vec<_>>()
        };
        bencher.iter_batched(|| blocks.clone(), scan, BatchSize::LargeInput);
    });
    let mut scanner = Scanner::new(&Postfix);
    let scanned: Vec<_> = blocks.into_iter().map(|block| scanner.scan(block, None)).collect();
    group.bench_function("parse of what the scan leaves", |bencher| {
        bencher.iter(|| {
            for line in
                scanned.iter().flat_map(|block| block.found.candidates.iter().filter_map(|line| block.line(line).ok()))
            {
                let _ = black_box(Postfix.parse(&line));
            }
        });
    });
}

/// Everything from a file to a tally, with its threads.
fn pass(group: &mut BenchmarkGroup<'_, WallTime>, place: &Place) {
    let settings = SourceSettings { format: Some("postfix".into()), year: Some(2026), ..SourceSettings::default() };
    let files = [place.file("mail.log")];
    group.bench_function("pass", |bencher| {
        bencher.iter(|| {
            let prepared = prepare(&place.storage, &settings, &files, None, &[]).unwrap();
            let stream = &prepared.streams[0];
            let mut tls = prepared.tls_known(&place.storage, stream, stream.hosts.clone()).unwrap();
            let sink = |_: &[usize]| Ok(Tally::new(Keep::Counts));
            prepared.read(&place.storage, stream, None, &mut tls, sink).unwrap()
        });
    });
}
