//! From a figure back to its logs: an account's day, its submissions, and the file and line that each was read from.
//!
//! The tables keep no lines, since most are never asked for. The ledger knows which bytes of which files a day was
//! built from; those are read again for the queue ids of the day's submissions. Files are found by their content,
//! so rotation and packing since then do no harm, and one that is gone is named.

mod lines;
mod rows;

use std::sync::Arc;

use super::Result;
use super::definition::{Definition, Source};
use super::ingest::ledger::Ledger;
use super::ingest::outcome::{DayInputs, FileInput};
use super::reading::{Prepared, prepare};
use crate::calendar::{Day, DayRange, Timestamp};
use crate::lake::Lake;
use crate::reports::Window;
use crate::reports::unusual::{self, Finding};
use crate::sources::list;
use crate::storage::{Storage, display};
use lines::Wanted;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// The account, as the tables have it.
    pub account: String,
    /// The day.
    pub day: Day,
    /// How many submissions are traced at most, the first ones of the day.
    pub most: usize,
}

/// An account's day.
#[derive(Clone, Debug, Default)]
pub struct Explained {
    /// What `daily_volume` says of it; none where the account did not send.
    pub volume: Option<Volume>,
    /// How many submissions the lake has of it.
    pub submissions: u64,
    /// The first of them.
    pub traced: Vec<Traced>,
    /// What other products have counted of it.
    pub imported: Vec<Counted>,
    /// Raw files that the day was built from and that are gone, by source.
    pub gone: Vec<Gone>,
    /// Why it is unusual, where it is.
    pub findings: Vec<Finding>,
}

/// The sums of an account's day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Volume {
    /// Messages.
    pub messages: i64,
    /// Recipients.
    pub recipients: i64,
    /// Bytes.
    pub bytes: i64,
}

/// Messages that another product has counted, and where its report says so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// The source.
    pub source: String,
    /// The TLS version.
    pub tls_version: String,
    /// The messages.
    pub messages: i64,
    /// The report.
    pub file: String,
    /// Its line, from 1.
    pub line: i64,
}

/// A submission and where it was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Traced {
    /// The source.
    pub source: String,
    /// When it was opened.
    pub ts: Timestamp,
    /// The host.
    pub server: String,
    /// The client's address.
    pub client_ip: String,
    /// The client's name.
    pub client_name: String,
    /// The TLS version.
    pub tls_version: String,
    /// The cipher.
    pub cipher: String,
    /// The mechanism.
    pub mechanism: String,
    /// The sender.
    pub mail_from: String,
    /// How many recipients there were.
    pub recipients: Option<i64>,
    /// The queue id.
    pub queue_id: String,
    /// The lines that name it, the one that opened it first.
    pub lines: Vec<Place>,
}

/// A line of a raw file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file as it is called now.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
}

/// A raw file that is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gone {
    /// The source.
    pub source: String,
    /// The file as it was called then.
    pub file: String,
    /// Why it cannot be read, where that is not for its absence.
    pub reason: String,
}

/// Explains an account's day.
///
/// # Errors
/// Where the lake cannot be read, or a raw file that is there cannot.
pub fn explain(storage: &Arc<Storage>, lake: &Lake, definition: &Definition, question: &Question) -> Result<Explained> {
    let (traced, submissions) = rows::submissions(lake, question)?;
    let mut explained = Explained {
        volume: rows::volume(lake, question)?,
        submissions,
        traced,
        findings: findings(lake, definition, question)?,
        imported: rows::imported(lake, question)?,
        gone: Vec::new(),
    };
    let ledger = Ledger::read(lake, DayRange::single(question.day))?;
    let mut sources: Vec<String> = explained.traced.iter().map(|traced| traced.source.clone()).collect();
    sources.sort_unstable();
    sources.dedup();
    for source in sources {
        let Some(entry) = ledger.entry(&source, question.day) else { continue };
        trace(storage, definition.source(&source), &source, (&ledger, &entry.inputs), question.day, &mut explained)?;
    }
    Ok(explained)
}

/// Why the account is unusual on the day: its own memory is enough for that.
fn findings(lake: &Lake, definition: &Definition, question: &Question) -> Result<Vec<Finding>> {
    let window = Window { first: question.day, last: question.day, as_of: question.day };
    let memory = unusual::Memory::of_account(&definition.activity, &window, &question.account);
    let mut memory = super::report::remembered(lake, memory)?;
    Ok(unusual::findings(&mut memory))
}

/// Finds the lines of a source's submissions.
fn trace(
    storage: &Arc<Storage>,
    source: Option<&Source>,
    name: &str,
    (ledger, inputs): (&Ledger, &DayInputs),
    day: Day,
    explained: &mut Explained,
) -> Result<()> {
    let held = inputs.streams.iter().flat_map(|stream| &stream.files).filter(|file| file.from < file.to);
    let gone = |file: &FileInput, reason: &str| Gone {
        source: name.to_owned(),
        file: file.name.clone(),
        reason: reason.to_owned(),
    };
    let Some(source) = source else {
        explained.gone.extend(held.map(|file| gone(file, "the pipeline has no source of this name any more")));
        return Ok(());
    };
    let raw = list(storage, &source.files).unwrap_or_default();
    if raw.is_empty() {
        explained.gone.extend(held.map(|file| gone(file, "none of the source's files is there")));
        return Ok(());
    }
    let prepared = prepare(
        storage,
        &source.settings,
        &raw,
        Some(DayRange::single(day)),
        &ledger.known_files(name, &source.settings_digest()),
    )?;
    let mut wanted = Wanted::new(explained.traced.iter().filter(|traced| traced.source == name), &source.settings);
    for file in held {
        match find(&prepared, file) {
            Some(there) => wanted.look(storage, prepared.format, there, (file.from, file.to))?,
            None => explained.gone.push(gone(file, "no file of the source begins as it did, or is as long")),
        }
    }
    let of_source = explained.traced.iter_mut().filter(|traced| traced.source == name);
    wanted.assign(of_source);
    Ok(())
}

/// The file that a day was built from, as it is now.
fn find<'a>(prepared: &'a Prepared, then: &FileInput) -> Option<&'a crate::submissions::streams::StreamFile> {
    let files = prepared.streams.iter().flat_map(|stream| &stream.files);
    files
        .filter(|file| file.began_as(&then.fingerprint))
        .find(|file| file.look.length.is_none_or(|length| length >= then.to))
}

impl Place {
    fn new(file: &url::Url, line: u64) -> Self {
        Self { file: display(file), line }
    }
}
