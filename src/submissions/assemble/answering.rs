//! What the server answers, for servers that log their talk line by line: see [`pending`](super::pending).

use super::pending::{Asked, Next};
use super::rejects::code;
use super::session::SessionKey;
use super::{Assembler, Moment};
use crate::formats::record::{AuthFailed, Client, Rejected, Stage};
use crate::submissions::{Rows, shown};

/// The commands came in an order that is none (RFC 5321 section 4.2.2): what had to come before was refused itself.
const OUT_OF_ORDER: &[u8] = b"503";

/// The server has no such mechanism (RFC 4954 section 4), or none at all (Exchange). Most clients try another one then;
/// one that does not has not logged in.
pub(super) const UNSUPPORTED: &[u8] = b"504";

/// The attempt has failed as those before it, and is the last one of the session.
const TOO_MANY: &[u8] = b"421 4.7.0 ";

impl Assembler {
    /// The server does what was asked for.
    pub(super) fn granted(&mut self, now: Moment<'_>, rows: &mut dyn Rows) {
        let session = self.session_of_talk(now);
        if session.pending.answer() == Asked::Message(Stage::Recipient) {
            *session.said.recipients.get_or_insert_default() += 1;
        }
        self.go_on(now.key, rows);
    }

    /// The server refuses what was asked for.
    pub(super) fn denied(&mut self, now: Moment<'_>, reply: &[u8], rows: &mut dyn Rows) {
        let Some(session) = self.sessions.find(now.key) else { return };
        match session.pending.answer() {
            Asked::Tls => session.dialogue.tls_asked = false,
            Asked::SpeakFor => {
                if let Some(joins) = &mut self.joins {
                    joins.speak(now.key.1, now.key.0, None);
                }
            }
            Asked::Auth => self.auth_denied(now, reply, rows),
            Asked::Message(stage) => self.command_denied(now, (stage, reply), rows),
            Asked::Reset | Asked::Nothing | Asked::TooMuch => {}
        }
        self.go_on(now.key, rows);
    }

    fn auth_denied(&mut self, now: Moment<'_>, reply: &[u8], rows: &mut dyn Rows) {
        let Some(session) = self.sessions.find(now.key) else { return };
        session.dialogue.trying_as_peer = false;
        if let Some(mut failure) = session.take_auth_failure() {
            // A note has told of it already, unless the client has tried again since.
            if !session.dialogue.trying {
                failure.code = code(&shown(reply)).into();
                return rows.refusal(&failure.view());
            }
            rows.refusal(&failure.view());
        }
        let is_refusal = matches!(reply, [b'5', b'3', b'0' | b'4' | b'5' | b'8', ..]) || reply.starts_with(TOO_MANY);
        let (trying, aborted) = (session.dialogue.trying, reply.starts_with(b"501"));
        let failed = AuthFailed { client: Client::default(), mechanism: b"", account: None, reason: reply, aborted };
        if trying && is_refusal || aborted {
            self.auth_failed(now, &failed, rows);
        } else if trying && reply.starts_with(UNSUPPORTED) {
            self.keep_auth_failure(now, &failed, rows);
        }
        if let Some(session) = self.sessions.find(now.key) {
            session.dialogue.trying = false;
        }
    }

    /// What is put off will be sent again, and what follows a refused command is refused because of that one: the
    /// content where no recipient was accepted too.
    fn command_denied(&mut self, now: Moment<'_>, (stage, reply): (Stage, &[u8]), rows: &mut dyn Rows) {
        let Some(session) = self.sessions.find(now.key) else { return };
        let for_nobody = session.said.recipients.is_none() && !session.rejects.is_empty();
        if reply.first() != Some(&b'5') || reply.starts_with(OUT_OF_ORDER) || (stage == Stage::Data && for_nobody) {
            return;
        }
        let [.., helo, mail_from] = session.said.texts().map(<[u8]>::to_vec);
        let rejected = Rejected { mail_from: &mail_from, helo: &helo, ..Rejected::at(stage, reply) };
        self.rejected(now, &rejected, rows);
    }

    /// The server has accepted a message: that answers its content, whatever came before without a reply.
    pub(super) fn answered_content(&mut self, key: SessionKey, rows: &mut dyn Rows) {
        let has_content = self.sessions.find(key).is_some_and(|session| session.pending.has_content());
        while let Some(session) = self.sessions.find(key) {
            if !has_content {
                return session.pending.clear();
            }
            let answered = session.pending.answer();
            self.go_on(key, rows);
            if answered == Asked::Message(Stage::Data) {
                return;
            }
        }
    }

    /// The next command does what it does, now that the one before it is answered.
    fn go_on(&mut self, key: SessionKey, rows: &mut dyn Rows) {
        let Some(session) = self.sessions.find(key) else { return };
        match session.pending.next() {
            Some(Next::Mail(mail_from)) => session.begin_message(mail_from.as_bytes()),
            Some(Next::Reset) => self.reset(key, rows),
            None => {}
        }
    }
}
