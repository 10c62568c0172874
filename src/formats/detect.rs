//! Finding out how a file's lines are written, from the lines themselves.

use super::{FORMATS, Format};
use crate::sources::framing::{Framed, Framer};

/// What detection found.
#[derive(Clone, Copy, Debug)]
pub enum Detected {
    /// One format reads more of the lines than any other.
    Sure(&'static dyn Format),
    /// Two formats read equally many.
    Tie(&'static dyn Format, &'static dyn Format),
    /// No format reads any.
    Nothing,
}

/// The format of a text's lines: the one that reads most of them.
#[must_use]
pub fn detect<'a>(texts: impl IntoIterator<Item = &'a [u8]> + Clone) -> Detected {
    let mut found = FORMATS.iter().map(|format| (count(*format, texts.clone()), *format)).collect::<Vec<_>>();
    found.sort_by_key(|(lines, _)| std::cmp::Reverse(*lines));
    match found.as_slice() {
        [(most, first), (next, second), ..] if most == next && *most > 0 => Detected::Tie(*first, *second),
        [(most, format), ..] if *most > 0 => Detected::Sure(*format),
        _ => Detected::Nothing,
    }
}

/// How many lines a format reads.
#[must_use]
pub fn count<'a>(format: &'static dyn Format, texts: impl IntoIterator<Item = &'a [u8]>) -> usize {
    let mut framer = Framer::default();
    let mut read = |line: &[u8]| match framer.frame_as(line, format) {
        Framed::Line(line) => format.wants(line.program, line.message) && matches!(format.parse(&line), Ok(Some(_))),
        Framed::Foreign(_) | Framed::Repeated(_) | Framed::Blank | Framed::Unreadable => false,
    };
    texts.into_iter().flat_map(|text| text.split(|byte| *byte == b'\n')).filter(|line| read(line)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_tell_their_format() {
        let postfix = b"Mar  1 09:00:00 mx1 postfix/smtpd[1]: connect from a[192.0.2.1]\n";
        assert!(matches!(detect([&postfix[..]]), Detected::Sure(format) if format.name() == "postfix"));
        assert!(matches!(detect([&b"hello\n"[..]]), Detected::Nothing));
    }
}
