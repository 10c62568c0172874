//! The server's own fields of a message, from its protocol to its size.
//!
//! Two of them hold the client's words: `DN=`, its certificate's name, and `SNI=`, what it calls the server, in which
//! older versions left blanks. What they say may look like `A=`. Whether there is one the protocol tells: `esmtpa` is
//! of a client that has authenticated, `esmtp` of one that has not, and `smtp` of either (`HELO` behind `AUTH`).

use memchr::memmem;

use super::accepted::word;
use super::host::skip;
use crate::formats::record::Encrypted;

/// `P=PROTOCOL L- SPF=… X=VERSION:CIPHER:BITS:GROUP CV=… DN="…" SNI=… A=NAME:ACCOUNT:SENDER PRDR PRX=… K`, of which only
/// the protocol is always there. In newer versions, `PRX=…` stands in front of `A=`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Fields<'a> {
    /// The value of `P=`.
    pub protocol: &'a [u8],
    /// The value of `X=`; empty where there is none.
    pub cipher: &'a [u8],
    /// The authenticator and the account, which is empty where the authenticator sets none; none where nobody
    /// authenticated.
    pub authenticated: Option<(&'a [u8], &'a [u8])>,
}

/// Every way to read the text between ` P=` and the size.
pub(super) fn readings(text: &[u8]) -> impl Iterator<Item = Fields<'_>> {
    let protocol = word(text);
    let rest = sender_policy(pipelining(&text[protocol.len()..]));
    let cipher = rest.strip_prefix(b" X=").map_or(&b""[..], word);
    let rest = skip(rest, b" X=").unwrap_or(rest);
    let rest = skip(rest, b" CV=").unwrap_or(rest);
    let rest = without_flags(rest);
    let nobody = may_be_nobodys(protocol) && is_clients(rest);
    let accounts = memchr::memchr_iter(b'=', if may_be_somebodys(protocol) { rest } else { b"" });
    let accounts = accounts.filter_map(move |at| account(rest, at)).map(Some);
    accounts.chain(nobody.then_some(None)).map(move |authenticated| Fields { protocol, cipher, authenticated })
}

/// What ` X=… CV=… DN="…" SNI=…` in a line of what was refused say; none where a text is not that. The cipher may be left
/// out of the log, so without it nothing is said.
pub(super) fn encrypted(text: &[u8]) -> Option<Encrypted<'_>> {
    let cipher = text.strip_prefix(b" X=").map(word);
    let rest = skip(text, b" X=").unwrap_or(text);
    let rest = skip(rest, b" CV=").unwrap_or(rest);
    is_clients(rest).then(|| match cipher {
        Some(cipher) => by_cipher(cipher),
        None if text.is_empty() => Encrypted::Unsaid,
        None => Encrypted::Yes,
    })
}

/// `VERSION:CIPHER:BITS`, since 4.100 with the group of the key exchange behind it: `VERSION:CIPHER:BITS:GROUP`. Of TLS 1.3
/// that is resumed, GnuTLS names no key exchange, and of its description `(TLS1.3)-(AES-256-GCM)` Exim leaves a bracket in
/// front of the cipher (`tls-gnu.c`).
pub(super) fn by_cipher(text: &[u8]) -> Encrypted<'_> {
    let Some(colon) = memchr::memchr(b':', text) else { return Encrypted::Yes };
    let (version, rest) = (&text[..colon], &text[colon + 1..]);
    let cipher = &rest[..memchr::memchr(b':', rest).unwrap_or(rest.len())];
    Encrypted::With { version, cipher: cipher.strip_prefix(b"(").unwrap_or(cipher) }
}

/// The text behind ` L`, ` L-`, ` L.-` and ` L*`, which `log_selector = +pipelining` adds.
fn pipelining(text: &[u8]) -> &[u8] {
    let Some(rest) = text.strip_prefix(b" L") else { return text };
    let marks = rest.iter().take_while(|byte| matches!(byte, b'.' | b'*' | b'-')).count();
    &rest[marks..]
}

/// The text behind ` SPF=pass` or ` SPF`, which `log_selector = +spf_verbose` and `+spf` add since 4.100 where an ACL has
/// asked for it.
fn sender_policy(text: &[u8]) -> &[u8] {
    let Some(rest) = text.strip_prefix(b" SPF") else { return text };
    match rest.first() {
        Some(b'=') => skip(rest, b"=").unwrap_or(rest),
        Some(b' ') | None => rest,
        Some(_) => text,
    }
}

/// The text without what may stand behind an account: ` PRDR PRX=… K` in front of a size, and ` SPF=… DMARC=… DSN=…`,
/// of which the first two also come without a value, which newer versions write of content that was refused.
pub(super) fn without_flags(mut text: &[u8]) -> &[u8] {
    while let Some(last) = memchr::memrchr(b' ', text) {
        let word = &text[last + 1..];
        let is_flag = matches!(word, b"K" | b"PRDR" | b"SPF" | b"DMARC");
        if !is_flag && ![&b"PRX="[..], b"SPF=", b"DMARC=", b"DSN="].iter().any(|name| word.starts_with(name)) {
            break;
        }
        text = &text[..last];
    }
    text
}

fn may_be_nobodys(protocol: &[u8]) -> bool {
    !(protocol.ends_with(b"smtpa") || protocol.ends_with(b"smtpsa") || protocol == b"asmtp")
}

fn may_be_somebodys(protocol: &[u8]) -> bool {
    ![&b"esmtp"[..], b"esmtps", b"essmtp"].iter().any(|nobodys| protocol.ends_with(nobodys))
}

/// Whether a text is what the client's words may be, as fields: nothing, `DN="…"`, `SNI=…`, or one behind the other; and
/// ` PRX=…` behind them.
fn is_clients(text: &[u8]) -> bool {
    let last = memchr::memrchr(b' ', text).filter(|at| text[*at..].starts_with(b" PRX="));
    let text = last.map_or(text, |at| &text[..at]);
    let named = text.strip_prefix(b" DN=\"");
    let names_server = |name| memmem::find(name, b"\" SNI=").is_some();
    text.is_empty()
        || text.starts_with(b" SNI=")
        || named.is_some_and(|name| name.ends_with(b"\"") || names_server(name))
}

/// The authenticator and the account of an `A=` whose `=` is here, where one may stand here: in front of it is nothing,
/// or a whole `DN="…"`, or `SNI=…`, or a proxy's address behind these.
fn account(text: &[u8], at: usize) -> Option<(&[u8], &[u8])> {
    let before = text[..at].strip_suffix(b" A")?;
    if !is_clients(before) {
        return None;
    }
    named(&text[at + 1..])
}

/// `NAME:ACCOUNT:SENDER`, the value of `A=`: the authenticator and the account.
pub(super) fn named(value: &[u8]) -> Option<(&[u8], &[u8])> {
    let Some(colon) = memchr::memchr(b':', value) else {
        return memchr::memchr(b' ', value).is_none().then_some((value, b""));
    };
    let (authenticator, account) = (&value[..colon], &value[colon + 1..]);
    // `+smtp_mailauth` adds the sender that the client named at `AUTH=` (RFC 4954 section 5), in which anything may stand.
    let account = &account[..memchr::memchr(b':', account).unwrap_or(account.len())];
    (memchr::memchr(b' ', authenticator).is_none() && !holds_field(account)).then_some((authenticator, account))
}

/// Whether a text cannot be an account, which may hold blanks, because it goes on into other fields.
fn holds_field(account: &[u8]) -> bool {
    memchr::memchr_iter(b' ', account).any(|blank| {
        let behind = &account[blank + 1..];
        [&b"["[..], b"A=", b"P=", b"S=", b"X=", b"id="].iter().any(|field| behind.starts_with(field))
    })
}
