//! What a golden shows of rows: every column that says something in one of them.

use std::collections::BTreeSet;
use std::path::Path;

use mailtally::submissions::account::domain_of;
use mailtally::submissions::tls::TlsMode;
use mailtally::submissions::{Refusal, Submission};

use crate::compare::Findings;
use crate::csv;
use crate::logs::time;

/// A column: its name, and what a row has in it. What is not known is empty.
type Column<R> = (&'static str, fn(&R) -> String);

/// A golden's columns.
pub(super) struct Columns<R: 'static> {
    /// Those that every golden has.
    always: &'static [Column<R>],
    /// Those that are left out where they are empty in every row.
    more: &'static [Column<R>],
}

pub(super) const ROWS: Columns<Submission> = Columns {
    always: &[
        ("ts", |row| time(row.ts)),
        ("account", |row| row.account.to_string()),
        ("mechanism", |row| row.mechanism.to_string()),
        ("tls_version", |row| row.tls_version.as_str().to_owned()),
        ("cipher", |row| row.cipher.to_string()),
        ("client_ip", |row| row.client_ip.to_string()),
        ("queue_id", |row| row.queue_id.to_string()),
        ("recipients", |row| known(row.recipients)),
    ],
    more: &[
        ("tls_known_present", |row| known(row.tls_known_present)),
        ("tls_mode", |row| known(Some(row.tls_mode).filter(|mode| *mode != TlsMode::Unknown).map(TlsMode::as_str))),
        ("server", |row| row.server.to_string()),
        ("service", |row| row.service.to_string()),
        ("client_name", |row| row.client_name.to_string()),
        ("helo", |row| row.helo.to_string()),
        ("mail_from", |row| row.mail_from.to_string()),
        ("size_bytes", |row| known(row.size_bytes)),
        ("message_id", |row| row.message_id.to_string()),
        ("account_raw", |row| unless(&row.account_raw, &row.account)),
        ("domain", |row| unless(&row.domain, &domain_of(&row.account))),
        ("domain_from_mail_from", |row| known(Some(true).filter(|_| row.domain_from_mail_from))),
    ],
};

pub(super) const REFUSALS: Columns<Refusal> = Columns {
    always: &[
        ("ts", |row| time(row.ts)),
        ("account", |row| row.account.to_string()),
        ("mechanism", |row| row.mechanism.to_string()),
        ("tls_version", |row| row.tls_version.as_str().to_owned()),
        ("client_ip", |row| row.client_ip.to_string()),
        ("kind", |row| row.kind.as_str().to_owned()),
        ("code", |row| row.code.to_string()),
    ],
    more: &[
        ("server", |row| row.server.to_string()),
        ("service", |row| row.service.to_string()),
        ("client_name", |row| row.client_name.to_string()),
        ("helo", |row| row.helo.to_string()),
        ("reason", |row| row.reason.to_string()),
    ],
};

fn known(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

/// A text, where it is not what another column says already.
fn unless(text: &str, other: &str) -> String {
    if text == other { String::new() } else { text.to_owned() }
}

/// Compares a golden with the rows that were found: its header, and its lines in their order.
pub(super) fn compare<R>(path: &Path, columns: &Columns<R>, rows: &[R], findings: &mut Findings) {
    let found = table(columns, rows);
    if std::env::var_os("MAILTALLY_WRITE_GOLDENS").is_some() {
        std::fs::write(path, found.join("\n") + "\n").unwrap();
    }
    let golden = super::lines(path, findings);
    if golden.first() != found.first() {
        findings.note(format_args!("{} does not begin with {}", path.display(), found[0]));
    }
    findings.same(path.display(), golden.iter().skip(1), found.iter().skip(1));
    let sorted = |lines: &[String]| lines.iter().cloned().collect::<BTreeSet<_>>();
    if golden != found && sorted(&golden) == sorted(&found) {
        findings.note(format_args!("{} is not in order of time and queue id", path.display()));
    }
}

/// The header and a line a row.
fn table<R>(columns: &Columns<R>, rows: &[R]) -> Vec<String> {
    let says = |column: &&Column<R>| rows.iter().any(|row| !(column.1)(row).is_empty());
    let shown = columns.always.iter().chain(columns.more.iter().filter(says)).collect::<Vec<_>>();
    let line = |row: &R| {
        let cells = shown.iter().map(|(_, cell)| cell(row)).collect::<Vec<_>>();
        csv::line(cells.iter().map(String::as_str))
    };
    std::iter::once(csv::line(shown.iter().map(|(name, _)| *name))).chain(rows.iter().map(line)).collect()
}
