//! What the clients recorded, in the words of the tables.

use std::collections::BTreeMap;

use mailtally::submissions::Submission;
use mailtally::submissions::tls::TlsVersion;

use super::{Folder, Knows};
use crate::compare::Findings;
use crate::csv::{self, Row};
use crate::logs::Cell;

/// Where a server's count of recipients is not the client's: it drops repeated ones, so 57 accepted `RCPT TO` were
/// 56 recipients (`nrcpt`). Folder, cell, what the clients counted, what the server did.
const WITHOUT_REPEATED_RECIPIENTS: [(&str, &str, u64, u64); 2] = [
    ("main", "2025-12-30,printer-3f@corp.example.com,TLSv1.1", 57, 56),
    ("sendmail", "2026-01-01,grafana+alerts@ops.example.org,TLSv1.3", 55, 54),
];

/// The daily table that a folder's log must give.
pub(super) fn daily(folder: Folder) -> BTreeMap<String, Cell> {
    if folder.knows == Knows::OnlySenders {
        return daily_by_sender(folder);
    }
    let mut cells: BTreeMap<String, Cell> = BTreeMap::new();
    for row in rows(folder, "expected-daily.csv") {
        let version = match folder.knows {
            Knows::NoTls => TlsVersion::Unknown,
            _ => version(&row["tls"]),
        };
        let key = format!("{},{},{}", &row["day_utc"], row["account"].to_lowercase(), version.as_str());
        let cell = Cell { messages: number(&row["messages"]), recipients: number(&row["recipients"]) };
        cells.entry(key).or_default().add(cell);
    }
    for (_, key, clients, server) in WITHOUT_REPEATED_RECIPIENTS.iter().filter(|(name, ..)| *name == folder.name) {
        let cell = cells.get_mut(*key).unwrap();
        assert_eq!(cell.recipients, *clients, "{key}");
        cell.recipients = *server;
    }
    cells
}

/// The daily table where a sender stands for the account that the log does not name, and a version is not logged where
/// TLS began with the connection. It has the messages and recipients of the expected one, which has accounts.
fn daily_by_sender(folder: Folder) -> BTreeMap<String, Cell> {
    let mut cells: BTreeMap<String, Cell> = BTreeMap::new();
    for row in rows(folder, "truth.csv").iter().filter(|row| is_accepted(row)) {
        let key = format!("{},{},{}", &row["ts_utc"][..10], account(folder, row), logged_version(folder, row).as_str());
        cells.entry(key).or_default().add(Cell { messages: 1, recipients: number(&row["rcpt_accepted"]) });
    }
    let total = |counts: &mut dyn Iterator<Item = u64>| counts.sum::<u64>();
    let expected = rows(folder, "expected-daily.csv");
    let of_expected = |column| total(&mut expected.iter().map(|row| number(&row[column])));
    assert_eq!(total(&mut cells.values().map(|cell| cell.messages)), of_expected("messages"));
    assert_eq!(total(&mut cells.values().map(|cell| cell.recipients)), of_expected("recipients"));
    cells
}

/// Who sent a message, as far as the folder's log tells.
pub(super) fn account(folder: Folder, row: &Row) -> String {
    let column = if folder.knows == Knows::OnlySenders { "mail_from" } else { "account" };
    row[column].to_lowercase()
}

/// The TLS version of a transaction, as far as the folder's log tells.
fn logged_version(folder: Folder, row: &Row) -> TlsVersion {
    match folder.knows {
        Knows::NoTls => TlsVersion::Unknown,
        Knows::OnlySenders if &row["tls_mode"] == "implicit" => TlsVersion::Unknown,
        _ => version(&row["tls_version"]),
    }
}

fn is_accepted(row: &Row) -> bool {
    matches!(&row["outcome"], "accepted" | "dropped_after_dot")
}

/// The rows of one of the folder's files. Where it has several logs' truths, their names say which log's they are.
fn rows(folder: Folder, file: &str) -> Vec<Row> {
    let file = if folder.server == "haraka" { &file.replace(".csv", "-json.csv") } else { file };
    folder.paths(&[file]).iter().flat_map(|path| csv::read(path)).collect()
}

fn number(text: &str) -> u64 {
    text.parse().unwrap()
}

/// The version of the truth's spellings: `1.2` in the daily tables, OpenSSL's names in the transactions.
fn version(text: &str) -> TlsVersion {
    match text {
        "" | "none" => TlsVersion::None,
        "1.0" | "TLSv1" => TlsVersion::Tls10,
        "1.1" | "TLSv1.1" => TlsVersion::Tls11,
        "1.2" | "TLSv1.2" => TlsVersion::Tls12,
        "1.3" | "TLSv1.3" => TlsVersion::Tls13,
        other => panic!("the truth has a version '{other}'"),
    }
}

/// An accepted message, as both sides can tell it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Message {
    queue_id: String,
    /// Account, mechanism, TLS version, cipher, client's address.
    who: String,
}

impl Message {
    /// A row's message.
    pub(super) fn of(folder: Folder, row: &Submission) -> Self {
        let Submission { account, mechanism, tls_version, cipher, client_ip, .. } = row;
        let cipher = if folder.knows == Knows::OwnCiphersAndNoRejects { "" } else { cipher };
        let who = format!("{account},{mechanism},{},{cipher},{client_ip}", tls_version.as_str());
        Self { queue_id: row.queue_id.to_string(), who }
    }

    /// A transaction's message, without what the folder's log does not say.
    fn recorded(folder: Folder, row: &Row) -> Self {
        let mechanism = match folder.knows {
            Knows::OnlySenders | Knows::NoMechanismNorEveryRefusal => "",
            _ => &row["auth_mech"],
        };
        let version = logged_version(folder, row);
        let says_cipher = folder.knows != Knows::OwnCiphersAndNoRejects && version != TlsVersion::Unknown;
        let cipher = if says_cipher { &row["cipher"] } else { "" };
        let account = account(folder, row);
        let who = format!("{account},{mechanism},{},{cipher},{}", version.as_str(), &row["client_ip"]);
        Self { queue_id: row["queue_id"].to_owned(), who }
    }
}

/// The messages that the server accepted from authenticated clients. Those whose client vanished before the reply
/// have no queue id.
pub(super) fn accepted(folder: Folder) -> Vec<Message> {
    let rows = rows(folder, "truth.csv");
    rows.iter().filter(|row| is_accepted(row)).map(|row| Message::recorded(folder, row)).collect()
}

/// Compares by queue id, and what has none with what is left over.
pub(super) fn compare(what: &str, truth: Vec<Message>, mut found: Vec<Message>, findings: &mut Findings) {
    let (known, nameless): (Vec<_>, Vec<_>) = truth.into_iter().partition(|message| !message.queue_id.is_empty());
    let mut missing = Vec::new();
    for message in known {
        match found.iter().position(|other| *other == message) {
            Some(place) => drop(found.swap_remove(place)),
            None => missing.push(format!("{},{}", message.queue_id, message.who)),
        }
    }
    findings.same(format_args!("{what}, by queue id"), missing, Vec::new());
    let who = |messages: Vec<Message>| messages.into_iter().map(|message| message.who).collect::<Vec<_>>();
    findings.same(format_args!("{what}, without queue id"), who(nameless), who(found));
}

/// The attempts that the server refused, as kind and address; none where its log has nothing of them.
pub(super) fn failed(folder: Folder) -> Option<Vec<String>> {
    let kind = |row: &Row| match &row["outcome"] {
        "auth_failed" => Some("auth_failed"),
        "auth_cancelled" => Some("auth_aborted"),
        "tls_failed" => Some("tls_failed"),
        _ if folder.knows == Knows::OwnCiphersAndNoRejects => None,
        "sender_rejected" => Some("sender_rejected"),
        // The client saw its recipients refused; the server's words say that it was for the sender.
        "all_rcpt_rejected" if row["reply"].contains("Sender address rejected") => Some("sender_rejected"),
        "all_rcpt_rejected" => Some("recipients_rejected"),
        "data_rejected" => Some("data_rejected"),
        _ => None,
    };
    let rows = rows(folder, "truth.csv");
    let line = |row: &Row| kind(row).map(|kind| format!("{kind},{}", &row["client_ip"]));
    Some(rows.iter().filter(|row| !leaves_no_line(folder, row, &rows)).filter_map(line).collect())
}

/// Whether a failed attempt is one that the server's lines cannot tell. Nothing else is left out.
fn leaves_no_line(folder: Folder, row: &Row, rows: &[Row]) -> bool {
    match folder.knows {
        // sendmail writes nothing of a login that the client cancels. Where `MAIL FROM` announces too large a message,
        // it writes what it writes of any message without recipients: no reply.
        Knows::NotEveryRefusal => {
            &row["outcome"] == "auth_cancelled" || &row["outcome"] == "sender_rejected" && &row["code"] == "552"
        }
        // OpenSMTPD writes of rejected recipients and accepted messages, not of where one transaction ends: recipients
        // in front of a message may have been of that message. And a client that was not offered STARTTLS, since its
        // EHLO had been refused, never began a handshake.
        Knows::NoMechanismNorEveryRefusal => {
            let seq = |row: &Row| number(&row["seq"]);
            let later = |other: &&Row| other["session"] == row["session"] && seq(other) > seq(row);
            let accepted = |other: &Row| matches!(&other["outcome"], "accepted" | "dropped_after_dot");
            &row["outcome"] == "all_rcpt_rejected" && rows.iter().filter(later).any(accepted)
                || row["reply"].starts_with("STARTTLS extension not supported")
        }
        // Dovecot writes of a client's failed logins where it leaves without a good one, and nothing where it finds a
        // message too large itself.
        Knows::NotEveryRefusalOfDovecot => {
            let logs_in = |other: &Row| other["session"] == row["session"] && !other["account"].is_empty();
            &row["outcome"] == "auth_failed" && rows.iter().any(logs_in)
                || &row["outcome"] == "sender_rejected" && &row["code"] == "552"
        }
        // Haraka writes nothing of a handshake that breaks where TLS begins with the connection; and what was refused to
        // clients that had not authenticated is no refusal.
        Knows::OnlySenders => {
            &row["outcome"] == "tls_failed" && &row["tls_mode"] == "implicit"
                || &row["outcome"] == "data_rejected" && row["account"].is_empty()
        }
        _ => false,
    }
}

/// The attempts with an address for each: where a client did not record its own, one that is left over of the kind.
pub(super) fn with_addresses(failed: Vec<String>, mut found: Vec<String>) -> Vec<String> {
    let (nameless, mut named): (Vec<_>, Vec<_>) = failed.into_iter().partition(|line| line.ends_with(','));
    for line in &named {
        if let Some(place) = found.iter().position(|other| other == line) {
            found.swap_remove(place);
        }
    }
    for line in nameless {
        let place = found.iter().position(|other| other.starts_with(&line));
        named.push(place.map_or(line, |place| found.swap_remove(place)));
    }
    named
}
