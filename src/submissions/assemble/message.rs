//! A message that is open: what will be its row, as far as it is known.

mod front;

use std::hash::BuildHasher;

use rustc_hash::FxBuildHasher;

use super::encryption::Encryption;
use super::joins::{Proven, Told};
use super::known::Known;
use super::refused_messages::RefusedMessage;
use super::session::{Session, SessionId};
use super::texts::Texts;
use crate::calendar::Timestamp;
use crate::formats::record::{Accepted, Ended, LARGEST_MESSAGE, Opened, Sequel, Taken};
use crate::submissions::Submission;
use crate::submissions::account::{Account, domain_of};
use crate::submissions::cipher::CipherClass;
use crate::submissions::tls::{TlsMode, TlsVersion};

/// The places of a message's texts.
const QUEUE_ID: usize = 0;
const CLIENT_IP: usize = 1;
const CLIENT_NAME: usize = 2;
const ACCOUNT: usize = 3;
const MECHANISM: usize = 4;
const HELO: usize = 5;
/// Last, as they come last in most logs.
const MESSAGE_ID: usize = 6;
const MAIL_FROM: usize = 7;

/// An open message.
#[derive(Debug, Default)]
pub(super) struct Message {
    /// When it was opened.
    pub ts: Timestamp,
    /// The session that opened it.
    pub session: SessionId,
    /// Whether its session's beginning was not read.
    pub orphan: bool,
    /// Whether the server is known to have accepted it already: then only details are missing.
    pub accepted: bool,
    /// Whether the server keeps it out of its queue: it has accepted it if it takes it over.
    pub set_aside: bool,
    /// Whether the server may still refuse it.
    pub may_be_refused: bool,
    /// What was said of its last recipient that was refused, where none is known to be accepted.
    pub refused: Option<Box<RefusedMessage>>,
    /// Whether its content has come in, as its header's message id tells.
    pub has_content: bool,
    /// Whether its row was announced, to be confirmed when more is known.
    pub announced: bool,
    /// How many recipients it has, as far as is known.
    pub recipients: Option<u32>,
    /// Recipients that it could not be delivered to so far, by hash, where lines tell of each.
    deferred: Vec<u64>,
    /// Whether its server was told that another one authenticated its client and handed it on.
    pub fronted: bool,
    /// Whether its sender stands for its account where that is not known.
    sender_is_account: bool,
    size: Option<u64>,
    pub host: u32,
    service: u32,
    encryption: Encryption,
    /// Queue id, the client's address and name, account, mechanism, HELO name, message id, sender.
    texts: Texts<8>,
}

/// What the queue says of a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Queued<'a> {
    pub mail_from: &'a [u8],
    pub size: Option<u64>,
    pub recipients: Option<u32>,
}

impl Message {
    /// A message of which nothing else is known yet, in this one's memory.
    fn anew(&mut self, ts: Timestamp, host: u32, service: u32) -> Self {
        Self { ts, host, service, texts: std::mem::take(&mut self.texts), ..Self::default() }
    }

    /// Becomes the message that a session opens.
    pub(super) fn open(&mut self, at: Timestamp, session: &Session, opened: &Opened<'_>) {
        let orphan = session.is_orphan(at);
        let encryption = match opened.fronted {
            true => Encryption::default(),
            false => Encryption::of(session, orphan || !session.is_with(opened.client)),
        };
        *self = Self {
            session: session.id,
            orphan: orphan && !opened.fronted,
            fronted: opened.fronted,
            encryption,
            ..self.anew(at, session.host, session.service)
        };
        let Opened { queue_id, client, mechanism, account, .. } = opened;
        let queue_id = queue_id.unwrap_or_default();
        self.texts.set([queue_id, client.ip, client.name, account, mechanism, b"", b"", b""]);
    }

    /// Becomes the message that a session's server has accepted.
    pub(super) fn take(&mut self, at: Timestamp, session: &Session, taken: &Taken<'_>, known: &mut Known) {
        let orphan = session.is_orphan(at);
        let of_session = Encryption::of(session, orphan || !session.is_with(taken.client));
        let told = Encryption::told(taken.encrypted, known.service_name(session.service).to_owned().as_bytes(), known);
        let is_told_later = taken.sequel == Sequel::End;
        let may_be_refused = taken.sequel == Sequel::Verdict;
        *self = Self {
            session: session.id,
            // What this line does not say may stand in lines that were not read.
            orphan: orphan && told.version() == TlsVersion::Unknown || !(session.authenticated || is_told_later),
            accepted: true,
            may_be_refused,
            announced: may_be_refused,
            sender_is_account: taken.sender_is_account,
            size: taken.size.or(session.said.size),
            recipients: taken.recipients.or(session.said.recipients),
            encryption: of_session.corrected(told),
            ..self.anew(at, session.host, session.service)
        };
        let client = session.client(taken.client);
        let [account, mechanism, helo, mail_from] = session.said.texts();
        let mail_from = taken.mail_from.unwrap_or(mail_from);
        let account = if taken.account.is_empty() { account } else { taken.account };
        let message_id = if taken.message_id.is_empty() { session.said.message_id() } else { taken.message_id };
        self.texts.set([taken.queue_id, client.ip, client.name, account, mechanism, helo, message_id, mail_from]);
    }

    /// Whether a line goes on with what another one has told of it: with more of its recipients, or as the same line again.
    pub(super) fn goes_on_with(&mut self, taken: &Taken<'_>) -> bool {
        let goes_on = matches!(taken.sequel, Sequel::Recipients | Sequel::Verdict) && self.queue_id() == taken.queue_id;
        if goes_on && taken.sequel == Sequel::Recipients {
            self.recipients = self.recipients.zip(taken.recipients).map(|(before, more)| before + more);
        }
        goes_on
    }

    /// What has become of it so far, where its first line comes again.
    pub(super) fn take_from_copy(&mut self, copy: &Self) {
        self.accepted |= copy.accepted;
        self.announced |= copy.announced;
        if copy.set_aside {
            self.put_aside(copy.texts.get(MAIL_FROM));
        }
    }

    /// What the server says of its session at its end.
    pub(super) fn sum_up(&mut self, ended: &Ended<'_>, known: &mut Known) {
        let told = Encryption::told(ended.encrypted, known.service_name(self.service).to_owned().as_bytes(), known);
        self.encryption = self.encryption.corrected(told);
        self.texts.replace(HELO, ended.helo);
        self.texts.replace(CLIENT_NAME, ended.client.name);
        if self.texts.get(CLIENT_IP).is_empty() {
            self.texts.replace(CLIENT_IP, ended.client.ip);
        }
    }

    /// The client's address.
    pub(super) fn client_ip(&self) -> &[u8] {
        self.texts.get(CLIENT_IP)
    }

    /// Becomes the message that one line told of.
    pub(super) fn tell(&mut self, at: Timestamp, host: u32, accepted: &Accepted<'_>, known: &mut Known) {
        let Accepted { queue_id, client, mechanism, account, helo, mail_from, message_id, .. } = accepted;
        *self = Self {
            accepted: true,
            size: accepted.size,
            recipients: accepted.recipients,
            encryption: Encryption::told(accepted.encrypted, accepted.service, known),
            ..self.anew(at, host, known.service(accepted.service))
        };
        self.texts.set([queue_id, client.ip, client.name, account, mechanism, helo, message_id, mail_from]);
    }

    /// Becomes the message that several logs have told of, sent by a client that one of them knows.
    pub(super) fn join(&mut self, told: &Told, sender: &Proven) {
        *self = Self {
            orphan: sender.orphan,
            accepted: true,
            size: told.size,
            recipients: told.recipients,
            encryption: sender.encryption,
            ..self.anew(told.ts, told.host, sender.service)
        };
        let [client_ip, client_name, account, mechanism, helo] = sender.texts();
        let [queue_id, message_id, mail_from] = told.texts();
        self.texts.set([queue_id, client_ip, client_name, account, mechanism, helo, message_id, mail_from]);
    }

    /// Whether it seems to have come without TLS, for want of a line.
    pub(super) fn is_silent(&self) -> bool {
        self.encryption.present == Some(false)
    }

    /// There was TLS after all, of which no line says more.
    pub(super) fn was_encrypted(&mut self, mode: TlsMode) {
        self.encrypt(Encryption { tls: None, present: Some(true), mode });
    }

    /// There was TLS after all.
    pub(super) fn encrypt(&mut self, encryption: Encryption) {
        if self.is_silent() {
            self.encryption = encryption;
        }
    }

    /// Whether recipients of it were refused, and nothing says that it came in nevertheless.
    pub(super) fn is_refused(&self) -> bool {
        self.refused.is_some() && !(self.has_content || self.set_aside || self.accepted)
    }

    /// The server keeps it out of its queue.
    pub(super) fn put_aside(&mut self, mail_from: &[u8]) {
        self.set_aside = true;
        self.texts.replace(MAIL_FROM, mail_from);
    }

    /// The header's message id.
    pub(super) fn set_message_id(&mut self, message_id: &[u8]) {
        self.has_content = true;
        self.texts.replace(MESSAGE_ID, message_id);
    }

    /// A filter in front of the queue has accepted it.
    pub(super) fn relay(&mut self, queue_id: &[u8], mail_from: &[u8], helo: &[u8]) {
        self.accepted = true;
        self.texts.replace(QUEUE_ID, queue_id);
        self.texts.replace(MAIL_FROM, mail_from);
        self.texts.replace(HELO, helo);
    }

    /// What the queue says.
    pub(super) fn queue(&mut self, queued: Queued<'_>) {
        self.size = queued.size.or(self.size);
        self.recipients = queued.recipients.or(self.recipients);
        self.texts.replace(MAIL_FROM, queued.mail_from);
    }

    /// It was delivered to a recipient, or never will be.
    pub(super) fn deliver(&mut self, recipient: &[u8]) {
        *self.recipients.get_or_insert_default() += 1;
        if !self.deferred.is_empty() {
            let recipient = FxBuildHasher.hash_one(recipient);
            self.deferred.retain(|other| *other != recipient);
        }
    }

    /// It could not be delivered to a recipient yet.
    pub(super) fn defer(&mut self, recipient: &[u8]) {
        let recipient = FxBuildHasher.hash_one(recipient);
        if !self.deferred.contains(&recipient) {
            self.deferred.push(recipient);
        }
    }

    /// No more lines of deliveries will be read: those to whom it still has to be delivered are recipients too.
    pub(super) fn count_deferred(&mut self) {
        if !self.deferred.is_empty() {
            *self.recipients.get_or_insert_default() += self.deferred.len() as u32;
            self.deferred.clear();
        }
    }

    /// The account as it was logged.
    pub(super) fn account(&self) -> &[u8] {
        self.texts.get(ACCOUNT)
    }

    pub(super) fn queue_id(&self) -> &[u8] {
        self.texts.get(QUEUE_ID)
    }

    /// Shows the row.
    pub(super) fn show<R>(&mut self, known: &Known, realm: &str, show: impl FnOnce(&Submission<&str>) -> R) -> R {
        let Self { ts, recipients, size, host, service, encryption, sender_is_account, texts, .. } = self;
        texts.show(|[queue_id, client_ip, client_name, account_raw, mechanism, helo, message_id, mail_from]| {
            let is_sender = *sender_is_account && account_raw.is_empty() && !mail_from.is_empty();
            let meant = known.spelling.proven.undo(if is_sender { mail_from } else { account_raw });
            let account = Account::read(&meant, realm);
            let mechanism = upper(mechanism);
            let from_mail_from = is_sender || account.domain.is_empty();
            let domain = if from_mail_from { domain_of(mail_from) } else { account.domain };
            show(&Submission {
                ts: *ts,
                server: known.server(*host),
                service: known.service_name(*service),
                tls_mode: encryption.mode,
                client_ip: &known.spelling.address(client_ip),
                client_name,
                helo,
                account: &account.name,
                account_raw,
                domain: &domain,
                domain_from_mail_from: from_mail_from && !domain.is_empty(),
                mechanism: &mechanism,
                mail_from,
                recipients: *recipients,
                size_bytes: size.filter(|size| *size <= LARGEST_MESSAGE),
                tls_version: encryption.version(),
                tls_known_present: encryption.present,
                cipher: known.cipher(encryption.tls),
                cipher_class: encryption.tls.map_or(CipherClass::Unknown, |tls| tls.class),
                queue_id,
                message_id,
            })
        })
    }
}

/// A mechanism as it is registered (RFC 4422 section 3.1).
pub(super) fn upper(mechanism: &str) -> std::borrow::Cow<'_, str> {
    if mechanism.bytes().any(|byte| byte.is_ascii_lowercase()) {
        mechanism.to_ascii_uppercase().into()
    } else {
        mechanism.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_of_the_message_before() {
        let before = || Message {
            may_be_refused: true,
            announced: true,
            set_aside: true,
            deferred: vec![7],
            fronted: true,
            sender_is_account: true,
            size: Some(7),
            ..Message::default()
        };
        let shown = |mut message: Message| {
            message.join(&Told::default(), &Proven::default());
            format!("{message:?}")
        };
        assert_eq!(shown(before()), shown(Message::default()));
    }
}
