//! Bytes to lines: which raw files there are, what is inside them, and their bytes in whole lines.
//!
//! ```text
//! patterns ─list─▶ RawFile ─look─▶ Look (head, tail, length ─▶ Fingerprint)
//!                     └─────open─▶ RawReader ─▶ Blocks ─▶ Block (whole lines)
//! ```
//!
//! Files lie in local folders or object stores and are told apart by content, never by name: compression
//! by magic bytes, identity by [`Fingerprint`] and length. Every offset is one of the *decoded* bytes, so that
//! `mail.log` and the `mail.log.2.gz` it becomes agree on where a line begins. journald's export format is decoded too:
//! each of its records becomes a line.

mod blocks;
mod codecs;
mod collected;
pub mod container;
mod decompress;
mod export;
pub mod fields;
mod fingerprint;
mod folders;
pub mod framing;
mod json;
mod layers;
pub mod line_ends;
mod list;
mod look;
mod objects;
mod open;
mod remote;
pub mod stamp;
mod stored;
pub mod timeline;
mod wrapped;
mod zstd_frame;

pub use blocks::{BLOCK_SIZE, Block, Blocks, MAX_LINE};
pub use decompress::Encoding;
pub use fingerprint::Fingerprint;
pub use list::{RawFile, check_pattern, list};
pub use look::{Look, SIGHT, at_once, look, look_through};
pub use open::{RawReader, open};

use crate::storage;

/// The result of this module.
pub type Result<T> = std::result::Result<T, Error>;
/// What a store says, or the system where files are local.
type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why raw files cannot be found or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store itself cannot be opened.
    #[error(transparent)]
    Place(#[from] storage::Error),
    /// The pattern's wildcards cannot be read.
    #[error("the pattern {pattern} is not valid: {source}; a literal '[' is written '[[]'")]
    BadPattern {
        /// The pattern as written.
        pattern: String,
        /// What is wrong, and at which character.
        source: glob::PatternError,
    },
    /// The pattern's path cannot be one of any file.
    #[error("the pattern {pattern} is not a path that a file can have: {source}")]
    BadPath {
        /// The pattern as written.
        pattern: String,
        /// What is wrong.
        source: object_store::path::Error,
    },
    /// A file that is named without wildcards does not exist.
    #[error(
        "{pattern} does not exist: check the spelling, or whether it was rotated (a pattern like {pattern}* matches its rotated names too)"
    )]
    Missing {
        /// The pattern as written.
        pattern: String,
    },
    /// What is named as a file is a folder.
    #[error("{pattern} is a folder: write {pattern}/ for the files in it, or {pattern}/* with a narrower name")]
    Folder {
        /// The pattern as written.
        pattern: String,
    },
    /// What is named as a file is a pipe or a device.
    #[error("{pattern} is no regular file: files are read more than once, so write what comes from it into one first")]
    NoFile {
        /// The pattern as written.
        pattern: String,
    },
    /// The store does not list what lies below a folder.
    #[error("cannot list {pattern}: {source}; check that this user may list the folders, or narrow the pattern")]
    List {
        /// The pattern as written.
        pattern: String,
        /// What the store or the system says.
        source: Cause,
    },
    /// The store does not hand out a file.
    #[error(
        "cannot open {file}: {source}; check that this user may read it and that it was not rotated away meanwhile"
    )]
    Open {
        /// The file.
        file: String,
        /// What the store or the system says.
        source: Cause,
    },
    /// Reading broke off for a reason outside the file: disk, network, or a file replaced while it was read.
    #[error("cannot read {file} past byte {position}: {source}; run again, the other files are not affected")]
    Read {
        /// The file.
        file: String,
        /// How many decoded bytes came before.
        position: u64,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file's compressed bytes are damaged in the middle (a cut end is no error).
    #[error(
        "{file} is damaged after {position} decoded bytes or more: {source}; restore it from the server, or leave it out"
    )]
    Damaged {
        /// The file.
        file: String,
        /// How many decoded bytes came before.
        position: u64,
        /// What the decoder says.
        source: std::io::Error,
    },
    /// The file's decoding would take more memory than any file's may.
    #[error(
        "{file} is packed with a window of more than 512 MiB (zstd --long=30 or 31), and decoding it takes as much \
         memory: pack it again with a smaller one (zstd -dc --long=31 OLD | zstd > NEW)"
    )]
    LargeWindow {
        /// The file.
        file: String,
    },
    /// The file is packed in a way that is known, but not read.
    #[error(
        "{file} is a {kind} file, which is not read: store it plain or as gzip, zstd, xz or bzip2, or leave it out"
    )]
    Unsupported {
        /// The file.
        file: String,
        /// How it is packed.
        kind: &'static str,
    },
}

impl Error {
    /// The file that the error is about, by its [displayed](storage::display) name; none of a pattern or a store.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        match self {
            Self::Open { file, .. }
            | Self::Read { file, .. }
            | Self::Damaged { file, .. }
            | Self::LargeWindow { file }
            | Self::Unsupported { file, .. } => Some(file),
            _ => None,
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
pub(crate) mod testing;
