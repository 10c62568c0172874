//! What raw files are: the facts behind `mailtally inspect`, for when a figure looks wrong.
//!
//! Files are read exactly as a run reads them, as streams of one host, so that what is told here is what a run
//! counts. But for that, what cannot be read does not spoil the rest: each file has its own answer.

mod counts;
mod glance;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use url::Url;

use super::definition::{SourceSettings, TlsLogged};
use super::reading::{Prepared, Read, prepare};
use super::{Error, Result};
use crate::calendar::Timestamp;
use crate::formats::aggregate::{self, Aggregate};
use crate::formats::detect::{Detected, Fit, count, detect};
use crate::formats::{self, Format};
use crate::sources::{Encoding, Fingerprint, Look, RawFile, look, look_through};
use crate::storage::Storage;
use crate::submissions::pass::LineCounts;
use crate::submissions::streams::Stream;
use crate::submissions::tls::{TlsLogging, TlsVersion};
use counts::Counting;
pub use counts::{Counts, Rejected};
pub use glance::Glance;

/// What is known of one file.
#[derive(Debug)]
pub struct Facts {
    /// How it is encoded.
    pub encoding: Encoding,
    /// Its decoded length; of a truncated file, what is readable.
    pub decoded: Option<u64>,
    /// Whether it ends in the middle of compressed data, or has shrunk since it was listed.
    pub truncated: bool,
    /// What its ends show.
    pub glance: Glance,
    /// Which format it is read as, and why.
    pub format: FormatFound,
    /// How many of the glance's lines that format reads.
    pub lines_of_format: usize,
    /// The format that reads them second best, where the format was detected and another one reads any.
    pub next_best: Option<Fit>,
    /// What is in it; none where no format is known to read it as.
    pub content: Option<Content>,
}

/// Which format a file is read as, and why.
#[derive(Clone, Copy, Debug)]
pub enum FormatFound {
    /// The operator says so.
    Given(&'static dyn Format),
    /// It reads most of the file's first lines.
    Detected(&'static dyn Format),
    /// No format reads any of its first lines, but this one is that of the files beside it.
    OfOthers(&'static dyn Format),
    /// Two formats read equally many of its first lines.
    Tie(&'static dyn Format, &'static dyn Format),
    /// No log, but a report of what somebody else has counted.
    Report(&'static Aggregate),
    /// No format reads any of its first lines.
    Nothing,
}

/// What was found in a file.
#[derive(Clone, Debug)]
pub struct Content {
    /// Decoded bytes read.
    pub read_to: u64,
    /// Whether the end of its compressed data is missing.
    pub truncated: bool,
    /// What became of its lines.
    pub lines: LineCounts,
    /// The first and the last time on its lines.
    pub span: Option<(Timestamp, Timestamp)>,
    /// How often a client connected, with or without authenticating.
    pub connections: u64,
    /// Its rows and rejected lines.
    pub counts: Counts,
    /// Where the year of stamps without one comes from; to be looked at only where there are such stamps.
    pub year_from: YearFrom,
    /// Whether a session without a TLS line had no TLS, or it is not known.
    pub tls: TlsEvidence,
    /// The longer file beside it that holds the same lines: then a run reads that one only.
    pub copy_of: Option<RawFile>,
}

/// Where the year of stamps without one comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum YearFrom {
    /// From queue ids in this file.
    Ids,
    /// From queue ids in another file of the same host.
    IdsOf(Url),
    /// From the operator, who says the year of the last line.
    Given,
    /// From the time at which this file was last written.
    Written(Url),
}

/// How it is known whether a session without a TLS line had no TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TlsEvidence {
    /// Lines of every server with rows in the file say TLS versions, here or in a file beside it.
    Logged,
    /// No line of these servers does, though others do: what they do not say is unknown.
    NotOf(BTreeSet<String>),
    /// No line does: what is not said is unknown.
    Nowhere,
    /// The operator says whether versions are logged.
    Given(bool),
}

impl FormatFound {
    /// The format to read the file as.
    #[must_use]
    pub fn format(&self) -> Option<&'static dyn Format> {
        match self {
            Self::Given(format) | Self::Detected(format) | Self::OfOthers(format) => Some(*format),
            Self::Tie(..) | Self::Report(_) | Self::Nothing => None,
        }
    }
}

/// Reads files and tells of each what it is, or why it cannot be read, in the order given. `done` is told the
/// stored bytes of each file that is finished.
pub fn inspect(
    storage: &Arc<Storage>,
    settings: &SourceSettings,
    files: &[RawFile],
    done: &dyn Fn(u64),
) -> Vec<(RawFile, Result<Facts>)> {
    let looks = files.iter().map(|file| look(storage, file).map_err(Error::from)).collect::<Vec<_>>();
    let found = formats_found(settings, &looks);
    let mut contents = HashMap::new();
    for format in formats::FORMATS {
        let is_its = |found: &FormatFound| found.format().is_some_and(|found| found.name() == format.name());
        let its = looks.iter().zip(&found).filter(|(_, (found, _))| is_its(found));
        let its = its.filter_map(|(look, _)| look.as_ref().ok().cloned()).collect::<Vec<_>>();
        let settings = SourceSettings { format: Some(format.name().to_owned()), ..settings.clone() };
        contents.extend(contents_of(storage, &settings, &its, done));
    }
    let facts = looks.into_iter().zip(found).map(|(look, found)| facts(storage, look?, found, &mut contents));
    files.iter().cloned().zip(facts).collect()
}

/// The format of each file. A file that does not show one goes with the others, where those agree.
fn formats_found(settings: &SourceSettings, looks: &[Result<Look>]) -> Vec<(FormatFound, Option<Fit>)> {
    let given = settings.format.as_deref().and_then(formats::format);
    let heads = looks.iter().map(|look| look.as_ref().map(glance::beginning).unwrap_or_default());
    if let Some(format) = given {
        return heads.map(|_| (FormatFound::Given(format), None)).collect();
    }
    let others = detect(heads.clone());
    let reports = looks.iter().map(|look| aggregate::claimed(&look.as_ref().ok()?.head));
    let of_log = |head: &[u8]| match (detect([head]), others) {
        (Detected::Sure(found), _) => (FormatFound::Detected(found.best.format), found.next),
        (Detected::Tie(first, second), _) => (FormatFound::Tie(first.format, second.format), None),
        (Detected::Nothing, Detected::Sure(found)) => (FormatFound::OfOthers(found.best.format), None),
        (Detected::Nothing, _) => (FormatFound::Nothing, None),
    };
    let found = |(head, report): (&[u8], Option<&'static Aggregate>)| match report {
        Some(report) => (FormatFound::Report(report), None),
        None => of_log(head),
    };
    heads.zip(reports).map(found).collect()
}

fn facts(
    storage: &Arc<Storage>,
    mut look: Look,
    (format, next_best): (FormatFound, Option<Fit>),
    contents: &mut HashMap<Url, Result<Content>>,
) -> Result<Facts> {
    let content = contents.remove(&look.file.url).transpose()?;
    if content.is_none() {
        look_through(storage, &mut look)?;
    }
    let lines_of_format = format.format().map_or(0, |format| count(format, [glance::beginning(&look)]));
    Ok(Facts {
        encoding: look.encoding,
        decoded: content.as_ref().map(|content| content.read_to).or(look.length),
        truncated: content.as_ref().map_or(look.truncated, |content| content.truncated),
        glance: Glance::of(&look, format.format()),
        format,
        lines_of_format,
        next_best,
        content,
    })
}

/// What files of one format hold, by their URLs. Where one of them cannot be read to its end, each is read alone.
fn contents_of(
    storage: &Arc<Storage>,
    settings: &SourceSettings,
    looks: &[Look],
    done: &dyn Fn(u64),
) -> Vec<(Url, Result<Content>)> {
    let together = together(storage, settings, looks);
    let contents = match together {
        Ok(contents) => contents.into_iter().map(|(url, content)| (url, Ok(content))).collect(),
        Err(error) => match looks {
            [look] => vec![(look.file.url.clone(), Err(error))],
            looks => looks
                .iter()
                .flat_map(|look| contents_of(storage, settings, std::slice::from_ref(look), &|_| {}))
                .collect(),
        },
    };
    done(looks.iter().map(|look| look.file.size).sum());
    contents
}

/// Reads files as a run does: as streams, copies left out. Copies are then read for themselves.
fn together(storage: &Arc<Storage>, settings: &SourceSettings, looks: &[Look]) -> Result<Vec<(Url, Content)>> {
    let files = looks.iter().map(|look| look.file.clone()).collect::<Vec<_>>();
    let prepared = prepare(storage, settings, &files, None, &[])?;
    let mut contents = Vec::new();
    for stream in &prepared.streams {
        contents.extend(of_stream(storage, settings, &prepared, stream)?);
    }
    for look in looks {
        if contents.iter().any(|(url, _)| *url == look.file.url) {
            continue;
        }
        let alone = prepare(storage, settings, std::slice::from_ref(&look.file), None, &[])?;
        for stream in &alone.streams {
            let copy_of = longer_twin(&prepared, look);
            let copies = of_stream(storage, settings, &alone, stream)?.into_iter();
            contents.extend(copies.map(|(url, content)| (url, Content { copy_of: copy_of.clone(), ..content })));
        }
    }
    Ok(contents)
}

/// The file that is read instead of one that begins alike.
fn longer_twin(prepared: &Prepared, copy: &Look) -> Option<RawFile> {
    let mut files = prepared.streams.iter().flat_map(|stream| &stream.files);
    let begins_alike =
        |head: &[u8]| Fingerprint::of(&copy.head).matches(head) || Fingerprint::of(head).matches(&copy.head);
    files.find(|file| begins_alike(&file.look.head)).map(|file| file.look.file.clone())
}

fn of_stream(
    storage: &Arc<Storage>,
    settings: &SourceSettings,
    prepared: &Prepared,
    stream: &Stream,
) -> Result<Vec<(Url, Content)>> {
    let mut tls = prepared.tls_known(storage, stream, stream.hosts.clone())?;
    let Read { sink: found, outcome, places } =
        prepared.read(storage, stream, None, &mut tls, |places| Ok(Counting::new(places.len())))?;
    let mut contents = Vec::new();
    for ((counts, stats), place) in found.files.into_iter().zip(outcome.files).zip(places) {
        let file = &stream.files[place].look.file;
        let content = Content {
            read_to: stats.read_to,
            truncated: stats.truncated,
            lines: stats.lines,
            span: stats.span,
            connections: stats.connections,
            tls: tls_evidence(settings, prepared.format, &tls.logging, &counts),
            counts,
            year_from: year_from(settings, prepared.format, stream, place),
            copy_of: None,
        };
        contents.push((file.url.clone(), content));
    }
    Ok(contents)
}

/// Where the year of a file's stamps comes from: ids before the operator's word before the time of writing.
fn year_from(settings: &SourceSettings, format: &dyn Format, stream: &Stream, place: usize) -> YearFrom {
    let tells = |look: &Look| glance::tells_year(look, format);
    if tells(&stream.files[place].look) {
        return YearFrom::Ids;
    }
    let newest = || stream.files.last().unwrap_or(&stream.files[place]).look.file.url.clone();
    match stream.files.iter().find(|file| tells(&file.look)) {
        Some(other) => YearFrom::IdsOf(other.look.file.url.clone()),
        None if settings.year.is_some() => YearFrom::Given,
        None => YearFrom::Written(newest()),
    }
}

fn tls_evidence(
    settings: &SourceSettings,
    format: &dyn Format,
    tls_logging: &TlsLogging,
    counts: &Counts,
) -> TlsEvidence {
    // Of such a format, the rows themselves show it.
    let needs_no_mark = format.tls_mark().is_none();
    // A server in front may say them.
    let says_none = || counts.versions.keys().all(|version| *version == TlsVersion::Unknown);
    let told = !counts.versions.is_empty() && !counts.versions.contains_key(&TlsVersion::Unknown);
    let silent = || counts.servers.iter().filter(|server| !tls_logging.of(server)).cloned().collect::<BTreeSet<_>>();
    match settings.tls_logged {
        TlsLogged::False => TlsEvidence::Given(false),
        TlsLogged::True if !needs_no_mark => TlsEvidence::Given(true),
        _ if needs_no_mark && !counts.versions.is_empty() && says_none() => TlsEvidence::Nowhere,
        _ if tls_logging.is_never() && says_none() => TlsEvidence::Nowhere,
        _ if told || silent().is_empty() => TlsEvidence::Logged,
        _ => TlsEvidence::NotOf(silent()),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests;
