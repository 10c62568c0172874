//! An entry of the log, and the record that it makes.

use memchr::memmem;

use super::auth::{AUTH_USER, behind_auth, mechanism, proxied};
use super::pairs::{Pairs, are_fields, pairs_of};
use super::tls;
use super::{UUID, behind_stamp};
use crate::formats::Unreadable;
use crate::formats::bytes::decimal;
use crate::formats::record::{AuthFailed, Client, Encrypted, Ended, Record, Rejected, Sequel, Stage, Taken};
use crate::sources::fields::{Fields, member};

/// An entry of the log.
#[derive(Clone, Copy)]
pub(super) struct Entry<'a> {
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
    /// None where it is of no connection: a line of the server itself, or of an outgoing delivery; and of the content of
    /// messages. With `timestamps=true`, the server's own time stands in front of the entry also where syslog or the
    /// journal has one.
    pub(super) fn read(message: &'a [u8]) -> Option<Self> {
        let message = if message.first()?.is_ascii_digit() { behind_stamp(message)? } else { message };
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
        let (level, rest) = part(message)?;
        if level == CONTENT {
            return None;
        }
        let (uuid, rest) = part(rest)?;
        let (origin, text) = part(rest)?;
        let text = text.trim_ascii_start();
        Some(Self { uuid, origin, text, fields: Said::Pairs(pairs_of(text)) })
    }

    fn named(fields: Said<'a>) -> Option<Self> {
        if fields.get("level") == Some(CONTENT) {
            return None;
        }
        let text = fields.get("message")?.trim_ascii_start();
        Some(Self { uuid: fields.get("uuid")?, origin: fields.get("origin")?, text, fields })
    }

    pub(super) fn get(self, name: &str) -> Option<&'a [u8]> {
        self.fields.get(name)
    }

    pub(super) fn connection(self) -> &'a [u8] {
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
    pub(super) fn matters(self) -> bool {
        if !self.is_of_core() {
            return [&b"delaying for "[..], b"authenticated as ", b"auth_user=", AUTH_USER]
                .iter()
                .chain(&tls::BEGINNINGS)
                .any(|beginning| self.text.starts_with(beginning));
        }
        [&b"connect"[..], b"HAProxy", b"disconnect", b"sender", b"recipient", b"message", b"queue"]
            .iter()
            .any(|word| self.is(word))
            || self.is_hook()
            || tls::connection_error(self.text).is_some()
            || self.refuses_content()
            || behind_auth(self.text).is_some()
    }

    /// Whether it says that the server itself refuses a message's content, of which there is no line `message`.
    fn refuses_content(self) -> bool {
        REFUSED_CONTENT.iter().any(|beginning| self.text.starts_with(beginning))
    }

    fn is_hook(self) -> bool {
        [&b"hook=unrecognized_command "[..], b"hook=data "].iter().any(|hook| self.text.starts_with(hook))
            || self.text.is_empty()
    }

    pub(super) fn record(self) -> Result<Option<Record<'a>>, Unreadable> {
        if !self.is_of_core() {
            return self.plugin_s();
        }
        if self.is_hook() {
            return Ok(self.hooked());
        }
        if self.refuses_content() {
            return Ok(Some(rejection(Stage::Data, self.text, b"")));
        }
        match self.text.first() {
            Some(b'c') if self.is(b"connect") => self.connected().map(Some),
            Some(b'H') => Ok(self.fronted()),
            Some(b'c') => Ok(tls::connection_error(self.text).and_then(tls::broken_handshake)),
            Some(b'd') => self.ended().map(Some),
            Some(b's') => self.sender(),
            Some(b'r') => self.recipient(),
            Some(b'm') => self.content(),
            Some(b'q') => self.queued(),
            // What the server makes of it shows in the hook's line.
            Some(b'C') => Ok(mechanism(self.text).map(|mechanism| Record::Tried { mechanism, heard: false })),
            _ => Ok(None),
        }
    }

    /// What a plugin has made of a command that the server does not know: whatever a client sends to authenticate. Or of
    /// `DATA`: no other line says that it was refused.
    fn hooked(self) -> Option<Record<'a>> {
        match (self.get("hook")?, self.get("retval")?) {
            (b"data", code) if is_denied(code) => return Some(rejected(Stage::Data, self.fields, b"")),
            (b"unrecognized_command", b"OK") => {}
            _ => return None,
        }
        match self.get("params")? {
            b"*" => Some(Record::GaveUp),
            params => params.eq_ignore_ascii_case(b"AUTH").then_some(Record::Tried { mechanism: b"", heard: true }),
        }
    }

    /// What plugins say.
    fn plugin_s(self) -> Result<Option<Record<'a>>, Unreadable> {
        let account = [&b"authenticated as : "[..], b"authenticated as ", b"auth_user="];
        if let Some(account) = account.iter().find_map(|beginning| self.text.strip_prefix(*beginning)) {
            return Ok(Some(Record::Authenticated { client: Client::default(), mechanism: b"", account }));
        }
        if let Some(rest) = self.text.strip_prefix(AUTH_USER) {
            return Ok(proxied(rest, self.origin));
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
        if self.origin == b"tls" { tls::of_plugin(self.text) } else { Ok(None) }
    }

    fn connected(self) -> Result<Record<'a>, Unreadable> {
        let ip = self.get("ip").ok_or(Unreadable("connect without an address"))?;
        Ok(Record::Connected(Client { name: b"", ip }))
    }

    /// What a proxy in front says of the client, before it has sent anything: it is the one that has connected.
    fn fronted(self) -> Option<Record<'a>> {
        let (ip, _port) = endpoint(self.get("src_ip")?)?;
        Some(Record::Connected(Client { name: b"", ip }))
    }

    /// The port that the client came to, in the entry that tells of its connecting.
    pub(super) fn local_port(self) -> Option<&'a [u8]> {
        match self.get("local_port") {
            None => endpoint(self.get("dst_ip")?).map(|(_ip, port)| port),
            port => port,
        }
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
            auth_refused: self.get("lr").filter(|reply| *reply == INVALID_AUTH).unwrap_or_default(),
        }))
    }

    fn sender(self) -> Result<Option<Record<'a>>, Unreadable> {
        let Some((mail_from, fields)) = self.address(b"sender <") else { return Ok(None) };
        let code = fields.get("code").ok_or(Unreadable("sender without a code"))?;
        if is_denied(code) {
            return Ok(Some(rejected(Stage::Mail, fields, mail_from)));
        }
        Ok(Some(Record::Sender { mail_from }))
    }

    fn recipient(self) -> Result<Option<Record<'a>>, Unreadable> {
        let Some((_, fields)) = self.address(b"recipient <") else { return Ok(None) };
        let code = fields.get("code").ok_or(Unreadable("recipient without a code"))?;
        if is_denied(code) {
            return Ok(Some(rejected(Stage::Recipient, fields, fields.get("sender").unwrap_or_default())));
        }
        Ok((code == b"OK").then_some(Record::Recipient))
    }

    fn content(self) -> Result<Option<Record<'a>>, Unreadable> {
        let Some(code) = self.get("code") else { return Err(Unreadable("message without a code")) };
        if is_denied(code) {
            return Ok(Some(rejected(Stage::Data, self.fields, b"")));
        }
        let size = self.get("size").and_then(decimal);
        Ok(Some(Record::Content { message_id: self.get("mid").unwrap_or_default(), size }))
    }

    fn queued(self) -> Result<Option<Record<'a>>, Unreadable> {
        let Some(code) = self.get("code") else { return Err(Unreadable("queue without a code")) };
        if is_denied(code) {
            return Ok(Some(rejected(Stage::Data, self.fields, b"")));
        }
        let queue_id = self.uuid;
        Ok((code == b"OK").then_some(Record::Taken(Taken {
            queue_id,
            sequel: Sequel::End,
            sender_is_account: true,
            ..Taken::default()
        })))
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

/// The level at which the content of messages is logged, line by line as a client's commands are.
const CONTENT: &[u8] = b"DATA";

/// What the fields say of a refused command.
fn rejected<'a>(stage: Stage, fields: Said<'a>, mail_from: &'a [u8]) -> Record<'a> {
    rejection(stage, fields.get("msg").unwrap_or_default(), mail_from)
}

fn rejection<'a>(stage: Stage, reply: &'a [u8], mail_from: &'a [u8]) -> Record<'a> {
    Record::Rejected(Rejected { mail_from, ..Rejected::at(stage, reply) })
}

/// `ADDRESS:PORT`, also of IPv6.
fn endpoint(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = memchr::memrchr(b':', text)?;
    Some((&text[..colon], &text[colon + 1..]))
}

/// Whether a text is a part of another one.
fn within(part: &[u8], text: &[u8]) -> bool {
    text.as_ptr_range().contains(&part.as_ptr())
}

/// How lines begin with which the server itself refuses a message's content: `data_done` and `accumulate_data` of
/// `connection.js`, and what it says where its own queue does not take the message.
const REFUSED_CONTENT: [&[u8]; 5] = [
    b"Incoming message exceeded ",
    b"Incoming message had too many Received headers",
    b"Possible DoS attempt - too many MIME parts",
    b"Client sent bare line-feed",
    b"Unrecognized response from outbound layer: ",
];

/// What `plugins/auth/auth_base.js` answers where a name or a password is missing, and no line of the log but the
/// connection's last.
const INVALID_AUTH: &[u8] = b"504 Invalid AUTH string";

/// `DENY`, `DENYSOFT`, `DENYDISCONNECT`, `DENYSOFTDISCONNECT`.
fn is_denied(code: &[u8]) -> bool {
    code.starts_with(b"DENY")
}
