//! Reading in pieces: a row group at a time, for whoever counts more rows than there is room for.
//!
//! Texts come as dictionaries, as the files keep them: each different text of a row group once, and a number for
//! every row. Whoever counts then compares numbers, and pays for a text once and not once a row. A column that a file
//! keeps without a dictionary, since its texts hardly repeat, is not searched for repetitions here: each row has a text
//! of its own. Queries are for [`Lake::scan`].
//!
//! Format: <https://parquet.apache.org/docs/file-format/data-pages/encodings/>.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, DictionaryArray, Int32Array, RecordBatch, new_null_array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use bytes::Bytes;
use bytes::buf::{Buf, Reader};
use futures::future::join_all;
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStore, ObjectStoreExt as _};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::errors::{ParquetError, Result as Parquet};
use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::{ChunkReader, Length};

use super::Lake;
use super::error::{Error, Result};
use super::files::DataFile;
use super::tables::{Column, Kind, Table};
use crate::storage::Storage;

/// The most rows of one batch: a row group as the ingest writes them.
const MAX_ROWS: usize = 250_000;

/// The bytes of a file's end that are fetched at first: nearly every footer, and all of a small file.
const END: u64 = 64 * 1024;

/// So many files are opened at once: most of a quarter's daily files are small, and each one is a way to the store and
/// back.
const OPENED: usize = 16;

impl Lake {
    /// The rows of `files` in batches of at most 250,000 rows, each with its file, with the table's columns of these
    /// names; texts as dictionaries with 32-bit keys, in which a text may come more than once. What a file was written
    /// without is null there. Holds one row group in memory, and the ends of a few files.
    ///
    /// # Errors
    /// Each batch may be one: where a file cannot be read, or a column is of no type that becomes the table's.
    pub fn batches<'a>(
        &'a self,
        table: &'static Table,
        files: impl IntoIterator<Item = &'a DataFile, IntoIter: Send + 'a>,
        names: &[&str],
    ) -> impl Iterator<Item = Result<(&'a DataFile, RecordBatch)>> + Send + 'a {
        let columns: Arc<[&Column]> = table.columns.iter().filter(|column| names.contains(&column.name)).collect();
        let mut files = files.into_iter();
        let opened = std::iter::from_fn(move || {
            let next: Vec<_> = files.by_ref().take(OPENED).collect();
            let opened = next.iter().map(|file| self.open(table, file));
            (!next.is_empty()).then(|| self.storage.wait(join_all(opened)))
        });
        opened.flatten().flat_map(move |(file, opened)| -> Box<dyn Iterator<Item = _> + Send + 'a> {
            let failed = |source| Error::Read { table: table.name, path: file.path.clone(), source };
            match opened.and_then(|stored| stored.batches(Arc::clone(&columns)).map_err(failed)) {
                Ok(batches) => Box::new(batches.map(move |batch| Ok((file, batch.map_err(failed)?)))),
                Err(error) => Box::new(std::iter::once(Err(error))),
            }
        })
    }

    async fn open<'a>(&'a self, table: &'static Table, file: &'a DataFile) -> (&'a DataFile, Result<Stored<'a>>) {
        let failed = |source| Error::Read { table: table.name, path: file.path.clone(), source };
        let opened = async {
            let (store, folder) = self.store(table)?;
            let path = ObjectPath::parse(format!("{folder}/{}", file.path)).map_err(outside).map_err(failed)?;
            Stored::open(&self.storage, store, path, file.size).await.map_err(failed)
        };
        (file, opened.await)
    }
}

/// A file where it lies, and its end. What else is asked of it is asked of the store: good for a footer that is longer
/// than that, not for pages.
struct Stored<'a> {
    storage: &'a Storage,
    store: Arc<dyn ObjectStore>,
    path: ObjectPath,
    end: Fetched,
}

impl<'a> Stored<'a> {
    async fn open(storage: &'a Storage, store: Arc<dyn ObjectStore>, path: ObjectPath, size: u64) -> Parquet<Self> {
        let start = size.saturating_sub(END);
        let bytes = store.get_range(&path, start..size).await.map_err(outside)?;
        Ok(Self { storage, store, path, end: Fetched { size, chunks: vec![(start, bytes)] } })
    }

    fn batches(
        self,
        columns: Arc<[&'static Column]>,
    ) -> Parquet<impl Iterator<Item = Parquet<RecordBatch>> + Send + 'a> {
        let plain = ArrowReaderMetadata::load(&self, ArrowReaderOptions::new().with_skip_arrow_metadata(true))?;
        let options = ArrowReaderOptions::new().with_schema(with_dictionaries(plain.schema(), plain.metadata()));
        let metadata = ArrowReaderMetadata::try_new(Arc::clone(plain.metadata()), options)?;
        let groups = 0..metadata.metadata().num_row_groups();
        Ok(groups.flat_map(move |group| -> Box<dyn Iterator<Item = Parquet<RecordBatch>> + Send> {
            match self.row_group(&metadata, group, &columns) {
                Ok(batches) => Box::new(batches),
                Err(error) => Box::new(std::iter::once(Err(error))),
            }
        }))
    }

    /// One row group: what is needed of it is fetched at once, then decoded.
    fn row_group(
        &self,
        metadata: &ArrowReaderMetadata,
        group: usize,
        columns: &Arc<[&'static Column]>,
    ) -> Parquet<impl Iterator<Item = Parquet<RecordBatch>> + Send + use<>> {
        let wanted = ProjectionMask::columns(metadata.parquet_schema(), columns.iter().map(|column| column.name));
        let chunks = metadata.metadata().row_group(group).columns().iter().enumerate();
        let ranges = chunks.filter(|(leaf, _)| wanted.leaf_included(*leaf)).map(|(_, chunk)| chunk.byte_range());
        let ranges = ranges.map(|(start, length)| start..start + length);
        let missing: Vec<_> = ranges.filter(|range| !self.end.holds(range)).collect();
        let mut fetched = self.end.clone();
        if !missing.is_empty() {
            let bytes = self.storage.wait(self.store.get_ranges(&self.path, &missing)).map_err(outside)?;
            fetched.chunks.extend(missing.into_iter().map(|range| range.start).zip(bytes));
        }
        let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(fetched, metadata.clone())
            .with_row_groups(vec![group])
            .with_projection(wanted)
            .with_batch_size(MAX_ROWS)
            .build()?;
        let columns = Arc::clone(columns);
        Ok(reader.map(move |batch| Ok(in_shape(&batch?, &columns)?)))
    }
}

impl Length for Stored<'_> {
    fn len(&self) -> u64 {
        self.end.len()
    }
}

impl ChunkReader for Stored<'_> {
    type T = Reader<Bytes>;

    fn get_read(&self, start: u64) -> Parquet<Self::T> {
        let rest = usize::try_from(self.len().saturating_sub(start)).unwrap_or(usize::MAX);
        Ok(self.get_bytes(start, rest)?.reader())
    }

    fn get_bytes(&self, start: u64, length: usize) -> Parquet<Bytes> {
        let range = start..start + length as u64;
        if self.end.holds(&range) {
            return self.end.get_bytes(start, length);
        }
        self.storage.wait(self.store.get_range(&self.path, range)).map_err(outside)
    }
}

/// The parts of a file that were fetched, each with its place.
#[derive(Clone)]
struct Fetched {
    size: u64,
    chunks: Vec<(u64, Bytes)>,
}

impl Fetched {
    fn holds(&self, range: &Range<u64>) -> bool {
        self.chunks.iter().any(|(start, bytes)| *start <= range.start && range.end <= *start + bytes.len() as u64)
    }
}

impl Length for Fetched {
    fn len(&self) -> u64 {
        self.size
    }
}

impl ChunkReader for Fetched {
    type T = Reader<Bytes>;

    fn get_read(&self, start: u64) -> Parquet<Self::T> {
        // The file's end is the first of the chunks: a chunk that only ends in it was fetched whole.
        let found = self.chunks.iter().rev().find_map(|(place, bytes)| {
            let from = usize::try_from(start.checked_sub(*place)?).ok().filter(|from| *from < bytes.len())?;
            Some(bytes.slice(from..))
        });
        found.map(Buf::reader).ok_or_else(|| ParquetError::EOF(format!("no chunk holds byte {start}")))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Parquet<Bytes> {
        let rest = self.get_read(start)?.into_inner();
        if rest.len() < length {
            return Err(ParquetError::EOF(format!("{length} bytes from byte {start} go beyond their chunk")));
        }
        Ok(rest.slice(..length))
    }
}

/// The file's schema, with the file's own dictionaries in the place of texts, where it has some.
fn with_dictionaries(schema: &Schema, metadata: &ParquetMetaData) -> SchemaRef {
    // All columns are plain ones, so that each is one leaf of a row group.
    let has_dictionary = |leaf: usize| {
        let mut chunks = metadata.row_groups().iter().filter_map(|group| group.columns().get(leaf));
        chunks.any(|chunk| chunk.dictionary_page_offset().is_some())
    };
    let field = |(leaf, field): (usize, &Arc<Field>)| match field.data_type() {
        DataType::Utf8 if has_dictionary(leaf) => field.as_ref().clone().with_data_type(arrow_type(Kind::Utf8)),
        _ => field.as_ref().clone(),
    };
    Arc::new(Schema::new(schema.fields().iter().enumerate().map(field).collect::<Vec<_>>()))
}

/// The type that a column has in a batch.
fn arrow_type(kind: Kind) -> DataType {
    match kind {
        Kind::Utf8 => DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)),
        kind => kind.arrow(),
    }
}

/// The columns in their order and types.
fn in_shape(batch: &RecordBatch, columns: &[&Column]) -> std::result::Result<RecordBatch, ArrowError> {
    let array = |column: &&Column| {
        let wanted = arrow_type(column.kind);
        let array = match batch.column_by_name(column.name) {
            Some(found) if *found.data_type() == wanted => Arc::clone(found),
            Some(found) if column.kind == Kind::Utf8 && *found.data_type() == DataType::Utf8 => numbered(found)?,
            Some(found) => cast(found, &wanted)?,
            None => new_null_array(&wanted, batch.num_rows()),
        };
        Ok::<_, ArrowError>((column.name, array))
    };
    RecordBatch::try_from_iter(columns.iter().map(array).collect::<std::result::Result<Vec<_>, _>>()?)
}

/// Texts as a dictionary in which each row has its own.
fn numbered(texts: &ArrayRef) -> std::result::Result<ArrayRef, ArrowError> {
    let numbers = (0..).take(texts.len()).collect::<Vec<i32>>();
    let numbers = Int32Array::new(numbers.into(), texts.nulls().cloned());
    Ok(Arc::new(DictionaryArray::try_new(numbers, Arc::clone(texts))?))
}

fn outside(error: impl std::error::Error + Send + Sync + 'static) -> ParquetError {
    ParquetError::External(Box::new(error))
}
