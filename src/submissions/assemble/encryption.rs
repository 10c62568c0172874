//! What is known of TLS: a session's, and with that a message's.

use super::known::Known;
use super::messages::Messages;
use super::session::Session;
use super::{Assembler, Moment};
use crate::calendar::Timestamp;
use crate::formats::record::{Client, Encrypted};
use crate::submissions::Rows;
use crate::submissions::cipher::CipherClass;
use crate::submissions::tls::{TlsMode, TlsVersion};

impl Assembler {
    /// A handshake is complete: of the key's session, or of the one behind it.
    pub(super) fn secured(
        &mut self,
        now: Moment<'_>,
        client: Client<'_>,
        (version, cipher): (&[u8], &[u8]),
        rows: &mut dyn Rows,
    ) {
        let tls = self.known.tls(version, cipher);
        if self.sessions.find(now.key).is_some_and(|session| session.is_before_handshake(client)) {
            self.end(now.key, None, rows);
        }
        let session = self.sessions.of_line(&mut self.known, now, client);
        session.tls = Some(tls);
        session.encrypt_what_came_behind(now.at, &mut self.messages);
        if session.tls_begins == TlsMode::Implicit {
            self.known.note_tls(now.key.0, session.service, now.at);
        }
    }

    /// The handshake that the session's client has asked for is broken, and the session is over with it.
    pub(super) fn starttls_failed(&mut self, now: Moment<'_>, client: Client<'_>, reason: &[u8], rows: &mut dyn Rows) {
        if self.sessions.find(now.key).is_some_and(|session| session.awaits_handshake(client)) {
            self.disconnected_by_tls(now, (reason, true), rows);
        }
    }
}

impl Session {
    /// Where lines are out of order, what its time says came behind the handshake may stand in front of it.
    fn encrypt_what_came_behind(&mut self, handshake: Timestamp, messages: &mut Messages) {
        let encryption = Encryption::of(self, false);
        for slot in self.open.iter().chain(&self.silent).chain(&self.behind) {
            let message = messages.get_mut(*slot);
            if message.session == self.id && message.ts > handshake {
                message.encrypt(encryption);
            }
        }
        for row in self.silent_refusals.iter_mut().filter(|row| row.ts > handshake) {
            row.tls_version = encryption.version();
        }
    }

    /// Whether the client has asked for encryption, and there is none yet.
    fn awaits_handshake(&self, client: Client<'_>) -> bool {
        self.dialogue.tls_asked && self.tls.is_none() && self.is_with(client)
    }

    /// Whether a handshake is of the next session of the key. Of one that began with the server's greeting it is only
    /// where its client has asked for it: what comes unasked stands in front of the next greeting.
    fn is_before_handshake(&self, client: Client<'_>) -> bool {
        self.is_before(client, self.is_past_tls()) || (self.dialogue.greeted && !self.awaits_handshake(client))
    }
}

/// The session's encryption.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tls {
    pub version: TlsVersion,
    pub cipher: u32,
    pub class: CipherClass,
}

/// What is known of a message's TLS.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Encryption {
    pub tls: Option<Tls>,
    /// Whether there is TLS, where that is known.
    pub present: Option<bool>,
    pub mode: TlsMode,
}

impl Encryption {
    /// As in a session; of another one's (`foreign`), only what the service says.
    pub(super) fn of(session: &Session, foreign: bool) -> Self {
        let mode = session.tls_begins;
        match (session.tls, foreign) {
            (Some(tls), false) => Self { tls: Some(tls), present: Some(true), mode },
            (None, false) if session.dialogue.tls_asked || session.encrypted => {
                Self { tls: None, present: Some(true), mode }
            }
            (None, false) if session.tls_logged => Self { tls: None, present: Some(false), mode: TlsMode::Cleartext },
            _ if mode == TlsMode::Implicit => Self { tls: None, present: Some(true), mode },
            _ => Self::default(),
        }
    }

    /// As a message's own line says it.
    pub(super) fn told(encrypted: Encrypted<'_>, service: &[u8], known: &mut Known) -> Self {
        let mode = mode_of(service);
        match encrypted {
            Encrypted::Unsaid => Self::default(),
            Encrypted::No => Self { tls: None, present: Some(false), mode: TlsMode::Cleartext },
            Encrypted::Yes => Self { tls: None, present: Some(true), mode },
            Encrypted::With { version, cipher } => {
                Self { tls: Some(known.tls(version, cipher)), present: Some(true), mode }
            }
        }
    }

    /// What a message's own line says goes over what its session's lines have said; a version is only theirs.
    pub(super) fn corrected(self, told: Self) -> Self {
        match (told.present, self.present) {
            (None, _) => self,
            (Some(true), Some(true)) if told.tls.is_none() => self,
            (Some(_), _) => {
                let mode = match (told.mode, self.mode) {
                    // The message has TLS, so the session began it somehow.
                    (TlsMode::Unknown, TlsMode::Cleartext) => TlsMode::Unknown,
                    (TlsMode::Unknown, of_session) => of_session,
                    (told, _) => told,
                };
                Self { mode, ..told }
            }
        }
    }

    pub(super) fn version(self) -> TlsVersion {
        match (self.tls, self.present) {
            (Some(tls), _) => tls.version,
            (None, Some(false)) => TlsVersion::None,
            (None, _) => TlsVersion::Unknown,
        }
    }
}

/// How TLS begins in a service, where there is TLS (RFC 8314 section 3.3).
pub(super) fn mode_of(service: &[u8]) -> TlsMode {
    match service {
        b"smtps" | b"submissions" => TlsMode::Implicit,
        b"submission" => TlsMode::StartTls,
        _ => TlsMode::Unknown,
    }
}
