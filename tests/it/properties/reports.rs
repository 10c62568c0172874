//! Other products' reports, damaged: each is read, or says the line at which it cannot be.

use mailtally::formats::aggregate::{AGGREGATES, Aggregate};
use proptest::prelude::*;
use proptest::sample::Index;

use super::config;
use super::damage::Damage;
use crate::project;

fn samples() -> Vec<(&'static Aggregate, Vec<u8>)> {
    let of = |report: &&'static Aggregate| {
        let report = *report;
        let folder = project().join("sample_data/raw").join(report.name);
        let mut paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
        paths.sort();
        paths.into_iter().map(move |path| (report, std::fs::read(path).unwrap()))
    };
    AGGREGATES.iter().flat_map(of).collect()
}

fn check(report: &Aggregate, text: &[u8]) {
    let lines = text.iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
    let _ = (report.claims)(text);
    match (report.read)(text) {
        Ok(usage) => {
            for usage in usage {
                assert!((1..=lines).contains(&usage.line), "{usage:?}");
                assert!(usage.messages.iter().all(|(_, count)| *count > 0), "{usage:?}");
            }
        }
        Err(fault) => assert!((1..=lines).contains(&fault.line) && !fault.reason.is_empty(), "{fault}"),
    }
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn a_damaged_report_is_read_or_says_its_line(
        sample in any::<Index>(),
        damages in prop::collection::vec(any::<Damage>(), 1..5),
    ) {
        let samples = samples();
        let (report, mut text) = sample.get(&samples).clone();
        damages.iter().for_each(|damage| damage.inflict(&mut text));
        check(report, &text);
    }

    #[test]
    fn any_bytes_are_no_report_or_one(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        AGGREGATES.iter().for_each(|report| check(report, &bytes));
    }
}
