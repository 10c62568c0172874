//! The cutover: what a server's switch would break. One rule, for the datasets and for `mailtally cutover`; the
//! page has it again in `web/src/cutover.ts`, over the rows that are shown.
//!
//! A lowest TLS version breaks the connections below it; AUTH without TLS is a switch of its own, as servers have
//! it (`smtpd_tls_auth_only`). What is not logged breaks nothing here, and is not called safe either.

pub mod accounts;
mod ways;

pub use self::ways::{Way, Ways};

use self::ways::{Known, Tls};
use crate::submissions::tls::TlsVersion;

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
        [
            // What is not known stands behind every version.
            way.tls != Tls::None && self.min_tls.is_some_and(|lowest| way.tls.version() < lowest),
            self.no_3des && way.tls.triple_des() == Known::Yes,
            self.no_cleartext && way.tls == Tls::None,
            self.no_basic && way.basic == Known::Yes,
        ]
    }

    fn fails(&self, way: Way) -> bool {
        self.reasons(way).contains(&true)
    }

    /// Whether what is not known of a way could make it fail.
    fn is_undetermined(&self, way: Way) -> bool {
        !self.fails(way)
            && (self.min_tls.is_some() && way.tls.version() == TlsVersion::Unknown
                || self.no_3des && way.tls.triple_des() == Known::Unknown
                || self.no_cleartext && way.tls == Tls::Unknown
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
        way_by(version, cipher, family, "unknown")
    }

    fn way_by(version: &str, cipher: &str, family: &str, mode: &str) -> Way {
        Way::of([version, cipher, family, mode].map(|text| Some(text).filter(|text| !text.is_empty())))
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

    /// The same examples as in web/tests/page.test.ts.
    #[test]
    fn tls_without_a_version_is_no_cleartext() {
        let cleartext = Switches { no_cleartext: true, ..TODAY };
        let no_3des = Switches { no_3des: true, ..TODAY };
        let encrypted = [
            way_by("unknown", "", "basic", "implicit"),
            way_by("unknown", "", "basic", "starttls"),
            way("unknown", "ECDHE-RSA-AES128-SHA", "basic"),
        ];
        for way in encrypted.map(Way::bit) {
            assert_eq!(cleartext.outcome(way), Outcome::Safe);
            assert_eq!(lowest(TlsVersion::Tls12).outcome(way), Outcome::Undetermined);
            assert_eq!(SCENARIOS[7].switches.outcome(way), Outcome::Undetermined);
        }
        assert_eq!(
            encrypted.map(|way| no_3des.outcome(way.bit())),
            [Outcome::Undetermined, Outcome::Undetermined, Outcome::Safe]
        );
        for mode in ["unknown", ""] {
            assert_eq!(cleartext.outcome(way_by("unknown", "", "basic", mode).bit()), Outcome::Undetermined);
        }
        assert_eq!(cleartext.outcome(way_by("none", "", "basic", "cleartext").bit()), Outcome::Breaks);
    }

    #[test]
    fn nothing_switched_breaks_nothing() {
        assert!(TODAY.failing().is_empty() && TODAY.undetermined().is_empty());
        assert_eq!(TODAY, Switches::default());
    }
}
