//! Messages of a server in front whose session's login is not told yet.
//!
//! Dovecot's login and what follows it are written by processes of their own, so that the line of a login may stand a
//! little behind what its session has sent, and behind the session's end.

use super::fronts::Fronts;
use super::session::{Session, SessionKey};
use super::{Assembler, Moment};
use crate::calendar::Timestamp;
use crate::formats::record::Sequel;
use crate::submissions::Rows;

/// A message that waits for its session's login.
#[derive(Debug)]
pub(super) struct Early {
    at: Timestamp,
    pub message: u32,
    /// What its line says of others that follow.
    sequel: Sequel,
}

impl Fronts {
    /// Whether a session's message waits for the line of its login, where logins have such lines.
    pub(super) fn waits_for_login(&self, session: &Session, key: SessionKey, sequel: Sequel) -> bool {
        let is_in_front = sequel == Sequel::Behind || (sequel == Sequel::Nothing && self.are_logged());
        // Without an id (0), no login is the session's.
        is_in_front && !session.known && key.1 != 0
    }
}

impl Assembler {
    /// A message was sent by a session whose login is not told yet.
    pub(super) fn wait_for_login(&mut self, now: Moment<'_>, message: u32, sequel: Sequel, rows: &mut dyn Rows) {
        if sequel == Sequel::Behind {
            // What the server behind tells of it waits as long as it does.
            let queue_id = self.messages.get(message).queue_id().to_vec();
            self.half(now.at, &queue_id, rows);
        } else if !self.announce(message, rows) {
            return self.messages.release(message);
        }
        self.fronts.wait(now.key, Early { at: now.at, message, sequel });
    }

    /// A session's login is told: whether messages have waited for it.
    pub(super) fn login_told_late(&mut self, now: Moment<'_>, rows: &mut dyn Rows) -> bool {
        let Some(waited) = self.fronts.early.remove(&now.key) else { return false };
        for early in &waited {
            if let Some(session) = self.sessions.find(now.key) {
                self.messages.get_mut(early.message).take_from_session(session);
            }
            self.part_from_login(early, rows);
        }
        true
    }

    /// No login is told any more of sessions that have sent something before a time.
    pub(super) fn wait_no_more_for_logins(&mut self, before: Timestamp, now: Timestamp, rows: &mut dyn Rows) {
        let is_past = |early: &Early| early.at < before || now == Timestamp::MAX;
        let past = self.fronts.early.extract_if(|_, waiting| waiting.iter().any(is_past));
        for early in past.flat_map(|(_, waited)| waited).collect::<Vec<_>>() {
            self.part_from_login(&early, rows);
        }
    }

    fn part_from_login(&mut self, early: &Early, rows: &mut dyn Rows) {
        match early.sequel {
            Sequel::Behind => self.handed_on(early.at, early.message, rows),
            _ => self.accept(early.message, rows),
        }
    }
}
