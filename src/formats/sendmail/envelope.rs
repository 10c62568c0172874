//! The `from=` line, of which there is one for each message.

use memchr::memmem;

use super::{relay, width};
use crate::formats::bytes::{decimal, last_field};
use crate::formats::record::{Client, Encrypted, Record, Sequel, Taken};

/// What `from=` prints of a sender at the most (`envelope.c`).
pub(super) const LONGEST_SENDER: usize = 200;

/// A `from=` line.
pub(super) struct Envelope<'a> {
    sender: &'a [u8],
    size: &'a [u8],
    recipients: u32,
    message_id: Option<&'a [u8]>,
    protocol: &'a [u8],
    client: Client<'a>,
}

impl<'a> Envelope<'a> {
    /// `SENDER, size=N, class=N, nrcpts=N[, msgid=M][, bodytype=B], proto=P, daemon=D[, …], relay=R`.
    pub(super) fn read(text: &'a [u8]) -> Option<Self> {
        let (sender, [size, _class, recipients], rest) = sender(text)?;
        let (rest, client) = last_field(rest, b", relay=")?;
        let client = relay(client)?;
        let (rest, protocol) = last_field(rest, b", proto=")?;
        let protocol = &protocol[..memchr::memchr(b',', protocol).unwrap_or(protocol.len())];
        let rest = BODIES.iter().find_map(|body| without(body, rest)).unwrap_or(rest);
        let recipients = u32::try_from(decimal(recipients)?).ok()?;
        Some(Self { sender, size, recipients, message_id: rest.strip_prefix(b", msgid="), protocol, client })
    }

    /// What it says of its session. Up to 8.14 the protocol does not tell who had authenticated; since then, TLS
    /// alone (`ESMTPS`) says that the client had not, so that nothing of the session matters any more.
    pub(super) fn record(&self, queue_id: &'a [u8]) -> Option<Record<'a>> {
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
                size: decimal(self.size),
                recipients: Some(recipients),
                message_id,
                sequel: Sequel::Verdict,
                authenticated,
                ..Taken::default()
            })),
        }
    }
}

/// How a client has said what the content is (`BODY=`); in its own spelling, since 8.18 (`srvrsmtp.c`).
const BODIES: [&[u8]; 2] = [b", bodytype=8BITMIME", b", bodytype=7BIT"];

/// A text without what it ends with, in whatever case.
fn without<'a>(end: &[u8], text: &'a [u8]) -> Option<&'a [u8]> {
    let (before, behind) = text.split_at(text.len().checked_sub(end.len())?);
    behind.eq_ignore_ascii_case(end).then_some(before)
}

/// The size, the class and the number of recipients, as digits.
type Numbers<'a> = [&'a [u8]; 3];

/// The sender without brackets, the three numbers behind it, and what follows them.
fn sender(text: &[u8]) -> Option<(&[u8], Numbers<'_>, &[u8])> {
    let (address, rest) = text.split_at(behind_sender(text));
    let (numbers, rest) = numbers(rest)?;
    let address = address.strip_prefix(b"<").unwrap_or(address);
    Some((address.strip_suffix(b">").unwrap_or(address), numbers, rest))
}

/// Where the sender ends that a text begins with. In brackets, quotation marks and comments it may hold what looks like
/// the fields behind it; elsewhere it has no blank (`prescan` in `parseaddr.c`). Of a long one the end is cut off.
fn behind_sender(text: &[u8]) -> usize {
    let (mut quoted, mut escaped, mut comments, mut brackets) = (false, false, 0_u32, 0_u32);
    let mut at = 0;
    for _ in 0..LONGEST_SENDER {
        let outside = !quoted && comments == 0;
        if outside && brackets == 0 && text[at..].starts_with(b", size=") {
            break;
        }
        let width = width(&text[at..]);
        let Some(last) = text[at..].get(width.saturating_sub(1)) else { break };
        // A backslash is logged as two; whatever else is escaped means nothing here.
        let byte = if width == 1 || *last == b'\\' { *last } else { b' ' };
        at += width;
        if std::mem::take(&mut escaped) {
            continue;
        }
        match byte {
            b'\\' => escaped = true,
            b'"' if comments == 0 => quoted = !quoted,
            b'(' if !quoted => comments += 1,
            b')' if !quoted => comments = comments.saturating_sub(1),
            b'<' if outside => brackets += 1,
            b'>' if outside => brackets = brackets.saturating_sub(1),
            _ => {}
        }
    }
    at
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
