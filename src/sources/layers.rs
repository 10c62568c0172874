//! What a file's decoded bytes are made of: stored bytes, and what is done to them one layer upon the other.

use std::io::{self, Read};

use super::codecs::Codec;
use super::decompress::{Decoder, MAGIC_LENGTH};
use super::export::{self, Exported};
use super::stored::Stored;

/// Where decoded bytes come from.
pub(super) enum Bytes {
    Plain(Stored),
    /// Decompressed, or made UTF-8 of UTF-16, or the one and then the other.
    Decoded(Ahead<Decoder<Box<Bytes>>>),
    /// journald's records, made into lines.
    Exported(Exported<Box<Bytes>>),
}

/// How many of a file's first bytes tell what it is: as stored how it is encoded, decoded whether it is UTF-16 or
/// an export.
pub(super) const BEGINNING: usize =
    if MAGIC_LENGTH > export::BEGINNING.len() { MAGIC_LENGTH } else { export::BEGINNING.len() };

impl Bytes {
    /// These bytes decoded, and the first ones of what they decode to.
    pub(super) fn decoded(self, codec: Box<dyn Codec>) -> (Self, Vec<u8>) {
        let ahead = Ahead::new(Decoder::new(Box::new(self), codec));
        let beginning = ahead.seen.clone();
        (Self::Decoded(ahead), beginning)
    }

    /// See [`RawReader::is_converted`](super::RawReader::is_converted).
    pub(super) fn is_converted(&self) -> bool {
        match self {
            Self::Plain(_) => false,
            Self::Decoded(ahead) => matches!(**ahead.source.source(), Self::Decoded(_)),
            Self::Exported(_) => true,
        }
    }

    pub(super) fn into_stored(self) -> Stored {
        match self {
            Self::Plain(stored) => stored,
            Self::Decoded(ahead) => ahead.source.into_source().into_stored(),
            Self::Exported(exported) => exported.into_source().into_stored(),
        }
    }

    /// Whether what was read to its end, of which so many bytes were given, has ended too early.
    pub(super) fn truncated(&self, given: u64, size: u64) -> bool {
        match self {
            Self::Plain(_) => given < size,
            Self::Decoded(ahead) => {
                let source = ahead.source.source();
                // Of stored bytes that are cut, the decoder knows.
                let is_cut = matches!(**source, Self::Decoded(_)) && source.truncated(given, size);
                ahead.source.truncated() || is_cut
            }
            Self::Exported(exported) => {
                let (source, taken) = exported.source();
                exported.truncated() || source.truncated(taken, size)
            }
        }
    }
}

impl Read for Bytes {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stored) => stored.read(output),
            Self::Decoded(ahead) => ahead.read(output),
            Self::Exported(exported) => exported.read(output),
        }
    }
}

/// A source of which the first bytes have been looked at.
pub(super) struct Ahead<R> {
    source: R,
    seen: Vec<u8>,
    given: usize,
    /// What went wrong while looking.
    failed: Option<io::Error>,
}

impl<R: Read> Ahead<R> {
    fn new(mut source: R) -> Self {
        let mut seen = Vec::with_capacity(BEGINNING);
        let failed = source.by_ref().take(BEGINNING as u64).read_to_end(&mut seen).err();
        Self { source, seen, given: 0, failed }
    }
}

impl<R: Read> Read for Ahead<R> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        let mut rest = &self.seen[self.given..];
        if !rest.is_empty() {
            let read = rest.read(output)?;
            self.given += read;
            return Ok(read);
        }
        match self.failed.take() {
            Some(error) => Err(error),
            None => self.source.read(output),
        }
    }
}
