//! Messages that are refused as a whole, under a queue id of their own.
//!
//! Postfix opens a message with its first accepted recipient, or already at `MAIL FROM` where it is told to
//! (`smtpd_delay_open_until_valid_rcpt = no`). Then rejected recipients have the message's queue id, as they have it
//! where another one was accepted before, and only the session's end tells the two apart:
//! <https://www.postfix.org/postconf.5.html#smtpd_delay_open_until_valid_rcpt>.

use compact_str::CompactString;

use super::messages::Messages;
use super::session::Session;
use super::{Assembler, Moment, rejects};
use crate::calendar::Timestamp;
use crate::formats::record::{Counters, Rejected};
use crate::submissions::{Refusal, RefusalKind, Rows, text};

/// What a server has said of a message when it refused it, or one of its recipients.
#[derive(Debug)]
pub(super) struct RefusedMessage {
    at: Timestamp,
    kind: RefusalKind,
    reason: CompactString,
    /// What the client called itself; empty where the line does not say it.
    helo: CompactString,
}

impl Assembler {
    /// A recipient of an open message is refused.
    pub(super) fn recipient_refused(&mut self, now: Moment<'_>, queue_id: &[u8], rejected: &Rejected<'_>) {
        let Some(message) = self.messages.find(now.key.0, queue_id) else { return };
        message.refused = Some(Box::new(RefusedMessage::of(now.at, rejected)));
    }

    /// A filter in front of the queue refuses a recipient: of the message that it has, which is refused unless it goes on,
    /// or of one that it lets nobody open.
    pub(super) fn refused_in_filter(&mut self, now: Moment<'_>, rejected: &Rejected<'_>) {
        match self.sessions.find(now.key).and_then(|session| session.in_filter) {
            Some(message) => {
                self.messages.get_mut(message).refused = Some(Box::new(RefusedMessage::of(now.at, rejected)));
            }
            None => self.keep_reject(now, rejected),
        }
    }

    /// The refusal of a message's content.
    pub(super) fn data_rejected(&mut self, at: Timestamp, slot: u32, reply: &[u8], rows: &mut dyn Rows) {
        let (kind, helo) = (RefusalKind::DataRejected, CompactString::default());
        self.message_refused(slot, &RefusedMessage { at, kind, reason: text(reply), helo }, rows);
    }

    /// The refusal of a message, as what was said of its recipients tells it; none where that is not of all of them.
    pub(super) fn recipients_refused(&mut self, slot: u32, rows: &mut dyn Rows) {
        match self.messages.get_mut(slot).refused.take() {
            Some(refused) => self.message_refused(slot, &refused, rows),
            None => self.messages.release(slot),
        }
    }

    fn message_refused(&mut self, slot: u32, refused: &RefusedMessage, rows: &mut dyn Rows) {
        let RefusedMessage { at, kind, reason, helo } = refused;
        let message = self.messages.get_mut(slot);
        if message.orphan {
            rows.orphan(*at);
        }
        let session = self.sessions.get(message.session).filter(|_| !self.announces_logins);
        message.show(&self.known, &self.settings.realm, |row| {
            let queue_id = row.queue_id;
            let row = Refusal {
                ts: *at,
                server: row.server,
                service: row.service,
                client_ip: row.client_ip,
                client_name: row.client_name,
                helo: if helo.is_empty() { row.helo } else { helo },
                account: row.account,
                mechanism: row.mechanism,
                tls_version: row.tls_version,
                kind: *kind,
                reason,
                code: rejects::code(reason),
            };
            if !queue_id.is_empty() && rows.came_before(&row, queue_id.as_bytes()) {
                return;
            }
            match session.filter(|session| session.is_awaited(&row)) {
                Some(session) if rows.refusal_announced(&row) => session.keep_silent(row.keep()),
                Some(_) => {}
                None => rows.refusal(&row),
            }
        });
        self.messages.release(slot);
    }
}

impl RefusedMessage {
    fn of(at: Timestamp, rejected: &Rejected<'_>) -> Self {
        let reason = text(rejected.reply);
        Self { at, kind: rejects::kind(&reason, rejected.stage), reason, helo: text(rejected.helo) }
    }

    /// Whether it is said of the sender, and so of every recipient.
    pub(super) fn is_of_sender(&self) -> bool {
        self.kind == RefusalKind::SenderRejected
    }
}

impl Session {
    /// Takes out the open messages that had no recipient but refused ones. Every message of which content came had one at
    /// least that was accepted: where the server has counted no more, the others had none. Of a message that may have
    /// had one, no refusal is left. Where nothing was counted, nothing is decided here.
    pub(super) fn take_refused(&mut self, counters: Option<Counters>, messages: &mut Messages) -> Vec<u32> {
        let Some(counters) = counters.filter(|counters| counters.present) else { return Vec::new() };
        let is_refused = |message: &u32| messages.get(*message).is_refused();
        if !self.open.iter().any(is_refused) {
            return Vec::new();
        }
        let (refused, open): (Vec<_>, Vec<_>) = self.open.drain(..).partition(is_refused);
        let sent = open.iter().filter(|message| messages.get(**message).has_content).count();
        self.open = open;
        if counters.recipients as usize <= self.accepted as usize + sent {
            return refused.into_iter().filter(|message| messages.take_out(*message, self.id)).collect();
        }
        refused.iter().for_each(|message| messages.get_mut(*message).refused = None);
        self.open.extend(refused);
        Vec::new()
    }
}
