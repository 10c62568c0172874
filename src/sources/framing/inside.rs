//! What stands inside a line that a container's runtime hands on.

use super::super::collected::Collected;
use super::super::stamp::{Stamp, StampReader};
use super::super::wrapped;
use super::syslog::{Syslog, unfold, word};
use super::tag::{tag, whole_tag_end};
use super::{Framed, Line, Own, Program, Style};

/// Peels what stands inside a line that a container's runtime hands on.
pub(super) struct Inside<'a, 'b> {
    pub(super) syslog: &'b mut Syslog,
    pub(super) own: &'a mut Own,
    pub(super) buffer: &'a mut Vec<u8>,
    /// The container's name: the host of lines that name none.
    pub(super) name: &'a [u8],
}

impl<'a> Inside<'a, '_> {
    /// A line of a server's own log, of syslog, or without a time: then the runtime's time counts.
    pub(super) fn frame<S: Style + ?Sized>(self, text: &'a [u8], collected: Option<Stamp>, style: &S) -> Framed<'a> {
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
            && !found.tag.is_empty()
        {
            return named(syslog.collected(&found, buffer, style).unwrap_or(Framed::Unreadable), name);
        }
        match syslog.frame(text, style) {
            Some(framed) => named(framed, name),
            None => without_time(text, name, collected, style),
        }
    }

    /// A line in front of which the runtime's time may stand: `docker compose logs -t` writes it there.
    pub(super) fn frame_behind_stamp<S: Style + ?Sized>(self, text: &'a [u8], style: &S) -> Framed<'a> {
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
        if has_own_time || begins_with_tag(rest) {
            self.frame(rest, Some(collected), style)
        } else {
            self.frame(text, Some(collected), style)
        }
    }
}

/// Whether a tag stands where syslog has a host: the runtime's time, and a line without one.
fn begins_with_tag(rest: &[u8]) -> bool {
    word(rest).is_none_or(|(word, _)| word.ends_with(b":") || word.contains(&b'['))
}

/// Whether what follows a stamp of Docker's is what a runtime hands on: `docker logs -t`, `kubectl logs --timestamps`.
/// Where a host follows, it is a server's line whose stamps have nine digits too.
pub(super) fn is_handed_on(rest: &[u8], stamps: &mut StampReader) -> bool {
    match rest.first() {
        Some(b'{' | b'<') => true,
        Some(b'0'..=b'9') => stamps.iso(rest).is_some() || begins_with_tag(rest),
        Some(_) => stamps.rfc3164(rest).is_some() || begins_with_tag(rest),
        None => false,
    }
}

/// A line that names no host is of the container that wrote it.
pub(super) fn named<'a>(framed: Framed<'a>, name: &'a [u8]) -> Framed<'a> {
    match framed {
        Framed::Line(line) if line.host.is_empty() => Framed::Line(Line { host: name, ..line }),
        framed => framed,
    }
}

/// `program[pid]: message` as it was written to a program's output, or just a message.
pub(super) fn without_time<'a, S: Style + ?Sized>(
    text: &'a [u8],
    host: &'a [u8],
    collected: Option<Stamp>,
    style: &S,
) -> Framed<'a> {
    let (program, pid, message) = tag(text, whole_tag_end(text));
    let wanted = style.wants_program(Program { tag: program, may_be_cut: false });
    match collected {
        Some(stamp) if wanted => Framed::Line(unfold(Line { stamp, host, program, pid, message, repeated: 1 })),
        Some(stamp) => Framed::Foreign(stamp),
        None if wanted => Framed::Unreadable,
        None => Framed::Blank,
    }
}
