//! OpenSMTPD: the lines of its SMTP sessions by syslog, as `smtpd`, or in a container's log, where `smtpd -d` writes them
//! without a time (`log.c`).
//!
//! All sessions are served by one process, so a session is known by its number, 16 hexadecimal digits. The texts are
//! written by `smtp_session.c`, and have changed twice:
//!
//! ```text
//! ID smtp tls ciphers=TLSv1.3:TLS_AES_256_GCM_SHA384:256                        since 6.4
//! ID smtp event=starttls address=A host=H ciphers="version=V, cipher=C, bits=N"   5.9 to 6.3
//! smtp-in: session ID: TLS started version=V, cipher=C, bits=N                  before
//! smtp-in: Started TLS on session ID: version=V, cipher=C, bits=N               before that
//! ```
//!
//! Real logs have proved all but the last of these, which is read as the source of those versions writes it. Before 5.9 a
//! version is the cipher's and not the session's. 5.7 has what a client was refused but not the reply
//! (`session ID: received invalid command: "rcpt TO:<…>"`), which may be that the command came out of order, so that only
//! failed logins are told.
//!
//! Names of accounts come without blanks, as `vis` writes them: <https://man.openbsd.org/vis.3>.

mod event;
mod parts;
mod sentence;
#[cfg(test)]
mod tests;

use self::event::event;
use self::sentence::{in_sentence, sentence};
use super::record::Record;
use super::spelling::{Escapes, Spelling};
use super::{Evidence, Format, Tells, Unreadable};
use crate::calendar::Timestamp;
use crate::sources::framing::{Framed, Line, Own, Program, Style};

/// The format.
#[derive(Debug)]
pub struct OpenSmtpd;

/// The digits of a session's number.
const ID_DIGITS: usize = 16;

/// The digits of a message's id, with which its envelopes' begin.
const MESSAGE_ID_DIGITS: usize = 8;

impl Style for OpenSmtpd {
    fn wants_program(&self, program: Program<'_>) -> bool {
        program.tag == b"smtpd"
    }

    /// With `-d` it writes to its output, without a time and a program in front.
    fn is_own(&self, line: &[u8]) -> bool {
        numbered(line).is_some() || line.starts_with(SMTP_IN)
    }

    /// The time is that of who has received the line; without one, nothing tells when it was.
    fn own_line<'a>(&self, own: &'a mut Own, line: &'a [u8]) -> Framed<'a> {
        let Some(stamp) = own.collected else { return Framed::Unreadable };
        Framed::Line(Line { stamp, host: b"", program: b"", pid: 0, message: line, repeated: 1 })
    }
}

impl Format for OpenSmtpd {
    fn name(&self) -> &'static str {
        "opensmtpd"
    }

    fn title(&self) -> &'static str {
        "OpenSMTPD"
    }

    fn evidence(&self) -> Evidence {
        Evidence::RealLogs("6.8.0, 7.6.0")
    }

    fn tells(&self) -> Tells {
        Tells {
            tls_version: "yes, before 5.9 only by the cipher",
            cipher: "yes",
            account: "yes",
            mechanism: "no",
            recipients: "yes",
        }
    }

    fn wants(&self, _program: &[u8], message: &[u8]) -> bool {
        message.get(ID_DIGITS..).is_some_and(|text| text.starts_with(SMTP)) || message.starts_with(SMTP_IN)
    }

    fn parse<'a>(&self, line: &Line<'a>) -> Result<Option<Record<'a>>, Unreadable> {
        match numbered(line.message) {
            Some((_, text)) => event(text),
            None => line.message.strip_prefix(SMTP_IN).map_or(Ok(None), sentence),
        }
    }

    fn service<'a>(&self, _program: &'a [u8]) -> Option<&'a [u8]> {
        None
    }

    fn session(&self, line: &Line<'_>) -> u64 {
        let in_sentence = || in_sentence(line.message.strip_prefix(SMTP_IN)?).map(|(_, id, _)| id);
        numbered(line.message).map(|(id, _)| id).or_else(in_sentence).unwrap_or_default()
    }

    fn spelling(&self) -> Spelling {
        Spelling { proven: Escapes::Vis, tried: Escapes::Vis, long_addresses: false }
    }

    fn announces_logins(&self) -> bool {
        true
    }

    /// `ADVERTISE_AUTH` in `smtp_session.c` demands `SF_SECURE`, since 5.3.
    fn logins_prove_tls(&self) -> bool {
        true
    }

    fn tls_mark(&self) -> Option<&'static [u8]> {
        Some(b"cipher")
    }

    fn instant(&self, _line: &Line<'_>) -> Option<Timestamp> {
        None
    }
}

/// What stands behind a session's number.
const SMTP: &[u8] = b" smtp ";

/// How the older lines begin.
const SMTP_IN: &[u8] = b"smtp-in: ";

/// A session's number at a text's beginning, and what follows it.
fn id(text: &[u8]) -> Option<(u64, &[u8])> {
    let (digits, rest) = text.split_at_checked(ID_DIGITS)?;
    let value = |byte: &u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let id = digits.iter().try_fold(0, |id: u64, byte| Some(id << 4 | u64::from(value(byte)?)))?;
    Some((id, rest))
}

/// `ID smtp TEXT`.
fn numbered(message: &[u8]) -> Option<(u64, &[u8])> {
    let text = message.get(ID_DIGITS..)?.strip_prefix(SMTP)?;
    Some((id(message)?.0, text))
}
