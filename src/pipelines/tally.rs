//! Counting raw logs in memory: the daily table without a lake, by the same reading that fills one.

use std::collections::hash_map::Entry;

use compact_str::CompactString;
use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::calendar::Day;
use crate::submissions::pass::{RejectedLine, Sink};
use crate::submissions::tls::TlsVersion;
use crate::submissions::{Refusal, Submission};

/// Messages and recipients per day, account and TLS version; the rows themselves where they are asked for.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// What is kept beside the counts.
    pub keep: Keep,
    /// The counts of each day and TLS version, by account.
    daily: FxHashMap<(Day, TlsVersion), Accounts>,
    /// The submissions, where kept, as they were accepted.
    pub submissions: Vec<Submission>,
    /// The refusals, where kept.
    pub refusals: Vec<Refusal>,
    /// How many attempts were refused.
    pub refused: u64,
    /// How many lines looked like ours and could not be read.
    pub rejected: u64,
    /// The first of them: its file by its place in the pass, its number, and why.
    pub first_rejected: Option<(usize, u64, &'static str)>,
}

/// Counts by account.
type Accounts = hashbrown::HashMap<CompactString, Counts, FxBuildHasher>;

/// What a tally keeps beside its counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// Nothing.
    #[default]
    Counts,
    /// Every submission.
    Submissions,
    /// Every refusal.
    Refusals,
}

/// Sums of one cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Accepted messages.
    pub messages: u64,
    /// Their recipients, where the server counted them.
    pub recipients: u64,
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.messages += other.messages;
        self.recipients += other.recipients;
    }
}

impl Tally {
    /// An empty tally.
    #[must_use]
    pub fn new(keep: Keep) -> Self {
        Self { keep, ..Self::default() }
    }

    /// Adds another stream's tally.
    pub fn add(&mut self, other: Self) {
        for (cell, accounts) in other.daily {
            match self.daily.entry(cell) {
                Entry::Vacant(entry) => {
                    entry.insert(accounts);
                }
                Entry::Occupied(mut entry) => {
                    for (account, counts) in accounts {
                        entry.get_mut().entry(account).or_default().add(counts);
                    }
                }
            }
        }
        self.submissions.extend(other.submissions);
        self.refusals.extend(other.refusals);
        self.refused += other.refused;
        self.rejected += other.rejected;
        self.first_rejected = self.first_rejected.or(other.first_rejected);
    }

    /// How many messages were accepted.
    #[must_use]
    pub fn messages(&self) -> u64 {
        self.daily.values().flat_map(Accounts::values).map(|counts| counts.messages).sum()
    }

    /// Whether no counted message has a TLS version, nor is known to have had none.
    #[must_use]
    pub fn knows_no_version(&self) -> bool {
        self.daily.keys().all(|(_, version)| *version == TlsVersion::Unknown)
    }

    /// The counts in order of day, account and TLS version.
    #[must_use]
    pub fn cells(&self) -> Vec<(Day, &str, TlsVersion, Counts)> {
        let cells = self.daily.iter().flat_map(|((day, version), accounts)| {
            accounts.iter().map(|(account, counts)| (*day, account.as_str(), *version, *counts))
        });
        let mut cells = cells.collect::<Vec<_>>();
        cells.sort_unstable_by_key(|(day, account, version, _)| (*day, *account, *version));
        cells
    }

    fn cell(&mut self, cell: (Day, TlsVersion), account: &str) -> &mut Counts {
        // An account's name is copied at its first message only.
        self.daily.entry(cell).or_default().entry_ref(account).or_default()
    }

    /// Puts kept rows in order of time.
    pub fn sort(&mut self) {
        self.submissions.sort_by(|a, b| (a.ts, &a.queue_id, &a.server).cmp(&(b.ts, &b.queue_id, &b.server)));
        self.refusals.sort_by(|a, b| (a.ts, &a.client_ip, &a.account).cmp(&(b.ts, &b.client_ip, &b.account)));
    }
}

impl Sink for Tally {
    fn submission(&mut self, row: &Submission<&str>) {
        let counts = Counts { messages: 1, recipients: u64::from(row.recipients.unwrap_or(0)) };
        self.cell((Day::of(row.ts), row.tls_version), row.account).add(counts);
        if self.keep == Keep::Submissions {
            self.submissions.push(row.keep());
        }
    }

    fn refusal(&mut self, row: &Refusal<&str>) {
        self.refused += 1;
        if self.keep == Keep::Refusals {
            self.refusals.push(row.keep());
        }
    }

    fn rejected(&mut self, row: RejectedLine<'_>) {
        self.rejected += 1;
        self.first_rejected.get_or_insert((row.file, row.line, row.reason));
    }
}
