//! The scanner of a pass: files to blocks to candidates, with the unpacking of what is packed beside it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::{Pass, PassFile, QUEUE};
use crate::sources::{self, Block, Blocks};
use crate::storage::Storage;
use crate::submissions::scan::{Found, Scanned, Scanner};

/// What the scanner hands on.
pub(super) enum Step {
    Scanned(usize, Scanned),
    End { file: usize, truncated: bool },
    Failed(sources::Error),
}

/// What the joiner has done with and hands back, for its memory.
pub(super) struct Recycled {
    pub(super) blocks: Receiver<Vec<u8>>,
    pub(super) found: Receiver<Found>,
}

/// The scanner: the blocks of all files, in order. A file is left early once the joiner has said so.
pub(super) fn scan_files(
    storage: &Arc<Storage>,
    pass: &Pass,
    skip: &AtomicUsize,
    mut recycled: Recycled,
    out: &SyncSender<Step>,
) {
    for (index, file) in pass.files.iter().enumerate() {
        let skipped = || skip.load(Ordering::Relaxed) > index;
        if skipped() {
            continue;
        }
        let Recycled { blocks: buffers, found } = &mut recycled;
        let mut scanner = Scanner::new(pass.format);
        let scan = |block| {
            let scanned = scanner.scan(block, found.try_recv().ok());
            !skipped() && out.send(Step::Scanned(index, scanned)).is_ok()
        };
        let read = sources::open(storage, &file.file, file.from).and_then(|reader| {
            let is_plain = reader.is_plain();
            let blocks = Blocks::new(reader).packed(pass.format.is_packed());
            if is_plain { each_block(blocks, buffers, scan) } else { each_block_beside(blocks, buffers, scan) }
        });
        let last = match read {
            Ok(truncated) => out.send(Step::End { file: index, truncated }),
            Err(error) => {
                let _ = out.send(Step::Failed(error));
                return;
            }
        };
        if last.is_err() {
            return;
        }
    }
}

/// Takes a file's blocks until there are no more or one is refused; returns whether the file ended too early.
fn each_block(
    mut blocks: Blocks,
    recycled: &mut Receiver<Vec<u8>>,
    mut take: impl FnMut(Block) -> bool,
) -> sources::Result<bool> {
    while let Some(block) = blocks.next_block(recycled.try_recv().ok())?
        && take(block)
    {}
    Ok(blocks.reader().truncated())
}

/// The same with the reading on a thread of its own, for files that have to be decoded or fetched.
fn each_block_beside(
    blocks: Blocks,
    recycled: &mut Receiver<Vec<u8>>,
    mut take: impl FnMut(Block) -> bool,
) -> sources::Result<bool> {
    let (to_taker, from_reader) = sync_channel(QUEUE);
    std::thread::scope(|scope| {
        let reading = scope.spawn(move || each_block(blocks, recycled, |block| to_taker.send(block).is_ok()));
        for block in &from_reader {
            if !take(block) {
                break;
            }
        }
        // A reader that still has blocks learns that nobody takes them.
        drop(from_reader);
        reading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// How many lines a file holds before the place where a pass began in it.
pub(super) fn count_line_ends(storage: &Arc<Storage>, file: &PassFile) -> sources::Result<u64> {
    let mut blocks = Blocks::new(sources::open(storage, &file.file, 0)?);
    let mut buffer = None;
    let mut count = 0;
    while let Some(block) = blocks.next_block(buffer.take())? {
        let end = file.from.saturating_sub(block.offset).min(block.bytes.len() as u64) as usize;
        count += memchr::memchr_iter(b'\n', &block.bytes[..end]).count() as u64;
        if end < block.bytes.len() {
            break;
        }
        buffer = Some(block.bytes);
    }
    Ok(count)
}
