//! The sessions that are open, by host and what tells a host's sessions apart.

use rustc_hash::FxHashMap;

use super::Moment;
use super::known::Known;
use super::session::{Session, SessionId, SessionKey};
use super::slots::Slots;
use crate::calendar::Timestamp;
use crate::formats::Format;
use crate::formats::record::Client;
use crate::sources::framing::Line;

/// The open sessions, by host and what [tells a host's sessions apart](Format::session).
#[derive(Debug)]
pub(super) struct Sessions {
    format: &'static dyn Format,
    slots: Slots<Session>,
    by_key: FxHashMap<SessionKey, u32>,
    /// How many there have been.
    serial: u64,
}

impl Sessions {
    pub(super) fn new(format: &'static dyn Format) -> Self {
        Self { format, slots: Slots::default(), by_key: FxHashMap::default(), serial: 0 }
    }

    /// What tells a line's session from the others of its host.
    pub(super) fn key_of(&self, line: &Line<'_>) -> u64 {
        self.format.session(line)
    }

    /// The session of a key.
    pub(super) fn find(&mut self, key: SessionKey) -> Option<&mut Session> {
        let slot = *self.by_key.get(&key)?;
        Some(self.slots.get_mut(slot))
    }

    /// The session of a line; one whose beginning is not in the log starts here, with less known of it.
    pub(super) fn of_line(&mut self, known: &mut Known, now: Moment<'_>, client: Client<'_>) -> &mut Session {
        match self.by_key.get(&now.key) {
            Some(slot) => self.slots.get_mut(*slot),
            None => self.begin(known, now, client),
        }
    }

    /// A session that begins with a line, where the key has none.
    pub(super) fn begin(&mut self, known: &mut Known, now: Moment<'_>, client: Client<'_>) -> &mut Session {
        self.serial += 1;
        let (slot, session) = self.slots.take();
        self.by_key.insert(now.key, slot);
        let service = self.format.service_of(now.line).unwrap_or_default();
        session.begin(SessionId { slot, serial: self.serial }, now.at, now.key.0);
        session.serve(service, known.service(service), client);
        session.whole = self.format.begins_within().is_some_and(|within| now.at - known.since(now.key.0) > within);
        session.tls_logged = session.whole && known.logs_tls(now.key.0);
        session
    }

    /// The session that an id still means.
    pub(super) fn get(&mut self, id: SessionId) -> Option<&mut Session> {
        (id.serial > 0).then(|| self.slots.get_mut(id.slot)).filter(|session| session.id == id)
    }

    /// Takes a session out, to be [released](Self::release) after use.
    pub(super) fn remove(&mut self, key: SessionKey) -> Option<&mut Session> {
        let slot = self.by_key.remove(&key)?;
        Some(self.slots.get_mut(slot))
    }

    /// Lets go of a session that was taken out.
    pub(super) fn release(&mut self, id: SessionId) {
        self.slots.get_mut(id.slot).id = SessionId::default();
        self.slots.release(id.slot);
    }

    /// The sessions that began before a time.
    pub(super) fn older_than(&self, before: Timestamp) -> Vec<SessionKey> {
        let old = self.by_key.iter().filter(|(_, slot)| self.slots.get(**slot).started < before);
        old.map(|(key, _)| *key).collect()
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Session> {
        self.by_key.values().map(|slot| self.slots.get(*slot))
    }

    /// The times of the earliest rows that wait for sessions to end.
    pub(super) fn pending(&self) -> impl Iterator<Item = Timestamp> {
        self.iter().filter_map(Session::pending_since)
    }
}
