//! Stalwart: the events of its tracers, as text and as JSON lines.
//!
//! ```text
//! 2026-03-01T09:00:00Z INFO TLS handshake (tls.handshake) listenerId = "submission", localPort = 587, remoteIp = 192.0.2.10, remotePort = 59010, version = "TLSv1_3", details = "TLS13_AES_256_GCM_SHA384"
//! {"id":"…","createdAt":"2026-03-01T09:00:00Z","type":"tls.handshake","data":{"version":"TLSv1_3",…,"remoteIp":"192.0.2.10","remotePort":59010}}
//! ```
//!
//! Events are listed at <https://stalw.art/docs/telemetry/events>. A session is known by its client's address and port,
//! which every event of it repeats; only JSON has a span's id, too. In text, what the listener knows stands in front of
//! what the client has said, and of two values of one name the first counts: versions up to 0.15 do not escape a
//! quotation mark, so that a client can write what looks like further values, but only behind its own.
//!
//! The event of a queued submission proves by itself that the client had authenticated; whose account it was is said by
//! `auth.success`, and is unknown where that is not there.

use std::hash::BuildHasher;

use memchr::memmem;
use rustc_hash::FxBuildHasher;

use super::record::{Accepted, AuthFailed, Client, Record, Rejected, Stage, Taken};
use super::{Evidence, Format, Tells, Unreadable};
use crate::sources::fields::{Fields, flatten};
use crate::sources::framing::{Framed, Line, Own, Program, Style};
use crate::sources::stamp::StampReader;

/// The format.
#[derive(Debug)]
pub struct Stalwart;

/// How a text event's level is written.
const LEVELS: [&[u8]; 5] = [b"INFO ", b"DEBUG ", b"WARN ", b"ERROR ", b"TRACE "];

/// The events that matter.
const EVENTS: [&[u8]; 15] = [
    b"smtp.connection-start",
    b"smtp.connection-end",
    b"smtp.ehlo",
    b"smtp.mail-from",
    b"smtp.rset",
    b"tls.handshake",
    b"tls.handshake-error",
    b"auth.success",
    b"auth.failed",
    b"smtp.mail-from-not-allowed",
    b"smtp.mail-from-unauthorized",
    b"smtp.relay-not-allowed",
    b"smtp.mailbox-does-not-exist",
    b"queue.authenticated-message-queued",
    // Its name up to 0.15.
    b"queue.queue-message-authenticated",
];

impl Style for Stalwart {
    fn wants_program(&self, program: Program<'_>) -> bool {
        program.tag.starts_with(b"stalwart")
    }

    fn is_own(&self, line: &[u8]) -> bool {
        match line.first() {
            Some(b'{') => {
                memmem::find(line, b"\"createdAt\":\"").is_some() && memmem::find(line, b"\"type\":\"").is_some()
            }
            Some(b'\x1B') => true,
            Some(byte) if byte.is_ascii_digit() => line
                .get(21..)
                .is_some_and(|text| line[19] == b'Z' && LEVELS.iter().any(|level| text.starts_with(level))),
            _ => false,
        }
    }

    fn own_line<'a>(&self, own: &'a mut Own, line: &'a [u8]) -> Framed<'a> {
        let Own { stamps, buffer, .. } = own;
        buffer.clear();
        if line.starts_with(b"{") {
            if !flatten(line, buffer) {
                return Framed::Unreadable;
            }
            let fields = Fields(buffer);
            let Some((stamp, _)) = fields.get("createdAt").and_then(|time| stamps.iso(time)) else {
                return Framed::Unreadable;
            };
            let program = fields.get("data.listenerId").unwrap_or_default();
            return Framed::Line(Line { stamp, host: b"", program, pid: 0, message: buffer, repeated: 1 });
        }
        let line = if line.contains(&b'\x1B') { without_colours(line, buffer) } else { line };
        let Some((stamp, used)) = stamps.iso(line) else { return Framed::Unreadable };
        let message = &line[used..];
        let program = Event::of(message).and_then(|event| event.get("listenerId")).unwrap_or_default();
        Framed::Line(Line { stamp, host: b"", program, pid: 0, message, repeated: 1 })
    }
}

/// A line without the escape sequences that colour it (ECMA-48's SGR).
fn without_colours<'a>(line: &[u8], buffer: &'a mut Vec<u8>) -> &'a [u8] {
    let mut rest = line;
    while let Some(at) = memmem::find(rest, b"\x1B[") {
        buffer.extend_from_slice(&rest[..at]);
        let behind = &rest[at + 2..];
        let length = behind.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b';').count();
        rest = behind[length..].strip_prefix(b"m").unwrap_or(&behind[length..]);
    }
    buffer.extend_from_slice(rest);
    buffer
}

impl Format for Stalwart {
    fn name(&self) -> &'static str {
        "stalwart"
    }

    fn title(&self) -> &'static str {
        "Stalwart"
    }

    fn evidence(&self) -> Evidence {
        Evidence::Documentation
    }

    fn tells(&self) -> Tells {
        Tells {
            tls_version: "yes",
            cipher: "yes",
            account: "yes, from auth.success",
            mechanism: "no",
            recipients: "yes",
        }
    }

    fn wants(&self, _program: &[u8], message: &[u8]) -> bool {
        Event::of(message).is_some_and(|event| EVENTS.contains(&event.name))
    }

    fn parse<'a>(&self, line: &Line<'a>) -> Result<Option<Record<'a>>, Unreadable> {
        let Some(event) = Event::of(line.message) else { return Ok(None) };
        if event.is_of_another_protocol() {
            return Ok(None);
        }
        let client = event.client();
        Ok(Some(match event.name {
            b"smtp.connection-start" => Record::Connected(client),
            b"smtp.connection-end" => Record::Disconnected { counters: b"" },
            b"smtp.ehlo" => Record::Greeted { helo: event.text("domain") },
            b"smtp.mail-from" => Record::Sender { mail_from: event.text("from") },
            b"smtp.rset" => Record::Reset,
            b"tls.handshake" => {
                Record::Secured { client, version: event.text("version"), cipher: event.text("details") }
            }
            b"tls.handshake-error" => Record::TlsFailed { client, reason: event.text("reason") },
            b"auth.success" => Record::Authenticated { client, mechanism: b"", account: event.text("accountName") },
            b"auth.failed" => Record::AuthFailed(AuthFailed {
                client,
                mechanism: b"",
                account: event.get("accountName"),
                reason: b"Authentication failed",
                aborted: false,
            }),
            b"smtp.mail-from-not-allowed" => refused(Stage::Mail, b"Sender not allowed", client),
            b"smtp.mail-from-unauthorized" => refused(Stage::Mail, b"Not authorized to send as", client),
            b"smtp.relay-not-allowed" => refused(Stage::Recipient, b"Relay not allowed", client),
            b"smtp.mailbox-does-not-exist" => refused(Stage::Recipient, b"Mailbox does not exist", client),
            b"queue.authenticated-message-queued" | b"queue.queue-message-authenticated" => event.queued(client)?,
            _ => return Ok(None),
        }))
    }

    /// The listener's id, which a fresh installation calls like the services.
    fn service<'a>(&self, program: &'a [u8]) -> Option<&'a [u8]> {
        (!program.is_empty() && !program.starts_with(b"stalwart")).then_some(program)
    }

    fn session(&self, line: &Line<'_>) -> u64 {
        Event::of(line.message).map_or(0, |event| FxBuildHasher.hash_one(event.session()))
    }

    fn announces_logins(&self) -> bool {
        true
    }

    fn tls_mark(&self) -> Option<&'static [u8]> {
        Some(b"tls.handshake")
    }

    fn instant(&self, _line: &Line<'_>) -> Option<i64> {
        None
    }
}

/// A refused command. The event does not say the reply's code.
fn refused<'a>(stage: Stage, reply: &'static [u8], client: Client<'a>) -> Record<'a> {
    Record::Rejected(Rejected { queue_id: None, stage, client, reply, mail_from: b"", helo: b"" })
}

/// An event: its name and its values.
#[derive(Clone, Copy)]
struct Event<'a> {
    name: &'a [u8],
    values: Values<'a>,
}

#[derive(Clone, Copy)]
enum Values<'a> {
    Text(&'a [u8]),
    Json(Fields<'a>),
}

impl<'a> Event<'a> {
    /// `LEVEL Description (name) values`, where a tracer that writes to journald leaves nothing out but the time, and
    /// one that is read through a container may have it twice; or JSON, taken apart.
    fn of(message: &'a [u8]) -> Option<Self> {
        let used = if message.first()?.is_ascii_digit() { StampReader::default().iso(message)?.1 } else { 0 };
        let text = &message[used..];
        let Some(level) = LEVELS.iter().find(|level| text.starts_with(level)) else {
            let fields = Fields(message);
            return Some(Self { name: fields.get("type")?, values: Values::Json(fields) });
        };
        let text = &text[level.len()..];
        let open = memchr::memchr_iter(b'(', text).find(|at| text[..*at].ends_with(b" "))? + 1;
        let close = open + memchr::memchr(b')', &text[open..])?;
        let values = text[close + 1..].trim_ascii();
        Some(Self { name: &text[open..close], values: Values::Text(values) })
    }

    /// The first value of a name.
    fn get(&self, name: &str) -> Option<&'a [u8]> {
        match self.values {
            Values::Text(text) => Pairs(text).find(|(other, _)| *other == name.as_bytes()).map(|(_, value)| value),
            Values::Json(fields) => fields.iter().find(|(path, _)| is_path(path, name)).map(|(_, value)| value),
        }
    }

    fn text(&self, name: &str) -> &'a [u8] {
        self.get(name).unwrap_or_default()
    }

    fn client(&self) -> Client<'a> {
        Client { name: b"", ip: self.text("remoteIp") }
    }

    /// What tells the session from others: its client's address and port, or else its span.
    fn session(&self) -> [&'a [u8]; 2] {
        match self.get("remoteIp") {
            Some(ip) => [ip, self.text("remotePort")],
            None => [b"", self.text("spanId")],
        }
    }

    /// Whether a session is of IMAP or the like: who logs in there sends nothing.
    fn is_of_another_protocol(&self) -> bool {
        const NAMES: [&[u8]; 6] = [b"imap", b"pop3", b"sieve", b"managesieve", b"http", b"jmap"];
        const PORTS: [&[u8]; 9] = [b"143", b"993", b"110", b"995", b"4190", b"80", b"443", b"8080", b"8443"];
        let begins = |text: &[u8]| NAMES.iter().any(|name| text.starts_with(name));
        self.get("listenerId").is_some_and(begins)
            || self.get("protocol").is_some_and(begins)
            || self.get("localPort").is_some_and(|port| PORTS.contains(&port))
    }

    /// A submission that is in the queue.
    fn queued(&self, client: Client<'a>) -> Result<Record<'a>, Unreadable> {
        let Some(queue_id) =
            self.get("queueId").filter(|id| !id.is_empty() && id.iter().all(u8::is_ascii_alphanumeric))
        else {
            return Err(Unreadable("queued message without queueId"));
        };
        let mail_from = match self.text("from") {
            b"<>" => b"",
            from => from,
        };
        let (size, recipients) = (self.size(), self.recipients());
        // Without anything that tells its session, the message stands alone.
        if self.session() == [b"", b""] {
            return Ok(Record::Accepted(Accepted { queue_id, mail_from, size, recipients, ..Accepted::default() }));
        }
        Ok(Record::Taken(Taken {
            queue_id,
            client,
            mail_from: Some(mail_from),
            size,
            recipients,
            authenticated: true,
            ..Taken::default()
        }))
    }

    /// The size stands behind the addresses: the last value of the name is the server's.
    fn size(&self) -> Option<u64> {
        let digits = match self.values {
            Values::Text(text) => Pairs(text).filter(|(name, _)| *name == b"size").last()?.1,
            Values::Json(_) => self.get("size")?,
        };
        let is_number = digits.len() <= 18 && digits.iter().all(u8::is_ascii_digit) && !digits.is_empty();
        is_number.then(|| digits.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
    }

    fn recipients(&self) -> Option<u32> {
        let count = match self.values {
            Values::Text(_) => match self.get("to")? {
                b"[]" => 0,
                list => memmem::find_iter(list, b"\", \"").count() + 1,
            },
            Values::Json(fields) => fields.iter().filter(|(path, _)| is_path(path, "to")).count(),
        };
        u32::try_from(count).ok().filter(|count| *count > 0)
    }
}

/// Whether a JSON path is a value's of the event itself.
fn is_path(path: &[u8], name: &str) -> bool {
    path.strip_prefix(b"data.") == Some(name.as_bytes())
}

/// `name = value, name = "value", …`. A value ends where a comma and the next name follow.
struct Pairs<'a>(&'a [u8]);

impl<'a> Iterator for Pairs<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        const IS: &[u8] = b" = ";
        let end = name_length(self.0)?;
        let (name, behind) = (&self.0[..end], &self.0[end + IS.len()..]);
        let mut from = 0;
        let length = loop {
            let Some(comma) = memchr::memchr(b',', &behind[from..]).map(|at| from + at) else { break behind.len() };
            from = comma + 1;
            let Some(next) = behind[from..].strip_prefix(b" ") else { continue };
            // Inside quotation marks nothing ends, as far as they are escaped.
            let is_closed = !behind.starts_with(b"\"") || is_quoted(&behind[..comma]);
            if is_closed && name_length(next).is_some() {
                break comma;
            }
        };
        self.0 = behind.get(length + 2..).unwrap_or_default();
        let value = &behind[..length];
        Some((name, if is_quoted(value) { &value[1..length - 1] } else { value }))
    }
}

/// The length of the name that a text starts with, where ` = ` is behind it.
fn name_length(text: &[u8]) -> Option<usize> {
    let length = text.iter().take(40).take_while(|byte| byte.is_ascii_alphanumeric()).count();
    (length > 0 && text[length..].starts_with(b" = ")).then_some(length)
}

/// Whether a text ends with a quotation mark that is not escaped, and begins with one.
fn is_quoted(text: &[u8]) -> bool {
    let [b'"', inside @ .., b'"'] = text else { return false };
    inside.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<(String, String)> {
        let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Pairs(text.as_bytes()).map(|(name, value)| (shown(name), shown(value))).collect()
    }

    #[test]
    fn values_end_where_the_next_name_begins() {
        for (text, expected) in [
            (r#"a = 1, b = "x, y", c = [1, 2], d = """#, &[("a", "1"), ("b", "x, y"), ("c", "[1, 2]"), ("d", "")][..]),
            (r#"a = "x\\", b = "y\", c = z\"""#, &[("a", r"x\\"), ("b", r#"y\", c = z\""#)]),
            (
                r#"a = Passed (spf.pass) { d = "x" }, b = 3ms"#,
                &[("a", r#"Passed (spf.pass) { d = "x" }"#), ("b", "3ms")],
            ),
            (r#"a = "x"y", b = 1"#, &[("a", r#"x"y"#), ("b", "1")]),
            (r#"a = "x, b = 1"#, &[("a", r#""x, b = 1"#)]),
            ("", &[]),
            ("a", &[]),
            (" = 1", &[]),
            ("a =", &[]),
        ] {
            let expected = expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            assert_eq!(pairs(text), expected.collect::<Vec<_>>(), "{text}");
        }
    }

    #[test]
    fn an_event_has_a_name() {
        let name = |text: &'static str| Event::of(text.as_bytes()).map(|event| String::from_utf8_lossy(event.name));
        assert_eq!(name("INFO x (a.b) c = 1").as_deref(), Some("a.b"));
        assert_eq!(name("2026-03-01T09:00:00Z WARN x (a.b) ").as_deref(), Some("a.b"));
        assert_eq!(name("type\x1Fa.b\x1E").as_deref(), Some("a.b"));
        for text in ["", "INFO", "INFO ", "INFO x", "INFO x (a", "x (a.b)", "2026-03-01T09:00:00Z"] {
            assert_eq!(name(text), None, "{text}");
        }
    }
}
