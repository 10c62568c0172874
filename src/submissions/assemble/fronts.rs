//! Messages that two servers of one log tell of: one in front, which authenticates the client, and one behind it.
//!
//! The server behind opens the message and queues it; the one in front says that it has handed it on, under the queue
//! id that it was given. Their lines come in any order. A message counts once, where the server behind has it, also
//! where the one in front logs into other files or elsewhere: then its client's TLS is not known.

use rustc_hash::FxHashMap;

use super::Assembler;
use super::session::{SessionId, SessionKey};
use crate::calendar::Timestamp;
use crate::formats::record::LoggedIn;
use crate::sources::framing::Line;
use crate::submissions::Rows;

/// What is known of messages by one of their servers only.
#[derive(Debug, Default)]
pub(super) struct Fronts {
    /// By queue id.
    pub halves: FxHashMap<Vec<u8>, Half>,
    /// The open sessions of servers in front, by their client's address.
    sessions: FxHashMap<Vec<u8>, Vec<SessionId>>,
    /// Whether there has been any.
    seen: bool,
}

/// A message of which one server is still to speak.
#[derive(Debug, Default)]
pub(super) struct Half {
    pub at: Timestamp,
    /// The host of the server behind, once that has opened the message.
    pub behind: Option<u32>,
    /// The message as the server behind has queued it.
    pub queued: Option<u32>,
    /// The message as the server in front has handed it on. Its session holds it.
    pub handed_on: Option<u32>,
}

impl Fronts {
    /// The part of a message that is known by its queue id.
    pub(super) fn half(&mut self, at: Timestamp, queue_id: &[u8]) -> &mut Half {
        self.halves.entry(queue_id.to_vec()).or_insert_with(|| Half { at, ..Half::default() })
    }

    /// A session has begun in front.
    pub(super) fn begin(&mut self, client: &[u8], session: SessionId) {
        self.seen = true;
        self.sessions.entry(client.to_vec()).or_default().push(session);
    }

    /// A session in front is over.
    pub(super) fn end(&mut self, client: &[u8], session: SessionId) {
        if let Some(sessions) = self.sessions.get_mut(client) {
            sessions.retain(|other| *other != session);
            if sessions.is_empty() {
                self.sessions.remove(client);
            }
        }
    }

    /// Whether the log has lines of a server in front at all.
    pub(super) fn are_logged(&self) -> bool {
        self.seen
    }

    /// The open sessions of a client.
    pub(super) fn of_client(&self, client: &[u8]) -> &[SessionId] {
        self.sessions.get(client).map_or(&[], Vec::as_slice)
    }
}

impl Assembler {
    /// A session begins whose client has authenticated with a server in front of others, or with one that stands alone.
    pub(super) fn logged_in(
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

    /// The server behind another one has opened a message: which one it is shows by its queue id.
    pub(super) fn fronted(&mut self, at: Timestamp, host: u32, queue_id: &[u8], slot: u32) {
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
    pub(super) fn handed_on(&mut self, at: Timestamp, session: SessionId, slot: u32, rows: &mut dyn Rows) {
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
    pub(super) fn join(&mut self, behind: u32, front: u32) {
        let known = std::mem::take(self.messages.get_mut(front));
        self.messages.get_mut(behind).take_from_front(&known);
        *self.messages.get_mut(front) = known;
        self.messages.release(front);
    }

    /// A message that a server behind another one has queued; true where it waits for the one in front.
    pub(super) fn waits_for_front(&mut self, slot: u32) -> bool {
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
}
