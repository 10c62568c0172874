//! A client's session: its TLS, its open messages, and the refusals that can only be judged at its end.

mod end;
mod login;

use super::HORIZON;
use super::encryption::{Tls, mode_of};
use super::known::Known;
use super::pending::Pending;
use super::rejects::Rejects;
use super::said::Said;
use super::talk::Dialogue;
use super::texts::Texts;
use crate::calendar::Timestamp;
use crate::formats::record::{Client, Encrypted};
use crate::submissions::tls::{TlsMode, TlsVersion};
use crate::submissions::{Refusal, RefusalKind, Rows, text};

/// A host's number, and what tells its sessions apart: see [`Format::session`](crate::formats::Format::session).
pub(super) type SessionKey = (u32, u64);

/// The most refusals of a session that wait for its end: servers hang up long before.
const MOST_SILENT: usize = 1_000;

/// Which session: its place, and its number among all that there have been, since places are used again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct SessionId {
    pub slot: u32,
    /// From 1.
    pub serial: u64,
}

/// A session since its connect line.
#[derive(Debug, Default)]
pub(super) struct Session {
    pub id: SessionId,
    pub started: Timestamp,
    pub host: u32,
    pub service: u32,
    /// How TLS begins in this service, where there is TLS.
    pub tls_begins: TlsMode,
    pub tls: Option<Tls>,
    /// The message that a filter in front of the queue holds.
    pub in_filter: Option<u32>,
    /// The accepted message of which more lines may tell: of its recipients, or that it is refused after all.
    pub unfinished: Option<u32>,
    /// The sender of the message that is about to be opened, where it is known already that it will not be queued.
    pub set_aside: Option<Box<[u8]>>,
    /// Messages that are open.
    pub open: Vec<u32>,
    /// Messages that were accepted.
    pub accepted: u32,
    /// Whether the connect line was read.
    pub known: bool,
    /// Whether its beginning cannot be missing, although no line says that it began.
    pub whole: bool,
    /// Whether the host logs TLS versions.
    pub tls_logged: bool,
    /// Until when that is proof enough that there is none where no line says a version.
    pub proven_until: Timestamp,
    /// Refused commands that wait for the session's end.
    pub rejects: Rejects,
    /// A handshake that broke; the library's reason may come on a later line.
    tls_failure: Option<Box<Refusal>>,
    /// The client's address and name.
    client: Texts<2>,
    /// Messages that were opened.
    opened: u32,
    /// Who opened the last one, as logged.
    account: Vec<u8>,
    /// Whether the client has authenticated, where a line of its own says so.
    pub authenticated: bool,
    /// Whether a message of it has said that the client had authenticated.
    pub says_login: bool,
    /// Whether the client has asked to authenticate, where only the session's end says how that went.
    pub tried: bool,
    /// How often the server went into that.
    pub auth_attempts: u32,
    /// How many attempts have failed.
    pub failures: u32,
    /// How many attempts the client has given up.
    pub given_up: u32,
    /// Whether there is TLS, where a line says so without its version.
    pub encrypted: bool,
    /// Messages that were accepted and wait for the session's end.
    pub held: Vec<u32>,
    /// Messages that were accepted as if there were no TLS, of which the session's end may say otherwise.
    pub silent: Vec<u32>,
    /// The same, as long as they wait for what a server in front says of them.
    pub behind: Vec<u32>,
    /// Refusals as if there were no TLS, of which the same is true.
    pub silent_refusals: Vec<Refusal>,
    /// Whether it is a session of a server that stands in front of the one whose log this is.
    pub in_front: bool,
    /// What its own lines say of the client and its next message.
    pub said: Said,
    /// Where the client and the server are in their talk, where the log has it.
    pub dialogue: Dialogue,
    /// What the client has asked for and the server has not answered yet, where the log has it.
    pub pending: Pending,
    /// An authentication that failed; for whom and with which reply may come on later lines.
    auth_failure: Option<Box<Refusal>>,
}

impl Session {
    /// Begins anew, with nothing known yet but who it is; its memory is used again. Each field is named here, so that none
    /// that is new can keep what another session had.
    pub(super) fn begin(&mut self, id: SessionId, at: Timestamp, host: u32) {
        (self.id, self.started, self.host) = (id, at, host);
        #[rustfmt::skip]
        let Self {
            id: _, started: _, host: _,
            // What its first line says, see `serve`.
            service: _, tls_begins: _, client: _,
            tls, in_filter, unfinished, set_aside, tls_failure, auth_failure, proven_until,
            known, whole, tls_logged, authenticated, says_login, tried, encrypted, in_front,
            accepted, opened, auth_attempts, failures, given_up,
            open, held, silent, behind, silent_refusals, rejects, account, said, pending, dialogue,
        } = self;
        (*tls, *set_aside, *tls_failure, *auth_failure) = (None, None, None, None);
        (*in_filter, *unfinished, *proven_until) = (None, None, Timestamp::MAX);
        for flag in [known, whole, tls_logged, authenticated, says_login, tried, encrypted, in_front] {
            *flag = false;
        }
        for count in [accepted, opened, auth_attempts, failures, given_up] {
            *count = 0;
        }
        for messages in [open, held, silent, behind] {
            messages.clear();
        }
        silent_refusals.clear();
        rejects.clear();
        account.clear();
        said.clear();
        pending.clear();
        *dialogue = Dialogue::default();
    }

    /// A line names the client of a session whose first line did not.
    pub(super) fn meet(&mut self, client: Client<'_>) {
        if self.client.get(0).is_empty() {
            self.client.set([client.ip, client.name]);
        }
    }

    /// A line says what there is of TLS, once and for all of the session.
    pub(super) fn encrypt(&mut self, encrypted: Encrypted<'_>, known: &mut Known) {
        match encrypted {
            Encrypted::Unsaid => {}
            Encrypted::No => self.tls_logged = true,
            Encrypted::Yes => self.encrypted = true,
            Encrypted::With { version, cipher } => self.tls = Some(known.tls(version, cipher)),
        }
    }

    /// The account as it was logged.
    pub(super) fn account(&self) -> &[u8] {
        &self.account
    }

    /// The client begins a message.
    pub(super) fn begin_message(&mut self, mail_from: &[u8]) {
        self.settle();
        self.said.send_as(mail_from);
    }

    /// What its first line says.
    pub(super) fn serve(&mut self, service: &[u8], number: u32, client: Client<'_>) {
        self.service = number;
        self.tls_begins = mode_of(service);
        self.client.set([client.ip, client.name]);
    }

    /// Whether the session lacks at this time what may stand in lines before it: its beginning, or what proves its silence
    /// about TLS.
    pub(super) fn is_orphan(&self, at: Timestamp) -> bool {
        self.began_unseen(at) || (self.tls.is_none() && at > self.proven_until)
    }

    /// Whether the session's beginning is not known at this time: not read, or too long ago.
    pub(super) fn began_unseen(&self, at: Timestamp) -> bool {
        (!(self.known || self.whole) && self.tls.is_none()) || at - self.started > HORIZON
    }

    /// Whether it is the session of a line's client. It is another one where the lines between are missing or come
    /// again, and where a proxy names the client that it speaks for (XCLIENT): what is known of TLS is not this one's.
    /// A session whose first line named nobody is any client's.
    pub(super) fn is_with(&self, client: Client<'_>) -> bool {
        self.client.get(0) == client.ip || client.ip.is_empty() || self.client.get(0).is_empty()
    }

    /// Whether a line's session is the next one of the process, where the beginning of neither is in the log: another
    /// client's, or one in which comes again what comes once.
    pub(super) fn is_before(&self, client: Client<'_>, again: bool) -> bool {
        let of_another = || !self.client.get(0).is_empty() && !self.is_with(client);
        !self.known && (again || of_another())
    }

    /// Whether TLS begins no more in it: it has begun, or the client has sent messages, for which it would have to log in
    /// anew (RFC 3207 section 4.2).
    pub(super) fn is_past_tls(&self) -> bool {
        self.tls.is_some() || self.opened > 0
    }

    /// The TLS version, for a refusal.
    pub(super) fn tls_version(&self, at: Timestamp, client: Client<'_>) -> TlsVersion {
        match &self.tls {
            _ if self.is_orphan(at) || !self.is_with(client) => TlsVersion::Unknown,
            Some(tls) => tls.version,
            None if self.tls_logged && !self.dialogue.tls_asked && !self.encrypted => TlsVersion::None,
            None => TlsVersion::Unknown,
        }
    }

    /// A message was opened.
    pub(super) fn note_opened(&mut self, account: &[u8]) {
        self.opened += 1;
        self.account.clear();
        self.account.extend_from_slice(account);
    }

    /// A message was opened and accepted at once.
    pub(super) fn count_message(&mut self) {
        (self.opened, self.accepted) = (self.opened + 1, self.accepted + 1);
    }

    /// A message is open, in a place that one of the session may have had which was refused.
    pub(super) fn open(&mut self, message: u32) {
        // Looking costs many open ones much less than moving them.
        if self.open.contains(&message) {
            self.open.retain(|open| *open != message);
        }
        self.open.push(message);
    }

    /// A message was accepted: one of this session's, unless it has been judged before.
    pub(super) fn note_accepted(&mut self, message: u32) {
        // Mostly it is the one that was opened last.
        if let Some(place) = self.open.iter().rposition(|open| *open == message) {
            self.open.swap_remove(place);
            self.accepted += 1;
        }
    }

    /// How many messages were opened.
    pub(super) fn opened(&self) -> u32 {
        self.opened
    }

    /// The client that a line names, or where it names none, the session's.
    pub(super) fn client<'a>(&'a self, client: Client<'a>) -> Client<'a> {
        if client.ip.is_empty() { Client { ip: self.client.get(0), name: self.client.get(1) } } else { client }
    }

    /// The session's part of a refusal, of the client that the line names.
    pub(super) fn refusal(&self, at: Timestamp, client: Client<'_>, known: &Known) -> Refusal {
        let client = self.client(client);
        Refusal {
            ts: at,
            server: known.server(self.host).into(),
            service: known.service_name(self.service).into(),
            client_ip: known.spelling.address(&text(client.ip)).into(),
            client_name: text(client.name),
            ..Refusal::default()
        }
    }

    /// Whether the session's end may say of a refusal that there was TLS after all.
    pub(super) fn is_awaited(&self, row: &Refusal<&str>) -> bool {
        row.tls_version == TlsVersion::None && self.silent_refusals.len() < MOST_SILENT
    }

    /// Keeps a refusal that was announced until then.
    pub(super) fn keep_silent(&mut self, row: Refusal) {
        self.silent_refusals.push(row);
    }

    /// A handshake has broken.
    pub(super) fn fail_tls(&mut self, at: Timestamp, client: Client<'_>, reason: &[u8], known: &Known) {
        let row = Refusal { kind: RefusalKind::TlsFailed, reason: text(reason), ..self.refusal(at, client, known) };
        self.tls_failure = Some(Box::new(row));
    }

    /// The TLS library's word on the handshake that has broken.
    pub(super) fn explain_tls_failure(&mut self, reason: &[u8]) {
        if let Some(failure) = &mut self.tls_failure {
            failure.reason = text(reason);
        }
    }

    /// There was TLS: what broke was not the handshake.
    pub(super) fn forget_tls_failure(&mut self) {
        self.tls_failure = None;
    }

    /// Reports a broken handshake, now that no reason can come any more.
    pub(super) fn flush_tls_failure(&mut self, rows: &mut dyn Rows) {
        if let Some(failure) = self.tls_failure.take() {
            rows.refusal(&failure.view());
        }
    }
}
