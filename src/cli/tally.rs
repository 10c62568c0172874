//! `mailtally tally`: raw logs in, the daily table out, without a lake and a pipeline file.

use std::sync::Arc;

use chrono::DateTime;
use serde_json::json;

use super::args::SourceArgs;
use super::output::{Output, TextTable};
use super::run::handed_on_in_vain;
use super::{Context, ExitCode, Result};
use crate::calendar::{Day, Timestamp};
use crate::pipelines::reading::{Read, prepare};
use crate::pipelines::tally::{Counts, Keep, Tally};
use crate::reports::push_field;
use crate::sources::{RawFile, list};
use crate::storage::display;
use crate::submissions::tls::TlsVersion;
use crate::submissions::{Refusal, Submission};
use crate::words::many;

/// Count the messages in raw log files: per day, account and TLS version
///
/// Reads raw logs, compressed or not, and prints one row per day (UTC), account and TLS version with its messages
/// and recipients. Only mail that a server accepted after SMTP AUTH is counted. The files are taken as one
/// source in time order, so give rotated files together: a session may run from one into the next.
#[derive(clap::Args, Clone, Debug)]
#[command(after_long_help = "Examples:
  mailtally tally /var/log/mail.log
  mailtally tally /var/log/mail.log /var/log/mail.log.1 /var/log/mail.log.2.gz
  mailtally tally --csv --timezone Europe/Berlin --year 2026 mail.log > tally.csv
  mailtally tally --rows --json s3://logs/mx1/mail.log.zst
  mailtally tally --refusals mail.log
")]
pub struct Args {
    /// Raw log files: paths or URLs (s3://, az://, gs://)
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<String>,

    /// Print CSV: date,account,tls_version,messages,recipients
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,

    /// Print JSON, one object per line
    #[arg(long)]
    pub json: bool,

    /// Print the submissions themselves, one row per accepted message
    #[arg(long, conflicts_with = "refusals")]
    pub rows: bool,

    /// Print the refusals: failed logins, broken TLS handshakes, rejected senders and recipients
    #[arg(long)]
    pub refusals: bool,

    /// How the files are read.
    #[command(flatten)]
    pub source: SourceArgs,
}

/// Runs the command.
///
/// # Errors
/// Where a file cannot be found or read, or its format is not known.
pub fn run(args: &Args, context: &mut Context) -> Result<ExitCode> {
    let settings = args.source.known_settings()?;
    let storage = Arc::new(context.storage(&context.settings.storage.clone())?);
    let files = list(&storage, &context.settings.places(&args.files)?)?;
    let progress = context.progress(files.iter().map(|file| file.size).sum());
    let prepared = prepare(&storage, &settings, &files, None, &[])?;
    let mut tally = Tally::new(args.keep());
    let (mut read, mut used, mut handed_on) = (0, 0, 0);
    for stream in &prepared.streams {
        let mut tls = prepared.tls_known(&storage, stream, stream.hosts.clone())?;
        let Read { sink: found, outcome, places } =
            prepared.read(&storage, stream, None, &mut tls, |_| Ok(Tally::new(args.keep())))?;
        progress.advance(places.iter().map(|place| stream.files[*place].look.file.size).sum());
        read += outcome.files.iter().map(|file| file.lines.read).sum::<u64>();
        used += outcome.files.iter().map(|file| file.lines.used).sum::<u64>();
        handed_on += outcome.handed_on;
        let file_at = |place: usize| &stream.files[places[place]].look.file;
        for (index, _) in outcome.files.iter().enumerate().filter(|(_, file)| file.truncated) {
            context.messages.warning(&format!("{} is cut off: what is readable was counted", name(file_at(index))));
        }
        if let Some((file, line, reason)) = found.first_rejected {
            let rejected = format!("{} could not be read", many(found.rejected, "line"));
            let at = name(file_at(file));
            context.messages.warning(&format!("{rejected}, the first is {at}:{line}: {reason}"));
        }
        // A server in front may say them.
        let nothing_proves_none = tls.logging.is_never() || prepared.format.tls_mark().is_none();
        if nothing_proves_none && found.messages() > 0 && found.knows_no_version() {
            context.messages.warning("no line says a TLS version, so all are unknown: see `mailtally formats`");
        }
        tally.add(found);
    }
    progress.finish();
    if read > 0 && used == 0 {
        context.messages.warning(&format!(
            "nothing was found in {}: `mailtally inspect` says what the files are",
            many(read, "line")
        ));
    }
    if handed_on > 0 && tally.messages() == 0 {
        context.messages.warning(&handed_on_in_vain(handed_on));
    }
    tally.sort();
    args.print(&tally, context)?;
    Ok(ExitCode::Done)
}

fn name(file: &RawFile) -> String {
    display(&file.url)
}

impl Args {
    fn keep(&self) -> Keep {
        match (self.rows, self.refusals) {
            (true, _) => Keep::Submissions,
            (_, true) => Keep::Refusals,
            _ => Keep::Counts,
        }
    }

    fn print(&self, tally: &Tally, context: &mut Context) -> Result<()> {
        let table = match self.keep() {
            Keep::Counts => daily(tally),
            Keep::Submissions => rows(SUBMISSION, tally.submissions.iter().map(submission)),
            Keep::Refusals => rows(REFUSAL, tally.refusals.iter().map(refusal)),
        };
        match (self.csv, self.json) {
            (true, _) => table.csv(&mut context.output),
            (_, true) => table.objects().try_for_each(|object| context.output.json(&object)),
            _ => {
                context.output.table(&table.text())?;
                let accepted = many(tally.messages(), "message");
                context.output.line("")?;
                context.output.line(&format!("{accepted} accepted, {} refused", many(tally.refused, "attempt")))
            }
        }
    }
}

/// A table for people, for spreadsheets and for programs, made row by row.
struct Rows<'a> {
    columns: &'static [&'static str],
    rows: Box<dyn Iterator<Item = Vec<serde_json::Value>> + 'a>,
}

const SUBMISSION: &[&str] = &[
    "ts",
    "server",
    "service",
    "tls_mode",
    "client_ip",
    "client_name",
    "helo",
    "account",
    "account_raw",
    "domain",
    "mechanism",
    "mail_from",
    "#recipients",
    "#size_bytes",
    "tls_version",
    "cipher",
    "cipher_class",
    "queue_id",
    "message_id",
];

const REFUSAL: &[&str] = &[
    "ts",
    "server",
    "service",
    "client_ip",
    "client_name",
    "helo",
    "account",
    "mechanism",
    "tls_version",
    "kind",
    "code",
    "reason",
];

fn daily(tally: &Tally) -> Rows<'_> {
    let row = |(day, account, version, counts): (Day, &str, TlsVersion, Counts)| {
        let Counts { messages, recipients } = counts;
        vec![json!(day.to_string()), json!(account), json!(version.as_str()), json!(messages), json!(recipients)]
    };
    rows(&["date", "account", "tls_version", "#messages", "#recipients"], tally.cells().into_iter().map(row))
}

fn rows<'a>(columns: &'static [&'static str], rows: impl Iterator<Item = Vec<serde_json::Value>> + 'a) -> Rows<'a> {
    Rows { columns, rows: Box::new(rows) }
}

fn submission(row: &Submission) -> Vec<serde_json::Value> {
    vec![
        time(row.ts),
        text(&row.server),
        text(&row.service),
        text(row.tls_mode.as_str()),
        text(&row.client_ip),
        text(&row.client_name),
        text(&row.helo),
        text(&row.account),
        text(&row.account_raw),
        text(&row.domain),
        text(&row.mechanism),
        // As in the lake: the null sender is an address of no characters.
        json!(&*row.mail_from),
        json!(row.recipients),
        json!(row.size_bytes),
        text(row.tls_version.as_str()),
        text(&row.cipher),
        text(if row.cipher.is_empty() { "" } else { row.cipher_class.as_str() }),
        text(&row.queue_id),
        text(&row.message_id),
    ]
}

fn refusal(row: &Refusal) -> Vec<serde_json::Value> {
    vec![
        time(row.ts),
        text(&row.server),
        text(&row.service),
        text(&row.client_ip),
        text(&row.client_name),
        text(&row.helo),
        text(&row.account),
        text(&row.mechanism),
        text(row.tls_version.as_str()),
        text(row.kind.as_str()),
        text(&row.code),
        text(&row.reason),
    ]
}

/// Text that is not known is null.
fn text(text: &str) -> serde_json::Value {
    if text.is_empty() { serde_json::Value::Null } else { json!(text) }
}

/// RFC 3339, UTC, with as many digits of the second as the log had.
fn time(at: Timestamp) -> serde_json::Value {
    let format = chrono::SecondsFormat::AutoSi;
    DateTime::from_timestamp_micros(at).map_or(serde_json::Value::Null, |at| json!(at.to_rfc3339_opts(format, true)))
}

impl Rows<'_> {
    fn text(self) -> TextTable {
        let mut table = TextTable::new(self.columns);
        for row in self.rows {
            table.row(row.iter().map(cell));
        }
        table
    }

    /// RFC 4180, with line feeds alone, as tools of this trade read it. Text that a spreadsheet would run is guarded.
    fn csv(self, output: &mut Output) -> Result<()> {
        output.line(&names(self.columns).collect::<Vec<_>>().join(","))?;
        let mut line = Vec::new();
        for row in self.rows {
            line.clear();
            for (index, value) in row.iter().enumerate() {
                line.extend_from_slice(if index > 0 { b"," } else { b"" });
                match value {
                    serde_json::Value::String(text) if !text.is_empty() => push_field(&mut line, text),
                    // Numbers and truths need no quotes, and what is not known has no text.
                    other => line.extend_from_slice(cell(other).as_bytes()),
                }
            }
            line.push(b'\n');
            output.data(&line)?;
        }
        Ok(())
    }

    fn objects(self) -> impl Iterator<Item = serde_json::Value> {
        let Self { columns, rows } = self;
        rows.map(move |row| serde_json::Value::Object(names(columns).map(str::to_owned).zip(row).collect()))
    }
}

/// The columns' names without the mark of numbers.
fn names(columns: &'static [&'static str]) -> impl Iterator<Item = &'static str> {
    columns.iter().map(|name| name.trim_start_matches('#'))
}

fn cell(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Null => String::new(),
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
