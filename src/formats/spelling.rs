//! How servers write what they do not write as it is: accounts with odd bytes in them, addresses with all zeros.
//!
//! A record borrows from its line, so it holds such a text as it was logged; this undoes it where the text becomes an
//! account or an address.

use std::borrow::Cow;
use std::net::IpAddr;

/// A server's ways. By default it writes everything as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spelling {
    /// In accounts that clients have proved to be theirs.
    pub proven: Escapes,
    /// In accounts that clients have tried in vain.
    pub tried: Escapes,
    /// Whether addresses come in other forms than the one of RFC 5952.
    pub long_addresses: bool,
}

impl Spelling {
    /// A client's address in its usual form; as it is where it is none.
    #[must_use]
    pub fn address<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if !self.long_addresses || !text.contains(':') {
            return Cow::Borrowed(text);
        }
        text.parse::<IpAddr>().map_or(Cow::Borrowed(text), |address| Cow::Owned(address.to_canonical().to_string()))
    }
}

/// How bytes are written that might be taken for something else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Escapes {
    /// As they are.
    #[default]
    None,
    /// As `+XX`, two hexadecimal digits in upper case: <https://www.rfc-editor.org/rfc/rfc3461#section-4>.
    Xtext,
    /// As BSD's `vis` writes them: <https://man.openbsd.org/vis.3>.
    Vis,
    /// What is not ASCII as `\OOO`, three octal digits a byte, and a backslash as it is: only what makes UTF-8 is read.
    Octal,
}

impl Escapes {
    /// The text that was meant.
    #[must_use]
    pub fn undo(self, text: &str) -> Cow<'_, str> {
        let (mark, read): (u8, ReadEscape) = match self {
            Self::None => return Cow::Borrowed(text),
            Self::Xtext => (b'+', hexadecimal),
            Self::Vis => (b'\\', visible),
            Self::Octal => return beyond_ascii(text),
        };
        if memchr::memchr(mark, text.as_bytes()).is_none() {
            return Cow::Borrowed(text);
        }
        let meant = undone(text.as_bytes(), mark, read);
        Cow::Owned(String::from_utf8(meant).unwrap_or_else(|wrong| String::from_utf8_lossy(wrong.as_bytes()).into()))
    }
}

/// Reads what follows an escape's mark: the byte that is meant, and how many characters stand for it.
type ReadEscape = fn(&[u8]) -> Option<(u8, usize)>;

/// The bytes that a text means. What looks like an escape and is none stays.
fn undone(mut text: &[u8], mark: u8, read: ReadEscape) -> Vec<u8> {
    let mut meant = Vec::with_capacity(text.len());
    while let Some(at) = memchr::memchr(mark, text) {
        meant.extend_from_slice(&text[..at]);
        let (byte, used) = read(&text[at + 1..]).unwrap_or((mark, 0));
        meant.push(byte);
        text = &text[at + 1 + used..];
    }
    meant.extend_from_slice(text);
    meant
}

/// A text with those octal escapes read that make UTF-8. Other backslashes may be a name's own: `CORP\alice`.
fn beyond_ascii(text: &str) -> Cow<'_, str> {
    if memchr::memchr(b'\\', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let (mut meant, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        let row: Vec<u8> = rest.as_bytes()[at..].chunks_exact(4).map_while(octal).collect();
        meant.push_str(&rest[..at]);
        rest = &rest[at..];
        for part in row.utf8_chunks() {
            meant.push_str(part.valid());
            rest = &rest[4 * part.valid().len()..];
            let (escapes, behind) = rest.split_at(4 * part.invalid().len());
            meant.push_str(escapes);
            rest = behind;
        }
        if row.is_empty() {
            meant.push('\\');
            rest = &rest[1..];
        }
    }
    meant.push_str(rest);
    Cow::Owned(meant)
}

/// A byte that is not ASCII, as `\OOO`.
fn octal(text: &[u8]) -> Option<u8> {
    let digit = |byte: u8| (b'0'..=b'7').contains(&byte).then(|| byte - b'0');
    match *text {
        [b'\\', a @ (b'2' | b'3'), b, c] => Some((a - b'0') << 6 | digit(b)? << 3 | digit(c)?),
        _ => None,
    }
}

/// Behind xtext's `+`.
fn hexadecimal(text: &[u8]) -> Option<(u8, usize)> {
    let digit = |byte: &u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    };
    Some((digit(text.first()?)? << 4 | digit(text.get(1)?)?, 2))
}

/// Behind `vis`' backslash.
fn visible(text: &[u8]) -> Option<(u8, usize)> {
    let control = |byte: u8| if byte == b'?' { 0x7F } else { byte & 0x1F };
    match *text {
        [b'M', b'-', byte, ..] => Some((byte | 0x80, 3)),
        [b'M', b'^', byte, ..] => Some((control(byte) | 0x80, 3)),
        [b'^', byte, ..] => Some((control(byte), 2)),
        [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', ..] => {
            Some(((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'), 3))
        }
        [byte, ..] => {
            const NAMED: [(u8, u8); 11] = [
                (b'\\', b'\\'),
                (b's', b' '),
                (b't', b'\t'),
                (b'n', b'\n'),
                (b'r', b'\r'),
                (b'a', 0x07),
                (b'b', 0x08),
                (b'v', 0x0B),
                (b'f', 0x0C),
                (b'E', 0x1B),
                (b'0', 0),
            ];
            NAMED.iter().find(|(name, _)| *name == byte).map(|(_, byte)| (*byte, 1))
        }
        [] => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_escaped_is_read_back() {
        for (escapes, logged, meant) in [
            (Escapes::None, "a+2Bb\\s", "a+2Bb\\s"),
            (Escapes::Xtext, "grafana+2Balerts@ops.example.org", "grafana+alerts@ops.example.org"),
            (Escapes::Xtext, "o+27neil+3D+20x", "o'neil= x"),
            (Escapes::Xtext, "a+zz+2b+4", "a+zz+2b+4"),
            (Escapes::Xtext, "caf+C3+A9", "café"),
            (Escapes::Vis, "a\\sb\\040c", "a b c"),
            (Escapes::Vis, "CORP\\\\alice", "CORP\\alice"),
            (Escapes::Vis, "caf\\M-C\\M-)", "café"),
            (Escapes::Vis, "a\\^Ib\\^?\\M^@", "a\tb\u{7f}\u{FFFD}"),
            (Escapes::Vis, "end\\", "end\\"),
            (Escapes::Octal, "uml\\303\\244ut@x \\342\\202\\254", "umläut@x €"),
            (Escapes::Octal, "CORP\\303\\alice", "CORP\\303\\alice"),
            (Escapes::Octal, "CORP\\2(4ut \\38x", "CORP\\2(4ut \\38x"),
            (Escapes::Octal, "CORP\\2014\\351", "CORP\\2014\\351"),
            (Escapes::Octal, "\\201\\303\\244\\377é\\342\\202\\254", "\\201ä\\377é€"),
            (Escapes::Octal, "\\\\303\\244\\", "\\ä\\"),
        ] {
            assert_eq!(escapes.undo(logged), meant, "{logged}");
        }
    }

    #[test]
    fn addresses_have_one_form() {
        let spelling = Spelling { long_addresses: true, ..Spelling::default() };
        for (logged, usual) in [
            ("0:0:0:0:0:0:0:1", "::1"),
            ("2001:DB8:0:0:0:0:0:25", "2001:db8::25"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("192.0.2.7", "192.0.2.7"),
            ("local", "local"),
        ] {
            assert_eq!(spelling.address(logged), usual);
        }
        assert_eq!(Spelling::default().address("0:0:0:0:0:0:0:1"), "0:0:0:0:0:0:0:1");
    }
}
