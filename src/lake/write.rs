//! Writing a data file: sorted row groups, statistics, page index, and a bloom filter on the account.
//!
//! Each call of [`PartitionWriter::write`] makes one row group and sends it off before the next one comes, so
//! memory follows the row group and not the file. Small files are one request, large ones a multipart upload.
//! The bytes depend on the rows alone.
//!
//! Format: <https://parquet.apache.org/docs/file-format/>.

use std::pin::Pin;
use std::sync::Arc;

use arrow::array::{RecordBatch, UInt32Array};
use arrow::compute::take_record_batch;
use arrow::datatypes::{DataType, Schema};
use arrow::error::ArrowError;
use arrow::row::{RowConverter, SortField};
use bytes::Bytes;
use object_store::buffered::BufWriter;
use object_store::path::Path as ObjectPath;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnPath;
use tokio::io::AsyncWrite;

use super::Lake;
use super::error::{Error, Result};
use super::files::{DataFile, Partition, new_path};
use super::statistics;
use super::tables::Table;
use crate::storage::Storage;

/// Bytes in one request; S3 takes 10,000 of them in a file and wants 5 MiB at least.
const PART_SIZE: usize = 8 * 1024 * 1024;
/// Requests under way at once: what bounds the memory that waits for the network.
const REQUESTS: usize = 2;
const ZSTD_LEVEL: i32 = 3;
/// One account in a hundred is looked for in vain.
const FALSE_POSITIVES: f64 = 0.01;
/// The form that Parquet asks for; without the word `version`, older Spark readers distrust the statistics.
const CREATED_BY: &str = concat!("mailtally version ", env!("CARGO_PKG_VERSION"));

/// Writes one data file. Nobody sees it before [`Lake::replace`] names it; where the writer is dropped unfinished,
/// what was sent is no file.
pub struct PartitionWriter {
    table: &'static Table,
    partition: Partition,
    path: String,
    storage: Arc<Storage>,
    encoder: ArrowWriter<Vec<u8>>,
    upload: BufWriter,
    rows: u64,
    size: u64,
}

impl Lake {
    /// A new file for a partition, built from what `digest` (16 hexadecimal digits) stands for.
    ///
    /// # Errors
    /// Where the partition does not fit the table, or the digest is none.
    pub fn writer(&self, table: &'static Table, partition: &Partition, digest: &str) -> Result<PartitionWriter> {
        partition.check(table)?;
        let path = new_path(partition, digest)?;
        let (store, folder) = self.store(table)?;
        let upload = ObjectPath::parse(format!("{folder}/{path}"))
            .map_err(|error| Error::Upload { path: path.clone(), source: error.into() })?;
        let encoder = properties(table)
            .and_then(|properties| ArrowWriter::try_new(Vec::new(), table.file_schema(), Some(properties)))
            .map_err(|source| Error::Parquet { path: path.clone(), source })?;
        Ok(PartitionWriter {
            table,
            partition: partition.clone(),
            path,
            storage: Arc::clone(&self.storage),
            encoder,
            upload: BufWriter::with_capacity(store, upload, PART_SIZE).with_max_concurrency(REQUESTS),
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
        sorted(table, batch).map_err(|source| Error::Sort { table: table.name, source })
    }

    /// Writes the rows as one row group, in the order in which they are. No rows make no row group.
    ///
    /// # Errors
    /// Where the columns are not those of the table, or the bytes cannot be stored.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        check_columns(self.table, batch)?;
        self.encoder.write(batch).and_then(|()| self.encoder.flush()).map_err(|source| self.not_encoded(source))?;
        self.rows += batch.num_rows() as u64;
        self.send()
    }

    /// Closes the file. A file without rows is one that says: looked, and there was nothing.
    ///
    /// # Errors
    /// Where the bytes cannot be stored.
    pub fn finish(mut self) -> Result<DataFile> {
        let metadata = self.encoder.finish().map_err(|source| self.not_encoded(source))?;
        self.send()?;
        let upload = &mut self.upload;
        let closed = self.storage.wait(std::future::poll_fn(|context| Pin::new(&mut *upload).poll_shutdown(context)));
        closed.map_err(|error| {
            let source = object_store::Error::Generic { store: "upload", source: Box::new(error) };
            Error::Upload { path: self.path.clone(), source }
        })?;
        Ok(DataFile {
            stats: statistics::to_json(self.table, &metadata),
            path: self.path,
            partition: self.partition,
            size: self.size,
            rows: self.rows,
        })
    }

    /// Hands over what has been encoded, in pieces that keep the number of requests under way bounded.
    fn send(&mut self) -> Result<()> {
        let mut encoded = Bytes::from(std::mem::take(self.encoder.inner_mut()));
        self.size += encoded.len() as u64;
        let upload = &mut self.upload;
        let sent = self.storage.wait(async {
            while !encoded.is_empty() {
                upload.put(encoded.split_to(encoded.len().min(PART_SIZE))).await?;
            }
            Ok(())
        });
        sent.map_err(|source| Error::Upload { path: self.path.clone(), source })
    }

    fn not_encoded(&self, source: ParquetError) -> Error {
        Error::Parquet { path: self.path.clone(), source }
    }
}

fn properties(table: &Table) -> std::result::Result<WriterProperties, ParquetError> {
    // Statistics per page, with their index, and dictionaries are what the encoder does unasked.
    let mut properties = WriterProperties::builder()
        .set_created_by(CREATED_BY.to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?))
        .set_max_row_group_row_count(None);
    if table.columns.iter().any(|column| column.name == "account") {
        properties = properties
            .set_column_bloom_filter_enabled(ColumnPath::from("account"), true)
            .set_column_bloom_filter_fpp(ColumnPath::from("account"), FALSE_POSITIVES);
    }
    Ok(properties.build())
}

/// Rows are compared as byte strings that sort as the columns do; unlike `lexsort`, the sort is stable.
fn sorted(table: &'static Table, batch: &RecordBatch) -> std::result::Result<RecordBatch, ArrowError> {
    let columns: Vec<_> = table.sort.iter().filter_map(|name| batch.column_by_name(name).cloned()).collect();
    if columns.is_empty() {
        return Ok(batch.clone());
    }
    let kinds = columns.iter().map(|column| SortField::new(column.data_type().clone())).collect();
    let keys = RowConverter::new(kinds)?.convert_columns(&columns)?;
    let mut order: Vec<(_, u32)> = keys.iter().zip(0..).collect();
    order.sort_by_key(|(key, _)| *key);
    take_record_batch(batch, &UInt32Array::from_iter_values(order.into_iter().map(|(_, index)| index)))
}

fn check_columns(table: &'static Table, batch: &RecordBatch) -> Result<()> {
    let (found, expected) = (batch.schema(), table.file_schema());
    if columns(&found).eq(columns(&expected)) {
        return Ok(());
    }
    Err(Error::BatchColumns { table: table.name, found: say(&found), expected: say(&expected) })
}

fn columns(schema: &Schema) -> impl Iterator<Item = (&String, &DataType)> {
    schema.fields().iter().map(|field| (field.name(), field.data_type()))
}

fn say(schema: &Schema) -> String {
    columns(schema).map(|(name, kind)| format!("{name} {kind}")).collect::<Vec<_>>().join(", ")
}
