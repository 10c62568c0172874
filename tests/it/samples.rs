//! The samples: files in, goldens out. A new case is three more files and no code; a folder stands for the files of
//! a case that has several.
//!
//! `sample_data/README.md` says what the files are.

mod goldens;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::compare::Findings;
use crate::logs::{Answer, Cell, Logs, table};
use crate::project;
use mailtally::calendar::Day;
use mailtally::formats::aggregate::{AGGREGATES, claimed};
use mailtally::formats::detect::{Detected, count, detect};
use mailtally::formats::{FORMATS, Format};
use mailtally::pipelines::definition::{Definition, Known};
use mailtally::reports;
use mailtally::sources::framing::{Framed, Framer};
use mailtally::submissions::Submission;
use mailtally::submissions::tls::{TlsMode, TlsVersion};

/// One case of one format.
struct Case {
    format: &'static dyn Format,
    /// The raw log, compressed or not, or the folder of several.
    log: PathBuf,
    /// Its path without `.log` and what follows.
    stem: String,
}

impl Case {
    fn golden(&self, kind: &str) -> PathBuf {
        PathBuf::from(format!("{}.{kind}.csv", self.stem))
    }

    /// The raw logs.
    fn logs(&self) -> Vec<PathBuf> {
        let inside = |path: PathBuf| if path.is_dir() { files_in(&path) } else { vec![path] };
        let mut logs = inside(self.log.clone());
        // A server's folder may lie in the case's.
        while logs.iter().any(|log| log.is_dir()) {
            logs = logs.into_iter().flat_map(inside).collect();
        }
        logs
    }

    fn read(&self) -> Answer {
        Logs::at(self.logs()).format(self.format.name()).year(2026).read()
    }
}

fn folder(format: &dyn Format) -> PathBuf {
    project().join("sample_data/raw").join(format.name())
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files = entries.map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    files.sort();
    files
}

/// `…/case.log.gz` or the folder `…/case` to `…/case`; none where the file is no raw log.
fn stem(path: &Path) -> Option<String> {
    let is_folder = path.is_dir();
    let path = path.to_str()?;
    if is_folder {
        return Some(path.to_owned());
    }
    let plain = [".gz", ".zst", ".xz", ".bz2"].iter().find_map(|ending| path.strip_suffix(ending)).unwrap_or(path);
    plain.strip_suffix(".log").map(str::to_owned)
}

fn cases() -> Vec<Case> {
    let of = |format: &&'static dyn Format| {
        let format = *format;
        let logs = files_in(&folder(format)).into_iter();
        logs.filter_map(move |log| stem(&log).map(|stem| Case { format, log, stem }))
    };
    FORMATS.iter().flat_map(of).collect()
}

/// A golden's lines, its header first.
fn lines(path: &Path, findings: &mut Findings) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| {
        findings.note(format_args!("{}: {error}", path.display()));
        String::new()
    });
    text.lines().map(str::to_owned).collect()
}

/// Whether the columns say the same of TLS: where there is none, all do, and what has a version has TLS.
fn tls_agrees(row: &Submission) -> bool {
    let has_none = row.tls_version == TlsVersion::None;
    let has_version = !has_none && row.tls_version != TlsVersion::Unknown;
    has_none == (row.tls_known_present == Some(false))
        && has_none == (row.tls_mode == TlsMode::Cleartext)
        && (!has_version || row.tls_known_present == Some(true))
}

/// How many lines a log has. What stands on either side of a hole of NUL bytes is a line of its own.
fn lines_in(text: &[u8]) -> usize {
    let pieces = |line: &[u8]| line.split(|byte| *byte == 0).filter(|piece| !piece.is_empty()).count().max(1);
    text.strip_suffix(b"\n").unwrap_or(text).split(|byte| *byte == b'\n').map(pieces).sum()
}

/// A golden's lines behind its header.
fn golden(path: &Path, header: &str, findings: &mut Findings) -> Vec<String> {
    let mut lines = lines(path, findings);
    if lines.first().map(String::as_str) != Some(header) {
        findings.note(format_args!("{} does not begin with {header}", path.display()));
    }
    lines.split_off(lines.len().min(1))
}

#[test]
fn every_sample_becomes_its_rows() {
    let mut findings = Findings::default();
    for case in cases() {
        let answer = case.read();
        goldens::compare(&case.golden("rows"), &goldens::ROWS, answer.submissions(), &mut findings);
        goldens::compare(&case.golden("refusals"), &goldens::REFUSALS, answer.refusals(), &mut findings);
        for row in answer.submissions().iter().filter(|row| !tls_agrees(row)) {
            findings.note(format_args!("{}: {row:?}", case.stem));
        }
        answer.balance(&mut findings);
        if !case.format.is_packed() {
            let lines = case.logs().iter().map(|log| lines_in(&std::fs::read(log).unwrap())).sum::<usize>();
            findings.same(format_args!("{} (lines)", case.stem), [lines as u64], [answer.lines_read()]);
        }
    }
    findings.none();
}

/// Whoever ships a log sends lines again that may have got lost: one by one, or many of them.
#[test]
fn a_message_that_is_told_again_counts_once() {
    let mut findings = Findings::default();
    // What several logs tell of is joined otherwise, and what is packed has no lines.
    let is_simple = |case: &&Case| case.log.is_file() && !case.format.is_packed() && !case.format.joins_logs();
    for case in cases().iter().filter(is_simple) {
        let mut log = std::fs::read(&case.log).unwrap();
        log.push(b'\n');
        let ids = |log: &[u8]| {
            let answer = Logs::written([("mail.log", log)]).format(case.format.name()).year(2026).read();
            let with_id = answer.submissions().iter().filter(|row| !row.queue_id.is_empty());
            let mut ids = with_id.map(|row| format!("{} {} {}", row.ts, row.server, row.queue_id)).collect::<Vec<_>>();
            ids.sort();
            ids
        };
        let expected = ids(&log);
        let lines = log.split_inclusive(|byte| *byte == b'\n');
        let each = lines.flat_map(|line| [line, line]).flatten().copied().collect::<Vec<_>>();
        for again in [each, [log.as_slice(), &log].concat()] {
            findings.same(&case.stem, expected.clone(), ids(&again));
        }
    }
    findings.none();
}

#[test]
fn every_format_has_samples_and_every_sample_a_format() {
    let mut findings = Findings::default();
    let cases = cases();
    for format in FORMATS {
        if !cases.iter().any(|case| case.format.name() == format.name()) {
            findings.note(format_args!("{} has no sample", folder(*format).display()));
        }
    }
    for other in files_in(&project().join("sample_data/raw")) {
        let of_report = AGGREGATES.iter().any(|report| other == project().join("sample_data/raw").join(report.name));
        if !of_report && !FORMATS.iter().any(|format| other == folder(*format)) {
            findings.note(format_args!("{} belongs to no format", other.display()));
        }
    }
    findings.none();
}

#[test]
fn no_golden_is_left_over() {
    let mut findings = Findings::default();
    let known = cases().into_iter().flat_map(|case| [case.golden("rows"), case.golden("refusals"), case.log]);
    let known = known.collect::<BTreeSet<_>>();
    for format in FORMATS {
        for file in files_in(&folder(*format)).iter().filter(|file| !known.contains(*file)) {
            findings.note(format_args!("{} is neither a raw log nor the golden of one", file.display()));
        }
    }
    findings.none();
}

#[test]
fn a_sample_is_claimed_by_its_own_format_alone() {
    let mut findings = Findings::default();
    for case in cases() {
        let read = |log: &PathBuf| without_front(case.format, &std::fs::read(log).unwrap());
        let texts = case.logs().iter().map(read).collect::<Vec<_>>();
        for format in FORMATS {
            let own = format.name() == case.format.name();
            if (count(*format, texts.iter().map(Vec::as_slice)) > 0) != own {
                findings.note(format_args!("{}: {} reads it: {}", case.stem, format.name(), !own));
            }
        }
    }
    findings.none();
}

/// Other products' reports are no format's logs, and no log is another product's report.
#[test]
fn a_report_is_claimed_by_its_own_product_alone() {
    let mut findings = Findings::default();
    for report in AGGREGATES {
        let samples = files_in(&project().join("sample_data/raw").join(report.name));
        assert!(!samples.is_empty(), "{} has no sample", report.name);
        for sample in samples {
            let text = std::fs::read(&sample).unwrap();
            if claimed(&text).map(|claimed| claimed.name) != Some(report.name) || (report.read)(&text).is_err() {
                findings.note(format_args!("{} is not read as {}", sample.display(), report.name));
            }
            match detect([text.as_slice()]) {
                Detected::Nothing => {}
                other => findings.note(format_args!("{}: {other:?}", sample.display())),
            }
        }
    }
    for log in cases().iter().flat_map(Case::logs) {
        if let Some(report) = claimed(&std::fs::read(&log).unwrap()) {
            findings.note(format_args!("{} is claimed by {}", log.display(), report.name));
        }
    }
    findings.none();
}

/// What a source that names no format is read as: each sample by its own, and by a clear margin. A sample that two
/// formats claimed would be in `a_sample_is_claimed_by_its_own_format_alone` too; here it is what an operator sees.
#[test]
fn a_sample_s_format_is_found_from_the_sample() {
    let mut findings = Findings::default();
    for case in cases() {
        let texts = case.logs().iter().map(|log| std::fs::read(log).unwrap()).collect::<Vec<_>>();
        match detect(texts.iter().map(Vec::as_slice)) {
            Detected::Sure(found) if found.best.format.name() == case.format.name() && !found.is_doubtful() => {}
            other => findings.note(format_args!("{}: {other:?}", case.stem)),
        }
    }
    findings.none();
}

/// Two servers' samples in one file: what is found is one of the two, and that there is another is said.
#[test]
fn a_file_of_two_servers_is_one_of_theirs() {
    let mut findings = Findings::default();
    let logs = cases().into_iter().flat_map(|case| case.logs().into_iter().map(move |log| (case.format.name(), log)));
    let read = |name, log| without_front(mailtally::formats::format(name).unwrap(), &std::fs::read(log).unwrap());
    let samples = logs.map(|(name, log)| (name, read(name, log)));
    let all = samples.fold(BTreeMap::<_, Vec<u8>>::new(), |mut all, (name, text)| {
        all.entry(name).or_default().extend(text);
        all
    });
    for (one, other) in all.keys().flat_map(|one| all.keys().map(move |other| (*one, *other))).filter(|(a, b)| a < b) {
        let text = [all[one].as_slice(), b"\n", all[other].as_slice()].concat();
        let names = match detect([text.as_slice()]) {
            Detected::Sure(found) => [Some(found.best), found.next].map(|fit| fit.map(|fit| fit.format.name())),
            Detected::Tie(first, second) => [first, second].map(|fit| Some(fit.format.name())),
            Detected::Nothing => [None, None],
        };
        if !names.contains(&Some(one)) || !names.contains(&Some(other)) {
            findings.note(format_args!("{one} and {other}: {names:?}"));
        }
    }
    findings.none();
}

/// A log without the lines of a server in front, which has a format of its own.
fn without_front(format: &'static dyn Format, text: &[u8]) -> Vec<u8> {
    let mut framer = Framer::default();
    let mut is_of_front = |line: &[u8]| match framer.frame_as(line, format) {
        Framed::Line(line) => format.is_of_front(&line),
        _ => false,
    };
    let lines = text.split_inclusive(|byte| *byte == b'\n');
    lines.filter(|line| !is_of_front(line.strip_suffix(b"\n").unwrap_or(line))).flatten().copied().collect()
}

/// The sources of a pipeline file, each read whole.
fn sources(pipeline: &Path) -> Vec<(String, Answer)> {
    let names = FORMATS.iter().map(|format| format.name()).collect::<Vec<_>>();
    let datasets = reports::DATASETS.iter().map(|dataset| dataset.name).collect::<Vec<_>>();
    let exports = reports::EXPORTS.iter().map(|export| export.name).collect::<Vec<_>>();
    let known = Known { formats: &names, datasets: &datasets, exports: &exports };
    let definition = Definition::read(pipeline, &known).unwrap();
    let read = |source: mailtally::pipelines::definition::Source| {
        (source.name, Logs::found(source.files).settings(source.settings).read())
    };
    definition.sources.into_iter().map(read).collect()
}

/// What the sources of a pipeline give is the truth beside their logs.
#[track_caller]
fn assert_truth(pipeline: &Path, folder: &Path, rejected: u64) {
    let mut findings = Findings::default();
    let mut daily: BTreeMap<String, Cell> = BTreeMap::new();
    let mut refusals: BTreeMap<String, u64> = BTreeMap::new();
    let mut unreadable = 0;
    for (name, answer) in sources(pipeline) {
        answer.daily().into_iter().for_each(|(key, cell)| daily.entry(key).or_default().add(cell));
        for row in answer.refusals() {
            *refusals.entry(format!("{},{}", Day::of(row.ts), row.kind.as_str())).or_default() += 1;
        }
        answer.balance(&mut findings);
        unreadable += answer.rejected();
        findings.same(name, Vec::<String>::new(), answer.truncated.clone());
    }
    let header = "date,account,tls_version,messages,recipients";
    let truth = golden(&folder.join("expected-daily.csv"), header, &mut findings);
    findings.same("days", truth, table(&daily));
    let truth = golden(&folder.join("expected-refusals.csv"), "date,kind,attempts", &mut findings);
    findings.same("days (refusals)", truth, refusals.iter().map(|(key, count)| format!("{key},{count}")));
    findings.same("days (rejected lines)", [rejected.to_string()], [unreadable.to_string()]);
    findings.none();
}

#[test]
fn nine_weeks_of_three_servers_are_counted() {
    // Three lines that something has broken in two.
    assert_truth(&project().join("pipelines/demo.toml"), &project().join("sample_data/demo"), 3);
}

#[test]
fn ten_days_of_two_servers_are_counted() {
    let days = project().join("sample_data/days");
    let source = |name: &str, realm: &str| {
        let files = days.join(name).join("*");
        format!("[[sources]]\nname = \"{name}\"\nfiles = [{files:?}]\nrealm = \"{realm}\"\nyear = 2026\n")
    };
    let folder = tempfile::tempdir().unwrap();
    let pipeline = folder.path().join("pipeline.toml");
    let sources = source("mx1", "corp.example.com") + &source("mx2", "example.org");
    std::fs::write(&pipeline, format!("lake = \"lake\"\npublish = \"published\"\n{sources}")).unwrap();
    assert_truth(&pipeline, &days, 0);
}
