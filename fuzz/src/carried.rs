//! Any line in any container: what a framer makes of it, and that a container changes nothing of what is inside.

use crate::formats::detect::{count, detect};
use crate::sources::container::Container;
use crate::sources::framing::{Framed, Framer, Line};

/// Frames each line of the bytes, alone and behind the others, as it is and carried by each runtime.
pub fn any_line_in_any_container(bytes: &[u8]) {
    let mut framer = Framer::default();
    for line in bytes.split(|byte| *byte == b'\n') {
        let _ = framer.again(line).map(|again| again.pid_and_message());
        let _ = framer.frame(line);
        let _ = Container::of(line);
        carried(line);
    }
    let _ = detect([bytes]);
    for format in crate::formats::FORMATS {
        let _ = count(*format, [bytes]);
    }
}

/// A syslog line that is carried is the line that it was.
fn carried(line: &[u8]) {
    let line = line.trim_ascii_end();
    let mut framer = Framer::default();
    let Framed::Line(expected) = framer.frame(line) else { return };
    if !matches!(Container::of(line), Some(Container::Rfc3164 | Container::Rfc5424 | Container::Iso)) {
        return;
    }
    let stamp = b"2026-03-01T00:12:48.123456789Z ";
    // A mark of the byte order stands at a line's beginning only, and a stamp as Docker or Podman writes it may be theirs.
    let of_podman = || matches!(line.get(29..36), Some([b'+' | b'-', .., b' ']));
    if line.starts_with(b"\xEF") || line.get(..stamp.len()).is_some_and(|begin| begin.ends_with(b"Z ")) || of_podman() {
        return;
    }
    let (begin, end) = line.split_at(line.len() / 2);
    same(&expected, &[[&stamp[..], b"stdout F ", line].concat()]);
    // A record that ends in a carriage return is one of a file with such line ends.
    if !begin.ends_with(b"\r") {
        same(&expected, &[[&stamp[..], b"stderr P ", begin].concat(), [&stamp[..], b"stderr F ", end].concat()]);
    }
    // A stamp with this letter may be compose's.
    if line.get(10) != Some(&b'T') {
        same(&expected, &[[b"mail-1  | ", line].concat()]);
    }
    same(&expected, &[[&b"\x1b[36mmail-1  | \x1b[0m"[..], stamp, line].concat()]);
    if let Ok(text) = std::str::from_utf8(line) {
        let docker = |log: String| serde_json::json!({"log": log, "stream": "stdout", "time": "2026-03-01T00:12:48Z"});
        let record = docker(format!("{text}\r\n")).to_string().into_bytes();
        // Members in the order that Docker has.
        assert!(record.starts_with(b"{\"log\""));
        same(&expected, &[record]);
    }
}

/// The last of the records gives the line.
fn same(expected: &Line<'_>, records: &[Vec<u8>]) {
    let mut framer = Framer::default();
    let Some((last, before)) = records.split_last() else { return };
    before.iter().for_each(|record| assert_eq!(framer.frame(record), Framed::Blank));
    match framer.frame(last) {
        Framed::Line(found) => assert!(
            found == *expected || (expected.host.is_empty() && Line { host: b"", ..found } == *expected),
            "{found:?} {expected:?}"
        ),
        other => panic!("{other:?} {expected:?}"),
    }
}
