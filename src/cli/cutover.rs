//! `mailtally cutover`: who would break if old ways in were switched off.

use clap::ArgGroup;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::args::PipelineArgs;
use super::days::{DayArgs, check_rolled_up};
use super::output::TextTable;
use super::pipeline::Pipeline;
use super::settings::check_name;
use super::status::nothing_found;
use super::{Context, ExitCode, Result};
use crate::pipelines::report;
use crate::pipelines::status::in_vain;
use crate::reports::cutover::accounts::Cutover;
use crate::reports::cutover::{Outcome, Switches};
use crate::reports::{self, EXPORTS, Window};
use crate::submissions::tls::TlsVersion;
use crate::words::grouped;

/// Show who would break if old TLS versions, 3DES, cleartext or passwords were switched off
///
/// Asks the daily tables what was sent in a window and says who could not have sent it: the account, the device, how
/// much mail, and why. Then come those of whom the log does not tell, and those who are safe. A lowest TLS version
/// breaks older ones and not mail without TLS, which is a switch of its own (--no-cleartext), as servers have it.
/// Nothing is changed anywhere.
///
/// Without dates, the window is the pipeline's: the last complete days in the lake, 7 unless its file says otherwise.
#[derive(clap::Args, Clone, Debug)]
#[command(group = ArgGroup::new("switches").required(true).multiple(true).args(["min_tls", "no_3des", "no_cleartext", "no_basic"]))]
#[command(after_long_help = "Examples:
  mailtally cutover pipelines/demo.toml --min-tls 1.2
  mailtally cutover nightly.toml --min-tls 1.2 --no-cleartext --last 30
  mailtally cutover nightly.toml --no-3des --no-basic --from 2026-03-01 --to 2026-03-31
  mailtally cutover nightly.toml --min-tls 1.3 --format csv > cutover.csv
")]
pub struct Args {
    /// The pipeline.
    #[command(flatten)]
    pub pipeline: PipelineArgs,

    /// The lowest TLS version that is still accepted
    #[arg(long, value_name = "VERSION", value_parser = version(), help_heading = "What is switched off")]
    pub min_tls: Option<TlsVersion>,

    /// No 3DES ciphers
    #[arg(long = "no-3des", id = "no_3des", help_heading = "What is switched off")]
    pub no_3des: bool,

    /// No AUTH without TLS
    #[arg(long, help_heading = "What is switched off")]
    pub no_cleartext: bool,

    /// No passwords (PLAIN, LOGIN and the like), only tokens and other mechanisms
    #[arg(long, help_heading = "What is switched off")]
    pub no_basic: bool,

    /// Print in this form: text, or rows as csv, jsonl, parquet or xlsx
    #[arg(long, value_name = "FORM", default_value = TEXT)]
    pub format: String,

    /// The window.
    #[command(flatten)]
    pub days: DayArgs,
}

/// The form for people.
const TEXT: &str = "text";

/// The versions that can be the lowest one.
fn version() -> impl TypedValueParser<Value = TlsVersion> {
    PossibleValuesParser::new(["1.0", "1.1", "1.2", "1.3"])
        .map(|text| TlsVersion::read(format!("TLSv{text}").as_bytes()))
}

/// Runs the command.
///
/// # Errors
/// Where the pipeline cannot be used or the lake cannot be read.
pub fn run(args: &Args, context: &mut Context) -> Result<ExitCode> {
    let forms = [TEXT].into_iter().chain(EXPORTS.iter().map(|export| export.name)).collect::<Vec<_>>();
    check_name("format", &args.format, &forms)?;
    let pipeline = Pipeline::open(&args.pipeline, context)?;
    let runner = pipeline.runner();
    let Some(request) = args.days.request(&runner, context)? else { return Ok(ExitCode::DataCheck) };
    let code = check_rolled_up(request.window.days(), &runner, context)?;
    for (source, lines) in in_vain(runner.lake(), request.window.days_read())? {
        context.messages.warning(&nothing_found(&source, lines));
    }
    let cutover = report::cutover(runner.lake(), request.window, &args.switches())?;
    match reports::export(&args.format) {
        Some(export) => {
            let rows = reports::batch(&cutover.rows).map_err(crate::pipelines::Error::from)?;
            let bytes = export.write(&rows).map_err(crate::pipelines::Error::from)?;
            context.output.data(&bytes)?;
        }
        None => args.print(&cutover, &request.window, context)?,
    }
    Ok(code)
}

impl Args {
    fn switches(&self) -> Switches {
        let Self { min_tls, no_3des, no_cleartext, no_basic, .. } = *self;
        Switches { min_tls, no_3des, no_cleartext, no_basic }
    }

    /// What is switched off, in words.
    fn words(&self) -> String {
        let mut words: Vec<String> = Vec::new();
        words.extend(self.min_tls.map(|version| format!("no TLS below {}", version.as_str())));
        let switches =
            [(self.no_3des, "no 3DES"), (self.no_cleartext, "no AUTH without TLS"), (self.no_basic, "no passwords")];
        words.extend(switches.into_iter().filter(|(on, _)| *on).map(|(_, words)| words.to_owned()));
        words.join(", ")
    }

    fn print(&self, cutover: &Cutover, window: &Window, context: &mut Context) -> Result<()> {
        let output = &mut context.output;
        output.line(&format!("Cutover, {window}: {}", self.words()))?;
        output.line("")?;
        for (outcome, accounts) in Outcome::ALL.into_iter().zip(cutover.accounts) {
            output.line(&format!("{:>12} {}", grouped(accounts as u64), meaning(outcome, accounts)))?;
        }
        output.line("")?;
        output.line(&part(cutover.failing, "would fail", cutover.messages))?;
        let undetermined = if cutover.undetermined == 1 { "is undetermined" } else { "are undetermined" };
        let line = part(cutover.undetermined, undetermined, cutover.messages);
        output.line(&format!("{line}: the log does not tell"))?;
        let rows = cutover.cells(&COLUMNS.map(|(column, _)| column)).map_err(crate::pipelines::Error::from)?;
        if rows.is_empty() {
            return Ok(());
        }
        output.line("")?;
        let mut table = TextTable::new(&COLUMNS.map(|(_, heading)| heading));
        for mut row in rows {
            if let Some(time) = row.last_mut() {
                // To the minute, as a person reads it.
                *time = time.get(..16).unwrap_or_default().replace('T', " ");
            }
            table.row(row);
        }
        output.table(&table)
    }
}

/// `203 of 1,587 messages would fail (12.79 %)`.
fn part(messages: i64, what: &str, all: i64) -> String {
    let percent = if all > 0 { messages as f64 * 100.0 / all as f64 } else { 0.0 };
    let [messages, all] = [messages, all].map(|count| grouped(count.unsigned_abs()));
    format!("{messages:>12} of {all} messages {what} ({percent:.2} %)")
}

/// The columns for people, and their headings.
const COLUMNS: [(&str, &str); 11] = [
    ("status", "status"),
    ("account", "account"),
    ("failing", "#failing"),
    ("messages", "#of messages"),
    ("reason", "reason"),
    ("tls_version", "TLS version"),
    ("client_ip", "client"),
    ("client_name", "name"),
    ("helo", "helo"),
    ("mechanism", "mechanism"),
    ("last_seen", "last seen (UTC)"),
];

/// What an outcome means for so many accounts.
fn meaning(outcome: Outcome, accounts: usize) -> &'static str {
    match (outcome, accounts) {
        (Outcome::Breaks, 1) => "account breaks: all of its mail would fail",
        (Outcome::Breaks, _) => "accounts break: all of their mail would fail",
        (Outcome::Mixed, 1) => "account is mixed: some of its mail would fail",
        (Outcome::Mixed, _) => "accounts are mixed: some of their mail would fail",
        (Outcome::Undetermined, 1) => "account is undetermined: the log does not tell",
        (Outcome::Undetermined, _) => "accounts are undetermined: the log does not tell",
        (Outcome::Safe, 1) => "account is safe",
        (Outcome::Safe, _) => "accounts are safe",
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Alone {
        #[command(flatten)]
        args: Args,
    }

    fn parse(flags: &str) -> std::result::Result<Args, String> {
        let line = ["test", "demo.toml"].into_iter().chain(flags.split_whitespace());
        Alone::try_parse_from(line).map(|alone| alone.args).map_err(|error| error.to_string())
    }

    #[test]
    fn switches_are_what_the_flags_say() {
        let args = parse("--min-tls 1.2 --no-3des").unwrap();
        let expected = Switches { min_tls: Some(TlsVersion::Tls12), no_3des: true, ..Switches::default() };
        assert_eq!(args.switches(), expected);
        assert_eq!(args.words(), "no TLS below TLSv1.2, no 3DES");
        let args = parse("--no-basic --no-cleartext").unwrap();
        assert_eq!(args.words(), "no AUTH without TLS, no passwords");
    }

    #[test]
    fn one_account_is_told_as_one() {
        assert_eq!(meaning(Outcome::Mixed, 1), "account is mixed: some of its mail would fail");
        assert_eq!(meaning(Outcome::Safe, 24), "accounts are safe");
        assert_eq!(part(267, "would fail", 1_587), "         267 of 1,587 messages would fail (16.82 %)");
        assert_eq!(part(0, "would fail", 0), "           0 of 0 messages would fail (0.00 %)");
    }

    #[test]
    fn nothing_switched_off_is_no_question() {
        assert!(parse("").unwrap_err().contains("--min-tls <VERSION>|--no-3des|--no-cleartext|--no-basic"));
        assert!(parse("--min-tls 1.4").unwrap_err().contains("[possible values: 1.0, 1.1, 1.2, 1.3]"));
    }
}
