//! Refusals: what a client tried and was not allowed, as soon as that can be judged.

use compact_str::CompactString;

use super::dialogue::Kept;
use super::encryption::Encryption;
use super::session::{Session, SessionKey};
use super::{Assembler, Moment, VERDICT, message, rejects};
use crate::calendar::Timestamp;
use crate::formats::record::{AuthFailed, Client, Counters, Refused, Rejected, Stage};
use crate::formats::sasl;
use crate::submissions::account::Account;
use crate::submissions::tls::{TlsMode, TlsVersion};
use crate::submissions::{Refusal, RefusalKind, Rows, shown, text};

/// How many failed commands of a session count that only its end tells of: servers hang up long before.
const MOST_UNTOLD: u32 = 1_000;

impl Assembler {
    /// An attempt that one line told of.
    pub(super) fn refused(&mut self, at: Timestamp, host: u32, refused: &Refused<'_>, rows: &mut dyn Rows) {
        let encryption = Encryption::told(refused.encrypted, refused.service, &mut self.known);
        let Refused { service, client, helo, account, reason, code, .. } = *refused;
        let mechanism = sasl::mechanism(refused.mechanism);
        let [service, client_ip, client_name, helo, mechanism, account, reason, code] =
            [service, client.ip, client.name, helo, mechanism, sasl::name(account), reason, code].map(shown);
        // An attempt without an account has none, whatever the realm.
        let realm = if account.is_empty() { "" } else { &self.settings.realm };
        let account = self.known.spelling.tried.undo(&account);
        let account = Account::read(&account, realm);
        let row = Refusal {
            ts: at,
            server: self.known.server(host),
            service: &service,
            client_ip: &client_ip,
            client_name: &client_name,
            helo: &helo,
            account: &account.name,
            mechanism: &message::upper(&mechanism),
            tls_version: encryption.version(),
            kind: refused.kind,
            reason: &reason,
            code: &code,
        };
        if !refused.id.is_empty() && rows.came_before(&row, refused.id) {
            return;
        }
        for _ in 0..refused.attempts.max(1) {
            rows.refusal(&row);
        }
    }

    /// An authentication that did not succeed. Where a line before has said for whom, it is that one.
    pub(super) fn auth_failed_at_last(&mut self, now: Moment<'_>, failed: &AuthFailed<'_>, rows: &mut dyn Rows) {
        match self.sessions.find(now.key).and_then(Session::take_auth_failure) {
            Some(failure) => rows.refusal(&failure.view()),
            None => self.auth_failed(now, failed, rows),
        }
    }

    pub(super) fn auth_failed(&mut self, now: Moment<'_>, failed: &AuthFailed<'_>, rows: &mut dyn Rows) {
        let session = self.sessions.of_line(&mut self.known, now, failed.client);
        if session.is_orphan(now.at) {
            rows.orphan(now.at);
        }
        session.failures += 1;
        session.encrypted |= self.format.logins_prove_tls() && !failed.reason.starts_with(b"503");
        let client = session.client(failed.client);
        let [claimed, mechanism] = session.claimed();
        let mechanism = if mechanism.is_empty() { session.said.mechanism() } else { mechanism };
        let mechanism = sasl::mechanism(if failed.mechanism.is_empty() { mechanism } else { failed.mechanism });
        let tried = failed.account.map(sasl::name).or((!claimed.is_empty()).then_some(claimed));
        let [_, _, helo, _] = session.said.texts();
        let [client_ip, client_name, mechanism, account, reason, helo] =
            [client.ip, client.name, mechanism, tried.unwrap_or_default(), failed.reason, helo].map(shown);
        let account = self.known.spelling.tried.undo(&account);
        let account = tried.map(|_| Account::read(&account, &self.settings.realm).name);
        let row = Refusal {
            ts: now.at,
            server: self.known.server(session.host),
            service: self.known.service_name(session.service),
            client_ip: &self.known.spelling.address(&client_ip),
            client_name: &client_name,
            helo: &helo,
            account: account.as_deref().unwrap_or_default(),
            mechanism: &message::upper(&mechanism),
            tls_version: session.tls_version(now.at, failed.client),
            kind: if failed.aborted { RefusalKind::AuthAborted } else { RefusalKind::AuthFailed },
            reason: &reason,
            code: match rejects::stated_code(&reason) {
                "" if failed.aborted => "501",
                "" if rejects::is_unjudged(&reason) => "454",
                "" => "535",
                code => code,
            },
        };
        if !self.announces_logins && session.is_awaited(&row) {
            // What tells it from a copy is the file in which it stands.
            if rows.refusal_announced(&row) {
                let row = row.keep();
                session.keep_silent(row);
            }
        } else {
            rows.refusal(&row);
        }
        session.dialogue.trying = false;
    }

    /// The session is over without TLS, and its server has counted commands to authenticate that failed and of which no
    /// line tells: it refuses them before STARTTLS (`smtpd_tls_auth_only`, `smtpd_tls_security_level = encrypt`). Without
    /// SASL it refuses them too; that is usual on port 25, where others than clients come by, and so that does not count.
    pub(super) fn auth_refused_before_tls(&mut self, now: Moment<'_>, counters: &[u8], rows: &mut dyn Rows) {
        let session = self.sessions.of_line(&mut self.known, now, Client::default());
        let is_encrypted = session.tls.is_some()
            || match session.tls_begins {
                TlsMode::StartTls => false,
                TlsMode::Implicit => true,
                _ => !session.tls_logged,
            };
        if session.opened() > 0 || is_encrypted || matches!(self.known.service_name(session.service), "" | "smtp") {
            return;
        }
        let counters = Counters::read(counters);
        let untold = counters.auth_failed.saturating_sub(session.failures).min(MOST_UNTOLD);
        if untold == 0 || counters.auth > 0 || counters.starttls > 0 {
            return;
        }
        if !session.known {
            // Lines that were not read may tell of them.
            return rows.orphan(now.at);
        }
        let row = Refusal {
            tls_version: session.tls_version(now.at, Client::default()),
            kind: RefusalKind::AuthFailed,
            ..session.refusal(now.at, Client::default(), &self.known)
        };
        for _ in 0..untold {
            rows.refusal(&row.view());
        }
    }

    /// The session is over because of its TLS. A handshake broke where the line says so, or where the session has none
    /// so far and its beginning was read.
    pub(super) fn disconnected_by_tls(
        &mut self,
        now: Moment<'_>,
        (reason, surely): (&[u8], bool),
        rows: &mut dyn Rows,
    ) {
        let session = self.sessions.of_line(&mut self.known, now, Client::default());
        if session.began_unseen(now.at) {
            rows.orphan(now.at);
        }
        if session.tls.is_none() && (surely || session.known) {
            session.flush_tls_failure(rows);
            session.fail_tls(now.at, Client::default(), reason, &self.known);
        }
        self.end(now.key, None, rows);
    }

    pub(super) fn rejected(&mut self, now: Moment<'_>, rejected: &Rejected<'_>, rows: &mut dyn Rows) {
        if self.announces_logins {
            let is_of_taken = |id| self.taken_back(now, id, rejected.reply, rows);
            if !rejected.queue_id.is_some_and(is_of_taken) {
                self.rejected_by_stage(now, rejected, rows);
            }
            return;
        }
        match (rejected.stage, rejected.queue_id) {
            // One of several recipients: the message goes on without it, unless there is no other.
            (Stage::Recipient, Some(queue_id)) => self.recipient_refused(now, queue_id, rejected),
            (Stage::Data, Some(queue_id)) => {
                let Some(message) = self.messages.remove(now.key.0, queue_id) else { return };
                if self.fronts.refused_behind(now.at, self.messages.get(message)) {
                    self.messages.release(message);
                } else {
                    self.data_rejected(now.at, message, rejected.reply, rows);
                }
            }
            (Stage::Data, None) => {
                let Some(session) = self.sessions.find(now.key) else { return };
                if let Some(message) = session.in_filter.take() {
                    self.in_filter -= 1;
                    self.data_rejected(now.at, message, rejected.reply, rows);
                } else if session.in_front {
                    if !self.fronts.refused_in_front(now.at, session.account()) {
                        self.keep_reject(now, rejected);
                    }
                } else if session.said.begun {
                    self.keep_reject(now, rejected);
                }
            }
            (Stage::Recipient, None) if rejected.of_filter => self.refused_in_filter(now, rejected),
            (Stage::Mail | Stage::Recipient, _) => self.keep_reject(now, rejected),
        }
    }

    /// A refused command is judged at the session's end.
    pub(super) fn keep_reject(&mut self, now: Moment<'_>, rejected: &Rejected<'_>) {
        let front = if self.fronts.are_logged() { self.front_of(now, rejected.client) } else { None };
        let session = self.sessions.of_line(&mut self.known, now, rejected.client);
        let mut row = Refusal {
            tls_version: session.tls_version(now.at, rejected.client),
            ..session.refusal(now.at, rejected.client, &self.known)
        };
        if let Some((account, tls_version)) = front.filter(|_| !session.is_with(rejected.client)) {
            session.authenticated = true;
            row = Refusal { account: Account::read(&account, &self.settings.realm).name.into(), tls_version, ..row };
        }
        // Without an envelope and an id, it may be of the message that is open.
        let may_be_of_open = rejected.helo.is_empty() && !session.open.is_empty();
        let opened = session.opened().saturating_sub(may_be_of_open.into());
        session.rejects.keep(row, rejected, opened);
    }

    /// The account and the TLS version that a client has with a server in front: what all its sessions there agree on,
    /// or all those of the line's host, where it has any. None where it has no session.
    fn front_of(&mut self, now: Moment<'_>, client: Client<'_>) -> Option<(CompactString, TlsVersion)> {
        let mut found: Option<(bool, CompactString, TlsVersion)> = None;
        for id in self.fronts.of_client(client.ip) {
            let Some(session) = self.sessions.get(*id) else { continue };
            let is_of_host = session.host == now.key.0;
            let (account, version) = (text(session.account()), session.tls_version(now.at, client));
            match &mut found {
                Some((true, ..)) if !is_of_host => {}
                Some((of_host, known, known_version)) if *of_host == is_of_host => {
                    if *known != account {
                        known.clear();
                    }
                    if *known_version != version {
                        *known_version = TlsVersion::Unknown;
                    }
                }
                _ => found = Some((is_of_host, account, version)),
            }
        }
        found.map(|(_, account, version)| (account, version))
    }

    /// A command refused by a server that announces logins: a refusal only behind one. At `MAIL FROM` and of the
    /// content it is a whole message's; a recipient's has to wait for what becomes of the message.
    pub(super) fn rejected_by_stage(&mut self, now: Moment<'_>, rejected: &Rejected<'_>, rows: &mut dyn Rows) {
        let counts = |session: &&mut Session| session.authenticated || session.dialogue.of_peer;
        let Some(session) = self.sessions.find(now.key).filter(counts) else { return };
        let tls_version = session.tls_version(now.at, rejected.client);
        let mechanism = message::upper(&shown(session.said.mechanism())).into();
        let row = Refusal { tls_version, mechanism, ..session.refusal(now.at, rejected.client, &self.known) };
        if rejected.stage == Stage::Data {
            // Where the content was refused, some recipients were not.
            session.rejects.clear();
        }
        session.rejects.keep(row, rejected, session.opened());
        if rejected.stage != Stage::Recipient {
            self.judge(now.key, rows);
        }
    }

    /// Judges a session's refused commands.
    pub(super) fn judge(&mut self, key: SessionKey, rows: &mut dyn Rows) {
        let Some(session) = self.sessions.find(key) else { return };
        match &mut self.joins {
            Some(joins) if session.dialogue.of_peer => {
                let mut kept = Kept { refusals: Vec::new(), rows };
                session.judge(None, &self.settings.realm, &self.known, &mut kept);
                kept.refusals.into_iter().for_each(|row| joins.refuse(key.1, key.0, row));
            }
            _ => session.judge(None, &self.settings.realm, &self.known, rows),
        }
    }

    /// The session's message has been refused after all; false where it is none that may be. Whoever says so too late
    /// changes nothing, however far the log is read.
    pub(super) fn taken_back(&mut self, now: Moment<'_>, queue_id: &[u8], reason: &[u8], rows: &mut dyn Rows) -> bool {
        let Some(session) = self.sessions.find(now.key) else { return false };
        let Some(slot) = session.unfinished else { return false };
        let message = self.messages.get(slot);
        if !message.may_be_refused || message.queue_id() != queue_id {
            return false;
        }
        if now.at - message.ts <= VERDICT {
            session.unfinished = None;
            self.data_rejected(now.at, slot, reason, rows);
        }
        true
    }
}
