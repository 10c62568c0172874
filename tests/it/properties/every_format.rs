//! Any bytes and damaged logs in every format: however few cases the other properties have, none is left out here.

use mailtally::formats::{FORMATS, Format};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::damage::Damage;
use super::{lines_of, looks_packed};
use crate::compare::Findings;
use crate::logs::Logs;
use crate::project;

/// How many texts of any bytes each format gets, and how many damages each of its samples.
const CASES: usize = 8;

/// The samples of a format that are not compressed, also those in folders.
fn samples(format: &str) -> Vec<Vec<u8>> {
    let mut folders = vec![project().join("sample_data/raw").join(format)];
    let mut samples = Vec::new();
    while let Some(folder) = folders.pop() {
        let mut paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
        paths.sort();
        for path in paths {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("log")) {
                samples.push(std::fs::read(&path).unwrap());
            }
        }
    }
    samples
}

/// What does not add up in a log.
fn wrong(format: &'static dyn Format, bytes: &[u8]) -> Findings {
    let mut findings = Findings::default();
    let answer = Logs::written([("mail.log", bytes)]).format(format.name()).year(2026).read();
    answer.balance(&mut findings);
    let lines = lines_of(format, bytes);
    if answer.lines_read() != lines {
        findings.note(format_args!("{} of {lines} lines read", answer.lines_read()));
    }
    findings
}

#[test]
fn any_bytes_add_up_in_every_format() {
    let mut runner = TestRunner::deterministic();
    let bytes = prop::collection::vec(any::<u8>(), 1..3000);
    for format in FORMATS {
        for _ in 0..CASES {
            let bytes = bytes.new_tree(&mut runner).unwrap().current();
            if !looks_packed(&bytes) {
                assert!(wrong(*format, &bytes).is_empty(), "{format:?}: {bytes:?}");
            }
        }
    }
}

#[test]
fn damaged_samples_add_up_in_every_format() {
    let mut runner = TestRunner::deterministic();
    let damages = prop::collection::vec(any::<Damage>(), 1..12);
    for format in FORMATS {
        for sample in samples(format.name()) {
            for _ in 0..CASES {
                let mut bytes = sample.clone();
                let damages = damages.new_tree(&mut runner).unwrap().current();
                damages.iter().for_each(|damage| damage.inflict(&mut bytes));
                if !bytes.is_empty() && !looks_packed(&bytes) {
                    let wrong = wrong(*format, &bytes);
                    assert!(wrong.is_empty(), "{format:?}, {damages:?}: {wrong:?}");
                }
            }
        }
    }
}
