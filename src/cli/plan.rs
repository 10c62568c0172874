//! `mailtally plan`: what a run would do.

use serde_json::json;

use super::args::Work;
use super::messages::paragraph;
use super::output::TextTable;
use super::pipeline::Pipeline;
use super::run::{order, warn_of_empty, warn_of_shared, warn_of_timeless};
use super::{Context, ExitCode, Result};
use crate::calendar::{Day, DayRange};
use crate::pipelines::import::Report;
use crate::pipelines::ingest::plan::Wanted;
use crate::pipelines::ingest::{Failure, kept};
use crate::pipelines::runner::{Plans, Publication, Stages};
use crate::pipelines::shared::Shared;
use crate::words::{grouped, many};

/// Print what `run` would do, and why, without doing it
///
/// Takes the flags of `run` and reads the same files and ledger, but writes nothing. What is only found by reading a
/// file to its end, such as damage, it does not tell; days that a file may hold or not are told together.
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
    let pipeline = Pipeline::open(&work.pipeline, context)?;
    let order = order(work, context)?;
    let plans = pipeline.runner().plan(&order)?;
    warn_of_empty(&pipeline.definition, &plans.known.empty, context);
    warn_of_shared(&plans.known.shared, context);
    warn_of_timeless(&plans.known.timeless, context);
    for failure in &plans.known.failed {
        let days = failure.days.map_or_else(String::new, |days| format!("{days} of "));
        context.messages.failure(&format!("{days}source '{}' cannot be read", failure.source), &failure.error);
    }
    if json {
        context.output.json(&as_json(&plans))?;
    } else {
        print(order.stages, &plans, context)?;
    }
    Ok(if plans.known.failed.is_empty() { ExitCode::Done } else { ExitCode::SomeDaysFailed })
}

fn print(stages: Stages, plans: &Plans<'_>, context: &mut Context) -> Result<()> {
    let mut table = TextTable::new(&["date", "source", "stage", "why"]);
    for source in &plans.sources {
        let plan = &source.plan;
        for (day, reason) in plan.days.iter().filter(|(day, _)| !plan.unsure.contains_key(day)) {
            table.row([day.to_string(), source.source.name.clone(), "ingest".to_owned(), reason.to_string()]);
        }
    }
    for source in &plans.sources {
        for days in DayRange::group(source.plan.unsure.keys().copied()) {
            let why = "if a file holds them, which only reading tells".to_owned();
            table.row([days.to_string(), source.source.name.clone(), "ingest".to_owned(), why]);
        }
    }
    for range in kept::ranges(&plans.known.kept) {
        let why = format!("left as it is ({}): gone are {}", range.kept.why, range.gone());
        table.row([range.days.to_string(), range.source.to_owned(), "-".to_owned(), why]);
    }
    for report in &plans.imports {
        let messages = many(report.messages(), "message");
        let why = format!("{messages} that another product has counted, in {}", report.file);
        table.row([report.period.to_string(), report.source.clone(), "import".to_owned(), why]);
    }
    for days in DayRange::group(plans.rollups.iter().copied()) {
        table.row([days.to_string(), String::new(), "rollup".to_owned(), "from its submissions".to_owned()]);
    }
    if let Some(publication) = plans.publish {
        let why = match publication {
            Publication::DaysChange => "days that the report may show change",
            Publication::NotCurrent => "what is published is not current",
        };
        table.row([String::new(), String::new(), "publish".to_owned(), why.to_owned()]);
    }
    if table.is_empty() {
        return context.output.line(&nothing_to_do(stages, plans.empty, &plans.known.empty));
    }
    context.output.table(&table)?;
    let tasks = plans.sources.iter().flat_map(|source| &source.plan.tasks).collect::<Vec<_>>();
    if tasks.is_empty() {
        return Ok(());
    }
    let mebibytes = tasks.iter().map(|task| task.bytes).sum::<u64>().div_ceil(1 << 20);
    context.output.line("")?;
    let passes = if tasks.len() == 1 { "pass" } else { "passes" };
    let (tasks, mebibytes) = (grouped(tasks.len() as u64), grouped(mebibytes));
    context.output.line(&format!("{tasks} {passes} over {mebibytes} MiB of files"))
}

/// What to say where the stages asked for had nothing to do: since nothing was found, or since it was done before.
pub(super) fn nothing_to_do(stages: Stages, nothing_of: Option<Wanted>, without_files: &[String]) -> String {
    match nothing_of {
        Some(_) if !stages.ingest => {
            "nothing to do: the lake holds no day yet, and files are read by the stage ingest".to_owned()
        }
        Some(Wanted::All(days)) => format!("nothing to do: no file holds a line of {days}"),
        Some(Wanted::Changed(days)) => {
            let all = days.start == Day::from_epoch_days(0);
            let looked = if all { format!("up to {}", days.last()) } else { days.to_string() };
            format!(
                "nothing to do: no file holds a line of {looked}; see lookback_days in the pipeline, or ask for --from \
                 and --to"
            )
        }
        None if without_files.is_empty() => {
            let done = match (stages.ingest, stages.rollup, stages.report) {
                (true, _, true) => "the lake and the reports hold what the files hold",
                (true, _, false) => "the lake holds what the files hold",
                (false, true, true) => "the daily tables and the reports hold what the lake holds",
                (false, true, false) => "the daily tables hold what the lake holds",
                (false, false, _) => "the reports hold what the daily tables hold",
            };
            format!("nothing to do: {done}")
        }
        None => format!("nothing to do, and no file with a line of {}", without_files.join(", ")),
    }
}

fn as_json(plans: &Plans<'_>) -> serde_json::Value {
    let known = &plans.known;
    let source = |name: &str| {
        let planned = plans.sources.iter().find(|planned| planned.source.name == name);
        let days = planned.iter().flat_map(|planned| planned.plan.days.iter().map(|day| (day, &planned.plan.unsure)));
        let days = days.map(|((day, why), unsure)| json!({"date": day, "why": why, "sure": !unsure.contains_key(day)}));
        let kept = known.kept.iter().filter(|((source, _), _)| source == name);
        let kept = kept.map(|((_, day), kept)| json!({"date": day, "why": kept.why, "gone": kept.gone}));
        json!({
            "source": name, "format": planned.map(|planned| planned.prepared.format.name()),
            "days": days.collect::<Vec<_>>(), "kept": kept.collect::<Vec<_>>(),
            "tasks": planned.map_or(&[][..], |planned| &planned.plan.tasks),
        })
    };
    // Of a source without files, no more is known than the days that are left as they are.
    let planned = plans.sources.iter().map(|planned| &planned.source.name);
    let without_files = known.empty.iter().filter(|name| known.kept.keys().any(|(source, _)| source == *name));
    json!({
        "sources": planned.chain(without_files).map(|name| source(name)).collect::<Vec<_>>(),
        "imports": plans.imports.iter().map(report_as_json).collect::<Vec<_>>(),
        "empty": known.empty,
        "shared": known.shared.iter().map(shared_as_json).collect::<Vec<_>>(),
        "failed": known.failed.iter().map(failure_as_json).collect::<Vec<_>>(),
        "rollups": plans.rollups,
        "publish": plans.publish.is_some(),
    })
}

/// What failed of a source, or would.
pub(super) fn failure_as_json(failure: &Failure) -> serde_json::Value {
    let (from, to) = (failure.days.map(|days| days.start), failure.days.map(|days| days.last()));
    json!({"source": failure.source, "from": from, "to": to, "error": paragraph(&failure.error)})
}

/// Files that count for two sources.
pub(super) fn shared_as_json(shared: &Shared) -> serde_json::Value {
    json!({"sources": shared.sources, "file": shared.file, "more": shared.more})
}

/// Another product's report that is, or would be, imported.
pub(super) fn report_as_json(report: &Report) -> serde_json::Value {
    let (from, to) = (report.period.start, report.period.last());
    json!({"source": report.source, "from": from, "to": to, "messages": report.messages(), "file": report.file})
}
