//! The `<=` line of a message.
//!
//! Three parts of it are the client's own words: its HELO name in front of its address, the message id and the
//! subject behind the size. A field is therefore looked for between the last address in front of the first of those
//! texts and the size; see `Parts::of`.

use memchr::memmem;

use super::{client, mechanism};
use crate::formats::Unreadable;
use crate::formats::record::{Accepted, Encrypted};

/// `SENDER H=NAME (HELO) [IP]:PORT I=[IP]:PORT P=PROTOCOL X=… CV=… SNI=… A=NAME:ACCOUNT S=SIZE … id=… T="…" … for …`;
/// none where nobody authenticated.
pub(super) fn accepted<'a>(queue_id: &'a [u8], text: &'a [u8]) -> Result<Option<Accepted<'a>>, Unreadable> {
    let found = sender(text).and_then(|(mail_from, rest)| Some((mail_from, Parts::of(rest)?)));
    let Some((mail_from, parts)) = found else {
        let authenticated = memmem::find(text, b" A=").is_some();
        return if authenticated { Err(Unreadable("<= with A= that cannot be read")) } else { Ok(None) };
    };
    let Some((authenticator, account)) = parts.authenticated() else { return Ok(None) };
    let (client, helo) = client(parts.whence);
    Ok(Some(Accepted {
        queue_id,
        service: parts.service(),
        client,
        helo,
        encrypted: parts.encrypted(),
        mechanism: mechanism(authenticator),
        account,
        mail_from,
        size: number(parts.size),
        recipients: parts.recipients(),
        message_id: parts.message_id,
        more_follows: false,
    }))
}

/// The envelope's sender, `<>` for none, and what follows it. A quoted local part may hold blanks.
fn sender(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = if text.first() == Some(&b'"') { behind_quotes(text)? } else { memchr::memchr(b' ', text)? };
    let (sender, rest) = text.split_at(end);
    Some((if sender == b"<>" { b"" } else { sender }, rest))
}

/// Where the first blank outside quotation marks is.
fn behind_quotes(text: &[u8]) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    text.iter().position(|byte| {
        quoted ^= *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        *byte == b' ' && !quoted
    })
}

/// The parts of a `<=` line.
#[derive(Default)]
struct Parts<'a> {
    /// From `H=` up to the protocol.
    whence: &'a [u8],
    /// The value of `P=`.
    protocol: &'a [u8],
    /// The value of `X=`; empty where there is none.
    cipher: &'a [u8],
    /// The value of `A=`, which may hold blanks.
    authenticated: Option<&'a [u8]>,
    /// The value of `S=`.
    size: &'a [u8],
    /// The value of `id=`.
    message_id: &'a [u8],
    /// What follows the size.
    rest: &'a [u8],
}

/// Where the fields behind a protocol begin.
#[derive(Clone, Copy, Default)]
struct Places {
    protocol: usize,
    cipher: Option<usize>,
    /// Where the client's own word on the server's name begins: what follows it is not the cipher's field.
    server_name: bool,
    account: Option<usize>,
    /// The size, and the account's field in front of it.
    size: Option<(usize, Option<usize>)>,
}

impl<'a> Parts<'a> {
    /// Reads the line from one `=` to the next. The client's name stands in front of the server's own fields, so each
    /// protocol behind an address begins anew; the message id and the subject stand behind, so the first of those
    /// ends it.
    fn of(text: &'a [u8]) -> Option<Self> {
        let mut found: Option<Places> = None;
        let mut message_id: &[u8] = b"";
        for at in memchr::memchr_iter(b'=', text) {
            match (&text[..at], &mut found) {
                ([before @ .., b' ', b'P'], _) if follows_address(before) => {
                    found = Some(Places { protocol: at, ..Places::default() });
                }
                ([.., b' ', b'X'], Some(places)) if !places.server_name && places.cipher.is_none() => {
                    places.cipher = Some(at);
                }
                ([.., b' ', b'S', b'N', b'I'], Some(places)) => places.server_name = true,
                ([.., b' ', b'A'], Some(places)) => places.account = Some(at),
                ([.., b' ', b'S'], Some(places)) => places.size = Some((at, places.account)),
                ([.., b' ', b'i', b'd'], Some(_)) => {
                    message_id = word(&text[at + 1..]);
                    break;
                }
                ([.., b' ', b'T'], Some(_)) if text.get(at + 1) == Some(&b'"') => break,
                _ => {}
            }
        }
        let Places { protocol, cipher, size, .. } = found?;
        let (size_at, account) = size?;
        let behind = |at: usize| &text[at + 1..];
        let size = behind(size_at);
        let digits = size.iter().take_while(|byte| byte.is_ascii_digit()).count();
        Some(Self {
            whence: &text[..protocol - b" P".len()],
            protocol: word(behind(protocol)),
            cipher: cipher.filter(|at| *at < size_at).map_or(b"", |at| word(behind(at))),
            authenticated: account.map(|at| &text[at + 1..size_at - b" S".len()]),
            size: &size[..digits],
            message_id,
            rest: &size[digits..],
        })
    }

    /// The service that a port stands for, where `log_selector` has `+incoming_interface`.
    fn service(&self) -> &'static [u8] {
        // The last address is the client's, or else its own port is the last thing in front of the protocol.
        let Some(at) = memchr::memrchr(b'[', self.whence).filter(|at| self.whence[..*at].ends_with(b" I=")) else {
            return b"";
        };
        let port = self.whence[at..].iter().position(|byte| *byte == b']').map(|close| &self.whence[at + close + 1..]);
        match port {
            Some(b":465") => b"smtps",
            Some(b":587") => b"submission",
            Some(b":25") => b"smtp",
            _ => b"",
        }
    }

    /// `X=VERSION:CIPHER:BITS`.
    fn encrypted(&self) -> Encrypted<'a> {
        if !is_encrypted(self.protocol) {
            return Encrypted::No;
        }
        let Some(colon) = memchr::memchr(b':', self.cipher) else { return Encrypted::Yes };
        let (version, rest) = (&self.cipher[..colon], &self.cipher[colon + 1..]);
        let end = memchr::memrchr(b':', rest).unwrap_or(rest.len());
        Encrypted::With { version, cipher: &rest[..end] }
    }

    /// The authenticator and, where it sets one, the account.
    fn authenticated(&self) -> Option<(&'a [u8], &'a [u8])> {
        // Fields that stand between the account and the size in newer versions are no part of it.
        let value = self.authenticated?;
        let Some(colon) = memchr::memchr(b':', value) else { return Some((word(value), b"")) };
        let account = &value[colon + 1..];
        // `+smtp_mailauth` adds the sender that the client named at `AUTH=` (RFC 4954 section 5).
        let end = memchr::memchr(b':', account).unwrap_or(account.len());
        Some((&value[..colon], &account[..end]))
    }

    /// The words behind ` for `, where `log_selector` has `+received_recipients`: the last of the line's fields.
    fn recipients(&self) -> Option<u32> {
        const FOR: &[u8] = b" for ";
        let at = self.rest.windows(FOR.len()).rposition(|words| words == FOR)?;
        let behind = &self.rest[at + FOR.len()..];
        // A subject may hold the word; the server's own stands behind the subject's last quotation mark.
        if memchr::memchr(b'"', behind).is_some() && memmem::find(self.rest, b" T=\"").is_some() {
            return None;
        }
        u32::try_from(behind.split(|byte| *byte == b' ').filter(|word| !word.is_empty()).count()).ok()
    }
}

/// The text up to the next blank.
fn word(text: &[u8]) -> &[u8] {
    &text[..memchr::memchr(b' ', text).unwrap_or(text.len())]
}

/// Whether a text ends with `[IP]` or `[IP]:PORT`.
fn follows_address(text: &[u8]) -> bool {
    let digits = text.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let address = &text[..text.len() - digits];
    address.ends_with(b"]") && digits == 0 || address.ends_with(b"]:")
}

/// Whether `P=` says that there was TLS: `esmtps`, `esmtpsa`, `utf8esmtpsa` (RFC 3848, RFC 6531 section 4.3).
fn is_encrypted(protocol: &[u8]) -> bool {
    protocol.ends_with(b"smtps") || protocol.ends_with(b"smtpsa")
}

fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    Some(digits.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
}
