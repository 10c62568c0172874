//! The cutover: what a server's switch would break. One rule, for the datasets and for `mailtally cutover`; the
//! page has it again in `web/src/cutover.ts`, over the rows that are shown.
//!
//! A lowest TLS version breaks the connections below it; AUTH without TLS is a switch of its own, as servers have
//! it (`smtpd_tls_auth_only`). What is not logged breaks nothing here, and is not called safe either.
//!
//! Whether a message would fail depends on few things: its TLS version, whether its cipher is 3DES, and the kind of
//! its authentication. Those make 63 ways in, each with a bit of its own, so that an account's ways are one number.

pub mod accounts;

use crate::submissions::cipher::is_triple_des;
use crate::submissions::tls::TlsVersion;

/// What is known of something that is so or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    No,
    Yes,
    Unknown,
}

/// How a message came in, as far as a switch can matter to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    version: TlsVersion,
    triple_des: Known,
    basic: Known,
}

const KNOWN: [Known; 3] = [Known::No, Known::Yes, Known::Unknown];

impl Way {
    /// The way of a row of `daily_clients`.
    #[must_use]
    pub fn of(version: Option<&str>, cipher: Option<&str>, auth_family: Option<&str>) -> Self {
        let version = TlsVersion::ALL.into_iter().find(|known| Some(known.as_str()) == version).unwrap_or_default();
        let triple_des = match cipher {
            Some(cipher) if is_triple_des(cipher) => Known::Yes,
            Some(_) => Known::No,
            // Without TLS there is no cipher, and TLS 1.3 has no 3DES.
            None if matches!(version, TlsVersion::None | TlsVersion::Tls13) => Known::No,
            None => Known::Unknown,
        };
        let basic = match auth_family {
            Some("basic") => Known::Yes,
            Some("oauth" | "other") => Known::No,
            _ => Known::Unknown,
        };
        Self { version, triple_des, basic }
    }

    /// Every way that there is, in the order of their bits.
    fn all() -> impl Iterator<Item = Self> {
        TlsVersion::ALL.into_iter().flat_map(|version| {
            KNOWN.into_iter().flat_map(move |triple_des| KNOWN.map(|basic| Self { version, triple_des, basic }))
        })
    }

    /// The way's own bit.
    #[must_use]
    pub fn bit(self) -> i64 {
        1 << ((self.version as i64 * 3 + self.triple_des as i64) * 3 + self.basic as i64)
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
        Self::with(|way| way.version.is_legacy())
    }

    /// Those whose cipher is known to be 3DES.
    #[must_use]
    pub fn triple_des() -> Self {
        Self::with(|way| way.triple_des == Known::Yes)
    }

    /// Those of which the cipher is not known.
    #[must_use]
    pub fn unknown_cipher() -> Self {
        Self::with(|way| way.triple_des == Known::Unknown)
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

/// What is switched off at the servers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Switches {
    /// The lowest TLS version that is still accepted; none where that stays as it is.
    pub min_tls: Option<TlsVersion>,
    /// No 3DES ciphers.
    pub no_3des: bool,
    /// No AUTH without TLS.
    pub no_cleartext: bool,
    /// No passwords: PLAIN, LOGIN and the like.
    pub no_basic: bool,
}

/// Why a message would fail, in the order in which reasons are told.
const REASONS: [&str; 4] = ["tls", "des3", "cleartext", "basic"];

impl Switches {
    /// Which of the four reasons a message of this way would fail for.
    fn reasons(&self, way: Way) -> [bool; 4] {
        let is_tls = !matches!(way.version, TlsVersion::None | TlsVersion::Unknown);
        [
            is_tls && self.min_tls.is_some_and(|lowest| way.version < lowest),
            self.no_3des && way.triple_des == Known::Yes,
            self.no_cleartext && way.version == TlsVersion::None,
            self.no_basic && way.basic == Known::Yes,
        ]
    }

    fn fails(&self, way: Way) -> bool {
        self.reasons(way).contains(&true)
    }

    /// Whether what is not known of a way could make it fail.
    fn is_undetermined(&self, way: Way) -> bool {
        let asks_tls = self.min_tls.is_some() || self.no_3des || self.no_cleartext;
        !self.fails(way)
            && (asks_tls && way.version == TlsVersion::Unknown
                || self.no_3des && way.triple_des == Known::Unknown
                || self.no_basic && way.basic == Known::Unknown)
    }

    /// The ways that would fail.
    #[must_use]
    pub fn failing(&self) -> Ways {
        Ways::with(|way| self.fails(*way))
    }

    /// The ways of which it cannot be said.
    #[must_use]
    pub fn undetermined(&self) -> Ways {
        Ways::with(|way| self.is_undetermined(*way))
    }

    /// What would become of somebody whose messages came in these ways.
    #[must_use]
    pub fn outcome(&self, ways: i64) -> Outcome {
        let failing = self.failing();
        if failing.meet(ways) {
            return if ways & !failing.0 == 0 { Outcome::Breaks } else { Outcome::Mixed };
        }
        if self.undetermined().meet(ways) { Outcome::Undetermined } else { Outcome::Safe }
    }

    /// The reasons for which messages of these ways would fail, separated by spaces; empty where none would.
    #[must_use]
    pub fn reason(&self, ways: i64) -> String {
        let mut found = [false; 4];
        for way in Way::all().filter(|way| way.bit() & ways != 0) {
            found.iter_mut().zip(self.reasons(way)).for_each(|(found, reason)| *found |= reason);
        }
        let told = REASONS.iter().zip(found).filter(|(_, found)| *found).map(|(reason, _)| *reason);
        told.collect::<Vec<_>>().join(" ")
    }
}

/// What would become of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// All of its messages would fail.
    Breaks,
    /// Some would.
    Mixed,
    /// None is known to, but not all is known.
    Undetermined,
    /// None would.
    Safe,
}

impl Outcome {
    /// Every one, in the order in which somebody has to act.
    pub const ALL: [Self; 4] = [Self::Breaks, Self::Mixed, Self::Undetermined, Self::Safe];

    /// The word in datasets.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Breaks => "breaks",
            Self::Mixed => "mixed",
            Self::Undetermined => "undetermined",
            Self::Safe => "safe",
        }
    }
}

/// A cutover that the datasets tell about.
#[derive(Debug)]
pub struct Scenario {
    /// Its name in the datasets.
    pub name: &'static str,
    /// What is switched off.
    pub switches: Switches,
}

/// As everything is today.
const TODAY: Switches = Switches { min_tls: None, no_3des: false, no_cleartext: false, no_basic: false };

const fn lowest(version: TlsVersion) -> Switches {
    Switches { min_tls: Some(version), ..TODAY }
}

/// Every scenario of the datasets: each switch alone, and the one that RFC 8996 and RFC 8314 ask for together.
pub static SCENARIOS: [Scenario; 8] = [
    Scenario { name: "min_tlsv1_0", switches: lowest(TlsVersion::Tls10) },
    Scenario { name: "min_tlsv1_1", switches: lowest(TlsVersion::Tls11) },
    Scenario { name: "min_tlsv1_2", switches: lowest(TlsVersion::Tls12) },
    Scenario { name: "min_tlsv1_3", switches: lowest(TlsVersion::Tls13) },
    Scenario { name: "no_3des", switches: Switches { no_3des: true, ..TODAY } },
    Scenario { name: "no_cleartext", switches: Switches { no_cleartext: true, ..TODAY } },
    Scenario { name: "no_basic", switches: Switches { no_basic: true, ..TODAY } },
    Scenario {
        name: "min_tlsv1_2_no_cleartext",
        switches: Switches { no_cleartext: true, ..lowest(TlsVersion::Tls12) },
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    fn way(version: &str, cipher: &str, family: &str) -> Way {
        let given = |text: &'static str| (!text.is_empty()).then_some(text);
        let [version, cipher, family] = [version, cipher, family].map(|text| given(text.to_owned().leak()));
        Way::of(version, cipher, family)
    }

    #[test]
    fn every_way_has_a_bit_of_its_own() {
        let bits: Vec<i64> = Way::all().map(Way::bit).collect();
        assert_eq!(bits, (0..63).map(|place| 1_i64 << place).collect::<Vec<_>>());
        assert_eq!(Ways::with(|_| true), Ways(i64::MAX));
    }

    /// The same examples as in web/tests/page.test.ts.
    #[test]
    fn each_switch_breaks_what_it_is_about() {
        let lowest = lowest(TlsVersion::Tls12);
        assert_eq!(lowest.reason(way("TLSv1.0", "AES128-SHA", "basic").bit()), "tls");
        assert_eq!(lowest.reason(way("none", "", "basic").bit()), "", "without TLS there is no version to be too low");
        assert_eq!(lowest.reason(way("unknown", "", "basic").bit()), "", "what is not logged is not broken");
        let both = Switches { no_3des: true, no_basic: true, ..TODAY };
        assert_eq!(both.reason(way("TLSv1.2", "DES-CBC3-SHA", "basic").bit()), "des3 basic");
        let cleartext = Switches { no_cleartext: true, ..TODAY };
        assert_eq!(cleartext.reason(way("none", "", "").bit()), "cleartext");
    }

    #[test]
    fn accounts_fail_fail_in_part_or_go_on() {
        let switches = SCENARIOS[7].switches;
        let outcome = |ways: &[Way]| switches.outcome(ways.iter().fold(0, |ways, way| ways | way.bit()));
        let old = way("TLSv1.0", "DES-CBC3-SHA", "basic");
        let (new, none, unlogged) = (way("TLSv1.3", "", "oauth"), way("none", "", "basic"), way("unknown", "", ""));
        assert_eq!(outcome(&[old]), Outcome::Breaks);
        assert_eq!(outcome(&[old, none]), Outcome::Breaks);
        assert_eq!(outcome(&[old, new]), Outcome::Mixed);
        assert_eq!(outcome(&[old, unlogged]), Outcome::Mixed);
        assert_eq!(outcome(&[new, unlogged]), Outcome::Undetermined);
        assert_eq!(outcome(&[new]), Outcome::Safe);
    }

    #[test]
    fn what_is_not_known_is_not_safe() {
        let outcome = |name: &str, way: Way| {
            SCENARIOS.iter().find(|scenario| scenario.name == name).map(|found| found.switches.outcome(way.bit()))
        };
        let unlogged = way("unknown", "", "");
        for scenario in &SCENARIOS {
            assert_eq!(outcome(scenario.name, unlogged), Some(Outcome::Undetermined), "{}", scenario.name);
        }
        let no_cipher = way("TLSv1.2", "", "oauth");
        assert_eq!(outcome("no_3des", no_cipher), Some(Outcome::Undetermined));
        assert_eq!(outcome("no_3des", way("TLSv1.3", "", "oauth")), Some(Outcome::Safe));
        assert_eq!(outcome("no_3des", way("none", "", "oauth")), Some(Outcome::Safe));
        assert_eq!(outcome("min_tlsv1_2", no_cipher), Some(Outcome::Safe));
        assert_eq!(outcome("no_basic", way("TLSv1.2", "", "unknown")), Some(Outcome::Undetermined));
    }

    #[test]
    fn nothing_switched_breaks_nothing() {
        assert!(TODAY.failing().is_empty() && TODAY.undetermined().is_empty());
        assert_eq!(TODAY, Switches::default());
    }
}
