//! A message that is open: its row as far as it is known.

use super::session::Session;
use super::{CompactString, SessionKey};
use crate::calendar::Timestamp;
use crate::formats::record::Opened;
use crate::submissions::account::{Account, domain_of};
use crate::submissions::cipher::CipherClass;
use crate::submissions::tls::{TlsMode, TlsVersion};
use crate::submissions::{Submission, text};

/// An open message.
#[derive(Clone, Debug)]
pub(super) struct Message {
    /// Its row, without what the queue will say.
    pub row: Submission,
    /// The session that opened it.
    pub session: SessionKey,
    /// Whether its session's beginning was not read.
    pub orphan: bool,
    /// Whether a filter has accepted it already and only the queue's line is missing.
    pub relayed: bool,
}

impl Message {
    /// The message that a session opens.
    pub(super) fn open(at: Timestamp, session: &Session, opened: &Opened<'_>, account: Account) -> Self {
        let mut row = Submission {
            ts: at,
            server: session.server.clone(),
            service: session.service.clone(),
            client_ip: text(opened.client.ip),
            client_name: text(opened.client.name),
            account: account.name,
            account_raw: text(opened.account),
            domain: account.domain,
            mechanism: upper(opened.mechanism),
            queue_id: opened.queue_id.map(text).unwrap_or_default(),
            ..Submission::default()
        };
        if !opened.fronted {
            session.describe_tls(session.is_orphan(at) || !session.is_with(opened.client), &mut row);
        }
        Self { row, session: session.key, orphan: session.is_orphan(at) && !opened.fronted, relayed: false }
    }

    /// The finished row.
    pub(super) fn into_row(self, mail_from: CompactString, size: Option<u64>, recipients: Option<u32>) -> Submission {
        let mut row = self.row;
        if row.domain.is_empty() {
            row.domain = domain_of(&mail_from);
            row.domain_from_mail_from = !row.domain.is_empty();
        }
        Submission { mail_from, size_bytes: size, recipients, ..row }
    }
}

impl Session {
    /// What is known of TLS in this session, for a row; of another one's (`foreign`), only what the service says.
    fn describe_tls(&self, foreign: bool, row: &mut Submission) {
        let implicit = self.is_implicit();
        match (&self.tls, foreign) {
            (Some(tls), false) => {
                row.tls_version = tls.version;
                row.tls_known_present = Some(true);
                row.cipher = tls.cipher.clone();
                row.cipher_class = tls.class;
                row.tls_mode = match self.service.as_str() {
                    _ if implicit => TlsMode::Implicit,
                    "submission" => TlsMode::StartTls,
                    _ => TlsMode::Unknown,
                };
            }
            (None, false) if self.tls_logged => {
                row.tls_version = TlsVersion::None;
                row.tls_known_present = Some(false);
                row.tls_mode = TlsMode::Cleartext;
            }
            _ if implicit => {
                row.tls_known_present = Some(true);
                row.tls_mode = TlsMode::Implicit;
            }
            _ => row.cipher_class = CipherClass::Unknown,
        }
    }
}

fn upper(mechanism: &[u8]) -> CompactString {
    let mechanism = text(mechanism);
    if mechanism.bytes().any(|byte| byte.is_ascii_lowercase()) { mechanism.to_ascii_uppercase() } else { mechanism }
}
