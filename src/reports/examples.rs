//! A small lake whose reports were worked out by hand, for the tests of this folder.

use std::sync::Arc;

use polars::prelude::*;

use super::tables::{CLIENTS, Reading, TLS, VOLUME};
use super::{Tables, Window};
use crate::calendar::Day;
use crate::lake::tables::{COVERAGE, DAILY_CLIENTS, DAILY_TLS, DAILY_VOLUME, Table};
use crate::rollups::examples::batch;
pub(super) use crate::rollups::examples::{floats, ints, texts};
use crate::rollups::texts::InOrder;

/// What every dataset begins with.
pub(super) const WINDOW_COLUMNS: [&str; 3] = ["window_start", "window_end", "as_of"];

pub(super) fn day(text: &str) -> Day {
    text.parse().unwrap()
}

/// Four days of which the last is not complete yet.
pub(super) fn window() -> Window {
    Window { first: day("2026-03-01"), last: day("2026-03-04"), as_of: day("2026-03-03") }
}

const ALICE: Option<&str> = Some("alice@a.test");
const BOB: Option<&str> = Some("bob@b.test");
const A: Option<&str> = Some("a.test");
const B: Option<&str> = Some("b.test");

/// alice sends on two days of the window and in the window before, bob once; two messages have no account.
pub(super) fn tables() -> Tables {
    let [before, first, third] = ["2026-02-27", "2026-03-01", "2026-03-03"].map(|text| day(text).epoch_days());
    let volume = df!(
        "date" => [before, first, first, first, third],
        "account" => [ALICE, ALICE, BOB, None, ALICE],
        "domain" => [A, A, B, None, A],
        "messages" => [4_i64, 5, 1, 2, 3],
        "recipients" => [4_i64, 7, 1, 2, 4],
        "bytes" => [400_i64, 500, 100, 200, 300],
        "mail_froms" => [9_i64, 2, 1, 0, 3],
        "first_seen" => [0, 1, 2, 3, 4].map(|n| day("2026-03-01").start() + n),
        "last_seen" => [0, 5, 4, 3, 1].map(|n| day("2026-03-03").end() - n),
    );
    let tls = df!(
        "date" => [before, first, first, first, first, third],
        "account" => [ALICE, ALICE, ALICE, BOB, None, ALICE],
        "domain" => [A, A, A, B, None, A],
        "tls_version" => ["TLSv1.0", "TLSv1.0", "TLSv1.3", "unknown", "none", "TLSv1.3"],
        "messages" => [4_i64, 2, 3, 1, 2, 3],
    );
    let clients = df!(
        "date" => [before, first, first, first, first, third],
        "account" => [ALICE, ALICE, ALICE, BOB, None, ALICE],
        "domain" => [A, A, A, B, None, A],
        "client_ip" => [Some("198.51.100.1"), Some("192.0.2.1"), Some("192.0.2.2"), None, Some("192.0.2.9"), Some("192.0.2.2")],
        "tls_version" => ["TLSv1.0", "TLSv1.0", "TLSv1.3", "unknown", "none", "TLSv1.3"],
        "cipher_class" => [Some("weak"), Some("weak"), Some("strong"), None, None, Some("strong")],
        "auth_family" => [Some("basic"), Some("basic"), Some("basic"), None, Some("basic"), Some("oauth")],
        "messages" => [4_i64, 2, 3, 1, 2, 3],
    );
    Tables {
        daily_clients: complete(clients.unwrap(), &DAILY_CLIENTS),
        daily_volume: complete(volume.unwrap(), &DAILY_VOLUME),
        daily_tls: complete(tls.unwrap(), &DAILY_TLS),
        coverage: coverage(),
        findings: Arc::new([]),
        texts: InOrder::default(),
    }
}

fn coverage() -> LazyFrame {
    let days = ["2026-03-01", "2026-03-02", "2026-03-02", "2026-03-03"].map(|text| day(text).epoch_days());
    let rows = df!(
        "date" => days,
        "source" => ["mx1", "mx1", "mx2", "mx1"],
        "submissions" => [8_i64, 8, 3, 0],
        "lines_rejected" => [0_i64, 0, 0, 7],
        "unknown_tls_share" => [0.0, 0.25, 1.0, 0.0],
        "unknown_account_share" => [0.0, 0.125, 0.0, 0.0],
        "longest_gap_seconds" => [3_600.0, 10.0, 10.0, 23_400.0],
        "truncated_files" => [0_i64, 0, 0, 1],
        "inputs" => ["[]", "[]", "[]", "[]"],
    );
    complete(rows.unwrap(), &COVERAGE)
}

/// The fixture of the data contract: 5,973 messages over TLSv1.0 and 5,280 over TLSv1.2.
pub(super) fn contract() -> Tables {
    let date = day("2026-03-01").epoch_days();
    let volume = df!("date" => [date], "account" => [ALICE], "domain" => [A], "messages" => [11_253_i64]);
    let tls = df!(
        "date" => [date, date],
        "account" => [ALICE, ALICE],
        "tls_version" => ["TLSv1.0", "TLSv1.2"],
        "messages" => [5_973_i64, 5_280],
    );
    Tables {
        daily_volume: complete(volume.unwrap(), &DAILY_VOLUME),
        daily_tls: complete(tls.unwrap(), &DAILY_TLS),
        ..tables()
    }
}

/// The same as the lake hands it out, and as reports read it.
pub(super) fn numbered() -> Tables {
    let Tables { daily_clients, daily_volume, daily_tls, coverage, .. } = tables();
    let mut reading = Reading::default();
    let mut read = |table: &Table, columns: &[&str], frame: LazyFrame| {
        let mut rows = reading.rows(columns, &table.file_schema()).unwrap();
        for date in ["2026-02-27", "2026-03-01", "2026-03-03"].map(day) {
            let of_date = frame.clone().filter(col("date").eq(lit(date.epoch_days()).cast(DataType::Date)));
            let of_date = of_date.select(columns.iter().map(|name| col(*name)).collect::<Vec<_>>()).collect().unwrap();
            reading.add(&mut rows, date, &batch(&of_date)).unwrap();
        }
        rows
    };
    let clients = read(&DAILY_CLIENTS, &CLIENTS, daily_clients);
    let volume = read(&DAILY_VOLUME, &VOLUME, daily_volume);
    let tls = read(&DAILY_TLS, &TLS, daily_tls);
    reading.tables(clients, volume, tls, coverage).unwrap()
}

/// A lake without a row.
pub(super) fn empty() -> Tables {
    let Tables { daily_clients, daily_volume, daily_tls, coverage, findings, texts } = tables();
    let none = |frame: LazyFrame| frame.limit(0);
    Tables {
        daily_clients: none(daily_clients),
        daily_volume: none(daily_volume),
        daily_tls: none(daily_tls),
        coverage: none(coverage),
        findings,
        texts,
    }
}

/// The frame with all of the table's columns, nothing where nothing was given.
fn complete(given: DataFrame, table: &Table) -> LazyFrame {
    let height = given.height();
    let columns = table.columns.iter().map(|spec| {
        let dtype = spec.kind.polars();
        match (given.column(spec.name), &dtype) {
            (Err(_), _) => Column::full_null(spec.name.into(), height, &dtype),
            (Ok(column), DataType::Datetime(unit, zone)) => {
                column.i64().unwrap().clone().into_datetime(*unit, zone.clone()).into_column()
            }
            (Ok(column), dtype) => column.cast(dtype).unwrap(),
        }
    });
    DataFrame::new(height, columns.collect()).unwrap().lazy()
}

pub(super) fn names(frame: &DataFrame) -> Vec<&str> {
    frame.get_column_names().into_iter().map(|name| name.as_str()).collect()
}

pub(super) fn int(frame: &DataFrame, column: &str) -> Option<i64> {
    frame.column(column).unwrap().i64().unwrap().get(0)
}

pub(super) fn float(frame: &DataFrame, column: &str) -> Option<f64> {
    frame.column(column).unwrap().f64().unwrap().get(0)
}
