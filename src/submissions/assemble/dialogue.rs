//! What client and server say to each other, for servers that log their talk line by line.
//!
//! A reply says what it answers only by its place: see [`pending`](super::pending). Who the client is may show only in
//! what it answers to a challenge, in base64; a password that stands there too is never looked at.

use std::borrow::Cow;

use super::encryption::mode_of;
use super::joins::Other;
use super::pending::Asked;
use super::session::{Session, SessionKey};
use super::talk::Awaited;
use super::{Assembler, Moment, WAIT};
use crate::calendar::Timestamp;
use crate::formats::bytes::base64;
use crate::formats::record::{AuthFailed, Client, Command, Record, Stage};
use crate::formats::sasl;
use crate::submissions::account::Account;
use crate::submissions::tls::TlsMode;
use crate::submissions::{Refusal, Rows, Submission, text};

/// What stands behind a name where the server leaves the password out (hMailServer).
const LEFT_OUT: &[u8] = b" ***";

/// The longest name that a client is taken to log in with (RFC 4616 section 2).
const LONGEST_NAME: usize = 1024;

impl Assembler {
    /// Takes a record of the talk between client and server.
    pub(super) fn converse(&mut self, now: Moment<'_>, record: &Record<'_>, rows: &mut dyn Rows) {
        match record {
            Record::Arrived { client, service } => {
                return self.arrivals.add(now.at, now.key.0, client.ip, self.known.service(service));
            }
            Record::Welcomed(client) => return self.welcomed(now, *client, rows),
            Record::PeerConnected(client) => {
                self.connected(now, *client, rows).dialogue.of_peer = true;
                return;
            }
            Record::AuthFailing(failed) => return self.auth_failing(now, failed, rows),
            Record::FailedAs { account } => return self.failed_as(now.key, account),
            Record::Commanded(command) => return self.commanded(now, command, rows),
            Record::StartTlsFailed { client, reason } => return self.starttls_failed(now, *client, reason, rows),
            Record::Granted => return self.granted(now, rows),
            Record::Denied { reply } => return self.denied(now, reply, rows),
            Record::SpeaksFor { session, client, helo } => {
                return self.speaks_for(now, (*session, *client, helo), rows);
            }
            Record::HandedOn => {
                if let Some(joins) = &mut self.joins {
                    joins.hand_on(now.key.1, now.key.0, now.at);
                }
                return;
            }
            Record::Tracked(tracked) => {
                if let Some(joins) = &mut self.joins {
                    joins.track(now.key.1, now.key.0, now.at, tracked);
                }
                return;
            }
            _ => {}
        }
        let session = self.session_of_talk(now);
        match record {
            Record::TlsAsked => {
                session.pending.ask(Asked::Tls);
                session.dialogue.tls_asked = true;
                if session.tls_begins == TlsMode::Unknown {
                    session.tls_begins = TlsMode::StartTls;
                }
            }
            Record::AuthBegun { mechanism, response } => {
                session.pending.ask(Asked::Auth);
                session.forgive_mechanism();
                session.dialogue.trying = true;
                session.dialogue.trying_as_peer = false;
                session.claim(b"", Some(mechanism));
                session.dialogue.awaited = if mechanism.eq_ignore_ascii_case(b"PLAIN") {
                    Awaited::Plain
                } else if mechanism.eq_ignore_ascii_case(b"LOGIN") && !response.is_empty() {
                    Awaited::Name
                } else {
                    Awaited::Nothing
                };
                if !response.is_empty() {
                    session.answer(response);
                }
            }
            Record::PeerBegun => {
                session.pending.ask(Asked::Auth);
                session.dialogue.trying = false;
                session.dialogue.trying_as_peer = true;
            }
            Record::Challenged { challenge } => session.challenge(challenge),
            Record::Answered { response } => session.answer(response),
            _ => {}
        }
    }

    /// The session of a line of the talk.
    pub(super) fn session_of_talk(&mut self, now: Moment<'_>) -> &mut Session {
        let session = self.sessions.of_line(&mut self.known, now, Client::default());
        session.dialogue.is_logged = true;
        session
    }

    /// The client sends a command, behind others that may not be answered yet.
    fn commanded(&mut self, now: Moment<'_>, command: &Command<'_>, rows: &mut dyn Rows) {
        let session = self.session_of_talk(now);
        let asked = match command {
            Command::Mail { mail_from } => {
                if session.pending.ask_mail(mail_from) {
                    session.begin_message(mail_from);
                }
                return;
            }
            Command::Hello { helo } => {
                session.said.greet(helo);
                Asked::Nothing
            }
            Command::Recipient => Asked::Message(Stage::Recipient),
            Command::Data => Asked::Message(Stage::Data),
            Command::Reset => Asked::Reset,
            Command::Other => Asked::Nothing,
        };
        if session.pending.ask(asked) && asked == Asked::Reset {
            self.reset(now.key, rows);
        }
    }

    /// The server greets: a session begins, unless its handshake has begun it. Only where its client's connection is in
    /// the log, too, is silence about TLS cleartext.
    fn welcomed(&mut self, now: Moment<'_>, client: Client<'_>, rows: &mut dyn Rows) {
        let host = now.key.0;
        let service = self.arrivals.greet(now.at, host, client.ip);
        // Where reading has begun only now, the connection's line may stand in front of that.
        let may_be_unread = service.is_none() && now.at - self.known.since(host) <= WAIT;
        if !self.sessions.find(now.key).is_some_and(|session| session.is_handshake(now.at, client)) {
            self.connected(now, client, rows);
        }
        let Some(session) = self.sessions.find(now.key) else { return };
        let name = self.known.service_name(service.unwrap_or_default());
        let begins = if session.tls.is_some() { TlsMode::Implicit } else { mode_of(name.as_bytes()) };
        let is_told = service.is_some() && self.format.silence_is_cleartext(name.as_bytes());
        session.service = service.unwrap_or_default();
        session.known = true;
        session.tls_logged = is_told && self.known.logs_tls(host);
        session.tls_begins = begins;
        session.proven_until = if may_be_unread { Timestamp::MIN } else { Timestamp::MAX };
        session.dialogue.greeted = true;
    }

    /// A note says that authentication fails. Of an attempt that is written down twice it is one, and a server that is
    /// not taken for one is no client.
    fn auth_failing(&mut self, now: Moment<'_>, failed: &AuthFailed<'_>, rows: &mut dyn Rows) {
        if self.sessions.find(now.key).is_some_and(|session| session.dialogue.trying_as_peer || session.fails_again()) {
            return;
        }
        if let Some(before) = self.sessions.find(now.key).and_then(Session::take_auth_failure) {
            rows.refusal(&before.view());
        }
        self.keep_auth_failure(now, failed, rows);
    }

    /// Keeps an authentication that failed until more is known of it.
    pub(super) fn keep_auth_failure(&mut self, now: Moment<'_>, failed: &AuthFailed<'_>, rows: &mut dyn Rows) {
        let mut kept = Kept { refusals: Vec::new(), rows };
        self.auth_failed(now, failed, &mut kept);
        let Some(session) = self.sessions.find(now.key) else { return };
        kept.refusals.drain(..).for_each(|row| session.fail_auth(row));
    }

    /// A note names the account of an attempt that fails. Where no note before it has said so, the reply does.
    fn failed_as(&mut self, key: SessionKey, account: &[u8]) {
        let Some(session) = self.sessions.find(key) else { return };
        if session.dialogue.trying {
            session.claim(account, None);
        } else if !account.is_empty() {
            session.name_auth_failure(&Account::read(&text(sasl::name(account)), &self.settings.realm).name);
        }
    }

    /// A server speaks for another's client. Only a server may.
    fn speaks_for(&mut self, now: Moment<'_>, (session, client, helo): (u64, Client<'_>, &[u8]), rows: &mut dyn Rows) {
        let Some(own) = self.sessions.find(now.key) else { return };
        let may = own.dialogue.of_peer || own.dialogue.is_peer || own.dialogue.trying_as_peer;
        own.pending.ask(if may { Asked::SpeakFor } else { Asked::Nothing });
        if !may {
            return;
        }
        // What was refused before was another client's.
        own.settle();
        self.judge(now.key, rows);
        let (Some(own), Some(joins)) = (self.sessions.find(now.key), &mut self.joins) else { return };
        own.said.greet(helo);
        joins.know(own, now.key.1, now.at);
        joins.speak(now.key.1, now.key.0, Some(Other { session, client_ip: text(client.ip), helo: text(helo) }));
    }
}

impl Session {
    /// Whether it is the handshake of a client whose session has not begun otherwise.
    fn is_handshake(&self, at: Timestamp, client: Client<'_>) -> bool {
        !self.known && self.tls.is_some() && !self.authenticated && self.is_with(client) && at - self.started <= WAIT
    }

    /// The server asks for something: `Username:`, in base64, or for the one message of PLAIN, which some do with words.
    /// What came with the command was not taken for that message then.
    fn challenge(&mut self, challenge: &[u8]) {
        let challenge = challenge.trim_ascii();
        let is_name = challenge.eq_ignore_ascii_case(b"VXNlcm5hbWU6");
        let is_plain = challenge.is_empty() || challenge == b"Log on";
        self.dialogue.awaited = if !self.dialogue.trying {
            Awaited::Nothing
        } else if is_name {
            Awaited::Name
        } else if is_plain && self.said.mechanism().eq_ignore_ascii_case(b"PLAIN") {
            self.claim(b"", None);
            Awaited::Plain
        } else {
            Awaited::Nothing
        };
    }

    /// The client answers. Of a password nothing is kept.
    fn answer(&mut self, response: &[u8]) {
        if self.pending.last() != Asked::Auth {
            // It is a command of one word, which has its reply.
            self.pending.ask(Asked::Nothing);
        }
        match std::mem::take(&mut self.dialogue.awaited) {
            Awaited::Nothing => {}
            Awaited::Name => self.claim(&name_in_base64(response), None),
            Awaited::Plain => match response.strip_suffix(LEFT_OUT) {
                Some(left) => self.claim(&left_name(left), None),
                None => self.claim(sasl::plain_name(&name_in_base64(response)), None),
            },
        }
    }
}

/// The name that is left of PLAIN's message where the password is left out: in base64, or before 2022 in clear, behind
/// a tab for NUL where there is no authzid, and only that where there is one. Base64 has neither a tab nor an `@`. See
/// `_LogClientCommand()` in `hmailserver/source/Server/SMTP/SMTPConnection.cpp`.
fn left_name(left: &[u8]) -> Cow<'_, [u8]> {
    match left.iter().rposition(|byte| *byte == b'\t') {
        Some(tab) => Cow::Borrowed(&left[tab + 1..]),
        None if left.contains(&b'@') => Cow::Borrowed(left),
        None => Cow::Owned(name_in_base64(left)),
    }
}

/// Text out of base64, as far as it is that; nothing where it is longer than any name.
fn name_in_base64(text: &[u8]) -> Vec<u8> {
    let name = base64(text.trim_ascii().iter().copied());
    if name.len() > LONGEST_NAME { Vec::new() } else { name }
}

/// Keeps refusals that are not to be handed on yet.
pub(super) struct Kept<'a> {
    pub refusals: Vec<Refusal>,
    pub rows: &'a mut dyn Rows,
}

impl Rows for Kept<'_> {
    fn submission(&mut self, row: &Submission<&str>) {
        self.rows.submission(row);
    }

    fn announced(&mut self, row: &Submission<&str>) -> bool {
        self.rows.announced(row)
    }

    fn confirmed(&mut self, row: &Submission<&str>) {
        self.rows.confirmed(row);
    }

    fn came_before(&mut self, row: &Refusal<&str>, id: &[u8]) -> bool {
        self.rows.came_before(row, id)
    }

    fn refusal(&mut self, row: &Refusal<&str>) {
        self.refusals.push(row.keep());
    }

    fn refusal_announced(&mut self, _row: &Refusal<&str>) -> bool {
        true
    }

    fn refusal_confirmed(&mut self, row: &Refusal<&str>) {
        self.refusal(row);
    }

    fn orphan(&mut self, ts: Timestamp) {
        self.rows.orphan(ts);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_longer_than_a_name_is_none() {
        assert_eq!(name_in_base64(b" dGVzdEB0ZXN0LmNvbQ== "), b"test@test.com");
        assert!(name_in_base64(&[b'A'; 4000]).is_empty());
    }

    #[test]
    fn what_is_left_of_plain_is_a_name_in_base64_or_in_clear() {
        for (left, name) in [
            ("YWxpY2U=", "alice"),
            ("\tprinter", "printer"),
            ("\talice@corp.example.com", "alice@corp.example.com"),
            ("alice@corp.example.com", "alice@corp.example.com"),
            ("", ""),
        ] {
            assert_eq!(&*left_name(left.as_bytes()), name.as_bytes(), "{left}");
        }
    }
}
