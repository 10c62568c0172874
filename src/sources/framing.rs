//! Peeling a line out of what carries it, before a format sees it.
//!
//! Known: syslog as RFC 3164 and RFC 5424, rsyslog's ISO and JSON templates, journald's JSON, Docker's
//! json-file. Which one it is shows at each line's first byte, so a file may hold several.

use super::json::{self, Value};
use super::stamp::{Stamp, StampReader, Stamped};
use crate::calendar::Timestamp;

/// A line out of its container. Everything borrows from the line or from the framer's buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// When, as the line says it.
    pub stamp: Stamp,
    /// Which host wrote it.
    pub host: &'a [u8],
    /// The syslog tag without the process id: `postfix/submission/smtpd`.
    pub program: &'a [u8],
    /// The process id; 0 where there is none.
    pub pid: u32,
    /// The text behind the tag.
    pub message: &'a [u8],
    /// How often the line stands for itself: rsyslog folds equal lines into one.
    pub repeated: u32,
}

/// A line that begins as the one before did, as far as its program.
#[derive(Clone, Copy, Debug)]
pub struct Again<'a> {
    /// When, in whole seconds.
    pub stamp: Stamp,
    /// Which host wrote it.
    pub host: &'a [u8],
    /// The syslog tag without the process id.
    pub program: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Again<'a> {
    /// The process id and the message; none where they are not as usual.
    #[inline]
    #[must_use]
    pub fn pid_and_message(&self) -> Option<(u32, &'a [u8])> {
        let (pid, rest) = bracketed(self.rest).unwrap_or((0, self.rest));
        let message = rest.strip_prefix(b": ")?;
        // A blank, or what a syslog daemon may have added.
        let usual = |first: &u8| first.is_ascii_graphic() && !matches!(first, b'[' | b'm');
        message.first().is_some_and(usual).then_some((pid, message))
    }
}

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framed<'a> {
    /// It could be read.
    Line(Line<'a>),
    /// Its program is not wanted, so nothing behind the program was looked at.
    Foreign(Stamp),
    /// There is nothing on it.
    Blank,
    /// It is in no known container.
    Unreadable,
}

/// A line's program as its container gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Program<'a> {
    /// The tag without the process id.
    pub tag: &'a [u8],
    /// Whether a relay may have cut the tag at its first slash, as rsyslog's RFC 5424 template does.
    pub may_be_cut: bool,
}

/// What a format knows of its lines before it reads them.
pub trait Style {
    /// Whether any line of a program may matter: the first and cheapest thing that turns lines away.
    fn wants_program(&self, program: Program<'_>) -> bool;

    /// Whether a line is written as the server writes it into a log of its own, in no container. It decides alone:
    /// such a line is looked for in no container.
    fn is_own(&self, _line: &[u8]) -> bool {
        false
    }

    /// A line of the server's own log out of what surrounds its text there.
    fn own_line<'a>(&self, _own: &'a mut Own, _line: &'a [u8]) -> Framed<'a> {
        Framed::Unreadable
    }
}

/// What reading a server's own log needs beside the line: it begins empty with each file.
#[derive(Debug, Default)]
pub struct Own {
    /// Reads stamps.
    pub stamps: StampReader,
    /// The columns' names, where the file has said them.
    pub header: Vec<u8>,
    /// Text of the current line that does not stand in it as it is.
    pub buffer: Vec<u8>,
    /// When a container's runtime received the current line, for lines that have no time of their own; none where
    /// no runtime handed it on.
    pub collected: Option<Stamp>,
}

/// Lines of any program, in a format's own log or in a container.
#[derive(Debug)]
pub struct AnyProgram<'a, S: ?Sized>(pub &'a S);

impl<S: Style + ?Sized> Style for AnyProgram<'_, S> {
    fn wants_program(&self, _: Program<'_>) -> bool {
        true
    }

    fn is_own(&self, line: &[u8]) -> bool {
        self.0.is_own(line)
    }

    fn own_line<'a>(&self, own: &'a mut Own, line: &'a [u8]) -> Framed<'a> {
        self.0.own_line(own, line)
    }
}

/// Lines of any program in a container.
struct Contained;

impl Style for Contained {
    fn wants_program(&self, _: Program<'_>) -> bool {
        true
    }
}

/// What some editors put in front of UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// The most repetitions that one folded line is taken for.
const MOST_REPEATED: u32 = 10_000;

/// Peels lines, one after the other.
#[derive(Debug, Default)]
pub struct Framer {
    syslog: Syslog,
    own: Own,
    /// Unescaped text of the current line.
    buffer: Vec<u8>,
}

impl Framer {
    /// Peels one line (without its line end), whatever it is of.
    pub fn frame<'a>(&'a mut self, line: &'a [u8]) -> Framed<'a> {
        self.frame_as(line, &Contained)
    }

    /// Peels one line (without its line end) if its program is wanted. Most lines are not, and end here.
    pub fn frame_as<'a, S: Style + ?Sized>(&'a mut self, line: &'a [u8], style: &S) -> Framed<'a> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let line = if line.first() == Some(&0xEF) { line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line) } else { line };
        let Some(first) = line.first() else { return Framed::Blank };
        if style.is_own(line) {
            self.own.collected = None;
            return style.own_line(&mut self.own, line);
        }
        let framed = if *first == b'{' { self.json(line, style) } else { self.syslog.frame(line, style) };
        match framed {
            Some(framed) => framed,
            None if line.trim_ascii().is_empty() => Framed::Blank,
            None => Framed::Unreadable,
        }
    }

    /// What there is of a syslog line that begins as the one before did, with `program[pid]: message` behind: most
    /// lines of a busy server. None where it is another line, or one to be looked at more closely.
    #[inline]
    #[must_use]
    pub fn again<'a>(&self, line: &'a [u8]) -> Option<Again<'a>> {
        let (stamp, host) = self.syslog.begun?;
        let (beginning, text) = line.split_at_checked(self.syslog.beginning.len())?;
        if beginning != self.syslog.beginning || text.last() == Some(&b'\r') {
            return None;
        }
        let (program, rest) = text.split_at(tag_end(text));
        Some(Again { stamp, host: &beginning[host..beginning.len() - 1], program, rest })
    }

    /// A collector's JSON: the members that matter are unescaped into the buffer, then read like syslog's parts.
    fn json<'a, S: Style + ?Sized>(&'a mut self, text: &'a [u8], style: &S) -> Option<Framed<'a>> {
        let Self { syslog, own, buffer } = self;
        let found = Collected::read(text, buffer)?;
        let part = |range: &std::ops::Range<usize>| &buffer[range.clone()];
        if !found.log.is_empty() {
            let line = part(&found.log).trim_ascii_end();
            if !style.is_own(line) {
                return syslog.frame(line, style);
            }
            own.collected = syslog.stamps.iso(part(&found.time)).map(|(stamp, _)| stamp);
            return Some(style.own_line(own, line));
        }
        let stamp = match found.epoch {
            Some(at) => Stamp::Utc(at),
            None => syslog.stamp(part(&found.timestamp))?.0,
        };
        let text = part(&found.tag);
        let (program, pid_in_tag, _) = tag(text, memchr::memchr3(b'[', b':', b' ', text).unwrap_or(text.len()));
        let pid = number(part(&found.pid)).unwrap_or(pid_in_tag);
        if !style.wants_program(Program { tag: program, may_be_cut: false }) {
            return Some(Framed::Foreign(stamp));
        }
        let message = part(&found.message).trim_ascii_start();
        Some(Framed::Line(unfold(Line { stamp, host: part(&found.host), program, pid, message, repeated: 1 })))
    }
}

/// Where a collector's members lie in the framer's buffer.
#[derive(Default)]
struct Collected {
    timestamp: std::ops::Range<usize>,
    /// journald counts microseconds.
    epoch: Option<Timestamp>,
    host: std::ops::Range<usize>,
    tag: std::ops::Range<usize>,
    pid: std::ops::Range<usize>,
    message: std::ops::Range<usize>,
    /// Docker's: a whole line inside.
    log: std::ops::Range<usize>,
    /// Docker's: when it received the line.
    time: std::ops::Range<usize>,
}

impl Collected {
    fn read(text: &[u8], buffer: &mut Vec<u8>) -> Option<Self> {
        buffer.clear();
        let mut found = Self::default();
        for (key, value) in json::members(text) {
            let Value::Text(value) = value else { continue };
            let place = match key {
                b"timestamp" | b"@timestamp" => &mut found.timestamp,
                b"host" | b"_HOSTNAME" => &mut found.host,
                b"syslogtag" | b"SYSLOG_IDENTIFIER" => &mut found.tag,
                b"procid" | b"SYSLOG_PID" => &mut found.pid,
                b"_PID" if found.pid.is_empty() => &mut found.pid,
                b"message" | b"MESSAGE" => &mut found.message,
                b"log" => &mut found.log,
                b"time" => &mut found.time,
                b"__REALTIME_TIMESTAMP" => {
                    found.epoch = std::str::from_utf8(value).ok().and_then(|digits| digits.parse().ok());
                    continue;
                }
                _ => continue,
            };
            let start = buffer.len();
            json::unescape(value, buffer);
            *place = start..buffer.len();
        }
        (!found.log.is_empty() || !found.message.is_empty()).then_some(found)
    }
}

/// Reads syslog's forms, and remembers how the last line began: most logs have one host and many lines a second.
#[derive(Debug, Default)]
struct Syslog {
    stamps: StampReader,
    /// The last host, with the blank behind it.
    host: Vec<u8>,
    /// Stamp and host of the last line whose stamp has whole seconds, with the blank behind them.
    beginning: Vec<u8>,
    /// What the beginning's stamp says, and where its host begins.
    begun: Option<(Stamp, usize)>,
}

impl Syslog {
    fn frame<'a, S: Style + ?Sized>(&mut self, line: &'a [u8], style: &S) -> Option<Framed<'a>> {
        let mut line = line;
        if line.first() == Some(&b'<') {
            let behind = memchr::memchr(b'>', &line[..line.len().min(5)])? + 1;
            line = &line[behind..];
            if let Some(rest) = line.strip_prefix(b"1 ") {
                return self.rfc5424(rest, style);
            }
        }
        let (stamp, host, text) = self.begin(line)?;
        let end = tag_end(text);
        if !style.wants_program(Program { tag: &text[..end], may_be_cut: false }) {
            return Some(Framed::Foreign(stamp));
        }
        let (program, pid, message) = tag(text, end);
        Some(Framed::Line(unfold(Line { stamp, host, program, pid, message, repeated: 1 })))
    }

    /// RFC 5424 behind its version: `TIMESTAMP HOST APP PROCID MSGID STRUCTURED-DATA MSG`.
    fn rfc5424<'a, S: Style + ?Sized>(&mut self, rest: &'a [u8], style: &S) -> Option<Framed<'a>> {
        let (stamp, used) = self.stamps.iso(rest)?;
        let (host, rest) = self.host(&rest[used..])?;
        let (program, rest) = word(rest)?;
        if !style.wants_program(Program { tag: program, may_be_cut: true }) {
            return Some(Framed::Foreign(stamp));
        }
        let (pid, rest) = word(rest)?;
        let (_message_id, rest) = word(rest)?;
        let message = behind_structured_data(rest)?;
        let message = message.strip_prefix(BYTE_ORDER_MARK).unwrap_or(message).trim_ascii_start();
        let pid = number(pid).unwrap_or(0);
        Some(Framed::Line(unfold(Line { stamp, host, program, pid, message, repeated: 1 })))
    }

    /// Stamp, host, and what follows them.
    fn begin<'a>(&mut self, line: &'a [u8]) -> Option<(Stamp, &'a [u8], &'a [u8])> {
        let (stamp, used) = self.stamp(line)?;
        let (host, rest) = self.host(&line[used..])?;
        self.begun = (stamp == stamp.second()).then_some((stamp, used));
        self.beginning.clear();
        self.beginning.extend_from_slice(&line[..line.len() - rest.len()]);
        Some((stamp, host, rest))
    }

    fn stamp(&mut self, line: &[u8]) -> Option<Stamped> {
        if line.first()?.is_ascii_digit() { self.stamps.iso(line) } else { self.stamps.rfc3164(line) }
    }

    fn host<'a>(&mut self, rest: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
        if !self.host.is_empty() && rest.starts_with(&self.host) {
            return Some((&rest[..self.host.len() - 1], &rest[self.host.len()..]));
        }
        let (host, behind) = word(rest)?;
        self.host.clear();
        self.host.extend_from_slice(&rest[..=host.len()]);
        Some((host, behind))
    }
}

/// The text behind `-` or behind `[…][…]`, in which a quoted value may hold brackets.
fn behind_structured_data(text: &[u8]) -> Option<&[u8]> {
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
fn word(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = memchr::memchr(b' ', text)?;
    Some((&text[..end], &text[end + 1..]))
}

/// Where the tag of a syslog line ends: the text behind the host is `program[pid]: message`.
#[inline]
fn tag_end(text: &[u8]) -> usize {
    memchr::memchr3(b'[', b':', b' ', text).unwrap_or(text.len())
}

/// `program[pid]: message`, of which the program ends at `end`; without a tag everything is message.
#[inline]
fn tag(text: &[u8], end: usize) -> (&[u8], u32, &[u8]) {
    let (program, rest) = text.split_at(end);
    if rest.is_empty() {
        return (text, 0, &[]);
    }
    let (pid, rest) = bracketed(rest).unwrap_or((0, rest));
    match rest.strip_prefix(b":") {
        Some([b' ', message @ ..]) if message.first().is_some_and(u8::is_ascii_graphic) => (program, pid, message),
        Some(message) => (program, pid, message.trim_ascii_start()),
        None if rest.is_empty() => (program, pid, rest),
        None => (&[], 0, text),
    }
}

/// `[pid]` and what follows it; 0 where it is no number.
#[inline]
fn bracketed(text: &[u8]) -> Option<(u32, &[u8])> {
    let inside = text.strip_prefix(b"[")?;
    let digits = inside.iter().take(9).take_while(|byte| byte.is_ascii_digit());
    let (pid, length) = digits.fold((0, 0), |(pid, length), digit| (pid * 10 + u32::from(digit - b'0'), length + 1));
    if let (1.., Some(b']')) = (length, inside.get(length)) {
        return Some((pid, &inside[length + 1..]));
    }
    memchr::memchr(b']', inside).map(|end| (0, &inside[end + 1..]))
}

/// Undoes what syslog daemons add to a message: rsyslog's folding of equal lines, Solaris' message ids.
fn unfold(line: Line<'_>) -> Line<'_> {
    match line.message.first() {
        Some(b'[') => without_message_id(line),
        Some(b'm') => without_folding(line),
        _ => line,
    }
}

/// `[ID 197553 mail.info] message`.
fn without_message_id(line: Line<'_>) -> Line<'_> {
    let rest = line.message.strip_prefix(b"[ID ").and_then(|rest| Some(&rest[memchr::memchr(b']', rest)? + 1..]));
    Line { message: rest.map_or(line.message, <[u8]>::trim_ascii_start), ..line }
}

/// `message repeated 2 times: [ message]`.
fn without_folding(line: Line<'_>) -> Line<'_> {
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
fn number(text: &[u8]) -> Option<u32> {
    if text.is_empty() || text.len() > 9 {
        return None;
    }
    text.iter().try_fold(0, |number, byte| {
        let digit = byte.wrapping_sub(b'0');
        (digit < 10).then(|| number * 10 + u32::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(line: &str) -> Option<(String, String, u32, String, u32)> {
        let mut framer = Framer::default();
        let Framed::Line(line) = framer.frame(line.as_bytes()) else { return None };
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Some((text(line.host), text(line.program), line.pid, text(line.message), line.repeated))
    }

    fn smtpd(program: &str) -> Option<(String, String, u32, String, u32)> {
        Some(("mx1".into(), program.into(), 546, "connect from a[192.0.2.1]".into(), 1))
    }

    #[test]
    fn every_container_gives_the_same_line() {
        for line in [
            "Dec 30 10:00:06 mx1 postfix/smtps/smtpd[546]: connect from a[192.0.2.1]",
            "<22>Dec 30 10:00:06 mx1 postfix/smtps/smtpd[546]: connect from a[192.0.2.1]\r",
            "\u{feff}2026-06-10T09:00:05.984620+00:00 mx1 postfix/smtps/smtpd[546]: connect from a[192.0.2.1]",
            "<22>1 2026-05-07T07:00:05.329487+00:00 mx1 postfix/smtps/smtpd 546 - -  connect from a[192.0.2.1]",
            r#"<22>1 2026-05-07T07:00:05Z mx1 postfix/smtps/smtpd 546 - [a b="]\""][c d="e"] connect from a[192.0.2.1]"#,
            r#"{"timestamp":"2026-05-07T07:00:05Z","host":"mx1","syslogtag":"postfix\/smtps\/smtpd[546]:","procid":"546","message":" connect from a[192.0.2.1]"}"#,
            r#"{"SYSLOG_IDENTIFIER":"postfix/smtps/smtpd","SYSLOG_PID":"546","_PID":"9","__REALTIME_TIMESTAMP":"1795441670152700","_HOSTNAME":"mx1","MESSAGE":"connect from a[192.0.2.1]"}"#,
            r#"{"log":"Dec 30 10:00:06 mx1 postfix/smtps/smtpd[546]: connect from a[192.0.2.1]\n","stream":"stdout","time":"2026-05-07T07:00:05Z"}"#,
            "Dec 30 10:00:06 mx1 postfix/smtps/smtpd[546]: [ID 197553 mail.info] connect from a[192.0.2.1]",
        ] {
            assert_eq!(frame(line), smtpd("postfix/smtps/smtpd"), "{line}");
        }
    }

    #[test]
    fn folded_lines_are_counted() {
        let line = "Dec 30 10:00:06 mx1 postfix/smtpd[5]: message repeated 3 times: [ warning: x]";
        assert_eq!(frame(line), Some(("mx1".into(), "postfix/smtpd".into(), 5, "warning: x".into(), 3)));
    }

    #[test]
    fn what_is_in_no_container_is_told() {
        let mut framer = Framer::default();
        assert_eq!(framer.frame(b""), Framed::Blank);
        assert_eq!(framer.frame(b"  \r"), Framed::Blank);
        for line in [
            &b"garbage"[..],
            b"<",
            b"<22>1 ",
            b"{",
            b"{\"message\":\"x\"}",
            b"Dec 30 10:00:06",
            b"2026-05-07T07:00:05Z",
        ] {
            assert_eq!(framer.frame(line), Framed::Unreadable, "{}", String::from_utf8_lossy(line));
        }
    }
}
