//! `mailtally status`: how fresh and how complete the lake is.

use serde_json::json;

use super::args::PipelineArgs;
use super::days::check_rolled_up;
use super::output::TextTable;
use super::pipeline::Pipeline;
use super::{Context, ExitCode, Result};
use crate::calendar::DayRange;
use crate::pipelines::status::{Freshness, freshness, imported};
use crate::words::many;

/// Show how fresh and how complete the lake is, source by source
///
/// For each source: the newest complete day, missing days, how many days its lines are behind yesterday, lines that
/// could not be read, and the share of messages whose TLS version the log does not tell.
#[derive(clap::Args, Clone, Debug)]
#[command(after_long_help = "Examples:
  mailtally status pipelines/demo.toml
  mailtally status nightly.toml --json
")]
pub struct Args {
    /// The pipeline.
    #[command(flatten)]
    pub pipeline: PipelineArgs,

    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Runs the command.
///
/// # Errors
/// Where the pipeline cannot be used or the lake cannot be read.
pub fn run(args: &Args, context: &mut Context) -> Result<ExitCode> {
    let pipeline = Pipeline::open(&args.pipeline, context)?;
    let definition = &pipeline.definition;
    let runner = pipeline.runner();
    let known = freshness(runner.lake(), context.today())?;
    let imported = imported(runner.lake())?;
    let has = |name: &String| known.iter().any(|known| known.source == *name) || imported.contains(name);
    let missing = definition.sources.iter().filter(|source| !has(&source.name));
    let missing = missing.map(|source| source.name.clone()).collect::<Vec<_>>();
    if args.json {
        known.iter().try_for_each(|source| context.output.json(&as_json(source, context.today())))?;
    } else {
        print(&known, context)?;
    }
    for source in missing {
        context.messages.warning(&format!("source '{source}' is not in the lake: `mailtally run` brings it in"));
    }
    for Freshness { source, lines_read, .. } in
        known.iter().filter(|known| known.lines_used == 0 && known.lines_read > 0)
    {
        context.messages.warning(&nothing_found(source, *lines_read));
    }
    let named = |known: &&Freshness| definition.source(&known.source).is_some();
    for Freshness { source, .. } in known.iter().filter(|known| !named(known)) {
        context.messages.warning(&not_in_pipeline(source));
    }
    let days = known.iter().map(|source| (source.first_day, source.last_day));
    if let Some((first, last)) = days.reduce(|all, days| (all.0.min(days.0), all.1.max(days.1))) {
        check_rolled_up(DayRange::inclusive(first, last), &runner, context)?;
    }
    Ok(ExitCode::Done)
}

/// What to say of a source that the lake has and the pipeline has not.
pub(super) fn not_in_pipeline(source: &str) -> String {
    format!(
        "source '{source}' is not in the pipeline: its rows stay in the lake and count in the reports; \
         if it was renamed, they count twice"
    )
}

/// What to say of a source of which lines were read, and nothing was found in them.
pub(super) fn nothing_found(source: &str, lines: i64) -> String {
    let lines = many(lines.unsigned_abs(), "line");
    format!("nothing was found in {lines} of source '{source}': `mailtally inspect` says what its files are")
}

fn print(known: &[Freshness], context: &mut Context) -> Result<()> {
    let mut table = TextTable::new(&[
        "source",
        "first day",
        "last day",
        "#days",
        "#missing",
        "#days behind",
        "last line (UTC)",
        "#lines",
        "#rejected",
        "#submissions",
        "#refusals",
        "#TLS unknown",
    ]);
    for source in known {
        table.row([
            source.source.clone(),
            source.first_day.to_string(),
            source.last_day.to_string(),
            source.days.to_string(),
            source.missing().to_string(),
            source.days_behind(context.today()).to_string(),
            source
                .last_line
                .and_then(chrono::DateTime::from_timestamp_micros)
                .map_or_else(String::new, |at| at.format("%F %T").to_string()),
            source.lines_read.to_string(),
            source.lines_rejected.to_string(),
            source.submissions.to_string(),
            source.refusals.to_string(),
            format!("{:.1} %", source.unknown_tls_share * 100.0),
        ]);
    }
    if table.is_empty() {
        return context.output.line("the lake is empty: `mailtally run` fills it");
    }
    context.output.table(&table)
}

fn as_json(source: &Freshness, today: crate::calendar::Day) -> serde_json::Value {
    json!({
        "source": source.source, "first_day": source.first_day, "last_day": source.last_day, "days": source.days,
        "missing_days": source.missing(), "last_line": source.last_line.and_then(chrono::DateTime::from_timestamp_micros).map(|at| at.to_rfc3339()),
        "days_behind": source.days_behind(today),
        "lines_read": source.lines_read, "lines_used": source.lines_used, "lines_rejected": source.lines_rejected, "submissions": source.submissions,
        "refusals": source.refusals, "unknown_tls_share": source.unknown_tls_share,
    })
}
