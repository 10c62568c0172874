//! Unusual activity: accounts whose day is unlike their own days before, and why, in a sentence.
//!
//! ```text
//! daily tables, the window first ─▶ memory ─▶ account by account, day by day: the rules ─▶ findings with severities
//! ```
//!
//! Nothing is trained and nothing is random: an account is held against itself, by rules that a person can check
//! with the daily tables and a pencil. Each finding says what was seen, against what, over how many days.

mod account_day;
mod bits;
mod memory;
mod pairs;
pub mod recipe;
pub mod rules;
pub mod settings;
pub mod statistics;

use std::cmp::Reverse;
use std::sync::Arc;

pub use memory::{Memory, Reading, days_remembered};
pub use settings::{Limit, Profile, Settings, Thresholds};

use crate::calendar::Day;
use crate::rollups::texts::Number;
use account_day::{Account, AccountDay};
use memory::{Counts, Hours};
use pairs::Pair;
use rules::{RULES, Seen};
use settings::OfAccounts;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Several grave things on one day.
    High,
    /// Worth a look.
    Notice,
    /// Explained by what the account did before.
    Info,
}

impl Severity {
    /// The word in the dataset.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Notice => "notice",
            Self::Info => "info",
        }
    }
}

/// One unusual thing about an account's day.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The day.
    pub date: Day,
    /// The account.
    pub account: Arc<str>,
    /// The rule's name.
    pub rule: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// The count, or 1.
    pub observed: i64,
    /// The median of the active days before.
    pub baseline_median: Option<f64>,
    /// Their median absolute deviation, of Anscombe's transformation of the counts.
    pub baseline_mad: Option<f64>,
    /// How many days it was held against.
    pub baseline_days: i64,
    /// What it had to reach: deviations where there is a `z`, else a count or days.
    pub threshold: Option<f64>,
    /// By how many deviations it is above the median.
    pub z: Option<f64>,
    /// Whether the account is too new for a baseline.
    pub cold_start: bool,
    /// What was seen, against what, over how many days.
    pub sentence: String,
    /// What it was seen by, and what else was seen that makes it grave.
    pub evidence: Option<String>,
}

/// What is unusual in the window: the gravest first, then the newest, then by account.
#[must_use]
pub fn findings(memory: &mut Memory) -> Vec<Finding> {
    memory.counts.sort_unstable_by_key(|counts| (counts.account, counts.day));
    memory.hours.sort();
    let memory = &*memory;
    let (networks, mechanisms) = (memory.networks.sorted(), memory.mechanisms.sorted());
    let all = Remembered {
        memory,
        counts: ByAccount::new(&memory.counts, |counts| counts.account),
        hours: ByAccount::new(memory.hours.days(), |hours| hours.account),
        networks: ByAccount::new(&networks, |pair| pair.account),
        mechanisms: ByAccount::new(&mechanisms, |pair| pair.account),
    };
    let named = |number| Some((memory.accounts.text(number)?, number));
    let mut accounts: Vec<(&str, Number)> = (1..=memory.accounts.count()).filter_map(named).collect();
    // They mostly come in this order.
    accounts.sort();
    let (first, second) = accounts.split_at(accounts.len().div_ceil(2));
    let (mut findings, others) = std::thread::scope(|scope| {
        let others = scope.spawn(|| all.findings(second));
        let findings = all.findings(first);
        (findings, others.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    });
    findings.extend(others);
    // Both halves are in order, which the sort makes use of.
    findings.sort_by_key(order);
    findings
}

/// What comes first, among findings that are in the order of their accounts.
fn order(finding: &Finding) -> (Severity, Reverse<Day>) {
    (finding.severity, Reverse(finding.date))
}

/// What is remembered, by account.
struct Remembered<'a> {
    memory: &'a Memory,
    counts: ByAccount<'a, Counts>,
    hours: ByAccount<'a, Hours>,
    networks: ByAccount<'a, Pair<i64>>,
    mechanisms: ByAccount<'a, Pair<Number>>,
}

impl Remembered<'_> {
    /// What is unusual about some of the accounts, in order.
    fn findings(&self, accounts: &[(&str, Number)]) -> Vec<Finding> {
        let memory = self.memory;
        let of_accounts = OfAccounts::new(&memory.settings);
        let mut findings = Vec::new();
        for (name, number) in accounts.iter().copied() {
            let account = Account {
                memory,
                number,
                thresholds: of_accounts.of(name),
                counts: self.counts.of(number),
                hours: self.hours.of(number),
                networks: self.networks.of(number),
                mechanisms: self.mechanisms.of(number),
            };
            look(&account, name, &mut findings);
        }
        findings.sort_by_key(order);
        findings
    }
}

/// A list in the order of accounts, and where each one's part of it ends.
struct ByAccount<'a, T> {
    list: &'a [T],
    ends: Vec<usize>,
}

impl<'a, T> ByAccount<'a, T> {
    fn new(list: &'a [T], account: impl Fn(&T) -> Number) -> Self {
        let mut ends = Vec::new();
        for (place, entry) in list.iter().enumerate() {
            ends.resize(account(entry) as usize, place);
        }
        ends.push(list.len());
        Self { list, ends }
    }

    /// An account's part of the list.
    fn of(&self, number: Number) -> &'a [T] {
        let end = |number: usize| self.ends.get(number).copied().unwrap_or(self.list.len());
        &self.list[(number as usize).checked_sub(1).map_or(0, end)..end(number as usize)]
    }
}

/// All days of an account.
fn look(account: &Account<'_>, name: &str, findings: &mut Vec<Finding>) {
    let memory = account.memory;
    let first = memory.first_of_window();
    let mut shared = None;
    for day in first..first + u16::try_from(memory.window.days().len()).unwrap_or(u16::MAX) {
        if !memory.sent.has(account.number as usize, day) && memory.failures(account.number, day).attempts == 0 {
            continue;
        }
        let day = AccountDay { account, day };
        let seen: Vec<(usize, Seen)> =
            RULES.iter().enumerate().filter_map(|(place, rule)| Some((place, (rule.look)(&day)?))).collect();
        if !seen.is_empty() {
            graded(&day, shared.get_or_insert_with(|| name.into()), seen, findings);
        }
    }
}

/// The findings of a day with their severities. `volume` and a grave thing, or two grave things, make each other high, and
/// each names the others in its evidence. A precedent explains a count and nothing else: whoever steals an account may
/// come twice, so `volume` counts for the others whether a day before had as much or not.
fn graded(day: &AccountDay<'_>, account: &Arc<str>, seen: Vec<(usize, Seen)>, findings: &mut Vec<Finding>) {
    let counts = |place: usize| RULES[place].name == "volume" || RULES[place].grave;
    let together: Vec<(usize, String)> = seen
        .iter()
        .filter(|(place, _)| counts(*place))
        .map(|(place, seen)| (*place, format!("{} {}", RULES[*place].name, seen.observed)))
        .collect();
    for (place, seen) in seen {
        let severity = match together.len() > 1 && counts(place) {
            _ if seen.explained => Severity::Info,
            true => Severity::High,
            false => Severity::Notice,
        };
        let others = together.iter().filter(|(other, _)| *other != place).map(|(_, text)| text.as_str());
        let also = (severity == Severity::High).then(|| format!("also: {}", others.collect::<Vec<_>>().join(", ")));
        let evidence = seen.evidence.into_iter().chain(also).collect::<Vec<_>>().join("; ");
        findings.push(Finding {
            date: day.account.memory.day(day.day),
            account: Arc::clone(account),
            rule: RULES[place].name,
            severity,
            observed: seen.observed,
            baseline_median: seen.median,
            baseline_mad: seen.mad,
            baseline_days: seen.days.into(),
            threshold: seen.threshold,
            z: seen.z,
            cold_start: seen.cold_start,
            sentence: seen.sentence,
            evidence: (!evidence.is_empty()).then_some(evidence),
        });
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod examples;

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests;

#[cfg(test)]
mod wordings;
