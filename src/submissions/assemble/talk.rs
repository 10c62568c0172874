//! Where client and server are in their talk, for servers that log it line by line.

/// Where client and server are in their talk.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Dialogue {
    /// Whether the log has it.
    pub is_logged: bool,
    /// Whether the session began with the server's greeting, in front of which a handshake of its own may stand.
    pub greeted: bool,
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
