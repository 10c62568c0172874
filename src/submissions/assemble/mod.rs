//! The state machine that joins a session's lines into rows.
//!
//! ```text
//! connect ─▶ TLS ─▶ client=, sasl_username= ─▶ from=, nrcpt= (queue active) ─▶ disconnect
//! session    its    a message is open           it is accepted: one row          rejects are judged
//!            version                            per message
//! ```
//!
//! A session is known by its host and what [tells the host's sessions apart](Format::session), a process id or the
//! server's own number, since its last connect line; a message by host and queue id. Both end with their last line or
//! expire by the log's own time, so memory follows what is open at once, not the log's length.
//!
//! What a record may hand on, and when. The others only change what is known of a session or a message.
//!
//! | record | file | row |
//! |---|---|---|
//! | `Taken` | `accepting` | a message, by its sequel: at once, when the next one begins, or at the session's end |
//! | `Accepted`, `Completed` | `accepting` | a message: at once, or once it is delivered |
//! | `Queued`, `Relayed`, `SetAside` | `accepting`, `fronts` | a message: at once, or once the server in front is known |
//! | `Refused`, `TakenBack` | `refusing` | a refusal: at once |
//! | `AuthFailed`, `MayNotSend` | `refusing`, `authenticating` | a refusal: at once, or at the session's end if that may tell of TLS |
//! | `TlsFailed` | `session` | a refusal: at the session's end, since its reason may follow |
//! | `Rejected` | `refusing`, `rejects`, `refused_messages` | a refusal: of content at once, else when the next message or the end judges it |
//! | `Granted`, `Denied` | `answering` | whatever comes of the command that they answer |
//! | `Disconnected`, `Ended`, `Connected` | `session::end` | all that has waited for a session's end |
//! | any, as time goes on | `expiring`, `joins` | what was never closed, and what several logs have told |

mod accepting;
mod answering;
mod arrivals;
mod authenticating;
mod dialogue;
mod early;
mod encryption;
mod expiring;
mod fronts;
mod joins;
mod known;
mod message;
mod messages;
mod names;
mod pending;
mod refusal_pairs;
mod refused_messages;
mod refusing;
mod rejects;
mod said;
mod session;
mod sessions;
mod slots;
mod talk;
#[cfg(test)]
mod tests;
mod texts;

use compact_str::CompactString;
use rustc_hash::FxHashMap;

use crate::calendar::{HOUR, SECOND, Timestamp};
use crate::formats::Format;
use crate::formats::record::{Client, Counters, Encrypted, Ended, Record};
use crate::sources::framing::Line;
use crate::submissions::tls::{TlsLogging, TlsMode, TlsVersion};
use crate::submissions::{Refusal, RefusalKind, Rows, shown, text};
use arrivals::Arrivals;
use dialogue::Kept;
use fronts::Fronts;
use joins::Joins;
use known::Known;
use message::Queued;
use messages::Messages;
use refusal_pairs::RefusalPairs;
use session::{Session, SessionKey};
use sessions::Sessions;

/// How long after it began a session or a message is still joined with its lines. A message of a session that is
/// older has an unknown TLS version, whichever way the log is read.
pub const HORIZON: i64 = 24 * HOUR;

/// How far apart the lines of one event may be: clocks differ, and logs are written a little late.
pub(super) const WAIT: i64 = 300 * SECOND;

/// How long a server may judge a message that has come in whole: as long as two filters together that sendmail waits for
/// as long as it does unless told otherwise (`Timeout` `E:5m` of a milter).
const VERDICT: i64 = 600 * SECOND;

/// What the operator says of a source.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The realm of accounts that have no domain of their own.
    pub realm: CompactString,
    /// Which hosts say a session's TLS version where it has one. Only of those is silence cleartext.
    pub tls_logging: TlsLogging,
}

/// When and of which session a record is, and its line.
#[derive(Clone, Copy, Debug)]
struct Moment<'a> {
    at: Timestamp,
    key: SessionKey,
    line: &'a Line<'a>,
}

/// Joins one stream's records, in order.
#[derive(Debug)]
pub struct Assembler {
    format: &'static dyn Format,
    settings: Settings,
    /// Whether a session's login has a line of its own: see [`Format::announces_logins`].
    announces_logins: bool,
    known: Known,
    sessions: Sessions,
    /// Clients that have connected, where only the server's greeting says to which session.
    arrivals: Arrivals,
    messages: Messages,
    /// Messages that a filter in front of the queue may have put back into it, by host and queue id.
    reinjected: FxHashMap<(u32, Vec<u8>), Reinjected>,
    /// How many messages are inside a filter in front of the queue.
    in_filter: usize,
    /// Messages that a server in front may have handed on.
    fronts: Fronts,
    /// The last refusals that one line told of each, where the server writes such a line twice.
    refusal_pairs: Option<RefusalPairs>,
    /// What several logs tell of, where the server writes several.
    joins: Option<Joins>,
    /// The earliest time that lines may have which are neither read yet nor in order with those that are.
    watermark: Timestamp,
    swept: Timestamp,
    sweep_every: i64,
}

/// A message that a filter in front of the queue may have put back into it, its header's message id, and what its queue
/// line said.
#[derive(Debug)]
struct Reinjected {
    at: Timestamp,
    message_id: Vec<u8>,
    queued: Option<(CompactString, Option<u64>, Option<u32>)>,
}

impl Assembler {
    /// An assembler for a stream of one format.
    #[must_use]
    pub fn new(format: &'static dyn Format, settings: Settings) -> Self {
        Self {
            format,
            settings,
            announces_logins: format.announces_logins(),
            known: Known::new(format.spelling()),
            sessions: Sessions::new(format),
            arrivals: Arrivals::default(),
            messages: Messages::default(),
            reinjected: FxHashMap::default(),
            in_filter: 0,
            fronts: Fronts::default(),
            refusal_pairs: format.repeats_log().map(|_| RefusalPairs::default()),
            joins: format.joins_logs().then(Joins::default),
            watermark: Timestamp::MAX,
            swept: Timestamp::MIN,
            sweep_every: if format.joins_logs() { WAIT } else { HOUR },
        }
    }

    /// How many sessions of authenticated clients were handed on to another server, whose log tells of what they sent.
    #[must_use]
    pub fn sessions_handed_on(&self) -> u64 {
        self.joins.as_ref().map_or(0, |joins| joins.all_handed_on)
    }

    /// Learns that a file begins, and the earliest time that files behind it may have, or lines in it behind newer ones.
    pub fn next_file(&mut self, watermark: Timestamp) {
        self.fronts.next_file(watermark);
        if self.joins.is_some() || self.watermark < self.swept {
            // This file begins before the time that was swept last.
            self.swept = Timestamp::MIN;
        }
        self.watermark = watermark;
    }

    /// Takes the next record of the stream.
    pub fn record(&mut self, at: Timestamp, line: &Line<'_>, record: &Record<'_>, rows: &mut dyn Rows) {
        self.sweep(at, rows);
        let host = self.known.host(line.host, at, &self.settings.tls_logging);
        let key = (host, self.sessions.key_of(line));
        let now = Moment { at, key, line };
        match record {
            Record::Connected(client) => {
                self.connected(now, *client, rows);
            }
            Record::LoggedIn(login) => self.logged_in(now, login, rows),
            Record::Secured { client, version, cipher } => self.secured(now, *client, (version, cipher), rows),
            Record::Authenticated { client, mechanism, account } => {
                self.authenticated(now, *client, (account, mechanism), rows);
            }
            Record::MayNotSend(failed) => self.may_not_send(now, failed, rows),
            Record::Tried { mechanism, heard } => {
                let session = self.sessions.of_line(&mut self.known, now, Client::default());
                session.tried = true;
                session.auth_attempts += u32::from(*heard);
                session.said.try_with(mechanism);
            }
            Record::GaveUp => {
                self.sessions.of_line(&mut self.known, now, Client::default()).given_up += 1;
            }
            Record::Greeted { helo } => {
                let session = self.sessions.of_line(&mut self.known, now, Client::default());
                session.said.greet(helo);
            }
            Record::Sender { mail_from } => self.begin(key, mail_from, rows),
            Record::Content { message_id, size } => {
                if let Some(session) = self.sessions.find(key) {
                    session.rejects.content_came();
                    session.said.send(message_id, *size);
                }
            }
            Record::Recipient => {
                if let Some(session) = self.sessions.find(key) {
                    *session.said.recipients.get_or_insert_default() += 1;
                }
            }
            Record::Reset => self.reset(key, rows),
            Record::Abandoned => {
                if let Some(session) = self.sessions.find(key) {
                    session.rejects.clear();
                    session.said.next_message();
                }
            }
            Record::Taken(taken) => {
                self.taken(now, taken, rows);
                self.answered_content(key, rows);
            }
            Record::Opened(opened) => self.opened(now, opened, rows),
            Record::OpenedByOthers { queue_id } => self.opened_by_others(at, host, queue_id, rows),
            Record::MessageId { queue_id, message_id } => {
                self.message_id(host, queue_id, message_id);
            }
            Record::SetAside { queue_id, mail_from } => {
                self.set_aside(now, *queue_id, mail_from, rows);
            }
            Record::Queued { queue_id, mail_from, size, recipients } => {
                let queued = Queued { mail_from, size: *size, recipients: *recipients };
                self.queued(at, host, queue_id, queued, rows);
            }
            Record::Relayed { queue_id, mail_from, helo } => {
                self.relayed(now, queue_id.unwrap_or_default(), (mail_from, helo), rows);
            }
            Record::AuthFailed(failed) => self.auth_failed_at_last(now, failed, rows),
            Record::TlsFailed { client, reason } => {
                let session = self.sessions.of_line(&mut self.known, now, *client);
                session.flush_tls_failure(rows);
                session.fail_tls(at, *client, reason, &self.known);
            }
            Record::DisconnectedInHandshake { reason } | Record::DisconnectedByTls { reason } => {
                let surely = matches!(record, Record::DisconnectedInHandshake { .. });
                self.disconnected_by_tls(now, (reason, surely), rows);
            }
            Record::TlsProblem { reason } => {
                if let Some(session) = self.sessions.find(key) {
                    session.explain_tls_failure(reason);
                }
            }
            Record::Rejected(rejected) => self.rejected(now, rejected, rows),
            Record::TakenBack { queue_id, reason } => {
                self.taken_back(now, queue_id, reason, rows);
            }
            Record::Disconnected { counters } => {
                if let Some(joins) = &mut self.joins {
                    joins.end(key.1, host, at);
                }
                if !counters.is_empty() {
                    self.auth_refused_before_tls(now, counters, rows);
                }
                self.end(key, Some(counters), rows);
            }
            Record::Ended(ended) => self.ended(now, ended, rows),
            Record::Accepted(accepted) => self.accepted(at, host, accepted, rows),
            Record::Delivered { queue_id, recipient } => {
                if let Some(message) = self.messages.find(host, queue_id) {
                    message.deliver(recipient);
                }
            }
            Record::Deferred { queue_id, recipient } => {
                if let Some(message) = self.messages.find(host, queue_id) {
                    message.defer(recipient);
                }
            }
            Record::Completed { queue_id } => {
                if let Some(message) = self.messages.remove(host, queue_id) {
                    self.accept(message, rows);
                }
            }
            Record::Refused(refused) => {
                if !self.refusal_pairs.as_mut().is_some_and(|pairs| pairs.is_second(at, line, refused.kind)) {
                    self.refused(at, host, refused, rows);
                }
            }
            _ => self.converse(now, record, rows),
        }
    }

    /// A client has connected: a session begins.
    fn connected(&mut self, now: Moment<'_>, client: Client<'_>, rows: &mut dyn Rows) -> &mut Session {
        self.end(now.key, None, rows);
        let session = self.sessions.begin(&mut self.known, now, client);
        session.known = true;
        session.tls_logged = self.known.logs_tls(now.key.0)
            && self.format.silence_is_cleartext(self.known.service_name(session.service).as_bytes());
        // Where TLS comes first of all, silence is more likely a setting of that service alone, or of days gone by. Only
        // a service that has just said the versions of others is taken at its word: its name may not tell what it does.
        if session.tls_logged && session.tls_begins == TlsMode::Implicit {
            let said = self.known.said_tls(now.key.0, session.service);
            session.proven_until = said.map_or(Timestamp::MIN, |said| said + HORIZON);
        }
        session
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
        let id = session.id;
        let unfinished = session.unfinished.take();
        if session.in_front {
            self.fronts.end(session.client(Client::default()).ip, id);
        }
        let counts = session.authenticated;
        let held = std::mem::take(&mut session.held);
        session.sum_up(counters, &mut self.messages);
        let in_filter = session.in_filter.take();
        self.in_filter -= usize::from(in_filter.is_some());
        let refused = session.take_refused(counters, &mut self.messages);
        let silent = std::mem::take(&mut session.silent);
        if counters.is_some_and(|counters| session.took_over_no_more(counters)) {
            session.open.drain(..).for_each(|message| self.messages.end(message, id));
        }
        self.sessions.release(id);
        for message in refused.into_iter().chain(in_filter) {
            self.recipients_refused(message, rows);
        }
        for message in silent.into_iter().chain(unfinished) {
            self.accept(message, rows);
        }
        for message in held {
            if counts {
                self.accept(message, rows);
            } else {
                self.messages.release(message);
            }
        }
    }

    /// The session is over, and its server says what it was: whether the client that tried to authenticate did.
    fn ended(&mut self, now: Moment<'_>, ended: &Ended<'_>, rows: &mut dyn Rows) {
        let session = self.sessions.of_line(&mut self.known, now, ended.client);
        if ended.encrypted == Encrypted::Yes {
            session.forget_tls_failure();
        }
        // It did by then where one of its messages was accepted after an attempt.
        let may_have = session.may_have_authenticated() || !session.held.is_empty();
        session.authenticated |= may_have && ended.trusted && ended.auth_refused.is_empty();
        for message in &session.held {
            self.messages.get_mut(*message).sum_up(ended, &mut self.known);
        }
        let failed = !ended.auth_refused.is_empty() && session.given_up == 0;
        let reply = if failed { ended.auth_refused } else { b"" };
        if failed || session.auth_attempts > 0 && session.failures == 0 && !session.authenticated {
            let tls_version = match (session.tls, ended.encrypted) {
                (None, Encrypted::No) => TlsVersion::None,
                _ => session.tls_version(now.at, ended.client),
            };
            let row = Refusal {
                helo: text(ended.helo),
                mechanism: message::upper(&shown(session.said.mechanism())).into(),
                tls_version,
                kind: if failed { RefusalKind::AuthFailed } else { RefusalKind::AuthAborted },
                reason: text(reply),
                code: rejects::code(&shown(reply)).into(),
                ..session.refusal(now.at, ended.client, &self.known)
            };
            rows.refusal(&row.view());
        }
        self.end(now.key, None, rows);
    }
}
