//! What forms of text have in common: lines that are put together in memory and written many at once.

use super::{Error, Out, Result};

/// Bytes that are written at once.
const PIECE: usize = 1 << 20;

/// Text on its way into a file.
pub(super) struct Lines<'a> {
    out: Out<'a>,
    format: &'static str,
    /// What is not written yet. Lines are appended here.
    pub(super) text: String,
}

impl<'a> Lines<'a> {
    /// Nothing yet, of a format that is named where it cannot be written.
    pub(super) fn new(out: Out<'a>, format: &'static str) -> Self {
        Self { out, format, text: String::new() }
    }

    /// A line is complete.
    pub(super) fn line(&mut self) -> Result<()> {
        if self.text.len() < PIECE { Ok(()) } else { self.send() }
    }

    /// Writes what is left.
    pub(super) fn send(&mut self) -> Result<()> {
        let sent = self.out.write_all(self.text.as_bytes());
        self.text.clear();
        sent.map_err(|error| Error::Export { format: self.format, reason: error.to_string() })
    }
}
