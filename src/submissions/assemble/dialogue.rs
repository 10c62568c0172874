//! What client and server say to each other, for servers that log their talk line by line.
//!
//! A reply says what it answers only by its place behind the command. Who the client is may show only in what it
//! answers to a challenge, in base64; a password that stands there too is never looked at.

use super::session::SessionKey;
use super::talk::{Asked, Awaited};
use super::{Assembler, WAIT};
use crate::calendar::Timestamp;
use crate::formats::record::{AuthFailed, Client, Record, Rejected, Stage};
use crate::sources::framing::Line;
use crate::submissions::account::Account;
use crate::submissions::tls::TlsMode;
use crate::submissions::{Refusal, Rows, Submission, text};

/// What stands behind a name in base64 where the server leaves the password out (hMailServer since 2022).
const LEFT_OUT: &[u8] = b" ***";

/// The longest name that a client is taken to log in with (RFC 4616 section 2).
const LONGEST_NAME: usize = 1024;

impl Assembler {
    /// Takes a record of the talk between client and server.
    pub(super) fn converse(
        &mut self,
        at: Timestamp,
        key: SessionKey,
        line: &Line<'_>,
        record: &Record<'_>,
        rows: &mut dyn Rows,
    ) {
        match record {
            Record::Welcomed(client) => return self.welcomed(at, key, line, *client, rows),
            Record::PeerConnected(client) => {
                self.connected(at, key, line, *client, rows).dialogue.of_peer = true;
                return;
            }
            Record::AuthFailing(failed) => return self.auth_failing(at, key, line, failed, rows),
            Record::FailedAs { account } => return self.failed_as(key, account, rows),
            Record::Denied { reply } => return self.denied(at, key, line, reply, rows),
            Record::SpeaksFor { session, client, helo } => return self.speaks_for(at, key, (*session, *client, helo)),
            Record::HandedOn => {
                if let Some(joins) = &mut self.joins {
                    joins.hand_on(key.1, key.0, at);
                }
                return;
            }
            Record::Tracked(tracked) => {
                if let Some(joins) = &mut self.joins {
                    joins.track(key.1, key.0, at, tracked);
                }
                return;
            }
            _ => {}
        }
        let session = self.sessions.of_line(&mut self.known, key, at, line, Client::default());
        session.dialogue.heard = true;
        match record {
            Record::TlsAsked => {
                session.dialogue.tls_asked = true;
                session.dialogue.asked = Asked::Tls;
                if session.tls_begins == TlsMode::Unknown {
                    session.tls_begins = TlsMode::StartTls;
                }
            }
            Record::AuthBegun { mechanism, response } => {
                session.dialogue.asked = Asked::Auth;
                session.dialogue.trying = true;
                session.dialogue.trying_as_peer = false;
                session.claim(b"", Some(mechanism));
                session.dialogue.awaited = match () {
                    () if mechanism.eq_ignore_ascii_case(b"PLAIN") => Awaited::Plain,
                    () if mechanism.eq_ignore_ascii_case(b"LOGIN") && !response.is_empty() => Awaited::Name,
                    () => Awaited::Nothing,
                };
                if !response.is_empty() {
                    session.answer(response);
                }
            }
            Record::PeerBegun => {
                session.dialogue.asked = Asked::Auth;
                session.dialogue.trying = false;
                session.dialogue.trying_as_peer = true;
            }
            Record::Challenged { challenge } => session.challenge(challenge),
            Record::Answered { response } => session.answer(response),
            Record::Commanded(stage) => session.dialogue.asked = Asked::Message(*stage),
            Record::Granted => session.grant(),
            _ => {}
        }
    }

    /// The server greets: a session begins, unless its handshake has begun it.
    fn welcomed(&mut self, at: Timestamp, key: SessionKey, line: &Line<'_>, client: Client<'_>, rows: &mut dyn Rows) {
        let tls_logged = self.known.logs_tls(key.0);
        if let Some(session) = self.sessions.find(key)
            && session.is_handshake(at, client)
        {
            session.known = true;
            session.tls_logged = tls_logged;
            session.tls_begins = TlsMode::Implicit;
        } else {
            self.connected(at, key, line, client, rows);
        }
    }

    fn auth_failing(
        &mut self,
        at: Timestamp,
        key: SessionKey,
        line: &Line<'_>,
        failed: &AuthFailed<'_>,
        rows: &mut dyn Rows,
    ) {
        let mut kept = Kept { refusals: Vec::new(), rows };
        self.auth_failed(at, key, line, failed, &mut kept);
        let Some(session) = self.sessions.find(key) else { return };
        let before = session.take_auth_failure();
        kept.refusals.drain(..).for_each(|row| session.fail_auth(row));
        if let Some(before) = before {
            rows.refusal(&before.view());
        }
    }

    fn failed_as(&mut self, key: SessionKey, account: &[u8], rows: &mut dyn Rows) {
        let failure = self.sessions.find(key).and_then(super::session::Session::take_auth_failure);
        let Some(mut failure) = failure else { return };
        if !account.is_empty() {
            failure.account = Account::read(&text(account), &self.settings.realm).name.into();
        }
        rows.refusal(&failure.view());
    }

    /// A server speaks for another's client. Only a server may.
    fn speaks_for(&mut self, at: Timestamp, key: SessionKey, (other, client, helo): (u64, Client<'_>, &[u8])) {
        let (Some(session), Some(joins)) = (self.sessions.find(key), &mut self.joins) else { return };
        let dialogue = &mut session.dialogue;
        if dialogue.of_peer || dialogue.is_peer || dialogue.trying_as_peer {
            dialogue.asked = Asked::SpeakFor;
            session.said.greet(helo);
            joins.know(session, key.1, at);
            joins.speak(key.1, key.0, Some((other, text(client.ip))));
        }
    }

    /// The server refuses what was asked for last.
    fn denied(&mut self, at: Timestamp, key: SessionKey, line: &Line<'_>, reply: &[u8], rows: &mut dyn Rows) {
        let Some(session) = self.sessions.find(key) else { return };
        let asked = std::mem::take(&mut session.dialogue.asked);
        match asked {
            Asked::Tls => session.dialogue.tls_asked = false,
            Asked::SpeakFor => {
                if let Some(joins) = &mut self.joins {
                    joins.speak(key.1, key.0, None);
                }
            }
            Asked::Auth => {
                session.dialogue.trying_as_peer = false;
                if session.dialogue.trying && matches!(reply, [b'5', b'3', b'4' | b'5' | b'8', ..])
                    || reply.starts_with(b"501")
                {
                    let aborted = reply.starts_with(b"501");
                    let client = Client::default();
                    let failed = AuthFailed { client, mechanism: b"", account: None, reason: reply, aborted };
                    self.auth_failed(at, key, line, &failed, rows);
                }
                if let Some(session) = self.sessions.find(key) {
                    session.dialogue.trying = false;
                }
            }
            // What is put off will be sent again.
            Asked::Message(stage) if reply.first() == Some(&b'5') => {
                let [.., helo, mail_from] = session.said.texts().map(<[u8]>::to_vec);
                let (mail_from, helo, client) = (&*mail_from, &*helo, Client::default());
                let rejected = Rejected { queue_id: None, stage, client, reply, mail_from, helo };
                self.rejected(at, key, line, &rejected, rows);
            }
            Asked::Message(_) | Asked::Nothing => {}
        }
    }
}

impl super::session::Session {
    /// Whether it is the handshake of a client whose session has not begun otherwise.
    fn is_handshake(&self, at: Timestamp, client: Client<'_>) -> bool {
        !self.known && self.tls.is_some() && !self.authenticated && self.is_with(client) && at - self.started <= WAIT
    }

    /// The server does what was asked for last.
    fn grant(&mut self) {
        if std::mem::take(&mut self.dialogue.asked) == Asked::Message(Stage::Recipient) {
            *self.said.recipients.get_or_insert_default() += 1;
        }
    }

    /// The server asks for something: `Username:`, in base64, or for the one message of PLAIN, which some do with words.
    /// What came with the command was not taken for that message then.
    fn challenge(&mut self, challenge: &[u8]) {
        let challenge = challenge.trim_ascii();
        let is_name = challenge.eq_ignore_ascii_case(b"VXNlcm5hbWU6");
        let is_plain = challenge.is_empty() || challenge == b"Log on";
        self.dialogue.awaited = match () {
            () if !self.dialogue.trying => Awaited::Nothing,
            () if is_name => Awaited::Name,
            () if is_plain && self.said.mechanism().eq_ignore_ascii_case(b"PLAIN") => {
                self.claim(b"", None);
                Awaited::Plain
            }
            () => Awaited::Nothing,
        };
    }

    /// The client answers. Of a password nothing is kept.
    fn answer(&mut self, response: &[u8]) {
        match std::mem::take(&mut self.dialogue.awaited) {
            Awaited::Nothing => {}
            Awaited::Name => self.claim(&base64(response), None),
            Awaited::Plain => match response.strip_suffix(LEFT_OUT) {
                Some(name) => self.claim(&base64(name), None),
                None => self.claim(plain_name(&base64(response)), None),
            },
        }
    }
}

/// The name in `[authzid] NUL authcid NUL passwd`; some servers log the replacement character for NUL.
fn plain_name(message: &[u8]) -> &[u8] {
    const REPLACED: &[u8] = "\u{FFFD}".as_bytes();
    let separator = if message.contains(&0) { &b"\0"[..] } else { REPLACED };
    let mut ends = memchr::memmem::find_iter(message, separator);
    match (ends.next(), ends.next()) {
        (Some(start), Some(end)) => &message[start + separator.len()..end],
        _ => b"",
    }
}

/// Text out of base64 (RFC 4648 section 4), as far as it is that; nothing where it is longer than any name.
fn base64(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let (mut bits, mut count) = (0u32, 0);
    for byte in text.trim_ascii() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => break,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    if out.len() > LONGEST_NAME { Vec::new() } else { out }
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

    fn refusal(&mut self, row: &Refusal<&str>) {
        self.refusals.push(row.keep());
    }

    fn orphan(&mut self, ts: Timestamp) {
        self.rows.orphan(ts);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_as_far_as_it_goes() {
        for (text, expected) in [
            ("dGVzdEB0ZXN0LmNvbQ==", &b"test@test.com"[..]),
            ("dGVz!dA==", b"tes"),
            ("", b""),
            ("***", b""),
            ("/w==", b"\xFF"),
        ] {
            assert_eq!(base64(text.as_bytes()), expected, "{text}");
        }
        assert!(base64(&[b'A'; 4000]).is_empty());
    }

    #[test]
    fn of_plain_only_the_name_is_read() {
        assert_eq!(plain_name(b"\0alice\0secret"), b"alice");
        assert_eq!(plain_name(b"other\0alice\0secret"), b"alice");
        assert_eq!(plain_name("\u{FFFD}alice\u{FFFD}secret".as_bytes()), b"alice");
        for odd in [&b"secret"[..], b"", b"alice\0secret"] {
            assert_eq!(plain_name(odd), b"");
        }
    }
}
