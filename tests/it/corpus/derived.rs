//! The corpus' logs in other wrappings: `derived/*`.

use std::path::Path;

use memchr::memmem;

use super::{YEAR, corpus_or_skip, folder};
use crate::compare::Findings;
use crate::logs::{Answer, Logs};
use crate::packing::{gunzip, gzip};

/// Where the second member of `postfix-multimember.log.gz` begins, decoded: behind the whole of dst-berlin's log.
const SECOND_MEMBER: usize = 292_654;

/// The lines of `postfix-nul-hole.log`: the first of the second member's.
const LINES_AROUND_HOLE: usize = 500;

fn bytes(corpus: &Path, name: &str) -> Vec<u8> {
    std::fs::read(corpus.join(name)).unwrap()
}

fn read(name: &str, bytes: &[u8]) -> Answer {
    Logs::written([(name, bytes)]).year(YEAR).read()
}

/// Messages as a plain join counts them: `client=` lines with an account whose queue id became active.
fn joined(text: &[u8]) -> usize {
    let lines = || text.split(|byte| *byte == b'\n');
    let id = |line: &[u8], mark: &str| {
        let end = memmem::find(line, mark.as_bytes())?;
        Some(line[memchr::memrchr(b' ', &line[..end])? + 1..end].to_vec())
    };
    let holds = |line: &&[u8], mark: &str| memmem::find(line, mark.as_bytes()).is_some();
    let active = lines().filter(|line| holds(line, "(queue active)")).filter_map(|line| id(line, ": from=<"));
    let active = active.collect::<std::collections::HashSet<_>>();
    let opened = lines().filter(|line| holds(line, ", sasl_username=")).filter_map(|line| id(line, ": client="));
    opened.filter(|id| active.contains(id)).count()
}

/// `docker-json-file.log` is postlogd's log, each line inside Docker's record: nothing is missing.
#[test]
fn docker_s_records_are_the_log_inside_them() {
    let Some(corpus) = corpus_or_skip() else { return };
    let original = Logs::at([corpus.join("postfix/postlogd/postfix.log")]).read();
    let wrapped = Logs::at([corpus.join("derived/docker-json-file.log")]).read();
    let mut findings = Findings::default();
    findings.same("docker", original.rows(), wrapped.rows());
    assert_eq!((wrapped.lines_read(), wrapped.rejected()), (1541, 0));
    findings.none();
}

/// `postfix-multimember.log.gz` is dst-berlin's log and, as a second member, 800 lines of another server's (the
/// corpus has its log nowhere else). Both are read, as if there were one member.
#[test]
fn every_member_of_a_gzip_file_is_read() {
    let Some(corpus) = corpus_or_skip() else { return };
    let berlin = folder("dst-berlin");
    let stored = bytes(&corpus, "derived/postfix-multimember.log.gz");
    let text = gunzip(&stored);
    let (first, second) = text.split_at(SECOND_MEMBER);
    assert!(first == bytes(&corpus, "postfix/dst-berlin/mail.log"));

    let whole = berlin.understand(Logs::written([("mail.log.gz", &stored)]));
    let members = [first, second].map(|member| berlin.understand(Logs::written([("mail.log", member)])));
    let mut findings = Findings::default();
    findings.same("multimember", members.iter().flat_map(Answer::rows), whole.rows());
    findings.none();
    assert_eq!((whole.lines_read(), whole.rejected()), (2019 + 800, 0));
    assert_eq!(members[1].submissions().len(), joined(second));
    assert!(whole.truncated.is_empty());
}

/// `postfix-nul-hole.log` is the first 500 lines of that second member, with 4096 NUL bytes between two lines, as a
/// crash leaves them: nothing is missing.
#[test]
fn a_hole_of_nul_bytes_loses_no_line() {
    let Some(corpus) = corpus_or_skip() else { return };
    let holed = bytes(&corpus, "derived/postfix-nul-hole.log");
    let whole = holed.iter().copied().filter(|byte| *byte != 0).collect::<Vec<_>>();
    assert_eq!(holed.len() - whole.len(), 4096);
    assert!(gunzip(&bytes(&corpus, "derived/postfix-multimember.log.gz"))[SECOND_MEMBER..].starts_with(&whole));

    let (with, without) = (read("mail.log", &holed), read("mail.log", &whole));
    let mut findings = Findings::default();
    findings.same("nul-hole", without.rows(), with.rows());
    findings.none();
    assert_eq!((with.lines_read(), with.rejected()), (LINES_AROUND_HOLE as u64, 0));
    assert_eq!(with.submissions().len(), joined(&whole));
}

/// `postfix-truncated.log.gz` is, byte for byte, main's `mail.log.2.gz`, and whole in spite of its name.
#[test]
fn the_truncated_file_of_the_corpus_is_whole() {
    let Some(corpus) = corpus_or_skip() else { return };
    let stored = bytes(&corpus, "derived/postfix-truncated.log.gz");
    assert!(stored == bytes(&corpus, "postfix/main/mail.log.2.gz"));
    let answer = read("mail.log.2.gz", &stored);
    assert!(answer.truncated.is_empty());
    assert_eq!((answer.lines_read(), answer.rejected()), (1348, 0));
}

/// A file that is really cut gives what is readable: the rows of the text that a decoder gets out of it.
#[test]
fn a_cut_file_gives_what_is_readable() {
    let Some(corpus) = corpus_or_skip() else { return };
    let text = gunzip(&bytes(&corpus, "postfix/main/mail.log.2.gz"));
    let stored = gzip(&text);
    let mut findings = Findings::default();
    for tenths in [3, 6, 9] {
        let cut = &stored[..stored.len() * tenths / 10];
        let mut readable = Vec::new();
        let _ = std::io::copy(&mut flate2::read::GzDecoder::new(cut), &mut readable);
        assert!(readable.len() > text.len() * tenths / 20, "{} of {}", readable.len(), text.len());
        let (found, expected) = (read("mail.log.gz", cut), read("mail.log", &readable));
        findings.same(format_args!("cut at {tenths}/10"), expected.rows(), found.rows());
        assert_eq!(found.truncated, ["mail.log.gz"]);
        assert!(!found.submissions().is_empty());
        found.balance(&mut findings);
    }
    findings.none();
}
