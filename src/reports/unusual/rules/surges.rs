//! Counts far above the account's own: messages, recipients, client networks and failed sign-ins, by one recipe.

use super::super::account_day::AccountDay;
use super::super::memory::Counts;
use super::super::recipe::{self, Surge};
use super::super::settings::Limit;
use super::{Rule, Seen, many};

/// Far more messages than usual.
pub(super) const VOLUME: Rule = Rule {
    name: "volume",
    about: "far more messages than the account's active days before",
    grave: false,
    look: |day| counted(day, &MESSAGES, day.account.thresholds.volume),
};

/// Far more recipients than usual.
pub(super) const RECIPIENTS: Rule = Rule {
    name: "recipients",
    about: "far more recipients than the account's active days before",
    grave: false,
    look: |day| counted(day, &ADDRESSED, day.account.thresholds.recipients),
};

/// Far more networks than usual.
pub(super) const CLIENT_NETWORKS: Rule = Rule {
    name: "client_networks",
    about: "far more client networks (/24, /48) than the account's active days before",
    grave: false,
    look: |day| counted(day, &NETWORKS, day.account.thresholds.client_networks),
};

/// Far more failed sign-ins than usual.
pub(super) const AUTH_FAILURES: Rule = Rule {
    name: "auth_failures",
    about: "far more failed sign-ins than on the account's days before",
    grave: false,
    look: auth_failures,
};

/// A count of a day and its words.
struct Measure {
    of: fn(&Counts) -> i64,
    noun: &'static str,
}

const MESSAGES: Measure = Measure { of: |counts| counts.messages, noun: "message" };
const ADDRESSED: Measure = Measure { of: |counts| counts.recipients, noun: "recipient" };
const NETWORKS: Measure = Measure { of: |counts| counts.networks.into(), noun: "client network" };
const FAILED: Measure = Measure { of: |_| 0, noun: "failed sign-in" };

fn counted(day: &AccountDay<'_>, measure: &Measure, limit: Limit) -> Option<Seen> {
    let count = (measure.of)(day.today()?);
    let active = day.counts(day.baseline()).iter().map(measure.of).filter(|count| *count > 0);
    let surge = recipe::surge(count, active, limit, day.account.thresholds)?;
    let long_before = day.counts(day.long_before()).iter().map(|counts| (counts.day, (measure.of)(counts)));
    Some(seen(day, measure, count, surge, long_before))
}

/// A day on which an account sends is one of its days here too, with 0 failures: most accounts never fail.
fn auth_failures(day: &AccountDay<'_>) -> Option<Seen> {
    let account = day.account;
    if !account.memory.has_failed(account.number) {
        return None;
    }
    let attempts = |day_before: u16| day.failures(day_before).attempts;
    let sent = |day_before: &u16| account.memory.sent.has(account.number as usize, *day_before);
    let active = day.baseline().filter(|day_before| sent(day_before) || attempts(*day_before) > 0);
    let count = attempts(day.day);
    let surge = recipe::surge(count, active.map(attempts), account.thresholds.auth_failures, account.thresholds)?;
    let long_before = day.long_before().map(|day_before| (day_before, attempts(day_before)));
    Some(seen(day, &FAILED, count, surge, long_before))
}

fn seen(
    day: &AccountDay<'_>,
    measure: &Measure,
    count: i64,
    surge: Surge,
    long_before: impl DoubleEndedIterator<Item = (u16, i64)>,
) -> Seen {
    let precedent = long_before.rev().find(|(_, before)| recipe::is_precedent(count, *before, day.account.thresholds));
    let what = many(count, measure.noun);
    let active = surge.active;
    let held_against = match surge.baseline {
        Some((baseline, _)) => {
            format!("the median of {active} active days {} is {}", day.in_the_days_before(), baseline.median)
        }
        None => format!(
            "{} {} {} too few for a baseline",
            many(active.into(), "active day"),
            day.in_the_days_before(),
            if active == 1 { "is" } else { "are" }
        ),
    };
    Seen {
        observed: count,
        median: surge.baseline.map(|(baseline, _)| baseline.median),
        mad: surge.baseline.map(|(baseline, _)| baseline.mad),
        days: active,
        threshold: Some(surge.threshold),
        z: surge.baseline.map(|(_, z)| z),
        cold_start: surge.baseline.is_none(),
        explained: precedent.is_some(),
        sentence: format!("{what} on this day; {held_against}."),
        evidence: precedent.map(|(before, precedent)| {
            let what = many(precedent, measure.noun);
            format!("a day with {what} {} days before", day.day - before)
        }),
    }
}
