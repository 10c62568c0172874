//! Taking credentials out of a line that is kept.
//!
//! Some servers write what a client sent for `AUTH` into their logs, in base64 (RFC 4954 section 4): Haraka as the
//! parameter of a hook, hMailServer, Courier and MailEnable as the client's line, Exim where that is out of place,
//! Stalwart where it traces, KumoMTA as what it refused. A line that cannot be read may be of any server, so every
//! kept line goes through here, and what might be a credential is one: an id that is lost from a line which nobody could
//! read costs little, a password that is kept costs much.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memmem;

use super::bytes::{base64, closing_quote};

/// What stands in place of a secret.
const REDACTED: &[u8] = b"[redacted]";

/// The shortest word that is taken for a secret where nothing in front of it says so, but it is base64 of a text.
const SHORT: usize = 8;

/// The shortest one that is taken for a secret by its length and letters alone.
const LONG: usize = 24;

/// What stands in front of what a client has sent.
const MARKS: [&[u8]; 16] = [
    b"params=",
    b"params=\"",
    b"\"params\":\"",
    b"\"command\":\"",
    b"C: ",
    b"RECEIVED: ",
    b"cmd: ",
    b"cmd=",
    b"cmd=\"",
    b"334 ",
    b"AUTH\t",
    b"Bearer ",
    b"<,",
    b"contents = \"",
    b" error in \"",
    b"(last command was \"",
];

/// Commands that are no secrets where they stand in such a place.
const COMMANDS: [&[u8]; 15] = [
    b"AUTH",
    b"BDAT",
    b"DATA",
    b"EHLO",
    b"EXPN",
    b"HELO",
    b"HELP",
    b"LHLO",
    b"MAIL",
    b"NOOP",
    b"QUIT",
    b"RCPT",
    b"RSET",
    b"STARTTLS",
    b"VRFY",
];

/// Whether a word is one that a client's command begins with, and so no secret.
pub(super) fn is_command(word: &[u8]) -> bool {
    COMMANDS.iter().any(|command| word.eq_ignore_ascii_case(command))
}

/// A line in which whatever may be a client's credentials is replaced.
#[must_use]
pub fn credentials(raw: &[u8]) -> Cow<'_, [u8]> {
    let mut clean: Vec<u8> = Vec::new();
    let mut copied = 0;
    let mut at = 0;
    while at < raw.len() {
        let length = word_length(&raw[at..]);
        let Some(secret) = secret(raw, at, length) else {
            at += length.max(blank_length(&raw[at..])).max(1);
            continue;
        };
        clean.extend_from_slice(&raw[copied..secret.start]);
        clean.extend_from_slice(REDACTED);
        (copied, at) = (secret.end, secret.end);
    }
    if copied == 0 {
        return Cow::Borrowed(raw);
    }
    clean.extend_from_slice(&raw[copied..]);
    Cow::Owned(clean)
}

/// Where the secret is that begins at a place, or that what begins there holds: a word of so many bytes, or none.
fn secret(raw: &[u8], at: usize, length: usize) -> Option<Range<usize>> {
    let (before, text) = raw.split_at(at);
    if let Some(mark) = MARKS.iter().find(|mark| before.ends_with(mark)) {
        let quoted = before[..at - mark.len()].ends_with(b"\"");
        let sent = sent(&text[..sent_length(mark, quoted, text)])?;
        return Some(at + sent.start..at + sent.end);
    }
    // What an equals sign follows is a field's name.
    if text.get(length) == Some(&b'=') {
        return None;
    }
    if blank_length(text) == 0 && is_behind_auth(before) {
        let end = text.iter().position(|byte| byte.is_ascii_whitespace() || *byte == b'"').unwrap_or(text.len());
        return (end > 0).then_some(at..at + end);
    }
    let cut = Cut { before: at == 0, behind: at + length == raw.trim_ascii_end().len() };
    (length > 0 && looks_secret(&text[..length], cut)).then_some(at..at + length)
}

/// How long what a client has sent is, behind a mark, of which it may stand in quotes with others.
fn sent_length(mark: &[u8], quoted: bool, text: &[u8]) -> usize {
    let up_to = |end: Option<usize>| end.unwrap_or(text.len());
    match mark {
        // Exim escapes no quotes (`string_printing2` in `string.c`).
        b" error in \"" | b"(last command was \"" => up_to(memchr::memrchr(b'"', text)),
        _ if mark.ends_with(b"\"") => up_to(closing_quote(text)),
        // The next mark's.
        b"params=" | b"cmd=" if text.starts_with(b"\"") => 0,
        b"params=" => up_to(memmem::rfind(text, b" retval=")),
        b"C: " => {
            let end = if quoted { up_to(closing_quote(text)) } else { text.len() };
            // Haraka adds its state.
            let state = memmem::rfind(&text[..end], b" state=");
            state.filter(|at| text[at + b" state=".len()..end].iter().all(u8::is_ascii_digit)).unwrap_or(end)
        }
        b"334 " | b"Bearer " => up_to(text.iter().position(|byte| byte.is_ascii_whitespace() || *byte == b'"')),
        b"AUTH\t" => up_to(memchr::memchr(b'\t', text)),
        // Quotes are not escaped in hMailServer's lines, whose last one is the text's.
        b"RECEIVED: " => text.len() - usize::from(text.ends_with(b"\"")),
        _ => text.len(),
    }
}

/// What of a client's line is a secret: all of it, unless it is a command; of `AUTH`, what follows the mechanism, and
/// what stands in the place of one.
fn sent(line: &[u8]) -> Option<Range<usize>> {
    let between = |at: usize| if line[at] == b',' { 1 } else { blank_length(&line[at..]) };
    // Where a word begins from a place on, and where it ends.
    let word = |from: usize| {
        let mut start = from;
        while start < line.len() && between(start) > 0 {
            start += between(start);
        }
        let end = (start..line.len()).find(|at| between(*at) > 0).unwrap_or(line.len());
        (start < end).then_some((start, end))
    };
    let (start, end) = word(0)?;
    let first = &line[start..end];
    if !is_command(first) {
        return Some(start..line.len());
    }
    if !first.eq_ignore_ascii_case(b"AUTH") {
        return None;
    }
    let (start, end) = word(end)?;
    if !may_be_mechanism(&line[start..end]) {
        return Some(start..line.len());
    }
    let (start, _) = word(end)?;
    Some(start..line.len())
}

/// Whether a word may be a mechanism's name, which has 20 characters at most (RFC 4422 section 3.1), and no secret.
fn may_be_mechanism(word: &[u8]) -> bool {
    word.len() <= 20 && !looks_secret(word, Cut { before: false, behind: false })
}

/// How many bytes of base64 a text begins with, its padding included. A slash may stand escaped, as in JSON.
fn word_length(text: &[u8]) -> usize {
    let mut length = 0;
    loop {
        match &text[length..] {
            [b'\\', b'/', ..] => length += 2,
            [byte, ..] if byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/') => length += 1,
            _ => break,
        }
    }
    let padding = if length == 0 { 0 } else { text[length..].iter().take(2).take_while(|byte| **byte == b'=').count() };
    // `name=value`: that sign ends no base64.
    if text.get(length + padding).is_some_and(u8::is_ascii_alphanumeric) { length } else { length + padding }
}

/// How far in front of a word its command is looked for: a line may be long, and have few blanks.
const FAR: usize = 1024;

/// Whether a word stands behind `AUTH MECHANISM`.
fn is_behind_auth(before: &[u8]) -> bool {
    if last_blank(before) == 0 {
        return false;
    }
    let Some((mechanism, rest)) = last_word(&before[before.len().saturating_sub(FAR)..]) else { return false };
    let is_mechanism = mechanism.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    is_mechanism
        && last_word(rest).is_some_and(|(command, _)| {
            let start = command.iter().rposition(|byte| !byte.is_ascii_alphabetic()).map_or(0, |at| at + 1);
            command[start..].eq_ignore_ascii_case(b"AUTH")
        })
}

/// The last word of a text, and what stands in front of it.
fn last_word(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut end = text.len();
    while last_blank(&text[..end]) > 0 {
        end -= last_blank(&text[..end]);
    }
    let start = (0..end).rev().find(|at| last_blank(&text[..=*at]) > 0).map_or(0, |at| at + 1);
    (start < end).then(|| (&text[start..end], &text[..start]))
}

/// How long the blank is that a text begins with: a real one, or an escape that stands for one, as in `AUTH LOGIN\r\n`
/// where a server quotes what it has received.
fn blank_length(text: &[u8]) -> usize {
    match text {
        [b'\\', b'r' | b'n' | b't', ..] => 2,
        [byte, ..] if byte.is_ascii_whitespace() => 1,
        _ => 0,
    }
}

/// How long the blank is that a text ends with.
fn last_blank(text: &[u8]) -> usize {
    match text {
        [.., b'\\', b'r' | b'n' | b't'] => 2,
        [.., byte] if byte.is_ascii_whitespace() => 1,
        _ => 0,
    }
}

/// Where a word may be only a piece of one, since the line ends there.
#[derive(Clone, Copy)]
struct Cut {
    before: bool,
    behind: bool,
}

/// Whether a word is base64 of a text, or is padded, or is long and of letters that no name has.
fn looks_secret(word: &[u8], cut: Cut) -> bool {
    let digits = word.iter().filter(|byte| !matches!(byte, b'=' | b'\\')).copied();
    let count = digits.clone().count();
    let has = |is: fn(&u8) -> bool| word.iter().any(is);
    let mixed = has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(|byte| !byte.is_ascii_alphabetic());
    if count >= LONG && mixed {
        return true;
    }
    let padded = word.ends_with(b"=");
    let fills = (count + word.iter().filter(|byte| **byte == b'=').count()) % 4 == 0;
    if padded && count + 2 >= SHORT && (fills || cut.before || cut.behind) {
        return true;
    }
    // Of a word whose beginning is missing, one of four digits is the first of its group.
    let starts = if cut.before { 0..4 } else { 0..1 };
    count >= SHORT
        && (fills || cut.behind || cut.before)
        && starts.into_iter().any(|start| is_text(&base64(digits.clone().skip(start)), cut.behind))
}

/// Whether bytes are text as a client sends it: `\0user\0password`, or a token with its own separators (RFC 7628). One
/// that was cut may end in the middle of a character.
fn is_text(bytes: &[u8], cut: bool) -> bool {
    let is_text =
        |text: &str| text.chars().all(|character| !character.is_control() || matches!(character, '\0' | '\x01'));
    match std::str::from_utf8(bytes) {
        Ok(text) => is_text(text),
        Err(wrong) if cut && wrong.error_len().is_none() => {
            std::str::from_utf8(&bytes[..wrong.valid_up_to()]).is_ok_and(is_text)
        }
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests;
