//! The messages that are open, by host and queue id.

use std::hash::BuildHasher;

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

use super::message::Message;
use super::session::SessionId;
use super::slots::Slots;
use crate::calendar::Timestamp;

/// The open messages, by host and queue id; those without a queue id are their session's alone.
#[derive(Debug, Default)]
pub(super) struct Messages {
    slots: Slots<Message>,
    by_queue_id: HashTable<u32>,
}

impl Messages {
    /// A message to be opened, and its number.
    pub(super) fn take(&mut self) -> (u32, &mut Message) {
        self.slots.take()
    }

    /// Lets go of a message that is not known by its queue id.
    pub(super) fn release(&mut self, slot: u32) {
        self.slots.get_mut(slot).session = SessionId::default();
        self.slots.release(slot);
    }

    pub(super) fn get_mut(&mut self, slot: u32) -> &mut Message {
        self.slots.get_mut(slot)
    }

    pub(super) fn get(&self, slot: u32) -> &Message {
        self.slots.get(slot)
    }

    /// Makes a message known by its queue id, in the place of one that had it: that is handed back, to be
    /// [released](Self::release) after use.
    #[must_use]
    pub(super) fn insert(&mut self, slot: u32) -> Option<u32> {
        let message = self.slots.get(slot);
        let (host, queue_id) = (message.host, message.queue_id());
        let hash = hash(host, queue_id);
        let same = |other: &u32| is(self.slots.get(*other), host, queue_id);
        match self.by_queue_id.find_mut(hash, same) {
            Some(place) => Some(std::mem::replace(place, slot)),
            None => {
                let rehash = |slot: &u32| {
                    let message = self.slots.get(*slot);
                    self::hash(message.host, message.queue_id())
                };
                self.by_queue_id.insert_unique(hash, slot, rehash);
                None
            }
        }
    }

    /// Whether a message that had a queue id is the one that has it now, told again by a copy of the same line.
    pub(super) fn is_told_again(&self, before: u32, now: u32) -> bool {
        let (before, now) = (self.slots.get(before), self.slots.get(now));
        before.ts == now.ts && before.account() == now.account()
    }

    /// Lets go of a message that is told again.
    pub(super) fn replace(&mut self, before: u32, now: u32) {
        let known = std::mem::take(self.get_mut(before));
        self.get_mut(now).take_from_copy(&known);
        *self.get_mut(before) = known;
        self.release(before);
    }

    /// The message with a queue id.
    pub(super) fn find(&mut self, host: u32, queue_id: &[u8]) -> Option<&mut Message> {
        let Self { slots, by_queue_id } = self;
        let slot = *by_queue_id.find(hash(host, queue_id), |slot| is(slots.get(*slot), host, queue_id))?;
        Some(slots.get_mut(slot))
    }

    /// The place of the message with a queue id.
    pub(super) fn place(&self, host: u32, queue_id: &[u8]) -> Option<u32> {
        self.by_queue_id.find(hash(host, queue_id), |slot| is(self.slots.get(*slot), host, queue_id)).copied()
    }

    /// Takes a message out, to be [released](Self::release) after use.
    pub(super) fn remove(&mut self, host: u32, queue_id: &[u8]) -> Option<u32> {
        let Self { slots, by_queue_id } = self;
        let found = by_queue_id.find_entry(hash(host, queue_id), |slot| is(slots.get(*slot), host, queue_id));
        Some(found.ok()?.remove().0)
    }

    /// Ends a message of a session, if it still is one.
    pub(super) fn end(&mut self, slot: u32, session: SessionId) {
        if self.take_out(slot, session) {
            self.release(slot);
        }
    }

    /// Takes out a message of a session, if it still is one, to be [released](Self::release) after use.
    pub(super) fn take_out(&mut self, slot: u32, session: SessionId) -> bool {
        let message = self.slots.get(slot);
        if message.session == session
            && let Ok(found) =
                self.by_queue_id.find_entry(hash(message.host, message.queue_id()), |other| *other == slot)
        {
            found.remove();
            return true;
        }
        false
    }

    /// Takes out the messages that were opened before a time, to be released after use.
    pub(super) fn expire(&mut self, before: Timestamp) -> Vec<u32> {
        let Self { slots, by_queue_id } = self;
        by_queue_id.extract_if(|slot| slots.get(*slot).ts < before).collect()
    }

    /// When those with a queue id were opened.
    pub(super) fn times(&self) -> impl Iterator<Item = Timestamp> {
        self.by_queue_id.iter().map(|slot| self.slots.get(*slot).ts)
    }
}

fn hash(host: u32, queue_id: &[u8]) -> u64 {
    FxBuildHasher.hash_one((host, queue_id))
}

fn is(message: &Message, host: u32, queue_id: &[u8]) -> bool {
    message.host == host && message.queue_id() == queue_id
}
