//! A file on its way into a stream: what its ends tell.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::KnownFile;
use super::rotation::{Rotation, YEAR, around};
use crate::calendar::Timestamp;
use crate::formats::Format;
use crate::sources::framing::{AnyProgram, Framed, Framer, Line, unpack};
use crate::sources::stamp::Stamp;
use crate::sources::timeline::is_leap_day;
use crate::sources::{self, Blocks, Fingerprint, Look, MAX_LINE, RawFile, look, look_through, open};
use crate::storage::Storage;

/// A file on its way into a stream.
pub(super) struct Member {
    /// What is known of it: of the text at its ends, only what a fingerprint is taken of.
    pub look: Look,
    pub sight: Sight,
    pub rotation: Rotation,
    /// Whether it [repeats](Format::repeats_log) lines of other files.
    pub repeats_log: bool,
    /// What an earlier run has learnt of it, and whether it is as it was then.
    pub known: Option<(KnownFile, bool)>,
    /// Whether all of its lines are in sight.
    pub whole: bool,
    end_seen: bool,
}

/// A file's first and last stamp and what else its ends tell.
#[derive(Clone, Debug, Default)]
pub(super) struct Sight {
    /// The first line's host.
    pub host: Vec<u8>,
    /// The hosts of the lines that matter.
    pub hosts: BTreeSet<String>,
    pub first: Option<Stamp>,
    pub last: Option<Stamp>,
    /// The earliest stamp at its beginning and the latest one at its end.
    pub earliest: Option<Stamp>,
    pub latest: Option<Stamp>,
    /// Whether lines cannot be read, so that they have no time.
    pub unreadable: bool,
    /// A stamp of 29 February, which only some years have.
    pub leap_day: Option<i64>,
    /// A stamp and the exact instant that an id on its line encodes.
    pub exact: Option<(Stamp, Timestamp)>,
}

impl Member {
    /// Looks at a file. A compressed one's length and last line are taken from what an earlier run has learnt; one
    /// that is not as it was then is decoded.
    pub(super) fn new(
        storage: &Arc<Storage>,
        file: &RawFile,
        format: &'static dyn Format,
        known: &[KnownFile],
    ) -> sources::Result<Self> {
        let mut look = look(storage, file)?;
        let whole = look.is_whole();
        let mut sight = Sight::default();
        let part = if whole { Part::Whole } else { Part::Beginning };
        sight.see(part, whole_lines(&look.head, whole), &mut Framer::default(), format);
        if sight.first.is_none() && !whole {
            sight.look_further(storage, file, format)?;
        }
        let mut rotation = Rotation::of(&file.url);
        let repeats_log = rotation.take_copied(format.repeats_log());
        let mut then = None;
        if look.tail.is_none() || format.late() > 0 {
            let fingerprint = Fingerprint::of(&look.head);
            let same = known.iter().filter(|file| file.fingerprint.is_or_grew_to(&fingerprint, &look.head));
            let same = same.collect::<Vec<_>>();
            let is_as_it_was =
                |file: &&KnownFile| look.may_have_length(file.length).unwrap_or(file.modified == look.file.modified);
            then = same.iter().copied().find(is_as_it_was).map(|file| (file.clone(), true));
            match &then {
                Some((file, _)) => look.length = Some(file.length),
                None if !same.is_empty() => look_through(storage, &mut look)?,
                None => {}
            }
            let shorter = same.into_iter().filter(|file| look.length.is_some_and(|length| file.length < length));
            then = then.or_else(|| Some((shorter.max_by_key(|file| file.length)?.clone(), false)));
        }
        let mut member = Self { look, sight, rotation, repeats_log, known: then, whole, end_seen: whole };
        member.note_end(format);
        Ok(member)
    }

    /// Its last line's time, where an earlier run has learnt it and it is as it was then.
    pub(super) fn known_last(&self) -> Option<Timestamp> {
        self.known.as_ref().filter(|(_, as_it_was)| *as_it_was).and_then(|(file, _)| file.last)
    }

    /// Decodes the file once where its length and its end are not known.
    pub(super) fn see_end(&mut self, storage: &Arc<Storage>, format: &'static dyn Format) -> sources::Result<()> {
        if !self.end_seen {
            look_through(storage, &mut self.look)?;
            self.note_end(format);
        }
        Ok(())
    }

    /// Notes what the end tells where it is known, and lets go of the text.
    fn note_end(&mut self, format: &'static dyn Format) {
        if let Some(tail) = self.look.tail.as_ref().filter(|_| !self.end_seen) {
            let lines = tail.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
            let mut framer = Framer::default();
            if format.has_header() {
                // What the lines at the end mean stands at the beginning.
                Sight::default().see(Part::Beginning, whole_lines(&self.look.head, false), &mut framer, format);
            }
            self.sight.see(Part::End, lines, &mut framer, format);
            self.end_seen = true;
        }
        self.look.forget_text();
    }
}

/// Which part of a file some lines are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Beginning,
    End,
    Whole,
}

impl Sight {
    /// Reads on where no line with a time is in sight, which a line may be too long for.
    fn look_further(
        &mut self,
        storage: &Arc<Storage>,
        file: &RawFile,
        format: &'static dyn Format,
    ) -> sources::Result<()> {
        let mut blocks = Blocks::new(open(storage, file, 0)?).packed(format.is_packed());
        let (mut framer, mut buffer) = (Framer::default(), None);
        while self.first.is_none()
            && let Some(block) = blocks.next_block(buffer.take())?
            && block.offset < MAX_LINE as u64
        {
            self.see(Part::Beginning, whole_lines(&block.bytes, true), &mut framer, format);
            buffer = Some(block.bytes);
        }
        Ok(())
    }

    fn see<'a>(
        &mut self,
        part: Part,
        lines: impl Iterator<Item = &'a [u8]>,
        framer: &mut Framer,
        format: &'static dyn Format,
    ) {
        for line in lines.flat_map(|line| unpack(line, format)) {
            let line = match framer.frame_as(line, &AnyProgram(format)) {
                Framed::Line(line) => line,
                other => {
                    self.unreadable |= other == Framed::Unreadable;
                    continue;
                }
            };
            self.note_host(&line, format);
            if let Stamp::Yearless(yearless) = line.stamp
                && is_leap_day(yearless)
            {
                self.leap_day = Some(yearless);
            }
            if part != Part::End {
                self.note_first(&line, format);
                note(&mut self.earliest, line.stamp, is_before);
            }
            if part != Part::Beginning {
                note(&mut self.latest, line.stamp, |stamp, latest| is_before(latest, stamp));
            }
            if part != Part::Beginning && !self.last.is_some_and(|last| tells_more(last, line.stamp)) {
                self.last = Some(line.stamp);
            }
        }
    }

    fn note_first(&mut self, line: &Line<'_>, format: &'static dyn Format) {
        if self.first.is_none_or(|first| tells_more(line.stamp, first)) {
            self.first = Some(line.stamp);
        }
        if self.host.is_empty() {
            self.host = line.host.to_vec();
        }
        if self.exact.is_none() {
            self.exact = format.instant(line).map(|at| (line.stamp, at));
        }
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

/// Keeps a stamp where it tells more than the one that is kept, or is to replace it among those that tell as much.
fn note(kept: &mut Option<Stamp>, stamp: Stamp, replaces: impl Fn(Stamp, Stamp) -> bool) {
    if kept.is_none_or(|kept| tells_more(stamp, kept) || replaces(stamp, kept)) {
        *kept = Some(stamp);
    }
}

/// Whether a stamp is before another one of its kind: without years, where that is the shorter way around the year.
fn is_before(stamp: Stamp, other: Stamp) -> bool {
    match (stamp, other) {
        (Stamp::Utc(stamp), Stamp::Utc(other)) | (Stamp::Local(stamp), Stamp::Local(other)) => stamp < other,
        (Stamp::Yearless(stamp), Stamp::Yearless(other)) => (1..YEAR / 2).contains(&around(other - stamp)),
        _ => false,
    }
}

/// The lines of a head; the last one only where the file ends there too.
fn whole_lines(head: &[u8], to_the_end: bool) -> impl Iterator<Item = &[u8]> {
    let end = if to_the_end { head.len() } else { memchr::memrchr(b'\n', head).map_or(head.len(), |end| end + 1) };
    head[..end].split(|byte| *byte == b'\n')
}
