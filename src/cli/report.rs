//! `mailtally report`: a window built again from the daily tables.

use std::collections::BTreeSet;

use super::args::PipelineArgs;
use super::days::{DayArgs, check_rolled_up};
use super::pipeline::Pipeline;
use super::settings::check_name;
use super::{Context, Error, ExitCode, Result, summary};
use crate::pipelines::detailed;
use crate::pipelines::report::{self, HTML, dataset_names, format_names};
use crate::reports::tls::TLS_VERSIONS;
use crate::reports::{EXPORTS, export};
use crate::storage::display;
use crate::words::many;

/// Build the report of a window again from the daily tables
///
/// Reads no logs. Without dates, the window is the pipeline's: the last complete days in the lake, 7 unless its
/// file says otherwise.
///
/// Without --out, it goes where the pipeline publishes, for all who read there, until the next `mailtally run` publishes
/// the pipeline's own report again and removes the files of --detailed. Where fewer datasets or forms are asked for, the
/// other files there keep the days that they had.
#[derive(clap::Args, Clone, Debug)]
#[command(after_long_help = "Examples:
  mailtally report pipelines/demo.toml
  mailtally report nightly.toml --last 90 --out /tmp/quarter
  mailtally report nightly.toml --last 30 --format csv --dataset tls_usage_details --out /tmp/month
  mailtally report nightly.toml --format parquet --format html --out s3://reports/mail
  mailtally report nightly.toml --detailed --tls none --tls TLSv1.0 --format xlsx --out /tmp/legacy
  mailtally report nightly.toml --detailed --account fax@example.org --last 30 --out /tmp/fax
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

    /// Write the submissions behind the window instead, one row each, as submissions.csv or in the forms given
    #[arg(long, conflicts_with = "datasets")]
    pub detailed: bool,

    /// Only submissions of this account; repeat for several
    #[arg(long = "account", value_name = "ACCOUNT", requires = "detailed")]
    pub accounts: Vec<String>,

    /// Only submissions of this domain; repeat for several
    #[arg(long = "domain", value_name = "DOMAIN", requires = "detailed")]
    pub domains: Vec<String>,

    /// Only submissions over this TLS version, such as none or TLSv1.0; repeat for several
    #[arg(long = "tls", value_name = "VERSION", requires = "detailed")]
    pub tls_versions: Vec<String>,

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
    for version in &args.tls_versions {
        check_name("TLS version", version, &TLS_VERSIONS.each_ref().map(|version| version.name))?;
    }
    let pipeline = Pipeline::open(&args.pipeline, context)?;
    let runner = pipeline.runner();
    let Some(mut request) = args.days.request(&runner, context)? else { return Ok(ExitCode::DataCheck) };
    if !args.formats.is_empty() {
        request.formats = once(&args.formats);
    }
    if !args.datasets.is_empty() {
        request.datasets = once(&args.datasets);
    }
    if let Some(out) = &args.out {
        request.place = context.settings.place(out)?;
    }
    if args.detailed {
        return detailed(args, &pipeline, &request, context);
    }
    let code = check_rolled_up(request.window.days(), &runner, context)?;
    let published = report::run(&pipeline.storage, runner.lake(), &request)?;
    summary::digest(&published, context)?;
    summary::places(&published, context)?;
    if published.left > 0 {
        let (place, left) = (display(&request.place), many(published.left as u64, "file"));
        let until = if pipeline.publishes_to(&request.place) { UNTIL_NEXT_RUN } else { "" };
        context.messages.warning(&format!(
            "{place} has {left} more, of earlier reports and maybe of other days{until}: --out writes to a folder of its own"
        ));
    }
    Ok(code)
}

const UNTIL_NEXT_RUN: &str = ", until the next `mailtally run` publishes the pipeline's own report there again";

/// Names that somebody may have given more than once.
fn once(names: &[String]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    names.iter().filter(|name| seen.insert(*name)).cloned().collect()
}

/// Writes the submissions behind the window. Without a form it is CSV: a file to look into.
fn detailed(args: &Args, pipeline: &Pipeline, request: &report::Request, context: &mut Context) -> Result<ExitCode> {
    let forms = if args.formats.is_empty() { vec!["csv".to_owned()] } else { once(&args.formats) };
    if forms.iter().any(|form| form == HTML) {
        let valid = EXPORTS.iter().map(|export| export.name).collect::<Vec<_>>().join(", ");
        let advice = format!("a detailed file has no page; valid are {valid}");
        return Err(Error::UnknownName { what: "format of a detailed file", name: HTML.to_owned(), advice });
    }
    let lower = |texts: &[String]| texts.iter().map(|text| text.to_lowercase()).collect();
    let wanted = detailed::Request {
        window: request.window,
        accounts: lower(&args.accounts),
        domains: lower(&args.domains),
        tls_versions: args.tls_versions.clone(),
        exports: forms.iter().filter_map(|form| export(form)).collect(),
        place: request.place.clone(),
    };
    let written = detailed::run(&pipeline.storage, pipeline.runner().lake(), &wanted)?;
    context.output.line(&format!("submissions {} of {}", written.rows, request.window))?;
    for file in &written.files {
        context.output.line(&format!("file        {}", display(file)))?;
    }
    for note in &written.notes {
        context.messages.warning(note);
    }
    if pipeline.publishes_to(&request.place) {
        let removed = report::remove_later(&pipeline.storage, &request.place, &written.files)?;
        let until = if removed { " until the next `mailtally run` removes them" } else { "" };
        context.messages.warning(&format!(
            "who may read the reports in {} may read these submissions there{until}: --out writes to a folder of its own",
            display(&request.place)
        ));
    }
    Ok(ExitCode::Done)
}
