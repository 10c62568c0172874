//! What a report reads of the daily tables: a few columns, each file once.
//!
//! Names and addresses are numbers here (see [`texts`](crate::rollups::texts)): a quarter of a large lake holds the
//! same million accounts ninety times, and grouping them by number takes a fraction of the time and memory that
//! their texts would. [`build`](super::build) puts the texts back into what comes out. Words of a small vocabulary,
//! such as TLS versions, stay words.
//!
//! What only some datasets need is read only for those, see [`Part`](super::wanted::Part): the devices' own columns, what came before
//! from addresses that are refused now, the weeks before the window.

use std::sync::Arc;

use arrow::array::{Array, AsArray, BooleanArray, DictionaryArray, RecordBatch, StringArray};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{DataType as Arrow, Int32Type, Int64Type, TimestampMicrosecondType};
use polars::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::cutover::Way;
use super::unusual::Finding;
use super::wanted::Wanted;
use super::ways::DailyWays;
use super::weeks::Weeks;
use super::{Error, Result};
use crate::calendar::Day;
use crate::lake::tables::{COVERAGE, DAILY_CLIENTS, DAILY_REFUSALS, DAILY_TLS, DAILY_VOLUME, IMPORTED, Table};
use crate::rollups::texts::{InOrder, MISSING, Number, Places, Texts};

/// The daily tables over the window and the window before it, with the columns that datasets read.
#[derive(Clone)]
pub struct Tables {
    /// `daily_clients`: [`CLIENTS`], and as `way` the bit of each row's [`Way`]. Of the window only.
    pub daily_clients: LazyFrame,
    /// `daily_volume`: [`VOLUME`].
    pub daily_volume: LazyFrame,
    /// `daily_tls`: [`TLS`].
    pub daily_tls: LazyFrame,
    /// `daily_clients` again: [`DEVICES`] and `way`, of the window, at least of the ways that were wanted.
    pub devices: LazyFrame,
    /// `daily_refusals`: [`REFUSALS`], of the window only, where they were wanted.
    pub daily_refusals: LazyFrame,
    /// `daily_clients` again: [`ORIGINS`] of the window and the one before, at least of addresses that were refused.
    pub origins: LazyFrame,
    /// How many messages and accounts came in on which ways, by day of the window, where that was wanted.
    pub ways: LazyFrame,
    /// What the accounts did in the [`weeks`](super::Window::weeks) of the window, where that was wanted.
    pub weeks: LazyFrame,
    /// `coverage`, with every column.
    pub coverage: LazyFrame,
    /// `imported`, with every column.
    pub imported: LazyFrame,
    /// What is unusual in the window, where that was wanted.
    pub findings: Arc<[Finding]>,
    /// The texts whose places stand in [`NUMBERED`] columns.
    pub texts: InOrder,
}

/// The columns of `daily_clients` that datasets and the page read.
pub const CLIENTS: [&str; 9] =
    ["account", "domain", "client_ip", "tls_version", "cipher_class", "auth_family", "messages", "recipients", "bytes"];
/// The columns of `daily_clients` that tell who a device is.
pub const DEVICES: [&str; 12] = [
    "account",
    "domain",
    "client_ip",
    "client_name",
    "helo",
    "service",
    "tls_version",
    "cipher",
    "mechanism",
    "messages",
    "first_seen",
    "last_seen",
];
/// The columns of `daily_clients` that tell what came from an address.
pub const ORIGINS: [&str; 4] = ["account", "client_ip", "tls_version", "last_seen"];
/// The columns of `daily_refusals` that datasets read.
pub const REFUSALS: [&str; 6] = ["client_ip", "client_name", "kind", "attempts", "first_seen", "last_seen"];
/// The columns of `daily_volume` that datasets read.
pub const VOLUME: [&str; 8] =
    ["account", "domain", "messages", "recipients", "bytes", "mail_froms", "first_seen", "last_seen"];
/// The columns of `daily_tls` that datasets read.
pub const TLS: [&str; 4] = ["account", "domain", "tls_version", "messages"];

/// What a row's way is told by.
pub(super) const WAY: [&str; 3] = ["tls_version", "cipher", "auth_family"];

/// Columns of names and addresses, of which there may be millions.
pub const NUMBERED: [&str; 5] = ["account", "domain", "client_ip", "client_name", "helo"];

/// The tables that are read batch by batch, in the order in which they have to be: which addresses were refused is
/// known before it is asked what came from them.
pub static READ: [&Table; 4] = [&DAILY_REFUSALS, &DAILY_CLIENTS, &DAILY_VOLUME, &DAILY_TLS];

/// All tables that reports are made from.
pub static TABLES: [&Table; 6] = [&DAILY_CLIENTS, &DAILY_VOLUME, &DAILY_TLS, &DAILY_REFUSALS, &COVERAGE, &IMPORTED];

/// Daily tables as they are read: those of [`READ`], each day by day.
pub struct Reading {
    wanted: Wanted,
    texts: Texts,
    clients: DataFrame,
    devices: DataFrame,
    origins: DataFrame,
    refusals: DataFrame,
    volume: DataFrame,
    tls: DataFrame,
    ways: DailyWays,
    weeks: Weeks,
    /// Addresses that were refused.
    refused: FxHashSet<Number>,
}

impl Reading {
    /// Nothing was read yet.
    ///
    /// # Errors
    /// None for the lake's tables.
    pub fn new(wanted: Wanted) -> Result<Self> {
        let mut texts = Texts::default();
        let mut empty =
            |table: &Table, columns: &[&str]| frame(&mut texts, Day::default(), &part(&nothing(table)?, columns)?);
        let clients = with_ways(empty(&DAILY_CLIENTS, &CLIENTS)?, &[])?;
        let devices = with_ways(empty(&DAILY_CLIENTS, &DEVICES)?, &[])?;
        let origins = empty(&DAILY_CLIENTS, &ORIGINS)?;
        let refusals = empty(&DAILY_REFUSALS, &REFUSALS)?;
        let (volume, tls) = (empty(&DAILY_VOLUME, &VOLUME)?, empty(&DAILY_TLS, &TLS)?);
        let (ways, weeks) = (DailyWays::default(), Weeks::new(wanted.window.weeks()));
        let refused = FxHashSet::default();
        Ok(Self { wanted, texts, clients, devices, origins, refusals, volume, tls, ways, weeks, refused })
    }

    /// The columns of a table that are needed of a day; none where the day is not needed.
    #[must_use]
    pub fn columns(&self, table: &Table, day: Day) -> Vec<&'static str> {
        let needless = self.refused.is_empty() && !self.wanted.window.days().contains(day);
        if needless && table.name == DAILY_CLIENTS.name { Vec::new() } else { self.wanted.columns(table, day) }
    }

    /// Adds a day's batch of a table: see [`Lake::batches`](crate::lake::Lake::batches).
    ///
    /// # Errors
    /// Where the batch has not the [`columns`](Self::columns) of the table and day.
    pub fn add(&mut self, table: &Table, day: Day, batch: &RecordBatch) -> Result<()> {
        match table.name {
            name if name == DAILY_CLIENTS.name => return self.add_clients(day, batch),
            name if name == DAILY_REFUSALS.name => {
                let rows = frame(&mut self.texts, day, &part(batch, &REFUSALS)?)?;
                self.refused.extend(rows.column("client_ip")?.u32()?.iter().flatten());
                self.refusals.vstack_mut_owned(rows)?;
            }
            name if name == DAILY_VOLUME.name => {
                self.volume.vstack_mut_owned(frame(&mut self.texts, day, &part(batch, &VOLUME)?)?)?;
            }
            name if name == DAILY_TLS.name => return self.add_tls(day, batch),
            _ => {}
        }
        Ok(())
    }

    fn add_clients(&mut self, day: Day, batch: &RecordBatch) -> Result<()> {
        if !self.wanted.window.days().contains(day) {
            let refused = rows_where(dictionary(batch, "client_ip")?, |ip| {
                self.texts.find(ip).is_some_and(|number| self.refused.contains(&number))
            });
            return self.add_origins(day, batch, &refused);
        }
        let ways = ways(batch)?;
        let rows = frame(&mut self.texts, day, &part(batch, &CLIENTS)?)?;
        if !self.refused.is_empty() {
            let addresses = rows.column("client_ip")?.u32()?.iter();
            let is_refused = |address: Option<Number>| address.is_some_and(|number| self.refused.contains(&number));
            let refused = addresses.map(|address| Some(is_refused(address))).collect();
            self.add_origins(day, batch, &refused)?;
        }
        if self.wanted.ways {
            let (accounts, messages) = (rows.column("account")?.u32()?, rows.column("messages")?.i64()?);
            let messages = messages.iter().map(|messages| messages.unwrap_or(0));
            let rows = accounts.iter().zip(&ways).zip(messages);
            self.ways.add(day, rows.map(|((account, way), messages)| (account, *way, messages)));
        }
        self.clients.vstack_mut_owned(with_ways(rows, &ways)?)?;
        if !self.wanted.devices.is_empty() {
            let wanted: BooleanArray = ways.iter().map(|way| Some(self.wanted.devices.meet(*way))).collect();
            let rows = frame(&mut self.texts, day, &some(&part(batch, &DEVICES)?, &wanted)?)?;
            let ways: Vec<i64> = ways.into_iter().filter(|way| self.wanted.devices.meet(*way)).collect();
            self.devices.vstack_mut_owned(with_ways(rows, &ways)?)?;
        }
        Ok(())
    }

    fn add_origins(&mut self, day: Day, batch: &RecordBatch, refused: &BooleanArray) -> Result<()> {
        let rows = some(&part(batch, &ORIGINS)?, refused)?;
        self.origins.vstack_mut_owned(frame(&mut self.texts, day, &rows)?)?;
        Ok(())
    }

    fn add_tls(&mut self, day: Day, batch: &RecordBatch) -> Result<()> {
        let rows = frame(&mut self.texts, day, &part(batch, &TLS)?)?;
        if self.wanted.weeks && self.wanted.window.weeks().contains(day) {
            let [accounts, domains] = [rows.column("account")?.u32()?, rows.column("domain")?.u32()?];
            let who = accounts.iter().zip(domains.iter());
            self.weeks.add(day, who, dictionary(batch, "tls_version")?);
        }
        if self.wanted.window.days_read().contains(day) {
            self.tls.vstack_mut_owned(rows)?;
        }
        Ok(())
    }

    /// The tables, once all has been read.
    ///
    /// # Errors
    /// None for rows that came from here.
    pub fn tables(self, coverage: LazyFrame, imported: LazyFrame) -> Result<Tables> {
        let (texts, places) = self.texts.in_order();
        let placed = |rows: DataFrame| Ok::<_, Error>(placed(rows, &places)?.lazy());
        Ok(Tables {
            daily_clients: placed(self.clients)?,
            daily_volume: placed(self.volume)?,
            daily_tls: placed(self.tls)?,
            devices: placed(self.devices)?,
            daily_refusals: placed(self.refusals)?,
            origins: placed(self.origins)?,
            ways: self.ways.into_frame()?.lazy(),
            weeks: placed(self.weeks.into_frame()?)?,
            coverage,
            imported,
            findings: Arc::new([]),
            texts,
        })
    }
}

/// A batch of a table without rows.
fn nothing(table: &Table) -> Result<RecordBatch> {
    let empty = |kind: &Arrow| match kind {
        Arrow::Utf8 => arrow::array::new_empty_array(&Arrow::Dictionary(Box::new(Arrow::Int32), Box::new(Arrow::Utf8))),
        kind => arrow::array::new_empty_array(kind),
    };
    let schema = table.file_schema();
    let columns = schema.fields().iter().map(|field| (field.name(), empty(field.data_type())));
    RecordBatch::try_from_iter(columns).map_err(|source| Error::Rows { source })
}

/// Some columns of a batch.
fn part(batch: &RecordBatch, columns: &[&str]) -> Result<RecordBatch> {
    let column = |name: &&str| batch.schema_ref().index_of(name).map_err(|_| unfit(batch, name));
    let places = columns.iter().map(column).collect::<Result<Vec<_>>>()?;
    batch.project(&places).map_err(|source| Error::Rows { source })
}

/// The rows of a batch for which something holds.
fn some(batch: &RecordBatch, holds: &BooleanArray) -> Result<RecordBatch> {
    filter_record_batch(batch, holds).map_err(|source| Error::Rows { source })
}

/// For which rows something holds of their text. Every text is asked about once; of what is missing it does not hold.
fn rows_where(rows: &DictionaryArray<Int32Type>, holds: impl Fn(&str) -> bool) -> BooleanArray {
    let texts = rows.values().as_string_opt::<i32>();
    let held: Vec<bool> = texts.into_iter().flatten().map(|text| text.is_some_and(&holds)).collect();
    let of_key = |key: i32| held.get(usize::try_from(key).ok()?).copied();
    rows.keys().iter().map(|key| Some(key.and_then(of_key).unwrap_or(false))).collect()
}

/// The bits of the rows' ways. Few different ones come, often one behind the other.
fn ways(batch: &RecordBatch) -> Result<Vec<i64>> {
    let [versions, ciphers, families] = WAY.map(|name| dictionary(batch, name));
    let columns = [versions?, ciphers?, families?];
    let text = |column: usize, row: usize| {
        let values = columns[column].values().as_string_opt::<i32>()?;
        columns[column].key(row).filter(|key| values.is_valid(*key)).map(|key| values.value(key))
    };
    let key = |column: usize, row: usize| {
        let keys = columns[column].keys();
        if keys.is_valid(row) { keys.value(row) } else { -1 }
    };
    let mut known: FxHashMap<[i32; 3], i64> = FxHashMap::default();
    let mut last = None;
    let way = |row: usize| {
        let key = [key(0, row), key(1, row), key(2, row)];
        match last {
            Some((last, bit)) if last == key => bit,
            _ => {
                let way = || Way::of(text(0, row), text(1, row), text(2, row)).bit();
                let bit = *known.entry(key).or_insert_with(way);
                last = Some((key, bit));
                bit
            }
        }
    };
    Ok((0..batch.num_rows()).map(way).collect())
}

fn with_ways(mut rows: DataFrame, ways: &[i64]) -> Result<DataFrame> {
    rows.with_column(Int64Chunked::from_slice("way".into(), ways).into_column())?;
    Ok(rows)
}

fn dictionary<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a DictionaryArray<Int32Type>> {
    let column = batch.column_by_name(name).and_then(|column| column.as_dictionary_opt());
    column.ok_or_else(|| unfit(batch, name))
}

fn unfit(batch: &RecordBatch, name: &str) -> Error {
    let found = batch.column_by_name(name).map_or_else(|| "missing".to_owned(), |array| array.data_type().to_string());
    Error::Column { column: name.to_owned(), found }
}

fn frame(texts: &mut Texts, day: Day, batch: &RecordBatch) -> Result<DataFrame> {
    let height = batch.num_rows();
    let mut columns = vec![Column::new_scalar("date".into(), Scalar::new_date(day.epoch_days()), height)];
    for (field, array) in batch.schema_ref().fields().iter().zip(batch.columns()) {
        let read = column(texts, field.name(), array.as_ref());
        columns.push(read.ok_or_else(|| unfit(batch, field.name()))?);
    }
    Ok(DataFrame::new(height, columns)?)
}

fn column(texts: &mut Texts, name: &str, array: &dyn Array) -> Option<Column> {
    if let Some(rows) = array.as_dictionary_opt::<Int32Type>() {
        return if NUMBERED.contains(&name) { numbers(texts, name, rows) } else { words(name, rows) };
    }
    if let Some(instants) = array.as_primitive_opt::<TimestampMicrosecondType>() {
        let column: Int64Chunked = instants.iter().collect();
        let column = column.with_name(name.into());
        return Some(column.into_datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)).into_column());
    }
    let column: Int64Chunked = array.as_primitive_opt::<Int64Type>()?.iter().collect();
    Some(column.with_name(name.into()).into_column())
}

fn numbers(texts: &mut Texts, name: &str, rows: &DictionaryArray<Int32Type>) -> Option<Column> {
    let numbers = texts.of_rows(rows)?;
    let known = numbers.into_iter().map(|number| (number != MISSING).then_some(number));
    Some(known.collect::<UInt32Chunked>().with_name(name.into()).into_column())
}

/// Words of a small vocabulary, as they are.
fn words(name: &str, rows: &DictionaryArray<Int32Type>) -> Option<Column> {
    let texts = rows.downcast_dict::<StringArray>()?;
    let column: StringChunked = texts.into_iter().collect();
    Some(column.with_name(name.into()).into_column())
}

/// The rows with places where they had numbers.
fn placed(mut rows: DataFrame, places: &Places) -> Result<DataFrame> {
    for name in NUMBERED {
        if let Ok(numbers) = rows.column(name) {
            let placed = numbers.u32()?.apply(|number| places.of(number?));
            rows.with_column(placed.into_column())?;
        }
    }
    Ok(rows)
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

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::super::cutover::Ways;
    use super::super::examples::{self, day, ints, texts};
    use super::*;

    #[test]
    fn devices_and_origins_are_only_those_wanted() {
        let given = examples::tables();
        let mut reading = Reading::new(Wanted { devices: Ways::legacy(), ..examples::wanted() }).unwrap();
        let rows = |frame: &LazyFrame, date: &str, columns: &[&str]| {
            let of_date = frame.clone().filter(col("date").eq(lit(day(date).epoch_days()).cast(DataType::Date)));
            let columns: Vec<Expr> = columns.iter().map(|name| col(*name)).collect();
            crate::rollups::examples::batch(&of_date.select(columns).collect().unwrap())
        };
        for (table, frame) in [(&DAILY_REFUSALS, &given.daily_refusals), (&DAILY_CLIENTS, &given.daily_clients)] {
            for date in ["2026-02-27", "2026-03-01", "2026-03-03"] {
                let columns = reading.columns(table, day(date));
                if !columns.is_empty() {
                    reading.add(table, day(date), &rows(frame, date, &columns)).unwrap();
                }
            }
        }
        let tables = reading.tables(given.coverage, given.imported).unwrap();
        let read = |frame: LazyFrame| spelled(frame.collect().unwrap(), &tables.texts).unwrap();
        let devices = read(tables.devices.clone());
        assert_eq!(texts(&devices, "helo"), [Some("pc"), Some("printer")]);
        // Of 27 February and 3 March each one that was refused; on 1 March the one that alice's new client has.
        let origins = read(tables.origins.clone());
        assert_eq!(texts(&origins, "client_ip"), ["198.51.100.1", "192.0.2.2", "192.0.2.2"].map(Some));
        assert_eq!(texts(&origins, "tls_version"), ["TLSv1.0", "TLSv1.3", "TLSv1.3"].map(Some));
        assert_eq!(read(tables.daily_clients.clone()).height(), 5);
    }

    #[test]
    fn weeks_are_bits() {
        let weeks = spelled(examples::numbered().weeks.collect().unwrap(), &examples::numbered().texts).unwrap();
        let weeks = weeks.sort(["account"], SortMultipleOptions::default()).unwrap();
        assert_eq!(texts(&weeks, "account"), [Some("alice@a.test"), Some("bob@b.test")]);
        let bit = 1 << 12;
        assert_eq!(
            (ints(&weeks, "active"), ints(&weeks, "legacy"), ints(&weeks, "unknown")),
            (vec![bit, bit], vec![bit, 0], vec![0, bit])
        );
    }

    #[test]
    fn a_batch_without_a_column_is_refused() {
        let mut reading = Reading::new(examples::wanted()).unwrap();
        let batch = part(&nothing(&DAILY_VOLUME).unwrap(), &["account"]).unwrap();
        let error = reading.add(&DAILY_VOLUME, day("2026-03-01"), &batch).unwrap_err().to_string();
        assert!(error.contains("column 'domain' of a dataset is missing"), "{error}");
    }
}
