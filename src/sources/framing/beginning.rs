//! How a syslog line begins: as the one before, but for its seconds. Most logs have one host and many lines a minute.

use super::super::stamp::{Stamp, digits, fraction};
use super::tag::{bracketed, ends_a_tag, tag_end};
use crate::calendar::SECOND;

/// How the last line began.
#[derive(Debug, Default)]
pub(super) struct Beginning {
    /// Stamp and host, with the blank behind them.
    text: Vec<u8>,
    /// What its parts are; none where its time is not written as most are.
    parts: Option<Parts>,
}

#[derive(Clone, Copy, Debug)]
struct Parts {
    /// When the minute began.
    minute: Stamp,
    /// The second that the text has.
    second: Stamp,
    /// Where the seconds' two digits stand.
    seconds: usize,
    /// How many digits a fraction of them has, behind a point: none, three or six.
    fraction: usize,
    /// Where what follows them begins.
    behind: usize,
    /// Where the host begins.
    host: usize,
}

/// A line that begins as the one before did, as far as its program.
#[derive(Clone, Copy, Debug)]
pub struct Again<'a> {
    /// When, in whole seconds.
    pub second: Stamp,
    /// How many microseconds later.
    pub micros: i64,
    /// Which host wrote it.
    pub host: &'a [u8],
    /// The syslog tag without the process id.
    pub program: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Again<'a> {
    /// Whether its tag is written as most are; not where a severity stands in front of it, or an address in it.
    #[inline]
    #[must_use]
    pub fn has_tag(&self) -> bool {
        ends_a_tag(self.program, self.rest)
    }

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

impl Beginning {
    /// Keeps how a line begins: its stamp, the host at `host`, and the blank behind it.
    pub(super) fn keep(&mut self, text: &[u8], stamp: Stamp, host: usize) {
        self.text.clear();
        self.text.extend_from_slice(text);
        self.parts = Parts::of(text, stamp, host);
    }

    /// Reads a line that begins as the last one did, as far as its program. Returns none if it begins otherwise, or ends
    /// in a carriage return.
    #[inline]
    pub(super) fn again<'a>(&mut self, line: &'a [u8]) -> Option<Again<'a>> {
        let parts = self.parts.as_mut()?;
        let (beginning, text) = line.split_at_checked(self.text.len())?;
        if text.last() == Some(&b'\r') {
            return None;
        }
        let mut micros = 0;
        if parts.fraction > 0 || beginning != self.text {
            micros = parts.turn(beginning, &mut self.text)?;
        }
        let (program, rest) = text.split_at(tag_end(text));
        let host = &beginning[parts.host..beginning.len() - 1];
        Some(Again { second: parts.second, micros, host, program, rest })
    }
}

impl Parts {
    fn of(text: &[u8], stamp: Stamp, host: usize) -> Option<Self> {
        // `hh:mm:ss`
        let seconds = memchr::memchr(b':', text)? + b":mm:".len();
        let second = second(text.get(seconds..)?).filter(|_| text[seconds - 1] == b':')?;
        let (micros, fraction) = match text.get(seconds + 2)? {
            b'.' | b',' => fraction(&text[seconds + 3..]),
            _ => (0, 0),
        };
        let behind = seconds + 2 + if fraction > 0 { 1 + fraction } else { 0 };
        if !matches!(fraction, 0 | 3 | 6) || behind >= host {
            return None;
        }
        let minute = stamp.plus(-second - micros);
        Some(Self { minute, second: stamp.plus(-micros), seconds, fraction, behind, host })
    }

    /// Goes on to another second of the same minute, and returns the microseconds behind it.
    #[inline]
    fn turn(&mut self, beginning: &[u8], text: &mut [u8]) -> Option<i64> {
        let Self { minute, seconds, fraction, behind, .. } = *self;
        if beginning[..seconds] != text[..seconds] || beginning[behind..] != text[behind..] {
            return None;
        }
        let point = seconds + 2;
        if fraction > 0 && beginning[point] != text[point] {
            return None;
        }
        let (second, micros) = (second(&beginning[seconds..])?, micros(&beginning[point..], fraction)?);
        self.second = minute.plus(second);
        text[seconds..point].copy_from_slice(&beginning[seconds..point]);
        Some(micros)
    }
}

/// Two digits of seconds, in microseconds. A leap second is not as usual.
#[inline]
fn second(text: &[u8]) -> Option<i64> {
    digits(text.get(..2)?).filter(|second| *second < 60).map(|second| i64::from(second) * SECOND)
}

/// A fraction of none, three or six digits behind its point, in microseconds. The lengths are fixed, so that none is
/// counted.
#[inline]
fn micros(text: &[u8], length: usize) -> Option<i64> {
    match length {
        0 => Some(0),
        3 => digits(text.get(1..4)?).map(|millis| i64::from(millis) * 1000),
        _ => digits(text.get(1..7)?).map(i64::from),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::super::{Framed, Framer, Line};
    use super::*;

    /// A line behind another one, as it is read along the other's beginning.
    fn along<'a>(framer: &mut Framer, line: &'a str) -> Option<Line<'a>> {
        let again = framer.again(line.as_bytes())?;
        let (pid, message) = again.pid_and_message()?;
        let Again { second, micros, host, program, .. } = again;
        Some(Line { stamp: second.plus(micros), host, program, pid, message, repeated: 1 })
    }

    #[test]
    fn a_line_is_read_along_another_one_as_it_is_read_by_itself() {
        for first in [
            "Mar  2 09:00:05 mx1 ",
            "Mar  2 2026 09:00:05 mx1 ",
            "Mar  2 09:00:05 2026 mx1 ",
            "2026-03-02T09:00:05+01:00 mx1 ",
            "2026-03-02T09:00:05.984620+01:00 mx1 ",
            "2026-03-02 09:00:05.984 mx1 ",
            "2026-03-02T09:00:05,984620Z mx1 ",
            "Mon 2026-03-02 09:00:05 UTC mx1 ",
        ] {
            let mut framer = Framer::default();
            let text = format!("{first}postfix/smtpd[1]: x");
            assert!(matches!(framer.frame(text.as_bytes()), Framed::Line(_)), "{first}");
            for (from, to) in [(":05", ":05"), (":05", ":06"), (":05", ":59"), ("984", "001"), (":05", ":00")] {
                let line = format!("{}postfix/qmgr[77]: ABC: removed", first.replace(from, to));
                let alone = Framer::default();
                assert_eq!(
                    Framed::Line(along(&mut framer, &line).unwrap()),
                    { alone }.frame(line.as_bytes()),
                    "{line}"
                );
            }
        }
    }

    #[test]
    fn a_line_that_begins_otherwise_is_looked_at_closely() {
        for (first, other) in [
            ("Mar  2 09:00:05 mx1 ", "Mar  2 09:01:05 mx1 "),
            ("Mar  2 09:00:05 mx1 ", "Mar  2 09:00:60 mx1 "),
            ("Mar  2 09:00:05 mx1 ", "Mar  2 09:00:0x mx1 "),
            ("Mar  2 09:00:05 mx1 ", "Mar  2 09:00:05 mx2 "),
            ("Mar  2 09:00:05 mx1 ", "Mar  2 09:00:06.123 mx1 "),
            ("Mar  2 09:00:60 mx1 ", "Mar  2 09:00:59 mx1 "),
            ("2026-03-02T09:00:05.984620+01:00 mx1 ", "2026-03-02T09:00:05.984620+02:00 mx1 "),
            ("2026-03-02T09:00:05.984620+01:00 mx1 ", "2026-03-02T09:00:05.98462x+01:00 mx1 "),
            ("2026-03-02T09:00:05.984620+01:00 mx1 ", "2026-03-02T09:00:05,984620+01:00 mx1 "),
            ("2026-03-02T09:00:05.984620+01:00 mx1 ", "2026-03-02T09:00:05.984+01:00 mx1 "),
            ("2026-03-02T09:00:05.98462+01:00 mx1 ", "2026-03-02T09:00:05.98462+01:00 mx1 "),
            ("1795441670.152700 mx1 ", "1795441671.152700 mx1 "),
            ("1795441670.152700 a:00:05 ", "1795441670.152700 a:00:06 "),
            ("1795441670.152700 a:00:0 ", "1795441670.152700 a:00:1 "),
            ("1795441670.152700 a: ", "1795441670.152700 b: "),
        ] {
            let mut framer = Framer::default();
            let text = format!("{first}postfix/smtpd[1]: x");
            assert!(matches!(framer.frame(text.as_bytes()), Framed::Line(_)), "{first}");
            assert_eq!(along(&mut framer, &format!("{other}postfix/smtpd[1]: x")), None, "{other}");
        }
        let mut framer = Framer::default();
        framer.frame(b"Mar  2 09:00:05 mx1 postfix/smtpd[1]: x");
        assert_eq!(along(&mut framer, "Mar  2 09:00:05 mx1 postfix/smtpd[1]: x\r"), None);
    }
}
