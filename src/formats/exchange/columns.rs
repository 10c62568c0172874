//! The columns of Exchange's logs, in one order whatever the file's.
//!
//! A line's parts are laid out one behind the other with a control character behind each that no part holds: quotes
//! are undone, control characters are blanks.

use memchr::memmem;

use crate::sources::fields::blank_controls;
use crate::sources::framing::{Framed, Line, Own};

/// Behind a part.
const END: u8 = 0x1F;

/// What stands for the program of a tracking log's line.
pub(super) const TRACKING: &[u8] = b"tracking";

/// What stands between a version and the algorithms' names.
pub(super) const SUCCEEDED: &[u8] = b" negotiation succeeded";

/// How many parts a line has.
const PARTS: usize = 13;

/// How many of them a receive connector's line has: the service stands for its own end of the connection.
const RECEIVE_PARTS: usize = 6;

/// No part.
const NONE: u8 = u8::MAX;

/// Which log a file is: of receive connectors, of messages, or one that tells of nothing which was submitted.
const RECEIVE: u8 = b'R';
const TRACKED: u8 = b'T';
const OTHER: u8 = b'O';

/// A log's columns, in the order that they have by default, and the part that each is.
type Columns = [(&'static str, u8)];

/// The stamp is read where the line begins.
const RECEIVE_COLUMNS: &Columns = &[
    ("date-time", NONE),
    ("connector-id", 4),
    ("session-id", 0),
    ("sequence-number", NONE),
    ("local-endpoint", 6),
    ("remote-endpoint", 5),
    ("event", 1),
    ("data", 2),
    ("context", 3),
];

/// Which of these there are differs from version to version.
const TRACKING_COLUMNS: &Columns = &[
    ("date-time", NONE),
    ("client-ip", 5),
    ("client-hostname", NONE),
    ("server-ip", NONE),
    ("server-hostname", 12),
    ("source-context", 0),
    ("connector-id", 4),
    ("source", 11),
    ("event-id", 1),
    ("internal-message-id", 2),
    ("message-id", 3),
    ("network-message-id", NONE),
    ("recipient-address", 8),
    ("recipient-status", NONE),
    ("total-bytes", 6),
    ("recipient-count", 7),
    ("related-recipient-address", NONE),
    ("reference", NONE),
    ("message-subject", NONE),
    ("sender-address", NONE),
    ("return-path", 9),
    ("message-info", NONE),
    ("directionality", NONE),
    ("tenant-id", NONE),
    ("original-client-ip", 10),
];

/// A line of a tracking log has at least so many columns.
const FEWEST_TRACKED: usize = 18;

/// The parts of a line that was laid out.
#[derive(Clone, Copy)]
pub(super) struct Parts<'a>(pub &'a [u8]);

impl<'a> Parts<'a> {
    fn part(self, place: usize) -> &'a [u8] {
        self.0.split(|byte| *byte == END).nth(place).unwrap_or_default()
    }

    pub(super) fn session(self) -> &'a [u8] {
        self.part(0)
    }

    pub(super) fn event(self) -> &'a [u8] {
        self.part(1)
    }

    pub(super) fn data(self) -> &'a [u8] {
        self.part(2)
    }

    pub(super) fn internal_id(self) -> &'a [u8] {
        self.part(2)
    }

    pub(super) fn context(self) -> &'a [u8] {
        self.part(3)
    }

    pub(super) fn message_id(self) -> &'a [u8] {
        self.part(3)
    }

    pub(super) fn connector(self) -> &'a [u8] {
        self.part(4)
    }

    pub(super) fn remote(self) -> &'a [u8] {
        self.part(5)
    }

    pub(super) fn bytes(self) -> &'a [u8] {
        self.part(6)
    }

    pub(super) fn recipients(self) -> &'a [u8] {
        self.part(7)
    }

    pub(super) fn addresses(self) -> &'a [u8] {
        self.part(8)
    }

    pub(super) fn return_path(self) -> &'a [u8] {
        self.part(9)
    }

    /// The client's address; of a message that was handed on, the first client's.
    pub(super) fn client_ip(self) -> &'a [u8] {
        match self.part(10) {
            b"" => self.part(5),
            original => original,
        }
    }
}

/// Where a line's stamp ends; none where the line begins with no such one.
pub(super) fn stamp(line: &[u8]) -> Option<usize> {
    if line.get(10) != Some(&b'T') || !line[0].is_ascii_digit() {
        return None;
    }
    let end = memchr::memchr(b',', &line[..line.len().min(32)])?;
    (line[end - 1] == b'Z').then_some(end)
}

/// Lays out a line's parts, or remembers what the file's head says.
pub(super) fn read<'a>(own: &'a mut Own, line: &'a [u8]) -> Framed<'a> {
    if line[0] == b'#' {
        head(&mut own.header, line);
        return Framed::Blank;
    }
    let Some(end) = stamp(line) else { return Framed::Unreadable };
    let Some((stamp, _)) = own.stamps.iso(&line[..end]) else { return Framed::Unreadable };
    if own.header.is_empty() {
        own.header = layout_of(line);
    }
    let Some((kind, layout)) = own.header.split_first() else { return Framed::Unreadable };
    let nothing = Line { stamp, host: b"", program: b"", pid: 0, message: b"", repeated: 1 };
    if *kind == OTHER {
        return Framed::Line(nothing);
    }
    let mut found: [&[u8]; PARTS] = [b""; PARTS];
    let mut columns = Columned(Some(line));
    for slot in layout {
        match columns.next() {
            Some(Some(column)) if *slot != NONE => found[usize::from(*slot)] = column,
            Some(Some(_)) => {}
            // The line ends too early, or in the middle of quotes.
            Some(None) | None => return Framed::Unreadable,
        }
    }
    let program = match *kind {
        RECEIVE => service(found[6]),
        _ if found[1] == b"RECEIVE" && found[11] == b"SMTP" => TRACKING,
        _ => return Framed::Line(nothing),
    };
    if *kind == TRACKED {
        // `session;time;number`.
        let session = unquoted(found[0]);
        found[0] = &session[..memchr::memchr(b';', session).unwrap_or(session.len())];
    }
    own.buffer.clear();
    let mut host = 0..0;
    let parts = if *kind == RECEIVE { RECEIVE_PARTS } else { PARTS };
    for (place, part) in found[..parts].iter().enumerate() {
        let start = own.buffer.len();
        lay(part, *kind == RECEIVE && place == 3, &mut own.buffer);
        match place {
            4 => host = start..start + memchr::memchr(b'\\', &own.buffer[start..]).unwrap_or(0),
            12 if host.is_empty() => host = start..own.buffer.len(),
            _ => {}
        }
        own.buffer.push(END);
    }
    let buffer = &own.buffer[..];
    Framed::Line(Line { host: &buffer[host], program, message: buffer, ..nothing })
}

/// What a line of a file's head says of the lines behind it.
fn head(header: &mut Vec<u8>, line: &[u8]) {
    if let Some(kind) = line.strip_prefix(b"#Log-type:") {
        header.clear();
        let kind = kind.trim_ascii();
        if kind != b"SMTP Receive Protocol Log" && kind != b"Message Tracking Log" {
            header.push(OTHER);
        }
    } else if let Some(names) = line.strip_prefix(b"#Fields:") {
        if header.first() == Some(&OTHER) {
            return;
        }
        let names = || names.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
        let (kind, columns) = match names().any(|name| name == b"source-context") {
            true => (TRACKED, TRACKING_COLUMNS),
            false => (RECEIVE, RECEIVE_COLUMNS),
        };
        let slot =
            |name: &[u8]| columns.iter().find(|(other, _)| other.as_bytes() == name).map_or(NONE, |(_, slot)| *slot);
        header.clear();
        header.push(kind);
        header.extend(names().map(slot));
    }
}

/// The columns of a file without a head, from its first line.
fn layout_of(line: &[u8]) -> Vec<u8> {
    let (kind, columns) = match Columned(Some(line)).count() {
        0..FEWEST_TRACKED => (RECEIVE, RECEIVE_COLUMNS),
        _ => (TRACKED, TRACKING_COLUMNS),
    };
    std::iter::once(kind).chain(columns.iter().map(|(_, slot)| *slot)).collect()
}

/// The service that a port of the server's stands for, where it stands for one.
fn service(local: &[u8]) -> &'static [u8] {
    match memchr::memrchr(b':', local).map(|colon| &local[colon + 1..]) {
        Some(b"587") => b"submission",
        Some(b"25" | b"2525") => b"smtp",
        _ => b"receive",
    }
}

/// The address in `192.0.2.7:50100` or `[2001:db8::7]:50100`.
pub(super) fn address(endpoint: &[u8]) -> &[u8] {
    let address = memchr::memrchr(b':', endpoint).map_or(endpoint, |colon| &endpoint[..colon]);
    address.strip_prefix(b"[").and_then(|inside| inside.strip_suffix(b"]")).unwrap_or(address)
}

/// The columns of a line, in their quotes; the last is none where its quotes do not end.
struct Columned<'a>(Option<&'a [u8]>);

impl<'a> Iterator for Columned<'a> {
    type Item = Option<&'a [u8]>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.0.take()?;
        let quoted = if rest.first() == Some(&b'"') { closing(rest) } else { Some(0) };
        let Some(from) = quoted else { return Some(None) };
        match memchr::memchr(b',', &rest[from..]).map(|at| from + at) {
            Some(end) => {
                self.0 = Some(&rest[end + 1..]);
                Some(Some(&rest[..end]))
            }
            None => Some(Some(rest)),
        }
    }
}

/// Where the quotes end that a text begins with: a quote in them is doubled.
fn closing(text: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        at += memchr::memchr(b'"', text.get(at..)?)?;
        if text.get(at + 1) != Some(&b'"') {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// A column without the quotes around it; those in it stay doubled.
fn unquoted(column: &[u8]) -> &[u8] {
    column.strip_prefix(b"\"").and_then(|inside| inside.strip_suffix(b"\"")).unwrap_or(column)
}

/// Appends a part.
fn lay(column: &[u8], is_context: bool, out: &mut Vec<u8>) {
    let inside = unquoted(column);
    if is_context && lay_tls(inside, out) {
        return;
    }
    let start = out.len();
    let mut rest = inside;
    if inside.len() < column.len() {
        while let Some(at) = memmem::find(rest, b"\"\"") {
            out.extend_from_slice(&rest[..=at]);
            rest = &rest[at + 2..];
        }
    }
    out.extend_from_slice(rest);
    blank_controls(&mut out[start..]);
}

/// Appends a note on TLS with the algorithms' names only: `TLS protocol VERSION negotiation succeeded NAME NAME NAME`
/// of `… succeeded using bulk encryption algorithm NAME with strength 256 bits, MAC hash algorithm NAME with …`.
fn lay_tls(note: &[u8], out: &mut Vec<u8>) -> bool {
    const ALGORITHM: &[u8] = b" algorithm ";
    if !note.starts_with(b"TLS protocol ") {
        return false;
    }
    let Some(end) = memmem::find(note, SUCCEEDED).map(|at| at + SUCCEEDED.len()) else { return false };
    out.extend_from_slice(&note[..end]);
    for at in memmem::find_iter(&note[end..], ALGORITHM) {
        let name = &note[end + at + ALGORITHM.len()..];
        let name = &name[..name.iter().position(|byte| matches!(byte, b' ' | b',')).unwrap_or(name.len())];
        out.push(b' ');
        out.extend_from_slice(algorithm(name));
    }
    true
}

/// The name of an algorithm that .NET had none for, by its number; see
/// <https://learn.microsoft.com/windows/win32/seccrypto/alg-id>.
fn algorithm(name: &[u8]) -> &[u8] {
    match name {
        b"26113" => b"CALG_DES",
        b"26114" => b"CALG_RC2",
        b"26115" => b"CALG_3DES",
        b"26126" => b"CALG_AES_128",
        b"26128" => b"CALG_AES_256",
        b"26625" => b"CALG_RC4",
        b"32771" => b"CALG_MD5",
        b"32772" => b"CALG_SHA1",
        b"32780" => b"CALG_SHA_256",
        b"32781" => b"CALG_SHA_384",
        b"41984" => b"CALG_RSA_KEYX",
        b"43522" => b"CALG_DH_EPHEM",
        b"44550" => b"CALG_ECDH_EPHEM",
        other => other,
    }
}

#[cfg(test)]
#[expect(clippy::panic, reason = "a test may fail by panicking")]
mod tests {
    use super::*;

    const HEAD: &[u8] =
        b"#Fields: date-time,connector-id,session-id,sequence-number,local-endpoint,remote-endpoint,event,data,context";

    fn parts(head: &[u8], line: &[u8]) -> Vec<String> {
        let mut own = Own::default();
        if !head.is_empty() {
            assert_eq!(read(&mut own, head), Framed::Blank);
        }
        let Framed::Line(line) = read(&mut own, line) else { return Vec::new() };
        let texts = [line.host, line.program].into_iter().chain(line.message.split(|byte| *byte == END));
        texts.map(|text| String::from_utf8_lossy(text).into_owned()).collect()
    }

    #[test]
    fn columns_are_put_in_order() {
        let line = br#"2026-03-02T12:00:00.000Z,MBX1\Default MBX1,08D0,1,10.0.0.1:587,192.0.2.7:5000,<,"MAIL FROM:<""a,b""@example.org>","x,y""#;
        let expected = [
            "MBX1",
            "submission",
            "08D0",
            "<",
            "MAIL FROM:<\"a,b\"@example.org>",
            "x,y",
            "MBX1\\Default MBX1",
            "192.0.2.7:5000",
        ];
        assert_eq!(parts(HEAD, line)[..8], expected);
        assert_eq!(parts(b"", line)[..8], expected);
        let other = b"#Fields: date-time,session-id,event,data,context,connector-id,local-endpoint,remote-endpoint";
        let line = br#"2026-03-02T12:00:00Z,08D0,<,"MAIL FROM:<""a,b""@example.org>","x,y",MBX1\Default MBX1,10.0.0.1:587,192.0.2.7:5000"#;
        assert_eq!(parts(other, line)[..8], expected);
    }

    #[test]
    fn a_line_that_is_cut_is_no_line() {
        for cut in [
            &b"2026-03-02T12:00:00.000Z,MBX1\\Default MBX1,08D0,1,10.0.0.1:587,192.0.2.7:5000,<,MAIL"[..],
            b"2026-03-02T12:00:00.000Z,MBX1\\Default MBX1,08D0,1,10.0.0.1:587,192.0.2.7:5000,*,,\"TLS",
            b"2026-03-02T12:00:00.000Z,",
            b"2026-03-02T12:00:00.000Z,\"",
            b"2026-99-02T12:00:00.000Z,a",
        ] {
            assert!(parts(HEAD, cut).is_empty(), "{}", String::from_utf8_lossy(cut));
        }
    }

    #[test]
    fn of_tls_the_names_are_left() {
        let line = br#"2026-03-02T12:00:00.000Z,MBX1\C,08D0,1,10.0.0.1:587,192.0.2.7:5000,*,,"TLS protocol SP_PROT_TLS1_2_SERVER negotiation succeeded using bulk encryption algorithm CALG_AES_256 with strength 256 bits, MAC hash algorithm CALG_SHA_384 with strength 0 bits and key exchange algorithm 44550 with strength 255 bits""#;
        let note = &parts(HEAD, line)[5];
        assert_eq!(
            note,
            "TLS protocol SP_PROT_TLS1_2_SERVER negotiation succeeded CALG_AES_256 CALG_SHA_384 CALG_ECDH_EPHEM"
        );
    }

    #[test]
    fn no_part_ends_another() {
        let line =
            b"2026-03-02T12:00:00.000Z,MBX1\\C,08D0,1,10.0.0.1:587,192.0.2.7:5000,<,EHLO x\x1Fy\x1F*\x1Fauthenticated,";
        assert_eq!(parts(HEAD, line)[4], "EHLO x y * authenticated");
    }

    #[test]
    fn what_the_server_sends_is_another_log() {
        let mut own = Own::default();
        for line in [&b"#Log-type: SMTP Send Protocol Log"[..], HEAD] {
            assert_eq!(read(&mut own, line), Framed::Blank);
        }
        let Framed::Line(line) = read(&mut own, b"2026-03-02T12:00:00.000Z,C,08D0,1,10.0.0.1:5,192.0.2.7:25,+,,")
        else {
            panic!("a line")
        };
        assert!(line.message.is_empty());
    }

    #[test]
    fn endpoints_have_an_address() {
        assert_eq!(address(b"192.0.2.7:50100"), b"192.0.2.7");
        assert_eq!(address(b"[2001:db8::7]:587"), b"2001:db8::7");
        assert_eq!(address(b""), b"");
    }
}
