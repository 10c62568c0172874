//! What a line says of an authenticated client's message.

use super::session::{Client, Encrypted};

/// An authenticated client's message, at its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened<'a> {
    /// Its queue id; none as long as a filter in front of the queue holds it.
    pub queue_id: Option<&'a [u8]>,
    /// Who sends it.
    pub client: Client<'a>,
    /// The SASL mechanism; empty where the line does not say it.
    pub mechanism: &'a [u8],
    /// The identity that the server authenticated.
    pub account: &'a [u8],
    /// Whether another server authenticated the client and handed it on: then TLS was that server's.
    pub fronted: bool,
}

/// A session's message that the server has accepted. What it does not say is what the session's lines have said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken<'a> {
    /// Its queue id; empty where the line does not say it.
    pub queue_id: &'a [u8],
    /// Who, for the session whose beginning is not in the log.
    pub client: Client<'a>,
    /// The session's encryption, as far as this line says it.
    pub encrypted: Encrypted<'a>,
    /// The envelope's sender; none where the line does not say it.
    pub mail_from: Option<&'a [u8]>,
    /// Its size in bytes.
    pub size: Option<u64>,
    /// How many recipients it has; none where the line does not say it.
    pub recipients: Option<u32>,
    /// The header's message id.
    pub message_id: &'a [u8],
    /// What is still to come of it.
    pub sequel: Sequel,
    /// Whether this line says that the client had authenticated, also where no other line does.
    pub authenticated: bool,
    /// Who sent it, where the line itself says so.
    pub account: &'a [u8],
    /// Whether the sender stands for the account where no line names that.
    pub sender_is_account: bool,
}

/// What is still to come of a message that a server has accepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sequel {
    /// Nothing.
    #[default]
    Nothing,
    /// A [`Queued`](super::Record::Queued) of its queue id, which says the rest.
    Queued,
    /// The other recipients: the line tells of some of them, and each further line of the queue id adds its own.
    Recipients,
    /// The server's verdict on its content: it is accepted unless a [`Rejected`](super::Record::Rejected) or a
    /// [`TakenBack`](super::Record::TakenBack) of its queue id follows in this session before the next message, and soon.
    Verdict,
    /// The session's [end](super::Record::Ended), which says more of it.
    End,
    /// The word of the server behind, to which it was handed on, and which may log here too: then that opens the message
    /// under the same queue id, and this is what the server in front knows of it. It counts once.
    Behind,
}

/// An authenticated client's message, told by one line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accepted<'a> {
    /// Its queue id.
    pub queue_id: &'a [u8],
    /// The service; empty where the line does not say it.
    pub service: &'a [u8],
    /// Who sent it.
    pub client: Client<'a>,
    /// What the client called itself.
    pub helo: &'a [u8],
    /// The session's encryption.
    pub encrypted: Encrypted<'a>,
    /// The SASL mechanism; empty where the line does not say it.
    pub mechanism: &'a [u8],
    /// The identity that the server authenticated.
    pub account: &'a [u8],
    /// The envelope's sender.
    pub mail_from: &'a [u8],
    /// Its size in bytes.
    pub size: Option<u64>,
    /// How many recipients it has; none where the line does not say it.
    pub recipients: Option<u32>,
    /// The header's message id.
    pub message_id: &'a [u8],
    /// Whether later lines tell of each recipient ([`Delivered`](super::Record::Delivered)) and of the message's end.
    pub more_follows: bool,
}

/// What another log of the server tells of a session's message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tracked<'a> {
    /// Its queue id; empty where the line does not say it.
    pub queue_id: &'a [u8],
    /// The header's message id.
    pub message_id: &'a [u8],
    /// The client's address, as far as this log knows it.
    pub client_ip: &'a [u8],
    /// The envelope's sender.
    pub mail_from: &'a [u8],
    /// Its size in bytes.
    pub size: Option<u64>,
    /// How many recipients it has.
    pub recipients: Option<u32>,
    /// Whether another server handed it on for a client that had authenticated there.
    pub from_peer: bool,
}
