//! A client's session: its TLS, its open messages, and the refusals that can only be judged at its end.
//!
//! A rejected recipient is a refusal only where the client had authenticated and the message went to nobody else.
//! Neither is known at the reject's line: both show at the session's end, from its counters where the server logs
//! them (Postfix since 3.0) and from its messages where not.

use super::message::Message;
use super::{CompactString, HORIZON, SessionKey};
use crate::calendar::Timestamp;
use crate::formats::record::{Client, Counters, Rejected, Stage};
use crate::submissions::cipher::CipherClass;
use crate::submissions::tls::TlsVersion;
use crate::submissions::{Refusal, RefusalKind, Rows, Submission, text};

/// The most rejects that one session keeps to be judged: a flood past that adds nothing to know.
const MOST_REJECTS: usize = 10_000;

/// A session since its connect line.
#[derive(Debug)]
pub(super) struct Session {
    pub key: SessionKey,
    pub started: Timestamp,
    pub server: CompactString,
    pub service: CompactString,
    pub tls: Option<Tls>,
    /// A handshake that broke; the library's reason may come on a later line.
    pub tls_failure: Option<Box<Refusal>>,
    /// The message that a filter in front of the queue holds.
    pub in_filter: Option<Box<Message>>,
    /// Queue ids of messages that are open.
    pub open: Vec<CompactString>,
    /// Messages that were accepted.
    pub accepted: u32,
    client_ip: CompactString,
    client_name: CompactString,
    account: CompactString,
    /// Whether the connect line was read.
    pub known: bool,
    /// Whether the host logs TLS versions.
    pub tls_logged: bool,
    /// Messages that were opened.
    opened: u32,
    rejects: Vec<Reject>,
}

/// The session's encryption.
#[derive(Clone, Debug)]
pub(super) struct Tls {
    pub version: TlsVersion,
    pub cipher: CompactString,
    pub class: CipherClass,
}

/// A refused command that waits for the session's end.
#[derive(Debug)]
struct Reject {
    row: Refusal,
    mail_from: CompactString,
    /// How many messages had been opened before it.
    after: u32,
}

impl Default for Session {
    fn default() -> Self {
        Self {
            key: SessionKey(u32::MAX, 0),
            started: 0,
            server: CompactString::default(),
            service: CompactString::default(),
            tls: None,
            tls_failure: None,
            in_filter: None,
            open: Vec::new(),
            accepted: 0,
            client_ip: CompactString::default(),
            client_name: CompactString::default(),
            account: CompactString::default(),
            known: false,
            tls_logged: false,
            opened: 0,
            rejects: Vec::new(),
        }
    }
}

impl Session {
    /// Begins anew, with nothing known yet but who it is.
    pub(super) fn restart(
        &mut self,
        at: Timestamp,
        key: SessionKey,
        server: &[u8],
        service: Option<&[u8]>,
        client: Client<'_>,
    ) {
        *self = Self {
            key,
            started: at,
            server: text(server),
            service: service.map(text).unwrap_or_default(),
            client_ip: text(client.ip),
            client_name: text(client.name),
            ..Self::default()
        };
    }

    /// Whether the service begins every session with TLS (RFC 8314 section 3.3).
    pub(super) fn is_implicit(&self) -> bool {
        matches!(self.service.as_str(), "smtps" | "submissions")
    }

    /// Whether the session's beginning is not known at this time: not read, or too long ago.
    pub(super) fn is_orphan(&self, at: Timestamp) -> bool {
        (!self.known && self.tls.is_none()) || at - self.started > HORIZON
    }

    /// Whether it is the session of a line's client. It is another one where the lines between are missing or come
    /// again, and where a proxy names the client that it speaks for (XCLIENT): what is known of TLS is not this one's.
    pub(super) fn is_with(&self, client: Client<'_>) -> bool {
        client.ip.is_empty() || self.client_ip.as_bytes() == client.ip
    }

    /// The TLS version, for a refusal.
    pub(super) fn tls_version(&self, at: Timestamp, client: Client<'_>) -> TlsVersion {
        match &self.tls {
            _ if self.is_orphan(at) || !self.is_with(client) => TlsVersion::Unknown,
            Some(tls) => tls.version,
            None if self.tls_logged => TlsVersion::None,
            None => TlsVersion::Unknown,
        }
    }

    /// A message was opened.
    pub(super) fn note_opened(&mut self, account: &CompactString, queue_id: Option<&[u8]>) {
        self.opened += 1;
        self.account.clone_from(account);
        self.open.extend(queue_id.map(text));
    }

    /// A message was accepted: one of this session's, unless the process has begun another session since.
    pub(super) fn note_accepted(&mut self, queue_id: &CompactString) {
        if let Some(place) = self.open.iter().position(|open| open == queue_id) {
            self.open.swap_remove(place);
            self.accepted += 1;
        }
    }

    /// Keeps a refused command until the session's end.
    pub(super) fn reject(&mut self, at: Timestamp, tls_version: TlsVersion, rejected: &Rejected<'_>) {
        if self.rejects.len() >= MOST_REJECTS {
            return;
        }
        let reply = text(rejected.reply);
        let by_sender = rejected.stage == Stage::Mail || reply.contains("Sender address rejected");
        let row = Refusal {
            account: owner(&reply).unwrap_or_default(),
            helo: text(rejected.helo),
            tls_version,
            kind: if by_sender { RefusalKind::SenderRejected } else { RefusalKind::RecipientsRejected },
            code: code(&reply),
            reason: reply,
            ..self.refusal(at, rejected.client)
        };
        self.rejects.push(Reject { row, mail_from: text(rejected.mail_from), after: self.opened });
    }

    /// The session's part of a refusal, of the client that the line names.
    pub(super) fn refusal(&self, at: Timestamp, client: Client<'_>) -> Refusal {
        let (client_ip, client_name) = match client.ip {
            b"" => (self.client_ip.clone(), self.client_name.clone()),
            ip => (text(ip), text(client.name)),
        };
        let (server, service) = (self.server.clone(), self.service.clone());
        Refusal { ts: at, server, service, client_ip, client_name, ..Refusal::default() }
    }

    /// A handshake has broken.
    pub(super) fn fail_tls(&mut self, at: Timestamp, client: Client<'_>, reason: &[u8]) {
        let row = Refusal { kind: RefusalKind::TlsFailed, reason: text(reason), ..self.refusal(at, client) };
        self.tls_failure = Some(Box::new(row));
    }

    /// The time of the earliest row that waits for the session's end.
    pub(super) fn pending_since(&self) -> Option<Timestamp> {
        let failure = self.tls_failure.as_ref().map(|failure| failure.ts);
        let reject = self.rejects.first().map(|reject| reject.row.ts);
        let message = self.in_filter.as_ref().map(|message| message.row.ts);
        failure.into_iter().chain(reject).chain(message).min()
    }

    /// Judges what waited for the end.
    pub(super) fn end(&mut self, counters: Option<Counters>, rows: &mut dyn Rows) {
        self.flush_tls_failure(rows);
        let rejects = std::mem::take(&mut self.rejects);
        let counters = counters.filter(|counters| counters.present);
        let authenticated = !self.account.is_empty() || counters.is_some_and(|counters| counters.auth > 0);
        if rejects.is_empty() || !authenticated {
            return;
        }
        let failed = counters.map(|counters| counters.mail.saturating_sub(self.opened) as usize);
        for mut reject in transactions(rejects, failed, self.opened) {
            if !self.account.is_empty() {
                reject.row.account.clone_from(&self.account);
            }
            if self.is_orphan(reject.row.ts) {
                rows.orphan(reject.row.ts);
            }
            rows.refusal(&reject.row);
        }
    }

    /// Whether the server took over no more messages than were seen accepted, so that the rest never will be.
    pub(super) fn took_over_no_more(&self, counters: Counters) -> bool {
        counters.present && counters.chunks == 0 && self.accepted >= counters.data
    }

    /// Reports a broken handshake, now that no reason can come any more.
    pub(super) fn flush_tls_failure(&mut self, rows: &mut dyn Rows) {
        if let Some(failure) = self.tls_failure.take() {
            rows.refusal(&failure);
        }
    }
}

/// The rejects that stand for a whole transaction each, of `failed` transactions where the server counted them.
///
/// Rejects at `MAIL FROM` are transactions of their own. Rejected recipients of one sender between two messages
/// are one transaction, and where a message of the session was opened behind them they may be recipients of that
/// one: the server's count decides how many are not.
fn transactions(rejects: Vec<Reject>, failed: Option<usize>, opened: u32) -> Vec<Reject> {
    let (mut chosen, recipients): (Vec<_>, Vec<_>) = rejects.into_iter().partition(is_at_mail);
    let mut groups: Vec<Vec<Reject>> = Vec::new();
    for reject in recipients {
        match groups.last_mut().filter(|group| group[0].after == reject.after && group[0].mail_from == reject.mail_from)
        {
            Some(group) => group.push(reject),
            None => groups.push(vec![reject]),
        }
    }
    let (alone, followed): (Vec<_>, Vec<_>) = groups.into_iter().partition(|group| group[0].after == opened);
    let failed = failed.unwrap_or(alone.len());
    let mut whole = Vec::new();
    let mut spare = Vec::new();
    for mut group in alone.into_iter().chain(followed).take(failed) {
        whole.extend(group.pop());
        spare.extend(group);
    }
    let missing = failed - whole.len();
    chosen.extend(whole);
    chosen.extend(spare.into_iter().take(missing));
    chosen
}

/// Whether the sender was refused before any recipient was named.
fn is_at_mail(reject: &Reject) -> bool {
    reject.row.kind == RefusalKind::SenderRejected && !reject.row.reason.contains("Sender address rejected")
}

/// The account in `not owned by user U`: the only place where a reject names it.
fn owner(reply: &str) -> Option<CompactString> {
    let (_, user) = reply.split_once("not owned by user ")?;
    Some(user.to_lowercase().into())
}

/// The three digits that a reply begins with (RFC 5321 section 4.2).
fn code(reply: &str) -> CompactString {
    let digits = reply.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 3 { reply[..3].into() } else { CompactString::default() }
}

/// The refusal of a message's content.
pub(super) fn data_rejected(at: Timestamp, row: &Submission, rejected: &Rejected<'_>) -> Refusal {
    let reason = text(rejected.reply);
    Refusal { ts: at, kind: RefusalKind::DataRejected, code: code(&reason), reason, ..Refusal::from(row) }
}
