//! Ways in that an account did not use before: networks, mechanisms, TLS versions, and a guessed password.

use super::super::account_day::AccountDay;
use super::super::memory::{NO_VERSION, version};
use super::super::pairs::{Pair, Pairs};
use super::{Rule, Seen, listed, many};
use crate::rollups::networks::written;
use crate::rollups::texts::Number;

/// A network that is new.
pub(super) const NEW_NETWORK: Rule = Rule {
    name: "new_network",
    about: "a client network (/24, /48) that the account did not use in the baseline's days",
    grave: true,
    look: new_network,
};

/// A mechanism that is new.
pub(super) const NEW_MECHANISM: Rule = Rule {
    name: "new_mechanism",
    about: "an AUTH mechanism that the account did not use in the baseline's days",
    grave: false,
    look: new_mechanism,
};

/// A version below all others.
pub(super) const TLS_DOWNGRADE: Rule = Rule {
    name: "tls_downgrade",
    about: "a TLS version below the account's lowest one of the baseline's days",
    grave: true,
    look: tls_downgrade,
};

/// More networks than ever.
pub(super) const MANY_NETWORKS: Rule = Rule {
    name: "many_networks",
    about: "many client networks on one day, and more than on any of the baseline's days",
    grave: true,
    look: many_networks,
};

/// Failures before an accepted message.
pub(super) const FAILURES_THEN_SUCCESS: Rule = Rule {
    name: "failures_then_success",
    about: "many failed sign-ins and then an accepted message, more than on any of the baseline's days",
    grave: true,
    look: failures_then_success,
};

/// The keys of a day that no day of the baseline has; none where the baseline has no known one to tell by.
fn news<K: Copy + Eq + std::hash::Hash + Ord>(
    day: &AccountDay<'_>,
    pairs: &Pairs<K>,
    of_account: &[Pair<K>],
) -> Option<(Vec<K>, u32)> {
    let known = pairs.known_days(day.account.number, day.baseline());
    let is_new =
        |pair: &&Pair<K>| pairs.days().has(pair.row, day.day) && pairs.days().count(pair.row, day.baseline()) == 0;
    let new = of_account.iter().filter(is_new).map(|pair| pair.key).collect::<Vec<_>>();
    (known > 0 && !new.is_empty()).then_some((new, known))
}

fn count_of<T>(list: &[T]) -> i64 {
    i64::try_from(list.len()).unwrap_or(i64::MAX)
}

fn new_network(day: &AccountDay<'_>) -> Option<Seen> {
    let (new, days) = news(day, &day.account.memory.networks, day.account.networks)?;
    let names = listed(new.iter().map(|network| written(*network)));
    Some(Seen {
        observed: count_of(&new),
        days,
        sentence: format!("First time from {names} in {} days ({days} of them active).", day.length()),
        evidence: Some(names),
        ..Seen::default()
    })
}

fn new_mechanism(day: &AccountDay<'_>) -> Option<Seen> {
    let (new, days) = news(day, &day.account.memory.mechanisms, day.account.mechanisms)?;
    let name = |mechanism: &Number| day.account.memory.mechanism_names.text(*mechanism).unwrap_or_default().to_owned();
    let mut names = new.iter().map(name).collect::<Vec<_>>();
    names.sort_unstable();
    let names = listed(names.into_iter());
    Some(Seen {
        observed: count_of(&new),
        days,
        sentence: format!("First time with {names} in {} days ({days} of them active).", day.length()),
        evidence: Some(names),
        ..Seen::default()
    })
}

fn tls_downgrade(day: &AccountDay<'_>) -> Option<Seen> {
    let (memory, account) = (day.account.memory, day.account.number);
    let lowest = *memory.lowest_versions(account, day.day..day.day + 1).first()?;
    let versions = memory.lowest_versions(account, day.baseline());
    // Most accounts have one version day after day.
    let before = versions.iter().copied().min().filter(|before| lowest < *before && *before != NO_VERSION)?;
    let days = versions.iter().filter(|rank| **rank != NO_VERSION).count();
    let days = u32::try_from(days).unwrap_or(u32::MAX);
    let (now, before) = (version(lowest), version(before));
    let used = if now == "none" { "Sent without TLS".to_owned() } else { format!("Used {now}") };
    Some(Seen {
        observed: 1,
        days,
        sentence: format!("{used}; its lowest version {} was {before}.", day.in_the_days_before()),
        evidence: Some(format!("{now}, before {before}")),
        ..Seen::default()
    })
}

fn many_networks(day: &AccountDay<'_>) -> Option<Seen> {
    let count = i64::from(day.today()?.networks);
    let before = i64::from(day.most_before(|counts| counts.networks)?);
    let least = day.account.thresholds.many_networks;
    if count < least || count <= before {
        return None;
    }
    let days = day.account.memory.networks.days();
    let today = day.account.networks.iter().filter(|pair| days.has(pair.row, day.day)).map(|pair| written(pair.key));
    let names = listed(today.collect::<Vec<_>>().into_iter());
    Some(Seen {
        observed: count,
        days: day.active_days(),
        threshold: Some(least as f64),
        sentence: format!(
            "Signed in from {count} networks (/24 or /48) on this day; never from more than {before} {}.",
            day.in_the_days_before()
        ),
        evidence: Some(names),
        ..Seen::default()
    })
}

fn failures_then_success(day: &AccountDay<'_>) -> Option<Seen> {
    if !day.account.memory.has_failed(day.account.number) {
        return None;
    }
    let failures = day.failures(day.day);
    let count = failures.before_success;
    let least = day.account.thresholds.failures_then_success;
    if count < least {
        return None;
    }
    let before = day.baseline().map(|day_before| day.failures(day_before).before_success).max().unwrap_or(0);
    if count <= before {
        return None;
    }
    Some(Seen {
        observed: count,
        days: day.active_days(),
        threshold: Some(least as f64),
        sentence: format!(
            "{}, and then a message was accepted; on no day {} were there more than {before}.",
            many(count, "failed sign-in"),
            day.in_the_days_before()
        ),
        evidence: Some(format!("{} of {} on this day", count, many(failures.attempts, "failure"))),
        ..Seen::default()
    })
}
