//! What an account came with (a network, a mechanism), and on which days.

use std::hash::Hash;

use rustc_hash::FxHashMap;

use super::super::recent::Recent;
use super::bits::Bits;
use crate::rollups::texts::Number;

/// Pairs of an account and something else, each with its days.
#[derive(Clone, Debug)]
pub(super) struct Pairs<K> {
    rows: FxHashMap<(Number, K), usize>,
    recent: Recent<(K, usize)>,
    days: Bits,
    /// Days on which an account came with anything at all.
    known: Bits,
}

impl<K: Copy + Eq + Hash + Ord> Pairs<K> {
    pub(super) fn new(days: u16) -> Self {
        Self { rows: FxHashMap::default(), recent: Recent::default(), days: Bits::new(days), known: Bits::new(days) }
    }

    /// Notes a pair of a day of the window.
    pub(super) fn meet(&mut self, account: Number, key: K, day: u16) {
        let row = self.met_lately(account, key).unwrap_or_else(|| {
            let next = self.rows.len();
            let row = *self.rows.entry((account, key)).or_insert(next);
            self.recent.add(account, (key, row));
            row
        });
        self.days.set(row, day);
        self.known.set(account as usize, day);
    }

    /// Notes a pair of a day before: only what the window has is worth remembering.
    pub(super) fn recall(&mut self, account: Number, key: K, day: u16) {
        let row = self.met_lately(account, key).or_else(|| self.rows.get(&(account, key)).copied());
        if let Some(row) = row {
            self.days.set(row, day);
        }
        self.known.set(account as usize, day);
    }

    fn met_lately(&mut self, account: Number, key: K) -> Option<usize> {
        self.recent.find(account, |(recent, _)| recent == key).map(|(_, row)| row)
    }

    /// How many days of a range are known at all.
    pub(super) fn known_days(&self, account: Number, days: std::ops::Range<u16>) -> u32 {
        self.known.count(account as usize, days)
    }

    /// All pairs by account.
    pub(super) fn sorted(&self) -> Vec<Pair<K>> {
        let pairs = self.rows.iter().map(|((account, key), row)| Pair { account: *account, key: *key, row: *row });
        let mut pairs: Vec<Pair<K>> = pairs.collect();
        pairs.sort_unstable_by_key(|pair| (pair.account, pair.key));
        pairs
    }

    /// The days of a pair.
    pub(super) fn days(&self) -> &Bits {
        &self.days
    }
}

/// A pair, and the row of its days.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair<K> {
    pub account: Number,
    pub key: K,
    pub row: usize,
}
