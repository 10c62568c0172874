//! `mailtally formats`: the log formats that this build reads.

/// List the log formats that can be read
#[derive(clap::Args, Clone, Debug)]
#[command(after_long_help = "Examples:
  mailtally formats
  mailtally formats --json
")]
pub struct Args {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}
