//! When an account's day is unusual: the numbers behind the rules, and profiles for accounts that are unlike others.
//!
//! The defaults were found by simulation (`benches/activity.sh`). A pipeline's `[activity]` changes them, for all
//! accounts or for those of a profile.

use rustc_hash::FxHashMap;

/// The settings of `[activity]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// How many days before a day its baseline is taken from.
    pub baseline_days: u16,
    /// How many days back a precedent is looked for, and an account is remembered at all.
    pub precedent_days: u16,
    /// The numbers for accounts that no profile lists.
    pub usual: Thresholds,
    /// Profiles in the order of the file: the first one that lists an account is the account's.
    pub profiles: Vec<Profile>,
}

/// Numbers of their own for some accounts.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Its name, such as `high_volume`.
    pub name: String,
    /// Accounts, in lower case; `*@domain` stands for all of a domain.
    pub accounts: Vec<String>,
    /// The numbers.
    pub thresholds: Thresholds,
}

/// The numbers behind the rules.
#[derive(Clone, Debug, PartialEq)]
pub struct Thresholds {
    /// How many deviations from the median are too many.
    pub z: f64,
    /// How many times the median is too much.
    pub ratio: f64,
    /// Fewer active days than this are no baseline.
    pub min_active_days: u32,
    /// Messages.
    pub volume: Limit,
    /// Recipients.
    pub recipients: Limit,
    /// Client networks.
    pub client_networks: Limit,
    /// Failed sign-ins.
    pub auth_failures: Limit,
    /// A day with at least the count divided by this is a precedent.
    pub precedent_ratio: f64,
    /// So many networks on one day are many.
    pub many_networks: i64,
    /// So many sender addresses on one day are many.
    pub many_senders: i64,
    /// So many failed sign-ins before a message was accepted are a guessed password.
    pub failures_then_success: i64,
    /// So many messages at odd hours are odd.
    pub odd_hours_messages: i64,
    /// An hour with less than this percentage of an account's messages is an odd one.
    pub odd_hours_percent: f64,
    /// Fewer active days than this do not tell an account's hours.
    pub odd_hours_active_days: u32,
    /// An account without a message for so many days is dormant.
    pub dormant_days: u16,
}

/// What a count has to reach, whatever the baseline is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// At least this much above the median.
    pub floor: i64,
    /// At least this much where there is no baseline.
    pub cold_start: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { baseline_days: 28, precedent_days: 90, usual: Thresholds::default(), profiles: Vec::new() }
    }
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            z: 3.5,
            ratio: 3.0,
            min_active_days: 7,
            volume: Limit { floor: 20, cold_start: 100 },
            recipients: Limit { floor: 20, cold_start: 100 },
            client_networks: Limit { floor: 3, cold_start: 15 },
            auth_failures: Limit { floor: 10, cold_start: 50 },
            precedent_ratio: 1.5,
            many_networks: 5,
            many_senders: 5,
            failures_then_success: 10,
            odd_hours_messages: 20,
            odd_hours_percent: 1.0,
            odd_hours_active_days: 14,
            dormant_days: 30,
        }
    }
}

impl Limit {
    /// The smallest count that can be unusual.
    pub(super) fn least(self) -> i64 {
        self.floor.min(self.cold_start)
    }
}

/// Which numbers hold for which account.
pub(super) struct OfAccounts<'a> {
    settings: &'a Settings,
    listed: FxHashMap<&'a str, &'a Thresholds>,
}

impl<'a> OfAccounts<'a> {
    pub(super) fn new(settings: &'a Settings) -> Self {
        let mut listed = FxHashMap::default();
        for profile in &settings.profiles {
            for account in &profile.accounts {
                listed.entry(account.as_str()).or_insert(&profile.thresholds);
            }
        }
        Self { settings, listed }
    }

    /// The numbers for an account: those listed for itself, for its domain, or the usual ones.
    pub(super) fn of(&self, account: &str) -> &'a Thresholds {
        if self.listed.is_empty() {
            return &self.settings.usual;
        }
        let domain = || self.listed.get(format!("*@{}", account.rsplit_once('@')?.1).as_str());
        self.listed.get(account).or_else(domain).copied().unwrap_or(&self.settings.usual)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_itself_goes_before_its_domain() {
        let numbers = |z| Thresholds { z, ..Thresholds::default() };
        let profile = |name: &str, account: &str, z| Profile {
            name: name.to_owned(),
            accounts: vec![account.to_owned()],
            thresholds: numbers(z),
        };
        let profiles = vec![profile("bulk", "*@bulk.example", 9.0), profile("news", "news@bulk.example", 8.0)];
        let settings = Settings { profiles, ..Settings::default() };
        let of = OfAccounts::new(&settings);
        let z = |account: &str| of.of(account).z;
        assert_eq!([z("news@bulk.example"), z("other@bulk.example"), z("a@b.example"), z("fax")], [8.0, 9.0, 3.5, 3.5]);
    }
}
