//! Raw logs in, an answer out: what most tests of this binary begin with.
//!
//! The logs go the way that they go in `mailtally tally`: listed, prepared, read stream by stream.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use chrono::{DateTime, SecondsFormat, TimeZone, Utc};
use chrono_tz::Tz;
use mailtally::calendar::{DayRange, SECOND, Timestamp};
use mailtally::pipelines;
use mailtally::pipelines::definition::SourceSettings;
use mailtally::pipelines::reading::{Read, prepare};
use mailtally::pipelines::tally::{Keep, Tally};
use mailtally::sources::{RawFile, list};
use mailtally::storage::Storage;
use mailtally::submissions::pass::{DayStats, Outcome, RejectedLine, Sink};
use mailtally::submissions::{Refusal, Submission};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use url::Url;

use crate::compare::Findings;

/// One storage for all tests: it holds nothing but open stores.
static STORAGE: LazyLock<(Arc<Storage>, Runtime)> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    (Arc::new(Storage::new(BTreeMap::new(), runtime.handle().clone())), runtime)
});

/// Log files, read as one source.
#[derive(Debug)]
pub(crate) struct Logs {
    patterns: Vec<Url>,
    settings: SourceSettings,
    /// The days asked for; none for all.
    days: Option<DayRange>,
    /// The files' time, where it shall be another than they have.
    modified: Option<Timestamp>,
    /// Where the files were written, if they were: it is gone with the last use of them.
    _folder: Option<TempDir>,
}

impl Logs {
    /// Files that are there already, in this order.
    pub(crate) fn at(paths: impl IntoIterator<Item = impl AsRef<Path>>) -> Self {
        let url = |path: &Path| Url::from_file_path(std::path::absolute(path).unwrap()).unwrap();
        Self::found(paths.into_iter().map(|path| url(path.as_ref())).collect())
    }

    /// Files that match patterns.
    pub(crate) fn found(patterns: Vec<Url>) -> Self {
        Self { patterns, settings: SourceSettings::default(), days: None, modified: None, _folder: None }
    }

    /// Files of these names and bytes, in a folder of their own.
    pub(crate) fn written<N: AsRef<str>, B: AsRef<[u8]>>(files: impl IntoIterator<Item = (N, B)>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut paths: Vec<PathBuf> = Vec::new();
        for (name, bytes) in files {
            let path = folder.path().join(name.as_ref());
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, bytes).unwrap();
            paths.push(path);
        }
        Self { _folder: Some(folder), ..Self::at(paths) }
    }

    pub(crate) fn settings(self, settings: SourceSettings) -> Self {
        Self { settings, ..self }
    }

    pub(crate) fn zone(mut self, zone: Tz) -> Self {
        self.settings.timezone = zone;
        self
    }

    pub(crate) fn year(mut self, year: i32) -> Self {
        self.settings.year = Some(year);
        self
    }

    pub(crate) fn format(mut self, format: &str) -> Self {
        self.settings.format = Some(format.to_owned());
        self
    }

    pub(crate) fn days(self, days: DayRange) -> Self {
        Self { days: Some(days), ..self }
    }

    /// As if the files had last been written in the middle of this year.
    pub(crate) fn written_in(self, year: i32) -> Self {
        let modified = Utc.with_ymd_and_hms(year, 7, 1, 0, 0, 0).single().map(|at| at.timestamp_micros());
        Self { modified, ..self }
    }

    /// The answer, of files that can be read.
    pub(crate) fn read(&self) -> Answer {
        self.try_read().unwrap_or_else(|error| panic!("{error}"))
    }

    /// The answer, or why there is none.
    pub(crate) fn try_read(&self) -> pipelines::Result<Answer> {
        let storage = &STORAGE.0;
        let mut files: Vec<RawFile> = Vec::new();
        for pattern in &self.patterns {
            files.extend(list(storage, std::slice::from_ref(pattern))?);
        }
        for file in &mut files {
            file.modified = self.modified.unwrap_or(file.modified);
        }
        let prepared = prepare(storage, &self.settings, &files, self.days, &[])?;
        let mut answer = Answer::default();
        for stream in &prepared.streams {
            let mut tls = prepared.tls_known(storage, stream, stream.hosts.clone())?;
            let Read { sink: found, outcome, places } =
                prepared.read(storage, stream, self.days, &mut tls, |_| Ok(Found::new()))?;
            let name = |file: usize| stream.files[places[file]].look.file.url.as_str();
            answer.add(found, &outcome, name);
        }
        answer.found.tally.sort();
        Ok(answer)
    }
}

/// What a reading has found: the tally with its rows, the refusals beside it.
#[derive(Debug)]
struct Found {
    tally: Tally,
    refusals: Vec<Refusal>,
}

impl Found {
    fn new() -> Self {
        Self { tally: Tally::new(Keep::Submissions), refusals: Vec::new() }
    }
}

impl Sink for Found {
    fn submission(&mut self, row: &Submission<&str>) {
        self.tally.submission(row);
    }

    fn refusal(&mut self, row: &Refusal<&str>) {
        self.tally.refusal(row);
        self.refusals.push(row.keep());
    }

    fn rejected(&mut self, row: RejectedLine<'_>) {
        self.tally.rejected(row);
    }
}

/// What came of the logs.
#[derive(Debug)]
pub(crate) struct Answer {
    found: Found,
    /// What each day of each stream was read from.
    days: Vec<DayStats>,
    /// The names of files that end in the middle of compressed data.
    pub(crate) truncated: Vec<String>,
}

impl Default for Answer {
    fn default() -> Self {
        Self { found: Found::new(), days: Vec::new(), truncated: Vec::new() }
    }
}

impl Answer {
    fn add<'a>(&mut self, found: Found, outcome: &Outcome, name: impl Fn(usize) -> &'a str) {
        self.found.tally.add(found.tally);
        self.found.refusals.extend(found.refusals);
        self.days.extend(outcome.days.values().cloned());
        let cut = outcome.files.iter().enumerate().filter(|(_, file)| file.truncated);
        self.truncated.extend(cut.map(|(file, _)| name(file).rsplit('/').next().unwrap_or_default().to_owned()));
    }

    /// The submissions, in order of time.
    pub(crate) fn submissions(&self) -> &[Submission] {
        &self.found.tally.submissions
    }

    /// The refusals.
    pub(crate) fn refusals(&self) -> &[Refusal] {
        &self.found.refusals
    }

    /// How many lines looked like ours and could not be read.
    pub(crate) fn rejected(&self) -> u64 {
        self.found.tally.rejected
    }

    /// How many lines were read.
    pub(crate) fn lines_read(&self) -> u64 {
        self.days.iter().map(|day| day.lines_read).sum()
    }

    /// The daily table: `date,account,tls_version` and `messages,recipients`.
    pub(crate) fn daily(&self) -> BTreeMap<String, Cell> {
        let cells = self.found.tally.cells().into_iter().map(|(day, account, version, counts)| {
            let key = format!("{day},{account},{}", version.as_str());
            (key, Cell { messages: counts.messages, recipients: counts.recipients })
        });
        cells.collect()
    }

    /// Everything that must not depend on how the files were cut, named, ordered or packed: every column of every
    /// row.
    pub(crate) fn rows(&self) -> Vec<String> {
        let submissions = self.submissions().iter().map(|row| format!("{row:?}"));
        submissions.chain(self.refusals().iter().map(|row| format!("{row:?}"))).collect()
    }

    /// Notes every day whose lines do not add up, and a count of rejected lines that is not the rows'.
    pub(crate) fn balance(&self, findings: &mut Findings) {
        for day in &self.days {
            if day.lines_read != day.lines_used + day.lines_ignored + day.lines_rejected {
                findings.note(format_args!("lines do not add up: {day:?}"));
            }
        }
        let rejected = self.days.iter().map(|day| day.lines_rejected).sum::<u64>();
        if rejected != self.rejected() {
            findings.note(format_args!("{rejected} lines rejected, {} shown", self.rejected()));
        }
    }
}

/// A cell of the daily table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) messages: u64,
    pub(crate) recipients: u64,
}

impl Cell {
    /// Adds another cell's counts.
    pub(crate) fn add(&mut self, other: Self) {
        self.messages += other.messages;
        self.recipients += other.recipients;
    }
}

/// The daily table as lines of CSV.
pub(crate) fn table(cells: &BTreeMap<String, Cell>) -> Vec<String> {
    cells.iter().map(|(key, cell)| format!("{key},{},{}", cell.messages, cell.recipients)).collect()
}

/// An instant as the goldens write it: UTC, to the second or, where the log has more, to the microsecond.
pub(crate) fn time(at: Timestamp) -> String {
    let digits = if at % SECOND == 0 { SecondsFormat::Secs } else { SecondsFormat::Micros };
    DateTime::from_timestamp_micros(at).unwrap().to_rfc3339_opts(digits, true)
}
