//! The end of the long help: what a scheduler and an operator have to know, made from what the code knows.

use std::fmt::Write as _;

use super::ExitCode;
use super::settings::VARIABLES;

/// Exit codes, where settings come from, and two examples to start with.
#[must_use]
pub fn after_long_help() -> String {
    let mut text = String::from("Exit codes:\n");
    for code in ExitCode::ALL {
        let _ = writeln!(text, "  {}  {}", code.number(), code.meaning());
    }
    text.push_str("\nSettings, each going over the one before:\n  defaults < pipeline file < environment < flags\n");
    text.push_str("\nEnvironment:\n");
    for variable in VARIABLES {
        let _ = writeln!(text, "  {:<21} {}", variable.name, variable.meaning);
    }
    text.push_str(STORAGE_HELP);
    text
}

const STORAGE_HELP: &str = "  MAILTALLY_STORAGE_…   an option of object_store for s3://, az:// and gs://,
                        e.g. MAILTALLY_STORAGE_AWS_ENDPOINT=http://127.0.0.1:9000;
                        http:// is without TLS, which …_AWS_ALLOW_HTTP=false forbids
  AWS_…, AZURE_…, GOOGLE_…
                        the clouds' own variables, as far as object_store knows them
  NO_COLOR              no colour on a terminal

Examples:
  mailtally tally /var/log/mail.log
  mailtally run pipelines/demo.toml
";
