//! A column chunk of texts with a dictionary: its pages, one after the other, and what is known of them.

use std::borrow::Cow;

use bytes::Bytes;
use parquet::basic::{BoundaryOrder, Encoding, PageType, Type};
use parquet::bloom_filter::Sbbf;
use parquet::column::page::{CompressedPage, Page, PageWriteSpec, PageWriter};
use parquet::column::writer::ColumnCloseResult;
use parquet::data_type::ByteArray;
use parquet::errors::Result;
use parquet::file::metadata::{ColumnChunkMetaData, ColumnIndexBuilder, OffsetIndexBuilder, PageEncodingStats};
use parquet::file::properties::WriterProperties;
use parquet::file::statistics::{Statistics, ValueStatistics};
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;

use super::bounds::Bounds;
use super::{Compressor, NULL, hybrid};

/// A column chunk while its pages are being written.
pub(super) struct Chunk<'a, 't> {
    column: &'a ColumnDescPtr,
    properties: &'a WriterProperties,
    compressor: &'a mut Compressor,
    sink: TrackedWrite<Vec<u8>>,
    index: ColumnIndexBuilder,
    offsets: OffsetIndexBuilder,
    bounds: Bounds<'t>,
    /// The bits of a text's number; none where there is no text, and so no dictionary either.
    width: Option<u32>,
    pages: Vec<PageEncodingStats>,
    data_at: u64,
    rows: u64,
    nulls: u64,
    uncompressed: usize,
}

impl<'a, 't> Chunk<'a, 't> {
    pub(super) fn new(
        column: &'a ColumnDescPtr,
        properties: &'a WriterProperties,
        compressor: &'a mut Compressor,
    ) -> Self {
        let mut index = ColumnIndexBuilder::new(Type::BYTE_ARRAY);
        index.set_boundary_order(BoundaryOrder::UNORDERED);
        Self {
            column,
            properties,
            compressor,
            sink: TrackedWrite::new(Vec::new()),
            index,
            offsets: OffsetIndexBuilder::new(),
            bounds: Bounds::default(),
            width: None,
            pages: Vec::new(),
            data_at: 0,
            rows: 0,
            nulls: 0,
            uncompressed: 0,
        }
    }

    /// Writes the dictionary, which comes before all other pages. A column of nulls has none.
    pub(super) fn dictionary(&mut self, texts: &[&str]) -> Result<()> {
        let Some(largest) = (texts.len() as u32).checked_sub(1) else { return Ok(()) };
        let mut plain = Vec::with_capacity(texts.iter().map(|text| 4 + text.len()).sum());
        for text in texts {
            plain.extend_from_slice(&(text.len() as u32).to_le_bytes());
            plain.extend_from_slice(text.as_bytes());
        }
        self.width = Some(hybrid::width(largest));
        self.data_at = self
            .put(&plain, |buf| Page::DictionaryPage {
                buf,
                num_values: texts.len() as u32,
                encoding: Encoding::PLAIN,
                is_sorted: false,
            })?
            .bytes_written;
        Ok(())
    }

    /// Writes a page of rows, each by its text's number.
    pub(super) fn page(&mut self, rows: &[u32], bounds: Bounds<'t>) -> Result<()> {
        let mut plain = levels(rows);
        let nulls = rows.iter().filter(|number| **number == NULL).count();
        let present = match nulls {
            0 => Cow::Borrowed(rows),
            _ => rows.iter().copied().filter(|number| *number != NULL).collect(),
        };
        let encoding = match self.width {
            Some(width) => {
                plain.push(width as u8);
                hybrid::pack(&present, width, &mut plain);
                Encoding::RLE_DICTIONARY
            }
            None => Encoding::PLAIN,
        };
        let spec = self.put(&plain, |buf| Page::DataPage {
            buf,
            num_values: rows.len() as u32,
            encoding,
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        })?;
        self.offsets.append_row_count(rows.len() as i64);
        self.offsets.append_offset_and_size(spec.offset as i64, spec.compressed_size as i32);
        let ((least, _), (greatest, _)) = bounds.cut().unwrap_or_default();
        self.index.append(present.is_empty(), least, greatest, nulls as i64);
        self.bounds.join(bounds);
        self.rows += rows.len() as u64;
        self.nulls += nulls as u64;
        Ok(())
    }

    /// Compresses a page and writes it with its header.
    fn put(&mut self, plain: &[u8], page: impl FnOnce(Bytes) -> Page) -> Result<PageWriteSpec> {
        let page = CompressedPage::new(page(self.compressor.compress(plain)?.into()), plain.len());
        let (page_type, encoding) = (page.page_type(), page.encoding());
        match self.pages.last_mut() {
            Some(last) if last.page_type == page_type => last.count += 1,
            _ => self.pages.push(PageEncodingStats { page_type, encoding, count: 1 }),
        }
        let spec = SerializedPageWriter::new(&mut self.sink).write_page(page)?;
        self.uncompressed += spec.uncompressed_size;
        Ok(spec)
    }

    /// The chunk, with offsets counted from its beginning.
    pub(super) fn close(self, bloom_filter: Option<Sbbf>) -> Result<(Bytes, ColumnCloseResult)> {
        let bytes_written = self.sink.bytes_written() as u64;
        let encodings = self.pages.iter().map(|pages| pages.encoding).chain([Encoding::RLE]).collect();
        let has_dictionary = self.pages.first().is_some_and(|first| first.page_type == PageType::DICTIONARY_PAGE);
        let metadata = ColumnChunkMetaData::builder(self.column.clone())
            .set_compression(self.properties.compression(self.column.path()))
            .set_encodings(encodings)
            .set_page_encoding_stats(self.pages)
            .set_total_compressed_size(bytes_written as i64)
            .set_total_uncompressed_size(self.uncompressed as i64)
            .set_num_values(self.rows as i64)
            .set_data_page_offset(self.data_at as i64)
            .set_dictionary_page_offset(has_dictionary.then_some(0))
            .set_statistics(statistics(self.bounds, self.nulls))
            .build()?;
        let closed = ColumnCloseResult {
            bytes_written,
            rows_written: self.rows,
            metadata,
            bloom_filter,
            column_index: Some(self.index.build()?),
            offset_index: Some(self.offsets.build()),
        };
        Ok((self.sink.into_inner()?.into(), closed))
    }
}

/// Which rows are not null, after its length.
fn levels(rows: &[u32]) -> Vec<u8> {
    let levels = rows.iter().map(|number| u32::from(*number != NULL)).collect::<Vec<_>>();
    let mut out = vec![0; 4];
    hybrid::pack(&levels, 1, &mut out);
    let length = out.len() as u32 - 4;
    out[..4].copy_from_slice(&length.to_le_bytes());
    out
}

fn statistics(bounds: Bounds<'_>, nulls: u64) -> Statistics {
    let (least, greatest) = bounds.cut().unzip();
    let is_exact = |bound: &Option<(Vec<u8>, bool)>| bound.as_ref().is_some_and(|(_, exact)| *exact);
    let exact = (is_exact(&least), is_exact(&greatest));
    let bytes = |bound: Option<(Vec<u8>, bool)>| bound.map(|(bytes, _)| ByteArray::from(bytes));
    let statistics = ValueStatistics::new(bytes(least), bytes(greatest), None, Some(nulls), false);
    Statistics::ByteArray(statistics.with_min_is_exact(exact.0).with_max_is_exact(exact.1))
}
