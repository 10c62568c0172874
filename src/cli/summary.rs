//! What a run tells a person: the window's numbers, what was done for them, and where the files are.

use std::collections::BTreeSet;

use super::plan::nothing_to_do;
use super::{Context, Result};
use crate::formats::detect::Found;
use crate::pipelines::definition::Definition;
use crate::pipelines::report::Published;
use crate::pipelines::runner::{Done, Stages};
use crate::reports::Digest;
use crate::storage::display;
use crate::words::{grouped, many};

/// The length of the longest bar.
const BAR: f64 = 30.0;

/// Prints the summary of a run.
///
/// # Errors
/// Where the lake cannot be read or the output takes no more.
pub(super) fn print(definition: &Definition, stages: Stages, done: &Done, context: &mut Context) -> Result<()> {
    let read = !done.ingested.days.is_empty() || !done.imported.is_empty();
    let idle = !read && done.rolled.days.is_empty() && done.published.is_none();
    let failed = !done.ingested.failed.is_empty() || !done.rolled.failed.is_empty() || done.stopped.is_some();
    if idle && !failed && done.ingested.kept.values().any(|kept| kept.undone) {
        return context.output.line("nothing could be done: the days are left as they are");
    }
    if idle && !failed {
        context.output.line(&nothing_to_do(stages, done.empty, &done.ingested.empty))?;
        if done.empty.is_some() || !stages.report {
            return Ok(());
        }
        let place = display(&definition.publish);
        return context.output.line(&format!("reports     {place}"));
    }
    work(done, context)?;
    let Some(published) = &done.published else {
        return context.output.line(&format!("lake        {}", display(&definition.lake)));
    };
    digest(published, context)?;
    context.output.line(&format!("lake        {}", display(&definition.lake)))?;
    places(published, context)
}

/// A format that was found from the content, and how sure that is.
fn format_found(found: &Found) -> String {
    let (format, percent, lines) = (found.best.format.name(), found.percent(), found.lines);
    let next = found.next.map_or_else(
        || "no other format any".to_owned(),
        |next| format!("the next best, {}, {}", next.format.name(), next.records),
    );
    let records = found.best.records;
    format!("{format}, found from the content: it reads {records} of the first {lines} lines ({percent} %), {next}")
}

/// What was read.
fn work(done: &Done, context: &mut Context) -> Result<()> {
    for report in &done.imported {
        let (messages, period) = (grouped(report.messages()), report.period);
        context.output.line(&format!("imported    {}: {messages} messages of {period}", report.source))?;
    }
    let days = &done.ingested.days;
    if days.is_empty() {
        let rolled = many(done.rolled.days.len() as u64, "day");
        return if done.rolled.days.is_empty() {
            Ok(())
        } else {
            context.output.line(&format!("rolled up   {rolled}"))
        };
    }
    let sum = |of: &dyn Fn(&crate::pipelines::ingest::Built) -> u64| days.values().map(of).sum::<u64>();
    let lines = sum(&|built| built.lines.read);
    let rejected = sum(&|built| built.lines.rejected);
    let (accepted, refused) = (sum(&|built| built.rows.submissions), sum(&|built| built.rows.refusals));
    for (source, found) in &done.ingested.detected {
        context.output.line(&format!("format      {source}: {}", format_found(found)))?;
    }
    let sources = days.keys().map(|(source, _)| source).collect::<BTreeSet<_>>();
    let dates = days.keys().map(|(_, day)| day).collect::<BTreeSet<_>>();
    context.output.line(&format!(
        "read        {}, {} of {}: {}, {}, {} that could not be read",
        many(lines, "line"),
        many(dates.len() as u64, "day"),
        many(sources.len() as u64, "source"),
        many(accepted, "submission"),
        many(refused, "refusal"),
        many(rejected, "line"),
    ))
}

/// The window's numbers.
pub(super) fn digest(published: &Published, context: &mut Context) -> Result<()> {
    let digest = Digest::new(&published.datasets).map_err(crate::pipelines::Error::from)?;
    let output = &mut context.output;
    output.line("")?;
    output.line(&format!("SMTP AUTH clients, {}", published.window))?;
    output.line("")?;
    let change = |change: i64, percent: Option<f64>| {
        let percent = percent.map_or_else(String::new, |percent| format!(", {percent:+.1} %"));
        let sign = if change < 0 { '-' } else { '+' };
        format!("{sign}{}{percent} against the window before", grouped(change.unsigned_abs()))
    };
    let accounts = change(digest.change_accounts, digest.change_accounts_percent);
    let messages = change(digest.change_messages, digest.change_messages_percent);
    output.line(&format!("{:>12} accounts  ({accounts})", grouped(digest.accounts.unsigned_abs())))?;
    output.line(&format!("{:>12} messages  ({messages})", grouped(digest.messages.unsigned_abs())))?;
    let legacy_accounts = digest.legacy_accounts.map(i64::unsigned_abs);
    output.line(&format!(
        "{:>12} legacy    (without TLS or below TLS 1.2{})",
        grouped(digest.legacy_messages.unsigned_abs()),
        legacy_accounts.map_or_else(String::new, |accounts| format!(", from {}", many(accounts, "account")))
    ))?;
    output.line("")?;
    for part in &digest.tls {
        let bar = "█".repeat((part.percent / 100.0 * BAR).round() as usize);
        let messages = grouped(part.messages.unsigned_abs());
        output.line(format!("  {:<8} {messages:>10} {:>7.2} %  {bar}", part.version, part.percent).trim_end())?;
    }
    output.line("")?;
    output.line("top domains")?;
    for (domain, messages) in &digest.top_domains {
        let domain = domain.as_deref().unwrap_or("(not known)");
        output.line(&format!("{:>12} {domain}", grouped(messages.unsigned_abs())))?;
    }
    output.line("")?;
    // Where both go to a terminal, a warning stands below what was written before it.
    output.finish()?;
    for warning in &digest.warnings {
        context.messages.warning(&warning.words());
    }
    if !digest.warnings.is_empty() && !context.messages.quiet() {
        context.output.line("")?;
    }
    Ok(())
}

/// Where the files are.
pub(super) fn places(published: &Published, context: &mut Context) -> Result<()> {
    if let Some(first) = published.files.first() {
        let folder = display(first);
        let folder = folder.rsplit_once('/').map_or(folder.as_str(), |(folder, _)| folder);
        context.output.line(&format!("datasets    {folder} ({})", many(published.files.len() as u64, "file")))?;
    }
    if let Some(page) = &published.page {
        context.output.line(&format!("report      {}", display(page)))?;
    }
    for note in &published.notes {
        context.output.line(&format!("note        {note}"))?;
    }
    Ok(())
}
