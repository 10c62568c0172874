//! sendmail: the daemon's lines by syslog, as `sendmail` or `sm-mta`, and those of `sm-msp-queue`.
//!
//! One process serves one connection, and no line says that it begins or ends, unless the log level is far above the
//! usual 9. `STARTTLS=server` and `AUTH=server` come without a queue id, then one `from=` per message; see
//! <https://www.sendmail.org/~ca/email/doc8.12/op.html> and `sendmail/{envelope,srvrsmtp,tls}.c`.
//!
//! - A `from=` line is a message accepted where it has recipients and a message id: it is written also where a client
//!   resets or drops what it has begun.
//! - `proto=` ends in `A` where the client had authenticated, in `S` or `SA` where there was TLS. Older versions write
//!   `ESMTP` of every session, so that only its other lines tell.
//! - `version=TLSv1/SSLv3` (sendmail up to 8.14) is the cipher's, not the session's.
//!
//! Clients' words stand in the sender, the message id and the name of a failed login, and whole lines may begin with
//! a recipient's address. So a line counts only where it ends as the server ends it, and what stands behind such words
//! is looked for from the end.

use memchr::memmem;

use super::record::{AuthFailed, Client, Encrypted, Record, Rejected, Stage, Taken};
use super::spelling::{Escapes, Spelling};
use super::{Evidence, Format, Tells, Unreadable};
use crate::calendar::{SECOND, Timestamp};
use crate::sources::framing::{Line, Program, Style};

/// The format.
#[derive(Debug)]
pub struct Sendmail;

/// The longest queue id that is taken for one; sendmail's own have 14 characters, more where process ids are long.
const LONGEST_QUEUE_ID: usize = 20;

/// What `from=` prints of a sender at the most (`envelope.c`).
const LONGEST_SENDER: usize = 200;

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
            recipients: "yes, without duplicates",
        }
    }

    fn wants(&self, _program: &[u8], message: &[u8]) -> bool {
        match behind_id(message) {
            // Most lines tell of a delivery.
            Some((_, [b't', b'o', b'=', ..])) => false,
            Some((_, text)) => matches_one(text, &WITH_ID) || has_ended(text) || is_user_unknown(text),
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

    fn spelling(&self) -> Spelling {
        Spelling { proven: Escapes::Xtext, tried: Escapes::None, long_addresses: true }
    }

    fn announces_logins(&self) -> bool {
        true
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
const WITH_ID: [&[u8]; 7] = [
    b"from=",
    b"AUTH failure (",
    b"ruleset=",
    b"Milter: ",
    b"STARTTLS=server, relay=",
    b"AUTH=server, ",
    b"lost input channel from ",
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
    Ok(rejected(text).map(Record::Rejected))
}

/// `, relay=R, version=V, …`, or what went wrong: `, error: …` and `: …`.
fn handshake(text: &[u8]) -> Result<Option<Record<'_>>, Unreadable> {
    if let Some(reason) = text.strip_prefix(b": ") {
        return Ok(Some(Record::TlsProblem { reason: library_reason(reason) }));
    }
    if let Some(error) = text.strip_prefix(b", error: accept failed=") {
        return Ok(Some(tls_failed(error)));
    }
    let Some(text) = text.strip_prefix(b", relay=") else { return Ok(None) };
    secured(text).map(Some).ok_or(Unreadable("STARTTLS=server that cannot be read"))
}

/// `R, version=V, verify=W, cipher=C, bits=A/B`.
fn secured(text: &[u8]) -> Option<Record<'_>> {
    let (rest, bits) = last(text, b", bits=")?;
    let (rest, cipher) = last(rest, b", cipher=")?;
    let (rest, _verify) = last(rest, b", verify=")?;
    let (client, version) = last(rest, b", version=")?;
    let (used, strength) = bits.split_at(memchr::memchr(b'/', bits)?);
    let complete = is_number(used) && is_number(&strength[1..]);
    Some(Record::Secured { client: relay(client)?, version, cipher }).filter(|_| complete)
}

/// `-1, reason=R, SSL_error=1, errno=0, retry=-1, relay=R`; reason and relay came with newer versions.
fn tls_failed(text: &[u8]) -> Record<'_> {
    let (rest, client) = last(text, b", relay=").map_or((text, None), |(rest, client)| (rest, relay(client)));
    let reason = memmem::find(rest, b", reason=").map_or(rest, |at| &rest[at + b", reason=".len()..]);
    let end = memmem::find(reason, b", SSL_error=").unwrap_or(reason.len());
    Record::TlsFailed { client: client.unwrap_or_default(), reason: &reason[..end] }
}

/// `595:error:1408A0C1:SSL routines:…:no shared cipher:s3_srvr.c:974:` without the process.
fn library_reason(text: &[u8]) -> &[u8] {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    text[digits..].strip_prefix(b":").unwrap_or(text)
}

/// `relay=R, authid=U, mech=M, bits=N`. In U, blanks and `=` are encoded.
fn authenticated(text: &[u8]) -> Option<Record<'_>> {
    let (rest, bits) = last(text, b", bits=")?;
    let (rest, mechanism) = last(rest, b", mech=")?;
    let rest = rest.strip_prefix(b"relay=")?;
    let at = memmem::find(rest, b", authid=")?;
    let (client, account) = (relay(&rest[..at])?, &rest[at + b", authid=".len()..]);
    is_number(bits).then_some(Record::Authenticated { client, mechanism, account })
}

/// `MECH): ERROR (-13) DETAIL, user=U, relay=R`, of which the last two came with 8.15. U is what the client sent.
fn auth_failed(text: &[u8]) -> Option<Record<'_>> {
    let (mechanism, rest) = text.split_at(memchr::memchr(b')', text)?);
    let rest = rest.strip_prefix(b"): ")?;
    let (rest, client) = match last(rest, b", relay=") {
        Some((rest, client)) => (rest, relay(client)?),
        None => (rest, Client::default()),
    };
    const USER: &[u8] = b", user=";
    let (reason, account) = match memmem::find(rest, USER) {
        Some(at) => (&rest[..at], Some(&rest[at + USER.len()..])),
        None => (rest, None),
    };
    // The server's own words have its number of the error in them, and none of a client's are in front of it.
    memmem::find(reason, b" (-")?;
    Some(Record::AuthFailed(AuthFailed { client, mechanism, account, reason, aborted: false }))
}

/// A `from=` line.
struct Envelope<'a> {
    sender: &'a [u8],
    size: &'a [u8],
    recipients: u32,
    message_id: Option<&'a [u8]>,
    protocol: &'a [u8],
    client: Client<'a>,
}

impl<'a> Envelope<'a> {
    /// `SENDER, size=N, class=N, nrcpts=N[, msgid=M][, bodytype=B], proto=P, daemon=D[, …], relay=R`.
    fn read(text: &'a [u8]) -> Option<Self> {
        let (sender, [size, _class, recipients], rest) = sender(text)?;
        let (rest, client) = last(rest, b", relay=")?;
        let client = relay(client)?;
        let (rest, protocol) = last(rest, b", proto=")?;
        let protocol = &protocol[..memchr::memchr(b',', protocol).unwrap_or(protocol.len())];
        let rest = [&b", bodytype=8BITMIME"[..], b", bodytype=7BIT"]
            .iter()
            .find_map(|body| rest.strip_suffix(*body))
            .unwrap_or(rest);
        let recipients = u32::try_from(number(recipients)?).ok()?;
        Some(Self { sender, size, recipients, message_id: rest.strip_prefix(b", msgid="), protocol, client })
    }

    /// What it says of its session. Up to 8.14 the protocol does not tell who had authenticated; since then, TLS
    /// alone (`ESMTPS`) says that the client had not, so that nothing of the session matters any more.
    fn record(&self, queue_id: &'a [u8]) -> Option<Record<'a>> {
        let behind = memmem::find(self.protocol, b"SMTP").map(|at| &self.protocol[at + b"SMTP".len()..])?;
        let (encrypted, authenticated) = match behind {
            b"SA" => (Encrypted::Yes, true),
            b"A" => (Encrypted::No, true),
            b"" => (Encrypted::Unsaid, false),
            _ => return Some(Record::Disconnected { counters: b"" }),
        };
        match (self.recipients, self.message_id) {
            (0, _) => Some(Record::Reset),
            (_, None) => Some(Record::Abandoned),
            (recipients, Some(message_id)) => Some(Record::Taken(Taken {
                queue_id,
                client: self.client,
                encrypted,
                mail_from: Some(self.sender),
                size: number(self.size),
                recipients: Some(recipients),
                message_id,
                authenticated,
                ..Taken::default()
            })),
        }
    }
}

/// The size, the class and the number of recipients, as digits.
type Numbers<'a> = [&'a [u8]; 3];

/// The sender without brackets, the three numbers behind it, and what follows them. A sender may hold in quotation
/// marks what looks like those numbers, and of a long one the end is cut off.
fn sender(text: &[u8]) -> Option<(&[u8], Numbers<'_>, &[u8])> {
    let numbers = |at: usize| Some((text.get(..at)?, numbers(text.get(at..)?)?));
    let at = if text.first() == Some(&b'<') { behind_brackets(text)? } else { memmem::find(text, b", size=")? };
    let (address, (numbers, rest)) = numbers(at).or_else(|| numbers(LONGEST_SENDER))?;
    let address = address.strip_prefix(b"<").unwrap_or(address);
    Some((address.strip_suffix(b">").unwrap_or(address), numbers, rest))
}

/// Where the bracket closes that a text begins with: outside of quotation marks.
fn behind_brackets(text: &[u8]) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    let end = text.iter().position(|byte| {
        quoted ^= *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        *byte == b'>' && !quoted
    });
    // Of a quotation mark that was never closed, the end was cut off.
    Some(end.map_or(LONGEST_SENDER, |end| end + 1))
}

/// `, size=N, class=N, nrcpts=N` at a text's beginning.
fn numbers(text: &[u8]) -> Option<(Numbers<'_>, &[u8])> {
    let mut rest = text;
    let mut found: Numbers<'_> = [b""; 3];
    for (name, value) in [&b", size="[..], b", class=", b", nrcpts="].into_iter().zip(&mut found) {
        rest = rest.strip_prefix(name)?;
        let sign = usize::from(rest.first() == Some(&b'-'));
        let digits = rest[sign..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        (*value, rest) = rest.split_at(sign + digits);
    }
    (rest.is_empty() || rest.starts_with(b", ")).then_some((found, rest))
}

/// `ruleset=check_rcpt, arg1=<…>, relay=…, reject=550 …`, `Milter: to=<…>, reject=550 …`, `<…>... User unknown`.
fn rejected(text: &[u8]) -> Option<Rejected<'_>> {
    let (stage, reply) = if let Some(rest) = text.strip_prefix(b"ruleset=") {
        let stage = match &rest[..memchr::memchr(b',', rest)?] {
            b"check_mail" => Stage::Mail,
            b"check_rcpt" => Stage::Recipient,
            b"check_data" | b"check_eoh" | b"check_eom" => Stage::Data,
            _ => return None,
        };
        (stage, reply(rest)?)
    } else if let Some(rest) = text.strip_prefix(b"Milter: ") {
        let stage = match rest {
            [b'f', b'r', b'o', b'm', b'=', ..] => Stage::Mail,
            [b't', b'o', b'=', ..] => Stage::Recipient,
            _ if rest.starts_with(b"data, ") => Stage::Data,
            _ => return None,
        };
        (stage, reply(rest)?)
    } else if is_user_unknown(text) {
        (Stage::Recipient, text)
    } else {
        return None;
    };
    Some(Rejected { queue_id: None, stage, client: Client::default(), reply, mail_from: b"", helo: b"" })
}

/// The first reply of a line: the server's words may repeat the client's.
fn reply(text: &[u8]) -> Option<&[u8]> {
    memmem::find(text, b", reject=").map(|at| &text[at + b", reject=".len()..])
}

/// A recipient that nobody knows.
fn is_user_unknown(text: &[u8]) -> bool {
    text.first() == Some(&b'<') && text.ends_with(b">... User unknown")
}

/// `NAME [IP] did not issue MAIL/EXPN/VRFY/ETRN during connection to DAEMON`, `lost input channel from NAME [IP] to …`.
fn has_ended(text: &[u8]) -> bool {
    const IDLE: &[u8] = b" did not issue MAIL/EXPN/VRFY/ETRN during connection to ";
    if let Some(rest) = text.strip_prefix(b"lost input channel from ") {
        return memmem::find(rest, b" to ").is_some_and(|at| relay(&rest[..at]).is_some());
    }
    last(text, IDLE).is_some_and(|(client, daemon)| relay(client).is_some() && memchr::memchr(b' ', daemon).is_none())
}

/// `NAME [IP]`, `[IP]`, `IDENT:USER@NAME [IP]`, each with ` (may be forged)` behind it; no more and no less.
fn relay(text: &[u8]) -> Option<Client<'_>> {
    let text = text.strip_suffix(b" (may be forged)").unwrap_or(text);
    let text = text.strip_suffix(b"]")?;
    let (name, ip) = text.split_at(memchr::memrchr(b'[', text)?);
    let ip = &ip[1..];
    let name = if name.is_empty() { name } else { name.strip_suffix(b" ")? };
    let name = memchr::memrchr(b'@', name).map_or(name, |at| &name[at + 1..]);
    let one_word = |text: &[u8]| !text.iter().any(|byte| matches!(byte, b' ' | b',' | b'[' | b']'));
    (one_word(name) && one_word(ip)).then(|| Client { name, ip: ip.strip_prefix(b"IPv6:").unwrap_or(ip) })
}

/// A text up to the last field of a name, and that field's value.
fn last<'a>(text: &'a [u8], name: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = memmem::rfind(text, name)?;
    Some((&text[..at], &text[at + name.len()..]))
}

fn is_number(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

fn number(text: &[u8]) -> Option<u64> {
    std::str::from_utf8(text).ok()?.parse().ok()
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

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::*;
    use crate::sources::framing::{Framed, Framer};

    /// The record of a message, shown as text; `-` where it does not matter.
    fn parse(message: &str) -> String {
        let line = format!("Dec 30 10:00:06 mx1 sm-mta[595]: {message}");
        let mut framer = Framer::default();
        let Framed::Line(line) = framer.frame(line.as_bytes()) else { panic!("{line}") };
        match Sendmail.wants(line.program, line.message).then(|| Sendmail.parse(&line)) {
            Some(Ok(Some(record))) => show(record),
            Some(Ok(None)) | None => "-".into(),
            Some(Err(Unreadable(reason))) => format!("unreadable: {reason}"),
        }
    }

    fn show(record: Record<'_>) -> String {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let from = |client: Client<'_>| format!("{}[{}]", text(client.name), text(client.ip));
        match record {
            Record::Secured { client, version, cipher } => {
                format!("secured {} {} {}", from(client), text(version), text(cipher))
            }
            Record::Authenticated { client, mechanism, account } => {
                format!("authenticated {} {} {}", from(client), text(mechanism), text(account))
            }
            Record::AuthFailed(failed) => format!(
                "failed {} {} {:?} | {}",
                from(failed.client),
                text(failed.mechanism),
                failed.account.map(text),
                text(failed.reason)
            ),
            Record::Taken(taken) => format!(
                "taken {} {} {:?} {:?} {:?} {:?} {}",
                text(taken.queue_id),
                from(taken.client),
                taken.encrypted,
                taken.mail_from.map(text),
                taken.size,
                taken.recipients,
                text(taken.message_id)
            ),
            Record::TlsFailed { client, reason } => format!("tls failed {} {}", from(client), text(reason)),
            Record::Rejected(rejected) => format!("rejected {:?} {}", rejected.stage, text(rejected.reply)),
            other => format!("{other:?}").split(['(', ' ']).next().unwrap_or_default().to_owned(),
        }
    }

    #[test]
    fn a_session_is_secured_and_authenticated() {
        assert_eq!(
            parse(
                "STARTTLS=server, relay=localhost [IPv6:0:0:0:0:0:0:0:1], version=TLSv1.3, verify=NOT, cipher=TLS_AES_256_GCM_SHA384, bits=256/256"
            ),
            "secured localhost[0:0:0:0:0:0:0:1] TLSv1.3 TLS_AES_256_GCM_SHA384"
        );
        assert_eq!(
            parse(
                "STARTTLS=client, relay=mx.example.net., version=TLSv1.3, verify=OK, cipher=TLS_AES_256_GCM_SHA384, bits=256/256"
            ),
            "-"
        );
        assert_eq!(
            parse(
                "AUTH=server, relay=a.example.org [192.0.2.1] (may be forged), authid=a+2Bb@example.org, mech=PLAIN, bits=0"
            ),
            "authenticated a.example.org[192.0.2.1] PLAIN a+2Bb@example.org"
        );
        assert_eq!(
            parse("AUTH=server, relay=IDENT:x@a.example.org [192.0.2.1], authid=a, mech=x, mech=LOGIN, bits=0"),
            "authenticated a.example.org[192.0.2.1] LOGIN a, mech=x"
        );
        assert_eq!(parse("AUTH=server, relay=x"), "unreadable: AUTH=server that cannot be read");
        assert_eq!(parse("STARTTLS=server, relay=x"), "unreadable: STARTTLS=server that cannot be read");
    }

    #[test]
    fn a_message_is_taken_with_its_id_only() {
        let line = |sender: &str, msgid: &str, proto: &str| {
            parse(&format!(
                "5BUA03UB000594: from={sender}, size=339, class=0, nrcpts=2{msgid}, proto={proto}, daemon=MSA, relay=[192.0.2.1]"
            ))
        };
        assert_eq!(
            line("<a@example.org>", ", msgid=<1@example.org>, bodytype=8BITMIME", "ESMTPSA"),
            r#"taken 5BUA03UB000594 [192.0.2.1] Yes Some("a@example.org") Some(339) Some(2) <1@example.org>"#
        );
        assert_eq!(
            line("<>", ", msgid=<1@example.org>", "ESMTPA"),
            r#"taken 5BUA03UB000594 [192.0.2.1] No Some("") Some(339) Some(2) <1@example.org>"#
        );
        assert_eq!(line("<a@example.org>", "", "ESMTPSA"), "Abandoned");
        assert_eq!(line("<a@example.org>", ", msgid=<1@example.org>", "ESMTPS"), "Disconnected");
        assert_eq!(
            line("<a@example.org>", ", msgid=<1@example.org>", "ESMTP"),
            r#"taken 5BUA03UB000594 [192.0.2.1] Unsaid Some("a@example.org") Some(339) Some(2) <1@example.org>"#
        );
        assert_eq!(
            parse(
                "5BUA03UB000594: from=<a@b>, size=3, class=0, nrcpts=0, proto=ESMTPSA, daemon=MSA, relay=[192.0.2.1]"
            ),
            "Reset"
        );
        assert_eq!(
            parse("q2HBxEul006762: from=root, size=86, class=0, nrcpts=1, msgid=<1@galaxy>, relay=root@localhost"),
            "-"
        );
    }

    #[test]
    fn nothing_that_a_client_wrote_is_a_field() {
        let numbers = ", size=1, class=0, nrcpts=1, msgid=<x>, proto=ESMTPSA, daemon=MSA, relay=[198.51.100.7]";
        // In the sender, of a message that was never sent, and cut off behind 200 characters.
        for sender in [format!("<\"a{numbers}\"@b>"), format!("<\"a{numbers}{}", "x".repeat(LONGEST_SENDER))] {
            let sender = &sender[..sender.len().min(LONGEST_SENDER)];
            let line = format!(
                "5BUA03UB000594: from={sender}, size=0, class=0, nrcpts=1, proto=ESMTPSA, daemon=MSA, relay=[192.0.2.1]"
            );
            assert_eq!(parse(&line), "Abandoned");
        }
        // In the message id.
        assert_eq!(
            parse(&format!(
                "5BUA03UB000594: from=<a@b>, size=9, class=0, nrcpts=3, msgid=<y{numbers}, proto=ESMTPA, daemon=MSA, relay=[192.0.2.1]"
            )),
            format!("taken 5BUA03UB000594 [192.0.2.1] No Some(\"a@b\") Some(9) Some(3) <y{numbers}")
        );
        // At the beginning of a line, as a recipient.
        for text in [
            format!("from=<a@b>{numbers}"),
            "AUTH=server, relay=[192.0.2.1], authid=ceo@corp.example.com, mech=PLAIN, bits=0".into(),
            "AUTH failure (PLAIN): x (-13) y, user=ceo@corp.example.com, relay=[192.0.2.1]".into(),
            "STARTTLS=server, relay=[192.0.2.1], version=TLSv1, verify=NO, cipher=X, bits=1/1".into(),
            "STARTTLS=server, error: accept failed=-1, relay=[192.0.2.1]".into(),
            "x [192.0.2.1] did not issue MAIL/EXPN/VRFY/ETRN during connection to MSA".into(),
        ] {
            assert_eq!(parse(&format!("5BUA03UB000594: {text}... User unknown")), "-", "{text}");
        }
    }

    #[test]
    fn failures_name_who_tried() {
        assert_eq!(
            parse(
                "5BUA06s6000815: AUTH failure (PLAIN): user not found (-20) SASL(-13): user not found: Password verification failed, user=nobody@corp.example.com, sasl_username=ceo@corp.example.com, relay=[127.0.2.37]"
            ),
            r#"failed [127.0.2.37] PLAIN Some("nobody@corp.example.com, sasl_username=ceo@corp.example.com") | user not found (-20) SASL(-13): user not found: Password verification failed"#
        );
        assert_eq!(
            parse("o1FD0x6w012345: AUTH failure (LOGIN): authentication failure (-13) SASL(-13): checkpass failed"),
            "failed [] LOGIN None | authentication failure (-13) SASL(-13): checkpass failed"
        );
        assert_eq!(
            parse(
                "STARTTLS=server, error: accept failed=-1, reason=no shared cipher, SSL_error=1, errno=0, retry=-1, relay=[127.0.2.19]"
            ),
            "tls failed [127.0.2.19] no shared cipher"
        );
        assert_eq!(
            parse("STARTTLS=server, error: accept failed=0, SSL_error=5, timedout=0, errno=0"),
            "tls failed [] 0"
        );
        assert_eq!(
            parse(
                "STARTTLS=server: 595:error:1408A0C1:SSL routines:SSL3_GET_CLIENT_HELLO:no shared cipher:s3_srvr.c:974:"
            ),
            "TlsProblem"
        );
        assert_eq!(
            parse(
                "5BUA046u000694: ruleset=check_mail, arg1=<ceo@x>, relay=a [127.0.10.2], reject=550 5.7.1 <ceo@x>... Access denied"
            ),
            "rejected Mail 550 5.7.1 <ceo@x>... Access denied"
        );
        assert_eq!(
            parse("5BUA046u000694: <no@example.org>... User unknown"),
            "rejected Recipient <no@example.org>... User unknown"
        );
        assert_eq!(parse("5BUA046u000694: ruleset=check_relay, arg1=x, relay=[192.0.2.1], reject=550 no"), "-");
        for end in [
            "mon [127.0.10.5] did not issue MAIL/EXPN/VRFY/ETRN during connection to TLSMSA",
            "lost input channel from [127.0.10.5] to MSA after auth",
        ] {
            assert_eq!(parse(&format!("5BUA04de000632: {end}")), "Disconnected");
        }
    }

    #[test]
    fn ids_hold_their_second() {
        let at = |id: &str| Some(chrono::DateTime::from_timestamp_micros(given(id.as_bytes())?).unwrap().to_rfc3339());
        assert_eq!(at("5BUA03UB000594").unwrap(), "2025-12-30T10:00:03+00:00");
        assert_eq!(at("q2HBxEul006762").unwrap(), "2012-03-17T11:59:14+00:00");
        assert_eq!(at("5BUA03UB"), None);
        assert_eq!(at("5DUA03UB000594"), None);
    }
}
