//! OpenSMTPD: the lines of its SMTP sessions by syslog, as `smtpd`.
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
//! Real logs have proved the first of these; the others are read as the source of those versions writes them, and of
//! their failed commands only what is known of it.
//!
//! Names of accounts come without blanks, as `vis` writes them: <https://man.openbsd.org/vis.3>.

use memchr::memmem;

use super::record::{AuthFailed, Client, Record, Rejected, Stage, Taken};
use super::spelling::{Escapes, Spelling};
use super::{Evidence, Format, Tells, Unreadable};
use crate::calendar::Timestamp;
use crate::sources::framing::{Line, Program, Style};

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
}

impl Format for OpenSmtpd {
    fn name(&self) -> &'static str {
        "opensmtpd"
    }

    fn title(&self) -> &'static str {
        "OpenSMTPD"
    }

    fn evidence(&self) -> Evidence {
        Evidence::RealLogs("7.6.0")
    }

    fn tells(&self) -> Tells {
        Tells { tls_version: "yes", cipher: "yes", account: "yes", mechanism: "no", recipients: "yes" }
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
    let (id, rest) = id(message)?;
    Some((id, rest.strip_prefix(SMTP)?))
}

/// `BEFORE session ID REST`. Nothing that a client wrote stands in front of the number but an account, which has no
/// blank in it.
fn in_sentence(text: &[u8]) -> Option<(&[u8], u64, &[u8])> {
    let at = memmem::find(text, b"session ")?;
    let (id, rest) = id(&text[at + b"session ".len()..])?;
    Some((&text[..at], id, rest))
}

/// `VERB FIELDS`, before 6.4 `event=VERB FIELDS`, where the client stands in front of most fields.
fn event(text: &[u8]) -> Result<Option<Record<'_>>, Unreadable> {
    let text = text.strip_prefix(b"event=").unwrap_or(text);
    let (verb, fields) = text.split_at(memchr::memchr(b' ', text).unwrap_or(text.len()));
    let fields = fields.strip_prefix(b" ").unwrap_or(fields);
    let (client, rest) = match client(fields) {
        Some((client, rest)) => (Some(client), rest),
        None => (None, fields),
    };
    let record = match verb {
        b"connected" => client.map(Record::Connected).ok_or("connection without client"),
        b"tls" | b"starttls" => secured(rest).ok_or("TLS that cannot be read"),
        b"authentication" => authentication(rest).ok_or("authentication that cannot be read"),
        b"message" => message(rest).ok_or("message that cannot be read"),
        b"envelope" => envelope(rest).ok_or("envelope that cannot be read"),
        b"failed-command" => return Ok(failed_command(rest)),
        b"disconnected" | b"closed" => Ok(disconnected(reason(rest))),
        _ => return Ok(None),
    };
    record.map(Some).map_err(Unreadable)
}

/// The sentences of the oldest versions.
fn sentence(text: &[u8]) -> Result<Option<Record<'_>>, Unreadable> {
    let Some((before, _, rest)) = in_sentence(text) else { return Ok(None) };
    let behind = |beginning: &[u8]| rest.strip_prefix(beginning);
    let record = match before {
        b"" => return behind(b": ").map_or(Ok(None), stated),
        b"New " => behind(b" from host ").and_then(host).map(Record::Connected).ok_or("connection without client"),
        b"Started TLS on " => behind(b": ").and_then(in_words).ok_or("TLS that cannot be read"),
        b"Closing " | b"Received disconnect from " => Ok(Record::Disconnected { counters: b"" }),
        b"Disconnecting " => Ok(disconnected(behind(b": ").unwrap_or_default())),
        b"Failed command on " => return Ok(behind(b": ").and_then(failed_in_words)),
        _ => return about(before, rest),
    };
    record.map(Some).map_err(Unreadable)
}

/// `Accepted authentication for user U on `, `Authentication failed for user U on `, `Accepted message M on `, and
/// what follows the session.
fn about<'a>(before: &'a [u8], rest: &'a [u8]) -> Result<Option<Record<'a>>, Unreadable> {
    let between = |beginning: &[u8]| before.strip_prefix(beginning)?.strip_suffix(b" on ");
    if let Some(account) = between(b"Accepted authentication for user ") {
        return Ok(Some(proven(account)));
    }
    if let Some(account) = between(b"Authentication failed for user ") {
        return Ok(Some(permanent_failure(account)));
    }
    match between(b"Accepted message ") {
        Some(id) => {
            let taken = rest.strip_prefix(b": ").and_then(|fields| taken_in_words(id, fields));
            taken.map(Some).ok_or(Unreadable("message that cannot be read"))
        }
        None => Ok(None),
    }
}

/// What `session ID: ` states: `connection from host H [IP] established`, `authentication successful for user U `, …
fn stated(text: &[u8]) -> Result<Option<Record<'_>>, Unreadable> {
    if let Some(rest) = text.strip_prefix(b"connection from host ") {
        if let Some(from) = rest.strip_suffix(b" established") {
            return host(from)
                .map(|client| Some(Record::Connected(client)))
                .ok_or(Unreadable("connection without client"));
        }
        let closed = memmem::find(rest, b" closed (").map(|at| &rest[at + b" closed (".len()..]);
        return Ok(closed.map(|reason| disconnected(reason.strip_suffix(b")").unwrap_or(reason))));
    }
    if let Some(rest) = text.strip_prefix(b"TLS started ") {
        return in_words(rest).map(Some).ok_or(Unreadable("TLS that cannot be read"));
    }
    if let Some(account) = text.strip_prefix(b"authentication successful for user ") {
        return Ok(Some(proven(account.trim_ascii_end())));
    }
    if let Some(account) = text.strip_prefix(b"authentication failed for user ") {
        return Ok(Some(permanent_failure(account.trim_ascii_end())));
    }
    let Some(rest) = text.strip_prefix(b"msgid=") else { return Ok(None) };
    let read = || {
        let (id, fields) = rest.split_at_checked(MESSAGE_ID_DIGITS)?;
        taken_in_words(id, fields.strip_prefix(b", status=Ok, ")?)
    };
    read().map(Some).ok_or(Unreadable("message that cannot be read"))
}

/// `address=A host=H`, and what follows it.
fn client(fields: &[u8]) -> Option<(Client<'_>, &[u8])> {
    let rest = fields.strip_prefix(b"address=")?;
    let (ip, rest) = rest.split_at(memchr::memchr(b' ', rest)?);
    let rest = rest.strip_prefix(b" host=")?;
    let (name, rest) = rest.split_at(memchr::memchr(b' ', rest).unwrap_or(rest.len()));
    Some((named(name, ip), rest.strip_prefix(b" ").unwrap_or(rest)))
}

/// `H [IP]`.
fn host(text: &[u8]) -> Option<Client<'_>> {
    let text = text.strip_suffix(b"]")?;
    let (name, ip) = text.split_at(memchr::memrchr(b'[', text)?);
    Some(named(name.trim_ascii_end(), &ip[1..]))
}

fn named<'a>(name: &'a [u8], ip: &'a [u8]) -> Client<'a> {
    let ip = ip.strip_prefix(b"[").and_then(|ip| ip.strip_suffix(b"]")).unwrap_or(ip);
    let name = if name == b"<unknown>" { b"" } else { name };
    Client { name, ip: ip.strip_prefix(b"IPv6:").unwrap_or(ip) }
}

/// `ciphers=VERSION:CIPHER:BITS`, before in words.
fn secured(fields: &[u8]) -> Option<Record<'_>> {
    let value = unquoted(fields.strip_prefix(b"ciphers=")?);
    if value.starts_with(b"version=") {
        return in_words(value);
    }
    let (version, rest) = value.split_at(memchr::memchr(b':', value)?);
    let cipher = &rest[1..];
    let cipher = &cipher[..memchr::memrchr(b':', cipher)?];
    Some(Record::Secured { client: Client::default(), version, cipher })
}

/// `version=V, cipher=C, bits=N`. Where V is the cipher's, the session's own stands behind it in brackets.
fn in_words(text: &[u8]) -> Option<Record<'_>> {
    let text = text.strip_prefix(b"version=")?;
    let (version, rest) = text.split_at(memmem::find(text, b", cipher=")?);
    let own = memmem::find(version, b" (").and_then(|at| version[at + 2..].strip_suffix(b")"));
    let cipher = &rest[b", cipher=".len()..];
    let end = memchr::memchr(b',', cipher).unwrap_or(cipher.len());
    Some(Record::Secured { client: Client::default(), version: own.unwrap_or(version), cipher: &cipher[..end] })
}

/// `user=U result=ok`, or `permfail`, or `tempfail`; 5.9 wrote `username=`.
fn authentication(fields: &[u8]) -> Option<Record<'_>> {
    let rest = fields.strip_prefix(b"user=").or_else(|| fields.strip_prefix(b"username="))?;
    let (account, result) = rest.split_at(memchr::memrchr(b' ', rest)?);
    match result {
        b" result=ok" => Some(proven(account)),
        b" result=permfail" => Some(permanent_failure(account)),
        b" result=tempfail" => Some(failure(account, b"421 Temporary failure")),
        _ => None,
    }
}

fn proven(account: &[u8]) -> Record<'_> {
    Record::Authenticated { client: Client::default(), mechanism: b"", account }
}

/// The replies are those that the server gives at such a line.
fn permanent_failure(account: &[u8]) -> Record<'_> {
    failure(account, b"535 Authentication failed")
}

fn failure<'a>(account: &'a [u8], reason: &'a [u8]) -> Record<'a> {
    let client = Client::default();
    Record::AuthFailed(AuthFailed { client, mechanism: b"", account: Some(account), reason, aborted: false })
}

/// `msgid=M size=S nrcpt=N proto=P`; before 6.4, one line for each recipient, with the addresses.
fn message(fields: &[u8]) -> Option<Record<'_>> {
    let (queue_id, rest) = fields.strip_prefix(b"msgid=")?.split_at_checked(MESSAGE_ID_DIGITS)?;
    let rest = rest.strip_prefix(b" ")?;
    if rest.starts_with(b"from=<") {
        return taken_in_words(queue_id, rest);
    }
    let (rest, _proto) = last(rest, b"proto=")?;
    let (size, recipients) = last(rest, b"nrcpt=")?;
    let taken = Taken {
        queue_id,
        size: number(size.strip_prefix(b"size=")?),
        recipients: Some(u32::try_from(number(recipients)?).ok()?),
        more_follows: true,
        ..Taken::default()
    };
    Some(Record::Taken(taken))
}

/// `from=<F> to=<T> size=S ndest=N proto=P` of one recipient, or without T but with how many there are (`nrcpts=N`).
/// The addresses are the client's own words, so the numbers are read from the end.
fn taken_in_words<'a>(queue_id: &'a [u8], fields: &'a [u8]) -> Option<Record<'a>> {
    let (rest, _proto) = last(fields, b"proto=")?;
    let (rest, recipients) = match last(rest, b"nrcpts=") {
        Some((rest, recipients)) => (rest, Some(number(recipients)?)),
        None => (last(rest, b"ndest=")?.0, None),
    };
    let (addresses, size) = last(rest, b"size=")?;
    let mail_from = sender(addresses)?;
    let taken = Taken {
        queue_id,
        mail_from: Some(mail_from),
        size: number(size),
        recipients: Some(recipients.map_or(Some(1), |recipients| u32::try_from(recipients).ok())?),
        in_parts: recipients.is_none(),
        ..Taken::default()
    };
    Some(Record::Taken(taken))
}

/// `evpid=ID from=<F> to=<T>`: one line for each recipient, of which the first is enough.
fn envelope(fields: &[u8]) -> Option<Record<'_>> {
    let (id, addresses) = fields.strip_prefix(b"evpid=")?.split_at_checked(ID_DIGITS)?;
    let mail_from = sender(addresses.strip_prefix(b" ")?)?;
    Some(Record::Queued { queue_id: &id[..MESSAGE_ID_DIGITS], mail_from, size: None, recipients: None })
}

/// F in `from=<F> to=<T>`, `from=<F>, to=<T>` or `from=<F>`.
fn sender(addresses: &[u8]) -> Option<&[u8]> {
    let rest = addresses.strip_prefix(b"from=<")?;
    let end = memmem::find(rest, b"> to=<").or_else(|| memmem::find(rest, b">, to=<"));
    Some(&rest[..end.or_else(|| memchr::memrchr(b'>', rest))?])
}

/// `command="COMMAND" result="REPLY"`. The reply repeats nothing that could not stand in an address.
fn failed_command(fields: &[u8]) -> Option<Record<'_>> {
    let (command, reply) = last(fields.strip_prefix(b"command=\"")?, b"\" result=\"")?;
    failed(command, reply.strip_suffix(b"\"")?)
}

/// `"COMMAND" => REPLY`.
fn failed_in_words(text: &[u8]) -> Option<Record<'_>> {
    let (command, reply) = last(text.strip_prefix(b"\"")?, b"\" => ")?;
    failed(command, reply)
}

/// A command that the server refused. What came out of order (503) is no attempt, but for a login.
fn failed<'a>(command: &'a [u8], reply: &'a [u8]) -> Option<Record<'a>> {
    let begins = |name: &[u8]| command.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
    let out_of_order = reply.starts_with(b"503");
    if begins(b"AUTH") {
        return login_refused(command, reply);
    }
    let stage = match () {
        () if out_of_order => return None,
        () if begins(b"MAIL FROM:") => Stage::Mail,
        () if begins(b"RCPT TO:") => Stage::Recipient,
        () if begins(b"DATA") => Stage::Data,
        () => return None,
    };
    let client = Client::default();
    Some(Record::Rejected(Rejected { queue_id: None, stage, client, reply, mail_from: b"", helo: b"" }))
}

/// A login that never came to be judged: one that was has a line of its own, with its account. Who cancels LOGIN's
/// dialogue is answered as if with wrong syntax; PLAIN has none.
fn login_refused<'a>(command: &'a [u8], reply: &'a [u8]) -> Option<Record<'a>> {
    if reply.starts_with(b"535") || reply.starts_with(b"421") {
        return None;
    }
    let mechanism = command.get(b"AUTH ".len()..).unwrap_or_default();
    let mechanism = &mechanism[..memchr::memchr(b' ', mechanism).unwrap_or(mechanism.len())];
    let aborted = reply.starts_with(b"501") && command.starts_with(b"AUTH LOGIN (");
    let client = Client::default();
    Some(Record::AuthFailed(AuthFailed { client, mechanism, account: None, reason: reply, aborted }))
}

/// The value of `reason=`.
fn reason(fields: &[u8]) -> &[u8] {
    fields.strip_prefix(b"reason=").map(unquoted).unwrap_or_default()
}

/// The end of a session, which may be why there was no TLS.
fn disconnected(reason: &[u8]) -> Record<'_> {
    let broke = reason.strip_prefix(b"io-error: handshake failed: ");
    let broke = broke.or_else(|| {
        let error = reason.strip_prefix(b"IO error: ")?;
        memmem::find(error, b"SSL routines").map(|_| error)
    });
    match broke {
        Some(reason) => Record::DisconnectedInHandshake { reason },
        None => Record::Disconnected { counters: b"" },
    }
}

fn unquoted(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\"").and_then(|text| text.strip_suffix(b"\"")).unwrap_or(text)
}

/// A text up to its last field of a name, without what separates them, and that field's value.
fn last<'a>(text: &'a [u8], name: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = memmem::rfind(text, name)?;
    let before = text[..at].trim_ascii_end();
    Some((before.strip_suffix(b",").unwrap_or(before), &text[at + name.len()..]))
}

fn number(text: &[u8]) -> Option<u64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::framing::{Framed, Framer};

    const ID: &str = "6e8125fabcafb436";

    /// The session and the record of a message, shown as text; `-` where it does not matter.
    fn parse(message: &str) -> String {
        let line = format!("Dec 30 10:00:06 mx1 smtpd[67]: {message}");
        let mut framer = Framer::default();
        let Framed::Line(line) = framer.frame(line.as_bytes()) else { panic!("{line}") };
        match OpenSmtpd.wants(line.program, line.message).then(|| OpenSmtpd.parse(&line)) {
            Some(Ok(Some(record))) => {
                assert_eq!(OpenSmtpd.session(&line), 0x6e81_25fa_bcaf_b436, "{message}");
                show(record)
            }
            Some(Ok(None)) | None => "-".into(),
            Some(Err(Unreadable(reason))) => format!("unreadable: {reason}"),
        }
    }

    fn show(record: Record<'_>) -> String {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        match record {
            Record::Connected(client) => format!("connected {}[{}]", text(client.name), text(client.ip)),
            Record::Secured { version, cipher, .. } => format!("secured {} {}", text(version), text(cipher)),
            Record::Authenticated { account, .. } => format!("authenticated {}", text(account)),
            Record::AuthFailed(failed) => format!(
                "failed {:?} {} {}{}",
                failed.account.map(text),
                text(failed.mechanism),
                text(failed.reason),
                if failed.aborted { ", aborted" } else { "" }
            ),
            Record::Taken(taken) => format!(
                "taken {} {:?} {:?} {:?}{}{}",
                text(taken.queue_id),
                taken.mail_from.map(text),
                taken.size,
                taken.recipients,
                if taken.in_parts { ", in parts" } else { "" },
                if taken.more_follows { ", more follows" } else { "" }
            ),
            Record::Queued { queue_id, mail_from, .. } => format!("queued {} {}", text(queue_id), text(mail_from)),
            Record::Rejected(rejected) => format!("rejected {:?} {}", rejected.stage, text(rejected.reply)),
            Record::DisconnectedInHandshake { reason } => format!("broken {}", text(reason)),
            other => format!("{other:?}").split(['(', ' ']).next().unwrap_or_default().to_owned(),
        }
    }

    #[test]
    fn a_session_is_told_by_its_number() {
        for (text, record) in [
            ("connected address=127.0.2.32 host=<unknown>", "connected [127.0.2.32]"),
            ("connected address=[::1] host=localhost", "connected localhost[::1]"),
            ("tls ciphers=TLSv1.3:TLS_AES_256_GCM_SHA384:256", "secured TLSv1.3 TLS_AES_256_GCM_SHA384"),
            ("authentication user=a\\sb@corp.example.com result=ok", "authenticated a\\sb@corp.example.com"),
            (
                "message msgid=36aec270 size=755 nrcpt=50 proto=ESMTP",
                "taken 36aec270 None Some(755) Some(50), more follows",
            ),
            ("envelope evpid=36aec2708338c3e9 from=<a@b> to=<c@d>", "queued 36aec270 a@b"),
            ("disconnected reason=quit", "Disconnected"),
            ("disconnected reason=\"io-error: read failed: Connection reset by peer\"", "Disconnected"),
            (
                "disconnected reason=\"io-error: handshake failed: error:0A000102:SSL routines::unsupported protocol\"",
                "broken error:0A000102:SSL routines::unsupported protocol",
            ),
        ] {
            assert_eq!(parse(&format!("{ID} smtp {text}")), record, "{text}");
        }
        assert_eq!(parse(&format!("{ID} mta tls ciphers=TLSv1.3:TLS_AES_256_GCM_SHA384:256")), "-");
        assert_eq!(parse(&format!("{ID} smtp tls ciphers=TLSv1.3")), "unreadable: TLS that cannot be read");
        assert_eq!(parse("6E8125FABCAFB436 smtp connected address=192.0.2.1 host=x"), "-");
    }

    #[test]
    fn what_failed_is_told_once() {
        for (text, record) in [
            (
                "authentication user=ghost@corp.example.com result=permfail",
                "failed Some(\"ghost@corp.example.com\")  535 Authentication failed",
            ),
            ("failed-command command=\"AUTH PLAIN (...)\" result=\"535 Authentication failed\"", "-"),
            (
                "failed-command command=\"AUTH LOGIN (username)\" result=\"501 5.5.2 Syntax error: Syntax error\"",
                "failed None LOGIN 501 5.5.2 Syntax error: Syntax error, aborted",
            ),
            (
                "failed-command command=\"AUTH PLAIN (...)\" result=\"501 5.5.2 Syntax error: Syntax error\"",
                "failed None PLAIN 501 5.5.2 Syntax error: Syntax error",
            ),
            (
                "failed-command command=\"RCPT TO:<no@example.org>\" result=\"550 Invalid recipient: <no@example.org>\"",
                "rejected Recipient 550 Invalid recipient: <no@example.org>",
            ),
            (
                "failed-command command=\"MAIL FROM:<a@b> size=7\" result=\"553 5.1.0 Sender address syntax error\"",
                "rejected Mail 553 5.1.0 Sender address syntax error",
            ),
            (
                "failed-command command=\"DATA\" result=\"554 5.3.4 Message too big for system\"",
                "rejected Data 554 5.3.4 Message too big for system",
            ),
            ("failed-command command=\"DATA\" result=\"503 5.5.1 Invalid command: No recipient specified\"", "-"),
            (
                "failed-command command=\"ehlo x, result=ok\" result=\"250\" result=\"501 5.5.4 Invalid command arguments\"",
                "-",
            ),
        ] {
            assert_eq!(parse(&format!("{ID} smtp {text}")), record, "{text}");
        }
    }

    #[test]
    fn versions_before_6_4_are_read() {
        let from = "address=192.0.2.1 host=a.example.org";
        for (text, record) in [
            (format!("{ID} smtp event=connected {from}"), "connected a.example.org[192.0.2.1]"),
            (
                format!("{ID} smtp event=starttls {from} ciphers=\"version=TLSv1.2, cipher=AES256-SHA, bits=256\""),
                "secured TLSv1.2 AES256-SHA",
            ),
            (format!("{ID} smtp event=authentication user=a@b result=ok"), "authenticated a@b"),
            (format!("{ID} smtp event=authentication {from} username=a@b result=ok"), "authenticated a@b"),
            (
                format!("{ID} smtp event=message {from} msgid=36aec270 from=<a@b> to=<c@d> size=7 ndest=1 proto=ESMTP"),
                "taken 36aec270 Some(\"a@b\") Some(7) Some(1), in parts",
            ),
            (format!("{ID} smtp event=closed {from} reason=quit"), "Disconnected"),
        ] {
            assert_eq!(parse(&text), record, "{text}");
        }
    }

    #[test]
    fn versions_before_5_9_are_read() {
        for (text, record) in [
            (
                format!("session {ID}: connection from host a.example.org [192.0.2.1] established"),
                "connected a.example.org[192.0.2.1]",
            ),
            (
                format!("session {ID}: TLS started version=TLSv1/SSLv3 (TLSv1.2), cipher=AES256-SHA, bits=256"),
                "secured TLSv1.2 AES256-SHA",
            ),
            (format!("session {ID}: authentication successful for user a@b "), "authenticated a@b"),
            (
                format!("session {ID}: authentication failed for user a@b "),
                "failed Some(\"a@b\")  535 Authentication failed",
            ),
            (
                format!(
                    "session {ID}: msgid=88d01c66, status=Ok, from=<a@b>, to=<c@d>, size=341, ndest=1, proto=ESMTP"
                ),
                "taken 88d01c66 Some(\"a@b\") Some(341) Some(1), in parts",
            ),
            (
                format!("session {ID}: connection from host a.example.org [192.0.2.1] closed (client sent QUIT)"),
                "Disconnected",
            ),
            (format!("New session {ID} from host <unknown> [IPv6:2001:db8::1]"), "connected [2001:db8::1]"),
            (
                format!("Started TLS on session {ID}: version=TLSv1.2, cipher=EDH-RSA-DES-CBC3-SHA, bits=112"),
                "secured TLSv1.2 EDH-RSA-DES-CBC3-SHA",
            ),
            (format!("Accepted authentication for user a@b on session {ID}"), "authenticated a@b"),
            (
                format!("Authentication failed for user a@b on session {ID}"),
                "failed Some(\"a@b\")  535 Authentication failed",
            ),
            (
                format!("Accepted message 88d01c66 on session {ID}: from=<a@b>, size=1746, nrcpts=3, proto=ESMTP"),
                "taken 88d01c66 Some(\"a@b\") Some(1746) Some(3)",
            ),
            (
                format!("Failed command on session {ID}: \"RCPT TO:<c@d>\" => 550 Invalid recipient"),
                "rejected Recipient 550 Invalid recipient",
            ),
            (
                format!("Disconnecting session {ID}: IO error: error:1408A0C1:SSL routines:x:no shared cipher"),
                "broken error:1408A0C1:SSL routines:x:no shared cipher",
            ),
            (format!("Closing session {ID}"), "Disconnected"),
        ] {
            assert_eq!(parse(&format!("smtp-in: {text}")), record, "{text}");
        }
    }
}
