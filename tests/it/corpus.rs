//! Logs of real servers against what their clients recorded.
//!
//! The corpus is not part of the checkout. Where it is missing these tests say so and pass.

mod derived;
mod truth;
mod wrapped;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use chrono_tz::Tz;
use mailtally::submissions::RefusalKind;

use crate::compare::Findings;
use crate::logs::{Answer, Logs, table};
use crate::packing::gunzip;
use crate::project;

/// One server's log, in all the ways in which it was written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Folder {
    pub(crate) server: &'static str,
    pub(crate) name: &'static str,
    pub(crate) variants: &'static [&'static [&'static str]],
    pub(crate) zone: Tz,
    knows: Knows,
}

/// What the folder's log can say of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Knows {
    Everything,
    /// Nothing of TLS: versions are unknown, not none.
    NoTls,
    /// Everything that was accepted, with the ciphers' names of another TLS library than the clients'; of what was
    /// refused, only what failed before a message began.
    OwnCiphersAndNoRejects,
    /// Everything but the attempts of which sendmail writes no line at its log level, see [`truth::failed`].
    NotEveryRefusal,
    /// Everything but the mechanism, and of what was refused what OpenSMTPD's lines tell, see [`truth::failed`].
    NoMechanismNorEveryRefusal,
    /// Everything but the attempts of which Dovecot, in front, writes no line, see [`truth::failed`].
    NotEveryRefusalOfDovecot,
    /// Of who sent only the sender, no mechanism, and no version where TLS began with the connection: see
    /// [`truth::account`].
    OnlySenders,
}

const FOUR: &[&[&str]] = &[&["mail.log"], &["mail-iso.log"], &["mail-json.log"], &["mail-5424.log"]];
const ROTATED: &[&[&str]] = &[&["mail.log.2.gz", "mail.log.1", "mail.log"], &["mail-iso.log"], &["mail-json.log"]];

/// Every folder whose server's format is read.
#[rustfmt::skip]
pub(crate) const FOLDERS: [Folder; 11] = [
    Folder { server: "postfix", name: "main",               variants: ROTATED,             zone: Tz::UTC,           knows: Knows::Everything },
    Folder { server: "postfix", name: "dst-berlin",         variants: FOUR,                zone: Tz::Europe__Berlin, knows: Knows::Everything },
    Folder { server: "postfix", name: "postlogd",           variants: &[&["postfix.log"]], zone: Tz::UTC,           knows: Knows::Everything },
    Folder { server: "postfix", name: "content-filter",     variants: FOUR,                zone: Tz::UTC,           knows: Knows::Everything },
    Folder { server: "postfix", name: "tlsloglevel0",       variants: FOUR,                zone: Tz::UTC,           knows: Knows::NoTls },
    Folder { server: "postfix", name: "dovecot-submission", variants: FOUR,                zone: Tz::UTC,           knows: Knows::NotEveryRefusalOfDovecot },
    Folder { server: "exim",    name: "default",            variants: &[&["mainlog.1.gz", "mainlog"], &["rejectlog", "mainlog.1.gz", "mainlog"]], zone: Tz::UTC, knows: Knows::OwnCiphersAndNoRejects },
    Folder { server: "exim",    name: "cpanel",             variants: &[&["mainlog"], &["mainlog", "rejectlog"], &["syslog-mail.log"]], zone: Tz::Europe__Berlin, knows: Knows::OwnCiphersAndNoRejects },
    Folder { server: "sendmail",  name: "sendmail",  variants: &[&["maillog.1.gz", "maillog"], &["maillog-iso"]], zone: Tz::UTC, knows: Knows::NotEveryRefusal },
    Folder { server: "opensmtpd", name: "opensmtpd", variants: &[&["maillog.0.gz", "maillog"], &["maillog-iso"]], zone: Tz::UTC, knows: Knows::NoMechanismNorEveryRefusal },
    Folder { server: "haraka",    name: "haraka",    variants: &[&["haraka-json.log"]], zone: Tz::UTC, knows: Knows::OnlySenders },
];

/// The year of every log's last line. It is said where stamps have none, since a checkout keeps no file times.
pub(crate) const YEAR: i32 = 2026;

/// Where the corpus is; none where it is not. A place that is named must have it.
pub(crate) fn corpus() -> Option<PathBuf> {
    let named = std::env::var_os("MAILTALLY_CORPUS").map(PathBuf::from);
    let is_named = named.is_some();
    let folder = named.unwrap_or_else(|| project().join("../shared/corpus"));
    let exists = folder.join("postfix").is_dir();
    assert!(exists || !is_named, "MAILTALLY_CORPUS: no logs in {}", folder.display());
    folder.canonicalize().ok().filter(|_| exists)
}

/// The corpus; says that the test is skipped where there is none.
fn corpus_or_skip() -> Option<PathBuf> {
    let corpus = corpus();
    if corpus.is_none() {
        // Not by a macro: what those print is shown of failing tests only.
        let test = std::thread::current().name().unwrap_or_default().to_owned();
        let line = format!("skipped {test}: no ../shared/corpus, and no MAILTALLY_CORPUS names it\n");
        let _ = std::io::stderr().write_all(line.as_bytes());
    }
    corpus
}

impl Folder {
    /// The paths of some of its files. A server with one log has no folders below its own.
    pub(crate) fn paths(self, files: &[&str]) -> Vec<PathBuf> {
        let Some(corpus) = corpus() else { return Vec::new() };
        let place = self.place(&corpus);
        files.iter().map(|file| place.join(file)).collect()
    }

    /// Where in the corpus it is.
    pub(crate) fn place(self, corpus: &Path) -> PathBuf {
        let place = corpus.join(self.server);
        if self.name == self.server { place } else { place.join(self.name) }
    }

    /// Whether its log tells of every refusal of a kind.
    fn tells_of(self, kind: RefusalKind) -> bool {
        use RefusalKind::{AuthAborted, AuthFailed, TlsFailed};
        self.knows != Knows::OwnCiphersAndNoRejects || matches!(kind, AuthFailed | AuthAborted | TlsFailed)
    }

    /// Some logs, read as this folder's are.
    pub(crate) fn understand(self, logs: Logs) -> Answer {
        logs.zone(self.zone).year(YEAR).read()
    }
}

/// One way in which a folder's log was written, and what it gives.
struct Variant {
    folder: Folder,
    what: String,
    paths: Vec<PathBuf>,
    answer: Answer,
}

/// Each variant of each folder, read once for all tests; none where there is no corpus.
fn variants() -> &'static [Variant] {
    static READ: OnceLock<Vec<Variant>> = OnceLock::new();
    if corpus_or_skip().is_none() {
        return &[];
    }
    let read = |folder: Folder, files: &[&str]| {
        let paths = folder.paths(files);
        let answer = folder.understand(Logs::at(&paths));
        Variant { folder, what: format!("{} {}", folder.name, files.join(" ")), paths, answer }
    };
    let all = || FOLDERS.iter().flat_map(|folder| folder.variants.iter().map(|files| read(*folder, files))).collect();
    READ.get_or_init(all)
}

#[test]
fn the_daily_table_is_the_truth_s() {
    let mut findings = Findings::default();
    for Variant { folder, what, answer, .. } in variants() {
        findings.same(what, table(&truth::daily(*folder)), table(&answer.daily()));
    }
    findings.none();
}

#[test]
fn submissions_are_the_accepted_messages() {
    let mut findings = Findings::default();
    for Variant { folder, what, answer, .. } in variants() {
        let found = answer.submissions().iter().map(|row| truth::Message::of(*folder, row)).collect();
        truth::compare(what, truth::accepted(*folder), found, &mut findings);
    }
    findings.none();
}

#[test]
fn refusals_are_the_failed_attempts() {
    let mut findings = Findings::default();
    for Variant { folder, what, answer, .. } in variants() {
        if let Some(failed) = truth::failed(*folder) {
            let told = answer.refusals().iter().filter(|row| folder.tells_of(row.kind));
            let found = told.map(|row| format!("{},{}", row.kind.as_str(), row.client_ip));
            let failed = truth::with_addresses(failed, found.clone().collect());
            findings.same(what, failed, found);
        }
    }
    findings.none();
}

#[test]
fn every_line_is_counted_and_none_rejected() {
    let mut findings = Findings::default();
    for Variant { what, answer, paths, .. } in variants() {
        answer.balance(&mut findings);
        let lines = paths.iter().map(|path| line_ends(path)).sum::<usize>() as u64;
        if (answer.lines_read(), answer.rejected()) != (lines, 0) {
            let (read, rejected) = (answer.lines_read(), answer.rejected());
            findings.note(format_args!("{what}: {read} of {lines} lines read, {rejected} rejected"));
        }
    }
    findings.none();
}

fn line_ends(path: &Path) -> usize {
    let stored = std::fs::read(path).unwrap();
    let text = if path.extension().is_some_and(|ending| ending == "gz") { gunzip(&stored) } else { stored };
    memchr::memchr_iter(b'\n', &text).count()
}

/// Long queue ids have the second in them: RFC 3164 without a year needs nothing else, and a file's time, which a
/// copy changes, counts for less.
#[test]
fn queue_ids_tell_the_year() {
    let postlogd = folder("postlogd");
    let logs = || Logs::at(postlogd.paths(&["postfix.log"]));
    without_year(postlogd, [logs().written_in(2024), logs().written_in(2031)]);
}

#[test]
fn where_no_queue_id_tells_the_year_the_newest_file_s_time_does() {
    let main = folder("main");
    without_year(main, [Logs::at(main.paths(ROTATED[0])).written_in(YEAR)]);
}

/// sendmail's queue ids have it too, all but the multiple of 60.
#[test]
fn queue_ids_of_sendmail_tell_the_year() {
    let sendmail = folder("sendmail");
    let logs = || Logs::at(sendmail.paths(sendmail.variants[0]));
    without_year(sendmail, [logs().written_in(2024), logs().written_in(2031)]);
}

fn without_year(folder: Folder, logs: impl IntoIterator<Item = Logs>) {
    if corpus_or_skip().is_none() {
        return;
    }
    let mut findings = Findings::default();
    for logs in logs {
        findings.same(folder.name, table(&truth::daily(folder)), table(&logs.read().daily()));
    }
    findings.none();
}

/// A folder by its name.
pub(crate) fn folder(name: &str) -> Folder {
    FOLDERS.into_iter().find(|folder| folder.name == name).unwrap()
}
