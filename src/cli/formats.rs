//! `mailtally formats`: the log formats that this build reads.

use std::fmt::Write as _;

use serde_json::json;

use super::{Context, ExitCode, Result};
use crate::formats::aggregate::AGGREGATES;
use crate::formats::{Evidence, FORMATS, Tells};

/// List the log formats and reports that can be read
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
        entries().iter().try_for_each(|entry| context.output.json(&object(entry)))?;
    } else {
        context.output.bytes(text(&entries()).as_bytes())?;
    }
    Ok(ExitCode::Done)
}

/// What a registry says of a format, or of another product's report.
struct Entry {
    name: &'static str,
    title: &'static str,
    evidence: Evidence,
    tells: Tells,
}

/// What both registries have.
fn entries() -> Vec<Entry> {
    let logs = FORMATS.iter().map(|format| Entry {
        name: format.name(),
        title: format.title(),
        evidence: format.evidence(),
        tells: format.tells(),
    });
    let reports = AGGREGATES.iter().map(|report| Entry {
        name: report.name,
        title: report.title,
        evidence: report.evidence,
        tells: report.tells,
    });
    logs.chain(reports).collect()
}

/// What a format's log can tell, with the names that people read.
fn told(tells: &Tells) -> [(&'static str, &'static str); 5] {
    [
        ("TLS version", tells.tls_version),
        ("cipher", tells.cipher),
        ("account", tells.account),
        ("mechanism", tells.mechanism),
        ("recipients", tells.recipients),
    ]
}

/// A paragraph per format: a table would be wider than a terminal.
fn text(entries: &[Entry]) -> String {
    let paragraph = |entry: &Entry| {
        let mut text = format!("{}\n", entry.name);
        let _ = writeln!(text, "  {:<13}{}", "server", entry.title);
        let _ = writeln!(text, "  {:<13}{}", "proven by", entry.evidence);
        for (what, how) in told(&entry.tells) {
            let _ = writeln!(text, "  {what:<13}{how}");
        }
        text
    };
    entries.iter().map(paragraph).collect::<Vec<_>>().join("\n")
}

fn object(entry: &Entry) -> serde_json::Value {
    let Entry { name, title, evidence, tells } = entry;
    let (evidence, versions) = match evidence {
        Evidence::RealLogs(versions) => ("real_logs", Some(versions.split(", ").collect::<Vec<_>>())),
        Evidence::Documentation => ("documentation", None),
    };
    json!({
        "format": name,
        "server": title,
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
mod tests {
    use super::*;

    #[test]
    fn a_format_says_what_it_can_tell() {
        insta::assert_snapshot!(text(&entries()[..1]), @r"
        postfix
          server       Postfix
          proven by    real logs (3.5.25, 3.7.11, 3.10.13)
          TLS version  with smtpd_tls_loglevel = 1
          cipher       with smtpd_tls_loglevel = 1
          account      yes
          mechanism    yes
          recipients   yes, without duplicates
        ");
        insta::assert_snapshot!(object(&entries()[0]), @r#"{"account":"yes","cipher":"with smtpd_tls_loglevel = 1","evidence":"real_logs","format":"postfix","mechanism":"yes","recipients":"yes, without duplicates","server":"Postfix","tls_version":"with smtpd_tls_loglevel = 1","versions":["3.5.25","3.7.11","3.10.13"]}"#);
    }

    /// The README's table is the registry's.
    #[test]
    fn the_readme_knows_every_format() {
        let readme = include_str!("../../README.md");
        for entry in entries() {
            let cells = told(&entry.tells).map(|(_, how)| how).join(" | ");
            let row = format!("| {} | `{}` | {} | {cells} |", entry.title, entry.name, entry.evidence);
            assert!(readme.contains(&row), "README.md lacks {row}");
        }
    }
}
