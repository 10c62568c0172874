//! From Polars to Arrow: a roll-up's rows as the record batches that the lake writes.
//!
//! The two have their own Arrow implementations. Values are copied column by column: daily tables are small next
//! to the logs they come from, and a copy needs neither `unsafe` nor a promise about either side's memory. Here the
//! places of texts become texts again, each of them once in a batch.

use std::sync::Arc;

use arrow::array::{
    ArrayBuilder, ArrayRef, ArrowPrimitiveType, BooleanArray, DictionaryArray, Int32Array, PrimitiveArray, RecordBatch,
    StringArray, StringBuilder,
};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{ArrowNativeType, Date32Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType};
use arrow::error::ArrowError;
use polars::prelude::*;

use super::texts::is_stand_in;
use super::{Error, InOrder, Result};
use crate::lake::tables::{Column as Spec, Kind, Table};

/// The most rows of one batch: a row group as the ingest writes them.
pub const MAX_BATCH_ROWS: usize = 250_000;

/// The frame's rows as batches of the table's file schema (without its partition columns), in the frame's order, each
/// of at most [`MAX_BATCH_ROWS`] rows, its texts as dictionaries. `texts` is what the frame's texts are places in. No
/// rows give no batch.
///
/// # Errors
/// Each batch may be one: where the frame has not the table's columns and types.
pub fn to_batches(table: &Table, frame: &DataFrame, texts: &InOrder) -> impl Iterator<Item = Result<RecordBatch>> {
    let starts = (0..frame.height()).step_by(MAX_BATCH_ROWS);
    starts.map(move |start| batch(table, &frame.slice(start as i64, MAX_BATCH_ROWS), texts))
}

fn batch(table: &Table, rows: &DataFrame, texts: &InOrder) -> Result<RecordBatch> {
    let stored = table.columns.iter().filter(|column| !table.partitions.contains(&column.name));
    let arrays = stored.map(|column| array(table, column, rows, texts)).collect::<Result<Vec<_>>>()?;
    table.batch(arrays).map_err(|source| Error::Batch { table: table.name, source })
}

fn array(table: &Table, spec: &Spec, rows: &DataFrame, texts: &InOrder) -> Result<ArrayRef> {
    let wanted = spec.kind.polars();
    let shape =
        |found: String| Error::Shape { table: table.name, column: spec.name, found, wanted: wanted.to_string() };
    let column = rows.column(spec.name).map_err(|_| shape("missing".to_owned()))?;
    if let (Kind::Utf8, Ok(places)) = (spec.kind, column.u32()) {
        let texts = numbered(places, texts).map_err(|source| Error::Batch { table: table.name, source })?;
        return Ok(Arc::new(texts));
    }
    // Counts may have 32 bits so far.
    let widened;
    let column = match (spec.kind, column.dtype()) {
        (Kind::Int64, DataType::UInt32) => {
            widened = column.cast(&wanted)?;
            &widened
        }
        _ => column,
    };
    let fits = match column.dtype() {
        // Every instant of the lake is in UTC, whether the reader kept that word or not.
        DataType::Datetime(TimeUnit::Microseconds, _) => spec.kind == Kind::Timestamp,
        dtype => *dtype == wanted,
    };
    if !fits {
        return Err(shape(column.dtype().to_string()));
    }
    arrow_array(column)?.ok_or_else(|| shape(column.dtype().to_string()))
}

/// The texts at some places, each once.
fn numbered(places: &UInt32Chunked, texts: &InOrder) -> std::result::Result<DictionaryArray<Int32Type>, ArrowError> {
    // By place: the number of its text here, counted from 1; 0 where no row has had it.
    let mut numbers = vec![0; texts.count()];
    let mut values = StringBuilder::new();
    let rows = places.downcast_iter().flatten();
    let keys = rows.map(|place| {
        let place = *place? as usize;
        let number = numbers.get_mut(place)?;
        if *number == 0 {
            values.append_value(texts.text(place as u32).filter(|text| !is_stand_in(text))?);
            *number = values.len() as i32;
        }
        Some(*number - 1)
    });
    let keys = keys.collect::<Int32Array>();
    DictionaryArray::try_new(keys, Arc::new(values.finish()))
}

/// A column's values as an Arrow array of one of the lake's types; `None` where it has another type.
///
/// # Errors
/// Never for a column whose values are of its own type.
pub fn arrow_array(column: &Column) -> Result<Option<ArrayRef>> {
    Ok(Some(match column.dtype() {
        DataType::Date => Arc::new(numbers::<Date32Type, _>(column.date()?.physical())),
        DataType::Datetime(TimeUnit::Microseconds, _) => {
            let instants = numbers::<TimestampMicrosecondType, _>(column.datetime()?.physical());
            Arc::new(instants.with_timezone("UTC"))
        }
        DataType::Int64 => Arc::new(numbers::<Int64Type, _>(column.i64()?)),
        DataType::Float64 => Arc::new(numbers::<Float64Type, _>(column.f64()?)),
        DataType::Boolean => Arc::new(BooleanArray::from_iter(column.bool()?.iter())),
        DataType::String => Arc::new(column.str()?.downcast_iter().flatten().collect::<StringArray>()),
        _ => return Ok(None),
    }))
}

/// Numbers, a chunk at a time: one by one they take several times as long.
fn numbers<A, P>(column: &ChunkedArray<P>) -> PrimitiveArray<A>
where
    A: ArrowPrimitiveType<Native = P::Native>,
    P: PolarsNumericType<Native: ArrowNativeType>,
{
    let mut values = Vec::with_capacity(column.len());
    column.downcast_iter().for_each(|chunk| values.extend_from_slice(chunk.values()));
    let known = || column.downcast_iter().flatten().map(|value| value.is_some()).collect::<NullBuffer>();
    PrimitiveArray::new(values.into(), column.has_nulls().then(known))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use arrow::array::{Array, AsArray};

    use super::super::{ROLLUPS, examples, rollup};
    use super::*;
    use crate::lake::tables::{DAILY_REFUSALS, DAILY_TLS};

    #[test]
    fn values_and_holes_survive() {
        let frames = examples::day();
        let rows = rollup("daily_tls").unwrap().rows(&frames).unwrap();
        let batches: Vec<_> = to_batches(&DAILY_TLS, &rows, &frames.texts).map(Result::unwrap).collect();
        assert_eq!(batches.len(), 1);
        let batch = &batches[0];
        assert!(batch.column_by_name("date").is_none(), "a partition column is not in the file");
        let accounts = batch.column_by_name("account").unwrap().as_dictionary::<Int32Type>();
        let spelled: Vec<_> = accounts.downcast_dict::<StringArray>().unwrap().into_iter().collect();
        assert_eq!(spelled, [None, Some("alice@a.test"), Some("alice@a.test"), Some("bob@b.test")]);
        assert_eq!(accounts.values().len(), 2, "each text once");
        assert_eq!(batch.column_by_name("messages").unwrap().as_primitive::<Int64Type>().values(), &[1, 1, 3, 1]);
        assert_eq!(batch.column_by_name("share").unwrap().as_primitive::<Float64Type>().value(1), 0.25);
    }

    #[test]
    fn instants_stay_microseconds_in_utc() {
        let frames = examples::day();
        let rows = rollup("daily_refusals").unwrap().rows(&frames).unwrap();
        let batch = to_batches(&DAILY_REFUSALS, &rows, &frames.texts).next().unwrap().unwrap();
        let first = batch.column_by_name("first_seen").unwrap().as_primitive::<TimestampMicrosecondType>();
        assert_eq!(first.value(3), examples::at(1, 0));
        assert_eq!(first.timezone(), Some("UTC"));
        assert_eq!(batch.column_by_name("later_success").unwrap().as_boolean().true_count(), 2);
    }

    #[test]
    fn batches_are_bounded_and_keep_the_order() {
        let frames = examples::day();
        let rows = rollup("daily_tls").unwrap().rows(&frames).unwrap();
        let mut many = rows.clone();
        while many.height() <= 2 * MAX_BATCH_ROWS {
            many = many.vstack(&many).unwrap();
        }
        let batches: Vec<_> = to_batches(&DAILY_TLS, &many, &frames.texts).map(Result::unwrap).collect();
        assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), many.height());
        assert!(batches.iter().all(|batch| batch.num_rows() <= MAX_BATCH_ROWS));
        let second = batches[1].column_by_name("messages").unwrap().as_primitive::<Int64Type>();
        assert_eq!(second.value(2), 3, "250,000 is a multiple of the four rows");
    }

    #[test]
    fn no_rows_make_no_batch() {
        for rollup in &ROLLUPS {
            let frames = examples::empty();
            let rows = rollup.rows(&frames).unwrap();
            assert!(to_batches(rollup.table, &rows, &frames.texts).next().is_none());
        }
    }

    #[test]
    fn a_frame_of_another_shape_is_refused() {
        let frames = examples::day();
        let rows = rollup("daily_tls").unwrap().rows(&frames).unwrap();
        let error = to_batches(&DAILY_REFUSALS, &rows, &frames.texts).next().unwrap().unwrap_err().to_string();
        assert!(error.contains("daily_refusals: column 'client_ip' is missing"), "{error}");
    }
}
