//! `mailtally tally`: raw logs in, the daily table out, without a lake and a pipeline file.

use super::args::SourceArgs;

/// Count the messages in raw log files: per day, account and TLS version
///
/// Reads raw logs, compressed or not, and prints one row per day (UTC), account and TLS version with its messages
/// and recipients. Only mail that a server accepted after SMTP AUTH is counted. The files are taken as one
/// source in time order, so give rotated files together: a session may run from one into the next.
#[derive(clap::Args, Clone, Debug)]
#[command(after_long_help = "Examples:
  mailtally tally /var/log/mail.log
  mailtally tally /var/log/mail.log /var/log/mail.log.1 /var/log/mail.log.2.gz
  mailtally tally --csv --timezone Europe/Berlin --year 2026 mail.log > tally.csv
  mailtally tally --rows --json s3://logs/mx1/mail.log.zst
  mailtally tally --refusals mail.log
")]
pub struct Args {
    /// Raw log files: paths or URLs (s3://, az://, gs://)
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<String>,

    /// Print CSV: date,account,tls_version,messages,recipients
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,

    /// Print JSON, one object per line
    #[arg(long)]
    pub json: bool,

    /// Print the submissions themselves, one row per accepted message
    #[arg(long, conflicts_with = "refusals")]
    pub rows: bool,

    /// Print the refusals: failed logins, broken TLS handshakes, rejected senders and recipients
    #[arg(long)]
    pub refusals: bool,

    /// How the files are read.
    #[command(flatten)]
    pub source: SourceArgs,
}
