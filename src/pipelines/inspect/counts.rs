//! Counting, file by file, what a pass over a stream finds.
//!
//! A session may run from one file into the next, so files are read as a stream; a row is told under the file that
//! holds the line with which it was complete.

use std::collections::{BTreeMap, BTreeSet};

use crate::submissions::pass::{RejectedLine, Sink};
use crate::submissions::tls::TlsVersion;
use crate::submissions::{Refusal, Submission};

/// How many rejected lines are kept of a file.
const REJECTED_KEPT: usize = 5;

/// How many bytes of a rejected line are kept.
const LONGEST_KEPT: usize = 200;

/// The rows and rejected lines of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Accepted messages.
    pub messages: u64,
    /// Their recipients, as far as the server counted them.
    pub recipients: u64,
    /// Messages by TLS version.
    pub versions: BTreeMap<TlsVersion, u64>,
    /// Refused attempts by kind.
    pub refusals: BTreeMap<&'static str, u64>,
    /// The servers that rows name.
    pub servers: BTreeSet<String>,
    /// Rejected lines by reason.
    pub reasons: BTreeMap<&'static str, u64>,
    /// The first rejected lines.
    pub rejected: Vec<Rejected>,
}

/// A line that looked like ours and could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Its number in the file, from 1.
    pub line: u64,
    /// Why.
    pub reason: &'static str,
    /// Its beginning; bytes that are no UTF-8 are replaced.
    pub text: String,
    /// Whether the line is longer than that.
    pub cut: bool,
}

/// Counts a pass by file.
#[derive(Debug)]
pub(super) struct Counting {
    /// The counts, by the files' place in the pass.
    pub(super) files: Vec<Counts>,
    current: usize,
}

impl Counting {
    pub(super) fn new(files: usize) -> Self {
        Self { files: vec![Counts::default(); files], current: 0 }
    }

    fn current(&mut self, server: &str) -> Option<&mut Counts> {
        let counts = self.files.get_mut(self.current)?;
        if !server.is_empty() && !counts.servers.contains(server) {
            counts.servers.insert(server.to_owned());
        }
        Some(counts)
    }
}

impl Sink for Counting {
    fn submission(&mut self, row: &Submission<&str>) {
        let Some(counts) = self.current(row.server) else { return };
        counts.messages += 1;
        counts.recipients += u64::from(row.recipients.unwrap_or(0));
        *counts.versions.entry(row.tls_version).or_default() += 1;
    }

    fn refusal(&mut self, row: &Refusal<&str>) {
        let Some(counts) = self.current(row.server) else { return };
        *counts.refusals.entry(row.kind.as_str()).or_default() += 1;
    }

    fn rejected(&mut self, row: RejectedLine<'_>) {
        let Some(counts) = self.files.get_mut(row.file) else { return };
        *counts.reasons.entry(row.reason).or_default() += 1;
        if counts.rejected.len() < REJECTED_KEPT {
            let kept = &row.raw[..row.raw.len().min(LONGEST_KEPT)];
            let (text, cut) = (String::from_utf8_lossy(kept).into_owned(), kept.len() < row.raw.len());
            counts.rejected.push(Rejected { line: row.line, reason: row.reason, text, cut });
        }
    }

    fn begins(&mut self, file: usize) {
        self.current = file;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::Day;

    #[test]
    fn rows_count_for_the_file_that_completes_them() {
        let mut counting = Counting::new(2);
        let row = Submission { server: "mx1", recipients: Some(3), ..Submission::default() };
        counting.submission(&row);
        counting.begins(1);
        counting.submission(&row);
        counting.submission(&Submission { recipients: None, ..row });
        counting.refusal(&Refusal::default());
        let sums = counting.files.iter().map(|file| (file.messages, file.recipients, file.refusals.len()));
        assert_eq!(sums.collect::<Vec<_>>(), [(1, 3, 0), (2, 3, 1)]);
        assert_eq!(counting.files[0].servers.iter().collect::<Vec<_>>(), ["mx1"]);
    }

    #[test]
    fn the_first_rejected_lines_are_kept_and_all_are_counted() {
        let mut counting = Counting::new(1);
        let long = [b'x'; 300];
        for line in 1..=9 {
            let raw = if line == 1 { &long[..] } else { b"a\xffb" };
            counting.rejected(RejectedLine { day: Day::of(0), file: 0, line, reason: "odd", raw });
        }
        let counts = &counting.files[0];
        assert_eq!(counts.reasons.get("odd"), Some(&9));
        assert_eq!(counts.rejected.len(), 5);
        assert_eq!((counts.rejected[0].text.len(), counts.rejected[0].cut), (200, true));
        assert_eq!((counts.rejected[1].text.as_str(), counts.rejected[1].line), ("a\u{fffd}b", 2));
    }
}
