//! Whose a message is: the session's own client's, or that of another session, for which it speaks or which was handed on.

use super::told::{Other, Proven, Told, unseen};
use super::{Joins, hash};
use crate::calendar::{SECOND, Timestamp};
use crate::submissions::account::lower;
use crate::submissions::shown;

/// How far apart two sessions may be that are taken for one only because of their times.
const NEAR: i64 = 60 * SECOND;

/// Whose a message is.
pub(super) enum Sender<'a> {
    /// This session's client's; the number is the session's.
    Client(u64, &'a Proven),
    /// Somebody's who has authenticated in a session that no log tells of.
    Unseen(Box<Proven>),
    /// Nobody's who is known to have authenticated.
    Nobody,
}

impl Sender<'_> {
    /// The client, and the session that it has sent a message in; none where it is nobody's.
    pub(super) fn client(&self, told: &Told) -> Option<(u64, &Proven)> {
        match self {
            Self::Client(session, client) => Some((*session, client)),
            Self::Unseen(client) => Some((told.session, client)),
            Self::Nobody => None,
        }
    }
}

impl Joins {
    /// Whose a message is, as far as all logs have told.
    pub(super) fn sender(&self, told: &Told) -> Sender<'_> {
        let of = |number: u64| self.proven.get(&number).into_iter().flatten().filter(|proven| proven.covers(told.ts));
        let Some(own) = of(told.session).find(|proven| proven.host == told.host) else {
            if !told.from_peer {
                return Sender::Nobody;
            }
            let client_ip = told.texts.get(Told::CLIENT_IP);
            let near = |handed_on: Timestamp| handed_on <= told.ts + NEAR;
            return match self.handed_on_near(by_address(client_ip), told.ts, near) {
                Some((root, front)) => Sender::Client(root, front),
                None => Sender::Unseen(Box::new(unseen(None, client_ip, b""))),
            };
        };
        let speaks_for = told.speaks_for(own);
        if let Some(Other { session, client_ip, .. }) = speaks_for {
            let is_its = |front: &&Proven| client_ip.is_empty() || front.client_ip() == client_ip.as_bytes();
            match of(*session).find(is_its) {
                Some(front) if front.authenticated => return Sender::Client(*session, front),
                // It was no client that had authenticated there.
                Some(_) if !own.authenticated => return Sender::Nobody,
                _ => {}
            }
        } else if !own.of_peer {
            return if own.authenticated { Sender::Client(told.session, own) } else { Sender::Nobody };
        }
        let near = |handed_on: Timestamp| (handed_on - own.started).abs() <= NEAR;
        let account = own.account();
        let guessed = speaks_for.is_none() && own.authenticated && !account.is_empty();
        match self.handed_on_near(by_account(account), told.ts, near).filter(|_| guessed) {
            Some((root, front)) => Sender::Client(root, front),
            None if own.of_peer || own.authenticated => {
                let [client_ip, helo] = speaks_for.map_or([""; 2], |other| [&other.client_ip, &other.helo]);
                Sender::Unseen(Box::new(unseen(Some(own), client_ip.as_bytes(), helo.as_bytes())))
            }
            None => Sender::Nobody,
        }
    }

    /// The session that was handed on near a time, where all that may be meant are of one client.
    fn handed_on_near(&self, key: u64, ts: Timestamp, near: impl Fn(Timestamp) -> bool) -> Option<(u64, &Proven)> {
        let numbers = self.handed_on.get(&key)?.iter();
        let all =
            numbers.flat_map(|number| self.proven.get(number).into_iter().flatten().map(|proven| (*number, proven)));
        let meant = |proven: &Proven| proven.covers(ts) && proven.handed_on.is_some_and(&near);
        let mut found = all.filter(|(_, proven)| meant(proven));
        let mut best = found.next()?;
        for other in found {
            if !other.1.agrees(best.1) {
                return None;
            }
            let order = |(number, proven): (u64, &Proven)| (proven.handed_on, number);
            if order(other) > order(best) {
                best = other;
            }
        }
        Some(best)
    }
}

/// The key of a session that was handed on, by its client's address.
pub(super) fn by_address(ip: &[u8]) -> u64 {
    hash(&(0u8, ip))
}

/// The same, by its account.
pub(super) fn by_account(account: &[u8]) -> u64 {
    hash(&(1u8, &*lower(&shown(account))))
}
