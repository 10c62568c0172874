//! Commands to authenticate that the server did not go into: not before TLS, not with this mechanism, not from this
//! client. So shows a device that goes on as before once something is switched off.
//!
//! The client's words are its HELO name and ident, and the command. That is left out but for the mechanism, since
//! credentials may stand behind it. An address is read only where none of these words can have put it there.

use memchr::memmem;

use super::host::remote_hosts;
use super::refused::{clients, only};
use crate::formats::Unreadable;
use crate::formats::record::{RefusalKind, Refused};
use crate::formats::sasl;

/// How a line of `synprot_error` in `smtp_in.c` begins, which `log_selector = +smtp_protocol_error` asks for.
const ERROR: &[u8] = b"SMTP protocol error in \"";

/// How it ends where the server offers no authentication at all, or not this one.
const NOT_ADVERTISED: &[u8] = b" AUTH command used when not advertised";
const NOT_SUPPORTED: &[u8] = b" authentication mechanism not supported";

/// What `smtp_handle_acl_fail` in `smtp_in.c` calls a command that `acl_smtp_auth` has refused.
const REJECTED: &[u8] = b" rejected AUTH ";

/// Whether a line tells of such a command.
pub(super) fn is_refused_command(text: &[u8]) -> bool {
    match text {
        [b'H', b'=', ..] | [b' ', b'D', b'S', b' ', b'H', b'=', ..] => memmem::find(text, REJECTED).is_some(),
        [b'S', b'M', b'T', b'P', ..] => {
            text.starts_with(ERROR) && (text.ends_with(NOT_ADVERTISED) || text.ends_with(NOT_SUPPORTED))
        }
        _ => false,
    }
}

/// The refusal that such a line tells of.
pub(super) fn refused_command(text: &[u8]) -> Result<Option<Refused<'_>>, Unreadable> {
    match text.strip_prefix(ERROR) {
        Some(text) => out_of_place(text),
        None => rejected(text.strip_prefix(b" DS ").unwrap_or(text)),
    }
}

/// `AUTH MECHANISM …" H=HOST WHY`, from the command on; none of another command, or of a session on this host.
fn out_of_place(text: &[u8]) -> Result<Option<Refused<'_>>, Unreadable> {
    const HOST: &[u8] = b"\" H=";
    let Some((command, said)) = text.split_at_checked(b"AUTH".len()) else { return Ok(None) };
    let (whence, reason) = match said.strip_suffix(NOT_ADVERTISED) {
        Some(whence) => (whence, NOT_ADVERTISED),
        // In front of these words, the client's for the mechanism stands once more.
        None => {
            let named = said.strip_suffix(NOT_SUPPORTED).unwrap_or_default();
            (&named[..memchr::memrchr(b' ', named).unwrap_or(0)], NOT_SUPPORTED)
        }
    };
    let mut places = memmem::find_iter(whence, HOST).peekable();
    if !command.eq_ignore_ascii_case(b"AUTH") || places.peek().is_none() {
        return Ok(None);
    }
    let host = only(
        places.flat_map(|at| remote_hosts(&whence[at + HOST.len()..])),
        "AUTH out of place from a host that cannot be read",
    )?;
    let (kind, (mechanism, _)) = (RefusalKind::AuthFailed, mechanism(said.trim_ascii_start()));
    let reason = reason.trim_ascii_start();
    Ok(Some(Refused { kind, client: host.client, helo: host.helo, mechanism, reason, ..Refused::default() }))
}

/// `H=HOST U=IDENT X=… CV=… DN="…" SNI=… temporarily rejected AUTH MECHANISM: WHY`; up to 4.96, credentials may stand
/// behind the mechanism.
fn rejected(text: &[u8]) -> Result<Option<Refused<'_>>, Unreadable> {
    let Some(text) = text.strip_prefix(b"H=") else { return Ok(None) };
    let mut readings = memmem::find_iter(text, REJECTED).flat_map(|at| {
        let (whence, said) = (&text[..at], &text[at + REJECTED.len()..]);
        clients(whence.strip_suffix(b" temporarily").unwrap_or(whence)).map(move |client| (client, said))
    });
    let Some(((host, encrypted), said)) = readings.next() else { return Ok(None) };
    // One of them is the server's, which closes a HELO name and opens an address; which, does not show.
    if readings.next().is_some() || memmem::find_iter(text, b") [").nth(1).is_some() {
        return Err(Unreadable("refusal that can be read in several ways"));
    }
    let (kind, (mechanism, behind)) = (RefusalKind::AuthFailed, mechanism(said));
    let reason = behind.strip_prefix(b": ").unwrap_or(REJECTED.trim_ascii());
    Ok(Some(Refused { kind, client: host.client, helo: host.helo, encrypted, mechanism, reason, ..Refused::default() }))
}

/// The mechanism that a text begins with, if it is one, and what stands behind it.
fn mechanism(text: &[u8]) -> (&[u8], &[u8]) {
    let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let (name, behind) = text.split_at(text.iter().take_while(|byte| is_of_name(byte)).count());
    let is_whole = matches!(behind, [] | [b' ' | b':' | b'"', ..]);
    (if is_whole { sasl::mechanism(name) } else { b"" }, behind)
}
