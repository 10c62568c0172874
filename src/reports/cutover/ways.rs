//! The ways in which messages come in, as far as a switch can matter to them.
//!
//! Whether a message would fail depends on few things: whether there was TLS, its version, whether its cipher is 3DES,
//! and the kind of its authentication. Those make 60 ways in, each with a bit of its own, so that an account's ways are
//! one number.

use crate::submissions::cipher::is_triple_des;
use crate::submissions::tls::TlsVersion;

/// What is known of something that is so or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    No,
    Yes,
    Unknown,
}

/// What is known of a message's TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tls {
    /// That there was none.
    None,
    /// Not even whether there was.
    Unknown,
    /// That there was: over which version, which may not be known, and whether its cipher was 3DES.
    With { version: TlsVersion, triple_des: Known },
}

/// How a message came in, as far as a switch can matter to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    pub(super) tls: Tls,
    pub(super) basic: Known,
}

const KNOWN: [Known; 3] = [Known::No, Known::Yes, Known::Unknown];

impl Tls {
    fn of(version: Option<&str>, cipher: Option<&str>, mode: Option<&str>) -> Self {
        let version = TlsVersion::ALL.into_iter().find(|known| Some(known.as_str()) == version).unwrap_or_default();
        let triple_des = match cipher {
            Some(cipher) if is_triple_des(cipher) => Known::Yes,
            Some(_) => Known::No,
            // TLS 1.3 has no 3DES.
            None if version == TlsVersion::Tls13 => Known::No,
            None => Known::Unknown,
        };
        match version {
            TlsVersion::None => Self::None,
            // Of port 465, Stalwart and Haraka log no version: that it has TLS is told by how that begins.
            TlsVersion::Unknown if cipher.is_none() && !matches!(mode, Some("implicit" | "starttls")) => Self::Unknown,
            version => Self::With { version, triple_des },
        }
    }

    /// All that there is to know, in order.
    fn all() -> impl Iterator<Item = Self> {
        let versions = TlsVersion::ALL.into_iter().filter(|version| *version != TlsVersion::None);
        let with = versions.flat_map(|version| KNOWN.map(|triple_des| Self::With { version, triple_des }));
        [Self::None, Self::Unknown].into_iter().chain(with)
    }

    /// The place in that order.
    fn place(self) -> i64 {
        match self {
            Self::None => 0,
            Self::Unknown => 1,
            Self::With { version, triple_des } => 2 + (version as i64 - 1) * 3 + triple_des as i64,
        }
    }

    pub(super) fn version(self) -> TlsVersion {
        match self {
            Self::None => TlsVersion::None,
            Self::Unknown => TlsVersion::Unknown,
            Self::With { version, .. } => version,
        }
    }

    /// Without TLS there is no cipher.
    pub(super) fn triple_des(self) -> Known {
        match self {
            Self::None => Known::No,
            Self::Unknown => Known::Unknown,
            Self::With { triple_des, .. } => triple_des,
        }
    }
}

impl Way {
    /// The way of a row of `daily_clients`: of its `tls_version`, `cipher`, `auth_family` and `tls_mode`.
    #[must_use]
    pub fn of([version, cipher, auth_family, tls_mode]: [Option<&str>; 4]) -> Self {
        let basic = match auth_family {
            Some("basic") => Known::Yes,
            Some("oauth" | "other") => Known::No,
            _ => Known::Unknown,
        };
        Self { tls: Tls::of(version, cipher, tls_mode), basic }
    }

    /// Every way that there is, in the order of their bits.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        Tls::all().flat_map(|tls| KNOWN.map(|basic| Self { tls, basic }))
    }

    /// The way's own bit.
    #[must_use]
    pub fn bit(self) -> i64 {
        1 << (self.tls.place() * 3 + self.basic as i64)
    }
}

/// A set of ways.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ways(pub i64);

impl Ways {
    /// The ways for which something holds.
    pub fn with(holds: impl Fn(&Way) -> bool) -> Self {
        Self(Way::all().filter(holds).map(Way::bit).fold(0, |ways, bit| ways | bit))
    }

    /// Those of clients that have to act: without TLS, or with a version that is retired.
    #[must_use]
    pub fn legacy() -> Self {
        Self::with(|way| way.tls.version().is_legacy())
    }

    /// Those whose cipher is known to be 3DES.
    #[must_use]
    pub fn triple_des() -> Self {
        Self::with(|way| way.tls.triple_des() == Known::Yes)
    }

    /// Those of which the cipher is not known.
    #[must_use]
    pub fn unknown_cipher() -> Self {
        Self::with(|way| way.tls.triple_des() == Known::Unknown)
    }

    /// Those without TLS.
    #[must_use]
    pub fn cleartext() -> Self {
        Self::with(|way| way.tls == Tls::None)
    }

    /// Those of which it is not known whether there was TLS.
    #[must_use]
    pub fn unknown_tls() -> Self {
        Self::with(|way| way.tls == Tls::Unknown)
    }

    /// Whether a way, or one of several, is among them.
    #[must_use]
    pub fn meet(self, ways: i64) -> bool {
        self.0 & ways != 0
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_has_a_bit_of_its_own() {
        let bits: Vec<i64> = Way::all().map(Way::bit).collect();
        assert_eq!(bits, (0..60).map(|place| 1_i64 << place).collect::<Vec<_>>());
        assert_eq!(Ways::with(|_| true), Ways((1 << 60) - 1));
    }
}
