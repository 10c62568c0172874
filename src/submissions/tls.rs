//! TLS versions and how a session came to have one.
//!
//! Seven values, never merged: what a log proves to be cleartext (`none`) and what it does not say (`unknown`)
//! are different answers. RFC 8996 retires TLS 1.0 and 1.1, RFC 7568 SSL 3.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// A TLS version, from worst to best; what is not known stands last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TlsVersion {
    /// The log proves that there was no TLS.
    None,
    /// SSL 3.
    SslV3,
    /// TLS 1.0.
    Tls10,
    /// TLS 1.1.
    Tls11,
    /// TLS 1.2.
    Tls12,
    /// TLS 1.3.
    Tls13,
    /// TLS is not logged, or is there without its version.
    #[default]
    Unknown,
}

impl TlsVersion {
    /// Every version in order.
    pub const ALL: [Self; 7] =
        [Self::None, Self::SslV3, Self::Tls10, Self::Tls11, Self::Tls12, Self::Tls13, Self::Unknown];

    /// The spelling in tables and datasets.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::SslV3 => "SSLv3",
            Self::Tls10 => "TLSv1.0",
            Self::Tls11 => "TLSv1.1",
            Self::Tls12 => "TLSv1.2",
            Self::Tls13 => "TLSv1.3",
            Self::Unknown => "unknown",
        }
    }

    /// The version of a session, as a server spells it and its cipher. `TLSv1/SSLv3` is a cipher's family in old
    /// OpenSSL, not a version; some ciphers are of one version only.
    #[must_use]
    pub fn of(spelling: &[u8], cipher: &[u8]) -> Self {
        match Self::read(spelling) {
            Self::Unknown if spelling == b"TLSv1/SSLv3" => Self::proven_by(cipher),
            version => version,
        }
    }

    /// The only version that has a cipher, by OpenSSL's name: TLS 1.3 has its own (RFC 8446 appendix B.4), and what
    /// encrypts and authenticates in one (RFC 5246 section 6.2.3.3) or by SHA-2 came with TLS 1.2. Suites with
    /// pre-shared keys are left out, since RFC 5487 lets older versions have some.
    fn proven_by(cipher: &[u8]) -> Self {
        if cipher.starts_with(b"TLS_AES_") || cipher.starts_with(b"TLS_CHACHA20_") {
            return Self::Tls13;
        }
        let words = || cipher.split(|byte| *byte == b'-');
        let is_aead = |word: &[u8]| matches!(word, b"GCM" | b"CCM" | b"CCM8" | b"CHACHA20" | b"POLY1305");
        let by_sha2 = matches!(words().next_back(), Some(b"SHA256" | b"SHA384"));
        let shared_key = words().any(|word| word.ends_with(b"PSK"));
        if words().any(is_aead) || by_sha2 && !shared_key { Self::Tls12 } else { Self::Unknown }
    }

    /// The version that a server's spelling means; unknown where it is not in the list. Schannel's names and bits are a
    /// server's (`SP_PROT_*_SERVER`) or a client's: one of those is of a connection that the server opened itself.
    #[must_use]
    pub fn read(spelling: &[u8]) -> Self {
        match spelling {
            b"TLSv1" | b"TLSv1.0" | b"TLS1.0" | b"TLS1" | b"TLSv1_0" | b"TLS 1.0" | b"TLS-1.0" => Self::Tls10,
            b"TLSv1.1" | b"TLS1.1" | b"TLSv1_1" | b"TLS 1.1" | b"TLS-1.1" => Self::Tls11,
            b"TLSv1.2" | b"TLS1.2" | b"TLSv1_2" | b"TLS 1.2" | b"TLS-1.2" => Self::Tls12,
            b"TLSv1.3" | b"TLS1.3" | b"TLSv1_3" | b"TLS 1.3" => Self::Tls13,
            b"SSLv3" | b"SSL3" | b"SSL3.0" | b"SSLv2" | b"SSL2" => Self::SslV3,
            b"SP_PROT_TLS1_0_SERVER" | b"SP_PROT_TLS1_SERVER" | b"0x40" | b"64" => Self::Tls10,
            b"SP_PROT_TLS1_1_SERVER" | b"0x100" | b"256" => Self::Tls11,
            b"SP_PROT_TLS1_2_SERVER" | b"0x400" | b"1024" => Self::Tls12,
            b"SP_PROT_TLS1_3_SERVER" | b"0x1000" | b"4096" => Self::Tls13,
            b"SP_PROT_SSL3_SERVER" | b"SP_PROT_SSL2_SERVER" | b"0x10" | b"16" | b"0x4" | b"4" => Self::SslV3,
            _ => Self::Unknown,
        }
    }

    /// Whether it is a version that RFC 8996 and RFC 8997 retire, or no TLS at all.
    #[must_use]
    pub fn is_legacy(self) -> bool {
        self <= Self::Tls11
    }
}

/// Which hosts of a stream log their sessions' TLS versions. Of the others, silence says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TlsLogging {
    /// None of them, as far as is known.
    #[default]
    Never,
    /// All of them: the operator says so.
    Always,
    /// These: a line of each has said a version.
    By(BTreeSet<String>),
}

impl TlsLogging {
    /// Whether a host does.
    #[must_use]
    pub fn of(&self, host: &str) -> bool {
        match self {
            Self::Never => false,
            Self::Always => true,
            Self::By(hosts) => hosts.contains(host),
        }
    }

    /// Whether more lines could not tell more of these hosts: the operator has said it, or a line of each.
    #[must_use]
    pub fn is_settled_for<'a>(&self, mut hosts: impl Iterator<Item = &'a str>) -> bool {
        match self {
            Self::Never | Self::Always => true,
            Self::By(known) => hosts.all(|host| known.contains(host)),
        }
    }

    /// Whether no host does.
    #[must_use]
    pub fn is_never(&self) -> bool {
        match self {
            Self::Never => true,
            Self::Always => false,
            Self::By(hosts) => hosts.is_empty(),
        }
    }
}

/// How TLS began in a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TlsMode {
    /// With the connection (RFC 8314's Implicit TLS, port 465).
    Implicit,
    /// By the `STARTTLS` command (RFC 3207).
    StartTls,
    /// Not at all.
    Cleartext,
    /// The log does not tell.
    #[default]
    Unknown,
}

impl TlsMode {
    /// The spelling in tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Implicit => "implicit",
            Self::StartTls => "starttls",
            Self::Cleartext => "cleartext",
            Self::Unknown => "unknown",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_ciphers_prove_their_version() {
        for (cipher, version) in [
            ("TLS_AES_256_GCM_SHA384", TlsVersion::Tls13),
            ("TLS_CHACHA20_POLY1305_SHA256", TlsVersion::Tls13),
            ("DHE-RSA-AES256-GCM-SHA384", TlsVersion::Tls12),
            ("ECDHE-ECDSA-CHACHA20-POLY1305", TlsVersion::Tls12),
            ("AES128-CCM8", TlsVersion::Tls12),
            ("AES128-SHA256", TlsVersion::Tls12),
            ("ECDHE-RSA-AES256-SHA384", TlsVersion::Tls12),
            ("PSK-AES128-CBC-SHA256", TlsVersion::Unknown),
            ("ECDHE-PSK-CHACHA20-POLY1305", TlsVersion::Tls12),
            ("DHE-RSA-AES256-SHA", TlsVersion::Unknown),
            ("RC4-MD5", TlsVersion::Unknown),
            ("", TlsVersion::Unknown),
        ] {
            assert_eq!(TlsVersion::of(b"TLSv1/SSLv3", cipher.as_bytes()), version, "{cipher}");
        }
        assert_eq!(TlsVersion::of(b"TLSv1", b"AES128-SHA256"), TlsVersion::Tls10);
        assert_eq!(TlsVersion::of(b"", b"AES128-SHA256"), TlsVersion::Unknown);
    }

    #[test]
    fn every_value_reads_back() {
        for version in [TlsVersion::SslV3, TlsVersion::Tls10, TlsVersion::Tls11, TlsVersion::Tls12, TlsVersion::Tls13] {
            assert_eq!(TlsVersion::read(version.as_str().as_bytes()), version);
        }
        for spelling in ["TLSv1/SSLv3", "", "none", "TLSv1.4", "DTLSv1.2"] {
            assert_eq!(TlsVersion::read(spelling.as_bytes()), TlsVersion::Unknown, "{spelling}");
        }
        // GnuTLS's own old names, in logs of old Exims.
        for (spelling, version) in [("TLS-1.0", TlsVersion::Tls10), ("TLS-1.2", TlsVersion::Tls12)] {
            assert_eq!(TlsVersion::read(spelling.as_bytes()), version);
        }
        for (spelling, version) in [("SP_PROT_TLS1_SERVER", TlsVersion::Tls10), ("1024", TlsVersion::Tls12)] {
            assert_eq!(TlsVersion::read(spelling.as_bytes()), version);
        }
        for spelling in ["SP_PROT_TLS1_2_CLIENT", "SP_PROT_TLS1_CLIENT", "0x80", "128", "0x800", "2048"] {
            assert_eq!(TlsVersion::read(spelling.as_bytes()), TlsVersion::Unknown, "{spelling}");
        }
        assert!(TlsVersion::None.is_legacy() && TlsVersion::Tls11.is_legacy());
        assert!(!TlsVersion::Tls12.is_legacy() && !TlsVersion::Unknown.is_legacy());
    }
}
