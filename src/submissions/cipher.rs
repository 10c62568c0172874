//! How good a cipher is, by the words in its name.
//!
//! Names come in the dialects of OpenSSL (`ECDHE-RSA-AES256-SHA`), IANA (`TLS_RSA_WITH_AES_128_CBC_SHA`), GnuTLS
//! (`ECDHE_X25519__RSA_PSS_RSAE_SHA256__AES_256_GCM`) and Schannel
//! (`CALG_AES_256 CALG_SHA_384 CALG_ECDH_EPHEM`). Prohibited and weak ones follow RFC 7465, RFC 9325 section 4 and
//! RFC 8996.

use super::tls::TlsVersion;

/// A cipher's class, from worst to best.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CipherClass {
    /// NULL, EXPORT, RC4, RC2, single DES, anonymous key exchange.
    Prohibited,
    /// 3DES, IDEA, SEED, MD5 as MAC.
    Weak,
    /// A key exchange that a stolen server key opens later: static RSA, DH or ECDH, plain PSK.
    NoForwardSecrecy,
    /// None of these.
    Strong,
    /// No name, or one without words that tell.
    #[default]
    Unknown,
}

impl CipherClass {
    /// The spelling in tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Prohibited => "prohibited",
            Self::Weak => "weak",
            Self::NoForwardSecrecy => "no_forward_secrecy",
            Self::Strong => "strong",
            Self::Unknown => "unknown",
        }
    }

    /// The class of a cipher that a session of this version used.
    #[must_use]
    pub fn of(cipher: &str, version: TlsVersion) -> Self {
        let name = cipher.to_ascii_uppercase();
        let words = || name.split(['-', '_', ' ', '+', ':']).filter(|word| !word.is_empty());
        let any = |list: &[&str]| words().any(|word| list.contains(&word));
        if words().next().is_none() {
            return Self::Unknown;
        }
        let triple_des = is_triple_des(cipher);
        if any(&[
            "NULL", "EXP", "EXPORT", "EXPORT40", "EXPORT56", "EXP1024", "RC4", "ARCFOUR", "RC2", "ADH", "AECDH", "ANON",
        ]) || (any(&["DES", "DES40"]) && !triple_des)
        {
            return Self::Prohibited;
        }
        if triple_des || any(&["IDEA", "SEED", "MD5"]) {
            return Self::Weak;
        }
        if !any(&[
            "AES",
            "AES128",
            "AES256",
            "AES128GCM",
            "AESCCM",
            "AESGCM",
            "CHACHA20",
            "CAMELLIA",
            "CAMELLIA128",
            "CAMELLIA256",
            "ARIA",
            "ARIA128",
            "ARIA256",
            "ARIA128GCM",
        ]) {
            return Self::Unknown;
        }
        // Schannel's name of a bulk cipher says nothing of the key exchange, which has a name of its own or none.
        if name.starts_with("CALG") && !any(&["EPHEM", "ECDHE", "DHE", "KEYX"]) {
            return if version == TlsVersion::Tls13 { Self::Strong } else { Self::Unknown };
        }
        let ephemeral = any(&["ECDHE", "DHE", "EDH", "EECDH", "EPHEM"]) || is_tls13(&name, version);
        if ephemeral { Self::Strong } else { Self::NoForwardSecrecy }
    }
}

/// TLS 1.3's names have no key exchange in them, since there it is always ephemeral.
fn is_tls13(name: &str, version: TlsVersion) -> bool {
    version == TlsVersion::Tls13
        || ((name.starts_with("TLS_AES_") || name.starts_with("TLS_CHACHA20_")) && !name.contains("WITH"))
}

/// Whether a cipher is triple DES, in whatever dialect its name comes.
#[must_use]
pub fn is_triple_des(cipher: &str) -> bool {
    let name = cipher.to_ascii_uppercase();
    name.split(['-', '_', ' ', '+', ':']).any(|word| ["3DES", "CBC3", "EDE", "EDE3"].contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dialect_is_classed() {
        use CipherClass::{NoForwardSecrecy, Prohibited, Strong, Unknown, Weak};
        for (cipher, class) in [
            ("ECDHE-RSA-AES256-GCM-SHA384", Strong),
            ("ECDHE-RSA-AES256-SHA", Strong),
            ("DHE-RSA-AES256-SHA", Strong),
            ("TLS_AES_256_GCM_SHA384", Strong),
            ("ECDHE_X25519__RSA_PSS_RSAE_SHA256__AES_256_GCM", Strong),
            ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", Strong),
            ("AES256-GCM-SHA384", NoForwardSecrecy),
            ("TLS_RSA_WITH_AES_128_CBC_SHA", NoForwardSecrecy),
            ("RSA_AES_256_CBC_SHA1", NoForwardSecrecy),
            ("ECDH-RSA-AES128-SHA", NoForwardSecrecy),
            ("CAMELLIA256-SHA", NoForwardSecrecy),
            ("DES-CBC3-SHA", Weak),
            ("EDH-RSA-DES-CBC3-SHA", Weak),
            ("TLS_RSA_WITH_3DES_EDE_CBC_SHA", Weak),
            ("IDEA-CBC-SHA", Weak),
            ("SEED-SHA", Weak),
            ("RC4-MD5", Prohibited),
            ("ECDHE-RSA-RC4-SHA", Prohibited),
            ("RSA_ARCFOUR_SHA1", Prohibited),
            ("DES-CBC-SHA", Prohibited),
            ("EXP-DES-CBC-SHA", Prohibited),
            ("ADH-AES256-SHA", Prohibited),
            ("TLS_DH_anon_WITH_AES_128_CBC_SHA", Prohibited),
            ("NULL-SHA", Prohibited),
            ("", Unknown),
            ("CALG_AES_256", Unknown),
            ("CALG_AES_256 CALG_SHA_384", Unknown),
            ("CALG_AES_256 CALG_SHA_384 CALG_ECDH_EPHEM", Strong),
            ("CALG_AES_128 CALG_SHA1 CALG_DH_EPHEM", Strong),
            ("CALG_AES_128 CALG_SHA1 CALG_RSA_KEYX", NoForwardSecrecy),
            ("CALG_3DES CALG_SHA1 CALG_RSA_KEYX", Weak),
            ("CALG_RC4 CALG_MD5 CALG_RSA_KEYX", Prohibited),
            ("CALG_DES CALG_SHA1 CALG_RSA_KEYX", Prohibited),
            ("???", Unknown),
        ] {
            assert_eq!(CipherClass::of(cipher, TlsVersion::Tls12), class, "{cipher}");
        }
    }
}
