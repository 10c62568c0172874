//! `mailtally report`: a window built again from the daily tables.

use std::sync::Arc;

use super::args::PipelineArgs;
use super::days::DayArgs;
use super::run::definition;
use super::settings::check_name;
use super::{Context, ExitCode, Result, summary};
use crate::pipelines::report::{self, dataset_names, format_names};
use crate::pipelines::runner::Runner;

/// Build the report of a window again from the daily tables
///
/// Reads no logs. Without dates, the window is the pipeline's: the last complete days in the lake, 7 unless its
/// file says otherwise.
#[derive(clap::Args, Clone, Debug)]
#[command(after_long_help = "Examples:
  mailtally report pipelines/demo.toml
  mailtally report nightly.toml --last 90 --out /tmp/quarter
  mailtally report nightly.toml --last 30 --format csv --dataset tls_usage_details
  mailtally report nightly.toml --format parquet --format html --out s3://reports/mail
")]
pub struct Args {
    /// The pipeline.
    #[command(flatten)]
    pub pipeline: PipelineArgs,

    /// Publish in this form, such as parquet, csv or html; repeat for several [default: the pipeline's]
    #[arg(long = "format", value_name = "FORM")]
    pub formats: Vec<String>,

    /// Write to this folder or URL [default: where the pipeline publishes]
    #[arg(long, value_name = "PLACE", conflicts_with = "publish")]
    pub out: Option<String>,

    /// Build this dataset, such as summary; repeat for several [default: the pipeline's]
    #[arg(long = "dataset", value_name = "DATASET")]
    pub datasets: Vec<String>,

    /// The window.
    #[command(flatten)]
    pub days: DayArgs,
}

/// Runs the command.
///
/// # Errors
/// Where the pipeline cannot be used, the lake cannot be read, or a file cannot be written.
pub fn run(args: &Args, context: &mut Context) -> Result<ExitCode> {
    for format in &args.formats {
        check_name("format", format, &format_names())?;
    }
    for dataset in &args.datasets {
        check_name("dataset", dataset, &dataset_names())?;
    }
    let definition = definition(&args.pipeline, context)?;
    let storage = Arc::new(context.storage(&definition.storage)?);
    let runner = Runner::new(&storage, &definition);
    let newest = report::newest_day(runner.lake())?;
    let days = args.days.resolve(newest.map_or(context.today(), |day| day.next()))?;
    let Some(mut request) = runner.request(days)? else {
        context.messages.warning("the lake is empty: `mailtally run` fills it");
        return Ok(ExitCode::DataCheck);
    };
    if !args.formats.is_empty() {
        request.formats.clone_from(&args.formats);
    }
    if !args.datasets.is_empty() {
        request.datasets.clone_from(&args.datasets);
    }
    if let Some(out) = &args.out {
        request.place = context.settings.place(out)?;
    }
    let published = report::run(&storage, runner.lake(), &request)?;
    summary::digest(&published, context)?;
    summary::places(&published, context)?;
    Ok(ExitCode::Done)
}
