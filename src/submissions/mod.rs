//! Submissions: records joined into rows.
//!
//! [`assemble`] is the state machine that joins a session's lines; [`pass`] reads a stream's files through it;
//! [`scan`] finds, in a block of lines, those worth a closer look.
//!
//! A row is handed on as a view: its texts are `&str` that lie where the assembler keeps them, good for the time of
//! the call. Whoever needs a row longer [keeps](Submission::keep) it; most only count or append it to columns.

pub mod account;
pub mod assemble;
pub mod cipher;
pub mod pass;
pub mod scan;
pub mod streams;
pub mod tls;

use std::borrow::Cow;

use compact_str::CompactString;

pub use crate::formats::record::RefusalKind;

use crate::calendar::Timestamp;
use account::AuthFamily;
use cipher::CipherClass;
use tls::{TlsMode, TlsVersion};

/// One row per message that a server accepted from an authenticated client. Empty text means: not known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Submission<T = CompactString> {
    /// When the message was opened.
    pub ts: Timestamp,
    /// The host that accepted it.
    pub server: T,
    /// The service: `submission`, `submissions`, `smtp`, or as the server calls it.
    pub service: T,
    /// How TLS began.
    pub tls_mode: TlsMode,
    /// The client's address.
    pub client_ip: T,
    /// The client's name from reverse DNS.
    pub client_name: T,
    /// What the client called itself.
    pub helo: T,
    /// The account in its normal form.
    pub account: T,
    /// The account as logged.
    pub account_raw: T,
    /// The domain that the message counts for.
    pub domain: T,
    /// Whether the domain had to be taken from the envelope's sender.
    pub domain_from_mail_from: bool,
    /// The SASL mechanism, in upper case.
    pub mechanism: T,
    /// The envelope's sender.
    pub mail_from: T,
    /// How many recipients the server counted.
    pub recipients: Option<u32>,
    /// The message's size in bytes, as the server counted it: at most 1 TiB.
    pub size_bytes: Option<u64>,
    /// The TLS version.
    pub tls_version: TlsVersion,
    /// Whether there was TLS, where that is known.
    pub tls_known_present: Option<bool>,
    /// The cipher as logged.
    pub cipher: T,
    /// Its class.
    pub cipher_class: CipherClass,
    /// The server's queue id.
    pub queue_id: T,
    /// The header's message id.
    pub message_id: T,
}

impl<T: AsRef<str>> Submission<T> {
    /// What kind of proof the client gave.
    #[must_use]
    pub fn auth_family(&self) -> AuthFamily {
        AuthFamily::of(self.mechanism.as_ref())
    }

    /// The port that the service stands for, where it stands for one (RFC 6409, RFC 8314).
    #[must_use]
    pub fn port(&self) -> Option<i64> {
        match self.service.as_ref() {
            "submission" => Some(587),
            "smtps" | "submissions" => Some(465),
            _ => None,
        }
    }
}

impl Submission<&str> {
    /// The row with texts of its own.
    #[must_use]
    pub fn keep(&self) -> Submission {
        Submission {
            ts: self.ts,
            server: self.server.into(),
            service: self.service.into(),
            tls_mode: self.tls_mode,
            client_ip: self.client_ip.into(),
            client_name: self.client_name.into(),
            helo: self.helo.into(),
            account: self.account.into(),
            account_raw: self.account_raw.into(),
            domain: self.domain.into(),
            domain_from_mail_from: self.domain_from_mail_from,
            mechanism: self.mechanism.into(),
            mail_from: self.mail_from.into(),
            recipients: self.recipients,
            size_bytes: self.size_bytes,
            tls_version: self.tls_version,
            tls_known_present: self.tls_known_present,
            cipher: self.cipher.into(),
            cipher_class: self.cipher_class,
            queue_id: self.queue_id.into(),
            message_id: self.message_id.into(),
        }
    }
}

/// One row per attempt that failed. Empty text means: not known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Refusal<T = CompactString> {
    /// When.
    pub ts: Timestamp,
    /// The host that refused.
    pub server: T,
    /// The service.
    pub service: T,
    /// The client's address.
    pub client_ip: T,
    /// The client's name from reverse DNS.
    pub client_name: T,
    /// What the client called itself.
    pub helo: T,
    /// The account in its normal form, as tried.
    pub account: T,
    /// The SASL mechanism, in upper case.
    pub mechanism: T,
    /// The TLS version.
    pub tls_version: TlsVersion,
    /// What was refused.
    pub kind: RefusalKind,
    /// The server's words.
    pub reason: T,
    /// The reply's code.
    pub code: T,
}

impl Refusal<&str> {
    /// The row with texts of its own.
    #[must_use]
    pub fn keep(&self) -> Refusal {
        Refusal {
            ts: self.ts,
            server: self.server.into(),
            service: self.service.into(),
            client_ip: self.client_ip.into(),
            client_name: self.client_name.into(),
            helo: self.helo.into(),
            account: self.account.into(),
            mechanism: self.mechanism.into(),
            tls_version: self.tls_version,
            kind: self.kind,
            reason: self.reason.into(),
            code: self.code.into(),
        }
    }
}

impl Refusal {
    /// The row as a view.
    #[must_use]
    pub fn view(&self) -> Refusal<&str> {
        Refusal {
            ts: self.ts,
            server: &self.server,
            service: &self.service,
            client_ip: &self.client_ip,
            client_name: &self.client_name,
            helo: &self.helo,
            account: &self.account,
            mechanism: &self.mechanism,
            tls_version: self.tls_version,
            kind: self.kind,
            reason: &self.reason,
            code: &self.code,
        }
    }
}

/// Where the assembler's rows go. Nothing here has a default: who only hands on must not keep a question to itself.
pub trait Rows {
    /// Takes a submission.
    fn submission(&mut self, row: &Submission<&str>);
    /// Learns of a submission that may still be refused, so that it is [confirmed](Self::confirmed) or not; false where
    /// it came before and shall not come again.
    fn announced(&mut self, row: &Submission<&str>) -> bool;
    /// Takes a submission that was announced.
    fn confirmed(&mut self, row: &Submission<&str>);
    /// Whether a refusal came before that its message's queue id, or its session's, tells from others of its kind.
    fn came_before(&mut self, row: &Refusal<&str>, id: &[u8]) -> bool;
    /// Takes a refusal.
    fn refusal(&mut self, row: &Refusal<&str>);
    /// Learns of a refusal of which the session's end says more; false where it came before and shall not come again.
    fn refusal_announced(&mut self, row: &Refusal<&str>) -> bool;
    /// Takes a refusal that was announced.
    fn refusal_confirmed(&mut self, row: &Refusal<&str>);
    /// Learns that a row of this time came from a session whose beginning was not read.
    fn orphan(&mut self, ts: Timestamp);
}

/// Bytes of a log as text, borrowed where nothing in them is wrong.
#[must_use]
pub fn shown(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

/// Bytes of a log as text: UTF-8 where it is, each wrong byte replaced where it is not.
#[must_use]
pub fn text(bytes: &[u8]) -> CompactString {
    match std::str::from_utf8(bytes) {
        Ok(text) => CompactString::from(text),
        Err(_) => CompactString::from_utf8_lossy(bytes),
    }
}
