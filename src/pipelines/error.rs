//! What can go wrong in a pipeline.

use crate::{sources, storage};

/// The result of this module.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a pipeline, or a part of it, did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Raw files cannot be found or read.
    #[error(transparent)]
    Sources(#[from] sources::Error),
    /// A place cannot be opened.
    #[error(transparent)]
    Storage(#[from] storage::Error),
    /// No such format.
    #[error("no format is called '{name}'; `mailtally formats` lists them")]
    UnknownFormat {
        /// What was written.
        name: String,
    },
    /// The files' lines are of no known format.
    #[error("no line at the beginning of {file} is of a known format; say --format, or `mailtally formats` for what is known")]
    NoFormat {
        /// The first of the files.
        file: String,
    },
    /// Two formats fit equally well.
    #[error("{file} could be {first} as well as {second}; say which with --format, or format = \"…\" in the pipeline")]
    FormatTie {
        /// The first of the files.
        file: String,
        /// One format.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
}
