//! SASL, as clients speak it to SMTP servers: mechanisms and names.

use memchr::memmem;

/// The mechanisms that a client's `AUTH` may name (IANA's registry of SASL mechanisms, and those of Microsoft and Google
/// that never came into it).
const MECHANISMS: [&[u8]; 22] = [
    b"PLAIN",
    b"LOGIN",
    b"CRAM-MD5",
    b"DIGEST-MD5",
    b"NTLM",
    b"XOAUTH2",
    b"OAUTHBEARER",
    b"GSSAPI",
    b"GSS-SPNEGO",
    b"KERBEROS_V4",
    b"EXTERNAL",
    b"ANONYMOUS",
    b"SCRAM-SHA-1",
    b"SCRAM-SHA-1-PLUS",
    b"SCRAM-SHA-224",
    b"SCRAM-SHA-224-PLUS",
    b"SCRAM-SHA-256",
    b"SCRAM-SHA-256-PLUS",
    b"SCRAM-SHA-384",
    b"SCRAM-SHA-384-PLUS",
    b"SCRAM-SHA-512",
    b"SCRAM-SHA-512-PLUS",
];

/// The mechanism that a client names behind `AUTH`, where there is one of that name; else nothing. A broken client may
/// have sent its password there.
#[must_use]
pub fn mechanism(arguments: &[u8]) -> &[u8] {
    let end = arguments.iter().position(u8::is_ascii_whitespace).unwrap_or(arguments.len());
    let name = &arguments[..end];
    let is_known = MECHANISMS.iter().any(|known| known.eq_ignore_ascii_case(name));
    if is_known { name } else { b"" }
}

/// What some servers log for a byte that is no text, as NUL is none.
const REPLACED: &[u8] = "\u{FFFD}".as_bytes();

/// The name that a client gives where it is asked for nothing else. A broken client may send PLAIN's whole message there
/// and its password with it: of that, the name. What holds control characters otherwise is no name (RFC 4013 section 2.3).
#[must_use]
pub fn name(given: &[u8]) -> &[u8] {
    // Hardly any name holds one of these bytes, and one look at each is all that the others cost.
    let may_be_odd = |byte: &u8| byte.is_ascii_control() || *byte == REPLACED[0];
    if !given.iter().any(may_be_odd) {
        return given;
    }
    let is_name = !given.iter().any(u8::is_ascii_control) && memmem::find(given, REPLACED).is_none();
    if is_name { given } else { plain_name(given) }
}

/// The name in PLAIN's message, `[authzid] NUL authcid NUL passwd` (RFC 4616 section 2); nothing where it is none.
#[must_use]
pub fn plain_name(message: &[u8]) -> &[u8] {
    let separator = if message.contains(&0) { &b"\0"[..] } else { REPLACED };
    let mut ends = memmem::find_iter(message, separator);
    match (ends.next(), ends.next()) {
        (Some(start), Some(end)) => &message[start + separator.len()..end],
        _ => b"",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_mechanism_is_one() {
        for (arguments, name) in [
            ("PLAIN AGFsaWNlAHNlY3JldA==", "PLAIN"),
            ("login", "login"),
            ("SCRAM-SHA-256-PLUS biws", "SCRAM-SHA-256-PLUS"),
            ("hunter2", ""),
            ("AGFsaWNlAHNlY3JldA==", ""),
            ("", ""),
        ] {
            assert_eq!(mechanism(arguments.as_bytes()), name.as_bytes(), "{arguments}");
        }
    }

    #[test]
    fn of_plain_only_the_name_is_read() {
        assert_eq!(plain_name(b"\0alice\0secret"), b"alice");
        assert_eq!(plain_name(b"other\0alice\0secret"), b"alice");
        assert_eq!(plain_name("\u{FFFD}alice\u{FFFD}secret".as_bytes()), b"alice");
        for odd in [&b"secret"[..], b"", b"alice\0secret"] {
            assert_eq!(plain_name(odd), b"");
        }
    }

    #[test]
    fn a_name_holds_no_password() {
        for (given, expected) in [
            ("alice@example.com", "alice@example.com"),
            ("Åsa Öberg", "Åsa Öberg"),
            ("\0alice\0secret", "alice"),
            ("\u{FFFD}alice\u{FFFD}secret", "alice"),
            ("alice\0secret", ""),
            ("alice\tsecret", ""),
            ("alice\u{FFFD}secret", ""),
            ("", ""),
        ] {
            assert_eq!(name(given.as_bytes()), expected.as_bytes(), "{given}");
        }
        assert_eq!(name(b"jos\xe9"), b"jos\xe9");
    }
}
