//! `mailtally formats`: the log formats that this build reads.

use std::fmt::Write as _;

use serde_json::json;

use super::{Context, ExitCode, Result};
use crate::formats::{Evidence, FORMATS, Format};

/// List the log formats that can be read
///
/// For each: the server, how sure it is that its logs are read right, and what such a log can tell of a message.
/// What a log does not tell is shown as unknown in every table and report.
#[derive(clap::Args, Clone, Debug)]
#[command(after_long_help = "Examples:
  mailtally formats
  mailtally formats --json
")]
pub struct Args {
    /// Print JSON, one object per line
    #[arg(long)]
    pub json: bool,
}

/// Runs the command.
///
/// # Errors
/// Where the output takes no more.
pub fn run(args: &Args, context: &mut Context) -> Result<ExitCode> {
    if args.json {
        FORMATS.iter().try_for_each(|format| context.output.json(&object(*format)))?;
    } else {
        context.output.bytes(text(FORMATS).as_bytes())?;
    }
    Ok(ExitCode::Done)
}

/// What a format's log can tell, with the names that people read.
fn told(format: &dyn Format) -> [(&'static str, &'static str); 5] {
    let tells = format.tells();
    [
        ("TLS version", tells.tls_version),
        ("cipher", tells.cipher),
        ("account", tells.account),
        ("mechanism", tells.mechanism),
        ("recipients", tells.recipients),
    ]
}

/// A paragraph per format: a table would be wider than a terminal.
fn text(formats: &[&dyn Format]) -> String {
    let paragraph = |format: &&dyn Format| {
        let mut text = format!("{}\n", format.name());
        let _ = writeln!(text, "  {:<13}{}", "server", format.title());
        let _ = writeln!(text, "  {:<13}{}", "proven by", format.evidence());
        for (what, how) in told(*format) {
            let _ = writeln!(text, "  {what:<13}{how}");
        }
        text
    };
    formats.iter().map(paragraph).collect::<Vec<_>>().join("\n")
}

fn object(format: &dyn Format) -> serde_json::Value {
    let tells = format.tells();
    let (evidence, versions) = match format.evidence() {
        Evidence::RealLogs(versions) => ("real_logs", Some(versions.split(", ").collect::<Vec<_>>())),
        Evidence::Documentation => ("documentation", None),
    };
    json!({
        "format": format.name(),
        "server": format.title(),
        "evidence": evidence,
        "versions": versions,
        "tls_version": tells.tls_version,
        "cipher": tells.cipher,
        "account": tells.account,
        "mechanism": tells.mechanism,
        "recipients": tells.recipients,
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::*;
    use crate::formats::format;

    #[test]
    fn a_format_says_what_it_can_tell() {
        insta::assert_snapshot!(text(&[format("postfix").unwrap()]), @r"
        postfix
          server       Postfix
          proven by    real logs (3.7.11, 3.10.13)
          TLS version  with smtpd_tls_loglevel = 1
          cipher       with smtpd_tls_loglevel = 1
          account      yes
          mechanism    yes
          recipients   yes, without duplicates
        ");
        insta::assert_snapshot!(object(format("postfix").unwrap()), @r#"
        {"account":"yes","cipher":"with smtpd_tls_loglevel = 1","evidence":"real_logs","format":"postfix","mechanism":"yes","recipients":"yes, without duplicates","server":"Postfix","tls_version":"with smtpd_tls_loglevel = 1","versions":["3.7.11","3.10.13"]}
        "#);
    }

    /// The README's table is the registry's.
    #[test]
    fn the_readme_knows_every_format() {
        let readme = include_str!("../../README.md");
        for format in FORMATS {
            let cells = told(*format).map(|(_, how)| how).join(" | ");
            let row = format!("| {} | `{}` | {} | {cells} |", format.title(), format.name(), format.evidence());
            assert!(readme.contains(&row), "README.md lacks {row}");
        }
    }
}
