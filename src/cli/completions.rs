//! `mailtally completions`: scripts with which a shell completes our commands and flags.

use clap::CommandFactory;
use clap_complete::Shell;

use super::args::Cli;
use super::{Context, ExitCode, Result};

/// Print a script that completes commands and flags in a shell
#[derive(clap::Args, Clone, Debug)]
#[command(after_long_help = "Examples:
  mailtally completions bash > /etc/bash_completion.d/mailtally
  mailtally completions zsh > /usr/local/share/zsh/site-functions/_mailtally
  mailtally completions fish > ~/.config/fish/completions/mailtally.fish
")]
pub struct Args {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
}

/// Prints the script of a shell.
///
/// # Errors
/// Where the output takes no more.
pub fn run(args: &Args, context: &mut Context) -> Result<ExitCode> {
    context.output.bytes(&script(args.shell))?;
    Ok(ExitCode::Done)
}

fn script(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "mailtally", &mut script);
    script
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;

    #[test]
    fn every_shell_learns_every_command() {
        for shell in Shell::value_variants() {
            let script = String::from_utf8_lossy(&script(*shell)).into_owned();
            for command in Cli::command().get_subcommands() {
                assert!(script.contains(command.get_name()), "{shell} does not know {}", command.get_name());
            }
            assert!(script.contains("allow-fewer-inputs"), "{shell}");
        }
    }
}
