//! Writing a data file: sorted row groups, statistics, page index, and a bloom filter on the account.
//!
//! Each call of [`PartitionWriter::write`] makes one row group and sends it off before the next one comes, so
//! memory follows the row group and not the file; and within it one column after the other. Small files are one request,
//! large ones a multipart upload. The bytes depend on the rows alone.
//!
//! Format: <https://parquet.apache.org/docs/file-format/>.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch, UInt32Array};
use arrow::compute::{cast, take, take_record_batch};
use arrow::datatypes::{DataType, Field, Int32Type, Schema};
use bytes::Bytes;
use object_store::path::Path as ObjectPath;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::ColumnPath;

use super::Lake;
use super::dictionary::{self, Compressor};
use super::error::{Error, Result};
use super::files::{DataFile, Partition, new_path};
use super::order::order;
use super::statistics;
use super::tables::{Repeats, Table};
use super::written::Written;
use crate::storage::Sending;

const ZSTD_LEVEL: i32 = 3;
/// Of values that are like nothing before them: searching harder for repetitions costs more and finds less.
const ZSTD_LEVEL_OF_NOISE: i32 = 1;
/// One account in a hundred is looked for in vain.
const FALSE_POSITIVES: f64 = 0.01;
/// The form that Parquet asks for; without the word `version`, older Spark readers distrust the statistics.
const CREATED_BY: &str = concat!("mailtally version ", env!("CARGO_PKG_VERSION"));

type EncodingResult<T> = std::result::Result<T, ParquetError>;

/// Writes one data file. Nobody sees it before [`Lake::replace`] names it; where the writer is dropped unfinished,
/// what was sent is no file.
pub struct PartitionWriter {
    table: &'static Table,
    partition: Partition,
    path: String,
    file: SerializedFileWriter<Vec<u8>>,
    encoders: ArrowRowGroupWriterFactory,
    compressor: Compressor,
    upload: Sending,
    written: Arc<Written>,
    rows: u64,
    size: u64,
}

impl Lake {
    /// A new file for a partition, built from what `digest` (16 hexadecimal digits) stands for, whose row groups have at
    /// most about so many rows: its bloom filters are made for as many accounts.
    ///
    /// # Errors
    /// Where the partition does not fit the table, or the digest is none.
    pub fn writer(
        &self,
        table: &'static Table,
        partition: &Partition,
        digest: &str,
        most_rows: usize,
    ) -> Result<PartitionWriter> {
        partition.check(table)?;
        let path = new_path(partition, digest)?;
        let (store, folder) = self.store(table)?;
        let upload = ObjectPath::parse(format!("{folder}/{path}"))
            .map_err(|error| Error::Upload { path: path.clone(), source: error.into() })?;
        let (file, encoders) = properties(table, most_rows)
            .and_then(|properties| ArrowWriter::try_new(Vec::new(), table.file_schema(), Some(properties)))
            .and_then(ArrowWriter::into_serialized_writer)
            .map_err(|source| Error::Parquet { path: path.clone(), source })?;
        let compressor = Compressor::new(ZSTD_LEVEL)
            .map_err(|source| Error::Parquet { path: path.clone(), source: source.into() })?;
        Ok(PartitionWriter {
            table,
            partition: partition.clone(),
            path,
            file,
            encoders,
            compressor,
            upload: Sending::new(&self.storage, store, upload),
            written: Arc::clone(&self.written),
            rows: 0,
            size: 0,
        })
    }
}

impl PartitionWriter {
    /// Sorts rows of the table's file schema by the table's sort columns: nulls first, texts by their bytes, equal
    /// rows in the order in which they came.
    ///
    /// # Errors
    /// Where the columns are not those of the table.
    pub fn sort(table: &'static Table, batch: &RecordBatch) -> Result<RecordBatch> {
        check_columns(table, batch)?;
        let sorted = order(table, batch).and_then(|order| match order {
            Some(order) => take_record_batch(batch, &order),
            None => Ok(batch.clone()),
        });
        sorted.map_err(|source| Error::Sort { table: table.name, source })
    }

    /// Writes the rows as one row group, in the order in which they are. No rows make no row group.
    ///
    /// # Errors
    /// Where the columns are not those of the table, or the bytes cannot be stored.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        check_columns(self.table, batch)?;
        self.write_in(None, batch.clone())
    }

    /// Writes the rows as one row group, sorted as [`sort`](Self::sort) does. Each column is let go of once it is
    /// encoded, so the sorted rows never stand beside the others.
    ///
    /// # Errors
    /// Where the columns are not those of the table, or the bytes cannot be stored.
    pub fn write_sorted(&mut self, batch: RecordBatch) -> Result<()> {
        check_columns(self.table, &batch)?;
        let order = order(self.table, &batch).map_err(|source| Error::Sort { table: self.table.name, source })?;
        self.write_in(order, batch)
    }

    fn write_in(&mut self, order: Option<UInt32Array>, batch: RecordBatch) -> Result<()> {
        let (_, columns, rows) = batch.into_parts();
        if rows > 0 {
            self.row_group(order.as_ref(), columns).map_err(|source| self.not_encoded(source))?;
            self.rows += rows as u64;
        }
        self.send()
    }

    fn row_group(&mut self, order: Option<&UInt32Array>, columns: Vec<ArrayRef>) -> EncodingResult<()> {
        let encoders = self.encoders.create_column_writers(self.file.flushed_row_groups().len())?;
        let properties = Arc::clone(self.file.properties());
        let schema = self.file.schema_descr().columns().to_vec();
        let mut group = self.file.next_row_group()?;
        for ((column, encoder), stored) in columns.into_iter().zip(encoders).zip(&schema) {
            match column.as_dictionary_opt::<Int32Type>().filter(|texts| dictionary::pays(texts)) {
                Some(texts) => {
                    let (bytes, closed) = dictionary::encode(texts, order, stored, &properties, &mut self.compressor)?;
                    group.append_column(&bytes, closed)?;
                }
                None => encode(column, order, encoder)?.append_to_row_group(&mut group)?,
            }
        }
        group.close()?;
        Ok(self.file.flush()?)
    }

    /// Closes the file. A file without rows is one that says: looked, and there was nothing.
    ///
    /// # Errors
    /// Where the bytes cannot be stored.
    pub fn finish(mut self) -> Result<DataFile> {
        let metadata = self.file.finish().map_err(|source| self.not_encoded(source))?;
        self.send()?;
        self.upload.finish().map_err(|source| Error::Upload { path: self.path.clone(), source })?;
        self.written.note(self.table, &self.path);
        Ok(DataFile {
            stats: statistics::to_json(self.table, &metadata),
            path: self.path,
            partition: self.partition,
            size: self.size,
            rows: self.rows,
        })
    }

    /// Hands over what has been encoded.
    fn send(&mut self) -> Result<()> {
        let encoded = Bytes::from(std::mem::take(self.file.inner_mut()));
        self.size += encoded.len() as u64;
        self.upload.put(encoded).map_err(|source| Error::Upload { path: self.path.clone(), source })
    }

    fn not_encoded(&self, source: ParquetError) -> Error {
        Error::Parquet { path: self.path.clone(), source }
    }
}

fn properties(table: &Table, most_rows: usize) -> EncodingResult<WriterProperties> {
    // Statistics per page, with their index, and dictionaries are what the encoder does unasked.
    let mut properties = WriterProperties::builder()
        .set_created_by(CREATED_BY.to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?))
        .set_max_row_group_row_count(None)
        .set_statistics_truncate_length(Some(table.longest_bound));
    for column in table.columns.iter().filter(|column| column.repeats != Repeats::Often) {
        let level = if column.repeats == Repeats::Never { ZSTD_LEVEL_OF_NOISE } else { ZSTD_LEVEL };
        properties = properties
            .set_column_dictionary_enabled(ColumnPath::from(column.name), false)
            .set_column_compression(ColumnPath::from(column.name), Compression::ZSTD(ZstdLevel::try_new(level)?));
    }
    if table.columns.iter().any(|column| column.name == "account") {
        properties = properties
            .set_column_bloom_filter_enabled(ColumnPath::from("account"), true)
            .set_column_bloom_filter_fpp(ColumnPath::from("account"), FALSE_POSITIVES)
            .set_column_bloom_filter_max_ndv(ColumnPath::from("account"), most_rows.max(1) as u64);
    }
    Ok(properties.build())
}

/// Encodes a column as the Parquet crate does.
fn encode(
    column: ArrayRef,
    order: Option<&UInt32Array>,
    mut encoder: ArrowColumnWriter,
) -> EncodingResult<ArrowColumnChunk> {
    let column = match order {
        Some(order) => take(&column, order, None)?,
        None => column,
    };
    let column = match column.data_type() {
        DataType::Dictionary(_, texts) => cast(&column, texts)?,
        _ => column,
    };
    let field = Field::new("", column.data_type().clone(), true);
    for leaf in compute_leaves(&field, &column)? {
        encoder.write(&leaf)?;
    }
    encoder.close()
}

fn check_columns(table: &'static Table, batch: &RecordBatch) -> Result<()> {
    let (found, expected) = (batch.schema(), table.file_schema());
    if columns(&found).eq(columns(&expected)) {
        return Ok(());
    }
    Err(Error::BatchColumns { table: table.name, found: say(&found), expected: say(&expected) })
}

/// Names and types; numbered texts are texts.
fn columns(schema: &Schema) -> impl Iterator<Item = (&String, &DataType)> {
    schema.fields().iter().map(|field| match field.data_type() {
        DataType::Dictionary(numbers, texts) if **numbers == DataType::Int32 => (field.name(), &**texts),
        kind => (field.name(), kind),
    })
}

fn say(schema: &Schema) -> String {
    columns(schema).map(|(name, kind)| format!("{name} {kind}")).collect::<Vec<_>>().join(", ")
}
