//! A published file that is sent as it is written, so that memory does not follow its length.

use std::io::{self, Write};
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use object_store::buffered::BufWriter;
use tokio::io::AsyncWrite;
use url::Url;

use super::{Error, Result};
use crate::storage::{Storage, display};

/// Bytes in one request; S3 takes 10,000 of them in a file and wants 5 MiB at least.
const PART_SIZE: usize = 8 * 1024 * 1024;

/// Where the bytes of a file go. Where it is dropped unfinished, what was sent is no file.
pub(super) struct Upload {
    storage: Arc<Storage>,
    place: Url,
    file: BufWriter,
    waiting: Vec<u8>,
}

impl Upload {
    pub(super) fn new(storage: &Arc<Storage>, place: &Url) -> Result<Self> {
        let (store, path) = storage.store(place)?;
        let file = BufWriter::with_capacity(store, path, PART_SIZE).with_max_concurrency(2);
        Ok(Self { storage: Arc::clone(storage), place: place.clone(), file, waiting: Vec::new() })
    }

    fn send(&mut self) -> object_store::Result<()> {
        let bytes = Bytes::from(std::mem::take(&mut self.waiting));
        let file = &mut self.file;
        self.storage.wait(async { if bytes.is_empty() { Ok(()) } else { file.put(bytes).await } })
    }

    /// Ends the file: from now on it is there, whole.
    pub(super) fn finish(mut self) -> Result<()> {
        let place = display(&self.place);
        let failed = |source| Error::Publish { place: place.clone(), source };
        self.send().map_err(failed)?;
        let file = &mut self.file;
        let closed = self.storage.wait(std::future::poll_fn(|context| Pin::new(&mut *file).poll_shutdown(context)));
        closed.map_err(|error| failed(object_store::Error::Generic { store: "upload", source: Box::new(error) }))
    }
}

impl Write for &mut Upload {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= PART_SIZE {
            self.send().map_err(io::Error::other)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
