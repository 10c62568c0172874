//! A small lake whose reports were worked out by hand, for the tests of this folder.

use polars::prelude::*;

use super::cutover::Ways;
use super::page::MAX_ROWS;
use super::unusual::{Finding, Severity};
use super::{Half, Reading, Tables, Wanted, Window};
use crate::calendar::Day;
use crate::lake::tables::{COVERAGE, DAILY_CLIENTS, DAILY_REFUSALS, DAILY_TLS, DAILY_VOLUME, IMPORTED, Table};
use crate::rollups::examples::batch;
pub(super) use crate::rollups::examples::{bools, floats, ints, texts};

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

/// Tables of a lake, whole and with every column.
#[derive(Clone)]
pub(super) struct Lake {
    pub refusals: LazyFrame,
    pub volume: LazyFrame,
    pub clients: LazyFrame,
    pub tls: LazyFrame,
    pub coverage: LazyFrame,
    pub imported: LazyFrame,
}

impl Lake {
    /// What reports are made from.
    pub(super) fn tables(&self) -> Tables {
        self.read(wanted(), usize::MAX)
    }

    /// The same of a part, read in batches of so many rows.
    pub(super) fn read(&self, wanted: Wanted, rows_of_batch: usize) -> Tables {
        let mut reading = Reading::new(wanted);
        for half in reading.halves() {
            half.tables().iter().for_each(|table| self.add(half, table, rows_of_batch));
        }
        reading.tables(self.coverage.clone(), self.imported.clone()).unwrap()
    }

    fn add(&self, half: &mut dyn Half, table: &Table, rows_of_batch: usize) {
        let rows = match table.name {
            "daily_refusals" => &self.refusals,
            "daily_volume" => &self.volume,
            "daily_clients" => &self.clients,
            _ => &self.tls,
        };
        let days = rows.clone().select([col("date")]).unique(None, UniqueKeepStrategy::Any);
        let days = days.sort(["date"], SortMultipleOptions::default()).collect().unwrap();
        let days = days.column("date").unwrap().date().unwrap().physical().iter().flatten();
        for day in days.map(Day::from_epoch_days) {
            let columns = half.columns(table, day);
            if columns.is_empty() {
                continue;
            }
            let of_day = rows.clone().filter(col("date").eq(lit(Scalar::new_date(day.epoch_days()))));
            let columns: Vec<Expr> = columns.iter().map(|name| col(*name)).collect();
            let of_day = of_day.select(columns).collect().unwrap();
            for start in (0..of_day.height()).step_by(rows_of_batch.min(of_day.height())) {
                half.add(table, day, &batch(&of_day.slice(start as i64, rows_of_batch))).unwrap();
            }
        }
    }
}

/// What reports are made from.
pub(super) fn tables() -> Tables {
    lake().tables()
}

/// alice sends on two days of the window and in the window before, bob once; two messages have no account.
pub(super) fn lake() -> Lake {
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
    let (old, new) = (Some("DES-CBC3-SHA"), Some("TLS_AES_256_GCM_SHA384"));
    let seen = [before, first, first, first, first, third].map(|date| Day::from_epoch_days(date).start());
    let seen = |later: i64| (later..).zip(seen).map(|(later, start)| start + later).collect::<Vec<_>>();
    let clients = df!(
        "date" => [before, first, first, first, first, third],
        "account" => [ALICE, ALICE, ALICE, BOB, None, ALICE],
        "domain" => [A, A, A, B, None, A],
        "client_name" => [Some("old.a.test"), Some("pc.a.test"), Some("b.phone.test"), None, None, Some("a.phone.test")],
        "helo" => [Some("pc"), Some("pc"), Some("phone"), None, Some("printer"), Some("phone")],
        "service" => [Some("submission"), Some("submission"), Some("submission"), None, Some("smtp"), Some("submission")],
        "cipher" => [old, old, new, None, None, new],
        "mechanism" => [Some("LOGIN"), Some("LOGIN"), Some("PLAIN"), None, Some("PLAIN"), Some("XOAUTH2")],
        "first_seen" => seen(0),
        "last_seen" => seen(10),
        "client_ip" => [Some("198.51.100.1"), Some("192.0.2.1"), Some("192.0.2.2"), None, Some("192.0.2.9"), Some("192.0.2.2")],
        "tls_version" => ["TLSv1.0", "TLSv1.0", "TLSv1.3", "unknown", "none", "TLSv1.3"],
        "cipher_class" => [Some("weak"), Some("weak"), Some("strong"), None, None, Some("strong")],
        "auth_family" => [Some("basic"), Some("basic"), Some("basic"), None, Some("basic"), Some("oauth")],
        "messages" => [4_i64, 2, 3, 1, 2, 3],
    );
    Lake {
        refusals: refusals(),
        volume: complete(volume.unwrap(), &DAILY_VOLUME),
        clients: complete(clients.unwrap(), &DAILY_CLIENTS),
        tls: complete(tls.unwrap(), &DAILY_TLS),
        coverage: coverage(),
        imported: imported(),
    }
}

/// A stranger tries passwords on two days, alice's old client is locked out, her new one mistypes a password.
fn refusals() -> LazyFrame {
    let [before, first, third] = ["2026-02-27", "2026-03-01", "2026-03-03"].map(|text| day(text).epoch_days());
    let (stranger, old, new) = (Some("203.0.113.7"), Some("198.51.100.1"), Some("192.0.2.2"));
    let refusals = df!(
        "date" => [before, first, first, first, third, third, third],
        "client_ip" => [stranger, stranger, new, None, stranger, stranger, old],
        "client_name" => [None, None, None, None, None, None, Some("old.a.test")],
        "kind" => ["auth_failed", "auth_failed", "auth_failed", "tls_failed", "auth_failed", "tls_failed", "tls_failed"],
        "attempts" => [1_000_i64, 30, 2, 1, 20, 1, 9],
        "first_seen" => [0, 1, 2, 3, 4, 5, 6].map(|n| day("2026-03-01").start() + n),
        "last_seen" => [0, 1, 2, 3, 4, 5, 6].map(|n| day("2026-03-03").start() + n),
    );
    complete(refusals.unwrap(), &DAILY_REFUSALS)
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

/// Another product has counted carol on a day of the window, and dave over a week that begins in it.
fn imported() -> LazyFrame {
    let [first, last] = ["2026-03-02", "2026-03-10"].map(|text| day(text).epoch_days());
    let rows = df!(
        "date" => [first, first, last, last + 30],
        "source" => ["m365", "m365", "m365", "m365"],
        "period_start" => [first, first, last - 6, last + 24],
        "account" => ["carol@a.test", "carol@a.test", "dave@b.test", "dave@b.test"],
        "domain" => ["a.test", "a.test", "b.test", "b.test"],
        "tls_version" => ["TLSv1.2", "unknown", "TLSv1.0", "TLSv1.0"],
        "messages" => [3_i64, 1, 70, 7],
    );
    complete(rows.unwrap(), &IMPORTED)
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
    let tls = tls.unwrap();
    let lake = Lake {
        clients: complete(tls.clone(), &DAILY_CLIENTS),
        volume: complete(volume.unwrap(), &DAILY_VOLUME),
        tls: complete(tls, &DAILY_TLS),
        ..lake()
    };
    lake.tables()
}

/// All that there is.
pub(super) fn wanted() -> Wanted {
    Wanted {
        window: window(),
        clients: true,
        addresses: true,
        devices: Ways::with(|_| true),
        refusals: true,
        ways: true,
        weeks: true,
        activity: Some(MAX_ROWS),
    }
}

/// What is made of a lake without a row.
pub(super) fn empty() -> Tables {
    let Lake { refusals, volume, clients, tls, coverage, imported } = lake();
    let [refusals, volume, clients, tls, coverage, imported] =
        [refusals, volume, clients, tls, coverage, imported].map(|frame| frame.limit(0));
    Lake { refusals, volume, clients, tls, coverage, imported }.tables()
}

/// Something unusual about an account.
pub(super) fn finding(account: &str) -> Finding {
    Finding {
        date: day("2026-03-02"),
        account: account.into(),
        rule: "volume",
        severity: Severity::Notice,
        observed: 40,
        baseline_median: Some(10.0),
        baseline_mad: Some(0.5),
        baseline_days: 7,
        threshold: Some(3.5),
        z: Some(6.25),
        cold_start: false,
        sentence: "40 messages.".to_owned(),
        evidence: None,
    }
}

/// The frame with all of the table's columns, nothing where nothing was given.
pub(super) fn complete(given: DataFrame, table: &Table) -> LazyFrame {
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

/// Holds what is told against one of the lists in `tests/page/told.json`, which `web/tests/told.test.ts` holds against
/// the languages of the page.
pub(super) fn assert_listed(kind: &str, told: impl Iterator<Item = String>) {
    let mut forms: Vec<String> = Vec::new();
    for text in told {
        if !forms.contains(&text) {
            forms.push(text);
        }
    }
    let lists: serde_json::Value = serde_json::from_str(include_str!("../../tests/page/told.json")).unwrap();
    let told = serde_json::json!(forms);
    assert!(lists[kind] == told, "write into tests/page/told.json: \"{kind}\": {told:#}");
}
