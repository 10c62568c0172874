//! An event, and what its values say.

use memchr::memmem;

use super::super::bytes::decimal;
use super::super::record::{Accepted, Client, Record, Taken};
use super::super::{Unreadable, service};
use super::pairs::Pairs;
use crate::sources::fields::Fields;
use crate::sources::stamp::StampReader;

/// How a text event's level is written.
pub(super) const LEVELS: [&[u8]; 5] = [b"INFO ", b"DEBUG ", b"WARN ", b"ERROR ", b"TRACE "];

/// An event: its name and its values.
#[derive(Clone, Copy)]
pub(super) struct Event<'a> {
    pub name: &'a [u8],
    values: Values<'a>,
}

#[derive(Clone, Copy)]
enum Values<'a> {
    Text(&'a [u8]),
    Json(Fields<'a>),
}

impl<'a> Event<'a> {
    /// `LEVEL Description (name) values`, with the time in front where syslog, the journal or a container has taken up
    /// what the tracer `stdout` prints without colours; or JSON, taken apart. The tracer `journal` writes neither: each
    /// value is a field of the journal's own, and the event's name is not there.
    pub(super) fn of(message: &'a [u8]) -> Option<Self> {
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
    pub(super) fn get(&self, name: &str) -> Option<&'a [u8]> {
        match self.values {
            Values::Text(text) => Pairs(text).find(|(other, _)| *other == name.as_bytes()).map(|(_, value)| value),
            Values::Json(fields) => fields.iter().find(|(path, _)| is_path(path, name)).map(|(_, value)| value),
        }
    }

    pub(super) fn text(&self, name: &str) -> &'a [u8] {
        self.get(name).unwrap_or_default()
    }

    /// The listener, by its id; where its port is a service's own, by what a fresh installation calls that one.
    pub(super) fn listener(&self) -> &'a [u8] {
        service::of_port(self.text("localPort")).unwrap_or_else(|| self.text("listenerId"))
    }

    pub(super) fn client(&self) -> Client<'a> {
        Client { name: b"", ip: self.text("remoteIp") }
    }

    /// What tells the session from others: its client's address and port and the server's port, or else its span.
    pub(super) fn session(&self) -> [&'a [u8]; 3] {
        match self.get("remoteIp") {
            Some(ip) => [ip, self.text("remotePort"), self.text("localPort")],
            None => [b"", b"", self.text("spanId")],
        }
    }

    /// Whether a session is of IMAP or the like: who logs in there sends nothing.
    pub(super) fn is_of_another_protocol(&self) -> bool {
        const NAMES: [&[u8]; 6] = [b"imap", b"pop3", b"sieve", b"managesieve", b"http", b"jmap"];
        const PORTS: [&[u8]; 9] = [b"143", b"993", b"110", b"995", b"4190", b"80", b"443", b"8080", b"8443"];
        let begins = |text: &[u8]| NAMES.iter().any(|name| text.starts_with(name));
        self.get("listenerId").is_some_and(begins)
            || self.get("protocol").is_some_and(begins)
            || self.get("localPort").is_some_and(|port| PORTS.contains(&port))
    }

    /// A submission that is in the queue.
    pub(super) fn queued(&self, client: Client<'a>) -> Result<Record<'a>, Unreadable> {
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
        if self.session() == [b"", b"", b""] {
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
        decimal(digits)
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

#[cfg(test)]
mod tests {
    use super::*;

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
