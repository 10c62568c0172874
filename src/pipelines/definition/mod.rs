//! The pipeline file: sources, lake, stages, windows and limits, as TOML.
//!
//! A file is read whole or refused whole. Whatever it does not know it refuses, with file, line, column and the
//! nearest valid key: a key that is ignored is a setting that somebody believes in. Paths are relative to the
//! file's own folder, so that a pipeline means the same wherever it is started from.

mod activity;
mod fields;
mod mistakes;
mod sections;
mod source;
pub mod values;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use toml::de::DeTable;
use url::Url;

pub use mistakes::{Mistake, choice, did_you_mean, nearest};
pub use source::{Source, SourceSettings, TlsLogged};

use fields::{Entry, Section};
use mistakes::Proofreader;

use crate::reports::unusual;

/// The result of this module.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a pipeline file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("cannot read the pipeline {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file has mistakes, all of which are here.
    #[error("{}", listed(.path, .mistakes))]
    Mistakes {
        /// The file.
        path: PathBuf,
        /// The mistakes in the order of the file.
        mistakes: Vec<Mistake>,
    },
}

/// A pipeline as its file defines it.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// Its name; the file's stem where the file says nothing.
    pub name: String,
    /// The file it was read from.
    pub path: PathBuf,
    /// The lake's folder.
    pub lake: Url,
    /// The folder of published datasets.
    pub publish: Url,
    /// object_store's options for every URL of this pipeline, keys in lower case.
    pub storage: BTreeMap<String, String>,
    /// The sources in the order of the file, at least one, names unique.
    pub sources: Vec<Source>,
    /// What a run does.
    pub run: Run,
    /// What a report spans.
    pub window: Window,
    /// What a report holds.
    pub report: Report,
    /// When a run is not good enough.
    pub limits: Limits,
    /// When an account's day is unusual.
    pub activity: unusual::Settings,
}

/// `[run]`: what a run does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// How far back a run without dates looks for changed inputs.
    pub lookback: Lookback,
    /// How many threads work; every core where the file says nothing.
    pub threads: Option<usize>,
}

/// How far back a run without dates looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookback {
    /// This many days before today.
    Days(u32),
    /// As far as there are logs.
    All,
}

/// `[window]`: what a report spans unless dates are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The number of complete days, UTC.
    pub days: u32,
}

/// `[report]`: what a report holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The datasets, by registry name.
    pub datasets: Vec<String>,
    /// The forms in which they are published, by registry name.
    pub formats: Vec<String>,
    /// The page's title, where the file has one.
    pub title: Option<String>,
}

/// `[limits]`: when a run is not good enough.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// The percentage of a (day, source)'s lines that may be rejected, 0 to 100. Above it, the run says so and
    /// ends with exit code 3.
    pub max_rejected_percent: f64,
}

/// The names that the registries of this build hold, against which a file is checked.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// Log formats.
    pub formats: &'a [&'a str],
    /// Report datasets; all of them where a file names none.
    pub datasets: &'a [&'a str],
    /// Forms of published files; all usual ones where a file names none.
    pub exports: &'a [&'a str],
}

const KEYS: &[&str] =
    &["name", "lake", "publish", "storage", "sources", "run", "window", "report", "limits", "activity"];

/// What to say of a file that is something else.
const NO_PIPELINE: &str = "this looks like no pipeline: that is TOML, with lake, publish and [[sources]]; \
                           `mailtally tally` and `mailtally inspect` take logs";

impl Definition {
    /// Reads a pipeline file.
    ///
    /// # Errors
    /// Where the file cannot be read or has mistakes; then all of them are named.
    pub fn read(path: &Path, known: &Known<'_>) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
        Self::parse(&text, path, known)
    }

    /// The pipeline of a text that stands, or would stand, in the file `path`.
    ///
    /// # Errors
    /// Where the text has mistakes; all of them are named.
    pub fn parse(text: &str, path: &Path, known: &Known<'_>) -> Result<Self> {
        let absolute = std::path::absolute(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
        let folder = absolute.parent().unwrap_or(Path::new("/"));
        let proof = Proofreader::new(path.display().to_string(), text);
        let (document, broken) = DeTable::parse_recoverable(text);
        let definition = if broken.is_empty() {
            let top = Section::new(&proof, "", KEYS, document.get_ref(), 0);
            definition(top, path, folder, known)
        } else {
            // A log, say, has a mistake in every line, and the first of them is enough to see what it is.
            let is_ours = |line: &str| KEYS.iter().any(|key| line.trim_start_matches(['[', ' ']).starts_with(key));
            let (most, advice) = match text.lines().any(is_ours) {
                true => (broken.len(), None),
                false => (1, Some(NO_PIPELINE.to_owned())),
            };
            for error in broken.iter().take(most) {
                proof.refuse(error.span().unwrap_or(0..0), error.message(), advice.clone());
            }
            None
        };
        let mistakes = proof.into_mistakes();
        match definition {
            Some(definition) if mistakes.is_empty() => Ok(definition),
            _ => Err(Error::Mistakes { path: path.to_owned(), mistakes }),
        }
    }

    /// The source of a name.
    #[must_use]
    pub fn source(&self, name: &str) -> Option<&Source> {
        self.sources.iter().find(|source| source.name == name)
    }
}

/// Reads the whole document, so that every mistake is noted before the first one ends it.
fn definition(top: Section<'_>, path: &Path, folder: &Path, known: &Known<'_>) -> Option<Definition> {
    let stem = || path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let name = top.get("name").and_then(|entry| entry.text()).map_or_else(stem, str::to_owned);
    let place = |entry: Entry<'_>| entry.parse(|text| values::place(folder, text));
    let lake = top.require("lake", "lake = \"/srv/mailtally/lake\"").and_then(place);
    let publish = top.require("publish", "publish = \"/srv/mailtally/published\"").and_then(place);
    let sources = top.require("sources", "[[sources]] with a name and files");
    let sources = sources.map(|entry| sources_of(entry, folder, known));
    let storage = top.get("storage").map(storage).unwrap_or_default();
    let (run, window, limits) = (sections::run(top), sections::window(top), sections::limits(top));
    let report = sections::report(top, known);
    let activity = activity::activity(top);
    let path = path.to_owned();
    Some(Definition {
        name,
        path,
        lake: lake?,
        publish: publish?,
        storage,
        sources: sources?,
        run,
        window,
        report,
        limits,
        activity,
    })
}

fn sources_of(entry: Entry<'_>, folder: &Path, known: &Known<'_>) -> Vec<Source> {
    let list = entry.list();
    if list.is_empty() {
        entry.refuse::<()>("'sources' is empty", Some("add [[sources]] with a name and files".to_owned()));
    }
    let mut lines: BTreeMap<String, usize> = BTreeMap::new();
    let mut sources = Vec::new();
    for entry in list {
        let Some(source) = source::source(entry, folder, known) else { continue };
        if let Some(line) = lines.get(&source.name) {
            let advice = "a source's name stands in every row of the lake: give each its own".to_owned();
            entry.refuse_key(
                "name",
                format!("the name '{}' is taken by the source of line {line}", source.name),
                advice,
            );
        } else {
            lines.insert(source.name.clone(), entry.line());
        }
        sources.push(source);
    }
    sources
}

fn storage(entry: Entry<'_>) -> BTreeMap<String, String> {
    let mut options = BTreeMap::new();
    let Some(section) = entry.open_section("[storage]") else { return options };
    for entry in section.entries() {
        match (values::storage_option(entry.key()), entry.scalar()) {
            (Ok(key), Some(value)) => match values::storage_value(&key, value) {
                Ok(value) => drop(options.insert(key, value)),
                Err(error) => drop(entry.refuse::<()>(error.to_string(), None)),
            },
            (Err(error), _) => drop(entry.refuse::<()>(error.to_string(), None)),
            (Ok(_), None) => drop(entry.wrong_type::<()>("a string, a number, true or false")),
        }
    }
    options
}

/// The mistakes one after the other, under a line that counts them where there are several.
fn listed(path: &Path, mistakes: &[Mistake]) -> String {
    let mut text = String::new();
    if mistakes.len() != 1 {
        let _ = writeln!(text, "{} has {} mistakes", path.display(), mistakes.len());
    }
    text + &mistakes.iter().map(Mistake::to_string).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests;
