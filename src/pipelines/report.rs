//! The report stage: a window of the daily tables into published datasets and the page.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread;

use arrow::array::RecordBatch;
use object_store::ObjectStoreExt as _;
use polars::prelude::DataFrame;
use serde::{Deserialize, Serialize};
use url::Url;
use xxhash_rust::xxh3::xxh3_64;

use super::ahead::each_ahead;
use super::upload::{sheets, write_files};
use super::{Error, Result};
use crate::calendar::{Day, DayRange};
use crate::lake::tables::{COVERAGE, DAILY_CLIENTS, DAILY_REFUSALS, DAILY_TLS, DAILY_VOLUME, IMPORTED, Table};
use crate::lake::{DataFile, Lake, Snapshot};
use crate::reports::cutover::Switches;
use crate::reports::cutover::accounts::{Cutover, cutover as cut_over};
use crate::reports::unusual::{self, Memory};
use crate::reports::{
    self, Dataset, READ, Reading, Tables, UNUSUAL_ACTIVITY, Wanted, Window, batch, digest, export, page,
};
use crate::storage::{Storage, below, display};

/// The page among the forms in which a report is published.
pub const HTML: &str = "html";

/// The page's file.
const PAGE: &str = "report.html";

/// What was published and from what, so that an unchanged report is not written again.
const MANIFEST: &str = "manifest.json";

/// Rows of a dataset that are written together.
const ROWS_AT_ONCE: usize = 1 << 17;

/// What a report is to hold and where it goes.
#[derive(Clone, Debug)]
pub struct Request {
    /// The days.
    pub window: Window,
    /// The datasets, by name.
    pub datasets: Vec<String>,
    /// The forms, by name.
    pub formats: Vec<String>,
    /// The page's title.
    pub title: String,
    /// When an account's day is unusual.
    pub activity: unusual::Settings,
    /// The folder.
    pub place: Url,
}

/// A report that was built.
#[derive(Debug)]
pub struct Published {
    /// The days.
    pub window: Window,
    /// The datasets that the page and the summary show.
    pub datasets: Vec<(&'static str, DataFrame)>,
    /// The files written.
    pub files: Vec<Url>,
    /// The page, where it was asked for.
    pub page: Option<Url>,
    /// What a reader of the files has to know.
    pub notes: Vec<String>,
}

/// The manifest beside the published files.
#[derive(Debug, Serialize, Deserialize, PartialEq, Eq)]
struct Manifest {
    window_start: Day,
    window_end: Day,
    as_of: Day,
    digest: String,
    files: Vec<String>,
}

/// The newest day that the lake has of every kind; none where it is empty.
///
/// # Errors
/// Where the lake cannot be read.
pub fn newest_day(lake: &Lake) -> Result<Option<Day>> {
    Ok(lake.snapshot(&COVERAGE)?.dates().into_iter().max())
}

/// The last days of the lake, or those asked for.
#[must_use]
pub fn window(as_of: Day, days: u32, asked: Option<DayRange>) -> Window {
    let count = i32::try_from(days.max(1)).unwrap_or(i32::MAX);
    let (first, last) = asked.map_or((as_of.plus(1 - count), as_of), |days| (days.start, days.last()));
    Window { first, last, as_of }
}

/// Whether what is published already is what this request would give.
///
/// # Errors
/// Where the lake cannot be read.
pub fn is_current(storage: &Storage, lake: &Lake, request: &Request) -> Result<bool> {
    let digest = Inputs::of(lake, request)?.digest(request);
    Ok(manifest(storage, &request.place)?.is_some_and(|manifest| manifest.digest == digest))
}

impl Request {
    /// The datasets asked for, and those that the summary and the page need.
    fn needed(&self) -> impl Iterator<Item = &'static Dataset> + Clone {
        let of_page = |name: &str| self.has_page() && page::NEEDS.contains(&name);
        let asked = |name: &str| self.datasets.iter().any(|asked| asked == name);
        let needed = move |name: &str| asked(name) || digest::NEEDS.contains(&name) || of_page(name);
        reports::DATASETS.iter().filter(move |dataset| needed(dataset.name))
    }

    fn has_page(&self) -> bool {
        self.formats.iter().any(|format| format == HTML)
    }

    fn wanted(&self) -> Wanted {
        let rows = self.has_page().then_some(page::MAX_ROWS);
        Wanted { activity: rows, ..Wanted::by(self.window, self.needed()) }
    }

    /// Whether days long before the window are needed.
    fn looks_back(&self) -> bool {
        self.datasets.iter().any(|name| name == UNUSUAL_ACTIVITY)
    }
}

/// What switches would break in a window.
///
/// # Errors
/// Where the lake cannot be read.
pub fn cutover(lake: &Lake, window: Window, switches: &Switches) -> Result<Cutover> {
    let wanted = Wanted { clients: true, devices: switches.failing(), ..Wanted::by(window, std::iter::empty()) };
    Ok(cut_over(&Inputs::read(lake, wanted)?.tables(lake)?, switches)?)
}

/// Builds the datasets and publishes them: each file whole, the manifest last.
///
/// # Errors
/// Where the lake cannot be read or a file cannot be written.
pub fn run(storage: &Arc<Storage>, lake: &Lake, request: &Request) -> Result<Published> {
    let inputs = Inputs::of(lake, request)?;
    let digest = inputs.digest(request);
    let tables = inputs.tables_with_findings(lake, request)?;
    let mut published =
        Published { window: request.window, datasets: Vec::new(), files: Vec::new(), page: None, notes: Vec::new() };
    let built =
        request.needed().map(|dataset| Ok::<_, Error>((dataset, reports::build(dataset, &tables, &request.window)?)));
    each_ahead(built, |(dataset, rows): (&Dataset, DataFrame)| -> Result<()> {
        if request.datasets.iter().any(|asked| asked == dataset.name) {
            publish(storage, request, dataset.name, &rows, &mut published)?;
        }
        if page::shows(dataset.name) {
            published.datasets.push((dataset.name, rows));
        }
        Ok(())
    })?;
    if request.has_page() {
        let place = below(&request.place, PAGE);
        let activity = page::activity(&tables)?;
        let page = page::render(&published.datasets, &activity, &request.window, &request.title)?;
        put(storage, &place, page.into_bytes())?;
        published.page = Some(place);
    }
    let files = published.files.iter().chain(&published.page).map(|file| name(file).to_owned()).collect();
    let Window { first, last, as_of } = request.window;
    let manifest = Manifest { window_start: first, window_end: last, as_of, digest, files };
    let manifest = serde_json::to_vec_pretty(&manifest).unwrap_or_default();
    put(storage, &below(&request.place, MANIFEST), manifest)?;
    tracing::info!(first = %first, last = %last, files = published.files.len(), "published");
    Ok(published)
}

/// Writes a dataset in every form that is asked for, a part of its rows after the other.
fn publish(
    storage: &Arc<Storage>,
    request: &Request,
    name: &str,
    rows: &DataFrame,
    published: &mut Published,
) -> Result<()> {
    let exports: Vec<_> = request.formats.iter().filter_map(|format| export(format)).collect();
    let schema = batch(&rows.head(Some(0)))?.schema();
    let files = write_files(storage, &request.place, name, &exports, &schema, |forms| {
        let parts = (0..rows.height()).step_by(ROWS_AT_ONCE);
        parts.map(|start| batch(&rows.slice(start as i64, ROWS_AT_ONCE))).try_for_each(|part| forms.rows(&part?))
    })?;
    published.files.extend(files);
    published.notes.extend(exports.iter().filter_map(|export| sheets(export, name, rows.height() as u64)));
    Ok(())
}

/// All tables that a report is made from.
const TABLES: [&Table; 6] = [&DAILY_CLIENTS, &DAILY_VOLUME, &DAILY_TLS, &DAILY_REFUSALS, &COVERAGE, &IMPORTED];
/// Those that accounts are remembered by.
const REMEMBERED: [&Table; 4] = [&DAILY_CLIENTS, &DAILY_VOLUME, &DAILY_TLS, &DAILY_REFUSALS];

/// The files that a window is built from.
struct Inputs {
    wanted: Wanted,
    files: Vec<(&'static Table, Vec<DataFile>)>,
    /// The files of the days that accounts are held against, where that is asked for.
    remembered: Vec<(&'static Table, Vec<DataFile>)>,
}

impl Inputs {
    fn read(lake: &Lake, wanted: Wanted) -> Result<Self> {
        Ok(Self { wanted, files: files(lake, TABLES, |table| wanted.days(table))?, remembered: Vec::new() })
    }

    /// What a request is built from.
    fn of(lake: &Lake, request: &Request) -> Result<Self> {
        let mut inputs = Self::read(lake, request.wanted())?;
        if request.looks_back() {
            let days = unusual::days_remembered(&request.activity, &request.window);
            inputs.remembered = files(lake, REMEMBERED, |_| days)?;
        }
        Ok(inputs)
    }

    /// The tables and, where it is asked for, what is unusual: both are read at the same time.
    fn tables_with_findings(&self, lake: &Lake, request: &Request) -> Result<Tables> {
        thread::scope(|scope| {
            let findings = request.looks_back().then(|| scope.spawn(|| self.findings(lake, request)));
            let mut tables = self.tables(lake)?;
            if let Some(findings) = findings {
                tables.findings = findings.join().unwrap_or_else(|panic| resume_unwind(panic))?.into();
            }
            Ok(tables)
        })
    }

    /// What is unusual by what is remembered of the accounts of the window, which is no more than `unusual_activity`
    /// needs.
    fn findings(&self, lake: &Lake, request: &Request) -> Result<Vec<unusual::Finding>> {
        let memory = Memory::new(&request.activity, &request.window);
        let mut memory = fill(lake, memory, |table| Ok(of(&self.remembered, table).to_vec()))?;
        Ok(unusual::findings(&mut memory))
    }

    /// The tables that datasets are made from, each file read once.
    fn tables(&self, lake: &Lake) -> Result<Tables> {
        let mut reading = Reading::new(self.wanted);
        for table in READ {
            let files = of(&self.files, table).iter();
            let wanted = files.map(|file| (file, reading.columns(table, file.partition.date))).collect::<Vec<_>>();
            let wanted = wanted.iter().filter(|(_, columns)| !columns.is_empty());
            let wanted: Vec<_> = wanted.map(|(file, columns)| (*file, columns.as_slice())).collect();
            each_batch(lake, table, &wanted, |day, batch| Ok(reading.add(table, day, batch)?))?;
        }
        let whole = |table| lake.scan(table, of(&self.files, table));
        Ok(reading.tables(whole(&COVERAGE)?, whole(&IMPORTED)?)?)
    }

    fn digest(&self, request: &Request) -> String {
        let Request { window, datasets, formats, title, activity, place: _ } = request;
        let asked = (window.first, window.last, window.as_of, datasets, formats, title, env!("CARGO_PKG_VERSION"));
        let mut text = serde_json::to_string(&asked).unwrap_or_default();
        if request.looks_back() {
            text.push_str(&format!("\n{activity:?}"));
        }
        for (table, files) in self.files.iter().chain(&self.remembered) {
            for file in files {
                text.push_str(&format!("\n{} {}", table.name, file.path));
            }
        }
        format!("{:016x}", xxh3_64(text.as_bytes()))
    }
}

/// Reads what a memory asks for.
///
/// # Errors
/// Where the lake cannot be read.
pub fn remembered(lake: &Lake, memory: Memory) -> Result<Memory> {
    fill(lake, memory, |table| Ok(lake.snapshot(table)?.files))
}

fn fill(lake: &Lake, mut memory: Memory, files_of: impl Fn(&'static Table) -> Result<Vec<DataFile>>) -> Result<Memory> {
    for reading in memory.readings() {
        let mut files = files_of(reading.table)?;
        files.retain(|file| reading.days.contains(file.partition.date));
        files.sort_by_key(|file| file.partition.date);
        let wanted: Vec<_> = files.iter().map(|file| (file, reading.columns)).collect();
        each_batch(lake, reading.table, &wanted, |day, batch| Ok(memory.add(&reading, day, batch)?))?;
    }
    Ok(memory)
}

/// Reads files of a table, each with some of its columns: batch by batch, the next one while the last one is counted.
fn each_batch(
    lake: &Lake,
    table: &'static Table,
    files: &[(&DataFile, &[&'static str])],
    mut add: impl FnMut(Day, &RecordBatch) -> Result<()>,
) -> Result<()> {
    // Days in a row mostly need the same columns.
    let alike = files.chunk_by(|(_, columns), (_, next)| columns == next);
    let batches = alike.flat_map(|files| lake.batches(table, files.iter().map(|(file, _)| *file), files[0].1));
    each_ahead(batches, |(file, batch)| add(file.partition.date, &batch))
}

/// The files that tables have of some days.
fn files<const N: usize>(
    lake: &Lake,
    tables: [&'static Table; N],
    days: impl Fn(&Table) -> DayRange,
) -> Result<Vec<(&'static Table, Vec<DataFile>)>> {
    let snapshots = lake.snapshots(tables)?;
    let of_days = |(table, snapshot): (&'static Table, Snapshot)| {
        let mut files = snapshot.files;
        files.retain(|file| days(table).contains(file.partition.date));
        (table, files)
    };
    Ok(tables.into_iter().zip(snapshots).map(of_days).collect())
}

/// The files of a table among those of several.
fn of<'a>(files: &'a [(&'static Table, Vec<DataFile>)], wanted: &Table) -> &'a [DataFile] {
    let found = files.iter().find(|(table, _)| table.name == wanted.name);
    found.map_or(&[], |(_, files)| files)
}

/// The manifest of what is published; none where nothing is, or where it cannot be read as one.
fn manifest(storage: &Storage, place: &Url) -> Result<Option<Manifest>> {
    let url = below(place, MANIFEST);
    let (store, path) = storage.store(&url)?;
    let failed = |source| Error::Publish { place: display(&url), source };
    let got = storage.wait(async {
        match store.get(&path).await {
            Ok(found) => found.bytes().await.map(Some),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    });
    Ok(got.map_err(failed)?.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

fn put(storage: &Storage, place: &Url, bytes: Vec<u8>) -> Result<()> {
    let (store, path) = storage.store(place)?;
    let failed = |source| Error::Publish { place: display(place), source };
    storage.wait(async { store.put(&path, bytes.into()).await }).map_err(failed)?;
    Ok(())
}

fn name(url: &Url) -> &str {
    url.path().rsplit('/').next().unwrap_or_default()
}

/// The dataset names that a definition may ask for.
#[must_use]
pub fn dataset_names() -> Vec<&'static str> {
    reports::DATASETS.iter().map(|dataset| dataset.name).collect()
}

/// The forms that a definition may ask for: the exports, and the page.
#[must_use]
pub fn format_names() -> Vec<&'static str> {
    reports::EXPORTS.iter().map(|export| export.name).chain([HTML]).collect()
}
