//! Exports: a dataset as a file, one format per file here, one line each in [`EXPORTS`].
//!
//! Files are flat and say everything themselves: every column is inside. The same rows give the same bytes.

mod csv;
mod jsonl;
mod lines;
mod parquet;
mod xlsx;

use std::io::Write;

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;

use super::{Error, Result};
pub use csv::push_field;

/// Where a file's bytes go.
pub type Out<'a> = Box<dyn Write + Send + 'a>;

/// A file that takes rows as they come.
pub trait RowWriter: Send {
    /// Writes some rows.
    ///
    /// # Errors
    /// Where they cannot be written.
    fn rows(&mut self, rows: &RecordBatch) -> Result<()>;
    /// Writes what the file ends with.
    ///
    /// # Errors
    /// Where that cannot be written.
    fn end(self: Box<Self>) -> Result<()>;
}

/// One file format.
#[derive(Debug)]
pub struct Export {
    /// Its name, as options spell it.
    pub name: &'static str,
    /// The end of the file's name, without a dot.
    pub extension: &'static str,
    /// Whether a report has it unless its pipeline says otherwise.
    pub usual: bool,
    /// How many rows fit in one sheet, where there are sheets.
    pub rows_in_a_sheet: Option<usize>,
    /// Begins a file for rows of a schema.
    pub open: for<'a> fn(&Schema, Out<'a>) -> Result<Box<dyn RowWriter + 'a>>,
}

impl Export {
    /// The whole file of a dataset's rows: see [`batch`](super::batch).
    ///
    /// # Errors
    /// Where the rows cannot be written in this format.
    pub fn write(&self, rows: &RecordBatch) -> Result<Vec<u8>> {
        let mut file = Vec::new();
        let mut writer = (self.open)(rows.schema_ref(), Box::new(&mut file))?;
        writer.rows(rows)?;
        writer.end()?;
        Ok(file)
    }
}

/// Every format.
pub static EXPORTS: &[Export] = &[parquet::EXPORT, csv::EXPORT, jsonl::EXPORT, xlsx::EXPORT];

/// The format of a name.
#[must_use]
pub fn export(name: &str) -> Option<&'static Export> {
    EXPORTS.iter().find(|export| export.name == name)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::super::{DATASETS, batch, build, examples};
    use super::*;

    #[test]
    fn the_same_rows_give_the_same_bytes() {
        for dataset in DATASETS {
            let write = |export: &Export| {
                let rows = build(dataset, &examples::tables(), &examples::window()).unwrap();
                export.write(&batch(&rows).unwrap()).unwrap()
            };
            for export in EXPORTS {
                assert_eq!(write(export), write(export), "{} as {}", dataset.name, export.name);
            }
        }
    }

    #[test]
    fn rows_in_pieces_give_the_same_file() {
        let rows = build(&DATASETS[2], &examples::tables(), &examples::window()).unwrap();
        let rows = batch(&rows).unwrap();
        assert!(rows.num_rows() > 2);
        for export in EXPORTS {
            let mut file = Vec::new();
            let mut writer = (export.open)(rows.schema_ref(), Box::new(&mut file)).unwrap();
            (0..rows.num_rows()).for_each(|row| writer.rows(&rows.slice(row, 1)).unwrap());
            writer.end().unwrap();
            assert_eq!(file, export.write(&rows).unwrap(), "{}", export.name);
        }
    }

    #[test]
    fn formats_are_found() {
        assert_eq!(export("jsonl").unwrap().extension, "jsonl");
        assert!(export("xls").is_none());
    }
}
