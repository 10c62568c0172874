//! What lines say of a client that authenticates: its `AUTH` command, and what a plugin has asked another server.

use memchr::memmem;

use crate::formats::record::{AuthFailed, Client, Record};
use crate::formats::sasl;

/// How a line begins with which a plugin says what another server has made of an account.
pub(super) const AUTH_USER: &[u8] = b"AUTH user=\"";

/// `USER" host="HOST" success=true` of `auth/auth_proxy`, without a host of `auth/auth_vpopmaild`. The user is whatever
/// the client sent, quotes included, so that it is read from the end. A failure that shows here is counted where the
/// [next line](Record::AuthFailed) tells of it.
pub(super) fn proxied<'a>(text: &'a [u8], origin: &[u8]) -> Option<Record<'a>> {
    let (text, succeeded) = match text.strip_suffix(b" success=true") {
        Some(text) => (text, true),
        None => (text.strip_suffix(b" success=false")?, false),
    };
    let text = text.strip_suffix(b"\"")?;
    let account = match origin {
        _ if origin.ends_with(b"auth_vpopmaild") => text,
        _ if origin.ends_with(b"auth_proxy") => &text[..memmem::rfind(text, b"\" host=\"")?],
        _ => return None,
    };
    let (client, mechanism) = (Client::default(), &b""[..]);
    Some(match succeeded {
        true => Record::Authenticated { client, mechanism, account },
        false => {
            Record::AuthFailing(AuthFailed { client, mechanism, account: Some(account), reason: b"", aborted: false })
        }
    })
}

/// What follows the command in `C: AUTH …`.
pub(super) fn behind_auth(text: &[u8]) -> Option<&[u8]> {
    let (command, rest) = text.split_at_checked(b"C: AUTH ".len())?;
    command.eq_ignore_ascii_case(b"C: AUTH ").then_some(rest)
}

/// The mechanism in `C: AUTH PLAIN …`; what stands behind it is not looked at.
pub(super) fn mechanism(text: &[u8]) -> Option<&[u8]> {
    Some(sasl::mechanism(behind_auth(text)?)).filter(|name| !name.is_empty())
}
