//! Logins that have a line of their own.

use super::session::Session;
use super::{Assembler, Moment};
use crate::formats::record::{AuthFailed, Client};
use crate::submissions::Rows;

impl Assembler {
    /// A session's client has authenticated, as an account and by a mechanism.
    pub(super) fn authenticated(
        &mut self,
        now: Moment<'_>,
        client: Client<'_>,
        (account, mechanism): (&[u8], &[u8]),
        rows: &mut dyn Rows,
    ) {
        if let Some(session) = self.sessions.find(now.key)
            && session.dialogue.trying_as_peer
        {
            (session.dialogue.trying_as_peer, session.dialogue.is_peer) = (false, true);
            return;
        }
        // Nobody authenticates twice in a session (RFC 4954 section 4): it is the next one of the process.
        let before = self.sessions.find(now.key);
        let before = before.filter(|session| session.is_before(client, session.authenticated));
        let may_come_again = before.as_ref().is_some_and(|session| session.is_with(client));
        if before.is_some() {
            self.end(now.key, None, rows);
        }
        let session = self.sessions.of_line(&mut self.known, now, client);
        // Or it is the same line again, and TLS stands in front of the first.
        session.whole &= !may_come_again;
        session.meet(client);
        session.authenticate(account, mechanism);
        session.encrypted |= self.format.logins_prove_tls();
        if let Some(joins) = &mut self.joins {
            joins.know(session, now.key.1, now.at);
        }
    }

    /// The account that the client has just proved to be may not send. A session in which it has begun to send is one
    /// before.
    pub(super) fn may_not_send(&mut self, now: Moment<'_>, failed: &AuthFailed<'_>, rows: &mut dyn Rows) {
        if self.sessions.find(now.key).is_some_and(|session| session.has_begun_to_send()) {
            self.end(now.key, None, rows);
        }
        let proved = self.sessions.find(now.key).map(Session::revoke_login).unwrap_or_default();
        let account = failed.account.or((!proved.is_empty()).then_some(&proved));
        self.auth_failed(now, &AuthFailed { account, ..*failed }, rows);
    }
}
