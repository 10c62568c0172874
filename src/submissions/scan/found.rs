//! What is found in a block, and where in it: nothing is copied that stands there.

use crate::sources::Block;
use crate::sources::framing::Line;
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
    pub(super) raw: Span,
    /// Its parts, or why it cannot be read.
    pub(super) parts: Result<Parts, &'static str>,
}

/// Where a framed line's parts lie.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts {
    pub(super) stamp: Stamp,
    pub(super) host: Span,
    pub(super) program: Span,
    pub(super) message: Span,
    pub(super) pid: u32,
    pub(super) repeated: u32,
}

/// A range of the block, or, counted on from its end, of the side text. A block is far below 4 GiB.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) length: u32,
}

impl Span {
    /// Where a part of the block lies in it; of another text, anywhere.
    #[inline]
    pub(super) fn within(text: &[u8], block: &[u8]) -> Self {
        let start = (text.as_ptr() as usize).wrapping_sub(block.as_ptr() as usize);
        // Far outside is nowhere near a block's length, also when cut to 32 bits' largest number.
        Self { start: u32::try_from(start).unwrap_or(u32::MAX), length: text.len() as u32 }
    }
}

impl Found {
    pub(super) fn clear(&mut self) {
        self.runs.clear();
        self.candidates.clear();
        self.line_ends = 0;
        self.side.clear();
    }

    /// How many bytes all runs hold.
    pub(super) fn bytes(&self) -> u64 {
        self.runs.iter().map(|run| run.bytes).sum()
    }

    pub(super) fn parts(&mut self, line: &Line<'_>, block: &[u8]) -> Parts {
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

    /// A candidate out of its container.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn line(&self, candidate: &Candidate) -> Result<Line<'_>, &'static str> {
        let parts = candidate.parts.as_ref().map_err(|reason| *reason)?;
        Ok(Line {
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
