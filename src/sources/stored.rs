//! A file's bytes as they are stored, from local disk or an object store, behind [`Read`] and a seek.
//!
//! Local files are read through their handle, with no runtime and no store in between: the store opens no file whose name
//! can be no object's. What a file has grown by since it was
//! listed is not read: a run sees one state of it.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Take};
use std::sync::Arc;

use object_store::{GetOptions, ObjectStore};

use super::remote::{FIRST_CHUNK, Remote};
use super::{Error, RawFile, Result};
use crate::storage::{Storage, display, local_path};

/// The stored bytes of one file.
pub(super) enum Stored {
    /// On local disk.
    Local {
        /// The handle, limited to what the file held when it was listed.
        file: Take<File>,
        /// That limit.
        size: u64,
    },
    /// In an object store.
    Remote(Remote),
}

impl Stored {
    /// Opens a file at its beginning. From an object store, the first bytes come with the same request.
    pub(super) fn open(storage: &Arc<Storage>, file: &RawFile) -> Result<Self> {
        let failed = |source| Error::Open { file: display(&file.url), source };
        if let Some(path) = local_path(&file.url) {
            let handle = File::open(path).map_err(|error| failed(error.into()))?;
            return Ok(Self::Local { file: handle.take(file.size), size: file.size });
        }
        let (store, path) = storage.store(&file.url)?;
        let options = GetOptions { range: Some((0..file.size.min(FIRST_CHUNK)).into()), ..GetOptions::default() };
        let first = storage.wait(async {
            let found = store.get_opts(&path, options).await?;
            let tag = found.meta.e_tag.clone();
            Ok::<_, object_store::Error>((found.bytes().await?, tag))
        });
        let (chunk, tag) = first.map_err(|error| failed(error.into()))?;
        Ok(Self::Remote(Remote::new(Arc::clone(storage), store, path, file.size, chunk, tag)))
    }

    /// Goes to a stored offset.
    pub(super) fn seek(&mut self, to: u64) -> io::Result<()> {
        match self {
            Self::Local { file, size } => {
                file.get_mut().seek(SeekFrom::Start(to))?;
                file.set_limit(size.saturating_sub(to));
            }
            Self::Remote(remote) => remote.seek(to),
        }
        Ok(())
    }

    /// Whether a seek is cheap: on local disk it is, over a network it costs a request.
    pub(super) fn seeks_cheaply(&self) -> bool {
        matches!(self, Self::Local { .. })
    }
}

impl Read for Stored {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Local { file, .. } => file.read(output),
            Self::Remote(remote) => remote.read(output),
        }
    }
}
