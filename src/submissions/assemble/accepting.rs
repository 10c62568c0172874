//! Messages: from the line that opens one to the line that says that it was accepted.

use super::message::Queued;
use super::session::{Session, SessionKey};
use super::{Assembler, Moment, Reinjected};
use crate::calendar::Timestamp;
use crate::formats::record::{Accepted, Opened, Sequel, Taken};
use crate::submissions::{Rows, text};

impl Assembler {
    pub(super) fn opened(&mut self, now: Moment<'_>, opened: &Opened<'_>, rows: &mut dyn Rows) {
        let session = self.sessions.of_line(&mut self.known, now, opened.client);
        let (slot, message) = self.messages.take();
        message.open(now.at, session, opened);
        session.note_opened(message.account());
        if opened.queue_id.is_some() {
            session.open(slot);
            let set_aside = session.set_aside.take();
            self.insert(slot, rows);
            if opened.fronted || self.fronts.are_logged() {
                self.opened_behind(now.at, slot, rows);
            }
            if let Some(mail_from) = set_aside {
                self.set_aside(now, opened.queue_id, &mail_from, rows);
            }
        } else if let Some(before) = session.in_filter.replace(slot) {
            self.recipients_refused(before, rows);
        } else {
            self.in_filter += 1;
        }
    }

    /// Makes a message known by its queue id, in the place of one that had it.
    fn insert(&mut self, slot: u32, rows: &mut dyn Rows) {
        match self.messages.insert(slot) {
            // The same line again, as where a file begins with what the one before ended with: so do those that follow.
            Some(before) if self.messages.is_told_again(before, slot) => self.messages.replace(before, slot),
            Some(before) => self.close(before, rows),
            None => {}
        }
    }

    /// No more lines will come of a message that was taken out: it counts if it was accepted, and as a refusal if its
    /// sender was refused.
    pub(super) fn close(&mut self, slot: u32, rows: &mut dyn Rows) {
        let message = self.messages.get_mut(slot);
        if message.accepted {
            message.count_deferred();
            self.accept(slot, rows);
        } else if message.is_refused() && message.refused.as_ref().is_some_and(|refused| refused.is_of_sender()) {
            self.recipients_refused(slot, rows);
        } else {
            self.messages.release(slot);
        }
    }

    /// A queue id that now means another message; it may be one that a filter has put back.
    pub(super) fn opened_by_others(&mut self, at: Timestamp, host: u32, queue_id: &[u8], rows: &mut dyn Rows) {
        if let Some(message) = self.messages.remove(host, queue_id) {
            self.close(message, rows);
        }
        if self.in_filter > 0 {
            self.reinjected.insert((host, queue_id.to_vec()), Reinjected { at, message_id: Vec::new(), queued: None });
        }
    }

    pub(super) fn message_id(&mut self, host: u32, queue_id: &[u8], message_id: &[u8]) {
        if let Some(message) = self.messages.find(host, queue_id) {
            message.set_message_id(message_id);
        } else if let Some(seen) = self.reinjected(host, queue_id) {
            seen.message_id = message_id.to_vec();
        }
    }

    /// What a queue id may mean that a filter has put back into the queue.
    fn reinjected(&mut self, host: u32, queue_id: &[u8]) -> Option<&mut Reinjected> {
        if self.in_filter == 0 {
            return None;
        }
        self.reinjected.get_mut(&(host, queue_id.to_vec()))
    }

    pub(super) fn queued(
        &mut self,
        at: Timestamp,
        host: u32,
        queue_id: &[u8],
        queued: Queued<'_>,
        rows: &mut dyn Rows,
    ) {
        if let Some(message) = self.messages.remove(host, queue_id) {
            if let Some(session) = self.sessions.get(self.messages.get(message).session) {
                session.note_accepted(message);
            }
            self.messages.get_mut(message).queue(queued);
            self.accept_or_wait(at, message, rows);
        } else if let Some(seen) = self.reinjected(host, queue_id) {
            seen.queued = Some((text(queued.mail_from), queued.size, queued.recipients));
        }
    }

    /// A message of a session has been accepted. Where no line says that it came by TLS, the session's end may.
    pub(super) fn accept_of_session(&mut self, slot: u32, rows: &mut dyn Rows) {
        let message = self.messages.get(slot);
        let session = message.session;
        if !message.is_silent() || self.sessions.get(session).is_none() {
            self.accept(slot, rows);
        } else if !self.announce(slot, rows) {
            self.messages.release(slot);
        } else if let Some(session) = self.sessions.get(session) {
            session.silent.push(slot);
        }
    }

    /// A table or a filter keeps a message from the queue: one that is open, or that the session is about to open.
    pub(super) fn set_aside(
        &mut self,
        now: Moment<'_>,
        queue_id: Option<&[u8]>,
        mail_from: &[u8],
        rows: &mut dyn Rows,
    ) {
        let host = now.key.0;
        let Some(queue_id) = queue_id else {
            if let Some(session) = self.sessions.find(now.key) {
                session.set_aside = Some(mail_from.into());
            }
            return;
        };
        let Some(slot) = self.messages.place(host, queue_id) else { return };
        self.messages.get_mut(slot).put_aside(mail_from);
        if !self.announce(slot, rows)
            && let Some(message) = self.messages.remove(host, queue_id)
        {
            self.messages.release(message);
        }
    }

    /// Announces the row of a message of which more has to be known; false where it is a copy, and shall not come again.
    pub(super) fn announce(&mut self, slot: u32, rows: &mut dyn Rows) -> bool {
        let message = self.messages.get_mut(slot);
        let before = std::mem::replace(&mut message.announced, true);
        before || message.show(&self.known, &self.settings.realm, |row| rows.announced(row))
    }

    /// A filter has accepted the session's message; the queue's own line may have come before or comes after.
    pub(super) fn relayed(
        &mut self,
        now: Moment<'_>,
        queue_id: &[u8],
        (mail_from, helo): (&[u8], &[u8]),
        rows: &mut dyn Rows,
    ) {
        let Some(session) = self.sessions.find(now.key) else { return };
        let Some(message) = session.in_filter.take() else { return };
        self.in_filter -= 1;
        session.accepted += 1;
        self.messages.get_mut(message).relay(queue_id, mail_from, helo);
        if !queue_id.is_empty() && self.fronts.are_logged() {
            self.opened_behind(now.at, message, rows);
        }
        let reinjected = self.reinjected.remove(&(now.key.0, queue_id.to_vec()));
        if let Some(Reinjected { message_id, .. }) = &reinjected {
            self.messages.get_mut(message).set_message_id(message_id);
        }
        match reinjected {
            Some(Reinjected { queued: Some((mail_from, size, recipients)), .. }) => {
                self.messages.get_mut(message).queue(Queued { mail_from: mail_from.as_bytes(), size, recipients });
                self.accept_or_wait(now.at, message, rows);
            }
            Some(Reinjected { queued: None, .. }) => self.insert(message, rows),
            // The next hop keeps its queue on another host, or does not say a queue id.
            None => self.accept_or_wait(now.at, message, rows),
        }
        if self.in_filter == 0 {
            self.reinjected.clear();
        }
    }

    /// The server lets the session's client begin a message, which it does only where the one before is over.
    pub(super) fn begin(&mut self, key: SessionKey, mail_from: &[u8], rows: &mut dyn Rows) {
        let Some(session) = self.sessions.find(key) else { return };
        session.begin_message(mail_from);
        if self.announces_logins {
            self.judge(key, rows);
        }
    }

    /// The session's message begins anew.
    pub(super) fn reset(&mut self, key: SessionKey, rows: &mut dyn Rows) {
        let Some(session) = self.sessions.find(key) else { return };
        session.settle();
        session.said.next_message();
        if self.announces_logins {
            self.judge(key, rows);
        }
    }

    /// The session's message has been accepted.
    pub(super) fn taken(&mut self, now: Moment<'_>, taken: &Taken<'_>, rows: &mut dyn Rows) {
        // Where one message has said that its client had authenticated, the next one would say so too.
        let silent = |session: &Session| !taken.authenticated && session.says_login;
        if self.sessions.find(now.key).is_some_and(|session| session.is_before(taken.client, silent(session))) {
            self.end(now.key, None, rows);
        }
        if taken.authenticated {
            self.sessions.of_line(&mut self.known, now, taken.client).says_login = true;
        }
        let Some(session) = self.sessions.find(now.key) else {
            if self.joins.is_some() {
                rows.orphan(now.at);
            }
            return;
        };
        if !session.known && !session.authenticated && session.dialogue.is_logged {
            // Whoever sends it may have authenticated before what is read.
            rows.orphan(now.at);
        }
        if session.unfinished.is_some_and(|message| self.messages.get_mut(message).goes_on_with(taken)) {
            return;
        }
        if self.joins.is_some() {
            return self.hear(now, taken);
        }
        let before = session.unfinished.take();
        session.settle();
        let may_count = taken.sequel == Sequel::End && session.may_have_authenticated();
        if session.authenticated || taken.authenticated || may_count {
            return self.count(now, taken, before, rows);
        }
        session.said.next_message();
        if let Some(message) = before {
            self.accept(message, rows);
        }
    }

    /// The message of a client that has authenticated; the one before it in the session is judged now.
    fn count(&mut self, now: Moment<'_>, taken: &Taken<'_>, before: Option<u32>, rows: &mut dyn Rows) {
        let Some(session) = self.sessions.find(now.key) else { return };
        let (slot, message) = self.messages.take();
        message.take(now.at, session, taken, &mut self.known);
        let is_early = self.fronts.waits_for_login(session, now.key, taken.sequel);
        session.note_opened(message.account());
        session.accepted += 1;
        if self.announces_logins {
            // Those of them that were this message's recipients cannot be told from a message before it.
            session.rejects.clear();
        }
        session.said.next_message();
        if message.may_be_refused && !message.show(&self.known, &self.settings.realm, |row| rows.announced(row)) {
            // A copy of what was read before says nothing of the message that is being judged.
            session.unfinished = before;
            return self.messages.release(slot);
        }
        match taken.sequel {
            sequel if is_early => self.wait_for_login(now, slot, sequel, rows),
            Sequel::Nothing => self.accept(slot, rows),
            Sequel::Queued => self.insert(slot, rows),
            Sequel::Recipients | Sequel::Verdict => session.unfinished = Some(slot),
            Sequel::End => session.held.push(slot),
            Sequel::Behind => self.handed_on(now.at, slot, rows),
        }
        if let Some(message) = before {
            self.accept(message, rows);
        }
    }

    /// The session's message has been accepted, by a server of which other logs tell too.
    pub(super) fn hear(&mut self, now: Moment<'_>, taken: &Taken<'_>) {
        let (Some(session), Some(joins)) = (self.sessions.find(now.key), &mut self.joins) else { return };
        let counts = session.authenticated || session.dialogue.of_peer;
        if counts && !joins.knows(now.key.1, now.key.0) {
            joins.know(session, now.key.1, now.at);
        }
        if joins.knows(now.key.1, now.key.0) {
            joins.hear(session, now.key.1, now.at, taken);
            session.count_message();
        }
        session.rejects.clear();
        session.said.next_message();
    }

    /// A message that one line told of, unless later lines tell of its recipients.
    pub(super) fn accepted(&mut self, at: Timestamp, host: u32, accepted: &Accepted<'_>, rows: &mut dyn Rows) {
        let (slot, message) = self.messages.take();
        message.tell(at, host, accepted, &mut self.known);
        if !accepted.more_follows {
            return self.accept(slot, rows);
        }
        self.insert(slot, rows);
    }

    pub(super) fn accept(&mut self, slot: u32, rows: &mut dyn Rows) {
        let message = self.messages.get_mut(slot);
        if message.orphan {
            rows.orphan(message.ts);
        }
        let announced = message.announced;
        message.show(&self.known, &self.settings.realm, |row| match announced {
            true => rows.confirmed(row),
            false => rows.submission(row),
        });
        self.messages.release(slot);
    }
}
