//! Finding, in a block of lines, those worth a closer look.
//!
//! Every line is framed and either turned away or kept as a candidate. This needs nothing of the lines before, so
//! it runs beside the joining of the block before; what it hands on is small.

use crate::formats::Format;
use crate::sources::Block;
use crate::sources::framing::{Framed, Framer, Line};
use crate::sources::stamp::Stamp;

/// A block and what was found in it.
#[derive(Debug)]
pub struct Scanned {
    /// The lines' bytes.
    pub block: Block,
    /// Unescaped text of candidates that does not stand in the block itself.
    side: Vec<u8>,
    /// The block's lines in order, those of one second together.
    pub runs: Vec<Run>,
    /// The candidates of all runs, in order.
    pub candidates: Vec<Candidate>,
    /// How many line ends the block holds.
    pub line_ends: u64,
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

/// A range of the block, or, counted on from its end, of the side text.
#[derive(Clone, Copy, Debug)]
struct Span {
    start: usize,
    end: usize,
}

/// Scans the blocks of one file, in order.
#[derive(Debug)]
pub struct Scanner {
    format: &'static dyn Format,
    framer: Framer,
    second: Option<Stamp>,
}

impl Scanner {
    /// A scanner for one file.
    #[must_use]
    pub fn new(format: &'static dyn Format) -> Self {
        Self { format, framer: Framer::default(), second: None }
    }

    /// Scans the file's next block.
    pub fn scan(&mut self, block: Block) -> Scanned {
        let mut found = Found { side: Vec::new(), runs: Vec::new(), candidates: Vec::new(), block: &block.bytes };
        found.runs.push(Run { second: self.second, lines: 0, bytes: 0, candidates: 0 });
        let holes = memchr::memchr(0, &block.bytes).is_some();
        let mut start = 0;
        let mut line_ends = 0;
        for end in memchr::memchr_iter(b'\n', &block.bytes) {
            self.line(&block.bytes[start..end], 1, line_ends, holes, &mut found);
            start = end + 1;
            line_ends += 1;
        }
        if start < block.bytes.len() {
            self.line(&block.bytes[start..], 0, line_ends, holes, &mut found);
        }
        let Found { side, runs, candidates, .. } = found;
        Scanned { block, side, runs, candidates, line_ends }
    }

    /// One line. A crash can leave a hole of NUL bytes: what stands on either side of it is a line of its own.
    fn line(&mut self, line: &[u8], end: u64, number: u64, holes: bool, found: &mut Found<'_>) {
        if !holes || memchr::memchr(0, line).is_none() {
            return self.piece(line, line.len() as u64 + end, number, found);
        }
        let mut rest = line;
        while let Some(start) = rest.iter().position(|byte| *byte != 0) {
            let piece = &rest[start..];
            let length = memchr::memchr(0, piece).unwrap_or(piece.len());
            self.piece(&piece[..length], length as u64, number, found);
            rest = &piece[length..];
        }
    }

    fn piece(&mut self, raw: &[u8], bytes: u64, number: u64, found: &mut Found<'_>) {
        let format = self.format;
        let (stamp, parts) = match self.framer.frame_if(raw, |program| format.wants_program(program)) {
            Framed::Foreign(stamp) => (Some(stamp), None),
            Framed::Line(line) => {
                let wanted = format.wants(line.program, line.message);
                (Some(line.stamp), wanted.then(|| Some(found.parts(&line))))
            }
            Framed::Blank => (None, None),
            Framed::Unreadable => (None, Some(None)),
        };
        if let Some(second) = stamp.map(Stamp::second)
            && self.second != Some(second)
        {
            self.second = Some(second);
            found.runs.push(Run { second: self.second, lines: 0, bytes: 0, candidates: 0 });
        }
        let candidate = parts.map(|parts| Candidate { line: number, raw: found.span(raw), parts });
        if let Some(run) = found.runs.last_mut() {
            run.lines += 1;
            run.bytes += bytes;
            run.candidates += u32::from(candidate.is_some());
        }
        found.candidates.extend(candidate);
    }
}

/// What has been found so far in a block.
struct Found<'a> {
    block: &'a [u8],
    side: Vec<u8>,
    runs: Vec<Run>,
    candidates: Vec<Candidate>,
}

impl Found<'_> {
    fn parts(&mut self, line: &Line<'_>) -> Parts {
        Parts {
            stamp: line.stamp,
            host: self.span(line.host),
            program: self.span(line.program),
            message: self.span(line.message),
            pid: line.pid,
            repeated: line.repeated,
        }
    }

    /// Where a text lies in the block; text from elsewhere is kept on the side.
    fn span(&mut self, text: &[u8]) -> Span {
        let start = (text.as_ptr() as usize).wrapping_sub(self.block.as_ptr() as usize);
        if start < self.block.len() && text.len() <= self.block.len() - start {
            return Span { start, end: start + text.len() };
        }
        let start = self.block.len() + self.side.len();
        self.side.extend_from_slice(text);
        Span { start, end: start + text.len() }
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
        let block = &self.block.bytes;
        if span.start < block.len() {
            &block[span.start..span.end]
        } else {
            &self.side[span.start - block.len()..span.end - block.len()]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::postfix::Postfix;

    fn scan(text: &[u8]) -> Scanned {
        Scanner::new(&Postfix).scan(Block { bytes: text.to_vec(), offset: 0 })
    }

    #[test]
    fn lines_of_a_second_are_one_run() {
        let scanned = scan(
            b"Mar  1 09:00:00 mx1 postfix/smtpd[1]: connect from a[192.0.2.1]\n\
              Mar  1 09:00:00 mx1 postfix/qmgr[2]: ABCDEF1: removed\n\
              Mar  1 09:00:01 mx1 postfix/smtpd[1]: disconnect from a[192.0.2.1]\n\
              what is this\n\n",
        );
        let runs = scanned.runs.iter().map(|run| (run.lines, run.candidates)).collect::<Vec<_>>();
        assert_eq!(runs, [(0, 0), (2, 1), (3, 2)]);
        assert_eq!(scanned.runs.iter().map(|run| run.bytes).sum::<u64>(), scanned.block.bytes.len() as u64);
        let messages = scanned.candidates.iter().map(|candidate| {
            scanned.line(candidate).map_or("?".into(), |line| String::from_utf8_lossy(line.message).into_owned())
        });
        assert_eq!(messages.collect::<Vec<_>>(), ["connect from a[192.0.2.1]", "disconnect from a[192.0.2.1]", "?"]);
        assert_eq!(scanned.raw(&scanned.candidates[2]), b"what is this");
        assert_eq!(scanned.candidates[2].line, 3);
    }

    #[test]
    fn a_hole_of_nul_bytes_hides_no_line() {
        let scanned = scan(
            b"Mar  1 09:00:00 mx1 postfix/smtpd[1]: conn\0\0\0\0Mar  1 09:00:00 mx1 postfix/smtpd[1]: connect from a[192.0.2.1]\n",
        );
        assert_eq!(scanned.candidates.len(), 2);
    }

    #[test]
    fn unescaped_text_is_kept() {
        let scanned = scan(br#"{"timestamp":"2026-03-01T09:00:00Z","host":"mx1","syslogtag":"postfix\/smtpd[7]:","message":" connect from a[192.0.2.1]"}"#);
        let line = scanned.line(&scanned.candidates[0]);
        assert_eq!(line.map(|line| (line.program, line.pid)), Some((&b"postfix/smtpd"[..], 7)));
    }
}
