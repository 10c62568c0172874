//! What holds for any bytes: no panic, lines that add up, and nobody's words taken for the server's.

mod damage;
mod every_format;
mod forgery;
mod forgery_by_name;
mod reports;

use std::hash::{BuildHasher, RandomState};

use mailtally::formats::{FORMATS, Format};
use mailtally::sources::framing::unpack;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::RngSeed;

use crate::compare::Findings;
use crate::logs::{Answer, Logs};
use crate::packing::{PACKERS, line_end};
use crate::project;
use damage::Damage;

/// Few cases in a debug build: each of them reads a file or two. The seed is a new one each time unless
/// `PROPTEST_RNG_SEED` says it, and is printed, which is shown of a test that fails.
#[expect(clippy::print_stderr, reason = "tests print what helps to repeat them")]
fn config(cases: u32) -> ProptestConfig {
    let mut config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(RandomState::new().hash_one(cases));
    }
    eprintln!("again with the same cases: PROPTEST_RNG_SEED={}", config.rng_seed);
    config
}

/// A format and its samples.
type Samples = (&'static dyn Format, Vec<Vec<u8>>);

/// The samples of each format: real lines of every form.
fn samples() -> &'static [Samples] {
    static READ: std::sync::OnceLock<Vec<Samples>> = std::sync::OnceLock::new();
    let of = |format: &&'static dyn Format| {
        let folder = project().join("sample_data/raw").join(format.name());
        let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let mut logs = paths.filter(|path| path.extension().is_some_and(|ending| ending == "log")).collect::<Vec<_>>();
        logs.sort();
        (*format, logs.iter().map(|path| std::fs::read(path).unwrap()).collect())
    };
    READ.get_or_init(|| FORMATS.iter().map(of).collect())
}

/// One of all formats.
fn format() -> impl Strategy<Value = &'static dyn Format> {
    any::<Index>().prop_map(|index| *index.get(FORMATS))
}

/// Some samples of one format, one after the other.
fn log() -> impl Strategy<Value = (&'static dyn Format, Vec<u8>)> {
    (any::<Index>(), prop::collection::vec(any::<Index>(), 1..4)).prop_map(|(format, chosen)| {
        let (format, samples) = format.get(samples());
        (*format, chosen.iter().flat_map(|index| index.get(samples).clone()).collect())
    })
}

fn read(format: &'static dyn Format, bytes: &[u8]) -> Answer {
    Logs::written([("mail.log", bytes)]).format(format.name()).year(2026).read()
}

/// How many lines a file has: a hole of NUL bytes ends a line and is none itself, and a format may have several on one.
fn lines_of(format: &'static dyn Format, bytes: &[u8]) -> u64 {
    let packed = |line: &[u8]| unpack(line, format).count() as u64;
    let pieces = |line: &[u8]| match line.contains(&0) {
        true => line.split(|byte| *byte == 0).filter(|piece| !piece.is_empty()).map(packed).sum(),
        false => packed(line),
    };
    bytes.split_inclusive(|byte| *byte == b'\n').map(|line| pieces(line.strip_suffix(b"\n").unwrap_or(line))).sum()
}

/// Every line of the file was read, and each is used, ignored or rejected.
fn adds_up(format: &'static dyn Format, bytes: &[u8]) -> Result<(), TestCaseError> {
    let mut findings = Findings::default();
    let answer = read(format, bytes);
    answer.balance(&mut findings);
    prop_assert!(findings.is_empty(), "{format:?}: {findings:?}");
    prop_assert_eq!(answer.lines_read(), lines_of(format, bytes), "{:?}", format);
    Ok(())
}

/// Whether the bytes begin like those of a file that is compressed or in UTF-16, which is not read as it is.
fn looks_packed(bytes: &[u8]) -> bool {
    const BEGINNINGS: [&[u8]; 9] =
        [b"\x1f", b"BZh", b"\x28\xb5", b"\xfd7zXZ", b"PK", b"\x04\"M\x18", b"*M\x18", b"\xff\xfe", b"\xfe\xff"];
    BEGINNINGS
        .iter()
        .any(|beginning| bytes.starts_with(beginning) || bytes[1.min(bytes.len())..].starts_with(beginning))
}

proptest! {
    #![proptest_config(config(100 * FORMATS.len() as u32))]

    #[test]
    fn any_bytes_add_up(format in format(), bytes in prop::collection::vec(any::<u8>(), 1..4000)) {
        prop_assume!(!looks_packed(&bytes));
        adds_up(format, &bytes)?;
    }

    #[test]
    fn any_text_with_line_ends_adds_up(
        format in format(),
        text in "([A-Za-z0-9 :\\[\\]{}\",<>=/\\.\\+\\-\\n\\r\\t\\\\]|\\PC){1,600}",
    ) {
        prop_assume!(!looks_packed(text.as_bytes()));
        adds_up(format, text.as_bytes())?;
    }
}

proptest! {
    #![proptest_config(config(200 * FORMATS.len() as u32))]

    #[test]
    fn damaged_logs_add_up((format, mut bytes) in log(), damage in prop::collection::vec(any::<Damage>(), 0..12)) {
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
        (format, log) in log(),
        packer in 0..PACKERS.len(),
        damage in prop::collection::vec(any::<Damage>(), 1..3),
    ) {
        let mut bytes = PACKERS[packer].1(&log);
        damage.iter().for_each(|damage| damage.inflict(&mut bytes));
        prop_assume!(!bytes.is_empty());
        let logs = Logs::written([("mail.log.packed", &bytes)]).format(format.name()).year(2026);
        match logs.try_read() {
            Ok(answer) => {
                let mut findings = Findings::default();
                answer.balance(&mut findings);
                prop_assert!(findings.is_empty(), "{findings:?}");
            }
            Err(error) => prop_assert!(error.to_string().contains("mail.log.packed"), "{error}"),
        }
    }

    /// Where a file ends and the next one begins changes no row: sessions and messages go on. Where each file has a
    /// header, the second one would lack it.
    #[test]
    fn a_log_cut_in_two_gives_the_same_rows(format in any::<Index>(), sample in any::<Index>(), place in any::<Index>()) {
        let (format, samples) = format.get(samples());
        prop_assume!(!format.has_header());
        let bytes = sample.get(samples);
        let (old, new) = bytes.split_at(line_end(bytes, place.index(bytes.len())));
        let cut = Logs::written([("mail.log.1", old), ("mail.log", new)]).format(format.name()).year(2026).read();
        let mut findings = Findings::default();
        findings.same("cut", read(*format, bytes).rows(), cut.rows());
        cut.balance(&mut findings);
        prop_assert!(findings.is_empty(), "{format:?}: {findings:?}");
    }
}

#[test]
fn lines_are_counted_around_holes() {
    for (text, lines) in
        [("", 0), ("a", 1), ("a\n", 1), ("a\n\nb", 3), ("a\0\0b\n", 2), ("\0\0\n", 0), ("a\n\0\0b\n", 2)]
    {
        assert_eq!(lines_of(FORMATS[0], text.as_bytes()), lines, "{text:?}");
    }
}
