//! SASL mechanisms, as SMTP servers offer them.

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
}
