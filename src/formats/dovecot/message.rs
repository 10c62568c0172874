//! Lines of `submission`: messages that were handed on to the server behind, and those that it did not take.

use memchr::memmem;

use super::{NOT_RELAYED, RELAYED, Said};
use crate::formats::bytes::{last_field, leading_decimal};
use crate::formats::record::{Record, Rejected, Sequel, Stage, Taken};

/// ``Successfully relayed message: from=<F>, size=N, id=I, nrcpt=N, reply=`…'``.
///
/// The sender is the client's text, so that what follows it is read from the end.
pub(super) fn relayed(said: Said<'_>, joined: bool) -> Option<Record<'_>> {
    let text = said.text.strip_prefix(RELAYED)?;
    let (text, reply) = text.split_at(memmem::rfind(text, b", reply=`")?);
    let (text, recipients) = last_field(text, b", nrcpt=")?;
    let (text, id) = last_field(text, b", id=")?;
    let (text, size) = last_field(text, b", size=")?;
    let mail_from = text.strip_suffix(b">")?;
    let behind = queue_id(&reply[b", reply=`".len()..]).filter(|id| !id.is_empty());
    Some(Record::Taken(Taken {
        queue_id: behind.unwrap_or(id),
        mail_from: Some(mail_from),
        size: Some(leading_decimal(size).0.into()),
        recipients: Some(leading_decimal(recipients).0),
        authenticated: true,
        account: said.user,
        sequel: if joined && behind.is_some() { Sequel::Behind } else { Sequel::Nothing },
        ..Taken::default()
    }))
}

/// ``Failed to relay message: from=<F>, size=N, nrcpt=N, reply=`…'``; none where it may be sent again.
pub(super) fn not_relayed(text: &[u8]) -> Option<Option<Record<'_>>> {
    let from = text.strip_prefix(NOT_RELAYED)?;
    let (text, reply) = from.split_at(memmem::rfind(from, b", reply=`")?);
    let (text, _) = last_field(text, b", nrcpt=")?;
    let (text, _) = last_field(text, b", size=")?;
    let mail_from = text.strip_suffix(b">")?;
    let reply = &reply[b", reply=`".len()..];
    let reply = reply.strip_suffix(b"'").unwrap_or(reply);
    let rejected = Rejected { mail_from, ..Rejected::at(Stage::Data, reply) };
    Some(reply.starts_with(b"5").then_some(Record::Rejected(rejected)))
}

/// The queue id in a reply: `250 2.0.0 Ok: 4736 bytes queued as A8E9C9D6893'` of Postfix, `250 OK id=…'` of Exim.
fn queue_id(reply: &[u8]) -> Option<&[u8]> {
    let mark = |mark: &[u8]| memmem::rfind(reply, mark).map(|at| &reply[at + mark.len()..]);
    let id = mark(b"queued as ").or_else(|| mark(b" id="))?;
    let end = id.iter().position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'-').unwrap_or(id.len());
    (end > 0).then(|| &id[..end])
}
