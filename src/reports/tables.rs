//! What a report reads of the daily tables: a few columns, each file once.
//!
//! Names and addresses are numbers here (see [`texts`](crate::rollups::texts)): a quarter of a large lake holds the
//! same million accounts ninety times, and grouping them by number takes a fraction of the time and memory that
//! their texts would. [`build`](super::build) puts the texts back into what comes out. Words of a small vocabulary,
//! such as TLS versions, stay words.

use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType as Arrow, Int32Type, Int64Type, TimestampMicrosecondType};
use polars::prelude::*;

use super::unusual::Finding;
use super::{Error, Result};
use crate::calendar::Day;
use crate::rollups::texts::{InOrder, MISSING, Places, Texts};

/// The daily tables over the window and the window before it, with the columns that datasets read.
#[derive(Clone)]
pub struct Tables {
    /// `daily_clients`: [`CLIENTS`], of the window only.
    pub daily_clients: LazyFrame,
    /// `daily_volume`: [`VOLUME`].
    pub daily_volume: LazyFrame,
    /// `daily_tls`: [`TLS`].
    pub daily_tls: LazyFrame,
    /// `coverage`, with every column.
    pub coverage: LazyFrame,
    /// What is unusual in the window, where that is asked for.
    pub findings: Arc<[Finding]>,
    /// The texts whose places stand in [`NUMBERED`] columns.
    pub texts: InOrder,
}

/// The columns of `daily_clients` that datasets and the page read.
pub const CLIENTS: [&str; 10] = [
    "account",
    "domain",
    "client_ip",
    "tls_version",
    "cipher",
    "cipher_class",
    "auth_family",
    "messages",
    "recipients",
    "bytes",
];
/// The columns of `daily_volume` that datasets read.
pub const VOLUME: [&str; 8] =
    ["account", "domain", "messages", "recipients", "bytes", "mail_froms", "first_seen", "last_seen"];
/// The columns of `daily_tls` that datasets read.
pub const TLS: [&str; 4] = ["account", "domain", "tls_version", "messages"];

/// Columns of names and addresses, of which there may be millions.
pub const NUMBERED: [&str; 3] = ["account", "domain", "client_ip"];

/// Daily tables as they are read.
#[derive(Default)]
pub struct Reading {
    texts: Texts,
}

/// The rows of one table that were read so far, the texts of [`NUMBERED`] columns as numbers.
pub struct Rows(DataFrame);

impl Reading {
    /// A table of these columns and `date`, without rows.
    ///
    /// # Errors
    /// None for columns of one length, which these are.
    pub fn rows(&mut self, columns: &[&str], schema: &arrow::datatypes::Schema) -> Result<Rows> {
        let fields = schema.fields().iter().filter(|field| columns.contains(&field.name().as_str()));
        let empty = |kind: &Arrow| match kind {
            Arrow::Utf8 => {
                arrow::array::new_empty_array(&Arrow::Dictionary(Box::new(Arrow::Int32), Box::new(Arrow::Utf8)))
            }
            kind => arrow::array::new_empty_array(kind),
        };
        let columns = fields.map(|field| (field.name(), empty(field.data_type())));
        let batch = RecordBatch::try_from_iter(columns).map_err(|source| Error::Rows { source })?;
        Ok(Rows(self.frame(Day::default(), &batch)?))
    }

    /// Adds a day's batch to a table's rows: see [`Lake::batches`](crate::lake::Lake::batches).
    ///
    /// # Errors
    /// Where the batch has other columns than the rows.
    pub fn add(&mut self, rows: &mut Rows, day: Day, batch: &RecordBatch) -> Result<()> {
        rows.0.vstack_mut_owned(self.frame(day, batch)?)?;
        Ok(())
    }

    fn frame(&mut self, day: Day, batch: &RecordBatch) -> Result<DataFrame> {
        let height = batch.num_rows();
        let mut columns = vec![Column::new_scalar("date".into(), Scalar::new_date(day.epoch_days()), height)];
        for (field, array) in batch.schema_ref().fields().iter().zip(batch.columns()) {
            let column = self.column(field.name(), array.as_ref());
            let found = || array.data_type().to_string();
            columns.push(column.ok_or_else(|| Error::Column { column: field.name().clone(), found: found() })?);
        }
        Ok(DataFrame::new(height, columns)?)
    }

    fn column(&mut self, name: &str, array: &dyn Array) -> Option<Column> {
        if let Some(rows) = array.as_dictionary_opt::<Int32Type>() {
            return if NUMBERED.contains(&name) { self.numbers(name, array) } else { words(name, rows) };
        }
        if let Some(instants) = array.as_primitive_opt::<TimestampMicrosecondType>() {
            let column: Int64Chunked = instants.iter().collect();
            let column = column.with_name(name.into());
            return Some(column.into_datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)).into_column());
        }
        let column: Int64Chunked = array.as_primitive_opt::<Int64Type>()?.iter().collect();
        Some(column.with_name(name.into()).into_column())
    }

    fn numbers(&mut self, name: &str, array: &dyn Array) -> Option<Column> {
        let numbers = self.texts.of_rows(array.as_dictionary_opt()?)?;
        let known = numbers.into_iter().map(|number| (number != MISSING).then_some(number));
        Some(known.collect::<UInt32Chunked>().with_name(name.into()).into_column())
    }

    /// The tables, once all has been read.
    ///
    /// # Errors
    /// None for rows that came from here.
    pub fn tables(self, clients: Rows, volume: Rows, tls: Rows, coverage: LazyFrame) -> Result<Tables> {
        let (texts, places) = self.texts.in_order();
        Ok(Tables {
            daily_clients: placed(clients, &places)?.lazy(),
            daily_volume: placed(volume, &places)?.lazy(),
            daily_tls: placed(tls, &places)?.lazy(),
            coverage,
            findings: Arc::new([]),
            texts,
        })
    }
}

/// Words of a small vocabulary, as they are.
fn words(name: &str, rows: &arrow::array::DictionaryArray<Int32Type>) -> Option<Column> {
    let texts = rows.downcast_dict::<StringArray>()?;
    let column: StringChunked = texts.into_iter().collect();
    Some(column.with_name(name.into()).into_column())
}

/// The rows with places where they had numbers.
fn placed(mut rows: Rows, places: &Places) -> Result<DataFrame> {
    for name in NUMBERED {
        if let Ok(numbers) = rows.0.column(name) {
            let placed = numbers.u32()?.apply(|number| places.of(number?));
            rows.0.with_column(placed.into_column())?;
        }
    }
    Ok(rows.0)
}

/// A dataset's rows with texts where they had places.
pub(super) fn spelled(mut rows: DataFrame, texts: &InOrder) -> PolarsResult<DataFrame> {
    for name in rows.get_column_names_owned() {
        if let Ok(places) = rows.column(&name)?.u32() {
            let spelled: StringChunked = places.iter().map(|place| texts.text(place?)).collect();
            rows.with_column(spelled.with_name(name).into_column())?;
        }
    }
    Ok(rows)
}
