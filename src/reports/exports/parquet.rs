//! Parquet: typed, compressed and with statistics, so that a reader skips what it does not need.
//!
//! Written by arrow-rs like the lake's files, and not by Polars, whose files ask Arrow readers for text as
//! `Utf8View`, which older ones refuse. <https://parquet.apache.org/docs/file-format/>

use std::sync::Arc;

use ::parquet::arrow::ArrowWriter;
use ::parquet::basic::{Compression, ZstdLevel};
use ::parquet::errors::ParquetError;
use ::parquet::file::properties::WriterProperties;
use arrow::array::RecordBatch;
use arrow::datatypes::Schema;

use super::{Error, Export, Out, Result, RowWriter};

/// The registry's line.
pub(super) const EXPORT: Export =
    Export { name: "parquet", extension: "parquet", usual: true, rows_in_a_sheet: None, open };

/// As in the lake's files.
const ZSTD_LEVEL: i32 = 3;

struct File<'a>(ArrowWriter<Out<'a>>);

fn open<'a>(schema: &Schema, out: Out<'a>) -> Result<Box<dyn RowWriter + 'a>> {
    begin(schema, out).map(|file| Box::new(file) as Box<dyn RowWriter + 'a>).map_err(failed)
}

fn begin<'a>(schema: &Schema, out: Out<'a>) -> std::result::Result<File<'a>, ParquetError> {
    let compression = Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?);
    let properties = WriterProperties::builder().set_compression(compression).build();
    Ok(File(ArrowWriter::try_new(out, Arc::new(schema.clone()), Some(properties))?))
}

fn failed(error: ParquetError) -> Error {
    Error::Export { format: EXPORT.name, reason: error.to_string() }
}

impl RowWriter for File<'_> {
    fn rows(&mut self, rows: &RecordBatch) -> Result<()> {
        self.0.write(rows).map_err(failed)
    }

    fn end(self: Box<Self>) -> Result<()> {
        self.0.close().map(drop).map_err(failed)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    use arrow::datatypes::{DataType as Arrow, TimeUnit as Unit};

    use polars::prelude::{ParquetReader, SerReader};

    use super::super::super::{batch, build, dataset, examples};
    use super::*;

    fn write(rows: &RecordBatch) -> Result<Vec<u8>> {
        EXPORT.write(rows)
    }

    #[test]
    fn rows_come_back_as_they_were() {
        let rows = build(dataset("sending_volume_details").unwrap(), &examples::tables(), &examples::window()).unwrap();
        let file = write(&batch(&rows).unwrap()).unwrap();
        let back = ParquetReader::new(std::io::Cursor::new(&file)).finish().unwrap();
        assert!(rows.equals_missing(&back));
        assert_eq!(rows.schema(), back.schema());
    }

    #[test]
    fn another_reader_sees_plain_types_and_statistics() {
        let rows = build(dataset("sending_volume_details").unwrap(), &examples::tables(), &examples::window()).unwrap();
        let file = write(&batch(&rows).unwrap()).unwrap();
        let reader = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(file)).unwrap();
        let of = |name: &str| reader.schema().field_with_name(name).unwrap().data_type().clone();
        assert_eq!(of("window_start"), Arrow::Date32);
        assert_eq!(of("messages"), Arrow::Int64);
        assert_eq!(of("first_seen"), Arrow::Timestamp(Unit::Microsecond, Some("UTC".into())));
        assert_eq!(of("account"), Arrow::Utf8);
        let columns = reader.metadata().row_group(0).columns();
        assert!(columns.iter().all(|column| column.statistics().is_some()));
    }
}
