//! A column of texts that are numbered already, written as what it is: a dictionary and the rows' numbers.
//!
//! The Parquet crate would look each row's text up once more, to number it again; with a dozen such columns that
//! was most of the cost of writing. The bytes are the same in kind: a dictionary page, data pages of version 1 with
//! definition levels and numbers, bounds of the chunk and of each page, and a bloom filter where one is asked for.
//!
//! Format: <https://parquet.apache.org/docs/file-format/data-pages/>.

mod bounds;
mod chunk;
mod hybrid;

use arrow::array::{Array, AsArray, DictionaryArray, UInt32Array};
use arrow::datatypes::Int32Type;
use bytes::Bytes;
use parquet::bloom_filter::Sbbf;
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::Result;
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnDescPtr;

use bounds::Bounds;
use chunk::Chunk;

/// What packs pages; it is made once and not for every page.
pub(super) type Compressor = zstd::bulk::Compressor<'static>;

/// Stands for null among the numbers of rows.
const NULL: u32 = u32::MAX;

/// Whether the texts repeat often enough for a dictionary to pay.
pub(super) fn pays(texts: &DictionaryArray<Int32Type>) -> bool {
    texts.values().len() * 2 <= texts.len() - texts.null_count()
}

/// The column's chunk, in the given order or as the rows come, ready to be appended to a row group.
pub(super) fn encode(
    texts: &DictionaryArray<Int32Type>,
    order: Option<&UInt32Array>,
    column: &ColumnDescPtr,
    properties: &WriterProperties,
    compressor: &mut Compressor,
) -> Result<(Bytes, ColumnCloseResult)> {
    let numbered = Numbered::new(texts, order);
    let mut chunk = Chunk::new(column, properties, compressor);
    chunk.dictionary(&numbered.texts)?;
    let mut seen_on = vec![usize::MAX; numbered.texts.len()];
    for (page, rows) in numbered.rows.chunks(properties.data_page_row_count_limit().max(1)).enumerate() {
        let mut bounds = Bounds::default();
        for number in rows.iter().map(|number| *number as usize) {
            // Null has a number that no text has.
            if seen_on.get(number).is_some_and(|seen| *seen != page) {
                seen_on[number] = page;
                bounds.add(numbered.texts[number]);
            }
        }
        chunk.page(rows, bounds)?;
    }
    let filter = properties.bloom_filter_properties(column.path());
    let filter = filter.map(|filter| bloom_filter(&numbered.texts, filter.fpp())).transpose()?;
    chunk.close(filter)
}

fn bloom_filter(texts: &[&str], false_positives: f64) -> Result<Sbbf> {
    let mut filter = Sbbf::new_with_ndv_fpp(texts.len() as u64, false_positives)?;
    texts.iter().for_each(|text| filter.insert(*text));
    Ok(filter)
}

/// Texts in the order in which the rows have them first, and each row's number.
struct Numbered<'a> {
    texts: Vec<&'a str>,
    rows: Vec<u32>,
}

impl<'a> Numbered<'a> {
    fn new(array: &'a DictionaryArray<Int32Type>, order: Option<&UInt32Array>) -> Self {
        let values = array.values().as_string::<i32>();
        let mut numbers = vec![NULL; values.len()];
        let mut texts = Vec::with_capacity(values.len());
        let (keys, nulls) = (array.keys().values(), array.keys().nulls());
        let mut number = |row: usize| {
            if nulls.is_some_and(|nulls| nulls.is_null(row)) {
                return NULL;
            }
            let key = keys[row] as usize;
            if numbers[key] == NULL {
                numbers[key] = texts.len() as u32;
                texts.push(values.value(key));
            }
            numbers[key]
        };
        let rows = match order {
            Some(order) => order.values().iter().map(|row| number(*row as usize)).collect(),
            None => (0..keys.len()).map(number).collect(),
        };
        Self { texts, rows }
    }
}
