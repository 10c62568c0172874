//! Messages that two servers of one log tell of: one in front, which authenticates the client, and one behind it.
//!
//! The server behind opens the message and queues it; the one in front says that it has handed it on, under the queue
//! id that it was given. Their lines come in any order. A message counts once, where the server behind has it, also
//! where the one in front logs into other files or elsewhere: then its client's TLS is not known.

use rustc_hash::FxHashMap;

use super::session::SessionId;
use crate::calendar::Timestamp;

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
