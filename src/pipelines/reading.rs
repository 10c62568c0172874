//! From a source's files to passes: what `tally`, `inspect` and the ingest stage share.
//!
//! A pass over some days begins a little before them, for the sessions that were open at midnight. Where a row
//! turns out to come from a session that began earlier still, the pass is done again from further back; so what is
//! read before the days never shows in the rows. And it is done again where sessions without a TLS version turn out to
//! be of a host that logs them, and where a file turns out to go back in time whose lines are joined with others.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::definition::{SourceSettings, TlsLogged};
use super::{Error, Result};
use crate::calendar::{DayRange, HOUR, Timestamp};
use crate::formats::detect::{Detected, Found, detect};
use crate::formats::{self, Format, aggregate};
use crate::sources::{RawFile, at_once, look};
use crate::storage::{Storage, display};
use crate::submissions::assemble::{HORIZON, Settings};
use crate::submissions::pass::{self, Outcome, Pass, PassFile, Sink};
use crate::submissions::streams::{KnownFile, Reading, Searched, Stream, TlsHosts, discover, line_near};
use crate::submissions::tls::TlsLogging;

/// How long before the days a pass begins at first. Most sessions are over in minutes.
const LEAD: i64 = HOUR;

/// A source, looked at: its streams, and how their lines are to be understood.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The server kind, given or detected.
    pub format: &'static dyn Format,
    /// How it was detected; none where it is given.
    pub found: Option<Found>,
    /// The files of each host.
    pub streams: Vec<Stream>,
    /// Older files of the source, which are not read but may prove that a host logs TLS versions.
    pub older: Vec<RawFile>,
    settings: SourceSettings,
    days: Option<DayRange>,
    known: Vec<KnownFile>,
}

/// What is known of the hosts of a stream: which of them log TLS versions.
#[derive(Clone, Debug, Default)]
pub struct TlsKnown {
    /// Which hosts do.
    pub logging: TlsLogging,
    /// Those whose lines have shown it.
    pub hosts: TlsHosts,
}

/// What came of reading a stream.
#[derive(Debug)]
pub struct Read<S> {
    /// What the rows went into.
    pub sink: S,
    /// What was seen.
    pub outcome: Outcome,
    /// The files of the pass, by their place in the stream.
    pub places: Vec<usize>,
}

/// Looks at a source's files.
///
/// # Errors
/// Where a file cannot be read, or the format is neither given nor plain from the lines.
pub fn prepare(
    storage: &Arc<Storage>,
    settings: &SourceSettings,
    files: &[RawFile],
    days: Option<DayRange>,
    known: &[KnownFile],
) -> Result<Prepared> {
    let (format, found) = match &settings.format {
        Some(name) => (formats::format(name).ok_or_else(|| Error::UnknownFormat { name: name.clone() })?, None),
        None => {
            let found = detected(storage, files)?;
            (found.best.format, Some(found))
        }
    };
    let (settings, known) = (settings.clone(), known.to_vec());
    let mut prepared = Prepared { format, found, streams: Vec::new(), older: Vec::new(), settings, days, known };
    prepared.streams = discover(storage, files, prepared.reading(), &prepared.known)?;
    Ok(prepared)
}

/// The format that the files' own lines show.
fn detected(storage: &Arc<Storage>, files: &[RawFile]) -> Result<Found> {
    let heads = at_once(files, |file| look(storage, file))?;
    let names = || files.first().map_or_else(String::new, |file| display(&file.url));
    if let Some((look, report)) = heads.iter().find_map(|look| Some((look, aggregate::claimed(&look.head)?))) {
        return Err(Error::NoLog { file: display(&look.file.url), name: report.name, title: report.title });
    }
    match detect(heads.iter().map(|look| look.head.as_slice())) {
        Detected::Sure(found) => {
            let (format, percent) = (found.best.format.name(), found.percent());
            tracing::info!(format, percent, lines = found.lines, "the format is found from the content");
            Ok(found)
        }
        Detected::Tie(first, second) => {
            Err(Error::FormatTie { file: names(), first: first.format.name(), second: second.format.name() })
        }
        Detected::Nothing if heads.is_empty() => Err(Error::NoLines),
        Detected::Nothing => Err(match heads.iter().find(|look| look.truncated && look.head.is_empty()) {
            Some(look) => Error::NothingLeft { file: display(&look.file.url) },
            None => Error::NoFormat { file: names() },
        }),
    }
}

impl Prepared {
    fn reading(&self) -> Reading {
        Reading { format: self.format, zone: self.settings.timezone, year: self.settings.year, days: self.days }
    }

    /// Which of these hosts of the stream log TLS versions: as the operator says, or as lines prove.
    ///
    /// # Errors
    /// Where a file cannot be read.
    pub fn tls_known(&self, storage: &Arc<Storage>, stream: &Stream, hosts: BTreeSet<String>) -> Result<TlsKnown> {
        let mut known = TlsKnown { hosts: TlsHosts::of(stream), ..TlsKnown::default() };
        match self.settings.tls_logged {
            TlsLogged::True => known.logging = TlsLogging::Always,
            TlsLogged::False => known.logging = TlsLogging::Never,
            // Every host's lines tell, whichever they are.
            TlsLogged::Auto if self.format.tls_mark().is_none() => known.logging = TlsLogging::Always,
            TlsLogged::Auto => {
                known.logging = TlsLogging::By(BTreeSet::new());
                self.learn(storage, stream, hosts, &mut known)?;
            }
        }
        Ok(known)
    }

    /// Looks for lines that prove of these hosts that they log TLS versions; true where there is one.
    fn learn(
        &self,
        storage: &Arc<Storage>,
        stream: &Stream,
        hosts: BTreeSet<String>,
        known: &mut TlsKnown,
    ) -> Result<bool> {
        let TlsLogging::By(logging) = &mut known.logging else { return Ok(false) };
        let within = Searched { storage, stream, older: &self.older, format: self.format, known: &self.known };
        let new = hosts.iter().filter(|host| !logging.contains(*host)).cloned().collect::<Vec<_>>();
        known.hosts.seek(hosts, within)?;
        logging.clone_from(&known.hosts.found);
        Ok(new.iter().any(|host| logging.contains(host)))
    }

    /// Reads a stream's days (none for all) into a sink, which is made anew where the pass has to be done again. What is
    /// learned of the stream's hosts on the way is added to what is known.
    ///
    /// # Errors
    /// Where a file cannot be read.
    pub fn read<S: Sink>(
        &self,
        storage: &Arc<Storage>,
        stream: &Stream,
        days: Option<DayRange>,
        tls_known: &mut TlsKnown,
        mut new_sink: impl FnMut(&[usize]) -> Result<S>,
    ) -> Result<Read<S>> {
        let mut lead = LEAD;
        let mut overlapping = stream.overlaps() || self.format.joins_logs();
        let mut back_to = BTreeMap::new();
        loop {
            let (mut pass, places) = self.pass(storage, stream, days, lead, &tls_known.logging, overlapping)?;
            for (file, place) in pass.files.iter_mut().zip(&places) {
                if let Some(earliest) = back_to.get(place) {
                    (file.earliest, file.goes_back) = (Some(*earliest), true);
                }
            }
            let mut sink = new_sink(&places)?;
            let outcome = pass::read(storage, &pass, &mut sink)?;
            if outcome.broken {
                return Ok(Read { sink, outcome, places });
            }
            let from_start = pass.files.first().is_none_or(|file| file.from == 0) && places.first() == Some(&0);
            if outcome.overlap_found {
                tracing::debug!("files overlap: read again, each row once");
                overlapping = true;
            } else if goes_back(&outcome, &places, &mut back_to) {
                tracing::debug!(
                    files = back_to.len(),
                    "several logs in one file: read again, nothing of it joined before its end"
                );
            } else if !outcome.orphans.is_empty() && lead < HORIZON && !from_start {
                tracing::debug!(days = outcome.orphans.len(), "sessions began earlier: read again from further back");
                lead = HORIZON;
            } else if self.learn(storage, stream, outcome.unknown_tls.clone(), tls_known)? {
                tracing::debug!("silent hosts do log TLS versions: read again, their sessions as cleartext");
            } else {
                return Ok(Read { sink, outcome, places });
            }
        }
    }

    /// The pass over some days with so much before them.
    fn pass(
        &self,
        storage: &Arc<Storage>,
        stream: &Stream,
        days: Option<DayRange>,
        lead: i64,
        tls_logging: &TlsLogging,
        overlapping: bool,
    ) -> Result<(Pass, Vec<usize>)> {
        let begin = days.map_or(Timestamp::MIN, |days| days.start.start() - lead - self.format.late());
        let end = days.map_or(Timestamp::MAX, |days| days.end.start() + HORIZON);
        let mut files = Vec::new();
        let mut places = Vec::new();
        for (place, file) in stream.files.iter().enumerate() {
            let before = |at: Timestamp| at < begin;
            let over = stream.upper(place).is_some_and(before) && file.first.is_none_or(before);
            let not_yet = file.lower().is_some_and(|lower| lower >= end);
            if over || not_yet {
                continue;
            }
            let at = line_near(storage, file, begin, self.reading())?;
            let (raw, first, earliest) = (file.look.file.clone(), file.first, file.lower());
            let (repeats_log, goes_back) = (file.repeats_log, earliest < first);
            files.push(PassFile { file: raw, from: at.offset, year: at.year, first, earliest, goes_back, repeats_log });
            places.push(place);
        }
        let realm = self.settings.realm.as_deref().unwrap_or_default().into();
        let settings = Settings { realm, tls_logging: tls_logging.clone() };
        let zone = self.settings.timezone;
        Ok((Pass { files, days, format: self.format, zone, settings, overlapping }, places))
    }
}

/// Learns which files go back in time, by their places, and how far; false where all of them were known.
fn goes_back(outcome: &Outcome, places: &[usize], known: &mut BTreeMap<usize, Timestamp>) -> bool {
    let before = known.len();
    let found = outcome.files.iter().zip(places).filter(|(file, _)| file.goes_back);
    known.extend(found.filter_map(|(file, place)| file.span.map(|(earliest, _)| (*place, earliest))));
    known.len() > before
}
