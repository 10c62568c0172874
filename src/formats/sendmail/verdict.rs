//! What becomes of a message behind its `from=` line, which is written once the content has come in. Only then judge the
//! limit of its size, `check_eom` and the filters (`srvrsmtp.c`, `smtp_data`); what a filter or a ruleset said of a header
//! before, has an effect then too.

use memchr::memmem;

use super::is_number;
use crate::formats::bytes::last_field;

/// What a refused message's recipients are logged with is the reply, but for these, with which it was accepted
/// (`deliver.c`, `queue.c`).
const ACCEPTED: [&[u8]; 3] = [b"discarded", b"queued", b"quarantined"];

/// Whether a `to=` line may be of a recipient to whom nobody has tried to deliver. Most are of deliveries, and end here.
/// An address with a comma in it is not looked into.
pub(super) fn is_undelivered(text: &[u8]) -> bool {
    const DELAY: &[u8] = b", delay=";
    let fields = memchr::memchr(b',', text).and_then(|at| text[at..].strip_prefix(DELAY));
    let next = fields.and_then(|fields| fields.get(memchr::memchr(b' ', fields)? + 1));
    matches!(next, Some(b'p' | b'd' | b's' | b'r'))
}

/// The reason in `message size (N) exceeds maximum (M)`, or in `to=A, delay=D, pri=P[, dsn=X], stat=REASON`, as the
/// recipients of a refused message are logged (`logundelrcpts`). A line of a delivery names its mailer, so that nobody can
/// write into an address or a reply what makes it one of these.
pub(super) fn refused(text: &[u8]) -> Option<&[u8]> {
    if let Some(rest) = text.strip_prefix(b"message size (") {
        let (size, most) = last_field(rest.strip_suffix(b")")?, b") exceeds maximum (")?;
        return (is_number(size) && is_number(most)).then_some(text);
    }
    let mut fields = text.strip_prefix(b"to=").filter(|_| is_undelivered(text))?;
    if memmem::find(fields, b", mailer=").is_some() {
        return None;
    }
    loop {
        fields = fields[memchr::memchr(b',', fields)?..].strip_prefix(b", ")?;
        if let Some(reason) = fields.strip_prefix(b"stat=") {
            return (!reason.is_empty() && !ACCEPTED.contains(&reason)).then_some(reason);
        }
        let is_known = [&b"delay="[..], b"pri=", b"relay=", b"dsn="].iter().any(|name| fields.starts_with(name));
        if !is_known {
            return None;
        }
    }
}
