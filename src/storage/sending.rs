//! An object that is sent as it is written, so that memory does not follow its length.

use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use object_store::ObjectStore;
use object_store::buffered::BufWriter;
use object_store::path::Path as ObjectPath;
use tokio::io::AsyncWrite as _;

use super::Storage;

/// Bytes in one request; S3 takes 10,000 of them in a file and wants 5 MiB at least.
const PART_SIZE: usize = 8 * 1024 * 1024;
/// Requests under way at once: what bounds the memory that waits for the network.
const REQUESTS: usize = 2;

/// An object on its way. A small one is one request, a large one a multipart upload. Where it is dropped unfinished,
/// what was sent is no object.
pub struct Sending {
    storage: Arc<Storage>,
    object: BufWriter,
}

impl Sending {
    /// An object of which nothing has been sent.
    #[must_use]
    pub fn new(storage: &Arc<Storage>, store: Arc<dyn ObjectStore>, path: ObjectPath) -> Self {
        let object = BufWriter::with_capacity(store, path, PART_SIZE).with_max_concurrency(REQUESTS);
        Self { storage: Arc::clone(storage), object }
    }

    /// Hands over bytes, in pieces that keep the number of requests under way bounded.
    ///
    /// # Errors
    /// What the store says.
    pub fn put(&mut self, mut bytes: Bytes) -> object_store::Result<()> {
        let object = &mut self.object;
        self.storage.wait(async {
            while !bytes.is_empty() {
                object.put(bytes.split_to(bytes.len().min(PART_SIZE))).await?;
            }
            Ok(())
        })
    }

    /// Ends the object: from now on it is there, whole.
    ///
    /// # Errors
    /// What the store says.
    pub fn finish(mut self) -> object_store::Result<()> {
        let object = &mut self.object;
        let closed = self.storage.wait(std::future::poll_fn(|context| Pin::new(&mut *object).poll_shutdown(context)));
        closed.map_err(|error| object_store::Error::Generic { store: "upload", source: Box::new(error) })
    }
}
