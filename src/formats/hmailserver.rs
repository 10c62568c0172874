//! hMailServer (5.x): its log of SMTP sessions, with the TCP/IP log's connections and handshakes where that is switched
//! on.
//!
//! Tab-separated, texts in quotes; see <https://www.hmailserver.com/documentation/latest/?page=reference_logging> and
//! `hmailserver/source/Server/Common/Application/Logger.cpp`. Only documentation and lines that others have published
//! were at hand, no log with its truth.
//!
//! ```text
//! "SMTPD"<TAB>thread<TAB>session<TAB>"2026-03-02 12:00:00.000"<TAB>"192.0.2.7"<TAB>"RECEIVED: AUTH LOGIN"
//! "TCPIP"<TAB>thread<TAB>"2026-03-02 12:00:00.000"<TAB>"TCP - 192.0.2.7 connected to 192.0.2.1:587."
//! "TCPIP"<TAB>thread<TAB>"2026-03-02 12:00:00.000"<TAB>"TCPConnection - TLS/SSL handshake completed. Session Id: 7, …"
//! ```
//!
//! A session's own lines say nothing of a handshake that it began with, nor of its port. So one without a handshake is in
//! the clear only where the line of its connection is there, which proves that TCP/IP was logged then.
//!
//! The log holds the whole talk, what clients prove themselves with included: names are read out of base64, passwords
//! never are, and of a line that cannot be read they are [taken out](super::redact) before it is kept. Since 2022 the
//! server itself leaves passwords out: what it logs of PLAIN is the name alone in base64, and ` ***`; see
//! `LogClientCommand_()` in `hmailserver/source/Server/SMTP/SMTPConnection.cpp`. Before, it did so where the name and the
//! password were the answer to a challenge, with the name in clear. The text of a line is its last column and ends with
//! the line's last quote, so nothing in it can begin another.

use super::bytes::decimal;
use super::record::{Client, Command, Record, Taken};
use super::sasl;
use super::smtp::path;
use super::{Evidence, Format, Tells, Unreadable, service};
use crate::calendar::Timestamp;
use crate::sources::framing::{Framed, Line, Own, Program, Style};
use crate::sources::stamp::Stamp;

/// The format.
#[derive(Debug)]
pub struct HMailServer;

const SMTP: &[u8] = b"SMTPD";
const TCP: &[u8] = b"TCPIP";

/// Between two quoted columns.
const BETWEEN: &[u8] = b"\"\t\"";

/// How a handshake's line begins; see `AsyncHandshakeCompleted()` and `HandshakeFailed_()` in
/// `hmailserver/source/Server/Common/TCPIP/TCPConnection.cpp`. The server's own deliveries and other protocols have the
/// same, with numbers that no session of SMTP has.
const HANDSHAKE: &[u8] = b"TCPConnection - TLS/SSL handshake ";

/// How the line of a client begins that has connected, to whichever protocol's port; see `HandleAccept()` in
/// `hmailserver/source/Server/Common/TCPIP/TCPServer.cpp`. It stands right in front of its session's and names none.
const ARRIVED: &[u8] = b"TCP - ";

impl Style for HMailServer {
    /// Its logs are files of its own.
    fn wants_program(&self, _: Program<'_>) -> bool {
        false
    }

    /// `"SMTPD"<TAB>`: any of its logs, which may be one file.
    fn is_own(&self, line: &[u8]) -> bool {
        line.first() == Some(&b'"') && name(line).is_some()
    }

    fn own_line<'a>(&self, own: &'a mut Own, line: &'a [u8]) -> Framed<'a> {
        let framed = name(line).and_then(|(program, rest)| match program {
            SMTP => smtp(own, rest),
            _ => other(own, program, rest),
        });
        framed.map_or(Framed::Unreadable, Framed::Line)
    }
}

impl Format for HMailServer {
    fn name(&self) -> &'static str {
        "hmailserver"
    }

    fn title(&self) -> &'static str {
        "hMailServer"
    }

    fn evidence(&self) -> Evidence {
        Evidence::Documentation
    }

    fn tells(&self) -> Tells {
        Tells {
            tls_version: "where TCP/IP is logged too",
            cipher: "where TCP/IP is logged too",
            account: "of AUTH LOGIN and PLAIN",
            mechanism: "yes",
            recipients: "yes",
        }
    }

    fn wants(&self, program: &[u8], message: &[u8]) -> bool {
        match program {
            SMTP => text(message).is_some_and(|(_, text)| text.starts_with(SENT) || text.starts_with(RECEIVED)),
            TCP => message.starts_with(HANDSHAKE) || message.starts_with(ARRIVED),
            _ => false,
        }
    }

    fn parse<'a>(&self, line: &Line<'a>) -> Result<Option<Record<'a>>, Unreadable> {
        if line.program == TCP {
            return Ok(match line.message.strip_prefix(ARRIVED) {
                Some(arrived) => arrival(arrived),
                None => handshake(line.message),
            });
        }
        let Some((ip, text)) = text(line.message) else { return Ok(None) };
        if let Some(sent) = text.strip_prefix(SENT) {
            return Ok(reply(sent, Client { name: b"", ip }));
        }
        Ok(text.strip_prefix(RECEIVED).and_then(command))
    }

    fn service<'a>(&self, _program: &'a [u8]) -> Option<&'a [u8]> {
        None
    }

    /// On port 465 it is not: older versions log no handshake that is completed.
    fn silence_is_cleartext(&self, service: &[u8]) -> bool {
        service != service::SUBMISSIONS
    }

    /// Whether TCP/IP was logged, every session's own lines tell.
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

const SENT: &[u8] = b"SENT: ";
const RECEIVED: &[u8] = b"RECEIVED: ";

/// `"NAME"<TAB>` and what follows it.
fn name(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let inside = line.strip_prefix(b"\"")?;
    let end = inside.iter().take(16).position(|byte| !byte.is_ascii_uppercase() && *byte != b'_')?;
    Some((&inside[..end], inside[end..].strip_prefix(BETWEEN_NAME)?)).filter(|_| end > 0)
}

const BETWEEN_NAME: &[u8] = b"\"\t";

/// `thread<TAB>session<TAB>"time"<TAB>"address"<TAB>"text"`; of it the message is `address"<TAB>"text`.
fn smtp<'a>(own: &'a mut Own, rest: &'a [u8]) -> Option<Line<'a>> {
    let (_thread, rest) = number(rest)?;
    let (session, rest) = number(rest)?;
    let (stamp, used) = stamped(own, rest)?;
    let message = rest[used..].strip_prefix(BETWEEN)?.strip_suffix(b"\"")?;
    Some(Line { stamp, host: b"", program: SMTP, pid: session, message, repeated: 1 })
}

/// `thread<TAB>["session"<TAB>]"time"<TAB>"text"`, as other parts of the server write.
fn other<'a>(own: &'a mut Own, program: &'a [u8], rest: &'a [u8]) -> Option<Line<'a>> {
    let rest = number(rest).map_or(rest, |(_, rest)| rest);
    let rest = number(rest).map_or(rest, |(_, rest)| rest);
    let (stamp, used) = stamped(own, rest)?;
    let message = rest[used..].strip_prefix(BETWEEN)?;
    let message = message.strip_suffix(b"\"").unwrap_or(message);
    let session = behind(message, b"Session Id: ").and_then(id).unwrap_or(0);
    Some(Line { stamp, host: b"", program, pid: session, message, repeated: 1 })
}

/// `"2026-03-02 12:00:00.000` and how long it is.
fn stamped(own: &mut Own, rest: &[u8]) -> Option<(Stamp, usize)> {
    let inside = rest.strip_prefix(b"\"")?;
    let end = memchr::memchr(b'"', &inside[..inside.len().min(32)])?;
    let (stamp, _) = own.stamps.iso(&inside[..end])?;
    Some((stamp, end + 1))
}

/// A number, and what follows the tab behind it.
fn number(text: &[u8]) -> Option<(u32, &[u8])> {
    let end = memchr::memchr(b'\t', text)?;
    Some((id(&text[..end])?, &text[end + 1..]))
}

fn id(digits: &[u8]) -> Option<u32> {
    decimal(digits)?.try_into().ok()
}

/// The address and the text of a session's line.
fn text(message: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = memchr::memchr(b'"', message)?;
    Some((&message[..end], message[end..].strip_prefix(BETWEEN)?))
}

/// What stands behind a name, up to the comma.
fn behind<'a>(message: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let value = &message[memchr::memmem::find(message, name)? + name.len()..];
    Some(&value[..memchr::memchr(b',', value).unwrap_or(value.len())])
}

/// `192.0.2.7 connected to 192.0.2.1:587.`, unless it is to a port of POP3 or IMAP.
fn arrival(text: &[u8]) -> Option<Record<'_>> {
    const TO: &[u8] = b" connected to ";
    let at = memchr::memmem::find(text, TO)?;
    let to = text[at + TO.len()..].strip_suffix(b".")?;
    let port = &to[memchr::memrchr(b':', to)? + 1..];
    if matches!(port, b"110" | b"143" | b"993" | b"995") {
        return None;
    }
    let client = Client { name: b"", ip: &text[..at] };
    Some(Record::Arrived { client, service: service::of_port(port).unwrap_or_default() })
}

/// `… handshake completed. Session Id: 7, Remote IP: 192.0.2.7, Version: TLSv1.2, Cipher: ECDHE-…, Bits: 256`, or
/// `… handshake failed. Session Id: 7, Remote IP: 192.0.2.7, Error code: 1, Message: unsupported protocol`.
fn handshake(message: &[u8]) -> Option<Record<'_>> {
    const REASON: &[u8] = b"Message: ";
    let client = Client { name: b"", ip: behind(message, b"Remote IP: ")? };
    behind(message, b"Session Id: ")?;
    if message[HANDSHAKE.len()..].starts_with(b"failed. ") {
        let reason = memchr::memmem::find(message, REASON).map_or(message.len(), |at| at + REASON.len());
        return Some(Record::StartTlsFailed { client, reason: &message[reason..] });
    }
    Some(Record::Secured {
        client,
        version: behind(message, b"Version: ")?,
        cipher: behind(message, b"Cipher: ").unwrap_or_default(),
    })
}

/// A reply; of several lines (`[nl]` between them) the last one counts.
fn reply<'a>(sent: &'a [u8], client: Client<'a>) -> Option<Record<'a>> {
    let lists_on = sent.get(3) == Some(&b'-');
    match sent.get(..3)? {
        b"220" if !is_ready(sent) => Some(Record::Welcomed(client)),
        b"221" | b"421" => Some(Record::Disconnected { counters: b"" }),
        b"235" => Some(Record::Authenticated { client, mechanism: b"", account: b"" }),
        b"250" if sent.starts_with(b"250 Queued") => Some(Record::Taken(Taken { client, ..Taken::default() })),
        b"334" => Some(Record::Challenged { challenge: &sent[3..] }),
        _ if lists_on => None,
        [b'2', ..] => Some(Record::Granted),
        [b'4' | b'5', ..] => Some(Record::Denied { reply: sent }),
        _ => None,
    }
}

/// `220 Ready to start TLS`: the answer to `STARTTLS`, which no server greets with.
fn is_ready(sent: &[u8]) -> bool {
    sent.get(4..).is_some_and(|text| text.get(..14).is_some_and(|text| text.eq_ignore_ascii_case(b"ready to start")))
}

/// What a client sends: a command, or what may be an answer.
fn command(sent: &[u8]) -> Option<Record<'_>> {
    let text = sent.trim_ascii();
    let end = text.iter().position(|byte| *byte == b' ' || *byte == b':').unwrap_or(text.len());
    let (name, rest) = (&text[..end], text.get(end + 1..).unwrap_or_default().trim_ascii());
    let is = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
    Some(match name.len() {
        4 if is("HELO") || is("EHLO") => Record::Commanded(Command::Hello { helo: rest }),
        4 if is("MAIL") => Record::Commanded(Command::Mail { mail_from: path(rest) }),
        4 if is("RCPT") => Record::Commanded(Command::Recipient),
        4 if is("DATA") => Record::Commanded(Command::Data),
        4 if is("RSET") => Record::Commanded(Command::Reset),
        4 if is("AUTH") => {
            let end = memchr::memchr(b' ', rest).unwrap_or(rest.len());
            Record::AuthBegun { mechanism: sasl::mechanism(rest), response: rest[end..].trim_ascii() }
        }
        8 if is("STARTTLS") => Record::TlsAsked,
        // Of what is left of an answer, a tab in front says that it is not base64.
        _ if end == text.len() || text.ends_with(b" ***") => Record::Answered { response: sent.trim_ascii_end() },
        _ => Record::Commanded(Command::Other),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::framing::Framer;

    fn record(line: &str) -> Option<String> {
        let mut framer = Framer::default();
        let Framed::Line(line) = framer.frame_as(line.as_bytes(), &HMailServer) else { return None };
        if !HMailServer.wants(line.program, line.message) {
            return None;
        }
        HMailServer.parse(&line).ok().flatten().map(|record| format!("{} {record:?}", line.pid))
    }

    #[test]
    fn a_session_is_known_by_its_number() {
        let line = "\"SMTPD\"\t15356\t2564\t\"2026-03-02 19:46:05.177\"\t\"192.0.2.7\"\t\"SENT: 235 authenticated.\"";
        assert!(record(line).is_some_and(|record| record.starts_with("2564 Authenticated")));
        let line = "\"TCPIP\"\t15356\t\"2026-03-02 19:46:05.177\"\t\"TCPConnection - TLS/SSL handshake completed. \
                    Session Id: 2564, Remote IP: 192.0.2.7, Version: TLSv1.2, Cipher: ECDHE-RSA-AES256-SHA, Bits: 256\"";
        assert!(record(line).is_some_and(|record| record.starts_with("2564 Secured")));
    }

    #[test]
    fn what_is_no_session_s_line_says_nothing() {
        for line in [
            "\"POP3D\"\t1\t2\t\"2026-03-02 19:46:05.177\"\t\"192.0.2.7\"\t\"SENT: 235 authenticated.\"",
            "\"SMTPD\"\t1\tx\t\"2026-03-02 19:46:05.177\"\t\"192.0.2.7\"\t\"SENT: 235 authenticated.\"",
            "\"SMTPD\"\t1\t2\t\"2026-03-02 19:46:05.177\"\t\"192.0.2.7\"\t\"SENT: 235 authen",
            "\"SMTPD\"\t1\t2\t\"yesterday\"\t\"192.0.2.7\"\t\"SENT: 235 authenticated.\"",
            "\"SMTPD\"",
            "\"\"\t",
        ] {
            assert_eq!(record(line), None, "{line}");
        }
    }

    #[test]
    fn no_password_is_kept_with_a_line() {
        for line in [
            "\"SMTPD\"\t1\tx\t\"2026-03-02 19:46:05.177\"\t\"192.0.2.7\"\t\"RECEIVED: AUTH PLAIN AGFsaWNlAGh1bnRlcjI=\"",
            "\"SMTPD\"\t1\t2\t\"2026-03-02 19:46:05.177\"\t\"192.0.2.7\"\t\"RECEIVED: AGFsaWNlAGh1bnRlcjI=",
            "\"SMTPD\"\t1\t2\t\"2026-03-02 19:46:05.177\"\t\"192.0.2.7\"\t\"RECEIVED: AUTH PLAIN AGFsaWNlAGh1",
            "\"SMTPD\"\t1\t2\t\"2026-03-02 19:46:05.177\"\t\"192.0.2.7\"\t\"RECEIVED: 77+9YWxpY2Xvv71odW50ZXIy\"",
        ] {
            let kept = String::from_utf8_lossy(&HMailServer.redact(line.as_bytes())).into_owned();
            assert!(kept.contains("RECEIVED: ") && !kept.contains("YWxpY2") && !kept.contains("AGFs"), "{kept}");
        }
    }
}
