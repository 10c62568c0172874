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
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn way(version: &str, cipher: &str, family: &str) -> Way {
        Way::of([version, cipher, family, "unknown"].map(|text| Some(text).filter(|text| !text.is_empty())))
    }

    /// The page's rule is held against the same examples, in `web/tests/cutover.test.ts`.
    #[test]
    fn the_rule_is_that_of_the_examples() {
        let examples: Value = serde_json::from_str(include_str!("../../../tests/page/cutover.json")).unwrap();
        let ways = &examples["ways"];
        for (name, way) in ways.as_object().unwrap() {
            let bit = listed_way(way).bit();
            let triple_des = (!Ways::unknown_cipher().meet(bit)).then(|| Ways::triple_des().meet(bit));
            let tls = (!Ways::unknown_tls().meet(bit)).then(|| !Ways::cleartext().meet(bit));
            assert_eq!(
                (json!(triple_des), json!(tls)),
                (way["triple_des"].clone(), way["tls_known_present"].clone()),
                "{name}"
            );
        }
        for example in examples["examples"].as_array().unwrap() {
            let switch = |name: &str| example["switches"][name] == true;
            let min_tls = TlsVersion::ALL.into_iter().find(|known| example["switches"]["min_tls"] == known.as_str());
            let switches = Switches {
                min_tls,
                no_3des: switch("no_3des"),
                no_cleartext: switch("no_cleartext"),
                no_basic: switch("no_basic"),
            };
            let names = example["ways"].as_array().unwrap().iter();
            let came = names.fold(0, |came, name| came | listed_way(&ways[name.as_str().unwrap()]).bit());
            assert_eq!(switches.outcome(came).as_str(), example["outcome"], "{example}");
            assert_eq!(switches.reason(came), example["reason"], "{example}");
            let names = example["ways"].as_array().unwrap().iter();
            let bits = names.map(|name| listed_way(&ways[name.as_str().unwrap()]).bit());
            let undetermined = bits.filter(|bit| switches.undetermined().meet(*bit)).count();
            assert_eq!(json!(undetermined), example["undetermined"], "{example}");
        }
    }

    fn listed_way(way: &Value) -> Way {
        Way::of(["tls_version", "cipher", "auth_family", "tls_mode"].map(|name| way[name].as_str()))
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
