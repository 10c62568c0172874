//! Amazon SES: the events that it publishes of each message, wherever they were collected.
//!
//! They come bare, in an SNS notification (the event is the text of its `Message`), in an EventBridge event (it is the
//! `detail`), and from Firehose with nothing between one object and the next; see
//! <https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html>.
//!
//! `Send` tells of a message that SES has accepted; every other event repeats it. The account is the IAM identity of
//! the SMTP credentials, `ses:caller-identity`. Those tags are there only where a configuration set publishes the
//! events: feedback notifications of an identity (`notificationType`) have none and are ignored. A call of the HTTPS
//! interface is an event like any other; its operation is the row's service.

use memchr::memmem;

use super::record::{Accepted, Client, Encrypted, Record, RefusalKind, Refused};
use super::{Evidence, Format, Tells, Unreadable};
use crate::calendar::HOUR;
use crate::sources::fields::{Fields, flatten, object_in, text_in};
use crate::sources::framing::{Framed, Line, Own, Program, Style};

/// The format.
#[derive(Debug)]
pub struct Ses;

impl Style for Ses {
    fn wants_program(&self, _program: Program<'_>) -> bool {
        false
    }

    /// By a member's name. In the text that a collector hands on as a value, a backslash stands before the quotation
    /// mark that ends one.
    fn is_own(&self, line: &[u8]) -> bool {
        let names: [&[u8]; 3] = [b"\"eventType\"", b"\"notificationType\"", b"\"TopicArn\""];
        line.trim_ascii_start().starts_with(b"{") && names.iter().any(|name| memmem::find(line, name).is_some())
    }

    fn own_line<'a>(&self, own: &'a mut Own, line: &'a [u8]) -> Framed<'a> {
        let Own { stamps, buffer, scratch, .. } = own;
        buffer.clear();
        scratch.clear();
        let event = if object_in(line, "mail").is_some() {
            line
        } else if text_in(line, "Message", scratch) {
            scratch
        } else {
            object_in(line, "detail").unwrap_or(line)
        };
        if !flatten(event, buffer) {
            // What SNS says of a topic itself is text, and no event.
            return if event.trim_ascii_start().starts_with(b"{") { Framed::Unreadable } else { Framed::Blank };
        }
        let fields = Fields(buffer);
        let Some(time) = time(fields) else {
            // Such as the word that a subscription has succeeded.
            return if fields.get("eventType").is_some() { Framed::Unreadable } else { Framed::Blank };
        };
        let Some((stamp, _)) = stamps.iso(time) else { return Framed::Unreadable };
        let host = fields.get("mail.sendingAccountId").unwrap_or_default();
        Framed::Line(Line { stamp, host, program: b"", pid: 0, message: buffer, repeated: 1 })
    }

    fn is_packed(&self) -> bool {
        true
    }
}

impl Format for Ses {
    fn name(&self) -> &'static str {
        "ses"
    }

    fn title(&self) -> &'static str {
        "Amazon SES"
    }

    fn evidence(&self) -> Evidence {
        Evidence::Documentation
    }

    fn tells(&self) -> Tells {
        Tells {
            tls_version: "with a configuration set",
            cipher: "no",
            account: "the IAM identity, with a configuration set",
            mechanism: "no",
            recipients: "yes",
        }
    }

    fn wants(&self, _program: &[u8], message: &[u8]) -> bool {
        !message.is_empty()
    }

    fn parse<'a>(&self, line: &Line<'a>) -> Result<Option<Record<'a>>, Unreadable> {
        let fields = Fields(line.message);
        match fields.get("eventType") {
            Some(b"Send") => accepted(fields).map(|found| Some(Record::Accepted(found))),
            Some(b"Reject") => Ok(Some(Record::Refused(rejected(fields)))),
            _ => Ok(None),
        }
    }

    fn service<'a>(&self, _program: &'a [u8]) -> Option<&'a [u8]> {
        None
    }

    /// Events go through queues, and are delivered again where a queue was not sure.
    fn late(&self) -> i64 {
        6 * HOUR
    }

    /// An event says itself whether there was TLS.
    fn tls_mark(&self) -> Option<&'static [u8]> {
        None
    }

    fn instant(&self, _line: &Line<'_>) -> Option<i64> {
        None
    }
}

/// When the event was: the message's own time for `Send` and `Reject`; for the others, which may come days later, the
/// time that the event's part says.
fn time(fields: Fields<'_>) -> Option<&[u8]> {
    let [kind, sent] = fields.firsts(["eventType", "mail.timestamp"]);
    if matches!(kind, Some(b"Send" | b"Reject")) {
        return sent;
    }
    let of_event = |(path, _): &(&[u8], &[u8])| path.ends_with(b".timestamp") && *path != b"mail.timestamp";
    fields.iter().find(of_event).map(|(_, value)| value).or(sent)
}

fn accepted(fields: Fields<'_>) -> Result<Accepted<'_>, Unreadable> {
    let [id, account, operation, source, message_id] = fields.firsts([
        "mail.messageId",
        "mail.tags.ses:caller-identity",
        "mail.tags.ses:operation",
        "mail.source",
        "mail.commonHeaders.messageId",
    ]);
    let Some(queue_id) = id.filter(|id| !id.is_empty()) else { return Err(Unreadable("Send without messageId")) };
    let recipients = fields.all("mail.destination").count() as u32;
    Ok(Accepted {
        queue_id,
        service: operation.unwrap_or_default(),
        client: client(fields),
        encrypted: encrypted(fields),
        account: account.unwrap_or_default(),
        mail_from: address(source.unwrap_or_default()),
        recipients: (recipients > 0).then_some(recipients),
        message_id: message_id.unwrap_or_default(),
        ..Accepted::default()
    })
}

/// SES has found a virus in a message.
fn rejected(fields: Fields<'_>) -> Refused<'_> {
    let [id, account, operation, reason] =
        fields.firsts(["mail.messageId", "mail.tags.ses:caller-identity", "mail.tags.ses:operation", "reject.reason"]);
    Refused {
        kind: RefusalKind::DataRejected,
        id: id.unwrap_or_default(),
        service: operation.unwrap_or_default(),
        client: client(fields),
        encrypted: encrypted(fields),
        account: account.unwrap_or_default(),
        reason: reason.unwrap_or_default(),
        ..Refused::default()
    }
}

fn client(fields: Fields<'_>) -> Client<'_> {
    Client { name: b"", ip: fields.get("mail.tags.ses:source-ip").unwrap_or_default() }
}

/// The version of the session from the client to SES; `ses:outgoing-tls-version` is another session's.
fn encrypted(fields: Fields<'_>) -> Encrypted<'_> {
    match fields.get("mail.tags.ses:source-tls-version") {
        Some(version) => Encrypted::With { version, cipher: b"" },
        None => Encrypted::Unsaid,
    }
}

/// The address in `Name <address>`: the last, since a name may hold anything.
fn address(source: &[u8]) -> &[u8] {
    let open = memchr::memrchr(b'<', source);
    open.and_then(|open| source[open + 1..].strip_suffix(b">")).unwrap_or(source)
}
