//! `mailtally inspect`: what a raw log file is.

use super::args::SourceArgs;

/// Say what raw log files are: format, time range, what is in them, what could not be read
#[derive(clap::Args, Clone, Debug)]
#[command(after_long_help = "Examples:
  mailtally inspect /var/log/mail.log
  mailtally inspect mail.log mail.log.1 mail.log.2.gz --timezone Europe/Berlin
  mailtally inspect --json s3://logs/mx1/mail.log.zst
")]
pub struct Args {
    /// Raw log files: paths or URLs (s3://, az://, gs://)
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<String>,

    /// Print JSON
    #[arg(long)]
    pub json: bool,

    /// How the files are read.
    #[command(flatten)]
    pub source: SourceArgs,
}
