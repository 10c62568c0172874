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

use memchr::memmem;

use super::record::{AuthFailed, Client, Opened, Record, Rejected, Stage};
use super::{Evidence, Format, Tells, Unreadable, dovecot};
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
        Evidence::RealLogs("3.7.11, 3.10.13")
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
            Some(Component::Cleanup) => behind_id(message).is_some_and(|text| {
                text.starts_with(b"message-id=")
                    || text.starts_with(b"reject: ")
                    || text.starts_with(b"milter-reject: ")
            }),
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
            Some(first) => Some(&program[first + 1..last]),
            None => Some(b"smtp"),
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

/// A daemon whose lines matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Component {
    Smtpd,
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
        match tag.last()? {
            b'd' if tag.ends_with(b"/smtpd") => Some(Self::Smtpd),
            b'r' if tag.ends_with(b"/qmgr") => Some(Self::Qmgr),
            b'p' if tag.ends_with(b"/cleanup") => Some(Self::Cleanup),
            b'p' if tag.ends_with(b"/pickup") => Some(Self::Pickup),
            b't' if tag == dovecot::PROGRAM => Some(Self::Dovecot),
            _ => None,
        }
    }
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
            || text.starts_with(b"message-id=")
            || text.starts_with(b"uid=")
            || text.starts_with(b"reject: ")
            || text.starts_with(b"milter-reject: ")
            || (text.starts_with(b"from=<") && text.ends_with(b"(queue active)"))
    })
}

/// Lines that have no queue id in front. The first byte tells most of them from those that have one.
fn session_line(message: &[u8]) -> Result<Option<Record<'_>>, Unreadable> {
    match message.first() {
        Some(b'c') => connected(message),
        Some(b'd') => disconnected(message),
        Some(b'A' | b'T' | b'U' | b'V') => trust(message).map(secured).transpose(),
        Some(b'w') => Ok(message.strip_prefix(b"warning: ").and_then(warning)),
        Some(b'S') => tls_failed(message),
        Some(b'p') => Ok(proxied(message)),
        _ => Ok(None),
    }
}

fn connected(message: &[u8]) -> Result<Option<Record<'_>>, Unreadable> {
    let Some(rest) = message.strip_prefix(b"connect from ") else { return Ok(None) };
    let (client, _) = client(rest).ok_or(Unreadable("connect without client"))?;
    Ok(Some(Record::Connected(client)))
}

fn disconnected(message: &[u8]) -> Result<Option<Record<'_>>, Unreadable> {
    let Some(rest) = message.strip_prefix(b"disconnect from ") else { return Ok(None) };
    let client = memchr::memrchr(b']', rest).ok_or(Unreadable("disconnect without client"))?;
    Ok(Some(Record::Disconnected { counters: &rest[client + 1..] }))
}

fn tls_failed(message: &[u8]) -> Result<Option<Record<'_>>, Unreadable> {
    let Some(rest) = message.strip_prefix(b"SSL_accept error from ") else { return Ok(None) };
    let (client, rest) = client(rest).ok_or(Unreadable("SSL_accept error without client"))?;
    Ok(Some(Record::TlsFailed { client, reason: rest.strip_prefix(b": ").unwrap_or(rest) }))
}

fn proxied(message: &[u8]) -> Option<Record<'_>> {
    let rejected = || message.strip_prefix(b"proxy-reject: ").map(|rest| Record::Rejected(proxy_rejected(rest)));
    message.strip_prefix(b"proxy-accept: ").map(relayed).or_else(rejected)
}

/// Lines that have a queue id, or `NOQUEUE` (none), in front.
fn queue_line<'a>(id: Option<&'a [u8]>, text: &'a [u8]) -> Result<Option<Record<'a>>, Unreadable> {
    if let Some(rest) = text.strip_prefix(b"client=") {
        return opened(id, rest).ok_or(Unreadable("client= that cannot be read"));
    }
    if let Some(rest) = text.strip_prefix(b"reject: ").or_else(|| text.strip_prefix(b"milter-reject: ")) {
        return Ok(rejected(id, rest).map(Record::Rejected));
    }
    if let Some(rest) = text.strip_prefix(b"proxy-accept: ") {
        return Ok(Some(relayed(rest)));
    }
    let Some(queue_id) = id else { return Ok(None) };
    if let Some(message_id) = text.strip_prefix(b"message-id=") {
        return Ok(Some(Record::MessageId { queue_id, message_id }));
    }
    if let Some(rest) = text.strip_prefix(b"from=<") {
        return match rest.strip_suffix(b" (queue active)") {
            Some(rest) => queued(queue_id, rest).map(Some).ok_or(Unreadable("from= that cannot be read")),
            None => Ok(None),
        };
    }
    Ok(text.starts_with(b"uid=").then_some(Record::OpenedByOthers { queue_id }))
}

/// `Anonymous TLS connection established from `, and what certificates make of the first word.
fn trust(message: &[u8]) -> Option<&[u8]> {
    let rest = match message.first()? {
        b'A' => message.strip_prefix(b"Anonymous")?,
        b'T' => message.strip_prefix(b"Trusted")?,
        b'U' => message.strip_prefix(b"Untrusted")?,
        b'V' => message.strip_prefix(b"Verified")?,
        _ => return None,
    };
    rest.strip_prefix(b" TLS connection established from ")
}

/// `NAME[IP]: VERSION with cipher CIPHER (…`.
fn secured(text: &[u8]) -> Result<Record<'_>, Unreadable> {
    let read = || {
        let (client, rest) = client(text)?;
        let rest = rest.strip_prefix(b": ")?;
        let (version, rest) = rest.split_at(memchr::memchr(b' ', rest)?);
        let cipher = rest.strip_prefix(b" with cipher ")?;
        let end = memchr::memchr(b' ', cipher).unwrap_or(cipher.len());
        Some(Record::Secured { client, version, cipher: &cipher[..end] })
    };
    read().ok_or(Unreadable("TLS connection that cannot be read"))
}

/// Warnings that matter: failed authentication, and the TLS library's word on a handshake.
fn warning(text: &[u8]) -> Option<Record<'_>> {
    if let Some(reason) = text.strip_prefix(b"TLS library problem: ") {
        return Some(Record::TlsProblem { reason });
    }
    let (client, rest) = client(text)?;
    let rest = rest.strip_prefix(b": SASL ")?;
    let (mechanism, rest) = rest.split_at(memchr::memchr(b' ', rest)?);
    let rest = rest.strip_prefix(b" authentication ")?;
    let aborted = rest.starts_with(b"aborted");
    let rest = rest.strip_prefix(b"failed").or_else(|| rest.strip_prefix(b"aborted"))?;
    let rest = rest.strip_prefix(b": ").unwrap_or(rest);
    // What the client sent as its name comes last and is read to the line's end, whatever it holds.
    const NAME: &[u8] = b", sasl_username=";
    let (reason, account) = match memmem::find(rest, NAME) {
        Some(at) => (&rest[..at], Some(&rest[at + NAME.len()..])),
        None => (rest, None),
    };
    Some(Record::AuthFailed(AuthFailed { client, mechanism, account, reason, aborted }))
}

/// `NAME[IP](:PORT)?(, orig_queue_id=Q)?(, orig_client=NAME[IP])?(, sasl_method=M)?(, sasl_username=U)?(, sasl_sender=S)?`
fn opened<'a>(queue_id: Option<&'a [u8]>, text: &'a [u8]) -> Option<Option<Record<'a>>> {
    let (client, mut rest) = client(text)?;
    let mut mechanism: &[u8] = b"";
    while let Some(field) = rest.strip_prefix(b", ") {
        if let Some(account) = field.strip_prefix(b"sasl_username=") {
            // No name holds a comma but the strangest: only then is the search for what may follow worth its while.
            let comma = memchr::memrchr(b',', account);
            let end = comma.and_then(|_| memmem::rfind(account, b", sasl_sender=")).unwrap_or(account.len());
            let fronted = mechanism.eq_ignore_ascii_case(b"XCLIENT");
            let mechanism = if fronted { b"" } else { mechanism };
            let account = &account[..end];
            return Some(Some(Record::Opened(Opened { queue_id, client, mechanism, account, fronted })));
        }
        let end = memchr::memchr(b',', field).unwrap_or(field.len());
        if let Some(method) = field[..end].strip_prefix(b"sasl_method=") {
            mechanism = method;
        }
        rest = &field[end..];
    }
    Some(queue_id.map(|queue_id| Record::OpenedByOthers { queue_id }))
}

/// `ADDRESS>, size=N, nrcpt=N`, read from its end since the address is the sender's own text.
fn queued<'a>(queue_id: &'a [u8], text: &'a [u8]) -> Option<Record<'a>> {
    let (rest, recipients) = last_field(text, b", nrcpt=")?;
    let (rest, size) = last_field(rest, b", size=")?;
    let mail_from = rest.strip_suffix(b">")?;
    Some(Record::Queued { queue_id, mail_from, size: Some(size), recipients: u32::try_from(recipients).ok() })
}

fn last_field<'a>(text: &'a [u8], name: &[u8]) -> Option<(&'a [u8], u64)> {
    let digits = text.iter().rev().take(18).take_while(|byte| byte.is_ascii_digit()).count();
    let (rest, digits) = text.split_at(text.len() - digits);
    let value = digits.iter().fold(0, |value, digit| value * 10 + u64::from(digit - b'0'));
    (!digits.is_empty()).then_some((rest.strip_suffix(name)?, value))
}

/// `RCPT from NAME[IP]: 550 5.1.1 …; from=<…> to=<…> proto=ESMTP helo=<…>`; none of the other commands matter.
fn rejected<'a>(queue_id: Option<&'a [u8]>, text: &'a [u8]) -> Option<Rejected<'a>> {
    let at = memmem::find(text, b" from ")?;
    let stage = match &text[..at] {
        b"MAIL" => Stage::Mail,
        b"RCPT" => Stage::Recipient,
        b"DATA" | b"BDAT" | b"END-OF-MESSAGE" => Stage::Data,
        // cleanup's header_checks and body_checks: `reject: header Subject: … from NAME[IP]; …`.
        what if what.starts_with(b"header ") || what.starts_with(b"body ") => Stage::Data,
        _ => return None,
    };
    let (client, rest) = client(&text[at + b" from ".len()..]).unwrap_or((Client::default(), b""));
    let (reply, mail_from, helo) = reply(rest.strip_prefix(b": ").unwrap_or(rest));
    Some(Rejected { queue_id, stage, client, reply, mail_from, helo })
}

/// `END-OF-MESSAGE: 554 5.7.1 …; from=<…> to=<…> proto=ESMTP helo=<…>`.
fn proxy_rejected(text: &[u8]) -> Rejected<'_> {
    let at = memmem::find(text, b": ").map_or(0, |at| at + 2);
    let (reply, mail_from, helo) = reply(&text[at..]);
    Rejected { queue_id: None, stage: Stage::Data, client: Client::default(), reply, mail_from, helo }
}

/// `END-OF-MESSAGE: 250 2.0.0 Ok: queued as B; from=<…> …`.
fn relayed(text: &[u8]) -> Record<'_> {
    // The next hop says nothing that the client wrote, so its answer ends where the first envelope begins: a
    // recipient may hold what looks like another one.
    let end = memmem::find(text, ENVELOPE).unwrap_or(text.len());
    let (reply, (mail_from, helo)) = (&text[..end], envelope(&text[end..]));
    let queue_id = memmem::rfind(reply, b"queued as ").map(|at| &reply[at + b"queued as ".len()..]);
    let end = |id: &[u8]| id.iter().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(id.len());
    Record::Relayed { queue_id: queue_id.map(|id| &id[..end(id)]), mail_from, helo }
}

/// What stands between a reply and its envelope.
const ENVELOPE: &[u8] = b"; from=<";

/// A reply and the envelope behind it: `550 …; from=<F> to=<T> proto=P helo=<H>`. The reply may hold what the client
/// wrote, so that its last envelope is taken for the real one.
fn reply(text: &[u8]) -> (&[u8], &[u8], &[u8]) {
    let end = memmem::rfind(text, ENVELOPE).unwrap_or(text.len());
    let (mail_from, helo) = envelope(&text[end..]);
    (&text[..end], mail_from, helo)
}

/// The sender and the client's name in `; from=<F> to=<T> proto=P helo=<H>`.
fn envelope(text: &[u8]) -> (&[u8], &[u8]) {
    let Some(envelope) = text.strip_prefix(ENVELOPE) else { return (b"", b"") };
    let mail_from = &envelope[..memchr::memchr(b'>', envelope).unwrap_or(envelope.len())];
    let helo = memmem::find(envelope, b" helo=<").map_or(&b""[..], |at| {
        let helo = &envelope[at + b" helo=<".len()..];
        let end = memmem::find(helo, b"> sasl_username=<").or_else(|| memchr::memrchr(b'>', helo));
        &helo[..end.unwrap_or(helo.len())]
    });
    (mail_from, helo)
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
    Some((Client { name: known(name), ip: known(ip) }, rest))
}

/// By byte, whether it is an ASCII letter or digit: asked for each byte of each queue id.
static IS_ALPHANUMERIC: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < table.len() {
        table[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    table
};

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

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::*;
    use crate::sources::framing::{Framed, Framer};

    /// The record of a message, shown as text; `-` where it does not matter.
    fn parse(message: &str) -> String {
        let line = format!("Dec 30 10:00:06 mx1 postfix/submission/smtpd[546]: {message}");
        let mut framer = Framer::default();
        let Framed::Line(line) = framer.frame(line.as_bytes()) else { panic!("{line}") };
        match Postfix.parse(&line) {
            Ok(Some(record)) => show(record),
            Ok(None) => "-".into(),
            Err(Unreadable(reason)) => format!("unreadable: {reason}"),
        }
    }

    fn show(record: Record<'_>) -> String {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        match record {
            Record::Opened(opened) => format!(
                "opened {} by {} ({}) from {}[{}]{}",
                opened.queue_id.map_or("-".into(), text),
                text(opened.account),
                text(opened.mechanism),
                text(opened.client.name),
                text(opened.client.ip),
                if opened.fronted { ", fronted" } else { "" }
            ),
            Record::Queued { queue_id, mail_from, size, recipients } => {
                format!("queued {} from {} {size:?} {recipients:?}", text(queue_id), text(mail_from))
            }
            Record::Secured { client, version, cipher } => {
                format!("secured {} {} {}", text(client.ip), text(version), text(cipher))
            }
            Record::AuthFailed(failed) => {
                format!("failed {} {:?} {}", text(failed.mechanism), failed.account.map(text), text(failed.reason))
            }
            Record::Rejected(rejected) => format!(
                "rejected {:?} {} | {} | {}",
                rejected.stage,
                text(rejected.reply),
                text(rejected.mail_from),
                text(rejected.helo)
            ),
            other => format!("{other:?}").split(['(', ' ']).next().unwrap_or_default().to_owned(),
        }
    }

    #[test]
    fn a_message_is_opened() {
        assert_eq!(
            parse("A73A89D6896: client=unknown[127.0.2.32], sasl_method=LOGIN, sasl_username=alice@corp.example.com"),
            "opened A73A89D6896 by alice@corp.example.com (LOGIN) from [127.0.2.32]"
        );
        assert_eq!(
            parse("4fw2qs1lZmz1VlCj: client=localhost[::1]:5087, sasl_method=PLAIN, sasl_username=a, b c"),
            "opened 4fw2qs1lZmz1VlCj by a, b c (PLAIN) from localhost[::1]"
        );
        assert_eq!(
            parse(
                "A80C89D6896: client=localhost[127.0.10.5], sasl_method=XCLIENT, sasl_username=m@ops.example.org, sasl_sender=m@ops.example.org"
            ),
            "opened A80C89D6896 by m@ops.example.org () from localhost[127.0.10.5], fronted"
        );
        assert_eq!(
            parse("NOQUEUE: client=unknown[127.0.2.32], sasl_method=PLAIN, sasl_username=alice@corp.example.com"),
            "opened - by alice@corp.example.com (PLAIN) from [127.0.2.32]"
        );
        assert_eq!(
            parse("B0E0F9D6992: client=localhost[127.0.0.1], orig_queue_id=9836D9D6992, orig_client=a[192.0.2.1]"),
            "OpenedByOthers"
        );
        assert_eq!(parse("B0E0F9D6992: client="), "unreadable: client= that cannot be read");
    }

    #[test]
    fn a_message_is_queued() {
        assert_eq!(
            parse("A73A89D6896: from=<alice@corp.example.com>, size=708, nrcpt=1 (queue active)"),
            "queued A73A89D6896 from alice@corp.example.com Some(708) Some(1)"
        );
        assert_eq!(parse("A73A89D6896: from=<alice@corp.example.com>, status=expired, returned to sender"), "-");
        assert_eq!(
            parse(r#"A73A89D6896: from=<"a, size=1, nrcpt=9, sasl_username=ceo@b"@c>, size=7, nrcpt=2 (queue active)"#),
            r#"queued A73A89D6896 from "a, size=1, nrcpt=9, sasl_username=ceo@b"@c Some(7) Some(2)"#
        );
    }

    #[test]
    fn nothing_a_client_wrote_opens_a_message() {
        let forged = "message-id=<x>, client=evil[198.51.100.7], sasl_method=PLAIN, sasl_username=ceo@corp.example.com";
        assert_eq!(parse(&format!("A73A89D6896: {forged}")), "MessageId");
        assert_eq!(
            parse(
                "warning: unknown[127.0.2.40]: SASL PLAIN authentication failed: (reason unavailable), sasl_username=nobody@x, sasl_username=ceo@corp.example.com"
            ),
            r#"failed PLAIN Some("nobody@x, sasl_username=ceo@corp.example.com") (reason unavailable)"#
        );
    }

    #[test]
    fn handshakes_with_any_trust() {
        for trust in ["Anonymous", "Trusted", "Untrusted", "Verified"] {
            assert_eq!(
                parse(&format!(
                    "{trust} TLS connection established from a.example[192.0.2.1]: TLSv1.1 with cipher ECDHE-RSA-AES256-SHA (256/256 bits)"
                )),
                "secured 192.0.2.1 TLSv1.1 ECDHE-RSA-AES256-SHA"
            );
        }
        assert_eq!(parse("SSL_accept error from web01.shop.example.net[127.0.10.2]: -1"), "TlsFailed");
        assert_eq!(parse("warning: TLS library problem: error:0A0000C1:SSL routines::no shared cipher:"), "TlsProblem");
    }

    #[test]
    fn rejects_carry_their_envelope() {
        assert_eq!(
            parse(
                "NOQUEUE: reject: RCPT from H[192.0.2.1]: 553 5.7.1 <ceo@x>: Sender address rejected: not owned by user erp@y; from=<ceo@x> to=<a@b> proto=ESMTP helo=<h, sasl_username=z>"
            ),
            "rejected Recipient 553 5.7.1 <ceo@x>: Sender address rejected: not owned by user erp@y | ceo@x | h, sasl_username=z"
        );
        assert_eq!(
            parse(
                "NOQUEUE: reject: MAIL from H[192.0.2.1]: 552 5.3.4 Message size exceeds fixed limit; from=<a@b> proto=ESMTP helo=<h>"
            ),
            "rejected Mail 552 5.3.4 Message size exceeds fixed limit | a@b | h"
        );
        assert_eq!(parse("NOQUEUE: reject: CONNECT from H[192.0.2.1]: 554 no; proto=SMTP"), "-");
        assert_eq!(
            parse(
                "proxy-accept: END-OF-MESSAGE: 250 2.0.0 Ok: queued as B0E0F9D6992; from=<a@b> to=<c@d> proto=ESMTP helo=<h> sasl_username=<u>"
            ),
            "Relayed"
        );
    }

    #[test]
    fn long_ids_hold_their_second() {
        let at = long_id_instant(Some(b"4fw2qs1lZmz1VlCj")).unwrap();
        assert_eq!(chrono::DateTime::from_timestamp_micros(at).unwrap().to_rfc3339(), "2026-04-14T11:59:05+00:00");
        assert_eq!(long_id_instant(Some(b"A73A89D6896")), None);
    }

    #[test]
    fn a_cut_tag_leaves_the_decision_to_the_message() {
        for message in ["connect from a[192.0.2.1]", "A73A89D6896: client=x[192.0.2.1]", "NOQUEUE: reject: RCPT from"] {
            assert!(Postfix.wants(b"postfix", message.as_bytes()), "{message}");
        }
        for message in ["A73A89D6896: removed", "daemon started", "setting up TLS connection from a[192.0.2.1]"] {
            assert!(!Postfix.wants(b"postfix", message.as_bytes()), "{message}");
        }
        assert_eq!(Postfix.service(b"postfix-out/submission/smtpd"), Some(&b"submission"[..]));
        assert_eq!(Postfix.service(b"postfix/smtpd"), Some(&b"smtp"[..]));
        assert_eq!(Postfix.service(b"postfix"), None);
    }
}
