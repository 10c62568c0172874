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
    /// Where it is specified.
    pub specified_by: Option<&'static str>,
    /// What says that it must not be used any more.
    pub retired_by: Option<&'static str>,
}

impl TlsVersion {
    /// `legacy`, `current`, or where nothing is known `undetermined`.
    #[must_use]
    pub fn class(&self) -> &'static str {
        match (self.legacy, self.specified_by) {
            (true, _) => "legacy",
            (false, Some(_)) => "current",
            (false, None) => "undetermined",
        }
    }

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
    legacy("none", "none", None, "RFC 8314"),
    legacy("SSLv3", "sslv3", Some("RFC 6101"), "RFC 7568"),
    legacy("TLSv1.0", "tlsv1_0", Some("RFC 2246"), "RFC 8996"),
    legacy("TLSv1.1", "tlsv1_1", Some("RFC 4346"), "RFC 8996"),
    other("TLSv1.2", "tlsv1_2", Some("RFC 5246")),
    other("TLSv1.3", "tlsv1_3", Some("RFC 8446")),
    other("unknown", "unknown", None),
];

const fn legacy(
    name: &'static str,
    suffix: &'static str,
    specified_by: Option<&'static str>,
    retired_by: &'static str,
) -> TlsVersion {
    TlsVersion { name, suffix, legacy: true, specified_by, retired_by: Some(retired_by) }
}

const fn other(name: &'static str, suffix: &'static str, specified_by: Option<&'static str>) -> TlsVersion {
    TlsVersion { name, suffix, legacy: false, specified_by, retired_by: None }
}
