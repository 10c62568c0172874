//! `mailtally status`: how fresh and how complete the lake is.

use super::args::PipelineArgs;

/// Show how fresh and how complete the lake is, source by source
///
/// For each source: the newest complete day, missing days, lines that could not be read, and the share of
/// messages whose TLS version the log does not tell.
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
