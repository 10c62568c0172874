//! The reader and the scanner of a pass: files to blocks to candidates, each on a thread of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender};

use super::PassFile;
use crate::formats::Format;
use crate::sources::{self, Block, Blocks};
use crate::storage::Storage;
use crate::submissions::scan::{Found, Scanned, Scanner};

/// What the reader hands on.
pub(super) enum Read {
    Block(usize, Block),
    End { file: usize, truncated: bool },
    Failed(sources::Error),
}

/// What the scanner hands on.
pub(super) enum Step {
    Scanned(usize, Scanned),
    End { file: usize, truncated: bool },
    Failed(sources::Error),
}

/// The reader: blocks of all files, in order, of lines that may pack objects or not. A file is left early once the
/// joiner has said so.
pub(super) fn read_files(
    storage: &Arc<Storage>,
    (files, packed): (&[PassFile], bool),
    skip: &AtomicUsize,
    recycled: &Receiver<Vec<u8>>,
    out: &SyncSender<Read>,
) {
    for (index, file) in files.iter().enumerate() {
        let skipped = || skip.load(Ordering::Relaxed) > index;
        if skipped() {
            continue;
        }
        let step = |blocks: &mut Blocks| -> sources::Result<bool> {
            match blocks.next_block(recycled.try_recv().ok())? {
                Some(block) => Ok(out.send(Read::Block(index, block)).is_ok()),
                None => Ok(false),
            }
        };
        let read = sources::open(storage, &file.file, file.from).and_then(|reader| {
            let mut blocks = Blocks::new(reader).packed(packed);
            while !skipped() && step(&mut blocks)? {}
            Ok(blocks.reader().truncated())
        });
        let last = match read {
            Ok(truncated) => out.send(Read::End { file: index, truncated }),
            Err(error) => {
                let _ = out.send(Read::Failed(error));
                return;
            }
        };
        if last.is_err() {
            return;
        }
    }
}

/// The scanner: each file's blocks in order.
pub(super) fn scan_blocks(
    format: &'static dyn Format,
    from: &Receiver<Read>,
    recycled: &Receiver<Found>,
    out: &SyncSender<Step>,
) {
    let mut scanner = Scanner::new(format);
    for read in from {
        let step = match read {
            Read::Block(file, block) => Step::Scanned(file, scanner.scan(block, recycled.try_recv().ok())),
            Read::End { file, truncated } => {
                scanner = Scanner::new(format);
                Step::End { file, truncated }
            }
            Read::Failed(error) => Step::Failed(error),
        };
        if out.send(step).is_err() {
            return;
        }
    }
}
