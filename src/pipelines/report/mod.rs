//! The report stage: a window of the daily tables into published datasets and the page.

mod inputs;
mod manifest;

use std::sync::Arc;

use object_store::ObjectStoreExt as _;
use polars::prelude::DataFrame;
use url::Url;

use self::inputs::Inputs;
pub use self::inputs::remembered;
use self::manifest::Manifest;
use super::ahead::each_ahead;
use super::upload::{sheets, write_files};
use super::{Error, Result};
use crate::calendar::{Day, DayRange, Timestamp};
use crate::lake::Lake;
use crate::reports::cutover::Switches;
use crate::reports::cutover::accounts::{Cutover, cutover as cut_over};
use crate::reports::unusual;
use crate::reports::{self, Dataset, OnPage, UNUSUAL_ACTIVITY, Wanted, Window, batch, digest, export, page};
use crate::storage::{Storage, below, display};

/// The page among the forms in which a report is published.
pub const HTML: &str = "html";

/// The page's file.
const PAGE: &str = "report.html";

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
    /// How many files that only earlier reports wrote are beside them.
    pub left: usize,
}

/// The newest of the lake's days that is over, or where none of them is, the newest; none where there are none. Whoever
/// asks for it may have `today` built while it goes on.
#[must_use]
pub fn newest_day(days: &[Day], today: Day) -> Option<Day> {
    days.iter().copied().filter(|day| *day < today).max().or_else(|| days.iter().copied().max())
}

/// The last days of the lake, or those asked for.
#[must_use]
pub fn window(as_of: Day, days: u32, asked: Option<DayRange>) -> Window {
    let count = i32::try_from(days.max(1)).unwrap_or(i32::MAX);
    let (first, last) = asked.map_or((as_of.plus(1 - count), as_of), |days| (days.start, days.last()));
    Window { first, last, as_of }
}

/// Whether what is published already is what this request would give, and all of it is still there.
///
/// # Errors
/// Where the lake cannot be read.
pub fn is_current(storage: &Storage, lake: &Lake, request: &Request) -> Result<bool> {
    let digest = Inputs::of(lake, request)?.digest(request);
    match Manifest::read(storage, &request.place)? {
        Some(manifest) if manifest.digest == digest => manifest.is_complete(storage, &request.place),
        _ => Ok(false),
    }
}

impl Request {
    /// The datasets asked for, and those that the summary and the page need.
    fn needed(&self) -> impl Iterator<Item = &'static Dataset> + Clone {
        let asked = |name: &str| self.datasets.iter().any(|asked| asked == name);
        let of_summary = |name: &str| digest::NEEDS.contains(&name);
        let of_page = |part: OnPage| self.has_page() && part.is_needed();
        reports::DATASETS
            .iter()
            .filter(move |dataset| asked(dataset.name) || of_summary(dataset.name) || of_page(dataset.on_page))
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

/// Builds the datasets and publishes them: each file whole, the manifest last. What was published there before and is no
/// part of them stays.
///
/// # Errors
/// Where the lake cannot be read or a file cannot be written.
pub fn run(storage: &Arc<Storage>, lake: &Lake, request: &Request) -> Result<Published> {
    let inputs = Inputs::of(lake, request)?;
    let digest = inputs.digest(request);
    let tables = inputs.tables_with_findings(lake, request)?;
    let (window, datasets, files, notes) = (request.window, Vec::new(), Vec::new(), Vec::new());
    let mut published = Published { window, datasets, files, page: None, notes, left: 0 };
    let built =
        request.needed().map(|dataset| Ok::<_, Error>((dataset, reports::build(dataset, &tables, &request.window)?)));
    each_ahead(built, |(dataset, rows): (&Dataset, DataFrame)| -> Result<()> {
        if request.datasets.iter().any(|asked| asked == dataset.name) {
            publish(storage, request, dataset.name, &rows, &mut published)?;
        }
        if dataset.on_page != OnPage::Nothing {
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
    published.left = Manifest::new(request.window, digest, files).put(storage, &request.place)?;
    tracing::info!(window = %request.window, files = published.files.len(), "published");
    Ok(published)
}

/// Takes away what earlier reports of the place have left there and the last one has not written, so that nobody takes
/// old figures for those of the manifest beside them, and what runs that were killed have not finished there.
///
/// # Errors
/// Where a file cannot be removed.
pub fn remove_old(storage: &Storage, place: &Url, now: Timestamp) -> Result<()> {
    let Some(manifest) = Manifest::read(storage, place)? else { return Ok(()) };
    manifest.remove_unfinished(place, now);
    manifest.remove_old(storage, place)
}

/// Has [`remove_old`] take away files that were written beside a report; false where none is published there.
///
/// # Errors
/// Where the manifest cannot be read or written.
pub fn remove_later(storage: &Storage, place: &Url, files: &[Url]) -> Result<bool> {
    let Some(manifest) = Manifest::read(storage, place)? else { return Ok(false) };
    manifest.remember(storage, place, files.iter().map(|file| name(file).to_owned()).collect())?;
    Ok(true)
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
