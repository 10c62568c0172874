//! Where client and server are in their talk, for servers that log it line by line.

use crate::formats::record::Stage;

/// Where client and server are in their talk.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Dialogue {
    /// Whether the log has it.
    pub heard: bool,
    /// What the client has asked for last, and the server has not answered yet.
    pub asked: Asked,
    /// Whether the client has asked for encryption, and was not refused.
    pub tls_asked: bool,
    /// Whether the client is authenticating.
    pub trying: bool,
    /// Whether the client is authenticating as a server.
    pub trying_as_peer: bool,
    /// Whether the client is a server that has authenticated as one.
    pub is_peer: bool,
    /// Whether the client is a server that hands on what its authenticated clients send.
    pub of_peer: bool,
    /// What the client's next answer is.
    pub awaited: Awaited,
}

/// What a client has asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Asked {
    /// Nothing that matters.
    #[default]
    Nothing,
    /// Encryption.
    Tls,
    /// To be taken for who it says it is.
    Auth,
    /// To be taken for another server's client.
    SpeakFor,
    /// A command of a message's transaction.
    Message(Stage),
}

/// What a client's answer to the server's challenge is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Awaited {
    /// Nothing that may be looked at.
    #[default]
    Nothing,
    /// The name.
    Name,
    /// The one message of PLAIN (RFC 4616).
    Plain,
}
