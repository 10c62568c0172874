//! The seven TLS versions as reports show them: their order, their columns and which of them are legacy.
//!
//! SSL 3.0 to TLS 1.1 are deprecated by RFC 7568 and RFC 8996, AUTH without TLS by RFC 8314. `unknown` is not
//! legacy and not current: nothing is known about it.

/// One of the seven values of `tls_version`.
#[derive(Debug, PartialEq, Eq)]
pub struct TlsVersion {
    /// The value in the tables.
    pub name: &'static str,
    /// The end of its column names: `messages_tlsv1_2`.
    pub suffix: &'static str,
    /// Whether whoever uses it has to act.
    pub legacy: bool,
}

impl TlsVersion {
    /// The column with the version's messages.
    #[must_use]
    pub fn messages(&self) -> String {
        format!("messages_{}", self.suffix)
    }

    /// The column with the version's percentage.
    #[must_use]
    pub fn percent(&self) -> String {
        format!("percent_{}", self.suffix)
    }
}

/// All seven, from the lowest to the highest; `unknown` last, since it has no place in that order.
pub static TLS_VERSIONS: [TlsVersion; 7] = [
    TlsVersion { name: "none", suffix: "none", legacy: true },
    TlsVersion { name: "SSLv3", suffix: "sslv3", legacy: true },
    TlsVersion { name: "TLSv1.0", suffix: "tlsv1_0", legacy: true },
    TlsVersion { name: "TLSv1.1", suffix: "tlsv1_1", legacy: true },
    TlsVersion { name: "TLSv1.2", suffix: "tlsv1_2", legacy: false },
    TlsVersion { name: "TLSv1.3", suffix: "tlsv1_3", legacy: false },
    TlsVersion { name: "unknown", suffix: "unknown", legacy: false },
];
