//! How a syslog line begins: as the one before, but for its seconds. Most logs have one host and many lines a minute.

use super::super::stamp::Stamp;
use super::syslog::{bracketed, tag_end};
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

    /// What there is of a line that begins likewise; none where it is another line, or one to be looked at more closely.
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
        let fraction = match text.get(seconds + 2)? {
            b'.' | b',' => text[seconds + 3..].iter().take_while(|byte| byte.is_ascii_digit()).count(),
            _ => 0,
        };
        let behind = seconds + 2 + if fraction > 0 { 1 + fraction } else { 0 };
        let second = second(&text[seconds..]).filter(|_| text[seconds - 1] == b':')?;
        let micros = micros(&text[seconds + 2..], fraction).filter(|_| behind < host)?;
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
        let (second, micros) = (second(&beginning[seconds..])?, micros(&beginning[seconds + 2..], fraction)?);
        self.second = minute.plus(second);
        text[seconds..seconds + 2].copy_from_slice(&beginning[seconds..seconds + 2]);
        Some(micros)
    }
}

/// Two digits of seconds, in microseconds. A leap second is not as usual.
#[inline]
fn second(text: &[u8]) -> Option<i64> {
    number(text.first_chunk::<2>()?).filter(|second| *second < 60).map(|second| second * SECOND)
}

/// A fraction of so many digits behind its point, in microseconds.
#[inline]
fn micros(text: &[u8], digits: usize) -> Option<i64> {
    match digits {
        0 => Some(0),
        3 => number(text.get(1..)?.first_chunk::<3>()?).map(|millis| millis * 1000),
        6 => number(text.get(1..)?.first_chunk::<6>()?),
        _ => None,
    }
}

#[inline]
fn number<const N: usize>(digits: &[u8; N]) -> Option<i64> {
    digits.iter().try_fold(0, |number, byte| {
        let digit = byte.wrapping_sub(b'0');
        (digit < 10).then(|| number * 10 + i64::from(digit))
    })
}
