//! Postfix: `smtpd`, `cleanup`, `qmgr` and `pickup` lines, by syslog or `postlogd`.
//!
//! The text is written by `smtpd/smtpd.c` (`client=`, rejects, `disconnect from`), `tls/tls_server.c` (TLS),
//! `smtpd/smtpd_sasl_glue.c` (failed authentication), `cleanup/cleanup_message.c` and `qmgr/qmgr_active.c`;
//! see <https://www.postfix.org/postconf.5.html#syslog_name> for the tag.
//!
//! Where Dovecot's submission service stands in front and logs into the same files, the submissions are its clients':
//! its lines are read as [`dovecot`] reads them, and a message counts once.
//!
//! The component is what stands behind the tag's last `/`: the part before is the operator's choice. Where a
//! relay has cut the tag at the slash (rsyslog's RFC 5424 template does), the message alone decides.

mod message;
mod session;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests;

use self::message::{queue_line, refused, set_aside};
use self::session::{refuses_content, session_line, trust};
use super::ids::IS_ALPHANUMERIC;
use super::record::{Client, Record};
use super::{Evidence, Format, Tells, Unreadable, dovecot, service};
use crate::calendar::{SECOND, Timestamp};
use crate::sources::framing::{Line, Program, Style};

/// The format.
#[derive(Debug)]
pub struct Postfix;

/// The longest queue id that is taken for one; Postfix' own stay below 20.
const LONGEST_QUEUE_ID: usize = 40;

impl Style for Postfix {
    fn wants_program(&self, program: Program<'_>) -> bool {
        let Program { tag, may_be_cut } = program;
        // What follows `postfix` is nearly always a slash, and then it need not be looked for.
        let whole = || tag.get(b"postfix".len()) == Some(&b'/') || tag.contains(&b'/');
        Component::of(tag).is_some() || ((may_be_cut || tag.starts_with(b"postfix")) && !whole())
    }
}

impl Format for Postfix {
    fn name(&self) -> &'static str {
        "postfix"
    }

    fn title(&self) -> &'static str {
        "Postfix"
    }

    fn evidence(&self) -> Evidence {
        Evidence::RealLogs("3.5.25, 3.7.11, 3.10.13")
    }

    fn tells(&self) -> Tells {
        Tells {
            tls_version: "with smtpd_tls_loglevel = 1",
            cipher: "with smtpd_tls_loglevel = 1",
            account: "yes",
            mechanism: "yes",
            recipients: "yes, without duplicates",
        }
    }

    fn wants(&self, program: &[u8], message: &[u8]) -> bool {
        match Component::of(program) {
            Some(Component::Smtpd) => !message.starts_with(b"SSL_accept:"),
            Some(Component::Qmgr) => message.ends_with(b"(queue active)"),
            Some(Component::Cleanup) => behind_id(message).is_some_and(of_cleanup) || warns_of_content(message),
            Some(Component::Pickup) => behind_id(message).is_some_and(|text| text.starts_with(b"uid=")),
            Some(Component::Dovecot) => dovecot::wants(message),
            None => without_component(message),
        }
    }

    fn parse<'a>(&self, line: &Line<'a>) -> Result<Option<Record<'a>>, Unreadable> {
        let message = line.message;
        if line.program == dovecot::PROGRAM {
            return dovecot::parse(message, true);
        }
        match session_line(message) {
            Ok(None) => queue_id(message).map_or(Ok(None), |(id, text)| queue_line(id, text)),
            of_session => of_session,
        }
    }

    fn service<'a>(&self, program: &'a [u8]) -> Option<&'a [u8]> {
        let last = memchr::memrchr(b'/', program)?;
        match memchr::memchr(b'/', &program[..last]) {
            Some(first) => Some(by_port(&program[first + 1..last])),
            None => Some(by_instance(&program[..last])),
        }
    }

    fn is_of_front(&self, line: &Line<'_>) -> bool {
        line.program == dovecot::PROGRAM
    }

    fn session(&self, line: &Line<'_>) -> u64 {
        if line.program == dovecot::PROGRAM { dovecot::session(line.message) } else { line.pid.into() }
    }

    fn tls_mark(&self) -> Option<&'static [u8]> {
        Some(b"TLS connection established from ")
    }

    fn instant(&self, line: &Line<'_>) -> Option<Timestamp> {
        let (id, _) = queue_id(line.message)?;
        long_id_instant(id)
    }
}

/// A service that `master.cf` has by its port, or by an address and its port, is what the port is registered for.
fn by_port(service: &[u8]) -> &[u8] {
    let port = memchr::memrchr(b':', service).map_or(service, |colon| &service[colon + 1..]);
    service::of_port(port).unwrap_or(service)
}

/// A service whose name stands where an instance's does (`syslog_name=postfix-submission`, or `submission` alone). The
/// service of any other instance has not said its name: most are port 25.
fn by_instance(instance: &[u8]) -> &[u8] {
    let name = instance.strip_prefix(b"postfix-").unwrap_or(instance);
    if matches!(name, b"submission" | b"submissions" | b"smtps") { name } else { service::SMTP }
}

/// A daemon whose lines matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Component {
    Smtpd,
    /// Also as `oqmgr`, the queue manager of old that `master.cf` may still name, and as `nqmgr`, which was the name of
    /// today's at first.
    Qmgr,
    Cleanup,
    Pickup,
    /// No daemon of Postfix', but often in front of one, and then it knows the client and its TLS.
    Dovecot,
}

impl Component {
    /// The daemon's name stands behind the last slash of the tag.
    #[inline]
    fn of(tag: &[u8]) -> Option<Self> {
        let Some(end) = tag.last_chunk() else { return Self::of_short(tag) };
        // As a number, what a tag ends with is compared in one step.
        let last = u64::from_be_bytes(*end);
        let ends_with = |name: &[u8; 8]| {
            let length = name.iter().filter(|byte| **byte != 0).count();
            (last ^ u64::from_be_bytes(*name)) << (64 - 8 * length) == 0
        };
        if ends_with(b"\0\0/smtpd") {
            Some(Self::Smtpd)
        } else if ends_with(b"\0\0\0\0qmgr") {
            let is_qmgr = matches!(end, [_, _, _, b'/', ..] | [_, _, b'/', b'o' | b'n', ..]);
            is_qmgr.then_some(Self::Qmgr)
        } else if ends_with(b"/cleanup") {
            Some(Self::Cleanup)
        } else {
            ends_with(b"\0/pickup").then_some(Self::Pickup)
        }
    }

    /// The same of a tag that is shorter than the longest of the names.
    fn of_short(tag: &[u8]) -> Option<Self> {
        match tag {
            dovecot::PROGRAM => Some(Self::Dovecot),
            tag if tag.ends_with(b"/smtpd") => Some(Self::Smtpd),
            tag if tag.ends_with(b"/qmgr") || tag.ends_with(b"/oqmgr") || tag.ends_with(b"/nqmgr") => Some(Self::Qmgr),
            tag if tag.ends_with(b"/pickup") => Some(Self::Pickup),
            _ => None,
        }
    }
}

/// Whether a line of `cleanup` matters, by what stands behind its queue id.
fn of_cleanup(text: &[u8]) -> bool {
    text.starts_with(b"message-id=") || refused(text).is_some() || set_aside(text).is_some()
}

/// Whether `cleanup` says of a message that it is refused, but not by a line that says `reject`.
fn warns_of_content(message: &[u8]) -> bool {
    message.strip_prefix(b"warning: ").is_some_and(refuses_content)
}

/// Whether a message without its component begins like one that matters.
fn without_component(message: &[u8]) -> bool {
    const BEGINNINGS: [&[u8]; 7] = [
        b"connect from ",
        b"disconnect from ",
        b"warning: ",
        b"SSL_accept error from ",
        b"NOQUEUE: ",
        b"proxy-accept: ",
        b"proxy-reject: ",
    ];
    if BEGINNINGS.iter().any(|beginning| message.starts_with(beginning)) || trust(message).is_some() {
        return true;
    }
    behind_id(message).is_some_and(|text| {
        text.starts_with(b"client=")
            || text.starts_with(b"uid=")
            || of_cleanup(text)
            || (text.starts_with(b"from=<") && text.ends_with(b"(queue active)"))
    })
}

/// `NAME[IP]` and an optional `:PORT`; what follows is handed back.
fn client(text: &[u8]) -> Option<(Client<'_>, &[u8])> {
    let open = memchr::memchr2(b'[', b' ', text).filter(|at| text[*at] == b'[')?;
    // An address is short.
    let close = open + text[open..].iter().position(|byte| *byte == b']')?;
    let (name, ip) = (&text[..open], &text[open + 1..close]);
    let mut rest = &text[close + 1..];
    if let [b':', digit, ..] = rest
        && digit.is_ascii_digit()
    {
        let end = rest[1..].iter().position(|byte| !byte.is_ascii_digit()).map_or(rest.len(), |at| at + 1);
        rest = &rest[end..];
    }
    let unknown = |text: &[u8]| text == b"unknown";
    let known = |text| if unknown(text) { &b""[..] } else { text };
    // Who hands a client on by its address only (XCLIENT) leaves its own name there.
    let is_proxys = name == b"localhost" && !ip.starts_with(b"127.") && ip != b"::1";
    Some((Client { name: if is_proxys { b"" } else { known(name) }, ip: known(ip) }, rest))
}

/// A queue id (none for `NOQUEUE`) and the text behind its colon.
fn queue_id(message: &[u8]) -> Option<(Option<&[u8]>, &[u8])> {
    let colon =
        message.iter().position(|byte| !IS_ALPHANUMERIC[usize::from(*byte)]).filter(|at| *at <= LONGEST_QUEUE_ID)?;
    let (id, text) = (&message[..colon], message[colon..].strip_prefix(b": ")?);
    match id {
        b"NOQUEUE" => Some((None, text)),
        id if id.len() >= 6 => Some((Some(id), text)),
        _ => None,
    }
}

/// The text behind a queue id, for turning lines away.
fn behind_id(message: &[u8]) -> Option<&[u8]> {
    queue_id(message).map(|(_, text)| text)
}

/// The second that a long queue id (`enable_long_queue_ids`) was given in: its first six digits, in base 52.
///
/// <https://www.postfix.org/postconf.5.html#enable_long_queue_ids>
fn long_id_instant(id: Option<&[u8]>) -> Option<Timestamp> {
    const DIGITS: &[u8; 52] = b"0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz";
    let id = id.filter(|id| id.len() >= 12 && id.get(10) == Some(&b'z'))?;
    let seconds = id[..6].iter().try_fold(0i64, |seconds, byte| {
        let digit = DIGITS.iter().position(|candidate| candidate == byte)?;
        Some(seconds * 52 + digit as i64)
    })?;
    Some(seconds * SECOND)
}
