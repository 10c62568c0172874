//! What holds for the logs of servers that write JSON, or anything else of their own: lines add up, however damaged, and
//! rows do not depend on how the files were cut.

use proptest::prelude::*;
use proptest::sample::Index;

use super::damage::Damage;
use super::{config, looks_packed};
use crate::compare::Findings;
use crate::logs::{Answer, Logs};
use crate::packing::line_end;
use crate::project;

/// The formats, and whether any line can be read without the lines before it in its file.
const FORMATS: [(&str, bool); 4] = [("kumomta", true), ("ses", true), ("stalwart", true), ("mailtally", false)];

fn samples(format: &str) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(project().join("sample_data/raw").join(format)).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut logs = paths.filter(|path| path.extension().is_some_and(|ending| ending == "log")).collect::<Vec<_>>();
    logs.sort();
    logs.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

fn read(format: &str, files: &[(&str, &[u8])]) -> Answer {
    Logs::written(files.iter().copied()).format(format).year(2026).read()
}

proptest! {
    #![proptest_config(config(200))]

    #[test]
    fn damaged_logs_add_up(
        format in 0..FORMATS.len(),
        sample in any::<Index>(),
        damage in prop::collection::vec(any::<Damage>(), 0..12),
    ) {
        let mut bytes = sample.get(&samples(FORMATS[format].0)).clone();
        damage.iter().for_each(|damage| damage.inflict(&mut bytes));
        prop_assume!(!bytes.is_empty() && !looks_packed(&bytes));
        let mut findings = Findings::default();
        read(FORMATS[format].0, &[("mail.log", &bytes)]).balance(&mut findings);
        prop_assert!(findings.is_empty(), "{findings:?}");
    }

    #[test]
    fn any_text_adds_up(format in 0..FORMATS.len(), text in "([a-z0-9 :\\[\\]{}\",<>=/\\.()\\n\\\\]|\\PC){1,400}") {
        let mut findings = Findings::default();
        read(FORMATS[format].0, &[("mail.log", text.as_bytes())]).balance(&mut findings);
        prop_assert!(findings.is_empty(), "{findings:?}");
    }
}

proptest! {
    #![proptest_config(config(60))]

    #[test]
    fn a_log_cut_in_two_gives_the_same_rows(format in 0..FORMATS.len(), sample in any::<Index>(), place in any::<Index>()) {
        let (format, cuts) = FORMATS[format];
        prop_assume!(cuts);
        let samples = samples(format);
        let bytes = sample.get(&samples);
        let (old, new) = bytes.split_at(line_end(bytes, place.index(bytes.len())));
        let cut = read(format, &[("mail.log.1", old), ("mail.log", new)]);
        let mut findings = Findings::default();
        findings.same("cut", read(format, &[("mail.log", bytes)]).rows(), cut.rows());
        prop_assert!(findings.is_empty(), "{findings:?}");
    }
}
