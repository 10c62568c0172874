//! The lines of raw files that name some queue ids.
//!
//! A queue id is a word of its own on every line of its message, whatever the server. Of the words of a line, only
//! those of the ids' own characters and lengths are looked up, so this reads about as fast as the disk.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::super::Result;
use super::super::definition::SourceSettings;
use super::{Place, Traced};
use crate::calendar::{Day, Timestamp};
use crate::formats::Format;
use crate::sources::framing::{AnyProgram, Framed, Framer};
use crate::sources::stamp::Stamp;
use crate::sources::timeline::instant;
use crate::sources::{Block, Blocks, open};
use crate::storage::Storage;
use crate::submissions::streams::StreamFile;

/// Lines that are shown of a message.
const MOST: usize = 8;

/// Queue ids, and the lines that name them.
pub(super) struct Wanted {
    ids: FxHashMap<Vec<u8>, Vec<Named>>,
    /// The bytes that the ids are made of.
    of_ids: [bool; 256],
    /// The shortest and the longest id.
    lengths: (usize, usize),
    zone: chrono_tz::Tz,
    /// The year of the submissions, for stamps without one.
    year: i32,
    near: Timestamp,
}

/// A line that names an id.
#[derive(Clone, Debug)]
struct Named {
    at: Option<Timestamp>,
    host: Vec<u8>,
    place: Place,
}

impl Wanted {
    pub(super) fn new<'a>(submissions: impl Iterator<Item = &'a Traced>, settings: &SourceSettings) -> Self {
        let mut wanted = Self {
            ids: FxHashMap::default(),
            of_ids: [false; 256],
            lengths: (usize::MAX, 0),
            zone: settings.timezone,
            year: 1970,
            near: 0,
        };
        for traced in submissions.filter(|traced| !traced.queue_id.is_empty()) {
            let id = traced.queue_id.as_bytes();
            id.iter().for_each(|byte| wanted.of_ids[usize::from(*byte)] = true);
            wanted.lengths = (wanted.lengths.0.min(id.len()), wanted.lengths.1.max(id.len()));
            wanted.near = traced.ts;
            wanted.year = chrono::Datelike::year(&Day::of(traced.ts).date());
            wanted.ids.entry(id.to_vec()).or_default();
        }
        wanted
    }

    /// Looks through some bytes of a file.
    pub(super) fn look(
        &mut self,
        storage: &Arc<Storage>,
        format: &'static dyn Format,
        file: &StreamFile,
        (from, to): (u64, u64),
    ) -> Result<()> {
        let mut blocks = Blocks::new(open(storage, &file.look.file, 0)?);
        let mut framer = Framer::default();
        let (mut line, mut buffer) = (0, None);
        while let Some(block) = blocks.next_block(buffer.take())? {
            if block.offset >= to || self.ids.is_empty() {
                break;
            }
            let end = block.offset + block.bytes.len() as u64;
            if end <= from && !format.has_header() {
                line += memchr::memchr_iter(b'\n', &block.bytes).count() as u64;
            } else {
                self.block(&block, (format, &mut framer), (from, to), &mut line, file);
            }
            buffer = Some(block.bytes);
        }
        Ok(())
    }

    fn block(
        &mut self,
        block: &Block,
        (format, framer): (&'static dyn Format, &mut Framer),
        (from, to): (u64, u64),
        line: &mut u64,
        file: &StreamFile,
    ) {
        let mut offset = block.offset;
        for text in block.bytes.split_inclusive(|byte| *byte == b'\n') {
            let within = offset >= from && offset < to;
            offset += text.len() as u64;
            *line += 1;
            let bare = text.strip_suffix(b"\n").unwrap_or(text);
            let id = if within { self.named(bare).map(<[u8]>::to_vec) } else { None };
            // What a file's header says holds for all lines behind it.
            if id.is_none() && !format.has_header() {
                continue;
            }
            let (at, host) = match framer.frame_as(bare, &AnyProgram(format)) {
                Framed::Line(framed) => (Some(self.instant(framed.stamp)), framed.host.to_vec()),
                Framed::Faulty(stamp, _) => (Some(self.instant(stamp)), Vec::new()),
                _ => (None, Vec::new()),
            };
            let place = || Place::new(&file.look.file.url, *line);
            if let Some(lines) = id.and_then(|id| self.ids.get_mut(&id)) {
                lines.push(Named { at, host, place: place() });
            }
        }
    }

    /// The id that a line names.
    fn named<'a>(&self, line: &'a [u8]) -> Option<&'a [u8]> {
        let words = line.split(|byte| !self.of_ids[usize::from(*byte)]);
        let fits = |word: &&[u8]| (self.lengths.0..=self.lengths.1).contains(&word.len());
        words.filter(fits).find(|word| self.ids.contains_key(*word))
    }

    /// The instant of a stamp, in the year that brings it nearest to the submissions.
    fn instant(&self, stamp: Stamp) -> Timestamp {
        let years = (self.year - 1..=self.year + 1).map(|year| instant(stamp, self.zone, year));
        years.min_by_key(|at| at.abs_diff(self.near)).unwrap_or_default()
    }

    /// Gives each submission its lines: from the one at its own time on, up to the next submission of the same id.
    /// Servers with short queue ids use them again on the same day.
    pub(super) fn assign<'a>(&self, submissions: impl Iterator<Item = &'a mut Traced>) {
        let mut submissions: Vec<&mut Traced> = submissions.collect();
        let times: Vec<(String, Timestamp)> =
            submissions.iter().map(|traced| (traced.queue_id.clone(), traced.ts)).collect();
        for traced in &mut submissions {
            let Some(lines) = self.ids.get(traced.queue_id.as_bytes()) else { continue };
            let of_host = |line: &&Named| {
                line.host.is_empty() || traced.server.is_empty() || line.host == traced.server.as_bytes()
            };
            let mut lines: Vec<&Named> = lines.iter().filter(of_host).collect();
            lines.sort_by_key(|line| line.at);
            let distance = |line: &&Named| line.at.map_or(u64::MAX, |at| at.abs_diff(traced.ts));
            let Some(first) = lines.iter().min_by_key(|line| distance(line)).and_then(|line| line.at) else {
                traced.lines = lines.iter().take(MOST).map(|line| line.place.clone()).collect();
                continue;
            };
            let later = times.iter().filter(|(id, ts)| *id == traced.queue_id && *ts > traced.ts).map(|(_, ts)| *ts);
            let until = later.min().unwrap_or(Timestamp::MAX);
            let own = lines.iter().filter(|line| line.at.is_some_and(|at| at >= first && at < until));
            traced.lines = own.take(MOST).map(|line| line.place.clone()).collect();
        }
    }
}
