//! Counting raw logs in memory: the daily table without a lake, by the same reading that fills one.

use compact_str::CompactString;
use rustc_hash::FxHashMap;

use crate::calendar::Day;
use crate::submissions::pass::{RejectedLine, Sink};
use crate::submissions::tls::TlsVersion;
use crate::submissions::{Refusal, Rows, Submission};

/// Messages and recipients per day, account and TLS version; the rows themselves where they are asked for.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// What is kept beside the counts.
    pub keep: Keep,
    /// The counts.
    pub daily: FxHashMap<Cell, Counts>,
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

/// A day, an account and a TLS version.
pub type Cell = (Day, CompactString, TlsVersion);

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

impl Tally {
    /// An empty tally.
    #[must_use]
    pub fn new(keep: Keep) -> Self {
        Self { keep, ..Self::default() }
    }

    /// Adds another stream's tally.
    pub fn add(&mut self, other: Self) {
        for (cell, counts) in other.daily {
            let sum = self.daily.entry(cell).or_default();
            sum.messages += counts.messages;
            sum.recipients += counts.recipients;
        }
        self.submissions.extend(other.submissions);
        self.refusals.extend(other.refusals);
        self.refused += other.refused;
        self.rejected += other.rejected;
        self.first_rejected = self.first_rejected.or(other.first_rejected);
    }

    /// The counts in order of day, account and TLS version.
    #[must_use]
    pub fn cells(&self) -> Vec<(Day, &str, TlsVersion, Counts)> {
        let cells =
            self.daily.iter().map(|((day, account, version), counts)| (*day, account.as_str(), *version, *counts));
        let mut cells = cells.collect::<Vec<_>>();
        cells.sort_unstable_by_key(|(day, account, version, _)| (*day, *account, *version));
        cells
    }

    /// Puts kept rows in order of time.
    pub fn sort(&mut self) {
        self.submissions.sort_by(|a, b| (a.ts, &a.queue_id, &a.server).cmp(&(b.ts, &b.queue_id, &b.server)));
        self.refusals.sort_by(|a, b| (a.ts, &a.client_ip, &a.account).cmp(&(b.ts, &b.client_ip, &b.account)));
    }
}

impl Rows for Tally {
    fn submission(&mut self, row: &Submission) {
        let cell = (Day::of(row.ts), row.account.clone(), row.tls_version);
        let counts = self.daily.entry(cell).or_default();
        counts.messages += 1;
        counts.recipients += u64::from(row.recipients.unwrap_or(0));
        if self.keep == Keep::Submissions {
            self.submissions.push(row.clone());
        }
    }

    fn refusal(&mut self, row: &Refusal) {
        self.refused += 1;
        if self.keep == Keep::Refusals {
            self.refusals.push(row.clone());
        }
    }
}

impl Sink for Tally {
    fn rejected(&mut self, row: RejectedLine<'_>) {
        self.rejected += 1;
        self.first_rejected.get_or_insert((row.file, row.line, row.reason));
    }
}
