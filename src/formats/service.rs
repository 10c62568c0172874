//! Services by the names that their ports are registered with, for logs that have none of their own for them.

pub(super) const SMTP: &[u8] = b"smtp";

/// Where TLS begins with STARTTLS (RFC 6409).
pub(super) const SUBMISSION: &[u8] = b"submission";

/// Where TLS begins with the connection (RFC 8314 section 7.3). Until it was registered it was called `smtps`, which the
/// configuration of a Postfix may go on to do.
pub(super) const SUBMISSIONS: &[u8] = b"submissions";

/// The service that a port is registered for; none of a port that is no mail server's.
pub(super) fn of_port(port: &[u8]) -> Option<&'static [u8]> {
    match port {
        b"25" => Some(SMTP),
        b"465" => Some(SUBMISSIONS),
        b"587" => Some(SUBMISSION),
        _ => None,
    }
}
