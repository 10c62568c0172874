//! Which files belong together, and when each begins and ends.
//!
//! A stream is what a session can run across: the files of one host, in time order. Files are of one stream where
//! they are rotations of one name, or where their first lines name the same host; and all of them where a format
//! [joins logs](Format::joins_logs). A log that [repeats](Format::repeats_log) lines of another is of its stream. Files are
//! known by content: of copies, and of a file and its earlier, shorter self, only the longest is read.

mod evidence;
mod extent;
mod member;
mod rotation;
mod seek;
mod years;

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono_tz::Tz;
use rustc_hash::FxHashMap;

use crate::calendar::{DAY, DayRange, HOUR, Timestamp};
use crate::formats::Format;
use crate::sources::stamp::Stamp;
use crate::sources::timeline::instant;
use crate::sources::{self, Fingerprint, Look, RawFile, at_once};
use crate::storage::Storage;
pub use evidence::{Searched, TlsHosts, TlsHostsOfFile};
pub use extent::Extent;
use member::Member;
pub use seek::line_near;

/// How a source's lines are to be understood.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// The server kind.
    pub format: &'static dyn Format,
    /// The zone of stamps without an offset.
    pub zone: Tz,
    /// The year of the last line, where the operator says it.
    pub year: Option<i32>,
    /// The days asked for, which may tell the year.
    pub days: Option<DayRange>,
}

/// The files of one host, in time order.
#[derive(Clone, Debug)]
pub struct Stream {
    /// What it is called among the streams of its source: its newest file.
    pub name: String,
    /// The hosts whose lines show at the files' ends.
    pub hosts: BTreeSet<String>,
    /// Its files.
    pub files: Vec<StreamFile>,
    /// Where the files of its source are: in which stream, and where in that.
    beginnings: Arc<FxHashMap<Fingerprint, (usize, usize)>>,
    /// Which of its source's streams it is.
    place: usize,
}

/// One file of a stream.
#[derive(Clone, Debug)]
pub struct StreamFile {
    /// What was seen of it.
    pub look: Look,
    /// What it is known by, together with its length.
    pub fingerprint: Fingerprint,
    /// The year of its first line, where stamps have none.
    pub year: i32,
    /// When its first line was written; none where no line in sight has a time.
    pub first: Option<Timestamp>,
    /// When its last line was written, where that is in sight.
    pub last: Option<Timestamp>,
    /// From when to when it may have lines, which need not be in order; none where no line in sight has a time.
    pub extent: Option<Extent>,
    /// Whether it [repeats](Format::repeats_log) lines of other files.
    pub repeats_log: bool,
    /// Whether it has lines, and none in sight can be read as far as its time: which days it holds cannot be told.
    pub timeless: bool,
}

/// A file whose length and end are known from an earlier run, so that it need not be decoded to learn them.
#[derive(Clone, Debug)]
pub struct KnownFile {
    /// Its fingerprint then.
    pub fingerprint: Fingerprint,
    /// Its decoded length then.
    pub length: u64,
    /// The earliest time of its lines, where lines come late.
    pub earliest: Option<Timestamp>,
    /// Its last line's time.
    pub last: Option<Timestamp>,
    /// When it was written last: rotation and packing keep that.
    pub modified: Timestamp,
    /// What an earlier run has found in it.
    pub tls_hosts: TlsHostsOfFile,
}

/// Finds the streams in a source's files.
///
/// # Errors
/// Where a file cannot be read.
pub fn discover(
    storage: &Arc<Storage>,
    files: &[RawFile],
    reading: Reading,
    known: &[KnownFile],
) -> sources::Result<Vec<Stream>> {
    let members = at_once(files, |file| Member::new(storage, file, reading.format, known))?;
    let members = drop_duplicates(storage, members, reading.format)?;
    let mut streams = Vec::new();
    for group in group(members, reading.format) {
        streams.push(order(storage, group, reading)?);
    }
    streams.sort_by(|a, b| a.name.cmp(&b.name));
    let files =
        streams.iter().enumerate().flat_map(|(place, stream)| (0..stream.files.len()).map(move |file| (place, file)));
    let beginnings = files.map(|(place, file)| (streams[place].files[file].fingerprint, (place, file)));
    let beginnings = Arc::new(beginnings.collect());
    for (place, stream) in streams.iter_mut().enumerate() {
        (stream.beginnings, stream.place) = (Arc::clone(&beginnings), place);
    }
    Ok(streams)
}

/// Leaves out copies and earlier, shorter states of the same file. In the order of their beginnings, a file stands
/// right behind what it grew from.
fn drop_duplicates(
    storage: &Arc<Storage>,
    mut members: Vec<Member>,
    format: &'static dyn Format,
) -> sources::Result<Vec<Member>> {
    members.sort_by(|one, other| one.look.head.cmp(&other.look.head));
    let mut kept: Vec<Member> = Vec::new();
    for mut candidate in members {
        match kept.last_mut() {
            Some(twin) if Fingerprint::begin_alike(&twin.look.head, &candidate.look.head) => {
                twin.see_end(storage, format)?;
                candidate.see_end(storage, format)?;
                if candidate.look.length > twin.look.length {
                    *twin = candidate;
                }
            }
            _ => kept.push(candidate),
        }
    }
    kept.sort_by(|one, other| one.look.file.url.cmp(&other.look.file.url));
    Ok(kept)
}

/// Puts files together that share a rotated name or the first line's host.
fn group(members: Vec<Member>, format: &'static dyn Format) -> Vec<Vec<Member>> {
    let mut groups: Vec<Vec<Member>> = Vec::new();
    for member in members {
        let belongs = |group: &[Member]| {
            format.joins_logs()
                || group.iter().any(|other| {
                    let same_host = !member.sight.host.is_empty() && member.sight.host == other.sight.host;
                    same_host || member.rotation.stem == other.rotation.stem
                })
        };
        let mut joined = groups.extract_if(.., |group| belongs(group)).collect::<Vec<_>>().into_iter();
        let mut group = joined.next().unwrap_or_default();
        group.extend(joined.flatten());
        group.push(member);
        groups.push(group);
    }
    groups
}

/// Orders a stream's files by time and completes their years.
fn order(storage: &Arc<Storage>, mut group: Vec<Member>, reading: Reading) -> sources::Result<Stream> {
    rotation::sort(&mut group, reading.zone);
    if years::needs_the_end(&group, reading)
        && let Some(last) = group.last_mut()
    {
        last.see_end(storage, reading.format)?;
    }
    if reading.format.joins_logs() {
        // Of files that are written at one time, the next one's beginning does not tell where each ends.
        for member in group.iter_mut().filter(|member| member.sight.last.is_none() && member.known_last().is_none()) {
            member.see_end(storage, reading.format)?;
        }
    }
    let years = years::infer(&group, reading);
    let mut files = Vec::new();
    let hosts = group.iter().flat_map(|member| member.sight.hosts.iter().cloned()).collect();
    for (member, year) in group.into_iter().zip(years) {
        let first = member.sight.first.map(|stamp| instant(stamp, reading.zone, year));
        let last =
            member.sight.last.map(|stamp| last_instant(stamp, reading.zone, year, first)).or(member.known_last());
        let fingerprint = Fingerprint::of(&member.look.head);
        let extent = first.map(|first| Extent::of(&member, (first, last), year, reading));
        let timeless = first.is_none() && member.sight.unreadable;
        let (look, repeats_log) = (member.look, member.repeats_log);
        files.push(StreamFile { look, fingerprint, year, first, last, extent, repeats_log, timeless });
    }
    // Files whose times are known exactly may still be out of order by name. Of an hour that local time has twice,
    // a first line alone does not tell which one it is in.
    if files.windows(2).any(|pair| pair[1].first < pair[0].first.map(|first| first - HOUR)) {
        files.sort_by_key(|file| file.first);
    }
    let name = files.last().map_or_else(String::new, |file| file.look.file.url.to_string());
    Ok(Stream { name, hosts, files, beginnings: Arc::default(), place: 0 })
}

/// The last line's instant: a stamp without a year that lies before the file's first one is of the next year.
fn last_instant(stamp: Stamp, zone: Tz, year: i32, first: Option<Timestamp>) -> Timestamp {
    let at = instant(stamp, zone, year);
    let turned = matches!(stamp, Stamp::Yearless(_)) && first.is_some_and(|first| at < first - DAY);
    if turned { instant(stamp, zone, year + 1) } else { at }
}

impl StreamFile {
    /// Whether it [began so](Fingerprint::matches) when a fingerprint was taken.
    #[must_use]
    pub fn began_as(&self, then: &Fingerprint) -> bool {
        then.is_or_grew_to(&self.fingerprint, &self.look.head)
    }

    /// The earliest time that its lines may have, as far as its ends tell: its first line's, unless it is sorted the
    /// other way round.
    #[must_use]
    pub fn lower(&self) -> Option<Timestamp> {
        self.first.map(|first| self.last.map_or(first, |last| first.min(last)))
    }
}

impl Stream {
    /// Its files that [began so](Fingerprint::matches) when a fingerprint was taken. Of a source, no two files begin
    /// alike: where one is as it was then, none of the others has to be asked.
    pub fn began_as<'a>(&'a self, then: &'a Fingerprint) -> impl Iterator<Item = &'a StreamFile> {
        let files = match self.beginnings.get(then) {
            Some((place, file)) if *place == self.place => &self.files[*file..=*file],
            Some(_) => &[],
            None => &self.files[..],
        };
        files.iter().filter(|file| file.began_as(then))
    }

    /// The latest time that a file's lines may have: its last line's, or the first one's of the next file of its log.
    #[must_use]
    pub fn upper(&self, file: usize) -> Option<Timestamp> {
        let mut later =
            self.files.iter().skip(file + 1).filter(|next| next.repeats_log == self.files[file].repeats_log);
        self.files[file].last.or_else(|| later.next().and_then(|next| next.first))
    }

    /// Whether a file is known to begin before the one before it ends, among those that do not repeat others anyway.
    #[must_use]
    pub fn overlaps(&self) -> bool {
        let mut latest = Timestamp::MIN;
        self.files.iter().filter(|file| !file.repeats_log).any(|file| {
            let overlaps = file.first.is_some_and(|first| first < latest);
            latest = latest.max(file.last.unwrap_or(Timestamp::MIN));
            overlaps
        })
    }
}
