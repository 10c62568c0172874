//! `mailtally inspect`: what a raw log file is.

mod json;
mod notes;
mod text;

use std::sync::Arc;

use serde_json::json;
use url::Url;

use super::args::SourceArgs;
use super::messages::paragraph;
use super::{Context, Error, ExitCode, Result};
use crate::pipelines::inspect::inspect;
use crate::sources::{RawFile, list};
use crate::storage::{Storage, display};

/// Say what raw log files are: format, time range, what is in them, what could not be read
///
/// The thing to run when a figure looks wrong. Give all files of a server together, as a run reads them: a session
/// may run from one file into the next, and the year of one file may come from its neighbour.
#[derive(clap::Args, Clone, Debug)]
#[command(after_long_help = "Examples:
  mailtally inspect /var/log/mail.log
  mailtally inspect mail.log mail.log.1 mail.log.2.gz --timezone Europe/Berlin
  mailtally inspect --json s3://logs/mx1/mail.log.zst
")]
pub struct Args {
    /// Raw log files: paths or URLs (s3://, az://, gs://)
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<String>,

    /// Print JSON, one object per file and line
    #[arg(long)]
    pub json: bool,

    /// How the files are read.
    #[command(flatten)]
    pub source: SourceArgs,
}

/// Runs the command. A file that cannot be read is said, and the others are read all the same.
///
/// # Errors
/// Where an argument is no place or no format, or the output takes no more.
pub fn run(args: &Args, context: &mut Context) -> Result<ExitCode> {
    let settings = args.source.known_settings()?;
    let storage = Arc::new(context.storage(&context.settings.storage.clone())?);
    let places = context.settings.places(&args.files)?;
    let (files, mut failed) = find(args, context, &storage, &places)?;
    let progress = context.progress(files.iter().map(|file| file.size).sum());
    let inspected = inspect(&storage, &settings, &files, &|bytes| progress.advance(bytes));
    progress.finish();
    for (index, (file, facts)) in inspected.iter().enumerate() {
        match facts {
            Ok(facts) if args.json => context.output.json(&json::object(file, facts, &settings))?,
            Ok(facts) => {
                let text = text::describe(file, facts, &settings);
                let apart = if index == 0 { "" } else { "\n" };
                context.output.bytes(format!("{apart}{text}").as_bytes())?;
            }
            Err(error) => {
                failed = true;
                args.report_failure(&display(&file.url), error, context)?;
            }
        }
    }
    Ok(if failed { ExitCode::Failed } else { ExitCode::Done })
}

/// The files behind the arguments, each once, and whether one of the arguments names none.
fn find(args: &Args, context: &mut Context, storage: &Storage, places: &[Url]) -> Result<(Vec<RawFile>, bool)> {
    let mut files: Vec<RawFile> = Vec::new();
    let mut failed = false;
    for place in places {
        match list(storage, std::slice::from_ref(place)) {
            Ok(found) if found.is_empty() => {
                let place = display(place);
                context.messages.warning(&format!("{place} is empty, or a pattern that no file with content matches"));
            }
            Ok(found) => files.extend(found),
            Err(error) => {
                failed = true;
                args.report_failure(&display(place), &Error::from(error), context)?;
            }
        }
    }
    let mut seen = std::collections::HashSet::new();
    files.retain(|file| seen.insert(file.url.clone()));
    Ok((files, failed))
}

impl Args {
    /// Says why a file cannot be read, where a program reads too.
    fn report_failure(&self, file: &str, error: &dyn std::error::Error, context: &mut Context) -> Result<()> {
        context.messages.error(error, None);
        if self.json { context.output.json(&json!({ "file": file, "error": paragraph(error) })) } else { Ok(()) }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests;
