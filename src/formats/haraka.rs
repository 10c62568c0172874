//! Haraka: its log as text, logfmt or JSON, with or without a time in front, in a file of its own or in a container.
//!
//! The text is written by `logger.js` and `connection.js` (`connect`, `sender`, `recipient`, `message`, `queue`,
//! `disconnect`), `plugins/tls.js` (`secured:`) and `plugins/auth/auth_base.js`; see
//! <https://github.com/haraka/Haraka/blob/master/docs/Logging.md>. A line's UUID is its connection's, with the number
//! of the transaction behind it; a second number is an outgoing delivery.
//!
//! Who authenticated is not logged at level INFO, nor that somebody did: there is a hook's line for each `AUTH`, one
//! for each failure, and `relay=Y` when the connection ends. Both together prove it; `relay=Y` alone does not, since
//! an address may be allowed to relay. The sender then stands for the account.
//!
//! What clients send for `AUTH` is in the log, passwords included. None of it is read here, and
//! [`redact`](super::redact) keeps it out of what is kept.

use std::hash::BuildHasher;

use memchr::memmem;
use rustc_hash::FxBuildHasher;

use super::record::{AuthFailed, Client, Encrypted, Ended, Record, Rejected, Stage, Taken};
use super::{Evidence, Format, Tells, Unreadable};
use crate::calendar::Timestamp;
use crate::sources::fields::{Fields, field, flatten, member};
use crate::sources::framing::{Framed, Line, Own, Program, Style};

/// The format.
#[derive(Debug)]
pub struct Haraka;

/// The length of a connection's UUID.
const UUID: usize = 36;

impl Style for Haraka {
    /// By `haraka-plugin-syslog`, or by what runs the server and hands its output on.
    fn wants_program(&self, program: Program<'_>) -> bool {
        program.tag.starts_with(b"haraka") || program.tag == b"node"
    }

    /// A log of its own holds whatever the process writes to its output, so that all is its own that is in no container.
    fn is_own(&self, line: &[u8]) -> bool {
        match line.first() {
            Some(b'{') => line.starts_with(b"{\"level\":"),
            Some(b'<') | None => false,
            Some(byte) if byte.is_ascii_digit() => behind_stamp(line).is_some_and(is_entry),
            Some(_) => !(line.get(3) == Some(&b' ') && line.get(6) == Some(&b' ') && line.get(9) == Some(&b':')),
        }
    }

    /// `2026-11-23T13:41:27.950Z entry`, or an entry without a time, for which the collector's counts.
    fn own_line<'a>(&self, own: &'a mut Own, line: &'a [u8]) -> Framed<'a> {
        let stamped = if line[0].is_ascii_digit() { own.stamps.iso(line) } else { None };
        let (stamp, text) = match stamped {
            Some((stamp, used)) => (Some(stamp), line[used.min(line.len())..].trim_ascii_start()),
            None => (own.collected, line),
        };
        let Some(stamp) = stamp else {
            return if holds_uuid(line) { Framed::Unreadable } else { Framed::Blank };
        };
        let message = match text.first() {
            Some(b'{') => {
                own.buffer.clear();
                flatten(text, &mut own.buffer);
                &own.buffer
            }
            Some(b'l') => {
                own.buffer.clear();
                flatten_pairs(text, &mut own.buffer);
                &own.buffer
            }
            _ => text,
        };
        Framed::Line(Line { stamp, host: b"", program: b"", pid: 0, message, repeated: 1 })
    }
}

impl Format for Haraka {
    fn name(&self) -> &'static str {
        "haraka"
    }

    fn title(&self) -> &'static str {
        "Haraka"
    }

    fn evidence(&self) -> Evidence {
        Evidence::RealLogs("3.3.4")
    }

    fn tells(&self) -> Tells {
        Tells {
            tls_version: "after STARTTLS; on port 465 only that there is TLS",
            cipher: "after STARTTLS",
            account: "where the plugin logs it; else the sender stands for it",
            mechanism: "with level = PROTOCOL",
            recipients: "yes",
        }
    }

    fn wants(&self, _program: &[u8], message: &[u8]) -> bool {
        Entry::read(message).is_some_and(|entry| entry.matters())
    }

    fn parse<'a>(&self, line: &Line<'a>) -> Result<Option<Record<'a>>, Unreadable> {
        Entry::read(line.message).map_or(Ok(None), |entry| entry.record())
    }

    fn service<'a>(&self, _program: &'a [u8]) -> Option<&'a [u8]> {
        None
    }

    /// By the port that the client came to.
    fn service_of<'a>(&self, line: &Line<'a>) -> Option<&'a [u8]> {
        match Entry::read(line.message)?.get("local_port")? {
            b"25" => Some(b"smtp"),
            b"465" => Some(b"submissions"),
            b"587" => Some(b"submission"),
            _ => None,
        }
    }

    fn session(&self, line: &Line<'_>) -> u64 {
        Entry::read(line.message).map_or(0, |entry| FxBuildHasher.hash_one(entry.connection()))
    }

    /// Where TLS begins with the connection, there is no line of it.
    fn silence_is_cleartext(&self) -> bool {
        false
    }

    fn tls_mark(&self) -> Option<&'static [u8]> {
        None
    }

    fn instant(&self, _line: &Line<'_>) -> Option<Timestamp> {
        None
    }
}

/// The text behind a stamp and its blanks.
fn behind_stamp(line: &[u8]) -> Option<&[u8]> {
    let blank = 19 + memchr::memchr(b' ', line.get(19..)?)?;
    Some(line[blank..].trim_ascii_start())
}

/// Whether a text begins as an entry of the log does, in one of its three formats.
fn is_entry(text: &[u8]) -> bool {
    match text {
        [b'[', level, ..] => level.is_ascii_uppercase(),
        _ => text.starts_with(b"{\"level\":") || text.starts_with(b"level="),
    }
}

/// Whether a text that could not be read holds a connection's UUID: then it is, or was, an entry.
fn holds_uuid(text: &[u8]) -> bool {
    let groups = |at: usize| [9, 14, 19, 24].iter().all(|group| text.get(at + group - 1) == Some(&b'-'));
    memchr::memchr_iter(b'-', text).any(|dash| dash >= 8 && groups(dash - 8))
}

/// An entry of the log.
#[derive(Clone, Copy)]
struct Entry<'a> {
    /// The connection's UUID, and what is behind it.
    uuid: &'a [u8],
    /// The plugin that wrote it, or `core`.
    origin: &'a [u8],
    text: &'a [u8],
    fields: Said<'a>,
}

/// Where an entry's fields stand.
#[derive(Clone, Copy)]
enum Said<'a> {
    Flat(Fields<'a>),
    /// In an object as it stands in the log.
    Object(&'a [u8]),
    /// In `name=value` pairs.
    Pairs(&'a [u8]),
}

impl<'a> Said<'a> {
    fn get(self, name: &str) -> Option<&'a [u8]> {
        match self {
            Self::Flat(fields) => fields.get(name),
            Self::Object(text) => member(text, name),
            Self::Pairs(text) => Pairs(text).find(|(key, _)| *key == name.as_bytes()).map(|(_, value)| value),
        }
    }
}

impl<'a> Entry<'a> {
    /// None where it is of no connection: a line of the server itself, or of an outgoing delivery.
    fn read(message: &'a [u8]) -> Option<Self> {
        let entry = match message.first()? {
            b'[' => Self::plain(message)?,
            b'{' => Self::named(Said::Object(message))?,
            b'l' if message.starts_with(b"level=") => Self::named(Said::Pairs(message))?,
            _ => Self::named(Said::Flat(Fields(message)))?,
        };
        let transaction = entry.uuid.get(UUID..)?;
        let digits = transaction.strip_prefix(b".").unwrap_or(transaction);
        digits.iter().all(u8::is_ascii_digit).then_some(entry)
    }

    /// `[LEVEL] [UUID.n] [origin] text name=value …`.
    fn plain(message: &'a [u8]) -> Option<Self> {
        let part = |text: &'a [u8]| {
            let inside = text.strip_prefix(b"[")?;
            let end = memmem::find(inside, b"] ")?;
            Some((&inside[..end], &inside[end + 2..]))
        };
        let (_level, rest) = part(message)?;
        let (uuid, rest) = part(rest)?;
        let (origin, text) = part(rest)?;
        let text = text.trim_ascii_start();
        Some(Self { uuid, origin, text, fields: Said::Pairs(pairs_of(text)) })
    }

    fn named(fields: Said<'a>) -> Option<Self> {
        let text = fields.get("message")?.trim_ascii_start();
        Some(Self { uuid: fields.get("uuid")?, origin: fields.get("origin")?, text, fields })
    }

    fn get(self, name: &str) -> Option<&'a [u8]> {
        self.fields.get(name)
    }

    fn connection(self) -> &'a [u8] {
        &self.uuid[..UUID]
    }

    fn is_of_core(self) -> bool {
        self.origin == b"core"
    }

    /// Whether the text is a word, with nothing but an address or fields behind it.
    fn is(self, word: &[u8]) -> bool {
        self.text.strip_prefix(word).is_some_and(|rest| match rest {
            [b' ', b'<', ..] => true,
            [b' ', ..] => Pairs(rest).next().is_some(),
            _ => rest.is_empty(),
        })
    }

    /// Whether it may say something, by how it begins.
    fn matters(self) -> bool {
        if !self.is_of_core() {
            return [&b"secured: "[..], b"delaying for ", b"authenticated as ", b"auth_user="]
                .iter()
                .any(|beginning| self.text.starts_with(beginning));
        }
        [&b"connect"[..], b"disconnect", b"sender", b"recipient", b"message", b"queue"].iter().any(|word| self.is(word))
            || self.is_hook()
            || self.text.starts_with(b"client connection error: ")
            || self.text.starts_with(b"C: AUTH ")
    }

    fn is_hook(self) -> bool {
        self.text.is_empty() || self.text.starts_with(b"hook=unrecognized_command ")
    }

    fn record(self) -> Result<Option<Record<'a>>, Unreadable> {
        if !self.is_of_core() {
            return self.plugin_s();
        }
        if self.is_hook() {
            let tries = self.get("hook") == Some(b"unrecognized_command") && self.get("params") == Some(b"AUTH");
            return Ok((tries && self.get("retval") == Some(b"OK")).then_some(Record::Tried { mechanism: b"" }));
        }
        match self.text.first() {
            Some(b'c') if self.is(b"connect") => self.connected().map(Some),
            Some(b'c') => Ok(self.broken_handshake()),
            Some(b'd') => self.ended().map(Some),
            Some(b's') => self.sender(),
            Some(b'r') => self.recipient(),
            Some(b'm') => self.content(),
            Some(b'q') => self.queued(),
            Some(b'C') => Ok(mechanism(self.text).map(|mechanism| Record::Tried { mechanism })),
            _ => Ok(None),
        }
    }

    /// What plugins say.
    fn plugin_s(self) -> Result<Option<Record<'a>>, Unreadable> {
        let account = [&b"authenticated as : "[..], b"authenticated as ", b"auth_user="];
        if let Some(account) = account.iter().find_map(|beginning| self.text.strip_prefix(*beginning)) {
            return Ok(Some(Record::Authenticated { client: Client::default(), mechanism: b"", account }));
        }
        if let Some(rest) = self.text.strip_prefix(b"delaying for ") {
            return Ok(rest.ends_with(b" seconds").then_some(Record::AuthFailed(AuthFailed {
                client: Client::default(),
                mechanism: b"",
                account: None,
                reason: b"",
                aborted: false,
            })));
        }
        match self.text.strip_prefix(b"secured: ") {
            Some(rest) if self.origin == b"tls" => secured(rest).map(Some),
            _ => Ok(None),
        }
    }

    fn connected(self) -> Result<Record<'a>, Unreadable> {
        let ip = self.get("ip").ok_or(Unreadable("connect without an address"))?;
        Ok(Record::Connected(Client { name: b"", ip }))
    }

    fn ended(self) -> Result<Record<'a>, Unreadable> {
        const UNREADABLE: Unreadable = Unreadable("disconnect that cannot be read");
        let field = |name| self.get(name).ok_or(UNREADABLE);
        let yes = |name| match field(name)? {
            b"Y" => Ok(true),
            b"N" => Ok(false),
            _ => Err(UNREADABLE),
        };
        let name = match field("rdns")? {
            b"Unknown" | b"NXDOMAIN" | b"DNSERROR" | b"NODNS" => b"",
            name => name,
        };
        Ok(Record::Ended(Ended {
            client: Client { name, ip: field("ip")? },
            helo: field("helo")?,
            encrypted: if yes("tls")? { Encrypted::Yes } else { Encrypted::No },
            trusted: yes("relay")?,
        }))
    }

    fn sender(self) -> Result<Option<Record<'a>>, Unreadable> {
        let Some((mail_from, fields)) = self.address(b"sender <") else { return Ok(None) };
        let code = fields.get("code").ok_or(Unreadable("sender without a code"))?;
        if is_denied(code) {
            return Ok(Some(self.rejected(Stage::Mail, fields, mail_from)));
        }
        Ok(Some(Record::Sender { mail_from }))
    }

    fn recipient(self) -> Result<Option<Record<'a>>, Unreadable> {
        let Some((_, fields)) = self.address(b"recipient <") else { return Ok(None) };
        let code = fields.get("code").ok_or(Unreadable("recipient without a code"))?;
        if is_denied(code) {
            return Ok(Some(self.rejected(Stage::Recipient, fields, fields.get("sender").unwrap_or_default())));
        }
        Ok((code == b"OK").then_some(Record::Recipient))
    }

    fn content(self) -> Result<Option<Record<'a>>, Unreadable> {
        let Some(code) = self.get("code") else { return Err(Unreadable("message without a code")) };
        if is_denied(code) {
            return Ok(Some(self.rejected(Stage::Data, self.fields, b"")));
        }
        let size = self.get("size").and_then(|size| std::str::from_utf8(size).ok()?.parse().ok());
        Ok(Some(Record::Content { message_id: self.get("mid").unwrap_or_default(), size }))
    }

    fn queued(self) -> Result<Option<Record<'a>>, Unreadable> {
        let Some(code) = self.get("code") else { return Err(Unreadable("queue without a code")) };
        if is_denied(code) {
            return Ok(Some(self.rejected(Stage::Data, self.fields, b"")));
        }
        let queue_id = self.uuid;
        Ok((code == b"OK").then_some(Record::Taken(Taken {
            queue_id,
            until_end: true,
            sender_is_account: true,
            ..Taken::default()
        })))
    }

    fn rejected(self, stage: Stage, fields: Said<'a>, mail_from: &'a [u8]) -> Record<'a> {
        let reply = fields.get("msg").unwrap_or_default();
        Record::Rejected(Rejected { queue_id: None, stage, client: Client::default(), reply, mail_from, helo: b"" })
    }

    /// A connection that ends while TLS is being agreed on.
    fn broken_handshake(self) -> Option<Record<'a>> {
        const IN_HANDSHAKE: [&[u8]; 6] =
            [b"client_hello", b"no shared cipher", b"unsupported protocol", b"wrong version", b"handshake", b"alert"];
        let reason = self.text.strip_prefix(b"client connection error: ")?;
        let at = memmem::find(reason, b"SSL routines")?;
        let broken = IN_HANDSHAKE.iter().any(|word| memmem::find(&reason[at..], word).is_some());
        let is_in_transaction = self.uuid.len() > UUID;
        (broken && !is_in_transaction)
            .then_some(Record::TlsFailed { client: Client::default(), reason: reason[at..].trim_ascii() })
    }

    /// The address in `sender <ADDRESS>`, and the fields behind it.
    ///
    /// In plain text both stand in one line, and an address may hold what looks like fields: they begin behind the
    /// first bracket from which on there is nothing else.
    fn address(self, beginning: &[u8]) -> Option<(&'a [u8], Said<'a>)> {
        let text = self.text.strip_prefix(beginning)?;
        if let Some(address) = text.strip_suffix(b">")
            && !matches!(self.fields, Said::Pairs(pairs) if within(pairs, self.text))
        {
            return Some((address, self.fields));
        }
        let ends = memmem::find_iter(text, b"> code=");
        let found = ends.map(|end| (&text[..end], &text[end + 2..])).find(|(_, rest)| are_fields(rest));
        let (address, rest) = found?;
        Some((address, Said::Pairs(rest)))
    }
}

/// Whether a text is a part of another one.
fn within(part: &[u8], text: &[u8]) -> bool {
    text.as_ptr_range().contains(&part.as_ptr())
}

/// `cipher=C version=V verified=false`.
fn secured(text: &[u8]) -> Result<Record<'_>, Unreadable> {
    let get = |name: &[u8]| Pairs(text).find(|(key, _)| *key == name).map(|(_, value)| value);
    match (get(b"version"), get(b"cipher")) {
        (Some(version), Some(cipher)) => Ok(Record::Secured { client: Client::default(), version, cipher }),
        _ => Err(Unreadable("secured: without a version")),
    }
}

/// The mechanism in `C: AUTH PLAIN …`; what stands behind it is not looked at.
fn mechanism(text: &[u8]) -> Option<&[u8]> {
    let rest = text.strip_prefix(b"C: AUTH ")?;
    let length = rest.iter().position(|byte| *byte == b' ').unwrap_or(rest.len());
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=20).contains(&length).then(|| &rest[..length]).filter(|name| name.iter().all(is_name))
}

/// `DENY`, `DENYSOFT`, `DENYDISCONNECT`, `DENYSOFTDISCONNECT`.
fn is_denied(code: &[u8]) -> bool {
    code.starts_with(b"DENY")
}

/// The pairs of a plain entry: behind its first word, or from its start.
fn pairs_of(text: &[u8]) -> &[u8] {
    let word = text.iter().position(|byte| matches!(byte, b' ' | b'=')).unwrap_or(text.len());
    if text.get(word) == Some(&b'=') { text } else { &text[word..] }
}

/// `name=value name="value" …`. A quoted value is handed on without its quotes and with its escapes.
struct Pairs<'a>(&'a [u8]);

impl<'a> Iterator for Pairs<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let text = self.0.trim_ascii_start();
        let equals = text.iter().position(|byte| matches!(byte, b'=' | b' ' | b'"'))?;
        if text[equals] != b'=' || equals == 0 {
            return None;
        }
        let (name, value) = (&text[..equals], &text[equals + 1..]);
        let (value, rest) = match value.strip_prefix(b"\"") {
            Some(inside) => {
                let end = closing_quote(inside)?;
                (&inside[..end], &inside[end + 1..])
            }
            None => {
                let (value, rest) = value.split_at(memchr::memchr(b' ', value).unwrap_or(value.len()));
                // Otherwise it would be quoted.
                memchr::memchr(b'"', value).map_or(Some((value, rest)), |_| None)?
            }
        };
        if !matches!(rest.first(), None | Some(b' ')) {
            return None;
        }
        self.0 = rest;
        Some((name, value))
    }
}

fn closing_quote(inside: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr::memchr2(b'"', b'\\', &inside[at..])?;
        if inside[at] == b'"' {
            return Some(at);
        }
        at = (at + 2).min(inside.len());
    }
}

/// Whether a text is pairs to its end, with one code among them.
fn are_fields(text: &[u8]) -> bool {
    let mut pairs = Pairs(text);
    let codes = pairs.by_ref().filter(|(name, _)| *name == b"code").count();
    codes == 1 && pairs.0.trim_ascii().is_empty()
}

/// Appends pairs as [flat fields](Fields), their values without escapes.
fn flatten_pairs(text: &[u8], out: &mut Vec<u8>) {
    for (name, value) in Pairs(text) {
        let write = |out: &mut Vec<u8>| {
            let mut rest = value;
            while let Some(at) = memchr::memchr(b'\\', rest).filter(|at| at + 1 < rest.len()) {
                out.extend_from_slice(&rest[..at]);
                out.push(rest[at + 1]);
                rest = &rest[at + 2..];
            }
            out.extend_from_slice(rest);
        };
        field(name, write, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::framing::Framer;

    const ID: &str = "1014A164-B54B-4A4B-8C4E-3C5F8E1B0D0A";

    /// The record of a line, shown as text; `-` where it does not matter.
    fn parse(line: &str) -> String {
        let mut framer = Framer::default();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let Framed::Line(line) = framer.frame_as(line.as_bytes(), &Haraka) else { return "no line".into() };
        if !Haraka.wants(line.program, line.message) {
            return "-".into();
        }
        match Haraka.parse(&line) {
            Ok(Some(Record::Connected(client))) => {
                format!("connected {} {}", text(client.ip), Haraka.service_of(&line).map(text).unwrap_or_default())
            }
            Ok(Some(Record::Secured { version, cipher, .. })) => format!("secured {} {}", text(version), text(cipher)),
            Ok(Some(Record::Sender { mail_from })) => format!("sender {}", text(mail_from)),
            Ok(Some(Record::Tried { mechanism })) => format!("tried {}", text(mechanism)),
            Ok(Some(Record::Authenticated { account, .. })) => format!("authenticated {}", text(account)),
            Ok(Some(Record::Content { message_id, size })) => format!("content {} {size:?}", text(message_id)),
            Ok(Some(Record::Taken(taken))) => format!("taken {}", text(taken.queue_id)),
            Ok(Some(Record::Rejected(rejected))) => {
                format!("rejected {:?} {} {}", rejected.stage, text(rejected.reply), text(rejected.mail_from))
            }
            Ok(Some(Record::Ended(ended))) => {
                format!("ended {} {} {:?} {}", text(ended.client.ip), text(ended.helo), ended.encrypted, ended.trusted)
            }
            Ok(Some(other)) => format!("{other:?}").split(['(', ' ']).next().unwrap_or_default().to_owned(),
            Ok(None) => "-".into(),
            Err(Unreadable(reason)) => format!("unreadable: {reason}"),
        }
    }

    /// One entry in each of the three formats, and without a time in Docker's record and journald's.
    fn in_every_format(origin: &str, text: &str, fields: &[(&str, &str)]) -> Vec<String> {
        let quoted = |value: &str| match value.contains([' ', '=', '"', '\\']) || value.is_empty() {
            true => format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")),
            false => value.to_owned(),
        };
        let escaped = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
        let pairs = fields.iter().map(|(name, value)| format!(" {name}={}", quoted(value))).collect::<String>();
        let members = fields.iter().map(|(name, value)| format!(",\"{name}\":\"{}\"", escaped(value)));
        let members = members.collect::<String>();
        let plain = format!("[NOTICE] [{ID}.1] [{origin}] {text}{pairs}");
        let logfmt = format!("level=NOTICE uuid={ID}.1 origin={origin} message={}{pairs}", quoted(text));
        let json = format!(
            r#"{{"level":"NOTICE","uuid":"{ID}.1","origin":"{origin}","message":"{}"{members}}}"#,
            escaped(text)
        );
        let mut lines = Vec::new();
        for entry in [plain, logfmt, json] {
            lines.push(format!("2026-11-23T13:41:27.950Z {entry}"));
            lines.push(format!("2026-07-24 01:41:21.544998500  {entry}"));
            let inside = escaped(&entry);
            lines.push(format!(r#"{{"log":"{inside}\n","stream":"stdout","time":"2026-11-23T13:41:27.95Z"}}"#));
        }
        lines
    }

    fn all_are(origin: &str, text: &str, fields: &[(&str, &str)], expected: &str) {
        for line in in_every_format(origin, text, fields) {
            assert_eq!(parse(&line), expected, "{line}");
        }
    }

    #[test]
    fn a_session_is_read_in_every_format() {
        let port = ("local_port", "587");
        all_are("core", "connect", &[("ip", "192.0.2.1"), ("port", "54007"), port], "connected 192.0.2.1 submission");
        all_are(
            "tls",
            "secured: cipher=ECDHE-RSA-AES256-GCM-SHA384 version=TLSv1.2 verified=false",
            &[],
            "secured TLSv1.2 ECDHE-RSA-AES256-GCM-SHA384",
        );
        let hook = [("hook", "unrecognized_command"), ("plugin", "auth/flat_file"), ("function", "f")];
        let tried = |params| [&hook[..], &[("params", params), ("retval", "OK"), ("msg", "")]].concat();
        all_are("core", "", &tried("AUTH"), "tried ");
        all_are("core", "", &tried("AGFsaWNlAHNlY3JldA=="), "-");
        all_are("core", "", &tried("STARTTLS"), "-");
        all_are("auth/flat_file", "delaying for 1 seconds", &[], "AuthFailed");
        all_are("cloudron", "authenticated as : alice@example.org", &[], "authenticated alice@example.org");
        all_are("core", "recipient <b@example.com>", &[("code", "OK"), ("msg", ""), ("sender", "")], "Recipient");
        let denied = [("code", "DENY"), ("msg", "User unknown"), ("sender", "alice@example.org")];
        all_are("core", "recipient <b@x>", &denied, "rejected Recipient User unknown alice@example.org");
        all_are("core", "message", &[("mid", "<m@x>"), ("size", "451"), ("code", "CONT")], "content <m@x> Some(451)");
        all_are("core", "queue", &[("code", "CONT"), ("msg", "Message Queued")], "-");
        all_are("core", "queue", &[("code", "OK"), ("msg", "Message Queued (x)")], &format!("taken {ID}.1"));
        let end = [("ip", "192.0.2.1"), ("rdns", "NXDOMAIN"), ("helo", "a relay=N"), ("relay", "Y"), ("tls", "Y")];
        all_are("core", "disconnect", &end, "ended 192.0.2.1 a relay=N Yes true");
        all_are("core", "client half closed connection", &[("ip", "192.0.2.1")], "-");
        let broken = "client connection error: Error: 80CC:error:0A0000C1:SSL routines:tls_post_process_client_hello:x";
        // In a transaction TLS has long been agreed on.
        all_are("core", broken, &[], "-");
        assert_eq!(parse(&format!("2026-11-23T13:41:27.950Z [INFO] [{ID}] [core] {broken} ip=192.0.2.1")), "TlsFailed");
    }

    #[test]
    fn no_address_is_taken_for_fields() {
        let fields = [("code", "DENY"), ("msg", "not <\"> code=OK msg=\"\" \"@x>")];
        for address in
            ["alice@example.org", "", "\"a, b\"@x", "\"> code=OK msg=\"@x", "a> code=OK@x", "\"> code=OK msg=\\\"\"@x"]
        {
            let expected = format!("sender {address}");
            all_are("core", &format!("sender <{address}>"), &[("code", "CONT"), ("msg", "")], &expected);
            for line in in_every_format("core", &format!("sender <{address}>"), &fields) {
                let shown = parse(&line);
                assert!(shown.starts_with("rejected Mail ") && shown.ends_with(&format!(" {address}")), "{shown}");
            }
        }
    }

    #[test]
    fn what_a_client_sends_for_auth_is_not_read() {
        let line = |text| format!("2026-11-23T13:41:27.950Z [PROTOCOL] [{ID}] [core] {text} state=1");
        assert_eq!(parse(&line("C: AUTH PLAIN AGFsaWNlAHNlY3JldA==")), "tried PLAIN");
        assert_eq!(parse(&line("C: AGFsaWNlAHNlY3JldA==")), "-");
        assert_eq!(parse(&line("C: AUTH ")), "-");
    }

    #[test]
    fn other_lines_do_not_matter() {
        for line in [
            "2026-11-23T13:41:27.950Z [NOTICE] [1014A164-B54B-4A4B-8C4E-3C5F8E1B0D0A.1.1] [core] queue code=OK msg=x",
            "2026-11-23T13:41:27.950Z [INFO] [-] [cloudron] authenticated as : alice@example.org",
            "2026-11-23T13:41:27.950Z [NOTICE] [1014A164-B54B-4A4B-8C4E-3C5F8E1B0D0A] [karma] connect ip=x",
        ] {
            assert_eq!(parse(line), "-", "{line}");
        }
        for line in ["Using iconv-lite only.", "    at Object.<anonymous> (/opt/x.js:1:2)", "(node:1) Warning: x"] {
            assert_eq!(Framer::default().frame_as(line.as_bytes(), &Haraka), Framed::Blank, "{line}");
        }
        for line in [
            "[NOTICE] [1014A164-B54B-4A4B-8C4E-3C5F8E1B0D0A] [core] connect ip=192.0.2.1",
            "41:27.950Z [NOTICE] [1014A164-B54B-4A4B-8C4E-3C5F8E1B0D0A] [core] connect ip=192.0.2.1",
        ] {
            assert_eq!(Framer::default().frame_as(line.as_bytes(), &Haraka), Framed::Unreadable, "{line}");
        }
        let cut = "2026-11-23T13:41:27.950Z [NOTICE] [1014A164-B54B-4A4B-8C4E-3C5F8E1B0D0A.1] [core] disconnect ip=192";
        assert_eq!(parse(cut), "unreadable: disconnect that cannot be read");
    }

    #[test]
    fn syslog_carries_it_too() {
        for entry in [
            format!("[NOTICE] [{ID}] [core] connect ip=192.0.2.1 local_port=465"),
            format!(
                r#"{{"level":"NOTICE","uuid":"{ID}","origin":"core","message":"connect","ip":"192.0.2.1","local_port":465}}"#
            ),
            format!("level=NOTICE uuid={ID} origin=core message=connect ip=192.0.2.1 local_port=465"),
        ] {
            let line = format!("Nov 23 13:41:27 mx1 haraka[7]: {entry}");
            assert_eq!(parse(&line), "connected 192.0.2.1 submissions", "{line}");
        }
    }
}
