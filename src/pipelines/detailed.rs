//! The detailed file: the submissions behind a window, filtered, one row each.
//!
//! A window of a large lake has more submissions than there is memory, so rows go from the lake's files to the
//! published ones a row group at a time.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, Date32Array, RecordBatch, StringArray};
use arrow::compute::{cast, filter_record_batch};
use arrow::datatypes::{DataType, SchemaRef};
use url::Url;

use super::upload::{Forms, sheets, write_files};
use super::{Error, Result, import};
use crate::calendar::Day;
use crate::lake::tables::{IMPORTED, SUBMISSIONS, Table};
use crate::lake::{DataFile, Lake};
use crate::reports::{Export, Window};
use crate::rollups::columns::Columns;
use crate::storage::Storage;

/// What the file is called, without its extension.
const NAME: &str = "submissions";

/// What to say where there is no submission for this reason.
const REPORTED: &str = "what another product has counted has no submissions: the dataset imported_usage and the table \
                        imported have it";

/// Which submissions are wanted, and where they go.
#[derive(Clone, Debug)]
pub struct Request {
    /// The days.
    pub window: Window,
    /// Only these accounts; every one where there are none.
    pub accounts: Vec<String>,
    /// Only these domains.
    pub domains: Vec<String>,
    /// Only these TLS versions.
    pub tls_versions: Vec<String>,
    /// The forms.
    pub exports: Vec<&'static Export>,
    /// The folder.
    pub place: Url,
}

/// What was written.
#[derive(Debug)]
pub struct Written {
    /// How many submissions.
    pub rows: u64,
    /// The files.
    pub files: Vec<Url>,
    /// What a reader of the files has to know.
    pub notes: Vec<String>,
}

/// Writes the submissions of a window, in the order of days and sources.
///
/// # Errors
/// Where the lake cannot be read or a file cannot be written.
pub fn run(storage: &Arc<Storage>, lake: &Lake, request: &Request) -> Result<Written> {
    let days = request.window.days();
    let mut files = lake.snapshot(&SUBMISSIONS)?.files;
    files.retain(|file| days.contains(file.partition.date));
    files.sort_by(|a, b| (&a.partition, &a.path).cmp(&(&b.partition, &b.path)));
    let mut rows = 0;
    let Request { place, exports, .. } = request;
    let files = write_files(storage, place, NAME, exports, &SUBMISSIONS.schema(), |forms| {
        rows = write(lake, &files, request, forms)?;
        Ok(())
    })?;
    let mut notes = exports.iter().filter_map(|export| sheets(export, NAME, rows)).collect::<Vec<_>>();
    if rows == 0 && is_reported(lake, request)? {
        notes.push(REPORTED.to_owned());
    }
    Ok(Written { rows, files, notes })
}

fn write(lake: &Lake, files: &[DataFile], request: &Request, forms: &mut Forms<'_>) -> Result<u64> {
    let schema = SUBMISSIONS.schema();
    let names: Vec<&str> = SUBMISSIONS.columns.iter().map(|column| column.name).collect();
    let mut rows = 0;
    for batch in lake.batches(&SUBMISSIONS, files, &names) {
        let (file, batch) = batch?;
        let wanted = wanted(&batch, &SUBMISSIONS, request)?;
        if wanted.num_rows() > 0 {
            let spelled = spelled(&wanted, file, &schema)?;
            rows += spelled.num_rows() as u64;
            forms.rows(&spelled)?;
        }
    }
    Ok(rows)
}

/// Whether another product's reports count what is asked for.
fn is_reported(lake: &Lake, request: &Request) -> Result<bool> {
    let mut files = lake.snapshot(&IMPORTED)?.files;
    files.retain(|file| import::touches(file, request.window.days()));
    for batch in lake.batches(&IMPORTED, &files, &["account", "domain", "tls_version"]) {
        if wanted(&batch?.1, &IMPORTED, request)?.num_rows() > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The rows of a table that are asked for.
fn wanted(batch: &RecordBatch, table: &Table, request: &Request) -> Result<RecordBatch> {
    let mut keep = vec![true; batch.num_rows()];
    let filters =
        [("account", &request.accounts), ("domain", &request.domains), ("tls_version", &request.tls_versions)];
    for (name, values) in filters.into_iter().filter(|(_, values)| !values.is_empty()) {
        let texts = Columns::new(table.name, batch).texts(name)?;
        // Each different text is compared once.
        let of_text = |text: Option<&str>| text.is_some_and(|text| values.iter().any(|value| value == text));
        let chosen = texts.values().iter().map(of_text).collect::<Vec<bool>>();
        for (row, keep) in keep.iter_mut().enumerate() {
            *keep &= texts.key(row).is_some_and(|key| chosen[key]);
        }
    }
    filter_record_batch(batch, &BooleanArray::from(keep)).map_err(Error::Columns)
}

/// The rows with every column of the table, texts as texts.
fn spelled(batch: &RecordBatch, file: &DataFile, schema: &SchemaRef) -> Result<RecordBatch> {
    let height = batch.num_rows();
    let (date, source): (Day, _) = (file.partition.date, file.partition.source.as_deref());
    let columns = schema.fields().iter().map(|field| -> std::result::Result<ArrayRef, arrow::error::ArrowError> {
        Ok(match (field.name().as_str(), batch.column_by_name(field.name())) {
            ("date", _) => Arc::new(Date32Array::from(vec![date.epoch_days(); height])),
            ("source", _) => Arc::new(StringArray::from(vec![source; height])),
            (_, Some(column)) if matches!(column.data_type(), DataType::Dictionary(..)) => {
                cast(column, &DataType::Utf8)?
            }
            (_, Some(column)) => Arc::clone(column),
            (_, None) => arrow::array::new_null_array(field.data_type(), height),
        })
    });
    let columns = columns.collect::<std::result::Result<Vec<_>, _>>().map_err(Error::Columns)?;
    RecordBatch::try_new(Arc::clone(schema), columns).map_err(Error::Columns)
}
