//! Submissions: records joined into rows.
//!
//! [`assemble`] is the state machine that joins a session's lines; [`pass`] reads a stream's files through it;
//! [`scan`] finds, in a block of lines, those worth a closer look.

pub mod account;
pub mod assemble;
pub mod cipher;
pub mod pass;
pub mod scan;
pub mod streams;
pub mod tls;

use compact_str::CompactString;

use crate::calendar::Timestamp;
use account::AuthFamily;
use cipher::CipherClass;
use tls::{TlsMode, TlsVersion};

/// One row per message that a server accepted from an authenticated client. Empty text means: not known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Submission {
    /// When the message was opened.
    pub ts: Timestamp,
    /// The host that accepted it.
    pub server: CompactString,
    /// The service: `submission`, `smtps`, `smtp`.
    pub service: CompactString,
    /// How TLS began.
    pub tls_mode: TlsMode,
    /// The client's address.
    pub client_ip: CompactString,
    /// The client's name from reverse DNS.
    pub client_name: CompactString,
    /// What the client called itself.
    pub helo: CompactString,
    /// The account in its normal form.
    pub account: CompactString,
    /// The account as logged.
    pub account_raw: CompactString,
    /// The domain that the message counts for.
    pub domain: CompactString,
    /// Whether the domain had to be taken from the envelope's sender.
    pub domain_from_mail_from: bool,
    /// The SASL mechanism, in upper case.
    pub mechanism: CompactString,
    /// The envelope's sender.
    pub mail_from: CompactString,
    /// How many recipients the server counted.
    pub recipients: Option<u32>,
    /// The message's size in bytes, as the server counted it.
    pub size_bytes: Option<u64>,
    /// The TLS version.
    pub tls_version: TlsVersion,
    /// Whether there was TLS, where that is known.
    pub tls_known_present: Option<bool>,
    /// The cipher as logged.
    pub cipher: CompactString,
    /// Its class.
    pub cipher_class: CipherClass,
    /// The server's queue id.
    pub queue_id: CompactString,
    /// The header's message id.
    pub message_id: CompactString,
}

impl Submission {
    /// What kind of proof the client gave.
    #[must_use]
    pub fn auth_family(&self) -> AuthFamily {
        AuthFamily::of(&self.mechanism)
    }

    /// The port that the service stands for, where it stands for one (RFC 6409, RFC 8314).
    #[must_use]
    pub fn port(&self) -> Option<i64> {
        match self.service.as_str() {
            "submission" => Some(587),
            "smtps" | "submissions" => Some(465),
            _ => None,
        }
    }
}

/// One row per attempt that failed. Empty text means: not known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Refusal {
    /// When.
    pub ts: Timestamp,
    /// The host that refused.
    pub server: CompactString,
    /// The service.
    pub service: CompactString,
    /// The client's address.
    pub client_ip: CompactString,
    /// The client's name from reverse DNS.
    pub client_name: CompactString,
    /// What the client called itself.
    pub helo: CompactString,
    /// The account in its normal form, as tried.
    pub account: CompactString,
    /// The SASL mechanism, in upper case.
    pub mechanism: CompactString,
    /// The TLS version.
    pub tls_version: TlsVersion,
    /// What was refused.
    pub kind: RefusalKind,
    /// The server's words.
    pub reason: CompactString,
    /// The reply's code.
    pub code: CompactString,
}

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

/// Where rows go.
pub trait Rows {
    /// Takes a submission.
    fn submission(&mut self, row: &Submission);
    /// Takes a refusal.
    fn refusal(&mut self, row: &Refusal);
    /// Learns that a row of this time came from a session whose beginning was not read.
    fn orphan(&mut self, _ts: Timestamp) {}
}

/// Bytes of a log as text: UTF-8 where it is, each wrong byte replaced where it is not.
#[must_use]
pub fn text(bytes: &[u8]) -> CompactString {
    match std::str::from_utf8(bytes) {
        Ok(text) => CompactString::from(text),
        Err(_) => CompactString::from_utf8_lossy(bytes),
    }
}
