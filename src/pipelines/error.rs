//! What can go wrong in a pipeline.

use crate::calendar::Day;
use crate::{lake, reports, rollups, sources, storage};

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
    /// There is no line to tell a format by.
    #[error("nothing to read: the files are missing or empty; if they were just rotated, name the rotated ones too")]
    NoLines,
    /// The files' lines are of no known format.
    #[error(
        "no line at the beginning of {file} is of a known format; say --format, or `mailtally formats` for what is known"
    )]
    NoFormat {
        /// The first of the files.
        file: String,
    },
    /// A file ends before any of it can be read, and the others have no lines of a known format.
    #[error("{file} is cut off before its first line can be read: copy it again")]
    NothingLeft {
        /// The file.
        file: String,
    },
    /// Two formats fit equally well.
    #[error(
        "{file} could be {first} as well as {second}: both read its lines equally well; say which with --format {first}, \
         or format = \"{first}\" in the pipeline"
    )]
    FormatTie {
        /// The first of the files.
        file: String,
        /// One format.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
    /// Another product's report cannot be read.
    #[error("cannot read the report {file}: {source}; export it again as CSV, or correct the line")]
    Aggregate {
        /// The file.
        file: String,
        /// Which line, and why.
        source: crate::formats::aggregate::Fault,
    },
    /// A report's file does not say its days.
    #[error(
        "which days does {file} cover? The report itself does not say: put them into the file's name, \
         as in smtp-auth_2026-03-01.csv for a day or smtp-auth_2026-03-01_2026-03-07.csv for several"
    )]
    NoPeriod {
        /// The file.
        file: String,
    },
    /// A report's days are not over.
    #[error("{file} covers days up to {end}, which is not over yet (in UTC): export it again once it is")]
    NotOver {
        /// The file.
        file: String,
        /// Its last day.
        end: Day,
    },
    /// Two reports of one period.
    #[error("{first} and {second} both end with {end} and differ: keep one of them, or make them two sources")]
    TwoReports {
        /// One.
        first: String,
        /// The other.
        second: String,
        /// The last day of both.
        end: Day,
    },
    /// A report's file is too large for one.
    #[error("{file} is larger than {mebibytes} MiB, and so no report of accounts")]
    ReportTooLarge {
        /// The file.
        file: String,
        /// The limit.
        mebibytes: u64,
    },
    /// A report's file ends too early.
    #[error("{file} is cut off in the middle: copy it again")]
    ReportCut {
        /// The file.
        file: String,
    },
    /// A report was given where lines are counted.
    #[error(
        "{file} is no log but a report of {title}: give it to a pipeline, as a source of its own with format = \"{name}\""
    )]
    NoLog {
        /// The file.
        file: String,
        /// The format's name.
        name: &'static str,
        /// The product.
        title: &'static str,
    },
    /// The lake cannot be read or written.
    #[error(transparent)]
    Lake(#[from] lake::Error),
    /// Rows do not fit their table.
    #[error("cannot put rows into columns: {0}")]
    Columns(arrow::error::ArrowError),
    /// A rollup cannot be computed, or does not add up.
    #[error(transparent)]
    Rollup(#[from] rollups::Error),
    /// A dataset cannot be computed or written.
    #[error(transparent)]
    Report(#[from] reports::Error),
    /// The lake cannot be queried.
    #[error("cannot read table '{table}': {source}")]
    Query {
        /// The table.
        table: &'static str,
        /// What polars says.
        source: polars::error::PolarsError,
    },
    /// Lines or rows do not add up.
    #[error("{day} of source '{source_name}' does not add up: {what}; nothing of it was committed, please report this")]
    Unbalanced {
        /// The day.
        day: Day,
        /// The source.
        source_name: String,
        /// Both numbers.
        what: String,
    },
    /// A file cannot be published.
    #[error("cannot write {place}: {source}; check the space, and that this user may write there")]
    Publish {
        /// The file.
        place: String,
        /// What the store says.
        source: object_store::Error,
    },
    /// Another run has the lake.
    #[error("another run is working on the lake in {place}; wait until it is done")]
    Locked {
        /// The lake's folder.
        place: String,
    },
    /// The lake's lock cannot be taken.
    #[error("cannot lock the lake: {place}: {source}; check that this user may write there")]
    Lock {
        /// The lock file.
        place: String,
        /// What the system says.
        source: std::io::Error,
    },
}
