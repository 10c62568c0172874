//! Finding, in a block of lines, those worth a closer look.
//!
//! Every line is framed and either turned away or kept as a candidate. This needs nothing of the lines before, so
//! it runs beside the joining of the block before; what it hands on is small.

mod found;

use crate::formats::Format;
use crate::sources::Block;
use crate::sources::framing::{AnyProgram, Framed, Framer, Line, Program, Repeated, may_repeat, unpack};
use crate::sources::line_ends::LineEnds;
use crate::sources::stamp::Stamp;
pub use found::{Candidate, Found, Run, Scanned};
use found::{Parts, Span};

/// Scans the blocks of one file, in order.
#[derive(Debug)]
pub struct Scanner {
    format: &'static dyn Format,
    framer: Framer,
    second: Option<Stamp>,
    /// How the block before ended.
    before: Vec<u8>,
    /// Whether several of the format's lines may stand on one.
    packed: bool,
    /// Where the block's lines end.
    ends: LineEnds,
}

/// How far in front of a line the line is looked for that it stands for: `last message repeated 3 times` follows it at
/// once, but where several hosts write into one file.
const LOOK_BACK: usize = 8 << 10;

impl Scanner {
    /// A scanner for one file.
    #[must_use]
    pub fn new(format: &'static dyn Format) -> Self {
        Self {
            format,
            framer: Framer::default(),
            second: None,
            before: Vec::new(),
            packed: format.is_packed(),
            ends: LineEnds::default(),
        }
    }

    /// Scans the file's next block. `recycled` is what was found in an earlier one: only its memory is used again.
    pub fn scan(&mut self, block: Block, recycled: Option<Found>) -> Scanned {
        let mut found = recycled.unwrap_or_default();
        found.clear();
        found.runs.push(Run { second: self.second, lines: 0, bytes: 0, candidates: 0 });
        let bytes = &block.bytes[..];
        let mut ends = std::mem::take(&mut self.ends);
        ends.find(bytes);
        let may_hold_several = self.packed || ends.has_nul();
        let mut start = 0;
        for end in ends.places() {
            let end = *end as usize;
            self.line(Place { block: bytes, start, end }, 1, may_hold_several, &mut found);
            start = end + 1;
            found.line_ends += 1;
        }
        if start < bytes.len() {
            self.line(Place { block: bytes, start, end: bytes.len() }, 0, may_hold_several, &mut found);
        }
        self.ends = ends;
        self.keep_end(bytes);
        Scanned { block, found }
    }

    /// Keeps the end of a block for the one behind it.
    fn keep_end(&mut self, block: &[u8]) {
        let end = &block[block.len().saturating_sub(LOOK_BACK)..];
        let kept = self.before.len().min(LOOK_BACK - end.len());
        self.before.drain(..self.before.len() - kept);
        self.before.extend_from_slice(end);
    }

    /// One line, or what stands in its place.
    #[inline]
    fn line(&mut self, place: Place<'_>, end: u64, may_hold_several: bool, found: &mut Found) {
        if may_hold_several && (self.packed || place.text().contains(&0)) {
            self.several(place, end, found);
        } else if !self.again(place, end, found) {
            self.piece(place, end, found);
        }
    }

    /// A crash can leave a hole of NUL bytes: what stands on either side of it is a line of its own. So is each of
    /// the objects that a line packs.
    fn several(&mut self, place: Place<'_>, end: u64, found: &mut Found) {
        let Place { block, mut start, end: last } = place;
        let before = found.bytes();
        while let Some(from) = block[start..last].iter().position(|byte| *byte != 0).map(|at| start + at) {
            let to = memchr::memchr(0, &block[from..last]).map_or(last, |at| from + at);
            let end = if (from, to) == (place.start, last) { end } else { 0 };
            self.unpacked(Place { block, start: from, end: to }, end, found);
            start = to;
        }
        if place.start == last {
            self.piece(place, end, found);
        }
        // The hole's bytes go with the lines around it, so that what follows is where it is counted to be.
        let told = found.bytes() - before;
        if let Some(run) = found.runs.last_mut() {
            run.bytes += (last - place.start) as u64 + end - told;
        }
    }

    /// The lines that a line packs; the line's end belongs to the last of them.
    fn unpacked(&mut self, place: Place<'_>, end: u64, found: &mut Found) {
        let Place { block, mut start, end: last } = place;
        for text in unpack(place.text(), self.format) {
            let to = start + text.len();
            self.piece(Place { block, start, end: to }, if to == last { end } else { 0 }, found);
            start = to;
        }
    }

    /// A line that begins as the one before did; false where it has to be looked at more closely.
    #[inline]
    fn again(&mut self, place: Place<'_>, end: u64, found: &mut Found) -> bool {
        let format = self.format;
        let Some(line) = self.framer.again(place.text()) else { return false };
        let mut behind = None;
        if format.wants_program(Program { tag: line.program, may_be_cut: false }) {
            behind = line.pid_and_message();
            if behind.is_none() {
                return false;
            }
        } else if may_repeat(line.program) || !line.has_tag() {
            return false;
        }
        self.turn_to(Some(line.second), found);
        let Some(run) = found.runs.last_mut() else { return false };
        if let Some((pid, message)) = behind
            && format.wants(line.program, message)
        {
            let span = |text: &[u8]| Span::within(text, place.block);
            let (host, program, message) = (span(line.host), span(line.program), span(message));
            let stamp = line.second.plus(line.micros);
            let parts = Parts { stamp, host, program, message, pid, repeated: 1 };
            found.candidates.push(Candidate { line: found.line_ends, raw: place.span(), parts: Ok(parts) });
            run.candidates += 1;
        }
        run.lines += 1;
        run.bytes += (place.end - place.start) as u64 + end;
        true
    }

    /// Goes on with the lines of a second.
    fn turn_to(&mut self, second: Option<Stamp>, found: &mut Found) {
        if second != self.second {
            self.second = second;
            found.runs.push(Run { second, lines: 0, bytes: 0, candidates: 0 });
        }
    }

    fn piece(&mut self, place: Place<'_>, end: u64, found: &mut Found) {
        let format = self.format;
        let (stamp, parts) = match self.framer.frame_as(place.text(), format) {
            Framed::Foreign(stamp) => (Some(stamp), None),
            Framed::Line(line) => {
                let wanted = format.wants(line.program, line.message);
                (Some(line.stamp), wanted.then(|| Ok(found.parts(&line, place.block))))
            }
            Framed::Repeated(repeated) => {
                (Some(repeated.stamp), repeated_parts(format, &self.before, repeated, place, found).map(Ok))
            }
            Framed::Blank => (None, None),
            Framed::Faulty(stamp, reason) => (Some(stamp), Some(Err(reason))),
            Framed::Unreadable => (None, Some(Err(format.unreadable()))),
        };
        // Most lines have the stamp of the line before, and most stamps are whole seconds.
        if stamp.is_some() && stamp != self.second {
            self.turn_to(stamp.map(Stamp::second), found);
        }
        if let Some(run) = found.runs.last_mut() {
            run.lines += 1;
            run.bytes += (place.end - place.start) as u64 + end;
            run.candidates += u32::from(parts.is_some());
        }
        if let Some(parts) = parts {
            found.candidates.push(Candidate { line: found.line_ends, raw: place.span(), parts });
        }
    }
}

/// What a line says that stands for the last one of its host; none where that is not wanted, or too far back.
#[cold]
fn repeated_parts(
    format: &'static dyn Format,
    before: &[u8],
    repeated: Repeated<'_>,
    place: Place<'_>,
    found: &mut Found,
) -> Option<Parts> {
    let here = &place.block[place.start.saturating_sub(LOOK_BACK)..place.start];
    let further = &before[(before.len() + here.len()).saturating_sub(LOOK_BACK).min(before.len())..];
    let mut framer = Framer::default();
    for line in here.rsplit(|byte| *byte == b'\n').chain(further.rsplit(|byte| *byte == b'\n')) {
        match framer.frame_as(line, &AnyProgram(format)) {
            Framed::Line(line) if line.host == repeated.host && !stands_for_another(&line) => {}
            _ => continue,
        }
        let Framed::Line(line) = framer.frame_as(line, format) else { return None };
        let line = Line { stamp: repeated.stamp, repeated: repeated.times, ..line };
        return format.wants(line.program, line.message).then(|| found.parts(&line, place.block));
    }
    None
}

fn stands_for_another(line: &Line<'_>) -> bool {
    line.message.strip_prefix(b"--- ").unwrap_or(line.message).starts_with(b"last message repeated ")
}

/// Where a line lies in a block.
#[derive(Clone, Copy)]
struct Place<'a> {
    block: &'a [u8],
    start: usize,
    end: usize,
}

impl<'a> Place<'a> {
    fn text(self) -> &'a [u8] {
        &self.block[self.start..self.end]
    }

    fn span(self) -> Span {
        Span { start: self.start as u32, length: (self.end - self.start) as u32 }
    }
}

#[cfg(test)]
mod tests;
