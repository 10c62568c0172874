//! The manifest beside the published files: what was published and from what, so that an unchanged report is not written
//! again, and what a changed one leaves behind is taken away.

use chrono::{DateTime, Utc};
use futures::future::join_all;
use object_store::{Error as StoreError, ObjectStoreExt as _};
use serde::{Deserialize, Serialize};
use url::Url;

use super::super::{Error, Result};
use super::put;
use crate::calendar::{Day, HOUR, Timestamp};
use crate::reports::Window;
use crate::storage::{self, Storage, below, display, local_path, unfinished};

/// Its file.
const NAME: &str = "manifest.json";

/// The manifest of a place.
#[derive(Debug, Serialize, Deserialize, PartialEq, Eq)]
pub(super) struct Manifest {
    window_start: Day,
    window_end: Day,
    as_of: Day,
    pub(super) digest: String,
    files: Vec<String>,
    /// Files that only manifests before this one named, and those beside the report that are to go with them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    old_files: Vec<String>,
}

impl Manifest {
    /// The manifest of files that have just been written.
    pub(super) fn new(window: Window, digest: String, files: Vec<String>) -> Self {
        let Window { first, last, as_of } = window;
        Self { window_start: first, window_end: last, as_of, digest, files, old_files: Vec::new() }
    }

    /// The manifest of what is published; none where nothing is, or where it cannot be read as one.
    pub(super) fn read(storage: &Storage, place: &Url) -> Result<Option<Self>> {
        let url = below(place, NAME);
        let (store, path) = storage.store(&url)?;
        let failed = |source| Error::Publish { place: display(&url), source };
        let got = storage.wait(async {
            match store.get(&path).await {
                Ok(found) => found.bytes().await.map(Some),
                Err(StoreError::NotFound { .. }) => Ok(None),
                Err(error) => Err(error),
            }
        });
        Ok(got.map_err(failed)?.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
    }

    /// Puts it in the place of the one before it, whose other files are remembered: as many as are told.
    pub(super) fn put(mut self, storage: &Storage, place: &Url) -> Result<usize> {
        if let Some(before) = Self::read(storage, place)? {
            let old = before.files.into_iter().chain(before.old_files).filter(|file| !self.files.contains(file));
            self.old_files = old.collect();
        }
        self.write(storage, place)?;
        Ok(self.old_files.len())
    }

    /// Remembers files beside the published ones, too.
    pub(super) fn remember(mut self, storage: &Storage, place: &Url, files: Vec<String>) -> Result<()> {
        let new = files.into_iter().filter(|file| !self.files.contains(file) && !self.old_files.contains(file));
        let new = new.collect::<Vec<_>>();
        self.old_files.extend(new);
        self.write(storage, place)
    }

    fn write(&self, storage: &Storage, place: &Url) -> Result<()> {
        put(storage, &below(place, NAME), serde_json::to_vec_pretty(self).unwrap_or_default())
    }

    /// Whether all files are there, and none that only an earlier manifest named. Of a file that a store keeps to itself
    /// nobody knows, so it is written again, or that fails and is told.
    pub(super) fn is_complete(&self, storage: &Storage, place: &Url) -> Result<bool> {
        let stored = self.files.iter().map(|file| storage.store(&below(place, file)));
        let stored = stored.collect::<storage::Result<Vec<_>>>()?;
        let heads = stored.iter().map(|(store, path)| store.head(path));
        Ok(self.old_files.is_empty() && storage.wait(join_all(heads)).iter().all(|head| head.is_ok()))
    }

    /// Removes what is left of these files where a run was killed while it wrote them; only a local disk shows it. What was
    /// written within an hour may be another's, who is still at it. Where it cannot be removed it does no harm.
    pub(super) fn remove_unfinished(&self, place: &Url, now: Timestamp) {
        let ours = |name: &str| name == NAME || self.files.iter().chain(&self.old_files).any(|file| file == name);
        let entries = local_path(place).and_then(|folder| folder.read_dir().ok());
        for entry in entries.into_iter().flatten().flatten() {
            let is_ours = entry.file_name().to_str().and_then(unfinished).is_some_and(ours);
            let written = entry.metadata().and_then(|found| found.modified()).map(DateTime::<Utc>::from);
            let is_left = written.is_ok_and(|written| written.timestamp_micros() < now - HOUR);
            if is_ours && is_left && std::fs::remove_file(entry.path()).is_ok() {
                tracing::info!(file = %entry.path().display(), "removed, since nobody goes on with it");
            }
        }
    }

    /// Removes the files that only manifests before this one named, which a reader who has this one does not look for.
    pub(super) fn remove_old(mut self, storage: &Storage, place: &Url) -> Result<()> {
        if self.old_files.is_empty() {
            return Ok(());
        }
        // Whatever somebody may have written into the manifest: what we write lies beside it.
        for file in self.old_files.iter().filter(|file| !file.contains('/') && *file != NAME) {
            let file = below(place, file);
            let (store, path) = storage.store(&file)?;
            match storage.wait(store.delete(&path)) {
                Ok(()) | Err(StoreError::NotFound { .. }) => tracing::info!(file = display(&file), "removed"),
                Err(source) => return Err(Error::Publish { place: display(&file), source }),
            }
        }
        self.old_files.clear();
        self.write(storage, place)
    }
}
