//! Finding, in a block of lines, those worth a closer look.
//!
//! Every line is framed and either turned away or kept as a candidate. This needs nothing of the lines before, so
//! it runs beside the joining of the block before; what it hands on is small.

use crate::formats::Format;
use crate::sources::Block;
use crate::sources::framing::{AnyProgram, Framed, Framer, Line, Program, Repeated, may_repeat, unpack};
use crate::sources::stamp::Stamp;

/// A block and what was found in it.
#[derive(Debug)]
pub struct Scanned {
    /// The lines' bytes.
    pub block: Block,
    /// What was found.
    pub found: Found,
}

/// What was found in a block.
#[derive(Debug, Default)]
pub struct Found {
    /// The block's lines in order, those of one second together.
    pub runs: Vec<Run>,
    /// The candidates of all runs, in order.
    pub candidates: Vec<Candidate>,
    /// How many line ends the block holds.
    pub line_ends: u64,
    /// Unescaped text of candidates that does not stand in the block itself.
    side: Vec<u8>,
}

/// Consecutive lines of one second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Their second; none before the file's first stamp.
    pub second: Option<Stamp>,
    /// How many lines.
    pub lines: u64,
    /// Bytes, line ends included.
    pub bytes: u64,
    /// How many of the candidates are theirs.
    pub candidates: u32,
}

/// A line worth a closer look.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    /// How many line ends stand before it in the block.
    pub line: u64,
    /// The whole line.
    raw: Span,
    /// Its parts; none where it is in no known container.
    parts: Option<Parts>,
}

/// Where a framed line's parts lie.
#[derive(Clone, Copy, Debug)]
struct Parts {
    stamp: Stamp,
    host: Span,
    program: Span,
    message: Span,
    pid: u32,
    repeated: u32,
}

/// A range of the block, or, counted on from its end, of the side text. A block is far below 4 GiB.
#[derive(Clone, Copy, Debug)]
struct Span {
    start: u32,
    length: u32,
}

impl Span {
    /// Where a part of the block lies in it; of another text, anywhere.
    #[inline]
    fn within(text: &[u8], block: &[u8]) -> Self {
        let start = (text.as_ptr() as usize).wrapping_sub(block.as_ptr() as usize);
        // Far outside is nowhere near a block's length, also when cut to 32 bits' largest number.
        Self { start: u32::try_from(start).unwrap_or(u32::MAX), length: text.len() as u32 }
    }
}

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
}

/// How far in front of a line the line is looked for that it stands for: `last message repeated 3 times` follows it at
/// once, but where several hosts write into one file.
const LOOK_BACK: usize = 8 << 10;

impl Scanner {
    /// A scanner for one file.
    #[must_use]
    pub fn new(format: &'static dyn Format) -> Self {
        Self { format, framer: Framer::default(), second: None, before: Vec::new(), packed: format.is_packed() }
    }

    /// Scans the file's next block. `recycled` is what was found in an earlier one: only its memory is used again.
    pub fn scan(&mut self, block: Block, recycled: Option<Found>) -> Scanned {
        let mut found = recycled.unwrap_or_default();
        found.clear();
        found.runs.push(Run { second: self.second, lines: 0, bytes: 0, candidates: 0 });
        let mut holes = self.packed;
        let mut start = 0;
        let bytes = &block.bytes[..];
        for end in memchr::memchr2_iter(b'\n', 0, bytes) {
            if bytes[end] == 0 {
                holes = true;
                continue;
            }
            self.line(Place { block: bytes, start, end }, 1, holes, &mut found);
            start = end + 1;
            found.line_ends += 1;
            holes = self.packed;
        }
        if start < bytes.len() {
            self.line(Place { block: bytes, start, end: bytes.len() }, 0, holes, &mut found);
        }
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

    /// One line. A crash can leave a hole of NUL bytes: what stands on either side of it is a line of its own. So is
    /// each of the objects that a line packs.
    #[inline]
    fn line(&mut self, place: Place<'_>, end: u64, holes: bool, found: &mut Found) {
        if !holes {
            if !self.again(place, end, found) {
                self.piece(place, end, found);
            }
            return;
        }
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
        } else if may_repeat(line.program) {
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
            found.candidates.push(Candidate { line: found.line_ends, raw: place.span(), parts: Some(parts) });
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
                (Some(line.stamp), wanted.then(|| Some(found.parts(&line, place.block))))
            }
            Framed::Repeated(repeated) => {
                (Some(repeated.stamp), repeated_parts(format, &self.before, repeated, place, found).map(Some))
            }
            Framed::Blank => (None, None),
            Framed::Unreadable => (None, Some(None)),
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

impl Found {
    fn clear(&mut self) {
        self.runs.clear();
        self.candidates.clear();
        self.line_ends = 0;
        self.side.clear();
    }

    /// How many bytes all runs hold.
    fn bytes(&self) -> u64 {
        self.runs.iter().map(|run| run.bytes).sum()
    }

    fn parts(&mut self, line: &Line<'_>, block: &[u8]) -> Parts {
        Parts {
            stamp: line.stamp,
            host: self.span(line.host, block),
            program: self.span(line.program, block),
            message: self.span(line.message, block),
            pid: line.pid,
            repeated: line.repeated,
        }
    }

    /// Where a text lies in the block; text from elsewhere is kept on the side.
    fn span(&mut self, text: &[u8], block: &[u8]) -> Span {
        let span = Span::within(text, block);
        if (span.start as usize) < block.len() && text.len() <= block.len() - span.start as usize {
            return span;
        }
        let start = (block.len() + self.side.len()) as u32;
        self.side.extend_from_slice(text);
        Span { start, ..span }
    }
}

impl Scanned {
    /// A candidate's whole line.
    #[must_use]
    pub fn raw(&self, candidate: &Candidate) -> &[u8] {
        self.text(candidate.raw)
    }

    /// A candidate out of its container; none where it is in no known one.
    #[must_use]
    pub fn line(&self, candidate: &Candidate) -> Option<Line<'_>> {
        let parts = candidate.parts.as_ref()?;
        Some(Line {
            stamp: parts.stamp,
            host: self.text(parts.host),
            program: self.text(parts.program),
            pid: parts.pid,
            message: self.text(parts.message),
            repeated: parts.repeated,
        })
    }

    fn text(&self, span: Span) -> &[u8] {
        let (block, start) = (&self.block.bytes, span.start as usize);
        let text = if start < block.len() { &block[start..] } else { &self.found.side[start - block.len()..] };
        &text[..span.length as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::postfix::Postfix;

    fn scan(text: &[u8]) -> Scanned {
        Scanner::new(&Postfix).scan(Block { bytes: text.to_vec(), offset: 0 }, None)
    }

    #[test]
    fn lines_of_a_second_are_one_run() {
        let scanned = scan(
            b"Mar  1 09:00:00 mx1 postfix/smtpd[1]: connect from a[192.0.2.1]\n\
              Mar  1 09:00:00 mx1 postfix/qmgr[2]: ABCDEF1: removed\n\
              Mar  1 09:00:01 mx1 postfix/smtpd[1]: disconnect from a[192.0.2.1]\n\
              what is this\n\n",
        );
        let runs = scanned.found.runs.iter().map(|run| (run.lines, run.candidates)).collect::<Vec<_>>();
        assert_eq!(runs, [(0, 0), (2, 1), (3, 2)]);
        assert_eq!(scanned.found.runs.iter().map(|run| run.bytes).sum::<u64>(), scanned.block.bytes.len() as u64);
        let messages = scanned.found.candidates.iter().map(|candidate| {
            scanned.line(candidate).map_or("?".into(), |line| String::from_utf8_lossy(line.message).into_owned())
        });
        assert_eq!(messages.collect::<Vec<_>>(), ["connect from a[192.0.2.1]", "disconnect from a[192.0.2.1]", "?"]);
        assert_eq!(scanned.raw(&scanned.found.candidates[2]), b"what is this");
        assert_eq!(scanned.found.candidates[2].line, 3);
    }

    #[test]
    fn a_hole_of_nul_bytes_hides_no_line() {
        let scanned = scan(
            b"Mar  1 09:00:00 mx1 postfix/smtpd[1]: conn\0\0\0\0Mar  1 09:00:00 mx1 postfix/smtpd[1]: connect from a[192.0.2.1]\n",
        );
        assert_eq!(scanned.found.candidates.len(), 2);
        for text in
            [&b"a\0\0b\nMar  1 09:00:00 mx1 a[1]: x\0\n\0\0\n\n\0"[..], b"\0\0", b"\0\nMar  1 09:00:00 mx1 a: x\0"]
        {
            let scanned = scan(text);
            let bytes = scanned.found.runs.iter().map(|run| run.bytes).sum::<u64>();
            assert_eq!(bytes, text.len() as u64, "{text:?}");
        }
    }

    /// A line's message and how often it counts.
    fn told(scanned: &Scanned) -> Vec<(String, u32)> {
        let lines = scanned.found.candidates.iter().filter_map(|candidate| scanned.line(candidate));
        lines.map(|line| (String::from_utf8_lossy(line.message).into_owned(), line.repeated)).collect()
    }

    #[test]
    fn a_line_that_stands_for_the_one_before_is_that_one_again() {
        let failed = "warning: a[192.0.2.1]: SASL PLAIN authentication failed: x";
        for again in [
            "last message repeated 3 times",
            "syslogd: last message repeated 3 times",
            "--- last message repeated 3 times ---",
        ] {
            let scanned = scan(
                format!(
                    "Mar  1 09:00:00 mx1 postfix/smtpd[1]: {failed}\n\
                     Mar  1 09:00:00 mx2 postfix/smtpd[1]: connect from b[192.0.2.2]\n\
                     Mar  1 09:00:07 mx1 {again}\n\
                     Mar  1 09:00:30 mx1 {again}\n\
                     Mar  1 09:00:31 mx1 postfix/anvil[4]: statistics: x\n\
                     Mar  1 09:00:31 mx1 {again}\n\
                     Mar  1 09:00:31 mx3 {again}\n"
                )
                .as_bytes(),
            );
            let connect = ("connect from b[192.0.2.2]".to_owned(), 1);
            let failed = |times| (failed.to_owned(), times);
            assert_eq!(told(&scanned), [failed(1), connect, failed(3), failed(3)], "{again}");
            let last = scanned.line(&scanned.found.candidates[3]).map(|line| (line.host, line.program, line.pid));
            assert_eq!(last, Some((&b"mx1"[..], &b"postfix/smtpd"[..], 1)));
            assert_eq!(scanned.found.runs.iter().map(|run| run.lines).sum::<u64>(), 7);
        }
    }

    #[test]
    fn the_line_before_may_be_in_the_block_before() {
        let line = b"Mar  1 09:00:00 mx1 postfix/smtpd[1]: connect from a[192.0.2.1]\n".to_vec();
        let again = b"Mar  1 09:00:09 mx1 last message repeated 2 times\n".to_vec();
        let other = b"Mar  1 09:00:01 mx2 sshd[1]: x\n";
        for others in [0, 3, 400] {
            let mut scanner = Scanner::new(&Postfix);
            let mut scan = |bytes: &[u8]| scanner.scan(Block { bytes: bytes.to_vec(), offset: 0 }, None);
            scan(&line);
            (0..others).for_each(|_| drop(scan(other)));
            let whole = [line.clone(), other.repeat(others), again.clone()].concat();
            let expected = told(&self::scan(&whole)).split_off(1);
            assert_eq!(told(&scan(&again)), expected);
            assert_eq!(expected.len(), usize::from(others * other.len() < 8000));
        }
    }

    #[test]
    fn unescaped_text_is_kept() {
        let scanned = scan(br#"{"timestamp":"2026-03-01T09:00:00Z","host":"mx1","syslogtag":"postfix\/smtpd[7]:","message":" connect from a[192.0.2.1]"}"#);
        let line = scanned.line(&scanned.found.candidates[0]);
        assert_eq!(line.map(|line| (line.program, line.pid)), Some((&b"postfix/smtpd"[..], 7)));
    }
}
