//! Lines of `submission-login`: a login's fields, which a client's own words stand among.

use memchr::memmem;

use crate::formats::Unreadable;
use crate::formats::bytes::leading_decimal;
use crate::formats::record::{Client, Encrypted, LoggedIn, Record, RefusalKind, Refused};

/// What a line of `submission-login` has that tells of a login, whatever it begins with.
pub(super) const USER: &[u8] = b"user=<";

/// A login's fields.
struct Login<'a> {
    user: &'a [u8],
    mechanism: &'a [u8],
    rip: &'a [u8],
    /// What stands in front of the user, and what follows the address.
    around: [&'a [u8]; 2],
}

impl<'a> Login<'a> {
    /// `user=<USER>, method=M, rip=IP, lip=IP, mpid=N, TLS, VERSION with cipher C (…), session=<ID>`. In
    /// `login_log_format_elements`, others may stand in front.
    ///
    /// A user who did not log in is whatever the client sent. Behind it there is nothing of the client's, so that its
    /// end is found from the address, and that from the end.
    fn read(text: &'a [u8]) -> Option<Self> {
        let user = if text.starts_with(USER) { 0 } else { memmem::find(text, b", user=<")? + 2 };
        let (front, text) = (&text[..user], &text[user + USER.len()..]);
        let at = memmem::rfind(text, b", rip=")?;
        let behind = &text[at + b", rip=".len()..];
        let (rip, rest) = behind.split_at(memchr::memchr(b',', behind).unwrap_or(behind.len()));
        let (user, mechanism) = match memmem::rfind(&text[..at], b">, method=") {
            Some(end) if is_mechanism(&text[end + b">, method=".len()..at]) => {
                (&text[..end], &text[end + b">, method=".len()..at])
            }
            _ => (text[..at].strip_suffix(b">")?, &b""[..]),
        };
        Some(Self { user: without_others(user), mechanism, rip, around: [front, rest] })
    }

    fn client(&self) -> Client<'a> {
        Client { name: b"", ip: self.rip }
    }

    /// The elements around the user and the addresses.
    fn elements(&self) -> impl Iterator<Item = &'a [u8]> {
        self.around.into_iter().flat_map(elements)
    }

    /// What the elements say of TLS.
    fn encrypted(&self) -> Encrypted<'a> {
        let mut found = Encrypted::No;
        for element in self.elements() {
            if let Some(at) = memmem::find(element, b" with cipher ").filter(|_| is_version(element)) {
                let cipher = &element[at + b" with cipher ".len()..];
                let cipher = &cipher[..memchr::memchr(b' ', cipher).unwrap_or(cipher.len())];
                return Encrypted::With { version: &element[..at], cipher };
            }
            if is_version(element) && !element.contains(&b' ') {
                return Encrypted::With { version: element, cipher: b"" };
            }
            if element == b"TLS" || element.starts_with(b"TLS: ") || element.starts_with(HANDSHAKING) {
                found = Encrypted::Yes;
            } else if element == b"secured" && found == Encrypted::No {
                // A proxy in front has ended TLS, or the client is on the same host.
                found = Encrypted::Unsaid;
            }
        }
        found
    }

    /// The session's id.
    fn session(&self) -> &'a [u8] {
        self.elements().find_map(|element| element.strip_prefix(b"session=<")).unwrap_or_default()
    }

    /// What is said of a TLS handshake that the connection ended with.
    fn broken_handshake(&self) -> Option<&'a [u8]> {
        self.elements().find_map(|element| element.strip_prefix(HANDSHAKING))
    }
}

/// A user without the elements that stand between it and what follows: `USER>, master=<USER>, auth=<USER`. A client can
/// only name itself otherwise by sending such a name.
fn without_others(user: &[u8]) -> &[u8] {
    let is_name = |byte: &u8| byte.is_ascii_lowercase() || *byte == b'_';
    let begins_element = |at: &usize| {
        let name = user[at + 3..].iter().take_while(|byte| is_name(byte)).count();
        name > 0 && user[at + 3 + name..].starts_with(b"=<")
    };
    memmem::find_iter(user, b">, ").find(begins_element).map_or(user, |end| &user[..end])
}

/// The elements of a part of a login's fields.
fn elements(part: &[u8]) -> impl Iterator<Item = &[u8]> {
    part.split(|byte| *byte == b',').map(<[u8]>::trim_ascii).filter(|element| !element.is_empty())
}

fn is_version(element: &[u8]) -> bool {
    element.starts_with(b"TLSv") || element.starts_with(b"SSLv")
}

/// What a client has named as its mechanism is one word, whatever it is.
fn is_mechanism(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|byte| byte.is_ascii_graphic() && *byte != b'>')
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

/// What a client that left had failed at, by the words in brackets. They are `client_auth_fail_code_reasons[]` and
/// those of `client_get_extra_disconnect_reason()` in `src/login-common/client-common.c`, of 2.4 and before; the codes
/// are those of `src/submission-login/client-authenticate.c`.
const FAILURES: [(&[u8], RefusalKind, &[u8]); 22] = [
    (b"auth failed", RefusalKind::AuthFailed, b"535"),
    (b"authorization failed", RefusalKind::AuthFailed, b"535"),
    (b"user disabled", RefusalKind::AuthFailed, b"535"),
    (b"password expired", RefusalKind::AuthFailed, b"535"),
    (b"proxy dest auth", RefusalKind::AuthFailed, b"535"),
    (b"credentials contain control characters", RefusalKind::AuthFailed, b"535"),
    (b"login disabled", RefusalKind::AuthFailed, b"525"),
    (b"anonymous logins disabled", RefusalKind::AuthFailed, b"525"),
    (b"tried to use unsupported auth mechanism", RefusalKind::AuthFailed, b"504"),
    (b"sent invalid base64 in response", RefusalKind::AuthFailed, b"501"),
    // Before 2.4 `plaintext`, before 2.3 `disabled plaintext auth`.
    (b"tried to use disallowed cleartext auth", RefusalKind::AuthFailed, b""),
    (b"tried to use dis", RefusalKind::AuthFailed, b""),
    (b"auth service reported temporary failure", RefusalKind::AuthFailed, b""),
    (b"auth process communication failure", RefusalKind::AuthFailed, b""),
    // The password was right, but its client has too many connections; 2.3 says so in no other brackets.
    (b"mail_max_userip_connections=", RefusalKind::AuthFailed, b""),
    (b"client didn't finish SASL auth", RefusalKind::AuthAborted, b"501"),
    (b"auth aborted by client", RefusalKind::AuthAborted, b"501"),
    (b"aborted authentication", RefusalKind::AuthAborted, b"501"),
    (b"disconnected while authenticating", RefusalKind::AuthAborted, b"501"),
    (IN_HANDSHAKE, RefusalKind::TlsFailed, b""),
    // Before 2.4 the elements behind say whether it was the handshake.
    (b"no auth attempts", RefusalKind::TlsFailed, b""),
    (b"disconnected before", RefusalKind::TlsFailed, b""),
];

/// What the element says of TLS until the handshake is over. In front of the user it is taken for a part of the reason.
const HANDSHAKING: &[u8] = b"TLS handshaking";

const IN_HANDSHAKE: &[u8] = b"disconnected during TLS handshake";

/// A client that left without having logged in: `Disconnected: REASON (auth failed, 1 attempts in 2 secs): user=<…>, …`,
/// since 2.4 `Login aborted: REASON (auth failed, 1 attempts in 2 secs) (auth_failed): user=<…>, …`. Before 2.3.15, REASON
/// stands alone, and has no brackets where nobody tried to log in: `Read failure: user=<>, …, TLS handshaking: ERROR`.
pub(super) fn left(text: &[u8]) -> Result<Option<Record<'_>>, Unreadable> {
    let Some(user) = memmem::find(text, USER) else { return Ok(None) };
    let Some(at) = memmem::rfind(&text[..user], b": ") else { return Ok(None) };
    let (reason, fields) = (&text[..at], &text[at + 2..]);
    let said = failure(reason);
    let Some(login) = Login::read(fields) else {
        return if said.is_none() { Ok(None) } else { Err(Unreadable("failed login that cannot be read")) };
    };
    let (mut kind, mut code, behind) = said.unwrap_or((RefusalKind::TlsFailed, b"", b""));
    let handshake = login.broken_handshake();
    let says = |words: &[u8]| memmem::find(reason, words).is_some();
    if kind == RefusalKind::TlsFailed && says(b"(no auth attempts") && says(b"Aborted by client") {
        (kind, code) = (RefusalKind::AuthAborted, b"501");
    } else if kind == RefusalKind::TlsFailed && handshake.is_none() && !says(IN_HANDSHAKE) && !says(HANDSHAKING) {
        return Ok(None);
    }
    let encrypted = if kind == RefusalKind::TlsFailed { Encrypted::Unsaid } else { login.encrypted() };
    Ok(Some(Record::Refused(Refused {
        kind,
        client: login.client(),
        encrypted,
        mechanism: login.mechanism,
        account: login.user,
        reason: match handshake.and_then(|text| text.strip_prefix(b": ")) {
            Some(error) if said.is_none() => error,
            _ => memmem::find(reason, b": ").map_or(reason, |at| &reason[at + 2..]),
        },
        code,
        attempts: attempts(behind),
        id: login.session(),
        ..Refused::default()
    })))
}

/// What a client failed at and what stands behind the words that say so: in the first brackets that are no function's.
fn failure(reason: &[u8]) -> Option<(RefusalKind, &'static [u8], &[u8])> {
    memchr::memchr_iter(b'(', reason).find_map(|at| {
        let said = &reason[at + 1..];
        let (words, kind, code) = FAILURES.iter().find(|(words, ..)| said.starts_with(words))?;
        Some((*kind, *code, &said[words.len()..]))
    })
}

/// How many attempts failed: `, 3 attempts in 2 secs`, or `, 1/3 successful auths in 2 secs`. One where nothing says it.
fn attempts(behind: &[u8]) -> u32 {
    let text = behind.strip_prefix(b", ").unwrap_or_default();
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    match text[digits..].strip_prefix(b"/") {
        Some(all) => leading_decimal(all).0.saturating_sub(leading_decimal(text).0).max(1),
        None => leading_decimal(text).0.max(1),
    }
}
