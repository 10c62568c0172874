//! Which files belong together, and when each begins and ends.
//!
//! A stream is what a session can run across: the files of one host, in time order. Files are of one stream where
//! they are rotations of one name, or where their first lines name the same host; and all of them where a format
//! [joins logs](Format::joins_logs). Files are known by content: of
//! copies, and of a file and its earlier, shorter self, only the longest is read.

mod evidence;
mod rotation;
mod seek;
mod years;

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono_tz::Tz;

use crate::calendar::{DAY, DayRange, HOUR, Timestamp};
use crate::formats::Format;
use crate::sources::framing::{AnyProgram, Framed, Framer, Line, unpack};
use crate::sources::stamp::Stamp;
use crate::sources::timeline::instant;
use crate::sources::{self, Fingerprint, Look, RawFile, look, look_through};
use crate::storage::Storage;
pub use evidence::tls_hosts;
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
}

/// A file whose length and end are known from an earlier run, so that it need not be decoded to learn them.
#[derive(Clone, Debug)]
pub struct KnownFile {
    /// Its fingerprint then.
    pub fingerprint: Fingerprint,
    /// Its decoded length then.
    pub length: u64,
    /// Its last line's time.
    pub last: Option<Timestamp>,
    /// When it was written last: rotation and packing keep that.
    pub modified: Timestamp,
}

/// A file's first and last stamp and what else its ends tell.
#[derive(Clone, Debug, Default)]
struct Sight {
    /// The first line's host.
    host: Vec<u8>,
    /// The hosts of the lines that matter.
    hosts: BTreeSet<String>,
    first: Option<Stamp>,
    last: Option<Stamp>,
    /// A stamp and the exact instant that an id on its line encodes.
    exact: Option<(Stamp, Timestamp)>,
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
    let mut found = Vec::new();
    for file in files {
        let mut look = look(storage, file)?;
        let last = adopt(storage, &mut look, known)?;
        found.push((look, last));
    }
    let found = without_copies(storage, found)?;
    let mut streams = Vec::new();
    for group in group(found, reading.format) {
        streams.push(order(storage, group, reading)?);
    }
    streams.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(streams)
}

/// Takes the length and the end of a compressed file from what an earlier run has learnt; decodes one that is not
/// as it was then.
fn adopt(storage: &Arc<Storage>, look: &mut Look, known: &[KnownFile]) -> sources::Result<Option<Timestamp>> {
    if look.tail.is_some() {
        return Ok(None);
    }
    let same = || known.iter().filter(|file| file.fingerprint.matches(&look.head));
    let is_as_it_was =
        |file: &&KnownFile| look.may_have_length(file.length).unwrap_or(file.modified == look.file.modified);
    if let Some(file) = same().find(is_as_it_was) {
        look.length = Some(file.length);
        return Ok(file.last);
    }
    if same().next().is_some() {
        look_through(storage, look)?;
    }
    Ok(None)
}

/// A file and its last line's time, where an earlier run has learnt it.
type Found = (Look, Option<Timestamp>);

/// Leaves out copies and earlier, shorter states of the same file.
fn without_copies(storage: &Arc<Storage>, found: Vec<Found>) -> sources::Result<Vec<Found>> {
    let mut kept: Vec<Found> = Vec::new();
    for mut candidate in found {
        let twin = kept.iter().position(|(look, _)| Fingerprint::begin_alike(&look.head, &candidate.0.head));
        let Some(twin) = twin else {
            kept.push(candidate);
            continue;
        };
        look_through(storage, &mut kept[twin].0)?;
        look_through(storage, &mut candidate.0)?;
        if candidate.0.length > kept[twin].0.length {
            kept[twin] = candidate;
        }
    }
    Ok(kept)
}

/// A file on its way into a stream.
struct Member {
    look: Look,
    sight: Sight,
    rotation: rotation::Rotation,
    known_last: Option<Timestamp>,
}

/// Puts files together that share a rotated name or the first line's host.
fn group(found: Vec<Found>, format: &'static dyn Format) -> Vec<Vec<Member>> {
    let mut groups: Vec<Vec<Member>> = Vec::new();
    for (look, known_last) in found {
        let rotation = rotation::Rotation::of(&look.file.url);
        let sight = Sight::of(&look, format);
        let member = Member { look, sight, rotation, known_last };
        let belongs = |group: &Vec<Member>| {
            format.joins_logs()
                || group.iter().any(|other| {
                    let same_host = !member.sight.host.is_empty() && member.sight.host == other.sight.host;
                    same_host || member.rotation.stem == other.rotation.stem
                })
        };
        let (mut joined, apart): (Vec<_>, Vec<_>) = groups.into_iter().partition(belongs);
        groups = apart;
        let mut group = joined.drain(..).flatten().collect::<Vec<_>>();
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
        look_through(storage, &mut last.look)?;
        last.sight = Sight::of(&last.look, reading.format);
    }
    if reading.format.joins_logs() {
        see_ends(storage, &mut group, reading)?;
    }
    let years = years::infer(&group, reading);
    let mut files = Vec::new();
    let hosts = group.iter().flat_map(|member| member.sight.hosts.iter().cloned()).collect();
    for (member, year) in group.into_iter().zip(years) {
        let first = member.sight.first.map(|stamp| instant(stamp, reading.zone, year));
        let last = member.sight.last.map(|stamp| last_instant(stamp, reading.zone, year, first)).or(member.known_last);
        let fingerprint = Fingerprint::of(&member.look.head);
        files.push(StreamFile { look: member.look, fingerprint, year, first, last });
    }
    // Files whose times are known exactly may still be out of order by name. Of an hour that local time has twice,
    // a first line alone does not tell which one it is in.
    if files.windows(2).any(|pair| pair[1].first < pair[0].first.map(|first| first - HOUR)) {
        files.sort_by_key(|file| file.first);
    }
    let name = files.last().map_or_else(String::new, |file| file.look.file.url.to_string());
    Ok(Stream { name, hosts, files })
}

/// Learns where each file ends: of files that are written at one time, the next one's beginning does not tell it.
fn see_ends(storage: &Arc<Storage>, group: &mut [Member], reading: Reading) -> sources::Result<()> {
    for member in group.iter_mut().filter(|member| member.sight.last.is_none() && member.known_last.is_none()) {
        look_through(storage, &mut member.look)?;
        member.sight = Sight::of(&member.look, reading.format);
    }
    Ok(())
}

/// The last line's instant: a stamp without a year that lies before the file's first one is of the next year.
fn last_instant(stamp: Stamp, zone: Tz, year: i32, first: Option<Timestamp>) -> Timestamp {
    let at = instant(stamp, zone, year);
    let turned = matches!(stamp, Stamp::Yearless(_)) && first.is_some_and(|first| at < first - DAY);
    if turned { instant(stamp, zone, year + 1) } else { at }
}

impl Sight {
    fn of(look: &Look, format: &'static dyn Format) -> Self {
        let mut sight = Self::default();
        let mut framer = Framer::default();
        let lines = whole_lines(&look.head, look.length == Some(look.head.len() as u64));
        for line in lines.flat_map(|line| unpack(line, format)) {
            let Framed::Line(line) = framer.frame_as(line, &AnyProgram(format)) else { continue };
            sight.note_host(&line, format);
            if sight.first.is_none_or(|first| tells_more(line.stamp, first)) {
                sight.first = Some(line.stamp);
            }
            if sight.host.is_empty() {
                sight.host = line.host.to_vec();
            }
            if sight.exact.is_none() {
                sight.exact = format.instant(&line).map(|at| (line.stamp, at));
            }
        }
        let tail = look.tail.as_deref().unwrap_or_default();
        let mut framer = Framer::default();
        for line in tail.split(|byte| *byte == b'\n').flat_map(|line| unpack(line.trim_ascii_end(), format)) {
            let Framed::Line(line) = framer.frame_as(line, &AnyProgram(format)) else { continue };
            sight.note_host(&line, format);
            if !sight.last.is_some_and(|last| tells_more(last, line.stamp)) {
                sight.last = Some(line.stamp);
            }
        }
        sight
    }

    fn note_host(&mut self, line: &Line<'_>, format: &'static dyn Format) {
        let known = |hosts: &BTreeSet<String>| hosts.iter().any(|host| host.as_bytes() == line.host);
        if !known(&self.hosts) && format.wants(line.program, line.message) {
            self.hosts.insert(String::from_utf8_lossy(line.host).into_owned());
        }
    }
}

/// Whether a stamp tells more of a file than another. In a container's log lines without a time have the runtime's,
/// with a year, among others that have none: it is those whose year has to be found.
fn tells_more(stamp: Stamp, than: Stamp) -> bool {
    let is_yearless = |stamp| matches!(stamp, Stamp::Yearless(_));
    is_yearless(stamp) && !is_yearless(than)
}

/// The lines of a head; the last one only where the file ends there too.
fn whole_lines(head: &[u8], to_the_end: bool) -> impl Iterator<Item = &[u8]> {
    let end = if to_the_end { head.len() } else { memchr::memrchr(b'\n', head).map_or(head.len(), |end| end + 1) };
    head[..end].split(|byte| *byte == b'\n')
}

impl StreamFile {
    /// The earliest time that its lines may have, as far as its ends tell: its first line's, unless it is sorted the
    /// other way round.
    #[must_use]
    pub fn lower(&self) -> Option<Timestamp> {
        self.first.map(|first| self.last.map_or(first, |last| first.min(last)))
    }
}

impl Stream {
    /// The latest time that a file's lines may have: its last line's, or the next file's first.
    #[must_use]
    pub fn upper(&self, file: usize) -> Option<Timestamp> {
        self.files[file].last.or_else(|| self.files.get(file + 1).and_then(|next| next.first))
    }

    /// Whether a file is known to begin before the one before it ends.
    #[must_use]
    pub fn overlaps(&self) -> bool {
        let mut latest = Timestamp::MIN;
        self.files.iter().any(|file| {
            let overlaps = file.first.is_some_and(|first| first < latest);
            latest = latest.max(file.last.unwrap_or(Timestamp::MIN));
            overlaps
        })
    }
}
