//! From a source's files to its plan: they are listed, looked at, put into streams, and held against the ledger.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::ledger::Ledger;
use super::plan::{Found, Plan, Wanted, plan};
use super::{Failure, Ingested};
use crate::calendar::{DAY, Day, DayRange, Timestamp};
use crate::lake::Lake;
use crate::pipelines::definition::Source;
use crate::pipelines::reading::{Prepared, TlsKnown, prepare};
use crate::pipelines::{Error, Result};
use crate::sources::{RawFile, list};
use crate::storage::{Storage, display};
use crate::submissions::assemble::HORIZON;
use crate::submissions::streams::{KnownFile, StreamFile};

/// A source as it was found, and what is to be done with it.
#[derive(Debug)]
pub struct Planned<'a> {
    /// The source.
    pub source: &'a Source,
    /// The digest of its settings.
    pub settings: String,
    /// What was found.
    pub prepared: Prepared,
    /// What is to be done.
    pub plan: Plan,
    /// Which hosts of each stream log TLS versions.
    pub(super) tls_known: Vec<TlsKnown>,
    /// Whether all hosts are known to log TLS versions that show in the files, or were silent when days were built.
    tls_is_settled: bool,
}

/// How long before the days that a run looks back to a file may have been written last and still matter to them: by
/// sessions and messages that were open at midnight, by formats that write late, zones that are set wrongly, and
/// clocks that differ.
const LATE: i64 = 7 * DAY;

/// Plans every source of logs. A source that fails is reported and does not stop the others.
///
/// # Errors
/// Where the lake cannot be read.
pub fn plan_sources<'a>(
    storage: &Arc<Storage>,
    lake: &Lake,
    sources: impl Iterator<Item = &'a Source>,
    wanted: Wanted,
    allow_fewer_inputs: bool,
) -> Result<(Vec<Planned<'a>>, Ingested)> {
    let ledger = Ledger::read(lake, wanted.range())?;
    let planning = Planning { storage, ledger: &ledger, wanted, allow_fewer_inputs };
    let mut planned = Vec::new();
    let mut ingested = Ingested::default();
    for source in sources {
        let found = planning.source(source).map(|(plan, failed)| {
            ingested.failed.extend(failed);
            plan
        });
        match found {
            Ok(Some(plan)) => {
                ingested.detected.extend(plan.prepared.found.map(|found| (source.name.clone(), found)));
                let kept = plan.plan.kept.iter().map(|(day, kept)| ((source.name.clone(), *day), kept.clone()));
                ingested.kept.extend(kept);
                ingested.timeless.extend(plan.timeless().map(|file| (source.name.clone(), file)));
                planned.push(plan);
            }
            Ok(None) => {
                let nothing =
                    Found { source: &source.name, settings: &source.settings_digest(), late: 0, streams: Vec::new() };
                let kept = plan(&nothing, &ledger, wanted, allow_fewer_inputs).kept;
                ingested.kept.extend(kept.into_iter().map(|(day, kept)| ((source.name.clone(), day), kept)));
                ingested.empty.push(source.name.clone());
            }
            Err(error) => {
                tracing::error!(source = source.name, "the source cannot be read");
                ingested.failed.push(Failure { source: source.name.clone(), days: None, error });
            }
        }
    }
    Ok((planned, ingested))
}

/// What all sources are planned with.
#[derive(Clone, Copy)]
struct Planning<'a> {
    storage: &'a Arc<Storage>,
    ledger: &'a Ledger,
    wanted: Wanted,
    allow_fewer_inputs: bool,
}

impl Planning<'_> {
    /// Plans a source, and tells of the days that cannot be planned for files that cannot be read.
    fn source<'s>(self, source: &'s Source) -> Result<(Option<Planned<'s>>, Vec<Failure>)> {
        let files = list(self.storage, &source.files)?;
        match self.listed(source, &files) {
            Err(error) => self.behind_unreadable(source, files, error),
            planned => Ok((planned?, Vec::new())),
        }
    }

    /// Plans a source without the files that cannot be read, and the days behind them. A file may hold any day up to when
    /// it was written last, and sessions that go on in the next file for as long as lines are joined.
    fn behind_unreadable<'s>(
        self,
        source: &'s Source,
        mut files: Vec<RawFile>,
        mut error: Error,
    ) -> Result<(Option<Planned<'s>>, Vec<Failure>)> {
        let days = self.wanted.range();
        let (mut start, mut failed) = (days.start, Vec::new());
        loop {
            let is_it =
                |file: &RawFile| matches!(&error, Error::Sources(error) if error.file() == Some(&*display(&file.url)));
            let Some(unreadable) = files.iter().position(is_it).map(|place| files.remove(place)) else {
                return Err(error);
            };
            let behind = Day::of(unreadable.modified.saturating_add(HORIZON)).next().max(days.start);
            start = start.max(behind);
            if start >= days.end || files.is_empty() {
                return Err(error);
            }
            tracing::error!(source = source.name, file = display(&unreadable.url), "the file cannot be read");
            let days = Some(DayRange { start: days.start, end: behind }).filter(|days| !days.is_empty());
            failed.push(Failure { source: source.name.clone(), days, error });
            match (Self { wanted: self.wanted.since(start), ..self }).listed(source, &files) {
                Ok(planned) => return Ok((planned, failed)),
                Err(next) => error = next,
            }
        }
    }

    /// Plans a source by the files that can hold the days of the run. None of the others is opened, unless something
    /// is missing in these: the proof that a host logs TLS versions, or what a day was built from.
    fn listed<'s>(self, source: &'s Source, files: &[RawFile]) -> Result<Option<Planned<'s>>> {
        let mut known = self.ledger.known_files(&source.name, &source.settings_digest());
        let since = self.since();
        let (of_late, older) = files.iter().cloned().partition::<Vec<_>, _>(|file| file.modified >= since);
        // What fails with these files fails again with all of them, and is told then.
        if !older.is_empty()
            && let Ok(Some(mut planned)) = self.files(source, &of_late, &known)
        {
            if planned.is_complete() {
                tracing::info!(source = source.name, files = older.len(), "old files are left alone");
                planned.prepared.older = older;
                return Ok(Some(planned));
            }
            known.extend(planned.searched());
        }
        self.files(source, files, &known)
    }

    /// Since when files were written that can hold the days that the run looks back to. Ever, where days are asked for,
    /// and where days may be built from fewer files than before: then an input that is missing would not be noticed.
    fn since(self) -> Timestamp {
        match self.wanted {
            Wanted::Changed(days) if !self.allow_fewer_inputs => days.start.start() - LATE,
            _ => Timestamp::MIN,
        }
    }

    /// Plans a source by some of its files; none where there is no file, or none with a line that has a time.
    fn files<'s>(self, source: &'s Source, files: &[RawFile], known: &[KnownFile]) -> Result<Option<Planned<'s>>> {
        if files.is_empty() {
            return Ok(None);
        }
        let days = match self.wanted {
            Wanted::All(days) => Some(days),
            Wanted::Changed(_) => None,
        };
        let settings = source.settings_digest();
        let prepared = prepare(self.storage, &source.settings, files, days, known)?;
        let mut tls_known = Vec::new();
        let mut tls_is_settled = true;
        for stream in &prepared.streams {
            let built = self.ledger.of_stream(&source.name, stream);
            let silent = built.flat_map(|inputs| inputs.undecided.iter().chain(&inputs.decided).cloned());
            let hosts = silent.chain(stream.hosts.iter().cloned()).collect::<BTreeSet<_>>();
            let of_stream = prepared.tls_known(self.storage, stream, hosts.clone())?;
            tls_is_settled &= of_stream.logging.is_settled_for(hosts.iter().map(String::as_str));
            tls_known.push(of_stream);
        }
        if prepared.streams.iter().all(|stream| stream.files.iter().all(|file| file.first.is_none())) {
            return Ok(None);
        }
        let late = prepared.format.late();
        let streams = prepared.streams.iter().zip(&tls_known).map(|(stream, tls)| (stream, tls.logging.clone()));
        let found = Found { source: &source.name, settings: &settings, late, streams: streams.collect() };
        let plan = plan(&found, self.ledger, self.wanted, self.allow_fewer_inputs);
        tracing::info!(source = source.name, files = files.len(), days = plan.days.len(), "planned");
        Ok(Some(Planned { source, settings, prepared, plan, tls_known, tls_is_settled }))
    }
}

impl Planned<'_> {
    /// Whether more files would not change the plan.
    fn is_complete(&self) -> bool {
        self.tls_is_settled && self.plan.kept.is_empty()
    }

    /// The files of which no day can be told.
    fn timeless(&self) -> impl Iterator<Item = String> {
        let files = self.prepared.streams.iter().flat_map(|stream| &stream.files);
        files.filter(|file| file.timeless).map(|file| display(&file.look.file.url))
    }

    /// The files that were searched for hosts that log TLS versions, where their length is known.
    fn searched(&self) -> impl Iterator<Item = KnownFile> {
        let of_streams = self.prepared.streams.iter().zip(&self.tls_known);
        let files = of_streams.flat_map(|(stream, tls)| stream.files.iter().zip(&tls.hosts.of_files));
        files.filter(|(_, tls_hosts)| tls_hosts.is_some()).filter_map(|(file, tls_hosts)| {
            let StreamFile { look, fingerprint, last, .. } = file;
            Some(KnownFile {
                fingerprint: *fingerprint,
                length: look.length?,
                earliest: None,
                last: *last,
                modified: look.file.modified,
                tls_hosts: tls_hosts.clone(),
            })
        })
    }
}
