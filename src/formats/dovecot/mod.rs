//! Dovecot's submission service: the lines of `submission-login` and `submission`.
//!
//! One line tells of a login and of its TLS, one of each message that was handed on to the server behind, one of a
//! client that left without logging in, one of each message that the server behind refused; see
//! <https://doc.dovecot.org/2.4.1/core/config/submission.html> and `login_log_format_elements`. A login's version and
//! cipher are there where `%k` is among the elements; the default has `TLS`, or `secured` where a connection needs
//! none, and nothing where it is in the clear. Lines of one session share its id.
//!
//! The server behind, often a Postfix on the same host, logs the same messages: [`postfix`](super::postfix) reads
//! Dovecot's lines too, and joins both; what it refused, its own lines tell there. This format is for the lines of
//! Dovecot alone.

mod login;
mod message;
#[cfg(test)]
mod tests;

use std::hash::BuildHasher;

use memchr::memmem;
use rustc_hash::FxBuildHasher;

use self::login::{left, logged_in};
use self::message::{not_relayed, relayed};
use super::record::Record;
use super::{Evidence, Format, Tells, Unreadable};
use crate::calendar::Timestamp;
use crate::sources::framing::{Framed, Line, Own, Program, Style};

/// The format.
#[derive(Debug)]
pub struct Dovecot;

/// The tag of Dovecot's lines in syslog.
pub(super) const PROGRAM: &[u8] = b"dovecot";

const LOGIN: &[u8] = b"submission-login: ";
const SESSION: &[u8] = b"submission(";
const RELAYED: &[u8] = b"Successfully relayed message: from=<";
const NOT_RELAYED: &[u8] = b"Failed to relay message: from=<";

impl Style for Dovecot {
    fn wants_program(&self, program: Program<'_>) -> bool {
        program.tag == PROGRAM
    }

    /// `May 10 07:00:06 submission-login: Info: …`: with `log_path`, there is neither host nor program.
    fn is_own(&self, line: &[u8]) -> bool {
        line.get(16..).is_some_and(|text| line[3] == b' ' && line[15] == b' ' && is_own_message(text))
    }

    fn own_line<'a>(&self, own: &'a mut Own, line: &'a [u8]) -> Framed<'a> {
        let Some((stamp, used)) = own.stamps.rfc3164(line) else { return Framed::Unreadable };
        Framed::Line(Line { stamp, host: b"", program: b"", pid: 0, message: &line[used..], repeated: 1 })
    }
}

impl Format for Dovecot {
    fn name(&self) -> &'static str {
        "dovecot"
    }

    fn title(&self) -> &'static str {
        "Dovecot submission"
    }

    fn evidence(&self) -> Evidence {
        Evidence::RealLogs("2.3.19")
    }

    fn tells(&self) -> Tells {
        Tells {
            tls_version: "with %k in login_log_format_elements",
            cipher: "with %k in login_log_format_elements",
            account: "yes",
            mechanism: "yes",
            recipients: "yes",
        }
    }

    fn wants(&self, _program: &[u8], message: &[u8]) -> bool {
        wants(message)
    }

    fn parse<'a>(&self, line: &Line<'a>) -> Result<Option<Record<'a>>, Unreadable> {
        parse(line.message, false)
    }

    fn service<'a>(&self, _program: &'a [u8]) -> Option<&'a [u8]> {
        None
    }

    fn session(&self, line: &Line<'_>) -> u64 {
        session(line.message)
    }

    fn tls_mark(&self) -> Option<&'static [u8]> {
        None
    }

    fn instant(&self, _line: &Line<'_>) -> Option<Timestamp> {
        None
    }
}

/// Whether a text behind a stamp begins as Dovecot's own log does: with a service and, somewhere behind it, a level.
fn is_own_message(text: &[u8]) -> bool {
    let word = memchr::memchr(b' ', text).unwrap_or(text.len());
    let levels: [&[u8]; 6] = [b" Info: ", b" Error: ", b" Warning: ", b" Debug: ", b" Fatal: ", b" Panic: "];
    text[..word].ends_with(b":") && levels.iter().any(|level| text[word..].starts_with(level))
}

/// Whether a message is one of the service's that may say something.
pub(super) fn wants(message: &[u8]) -> bool {
    if let Some(text) = message.strip_prefix(LOGIN) {
        let text = without_level(text);
        return text.starts_with(b"Log") || text.starts_with(b"Disconnected") || text.starts_with(b"Aborted login");
    }
    message.starts_with(SESSION)
}

/// What a message says. A server behind logs what was handed on too where the lines are `joined` with its own.
pub(super) fn parse(message: &[u8], joined: bool) -> Result<Option<Record<'_>>, Unreadable> {
    if let Some(text) = message.strip_prefix(LOGIN) {
        let text = without_level(text);
        let login = text.strip_prefix(b"Login: ").or_else(|| text.strip_prefix(b"Logged in: "));
        return match login {
            Some(login) => logged_in(login).map(Some),
            None => left(text),
        };
    }
    let Some(text) = behind_session(message) else { return Ok(None) };
    if text.starts_with(RELAYED) {
        return relayed(message, joined).ok_or(Unreadable("relayed message that cannot be read")).map(Some);
    }
    if text.starts_with(NOT_RELAYED) && !joined {
        return not_relayed(message).ok_or(Unreadable("refused message that cannot be read"));
    }
    Ok(text.starts_with(b"Disconnected").then_some(Record::Disconnected { counters: b"" }))
}

/// What tells a message's session from others: its id, which is the last field of a login, and the last part of the
/// tag of what follows.
pub(super) fn session(message: &[u8]) -> u64 {
    let id = if message.starts_with(LOGIN) { session_of_login(message) } else { session_of_tag(message) };
    id.map_or(0, |id| FxBuildHasher.hash_one(id))
}

fn session_of_login(message: &[u8]) -> Option<&[u8]> {
    let at = memmem::rfind(message, b", session=<")? + b", session=<".len();
    let end = memchr::memchr(b'>', &message[at..])?;
    Some(&message[at..at + end])
}

/// `submission(USER)<PID><SESSION>: …`.
fn session_of_tag(message: &[u8]) -> Option<&[u8]> {
    let end = memmem::find(message, b">: ")?;
    let start = memchr::memrchr(b'<', &message[..end])? + 1;
    Some(&message[start..end])
}

/// The text behind a session's tag.
fn behind_session(message: &[u8]) -> Option<&[u8]> {
    Some(without_level(&message[memmem::find(message, b">: ")? + b">: ".len()..]))
}

/// A text without its level, which stands in Dovecot's own log only.
fn without_level(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"Info: ").unwrap_or(text)
}

/// The number that a text begins with.
fn number(text: &[u8]) -> u32 {
    let digits = text.iter().take(9).take_while(|byte| byte.is_ascii_digit());
    digits.fold(0, |number, digit| number * 10 + u32::from(digit - b'0'))
}
