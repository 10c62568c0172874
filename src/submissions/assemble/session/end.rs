//! A session's end, and what can only be judged then.

use super::super::known::Known;
use super::super::messages::Messages;
use super::Session;
use crate::calendar::Timestamp;
use crate::formats::record::Counters;
use crate::submissions::account::Account;
use crate::submissions::tls::TlsVersion;
use crate::submissions::{Rows, text};

impl Session {
    /// A transaction is over: of its refused recipients one stands for all, and none does where others were accepted.
    pub(in super::super) fn settle(&mut self) {
        if self.said.begun && !self.rejects.is_empty() {
            self.rejects.settle(self.said.recipients.is_some());
        }
    }

    /// The time of the earliest row that waits for the session's end.
    pub(in super::super) fn pending_since(&self) -> Option<Timestamp> {
        let failures = [&self.tls_failure, &self.auth_failure].into_iter().flatten().map(Box::as_ref);
        let rows = failures.chain(self.silent_refusals.first());
        rows.map(|row| row.ts).chain(self.rejects.since()).min()
    }

    /// Whether anything depends on how the session ends.
    pub(in super::super) fn is_unsettled(&self) -> bool {
        let messages = [&self.open, &self.silent, &self.behind].into_iter().any(|messages| !messages.is_empty());
        messages || self.in_filter.is_some() || !self.rejects.is_empty() || !self.silent_refusals.is_empty()
    }

    /// What the server has counted tells of the session's messages: that there was TLS where no line has said so, and
    /// that it took over what it has kept from its queue.
    pub(in super::super) fn sum_up(&mut self, counters: Option<Counters>, messages: &mut Messages) {
        let encrypted = self.was_encrypted(counters);
        let Self { id, tls_begins, in_filter, open, silent, behind, accepted, .. } = self;
        let counters = counters.filter(|counters| counters.present);
        for waiting in [&mut *open, behind] {
            waiting.retain(|message| messages.get(*message).session == *id);
        }
        if encrypted {
            let unsettled = open.iter().chain(&*silent).chain(&*behind).chain(&*in_filter);
            unsettled.for_each(|message| messages.get_mut(*message).was_encrypted(*tls_begins));
        }
        let counted = counters.filter(|counters| counters.chunks == 0);
        let mut more = counted.map_or(u32::MAX, |counters| counters.data.saturating_sub(*accepted));
        open.retain(|message| {
            let message = messages.get_mut(*message);
            let taken = message.set_aside && more > 0;
            message.accepted |= taken;
            (more, *accepted) = (more - u32::from(taken), *accepted + u32::from(taken));
            !taken
        });
    }

    /// Judges what waited for the end.
    pub(in super::super) fn end(
        &mut self,
        counters: Option<Counters>,
        realm: &str,
        known: &Known,
        rows: &mut dyn Rows,
    ) {
        self.flush_tls_failure(rows);
        if let Some(failure) = self.take_auth_failure() {
            rows.refusal(&failure.view());
        }
        let encrypted = self.was_encrypted(counters);
        for mut row in self.silent_refusals.drain(..) {
            if encrypted {
                row.tls_version = TlsVersion::Unknown;
            }
            rows.refusal_confirmed(&row.view());
        }
        self.settle();
        self.judge(counters, realm, known, rows);
    }

    /// Whether the server has counted a handshake of which no line says the version.
    fn was_encrypted(&self, counters: Option<Counters>) -> bool {
        self.tls.is_none() && counters.is_some_and(|counters| counters.present && counters.starttls > 0)
    }

    /// Judges the refused commands.
    pub(in super::super) fn judge(
        &mut self,
        counters: Option<Counters>,
        realm: &str,
        known: &Known,
        rows: &mut dyn Rows,
    ) {
        if self.rejects.is_empty() {
            return;
        }
        let counters = counters.filter(|counters| counters.present);
        let rejects = std::mem::take(&mut self.rejects);
        let proven = self.authenticated || self.dialogue.of_peer || rejects.name_the_account();
        if self.account.is_empty() && !proven && counters.is_none_or(|counters| counters.auth == 0) {
            return;
        }
        let account = text(&self.account);
        let account = known.spelling.proven.undo(&account);
        let encrypted = self.was_encrypted(counters);
        for mut row in rejects.judged(counters, self.opened) {
            if encrypted && row.tls_version == TlsVersion::None {
                row.tls_version = TlsVersion::Unknown;
            }
            // What the reject itself names is as it was logged, too.
            let named = if account.is_empty() { &row.account } else { &*account };
            if !named.is_empty() {
                row.account = Account::read(named, realm).name.into();
            }
            if self.is_orphan(row.ts) {
                rows.orphan(row.ts);
            }
            rows.refusal(&row.view());
        }
    }

    /// Whether the server took over no more messages than were seen accepted, so that the rest never will be.
    pub(in super::super) fn took_over_no_more(&self, counters: Counters) -> bool {
        counters.present && counters.chunks == 0 && self.accepted >= counters.data
    }
}
