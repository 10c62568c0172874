//! A file's statistics as Delta's log keeps them, taken from what the Parquet encoder saw: readers skip whole
//! files by them without opening one.
//!
//! <https://github.com/delta-io/delta/blob/master/PROTOCOL.md#per-file-statistics>. Bounds may be loose but never
//! wrong: the encoder cuts long texts, the lowest one down and the highest one up, and where a row group knows no
//! bounds the whole column gets none.

use chrono::{DateTime, SecondsFormat};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};
use parquet::file::statistics::Statistics;
use serde_json::{Map, Value, json};

use super::tables::{Column, Kind, Table};
use crate::calendar::Day;

/// A bound of a column, in the order of the column's type.
#[derive(Clone, Debug, PartialEq, PartialOrd)]
enum Bound {
    Integer(i64),
    Double(f64),
    Text(String),
}

/// The JSON of a file's `stats`: numRecords, and of the [bounded](Table::bounded) columns minValues, maxValues, nullCount.
pub(super) fn to_json(table: &Table, metadata: &ParquetMetaData) -> String {
    let (mut lowest, mut highest, mut nulls) = (Map::new(), Map::new(), Map::new());
    let stored = table.columns.iter().filter(|column| !table.partitions.contains(&column.name));
    let is_bounded = |(_, column): &(usize, &Column)| table.bounded().any(|name| name == column.name);
    for (index, column) in stored.enumerate().filter(is_bounded) {
        let chunks: Vec<_> = metadata.row_groups().iter().map(|group| group.column(index)).collect();
        if let Some(count) = null_count(&chunks) {
            nulls.insert(column.name.to_owned(), json!(count));
        }
        let Some((min, max)) = bounds(&chunks) else { continue };
        if let (Some(min), Some(max)) = (value(column.kind, &min), value(column.kind, &max)) {
            lowest.insert(column.name.to_owned(), min);
            highest.insert(column.name.to_owned(), max);
        }
    }
    let rows = metadata.file_metadata().num_rows();
    json!({ "numRecords": rows, "minValues": lowest, "maxValues": highest, "nullCount": nulls }).to_string()
}

fn null_count(chunks: &[&ColumnChunkMetaData]) -> Option<u64> {
    chunks.iter().map(|chunk| chunk.statistics()?.null_count_opt()).sum()
}

/// The column's bounds over all row groups that hold a value; `None` where there is none, or one is not known.
fn bounds(chunks: &[&ColumnChunkMetaData]) -> Option<(Bound, Bound)> {
    let mut bounds: Option<(Bound, Bound)> = None;
    for chunk in chunks {
        let statistics = chunk.statistics()?;
        if statistics.null_count_opt() == u64::try_from(chunk.num_values()).ok() {
            continue;
        }
        let (min, max) = chunk_bounds(statistics)?;
        bounds = Some(match bounds {
            None => (min, max),
            Some((lowest, highest)) => {
                (if min < lowest { min } else { lowest }, if max > highest { max } else { highest })
            }
        });
    }
    bounds
}

fn chunk_bounds(statistics: &Statistics) -> Option<(Bound, Bound)> {
    let text = |bytes: &[u8]| std::str::from_utf8(bytes).ok().map(|text| Bound::Text(text.to_owned()));
    match statistics {
        Statistics::Int32(s) => Some((Bound::Integer((*s.min_opt()?).into()), Bound::Integer((*s.max_opt()?).into()))),
        Statistics::Int64(s) => Some((Bound::Integer(*s.min_opt()?), Bound::Integer(*s.max_opt()?))),
        Statistics::Double(s) => Some((Bound::Double(*s.min_opt()?), Bound::Double(*s.max_opt()?))),
        Statistics::ByteArray(s) => Some((text(s.min_bytes_opt()?)?, text(s.max_bytes_opt()?)?)),
        // Delta keeps no bounds of booleans, and the tables hold none of the others.
        Statistics::Boolean(_) | Statistics::Int96(_) | Statistics::Float(_) | Statistics::FixedLenByteArray(_) => None,
    }
}

/// A bound in the JSON of its column's type.
fn value(kind: Kind, bound: &Bound) -> Option<Value> {
    match (kind, bound) {
        (Kind::Date, Bound::Integer(days)) => Some(json!(Day::from_epoch_days(i32::try_from(*days).ok()?).to_string())),
        (Kind::Timestamp, Bound::Integer(at)) => {
            Some(json!(DateTime::from_timestamp_micros(*at)?.to_rfc3339_opts(SecondsFormat::Micros, true)))
        }
        (Kind::Int64, Bound::Integer(number)) => Some(json!(number)),
        (Kind::Double, Bound::Double(number)) if number.is_finite() => Some(json!(number)),
        (Kind::Utf8, Bound::Text(text)) => Some(json!(text)),
        _ => None,
    }
}
