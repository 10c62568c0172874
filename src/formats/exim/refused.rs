//! Lines of what was refused: logins and handshakes that failed, and content.
//!
//! `receive.c` and `smtp_in.c` put the client's HELO name and ident in front of the server's words, and the account that
//! it tried behind them. Each may hold what looks like the others, so a line is read at every place where the server's
//! words may begin, and tells of a refusal only where it makes sense in one way.
//!
//! What is refused before there is content is left alone: at `MAIL` a line does not say who had authenticated, and at
//! `RCPT` not whether the message went to other recipients.

use memchr::memmem;

use super::auth::{is_refused_command, refused_command};
use super::fields::{encrypted, named, without_flags};
use super::host::{Host, remote_hosts, skip, without_connection};
use super::mechanism;
use super::tail::end;
use crate::formats::Unreadable;
use crate::formats::record::{Encrypted, Record, RefusalKind, Refused};

/// How a line begins that tells of TLS.
const ON_CONNECTION: &[u8] = b"TLS error on connection ";

/// Whether a line without an id tells of a refusal.
pub(super) fn is_refusal(text: &[u8]) -> bool {
    text.starts_with(ON_CONNECTION) || authenticator(text).is_some() || is_refused_command(text)
}

/// `NAME authenticator failed for …`: the name, and what follows.
fn authenticator(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (name, rest) = text.split_at(memchr::memchr(b' ', text)?);
    Some((name, rest.strip_prefix(b" authenticator failed for ")?))
}

/// Where ` (…` begins. A line is short, and few of its bytes are brackets: to prepare a search costs more.
fn in_brackets(text: &[u8], words: &'static [u8]) -> impl Iterator<Item = usize> {
    let blanks = memchr::memchr_iter(b'(', text).filter_map(|bracket| bracket.checked_sub(1));
    blanks.filter(move |at| text[*at..].starts_with(words))
}

/// Lines without an id.
pub(super) fn refused(text: &[u8]) -> Result<Option<Record<'_>>, Unreadable> {
    let refused = match authenticator(text) {
        Some((authenticator, rest)) => Some(auth_failed(authenticator, rest)?),
        None if text.starts_with(ON_CONNECTION) => tls_failed(text),
        None => refused_command(text)?,
    };
    Ok(refused.map(Record::Refused))
}

/// How a line ends whose client went away in the handshake, with OpenSSL.
const CLOSED: &[u8] = b" SSL_accept: TCP connection closed by peer";

/// `TLS error on connection Ci=ID from NAME (HELO) [IP] (gnutls_handshake): REASON`; errors after the handshake refuse
/// nobody. With OpenSSL it is `(SSL_accept): REASON`, in newer versions also `(SSL_accept (TLSv1.0)): REASON`.
fn tls_failed(text: &[u8]) -> Option<Refused<'_>> {
    let rest = text.strip_prefix(ON_CONNECTION)?;
    let rest = skip(rest, b"Ci=").map_or(rest, <[u8]>::trim_ascii_start).strip_prefix(b"from ")?;
    let marks = [&b" (gnutls_handshake)"[..], b" (SSL_accept)", b" (SSL_accept ("];
    let handshakes = marks.into_iter().flat_map(|mark| in_brackets(rest, mark));
    let handshakes = handshakes.chain(rest.strip_suffix(CLOSED).map(<[u8]>::len));
    let host = |at: usize| Host::of(rest[..at].strip_suffix(b" (via inetd)").unwrap_or(&rest[..at]));
    // The client's words stand in front of the server's, and the library's words behind them name no host.
    let (host, at) = handshakes.map(|at| (host(at), at)).max_by_key(|(host, at)| (host.is_some(), *at))?;
    let (host, said) = (host.unwrap_or_default(), &rest[at..]);
    let reason = memmem::find(said, b": ").map_or(&b""[..], |at| &said[at + 2..]);
    Some(Refused { kind: RefusalKind::TlsFailed, client: host.client, helo: host.helo, reason, ..Refused::default() })
}

/// `NAME (HELO) [IP]: 535 Incorrect authentication data (set_id=ACCOUNT)`, or `: 435 Unable to authenticate at present
/// (set_id=ACCOUNT): WHY`.
fn auth_failed<'a>(authenticator: &'a [u8], text: &'a [u8]) -> Result<Refused<'a>, Unreadable> {
    const ACCOUNT: &[u8] = b" (set_id=";
    let (host, reply) =
        only(replies(text.strip_prefix(b"H=").unwrap_or(text)), "authenticator failed for a host that cannot be read")?;
    let code = &reply[..3];
    let end = in_brackets(reply, ACCOUNT).next();
    let account = end.map_or(&b""[..], |end| &reply[end + ACCOUNT.len()..]);
    // Behind the account of one that could not be judged stands why.
    let why = if code == b"435" { memmem::find(account, b"): ") } else { None };
    let account = why.map_or(account.strip_suffix(b")").unwrap_or(account), |why| &account[..why]);
    let kind = if code == b"501" { RefusalKind::AuthAborted } else { RefusalKind::AuthFailed };
    let (mechanism, reason) = (mechanism(authenticator), &reply[..end.unwrap_or(reply.len())]);
    let Host { client, helo, .. } = host;
    Ok(Refused { kind, client, helo, mechanism, account, reason, code, ..Refused::default() })
}

/// The hosts and the replies that a text can be: `HOST U=IDENT Ci=ID: 535 …`, or of a session on this host `LOGIN: 535 …`.
fn replies(text: &[u8]) -> impl Iterator<Item = (Host<'_>, &[u8])> {
    let colons = memchr::memchr_iter(b':', text).filter(|colon| {
        matches!(&text[colon + 1..], [b' ', a, b, c, b' ', ..] if [a, b, c].into_iter().all(u8::is_ascii_digit))
    });
    colons.flat_map(|colon| {
        let (whence, reply) = (&text[..colon], &text[colon + 2..]);
        let login = without_connection(whence);
        let here = memchr::memchr(b' ', login).is_none() && !login.starts_with(b"[") && !login.ends_with(b"]");
        let remote = remote_hosts(whence).map(move |host| (host, reply));
        here.then_some((Host::default(), reply)).into_iter().chain(remote)
    })
}

/// Whether a line with an id tells of a message whose content was refused.
pub(super) fn is_rejected(text: &[u8]) -> bool {
    (text.starts_with(b"H=") || text.starts_with(b" DS H="))
        && STAGES.iter().any(|stage| memmem::find(text, stage).is_some())
}

/// What `smtp_handle_acl_fail` in `smtp_in.c` calls the stages behind the content of which it names the account.
const STAGES: [&[u8]; 2] = [b" rejected after DATA", b" rejected during MIME ACL checks"];

/// `H=HOST U=IDENT X=… CV=… DN="…" SNI=… F=<SENDER> A=NAME:ACCOUNT temporarily rejected after DATA: WHY`; none where
/// nobody had authenticated.
pub(super) fn rejected(text: &[u8]) -> Result<Option<Refused<'_>>, Unreadable> {
    let text = text.strip_prefix(b" DS ").unwrap_or(text);
    let Some(text) = text.strip_prefix(b"H=") else { return Ok(None) };
    let senders = memmem::find_iter(text, b" F=<").filter_map(|at| Some((at, Sent::of(&text[at + b" F=<".len()..])?)));
    let mut readings = senders.flat_map(|(at, sent)| clients(&text[..at]).map(move |client| (client, sent)));
    let somebodys = readings.clone().any(|(_, sent)| sent.authenticated.is_some());
    if !somebodys {
        return Ok(None);
    }
    let (client, sent) = only(&mut readings, "refusal that cannot be read")?;
    Ok(sent.refused(client))
}

/// Every host, with its encryption, that a text in front of a sender can mean. An ident may hold anything, but the
/// server's fields are not taken for one.
pub(super) fn clients(text: &[u8]) -> impl Iterator<Item = (Host<'_>, Encrypted<'_>)> + Clone {
    let field = |name: &[u8]| {
        let mut places = memchr::memchr_iter(b'=', text).filter_map(|at| Some(text[..at].strip_suffix(name)?.len()));
        places.find_map(|at| {
            let encrypted = encrypted(&text[at..])?;
            remote_hosts(&text[..at]).next().map(|_| (at, encrypted))
        })
    };
    let (end, encrypted) = field(b" X").or_else(|| field(b" CV")).unwrap_or((text.len(), Encrypted::Unsaid));
    remote_hosts(&text[..end]).map(move |host| (host, encrypted))
}

/// What stands behind the sender of content that was refused.
#[derive(Clone, Copy)]
struct Sent<'a> {
    /// The authenticator and the account.
    authenticated: Option<(&'a [u8], &'a [u8])>,
    reason: &'a [u8],
}

impl<'a> Sent<'a> {
    /// `SENDER> A=NAME:ACCOUNT temporarily rejected after DATA: WHY`.
    fn of(text: &'a [u8]) -> Option<Self> {
        let behind = &text[end(text, b'>')? + 1..];
        let at = STAGES.iter().filter_map(|stage| memmem::find(behind, stage)).min()?;
        let (value, reason) = behind.split_at(at);
        let value = value.strip_suffix(b" temporarily").unwrap_or(value);
        let authenticated = match value.strip_prefix(b" A=") {
            Some(value) => Some(named(without_flags(value))?),
            None if value.is_empty() => None,
            None => return None,
        };
        let said = reason.trim_ascii_start();
        let reason = memmem::find(said, b": ").map_or(said, |at| &said[at + 2..]);
        Some(Self { authenticated, reason })
    }

    fn refused(self, (host, encrypted): (Host<'a>, Encrypted<'a>)) -> Option<Refused<'a>> {
        let (authenticator, account) = self.authenticated?;
        let (mechanism, Host { client, helo, .. }) = (mechanism(authenticator), host);
        let (kind, reason) = (RefusalKind::DataRejected, self.reason);
        Some(Refused { kind, client, helo, encrypted, mechanism, account, reason, ..Refused::default() })
    }
}

/// The one of several ways to read a line.
pub(super) fn only<T>(mut readings: impl Iterator<Item = T>, none: &'static str) -> Result<T, Unreadable> {
    match (readings.next(), readings.next()) {
        (Some(reading), None) => Ok(reading),
        (None, _) => Err(Unreadable(none)),
        (Some(_), Some(_)) => Err(Unreadable("refusal that can be read in several ways")),
    }
}
