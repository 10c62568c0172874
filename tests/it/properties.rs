//! What holds for any bytes: no panic, lines that add up, and nobody's words taken for the server's.

mod damage;
mod forgery;

use mailtally::formats::FORMATS;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree;

use crate::compare::Findings;
use crate::logs::{Answer, Logs};
use crate::packing::{PACKERS, line_end};
use crate::project;
use damage::Damage;

/// Few cases in a debug build: each of them reads a file or two.
fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// A log and the name of the format that it is read as.
type Log = (&'static str, Vec<u8>);

/// The samples that are not compressed: real lines of every form, by the name of their format.
fn samples() -> &'static [Log] {
    static READ: std::sync::OnceLock<Vec<Log>> = std::sync::OnceLock::new();
    READ.get_or_init(|| {
        let of = |name: &'static str| {
            let entries = std::fs::read_dir(project().join("sample_data/raw").join(name)).unwrap();
            let paths = entries.map(|entry| entry.unwrap().path());
            let is_log = |path: &std::path::PathBuf| path.extension().is_some_and(|ending| ending == "log");
            let mut logs = paths.filter(is_log).collect::<Vec<_>>();
            logs.sort();
            logs.into_iter().map(move |path| (name, std::fs::read(path).unwrap()))
        };
        FORMATS.iter().flat_map(|format| of(format.name())).collect()
    })
}

/// The name of any format.
fn format() -> impl Strategy<Value = &'static str> {
    any::<Index>().prop_map(|index| index.get(FORMATS).name())
}

/// Some samples, one after the other, read as any format.
fn log() -> impl Strategy<Value = Log> {
    (format(), prop::collection::vec(any::<Index>(), 1..4)).prop_map(|(format, chosen)| {
        // The format's own samples are met as often as all others.
        let own = samples().iter().filter(|(name, _)| *name == format).collect::<Vec<_>>();
        let of = |(place, index): (usize, &Index)| match place % 2 {
            0 => index.get(&own).1.clone(),
            _ => index.get(samples()).1.clone(),
        };
        (format, chosen.iter().enumerate().flat_map(of).collect())
    })
}

fn read(format: &str, bytes: &[u8]) -> Answer {
    Logs::written([("mail.log", bytes)]).format(format).year(2026).read()
}

/// How many lines a file has: a hole of NUL bytes ends a line and is none itself.
fn lines_of(bytes: &[u8]) -> u64 {
    let pieces = |line: &[u8]| match line.contains(&0) {
        true => line.split(|byte| *byte == 0).filter(|piece| !piece.is_empty()).count() as u64,
        false => 1,
    };
    bytes.split_inclusive(|byte| *byte == b'\n').map(|line| pieces(line.strip_suffix(b"\n").unwrap_or(line))).sum()
}

/// Every line of the file was read, and each is used, ignored or rejected.
fn adds_up(format: &str, bytes: &[u8]) -> Result<(), TestCaseError> {
    let mut findings = Findings::default();
    let answer = read(format, bytes);
    answer.balance(&mut findings);
    prop_assert!(findings.is_empty(), "{findings:?}");
    prop_assert_eq!(answer.lines_read(), lines_of(bytes));
    Ok(())
}

/// Whether the bytes begin like those of a compressed file, which is not read as text.
fn looks_packed(bytes: &[u8]) -> bool {
    const BEGINNINGS: [&[u8]; 7] = [b"\x1f", b"BZh", b"\x28\xb5", b"\xfd7zXZ", b"PK", b"\x04\"M\x18", b"*M\x18"];
    BEGINNINGS
        .iter()
        .any(|beginning| bytes.starts_with(beginning) || bytes[1.min(bytes.len())..].starts_with(beginning))
}

proptest! {
    #![proptest_config(config(150))]

    #[test]
    fn any_bytes_add_up(format in format(), bytes in prop::collection::vec(any::<u8>(), 1..4000)) {
        prop_assume!(!looks_packed(&bytes));
        adds_up(format, &bytes)?;
    }

    #[test]
    fn any_text_with_line_ends_adds_up(format in format(), text in "([A-Za-z0-9 :\\[\\]{}\",<>=/\\.\\+\\-\\n\\r\\t\\\\]|\\PC){1,600}") {
        prop_assume!(!looks_packed(text.as_bytes()));
        adds_up(format, text.as_bytes())?;
    }
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn damaged_logs_add_up(log in log(), damage in prop::collection::vec(any::<Damage>(), 0..12)) {
        let (format, mut bytes) = log;
        damage.iter().for_each(|damage| damage.inflict(&mut bytes));
        prop_assume!(!bytes.is_empty() && !looks_packed(&bytes));
        adds_up(format, &bytes)?;
    }
}

proptest! {
    #![proptest_config(config(60))]

    /// A damaged compressed file gives rows or an error that names it, and nothing else.
    #[test]
    fn damaged_compressed_logs_are_read_or_refused(
        log in log(),
        packer in 0..PACKERS.len(),
        damage in prop::collection::vec(any::<Damage>(), 1..3),
    ) {
        let (format, log) = log;
        let mut bytes = PACKERS[packer].1(&log);
        damage.iter().for_each(|damage| damage.inflict(&mut bytes));
        prop_assume!(!bytes.is_empty());
        let logs = Logs::written([("mail.log.packed", &bytes)]).format(format).year(2026);
        match logs.try_read() {
            Ok(answer) => {
                let mut findings = Findings::default();
                answer.balance(&mut findings);
                prop_assert!(findings.is_empty(), "{findings:?}");
            }
            Err(error) => prop_assert!(error.to_string().contains("mail.log.packed"), "{error}"),
        }
    }

    /// Where a file ends and the next one begins changes no row: sessions and messages go on.
    #[test]
    fn a_log_cut_in_two_gives_the_same_rows(sample in any::<Index>(), place in any::<Index>()) {
        let (format, bytes) = sample.get(samples());
        let (old, new) = bytes.split_at(line_end(bytes, place.index(bytes.len())));
        let cut = Logs::written([("mail.log.1", old), ("mail.log", new)]).format(format).year(2026).read();
        let mut findings = Findings::default();
        findings.same("cut", read(format, bytes).rows(), cut.rows());
        cut.balance(&mut findings);
        prop_assert!(findings.is_empty(), "{findings:?}");
    }
}

/// However few cases there are, no format is left out of them.
#[test]
fn damage_adds_up_in_every_format() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let damages = prop::collection::vec(any::<Damage>(), 1..12);
    for (format, log) in samples() {
        for _ in 0..8 {
            let mut bytes = log.clone();
            let damages = damages.new_tree(&mut runner).unwrap().current();
            damages.iter().for_each(|damage| damage.inflict(&mut bytes));
            if !bytes.is_empty() && !looks_packed(&bytes) {
                adds_up(format, &bytes).unwrap_or_else(|error| panic!("{format}, {damages:?}: {error}"));
            }
        }
    }
}

#[test]
fn lines_are_counted_around_holes() {
    for (text, lines) in
        [("", 0), ("a", 1), ("a\n", 1), ("a\n\nb", 3), ("a\0\0b\n", 2), ("\0\0\n", 0), ("a\n\0\0b\n", 2)]
    {
        assert_eq!(lines_of(text.as_bytes()), lines, "{text:?}");
    }
}
