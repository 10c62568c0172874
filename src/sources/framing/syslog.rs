//! Syslog's forms: RFC 3164 and RFC 5424, the templates that daemons write, and what daemons add to messages.

use super::super::collected::Collected;
use super::super::stamp::{Stamp, StampReader, Stamped};
use super::super::wrapped;
use super::beginning::Beginning;
use super::inside::is_handed_on;
use super::tag::{ends_a_tag, identifier_end, tag, tag_end, whole_tag_end};
use super::{BYTE_ORDER_MARK, Framed, Line, MOST_REPEATED, Program, Repeated, Style};

/// Reads syslog's forms, and remembers how the last line [began](Beginning).
#[derive(Debug, Default)]
pub(super) struct Syslog {
    pub(super) stamps: StampReader,
    /// The last host, with the blank behind it.
    host: Vec<u8>,
    pub(super) beginning: Beginning,
}

impl Syslog {
    pub(super) fn frame<'a, S: Style + ?Sized>(&mut self, line: &'a [u8], style: &S) -> Option<Framed<'a>> {
        let mut line = line;
        if line.first() == Some(&b'<') {
            let behind = memchr::memchr(b'>', &line[..line.len().min(5)])? + 1;
            line = &line[behind..];
            if let Some(rest) = line.strip_prefix(b"1 ") {
                return self.rfc5424(rest, style);
            }
        }
        let (stamp, host, mut text) = self.begin(line)?;
        let mut end = tag_end(text);
        if !ends_a_tag(&text[..end], &text[end..]) {
            text = behind_severity(text).unwrap_or(text);
            end = whole_tag_end(text);
        }
        if !style.wants_program(Program { tag: &text[..end], may_be_cut: false }) {
            let times = if may_repeat(&text[..end]) { repeated(text) } else { None };
            let repeated = |times| Framed::Repeated(Repeated { stamp, host, times });
            return Some(times.map_or(Framed::Foreign(stamp), repeated));
        }
        let (program, pid, message) = match tag(text, end) {
            // What came as RFC 5424, without a process id.
            ([], ..) if !may_repeat(&text[..end]) && text[end..].starts_with(b" ") => {
                (&text[..end], 0, text[end..].trim_ascii_start())
            }
            tag => tag,
        };
        Some(Framed::Line(unfold(Line { stamp, host, program, pid, message, repeated: 1 })))
    }

    /// RFC 5424 behind its version: `TIMESTAMP HOST APP PROCID MSGID STRUCTURED-DATA MSG`.
    pub(super) fn rfc5424<'a, S: Style + ?Sized>(&mut self, rest: &'a [u8], style: &S) -> Option<Framed<'a>> {
        let (stamp, used) = self.stamps.iso(rest)?;
        let (host, rest) = self.host(&rest[used..])?;
        let (program, rest) = word(rest)?;
        if !style.wants_program(Program { tag: program, may_be_cut: true }) {
            return Some(Framed::Foreign(stamp));
        }
        let (pid, rest) = word(rest)?;
        let (_message_id, rest) = word(rest)?;
        let message = behind_structured_data(rest)?;
        // The mark says that the message is UTF-8 (RFC 5424 section 6.4), and stands behind a blank.
        let message = message.trim_ascii_start();
        let message = message.strip_prefix(BYTE_ORDER_MARK).map_or(message, <[u8]>::trim_ascii_start);
        let pid = number(pid).unwrap_or(0);
        Some(Framed::Line(unfold(Line { stamp, host, program, pid, message, repeated: 1 })))
    }

    /// A collector's members, read like syslog's parts.
    pub(super) fn collected<'a, S: Style + ?Sized>(
        &mut self,
        found: &Collected,
        buffer: &'a [u8],
        style: &S,
    ) -> Option<Framed<'a>> {
        let part = |range: &std::ops::Range<usize>| &buffer[range.clone()];
        let stamp = match found.epoch {
            Some(at) => Stamp::Utc(at),
            None => self.stamp(part(&found.timestamp))?.0,
        };
        let text = part(&found.tag);
        let (program, pid_in_tag, _) = tag(text, identifier_end(text));
        let pid = number(part(&found.pid)).unwrap_or(pid_in_tag);
        if !style.wants_program(Program { tag: program, may_be_cut: found.may_be_cut }) {
            return Some(Framed::Foreign(stamp));
        }
        let message = part(found.message.as_ref()?).trim_ascii_start();
        Some(Framed::Line(unfold(Line { stamp, host: part(&found.host), program, pid, message, repeated: 1 })))
    }

    /// Stamp, host, and what follows them.
    pub(super) fn begin<'a>(&mut self, line: &'a [u8]) -> Option<(Stamp, &'a [u8], &'a [u8])> {
        let (stamp, used) = self.stamp(line)?;
        if wrapped::is_docker_s(&line[..used.min(line.len())]) && is_handed_on(&line[used..], &mut self.stamps) {
            return None;
        }
        let (host, rest) = self.host(&line[used..])?;
        let text = &line[..line.len() - rest.len()];
        if !host.is_empty() {
            self.beginning.keep(text, stamp, text.len() - 1 - host.len());
        }
        Some((stamp, host, rest))
    }

    pub(super) fn stamp(&mut self, line: &[u8]) -> Option<Stamped> {
        if line.first()?.is_ascii_digit() {
            self.stamps.iso(line).or_else(|| StampReader::unix(line)).or_else(|| self.stamps.year_in_front(line))
        } else {
            self.stamps.rfc3164(line).or_else(|| self.stamps.full(line))
        }
    }

    /// The host that a line names, and what follows it. None is named by BusyBox' syslogd with `-S`, nor by templates that
    /// write the severity in its place (`INFO    tag[pid]: …`); FreeBSD's with `-vv` writes `<mail.info>` in front of it.
    pub(super) fn host<'a>(&mut self, rest: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
        if !self.host.is_empty() && rest.starts_with(&self.host) {
            return Some((&rest[..self.host.len() - 1], &rest[self.host.len()..]));
        }
        let (mut host, mut behind) = word(rest)?;
        let mut rest = rest;
        if host.starts_with(b"<") && host.ends_with(b">") {
            rest = behind;
            (host, behind) = word(rest)?;
        }
        if host.starts_with(b"std") && wrapped::behind_stamp(rest).is_some() {
            return None;
        }
        if host.strip_suffix(b":").is_some_and(|tag| tag.ends_with(b"]") || !tag.contains(&b':')) {
            return Some((&[], rest));
        }
        if host.iter().all(u8::is_ascii_uppercase)
            && SEVERITIES.iter().any(|severity| severity.eq_ignore_ascii_case(host))
        {
            return Some((&[], behind.trim_ascii_start()));
        }
        self.host.clear();
        self.host.extend_from_slice(&rest[..=host.len()]);
        Some((host, behind))
    }
}

/// Severities as syslog daemons write them (RFC 5424 section 6.2.1), their older names among them.
const SEVERITIES: [&[u8]; 12] = [
    b"emerg", b"panic", b"alert", b"crit", b"err", b"error", b"warning", b"warn", b"notice", b"info", b"debug", b"none",
];

/// What follows the facility and the severity that some daemons write in front of the tag: BusyBox' as `mail.info`, AIX' as
/// `mail:info`.
#[cold]
fn behind_severity(text: &[u8]) -> Option<&[u8]> {
    let (word, rest) = word(text)?;
    let at = word.iter().position(|byte| matches!(byte, b'.' | b':'))?;
    SEVERITIES.contains(&&word[at + 1..]).then_some(rest)
}

/// The text behind `-` or behind `[…][…]`, in which a quoted value may hold brackets.
pub(super) fn behind_structured_data(text: &[u8]) -> Option<&[u8]> {
    if let Some(rest) = text.strip_prefix(b"-") {
        return Some(rest);
    }
    let (mut quoted, mut at) = (false, 0);
    while at < text.len() {
        match text[at] {
            b'\\' if quoted => at += 1,
            b'"' => quoted = !quoted,
            b']' if !quoted && text.get(at + 1) != Some(&b'[') => return Some(&text[at + 1..]),
            _ => {}
        }
        at += 1;
    }
    None
}

/// The text up to the next blank, and what follows the blank.
pub(super) fn word(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = memchr::memchr(b' ', text)?;
    Some((&text[..end], &text[end + 1..]))
}

/// Whether a line may be [`Repeated`], by what stands where others have their program.
#[inline]
#[must_use]
pub fn may_repeat(program: &[u8]) -> bool {
    matches!(program, b"last" | b"syslogd" | b"---")
}

/// `last message repeated 3 times`, as text behind the host: BSD's and Linux' syslogd write it there, some with their
/// tag in front or hyphens around.
#[cold]
pub(super) fn repeated(text: &[u8]) -> Option<u32> {
    let text = match memchr::memchr(b':', text) {
        Some(colon) if text.starts_with(b"syslogd") => text[colon + 1..].trim_ascii_start(),
        _ => text.strip_prefix(b"--- ").unwrap_or(text),
    };
    let (times, rest) = word(text.strip_prefix(b"last message repeated ")?)?;
    let times = number(times).filter(|_| rest.starts_with(b"time"))?;
    Some(times.clamp(1, MOST_REPEATED))
}

/// Undoes what syslog daemons add to a message: rsyslog's folding of equal lines, Solaris' message ids.
pub(super) fn unfold(line: Line<'_>) -> Line<'_> {
    match line.message.first() {
        Some(b'[') => without_message_id(line),
        Some(b'm') => without_folding(line),
        _ => line,
    }
}

/// `[ID 197553 mail.info] message`.
pub(super) fn without_message_id(line: Line<'_>) -> Line<'_> {
    let rest = line.message.strip_prefix(b"[ID ").and_then(|rest| Some(&rest[memchr::memchr(b']', rest)? + 1..]));
    Line { message: rest.map_or(line.message, <[u8]>::trim_ascii_start), ..line }
}

/// `message repeated 2 times: [ message]`.
pub(super) fn without_folding(line: Line<'_>) -> Line<'_> {
    let folded = || {
        let rest = line.message.strip_prefix(b"message repeated ")?;
        let (times, rest) = word(rest)?;
        let message = rest.strip_prefix(b"times: [")?.strip_suffix(b"]")?;
        let repeated = number(times)?.clamp(1, MOST_REPEATED);
        Some(Line { message: message.trim_ascii_start(), repeated, ..line })
    };
    folded().unwrap_or(line)
}

/// Up to nine digits as a number.
pub(super) fn number(text: &[u8]) -> Option<u32> {
    if text.is_empty() || text.len() > 9 {
        return None;
    }
    text.iter().try_fold(0, |number, byte| {
        let digit = byte.wrapping_sub(b'0');
        (digit < 10).then(|| number * 10 + u32::from(digit))
    })
}
