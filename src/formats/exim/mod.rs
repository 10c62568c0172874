//! Exim: the main log, the reject log, and their copies through syslog.
//!
//! One line tells of a message: `<=` with `A=`, or `(=` where the server takes it and tells the client that it does not
//! (`control = fakereject`, `receive_msg` in `receive.c`): that is delivered, so it counts. What follows the id is a fixed
//! order of fields, of which `log_selector` decides only which are there; see
//! <https://www.exim.org/exim-html-current/doc/html/spec_html/ch-log_files.html>. One line tells of a refusal, too: of a
//! login, of the command to log in, of a handshake, or of content whose sender had authenticated. What is refused at
//! `MAIL` and `RCPT` is left alone: there a line does not say who had authenticated, or not whether the message went to
//! other recipients.

mod accepted;
mod auth;
mod fields;
mod host;
mod refused;
mod tail;
#[cfg(test)]
mod tests;

use self::accepted::{accepted, word};
use self::refused::{is_refusal, is_rejected, refused, rejected};
use super::ids::IS_ALPHANUMERIC;
use super::record::{Accepted, Record, Refused};
use super::spelling::{Escapes, Spelling};
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
        line.get(10) == Some(&b' ') && line[0].is_ascii_digit() || is_of_header(line)
    }

    /// `2026-01-01 14:00:03[.400][ -0500] [[127] ]text`.
    fn own_line<'a>(&self, own: &'a mut Own, line: &'a [u8]) -> Framed<'a> {
        let Some((stamp, used)) = own.stamps.iso(line) else {
            return if is_of_header(line) { Framed::Blank } else { Framed::Unreadable };
        };
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
        Evidence::RealLogs("4.94.2, 4.96, 4.98.2")
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
            Some((_, text)) => match text {
                [b'<' | b'(' | b'=' | b'-' | b'*', b'=' | b'>' | b'*', b' ', ..] => true,
                [b'C', rest @ ..] => matches!(rest.strip_prefix(b"ompleted"), Some([] | [b' ', ..])),
                _ => is_rejected(text),
            },
            None => is_refusal(own_text(message)),
        }
    }

    fn parse<'a>(&self, line: &Line<'a>) -> Result<Option<Record<'a>>, Unreadable> {
        let message = own_text(line.message);
        let Some((queue_id, text)) = behind_id(message) else { return refused(message) };
        if !is_id(queue_id) {
            return Ok(None);
        }
        match text.get(..3) {
            Some(b"<= " | b"(= ") => {
                let Some(message) = accepted(queue_id, &text[3..])? else { return Ok(None) };
                // Of a line that is not whole, later lines tell of each recipient.
                let is_whole = first_piece(line.message).is_none() && !is_cut(text);
                let recipients = message.recipients.filter(|_| is_whole);
                let more_follows = recipients.is_none();
                Ok(Some(Record::Accepted(Accepted { recipients, more_follows, ..message })))
            }
            Some(b"=> " | b"-> " | b"** ") => {
                Ok(Some(Record::Delivered { queue_id, recipient: recipient(&text[3..]) }))
            }
            Some(b"== ") => Ok(Some(Record::Deferred { queue_id, recipient: recipient(&text[3..]) })),
            Some(b"Com") => Ok(Some(Record::Completed { queue_id })),
            _ => Ok(rejected(text)?.map(|refused| Record::Refused(Refused { id: queue_id, ..refused }))),
        }
    }

    fn spelling(&self) -> Spelling {
        Spelling { proven: Escapes::Octal, tried: Escapes::Octal, long_addresses: false }
    }

    fn service<'a>(&self, _program: &'a [u8]) -> Option<&'a [u8]> {
        None
    }

    fn tls_mark(&self) -> Option<&'static [u8]> {
        None
    }

    /// `rejectlog` beside `mainlog`, `exim_rejectlog` beside `exim_mainlog`: what is refused is written into both.
    fn repeats_log(&self) -> Option<[&'static str; 2]> {
        Some(["reject", "main"])
    }

    /// The second that an id was given in: its first six digits, in base 62.
    ///
    /// <https://www.exim.org/exim-html-current/doc/html/spec_html/ch-how_exim_receives_and_delivers_mail.html>
    fn instant(&self, line: &Line<'_>) -> Option<Timestamp> {
        let (id, text) = behind_id(own_text(line.message))?;
        // Only the line that begins a message is written when its id is given.
        matches!(text, [b'<' | b'(', b'=', b' ', ..]).then(|| seconds(&id[..6]) * SECOND)
    }
}

/// Whether a line is of a refused message's envelope and header, which the reject log shows behind the line of the
/// refusal (`log_write` in Exim's `log.c`): `Envelope-from: <…>`, each field behind a letter of its kind, what goes on
/// from the line before, and what stands between two messages. All of it is the client's words, and none has a time.
fn is_of_header(line: &[u8]) -> bool {
    match line {
        [b' ' | b'\t', ..] | [b'A'..=b'Z' | b'*', b' ', ..] => true,
        [b'E' | b'-' | b'*', ..] => {
            [&b"Envelope-"[..], b"-----", b"*** truncated ***"].iter().any(|begin| line.starts_with(begin))
        }
        _ => false,
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

/// A message without what syslog adds: the number of a piece of a line (`[1/2] `), and a second stamp, unless
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

/// The text of the first of several pieces, which ends where it is too long or, `[1\2]`, at a line end in it. The pieces
/// behind it hold the ends of long lists and reasons, and headers, only.
fn first_piece(message: &[u8]) -> Option<&[u8]> {
    let [b'[', b'1', b'/' | b'\\', rest @ ..] = message else { return None };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    rest[digits..].strip_prefix(b"] ")
}

/// Who a line of a delivery is about: `ADDRESS`, or of one on this host `LOCAL <ADDRESS>` once it has succeeded
/// (`string_log_address` in `deliver.c`).
fn recipient(text: &[u8]) -> &[u8] {
    let first = word(text);
    match text[first.len()..].strip_prefix(b" <") {
        Some(address) if memchr::memchr(b'@', first).is_none() => {
            &address[..memchr::memchr(b'>', address).unwrap_or(address.len())]
        }
        _ => first,
    }
}

/// Whether a line may end in the middle of a list of recipients, since it fills what Exim has for one. `log_write` in
/// `log.c` leaves out the addresses that find no room, and newer versions say so.
fn is_cut(text: &[u8]) -> bool {
    /// `LOG_BUFFER_SIZE` in `macros.h`.
    const ROOM: usize = 8192;
    /// What of a line stands in front of this text, and as much as an address may have (RFC 5321 section 4.5.3.1).
    const REST: usize = 80 + 320;
    (ROOM - REST..=ROOM).contains(&text.len()) || text.ends_with(b"<trunc>")
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

/// Whether an id holds nothing but digits of base 62 and dashes. All are looked at, since nearly all do, and to ask
/// after each costs more.
fn is_id(id: &[u8]) -> bool {
    id.iter().fold(true, |so_far, byte| so_far & (IS_ALPHANUMERIC[usize::from(*byte)] | (*byte == b'-')))
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
        let known = KNOWN.iter().find(|(word, _)| word[0] == first && begins(&authenticator[at..], word));
        known.map(|(_, mechanism)| (&authenticator[at..], *mechanism))
    });
    match found {
        Some((name, b"SCRAM-SHA-256")) => scram(name),
        Some((_, mechanism)) => mechanism,
        // Exim's driver for what is called NTLM elsewhere.
        None if authenticator.split(|byte| *byte == b'_').any(|word| word.eq_ignore_ascii_case(b"spa")) => b"NTLM",
        None => authenticator,
    }
}

/// `scram_sha1`, `scram_sha_256`: the digits tell which.
fn scram(name: &[u8]) -> &'static [u8] {
    let digits = |text: &[u8]| name.iter().filter(|byte| byte.is_ascii_digit()).eq(text);
    if digits(b"1") {
        b"SCRAM-SHA-1"
    } else if digits(b"512") {
        b"SCRAM-SHA-512"
    } else {
        b"SCRAM-SHA-256"
    }
}
