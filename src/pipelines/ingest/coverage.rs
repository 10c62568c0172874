//! The `coverage` row of a day: how well it could be read, and the ledger's entry.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};

use super::Built;
use super::outcome::DayInputs;
use crate::calendar::{Day, SECOND};
use crate::lake::tables::COVERAGE;
use crate::lake::{DataFile, Lake, Partition};
use crate::pipelines::{Error, Result};

/// Writes the rows of all days, one file each.
pub(in crate::pipelines) fn write(
    lake: &Lake,
    whole: &BTreeMap<(String, Day), (Built, DayInputs)>,
    digest_of: impl Fn(&str, Day) -> String,
) -> Result<Vec<DataFile>> {
    let file = |((source, day), (built, inputs)): (&(String, Day), &(Built, DayInputs))| {
        let digest = digest_of(source, *day);
        let mut writer = lake.writer(&COVERAGE, &Partition::of_source(*day, source), &digest, 1)?;
        writer.write(&row(built, inputs, &digest)?)?;
        Ok(writer.finish()?)
    };
    whole.iter().map(file).collect()
}

/// The row, in the order of the table's columns without its partitions.
fn row(built: &Built, inputs: &DayInputs, digest: &str) -> Result<RecordBatch> {
    let Built { rows, lines } = built;
    let int = |value: u64| Arc::new(Int64Array::from(vec![i64::try_from(value).unwrap_or(i64::MAX)])) as ArrayRef;
    let time = |at| Arc::new(TimestampMicrosecondArray::from(vec![at]).with_timezone("UTC")) as ArrayRef;
    let double = |value: f64| Arc::new(Float64Array::from(vec![value])) as ArrayRef;
    let text = |value: &str| Arc::new(StringArray::from(vec![value])) as ArrayRef;
    let share = |part: u64| if rows.submissions == 0 { 0.0 } else { part as f64 / rows.submissions as f64 };
    let inputs = serde_json::to_string(inputs).unwrap_or_default();
    let columns = vec![
        int(lines.bytes),
        int(lines.read),
        int(lines.used),
        int(lines.ignored),
        int(lines.rejected),
        int(rows.submissions),
        int(rows.refusals),
        double(share(rows.unknown_tls)),
        double(share(rows.unknown_account)),
        time(lines.first),
        time(lines.last),
        double(lines.longest_gap as f64 / SECOND as f64),
        int(lines.files),
        int(lines.truncated),
        text(digest),
        text(env!("CARGO_PKG_VERSION")),
        text(&inputs),
    ];
    RecordBatch::try_new(COVERAGE.file_schema(), columns).map_err(Error::Columns)
}
