//! `mailtally explain`: from a figure to its submissions, and from those to file and line.

use serde_json::json;

use super::args::PipelineArgs;
use super::output::TextTable;
use super::pipeline::Pipeline;
use super::{Context, ExitCode, Result};
use crate::calendar::{Day, Timestamp};
use crate::pipelines::explain::{self, Explained, Question, Traced};
use crate::words::{grouped, many};

/// Show what a day of an account is made of, down to file and line
///
/// Lists the account's submissions of the day with client, TLS and queue id, and the lines of the raw logs that
/// each was read from: the first is the one that opened the message. Files that are gone since are named. Where
/// the account's day is unusual, it says why.
#[derive(clap::Args, Clone, Debug)]
#[command(after_long_help = "Examples:
  mailtally explain pipelines/demo.toml alice@corp.example.com --date 2026-03-05
  mailtally explain nightly.toml fax@example.org --date 2026-03-05 --limit 1000 --json
")]
pub struct Args {
    /// The pipeline.
    #[command(flatten)]
    pub pipeline: PipelineArgs,

    /// The account, such as alice@example.org
    #[arg(value_name = "ACCOUNT")]
    pub account: String,

    /// The day, UTC
    #[arg(long, value_name = "DATE")]
    pub date: Day,

    /// Trace so many submissions, the first ones of the day
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub limit: usize,

    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Runs the command.
///
/// # Errors
/// Where the pipeline cannot be used, or the lake or a raw file cannot be read.
pub fn run(args: &Args, context: &mut Context) -> Result<ExitCode> {
    let pipeline = Pipeline::open(&args.pipeline, context)?;
    let runner = pipeline.runner();
    let question = Question { account: args.account.to_lowercase(), day: args.date, most: args.limit };
    let explained = explain::explain(&pipeline.storage, runner.lake(), &pipeline.definition, &question)?;
    if args.json {
        context.output.json(&as_json(&question, &explained))?;
    } else {
        print(&question, &explained, context)?;
    }
    for gone in &explained.gone {
        context.messages.warning(&format!(
            "a raw file of source '{}' is gone, so its lines cannot be shown: {} ({})",
            gone.source, gone.file, gone.reason
        ));
    }
    let nothing = explained.volume.is_none() && explained.submissions == 0 && explained.findings.is_empty();
    if nothing {
        context
            .messages
            .warning("the lake has nothing of this account on this day; accounts are spelt as in the tables");
    }
    Ok(if nothing { ExitCode::DataCheck } else { ExitCode::Done })
}

fn print(question: &Question, explained: &Explained, context: &mut Context) -> Result<()> {
    let output = &mut context.output;
    output.line(&format!("{} on {}", question.account, question.day))?;
    if let Some(volume) = explained.volume {
        let counted = |count: i64, noun| many(count.unsigned_abs(), noun);
        output.line(&format!(
            "daily_volume  {}, {}, {}",
            counted(volume.messages, "message"),
            counted(volume.recipients, "recipient"),
            counted(volume.bytes, "byte")
        ))?;
    }
    output.line(&format!("submissions   {}", grouped(explained.submissions)))?;
    for counted in &explained.imported {
        output.line(&format!(
            "imported      {} over {}, counted by another product: {}:{}",
            many(counted.messages.unsigned_abs(), "message"),
            counted.tls_version,
            counted.file,
            counted.line
        ))?;
    }
    if !explained.findings.is_empty() {
        output.line("")?;
        output.line("unusual that day")?;
        for finding in &explained.findings {
            output.line(&format!("  {:<6} {}: {}", finding.severity.as_str(), finding.rule, finding.sentence))?;
            if let Some(evidence) = &finding.evidence {
                output.line(&format!("         {evidence}"))?;
            }
        }
    }
    if explained.traced.is_empty() {
        return Ok(());
    }
    output.line("")?;
    let mut table = TextTable::new(&[
        "time (UTC)",
        "source",
        "server",
        "client",
        "TLS",
        "cipher",
        "mechanism",
        "#recipients",
        "queue id",
        "file:line",
    ]);
    explained.traced.iter().for_each(|traced| table.row(row(traced)));
    output.table(&table)?;
    let more = explained.submissions - explained.traced.len() as u64;
    if more > 0 {
        output.line(&format!("and {} more: --limit shows them", grouped(more)))?;
    }
    Ok(())
}

fn row(traced: &Traced) -> [String; 10] {
    let client = match (traced.client_name.as_str(), traced.client_ip.as_str()) {
        ("", ip) => ip.to_owned(),
        (name, ip) => format!("{name}[{ip}]"),
    };
    [
        time(traced.ts),
        traced.source.clone(),
        traced.server.clone(),
        client,
        traced.tls_version.clone(),
        traced.cipher.clone(),
        traced.mechanism.clone(),
        traced.recipients.map_or_else(String::new, |count| count.to_string()),
        traced.queue_id.clone(),
        places(traced),
    ]
}

/// The opening line with its file; of the others in the same file the number alone.
fn places(traced: &Traced) -> String {
    let Some(first) = traced.lines.first() else {
        return if traced.queue_id.is_empty() { "no queue id to look for" } else { "not found" }.to_owned();
    };
    let mut text = format!("{}:{}", first.file, first.line);
    let mut file = &first.file;
    for place in &traced.lines[1..] {
        if place.file == *file {
            text.push_str(&format!(",{}", place.line));
        } else {
            text.push_str(&format!(" {}:{}", place.file, place.line));
            file = &place.file;
        }
    }
    text
}

fn time(at: Timestamp) -> String {
    let at = chrono::DateTime::from_timestamp_micros(at);
    at.map_or_else(String::new, |at| at.format("%F %T%.f").to_string())
}

fn as_json(question: &Question, explained: &Explained) -> serde_json::Value {
    let known = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let submissions = explained.traced.iter().map(|traced| {
        let lines = traced.lines.iter().map(|place| json!({"file": place.file, "line": place.line}));
        json!({
            "ts": chrono::DateTime::from_timestamp_micros(traced.ts).map(|at| at.to_rfc3339()), "source": traced.source,
            "server": known(&traced.server), "client_ip": known(&traced.client_ip),
            "client_name": known(&traced.client_name), "tls_version": traced.tls_version,
            "cipher": known(&traced.cipher), "mechanism": known(&traced.mechanism),
            "mail_from": known(&traced.mail_from), "recipients": traced.recipients,
            "queue_id": known(&traced.queue_id), "lines": lines.collect::<Vec<_>>(),
        })
    });
    let findings = explained.findings.iter().map(|finding| {
        json!({
            "rule": finding.rule, "severity": finding.severity.as_str(), "observed": finding.observed,
            "baseline_median": finding.baseline_median, "baseline_mad": finding.baseline_mad,
            "baseline_days": finding.baseline_days, "threshold": finding.threshold, "z": finding.z,
            "cold_start": finding.cold_start, "sentence": finding.sentence, "evidence": finding.evidence,
        })
    });
    let gone =
        explained.gone.iter().map(|gone| json!({"source": gone.source, "file": gone.file, "reason": gone.reason}));
    let imported = explained.imported.iter().map(|counted| {
        json!({
            "source": counted.source, "tls_version": counted.tls_version, "messages": counted.messages,
            "file": counted.file, "line": counted.line,
        })
    });
    json!({
        "account": question.account, "date": question.day, "imported": imported.collect::<Vec<_>>(),
        "messages": explained.volume.map(|volume| volume.messages),
        "recipients": explained.volume.map(|volume| volume.recipients),
        "bytes": explained.volume.map(|volume| volume.bytes),
        "submissions": explained.submissions, "traced": submissions.collect::<Vec<_>>(),
        "unusual": findings.collect::<Vec<_>>(), "gone": gone.collect::<Vec<_>>(),
    })
}
