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

mod dialogue;
mod fronts;
mod joins;
mod known;
mod message;
mod names;
mod rejects;
mod session;
mod slots;
#[cfg(test)]
mod tests;
mod texts;

use std::hash::BuildHasher;

use compact_str::CompactString;
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::account::Account;
use super::tls::{TlsLogging, TlsVersion};
use super::{Refusal, RefusalKind, Rows, shown, text};
use crate::calendar::{HOUR, SECOND, Timestamp};
use crate::formats::Format;
use crate::formats::record::{
    Accepted, AuthFailed, Client, Counters, Encrypted, Ended, LoggedIn, Opened, Record, Refused, Rejected, Stage, Taken,
};
use crate::sources::framing::Line;
use dialogue::Kept;
use fronts::Fronts;
use joins::{Joins, Settled};
use known::Known;
use message::{Encryption, Messages, Queued};
use session::{Asked, Session, SessionId, SessionKey, Sessions};

/// How long after it began a session or a message is still joined with its lines. A message of a session that is
/// older has an unknown TLS version, whichever way the log is read.
pub const HORIZON: i64 = 24 * HOUR;

/// How far apart the lines of one event may be: clocks differ, and logs are written a little late.
const WAIT: i64 = 300 * SECOND;

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
    settings: Settings,
    /// Whether a session's login has a line of its own: see [`Format::announces_logins`].
    announces_logins: bool,
    known: Known,
    sessions: Sessions,
    messages: Messages,
    /// Messages that a filter in front of the queue may have put back into it, by host and queue id.
    reinjected: FxHashMap<(u32, Vec<u8>), Reinjected>,
    /// How many messages are inside a filter in front of the queue.
    in_filter: usize,
    /// Messages that a server in front has handed on.
    fronts: Fronts,
    /// Whether silence of a session's lines may mean that there is no TLS.
    silence_tells: bool,
    /// The last refusal that one line told of, where a copy of the line may follow.
    refused_before: Option<u64>,
    /// What several logs tell of, where the server writes several.
    joins: Option<Joins>,
    /// The earliest time that a file behind this one may have.
    later: Timestamp,
    swept: Timestamp,
    sweep_every: i64,
}

/// A message that a filter in front of the queue may have put back into it, and what its queue line said.
#[derive(Debug)]
struct Reinjected {
    at: Timestamp,
    queued: Option<(CompactString, Option<u64>, Option<u32>)>,
}

impl Assembler {
    /// An assembler for a stream of one format.
    #[must_use]
    pub fn new(format: &'static dyn Format, settings: Settings) -> Self {
        Self {
            settings,
            announces_logins: format.announces_logins(),
            known: Known::new(format.spelling()),
            sessions: Sessions::new(format),
            messages: Messages::default(),
            reinjected: FxHashMap::default(),
            in_filter: 0,
            fronts: Fronts::default(),
            silence_tells: format.silence_is_cleartext(),
            refused_before: None,
            joins: format.joins_logs().then(Joins::default),
            later: Timestamp::MAX,
            swept: Timestamp::MIN,
            sweep_every: if format.joins_logs() { WAIT } else { HOUR },
        }
    }

    /// Learns that a file begins, and the earliest time that the files behind it may have.
    pub fn next_file(&mut self, later: Timestamp) {
        if self.joins.is_some() {
            (self.later, self.swept) = (later, Timestamp::MIN);
        }
    }

    /// The time of the earliest row that may still come, once the file is read to a time; none where nothing is open.
    #[must_use]
    pub fn oldest_open(&self, read_to: Timestamp) -> Option<Timestamp> {
        let held = self.sessions.iter().flat_map(|session| {
            session.in_filter.into_iter().chain(session.in_parts).chain(session.held.iter().copied())
        });
        let queued = self.fronts.halves.values().filter_map(|half| half.queued);
        let held = held.chain(queued).map(|message| self.messages.get(message).ts);
        let joined = self.joins.iter().flat_map(|joins| joins.times(read_to.min(self.later)));
        self.messages.times().chain(held).chain(self.sessions.pending()).chain(joined).min()
    }

    /// Takes the next record of the stream.
    pub fn record(&mut self, at: Timestamp, line: &Line<'_>, record: &Record<'_>, rows: &mut dyn Rows) {
        self.sweep(at, rows);
        let host = self.known.host(line.host, &self.settings.tls_logging);
        let key = (host, self.sessions.key_of(line));
        match record {
            Record::Connected(client) => {
                self.connected(at, key, line, *client, rows);
            }
            Record::LoggedIn(login) => self.logged_in(at, key, line, login, rows),
            Record::Secured { client, version, cipher } => {
                let tls = self.known.tls(version, cipher);
                if self.sessions.find(key).is_some_and(|session| session.is_before(*client, session.tls.is_some())) {
                    self.end(key, None, rows);
                }
                self.sessions.of_line(&mut self.known, key, at, line, *client).tls = Some(tls);
            }
            Record::Authenticated { client, mechanism, account } => {
                if let Some(session) = self.sessions.find(key)
                    && session.dialogue.trying_as_peer
                {
                    (session.dialogue.trying_as_peer, session.dialogue.is_peer) = (false, true);
                    return;
                }
                // Nobody authenticates twice in a session (RFC 4954 section 4): it is the next one of the process.
                if self.sessions.find(key).is_some_and(|session| session.is_before(*client, session.authenticated)) {
                    self.end(key, None, rows);
                }
                let session = self.sessions.of_line(&mut self.known, key, at, line, *client);
                session.meet(*client);
                session.authenticate(account, mechanism);
                if let Some(joins) = &mut self.joins {
                    joins.know(session, key.1, at);
                }
            }
            Record::Tried { mechanism } => {
                let session = self.sessions.of_line(&mut self.known, key, at, line, Client::default());
                session.tried = true;
                session.said.try_with(mechanism);
            }
            Record::Greeted { helo } => {
                let session = self.sessions.of_line(&mut self.known, key, at, line, Client::default());
                session.said.greet(helo);
            }
            Record::Sender { mail_from } => {
                if let Some(session) = self.sessions.find(key) {
                    session.settle();
                    session.said.send_as(mail_from);
                    session.dialogue.asked = Asked::Message(Stage::Mail);
                }
            }
            Record::Content { message_id, size } => {
                if let Some(session) = self.sessions.find(key) {
                    session.said.send(message_id, *size);
                }
            }
            Record::Recipient => {
                if let Some(session) = self.sessions.find(key) {
                    *session.said.recipients.get_or_insert_default() += 1;
                }
            }
            Record::Reset => {
                if self.announces_logins {
                    self.judge(key, rows);
                }
                if let Some(session) = self.sessions.find(key) {
                    session.settle();
                    session.said.next_message();
                }
            }
            Record::Abandoned => {
                if let Some(session) = self.sessions.find(key) {
                    session.rejects.clear();
                    session.said.next_message();
                }
            }
            Record::Taken(taken) => self.taken(at, key, line, taken, rows),
            Record::Opened(opened) => self.opened(at, key, line, opened),
            Record::OpenedByOthers { queue_id } => self.opened_by_others(at, host, queue_id),
            Record::MessageId { queue_id, message_id } => {
                if let Some(message) = self.messages.find(host, queue_id) {
                    message.set_message_id(message_id);
                }
            }
            Record::Queued { queue_id, mail_from, size, recipients } => {
                let queued = Queued { mail_from, size: *size, recipients: *recipients };
                self.queued(host, queue_id, queued, rows);
            }
            Record::Relayed { queue_id, mail_from, helo } => {
                self.relayed(key, queue_id.unwrap_or_default(), mail_from, helo, rows);
            }
            Record::AuthFailed(failed) => self.auth_failed(at, key, line, failed, rows),
            Record::TlsFailed { client, reason } => {
                let session = self.sessions.of_line(&mut self.known, key, at, line, *client);
                session.flush_tls_failure(rows);
                session.fail_tls(at, *client, reason, &self.known);
            }
            Record::DisconnectedInHandshake { reason } => {
                let session = self.sessions.of_line(&mut self.known, key, at, line, Client::default());
                if session.tls.is_none() {
                    session.flush_tls_failure(rows);
                    session.fail_tls(at, Client::default(), reason, &self.known);
                }
                self.end(key, None, rows);
            }
            Record::TlsProblem { reason } => {
                if let Some(session) = self.sessions.find(key) {
                    session.explain_tls_failure(reason);
                }
            }
            Record::Rejected(rejected) => self.rejected(at, key, line, rejected, rows),
            Record::Disconnected { counters } => {
                if let Some(joins) = &mut self.joins {
                    joins.end(key.1, host, at);
                }
                self.end(key, Some(counters), rows);
            }
            Record::Ended(ended) => self.ended(at, key, line, ended, rows),
            Record::Accepted(accepted) => self.accepted(at, host, accepted, rows),
            Record::Delivered { queue_id } => {
                if let Some(message) = self.messages.find(host, queue_id) {
                    *message.recipients.get_or_insert_default() += 1;
                }
            }
            Record::Completed { queue_id } => {
                if let Some(message) = self.messages.remove(host, queue_id) {
                    self.accept(message, rows);
                }
            }
            Record::Refused(refused) => {
                if !self.is_copy(line, refused) {
                    self.refused(at, host, refused, rows);
                }
            }
            _ => self.converse(at, key, line, record, rows),
        }
    }

    /// A client has connected: a session begins.
    fn connected(
        &mut self,
        at: Timestamp,
        key: SessionKey,
        line: &Line<'_>,
        client: Client<'_>,
        rows: &mut dyn Rows,
    ) -> &mut Session {
        self.end(key, None, rows);
        let session = self.sessions.begin(&mut self.known, key, at, line, client);
        session.known = true;
        session.tls_logged = self.silence_tells && self.known.logs_tls(key.0);
        session
    }

    /// Ends what is still open: the stream has no more lines.
    pub fn finish(&mut self, rows: &mut dyn Rows) {
        self.expire(Timestamp::MAX, rows);
        self.settle(Timestamp::MAX, rows);
    }

    /// Ends the session of a key, if there is one.
    fn end(&mut self, key: SessionKey, counters: Option<&[u8]>, rows: &mut dyn Rows) {
        let Some(session) = self.sessions.remove(key) else { return };
        let counters = counters.filter(|_| session.is_unsettled()).map(Counters::read);
        match &mut self.joins {
            Some(joins) if session.dialogue.of_peer => {
                let mut kept = Kept { refusals: Vec::new(), rows: &mut *rows };
                session.end(counters, &self.settings.realm, &self.known, &mut kept);
                kept.refusals.into_iter().for_each(|row| joins.refuse(key.1, key.0, row));
            }
            _ => session.end(counters, &self.settings.realm, &self.known, rows),
        }
        if let Some(message) = session.in_filter.take() {
            self.messages.release(message);
            self.in_filter -= 1;
        }
        let id = session.id;
        let in_parts = session.in_parts.take();
        if session.in_front {
            self.fronts.end(session.client(Client::default()).ip, id);
        }
        // What a server in front has handed on counts where the server behind has it.
        let counts = session.authenticated && !session.in_front;
        let held = std::mem::take(&mut session.held);
        if counters.is_some_and(|counters| session.took_over_no_more(counters)) {
            session.open.drain(..).for_each(|message| self.messages.end(message, id));
        }
        self.sessions.release(id);
        if let Some(message) = in_parts {
            self.accept(message, rows);
        }
        for message in held {
            let queue_id = self.messages.get(message).queue_id();
            if self.fronts.halves.get(queue_id).is_some_and(|half| half.handed_on == Some(message)) {
                self.fronts.halves.remove(queue_id);
            }
            if counts {
                self.accept(message, rows);
            } else {
                self.messages.release(message);
            }
        }
    }

    /// A session begins whose client has authenticated with a server in front of others, or with one that stands alone.
    fn logged_in(
        &mut self,
        at: Timestamp,
        key: SessionKey,
        line: &Line<'_>,
        login: &LoggedIn<'_>,
        rows: &mut dyn Rows,
    ) {
        self.end(key, None, rows);
        let session = self.sessions.begin(&mut self.known, key, at, line, login.client);
        session.known = true;
        session.in_front = true;
        session.encrypt(login.encrypted, &mut self.known);
        session.authenticate(login.account, login.mechanism);
        self.fronts.begin(login.client.ip, session.id);
    }

    /// The session is over, and its server says what it was: whether the client that tried to authenticate did.
    fn ended(&mut self, at: Timestamp, key: SessionKey, line: &Line<'_>, ended: &Ended<'_>, rows: &mut dyn Rows) {
        let session = self.sessions.of_line(&mut self.known, key, at, line, ended.client);
        session.authenticated |= session.tried && ended.trusted;
        for message in &session.held {
            self.messages.get_mut(*message).sum_up(ended, &mut self.known);
        }
        if session.tried && !session.failed && !session.authenticated {
            let tls_version = match (session.tls, ended.encrypted) {
                (None, Encrypted::No) => TlsVersion::None,
                _ => session.tls_version(at, ended.client),
            };
            let row = Refusal {
                helo: text(ended.helo),
                mechanism: message::upper(&shown(session.said.mechanism())).into(),
                tls_version,
                kind: RefusalKind::AuthAborted,
                ..session.refusal(at, ended.client, &self.known)
            };
            rows.refusal(&row.view());
        }
        self.end(key, None, rows);
    }

    fn opened(&mut self, at: Timestamp, key: SessionKey, line: &Line<'_>, opened: &Opened<'_>) {
        let session = self.sessions.of_line(&mut self.known, key, at, line, opened.client);
        let (slot, message) = self.messages.take();
        message.open(at, session, opened);
        session.note_opened(message.account());
        if let Some(queue_id) = opened.queue_id {
            session.open.push(slot);
            self.messages.insert(slot);
            if opened.fronted {
                self.fronted(at, key.0, queue_id, slot);
            }
        } else if let Some(before) = session.in_filter.replace(slot) {
            self.messages.release(before);
        } else {
            self.in_filter += 1;
        }
    }

    /// The server behind another one has opened a message: which one it is shows by its queue id.
    fn fronted(&mut self, at: Timestamp, host: u32, queue_id: &[u8], slot: u32) {
        let half = self.fronts.half(at, queue_id);
        half.behind = Some(host);
        let Some(front) = half.handed_on else { return };
        self.fronts.halves.remove(queue_id);
        if let Some(session) = self.sessions.get(self.messages.get(front).session) {
            session.held.retain(|held| *held != front);
        }
        self.join(slot, front);
    }

    /// The server in front has handed a message on.
    fn handed_on(&mut self, at: Timestamp, session: SessionId, slot: u32, rows: &mut dyn Rows) {
        let queue_id = self.messages.get(slot).queue_id().to_vec();
        let half = self.fronts.half(at, &queue_id);
        if let Some(queued) = half.queued {
            self.join(queued, slot);
            self.accept(queued, rows);
        } else if let Some(host) = half.behind {
            let open = self.messages.place(host, &queue_id).filter(|open| self.messages.get(*open).fronted);
            match open {
                Some(open) => self.join(open, slot),
                // It has been counted without the server in front.
                None => self.messages.release(slot),
            }
        } else {
            half.handed_on = Some(slot);
            if let Some(session) = self.sessions.get(session) {
                session.held.push(slot);
            }
            return;
        }
        self.fronts.halves.remove(&queue_id);
    }

    /// Two messages that are one: the server behind goes on with it.
    fn join(&mut self, behind: u32, front: u32) {
        let known = std::mem::take(self.messages.get_mut(front));
        self.messages.get_mut(behind).take_from_front(&known);
        *self.messages.get_mut(front) = known;
        self.messages.release(front);
    }

    /// A message that a server behind another one has queued; true where it waits for the one in front.
    fn waits_for_front(&mut self, slot: u32) -> bool {
        let message = self.messages.get_mut(slot);
        let waits = !self.fronts.of_client(message.client_ip()).is_empty();
        message.accepted = true;
        if waits {
            let (at, queue_id) = (message.ts, message.queue_id().to_vec());
            self.fronts.half(at, &queue_id).queued = Some(slot);
        } else if !self.fronts.are_logged() {
            self.fronts.halves.remove(message.queue_id());
        }
        waits
    }

    /// A queue id that now means another message; it may be one that a filter has put back.
    fn opened_by_others(&mut self, at: Timestamp, host: u32, queue_id: &[u8]) {
        if let Some(message) = self.messages.remove(host, queue_id) {
            self.messages.release(message);
        }
        if self.in_filter > 0 {
            self.reinjected.insert((host, queue_id.to_vec()), Reinjected { at, queued: None });
        }
    }

    fn queued(&mut self, host: u32, queue_id: &[u8], queued: Queued<'_>, rows: &mut dyn Rows) {
        if let Some(message) = self.messages.remove(host, queue_id) {
            if let Some(session) = self.sessions.get(self.messages.get(message).session) {
                session.note_accepted(message);
            }
            self.messages.get_mut(message).queue(queued);
            if !self.messages.get(message).fronted || !self.waits_for_front(message) {
                self.accept(message, rows);
            }
        } else if self.in_filter > 0
            && let Some(seen) = self.reinjected.get_mut(&(host, queue_id.to_vec()))
        {
            seen.queued = Some((text(queued.mail_from), queued.size, queued.recipients));
        }
    }

    /// A filter has accepted the session's message; the queue's own line may have come before or comes after.
    fn relayed(&mut self, key: SessionKey, queue_id: &[u8], mail_from: &[u8], helo: &[u8], rows: &mut dyn Rows) {
        let Some(session) = self.sessions.find(key) else { return };
        let Some(message) = session.in_filter.take() else { return };
        self.in_filter -= 1;
        session.accepted += 1;
        self.messages.get_mut(message).relay(queue_id, mail_from, helo);
        match self.reinjected.remove(&(key.0, queue_id.to_vec())) {
            Some(Reinjected { queued: Some((mail_from, size, recipients)), .. }) => {
                self.messages.get_mut(message).queue(Queued { mail_from: mail_from.as_bytes(), size, recipients });
                self.accept(message, rows);
            }
            Some(Reinjected { queued: None, .. }) => self.messages.insert(message),
            // The next hop keeps its queue on another host, or does not say a queue id.
            None => self.accept(message, rows),
        }
        if self.in_filter == 0 {
            self.reinjected.clear();
        }
    }

    /// The session's message has been accepted.
    fn taken(&mut self, at: Timestamp, key: SessionKey, line: &Line<'_>, taken: &Taken<'_>, rows: &mut dyn Rows) {
        // Where one message has said that its client had authenticated, the next one would say so too.
        let silent = |session: &Session| !taken.authenticated && session.says_login;
        if self.sessions.find(key).is_some_and(|session| session.is_before(taken.client, silent(session))) {
            self.end(key, None, rows);
        }
        if taken.authenticated {
            self.sessions.of_line(&mut self.known, key, at, line, taken.client).says_login = true;
        }
        let Some(session) = self.sessions.find(key) else {
            if self.joins.is_some() {
                rows.orphan(at);
            }
            return;
        };
        if !session.known && !session.authenticated && session.dialogue.heard {
            // Whoever sends it may have authenticated before what is read.
            rows.orphan(at);
        }
        if let Some(part) = session.in_parts.map(|message| self.messages.get_mut(message))
            && taken.in_parts
            && part.queue_id() == taken.queue_id
        {
            part.recipients = part.recipients.zip(taken.recipients).map(|(before, more)| before + more);
            return;
        }
        session.dialogue.asked = Asked::Nothing;
        if self.joins.is_some() {
            return self.hear(at, key, taken);
        }
        let before = session.in_parts.take();
        session.settle();
        if session.authenticated || taken.authenticated || (taken.until_end && session.tried) {
            let (slot, message) = self.messages.take();
            message.take(at, session, taken, &mut self.known);
            session.note_opened(message.account());
            session.accepted += 1;
            if self.announces_logins {
                // Those of them that were this message's recipients cannot be told from a message before it.
                session.rejects.clear();
            }
            session.said.next_message();
            if taken.in_parts {
                session.in_parts = Some(slot);
            } else if taken.until_end {
                session.held.push(slot);
            } else if taken.relayed && !taken.queue_id.is_empty() {
                session.in_front = true;
                let id = session.id;
                self.handed_on(at, id, slot, rows);
            } else if taken.more_follows {
                self.messages.insert(slot);
            } else {
                self.accept(slot, rows);
            }
        } else {
            session.said.next_message();
        }
        if let Some(message) = before {
            self.accept(message, rows);
        }
    }

    /// The session's message has been accepted, by a server of which other logs tell too.
    fn hear(&mut self, at: Timestamp, key: SessionKey, taken: &Taken<'_>) {
        let (Some(session), Some(joins)) = (self.sessions.find(key), &mut self.joins) else { return };
        let counts = session.authenticated || session.dialogue.of_peer;
        if counts && !joins.knows(key.1, key.0) {
            joins.know(session, key.1, at);
        }
        if joins.knows(key.1, key.0) {
            joins.hear(session, key.1, at, taken);
            session.count_message();
        }
        session.rejects.clear();
        session.said.next_message();
    }

    /// A message that one line told of, unless later lines tell of its recipients.
    fn accepted(&mut self, at: Timestamp, host: u32, accepted: &Accepted<'_>, rows: &mut dyn Rows) {
        let (slot, message) = self.messages.take();
        message.tell(at, host, accepted, &mut self.known);
        if accepted.more_follows {
            self.messages.insert(slot);
        } else {
            self.accept(slot, rows);
        }
    }

    fn accept(&mut self, slot: u32, rows: &mut dyn Rows) {
        let message = self.messages.get_mut(slot);
        if message.orphan {
            rows.orphan(message.ts);
        }
        message.show(&self.known, &self.settings.realm, |row| rows.submission(row));
        self.messages.release(slot);
    }

    /// Whether a line is the copy of the one before. Exim writes what it rejects into two logs, and both go to syslog.
    fn is_copy(&mut self, line: &Line<'_>, refused: &Refused<'_>) -> bool {
        let copied = matches!(refused.kind, RefusalKind::AuthFailed | RefusalKind::AuthAborted) && line.pid > 0;
        let hash = FxBuildHasher.hash_one((line.pid, line.message));
        let before = std::mem::replace(&mut self.refused_before, copied.then_some(hash));
        let is_copy = copied && before == Some(hash);
        if is_copy {
            self.refused_before = None;
        }
        is_copy
    }

    /// An attempt that one line told of.
    fn refused(&mut self, at: Timestamp, host: u32, refused: &Refused<'_>, rows: &mut dyn Rows) {
        let encryption = Encryption::told(refused.encrypted, refused.service, &mut self.known);
        let Refused { service, client, helo, mechanism, account, reason, code, .. } = *refused;
        let [service, client_ip, client_name, helo, mechanism, account, reason, code] =
            [service, client.ip, client.name, helo, mechanism, account, reason, code].map(shown);
        // An attempt without an account has none, whatever the realm.
        let realm = if account.is_empty() { "" } else { &self.settings.realm };
        let account = Account::read(&account, realm);
        let row = Refusal {
            ts: at,
            server: self.known.server(host),
            service: &service,
            client_ip: &client_ip,
            client_name: &client_name,
            helo: &helo,
            account: &account.name,
            mechanism: &mechanism,
            tls_version: encryption.version(),
            kind: refused.kind,
            reason: &reason,
            code: &code,
        };
        for _ in 0..refused.attempts.max(1) {
            rows.refusal(&row);
        }
    }

    fn auth_failed(
        &mut self,
        at: Timestamp,
        key: SessionKey,
        line: &Line<'_>,
        failed: &AuthFailed<'_>,
        rows: &mut dyn Rows,
    ) {
        let session = self.sessions.of_line(&mut self.known, key, at, line, failed.client);
        if session.is_orphan(at) {
            rows.orphan(at);
        }
        session.failed = true;
        let client = session.client(failed.client);
        let [claimed, mechanism] = session.claimed();
        let mechanism = if mechanism.is_empty() { session.said.mechanism() } else { mechanism };
        let mechanism = if failed.mechanism.is_empty() { mechanism } else { failed.mechanism };
        let tried = failed.account.or((!claimed.is_empty()).then_some(claimed));
        let [_, _, helo, _] = session.said.texts();
        let [client_ip, client_name, mechanism, account, reason, helo] =
            [client.ip, client.name, mechanism, tried.unwrap_or_default(), failed.reason, helo].map(shown);
        let account = self.known.spelling.tried.undo(&account);
        let account = tried.map(|_| Account::read(&account, &self.settings.realm).name);
        rows.refusal(&Refusal {
            ts: at,
            server: self.known.server(session.host),
            service: self.known.service_name(session.service),
            client_ip: &self.known.spelling.address(&client_ip),
            client_name: &client_name,
            helo: &helo,
            account: account.as_deref().unwrap_or_default(),
            mechanism: &mechanism,
            tls_version: session.tls_version(at, failed.client),
            kind: if failed.aborted { RefusalKind::AuthAborted } else { RefusalKind::AuthFailed },
            reason: &reason,
            code: match rejects::stated_code(&reason) {
                "" if failed.aborted => "501",
                "" => "535",
                code => code,
            },
        });
        session.dialogue.trying = false;
    }

    fn rejected(
        &mut self,
        at: Timestamp,
        key: SessionKey,
        line: &Line<'_>,
        rejected: &Rejected<'_>,
        rows: &mut dyn Rows,
    ) {
        if self.announces_logins {
            return self.rejected_by_stage(at, key, rejected, rows);
        }
        match (rejected.stage, rejected.queue_id) {
            // One of several recipients: the message goes on without it.
            (Stage::Recipient, Some(_)) => {}
            (Stage::Data, Some(queue_id)) => {
                if let Some(message) = self.messages.remove(key.0, queue_id) {
                    self.data_rejected(at, message, rejected, rows);
                }
            }
            (Stage::Data, None) => {
                let Some(session) = self.sessions.find(key) else { return };
                if let Some(message) = session.in_filter.take() {
                    self.in_filter -= 1;
                    self.data_rejected(at, message, rejected, rows);
                } else if session.said.begun {
                    self.keep_reject(at, key, line, rejected);
                }
            }
            (Stage::Mail | Stage::Recipient, _) => self.keep_reject(at, key, line, rejected),
        }
    }

    /// A refused command is judged at the session's end.
    fn keep_reject(&mut self, at: Timestamp, key: SessionKey, line: &Line<'_>, rejected: &Rejected<'_>) {
        let front = if self.fronts.are_logged() { self.front_of(at, rejected.client) } else { None };
        let session = self.sessions.of_line(&mut self.known, key, at, line, rejected.client);
        let mut row = Refusal {
            tls_version: session.tls_version(at, rejected.client),
            ..session.refusal(at, rejected.client, &self.known)
        };
        if let Some((account, tls_version)) = front.filter(|_| !session.is_with(rejected.client)) {
            session.authenticated = true;
            row = Refusal { account: Account::read(&account, &self.settings.realm).name.into(), tls_version, ..row };
        }
        session.rejects.keep(row, rejected, session.opened());
    }

    /// The account and the TLS version that a client has with a server in front: what all its sessions there agree on.
    /// None where it has no session.
    fn front_of(&mut self, at: Timestamp, client: Client<'_>) -> Option<(CompactString, TlsVersion)> {
        let (first, others) = self.fronts.of_client(client.ip).split_first()?;
        let of = |session: &mut Session| (text(session.account()), session.tls_version(at, client));
        let (mut account, mut tls_version) = self.sessions.get(*first).map(of)?;
        for (other, version) in others.iter().filter_map(|other| self.sessions.get(*other).map(of)) {
            if other != account {
                account = CompactString::default();
            }
            if version != tls_version {
                tls_version = TlsVersion::Unknown;
            }
        }
        Some((account, tls_version))
    }

    /// A command refused by a server that announces logins: a refusal only behind one. At `MAIL FROM` and of the
    /// content it is a whole message's; a recipient's has to wait for what becomes of the message.
    fn rejected_by_stage(&mut self, at: Timestamp, key: SessionKey, rejected: &Rejected<'_>, rows: &mut dyn Rows) {
        let counts = |session: &&mut Session| session.authenticated || session.dialogue.of_peer;
        let Some(session) = self.sessions.find(key).filter(counts) else { return };
        let tls_version = session.tls_version(at, rejected.client);
        let row = Refusal { tls_version, ..session.refusal(at, rejected.client, &self.known) };
        if rejected.stage == Stage::Data {
            // Where the content was refused, some recipients were not.
            session.rejects.clear();
        }
        session.rejects.keep(row, rejected, session.opened());
        if rejected.stage != Stage::Recipient {
            self.judge(key, rows);
        }
    }

    /// Judges a session's refused commands.
    fn judge(&mut self, key: SessionKey, rows: &mut dyn Rows) {
        let Some(session) = self.sessions.find(key) else { return };
        match &mut self.joins {
            Some(joins) if session.dialogue.of_peer => {
                let mut kept = Kept { refusals: Vec::new(), rows };
                session.judge(None, &self.settings.realm, &self.known, &mut kept);
                kept.refusals.into_iter().for_each(|row| joins.refuse(key.1, key.0, row));
            }
            _ => session.judge(None, &self.settings.realm, &self.known, rows),
        }
    }

    /// The refusal of a message's content.
    fn data_rejected(&mut self, at: Timestamp, slot: u32, rejected: &Rejected<'_>, rows: &mut dyn Rows) {
        let message = self.messages.get_mut(slot);
        if message.orphan {
            rows.orphan(at);
        }
        let reason = text(rejected.reply);
        message.show(&self.known, &self.settings.realm, |row| {
            rows.refusal(&Refusal {
                ts: at,
                server: row.server,
                service: row.service,
                client_ip: row.client_ip,
                client_name: row.client_name,
                helo: row.helo,
                account: row.account,
                mechanism: row.mechanism,
                tls_version: row.tls_version,
                kind: RefusalKind::DataRejected,
                reason: &reason,
                code: rejects::code(&reason),
            });
        });
        self.messages.release(slot);
    }

    /// Now and then in the log's time, lets go of what can no longer be joined.
    fn sweep(&mut self, at: Timestamp, rows: &mut dyn Rows) {
        if at < self.swept.saturating_add(self.sweep_every) {
            return;
        }
        if self.swept > Timestamp::MIN {
            self.expire(at.min(self.later) - HORIZON, rows);
            self.settle(at.min(self.later), rows);
        }
        self.swept = at;
    }

    /// Joins what several logs have told of.
    fn settle(&mut self, now: Timestamp, rows: &mut dyn Rows) {
        let Some(joins) = &mut self.joins else { return };
        let (known, messages, realm) = (&self.known, &mut self.messages, &self.settings.realm);
        joins.settle(now, |settled| match settled {
            Settled::Message(told, sender) => {
                let (slot, message) = messages.take();
                message.join(told, sender);
                if message.orphan {
                    rows.orphan(message.ts);
                }
                message.show(known, realm, |row| rows.submission(row));
                messages.release(slot);
            }
            Settled::Refusal(row, sender) => {
                if sender.orphan {
                    rows.orphan(row.ts);
                }
                rows.refusal(&sender.refusal(row, known, realm).view());
            }
        });
    }

    fn expire(&mut self, before: Timestamp, rows: &mut dyn Rows) {
        for key in self.sessions.older_than(before) {
            self.end(key, None, rows);
        }
        self.reinjected.retain(|_, message| message.at >= before);
        let mut queued = Vec::new();
        self.fronts.halves.retain(|_, half| {
            let stays = half.at >= before;
            queued.extend(half.queued.filter(|_| !stays));
            stays
        });
        for message in queued {
            self.accept(message, rows);
        }
        for message in self.messages.expire(before) {
            if self.messages.get(message).accepted {
                self.accept(message, rows);
            } else {
                self.messages.release(message);
            }
        }
    }
}
