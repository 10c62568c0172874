//! `mailtally plan`: what a run would do.

use std::sync::Arc;

use serde_json::json;

use super::args::Work;
use super::output::TextTable;
use super::run::{definition, order};
use super::{Context, ExitCode, Result};
use crate::calendar::{Day, DayRange};
use crate::pipelines::import::Report;
use crate::pipelines::ingest::plan::Reason;
use crate::pipelines::runner::{Plans, Runner};

/// Print what `run` would do, and why, without doing it
///
/// Takes the flags of `run` and reads the same files and ledger, but writes nothing.
#[derive(clap::Args, Clone, Debug)]
#[command(after_long_help = "Examples:
  mailtally plan pipelines/demo.toml
  mailtally plan nightly.toml --last 7
  mailtally plan nightly.toml --from 2026-03-01 --to 2026-03-31 --json
")]
pub struct Args {
    /// Print the plan as JSON
    #[arg(long)]
    pub json: bool,

    /// What would be done.
    #[command(flatten)]
    pub work: Work,
}

/// Runs the command.
///
/// # Errors
/// Where the pipeline cannot be used or the lake cannot be read.
pub fn run(args: &Args, context: &mut Context) -> Result<ExitCode> {
    show(&args.work, args.json, context)
}

/// Shows what a run would do: `plan`, and `run --dry-run`.
pub(super) fn show(work: &Work, json: bool, context: &mut Context) -> Result<ExitCode> {
    let definition = definition(&work.pipeline, context)?;
    let storage = Arc::new(context.storage(&definition.storage)?);
    let plans = Runner::new(&storage, &definition).plan(&order(work, context)?)?;
    for failure in &plans.known.failed {
        context.messages.failure(&format!("source '{}' cannot be read", failure.source), &failure.error);
    }
    if json {
        context.output.json(&as_json(&plans))?;
    } else {
        print(&plans, context)?;
    }
    Ok(if plans.known.failed.is_empty() { ExitCode::Done } else { ExitCode::SomeDaysFailed })
}

fn print(plans: &Plans<'_>, context: &mut Context) -> Result<()> {
    let mut table = TextTable::new(&["date", "source", "stage", "why"]);
    for source in &plans.sources {
        for (day, reason) in &source.plan.days {
            let why = match reason {
                Reason::New => "not in the lake".to_owned(),
                Reason::Changed(what) => format!("changed: {what}"),
                Reason::Asked => "asked for".to_owned(),
            };
            table.row([day.to_string(), source.source.name.clone(), "ingest".to_owned(), why]);
        }
        for (day, gone) in &source.plan.kept {
            let why = format!("left as it is: gone are {}", gone.join(", "));
            table.row([day.to_string(), source.source.name.clone(), "-".to_owned(), why]);
        }
    }
    for report in &plans.imports {
        let why = format!("{} messages that another product has counted, in {}", report.messages(), report.file);
        table.row([report.period.to_string(), report.source.clone(), "import".to_owned(), why]);
    }
    for day in &plans.rollups {
        table.row([day.to_string(), String::new(), "rollup".to_owned(), "older than its submissions".to_owned()]);
    }
    if let (true, Some(days)) = (table.is_empty(), plans.empty) {
        return context.output.line(&nothing_found(days));
    }
    if table.is_empty() {
        return context.output.line("nothing to do: the lake holds what the files hold");
    }
    context.output.table(&table)?;
    let tasks = plans.sources.iter().flat_map(|source| &source.plan.tasks).collect::<Vec<_>>();
    let mebibytes = tasks.iter().map(|task| task.bytes).sum::<u64>().div_ceil(1 << 20);
    context.output.line(&format!("\n{} passes over {mebibytes} MiB of files", tasks.len()))
}

/// What to say where there was nothing to do since nothing was found.
pub(super) fn nothing_found(days: DayRange) -> String {
    let looked =
        if days.start == Day::from_epoch_days(0) { format!("up to {}", days.last()) } else { days.to_string() };
    format!(
        "nothing to do: no file holds a line of {looked}; see lookback_days in the pipeline, or ask for --from and --to"
    )
}

fn as_json(plans: &Plans<'_>) -> serde_json::Value {
    let sources = plans.sources.iter().map(|source| {
        let days = source.plan.days.iter().map(|(day, reason)| json!({"date": day, "why": reason}));
        let kept = source.plan.kept.iter().map(|(day, gone)| json!({"date": day, "gone": gone}));
        json!({
            "source": source.source.name, "format": source.prepared.format.name(),
            "days": days.collect::<Vec<_>>(), "kept": kept.collect::<Vec<_>>(), "tasks": source.plan.tasks,
        })
    });
    let imports = plans.imports.iter().map(report_as_json);
    let (sources, imports) = (sources.collect::<Vec<_>>(), imports.collect::<Vec<_>>());
    json!({"sources": sources, "imports": imports, "rollups": plans.rollups})
}

/// Another product's report that is, or would be, imported.
pub(super) fn report_as_json(report: &Report) -> serde_json::Value {
    let (from, to) = (report.period.start, report.period.last());
    json!({"source": report.source, "from": from, "to": to, "messages": report.messages(), "file": report.file})
}
