//! Exim: the main log, the reject log, and their copies through syslog.
//!
//! One line tells of a message: `<=` with `A=`. What follows the id is a fixed order of fields, of which
//! `log_selector` decides only which are there; see
//! <https://www.exim.org/exim-html-current/doc/html/spec_html/ch-log_files.html>.
//!
//! Three parts of such a line are the client's own words: its HELO name in front of its address, the message id and the
//! subject behind the size. A field is therefore looked for between the last address in front of the first of those
//! texts and the size; see `Parts::of`.

use memchr::memmem;

use super::record::{Accepted, Client, Encrypted, Record, RefusalKind, Refused};
use super::{Evidence, Format, Tells, Unreadable};
use crate::calendar::{SECOND, Timestamp};
use crate::sources::framing::{Framed, Line, Own, Program, Style};
use crate::sources::stamp::{Stamp, StampReader};

/// The format.
#[derive(Debug)]
pub struct Exim;

impl Style for Exim {
    fn wants_program(&self, program: Program<'_>) -> bool {
        program.tag.starts_with(b"exim")
    }

    fn is_own(&self, line: &[u8]) -> bool {
        line.get(10) == Some(&b' ') && line[0].is_ascii_digit()
    }

    /// `2026-01-01 14:00:03[.400][ -0500] [[127] ]text`.
    fn own_line<'a>(&self, own: &'a mut Own, line: &'a [u8]) -> Framed<'a> {
        let Some((stamp, used)) = own.stamps.iso(line) else { return Framed::Unreadable };
        let (stamp, rest) = with_zone(stamp, &line[used..]);
        let message = without_pid(rest);
        Framed::Line(Line { stamp, host: b"", program: b"", pid: 0, message, repeated: 1 })
    }
}

impl Format for Exim {
    fn name(&self) -> &'static str {
        "exim"
    }

    fn title(&self) -> &'static str {
        "Exim"
    }

    fn evidence(&self) -> Evidence {
        Evidence::RealLogs("4.96")
    }

    fn tells(&self) -> Tells {
        Tells {
            tls_version: "yes, unless log_selector has -tls_cipher",
            cipher: "yes, unless log_selector has -tls_cipher",
            account: "where the authenticator sets server_set_id",
            mechanism: "by the authenticator's name",
            recipients: "yes",
        }
    }

    fn wants(&self, _program: &[u8], message: &[u8]) -> bool {
        match behind_id(own_text(message)) {
            Some((_, text)) => {
                matches!(text, [b'<' | b'=' | b'-' | b'*', b'=' | b'>' | b'*', b' ', ..]) && !text.starts_with(b"== ")
                    || text == b"Completed"
                    || text.starts_with(b"Completed ")
            }
            None => is_refusal(own_text(message)),
        }
    }

    fn parse<'a>(&self, line: &Line<'a>) -> Result<Option<Record<'a>>, Unreadable> {
        let message = own_text(line.message);
        let Some((queue_id, text)) = behind_id(message) else { return Ok(refused(message)) };
        if !queue_id.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-') {
            return Ok(None);
        }
        match text.get(..3) {
            Some(b"<= ") => {
                let Some(message) = accepted(queue_id, &text[3..])? else { return Ok(None) };
                // Of a line in pieces, later lines tell of each recipient.
                let recipients = message.recipients.filter(|_| first_piece(line.message).is_none());
                let more_follows = recipients.is_none();
                Ok(Some(Record::Accepted(Accepted { recipients, more_follows, ..message })))
            }
            Some(b"=> " | b"-> " | b"** ") => Ok(Some(Record::Delivered { queue_id })),
            Some(b"Com") => Ok(Some(Record::Completed { queue_id })),
            _ => Ok(None),
        }
    }

    fn service<'a>(&self, _program: &'a [u8]) -> Option<&'a [u8]> {
        None
    }

    fn tls_mark(&self) -> Option<&'static [u8]> {
        None
    }

    /// The second that an id was given in: its first six digits, in base 62.
    ///
    /// <https://www.exim.org/exim-html-current/doc/html/spec_html/ch-how_exim_receives_and_delivers_mail.html>
    fn instant(&self, line: &Line<'_>) -> Option<Timestamp> {
        let (id, text) = behind_id(own_text(line.message))?;
        // Only the line that begins a message is written when its id is given.
        text.starts_with(b"<= ").then(|| seconds(&id[..6]) * SECOND)
    }
}

/// The rest of a stamp with `log_timezone`: ` -0500` behind it.
fn with_zone(stamp: Stamp, rest: &[u8]) -> (Stamp, &[u8]) {
    let (Stamp::Local(local), [sign @ (b'+' | b'-'), a, b, c, d, b' ', behind @ ..]) = (stamp, rest) else {
        return (stamp, rest);
    };
    if ![a, b, c, d].into_iter().all(u8::is_ascii_digit) {
        return (stamp, rest);
    }
    let number = |tens: &u8, ones: &u8| i64::from(tens - b'0') * 10 + i64::from(ones - b'0');
    let offset = (number(a, b) * 60 + number(c, d)) * 60 * SECOND;
    (Stamp::Utc(if *sign == b'+' { local - offset } else { local + offset }), behind)
}

/// The text behind `[127] `, which `log_selector = +pid` adds.
fn without_pid(text: &[u8]) -> &[u8] {
    let digits = text.iter().skip(1).take_while(|byte| byte.is_ascii_digit()).count();
    match text.first() {
        Some(b'[') if digits > 0 => text[1 + digits..].strip_prefix(b"] ").unwrap_or(text),
        _ => text,
    }
}

/// A message without what syslog adds: the number of a piece of a long line (`[1/2] `), and a second stamp, unless
/// `syslog_timestamp` is off.
fn own_text(message: &[u8]) -> &[u8] {
    let message = first_piece(message).unwrap_or(message);
    if message.get(10) != Some(&b' ') {
        return message;
    }
    match StampReader::default().iso(message) {
        Some((stamp, used)) => without_pid(with_zone(stamp, &message[used..]).1),
        None => message,
    }
}

/// The text of the first of several pieces. The pieces behind it hold the ends of long lists only.
fn first_piece(message: &[u8]) -> Option<&[u8]> {
    let rest = message.strip_prefix(b"[1/")?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    rest[digits..].strip_prefix(b"] ")
}

/// A message's id, of 16 characters (`6-6-2`) or since 4.97 of 23 (`6-11-4`), and the text behind it.
fn behind_id(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = match (text.get(6)?, text.get(13), text.get(18)) {
        (b'-', Some(b'-'), _) => 16,
        (b'-', _, Some(b'-')) => 23,
        _ => return None,
    };
    let (id, rest) = text.split_at_checked(length)?;
    Some((id, rest.strip_prefix(b" ")?))
}

/// Digits of base 62 as a number.
fn seconds(digits: &[u8]) -> i64 {
    digits.iter().fold(0, |number, digit| {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'A'..=b'Z' => digit - b'A' + 10,
            b'a'..=b'z' => digit - b'a' + 36,
            _ => 0,
        };
        number * 62 + i64::from(value)
    })
}

/// `SENDER H=NAME (HELO) [IP]:PORT I=[IP]:PORT P=PROTOCOL X=… CV=… SNI=… A=NAME:ACCOUNT S=SIZE … id=… T="…" … for …`;
/// none where nobody authenticated.
fn accepted<'a>(queue_id: &'a [u8], text: &'a [u8]) -> Result<Option<Accepted<'a>>, Unreadable> {
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

/// `… H=NAME (HELO) [IP]:PORT …`, of which the address is the last one but for the server's own.
fn client(whence: &[u8]) -> (Client<'_>, &[u8]) {
    let address = |whence: &[u8]| memchr::memrchr(b'[', whence);
    let own = address(whence).filter(|at| whence[..*at].ends_with(b" I="));
    let whence = own.map_or(whence, |at| &whence[..at]);
    let Some(open) = address(whence) else { return (Client::default(), b"") };
    let close = whence[open..].iter().position(|byte| *byte == b']').map_or(whence.len(), |at| open + at);
    let ip = &whence[open + 1..close];
    let name = whence[..open].trim_ascii();
    let name = name.strip_prefix(b"H=").unwrap_or(name);
    let (name, helo) = match (memchr::memchr(b'(', name), name.last()) {
        (Some(at), Some(b')')) => (name[..at].trim_ascii_end(), &name[at + 1..name.len() - 1]),
        _ => (name, name),
    };
    (Client { name, ip }, helo)
}

/// The SASL mechanism that an authenticator's name stands for: the first that is in it. Names are the operator's choice.
fn mechanism(authenticator: &[u8]) -> &[u8] {
    const KNOWN: [(&[u8], &[u8]); 9] = [
        (b"plain", b"PLAIN"),
        (b"login", b"LOGIN"),
        (b"cram", b"CRAM-MD5"),
        (b"xoauth2", b"XOAUTH2"),
        (b"oauthbearer", b"OAUTHBEARER"),
        (b"scram", b"SCRAM-SHA-256"),
        (b"digest", b"DIGEST-MD5"),
        (b"gssapi", b"GSSAPI"),
        (b"ntlm", b"NTLM"),
    ];
    let begins = |text: &[u8], word: &[u8]| text.get(..word.len()).is_some_and(|part| part.eq_ignore_ascii_case(word));
    let found = (0..authenticator.len()).find_map(|at| {
        let first = authenticator[at].to_ascii_lowercase();
        KNOWN.iter().find(|(word, _)| word[0] == first && begins(&authenticator[at..], word))
    });
    found.map_or(authenticator, |(_, mechanism)| mechanism)
}

/// Whether a line without an id tells of a refusal.
fn is_refusal(text: &[u8]) -> bool {
    text.starts_with(b"TLS error on connection from ") || authenticator(text).is_some()
}

/// `NAME authenticator failed for …`: the name, and what follows.
fn authenticator(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (name, rest) = text.split_at(memchr::memchr(b' ', text)?);
    Some((name, rest.strip_prefix(b" authenticator failed for ")?))
}

/// Lines without an id.
fn refused(text: &[u8]) -> Option<Record<'_>> {
    tls_failed(text).or_else(|| auth_failed(text)).map(Record::Refused)
}

/// `TLS error on connection from NAME (HELO) [IP] (gnutls_handshake): REASON`; errors after the handshake refuse nobody.
fn tls_failed(text: &[u8]) -> Option<Refused<'_>> {
    let rest = text.strip_prefix(b"TLS error on connection from ")?;
    let (at, mark) = [&b" (gnutls_handshake)"[..], b" (SSL_accept)"]
        .into_iter()
        .find_map(|mark| memmem::find(rest, mark).map(|at| (at, mark)))?;
    let (client, helo) = client(&rest[..at]);
    let reason = rest[at + mark.len()..].strip_prefix(b": ").unwrap_or(b"");
    Some(Refused { kind: RefusalKind::TlsFailed, client, helo, reason, ..Refused::default() })
}

/// `NAME authenticator failed for NAME (HELO) [IP]: 535 Incorrect authentication data (set_id=ACCOUNT)`. The account is
/// what the client sent, so everything else is read in front of it.
fn auth_failed(text: &[u8]) -> Option<Refused<'_>> {
    const ACCOUNT: &[u8] = b" (set_id=";
    let (authenticator, rest) = authenticator(text)?;
    let end = memmem::find(rest, ACCOUNT);
    let account = end.map_or(&b""[..], |end| &rest[end + ACCOUNT.len()..]);
    let account = account.strip_suffix(b")").unwrap_or(account);
    let rest = &rest[..end.unwrap_or(rest.len())];
    let reply = memmem::rfind(rest, b": ")?;
    let (client, helo) = client(&rest[..reply]);
    let reason = &rest[reply + 2..];
    let code = reason.get(..3).filter(|code| code.iter().all(u8::is_ascii_digit)).unwrap_or_default();
    let kind = if code == b"501" { RefusalKind::AuthAborted } else { RefusalKind::AuthFailed };
    let mechanism = mechanism(authenticator);
    Some(Refused { kind, client, helo, mechanism, account, reason, code, ..Refused::default() })
}

fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    Some(digits.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::framing::{Framed, Framer};

    /// The record of a line, shown as text; `-` where it does not matter.
    fn parse(line: &str) -> String {
        let mut framer = Framer::default();
        let Framed::Line(line) = framer.frame_as(line.as_bytes(), &Exim) else { panic!("{line}") };
        if !Exim.wants(line.program, line.message) {
            return "-".into();
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        match Exim.parse(&line) {
            Ok(Some(Record::Accepted(found))) => format!(
                "{} by {} ({}) from {}[{}] as {} {:?} sender {} size {:?} to {:?} id {}",
                text(found.queue_id),
                text(found.account),
                text(found.mechanism),
                text(found.client.name),
                text(found.client.ip),
                text(found.helo),
                found.encrypted.shown(),
                text(found.mail_from),
                found.size,
                found.recipients,
                text(found.message_id),
            ),
            Ok(Some(Record::Refused(found))) => format!(
                "{} {} ({}) from [{}] as {}: {} {}",
                found.kind.as_str(),
                text(found.account),
                text(found.mechanism),
                text(found.client.ip),
                text(found.helo),
                text(found.code),
                text(found.reason),
            ),
            Ok(Some(record)) => format!("{record:?}").split([' ', '(']).next().unwrap_or_default().to_owned(),
            Ok(None) => "-".into(),
            Err(Unreadable(reason)) => format!("unreadable: {reason}"),
        }
    }

    impl Encrypted<'_> {
        fn shown(&self) -> String {
            match self {
                Self::With { version, cipher } => {
                    format!("{} {}", String::from_utf8_lossy(version), String::from_utf8_lossy(cipher))
                }
                other => format!("{other:?}"),
            }
        }
    }

    #[test]
    fn a_message_is_one_line() {
        assert_eq!(
            parse(
                "2026-01-01 14:00:03 1vbJDf-00001B-2d <= erp@erp.example.com H=(erp.example.com) [127.0.10.1] P=esmtpsa X=TLS1.2:ECDHE_X25519__RSA_PSS_RSAE_SHA256__AES_256_GCM:256 CV=no A=login:erp@erp.example.com S=4726 id=default-p3-0002.0@erp.example.com"
            ),
            r#"1vbJDf-00001B-2d by erp@erp.example.com (LOGIN) from [127.0.10.1] as erp.example.com "TLS1.2 ECDHE_X25519__RSA_PSS_RSAE_SHA256__AES_256_GCM" sender erp@erp.example.com size Some(4726) to None id default-p3-0002.0@erp.example.com"#
        );
        assert_eq!(
            parse(
                r#"2026-03-08 01:59:50.400 -0500 [127] 1wUK2d-0000000001C-3XSK <= <> H=mx.example.org (me) [127.0.10.1]:55893 I=[127.0.0.1]:587 P=utf8esmtpsa L.- X=TLS1.2:DHE-RSA-AES256-SHA:256* CV=no SNI=mx1.mail.example.org A=fixed_plain:erp@erp.example.com:other S=687 M8S=0 RT=0.002s id=x@y T="subject for all" from <erp@..> for a@b c@d"#
            ),
            r#"1wUK2d-0000000001C-3XSK by erp@erp.example.com (PLAIN) from mx.example.org[127.0.10.1] as me "TLS1.2 DHE-RSA-AES256-SHA" sender  size Some(687) to Some(2) id x@y"#
        );
        assert_eq!(
            parse(
                "2025-12-30 10:00:05 1vaWWL-00002Z-1O <= b@ops.example.org H=(BACKUP) [127.0.2.32] P=esmtpa A=cram S=1815"
            ),
            r#"1vaWWL-00002Z-1O by  (CRAM-MD5) from [127.0.2.32] as BACKUP "No" sender b@ops.example.org size Some(1815) to None id "#
        );
        assert_eq!(
            parse("2025-12-30 10:00:05 1vaWWL-00002Z-1O <= a@b H=(x) [127.0.2.32] P=esmtps X=TLS1.3:A:256 S=15"),
            "-"
        );
    }

    #[test]
    fn nothing_a_client_wrote_is_a_field() {
        let helo = "2026-03-29 01:59:57 1w6eVR-00001C-2b <= m@ops.example.org H=(x.example.org) [198.51.100.7] P=esmtpsa A=plain:ceo@corp.example.com X=TLS1.3:X:256 () [127.0.10.5]:57677 P=esmtpa A=plain:m@ops.example.org S=300 id=a@b";
        assert_eq!(
            parse(helo),
            r#"1w6eVR-00001C-2b by m@ops.example.org (PLAIN) from [127.0.10.5] as x.example.org) [198.51.100.7] P=esmtpsa A=plain:ceo@corp.example.com X=TLS1.3:X:256 ( "No" sender m@ops.example.org size Some(300) to None id a@b"#
        );
        let behind = r#" S=1 id=x [192.0.2.9] P=esmtpsa A=plain:ceo@corp.example.com S=2 T="[192.0.2.9] P=esmtpsa A=plain:ceo for x" for a@b"#;
        let found = parse(&format!(
            "2026-03-29 01:59:57 1w6eVR-00001C-2b <= a@b H=(h) [127.0.10.5] P=esmtpa A=plain:me{behind}"
        ));
        assert!(found.contains(" by me (PLAIN) from [127.0.10.5] as h "), "{found}");
        let sni = "2026-03-29 01:59:57 1w6eVR-00001C-2b <= a@b H=(h) [127.0.10.5] P=esmtpsa CV=no SNI=a X=TLS1.3:A:256 A=plain:ceo A=plain:me S=1";
        assert!(parse(sni).contains(r#" by me (PLAIN) from [127.0.10.5] as h "Yes""#), "{}", parse(sni));
        let sender = r#"2026-03-29 01:59:57 1w6eVR-00001C-2b <= "a H=(q) [1.1.1.1] P=esmtpsa A=plain:ceo S=1 id=x"@b H=(h) [127.0.10.5] P=esmtpa A=plain:me S=1"#;
        assert!(parse(sender).contains(" by me (PLAIN) from [127.0.10.5] as h "), "{}", parse(sender));
    }

    #[test]
    fn refusals_name_who_was_refused() {
        assert_eq!(
            parse(
                "2025-12-30 10:00:04 plain authenticator failed for ([192.168.1.78]) [127.0.2.32]:37917: 535 Incorrect authentication data (set_id=nobody@x, set_id=ceo)"
            ),
            "auth_failed nobody@x, set_id=ceo (PLAIN) from [127.0.2.32] as [192.168.1.78]: 535 535 Incorrect authentication data"
        );
        assert_eq!(
            parse(
                "2025-12-30 10:00:04 login authenticator failed for H (h) [127.0.2.32]: 501 Authentication cancelled"
            ),
            "auth_aborted  (LOGIN) from [127.0.2.32] as h: 501 501 Authentication cancelled"
        );
        assert_eq!(
            parse(
                "2026-01-01 00:00:02 TLS error on connection from (S) [127.0.10.3] (gnutls_handshake): No supported cipher suites have been found."
            ),
            "tls_failed  () from [127.0.10.3] as S:  No supported cipher suites have been found."
        );
        assert_eq!(
            parse(
                "2026-01-01 00:00:02 TLS error on connection from (S) [127.0.10.3] (recv): Error in the pull function."
            ),
            "-"
        );
    }

    #[test]
    fn recipients_are_told_one_by_one() {
        let line = |text| parse(&format!("2026-01-01 00:00:02 1vb66k-00003d-0j {text}"));
        assert_eq!(line("=> :blackhole: <ben147@customer.example.com> R=hole"), "Delivered");
        assert_eq!(line("-> a@b R=x"), "Delivered");
        assert_eq!(line("** a@b R=x: no such user"), "Delivered");
        assert_eq!(line("== a@b R=x defer (-1)"), "-");
        assert_eq!(line("Completed"), "Completed");
        assert_eq!(line("Completed QT=2s"), "Completed");
    }

    #[test]
    fn syslog_may_add_a_second_stamp() {
        for line in [
            "Mar 29 01:59:50 mx1 exim[74]: 2026-03-29 01:59:50 1w6eVK-00001C-0T Completed",
            "Mar 29 01:59:50 mx1 exim[74]: 1w6eVK-00001C-0T Completed",
            "Mar 29 01:59:50 mx1 exim[74]: [1/2] 2026-03-29 01:59:50 1w6eVK-00001C-0T Completed",
            "<22>1 2026-03-29T01:59:50Z mx1 exim 74 - - 2026-03-29 01:59:50 [74] 1w6eVK-00001C-0T Completed",
        ] {
            assert_eq!(parse(line), "Completed", "{line}");
        }
    }

    #[test]
    fn an_id_holds_its_second() {
        let mut framer = Framer::default();
        let line = b"Mar 29 01:59:57 mx1 exim[74]: 1w6eVR-00001C-2b <= a@b H=(h) [127.0.10.5] P=esmtpa A=plain:me S=1";
        let Framed::Line(line) = framer.frame_as(line, &Exim) else { panic!("framed") };
        let at = Exim.instant(&line).and_then(chrono::DateTime::from_timestamp_micros);
        assert_eq!(at.map(|at| at.to_rfc3339()), Some("2026-03-29T00:59:57+00:00".into()));
    }
}
