//! An object as a [`Read`]: ranges of growing size, the next one under way while the last one is used.
//!
//! Ranges and not one long stream, because a store drops slow connections, and decoding is often slower than the
//! network. The entity tag of the first answer goes with every further request, so that an object that is replaced
//! meanwhile is an error and not a mixture of two.

use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use object_store::path::Path as ObjectPath;
use object_store::{GetOptions, ObjectStore};
use tokio::task::JoinHandle;

use crate::storage::Storage;

/// Bytes of the first request: enough to look at a file, little enough to throw away.
pub(super) const FIRST_CHUNK: u64 = 256 << 10;
/// Bytes of a request at most; two of them are in memory per reader.
const LARGEST_CHUNK: u64 = 8 << 20;
/// How much larger each request is than the one before.
const GROWTH: u64 = 4;

/// An object that is being read.
pub(super) struct Remote {
    storage: Arc<Storage>,
    store: Arc<dyn ObjectStore>,
    path: ObjectPath,
    tag: Option<String>,
    /// Where reading stops; less than listed where the object turns out to be shorter.
    end: u64,
    position: u64,
    chunk: Bytes,
    chunk_start: u64,
    next_size: u64,
    next: Option<Fetch>,
}

/// A range that was asked for.
struct Fetch {
    range: Range<u64>,
    task: JoinHandle<object_store::Result<Bytes>>,
}

impl Drop for Fetch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Remote {
    /// An object of `size` bytes whose first bytes, `chunk`, are known already.
    pub(super) fn new(
        storage: Arc<Storage>,
        store: Arc<dyn ObjectStore>,
        path: ObjectPath,
        size: u64,
        chunk: Bytes,
        tag: Option<String>,
    ) -> Self {
        let short = (chunk.len() as u64) < size.min(FIRST_CHUNK);
        let end = if short { chunk.len() as u64 } else { size };
        let next_size = FIRST_CHUNK * GROWTH;
        Self { storage, store, path, tag, end, position: 0, chunk, chunk_start: 0, next_size, next: None }
    }

    /// Goes to an offset; what is in memory is used again.
    pub(super) fn seek(&mut self, to: u64) {
        self.position = to;
    }

    /// What the chunk in memory holds from the position on.
    fn at_hand(&self) -> &[u8] {
        let into = self.position.checked_sub(self.chunk_start);
        into.and_then(|into| self.chunk.get(into as usize..)).unwrap_or_default()
    }

    /// Gets the chunk at the position and asks for the one after.
    fn advance(&mut self) -> io::Result<()> {
        let fetch = match self.next.take() {
            Some(fetch) if fetch.range.start == self.position => fetch,
            _ => self.fetch(self.position),
        };
        let range = fetch.range.clone();
        self.chunk = self.finish(fetch)?;
        self.chunk_start = range.start;
        if (self.chunk.len() as u64) < range.end - range.start {
            self.end = range.start + self.chunk.len() as u64;
        } else if range.end < self.end {
            self.next = Some(self.fetch(range.end));
        }
        Ok(())
    }

    fn fetch(&mut self, start: u64) -> Fetch {
        let range = start..self.end.min(start + self.next_size);
        self.next_size = LARGEST_CHUNK.min(self.next_size * GROWTH);
        let options =
            GetOptions { range: Some(range.clone().into()), if_match: self.tag.clone(), ..GetOptions::default() };
        let (store, path) = (Arc::clone(&self.store), self.path.clone());
        let task = self.storage.runtime().spawn(async move { store.get_opts(&path, options).await?.bytes().await });
        Fetch { range, task }
    }

    fn finish(&self, mut fetch: Fetch) -> io::Result<Bytes> {
        let fetched = self.storage.wait(&mut fetch.task).map_err(io::Error::other)?;
        fetched.map_err(io::Error::other)
    }
}

impl Read for Remote {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        if self.at_hand().is_empty() && self.position < self.end {
            self.advance()?;
        }
        let read = self.at_hand().read(output)?;
        self.position += read as u64;
        Ok(read)
    }
}
