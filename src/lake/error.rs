//! Why the lake cannot be read or written.

use deltalake_core::DeltaTableError;

/// The result of this module.
pub type Result<T> = std::result::Result<T, Error>;

/// One variant per cause; the messages name the table and what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store that should hold the lake cannot be opened.
    #[error(transparent)]
    Storage(#[from] crate::storage::Error),
    /// The table's folder cannot be looked into.
    #[error("cannot open table '{table}' in {place}: {source}; check that this user may read the lake")]
    Enter {
        /// The table.
        table: &'static str,
        /// Its folder.
        place: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The table's log cannot be read.
    #[error("cannot read the log of table '{table}' in {place}: {source}")]
    Log {
        /// The table.
        table: &'static str,
        /// Its folder.
        place: String,
        /// What delta-rs says.
        source: Box<DeltaTableError>,
    },
    /// The table cannot be made.
    #[error("cannot create table '{table}' in {place}: {source}; check the space and the permissions there")]
    Create {
        /// The table.
        table: &'static str,
        /// Its folder.
        place: String,
        /// What delta-rs says.
        source: Box<DeltaTableError>,
    },
    /// The commit failed for another reason than a competing writer.
    #[error(
        "cannot commit to table '{table}' in {place}: {source}; what it held before is untouched: check the space and the \
         permissions there"
    )]
    Commit {
        /// The table.
        table: &'static str,
        /// Its folder.
        place: String,
        /// What delta-rs says.
        source: Box<DeltaTableError>,
    },
    /// Other writers were faster, again and again.
    #[error(
        "cannot commit to table '{table}': other writers were faster {attempts} times; run again when they are done"
    )]
    Contended {
        /// The table.
        table: &'static str,
        /// How often it was tried.
        attempts: u32,
    },
    /// The folder holds a table of the same name with other columns.
    #[error(
        "table '{table}' in {place} is not ours: {difference}; give the lake another folder, or move that table away"
    )]
    OtherColumns {
        /// The table.
        table: &'static str,
        /// Its folder.
        place: String,
        /// The first difference.
        difference: String,
    },
    /// The table uses features (deletion vectors, column mapping) under which its files alone do not tell its rows.
    #[error(
        "table '{table}' in {place} asks for reader version {version}, and 1 is what mailtally reads: \
         some other program switched on deletion vectors or column mapping; undo that, or give the lake another folder"
    )]
    ReaderVersion {
        /// The table.
        table: &'static str,
        /// Its folder.
        place: String,
        /// What the log asks for.
        version: i32,
    },
    /// The log lists a file without a day, which no table of the lake can hold.
    #[error("table '{table}' lists the file '{path}' without a valid date: another program wrote it; remove it there")]
    NoPartition {
        /// The table.
        table: &'static str,
        /// The file, relative to the table.
        path: String,
    },
    /// The partition does not fit the table.
    #[error("'{partition}' is no partition of table '{table}', which is partitioned by {by}")]
    BadPartition {
        /// The table.
        table: &'static str,
        /// What was given.
        partition: String,
        /// The partition columns.
        by: String,
    },
    /// The digest would not survive in a file's name.
    #[error("'{digest}' is not a digest: it has to be 16 hexadecimal digits in lower case")]
    BadDigest {
        /// What was given.
        digest: String,
    },
    /// A file would be added to a partition that is not being replaced, and so double it.
    #[error("'{path}' lies outside the partitions of table '{table}' that are to be replaced")]
    OutsidePartitions {
        /// The table.
        table: &'static str,
        /// The file, relative to the table.
        path: String,
    },
    /// The rows have other columns than the table's files.
    #[error("rows for table '{table}' have the columns [{found}] where its files have [{expected}]")]
    BatchColumns {
        /// The table.
        table: &'static str,
        /// The batch's columns.
        found: String,
        /// The table's.
        expected: String,
    },
    /// The rows cannot be sorted.
    #[error("cannot sort rows of table '{table}': {source}")]
    Sort {
        /// The table.
        table: &'static str,
        /// What Arrow says.
        source: arrow::error::ArrowError,
    },
    /// The rows cannot be encoded.
    #[error("cannot encode '{path}' as Parquet: {source}")]
    Parquet {
        /// The file, relative to the table.
        path: String,
        /// What the encoder says.
        source: parquet::errors::ParquetError,
    },
    /// The bytes cannot be stored.
    #[error("cannot write '{path}': {source}; check the space and the permissions there")]
    Upload {
        /// The file, relative to the table.
        path: String,
        /// What the store says.
        source: object_store::Error,
    },
    /// A file that is in no commit cannot be removed.
    #[error("cannot remove '{path}', which was not committed: {source}")]
    Remove {
        /// The file, relative to the table.
        path: String,
        /// What the store says.
        source: object_store::Error,
    },
    /// Polars cannot read the files.
    #[error("cannot read table '{table}' in {place}: {source}")]
    Scan {
        /// The table.
        table: &'static str,
        /// Its folder.
        place: String,
        /// What polars says.
        source: Box<polars::error::PolarsError>,
    },
    /// A data file cannot be read.
    #[error(
        "cannot read '{path}' of table '{table}': {source}; if the file is gone or damaged, build its day again with --date"
    )]
    Read {
        /// The table.
        table: &'static str,
        /// The file, relative to the table.
        path: String,
        /// What the decoder or the store says.
        source: parquet::errors::ParquetError,
    },
    /// Dead files cannot be removed.
    #[error("cannot vacuum table '{table}' in {place}: {source}; running again goes on from there")]
    Vacuum {
        /// The table.
        table: &'static str,
        /// Its folder.
        place: String,
        /// What delta-rs says.
        source: Box<DeltaTableError>,
    },
}

impl Error {
    /// The place of the table that could not be worked on, where the message names one.
    #[must_use]
    pub fn place(&self) -> Option<&str> {
        match self {
            Self::Enter { place, .. }
            | Self::Log { place, .. }
            | Self::Create { place, .. }
            | Self::Commit { place, .. }
            | Self::Scan { place, .. }
            | Self::Vacuum { place, .. } => Some(place),
            _ => None,
        }
    }
}
