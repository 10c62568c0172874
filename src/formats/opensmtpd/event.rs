//! `ID smtp VERB FIELDS`, since 5.9.

use super::parts::{
    disconnected, failed, in_words, last, named, permanent_failure, proven, sender, taken_in_words, temporary_failure,
    unquoted,
};
use super::{ID_DIGITS, MESSAGE_ID_DIGITS};
use crate::formats::Unreadable;
use crate::formats::bytes::decimal;
use crate::formats::record::{Client, Record, Rejected, Sequel, Stage, Taken};

/// `VERB FIELDS`, before 6.4 `event=VERB FIELDS`, where the client stands in front of most fields.
pub(super) fn event(text: &[u8]) -> Result<Option<Record<'_>>, Unreadable> {
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
        b"bad-input" => return Ok(bad_input(rest)),
        b"disconnected" | b"closed" => Ok(disconnected(reason(rest))),
        _ => return Ok(None),
    };
    record.map(Some).map_err(Unreadable)
}

/// `address=A host=H`, and what follows it.
fn client(fields: &[u8]) -> Option<(Client<'_>, &[u8])> {
    let rest = fields.strip_prefix(b"address=")?;
    let (ip, rest) = rest.split_at(memchr::memchr(b' ', rest)?);
    let rest = rest.strip_prefix(b" host=")?;
    let (name, rest) = rest.split_at(memchr::memchr(b' ', rest).unwrap_or(rest.len()));
    Some((named(name, ip), rest.strip_prefix(b" ").unwrap_or(rest)))
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

/// `user=U result=ok`, or `permfail`, or `tempfail`. 5.9 wrote `username=`; 6.0 to 6.3 have the client behind U.
fn authentication(fields: &[u8]) -> Option<Record<'_>> {
    let rest = fields.strip_prefix(b"user=").or_else(|| fields.strip_prefix(b"username="))?;
    let (account, rest) = rest.split_at(memchr::memchr(b' ', rest)?);
    let (between, result) = rest.split_at(memchr::memrchr(b' ', rest)?);
    if !between.is_empty() && !between.starts_with(b" address=") {
        return None;
    }
    match result {
        b" result=ok" => Some(proven(account)),
        b" result=permfail" => Some(permanent_failure(account)),
        b" result=tempfail" => Some(temporary_failure(account)),
        _ => None,
    }
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
        size: decimal(size.strip_prefix(b"size=")?),
        recipients: Some(u32::try_from(decimal(recipients)?).ok()?),
        sequel: Sequel::Queued,
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

/// `command="COMMAND" result="REPLY"`. The reply repeats nothing that could not stand in an address.
fn failed_command(fields: &[u8]) -> Option<Record<'_>> {
    let (command, reply) = last(fields.strip_prefix(b"command=\"")?, b"\" result=\"")?;
    failed(command, reply.strip_suffix(b"\"")?)
}

/// `result="500 5.0.0 Line too long"`: 64 KiB without a line's end, which no command has (`smtp_io`). Of commands that are
/// too long, the server says `Command line too long`.
fn bad_input(fields: &[u8]) -> Option<Record<'_>> {
    let reply = unquoted(fields.strip_prefix(b"result=")?);
    reply.ends_with(b" Line too long").then(|| Record::Rejected(Rejected::at(Stage::Data, reply)))
}

/// The value of `reason=`.
fn reason(fields: &[u8]) -> &[u8] {
    fields.strip_prefix(b"reason=").map(unquoted).unwrap_or_default()
}
