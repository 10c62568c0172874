//! What a message learns of its client from a server in front.

use super::{ACCOUNT, CLIENT_IP, CLIENT_NAME, MECHANISM, Message};
use crate::formats::record::Client;
use crate::submissions::assemble::encryption::Encryption;
use crate::submissions::assemble::session::Session;

impl Message {
    /// What the server in front knows of it: the client, its TLS, and how it authenticated; and as whom, where the
    /// server behind was not told.
    pub(in crate::submissions::assemble) fn take_from_front(&mut self, front: &Self) {
        if !self.fronted {
            self.texts.replace(ACCOUNT, front.account());
        }
        self.orphan = front.orphan;
        (self.service, self.encryption) = (front.service, front.encryption);
        self.texts.replace(MECHANISM, front.texts.get(MECHANISM));
        // Without the line of the login, the server that was told of the client knows more.
        if !(self.fronted && front.client_ip().is_empty()) {
            for place in [CLIENT_IP, CLIENT_NAME] {
                self.texts.replace(place, front.texts.get(place));
            }
        }
    }

    /// What its session knows of its client and of TLS, as it was told behind the message.
    pub(in crate::submissions::assemble) fn take_from_session(&mut self, session: &Session) {
        let orphan = session.is_orphan(self.ts);
        (self.session, self.service, self.orphan) = (session.id, session.service, orphan);
        self.encryption = Encryption::of(session, orphan);
        let client = session.client(Client::default());
        let [_, mechanism, ..] = session.said.texts();
        for (place, known) in [(CLIENT_IP, client.ip), (CLIENT_NAME, client.name), (MECHANISM, mechanism)] {
            self.texts.replace(place, known);
        }
    }
}
