//! The command line: what every command shares. Doc comments here are the help that people read.

use std::path::PathBuf;

use chrono_tz::Tz;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum, value_parser};

use super::settings::check_name;
use super::tally;
use super::{Result, completions, cutover, days::DayArgs, explain, formats, help, inspect, plan, report, run, status};
use crate::formats::FORMATS;
use crate::pipelines::definition::{SourceSettings, TlsLogged, values};

/// Who sends mail through SMTP AUTH, how much, from which device and over which TLS version
///
/// mailtally reads the raw logs of mail servers and answers from them. Try `mailtally tally /var/log/mail.log`
/// first: it needs no setting up. A pipeline file adds a lake that is filled night after night, and reports.
#[derive(Parser, Debug)]
#[command(name = "mailtally", version, propagate_version = true, max_term_width = 100)]
#[command(after_help = "Exit codes, settings and environment variables: `mailtally --help`.")]
#[command(after_long_help = help::after_long_help())]
pub struct Cli {
    /// What every command takes.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Subcommand, Debug)]
#[expect(missing_docs, reason = "the help of a command is the doc comment of its arguments")]
pub enum Command {
    Tally(tally::Args),
    Run(run::Args),
    Plan(plan::Args),
    Status(status::Args),
    Report(report::Args),
    Explain(explain::Args),
    Cutover(cutover::Args),
    Inspect(inspect::Args),
    Formats(formats::Args),
    Completions(completions::Args),
}

/// Options that every command takes.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// Threads that work [default: one per core]
    #[arg(long, global = true, value_name = "N", value_parser = value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,

    /// Form of the program's own log on standard error; errors, warnings and hints stay text [default: text]
    #[arg(long, global = true, value_name = "FORM")]
    pub log_format: Option<LogFormat>,

    /// Log what is done and what fails: -v for steps, -vv for details [default: no log]
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,

    /// Say nothing but errors on standard error: no warnings, no progress, whatever -v says
    #[arg(short, long, global = true)]
    pub quiet: bool,
}

/// The form of the program's own log.
#[derive(ValueEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// One line of text per event
    #[default]
    Text,
    /// One JSON object per event
    Json,
}

/// The pipeline, and what may be set aside of its file.
#[derive(Args, Clone, Debug)]
pub struct PipelineArgs {
    /// The pipeline file (TOML)
    #[arg(value_name = "PIPELINE")]
    pub pipeline: PathBuf,

    /// Use this lake, a folder or URL, instead of the file's
    #[arg(long, value_name = "PLACE")]
    pub lake: Option<String>,

    /// Publish to this folder or URL instead of the file's
    #[arg(long, value_name = "PLACE")]
    pub publish: Option<String>,
}

/// What is to be done, for which days: shared by `run` and `plan`, which must understand it alike.
#[derive(Args, Clone, Debug)]
pub struct Work {
    /// The pipeline.
    #[command(flatten)]
    pub pipeline: PipelineArgs,

    /// Do only this stage; repeat or separate by commas for several [default: all]
    #[arg(long = "stage", value_name = "STAGE", value_delimiter = ',')]
    pub stages: Vec<Stage>,

    /// Build days again even where files that they were built from are gone, which makes them poorer
    #[arg(long)]
    pub allow_fewer_inputs: bool,

    /// The days. Last, because its heading holds for whatever follows.
    #[command(flatten)]
    pub days: DayArgs,
}

/// A stage of a pipeline.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Raw logs to submissions, refusals and coverage
    Ingest,
    /// Submissions to daily tables
    Rollup,
    /// Daily tables to published datasets
    Report,
}

impl Work {
    /// Whether a stage is to be done.
    #[must_use]
    pub fn includes(&self, stage: Stage) -> bool {
        self.stages.is_empty() || self.stages.contains(&stage)
    }
}

/// How the lines of raw files are to be understood, where their content does not say.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Reading the files")]
pub struct SourceArgs {
    /// The log format; `mailtally formats` lists them [default: found from the content]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<String>,

    /// Time zone of stamps without an offset, as an IANA name such as Europe/Berlin [default: UTC]
    #[arg(long, value_name = "ZONE", value_parser = values::timezone)]
    pub timezone: Option<Tz>,

    /// Year of the last line, for stamps without a year [default: found from queue ids and file times]
    #[arg(long, value_name = "YEAR", value_parser = value_parser!(i32).range(1990..=2100))]
    pub year: Option<i32>,

    /// Realm of accounts without a domain: `alice` becomes `alice@REALM`
    #[arg(long, value_name = "REALM", value_parser = values::realm)]
    pub realm: Option<String>,

    /// Whether the server logs TLS versions; where it does not, they are unknown [default: auto]
    #[arg(long, value_name = "WHETHER", value_parser = tls_logged())]
    pub tls_logged: Option<TlsLogged>,
}

/// The three words of [`TlsLogged`], for the help and the shell's completion.
fn tls_logged() -> impl TypedValueParser<Value = TlsLogged> {
    PossibleValuesParser::new(["auto", "true", "false"]).try_map(|word| word.parse::<TlsLogged>())
}

impl SourceArgs {
    /// The settings, of which the format is one that this build knows.
    ///
    /// # Errors
    /// Where no format is called so; the nearest one is named.
    pub fn known_settings(&self) -> Result<SourceSettings> {
        if let Some(format) = &self.format {
            check_name("format", format, &FORMATS.iter().map(|format| format.name()).collect::<Vec<_>>())?;
        }
        Ok(self.settings())
    }

    /// The settings that a pipeline's source would have.
    #[must_use]
    pub fn settings(&self) -> SourceSettings {
        SourceSettings {
            format: self.format.clone(),
            timezone: self.timezone.unwrap_or(Tz::UTC),
            realm: self.realm.clone(),
            year: self.year,
            tls_logged: self.tls_logged.unwrap_or_default(),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::{ExitCode, settings};

    fn parse(line: &str) -> std::result::Result<Cli, clap::Error> {
        Cli::try_parse_from(line.split_whitespace())
    }

    fn long_help(command: &str) -> String {
        Cli::command().find_subcommand_mut(command).unwrap().render_long_help().to_string()
    }

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_exit_code_is_in_the_help() {
        let help = Cli::command().render_long_help().to_string();
        for code in ExitCode::ALL {
            assert!(help.contains(&format!("  {}  {}", code.number(), code.meaning())), "{help}");
        }
    }

    #[test]
    fn the_help_says_what_overrides_what() {
        let help = Cli::command().render_long_help().to_string();
        assert!(help.contains("defaults < pipeline file < environment < flags"), "{help}");
        for variable in settings::VARIABLES {
            assert!(help.contains(variable.name), "{} is missing in {help}", variable.name);
        }
    }

    #[test]
    fn every_command_teaches_by_examples() {
        for command in Cli::command().get_subcommands() {
            let help = long_help(command.get_name());
            assert!(help.contains("Examples:\n  mailtally "), "{help}");
        }
    }

    /// An example that does not parse teaches a mistake.
    #[test]
    fn every_example_parses() {
        let mut examples = 0;
        for command in Cli::command().get_subcommands() {
            let help = long_help(command.get_name());
            let lines = help.lines().map(str::trim).filter(|line| line.starts_with("mailtally "));
            for line in lines {
                let line = line.split(" > ").next().unwrap().split(" | ").next().unwrap();
                assert!(parse(line).is_ok(), "{line}: {}", parse(line).unwrap_err());
                examples += 1;
            }
        }
        assert!(examples > 15, "{examples}");
    }

    #[test]
    fn global_options_go_anywhere() {
        let cli = parse("mailtally run demo.toml --threads 2 -vv --log-format json").unwrap();
        assert_eq!((cli.global.threads, cli.global.verbose), (Some(2), 2));
        assert_eq!(cli.global.log_format, Some(LogFormat::Json));
        assert!(parse("mailtally -q run demo.toml").unwrap().global.quiet);
    }

    #[test]
    fn stages_are_chosen() {
        let Command::Run(args) = parse("mailtally run demo.toml --stage ingest,rollup").unwrap().command else {
            panic!("another command");
        };
        let chosen = [Stage::Ingest, Stage::Rollup, Stage::Report].map(|stage| args.work.includes(stage));
        assert_eq!(chosen, [true, true, false]);
    }

    #[test]
    fn flags_say_how_files_are_read() {
        let line =
            "mailtally tally --format postfix --timezone Europe/Berlin --realm Example.com --tls-logged false a b";
        let Command::Tally(args) = parse(line).unwrap().command else { panic!("another command") };
        assert_eq!(args.files, ["a", "b"]);
        let settings = args.source.settings();
        assert_eq!((settings.timezone, settings.realm.as_deref()), (Tz::Europe__Berlin, Some("example.com")));
        assert_eq!(settings.tls_logged, TlsLogged::False);
        let refused = parse("mailtally tally --timezone Berlin a").unwrap_err().to_string();
        assert!(refused.contains("did you mean 'Europe/Berlin'?"), "{refused}");
    }
}
