//! `[activity]` of a pipeline file: when an account's day is unusual, for all accounts and for those of a profile.

use super::fields::{Entry, Section};
use crate::reports::unusual::{Profile, Settings, Thresholds};

/// The keys of the section that are not thresholds.
const LENGTHS: [&str; 3] = ["baseline_days", "precedent_days", "profiles"];

/// Every threshold: its key, its least and its greatest value, and what it sets.
static THRESHOLDS: &[Threshold] = &[
    decimal("z", 0.5, 100.0, |numbers, value| numbers.z = value),
    decimal("ratio", 1.0, 1_000.0, |numbers, value| numbers.ratio = value),
    whole("min_active_days", 1, 366, |numbers, value| numbers.min_active_days = small(value)),
    count("volume_floor", |numbers, value| numbers.volume.floor = value),
    count("volume_cold_start", |numbers, value| numbers.volume.cold_start = value),
    count("recipients_floor", |numbers, value| numbers.recipients.floor = value),
    count("recipients_cold_start", |numbers, value| numbers.recipients.cold_start = value),
    count("client_networks_floor", |numbers, value| numbers.client_networks.floor = value),
    count("client_networks_cold_start", |numbers, value| numbers.client_networks.cold_start = value),
    count("auth_failures_floor", |numbers, value| numbers.auth_failures.floor = value),
    count("auth_failures_cold_start", |numbers, value| numbers.auth_failures.cold_start = value),
    decimal("precedent_ratio", 1.0, 1_000.0, |numbers, value| numbers.precedent_ratio = value),
    count("many_networks", |numbers, value| numbers.many_networks = value),
    count("many_senders", |numbers, value| numbers.many_senders = value),
    count("failures_then_success", |numbers, value| numbers.failures_then_success = value),
    count("odd_hours_messages", |numbers, value| numbers.odd_hours_messages = value),
    decimal("odd_hours_percent", 0.0, 100.0, |numbers, value| numbers.odd_hours_percent = value),
    whole("odd_hours_active_days", 1, 366, |numbers, value| numbers.odd_hours_active_days = small(value)),
    whole("dormant_days", 1, 366, |numbers, value| numbers.dormant_days = u16::try_from(value).unwrap_or(u16::MAX)),
];

struct Threshold {
    key: &'static str,
    read: Read,
}

enum Read {
    Whole(i64, i64, fn(&mut Thresholds, i64)),
    Decimal(f64, f64, fn(&mut Thresholds, f64)),
}

const fn whole(key: &'static str, least: i64, most: i64, set: fn(&mut Thresholds, i64)) -> Threshold {
    Threshold { key, read: Read::Whole(least, most, set) }
}

const fn count(key: &'static str, set: fn(&mut Thresholds, i64)) -> Threshold {
    whole(key, 1, 1_000_000_000, set)
}

const fn decimal(key: &'static str, least: f64, most: f64, set: fn(&mut Thresholds, f64)) -> Threshold {
    Threshold { key, read: Read::Decimal(least, most, set) }
}

fn small(value: i64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

pub(super) fn activity(top: Section<'_>) -> Settings {
    let mut settings = Settings::default();
    let keys: Vec<&str> = LENGTHS.into_iter().chain(THRESHOLDS.iter().map(|threshold| threshold.key)).collect();
    let Some(section) = top.get("activity").and_then(|entry| entry.section("[activity]", &keys)) else {
        return settings;
    };
    let days =
        |key| section.get(key).and_then(|entry| entry.integer(7..=366)).and_then(|days| u16::try_from(days).ok());
    settings.baseline_days = days("baseline_days").unwrap_or(settings.baseline_days);
    settings.precedent_days = days("precedent_days").unwrap_or(settings.precedent_days.max(settings.baseline_days));
    if let (Some(entry), true) = (section.get("precedent_days"), settings.precedent_days < settings.baseline_days) {
        let advice = "precedents are looked for in the baseline's days and before them".to_owned();
        entry.refuse::<()>("'precedent_days' must not be less than 'baseline_days'", Some(advice));
    }
    thresholds(section, &mut settings.usual);
    if let Some(profiles) = section.get("profiles").and_then(|entry| entry.open_section("[activity.profiles]")) {
        settings.profiles = profiles.entries().filter_map(|entry| profile(entry, &settings.usual)).collect();
    }
    settings
}

/// A profile: the section's numbers, but for those that it has itself.
fn profile(entry: Entry<'_>, usual: &Thresholds) -> Option<Profile> {
    let keys: Vec<&str> = ["accounts"].into_iter().chain(THRESHOLDS.iter().map(|threshold| threshold.key)).collect();
    let section = entry.section("[activity.profiles]", &keys)?;
    let mut numbers = usual.clone();
    thresholds(section, &mut numbers);
    let accounts = section.require("accounts", "accounts = [\"news@example.org\", \"*@bulk.example.org\"]")?;
    let accounts = accounts.list().iter().filter_map(|entry| account(*entry)).collect();
    Some(Profile { name: entry.key().to_owned(), accounts, thresholds: numbers })
}

/// An account, or `*@` and a domain: no other place for a star is understood.
fn account(entry: Entry<'_>) -> Option<String> {
    let text = entry.text()?.trim().to_lowercase();
    if text.strip_prefix("*@").unwrap_or(&text).contains('*') {
        let advice = "write an account, or *@example.org for all accounts of a domain".to_owned();
        return entry.refuse(format!("'{text}' has a '*' where none is understood"), Some(advice));
    }
    Some(text)
}

fn thresholds(section: Section<'_>, numbers: &mut Thresholds) {
    for threshold in THRESHOLDS {
        let Some(entry) = section.get(threshold.key) else { continue };
        match threshold.read {
            Read::Whole(least, most, set) => {
                if let Some(value) = entry.integer(least..=most) {
                    set(numbers, value);
                }
            }
            Read::Decimal(least, most, set) => {
                if let Some(value) = entry.decimal(least..=most) {
                    set(numbers, value);
                }
            }
        }
    }
}
