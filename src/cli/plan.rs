//! `mailtally plan`: what a run would do.

use super::args::Work;

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
