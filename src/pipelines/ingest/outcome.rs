//! What an ingest task is and what comes of it, as values that can cross process borders.
//!
//! A worker writes data files and hands back an [`Outcome`]; only the driver commits.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::calendar::{Day, DayRange, Timestamp};
use crate::lake::DataFile;
use crate::sources::Fingerprint;
use crate::submissions::streams::{Stream, StreamFile, TlsHostsOfFile};

/// One pass over a stream's files for a range of days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// The source.
    pub source: String,
    /// The stream, by its place among the source's streams.
    pub stream: usize,
    /// The stream's name, for people.
    pub name: String,
    /// The days.
    pub days: DayRange,
    /// The digest of each day's inputs.
    pub digests: BTreeMap<Day, String>,
    /// Stored bytes of the files that may hold the days.
    pub bytes: u64,
}

/// What a task has written and seen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Each day of the task.
    pub days: BTreeMap<Day, DayOutcome>,
    /// The files that end in the middle of compressed data.
    pub truncated: Vec<String>,
    /// How many sessions of authenticated clients were handed on to another server.
    pub handed_on: u64,
}

/// One day of one stream.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DayOutcome {
    /// Whether the day lies within a file of the stream, as it has turned out.
    pub held: bool,
    /// The rows and the files that hold them.
    pub rows: DayRows,
    /// The lines.
    pub lines: Lines,
    /// What the day was built from.
    pub inputs: StreamInputs,
}

/// The rows of a day and the files that hold them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DayRows {
    /// Accepted messages.
    pub submissions: u64,
    /// Refused attempts.
    pub refusals: u64,
    /// Submissions whose TLS version is not known.
    pub unknown_tls: u64,
    /// The hosts of rows whose TLS version is not known.
    pub unknown_tls_hosts: BTreeSet<String>,
    /// The hosts of rows without TLS.
    pub cleartext_hosts: BTreeSet<String>,
    /// Submissions whose account is not known.
    pub unknown_account: u64,
    /// The data files.
    pub files: Vec<TableFiles>,
}

/// Data files of one table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TableFiles {
    /// The table.
    pub table: String,
    /// Its files.
    pub files: Vec<DataFile>,
}

/// The lines of a day.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Lines {
    /// Decoded bytes.
    pub bytes: u64,
    /// Lines read.
    pub read: u64,
    /// Lines that said something.
    pub used: u64,
    /// Lines that are not ours.
    pub ignored: u64,
    /// Lines that could not be read.
    pub rejected: u64,
    /// The first line's time.
    pub first: Option<Timestamp>,
    /// The last line's time.
    pub last: Option<Timestamp>,
    /// The longest time without a line, in microseconds.
    pub longest_gap: i64,
    /// Files that hold lines of the day.
    pub files: u64,
    /// Of those, files that end in the middle of compressed data.
    pub truncated: u64,
}

/// What a day of a source was built from: the ledger's entry, kept in the `coverage` table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DayInputs {
    /// The digest of the source's settings.
    pub settings: String,
    /// The streams.
    pub streams: Vec<StreamInputs>,
}

/// What a day of a stream was built from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StreamInputs {
    /// Hosts with submissions whose TLS version is unknown because the host had not been seen to log any.
    pub undecided: BTreeSet<String>,
    /// Hosts whose silence about TLS was taken for cleartext, because a line of theirs had said a version.
    pub decided: BTreeSet<String>,
    /// Whether nothing that comes later in the stream can change the day.
    pub closed: bool,
    /// Whether it has rows of sessions whose beginning is in no file: an earlier one may still bring it.
    pub orphans: bool,
    /// The files that could hold the day, and the one before them.
    pub files: Vec<FileInput>,
}

/// A file that a day was built from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileInput {
    /// What it is known by.
    pub fingerprint: Fingerprint,
    /// Its decoded length then, as far as it was read.
    pub length: u64,
    /// Whether that was its end.
    pub to_end: bool,
    /// Whether nothing that may come behind that can change the day.
    pub closed: bool,
    /// When it was written last: a packed file that begins the same and was last written then is the same.
    pub modified: Timestamp,
    /// The bytes that held the day's lines: from.
    pub from: u64,
    /// And to; nothing where both are the same.
    pub to: u64,
    /// The earliest time of its lines, where lines come late and it was read to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earliest: Option<Timestamp>,
    /// Its last line's time, where known.
    pub last: Option<Timestamp>,
    /// The hosts of which its lines say TLS versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_hosts: TlsHostsOfFile,
    /// Its name then, for people.
    pub name: String,
}

impl Outcome {
    /// The days that its stream holds.
    pub fn held(&self) -> impl Iterator<Item = Day> {
        self.days.iter().filter(|(_, of_day)| of_day.held).map(|(day, _)| *day)
    }
}

impl StreamInputs {
    /// The record of a file, by content.
    #[must_use]
    pub fn record_of(&self, file: &StreamFile) -> Option<&FileInput> {
        let as_it_was = self.files.iter().find(|then| then.fingerprint == file.fingerprint);
        as_it_was.or_else(|| self.files.iter().find(|then| file.began_as(&then.fingerprint)))
    }

    /// Whether a stream is the one that the day was built from: it has one of its files.
    #[must_use]
    pub fn is_of(&self, stream: &Stream) -> bool {
        self.files.iter().any(|then| stream.began_as(&then.fingerprint).next().is_some())
    }
}

impl Lines {
    /// Adds another stream's lines of the same day.
    pub fn add(&mut self, other: &Self) {
        let least = |a: Option<Timestamp>, b: Option<Timestamp>| a.into_iter().chain(b).min();
        self.bytes += other.bytes;
        self.read += other.read;
        self.used += other.used;
        self.ignored += other.ignored;
        self.rejected += other.rejected;
        self.first = least(self.first, other.first);
        self.last = self.last.max(other.last);
        self.longest_gap = self.longest_gap.max(other.longest_gap);
        self.files += other.files;
        self.truncated += other.truncated;
    }
}

impl DayRows {
    /// Adds another stream's rows of the same day.
    pub fn add(&mut self, other: &Self) {
        self.submissions += other.submissions;
        self.refusals += other.refusals;
        self.unknown_tls += other.unknown_tls;
        self.unknown_tls_hosts.extend(other.unknown_tls_hosts.iter().cloned());
        self.cleartext_hosts.extend(other.cleartext_hosts.iter().cloned());
        self.unknown_account += other.unknown_account;
        self.files.extend(other.files.iter().cloned());
    }
}
