//! Messages that several logs tell of, and senders that another log knows.
//!
//! A server of several parts writes several logs: of the part that authenticates the client, of the part behind it
//! that takes the messages over, and of the messages themselves. Each may be read first, so nothing is decided when a
//! line is read. What is told waits here until all logs have been read past its time, and is joined then:
//!
//! ```text
//! front's log  ─▶ Proven: client, TLS, account ◀─ session's number ─┐
//! inner log    ─▶ Proven: speaks for ───────────────────────────────┘
//!              ─▶ Told: a message is accepted ◀─ session, message id ─▶ tracking log: size, recipients
//! ```
//!
//! A message counts once, however many logs and servers tell of it.

mod sender;
mod told;

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash};

use rustc_hash::FxHashMap;

use super::WAIT;
use super::encryption::Encryption;
use super::session::Session;
use crate::calendar::Timestamp;
use crate::formats::record::{Taken, Tracked};
use crate::submissions::Refusal;
use sender::{by_account, by_address};
pub(super) use told::{Other, Proven, Told};

/// What logs have told, and what is not joined yet.
#[derive(Debug, Default)]
pub(super) struct Joins {
    proven: FxHashMap<u64, Vec<Proven>>,
    /// Sessions that were handed on, by their client's address and by their account.
    handed_on: FxHashMap<u64, Vec<u64>>,
    /// How many of them there have been.
    pub all_handed_on: u64,
    told: FxHashMap<u64, Vec<Told>>,
    refused: Vec<Refused>,
    /// Messages that have been counted, by their sender's session and their id.
    counted: FxHashMap<u64, Vec<Counted>>,
}

/// A refusal in a session that speaks for another one's client.
#[derive(Debug)]
pub(super) struct Refused {
    session: u64,
    host: u32,
    /// For whom the session spoke then.
    speaks_for: Option<Other>,
    pub row: Refusal,
}

#[derive(Debug)]
struct Counted {
    ts: Timestamp,
    host: u32,
    queue_id: Box<[u8]>,
    message_id: Box<[u8]>,
}

impl Joins {
    /// Learns what a session's lines have said so far.
    pub(super) fn know(&mut self, session: &Session, number: u64, at: Timestamp) {
        let orphan = session.is_orphan(at);
        let of_peer = session.dialogue.of_peer;
        let client = session.client(Default::default());
        let [account, mechanism, helo, _] = session.said.texts();
        let proven = self.entry(number, session.host);
        // A copy of the log that begins in the middle of the session has less of it.
        if proven.started < session.started && proven.covers(at) {
            return;
        }
        proven.service = session.service;
        proven.encryption = if of_peer { Encryption::default() } else { Encryption::of(session, orphan) };
        proven.orphan = orphan;
        proven.started = session.started;
        proven.ended = None;
        (proven.authenticated, proven.of_peer) = (session.authenticated, of_peer);
        proven.texts.set([client.ip, client.name, account, mechanism, helo]);
    }

    fn entry(&mut self, number: u64, host: u32) -> &mut Proven {
        let of_number = self.proven.entry(number).or_default();
        let place = of_number.iter().position(|proven| proven.host == host).unwrap_or_else(|| {
            of_number.push(Proven { host, ..Proven::default() });
            of_number.len() - 1
        });
        &mut of_number[place]
    }

    fn find(&mut self, number: u64, host: u32) -> Option<&mut Proven> {
        self.proven.get_mut(&number)?.iter_mut().find(|proven| proven.host == host)
    }

    /// A session speaks for another one's client, or after all does not.
    pub(super) fn speak(&mut self, number: u64, host: u32, other: Option<Other>) {
        if let Some(proven) = self.find(number, host) {
            proven.speaks_for = other;
        }
    }

    /// Whether a session is one whose messages may count.
    pub(super) fn knows(&mut self, number: u64, host: u32) -> bool {
        self.find(number, host).is_some()
    }

    /// A session's client is handed on to another server.
    pub(super) fn hand_on(&mut self, number: u64, host: u32, at: Timestamp) {
        let Some(proven) = self.find(number, host) else { return };
        let is_first = proven.handed_on.replace(at).is_none();
        let keys = [by_address(proven.client_ip()), by_account(proven.account())];
        self.all_handed_on += u64::from(is_first);
        for key in keys {
            let sessions = self.handed_on.entry(key).or_default();
            if !sessions.contains(&number) {
                sessions.push(number);
            }
        }
    }

    /// A session is over.
    pub(super) fn end(&mut self, number: u64, host: u32, at: Timestamp) {
        if let Some(proven) = self.find(number, host) {
            proven.ended = Some(at);
        }
    }

    /// The session's own log tells that a message was accepted.
    pub(super) fn hear(&mut self, session: &Session, number: u64, at: Timestamp, taken: &Taken<'_>) {
        let [.., mail_from] = session.said.texts();
        let mail_from = taken.mail_from.unwrap_or(mail_from);
        let speaks_for = self.find(number, session.host).map(|proven| proven.speaks_for.clone().into());
        let told = self.tell(number, session.host, at, [taken.queue_id, taken.message_id]);
        if told.own_log_tells {
            told.ts = told.ts.min(at);
        } else {
            // A copy of the log need not have the line that says so.
            (told.ts, told.own_log_tells, told.speaks_for) = (at, true, speaks_for.unwrap_or_default());
        }
        told.size = told.size.or(taken.size);
        if !told.tracked {
            // A copy of the log may have less of the session.
            told.recipients = told.recipients.max(taken.recipients.or(session.said.recipients));
        }
        if !mail_from.is_empty() {
            told.texts.replace(Told::MAIL_FROM, mail_from);
        }
    }

    /// Another log tells that a message was accepted. Its numbers are the queue's own.
    pub(super) fn track(&mut self, number: u64, host: u32, at: Timestamp, tracked: &Tracked<'_>) {
        let told = self.tell(number, host, at, [tracked.queue_id, tracked.message_id]);
        told.size = tracked.size.or(told.size);
        if tracked.recipients.is_some() {
            (told.recipients, told.tracked) = (tracked.recipients, true);
        }
        told.from_peer |= tracked.from_peer;
        if told.texts.get(Told::MAIL_FROM).is_empty() {
            told.texts.replace(Told::MAIL_FROM, tracked.mail_from);
        }
        told.texts.replace(Told::CLIENT_IP, tracked.client_ip);
    }

    /// The message that something is told of.
    fn tell(&mut self, number: u64, host: u32, at: Timestamp, [queue_id, message_id]: [&[u8]; 2]) -> &mut Told {
        // A message without an id is nobody else's.
        let told = self.told.entry(hash(&(number, host, message_id))).or_default();
        let same =
            |told: &Told| told.is(number, host, [queue_id, message_id]) && (!message_id.is_empty() || told.ts == at);
        let place = told.iter().position(same).unwrap_or_else(|| {
            let mut new = Told { ts: at, host, session: number, ..Told::default() };
            new.texts.set([queue_id, message_id, b"", b""]);
            told.push(new);
            told.len() - 1
        });
        let told = &mut told[place];
        if told.queue_id().is_empty() {
            told.texts.replace(Told::QUEUE_ID, queue_id);
        }
        told
    }

    /// A refusal in a session that speaks for another one's client.
    pub(super) fn refuse(&mut self, number: u64, host: u32, row: Refusal) {
        let speaks_for = self.find(number, host).and_then(|proven| proven.speaks_for.clone());
        self.refused.push(Refused { session: number, host, speaks_for, row });
    }

    /// The times of what waits, where all logs have been read up to `now`.
    pub(super) fn times(&self, now: Timestamp) -> impl Iterator<Item = Timestamp> {
        let told = self.told.values().flatten().map(|told| told.ts);
        let refused = self.refused.iter().map(|refused| refused.row.ts);
        told.chain(refused).filter(move |ts| *ts > now.saturating_sub(2 * WAIT))
    }

    /// Joins what all logs have been read past, and lets go of what nothing can be joined with any more. Hands on each
    /// message with its sender, and each refusal with whom it was for.
    pub(super) fn settle(&mut self, now: Timestamp, mut out: impl FnMut(Settled<'_>)) {
        let refused = self.refused.extract_if(.., |refused| refused.row.ts <= now.saturating_sub(WAIT));
        for refused in refused.collect::<Vec<_>>() {
            let Refused { session, host, speaks_for, row } = refused;
            let told = Told { ts: row.ts, host, session, speaks_for: speaks_for.into(), ..Told::default() };
            if let Some((_, client)) = self.sender(&told).client(&told) {
                out(Settled::Refusal(&row, client));
            }
        }
        // What has been counted is noted while the rest is only looked at.
        let mut counted = std::mem::take(&mut self.counted);
        for told in self.due(now) {
            if let Some((session, client)) = self.sender(&told).client(&told)
                && is_new(&mut counted, session, &told)
            {
                out(Settled::Message(&told, client));
            }
        }
        self.counted = counted;
        self.forget(now);
    }

    /// The messages that nothing more can be told of: first those that one server took from another, so that what
    /// the first one says of them comes second.
    fn due(&mut self, now: Timestamp) -> Vec<Told> {
        let Self { proven, told, .. } = self;
        let handed_on = |told: &Told| {
            let own = proven.get(&told.session).into_iter().flatten().find(|proven| proven.host == told.host);
            told.from_peer || own.is_some_and(|own| own.of_peer || told.speaks_for(own).is_some())
        };
        let wait = |told: &Told| if handed_on(told) { WAIT } else { 2 * WAIT };
        let mut due = Vec::new();
        told.retain(|_, told| {
            due.extend(told.extract_if(.., |told| told.ts <= now.saturating_sub(wait(told))));
            !told.is_empty()
        });
        due.sort_by(|a, b| {
            let order = |told: &Told| (!handed_on(told), told.ts, told.host);
            order(a).cmp(&order(b)).then_with(|| a.texts().cmp(&b.texts()))
        });
        due
    }

    /// How much is held.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        let lists = self.proven.values().map(Vec::len).chain(self.told.values().map(Vec::len));
        lists.chain(self.counted.values().map(Vec::len)).sum::<usize>() + self.refused.len() + self.handed_on.len()
    }

    /// Lets go of what nothing can be joined with any more.
    fn forget(&mut self, now: Timestamp) {
        self.proven.retain(|_, of_number| {
            of_number.retain(|proven| proven.expires() > now);
            !of_number.is_empty()
        });
        let proven = &self.proven;
        self.handed_on.retain(|_, numbers| {
            numbers.retain(|number| proven.contains_key(number));
            !numbers.is_empty()
        });
        self.counted.retain(|_, counted| {
            counted.retain(|counted| counted.ts + 4 * WAIT > now);
            !counted.is_empty()
        });
    }
}

/// Whether a message has not been counted yet, of a sender's session; then it has.
fn is_new(counted: &mut FxHashMap<u64, Vec<Counted>>, session: u64, told: &Told) -> bool {
    if told.message_id().is_empty() {
        return true;
    }
    let counted = counted.entry(hash(&(session, told.message_id()))).or_default();
    let same = |before: &Counted| {
        let one_id_each = before.host == told.host && !before.queue_id.is_empty() && !told.queue_id().is_empty();
        *before.message_id == *told.message_id() && (!one_id_each || *before.queue_id == *told.queue_id())
    };
    let is_new = !counted.iter().any(same);
    if is_new {
        let (queue_id, message_id) = (told.queue_id().into(), told.message_id().into());
        counted.push(Counted { ts: told.ts, host: told.host, queue_id, message_id });
    }
    is_new
}

/// What was joined.
pub(super) enum Settled<'a> {
    /// A message and its sender.
    Message(&'a Told, &'a Proven),
    /// A refusal and whom it was for.
    Refusal(&'a Refusal, &'a Proven),
}

/// Clients choose message ids, so nobody may be able to look for two of one hash.
fn hash(key: &impl Hash) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(key)
}
