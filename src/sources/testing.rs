//! What the tests of this folder, and some beyond it, share: a place to read from, lines that look like a log, and packed copies.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

use object_store::ObjectStoreExt;
use url::Url;

use super::{RawFile, RawReader, list, open};
use crate::storage::Storage;

/// A folder and the storage that reads it.
pub(crate) struct Place {
    pub(super) folder: tempfile::TempDir,
    pub(crate) storage: Arc<Storage>,
    _runtime: tokio::runtime::Runtime,
}

impl Place {
    pub(crate) fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let storage = Arc::new(Storage::new(BTreeMap::new(), runtime.handle().clone()));
        Self { folder: tempfile::tempdir().unwrap(), storage, _runtime: runtime }
    }

    /// Writes a file below the folder and returns it as listed.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> RawFile {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        RawFile { url: Url::from_file_path(path).unwrap(), size: bytes.len() as u64, modified: 0 }
    }

    /// A reader over a new file with these bytes.
    pub(super) fn reader(&self, bytes: &[u8]) -> RawReader {
        open(&self.storage, &self.write("raw file", bytes), 0).unwrap()
    }
}

/// Stores an object and returns it as listed.
pub(super) fn put(storage: &Storage, url: &str, bytes: &[u8]) -> RawFile {
    let url = Url::parse(url).unwrap();
    let (store, path) = storage.store(&url).unwrap();
    storage.wait(store.put(&path, bytes.to_vec().into())).unwrap();
    list(storage, &[url]).unwrap().remove(0)
}

/// Numbered lines as a mail server writes them, the same in every run.
pub(super) fn lines(count: usize) -> Vec<u8> {
    let mut text = Vec::new();
    let mut state = 1_u64;
    for number in 0..count {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let id = state >> 24;
        writeln!(
            text,
            "Mar  1 00:{:02}:{:02} mx1 postfix/smtpd[{number}]: {id:X}: client=unknown[192.0.2.{}]",
            number / 60 % 60,
            number % 60,
            id % 256
        )
        .unwrap();
    }
    text
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// One zstd frame that states its content's size, as the command line tool writes it.
pub(super) fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::bulk::compress(bytes, 3).unwrap()
}

pub(super) fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 6);
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(super) fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
