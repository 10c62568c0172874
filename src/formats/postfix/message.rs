//! Lines of a message: those that have its queue id in front, or `NOQUEUE`; and what a proxy in front of the queue says.

use memchr::memmem;

use super::client;
use crate::formats::Unreadable;
use crate::formats::record::{Client, Opened, Record, Rejected, Stage};

/// Lines that have a queue id, or `NOQUEUE` (none), in front.
pub(super) fn queue_line<'a>(id: Option<&'a [u8]>, text: &'a [u8]) -> Result<Option<Record<'a>>, Unreadable> {
    if let Some(rest) = text.strip_prefix(b"client=") {
        return opened(id, rest).ok_or(Unreadable("client= that cannot be read"));
    }
    if let Some(rest) = refused(text) {
        return Ok(rejected(id, rest).map(Record::Rejected));
    }
    if let Some(rest) = set_aside(text) {
        let (_, mail_from, _) = reply(rest);
        return Ok(Some(Record::SetAside { queue_id: id, mail_from }));
    }
    if let Some(rest) = text.strip_prefix(b"proxy-accept: ") {
        return Ok(Some(relayed(rest)));
    }
    let Some(queue_id) = id else { return Ok(None) };
    if let Some(message_id) = text.strip_prefix(b"message-id=") {
        // What is said of a header without one (`cleanup_message.c`).
        let message_id = if message_id == b"<>" { b"" } else { message_id };
        return Ok(Some(Record::MessageId { queue_id, message_id }));
    }
    if let Some(rest) = text.strip_prefix(b"from=<") {
        return match rest.strip_suffix(b" (queue active)") {
            Some(rest) => queued(queue_id, rest).map(Some).ok_or(Unreadable("from= that cannot be read")),
            None => Ok(None),
        };
    }
    Ok(text.starts_with(b"uid=").then_some(Record::OpenedByOthers { queue_id }))
}

/// What follows `reject: `, by which a table or a filter refuses.
pub(super) fn refused(text: &[u8]) -> Option<&[u8]> {
    behind_filter(text).strip_prefix(b"reject: ")
}

/// What follows `hold: ` or `discard: `, by which a filter or a table keeps a message from the queue. Its client is told
/// that it was accepted; with MailScanner, which has all mail held and then queued anew, that is every message.
pub(super) fn set_aside(text: &[u8]) -> Option<&[u8]> {
    let text = behind_filter(text);
    text.strip_prefix(b"hold: ").or_else(|| text.strip_prefix(b"discard: "))
}

/// An action without what says that a filter asked for it: `milter-`, and `milter-header-` where `milter_header_checks`
/// did (`cleanup_milter.c`).
fn behind_filter(text: &[u8]) -> &[u8] {
    let Some(text) = text.strip_prefix(b"milter-") else { return text };
    text.strip_prefix(b"header-").unwrap_or(text)
}

/// `NAME[IP](:PORT)?(, sasl_method=M)?(, sasl_username=U)?(, sasl_sender=S)?(, orig_queue_id=Q)?(, orig_client=NAME[IP])?`,
/// the last two in front where Postfix is older. S is what a client has written, who need not have authenticated, so
/// that nothing behind it is believed.
fn opened<'a>(queue_id: Option<&'a [u8]>, text: &'a [u8]) -> Option<Option<Record<'a>>> {
    let (client, mut rest) = client(text)?;
    let mut mechanism: &[u8] = b"";
    while let Some(field) = rest.strip_prefix(b", ") {
        if let Some(account) = field.strip_prefix(b"sasl_username=") {
            let account = without_more(account);
            let fronted = mechanism.eq_ignore_ascii_case(b"XCLIENT");
            let mechanism = if fronted { b"" } else { mechanism };
            return Some(Some(Record::Opened(Opened { queue_id, client, mechanism, account, fronted })));
        }
        if field.starts_with(b"sasl_sender=") {
            break;
        }
        let end = memchr::memchr(b',', field).unwrap_or(field.len());
        if let Some(method) = field[..end].strip_prefix(b"sasl_method=") {
            mechanism = method;
        }
        rest = &field[end..];
    }
    Some(queue_id.map(|queue_id| Record::OpenedByOthers { queue_id }))
}

/// An account without what may follow it. No account holds a comma but the strangest.
fn without_more(account: &[u8]) -> &[u8] {
    const NEXT: [&[u8]; 3] = [b", sasl_sender=", b", orig_queue_id=", b", orig_client="];
    let more = |at: &usize| NEXT.iter().any(|next| account[*at..].starts_with(next));
    let end = memchr::memchr_iter(b',', account).find(more);
    &account[..end.unwrap_or(account.len())]
}

/// `ADDRESS>, size=N, nrcpt=N`, read from its end since the address is the sender's own text.
fn queued<'a>(queue_id: &'a [u8], text: &'a [u8]) -> Option<Record<'a>> {
    let (rest, recipients) = last_field(text, b", nrcpt=")?;
    let (rest, size) = last_field(rest, b", size=")?;
    let mail_from = rest.strip_suffix(b">")?;
    Some(Record::Queued { queue_id, mail_from, size: Some(size), recipients: u32::try_from(recipients).ok() })
}

fn last_field<'a>(text: &'a [u8], name: &[u8]) -> Option<(&'a [u8], u64)> {
    let digits = text.iter().rev().take(18).take_while(|byte| byte.is_ascii_digit()).count();
    let (rest, digits) = text.split_at(text.len() - digits);
    let value = digits.iter().fold(0, |value, digit| value * 10 + u64::from(digit - b'0'));
    (!digits.is_empty()).then_some((rest.strip_suffix(name)?, value))
}

/// `RCPT from NAME[IP]: 550 5.1.1 …; from=<…> to=<…> proto=ESMTP helo=<…>`; none of the other commands matter.
fn rejected<'a>(queue_id: Option<&'a [u8]>, text: &'a [u8]) -> Option<Rejected<'a>> {
    let at = memmem::find(text, b" from ")?;
    let stage = match &text[..at] {
        b"MAIL" => Stage::Mail,
        b"RCPT" => Stage::Recipient,
        b"DATA" | b"BDAT" | b"END-OF-MESSAGE" => Stage::Data,
        what if of_content(what) => Stage::Data,
        _ => return None,
    };
    let (client, rest) = client(&text[at + b" from ".len()..]).unwrap_or((Client::default(), b""));
    let account = account(rest);
    let (said, mail_from, helo) = reply(rest.strip_prefix(b": ").unwrap_or(rest));
    let reply = if of_content(&text[..at]) { said_of_content(text) } else { said };
    Some(Rejected { queue_id, client, mail_from, helo, account, ..Rejected::at(stage, reply) })
}

/// Whether `cleanup` has refused the content by its own checks: `reject: header Subject: … from NAME[IP]; …`.
fn of_content(what: &[u8]) -> bool {
    [&b"header "[..], b"body ", b"mime-error "].iter().any(|check| what.starts_with(check))
}

/// What `cleanup` says of content that it refuses, which it says last: `…; from=<F> to=<T> proto=P helo=<H>: SAID`.
fn said_of_content(text: &[u8]) -> &[u8] {
    let read = || {
        let helo = &text[memmem::rfind(text, b" helo=<")?..];
        Some(&helo[memmem::find(helo, b">: ")? + b">: ".len()..])
    };
    read().unwrap_or_default()
}

/// U in `… helo=<H> sasl_method=M sasl_username=U( sasl_sender=S)?` at a reject's end, where Postfix has it since 3.10.
/// The addresses, H and S are the client's own words: what stands in the former has a bracket behind it, and S is the last.
fn account(text: &[u8]) -> &[u8] {
    if let Some(account) = account_of_filter(text) {
        return account;
    }
    let text = without_sender(text);
    const METHOD: &[u8] = b"> sasl_method=";
    const NAME: &[u8] = b" sasl_username=";
    let read = || {
        let at = memmem::rfind(text, NAME)?;
        let (before, account) = (&text[..at], &text[at + NAME.len()..]);
        let method = &before[memmem::rfind(before, METHOD)? + METHOD.len()..];
        let real = !method.contains(&b' ') && !account.ends_with(b">") && memmem::find(account, b"> ").is_none();
        real.then_some(account)
    };
    read().unwrap_or_default()
}

/// U in `… helo=<H> sasl_username=<U>` at the end of what a filter rejects (`smtpd_whatsup()` in `smtpd.c`). No H has a
/// bracket or a blank, and behind what stands in an address more follows.
fn account_of_filter(text: &[u8]) -> Option<&[u8]> {
    const NAME: &[u8] = b"> sasl_username=<";
    let text = text.strip_suffix(b">")?;
    let account = &text[memmem::rfind(text, NAME)? + NAME.len()..];
    memmem::find(account, b"> ").is_none().then_some(account)
}

/// The text up to `sasl_sender=S`.
fn without_sender(text: &[u8]) -> &[u8] {
    &text[..memmem::find(text, b" sasl_sender=").unwrap_or(text.len())]
}

/// `END-OF-MESSAGE: 554 5.7.1 …; from=<…> to=<…> proto=ESMTP helo=<…>`.
pub(super) fn proxy_rejected(text: &[u8]) -> Rejected<'_> {
    let at = memmem::find(text, b": ").map_or(0, |at| at + 2);
    let (reply, mail_from, helo) = reply(&text[at..]);
    Rejected { mail_from, helo, ..Rejected::at(Stage::Data, reply) }
}

/// `END-OF-MESSAGE: 250 2.0.0 Ok: queued as B; from=<…> …`.
pub(super) fn relayed(text: &[u8]) -> Record<'_> {
    // The next hop says nothing that the client wrote, so its answer ends where the first envelope begins: a
    // recipient may hold what looks like another one.
    let end = memmem::find(text, ENVELOPE).unwrap_or(text.len());
    let (reply, (mail_from, helo)) = (&text[..end], envelope(&text[end..]));
    let queue_id = memmem::rfind(reply, b"queued as ").map(|at| &reply[at + b"queued as ".len()..]);
    let end = |id: &[u8]| id.iter().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(id.len());
    Record::Relayed { queue_id: queue_id.map(|id| &id[..end(id)]), mail_from, helo }
}

/// What stands between a reply and its envelope.
const ENVELOPE: &[u8] = b"; from=<";

/// What stands there where there is no sender yet: at `MAIL FROM`, of which older versions check the size before they keep
/// its address (`log_whatsup()` in `smtpd_check.c` leaves out what is not known).
const NO_SENDER: &[u8] = b"; proto=";

/// A reply and the envelope behind it: `550 …; from=<F> to=<T> proto=P helo=<H>`. The reply may hold what the client
/// wrote, so that its last envelope is taken for the real one.
fn reply(text: &[u8]) -> (&[u8], &[u8], &[u8]) {
    let end = memmem::rfind(text, ENVELOPE).or_else(|| memmem::rfind(text, NO_SENDER)).unwrap_or(text.len());
    let (mail_from, helo) = envelope(&text[end..]);
    (&text[..end], mail_from, helo)
}

/// The sender and the client's name in `;( from=<F>)?( to=<T>)? proto=P helo=<H>`.
fn envelope(text: &[u8]) -> (&[u8], &[u8]) {
    let mail_from = text.strip_prefix(ENVELOPE).unwrap_or_default();
    let mail_from = &mail_from[..memchr::memchr(b'>', mail_from).unwrap_or(mail_from.len())];
    let helo = memmem::find(text, b" helo=<").map_or(&b""[..], |at| {
        let helo = without_sender(&text[at + b" helo=<".len()..]);
        let end = [&b"> sasl_username=<"[..], b"> sasl_method="].iter().find_map(|next| memmem::rfind(helo, next));
        let end = end.or_else(|| memchr::memrchr(b'>', helo));
        &helo[..end.unwrap_or(helo.len())]
    });
    (mail_from, helo)
}
