//! Peeling a line out of what carries it, before a format sees it.
//!
//! Known: syslog as RFC 3164 and RFC 5424, rsyslog's ISO and JSON templates, journald's JSON and short forms, Docker's
//! json-file, `docker logs -t` and `docker compose logs`, `podman logs -t`, Kubernetes' CRI and `kubectl logs
//! --timestamps`, what syslog-ng, Logstash, Vector, Filebeat and Fluent Bit write as JSON. Which one it is shows at each
//! line's first byte, or it is tried where nothing else fits, so that a file may hold several and plain syslog pays for
//! none of the others.

mod beginning;
mod inside;
mod syslog;
mod tag;

use super::collected::Collected;
use super::json;
use super::stamp::{Stamp, StampReader};
use super::wrapped::{self, Pieces, Wrapped};
pub use beginning::Again;
use inside::Inside;
use syslog::Syslog;
pub use syslog::may_repeat;

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

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framed<'a> {
    /// It could be read.
    Line(Line<'a>),
    /// Its program is not wanted, so nothing behind the program was looked at.
    Foreign(Stamp),
    /// It stands for the last line of its host.
    Repeated(Repeated<'a>),
    /// It is empty, says nothing by itself, or is a piece of a line that the next one goes on with.
    Blank,
    /// It is of a server's own log and cannot be read, for this reason; it has no time, and counts for that of the line
    /// before it.
    Faulty(Stamp, &'static str),
    /// It is in no known container.
    Unreadable,
}

/// `last message repeated 3 times`, as syslogd writes it in place of lines that equal the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeated<'a> {
    /// When the last of them came.
    pub stamp: Stamp,
    /// Which host wrote it.
    pub host: &'a [u8],
    /// How many came.
    pub times: u32,
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
    /// such a line is looked for in no container. Where a container's runtime has handed lines on, it is asked about
    /// what is inside.
    fn is_own(&self, _line: &[u8]) -> bool {
        false
    }

    /// A line of the server's own log out of what surrounds its text there.
    fn own_line<'a>(&self, _own: &'a mut Own, _line: &'a [u8]) -> Framed<'a> {
        Framed::Unreadable
    }

    /// Whether lines are JSON objects of which several may stand on one, with nothing between them.
    fn is_packed(&self) -> bool {
        false
    }
}

/// The lines of a style that stand on one line: itself, unless the style packs them.
#[must_use]
pub fn unpack<'a, S: Style + ?Sized>(line: &'a [u8], style: &S) -> Unpacked<'a> {
    Unpacked { rest: Some(line), packed: style.is_packed() }
}

/// See [`unpack`].
#[derive(Clone, Debug)]
pub struct Unpacked<'a> {
    rest: Option<&'a [u8]>,
    packed: bool,
}

impl<'a> Iterator for Unpacked<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.rest.take()?;
        let length = if self.packed { object_length(rest) } else { None };
        match length.map(|length| rest.split_at(length)) {
            Some((object, behind)) if behind.trim_ascii_start().starts_with(b"{") => {
                self.rest = Some(behind);
                Some(object)
            }
            _ => Some(rest),
        }
    }
}

/// How many of a text's first bytes are whole objects, where it is a line that [packs](Style::is_packed) them.
#[must_use]
pub(super) fn whole_objects(text: &[u8]) -> usize {
    let mut whole = 0;
    while let Some(length) = object_length(&text[whole..]) {
        whole += length;
    }
    whole
}

/// How long the object is that a text begins with, or a file: then a byte order mark may stand in front of it.
fn object_length(text: &[u8]) -> Option<usize> {
    let mark = if text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
    json::object_length(&text[mark..]).map(|length| mark + length)
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
    /// Text on the way to the buffer.
    pub scratch: Vec<u8>,
    /// When the last line was written that said so: for lines whose own time cannot be read.
    pub last: Option<Stamp>,
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

    fn is_packed(&self) -> bool {
        self.0.is_packed()
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

/// A text behind that, where it is there.
#[inline]
pub(crate) fn without_mark(text: &[u8]) -> &[u8] {
    if text.first() == Some(&BYTE_ORDER_MARK[0]) { text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text) } else { text }
}

/// The most repetitions that one folded line is taken for.
const MOST_REPEATED: u32 = 10_000;

/// Peels lines, one after the other.
#[derive(Debug, Default)]
pub struct Framer {
    syslog: Syslog,
    own: Own,
    /// Unescaped text of the current line.
    buffer: Vec<u8>,
    /// Unescaped text of what is inside it.
    inner: Vec<u8>,
    /// Lines that a container's runtime has cut.
    pieces: Pieces,
}

impl Framer {
    /// Peels one line (without its line end), whatever it is of.
    pub fn frame<'a>(&'a mut self, line: &'a [u8]) -> Framed<'a> {
        self.frame_as(line, &Contained)
    }

    /// Peels one line (without its line end) if its program is wanted. Most lines are not, and end here.
    pub fn frame_as<'a, S: Style + ?Sized>(&'a mut self, line: &'a [u8], style: &S) -> Framed<'a> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let line = without_mark(line);
        let Some(first) = line.first() else { return Framed::Blank };
        if style.is_own(line) && !wrapped::is_wrapped(line) {
            self.own.collected = None;
            return style.own_line(&mut self.own, line);
        }
        if *first == b'{' {
            return self.json(line, style);
        }
        match self.syslog.frame(line, style) {
            Some(framed) => framed,
            None => self.wrapped(line, style),
        }
    }

    /// Reads a syslog line that begins as the one before did, with `program[pid]: message` behind, as most lines of a
    /// busy server do. Returns none if it has to be looked at more closely.
    #[inline]
    #[must_use]
    pub fn again<'a>(&mut self, line: &'a [u8]) -> Option<Again<'a>> {
        self.syslog.beginning.again(line)
    }

    /// A collector's JSON.
    fn json<'a, S: Style + ?Sized>(&'a mut self, text: &'a [u8], style: &S) -> Framed<'a> {
        let Self { syslog, own, buffer, inner, pieces } = self;
        let Some(found) = Collected::read(text, buffer) else { return Framed::Unreadable };
        let said = || syslog.stamp(&buffer[found.timestamp.clone()]).map(|(stamp, _)| stamp);
        let collected = found.epoch.map(Stamp::Utc).or_else(said);
        let Some(log) = found.log.clone() else {
            // A collector that has read a file and taken nothing apart: the message is the file's line.
            let line = found.message.clone().filter(|_| found.tag.is_empty()).map(|message| &buffer[message]);
            let begins_one = |line: &&[u8]| {
                matches!(line.first(), Some(b'{' | b'<')) || style.is_own(line) || syslog.stamp(line).is_some()
            };
            if let Some(line) = line.filter(begins_one) {
                return Inside { syslog, own, buffer: inner, name: b"" }.frame(line, collected, style);
            }
            return syslog.collected(&found, buffer, style).unwrap_or(Framed::Unreadable);
        };
        let whole = pieces.ends_line(&buffer[log.clone()]);
        let Some(text) = pieces.join(found.stderr, whole, &buffer[log]) else { return Framed::Blank };
        // The journal names the machine; where other collectors name a host, it may be anything.
        let name = if found.epoch.is_some() { &buffer[found.host] } else { &b""[..] };
        Inside { syslog, own, buffer: inner, name }.frame(text, collected, style)
    }

    /// A line that a container's runtime hands on with something in front.
    #[inline(never)]
    fn wrapped<'a, S: Style + ?Sized>(&'a mut self, line: &'a [u8], style: &S) -> Framed<'a> {
        let Self { syslog, own, inner: buffer, pieces, .. } = self;
        if let Some(Wrapped { name, collected, stderr, whole, text }) = wrapped::cri(line, &mut syslog.stamps) {
            let Some(text) = pieces.join(stderr, whole, text) else { return Framed::Blank };
            return Inside { syslog, own, buffer, name }.frame(text, collected, style);
        }
        if let Some((name, text)) = wrapped::compose(line) {
            return Inside { syslog, own, buffer, name }.frame_behind_stamp(text, style);
        }
        let is_stamped = |(_, used): (Stamp, usize)| line.get(..used).is_some_and(wrapped::is_docker_s);
        if syslog.stamps.iso(line).is_some_and(is_stamped) {
            return Inside { syslog, own, buffer, name: b"" }.frame_behind_stamp(line, style);
        }
        if line.trim_ascii().is_empty() || is_journalctl_s(line) { Framed::Blank } else { Framed::Unreadable }
    }
}

/// What `journalctl` writes between lines, such as `-- Boot 2b0c… --`.
fn is_journalctl_s(line: &[u8]) -> bool {
    line.starts_with(b"-- ") && line.ends_with(b" --")
}

#[cfg(test)]
mod tests;
