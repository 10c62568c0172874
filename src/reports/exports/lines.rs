//! What forms of text have in common: lines that are put together in memory and written many at once.

use arrow::array::RecordBatch;

use super::super::cells::{Cell, Cells};
use super::{Error, Out, Result};

/// Bytes that are written at once: they are still in a core's cache where they are copied.
const PIECE: usize = 64 << 10;

/// What a form is made of.
pub(super) trait Form {
    /// What a line ends with.
    const LINE_END: &[u8];
    /// Whether a text that holds the byte is not written as it is.
    fn is_special(byte: u8) -> bool;
    /// Writes the cell of a column. It is `plain` where no text of the column holds a special byte.
    fn write(&self, line: &mut Vec<u8>, column: usize, cell: Cell<'_>, plain: bool);
}

/// Whether none of the bytes is special, as those of nearly every text.
pub(super) fn is_plain<F: Form>(bytes: &[u8]) -> bool {
    // Without a way out of the loop, many bytes are looked at at once.
    !bytes.iter().fold(false, |special, byte| special | F::is_special(*byte))
}

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

    /// Writes a line for each row. What is the same in all of the lines, as the window is, is put together once.
    pub(super) fn rows<F: Form>(&mut self, form: &F, rows: &RecordBatch) -> Result<()> {
        if rows.num_rows() == 0 {
            return Ok(());
        }
        let columns = Cells::of_columns(rows);
        let (shared, own) = columns.split_at(Cells::shared(&columns, rows.num_rows()));
        let mut beginning = Vec::new();
        for (index, column) in shared.iter().enumerate() {
            form.write(&mut beginning, index, column.get(0), false);
        }
        let own = own.iter().enumerate().map(|(index, column)| {
            let plain = is_plain::<F>(column.all_texts());
            (shared.len() + index, column, plain)
        });
        let own = own.collect::<Vec<_>>();
        for row in 0..rows.num_rows() {
            self.text.extend_from_slice(&beginning);
            for (index, column, plain) in &own {
                form.write(&mut self.text, *index, column.get(row), *plain);
            }
            self.text.extend_from_slice(F::LINE_END);
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
