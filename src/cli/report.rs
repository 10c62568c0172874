//! `mailtally report`: a window built again from the daily tables.

use super::args::PipelineArgs;
use super::days::DayArgs;

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
