//! sendmail: the daemon's lines by syslog, as `sendmail` or `sm-mta`, and those of `sm-msp-queue`.
//!
//! One process serves one connection, and no line says that it begins or ends, unless the log level is far above the
//! usual 9. `STARTTLS=server` and `AUTH=server` come without a queue id, then one `from=` per message; see
//! <https://www.sendmail.org/~ca/email/doc8.12/op.html> and `sendmail/{envelope,srvrsmtp,tls}.c`.
//!
//! - A `from=` line is a message accepted where it has recipients and a message id, unless a line behind it says that it
//!   was refused: it is written also where a client resets or drops what it has begun, and before the content is judged.
//! - `proto=` ends in `A` where the client had authenticated, in `S` or `SA` where there was TLS. Older versions write
//!   `ESMTP` of every session, so that only its other lines tell, and where those are not missing, that there are none.
//! - `version=TLSv1/SSLv3` (sendmail up to 8.14) is the cipher's, not the session's.
//!
//! Clients' words stand in the sender, the message id and the name of a failed login, and whole lines may begin with
//! a recipient's address. So a line counts only where it ends as the server ends it, and what stands behind such words
//! is looked for from the end.

mod envelope;
mod session;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests;
mod verdict;

use self::envelope::Envelope;
use self::session::{
    COLLECTING, EARLY, auth_failed, authenticated, handshake, has_ended, is_refused_recipient, rejected, secured,
};
use self::verdict::{is_undelivered, refused};
use super::record::{Client, Record};
use super::spelling::{Escapes, Spelling};
use super::{Evidence, Format, Tells, Unreadable};
use crate::calendar::{HOUR, SECOND, Timestamp};
use crate::sources::framing::{Line, Program, Style};

/// The format.
#[derive(Debug)]
pub struct Sendmail;

/// The longest queue id that is taken for one; sendmail's own have 14 characters, more where process ids are long.
const LONGEST_QUEUE_ID: usize = 20;

impl Style for Sendmail {
    fn wants_program(&self, program: Program<'_>) -> bool {
        matches!(program.tag, b"sendmail" | b"sm-mta" | b"sm-msp-queue")
    }
}

impl Format for Sendmail {
    fn name(&self) -> &'static str {
        "sendmail"
    }

    fn title(&self) -> &'static str {
        "sendmail"
    }

    fn evidence(&self) -> Evidence {
        Evidence::RealLogs("8.17.1")
    }

    fn tells(&self) -> Tells {
        Tells {
            tls_version: "yes, up to 8.14 only by the cipher",
            cipher: "yes",
            account: "yes",
            mechanism: "yes",
            recipients: "yes, behind aliases and without duplicates",
        }
    }

    fn wants(&self, _program: &[u8], message: &[u8]) -> bool {
        match behind_id(message) {
            Some((_, text @ [b't', b'o', b'=', ..])) => is_undelivered(text),
            Some((_, text)) => matches_one(text, &WITH_ID) || has_ended(text) || is_refused_recipient(text),
            None => matches_one(message, &WITHOUT_ID),
        }
    }

    fn parse<'a>(&self, line: &Line<'a>) -> Result<Option<Record<'a>>, Unreadable> {
        match behind_id(line.message) {
            Some((queue_id, text)) => with_id(queue_id, text),
            None => without_id(line.message),
        }
    }

    fn service<'a>(&self, _program: &'a [u8]) -> Option<&'a [u8]> {
        None
    }

    /// All that is logged is escaped, of which `vis` has the same forms; nothing in xtext needs it.
    fn spelling(&self) -> Spelling {
        Spelling { proven: Escapes::Xtext, tried: Escapes::Vis, long_addresses: true }
    }

    fn announces_logins(&self) -> bool {
        true
    }

    /// An hour for each of the commands between TLS and a login, `EHLO` and `AUTH` (`Timeout.command`).
    fn begins_within(&self) -> Option<i64> {
        Some(2 * HOUR)
    }

    fn tls_mark(&self) -> Option<&'static [u8]> {
        Some(b"STARTTLS=server, relay=")
    }

    /// The second in which a queue id was given. Its zone may be the server's, so it is good for the year only.
    fn instant(&self, line: &Line<'_>) -> Option<Timestamp> {
        if !self.wants_program(Program { tag: line.program, may_be_cut: false }) {
            return None;
        }
        let (queue_id, text) = behind_id(line.message)?;
        (text.starts_with(b"from=") || text.starts_with(b"to=")).then(|| given(queue_id)).flatten()
    }
}

/// How lines begin that matter, where they have no queue id in front.
const WITHOUT_ID: [&[u8]; 3] = [b"STARTTLS=server", b"AUTH=server, ", b"NOQUEUE: connect from "];

/// How they begin behind a queue id.
const WITH_ID: [&[u8]; 10] = [
    b"from=",
    b"AUTH failure (",
    b"ruleset=",
    b"Milter: ",
    b"STARTTLS=server, relay=",
    b"AUTH=server, ",
    b"lost input channel from ",
    b"message size (",
    COLLECTING,
    EARLY,
];

fn matches_one(text: &[u8], beginnings: &[&[u8]]) -> bool {
    beginnings.iter().any(|beginning| text.starts_with(beginning))
}

/// A queue id and the text behind its colon.
fn behind_id(message: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = message.iter().take(LONGEST_QUEUE_ID + 1).position(|byte| !byte.is_ascii_alphanumeric())?;
    let (id, rest) = message.split_at(colon);
    let text = rest.strip_prefix(b": ")?;
    (id.len() >= 8 && id.iter().any(u8::is_ascii_digit)).then_some((id, text))
}

fn without_id(message: &[u8]) -> Result<Option<Record<'_>>, Unreadable> {
    if let Some(text) = message.strip_prefix(b"STARTTLS=server") {
        return handshake(text);
    }
    if let Some(text) = message.strip_prefix(b"AUTH=server, ") {
        return authenticated(text).map(Some).ok_or(Unreadable("AUTH=server that cannot be read"));
    }
    // With a log level above 10, each connection has a line.
    Ok(message.strip_prefix(b"NOQUEUE: connect from ").and_then(relay).map(Record::Connected))
}

/// Lines with a queue id may also begin with what a client wrote: those that do not go on as expected are none.
fn with_id<'a>(queue_id: &'a [u8], text: &'a [u8]) -> Result<Option<Record<'a>>, Unreadable> {
    if let Some(rest) = text.strip_prefix(b"from=") {
        return Ok(Envelope::read(rest).and_then(|envelope| envelope.record(queue_id)));
    }
    if let Some(rest) = text.strip_prefix(b"AUTH failure (") {
        return Ok(auth_failed(rest));
    }
    if let Some(rest) = text.strip_prefix(b"STARTTLS=server, relay=") {
        return Ok(secured(rest));
    }
    if let Some(rest) = text.strip_prefix(b"AUTH=server, ") {
        return Ok(authenticated(rest));
    }
    if has_ended(text) {
        return Ok(Some(Record::Disconnected { counters: b"" }));
    }
    if let Some(reason) = refused(text) {
        return Ok(Some(Record::TakenBack { queue_id, reason }));
    }
    Ok(rejected(queue_id, text).map(Record::Rejected))
}

/// `NAME [IP]`, `[IP]`, `USER@NAME [IP]`, `USER@[IP]`, each with ` (may be forged)` behind it; no more and no less.
fn relay(text: &[u8]) -> Option<Client<'_>> {
    let text = text.strip_suffix(b" (may be forged)").unwrap_or(text);
    let text = text.strip_suffix(b"]")?;
    let (name, ip) = text.split_at(memchr::memrchr(b'[', text)?);
    let (name, ip) = (name_of(name)?, &ip[1..]);
    (is_word(name) && is_word(ip)).then(|| Client { name, ip: ip.strip_prefix(b"IPv6:").unwrap_or(ip) })
}

/// The name by DNS in front of an address: behind it is a blank, in front of it what the client's ident says. Where there
/// is none, the address follows the ident at once (`getauthinfo` in `daemon.c`).
fn name_of(text: &[u8]) -> Option<&[u8]> {
    let text = if matches!(text, [] | [.., b'@']) { text } else { text.strip_suffix(b" ")? };
    Some(memchr::memrchr(b'@', text).map_or(text, |at| &text[at + 1..]))
}

fn is_word(text: &[u8]) -> bool {
    !text.iter().any(|byte| matches!(byte, b' ' | b',' | b'[' | b']'))
}

/// What lines about TLS and logins print of a relay at the most: `relay=%.100s` (`tls.c`, `srvrsmtp.c`).
const LONGEST_RELAY: usize = 100;

/// A relay of which the end may be cut off. Then its address is left to other lines, and so is a name that ends at the
/// cut, or in which a client's ident stands.
fn cut_relay(text: &[u8]) -> Option<Client<'_>> {
    if text.len() != LONGEST_RELAY {
        return relay(text);
    }
    if text.starts_with(b"IDENT:") {
        return Some(Client::default());
    }
    if let Some(client) = relay(text) {
        return Some(client);
    }
    let (name, whole) = match memchr::memrchr(b'[', text) {
        Some(at) => (name_of(&text[..at])?, true),
        None => (text.strip_suffix(b" ").unwrap_or(text), false),
    };
    is_word(name).then_some(Client { name: if whole { name } else { b"" }, ip: b"" })
}

/// How many bytes stand for a text's first character: more than one where it is escaped, as in `\\`, `\t` and `\303`.
fn width(text: &[u8]) -> usize {
    match text {
        [b'\\', b'0'..=b'3', b'0'..=b'7', b'0'..=b'7', ..] => 4,
        [b'\\', _, ..] => 2,
        [] => 0,
        _ => 1,
    }
}

fn is_number(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

/// The second that a queue id was given in: year, month, day, hour, minute and second are its first digits, in base
/// 60. Of the year there is only the rest in 60.
fn given(queue_id: &[u8]) -> Option<Timestamp> {
    let (time, rest) = queue_id.split_at_checked(6)?;
    let digit = |byte: &u8| match byte {
        b'0'..=b'9' => Some(u32::from(byte - b'0')),
        b'A'..=b'Z' => Some(u32::from(byte - b'A') + 10),
        b'a'..=b'x' => Some(u32::from(byte - b'a') + 36),
        _ => None,
    };
    let mut digits = [0; 6];
    for (value, byte) in digits.iter_mut().zip(time) {
        *value = digit(byte)?;
    }
    let [year, month, day, hour, minute, second] = digits;
    if rest.len() < 7 || !is_number(&rest[2..]) {
        return None;
    }
    // 1900 and 120 years more, or 60 where that is still to come for the oldest of these logs.
    let year = if year < 40 { 2020 + year as i32 } else { 1960 + year as i32 };
    let at = chrono::NaiveDate::from_ymd_opt(year, month + 1, day)?.and_hms_opt(hour, minute, second)?;
    Some(at.and_utc().timestamp() * SECOND)
}
