//! Habits that change: an account that is new or wakes, hours it did not keep, sender addresses it did not have.

use std::ops::Range;

use super::super::account_day::AccountDay;
use super::{Rule, Seen, listed, many};

/// The first message of all.
pub(super) const NEW_ACCOUNT: Rule = Rule {
    name: "new_account",
    about: "the first message of an account as far back as is looked",
    grave: false,
    look: new_account,
};

/// Many sender addresses.
pub(super) const MANY_SENDERS: Rule = Rule {
    name: "many_senders",
    about: "many MAIL FROM addresses on one day, and more than on any of the baseline's days",
    grave: true,
    look: many_senders,
};

/// Hours it does not keep.
pub(super) const ODD_HOURS: Rule = Rule {
    name: "odd_hours",
    about: "many messages in hours in which the account hardly ever sent",
    grave: false,
    look: odd_hours,
};

/// A message after a long silence.
pub(super) const DORMANT_WAKES: Rule =
    Rule { name: "dormant_wakes", about: "the first message after a long silence", grave: false, look: dormant_wakes };

/// A lake that begins too late to tell says nothing: all of its accounts would be new.
fn new_account(day: &AccountDay<'_>) -> Option<Seen> {
    if day.last_before().is_some() {
        return None;
    }
    let today = day.today()?;
    let memory = day.account.memory;
    let held = memory.days_held(day.day.saturating_sub(memory.settings.precedent_days)..day.day);
    if held < day.account.thresholds.min_active_days {
        return None;
    }
    let what = many(today.messages, "message");
    Some(Seen {
        observed: today.messages,
        sentence: format!("First day of this account, with {what}: it is on none of the {held} days before."),
        ..Seen::default()
    })
}

fn many_senders(day: &AccountDay<'_>) -> Option<Seen> {
    let count = i64::from(day.today()?.senders);
    let before = i64::from(day.most_before(|counts| counts.senders)?);
    let least = day.account.thresholds.many_senders;
    if count < least || count <= before {
        return None;
    }
    Some(Seen {
        observed: count,
        days: day.active_days(),
        threshold: Some(least as f64),
        sentence: format!(
            "{count} sender addresses (MAIL FROM) on this day; never more than {before} {}.",
            day.in_the_days_before()
        ),
        ..Seen::default()
    })
}

fn odd_hours(day: &AccountDay<'_>) -> Option<Seen> {
    let thresholds = day.account.thresholds;
    let days = day.active_days();
    if days < thresholds.odd_hours_active_days {
        return None;
    }
    let today = by_hour(day, day.day..day.day + 1);
    if today.iter().sum::<i64>() < thresholds.odd_hours_messages {
        return None;
    }
    let history = by_hour(day, day.baseline());
    let all: i64 = history.iter().sum();
    let is_odd = |hour: &usize| history[*hour] as f64 * 100.0 < thresholds.odd_hours_percent * all as f64;
    let odd = (0..24).filter(is_odd).filter(|hour| today[*hour] > 0).collect::<Vec<usize>>();
    let count: i64 = odd.iter().map(|hour| today[*hour]).sum();
    if count < thresholds.odd_hours_messages {
        return None;
    }
    let share = odd.iter().map(|hour| history[*hour]).sum::<i64>() as f64 * 100.0 / all as f64;
    let hours = listed(odd.iter().map(|hour| format!("{hour:02}:00")));
    Some(Seen {
        observed: count,
        days,
        threshold: Some(thresholds.odd_hours_messages as f64),
        sentence: format!(
            "{} in hours (UTC) that have {share:.1} % of those of {days} active days {}.",
            many(count, "message"),
            day.in_the_days_before()
        ),
        evidence: Some(hours),
        ..Seen::default()
    })
}

/// The account's messages of some days by hour.
fn by_hour(day: &AccountDay<'_>, days: Range<u16>) -> [i64; 24] {
    let mut sums = [0; 24];
    for hours in day.hours(days) {
        let messages = day.account.memory.hours.messages(hours);
        sums.iter_mut().zip(messages).for_each(|(sum, messages)| *sum += messages);
    }
    sums
}

fn dormant_wakes(day: &AccountDay<'_>) -> Option<Seen> {
    let silent = day.day - day.last_before()? - 1;
    let least = day.account.thresholds.dormant_days;
    if silent < least {
        return None;
    }
    let today = day.today()?;
    Some(Seen {
        observed: today.messages,
        threshold: Some(least.into()),
        sentence: format!(
            "First day with messages ({}) after {silent} days without any.",
            many(today.messages, "message")
        ),
        ..Seen::default()
    })
}
