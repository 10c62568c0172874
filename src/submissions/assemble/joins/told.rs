//! What is kept until it can be joined: sessions whose clients are known, and messages.

use compact_str::CompactString;

use super::super::encryption::Encryption;
use super::super::known::Known;
use super::super::message::upper;
use super::super::texts::Texts;
use super::super::{HORIZON, WAIT};
use crate::calendar::Timestamp;
use crate::submissions::account::Account;
use crate::submissions::{Refusal, shown, text};

/// Whom a session speaks for.
#[derive(Clone, Debug)]
pub(in crate::submissions::assemble) struct Other {
    /// What tells the session apart that the client has with the other server.
    pub session: u64,
    /// The client's address.
    pub client_ip: CompactString,
    /// What the client calls itself.
    pub helo: CompactString,
}

/// For whom a session spoke at a time.
#[derive(Clone, Debug, Default)]
pub(super) enum SpeaksFor {
    /// The session's own log does not tell.
    #[default]
    Unsaid,
    /// Not for anybody else.
    Nobody,
    Client(Other),
}

/// A session whose messages count: its client has authenticated, or is a server that speaks for one that has.
#[derive(Clone, Debug, Default)]
pub(in crate::submissions::assemble) struct Proven {
    pub service: u32,
    pub encryption: Encryption,
    /// Whether its beginning was not read.
    pub orphan: bool,
    pub(super) host: u32,
    pub(super) started: Timestamp,
    pub(super) ended: Option<Timestamp>,
    pub(super) handed_on: Option<Timestamp>,
    pub(super) authenticated: bool,
    pub(super) of_peer: bool,
    /// For whom it speaks now.
    pub(super) speaks_for: Option<Other>,
    /// The client's address and name, account, mechanism, HELO name.
    pub(super) texts: Texts<5>,
}

/// A message that the server has accepted.
#[derive(Debug, Default)]
pub(in crate::submissions::assemble) struct Told {
    pub ts: Timestamp,
    pub host: u32,
    pub size: Option<u64>,
    pub recipients: Option<u32>,
    pub(super) session: u64,
    /// Whether the session's own log tells of it.
    pub(super) own_log_tells: bool,
    /// Whether another log has said how many recipients it has.
    pub(super) tracked: bool,
    pub(super) from_peer: bool,
    /// For whom its session spoke when it was accepted. One session may speak for one client after the other.
    pub(super) speaks_for: SpeaksFor,
    /// Queue id, message id, sender, and the client's address as far as this log knows it.
    pub(super) texts: Texts<4>,
}

impl From<Option<Other>> for SpeaksFor {
    fn from(other: Option<Other>) -> Self {
        other.map_or(Self::Nobody, Self::Client)
    }
}

impl Proven {
    /// The places of its texts that are asked for by themselves.
    const CLIENT_IP: usize = 0;
    const ACCOUNT: usize = 2;

    pub(in crate::submissions::assemble) fn texts(&self) -> [&[u8]; 5] {
        std::array::from_fn(|place| self.texts.get(place))
    }

    /// A refusal that was for this session's client.
    pub(in crate::submissions::assemble) fn refusal(&self, row: &Refusal, known: &Known, realm: &str) -> Refusal {
        let [client_ip, client_name, account, mechanism, helo] = self.texts().map(text);
        Refusal {
            service: known.service_name(self.service).into(),
            client_ip,
            client_name,
            helo,
            account: if account.is_empty() { account } else { Account::read(&account, realm).name.into() },
            mechanism: upper(&mechanism).into(),
            tls_version: self.encryption.version(),
            ..row.clone()
        }
    }

    pub(super) fn client_ip(&self) -> &[u8] {
        self.texts.get(Self::CLIENT_IP)
    }

    pub(super) fn account(&self) -> &[u8] {
        self.texts.get(Self::ACCOUNT)
    }

    /// Whether the session can have been open at a time.
    pub(super) fn covers(&self, ts: Timestamp) -> bool {
        let over = self.ended.is_some_and(|ended| ts > ended + WAIT);
        ts >= self.started - WAIT && ts - self.started <= HORIZON && !over
    }

    /// Whether two are the same client as far as a row shows it.
    pub(super) fn agrees(&self, other: &Self) -> bool {
        let account = |proven: &Self| shown(proven.account()).to_lowercase();
        account(self) == account(other) && self.encryption.version() == other.encryption.version()
    }

    /// When nothing can ask for it any more.
    pub(super) fn expires(&self) -> Timestamp {
        self.ended.unwrap_or(self.started + HORIZON) + 4 * WAIT
    }
}

impl Told {
    /// The places of its texts.
    pub(super) const QUEUE_ID: usize = 0;
    pub(super) const MESSAGE_ID: usize = 1;
    pub(super) const MAIL_FROM: usize = 2;
    pub(super) const CLIENT_IP: usize = 3;

    /// Queue id, message id, sender.
    pub(in crate::submissions::assemble) fn texts(&self) -> [&[u8]; 3] {
        std::array::from_fn(|place| self.texts.get(place))
    }

    /// For whom its session spoke.
    pub(super) fn speaks_for<'a>(&'a self, own: &'a Proven) -> Option<&'a Other> {
        match &self.speaks_for {
            SpeaksFor::Unsaid => own.speaks_for.as_ref(),
            SpeaksFor::Nobody => None,
            SpeaksFor::Client(other) => Some(other),
        }
    }

    pub(super) fn queue_id(&self) -> &[u8] {
        self.texts.get(Self::QUEUE_ID)
    }

    pub(super) fn message_id(&self) -> &[u8] {
        self.texts.get(Self::MESSAGE_ID)
    }

    pub(super) fn is(&self, session: u64, host: u32, [queue_id, message_id]: [&[u8]; 2]) -> bool {
        let same_id = self.queue_id() == queue_id || self.queue_id().is_empty() || queue_id.is_empty();
        (self.session, self.host) == (session, host) && self.message_id() == message_id && same_id
    }
}

/// A client that has authenticated in a session that no log tells of: what is known of TLS is not the client's.
pub(super) fn unseen(own: Option<&Proven>, client_ip: &[u8], helo: &[u8]) -> Proven {
    let mut sender = Proven { orphan: true, ..Proven::default() };
    let [_, _, account, mechanism, _] = own.map(Proven::texts).unwrap_or_default();
    sender.texts.set([client_ip, b"", account, mechanism, helo]);
    sender
}
