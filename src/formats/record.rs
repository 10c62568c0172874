//! What one line of a log says, in words that every server's format shares.
//!
//! A record borrows from its line and interprets nothing beyond it: who a TLS version or a queue id belongs to is
//! found out by [`submissions`](crate::submissions).

/// What one line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record<'a> {
    /// A client has connected: a session begins.
    Connected(Client<'a>),
    /// The session is encrypted from here on.
    Secured {
        /// Who, for the session whose beginning is not in the log.
        client: Client<'a>,
        /// The protocol version as the server spells it.
        version: &'a [u8],
        /// The cipher as the server spells it.
        cipher: &'a [u8],
    },
    /// The session's client has proved who it is: from here on, what it sends are submissions.
    Authenticated {
        /// Who, for the session whose beginning is not in the log.
        client: Client<'a>,
        /// The SASL mechanism; empty where the line does not say it.
        mechanism: &'a [u8],
        /// The identity that the server authenticated; empty where the line does not say it.
        account: &'a [u8],
    },
    /// A session begins whose client has authenticated before: one line tells of all of it.
    LoggedIn(LoggedIn<'a>),
    /// The session's client has asked to authenticate. Whether it did, the session's [end](Record::Ended) tells.
    Tried {
        /// The SASL mechanism; empty where the line does not say it.
        mechanism: &'a [u8],
        /// Whether the server went into it: then it succeeded, unless a line says that it failed.
        heard: bool,
    },
    /// The session's client gives up its [attempt](Record::Tried) to authenticate.
    GaveUp,
    /// What the session's client calls itself.
    Greeted {
        /// Its HELO name.
        helo: &'a [u8],
    },
    /// The session's client asks for encryption (`STARTTLS`).
    TlsAsked,
    /// The server greets the client: a session begins, unless its handshake was logged before (Implicit TLS).
    Welcomed(Client<'a>),
    /// The session's client begins to authenticate (`AUTH`, RFC 4954 section 4).
    AuthBegun {
        /// The SASL mechanism.
        mechanism: &'a [u8],
        /// What came with it, in base64; empty for nothing.
        response: &'a [u8],
    },
    /// The server asks the authenticating client for something (`334`).
    Challenged {
        /// For what, in base64.
        challenge: &'a [u8],
    },
    /// What a client sends where it may be an answer to a challenge.
    Answered {
        /// In base64.
        response: &'a [u8],
    },
    /// Another server begins to authenticate: what it sends is no client's, unless it says [whose](Record::SpeaksFor).
    PeerBegun,
    /// Another server has connected, to hand on what clients send that have authenticated there.
    PeerConnected(Client<'a>),
    /// The session's client is another server and speaks for the client of one of its own sessions (`XPROXY`).
    SpeaksFor {
        /// What tells that session apart there: see [`Format::session`](super::Format::session).
        session: u64,
        /// That client.
        client: Client<'a>,
        /// What that client calls itself.
        helo: &'a [u8],
    },
    /// What the session's client sends from here on is handed on to another server, whose log tells of it.
    HandedOn,
    /// The session's client has sent a command, which the server answers behind those that came before.
    Commanded(Command<'a>),
    /// The server does what the session's client has asked for first of what is not answered yet.
    Granted,
    /// The server refuses what the session's client has asked for first of what is not answered yet.
    Denied {
        /// The reply's code and text.
        reply: &'a [u8],
    },
    /// Authentication did not succeed, and another line [says for whom](Record::FailedAs), or
    /// [that it did not](Record::AuthFailed) where this one says for whom.
    AuthFailing(AuthFailed<'a>),
    /// For whom the authentication was that has just failed.
    FailedAs {
        /// As the client sent it.
        account: &'a [u8],
    },
    /// Another log of the server tells of a message that it has accepted in this session.
    Tracked(Tracked<'a>),
    /// The session's client begins a message (`MAIL FROM`).
    Sender {
        /// The envelope's sender.
        mail_from: &'a [u8],
    },
    /// The server has accepted a recipient of the session's message (`RCPT TO`).
    Recipient,
    /// The session's message has come in whole; the server has not accepted it yet.
    Content {
        /// The header's message id.
        message_id: &'a [u8],
        /// Its size in bytes.
        size: Option<u64>,
    },
    /// The session's message begins anew, or never came to its end (`RSET`).
    Reset,
    /// The session's message never came to its end, although the server had accepted some of its recipients.
    Abandoned,
    /// The server has accepted the session's message. Of a client that has not authenticated, it is no submission.
    Taken(Taken<'a>),
    /// An authenticated client has opened a message.
    Opened(Opened<'a>),
    /// A queue id begins a message that no client authenticated for.
    OpenedByOthers {
        /// Its queue id.
        queue_id: &'a [u8],
    },
    /// The header's message id.
    MessageId {
        /// The message's queue id.
        queue_id: &'a [u8],
        /// The id as logged, angle brackets included.
        message_id: &'a [u8],
    },
    /// The message is put on hold or will be dropped: the server says that it has it, unless it refuses it after all.
    SetAside {
        /// Its queue id.
        queue_id: &'a [u8],
        /// The envelope's sender.
        mail_from: &'a [u8],
    },
    /// The message is in the queue: the server has accepted it.
    Queued {
        /// Its queue id.
        queue_id: &'a [u8],
        /// The envelope's sender.
        mail_from: &'a [u8],
        /// Its size in bytes, as queued; none where the line does not say it.
        size: Option<u64>,
        /// How many recipients the server counts; none where the line does not say it.
        recipients: Option<u32>,
    },
    /// A filter in front of the queue has accepted the session's open message.
    Relayed {
        /// The queue id that the next hop gave it, where it said one.
        queue_id: Option<&'a [u8]>,
        /// The envelope's sender.
        mail_from: &'a [u8],
        /// What the client called itself.
        helo: &'a [u8],
    },
    /// Authentication did not succeed.
    AuthFailed(AuthFailed<'a>),
    /// The TLS handshake broke.
    TlsFailed {
        /// With whom.
        client: Client<'a>,
        /// What the line says of the cause.
        reason: &'a [u8],
    },
    /// The session is over because its TLS handshake broke.
    DisconnectedInHandshake {
        /// What the line says of the cause.
        reason: &'a [u8],
    },
    /// The session is over because the TLS library found something wrong: with its handshake, where that was not over.
    DisconnectedByTls {
        /// What the line says of the cause.
        reason: &'a [u8],
    },
    /// The TLS library's word on the handshake that has just broken in this session.
    TlsProblem {
        /// The library's message.
        reason: &'a [u8],
    },
    /// The server refused a command; with the queue id of a message that [may be refused](Sequel::Verdict), that.
    Rejected(Rejected<'a>),
    /// The server refused the session's message which [may be refused](Sequel::Verdict), as a line says that comes
    /// with other words for the same.
    TakenBack {
        /// Its queue id.
        queue_id: &'a [u8],
        /// The server's words.
        reason: &'a [u8],
    },
    /// The session is over.
    Disconnected {
        /// What the server counted in it, to be [read](Counters::read) where something depends on it.
        counters: &'a [u8],
    },
    /// The session is over, and the server sums up what it was.
    Ended(Ended<'a>),
    /// An authenticated client's message, told by one line.
    Accepted(Accepted<'a>),
    /// What has become of one recipient of a message that one line told of.
    Delivered {
        /// The message's queue id.
        queue_id: &'a [u8],
    },
    /// Every recipient of a message has been dealt with.
    Completed {
        /// The message's queue id.
        queue_id: &'a [u8],
    },
    /// An attempt that failed, told by one line.
    Refused(Refused<'a>),
}

/// The client's end of a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Client<'a> {
    /// Its name from reverse DNS; empty where there is none.
    pub name: &'a [u8],
    /// Its address.
    pub ip: &'a [u8],
}

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
    /// A [`Queued`](Record::Queued) of its queue id, which says the rest.
    Queued,
    /// The other recipients: the line tells of some of them, and each further line of the queue id adds its own.
    Recipients,
    /// The server's verdict on its content: it is accepted unless a [`Rejected`](Record::Rejected) or a
    /// [`TakenBack`](Record::TakenBack) of its queue id follows in this session before the next message, and soon.
    Verdict,
    /// The session's [end](Record::Ended), which says more of it.
    End,
    /// The word of the server behind, to which it was handed on, and which may log here too: then that opens the message
    /// under the same queue id, and this is what the server in front knows of it. It counts once.
    Behind,
}

/// A session of a client that has authenticated before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LoggedIn<'a> {
    /// Who.
    pub client: Client<'a>,
    /// The session's encryption.
    pub encrypted: Encrypted<'a>,
    /// The SASL mechanism.
    pub mechanism: &'a [u8],
    /// The identity that the server authenticated.
    pub account: &'a [u8],
}

/// What a server says of a session that is over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ended<'a> {
    /// Whose it was.
    pub client: Client<'a>,
    /// What the client called itself.
    pub helo: &'a [u8],
    /// The session's encryption.
    pub encrypted: Encrypted<'a>,
    /// Whether the client was allowed to send: where it had [tried](Record::Tried) to authenticate more often than that
    /// failed, it did.
    pub trusted: bool,
    /// The last reply that refused something, where that was an attempt to authenticate of which no other line tells;
    /// others may have gone the same way.
    pub auth_refused: &'a [u8],
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
    /// Whether later lines tell of each recipient ([`Delivered`](Record::Delivered)) and of the message's end.
    pub more_follows: bool,
}

/// An attempt that failed, told by one line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Refused<'a> {
    /// What was refused.
    pub kind: RefusalKind,
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

/// What a line says of its session's encryption.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encrypted<'a> {
    /// Nothing.
    #[default]
    Unsaid,
    /// There is none.
    No,
    /// There is some, of a version that the line does not say.
    Yes,
    /// This.
    With {
        /// The protocol version as the server spells it.
        version: &'a [u8],
        /// The cipher as the server spells it.
        cipher: &'a [u8],
    },
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

/// A command of a client's, in a log that has the replies too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command<'a> {
    /// `EHLO` or `HELO`.
    Hello {
        /// What the client calls itself.
        helo: &'a [u8],
    },
    /// `MAIL FROM`.
    Mail {
        /// The envelope's sender.
        mail_from: &'a [u8],
    },
    /// `RCPT TO`.
    Recipient,
    /// `DATA` or `BDAT`.
    Data,
    /// `RSET`.
    Reset,
    /// One that changes nothing, but has its reply.
    Other,
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
}

impl<'a> Rejected<'a> {
    /// What a line tells that says no more than this.
    #[must_use]
    pub fn at(stage: Stage, reply: &'a [u8]) -> Self {
        let client = Client::default();
        Self { queue_id: None, stage, client, reply, mail_from: b"", helo: b"", account: b"" }
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

/// What a server says it counted in a session that has ended; none of a command where it says nothing of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Whether the line has counters at all.
    pub present: bool,
    /// Successful authentications.
    pub auth: u32,
    /// Accepted `MAIL FROM` commands.
    pub mail: u32,
    /// Messages taken over by `DATA`.
    pub data: u32,
    /// Chunks taken over by `BDAT`, of which a message may have several.
    pub chunks: u32,
    /// Successful `STARTTLS` commands.
    pub starttls: u32,
}

impl Counters {
    /// Reads ` ehlo=2 starttls=1 auth=1/2 mail=1 …`, as Postfix writes them since 3.0: of a pair, the first number
    /// counts what succeeded.
    #[must_use]
    pub fn read(text: &[u8]) -> Self {
        let mut counters = Counters::default();
        for equals in memchr::memchr_iter(b'=', text) {
            let (name, value) = (&text[..equals], &text[equals + 1..]);
            if !value.first().is_some_and(u8::is_ascii_digit) {
                continue;
            }
            let digits = value.iter().take(9).take_while(|byte| byte.is_ascii_digit());
            let count = digits.fold(0, |count, digit| count * 10 + u32::from(digit - b'0'));
            counters.present = true;
            match name.last_chunk() {
                Some(b" auth") => counters.auth = count,
                Some(b" mail") => counters.mail = count,
                Some(b" data") => counters.data = count,
                Some(b" bdat") => counters.chunks = count,
                Some(b"rttls") => counters.starttls = count,
                _ => {}
            }
        }
        counters
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_count_what_succeeded() {
        let found =
            Counters::read(b" ehlo=2 starttls=1 auth=1/2 mail=7 rcpt=11/12 data=6 rset=1 quit=1 commands=30/31");
        let expected = Counters { present: true, auth: 1, mail: 7, data: 6, chunks: 0, starttls: 1 };
        assert_eq!(found, expected);
        assert_eq!(Counters::read(b""), Counters::default());
    }
}
