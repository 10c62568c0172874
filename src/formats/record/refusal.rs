//! What a line says of an attempt that failed.

use super::session::{Client, Encrypted};

/// What was refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RefusalKind {
    /// The credentials.
    #[default]
    AuthFailed,
    /// Nothing: the client gave up in the middle of authenticating.
    AuthAborted,
    /// The TLS handshake.
    TlsFailed,
    /// The envelope's sender, after authentication.
    SenderRejected,
    /// Every recipient of a message, after authentication.
    RecipientsRejected,
    /// The message itself.
    DataRejected,
}

impl RefusalKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::AuthFailed,
        Self::AuthAborted,
        Self::TlsFailed,
        Self::SenderRejected,
        Self::RecipientsRejected,
        Self::DataRejected,
    ];

    /// The spelling in tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AuthFailed => "auth_failed",
            Self::AuthAborted => "auth_aborted",
            Self::TlsFailed => "tls_failed",
            Self::SenderRejected => "sender_rejected",
            Self::RecipientsRejected => "recipients_rejected",
            Self::DataRejected => "data_rejected",
        }
    }
}

/// An attempt that failed, told by one line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Refused<'a> {
    /// What was refused.
    pub kind: RefusalKind,
    /// What tells it from others of its kind: its message's queue id, or the id of a session of which one such line tells;
    /// empty where the line does not say it.
    pub id: &'a [u8],
    /// The service; empty where the line does not say it.
    pub service: &'a [u8],
    /// Whom.
    pub client: Client<'a>,
    /// What the client called itself.
    pub helo: &'a [u8],
    /// The session's encryption.
    pub encrypted: Encrypted<'a>,
    /// The SASL mechanism; empty where the line does not say it.
    pub mechanism: &'a [u8],
    /// As whom; empty where the line does not say it.
    pub account: &'a [u8],
    /// The server's words.
    pub reason: &'a [u8],
    /// The reply's code.
    pub code: &'a [u8],
    /// How many attempts the line stands for, where it stands for more than one.
    pub attempts: u32,
}

/// An authentication that did not succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuthFailed<'a> {
    /// Who tried.
    pub client: Client<'a>,
    /// With which mechanism.
    pub mechanism: &'a [u8],
    /// As whom, as the client sent it; none where the line does not say it.
    pub account: Option<&'a [u8]>,
    /// The server's reason.
    pub reason: &'a [u8],
    /// Whether the client gave up in the middle, so that no credentials were judged.
    pub aborted: bool,
}

/// A command that the server refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejected<'a> {
    /// The message it belongs to, where it has a queue id by then.
    pub queue_id: Option<&'a [u8]>,
    /// At which command.
    pub stage: Stage,
    /// Whose command; none where a filter answered.
    pub client: Client<'a>,
    /// The reply's code and text.
    pub reply: &'a [u8],
    /// The envelope's sender.
    pub mail_from: &'a [u8],
    /// What the client called itself.
    pub helo: &'a [u8],
    /// Who the client had authenticated as; empty where the line does not say it.
    pub account: &'a [u8],
    /// Whether a filter in front of the queue refused it, which is asked once the server itself takes it.
    pub of_filter: bool,
}

impl<'a> Rejected<'a> {
    /// What a line tells that says no more than this.
    #[must_use]
    pub fn at(stage: Stage, reply: &'a [u8]) -> Self {
        let client = Client::default();
        Self { queue_id: None, stage, client, reply, mail_from: b"", helo: b"", account: b"", of_filter: false }
    }
}

/// The command that was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// `MAIL FROM`: the transaction never began.
    Mail,
    /// `RCPT TO`: one recipient.
    Recipient,
    /// `DATA`, or the message's content.
    Data,
}
