//! What a container's runtime puts in front of each line that a program writes: Kubernetes' CRI, `docker compose logs`.
//!
//! Inside is a line of syslog, of a server's own log, or one without a time: then the runtime's time counts.
//! Docker's `json-file` and CRI cut long lines into records; their pieces are put together again, those of
//! a program's two outputs apart, since they come in turns.

use super::stamp::{Stamp, StampReader};

/// A line as a runtime hands it on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wrapped<'a> {
    /// The container's name, where it is said.
    pub name: &'a [u8],
    /// When the runtime received it, where it is said.
    pub collected: Option<Stamp>,
    /// Whether it was written to the second of a program's outputs.
    pub stderr: bool,
    /// Whether the line ends here.
    pub whole: bool,
    /// What the program wrote.
    pub text: &'a [u8],
}

/// How much of a line that came in pieces is kept: no mail server's is longer.
const LONGEST: usize = 1 << 20;

/// The length at which Docker cuts a line.
const DOCKER_S_PIECE: usize = 16 << 10;

/// Whether a runtime has handed the line on, whatever is inside: what a format must not take for its own.
pub(super) fn is_wrapped(line: &[u8]) -> bool {
    line.starts_with(b"{\"log\"") || is_cri(line) || compose(line).is_some()
}

/// Whether CRI has handed the line on.
pub(super) fn is_cri(line: &[u8]) -> bool {
    cri_parts(line).is_some()
}

/// [CRI](https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md):
/// `2026-03-01T00:12:48.123456789Z stdout F line`, where `P` is a piece of a line that goes on in the next one.
pub(super) fn cri<'a>(line: &'a [u8], stamps: &mut StampReader) -> Option<Wrapped<'a>> {
    let (blank, stderr, whole, text) = cri_parts(line)?;
    let (stamp, _) = stamps.iso(&line[..=blank])?;
    Some(Wrapped { name: b"", collected: Some(stamp), stderr, whole, text })
}

/// Where CRI's stamp ends, which output it was, whether the line ends here, and the line.
fn cri_parts(line: &[u8]) -> Option<(usize, bool, bool, &[u8])> {
    if line.get(10) != Some(&b'T') || !line[0].is_ascii_digit() {
        return None;
    }
    let blank = memchr::memchr(b' ', &line[..line.len().min(40)])?;
    let (stderr, whole, text) = behind_stamp(&line[blank + 1..])?;
    Some((blank, stderr, whole, text))
}

/// `stdout F line`, where a host would stand in syslog. More tags may follow the first, behind a colon each.
pub(super) fn behind_stamp(rest: &[u8]) -> Option<(bool, bool, &[u8])> {
    let (stderr, rest) = match (rest.strip_prefix(b"stdout "), rest.strip_prefix(b"stderr ")) {
        (Some(rest), _) => (false, rest),
        (_, Some(rest)) => (true, rest),
        (None, None) => return None,
    };
    let whole = match rest.first()? {
        b'F' => true,
        b'P' => false,
        _ => return None,
    };
    match rest.get(1) {
        None => Some((stderr, whole, b"")),
        Some(b' ') => Some((stderr, whole, &rest[2..])),
        Some(b':') => memchr::memchr(b' ', rest).map(|end| (stderr, whole, &rest[end + 1..])),
        Some(_) => None,
    }
}

/// `docker compose logs`: `name-1  | line`, in colours where it wrote to a terminal.
pub(super) fn compose(line: &[u8]) -> Option<(&[u8], &[u8])> {
    // Nearly every line of every other kind ends here.
    memchr::memchr(b'|', &line[..line.len().min(2 * LONGEST_NAME)])?;
    let line = without_colour(line);
    let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let end = line.iter().take(LONGEST_NAME + 1).position(|byte| !is_of_name(byte))?;
    let (name, rest) = line.split_at(end);
    let bar = without_colour(rest).trim_ascii_start();
    if name.is_empty() || rest.first() == Some(&b'|') {
        return None;
    }
    let text = without_colour(bar.strip_prefix(b"|")?);
    Some((name, without_colour(text.strip_prefix(b" ").unwrap_or(text))))
}

/// Whether a stamp, with the blank behind it, is Docker's own, which has nine digits behind the second: hardly a server's
/// has. Podman's is in the machine's zone: `2026-03-01T01:12:48.123456789+01:00 `.
pub(super) fn is_docker_s(stamp: &[u8]) -> bool {
    match stamp.len() {
        DOCKER_S => stamp.ends_with(b"Z "),
        PODMAN_S => matches!(stamp[DOCKER_S - 2], b'+' | b'-') && stamp.ends_with(b" "),
        _ => false,
    }
}

const DOCKER_S: usize = b"2026-03-01T00:12:48.123456789Z ".len();
const PODMAN_S: usize = b"2026-03-01T01:12:48.123456789+01:00 ".len();

/// The longest name of a container that is taken for one; what makes it as wide as the others is no longer.
const LONGEST_NAME: usize = 128;

/// The text behind [escape sequences](https://www.ecma-international.org/publications-and-standards/standards/ecma-48/)
/// that choose a colour: `ESC [ 3 6 m`.
fn without_colour(text: &[u8]) -> &[u8] {
    let mut text = text;
    while let Some(rest) = text.strip_prefix(b"\x1b[") {
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b';').count();
        match rest[digits..].strip_prefix(b"m") {
            Some(rest) => text = rest,
            None => break,
        }
    }
    text
}

/// The pieces of lines that have begun, by output.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    outputs: [Piece; 2],
    /// Whether Docker's records have ended with a line end so far: some who copy them take it off.
    line_ends: bool,
}

#[derive(Debug, Default)]
struct Piece {
    text: Vec<u8>,
    open: bool,
}

impl Pieces {
    /// The line that ends with this piece; none where it goes on.
    pub(super) fn join<'a>(&'a mut self, stderr: bool, whole: bool, text: &'a [u8]) -> Option<&'a [u8]> {
        let piece = &mut self.outputs[usize::from(stderr)];
        if whole && !piece.open {
            return Some(text);
        }
        if !piece.open {
            piece.text.clear();
        }
        let room = LONGEST - piece.text.len();
        piece.text.extend_from_slice(&text[..text.len().min(room)]);
        piece.open = !whole;
        whole.then_some(&piece.text)
    }

    /// Whether a record of Docker's ends its line.
    pub(super) fn ends_line(&mut self, log: &[u8]) -> bool {
        let has_end = log.ends_with(b"\n");
        self.line_ends |= has_end;
        has_end || !(self.line_ends || log.len() >= DOCKER_S_PIECE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_of_compose_is_taken_off() {
        for line in [
            "mail-1  | x y",
            "mail-1  |  x y",
            "\u{1b}[36mmail-1  | \u{1b}[0mx y",
            "\u{1b}[1;36mmail-1\u{1b}[0m  | x y",
        ] {
            let found = compose(line.as_bytes()).map(|(name, text)| (name, text.trim_ascii_start()));
            assert_eq!(found, Some((&b"mail-1"[..], &b"x y"[..])), "{line}");
        }
        assert_eq!(compose(b"mail_1  |"), Some((&b"mail_1"[..], &b""[..])));
        for line in ["", "|", " | x", "mail-1", "mail-1 x | y", "a|b", "a: | b", "\u{1b}[36", "\u{1b}[36m"] {
            assert_eq!(compose(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn cri_s_columns_are_read() {
        let mut stamps = StampReader::default();
        let mut of = |line: &'static str| cri(line.as_bytes(), &mut stamps);
        let found = of("2026-03-01T00:12:48.123456789Z stderr P:x abc ");
        assert!(found.is_some_and(|found| found.stderr && !found.whole && found.text == b"abc "));
        assert!(of("2026-03-01T00:12:48.123456789+02:00 stdout F").is_some_and(|found| found.whole));
        for line in ["2026-03-01T00:12:48Z stdin F x", "2026-03-01T00:12:48Z stdout X x", "2026-03-01T00:12:48Z", ""] {
            assert_eq!(of(line), None, "{line}");
        }
    }

    #[test]
    fn pieces_of_two_outputs_come_in_turns() {
        let mut pieces = Pieces::default();
        assert_eq!(pieces.join(false, false, b"one "), None);
        assert_eq!(pieces.join(true, false, b"two "), None);
        assert_eq!(pieces.join(false, true, b"line"), Some(&b"one line"[..]));
        assert_eq!(pieces.join(false, true, b"whole"), Some(&b"whole"[..]));
        assert_eq!(pieces.join(true, true, b"lines"), Some(&b"two lines"[..]));
        (0..3).for_each(|_| assert_eq!(pieces.join(true, false, &[b'x'; LONGEST - 1]), None));
        assert_eq!(pieces.join(true, true, b"").map(<[u8]>::len), Some(LONGEST));
    }

    #[test]
    fn a_record_without_line_end_is_a_piece_where_others_have_one() {
        let mut pieces = Pieces::default();
        assert!(pieces.ends_line(b"all of these"));
        assert!(!pieces.ends_line(&[b'x'; DOCKER_S_PIECE]));
        assert!(pieces.ends_line(b"have none\n"));
        assert!(!pieces.ends_line(b"but now"));
    }
}
