//! Dovecot's submission service: the lines of `submission-login` and `submission`.
//!
//! One line tells of a login and of its TLS, one of each message that was handed on to the server behind, one of a
//! client that left without logging in, one of each message that the server behind refused; see
//! <https://doc.dovecot.org/2.4.1/core/config/submission.html> and `login_log_format_elements`. A login's version and
//! cipher are there where `%k` is among the elements, which 2.4 calls `%{ssl_security}`; the default has `TLS`, or `secured` where a connection needs
//! none, and nothing where it is in the clear. Lines of one session share its id.
//!
//! The server behind, often a Postfix on the same host, logs the same messages: [`postfix`](super::postfix) reads
//! Dovecot's lines too, and joins both. This format is for the lines of Dovecot alone.

mod login;
mod message;
#[cfg(test)]
mod tests;

use std::hash::BuildHasher;

use memchr::memmem;
use rustc_hash::FxBuildHasher;

use self::login::{USER, left, logged_in};
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
/// What 2.4 has in front of what it says of a message.
const RELAY: &[u8] = b"relay: ";
const RELAYED: &[u8] = b"Successfully relayed message: from=<";
const NOT_RELAYED: &[u8] = b"Failed to relay message: from=<";
/// `Disconnected: REASON`, before 2.3.15 `Disconnect from IP: REASON`.
const DISCONNECTED: &[u8] = b"Disconnect";

impl Style for Dovecot {
    fn wants_program(&self, program: Program<'_>) -> bool {
        program.tag == PROGRAM
    }

    /// `May 10 07:00:06 submission-login: Info: …`: with `log_path`, there is neither host nor program. In
    /// `log_timestamp` often stands `%Y-%m-%d %H:%M:%S`, which has the year.
    fn is_own(&self, line: &[u8]) -> bool {
        let text = match line.first() {
            Some(first) if first.is_ascii_digit() => behind_iso_stamp(line),
            _ => line.get(16..).filter(|_| line[3] == b' ' && line[15] == b' '),
        };
        text.is_some_and(is_own_message)
    }

    fn own_line<'a>(&self, own: &'a mut Own, line: &'a [u8]) -> Framed<'a> {
        let stamped = if line[0].is_ascii_digit() { own.stamps.iso(line) } else { own.stamps.rfc3164(line) };
        let Some((stamp, used)) = stamped else { return Framed::Unreadable };
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
        Evidence::RealLogs("2.3.13, 2.3.19, 2.4.1")
    }

    fn tells(&self) -> Tells {
        Tells {
            tls_version: "with %k in login_log_format_elements, since 2.4 %{ssl_security}",
            cipher: "with %k in login_log_format_elements, since 2.4 %{ssl_security}",
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

/// The text behind `2026-03-02 07:00:06 `, whatever stands between date and time, and behind the time.
fn behind_iso_stamp(line: &[u8]) -> Option<&[u8]> {
    let rest = line.get(19..).filter(|_| line[4] == b'-' && line[7] == b'-' && line[13] == b':')?;
    Some(&rest[memchr::memchr(b' ', rest)? + 1..])
}

/// Whether a text behind a stamp begins as Dovecot's own log does: with a service and, somewhere behind it, a level.
/// Behind a session's service stands its user, who may have blanks.
fn is_own_message(text: &[u8]) -> bool {
    let levels: [&[u8]; 6] = [b": Info: ", b": Error: ", b": Warning: ", b": Debug: ", b": Fatal: ", b": Panic: "];
    if text.starts_with(SESSION) {
        return levels.iter().any(|level| memmem::find(text, level).is_some());
    }
    let word = memchr::memchr(b' ', text).unwrap_or(text.len());
    word > 0 && levels.iter().any(|level| text[word - 1..].starts_with(level))
}

/// Whether a message is one of the service's that may say something.
pub(super) fn wants(message: &[u8]) -> bool {
    if let Some(text) = message.strip_prefix(LOGIN) {
        return without_level(text).starts_with(b"Log") || memmem::find(text, USER).is_some();
    }
    message.starts_with(SESSION)
}

/// What a message says. A server behind logs what was handed on too where the lines are `joined` with its own.
pub(super) fn parse(message: &[u8], joined: bool) -> Result<Option<Record<'_>>, Unreadable> {
    if let Some(text) = message.strip_prefix(LOGIN) {
        let text = without_level(text);
        let login = text.strip_prefix(b"Login: ").or_else(|| text.strip_prefix(b"Logged in: "));
        return match login {
            // Without a session's id, nothing tells whose messages follow.
            Some(login) => logged_in(login).map(|login| session_of_login(message).map(|_| login)),
            None => left(text),
        };
    }
    let Some(said) = Said::read(message) else { return Ok(None) };
    if said.text.starts_with(RELAYED) {
        return relayed(said, joined).ok_or(Unreadable("relayed message that cannot be read")).map(Some);
    }
    if said.text.starts_with(NOT_RELAYED) {
        return not_relayed(said.text).ok_or(Unreadable("refused message that cannot be read"));
    }
    Ok(Some(Record::Disconnected { counters: b"" }))
}

/// What tells a message's session from others: its id, which is the last field of a login, and the last part of the
/// tag of what follows. 0 where nothing has it.
pub(super) fn session(message: &[u8]) -> u64 {
    let id = match message.starts_with(LOGIN) {
        true => session_of_login(message),
        false => Said::read(message).and_then(|said| said.session),
    };
    id.map_or(0, |id| FxBuildHasher.hash_one(id))
}

fn session_of_login(message: &[u8]) -> Option<&[u8]> {
    const LAST: &[u8] = b", session=<";
    const FIRST: &[u8] = b": session=<";
    let at = memmem::rfind(message, LAST).or_else(|| memmem::find(message, FIRST))? + LAST.len();
    let end = memchr::memchr(b'>', &message[at..])?;
    Some(&message[at..at + end])
}

/// What a session says: `submission(USER)<PID><SESSION>: TEXT`.
#[derive(Clone, Copy, Debug)]
struct Said<'a> {
    user: &'a [u8],
    /// None where `mail_log_prefix` is without it, as it was by default before 2.3.
    session: Option<&'a [u8]>,
    text: &'a [u8],
}

impl<'a> Said<'a> {
    /// None for a text that does not matter. The tag ends where one first can: what follows may hold a client's words.
    fn read(message: &'a [u8]) -> Option<Self> {
        let message = message.strip_prefix(SESSION)?;
        let mut ends = memmem::find_iter(message, b": ");
        let ((user, session), end) = ends.find_map(|end| Some((user_and_session(&message[..end])?, end)))?;
        let text = without_level(&message[end + 2..]);
        let text = text.strip_prefix(RELAY).unwrap_or(text);
        let matters = [RELAYED, NOT_RELAYED, DISCONNECTED].iter().any(|beginning| text.starts_with(beginning));
        matters.then_some(Self { user, session, text })
    }
}

/// `USER)<PID><SESSION>`, or `USER)`.
fn user_and_session(tag: &[u8]) -> Option<(&[u8], Option<&[u8]>)> {
    let Some(ids) = tag.strip_suffix(b">") else { return Some((tag.strip_suffix(b")")?, None)) };
    let (user, session) = ids.split_at(memchr::memrchr(b'<', ids)?);
    let user = match user.strip_suffix(b">") {
        Some(pid) => &user[..memchr::memrchr(b'<', pid)?],
        None => user,
    };
    Some((user.strip_suffix(b")")?, Some(&session[1..])))
}

/// A text without its level, which stands in Dovecot's own log only.
fn without_level(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"Info: ").unwrap_or(text)
}
