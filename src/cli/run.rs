//! `mailtally run`: brings a pipeline's lake and reports up to date.

use super::args::Work;

/// Run a pipeline: read new logs, roll up the days that changed, publish the reports
///
/// Without dates, every day is built whose inputs changed since it was last committed, up to yesterday (UTC) and
/// within the pipeline's lookback. Running again changes nothing; a run that was interrupted is resumed by
/// running again. A day whose files are gone by now is left as it is, and the run says so.
///
/// Ends with 0 where all is done, 3 where a data check or the reject limit failed, 4 where another run holds the
/// lake, 5 where some days failed.
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
