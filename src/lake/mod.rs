//! The lake: Delta tables whose days are replaced whole, in one commit.
//!
//! A table is a folder of Parquet files and a log that says which of them count
//! (<https://github.com/delta-io/delta/blob/master/PROTOCOL.md>). Workers write files through [`PartitionWriter`];
//! nobody sees them until one call of [`Lake::replace`] swaps the partitions' old files for the new ones. The
//! name of each file carries the digest of what it was built from, so that the log itself is the ledger: it
//! cannot say anything else than what the lake holds.
//!
//! All calls wait for storage, so they belong on ordinary threads and not on those of the runtime.

mod commit;
mod dictionary;
mod error;
mod files;
mod log;
mod maintain;
mod order;
mod read;
mod scan;
mod snapshot;
mod statistics;
pub mod tables;
#[cfg(test)]
mod tests;
mod write;
mod written;

use std::sync::Arc;

use url::Url;

pub use self::commit::RunInfo;
pub use self::error::{Error, Result};
pub use self::files::{DataFile, Partition};
pub use self::snapshot::Snapshot;
pub use self::write::PartitionWriter;

use self::tables::Table;
use crate::storage::{self, Storage};

/// A folder of tables, on a disk or in a bucket.
#[derive(Clone, Debug)]
pub struct Lake {
    storage: Arc<Storage>,
    root: Url,
    seen: Arc<log::Seen>,
    written: Arc<written::Written>,
}

impl Lake {
    /// The lake below `root`; nothing is opened or made yet.
    #[must_use]
    pub fn new(storage: Arc<Storage>, root: Url) -> Self {
        Self { storage, root, seen: Arc::default(), written: Arc::default() }
    }

    /// The folder of a table, without a slash at its end.
    #[must_use]
    pub fn location(&self, table: &Table) -> Url {
        storage::below(&self.root, table.name)
    }
}
