//! What is open, and what can no longer be joined: memory follows what is open at once. Of files that are written at one
//! time and read one behind the other, what the first has left open waits for the next one.

use super::joins::Settled;
use super::{Assembler, HORIZON, VERDICT};
use crate::calendar::Timestamp;
use crate::submissions::Rows;

impl Assembler {
    /// The time of the earliest row that may still come, once the file is read to a time; none where nothing is open.
    #[must_use]
    pub fn oldest_open(&self, read_to: Timestamp) -> Option<Timestamp> {
        let is_judged = |message: &u32| {
            let message = self.messages.get(*message);
            message.may_be_refused && read_to - message.ts > VERDICT
        };
        let held = self.sessions.iter().flat_map(|session| {
            let unfinished = session.unfinished.filter(|message| !is_judged(message));
            let waiting = session.held.iter().chain(&session.silent).copied();
            session.in_filter.into_iter().chain(unfinished).chain(waiting)
        });
        let held = held.chain(self.fronts.waiting()).map(|message| self.messages.get(message).ts);
        let joined = self.joins.iter().flat_map(|joins| joins.times(read_to.min(self.watermark)));
        self.messages.times().chain(held).chain(self.sessions.pending()).chain(joined).min()
    }

    /// Ends what is still open: the stream has no more lines.
    pub fn finish(&mut self, rows: &mut dyn Rows) {
        self.expire(Timestamp::MAX, rows);
        self.part_from_fronts(Timestamp::MAX, rows);
        self.settle(Timestamp::MAX, rows);
    }

    /// Now and then in the log's time, lets go of what can no longer be joined.
    pub(super) fn sweep(&mut self, at: Timestamp, rows: &mut dyn Rows) {
        if self.fronts.is_due(at) {
            self.part_from_fronts(at, rows);
        }
        if at < self.swept.saturating_add(self.sweep_every) {
            return;
        }
        if self.swept > Timestamp::MIN {
            let read_to = at.min(self.watermark);
            self.expire(read_to - HORIZON, rows);
            self.settle(read_to, rows);
        }
        // The filter and the queue write into one log, and this may be every message of it.
        self.reinjected.retain(|_, message| message.at >= at - HORIZON);
        self.swept = at;
    }

    /// Joins what several logs have told of.
    pub(super) fn settle(&mut self, now: Timestamp, rows: &mut dyn Rows) {
        let Some(joins) = &mut self.joins else { return };
        let (known, messages, realm) = (&self.known, &mut self.messages, &self.settings.realm);
        joins.settle(now, |settled| match settled {
            Settled::Message(told, sender) => {
                let (slot, message) = messages.take();
                message.join(told, sender);
                if message.orphan {
                    rows.orphan(message.ts);
                }
                message.show(known, realm, |row| rows.submission(row));
                messages.release(slot);
            }
            Settled::Refusal(row, sender) => {
                if sender.orphan {
                    rows.orphan(row.ts);
                }
                rows.refusal(&sender.refusal(row, known, realm).view());
            }
        });
    }

    pub(super) fn expire(&mut self, before: Timestamp, rows: &mut dyn Rows) {
        for key in self.sessions.older_than(before) {
            self.end(key, None, rows);
        }
        for message in self.messages.expire(before) {
            self.close(message, rows);
        }
    }
}
