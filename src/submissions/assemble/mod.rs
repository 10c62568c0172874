//! The state machine that joins a session's lines into rows.
//!
//! ```text
//! connect ─▶ TLS ─▶ client=, sasl_username= ─▶ from=, nrcpt= (queue active) ─▶ disconnect
//! session    its    a message is open           it is accepted: one row          rejects are judged
//!            version                            per message
//! ```
//!
//! A session is known by host and process id since its last connect line, never by the process id alone; a message
//! by host and queue id. Both end with their last line or expire by the log's own time, so memory follows what is
//! open at once, not the log's length.

mod message;
mod session;
#[cfg(test)]
mod tests;

use compact_str::CompactString;
use rustc_hash::FxHashMap;

use super::account::Account;
use super::cipher::CipherClass;
use super::tls::{TlsLogging, TlsVersion};
use super::{Refusal, RefusalKind, Rows, Submission, text};
use crate::calendar::{HOUR, Timestamp};
use crate::formats::Format;
use crate::formats::record::{AuthFailed, Client, Opened, Record, Rejected, Stage};
use crate::sources::framing::Line;
use message::Message;
use session::{Session, Tls};

/// How long after it began a session or a message is still joined with its lines. A message of a session that is
/// older has an unknown TLS version, whichever way the log is read.
pub const HORIZON: i64 = 24 * HOUR;

/// What the operator says of a source.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The realm of accounts that have no domain of their own.
    pub realm: CompactString,
    /// Which hosts say a session's TLS version where it has one. Only of those is silence cleartext.
    pub tls_logging: TlsLogging,
}

/// Joins one stream's records, in order.
#[derive(Debug)]
pub struct Assembler {
    format: &'static dyn Format,
    settings: Settings,
    hosts: FxHashMap<CompactString, u32>,
    /// The class of each cipher met, since sessions use few and each name is taken apart once.
    ciphers: FxHashMap<(CompactString, TlsVersion), CipherClass>,
    last_host: (CompactString, u32),
    sessions: FxHashMap<SessionKey, Session>,
    messages: FxHashMap<MessageKey, Message>,
    /// Messages that a filter in front of the queue may have put back into it.
    reinjected: FxHashMap<MessageKey, Reinjected>,
    /// How many messages are inside a filter in front of the queue.
    in_filter: usize,
    swept: Timestamp,
}

/// A host and a process id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct SessionKey(u32, u32);

/// A host and a queue id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct MessageKey(u32, CompactString);

/// A message that a filter in front of the queue may have put back into it, and what its queue line said.
#[derive(Debug)]
struct Reinjected {
    at: Timestamp,
    queued: Option<Queued>,
}

/// What the queue said of a message.
#[derive(Clone, Debug)]
struct Queued {
    mail_from: CompactString,
    size: Option<u64>,
    recipients: Option<u32>,
}

impl Assembler {
    /// An assembler for a stream of one format.
    #[must_use]
    pub fn new(format: &'static dyn Format, settings: Settings) -> Self {
        Self {
            format,
            settings,
            hosts: FxHashMap::default(),
            ciphers: FxHashMap::default(),
            last_host: (CompactString::default(), u32::MAX),
            sessions: FxHashMap::default(),
            messages: FxHashMap::default(),
            reinjected: FxHashMap::default(),
            in_filter: 0,
            swept: Timestamp::MIN,
        }
    }

    /// The time of the earliest row that may still come; none where nothing is open.
    #[must_use]
    pub fn oldest_open(&self) -> Option<Timestamp> {
        let messages = self.messages.values().map(|message| message.row.ts);
        messages.chain(self.sessions.values().filter_map(Session::pending_since)).min()
    }

    /// Takes the next record of the stream.
    pub fn record(&mut self, at: Timestamp, line: &Line<'_>, record: &Record<'_>, rows: &mut dyn Rows) {
        self.sweep(at, rows);
        let host = self.host(line.host);
        let key = SessionKey(host, line.pid);
        match record {
            Record::Connected(client) => {
                let service = self.format.service(line.program);
                let session = self.sessions.entry(key).or_default();
                session.end(None, rows);
                self.in_filter -= usize::from(session.in_filter.is_some());
                session.restart(at, key, line.host, service, *client);
                session.known = true;
                session.tls_logged = self.settings.tls_logging.of(&session.server);
            }
            Record::Secured { client, version, cipher } => {
                let tls = self.tls(version, cipher);
                self.session(key, at, line, *client).tls = Some(tls);
            }
            Record::Opened(opened) => self.opened(at, key, line, opened),
            Record::OpenedByOthers { queue_id } => self.opened_by_others(at, host, queue_id),
            Record::MessageId { queue_id, message_id } => {
                if let Some(message) = self.messages.get_mut(&MessageKey(host, text(queue_id))) {
                    message.row.message_id = text(message_id);
                }
            }
            Record::Queued { queue_id, mail_from, size, recipients } => {
                let key = MessageKey(host, text(queue_id));
                self.queued(key, || Queued { mail_from: text(mail_from), size: *size, recipients: *recipients }, rows);
            }
            Record::Relayed { queue_id, mail_from, helo } => {
                self.relayed(key, *queue_id, mail_from, helo, rows);
            }
            Record::AuthFailed(failed) => self.auth_failed(at, key, line, failed, rows),
            Record::TlsFailed { client, reason } => {
                let session = self.session(key, at, line, *client);
                session.flush_tls_failure(rows);
                session.fail_tls(at, *client, reason);
            }
            Record::TlsProblem { reason } => {
                if let Some(failure) = self.sessions.get_mut(&key).and_then(|session| session.tls_failure.as_mut()) {
                    failure.reason = text(reason);
                }
            }
            Record::Rejected(rejected) => self.rejected(at, key, line, rejected, rows),
            Record::Disconnected(counters) => {
                let Some(mut session) = self.sessions.remove(&key) else { return };
                session.end(Some(*counters), rows);
                self.in_filter -= usize::from(session.in_filter.is_some());
                if session.took_over_no_more(*counters) {
                    for queue_id in session.open {
                        self.messages.remove(&MessageKey(host, queue_id));
                    }
                }
            }
        }
    }

    /// Ends what is still open: the stream has no more lines.
    pub fn finish(&mut self, rows: &mut dyn Rows) {
        self.expire(Timestamp::MAX, rows);
    }

    /// A number for a host, so that keys stay small.
    fn host(&mut self, host: &[u8]) -> u32 {
        if self.last_host.1 != u32::MAX && self.last_host.0.as_bytes() == host {
            return self.last_host.1;
        }
        let name = text(host);
        let next = self.hosts.len() as u32;
        let number = *self.hosts.entry(name.clone()).or_insert(next);
        self.last_host = (name, number);
        number
    }

    fn tls(&mut self, version: &[u8], cipher: &[u8]) -> Tls {
        let (version, cipher) = (TlsVersion::read(version), text(cipher));
        let class = self.ciphers.entry((cipher.clone(), version));
        let class = *class.or_insert_with(|| CipherClass::of(&cipher, version));
        Tls { version, cipher, class }
    }

    /// The session of a line; one whose beginning is not in the log starts here, with less known of it.
    fn session(&mut self, key: SessionKey, at: Timestamp, line: &Line<'_>, client: Client<'_>) -> &mut Session {
        let Self { sessions, format, .. } = self;
        sessions.entry(key).or_insert_with(|| {
            let mut session = Session::default();
            session.restart(at, key, line.host, format.service(line.program), client);
            session
        })
    }

    fn opened(&mut self, at: Timestamp, key: SessionKey, line: &Line<'_>, opened: &Opened<'_>) {
        let account = Account::read(&text(opened.account), &self.settings.realm);
        let session = self.session(key, at, line, opened.client);
        let message = Message::open(at, session, opened, account);
        session.note_opened(&message.row.account, opened.queue_id);
        match opened.queue_id {
            Some(queue_id) => {
                self.messages.insert(MessageKey(key.0, text(queue_id)), message);
            }
            None => {
                if session.in_filter.replace(Box::new(message)).is_none() {
                    self.in_filter += 1;
                }
            }
        }
    }

    /// A queue id that now means another message; it may be one that a filter has put back.
    fn opened_by_others(&mut self, at: Timestamp, host: u32, queue_id: &[u8]) {
        let key = MessageKey(host, text(queue_id));
        self.messages.remove(&key);
        if self.in_filter > 0 {
            self.reinjected.insert(key, Reinjected { at, queued: None });
        }
    }

    fn queued(&mut self, key: MessageKey, queued: impl FnOnce() -> Queued, rows: &mut dyn Rows) {
        if let Some(message) = self.messages.remove(&key) {
            if let Some(session) = self.sessions.get_mut(&message.session) {
                session.note_accepted(&key.1);
            }
            self.accept(message, queued(), rows);
        } else if let Some(seen) = self.reinjected.get_mut(&key) {
            seen.queued = Some(queued());
        }
    }

    /// A filter has accepted the session's message; the queue's own line may have come before or comes after.
    fn relayed(
        &mut self,
        key: SessionKey,
        queue_id: Option<&[u8]>,
        mail_from: &[u8],
        helo: &[u8],
        rows: &mut dyn Rows,
    ) {
        let Some(session) = self.sessions.get_mut(&key) else { return };
        let Some(message) = session.in_filter.take() else { return };
        self.in_filter -= 1;
        session.accepted += 1;
        let mut message = *message;
        message.relayed = true;
        message.row.mail_from = text(mail_from);
        message.row.helo = text(helo);
        let Some(queue_id) = queue_id else {
            return self.accept_unqueued(message, rows);
        };
        message.row.queue_id = text(queue_id);
        let key = MessageKey(key.0, text(queue_id));
        match self.reinjected.remove(&key) {
            Some(Reinjected { queued: Some(queued), .. }) => self.accept(message, queued, rows),
            Some(Reinjected { queued: None, .. }) => {
                self.messages.insert(key, message);
            }
            // The next hop keeps its queue on another host.
            None => self.accept_unqueued(message, rows),
        }
        if self.in_filter == 0 {
            self.reinjected.clear();
        }
    }

    /// Accepted, without a queue line that would say its size.
    fn accept_unqueued(&self, message: Message, rows: &mut dyn Rows) {
        let mail_from = message.row.mail_from.clone();
        self.accept(message, Queued { mail_from, size: None, recipients: None }, rows);
    }

    fn accept(&self, message: Message, queued: Queued, rows: &mut dyn Rows) {
        if message.orphan {
            rows.orphan(message.row.ts);
        }
        rows.submission(&message.into_row(queued.mail_from, queued.size, queued.recipients));
    }

    fn auth_failed(
        &mut self,
        at: Timestamp,
        key: SessionKey,
        line: &Line<'_>,
        failed: &AuthFailed<'_>,
        rows: &mut dyn Rows,
    ) {
        let account = failed.account.map(|account| Account::read(&text(account), &self.settings.realm).name);
        let session = self.session(key, at, line, failed.client);
        let refusal = Refusal {
            account: account.unwrap_or_default(),
            mechanism: text(failed.mechanism),
            tls_version: session.tls_version(at, failed.client),
            kind: if failed.aborted { RefusalKind::AuthAborted } else { RefusalKind::AuthFailed },
            reason: text(failed.reason),
            code: if failed.aborted { "501".into() } else { "535".into() },
            ..session.refusal(at, failed.client)
        };
        if session.is_orphan(at) {
            rows.orphan(at);
        }
        rows.refusal(&refusal);
    }

    fn rejected(
        &mut self,
        at: Timestamp,
        key: SessionKey,
        line: &Line<'_>,
        rejected: &Rejected<'_>,
        rows: &mut dyn Rows,
    ) {
        match (rejected.stage, rejected.queue_id) {
            // One of several recipients: the message goes on without it.
            (Stage::Recipient, Some(_)) => {}
            (Stage::Data, Some(queue_id)) => {
                if let Some(message) = self.messages.remove(&MessageKey(key.0, text(queue_id))) {
                    data_rejected(at, &message, rejected, rows);
                }
            }
            (Stage::Data, None) => {
                let Some(session) = self.sessions.get_mut(&key) else { return };
                if let Some(message) = session.in_filter.take() {
                    self.in_filter -= 1;
                    data_rejected(at, &message, rejected, rows);
                }
            }
            (Stage::Mail | Stage::Recipient, _) => {
                let session = self.session(key, at, line, rejected.client);
                let tls_version = session.tls_version(at, rejected.client);
                session.reject(at, tls_version, rejected);
            }
        }
    }

    /// Once in an hour of the log, lets go of what can no longer be joined.
    fn sweep(&mut self, at: Timestamp, rows: &mut dyn Rows) {
        if at < self.swept.saturating_add(HOUR) {
            return;
        }
        if self.swept > Timestamp::MIN {
            self.expire(at - HORIZON, rows);
        }
        self.swept = at;
    }

    fn expire(&mut self, before: Timestamp, rows: &mut dyn Rows) {
        let in_filter = &mut self.in_filter;
        self.sessions.retain(|_, session| {
            let keep = session.started >= before;
            if !keep {
                session.end(None, rows);
                *in_filter -= usize::from(session.in_filter.is_some());
            }
            keep
        });
        self.reinjected.retain(|_, message| message.at >= before);
        let mut relayed = Vec::new();
        self.messages.retain(|_, message| {
            let keep = message.row.ts >= before;
            if !keep && message.relayed {
                relayed.push(message.clone());
            }
            keep
        });
        for message in relayed {
            self.accept_unqueued(message, rows);
        }
    }
}

/// The refusal of a message's content.
fn data_rejected(at: Timestamp, message: &Message, rejected: &Rejected<'_>, rows: &mut dyn Rows) {
    if message.orphan {
        rows.orphan(at);
    }
    rows.refusal(&session::data_rejected(at, &message.row, rejected));
}

/// What a row needs of [`Submission`] to say who it was.
impl From<&Submission> for Refusal {
    fn from(row: &Submission) -> Self {
        Self {
            server: row.server.clone(),
            service: row.service.clone(),
            client_ip: row.client_ip.clone(),
            client_name: row.client_name.clone(),
            helo: row.helo.clone(),
            account: row.account.clone(),
            mechanism: row.mechanism.clone(),
            tls_version: row.tls_version,
            ..Self::default()
        }
    }
}
