//! Files that were written and that no commit has named.
//!
//! Where a run fails, they are removed: a disk that was full would stay so, and no later run knows of them. What is left of
//! a process that was killed is for a vacuum.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use object_store::ObjectStoreExt;
use object_store::path::Path as ObjectPath;

use super::Lake;
use super::error::{Error, Result};
use super::files::DataFile;
use super::tables::{TABLES, Table};
use crate::storage::local_path;

/// The files by their path, which no other table has too.
#[derive(Debug, Default)]
pub(super) struct Written(Mutex<HashMap<String, &'static Table>>);

impl Written {
    pub(super) fn note(&self, table: &'static Table, path: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), table);
    }

    /// Takes out what a commit has named.
    pub(super) fn committed(&self, files: &[DataFile]) {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for file in files {
            written.remove(&file.path);
        }
    }

    fn take(&self) -> HashMap<String, &'static Table> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Lake {
    /// Removes what was written through this lake and stands in no commit, once nothing is being written or committed any
    /// more. Only on local disk: of an object store nobody knows whether it does what it has not answered after all.
    ///
    /// # Errors
    /// Where a log cannot be read or a file cannot be removed: then the files stay, and are for a vacuum.
    pub fn remove_uncommitted(&self) -> Result<()> {
        let written = self.written.take();
        if local_path(&self.root).is_none() {
            return Ok(());
        }
        for table in TABLES {
            let mut paths = written.iter().filter(|(_, of)| of.name == table.name).map(|(path, _)| path).peekable();
            if paths.peek().is_none() {
                continue;
            }
            // A commit that has failed may have been made all the same.
            let snapshot = self.snapshot(table)?;
            let named = snapshot.files.iter().map(|file| &file.path).collect::<HashSet<_>>();
            paths.filter(|path| !named.contains(path)).try_for_each(|path| self.remove(table, path))?;
        }
        Ok(())
    }

    fn remove(&self, table: &'static Table, path: &str) -> Result<()> {
        let (store, folder) = self.store(table)?;
        let failed = |source| Error::Remove { path: path.to_owned(), source };
        let file = ObjectPath::parse(format!("{folder}/{path}")).map_err(|error| failed(error.into()))?;
        self.storage.wait(store.delete(&file)).map_err(failed)?;
        tracing::info!(table = table.name, path, "removed, since it was not committed");
        Ok(())
    }
}
