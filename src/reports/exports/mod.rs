//! Exports: a dataset as a file, one format per file here, one line each in [`EXPORTS`].
//!
//! Files are flat and say everything themselves: every column is inside. The same rows give the same bytes.

mod csv;
mod jsonl;
mod parquet;

use arrow::array::RecordBatch;

use super::{Error, Result};

/// One file format.
#[derive(Debug)]
pub struct Export {
    /// Its name, as options spell it.
    pub name: &'static str,
    /// The end of the file's name, without a dot.
    pub extension: &'static str,
    /// The whole file of a dataset's rows: see [`batch`](super::batch).
    pub write: fn(&RecordBatch) -> Result<Vec<u8>>,
}

/// Every format.
pub static EXPORTS: &[Export] = &[parquet::EXPORT, csv::EXPORT, jsonl::EXPORT];

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
                (export.write)(&batch(&rows).unwrap()).unwrap()
            };
            for export in EXPORTS {
                assert_eq!(write(export), write(export), "{} as {}", dataset.name, export.name);
            }
        }
    }

    #[test]
    fn formats_are_found() {
        assert_eq!(export("jsonl").unwrap().extension, "jsonl");
        assert!(export("xls").is_none());
    }
}
