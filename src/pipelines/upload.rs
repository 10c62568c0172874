//! Published files that are sent as they are written, so that memory does not follow their length.

use std::io::{self, Write};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread;

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use bytes::Bytes;
use url::Url;

use super::{Error, Result};
use crate::reports::{Export, RowWriter};
use crate::storage::{Sending, Storage, below, display};

/// Bytes that are handed on at once. Many of them make a request; memory of this size is used again, where that of a
/// whole request would come from the system each time.
const PIECE: usize = 1 << 20;

/// As many rows are no burden for one thread.
const FEW_ROWS: usize = 2_000;

/// The same rows in several forms, each a file of its own.
pub(super) struct Forms<'a>(Vec<Box<dyn RowWriter + 'a>>);

impl Forms<'_> {
    /// Writes some rows, in each form at the same time.
    pub(super) fn rows(&mut self, rows: &RecordBatch) -> Result<()> {
        if rows.num_rows() <= FEW_ROWS {
            return Ok(self.0.iter_mut().try_for_each(|writer| writer.rows(rows))?);
        }
        thread::scope(|scope| {
            let written = self.0.iter_mut().map(|writer| scope.spawn(|| writer.rows(rows))).collect::<Vec<_>>();
            let written = written.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
            Ok(written.collect::<crate::reports::Result<()>>()?)
        })
    }
}

/// Writes files of one name below a place, one for each form. They are there, whole, once `write` has written all rows.
pub(super) fn write_files(
    storage: &Arc<Storage>,
    place: &Url,
    name: &str,
    exports: &[&'static Export],
    schema: &Schema,
    write: impl FnOnce(&mut Forms<'_>) -> Result<()>,
) -> Result<Vec<Url>> {
    let file = |export: &&Export| below(place, &format!("{name}.{}", export.extension));
    let files: Vec<Url> = exports.iter().map(file).collect();
    let mut uploads = files.iter().map(|file| Upload::new(storage, file)).collect::<Result<Vec<_>>>()?;
    {
        let opened = exports.iter().zip(&mut uploads).map(|(export, upload)| (export.open)(schema, Box::new(upload)));
        let mut forms = Forms(opened.collect::<crate::reports::Result<_>>()?);
        write(&mut forms)?;
        forms.0.into_iter().try_for_each(|writer| writer.end())?;
    }
    uploads.into_iter().try_for_each(Upload::finish)?;
    Ok(files)
}

/// What is to be said where rows do not fit in one sheet.
pub(super) fn sheets(export: &Export, name: &str, rows: u64) -> Option<String> {
    let in_one = export.rows_in_a_sheet? as u64;
    (rows > in_one).then(|| {
        let sheets = rows.div_ceil(in_one);
        format!("{name}.{} has {rows} rows in {sheets} sheets, since one holds {in_one}", export.extension)
    })
}

/// Where the bytes of a file go. Where it is dropped unfinished, what was sent is no file.
struct Upload {
    place: Url,
    file: Sending,
    waiting: Vec<u8>,
}

impl Upload {
    fn new(storage: &Arc<Storage>, place: &Url) -> Result<Self> {
        let (store, path) = storage.store(place)?;
        Ok(Self { place: place.clone(), file: Sending::new(storage, store, path), waiting: Vec::new() })
    }

    fn send(&mut self) -> object_store::Result<()> {
        self.file.put(Bytes::from(std::mem::take(&mut self.waiting)))
    }

    /// Ends the file: from now on it is there, whole.
    fn finish(mut self) -> Result<()> {
        let sent = self.send().and_then(|()| self.file.finish());
        sent.map_err(|source| Error::Publish { place: display(&self.place), source })
    }
}

impl Write for &mut Upload {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.waiting.is_empty() {
            // As it is sent, so that it never has to be moved.
            self.waiting.reserve_exact(PIECE + bytes.len());
        }
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= PIECE {
            self.send().map_err(io::Error::other)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
