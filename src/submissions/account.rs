//! Who sent: an account's normal form and its domain; how it proved itself.

use std::borrow::Cow;
use std::ops::Range;

/// An account as it is grouped by, and the domain that it counts for. Most accounts are logged in their normal form,
/// and then both borrow from what was logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account<'a> {
    /// The identity: case folded, with the source's realm where it has no domain of its own.
    pub name: Cow<'a, str>,
    /// Its domain; empty where neither it nor the source has one.
    pub domain: Cow<'a, str>,
}

impl<'a> Account<'a> {
    /// The normal form of what a server logged as the identity: case folded (mailboxes are, in practice,
    /// whatever RFC 5321 section 2.4 allows), `user@domain` and `DOMAIN\user` as they are, a bare `user` in the
    /// source's `realm`.
    #[must_use]
    pub fn read(raw: &'a str, realm: &'a str) -> Self {
        let name = lower(raw.trim());
        if let Some(at) = memchr::memrchr(b'@', name.as_bytes()) {
            let domain = part(&name, at + 1..name.len());
            return Self { name, domain };
        }
        if let Some(backslash) = memchr::memchr(b'\\', name.as_bytes()) {
            let domain = part(&name, 0..backslash);
            return Self { name, domain };
        }
        let domain = lower(realm);
        if domain.is_empty() || name.is_empty() {
            return Self { name, domain };
        }
        Self { name: Cow::Owned(format!("{name}@{domain}")), domain }
    }
}

/// The domain of an envelope sender; empty where it has none.
#[must_use]
pub fn domain_of(mail_from: &str) -> Cow<'_, str> {
    mail_from.rsplit_once('@').map_or(Cow::Borrowed(""), |(_, domain)| lower(domain))
}

/// Text in lower case. Every byte is looked at without a branch, which the compiler makes many at once.
pub(super) fn lower(text: &str) -> Cow<'_, str> {
    let differs = text.bytes().fold(false, |differs, byte| differs | !byte.is_ascii() | byte.is_ascii_uppercase());
    if differs { Cow::Owned(text.to_lowercase()) } else { Cow::Borrowed(text) }
}

fn part<'a>(text: &Cow<'a, str>, range: Range<usize>) -> Cow<'a, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[range]),
        Cow::Owned(text) => Cow::Owned(text[range].to_owned()),
    }
}

/// What kind of proof a SASL mechanism is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AuthFamily {
    /// A password, also where only its hash is sent.
    Basic,
    /// A token (RFC 7628).
    Oauth,
    /// Anything else: Kerberos, a certificate.
    Other,
    /// The log does not say the mechanism.
    #[default]
    Unknown,
}

impl AuthFamily {
    /// The spelling in tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Basic => "basic",
            Self::Oauth => "oauth",
            Self::Other => "other",
            Self::Unknown => "unknown",
        }
    }

    /// The family of a mechanism in upper case.
    #[must_use]
    pub fn of(mechanism: &str) -> Self {
        match mechanism {
            "" => Self::Unknown,
            "PLAIN" | "LOGIN" | "CRAM-MD5" | "DIGEST-MD5" | "NTLM" => Self::Basic,
            "XOAUTH2" | "OAUTHBEARER" => Self::Oauth,
            scram if scram.starts_with("SCRAM-") => Self::Basic,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_have_a_normal_form() {
        for (raw, name, domain) in [
            ("Alice@Corp.Example.COM", "alice@corp.example.com", "corp.example.com"),
            ("LEGACYFAX", "legacyfax@corp.example.com", "corp.example.com"),
            ("CORP\\Alice", "corp\\alice", "corp"),
            ("a@b@c.example", "a@b@c.example", "c.example"),
            ("ÜSER@Example.Org", "üser@example.org", "example.org"),
            ("", "", "corp.example.com"),
        ] {
            let expected = Account { name: name.into(), domain: domain.into() };
            assert_eq!(Account::read(raw, "Corp.Example.com"), expected, "{raw}");
        }
        assert_eq!(Account::read("legacyfax", "").name, "legacyfax");
        assert_eq!(domain_of("x@Example.org"), "example.org");
        assert_eq!(domain_of(""), "");
    }

    #[test]
    fn mechanisms_have_a_family() {
        assert_eq!(AuthFamily::of("SCRAM-SHA-256"), AuthFamily::Basic);
        assert_eq!(AuthFamily::of("XOAUTH2"), AuthFamily::Oauth);
        assert_eq!(AuthFamily::of("GSSAPI"), AuthFamily::Other);
        assert_eq!(AuthFamily::of(""), AuthFamily::Unknown);
    }
}
