//! Same logs, other shape, same answer: however the files are cut, named, ordered, packed or doubled.
//!
//! What is compared is every column of every row. The logs are the corpus' and, without it, the demo's.

use std::path::Path;
use std::sync::OnceLock;

use chrono_tz::Tz;

use crate::compare::Findings;
use crate::corpus::{YEAR, corpus, folder};
use crate::logs::{Answer, Logs, table};
use crate::packing::{PACKERS, gunzip, gzip, line_end, split};
use crate::project;

/// Files by name, oldest first.
type Files = Vec<(String, Vec<u8>)>;

/// A server's log as it lay on its disk.
struct Original {
    name: &'static str,
    zone: Tz,
    files: Files,
    /// What it gives.
    answer: Answer,
}

impl Original {
    fn read(&self, files: &Files) -> Answer {
        understand(self.zone, Logs::written(files.iter().map(|(name, bytes)| (name, bytes))))
    }

    /// All of the log.
    fn text(&self) -> Vec<u8> {
        self.files.iter().flat_map(|(_, bytes)| bytes.iter().copied()).collect()
    }
}

/// A rotated set, one with a doubled hour, one with long queue ids, one whose mail comes back from a filter, and of
/// other servers one whose sessions have no beginning in the log and one that numbers them.
fn originals() -> &'static [Original] {
    static READ: OnceLock<Vec<Original>> = OnceLock::new();
    READ.get_or_init(|| {
        let days = project().join("sample_data/days/mx1");
        let mut originals =
            vec![original("demo", Tz::UTC, &days, &["mail.log.3.gz", "mail.log.2.gz", "mail.log.1", "mail.log"])];
        if let Some(corpus) = corpus() {
            for name in ["main", "dst-berlin", "postlogd", "content-filter", "sendmail", "opensmtpd"] {
                let folder = folder(name);
                originals.push(original(name, folder.zone, &folder.place(&corpus), folder.variants[0]));
            }
        }
        originals
    })
}

fn original(name: &'static str, zone: Tz, place: &Path, files: &[&str]) -> Original {
    let read = |file: &&str| {
        let stored = std::fs::read(place.join(file)).unwrap();
        match file.strip_suffix(".gz") {
            Some(plain) => (plain.to_owned(), gunzip(&stored)),
            None => ((*file).to_owned(), stored),
        }
    };
    let files: Files = files.iter().map(read).collect();
    let answer = understand(zone, Logs::written(files.iter().map(|(name, bytes)| (name, bytes))));
    assert!(answer.rows().len() > 100, "{name} is too small to prove anything");
    Original { name, zone, files, answer }
}

fn understand(zone: Tz, logs: Logs) -> Answer {
    logs.zone(zone).year(YEAR).read()
}

/// The answer is the same when a log's files are turned into each of these.
#[track_caller]
fn same_answer(other_shapes: impl Fn(&Original) -> Vec<(String, Files)>) {
    let mut findings = Findings::default();
    for original in originals() {
        let expected = original.answer.rows();
        for (shape, files) in other_shapes(original) {
            let found = original.read(&files);
            findings.same(format_args!("{}, {shape}", original.name), expected.clone(), found.rows());
            found.balance(&mut findings);
        }
    }
    findings.none();
}

/// Pieces of one log under the names that a rotation gives them.
fn rotated(pieces: &[&[u8]]) -> Files {
    let name = |place: usize| match pieces.len() - 1 - place {
        0 => "mail.log".to_owned(),
        number => format!("mail.log.{number}"),
    };
    pieces.iter().enumerate().map(|(place, piece)| (name(place), piece.to_vec())).collect()
}

/// The files and one more.
fn with(files: &Files, name: &str, bytes: &[u8]) -> Files {
    files.iter().cloned().chain([(name.to_owned(), bytes.to_vec())]).collect()
}

#[test]
fn in_reverse_order() {
    same_answer(|log| vec![("reversed".into(), log.files.iter().rev().cloned().collect())]);
}

#[test]
fn packed() {
    let pack = |files: &Files, ending: &str, packer: fn(&[u8]) -> Vec<u8>| {
        files.iter().map(|(name, bytes)| (format!("{name}{ending}"), packer(bytes))).collect()
    };
    same_answer(|log| {
        PACKERS.iter().map(|(ending, packer)| ((*ending).into(), pack(&log.files, ending, *packer))).collect()
    });
}

#[test]
fn as_one_file() {
    same_answer(|log| vec![("one".into(), vec![("mail.log".into(), log.text())])]);
}

#[test]
fn as_three_files() {
    same_answer(|log| {
        let text = log.text();
        let places = [(1, 2), (10, 60), (25, 26), (48, 52), (55, 95), (58, 76), (70, 99)];
        let shape = |(one, two): (usize, usize)| {
            let pieces = split(&text, &[text.len() * one / 100, text.len() * two / 100]);
            (format!("cut at {one} % and {two} %"), rotated(&pieces))
        };
        places.map(shape).into()
    });
}

#[test]
fn with_windows_line_ends() {
    let convert = |bytes: &[u8]| bytes.split_inclusive(|byte| *byte == b'\n').flat_map(crlf).collect::<Vec<u8>>();
    same_answer(|log| {
        let files = log.files.iter().map(|(name, bytes)| (name.clone(), convert(bytes)));
        vec![("CRLF".into(), files.collect())]
    });
}

/// As PowerShell writes it: UTF-16 with CRLF. A log that is no UTF-8 would be another one there.
#[test]
fn in_utf_16() {
    let convert = |text: &str| {
        format!("\u{feff}{}", text.replace('\n', "\r\n")).encode_utf16().flat_map(u16::to_le_bytes).collect()
    };
    same_answer(|log| {
        let files =
            log.files.iter().map(|(name, bytes)| Some((name.clone(), convert(std::str::from_utf8(bytes).ok()?))));
        files.collect::<Option<Files>>().map(|files| ("UTF-16".into(), files)).into_iter().collect()
    });
}

fn crlf(line: &[u8]) -> Vec<u8> {
    line.strip_suffix(b"\n").map_or(line.to_vec(), |line| [line, b"\r\n"].concat())
}

#[test]
fn with_a_file_given_twice() {
    let mut findings = Findings::default();
    for original in originals() {
        let folder = tempfile::tempdir().unwrap();
        let mut paths = Vec::new();
        for (name, bytes) in &original.files {
            std::fs::write(folder.path().join(name), bytes).unwrap();
            paths.extend([folder.path().join(name), folder.path().join(name)]);
        }
        findings.same(original.name, original.answer.rows(), understand(original.zone, Logs::at(paths)).rows());
    }
    findings.none();
}

#[test]
fn with_a_copy_under_another_name() {
    same_answer(|log| {
        let shape = |(name, bytes): &(String, Vec<u8>)| {
            let copies =
                [("backup/old.log", bytes.clone()), ("mail.log.7.gz", gzip(bytes)), ("mail.log.bak", bytes.clone())];
            copies.map(|(copy, bytes)| (format!("{name} again as {copy}"), with(&log.files, copy, &bytes)))
        };
        log.files.iter().flat_map(shape).collect()
    });
}

#[test]
fn with_an_earlier_state_of_a_file() {
    same_answer(|log| {
        let shape = |(name, bytes): &(String, Vec<u8>)| {
            let earlier = &bytes[..line_end(bytes, bytes.len() / 2)];
            // Copied in the middle of a write.
            let torn = &bytes[..bytes.len() / 3];
            [earlier, torn].map(|state| (format!("{name} and its beginning"), with(&log.files, "copied.log", state)))
        };
        log.files.iter().flat_map(shape).collect()
    });
}

/// But for OpenSMTPD, whose later lines name no client: a copy that begins within a session has a refusal of nobody,
/// which is none of those before it. And of equal refusals in the second in which its files were cut, two stand in the
/// first and one in the second, where it passes for a repetition.
#[test]
fn with_the_last_half_of_a_file_again() {
    same_answer(|log| {
        if log.name == "opensmtpd" {
            return Vec::new();
        }
        let shape = |(name, bytes): &(String, Vec<u8>)| {
            let half = &bytes[line_end(bytes, bytes.len() / 2)..];
            (format!("{name} and its last half"), with(&log.files, "again.log", half))
        };
        log.files.iter().map(shape).collect()
    });
}

#[test]
fn as_two_copies_that_overlap() {
    same_answer(|log| [(40, 60), (10, 90)].map(|(from, to)| overlapping(log, from, to)).into());
}

/// Where the stamps of both copies meet in one second, nothing tells a line that comes again from its equal: two
/// wrong passwords in a second look the same. Messages have queue ids and count once even so.
#[test]
fn as_two_copies_that_share_a_second_s_messages() {
    let mut findings = Findings::default();
    for original in originals() {
        let expected = table(&original.answer.daily());
        for (from, to) in [(49, 50), (81, 82)] {
            let (shape, files) = overlapping(original, from, to);
            let what = format!("{}, {shape}", original.name);
            findings.same(what, expected.clone(), table(&original.read(&files).daily()));
        }
    }
    findings.none();
}

/// Two files, both of which hold what lies between these places.
fn overlapping(log: &Original, from: usize, to: usize) -> (String, Files) {
    let text = log.text();
    let part = |percent: usize| line_end(&text, text.len() * percent / 100);
    let files = vec![("a.log".into(), text[..part(to)].to_vec()), ("b.log".into(), text[part(from)..].to_vec())];
    (format!("both from {from} % to {to} %"), files)
}
