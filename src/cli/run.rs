//! `mailtally run`: brings a pipeline's lake and reports up to date.

use std::collections::BTreeSet;

use serde_json::json;

use super::args::{Stage, Work};
use super::messages::paragraph;
use super::pipeline::Pipeline;
use super::plan::{failure_as_json, report_as_json, shared_as_json};
use super::status::{not_in_pipeline, nothing_found};
use super::{Context, Error, ExitCode, Result, plan, summary};
use crate::engine::Local;
use crate::pipelines::definition::Definition;
use crate::pipelines::ingest::kept::{self, KeptRange};
use crate::pipelines::runner::{Done, Order, Progress, Stages};
use crate::pipelines::shared::Shared;
use crate::pipelines::status::behind;
use crate::storage::display;
use crate::words::many;

/// Run a pipeline: read new logs, roll up the days that changed, publish the reports
///
/// Without dates, every day is built whose inputs changed since it was last committed, up to yesterday (UTC) and
/// within the pipeline's lookback. Running again changes nothing; a run that was interrupted is resumed by
/// running again. A day whose files are gone by now is left as it is, also where a setting was changed, and the run
/// says so. It tells of sources, too, that have no line of yesterday.
///
/// Ends with 0 where all is done, 1 where a stage failed, which leaves what the stages before it have done, 3 where too
/// many lines could not be read, or none of a file beside others, or days were left as they are though they were asked
/// for or files have new lines of them, 4 where another run holds the lake, 5 where days failed.
#[derive(clap::Args, Clone, Debug)]
#[command(after_long_help = "Examples:
  mailtally run pipelines/demo.toml
  mailtally run nightly.toml --last 7
  mailtally run nightly.toml --from 2026-03-01 --to 2026-03-31 --stage ingest,rollup
  mailtally run nightly.toml --date 2026-03-01 --allow-fewer-inputs
  mailtally run nightly.toml --dry-run
  mailtally run nightly.toml --json --log-format json -v
")]
pub struct Args {
    /// Print what would be done, and do nothing (the same as `mailtally plan`)
    #[arg(long)]
    pub dry_run: bool,

    /// Print the outcome as JSON
    #[arg(long)]
    pub json: bool,

    /// What is to be done.
    #[command(flatten)]
    pub work: Work,
}

/// Runs the command.
///
/// # Errors
/// Where the pipeline cannot be used, or another run has the lake.
pub fn run(args: &Args, context: &mut Context) -> Result<ExitCode> {
    if args.dry_run {
        return plan::show(&args.work, args.json, context);
    }
    let pipeline = Pipeline::open(&args.work.pipeline, context)?;
    let (definition, runner) = (&pipeline.definition, pipeline.runner());
    let executor = Local::new(definition.run.threads.unwrap_or_else(|| context.settings.threads_or_cores()));
    let bar = context.progress(0);
    bar.doing("reading");
    let (expect, advance) = (bar.clone(), bar.counter());
    let progress = Progress { expect: &move |bytes| expect.expect_more(bytes), advance: &advance };
    let order = order(&args.work, context)?;
    let done = runner.run(&order, &executor, &progress);
    bar.finish();
    let done = done?;
    complain(definition, &done, context);
    if args.json {
        context.output.json(&as_json(&done, context))?;
    } else {
        summary::print(definition, order.stages, &done, context)?;
    }
    let code = exit_code(&done);
    if let Some(error) = done.stopped.map(Error::from) {
        context.messages.error(&error, error.hint());
    }
    Ok(code)
}

/// What the command line asks for.
pub(super) fn order(work: &Work, context: &Context) -> Result<Order> {
    Ok(Order {
        days: work.days.resolve(context.today())?,
        stages: Stages {
            ingest: work.includes(Stage::Ingest),
            rollup: work.includes(Stage::Rollup),
            report: work.includes(Stage::Report),
        },
        allow_fewer_inputs: work.allow_fewer_inputs,
        now: context.now,
        run_id: context.run_id.clone(),
    })
}

/// Says what did not go as it should, on standard error.
fn complain(definition: &Definition, done: &Done, context: &Context) {
    let ingested = &done.ingested;
    warn_of_empty(definition, &ingested.empty, context);
    warn_of_shared(&ingested.shared, context);
    warn_of_timeless(&ingested.timeless, context);
    for (source, last) in &done.behind {
        context.messages.warning(&format!(
            "source '{source}' has no line after {last}, {} behind: unless nothing happened since, look whether the \
             server and its syslog still write, and whether 'files' names what they write to",
            many(behind(*last, context.today()) as u64, "day")
        ));
    }
    for (source, lines) in &done.in_vain {
        context.messages.warning(&nothing_found(source, *lines));
    }
    for (source, sessions) in &done.handed_on_in_vain {
        context.messages.warning(&format!("source '{source}': {}", handed_on_in_vain(*sessions)));
    }
    for source in &done.left_over {
        context.messages.warning(&not_in_pipeline(source));
    }
    for (source, found) in ingested.detected.iter().filter(|(_, found)| found.is_doubtful()) {
        let (format, next) = (found.best.format.name(), found.next.map_or("", |next| next.format.name()));
        context.messages.warning(&format!(
            "source '{source}' is read as {format}, but {next} reads much of it too: say format = \"{format}\" where that \
             is right, and let another source with format = \"{next}\" read the same files where both servers write there"
        ));
    }
    for range in kept::ranges(&ingested.kept) {
        context.messages.warning(&left_as_it_is(&range));
    }
    for file in &ingested.truncated {
        context.messages.warning(&format!("{file} is cut off: what is readable was counted"));
    }
    for over in &done.over_limit {
        let (rejected, read) = (over.rejected, over.read);
        context.messages.warning(&format!(
            "{} of source '{}': {rejected} of {read} lines could not be read, more than the pipeline allows; \
             see the table rejected_lines",
            over.day, over.source
        ));
    }
    for failure in &ingested.failed {
        let days = failure.days.map_or_else(String::new, |days| format!("{days} of "));
        context.messages.failure(&format!("{days}source '{}' failed", failure.source), &failure.error);
    }
    for (day, error) in &done.rolled.failed {
        context.messages.failure(&format!("the rollup of {day} failed"), error);
    }
}

/// Says that there is nothing to read for sources.
pub(super) fn warn_of_empty(definition: &Definition, sources: &[String], context: &Context) {
    for source in sources.iter().filter_map(|name| definition.source(name)) {
        let files = source.files.iter().map(display).collect::<Vec<_>>().join(", ");
        let name = &source.name;
        context
            .messages
            .warning(&format!("source '{name}': no file matches {files}, or none holds a line with a time"));
    }
}

/// Says of files that they count for two sources.
pub(super) fn warn_of_shared(shared: &[Shared], context: &Context) {
    for Shared { sources: [one, other], file, more } in shared {
        let (file, is, them) = match more {
            0 => (file.clone(), "is", "it"),
            _ => (format!("{file} and {}", many(*more as u64, "more file")), "are", "them"),
        };
        context.messages.warning(&format!(
            "{file} {is} of source '{one}' and of source '{other}', and what is in {them} counts for both: narrow 'files' so \
             that each file is of one source"
        ));
    }
}

/// Says of which files nothing counts.
pub(super) fn warn_of_timeless(files: &BTreeSet<(String, String)>, context: &Context) {
    for (source, file) in files {
        context.messages.warning(&format!(
            "nothing of {file} counts for source '{source}': no line at its beginning has a time that can be read; \
             `mailtally inspect` says why: mend it, or leave it out of 'files'"
        ));
    }
}

/// What to say where authenticated clients were handed on, and no log tells of a message. Only Exchange's front end does so.
pub(super) fn handed_on_in_vain(sessions: u64) -> String {
    format!(
        "in {}, Exchange's front end has handed authenticated clients on, and no message was found: messages are in the \
         hub's logs (Logs/Hub/ProtocolLog/SmtpReceive) and in those of MessageTracking, which belong into 'files', too",
        many(sessions, "session")
    )
}

fn left_as_it_is(range: &KeptRange<'_>) -> String {
    let KeptRange { source, days, kept, .. } = range;
    let (is, came, them) = match days.len() {
        1 => ("is left as it is", "it was built", "it"),
        _ => ("are left as they are", "they were built", "them"),
    };
    let advice = if kept.left {
        format!("--allow-fewer-inputs builds {them} from what is left, which makes {them} poorer")
    } else {
        format!("no file holds a line of {them} any more")
    };
    format!("{days} of source '{source}' {is} ({}): what {came} from is gone ({}); {advice}", kept.why, range.gone())
}

fn exit_code(done: &Done) -> ExitCode {
    if done.stopped.is_some() {
        ExitCode::Failed
    } else if !done.ingested.failed.is_empty() || !done.rolled.failed.is_empty() {
        ExitCode::SomeDaysFailed
    } else if !done.over_limit.is_empty()
        || !done.ingested.timeless.is_empty()
        || done.ingested.kept.values().any(|kept| kept.undone)
    {
        ExitCode::DataCheck
    } else {
        ExitCode::Done
    }
}

fn as_json(done: &Done, context: &Context) -> serde_json::Value {
    let ingested = &done.ingested;
    let days = ingested.days.iter().map(|((source, day), built)| {
        json!({
            "source": source, "date": day, "submissions": built.rows.submissions, "refusals": built.rows.refusals,
            "bytes": built.lines.bytes, "lines_read": built.lines.read, "lines_used": built.lines.used,
            "lines_ignored": built.lines.ignored, "lines_rejected": built.lines.rejected,
        })
    });
    let detected = ingested.detected.iter().map(|(source, found)| {
        let next = found.next.map(|next| json!({"format": next.format.name(), "lines": next.records}));
        json!({
            "source": source, "format": found.best.format.name(), "lines": found.best.records,
            "of_lines": found.lines, "next": next,
        })
    });
    let kept = ingested.kept.iter().map(|((source, day), kept)| {
        json!({"source": source, "date": day, "why": kept.why, "gone": kept.gone, "undone": kept.undone})
    });
    let timeless = ingested.timeless.iter().map(|(source, file)| json!({"source": source, "file": file}));
    let in_vain = done.in_vain.iter().map(|(source, lines)| json!({"source": source, "lines_read": lines}));
    let handed_on = done.handed_on_in_vain.iter();
    let handed_on = handed_on.map(|(source, sessions)| json!({"source": source, "sessions": sessions}));
    let behind = done.behind.iter().map(
        |(source, last)| json!({"source": source, "last_day": last, "days_behind": behind(*last, context.today())}),
    );
    let failed = ingested.failed.iter().map(failure_as_json);
    let failed_rollups = done.rolled.failed.iter().map(|(day, error)| json!({"date": day, "error": error.to_string()}));
    let published = done.published.as_ref().map(|published| {
        let files = published.files.iter().chain(&published.page).map(display).collect::<Vec<_>>();
        let window = published.window;
        json!({"window_start": window.first, "window_end": window.last, "as_of": window.as_of, "files": files})
    });
    let imported = done.imported.iter().map(report_as_json);
    json!({
        "run_id": context.run_id,
        "detected_formats": detected.collect::<Vec<_>>(),
        "ingested": days.collect::<Vec<_>>(),
        "imported": imported.collect::<Vec<_>>(),
        "kept": kept.collect::<Vec<_>>(),
        "empty": ingested.empty,
        "shared": ingested.shared.iter().map(shared_as_json).collect::<Vec<_>>(),
        "timeless": timeless.collect::<Vec<_>>(),
        "behind": behind.collect::<Vec<_>>(),
        "in_vain": in_vain.collect::<Vec<_>>(),
        "handed_on_in_vain": handed_on.collect::<Vec<_>>(),
        "not_in_pipeline": done.left_over,
        "rolled_up": done.rolled.days,
        "failed": failed.chain(failed_rollups).collect::<Vec<_>>(),
        "published": published,
        "stopped": done.stopped.as_ref().map(|error| paragraph(error)),
        "exit_code": exit_code(done).number(),
    })
}
