//! Who sends: what `add_host_info_for_log` in Exim's `receive.c` writes in front of `P=`.
//!
//! The HELO name and the ident are the client's own words. A name stands in brackets in front of the address, so a host
//! is read from its end; an ident may hold anything, so every place is tried at which it may begin.

use crate::formats::record::Client;

/// A host, as `host_build_sender_fullhost` in `host.c` shows it, and the server's own address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Host<'a> {
    /// Its name by DNS and its address.
    pub client: Client<'a>,
    /// What it calls itself.
    pub helo: &'a [u8],
    /// The port that it connected to, where `log_selector` has `+incoming_interface`.
    pub own_port: &'a [u8],
}

/// Every host that a text in front of a protocol can mean: ` DS H=NAME (HELO) [IP]:PORT I=[IP]:PORT TFO* U=IDENT Ci=ID`. One
/// unless the client's words look like it; the host of local mail has neither name nor address.
pub(super) fn hosts(text: &[u8]) -> impl Iterator<Item = Host<'_>> {
    let text = text.strip_prefix(b" DS").unwrap_or(text);
    let remote = text.strip_prefix(b" H=");
    let local = (remote.is_none() && is_local(text)).then(Host::default);
    local.into_iter().chain(remote.into_iter().flat_map(remote_hosts))
}

/// Every host that a text behind `H=` can mean.
pub(super) fn remote_hosts(text: &[u8]) -> impl Iterator<Item = Host<'_>> + Clone {
    let idents = memchr::memchr_iter(b'=', text).filter_map(|at| Some(text[..at].strip_suffix(b" U")?.len()));
    idents.chain([text.len()]).filter_map(|end| Host::of(&text[..end]))
}

/// ` R=ID U=LOGIN Ci=ID`, of a message that came from this host itself. None of them has blanks.
fn is_local(text: &[u8]) -> bool {
    let behind = |text, name| skip(text, name).unwrap_or(text);
    behind(behind(behind(text, b" R="), b" U="), b" Ci=").is_empty()
}

/// The text without the connection's id, which `log_selector = +connection_id` adds in newer versions.
pub(super) fn without_connection(text: &[u8]) -> &[u8] {
    let digits = text.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    text[..text.len() - digits].strip_suffix(b" Ci=").filter(|_| digits > 0).unwrap_or(text)
}

/// The text without ` TFO`, of a connection by TCP Fast Open, or ` TFO*` where data came with it, and without the
/// connection's id, on whichever side of that.
fn without_fast_open(text: &[u8]) -> &[u8] {
    let text = without_connection(text);
    let fast = text.strip_suffix(b" TFO").or_else(|| text.strip_suffix(b" TFO*"));
    without_connection(fast.unwrap_or(text))
}

/// The text behind a field and its value, where it begins with that.
pub(super) fn skip<'a>(text: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let value = text.strip_prefix(name)?;
    Some(&value[memchr::memchr(b' ', value).unwrap_or(value.len())..])
}

impl<'a> Host<'a> {
    /// `NAME (HELO) [IP]:PORT I=[IP]:PORT TFO* Ci=ID`, of which only the client's address is always there.
    pub(super) fn of(text: &'a [u8]) -> Option<Self> {
        let text = without_fast_open(text);
        let (mut name, mut ip, port) = address(text)?;
        let mut own_port: &[u8] = b"";
        if let Some(whose) = name.strip_suffix(b" I=") {
            own_port = port;
            (name, ip, _) = address(whose)?;
        }
        let (name, helo) = names(name)?;
        Some(Self { client: Client { name, ip }, helo, own_port })
    }
}

/// What stands in front of the `[IP]` or `[IP]:PORT` at a text's end, the address, and the port.
fn address(text: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let digits = text.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let (text, port) = text.split_at(text.len() - digits);
    let text = text.strip_suffix(if digits == 0 { &b"]"[..] } else { b"]:" })?;
    let open = memchr::memrchr(b'[', text)?;
    let ip = &text[open + 1..];
    let is_of_address = |byte: &u8| byte.is_ascii_hexdigit() || matches!(byte, b'.' | b':');
    (!ip.is_empty() && ip.iter().all(is_of_address)).then_some((&text[..open], ip, port))
}

/// The names in front of an address: `NAME `, `(HELO) `, `NAME (HELO) ` or nothing. A name by DNS has no blanks.
fn names(text: &[u8]) -> Option<(&[u8], &[u8])> {
    if text.is_empty() {
        return Some((b"", b""));
    }
    let text = text.strip_suffix(b" ")?;
    let (name, helo) = match text.strip_prefix(b"(") {
        Some(helo) => (&b""[..], helo),
        None => match memchr::memchr(b' ', text) {
            Some(blank) => (&text[..blank], text[blank..].strip_prefix(b" (")?),
            // The client calls itself by its own name.
            None => return Some((text, text)),
        },
    };
    Some((name, helo.strip_suffix(b")")?))
}
