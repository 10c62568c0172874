//! The columns of Exchange's logs, in one order whatever the file's.
//!
//! A line's parts are laid out one behind the other with a control character behind each that no part holds: quotes
//! are undone, control characters are blanks.

use memchr::memmem;

use super::csv::{Columned, unquoted};
use super::layout::{self, OTHER, RECEIVE, TRACKED};
use super::{part, tls};
use crate::sources::fields::blank_controls;
use crate::sources::framing::{Framed, Line, Own};

/// Behind a part.
const END: u8 = 0x1F;

/// What stands for the program of a tracking log's line.
pub(super) const TRACKING: &[u8] = b"tracking";

/// The parts of a line that was laid out.
#[derive(Clone, Copy)]
pub(super) struct Parts<'a>(pub &'a [u8]);

impl<'a> Parts<'a> {
    fn part(self, place: usize) -> &'a [u8] {
        self.0.split(|byte| *byte == END).nth(place).unwrap_or_default()
    }

    pub(super) fn session(self) -> &'a [u8] {
        self.part(part::SESSION)
    }

    pub(super) fn event(self) -> &'a [u8] {
        self.part(part::EVENT)
    }

    pub(super) fn data(self) -> &'a [u8] {
        self.part(part::DATA)
    }

    pub(super) fn internal_id(self) -> &'a [u8] {
        self.part(part::INTERNAL_ID)
    }

    pub(super) fn context(self) -> &'a [u8] {
        self.part(part::CONTEXT)
    }

    pub(super) fn message_id(self) -> &'a [u8] {
        self.part(part::MESSAGE_ID)
    }

    pub(super) fn connector(self) -> &'a [u8] {
        self.part(part::CONNECTOR)
    }

    pub(super) fn remote(self) -> &'a [u8] {
        self.part(part::REMOTE)
    }

    pub(super) fn bytes(self) -> &'a [u8] {
        self.part(part::BYTES)
    }

    pub(super) fn recipients(self) -> &'a [u8] {
        self.part(part::RECIPIENTS)
    }

    pub(super) fn addresses(self) -> &'a [u8] {
        self.part(part::ADDRESSES)
    }

    pub(super) fn return_path(self) -> &'a [u8] {
        self.part(part::RETURN_PATH)
    }

    /// The client's address; of a message that was handed on, the first client's.
    pub(super) fn client_ip(self) -> &'a [u8] {
        match self.part(part::ORIGINAL_CLIENT) {
            b"" => self.remote(),
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
        layout::read_head(&mut own.header, line);
        return Framed::Blank;
    }
    let Some(end) = stamp(line) else { return Framed::Unreadable };
    let Some((stamp, _)) = own.stamps.iso(&line[..end]) else { return Framed::Unreadable };
    if own.header.is_empty() {
        own.header = layout::without_head(line);
    }
    let Some((kind, layout)) = own.header.split_first() else { return Framed::Unreadable };
    let nothing = Line { stamp, host: b"", program: b"", pid: 0, message: b"", repeated: 1 };
    if *kind == OTHER {
        return Framed::Line(nothing);
    }
    let mut found: [&[u8]; part::ALL] = [b""; part::ALL];
    let mut columns = Columned(Some(line));
    for slot in layout {
        match columns.next() {
            Some(Some(column)) if usize::from(*slot) != part::NONE => found[usize::from(*slot)] = column,
            Some(Some(_)) => {}
            // The line ends too early, or in the middle of quotes.
            Some(None) | None => return Framed::Unreadable,
        }
    }
    let program = match *kind {
        RECEIVE => service(found[part::LOCAL]),
        _ if found[part::EVENT] == b"RECEIVE" && found[part::SOURCE] == b"SMTP" => TRACKING,
        _ => return Framed::Line(nothing),
    };
    if *kind == TRACKED {
        // `session;time;number`.
        let session = unquoted(found[part::SESSION]);
        found[part::SESSION] = &session[..memchr::memchr(b';', session).unwrap_or(session.len())];
    }
    own.buffer.clear();
    let mut host = 0..0;
    let parts = if *kind == RECEIVE { part::OF_RECEIVE } else { part::ALL };
    for (place, column) in found[..parts].iter().enumerate() {
        let start = own.buffer.len();
        lay(column, *kind == RECEIVE && place == part::CONTEXT, &mut own.buffer);
        match place {
            part::CONNECTOR => host = start..start + memchr::memchr(b'\\', &own.buffer[start..]).unwrap_or(0),
            part::SERVER if host.is_empty() => host = start..own.buffer.len(),
            _ => {}
        }
        own.buffer.push(END);
    }
    let buffer = &own.buffer[..];
    Framed::Line(Line { host: &buffer[host], program, message: buffer, ..nothing })
}

/// The service that a port of the server's stands for, where it stands for one. At 465 TLS begins with STARTTLS: there
/// the front end hands its clients on.
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

/// Appends a part.
fn lay(column: &[u8], is_context: bool, out: &mut Vec<u8>) {
    let inside = unquoted(column);
    if is_context && tls::lay(inside, out) {
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
