//! Microsoft Exchange Server (2010 and later): the protocol logs of its receive connectors (`SmtpReceive`, verbose),
//! of the front end and of the hub, and its message tracking logs.
//!
//! Both are CSV (RFC 4180) with the columns named in the file's head; see
//! <https://learn.microsoft.com/exchange/mail-flow/connectors/protocol-logging> and
//! <https://learn.microsoft.com/exchange/mail-flow/transport-logs/message-tracking>. Only documentation and lines that
//! others have published were at hand, no log with its truth.
//!
//! The front end authenticates a client and hands it on; what it sends is in the hub's log, in a session that names
//! the front end's (`XPROXY SID=…`). The tracking log knows sizes and recipients, and names the hub's session. So all
//! files are [joined](Format::joins_logs), those of every server, and belong into one source.
//!
//! A message counts on the day of the reply that accepts it (`250 2.6.0 … Queued mail for delivery`), also where it began
//! before midnight: no line in front of that one opens it with an id.
//!
//! A protocol log's line says by its event whose words it has: `<` the client's, `>` the server's replies, `*` what the
//! server notes. Text is anchored there, and a note counts only where no certificate's text can stand.

mod columns;
mod csv;
mod layout;
mod part;
#[cfg(test)]
mod tests;
mod tls;

use std::hash::{BuildHasher, BuildHasherDefault};

use memchr::memmem;
use rustc_hash::FxHasher;

use super::bytes::decimal;
use super::record::{AuthFailed, Client, Command, Record, Taken, Tracked};
use super::sasl;
use super::smtp::path;
use super::{Evidence, Format, Tells, Unreadable};
use crate::calendar::Timestamp;
use crate::sources::framing::{Framed, Line, Own, Program, Style};
use columns::{Parts, TRACKING};

/// The format.
#[derive(Debug)]
pub struct Exchange;

/// The receive connector at which the front end hands its clients on.
const PROXY: &[u8] = b"Client Proxy";

impl Style for Exchange {
    /// Its logs are files of its own.
    fn wants_program(&self, _: Program<'_>) -> bool {
        false
    }

    /// A head's line, or `2026-03-02T12:00:00.000Z,`.
    fn is_own(&self, line: &[u8]) -> bool {
        line.first() == Some(&b'#') || columns::stamp(line).is_some()
    }

    fn own_line<'a>(&self, own: &'a mut Own, line: &'a [u8]) -> Framed<'a> {
        columns::read(own, line)
    }
}

impl Format for Exchange {
    fn name(&self) -> &'static str {
        "exchange"
    }

    fn title(&self) -> &'static str {
        "Microsoft Exchange Server"
    }

    fn evidence(&self) -> Evidence {
        Evidence::Documentation
    }

    fn tells(&self) -> Tells {
        Tells {
            tls_version: "yes, from the log of the connector that the client connects to",
            cipher: "by Schannel's names of its parts",
            account: "yes, from the log of the connector that the client connects to",
            mechanism: "yes",
            recipients: "yes",
        }
    }

    fn wants(&self, program: &[u8], message: &[u8]) -> bool {
        if program == TRACKING {
            return true;
        }
        let parts = Parts(message);
        match parts.event() {
            b"+" | b"-" => true,
            b"<" => true,
            b">" => matters(parts.data()),
            b"*" => parts.context() == b"authenticated" || (parts.data().is_empty() && is_note(parts.context())),
            _ => false,
        }
    }

    fn parse<'a>(&self, line: &Line<'a>) -> Result<Option<Record<'a>>, Unreadable> {
        let parts = Parts(line.message);
        if line.program == TRACKING {
            return Ok(Some(Record::Tracked(tracked(parts))));
        }
        let client = Client { name: b"", ip: columns::address(parts.remote()) };
        match parts.event() {
            b"+" if is_proxy(parts.connector()) => Ok(Some(Record::PeerConnected(client))),
            b"+" => Ok(Some(Record::Connected(client))),
            b"-" => Ok(Some(Record::Disconnected { counters: b"" })),
            b"<" => Ok(Some(command(parts.data()))),
            b">" => reply(parts.data()),
            b"*" if parts.context() == b"authenticated" => {
                Ok(Some(Record::Authenticated { client, mechanism: b"", account: parts.data() }))
            }
            b"*" if parts.data().is_empty() => note(parts.context(), client),
            _ => Ok(None),
        }
    }

    fn service<'a>(&self, program: &'a [u8]) -> Option<&'a [u8]> {
        matches!(program, b"submission" | b"smtp").then_some(program)
    }

    fn session(&self, line: &Line<'_>) -> u64 {
        number(Parts(line.message).session())
    }

    fn has_header(&self) -> bool {
        true
    }

    fn joins_logs(&self) -> bool {
        true
    }

    /// A protocol log has every command and every handshake of a session, so silence is cleartext.
    fn tls_mark(&self) -> Option<&'static [u8]> {
        None
    }

    fn announces_logins(&self) -> bool {
        true
    }

    fn instant(&self, _line: &Line<'_>) -> Option<Timestamp> {
        None
    }
}

/// What stands for a session's id: servers give ids that are not each other's.
fn number(id: &[u8]) -> u64 {
    BuildHasherDefault::<FxHasher>::default().hash_one(id.trim_ascii())
}

fn is_proxy(connector: &[u8]) -> bool {
    let name = memchr::memchr(b'\\', connector).map_or(connector, |end| &connector[end + 1..]);
    name.starts_with(PROXY)
}

/// A client's command.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verb {
    Hello,
    StartTls,
    Auth,
    PeerAuth,
    Proxy,
    Mail,
    Recipient,
    Data,
    Reset,
    Other,
}

/// Which command a line of a client's is, and what follows its name. Each has its reply, also one that is none.
fn verb(text: &[u8]) -> (Verb, &[u8]) {
    let end = text.iter().position(|byte| *byte == b' ' || *byte == b':').unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let is = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
    let verb = match name.len() {
        4 if is("EHLO") || is("HELO") => Verb::Hello,
        4 if is("AUTH") => Verb::Auth,
        4 if is("MAIL") => Verb::Mail,
        4 if is("RCPT") => Verb::Recipient,
        4 if is("DATA") || is("BDAT") => Verb::Data,
        4 if is("RSET") => Verb::Reset,
        6 if is("X-EXPS") => Verb::PeerAuth,
        6 if is("XPROXY") => Verb::Proxy,
        8 if is("STARTTLS") => Verb::StartTls,
        10 if is("XPROXYFROM") => Verb::Proxy,
        14 if is("X-ANONYMOUSTLS") => Verb::StartTls,
        _ => Verb::Other,
    };
    (verb, rest.get(1..).unwrap_or_default().trim_ascii())
}

fn command(text: &[u8]) -> Record<'_> {
    let (verb, rest) = verb(text);
    match verb {
        Verb::Hello => Record::Commanded(Command::Hello { helo: rest }),
        Verb::StartTls => Record::TlsAsked,
        Verb::Auth => {
            // Exchange itself replaces what the client sends to prove itself.
            Record::AuthBegun { mechanism: sasl::mechanism(rest), response: b"" }
        }
        Verb::PeerAuth => Record::PeerBegun,
        Verb::Proxy => speaks_for(rest).unwrap_or(Record::Commanded(Command::Other)),
        Verb::Mail => Record::Commanded(Command::Mail { mail_from: path(rest) }),
        Verb::Recipient => Record::Commanded(Command::Recipient),
        Verb::Data => Record::Commanded(Command::Data),
        Verb::Reset => Record::Commanded(Command::Reset),
        Verb::Other => Record::Commanded(Command::Other),
    }
}

/// `SID=08DF000000000005 IP=192.0.2.7 PORT=50100 DOMAIN=laptop …`.
fn speaks_for(rest: &[u8]) -> Option<Record<'_>> {
    let client = Client { name: b"", ip: word(rest, b"IP=")? };
    let helo = word(rest, b"DOMAIN=").unwrap_or_default();
    Some(Record::SpeaksFor { session: number(word(rest, b"SID=")?), client, helo })
}

/// The value of the first word that begins with a name.
fn word<'a>(text: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    text.split(|byte| *byte == b' ').find_map(|word| word.strip_prefix(name))
}

const QUEUED: &[u8] = b"250 2.6.0 ";

/// Whether a reply matters: what was accepted and what was refused, without the lines of a list.
fn matters(reply: &[u8]) -> bool {
    matches!(reply, [b'2' | b'4' | b'5', b'0'..=b'9', b'0'..=b'9', b' ', ..])
}

fn reply(text: &[u8]) -> Result<Option<Record<'_>>, Unreadable> {
    if let Some(rest) = text.strip_prefix(QUEUED) {
        return Ok(queued(rest)?.map(Record::Taken).or(Some(Record::Granted)));
    }
    Ok(Some(match text.first() {
        Some(b'2') => Record::Granted,
        _ => Record::Denied { reply: text },
    }))
}

/// `<id> [InternalId=110, Hostname=mbx1.example.org] 4532 bytes in 0.123, 35.6 KB/sec Queued mail for delivery`. The
/// client chose the id, so what the server says is looked for from the end.
fn queued(rest: &[u8]) -> Result<Option<Taken<'_>>, Unreadable> {
    let Some(rest) = rest.strip_suffix(b"Queued mail for delivery") else { return Ok(None) };
    let Some(at) = memmem::rfind(rest, b" [InternalId=") else {
        return Ok(Some(Taken { message_id: rest.trim_ascii(), ..Taken::default() }));
    };
    let (message_id, inside) = (&rest[..at], &rest[at + b" [InternalId=".len()..]);
    let Some(close) = memchr::memchr(b']', inside) else { return Err(Unreadable("InternalId without an end")) };
    let digits = inside.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let size = inside[close + 1..].trim_ascii();
    let size = memchr::memchr(b' ', size).filter(|end| size[*end..].starts_with(b" bytes")).map(|end| &size[..end]);
    Ok(Some(Taken { queue_id: &inside[..digits], message_id, size: size.and_then(decimal), ..Taken::default() }))
}

const TLS: &[u8] = b"TLS protocol ";
const TLS_FAILED: &[u8] = b"TLS negotiation failed";
const INBOUND: &[u8] = b"Inbound ";
const USER: &[u8] = b"User Name:";
const USER_TOO: &[u8] = b"Username:";
const HANDED_ON: &[u8] = b"Proxy session was successfully set up.";

fn is_note(text: &[u8]) -> bool {
    [TLS, TLS_FAILED, INBOUND, USER, USER_TOO, HANDED_ON].iter().any(|begin| text.starts_with(begin))
}

fn note<'a>(text: &'a [u8], client: Client<'a>) -> Result<Option<Record<'a>>, Unreadable> {
    if let Some(rest) = text.strip_prefix(TLS) {
        return secured(rest, client);
    }
    if let Some(rest) = text.strip_prefix(INBOUND) {
        return Ok(auth_failing(rest, client).map(Record::AuthFailing));
    }
    if let Some(account) = text.strip_prefix(USER).or_else(|| text.strip_prefix(USER_TOO)) {
        return Ok(Some(Record::FailedAs { account: named(account.trim_ascii()) }));
    }
    if text.starts_with(HANDED_ON) {
        return Ok(Some(Record::HandedOn));
    }
    Ok(Some(Record::TlsFailed { client, reason: text }))
}

/// `AUTH LOGIN failed because of LogonDenied`, of NTLM and GSSAPI `Negotiate failed because of …`. Newer servers write
/// `authentication failed because of …` of each, and every one writes of a client that is known but may not send
/// `authentication failed because the client EXAMPLE\bob doesn't have submit permission.`
fn auth_failing<'a>(rest: &'a [u8], client: Client<'a>) -> Option<AuthFailed<'a>> {
    let at = memmem::find(rest, b" failed because ")?;
    let (how, reason) = (&rest[..at], &rest[at + 1..]);
    let mechanism = match how {
        b"Negotiate" | b"authentication" => b"",
        _ => how.strip_prefix(b"AUTH ")?,
    };
    let account = reason.strip_prefix(b"failed because the client ");
    let account = account.and_then(|rest| rest.strip_suffix(b" doesn't have submit permission."));
    Some(AuthFailed { client, mechanism, account, reason, aborted: false })
}

/// The account of an attempt; what stands for none is none.
fn named(account: &[u8]) -> &[u8] {
    if account == b"NULL" { b"" } else { account }
}

/// `SP_PROT_TLS1_2_SERVER negotiation succeeded using …`, of which the [algorithms' names](columns::read) are left.
fn secured<'a>(rest: &'a [u8], client: Client<'a>) -> Result<Option<Record<'a>>, Unreadable> {
    let (version, rest) = rest.split_at(memchr::memchr(b' ', rest).unwrap_or(rest.len()));
    let Some(cipher) = rest.strip_prefix(tls::SUCCEEDED) else {
        return Err(Unreadable("TLS protocol line that cannot be read"));
    };
    // What a server negotiates as a client is a connection of its own.
    let outgoing = version.ends_with(b"_CLIENT");
    Ok((!outgoing).then_some(Record::Secured { client, version, cipher: cipher.trim_ascii() }))
}

fn tracked(parts: Parts<'_>) -> Tracked<'_> {
    let count = decimal(parts.recipients()).and_then(|count| u32::try_from(count).ok());
    let listed = || parts.addresses().split(|byte| *byte == b';').filter(|one| !one.is_empty()).count() as u32;
    Tracked {
        queue_id: parts.internal_id(),
        message_id: parts.message_id(),
        client_ip: parts.client_ip(),
        mail_from: if parts.return_path() == b"<>" { b"" } else { parts.return_path() },
        size: decimal(parts.bytes()),
        recipients: count.or_else(|| Some(listed()).filter(|count| *count > 0)),
        from_peer: is_proxy(parts.connector()),
    }
}
