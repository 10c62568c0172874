//! Peeling a line out of what carries it, before a format sees it.
//!
//! Known: syslog as RFC 3164 and RFC 5424, rsyslog's ISO and JSON templates, journald's JSON and short forms, Docker's
//! json-file and `docker compose logs`, Kubernetes' CRI. Which one it is shows at each line's first byte, or it is tried
//! where nothing else fits, so that a file may hold several and plain syslog pays for none of the others.

use super::collected::Collected;
use super::json;
use super::stamp::{Stamp, StampReader, Stamped};
use super::wrapped::{self, Pieces, Wrapped};

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
    /// It stands for the last line of its host.
    Repeated(Repeated<'a>),
    /// There is nothing on it, or nothing before the line that goes on with it has been read.
    Blank,
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
        let length = if self.packed { json::object_length(rest) } else { None };
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
    while let Some(length) = json::object_length(&text[whole..]) {
        whole += length;
    }
    whole
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
        let line = if line.first() == Some(&0xEF) { line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line) } else { line };
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

    /// A collector's JSON.
    fn json<'a, S: Style + ?Sized>(&'a mut self, text: &'a [u8], style: &S) -> Framed<'a> {
        let Self { syslog, own, buffer, inner, pieces } = self;
        let Some(found) = Collected::read(text, buffer) else { return Framed::Unreadable };
        let Some(log) = found.log.clone() else {
            return syslog.collected(&found, buffer, style).unwrap_or(Framed::Unreadable);
        };
        let collected = syslog.stamps.iso(&buffer[found.timestamp]).map(|(stamp, _)| stamp);
        let whole = pieces.ends_line(&buffer[log.clone()]);
        let Some(text) = pieces.join(found.stderr, whole, &buffer[log]) else { return Framed::Blank };
        Inside { syslog, own, buffer: inner, name: b"" }.frame(text, collected, style)
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
        if line.trim_ascii().is_empty() || is_journalctl_s(line) { Framed::Blank } else { Framed::Unreadable }
    }
}

/// What `journalctl` writes between lines, such as `-- Boot 2b0c… --`.
fn is_journalctl_s(line: &[u8]) -> bool {
    line.starts_with(b"-- ") && line.ends_with(b" --")
}

/// Peels what stands inside a line that a container's runtime hands on.
struct Inside<'a, 'b> {
    syslog: &'b mut Syslog,
    own: &'a mut Own,
    buffer: &'a mut Vec<u8>,
    /// The container's name: the host of lines that name none.
    name: &'a [u8],
}

impl<'a> Inside<'a, '_> {
    /// A line of a server's own log, of syslog, or without a time: then the runtime's time counts.
    fn frame<S: Style + ?Sized>(self, text: &'a [u8], collected: Option<Stamp>, style: &S) -> Framed<'a> {
        let Self { syslog, own, buffer, name } = self;
        let text = text.trim_ascii_end();
        let Some(first) = text.first() else { return Framed::Blank };
        if style.is_own(text) {
            own.collected = collected;
            return named(style.own_line(own, text), name);
        }
        if *first == b'{'
            && let Some(found) = Collected::read(text, buffer)
            && found.log.is_none()
        {
            return named(syslog.collected(&found, buffer, style).unwrap_or(Framed::Unreadable), name);
        }
        match syslog.frame(text, style) {
            Some(framed) => named(framed, name),
            None => without_time(text, name, collected, style),
        }
    }

    /// A line in front of which the runtime's time may stand: `docker compose logs -t` writes it there.
    fn frame_behind_stamp<S: Style + ?Sized>(self, text: &'a [u8], style: &S) -> Framed<'a> {
        let behind = self.syslog.stamps.iso(text).filter(|_| text.get(10) == Some(&b'T'));
        let is_docker_s = |used: usize| text.get(..used).is_some_and(wrapped::is_docker_s);
        let Some((collected, used)) = behind.filter(|(_, used)| is_docker_s(*used) || !style.is_own(text)) else {
            return self.frame(text, None, style);
        };
        let rest = &text[used.min(text.len())..];
        if is_docker_s(used) {
            return self.frame(rest, Some(collected), style);
        }
        let begins_otherwise = matches!(rest.first(), Some(b'{' | b'<'));
        let has_own_time = begins_otherwise || style.is_own(rest) || self.syslog.stamp(rest).is_some();
        // A tag where syslog has a host: the runtime's time, and a line without one.
        let begins_with_tag = || word(rest).is_none_or(|(word, _)| word.ends_with(b":") || word.contains(&b'['));
        if has_own_time || begins_with_tag() {
            self.frame(rest, Some(collected), style)
        } else {
            self.frame(text, Some(collected), style)
        }
    }
}

/// A line that names no host is of the container that wrote it.
fn named<'a>(framed: Framed<'a>, name: &'a [u8]) -> Framed<'a> {
    match framed {
        Framed::Line(line) if line.host.is_empty() => Framed::Line(Line { host: name, ..line }),
        framed => framed,
    }
}

/// `program[pid]: message` as it was written to a program's output, or just a message.
fn without_time<'a, S: Style + ?Sized>(
    text: &'a [u8],
    host: &'a [u8],
    collected: Option<Stamp>,
    style: &S,
) -> Framed<'a> {
    let (program, pid, message) = tag(text, tag_end(text));
    let wanted = style.wants_program(Program { tag: program, may_be_cut: false });
    match collected {
        Some(stamp) if wanted => Framed::Line(unfold(Line { stamp, host, program, pid, message, repeated: 1 })),
        Some(stamp) => Framed::Foreign(stamp),
        None if wanted => Framed::Unreadable,
        None => Framed::Blank,
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
            let times = if may_repeat(&text[..end]) { repeated(text) } else { None };
            let repeated = |times| Framed::Repeated(Repeated { stamp, host, times });
            return Some(times.map_or(Framed::Foreign(stamp), repeated));
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

    /// A collector's members, read like syslog's parts.
    fn collected<'a, S: Style + ?Sized>(
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
        let (program, pid_in_tag, _) = tag(text, tag_end(text));
        let pid = number(part(&found.pid)).unwrap_or(pid_in_tag);
        if !style.wants_program(Program { tag: program, may_be_cut: false }) {
            return Some(Framed::Foreign(stamp));
        }
        let message = part(found.message.as_ref()?).trim_ascii_start();
        Some(Framed::Line(unfold(Line { stamp, host: part(&found.host), program, pid, message, repeated: 1 })))
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
        if line.first()?.is_ascii_digit() {
            self.stamps.iso(line).or_else(|| StampReader::unix(line))
        } else {
            self.stamps.rfc3164(line).or_else(|| self.stamps.full(line))
        }
    }

    fn host<'a>(&mut self, rest: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
        if !self.host.is_empty() && rest.starts_with(&self.host) {
            return Some((&rest[..self.host.len() - 1], &rest[self.host.len()..]));
        }
        let (host, behind) = word(rest)?;
        if host.starts_with(b"std") && wrapped::behind_stamp(rest).is_some() {
            return None;
        }
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

/// Whether a line may be [`Repeated`], by what stands where others have their program.
#[inline]
#[must_use]
pub fn may_repeat(program: &[u8]) -> bool {
    matches!(program, b"last" | b"syslogd" | b"---")
}

/// `last message repeated 3 times`, as text behind the host: BSD's and Linux' syslogd write it there, some with their
/// tag in front or hyphens around.
#[cold]
fn repeated(text: &[u8]) -> Option<u32> {
    let text = match memchr::memchr(b':', text) {
        Some(colon) if text.starts_with(b"syslogd") => text[colon + 1..].trim_ascii_start(),
        _ => text.strip_prefix(b"--- ").unwrap_or(text),
    };
    let (times, rest) = word(text.strip_prefix(b"last message repeated ")?)?;
    let times = number(times).filter(|_| rest.starts_with(b"time"))?;
    Some(times.clamp(1, MOST_REPEATED))
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
mod tests;
