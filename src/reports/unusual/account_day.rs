//! An account on a day: what the rules look at.

use std::ops::Range;

use super::memory::{Counts, Failures, Hours, Memory};
use super::pairs::Pair;
use super::settings::Thresholds;
use crate::rollups::texts::Number;

/// An account with all that is remembered of it.
pub(super) struct Account<'a> {
    pub memory: &'a Memory,
    pub number: Number,
    pub thresholds: &'a Thresholds,
    /// Its counts in order of the days.
    pub counts: &'a [Counts],
    /// Its hours in order of the days.
    pub hours: &'a [Hours],
    /// Its networks of the window.
    pub networks: &'a [Pair<i64>],
    /// Its mechanisms of the window.
    pub mechanisms: &'a [Pair<Number>],
}

/// The account on one of its days in the window.
pub(super) struct AccountDay<'a> {
    pub account: &'a Account<'a>,
    pub day: u16,
}

impl<'a> AccountDay<'a> {
    /// The length of the baseline.
    pub(super) fn length(&self) -> u16 {
        self.account.memory.settings.baseline_days
    }

    /// The days of the baseline.
    pub(super) fn baseline(&self) -> Range<u16> {
        self.day.saturating_sub(self.length())..self.day
    }

    /// On how many days of the baseline the account sent.
    pub(super) fn active_days(&self) -> u32 {
        self.account.memory.sent.count(self.account.number as usize, self.baseline())
    }

    /// The days that may be precedents: from the ninetieth before up to the eighth before.
    pub(super) fn long_before(&self) -> Range<u16> {
        self.day.saturating_sub(self.account.memory.settings.precedent_days)..self.day.saturating_sub(7)
    }

    /// The last day before this one on which the account sent.
    pub(super) fn last_before(&self) -> Option<u16> {
        let memory = self.account.memory;
        let all = self.day.saturating_sub(memory.settings.precedent_days)..self.day;
        memory.sent.last(self.account.number as usize, all)
    }

    /// The day's counts, where they were worth remembering.
    pub(super) fn today(&self) -> Option<&'a Counts> {
        self.counts(self.day..self.day + 1).first()
    }

    /// The counts of some days.
    pub(super) fn counts(&self, days: Range<u16>) -> &'a [Counts] {
        within(self.account.counts, days, |counts| counts.day)
    }

    /// The most of a count on a day of the baseline: 0 where the account did not send then, none where the lake holds too
    /// few days to tell that from a lake that begins.
    pub(super) fn most_before(&self, count: impl Fn(&Counts) -> u32) -> Option<u32> {
        let most = self.counts(self.baseline()).iter().map(count).max();
        let memory = self.account.memory;
        let tells = || memory.days_held(self.baseline()) >= self.account.thresholds.min_active_days;
        most.or_else(|| tells().then_some(0))
    }

    /// The hours of some days.
    pub(super) fn hours(&self, days: Range<u16>) -> &'a [Hours] {
        within(self.account.hours, days, |hours| hours.day)
    }

    /// The failed sign-ins of a day.
    pub(super) fn failures(&self, day: u16) -> Failures {
        self.account.memory.failures(self.account.number, day)
    }

    /// `in the 28 days before`.
    pub(super) fn in_the_days_before(&self) -> String {
        format!("in the {} days before", self.length())
    }
}

/// The part of a sorted list that lies within some days.
fn within<T>(sorted: &[T], days: Range<u16>, day: impl Fn(&T) -> u16) -> &[T] {
    let start = sorted.partition_point(|entry| day(entry) < days.start);
    let end = sorted.partition_point(|entry| day(entry) < days.end);
    &sorted[start..end.max(start)]
}
