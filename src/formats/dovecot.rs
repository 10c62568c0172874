//! Dovecot's submission service: the lines of `submission-login` and `submission`.
//!
//! One line tells of a login and of its TLS, one of each message that was handed on to the server behind, one of a
//! client that left without logging in; see
//! <https://doc.dovecot.org/2.4.1/core/config/submission.html> and `login_log_format_elements`. A login's version and
//! cipher are there where `%k` is among the elements; the default has `TLS`, or `secured` where a connection needs
//! none, and nothing where it is in the clear. Lines of one session share its id.
//!
//! The server behind, often a Postfix on the same host, logs the same messages: [`postfix`](super::postfix) reads
//! Dovecot's lines too, and joins both. This format is for the lines of Dovecot alone.

use std::hash::BuildHasher;

use memchr::memmem;
use rustc_hash::FxBuildHasher;

use super::record::{Client, Encrypted, LoggedIn, Record, RefusalKind, Refused, Taken};
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
const RELAYED: &[u8] = b">: Successfully relayed message: from=<";

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
    if memmem::find(message, RELAYED).is_some() || memmem::find(message, b">: Info: Successfully relayed").is_some() {
        return relayed(message, joined).ok_or(Unreadable("relayed message that cannot be read")).map(Some);
    }
    let Some(text) = behind_session(message) else { return Ok(None) };
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

/// A login's fields.
struct Login<'a> {
    user: &'a [u8],
    mechanism: &'a [u8],
    rip: &'a [u8],
    /// What follows the address.
    rest: &'a [u8],
}

impl<'a> Login<'a> {
    /// `user=<USER>, method=M, rip=IP, lip=IP, mpid=N, TLS, VERSION with cipher C (…), session=<ID>`.
    ///
    /// A user who did not log in is whatever the client sent. Behind it there is nothing of the client's, so that its
    /// end is found from the address, and that from the end.
    fn read(text: &'a [u8]) -> Option<Self> {
        let text = text.strip_prefix(b"user=<")?;
        let at = memmem::rfind(text, b", rip=")?;
        let behind = &text[at + b", rip=".len()..];
        let (rip, rest) = behind.split_at(memchr::memchr(b',', behind).unwrap_or(behind.len()));
        let (user, mechanism) = match memmem::rfind(&text[..at], b">, method=") {
            Some(end) if is_mechanism(&text[end + b">, method=".len()..at]) => {
                (&text[..end], &text[end + b">, method=".len()..at])
            }
            _ => (text[..at].strip_suffix(b">")?, &b""[..]),
        };
        Some(Self { user, mechanism, rip, rest })
    }

    fn client(&self) -> Client<'a> {
        Client { name: b"", ip: self.rip }
    }

    /// What the elements behind the addresses say of TLS.
    fn encrypted(&self) -> Encrypted<'a> {
        let mut found = Encrypted::No;
        for element in elements(self.rest) {
            if let Some(at) = memmem::find(element, b" with cipher ").filter(|_| is_version(element)) {
                let cipher = &element[at + b" with cipher ".len()..];
                let cipher = &cipher[..memchr::memchr(b' ', cipher).unwrap_or(cipher.len())];
                return Encrypted::With { version: &element[..at], cipher };
            }
            if is_version(element) && !element.contains(&b' ') {
                return Encrypted::With { version: element, cipher: b"" };
            }
            if element == b"TLS" || element.starts_with(b"TLS: ") || element.starts_with(b"TLS handshaking") {
                found = Encrypted::Yes;
            } else if element == b"secured" && found == Encrypted::No {
                // A proxy in front has ended TLS, or the client is on the same host.
                found = Encrypted::Unsaid;
            }
        }
        found
    }

    /// What broke the TLS handshake, where that is how the connection ended.
    fn broken_handshake(&self) -> bool {
        elements(self.rest).any(|element| element.starts_with(b"TLS handshaking"))
    }
}

/// The elements behind a login's address.
fn elements(rest: &[u8]) -> impl Iterator<Item = &[u8]> {
    rest.split(|byte| *byte == b',').map(<[u8]>::trim_ascii).filter(|element| !element.is_empty())
}

fn is_version(element: &[u8]) -> bool {
    element.starts_with(b"TLSv") || element.starts_with(b"SSLv")
}

fn is_mechanism(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

fn logged_in(text: &[u8]) -> Result<Record<'_>, Unreadable> {
    let login = Login::read(text).ok_or(Unreadable("login that cannot be read"))?;
    Ok(Record::LoggedIn(LoggedIn {
        client: login.client(),
        encrypted: login.encrypted(),
        mechanism: login.mechanism,
        account: login.user,
    }))
}

/// A client that left without having logged in: `Disconnected: REASON (auth failed, 1 attempts in 2 secs): user=<…>, …`,
/// since 2.4 `Login aborted: REASON (auth failed, 1 attempts in 2 secs) (auth_failed): user=<…>, …`.
fn left(text: &[u8]) -> Result<Option<Record<'_>>, Unreadable> {
    let Some(at) = memmem::find(text, b": user=<") else { return Ok(None) };
    let (reason, fields) = (&text[..at], &text[at + 2..]);
    let says = |word: &[u8]| memmem::find(reason, word).is_some();
    let failed = memmem::find(reason, b"(auth failed, ").map(|at| number(&reason[at + b"(auth failed, ".len()..]));
    let given_up = says(b"(client didn't finish SASL auth") || says(b"(no auth attempts") && says(b"Aborted by client");
    let refused =
        says(b"(tried to use disallowed") || says(b"(tried to use disabled") || says(b"(auth service reported");
    if failed.is_none() && !given_up && !refused && !says(b"(no auth attempts") && !says(b"(disconnected before") {
        return Ok(None);
    }
    let login = Login::read(fields).ok_or(Unreadable("failed login that cannot be read"))?;
    let (kind, code): (_, &[u8]) = match failed {
        Some(_) => (RefusalKind::AuthFailed, b"535"),
        None if refused => (RefusalKind::AuthFailed, b""),
        None if given_up => (RefusalKind::AuthAborted, b"501"),
        None if login.broken_handshake() => (RefusalKind::TlsFailed, b""),
        None => return Ok(None),
    };
    let encrypted = if kind == RefusalKind::TlsFailed { Encrypted::Unsaid } else { login.encrypted() };
    Ok(Some(Record::Refused(Refused {
        kind,
        client: login.client(),
        encrypted,
        mechanism: login.mechanism,
        account: login.user,
        reason: memmem::find(reason, b": ").map_or(reason, |at| &reason[at + 2..]),
        code,
        attempts: failed.unwrap_or(1),
        ..Refused::default()
    })))
}

/// ``submission(USER)<PID><SESSION>: Successfully relayed message: from=<F>, size=N, id=I, nrcpt=N, reply=`…'``.
///
/// The sender is the client's text, so that what follows it is read from the end.
fn relayed(message: &[u8], joined: bool) -> Option<Record<'_>> {
    let (tag, from) = message.split_at(memmem::find(message, b"from=<")?);
    let user = tag.strip_prefix(SESSION)?;
    let user = &user[..memmem::find(user, b")<")?];
    let text = from.strip_prefix(b"from=<")?;
    let (text, reply) = text.split_at(memmem::rfind(text, b", reply=`")?);
    let (text, recipients) = last_field(text, b", nrcpt=")?;
    let (text, id) = last_field(text, b", id=")?;
    let (text, size) = last_field(text, b", size=")?;
    let mail_from = text.strip_suffix(b">")?;
    let behind = queue_id(&reply[b", reply=`".len()..]);
    Some(Record::Taken(Taken {
        queue_id: behind.unwrap_or(id),
        mail_from: Some(mail_from),
        size: Some(number(size).into()),
        recipients: Some(number(recipients)),
        authenticated: true,
        account: user,
        relayed: joined && behind.is_some(),
        ..Taken::default()
    }))
}

/// A text's last field and what stands in front of it.
fn last_field<'a>(text: &'a [u8], name: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = memmem::rfind(text, name)?;
    Some((&text[..at], &text[at + name.len()..]))
}

/// The queue id in a reply: `250 2.0.0 Ok: 4736 bytes queued as A8E9C9D6893'` of Postfix, `250 OK id=…'` of Exim.
fn queue_id(reply: &[u8]) -> Option<&[u8]> {
    let mark = |mark: &[u8]| memmem::rfind(reply, mark).map(|at| &reply[at + mark.len()..]);
    let id = mark(b"queued as ").or_else(|| mark(b" id="))?;
    let end = id.iter().position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'-').unwrap_or(id.len());
    (end > 0).then(|| &id[..end])
}

/// The number that a text begins with.
fn number(text: &[u8]) -> u32 {
    let digits = text.iter().take(9).take_while(|byte| byte.is_ascii_digit());
    digits.fold(0, |number, digit| number * 10 + u32::from(digit - b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes).into_owned()
    }

    /// The record of a message, shown as text; `-` where it does not matter.
    fn parse(message: &str) -> String {
        if !wants(message.as_bytes()) {
            return "-".into();
        }
        match super::parse(message.as_bytes(), true) {
            Ok(Some(Record::LoggedIn(login))) => {
                let tls = match login.encrypted {
                    Encrypted::With { version, cipher } => format!("{} {}", text(version), text(cipher)),
                    other => format!("{other:?}"),
                };
                format!("{} by {} from {}: {tls}", text(login.account), text(login.mechanism), text(login.client.ip))
            }
            Ok(Some(Record::Refused(refused))) => format!(
                "{:?} {}x {} by {} from {}: {}",
                refused.kind,
                refused.attempts,
                text(refused.account),
                text(refused.mechanism),
                text(refused.client.ip),
                text(refused.reason)
            ),
            Ok(Some(Record::Taken(taken))) => format!(
                "{} of {} from {}, {:?} {:?}",
                text(taken.queue_id),
                text(taken.account),
                taken.mail_from.map(text).unwrap_or_default(),
                taken.size,
                taken.recipients
            ),
            Ok(Some(Record::Disconnected { .. })) => "disconnected".into(),
            Ok(Some(other)) => format!("{other:?}"),
            Ok(None) => "-".into(),
            Err(Unreadable(reason)) => format!("unreadable: {reason}"),
        }
    }

    #[test]
    fn logins_of_either_version() {
        for login in ["Login", "Logged in", "Info: Logged in"] {
            let line = |elements: &str| {
                format!(
                    "submission-login: {login}: user=<carol@x>, method=PLAIN, rip=192.0.2.1, lip=192.0.2.9, mpid=4{elements}, session=<2MsV>"
                )
            };
            let shown = |elements| parse(&line(elements));
            let who = "carol@x by PLAIN from 192.0.2.1:";
            assert_eq!(
                shown(", TLS, TLSv1.2 with cipher ECDHE-RSA-AES256-GCM-SHA384 (256/256 bits)"),
                format!("{who} TLSv1.2 ECDHE-RSA-AES256-GCM-SHA384")
            );
            assert_eq!(shown(", TLS, TLSv1.3"), format!("{who} TLSv1.3 "));
            assert_eq!(shown(", TLS"), format!("{who} Yes"));
            assert_eq!(shown(", secured"), format!("{who} Unsaid"));
            assert_eq!(shown(""), format!("{who} No"));
            let messages = ["submission(carol@x)<497><2MsV>: Disconnected: Logged out", &line("")];
            assert_eq!(session(messages[0].as_bytes()), session(messages[1].as_bytes()));
        }
        assert_eq!(parse("submission-login: Login: user=<x"), "unreadable: login that cannot be read");
    }

    #[test]
    fn messages_that_were_handed_on() {
        let line = |from: &str, reply: &str| {
            parse(&format!(
                "submission(carol@x)<497><2MsV>: Successfully relayed message: from=<{from}>, size=4546, id=rPYe, nrcpt=5, reply=`{reply}'"
            ))
        };
        let postfix = "250 2.0.0 Ok: 4736 bytes queued as A8E9C9D6893";
        assert_eq!(line("carol@x", postfix), "A8E9C9D6893 of carol@x from carol@x, Some(4546) Some(5)");
        assert_eq!(line("", "250 OK id=1vbJDf-00001B-2d"), "1vbJDf-00001B-2d of carol@x from , Some(4546) Some(5)");
        assert_eq!(line("", "250 fine"), "rPYe of carol@x from , Some(4546) Some(5)");
        let forged = "\"x>, size=1, id=i, nrcpt=9, reply=`250 Ok: queued as FFFFFF'\"@y";
        assert_eq!(line(forged, postfix), format!("A8E9C9D6893 of carol@x from {forged}, Some(4546) Some(5)"));
        assert_eq!(
            parse("submission(x)<1><y>: Successfully relayed message: from=<a, size=3"),
            "unreadable: relayed message that cannot be read"
        );
    }

    #[test]
    fn clients_that_did_not_log_in() {
        let end =
            "method=PLAIN, rip=192.0.2.1, lip=192.0.2.9, TLS, TLSv1.2 with cipher X (256/256 bits), session=<8zkb>";
        for (beginning, reason) in [
            ("Disconnected: Aborted login by logging out (auth failed, 3 attempts in 1 secs)", ""),
            (
                "Login aborted: Aborted login by logging out (auth failed, 3 attempts in 1 secs) (auth_failed)",
                " (auth_failed)",
            ),
        ] {
            assert_eq!(
                parse(&format!("submission-login: {beginning}: user=<a@x>, {end}")),
                format!(
                    "AuthFailed 3x a@x by PLAIN from 192.0.2.1: Aborted login by logging out (auth failed, 3 attempts in 1 secs){reason}"
                )
            );
        }
        assert_eq!(
            parse(
                "submission-login: Disconnected: Aborted login by logging out (client didn't finish SASL auth, waited 0 secs): user=<>, method=LOGIN, rip=192.0.2.1, lip=192.0.2.9, TLS, session=<g>"
            ),
            "AuthAborted 1x  by LOGIN from 192.0.2.1: Aborted login by logging out (client didn't finish SASL auth, waited 0 secs)"
        );
        assert_eq!(
            parse(
                "submission-login: Disconnected: Connection closed: SSL_accept() failed: error:0A0000C1:SSL routines::no shared cipher (no auth attempts in 0 secs): user=<>, rip=192.0.2.1, lip=192.0.2.9, TLS handshaking: SSL_accept() syscall failed: Invalid argument, session=<2>"
            ),
            "TlsFailed 1x  by  from 192.0.2.1: Connection closed: SSL_accept() failed: error:0A0000C1:SSL routines::no shared cipher (no auth attempts in 0 secs)"
        );
        assert_eq!(
            parse(
                "submission-login: Disconnected: Connection closed (no auth attempts in 0 secs): user=<>, rip=192.0.2.1, lip=192.0.2.9, TLS: Connection closed, TLSv1.2 with cipher X (256/256 bits), session=<y>"
            ),
            "-"
        );
    }

    #[test]
    fn what_a_client_calls_its_user_forges_nothing() {
        for user in [
            "nobody@x, sasl_username=ceo@x",
            "x>, method=LOGIN, rip=198.51.100.7, lip=192.0.2.9, TLS, session=<0",
            "x>, method=LOGIN",
            "x>, rip=198.51.100.7",
        ] {
            for method in [", method=PLAIN", ""] {
                let line = format!(
                    "submission-login: Disconnected: Connection closed (auth failed, 1 attempts in 1 secs): user=<{user}>{method}, rip=192.0.2.1, lip=192.0.2.9, session=<8zkb>"
                );
                let mechanism = if method.is_empty() { "" } else { "PLAIN" };
                assert!(
                    parse(&line).starts_with(&format!("AuthFailed 1x {user} by {mechanism} from 192.0.2.1: ")),
                    "{line} {}",
                    parse(&line)
                );
                assert_eq!(session_of_login(line.as_bytes()), Some(&b"8zkb"[..]));
            }
        }
    }

    #[test]
    fn other_lines_do_not_matter() {
        for line in [
            "imap-login: Login: user=<carol@x>, method=PLAIN, rip=192.0.2.1, lip=192.0.2.9, mpid=4, TLS, session=<2MsV>",
            "submission(carol@x)<497><2MsV>: Connection lost",
            "master: Dovecot v2.3.19.1 (9b53102964) starting up for submission (core dumps disabled)",
        ] {
            assert_eq!(parse(line), "-", "{line}");
        }
        assert_eq!(parse("submission(a)<1><b>: Disconnected: Logged out (state=READY) in=1 out=2"), "disconnected");
    }
}
