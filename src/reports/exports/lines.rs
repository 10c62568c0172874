//! What forms of text have in common: lines that are put together in memory and written many at once.

use arrow::array::RecordBatch;

use super::super::cells::{Cell, Cells};
use super::{Error, Out, Result};

/// Bytes that are written at once.
const PIECE: usize = 1 << 20;

/// Text on its way into a file.
pub(super) struct Lines<'a> {
    out: Out<'a>,
    format: &'static str,
    /// What is not written yet. Lines are appended here.
    pub(super) text: Vec<u8>,
}

impl<'a> Lines<'a> {
    /// Nothing yet, of a format that is named where it cannot be written.
    pub(super) fn new(out: Out<'a>, format: &'static str) -> Self {
        Self { out, format, text: Vec::new() }
    }

    /// Writes a line for each row: its cells, each with its column's number, and the line's end. What is the same in
    /// all of the lines, as the window is, is put together once.
    pub(super) fn rows(
        &mut self,
        rows: &RecordBatch,
        end: &[u8],
        write: impl Fn(&mut Vec<u8>, usize, Cell<'_>),
    ) -> Result<()> {
        if rows.num_rows() == 0 {
            return Ok(());
        }
        let columns = Cells::of_columns(rows);
        let (shared, own) = columns.split_at(Cells::shared(&columns, rows.num_rows()));
        let mut beginning = Vec::new();
        for (index, column) in shared.iter().enumerate() {
            write(&mut beginning, index, column.get(0));
        }
        for row in 0..rows.num_rows() {
            self.text.extend_from_slice(&beginning);
            for (index, column) in own.iter().enumerate() {
                write(&mut self.text, shared.len() + index, column.get(row));
            }
            self.text.extend_from_slice(end);
            if self.text.len() >= PIECE {
                self.send()?;
            }
        }
        Ok(())
    }

    /// Writes what is left.
    pub(super) fn send(&mut self) -> Result<()> {
        let sent = self.out.write_all(&self.text);
        self.text.clear();
        sent.map_err(|error| Error::Export { format: self.format, reason: error.to_string() })
    }
}
