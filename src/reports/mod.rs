//! Reports: what a window of days shows, as datasets, files, a page and a digest.
//!
//! ```text
//! daily tables, coverage ─▶ reading ─▶ tables ─▶ datasets ─▶ exports (Parquet, CSV, JSON lines, XLSX)
//!                                                         ├▶ page    (one HTML file that needs no network)
//!                                                         └▶ digest  (the numbers of a terminal summary)
//! ```
//!
//! All of it is a function of the daily tables and the window: the same lake and window give the same bytes.

mod cells;
pub mod cutover;
pub mod datasets;
pub mod digest;
pub mod exports;
pub mod page;
mod reading;
mod recent;
pub mod tables;
pub mod tls;
pub mod unusual;
pub mod wanted;
mod window;

use polars::prelude::*;

pub use cells::batch;
pub use datasets::{DATASETS, Dataset, OnPage, UNUSUAL_ACTIVITY, build, dataset};
pub use digest::Digest;
pub use exports::{EXPORTS, Export, Out, RowWriter, export, push_field};
pub use reading::{Half, Reading};
pub use tables::Tables;
pub use wanted::Wanted;
pub use window::{Beyond, Window};

/// The result of this module.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a report could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Polars could not build a dataset.
    #[error(
        "dataset {dataset}: the query failed: {source}; if a column is named, the daily tables are from another version: \
         roll the window's days up again; if a file is missing, build its day again: `mailtally run --date`"
    )]
    Query {
        /// The dataset.
        dataset: &'static str,
        /// What Polars says.
        source: PolarsError,
    },
    /// The daily tables are not of this version's shape.
    #[error(transparent)]
    Read(#[from] crate::rollups::Error),
    /// The page or the digest needs a dataset that it was not given.
    #[error("the report needs the dataset {dataset}, which was not built: add it to the report's datasets")]
    MissingDataset {
        /// The dataset.
        dataset: &'static str,
    },
    /// A dataset has not the shape that the page or the digest reads.
    #[error("a dataset has not the expected columns: {source}; build it again with this version")]
    Shape {
        /// What Polars says.
        #[from]
        source: PolarsError,
    },
    /// A dataset has a column of a type that no table has.
    #[error("column '{column}' of a dataset is {found}, which no export can write; this is a defect, please report it")]
    Column {
        /// The column.
        column: String,
        /// Its type.
        found: String,
    },
    /// The columns of a dataset are not of one length.
    #[error("the columns of a dataset do not make rows: {source}; this is a defect, please report it")]
    Rows {
        /// What Arrow says.
        source: arrow::error::ArrowError,
    },
    /// A dataset could not be written in a format.
    #[error("the export as {format} failed: {reason}; try another format")]
    Export {
        /// The format.
        format: &'static str,
        /// What the writer says.
        reason: String,
    },
}

/// The frame of a dataset among those that were built.
fn find<'a>(datasets: &'a [(&str, DataFrame)], name: &'static str) -> Result<&'a DataFrame> {
    let found = datasets.iter().find(|(dataset, _)| *dataset == name);
    found.map(|(_, frame)| frame).ok_or(Error::MissingDataset { dataset: name })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod examples;
