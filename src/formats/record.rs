//! What one line of a log says, in words that every server's format shares.
//!
//! A record borrows from its line and interprets nothing beyond it: who a TLS version or a queue id belongs to is
//! found out by [`submissions`](crate::submissions).

mod message;
mod refusal;
mod session;

pub use message::{Accepted, Opened, Sequel, Taken, Tracked};
pub use refusal::{AuthFailed, RefusalKind, Refused, Rejected, Stage};
pub use session::{Client, Command, Counters, Encrypted, Ended, LoggedIn};

/// The largest message, in bytes: what is above 1 TiB is a mistake, and sums of such sizes might not fit into a column.
pub const LARGEST_MESSAGE: u64 = 1 << 40;

/// What one line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record<'a> {
    /// A client has connected: a session begins.
    Connected(Client<'a>),
    /// A client has connected. Which session that begins, only the server's [greeting](Record::Welcomed) tells.
    Arrived {
        /// Who.
        client: Client<'a>,
        /// The service that it has connected to; empty where its port stands for none.
        service: &'a [u8],
    },
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
    /// The account that the session's client has just proved to be may not send: the client has not authenticated.
    MayNotSend(AuthFailed<'a>),
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
        /// In base64, or what the server has left of it.
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
        /// Its queue id; none where it has none yet: it is the message that the session opens next.
        queue_id: Option<&'a [u8]>,
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
    /// The TLS handshake broke which the session's client had asked for. Where none had, the line is not of a session
    /// of this protocol.
    StartTlsFailed {
        /// With whom.
        client: Client<'a>,
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
        /// Who.
        recipient: &'a [u8],
    },
    /// The message could not be delivered to one of its recipients yet.
    Deferred {
        /// The message's queue id.
        queue_id: &'a [u8],
        /// Who.
        recipient: &'a [u8],
    },
    /// Every recipient of a message has been dealt with.
    Completed {
        /// The message's queue id.
        queue_id: &'a [u8],
    },
    /// An attempt that failed, told by one line.
    Refused(Refused<'a>),
}
