//! What is remembered of each account: its counts, networks, mechanisms, TLS versions and failures, day by day.
//!
//! A report of a week looks back over a quarter, and a large lake has a million accounts on each of its days. So the
//! window is read first, and tells what is worth remembering: counts only of accounts that come near a limit at
//! all, networks and mechanisms only where the window has them. Of all others a bit per day is kept. Files are read
//! one after the other, and of each only the columns that are used.

mod hours;
mod reading;

pub(super) use self::hours::Hours;
use self::hours::HoursOfDays;
pub use self::reading::Reading;

use std::ops::Range;

use rustc_hash::FxHashMap;

use super::super::Window;
use super::bits::Bits;
use super::pairs::Pairs;
use super::settings::Settings;
use crate::calendar::{Day, DayRange};
use crate::rollups::texts::{Number, Texts, Trail};
use crate::submissions::tls::TlsVersion;

/// Where no version is known. Above all versions, so that the least of some days' is the lowest known one.
pub(super) const NO_VERSION: u8 = u8::MAX;

/// What is remembered.
pub struct Memory {
    pub(super) settings: Settings,
    pub(super) window: Window,
    /// The first day that is remembered: day 0.
    first: Day,
    pub(super) accounts: Texts,
    /// Accounts whose counts are remembered, and those whose hours are.
    watched: Vec<Watch>,
    pub(super) sent: Bits,
    pub(super) counts: Vec<Counts>,
    pub(super) hours: HoursOfDays,
    pub(super) networks: Pairs<i64>,
    pub(super) mechanisms: Pairs<Number>,
    pub(super) mechanism_names: Texts,
    /// The lowest version of each account and day since the baseline of the window's first day.
    tls: Vec<u8>,
    /// Failed sign-ins of accounts that had some in the window.
    failures: FxHashMap<(Number, u16), Failures>,
    /// Days of which the lake has anything.
    held: Bits,
    /// The accounts in their order, in which they come on each day of each table.
    trail: Trail,
    /// Whether no accounts are added to those that are known.
    closed: bool,
    /// After how many silent days an account is told with its counts, whatever they are.
    wakes_after: u16,
}

#[derive(Clone, Copy, Debug, Default)]
struct Watch {
    counts: bool,
    hours: bool,
    failures: bool,
}

/// An account's counts of a day.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counts {
    pub account: Number,
    pub day: u16,
    pub messages: i64,
    pub recipients: i64,
    pub networks: u32,
    pub senders: u32,
}

/// An account's failed sign-ins of a day.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Failures {
    pub attempts: i64,
    /// Of these, the ones after which a message was accepted.
    pub before_success: i64,
}

impl Memory {
    /// A memory for a window of which nothing has been read yet.
    #[must_use]
    pub fn new(settings: &Settings, window: &Window) -> Self {
        let mut settings = settings.clone();
        settings.precedent_days = settings.precedent_days.max(settings.baseline_days);
        let first = days_remembered(&settings, window).start;
        let days = u16::try_from(window.last.epoch_days() - first.epoch_days() + 1).unwrap_or(u16::MAX);
        let all = settings.profiles.iter().map(|profile| &profile.thresholds).chain([&settings.usual]);
        let dormant = all.map(|thresholds| thresholds.dormant_days).min().unwrap_or(u16::MAX);
        Self {
            wakes_after: dormant.min(settings.baseline_days),
            settings,
            window: *window,
            first,
            accounts: Texts::default(),
            watched: Vec::new(),
            sent: Bits::new(days),
            counts: Vec::new(),
            hours: HoursOfDays::default(),
            networks: Pairs::new(days),
            mechanisms: Pairs::new(days),
            mechanism_names: Texts::default(),
            tls: Vec::new(),
            failures: FxHashMap::default(),
            held: Bits::new(days),
            trail: Trail::default(),
            closed: false,
        }
    }

    /// A memory of one account alone.
    #[must_use]
    pub fn of_account(settings: &Settings, window: &Window, account: &str) -> Self {
        let mut memory = Self::new(settings, window);
        memory.accounts.number(account);
        memory.closed = true;
        memory
    }

    /// The place of a day among those remembered.
    fn offset(&self, day: Day) -> Option<u16> {
        u16::try_from(day.epoch_days() - self.first.epoch_days()).ok().filter(|_| day <= self.window.last)
    }

    /// The day at a place.
    pub(super) fn day(&self, offset: u16) -> Day {
        self.first.plus(offset.into())
    }

    /// The place of the window's first day.
    pub(super) fn first_of_window(&self) -> u16 {
        self.settings.precedent_days
    }

    /// Of how many of some days the lake has anything.
    pub(super) fn days_held(&self, days: Range<u16>) -> u32 {
        self.held.count(0, days)
    }

    /// The lowest version of an account on each of some days since the baseline of the window's first day; of the days
    /// behind the last one that has any, none.
    pub(super) fn lowest_versions(&self, account: Number, days: Range<u16>) -> &[u8] {
        let at = |day: u16| self.version_at(account, day).map(|at| at.min(self.tls.len()));
        at(days.start).zip(at(days.end)).map_or(&[], |(start, end)| &self.tls[start..end])
    }

    fn version_at(&self, account: Number, day: u16) -> Option<usize> {
        let recent = self.first_of_window() - self.settings.baseline_days;
        let days = self.window.days().len() + usize::from(self.settings.baseline_days);
        Some(account as usize * days + usize::from(day.checked_sub(recent)?))
    }

    /// An account's failed sign-ins of a day.
    pub(super) fn failures(&self, account: Number, day: u16) -> Failures {
        self.failures.get(&(account, day)).copied().unwrap_or_default()
    }

    /// Whether an account's failures are remembered at all.
    pub(super) fn has_failed(&self, account: Number) -> bool {
        self.watched.get(account as usize).is_some_and(|watch| watch.failures)
    }

    fn watch_of(&mut self, account: Number) -> &mut Watch {
        let account = account as usize;
        if self.watched.len() <= account {
            self.watched.resize(account + 1, Watch::default());
        }
        &mut self.watched[account]
    }
}

/// The days that a window is held against, and its own.
#[must_use]
pub fn days_remembered(settings: &Settings, window: &Window) -> DayRange {
    DayRange::inclusive(window.first.plus(-i32::from(settings.precedent_days)), window.last)
}

/// The place of a version in the order from the lowest to the highest.
fn rank(version: &str) -> u8 {
    let found = TlsVersion::ALL.iter().position(|known| *known != TlsVersion::Unknown && known.as_str() == version);
    found.and_then(|place| u8::try_from(place).ok()).unwrap_or(NO_VERSION)
}

/// The version of a rank.
pub(super) fn version(rank: u8) -> &'static str {
    TlsVersion::ALL.get(usize::from(rank)).copied().unwrap_or_default().as_str()
}
