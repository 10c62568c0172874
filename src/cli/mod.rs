//! The face: arguments and settings in, words and exit codes out.
//!
//! Only this module prints, exits, reads the environment and asks for the time; everything below is given what
//! it needs. One file per command; [`Context`] is what a command is given beside its arguments.

pub mod args;
pub mod context;
pub mod days;
pub mod error;
pub mod exit_code;
pub mod help;
pub mod logging;
pub mod messages;
pub mod output;
mod pipeline;
pub mod progress;
pub mod settings;

pub mod completions;
pub mod cutover;
pub mod explain;
pub mod formats;
pub mod inspect;
pub mod plan;
pub mod report;
pub mod run;
pub mod status;
mod summary;
pub mod tally;

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};

use clap::Parser;

use args::{Cli, Command};
pub use context::Context;
pub use error::{Error, Result};
pub use exit_code::ExitCode;
use messages::Messages;
use settings::Environment;

/// The program: reads the command line and the environment of this process, runs the command, and says how it
/// went.
#[must_use]
pub fn main() -> std::process::ExitCode {
    messages::explain_panics();
    let environment = settings::environment(std::env::vars_os());
    // A panic has been explained by then; what is left is to end like any other failure.
    catch_unwind(AssertUnwindSafe(|| start(std::env::args_os(), &environment))).unwrap_or(ExitCode::Failed).into()
}

fn start(args: impl IntoIterator<Item = OsString>, environment: &Environment) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(answer) => {
            // Help and the version come this way too. Nobody is left to tell where the reader has gone.
            let _ = answer.print();
            return if answer.use_stderr() { ExitCode::Usage } else { ExitCode::Done };
        }
    };
    let messages = Messages::new(cli.global.quiet);
    let done = Context::new(&cli.global, environment, messages).and_then(|mut context| {
        let code = dispatch(&cli.command, &mut context)?;
        context.output.finish()?;
        Ok(code)
    });
    match done {
        Ok(code) => code,
        Err(error) if error.is_closed_output() => ExitCode::Done,
        Err(error) => {
            messages.error(&error, error.hint());
            error.exit_code()
        }
    }
}

fn dispatch(command: &Command, context: &mut Context) -> Result<ExitCode> {
    match command {
        Command::Tally(args) => tally::run(args, context),
        Command::Run(args) => run::run(args, context),
        Command::Plan(args) => plan::run(args, context),
        Command::Status(args) => status::run(args, context),
        Command::Report(args) => report::run(args, context),
        Command::Explain(args) => explain::run(args, context),
        Command::Cutover(args) => cutover::run(args, context),
        Command::Inspect(args) => inspect::run(args, context),
        Command::Formats(args) => formats::run(args, context),
        Command::Completions(args) => completions::run(args, context),
    }
}
