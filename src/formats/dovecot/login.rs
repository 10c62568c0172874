//! Lines of `submission-login`: a login's fields, which a client's own words stand among.

use memchr::memmem;

use super::number;
use crate::formats::Unreadable;
use crate::formats::record::{Client, Encrypted, LoggedIn, Record, RefusalKind, Refused};

/// A login's fields.
struct Login<'a> {
    user: &'a [u8],
    mechanism: &'a [u8],
    rip: &'a [u8],
    /// What follows the address.
    rest: &'a [u8],
}

impl<'a> Login<'a> {
    /// `user=<USER>, method=M, rip=IP, lip=IP, mpid=N, TLS, VERSION with cipher C (…), session=<ID>`.
    ///
    /// A user who did not log in is whatever the client sent. Behind it there is nothing of the client's, so that its
    /// end is found from the address, and that from the end.
    fn read(text: &'a [u8]) -> Option<Self> {
        let text = text.strip_prefix(b"user=<")?;
        let at = memmem::rfind(text, b", rip=")?;
        let behind = &text[at + b", rip=".len()..];
        let (rip, rest) = behind.split_at(memchr::memchr(b',', behind).unwrap_or(behind.len()));
        let (user, mechanism) = match memmem::rfind(&text[..at], b">, method=") {
            Some(end) if is_mechanism(&text[end + b">, method=".len()..at]) => {
                (&text[..end], &text[end + b">, method=".len()..at])
            }
            _ => (text[..at].strip_suffix(b">")?, &b""[..]),
        };
        Some(Self { user, mechanism, rip, rest })
    }

    fn client(&self) -> Client<'a> {
        Client { name: b"", ip: self.rip }
    }

    /// What the elements behind the addresses say of TLS.
    fn encrypted(&self) -> Encrypted<'a> {
        let mut found = Encrypted::No;
        for element in elements(self.rest) {
            if let Some(at) = memmem::find(element, b" with cipher ").filter(|_| is_version(element)) {
                let cipher = &element[at + b" with cipher ".len()..];
                let cipher = &cipher[..memchr::memchr(b' ', cipher).unwrap_or(cipher.len())];
                return Encrypted::With { version: &element[..at], cipher };
            }
            if is_version(element) && !element.contains(&b' ') {
                return Encrypted::With { version: element, cipher: b"" };
            }
            if element == b"TLS" || element.starts_with(b"TLS: ") || element.starts_with(b"TLS handshaking") {
                found = Encrypted::Yes;
            } else if element == b"secured" && found == Encrypted::No {
                // A proxy in front has ended TLS, or the client is on the same host.
                found = Encrypted::Unsaid;
            }
        }
        found
    }

    /// What broke the TLS handshake, where that is how the connection ended.
    fn broken_handshake(&self) -> bool {
        elements(self.rest).any(|element| element.starts_with(b"TLS handshaking"))
    }
}

/// The elements behind a login's address.
fn elements(rest: &[u8]) -> impl Iterator<Item = &[u8]> {
    rest.split(|byte| *byte == b',').map(<[u8]>::trim_ascii).filter(|element| !element.is_empty())
}

fn is_version(element: &[u8]) -> bool {
    element.starts_with(b"TLSv") || element.starts_with(b"SSLv")
}

fn is_mechanism(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// A login that succeeded.
pub(super) fn logged_in(text: &[u8]) -> Result<Record<'_>, Unreadable> {
    let login = Login::read(text).ok_or(Unreadable("login that cannot be read"))?;
    Ok(Record::LoggedIn(LoggedIn {
        client: login.client(),
        encrypted: login.encrypted(),
        mechanism: login.mechanism,
        account: login.user,
    }))
}

/// A client that left without having logged in: `Disconnected: REASON (auth failed, 1 attempts in 2 secs): user=<…>, …`,
/// since 2.4 `Login aborted: REASON (auth failed, 1 attempts in 2 secs) (auth_failed): user=<…>, …`.
pub(super) fn left(text: &[u8]) -> Result<Option<Record<'_>>, Unreadable> {
    let Some(at) = memmem::find(text, b": user=<") else { return Ok(None) };
    let (reason, fields) = (&text[..at], &text[at + 2..]);
    let says = |word: &[u8]| memmem::find(reason, word).is_some();
    let failed = memmem::find(reason, b"(auth failed, ").map(|at| number(&reason[at + b"(auth failed, ".len()..]));
    let given_up = says(b"(client didn't finish SASL auth") || says(b"(no auth attempts") && says(b"Aborted by client");
    let refused =
        says(b"(tried to use disallowed") || says(b"(tried to use disabled") || says(b"(auth service reported");
    if failed.is_none() && !given_up && !refused && !says(b"(no auth attempts") && !says(b"(disconnected before") {
        return Ok(None);
    }
    let login = Login::read(fields).ok_or(Unreadable("failed login that cannot be read"))?;
    let (kind, code): (_, &[u8]) = match failed {
        Some(_) => (RefusalKind::AuthFailed, b"535"),
        None if refused => (RefusalKind::AuthFailed, b""),
        None if given_up => (RefusalKind::AuthAborted, b"501"),
        None if login.broken_handshake() => (RefusalKind::TlsFailed, b""),
        None => return Ok(None),
    };
    let encrypted = if kind == RefusalKind::TlsFailed { Encrypted::Unsaid } else { login.encrypted() };
    Ok(Some(Record::Refused(Refused {
        kind,
        client: login.client(),
        encrypted,
        mechanism: login.mechanism,
        account: login.user,
        reason: memmem::find(reason, b": ").map_or(reason, |at| &reason[at + 2..]),
        code,
        attempts: failed.unwrap_or(1),
        ..Refused::default()
    })))
}
