//! Where the benchmarks read and write: a folder with the log, plain and packed, and a lake filled from it.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use mailtally::lake::Lake;
use mailtally::sources::{Block, Blocks, RawFile, list, open};
use mailtally::storage::Storage;
use url::Url;

/// The folder and the storage that reads it.
pub(crate) struct Place {
    folder: tempfile::TempDir,
    pub(crate) storage: Arc<Storage>,
    /// The log's size in bytes.
    pub(crate) size: u64,
    _runtime: tokio::runtime::Runtime,
}

impl Place {
    /// Writes the log as `mail.log`, `mail.log.gz` and `mail.log.zst`.
    pub(crate) fn new(log: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(log).unwrap();
        let packed =
            [("", log.to_vec()), (".gz", gzip.finish().unwrap()), (".zst", zstd::bulk::compress(log, 3).unwrap())];
        for (ending, bytes) in packed {
            std::fs::write(folder.path().join(format!("mail.log{ending}")), bytes).unwrap();
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let storage = Arc::new(Storage::new(BTreeMap::new(), runtime.handle().clone()));
        Self { folder, storage, size: log.len() as u64, _runtime: runtime }
    }

    /// A file of the folder, as listed.
    pub(crate) fn file(&self, name: &str) -> RawFile {
        list(&self.storage, &[url(&self.folder.path().join(name))]).unwrap().remove(0)
    }

    /// A file's blocks, one after the other; returns how many decoded bytes they hold.
    pub(crate) fn read(&self, file: &RawFile, mut see: impl FnMut(&Block)) -> usize {
        let mut blocks = Blocks::new(open(&self.storage, file, 0).unwrap());
        let (mut recycled, mut read) = (None, 0);
        while let Some(block) = blocks.next_block(recycled.take()).unwrap() {
            see(&block);
            read += block.bytes.len();
            recycled = Some(block.bytes);
        }
        read
    }

    /// The lake that the program itself has filled from the log.
    pub(crate) fn lake(&self) -> Lake {
        let pipeline = self.folder.path().join("pipeline.toml");
        let text = "lake = 'lake'\npublish = 'published'\n[[sources]]\nname = 'mx1'\nformat = 'postfix'\nfiles = ['mail.log']\nyear = 2026\n[run]\nlookback_days = 'all'\n";
        std::fs::write(&pipeline, text).unwrap();
        let mut run = Command::new(env!("CARGO_BIN_EXE_mailtally"));
        let done = run.args(["run", "--quiet", "--stage", "ingest"]).arg(&pipeline).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        Lake::new(Arc::clone(&self.storage), url(&self.folder.path().join("lake")))
    }
}

fn url(path: &Path) -> Url {
    Url::from_file_path(path).unwrap()
}
