//! The tag of a syslog line, `program[pid]: message`, and where it ends.
//!
//! The program of a Postfix service that is an address holds what ends a tag elsewhere, where `syslog_name` has the
//! service's name (`postfix/$service_name`): `postfix/10.0.0.1:465/smtpd[203]: …`,
//! `postfix/[2001:db8::1]:587/smtpd[203]: …`.

use wide::u8x16;

use super::syslog::number;

/// Where the tag of a syslog line ends: the text behind the host is `program[pid]: message`.
#[inline]
pub(super) fn tag_end(text: &[u8]) -> usize {
    // Nearly every tag is shorter than this, and is looked at in two steps instead of being searched.
    if let Some(first) = text.first_chunk::<32>()
        && let [one, two] = first.as_chunks().0
    {
        let ends = tag_ends(one) | tag_ends(two) << 16;
        if ends != 0 {
            return ends.trailing_zeros() as usize;
        }
    }
    memchr::memchr3(b'[', b':', b' ', text).unwrap_or(text.len())
}

/// Which of the bytes may end a tag, one bit for each.
#[inline]
fn tag_ends(text: &[u8; 16]) -> u32 {
    let text = u8x16::new(*text);
    let is = |byte| text.simd_eq(u8x16::splat(byte));
    (is(b'[') | is(b':') | is(b' ')).to_bitmask()
}

/// Whether a tag's program ends here. Behind a slash, a bracket belongs to an address.
#[inline]
pub(super) fn ends_a_tag(program: &[u8], rest: &[u8]) -> bool {
    matches!(rest, [b'[', ..] | [b':', b' ', ..]) && program.last() != Some(&b'/')
}

/// Where the tag of a syslog line ends, which may hold an address.
pub(super) fn whole_tag_end(text: &[u8]) -> usize {
    let end = tag_end(text);
    if ends_a_tag(&text[..end], &text[end..]) {
        return end;
    }
    let word = &text[..memchr::memchr(b' ', text).unwrap_or(text.len())];
    let program = word.strip_suffix(b":").and_then(before_pid);
    program.filter(|program| holds_address(program, end)).map_or(end, <[u8]>::len)
}

/// Where the program ends in a tag that stands by itself, with or without a process id.
pub(super) fn identifier_end(tag: &[u8]) -> usize {
    let end = tag_end(tag);
    if end == tag.len() || ends_a_tag(&tag[..end], &tag[end..]) {
        return end;
    }
    let program = tag.strip_suffix(b":").unwrap_or(tag);
    let program = before_pid(program).unwrap_or(program);
    if holds_address(program, end) { program.len() } else { end }
}

/// The program in `program[pid]`.
fn before_pid(tag: &[u8]) -> Option<&[u8]> {
    let tag = tag.strip_suffix(b"]")?;
    let open = memchr::memrchr(b'[', tag)?;
    number(&tag[open + 1..]).map(|_| &tag[..open])
}

/// Whether a program goes on behind what ends one elsewhere: the address stands between its slashes, and there is no
/// blank in it.
fn holds_address(program: &[u8], end: usize) -> bool {
    let parts = program.split_at_checked(end);
    parts.is_some_and(|(before, behind)| before.contains(&b'/') && behind.contains(&b'/') && !behind.contains(&b' '))
}

/// `program[pid]: message`, of which the program ends at `end`; without a tag everything is message.
///
/// Of what came as RFC 5424, rsyslog writes the tag without its colon into a file of another form: `program[pid] message`.
#[inline]
pub(super) fn tag(text: &[u8], end: usize) -> (&[u8], u32, &[u8]) {
    let (program, rest) = text.split_at(end);
    if rest.is_empty() {
        return (text, 0, &[]);
    }
    let (pid, rest) = bracketed(rest).unwrap_or((0, rest));
    match rest.strip_prefix(b":") {
        Some([b' ', message @ ..]) if message.first().is_some_and(u8::is_ascii_graphic) => (program, pid, message),
        Some(message) => (program, pid, message.trim_ascii_start()),
        None if rest.is_empty() => (program, pid, rest),
        None if pid > 0 && !program.is_empty() && rest[0] == b' ' => (program, pid, rest.trim_ascii_start()),
        None => (&[], 0, text),
    }
}

/// `[pid]` and what follows it; 0 where it is no number.
#[inline]
pub(super) fn bracketed(text: &[u8]) -> Option<(u32, &[u8])> {
    let inside = text.strip_prefix(b"[")?;
    let digits = inside.iter().take(9).take_while(|byte| byte.is_ascii_digit());
    let (pid, length) = digits.fold((0, 0), |(pid, length), digit| (pid * 10 + u32::from(digit - b'0'), length + 1));
    if let (1.., Some(b']')) = (length, inside.get(length)) {
        return Some((pid, &inside[length + 1..]));
    }
    memchr::memchr(b']', inside).map(|end| (0, &inside[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::super::{Framed, Framer};
    use super::*;

    #[test]
    fn a_tag_of_any_length_ends_where_it_ends() {
        for length in 0..70 {
            for end in ["[1]: x", ": x", " x", ""] {
                for behind in ["", " and so on, up to the length of a usual line [1]: x"] {
                    let text = "t".repeat(length) + end + if end.is_empty() { "" } else { behind };
                    assert_eq!(tag_end(text.as_bytes()), length, "{text}");
                }
            }
        }
    }

    /// The program, the process id and the message of a line.
    fn read(line: &str) -> Option<(String, u32, String)> {
        let mut framer = Framer::default();
        let Framed::Line(line) = framer.frame(line.as_bytes()) else { return None };
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Some((text(line.program), line.pid, text(line.message)))
    }

    #[test]
    fn a_service_may_be_an_address() {
        for program in [
            "postfix/10.0.0.1:465/smtpd",
            "postfix/mx1.example.org:submission/smtpd",
            "postfix/[2001:db8::1]:587/smtpd",
            "mx-out/[::1]:587/smtpd",
            "postfix/an-address-that-is-longer-than-thirty-two-bytes.example.org:465/smtpd",
            "postfix/submission/smtpd",
        ] {
            let expected = Some((program.to_owned(), 546, "connect from a[192.0.2.1]".to_owned()));
            for line in [
                format!("Dec 30 10:00:06 mx1 {program}[546]: connect from a[192.0.2.1]"),
                format!("<22>Dec 30 10:00:06 {program}[546]: connect from a[192.0.2.1]"),
                format!("Dec 30 10:00:06 mx1 mail.info {program}[546]: connect from a[192.0.2.1]"),
                format!("2026-05-07T08:00:00.000000000Z stdout F {program}[546]: connect from a[192.0.2.1]"),
                format!("<22>1 2026-05-07T07:00:05Z mx1 {program} 546 - - connect from a[192.0.2.1]"),
                format!(
                    r#"{{"SYSLOG_IDENTIFIER":"{program}","SYSLOG_PID":"546","__REALTIME_TIMESTAMP":"1795441670152700","MESSAGE":"connect from a[192.0.2.1]"}}"#
                ),
                format!(
                    r#"{{"timestamp":"2026-05-07T07:00:05Z","syslogtag":"{program}[546]:","message":" connect from a[192.0.2.1]"}}"#
                ),
            ] {
                assert_eq!(read(&line), expected, "{line}");
            }
            // What tells lines apart that begin like the one before takes none of them for another program's.
            let (text, mut framer) = (format!("Dec 30 10:00:06 mx1 {program}[546]: x"), Framer::default());
            framer.frame(text.as_bytes());
            let again =
                framer.again(text.as_bytes()).map(|again| (again.program == program.as_bytes(), again.has_tag()));
            assert!(matches!(again, Some((true, true) | (false, false))), "{program}");
        }
    }

    #[test]
    fn no_other_tag_goes_on_behind_its_end() {
        for (text, program) in [
            ("exim:a/b[1]: x", "exim"),
            ("postfix/smtpd:a[1]: x", "postfix/smtpd"),
            ("postfix/smtpd: a/b[1]: x", "postfix/smtpd"),
            ("postfix/10.0.0.1:465/smtpd: x", "postfix/10.0.0.1"),
            ("postfix/10.0.0.1:465/smtpd[x]: x", "postfix/10.0.0.1"),
            ("postfix/10.0.0.1:465/smtpd[1] x", "postfix/10.0.0.1"),
            ("postfix/smtpd[1]: a/b[2]: x", "postfix/smtpd"),
            ("postfix/smtpd[1]:a/b[2]:", "postfix/smtpd"),
        ] {
            assert_eq!(&text[..whole_tag_end(text.as_bytes())], program, "{text}");
        }
        for (tag, program) in [
            ("web", "web"),
            ("web[1]:", "web"),
            ("web:", "web"),
            ("web:a/b", "web"),
            ("a/b:c", "a/b"),
            ("postfix/smtpd:", "postfix/smtpd"),
            ("a/b: c/d", "a/b"),
            ("a/b:c d/e", "a/b"),
        ] {
            assert_eq!(&tag[..identifier_end(tag.as_bytes())], program, "{tag}");
        }
    }
}
