//! A session's logins: what the client claims, proves and fails to.

use super::super::answering::UNSUPPORTED;
use super::Session;
use crate::formats::sasl;
use crate::submissions::Refusal;

impl Session {
    /// The client has proved who it is. What the line does not say is what the client has claimed.
    pub(in super::super) fn authenticate(&mut self, account: &[u8], mechanism: &[u8]) {
        let claimed = std::mem::take(&mut self.dialogue.trying);
        if !claimed || !account.is_empty() {
            self.said.set_account(account);
        }
        // What it has tried with stands where this line does not say it.
        if (!claimed && !self.tried) || !mechanism.is_empty() {
            self.said.set_mechanism(mechanism);
        }
        self.authenticated = true;
        self.account.clear();
        self.account.extend_from_slice(self.said.account());
    }

    /// What the client has proved counts for nothing after all; as whom.
    pub(in super::super) fn revoke_login(&mut self) -> Vec<u8> {
        self.authenticated = false;
        self.said.set_account(b"");
        std::mem::take(&mut self.account)
    }

    /// Whether the client has begun a message since it has authenticated.
    pub(in super::super) fn has_begun_to_send(&self) -> bool {
        self.authenticated && (self.said.begun || self.opened > 0)
    }

    /// What the client claims while it authenticates. What it has proved before stays, since it cannot do so again.
    pub(in super::super) fn claim(&mut self, account: &[u8], mechanism: Option<&[u8]>) {
        if self.authenticated {
            return;
        }
        self.said.set_account(sasl::name(account));
        if let Some(mechanism) = mechanism {
            self.said.set_mechanism(mechanism);
        }
    }

    /// The account and the mechanism of the attempt to authenticate that is going on.
    pub(in super::super) fn claimed(&self) -> [&[u8]; 2] {
        match self.dialogue.trying && !self.authenticated {
            true => [self.said.account(), self.said.mechanism()],
            false => [b"", b""],
        }
    }

    /// Whether an attempt to authenticate may have succeeded, where lines tell of each and of those that failed.
    pub(in super::super) fn may_have_authenticated(&self) -> bool {
        self.auth_attempts > self.failures + self.given_up
    }

    /// Keeps an authentication that failed until its reply; a line between them may say for whom.
    pub(in super::super) fn fail_auth(&mut self, row: Refusal) {
        self.auth_failure = Some(Box::new(row));
    }

    /// Whether a note that an authentication fails is of the one that is kept: the client has not tried again.
    pub(in super::super) fn fails_again(&self) -> bool {
        self.auth_failure.is_some() && !self.dialogue.trying
    }

    /// A line says for whom authentication has failed.
    pub(in super::super) fn name_auth_failure(&mut self, account: &str) {
        if let Some(failure) = &mut self.auth_failure {
            failure.account = account.into();
        }
    }

    /// The client tries again: that the server did not have its mechanism decides nothing.
    pub(in super::super) fn forgive_mechanism(&mut self) {
        self.auth_failure.take_if(|failure| failure.code.as_bytes() == UNSUPPORTED);
    }

    /// Hands on the authentication that failed.
    pub(in super::super) fn take_auth_failure(&mut self) -> Option<Box<Refusal>> {
        self.auth_failure.take()
    }
}
