//! Messages that two servers of one log tell of: one in front, which authenticates the client, and one behind it.
//!
//! The server behind opens the message and queues it; the one in front says that it has handed it on, under the queue
//! id that it was given. Their lines come in any order, and where they log into files of their own, one whole file
//! before the other. A message counts once:
//!
//! - where the server behind takes it for an authenticated client's, whether it was told of the client (XCLIENT) or
//!   the one in front has an account of its own there; client, account and TLS are as the one in front knows them;
//! - where the server behind takes it for nobody's, or logs elsewhere, as the one in front has it;
//! - where the one in front logs elsewhere, as the server behind has it: then its client's TLS is not known.
//!
//! Of a message's content that the server behind refuses, both may tell, too, and the one in front knows no queue id
//! then: what the two say at about the same time of one account counts once.

use std::collections::VecDeque;
use std::hash::BuildHasher;

use rustc_hash::{FxBuildHasher, FxHashMap};

use super::early::Early;
use super::message::Message;
use super::session::{SessionId, SessionKey};
use super::{Assembler, HORIZON, Moment, WAIT};
use crate::calendar::{SECOND, Timestamp};
use crate::formats::record::LoggedIn;
use crate::submissions::Rows;

/// How far apart two servers tell of the same refusal, at the most.
const REFUSED_WITHIN: i64 = 10 * SECOND;

/// How many refusals may wait for the other server's word.
const MOST_REFUSED: usize = 10_000;

/// What is known of messages that two servers may tell of.
#[derive(Debug)]
pub(super) struct Fronts {
    /// By queue id.
    halves: FxHashMap<Vec<u8>, Half>,
    /// The open sessions of servers in front, by their client's address.
    sessions: FxHashMap<Vec<u8>, Vec<SessionId>>,
    /// The messages of sessions whose login is not told yet.
    pub early: FxHashMap<SessionKey, Vec<Early>>,
    /// The refusals that one server has told of, and the other one has not so far.
    refused: VecDeque<ContentRefused>,
    /// Whether there has been any line of one.
    seen: bool,
    /// The earliest time that a file behind this one may have.
    watermark: Timestamp,
    swept: Timestamp,
}

/// A message of which both servers may speak.
#[derive(Debug, Default)]
pub(super) struct Half {
    /// When one of them has last spoken of it.
    at: Timestamp,
    /// The host of the server behind, once that has opened the message.
    behind: Option<u32>,
    /// The message as the server behind has queued it, until the one in front speaks of it.
    queued: Option<u32>,
    /// The message as the server in front has handed it on, until the one behind speaks of it.
    handed_on: Option<u32>,
    /// Whether both have spoken of it.
    joined: bool,
}

/// Content that was refused, as one of the servers tells it.
#[derive(Clone, Copy, Debug)]
struct ContentRefused {
    at: Timestamp,
    in_front: bool,
    /// The account's hash; none where it may be the one that the server in front has with the one behind.
    account: Option<u64>,
}

impl ContentRefused {
    /// Whether two servers' words are of the same.
    fn is(&self, other: &Self) -> bool {
        let is_near = self.at.abs_diff(other.at) <= REFUSED_WITHIN.unsigned_abs();
        let same = self.account.is_none() || other.account.is_none() || self.account == other.account;
        is_near && same && self.in_front != other.in_front
    }
}

impl Half {
    /// Whether what a line of this time says of its queue id is of another message, since ids come again.
    fn is_of_another(&self, at: Timestamp) -> bool {
        at > self.at + WAIT || at < self.at - HORIZON
    }

    /// The messages that wait for the other server's word.
    fn waiting(&self) -> impl Iterator<Item = u32> + use<> {
        self.queued.into_iter().chain(self.handed_on)
    }
}

impl Default for Fronts {
    fn default() -> Self {
        Self {
            halves: FxHashMap::default(),
            sessions: FxHashMap::default(),
            early: FxHashMap::default(),
            refused: VecDeque::new(),
            seen: false,
            watermark: Timestamp::MAX,
            swept: Timestamp::MIN,
        }
    }
}

impl Fronts {
    /// A file begins, and those behind it have no earlier time than this one.
    pub(super) fn next_file(&mut self, watermark: Timestamp) {
        (self.watermark, self.swept) = (watermark, Timestamp::MIN);
    }

    /// Whether it is time to look for messages that have waited long enough.
    pub(super) fn is_due(&self, at: Timestamp) -> bool {
        !(self.halves.is_empty() && self.early.is_empty()) && at >= self.swept.saturating_add(WAIT)
    }

    /// The messages that wait for the other server's word.
    pub(super) fn waiting(&self) -> impl Iterator<Item = u32> {
        self.halves.values().flat_map(Half::waiting).chain(self.early.values().flatten().map(|early| early.message))
    }

    /// A session has begun in front.
    pub(super) fn begin(&mut self, client: &[u8], session: SessionId) {
        self.seen = true;
        self.sessions.entry(client.to_vec()).or_default().push(session);
    }

    /// A message waits for its session's login.
    pub(super) fn wait(&mut self, session: SessionKey, early: Early) {
        self.seen = true;
        self.early.entry(session).or_default().push(early);
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

    /// Whether the server in front tells of a refusal that the one behind has told of.
    pub(super) fn refused_in_front(&mut self, at: Timestamp, account: &[u8]) -> bool {
        self.refused(ContentRefused { at, in_front: true, account: Some(FxBuildHasher.hash_one(account)) })
    }

    /// Whether the server behind tells of a refusal that the one in front has told of.
    pub(super) fn refused_behind(&mut self, at: Timestamp, message: &Message) -> bool {
        let account = match message.fronted {
            true => Some(FxBuildHasher.hash_one(message.account())),
            false if is_local(message.client_ip()) => None,
            false => return false,
        };
        self.refused(ContentRefused { at, in_front: false, account })
    }

    /// Whether one server tells of what the other has told; if not, this waits for the other's word.
    fn refused(&mut self, refused: ContentRefused) -> bool {
        // What is older, no line behind this one is of.
        let oldest = refused.at.min(self.watermark).saturating_sub(REFUSED_WITHIN);
        self.refused.retain(|other| other.at >= oldest);
        // One of the same account comes first.
        let candidates = self.refused.iter().enumerate().filter(|(_, other)| other.is(&refused));
        let found = candidates.min_by_key(|(_, other)| other.account != refused.account).map(|(at, _)| at);
        if let Some(found) = found {
            self.refused.remove(found);
            return true;
        }
        if self.refused.len() == MOST_REFUSED {
            self.refused.pop_front();
        }
        self.refused.push_back(refused);
        false
    }

    /// The open sessions of a client.
    pub(super) fn of_client(&self, client: &[u8]) -> &[SessionId] {
        self.sessions.get(client).map_or(&[], Vec::as_slice)
    }
}

impl Assembler {
    /// A session begins whose client has authenticated with a server in front of others, or with one that stands alone.
    pub(super) fn logged_in(&mut self, now: Moment<'_>, login: &LoggedIn<'_>, rows: &mut dyn Rows) {
        let is_over = self.sessions.find(now.key).is_none();
        self.end(now.key, None, rows);
        let session = self.sessions.begin(&mut self.known, now, login.client);
        session.known = true;
        session.in_front = true;
        session.encrypt(login.encrypted, &mut self.known);
        session.authenticate(login.account, login.mechanism);
        self.fronts.begin(login.client.ip, session.id);
        if self.login_told_late(now, rows) && is_over {
            self.end(now.key, None, rows);
        }
    }

    /// What is known of the message that has this queue id now.
    pub(super) fn half(&mut self, at: Timestamp, queue_id: &[u8], rows: &mut dyn Rows) -> &mut Half {
        if let Some(half) = self.fronts.halves.get_mut(queue_id)
            && half.is_of_another(at)
        {
            let before = std::mem::take(half);
            before.waiting().for_each(|message| self.accept(message, rows));
        }
        let half = self.fronts.halves.entry(queue_id.to_vec()).or_default();
        half.at = at;
        half
    }

    /// A server that may stand behind another one has opened a message: which one it is shows by its queue id.
    pub(super) fn opened_behind(&mut self, at: Timestamp, slot: u32, rows: &mut dyn Rows) {
        let message = self.messages.get(slot);
        let (host, queue_id) = (message.host, message.queue_id().to_vec());
        let half = self.half(at, &queue_id, rows);
        (half.behind, half.joined) = (Some(host), half.handed_on.is_some());
        let (before, front) = (half.queued.take(), half.handed_on.take());
        if let Some(before) = before {
            self.accept(before, rows);
        }
        if let Some(front) = front {
            self.join(slot, front, rows);
        }
    }

    /// The server in front has handed a message on.
    pub(super) fn handed_on(&mut self, at: Timestamp, slot: u32, rows: &mut dyn Rows) {
        self.fronts.seen = true;
        let message = self.messages.get(slot);
        let (host, queue_id) = (message.host, message.queue_id().to_vec());
        // Before any line of a server in front, nothing is noted of what the one behind opens.
        let is_near = |open: &u32| (at - HORIZON..=at + WAIT).contains(&self.messages.get(*open).ts);
        let open = self.messages.place(host, &queue_id).filter(is_near);
        let half = self.half(at, &queue_id, rows);
        if half.joined || half.handed_on.is_some() {
            // The line has come again.
            self.messages.release(slot);
            return;
        }
        let Some(host) = half.behind.or(open.map(|_| host)) else {
            half.handed_on = Some(slot);
            if !self.announce(slot, rows) {
                self.fronts.halves.remove(&queue_id);
                self.messages.release(slot);
            }
            return;
        };
        (half.behind, half.joined) = (Some(host), true);
        if let Some(queued) = half.queued.take() {
            self.join(queued, slot, rows);
            self.accept(queued, rows);
        } else if let Some(open) = self.messages.place(host, &queue_id) {
            self.join(open, slot, rows);
        } else {
            // It has been counted without the server in front.
            self.messages.release(slot);
        }
    }

    /// Two messages that are one: the server behind goes on with it. Where the one in front has been announced, so is
    /// this, and it is no copy of that. Where this has been, what comes again of the one in front is a copy.
    fn join(&mut self, behind: u32, front: u32, rows: &mut dyn Rows) {
        let known = std::mem::take(self.messages.get_mut(front));
        self.messages.get_mut(behind).take_from_front(&known);
        if known.announced {
            self.announce(behind, rows);
        }
        *self.messages.get_mut(front) = known;
        if self.messages.get(behind).announced {
            self.announce(front, rows);
        }
        self.messages.release(front);
    }

    /// A message is accepted, unless it waits for what a server in front says of it.
    pub(super) fn accept_or_wait(&mut self, at: Timestamp, slot: u32, rows: &mut dyn Rows) {
        if !self.waits_for_front(at, slot, rows) {
            self.accept_of_session(slot, rows);
        }
    }

    /// Whether a message that has been queued waits for the server in front: where its server was told of the client, once
    /// there has been a line of one, or its log is not read yet. A client of its own may be the server in front, too, as
    /// long as that has a session, whose does not show: a Postfix without IPv6 takes the account that it is told, but not
    /// the address. Of those that come before any line of one, only clients of the same machine wait.
    fn waits_for_front(&mut self, at: Timestamp, slot: u32, rows: &mut dyn Rows) -> bool {
        let message = self.messages.get(slot);
        let Fronts { sessions, early, watermark, seen, .. } = &self.fronts;
        let waits = (message.fronted && *seen)
            || !(sessions.is_empty() && early.is_empty())
            || (*watermark <= at && (message.fronted || is_local(message.client_ip())));
        if message.queue_id().is_empty() || !(waits || *seen || message.fronted) {
            return false;
        }
        let (host, queue_id) = (message.host, message.queue_id().to_vec());
        let half = self.half(at, &queue_id, rows);
        if half.joined {
            return false;
        }
        half.behind = Some(host);
        if let Some(front) = half.handed_on.take() {
            half.joined = true;
            self.join(slot, front, rows);
            return false;
        }
        if waits && let Some(before) = half.queued.replace(slot) {
            self.accept(before, rows);
        }
        if waits && !self.announce(slot, rows) {
            // What the server in front has to say of it, it has said.
            let half = self.half(at, &queue_id, rows);
            (half.queued, half.joined) = (None, true);
            self.messages.release(slot);
        } else if waits && self.messages.get(slot).is_silent() {
            let session = self.messages.get(slot).session;
            self.sessions.get(session).into_iter().for_each(|session| session.behind.push(slot));
        }
        waits
    }

    /// Counts what has waited long enough for another server's word.
    pub(super) fn part_from_fronts(&mut self, now: Timestamp, rows: &mut dyn Rows) {
        self.fronts.swept = now;
        let before = now.min(self.fronts.watermark).saturating_sub(WAIT);
        self.wait_no_more_for_logins(before, now, rows);
        let past = self.fronts.halves.extract_if(|_, half| half.at < before || now == Timestamp::MAX);
        let waiting = past.flat_map(|(_, half)| half.waiting()).collect::<Vec<_>>();
        waiting.into_iter().for_each(|message| self.accept_of_session(message, rows));
    }
}

/// Whether a client is on the server's own machine.
fn is_local(client_ip: &[u8]) -> bool {
    client_ip.starts_with(b"127.") || client_ip == b"::1"
}
