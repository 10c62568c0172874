//! One small day whose roll-ups were worked out by hand, for the tests of this folder.

use arrow::array::{AsArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType as Arrow, Int32Type, Int64Type};
use polars::prelude::*;

use super::{DayCount, DayFrames, Rollup, arrow_array, to_batches};
use crate::calendar::{Day, HOUR, SECOND, Timestamp};
use crate::lake::tables::{IMPORTED, REFUSALS, SUBMISSIONS, Table};

/// 2026-03-01.
pub(super) fn date() -> Day {
    "2026-03-01".parse().unwrap()
}

/// An instant of the day.
pub(super) fn at(hour: i64, second: i64) -> Timestamp {
    date().start() + hour * HOUR + second * SECOND
}

const ALICE: Option<&str> = Some("alice@a.test");
const BOB: Option<&str> = Some("bob@b.test");

/// alice sends four messages from three addresses, bob's printer one of which little is known, and one message has
/// no account.
fn submissions() -> DataFrame {
    let submissions = df!(
        "ts" => [at(0, 0), at(9, 0), at(9, 59), at(23, 3599), at(9, 1), at(23, 0)],
        "account" => [ALICE, ALICE, ALICE, ALICE, BOB, None],
        "domain" => [Some("a.test"), Some("a.test"), Some("a.test"), Some("a.test"), Some("b.test"), None],
        "client_ip" => [Some("192.0.2.1"), Some("192.0.2.1"), Some("::ffff:192.0.2.9"), Some("2001:db8::1"), None, Some("192.0.2.1")],
        "client_name" => [Some("b.example"), Some("a.example"), None, None, None, None],
        "helo" => [Some("pc"), Some("pc"), Some("pc"), Some("pc"), Some("printer"), Some("pc")],
        "tls_version" => [Some("TLSv1.3"), Some("TLSv1.3"), Some("TLSv1.0"), Some("TLSv1.3"), None, Some("none")],
        "mail_from" => [Some("alice@a.test"), Some("alice@a.test"), Some("sales@a.test"), None, Some("bob@b.test"), None],
        "recipients" => [Some(1_i64), Some(2), Some(2), Some(1), None, Some(1)],
        "size_bytes" => [Some(100_i64), None, Some(400), Some(300), None, Some(10)],
    );
    complete(submissions.unwrap(), &SUBMISSIONS)
}

/// Both are refused now and then.
fn refusals() -> DataFrame {
    let refusals = df!(
        "ts" => [at(1, 0), at(2, 0), at(10, 0), at(22, 0), at(3, 0), at(4, 0)],
        "account" => [ALICE, ALICE, BOB, None, None, None],
        "client_ip" => [Some("198.51.100.7"), Some("198.51.100.7"), None, Some("192.0.2.1"), Some("203.0.113.5"), None],
        "kind" => ["auth_failed", "auth_failed", "auth_failed", "tls_failed", "tls_failed", "tls_failed"],
    );
    complete(refusals.unwrap(), &REFUSALS)
}

/// The day.
pub(super) fn day() -> DayFrames {
    in_pieces(usize::MAX)
}

/// The day, a row at a time, the last one first.
pub(super) fn day_in_pieces() -> DayFrames {
    in_pieces(1)
}

fn in_pieces(rows: usize) -> DayFrames {
    let mut day = DayCount::default();
    let (submissions, refusals) = (batch(&submissions()), batch(&refusals()));
    let pieces = |batch: &RecordBatch| {
        let rows = rows.min(batch.num_rows());
        let starts = (0..batch.num_rows()).step_by(rows).rev();
        starts.map(|start| batch.slice(start, rows)).collect::<Vec<_>>()
    };
    pieces(&submissions).iter().for_each(|piece| day.add_submissions(piece).unwrap());
    pieces(&refusals).iter().for_each(|piece| day.add_refusals(piece).unwrap());
    day.frames(date()).unwrap()
}

/// Four messages without an account, of two domains and of none.
pub(super) fn nobodies() -> DayFrames {
    let (ant, zoo) = (Some("ant.test"), Some("zoo.test"));
    let submissions = df!(
        "ts" => [at(0, 0), at(1, 0), at(2, 0), at(3, 0)],
        "domain" => [zoo, ant, zoo, None],
        "client_ip" => ["192.0.2.1"; 4],
        "tls_version" => ["TLSv1.3"; 4],
        "mail_from" => [Some("a@zoo.test"), Some("a@ant.test"), Some("b@zoo.test"), None],
    );
    let mut day = DayCount::default();
    day.add_submissions(&batch(&complete(submissions.unwrap(), &SUBMISSIONS))).unwrap();
    day.frames(date()).unwrap()
}

/// Accounts without a domain, of which logs and another product's report tell: of `fax`, the logs know one that comes
/// first; of `scan`, the report; of `new`, there is only the report.
pub(super) fn counted_twice() -> DayFrames {
    let submissions = df!(
        "ts" => [at(0, 0), at(1, 0)],
        "account" => ["fax", "scan"],
        "domain" => ["a.test", "c.test"],
        "client_ip" => ["192.0.2.1"; 2],
        "tls_version" => ["TLSv1.0"; 2],
        "mail_from" => ["fax@a.test", "scan@c.test"],
    );
    let imported = df!(
        "account" => ["fax", "scan", "new"],
        "domain" => [None, Some("b.test"), None],
        "tls_version" => ["TLSv1.0"; 3],
        "messages" => [20_i64, 5, 1],
    );
    let mut day = DayCount::default();
    day.add_submissions(&batch(&complete(submissions.unwrap(), &SUBMISSIONS))).unwrap();
    day.add_imported(&batch(&complete(imported.unwrap(), &IMPORTED))).unwrap();
    day.frames(date()).unwrap()
}

/// bob's password is guessed from elsewhere: twice before his only message, once behind it.
pub(super) fn guessed() -> DayFrames {
    let accepted = df!("ts" => [at(9, 0)], "account" => [BOB], "client_ip" => ["192.0.2.1"]);
    let refused = df!(
        "ts" => [at(8, 0), at(8, 1), at(10, 0)],
        "account" => [BOB; 3],
        "client_ip" => ["203.0.113.5"; 3],
        "kind" => ["auth_failed"; 3],
    );
    let mut day = DayCount::default();
    day.add_submissions(&batch(&complete(accepted.unwrap(), &SUBMISSIONS))).unwrap();
    day.add_refusals(&batch(&complete(refused.unwrap(), &REFUSALS))).unwrap();
    day.frames(date()).unwrap()
}

/// A day without a row.
pub(super) fn empty() -> DayFrames {
    DayCount::default().frames(date()).unwrap()
}

/// A roll-up's rows as they are written: with their texts, and counts in 64 bits.
pub(super) fn spelled(rollup: &Rollup, frames: &DayFrames) -> DataFrame {
    let mut rows = rollup.rows(frames).unwrap();
    for batch in to_batches(rollup.table, &rows.clone(), &frames.texts).map(Result::unwrap) {
        for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
            if let Some(texts) = column.as_dictionary_opt::<Int32Type>() {
                let texts = texts.downcast_dict::<StringArray>().unwrap();
                let texts: StringChunked = texts.into_iter().collect();
                rows.with_column(texts.with_name(field.name().as_str().into()).into_column()).unwrap();
            } else if let Some(counts) = column.as_primitive_opt::<Int64Type>() {
                let counts: Int64Chunked = counts.iter().collect();
                rows.with_column(counts.with_name(field.name().as_str().into()).into_column()).unwrap();
            }
        }
    }
    rows
}

/// Rows as the lake hands them out: texts as dictionaries.
pub(crate) fn batch(rows: &DataFrame) -> RecordBatch {
    let texts = Arrow::Dictionary(Box::new(Arrow::Int32), Box::new(Arrow::Utf8));
    let columns = rows.columns().iter().map(|column| {
        let array = arrow_array(column).unwrap().unwrap();
        let array =
            if *array.data_type() == Arrow::Utf8 { arrow::compute::cast(&array, &texts).unwrap() } else { array };
        (column.name().to_string(), array)
    });
    RecordBatch::try_from_iter(columns).unwrap()
}

/// The frame with all of the table's columns: the day, and nothing where nothing was given.
fn complete(given: DataFrame, table: &Table) -> DataFrame {
    let height = given.height();
    let columns = table.columns.iter().map(|spec| {
        let dtype = spec.kind.polars();
        let column = match (spec.name, given.column(spec.name)) {
            ("date", _) => Column::new_scalar("date".into(), Scalar::from(date().epoch_days()), height),
            (_, Ok(column)) => column.clone(),
            (name, Err(_)) => return Column::full_null(name.into(), height, &dtype),
        };
        match dtype {
            DataType::Datetime(unit, zone) => column.i64().unwrap().clone().into_datetime(unit, zone).into_column(),
            dtype => column.cast(&dtype).unwrap(),
        }
    });
    DataFrame::new(height, columns.collect()).unwrap()
}

pub(crate) fn texts<'a>(frame: &'a DataFrame, column: &str) -> Vec<Option<&'a str>> {
    frame.column(column).unwrap().str().unwrap().iter().collect()
}

pub(crate) fn ints(frame: &DataFrame, column: &str) -> Vec<i64> {
    frame.column(column).unwrap().i64().unwrap().iter().map(Option::unwrap).collect()
}

pub(crate) fn floats(frame: &DataFrame, column: &str) -> Vec<f64> {
    frame.column(column).unwrap().f64().unwrap().iter().map(Option::unwrap).collect()
}

pub(crate) fn bools(frame: &DataFrame, column: &str) -> Vec<bool> {
    frame.column(column).unwrap().bool().unwrap().iter().map(Option::unwrap).collect()
}
