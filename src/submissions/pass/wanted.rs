//! The rows that a pass lets through: those of the days asked for, each once.

use std::collections::{BTreeSet, VecDeque};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash};

use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use super::{OVERLAP, Sink};
use crate::calendar::{Day, DayRange, SECOND, Timestamp};
use crate::submissions::{Refusal, Rows, Submission};

/// Lets through the rows of the days asked for, each once.
pub(super) struct Wanted<'a> {
    pub days: Option<DayRange>,
    /// Where files are known to hold the same lines.
    pub repeats: Option<Repeats>,
    pub seam: Seam,
    /// Whether messages come joined out of several logs: then each comes once already.
    pub joined: bool,
    /// Days with rows of sessions whose beginning was not read.
    pub orphans: BTreeSet<Day>,
    pub sink: &'a mut dyn Sink,
}

impl Wanted<'_> {
    fn wants(&self, ts: Timestamp) -> bool {
        self.days.is_none_or(|days| days.contains(Day::of(ts)))
    }

    pub(super) fn next_file(&mut self) {
        if let Some(repeats) = &mut self.repeats {
            repeats.next_file();
        }
        self.seam.next_file();
    }
}

impl Rows for Wanted<'_> {
    fn submission(&mut self, row: &Submission<&str>) {
        let key = (row.ts / SECOND, row.server, row.queue_id, row.account);
        let is_new = |rows: &mut Self| match &mut rows.repeats {
            _ if rows.joined => true,
            Some(repeats) => repeats.is_new(&key),
            None => rows.seam.is_new(row.ts, &key),
        };
        if self.wants(row.ts) && is_new(self) {
            self.sink.submission(row);
        }
    }

    fn refusal(&mut self, row: &Refusal<&str>) {
        let key = (row.ts / SECOND, row.server, row.client_ip, row.account, row.kind);
        if self.wants(row.ts) && self.repeats.as_mut().is_none_or(|repeats| repeats.is_new(&key)) {
            self.sink.refusal(row);
        }
    }

    fn orphan(&mut self, ts: Timestamp) {
        if self.wants(ts) {
            self.orphans.insert(Day::of(ts));
        }
    }
}

fn hash(key: &impl Hash) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(key)
}

/// The messages of a file's last minutes. The next file may begin with some of the same lines without being known
/// as a copy, since times to the second do not show it; a queue id does not come twice in a second.
#[derive(Default)]
pub(super) struct Seam {
    before: FxHashSet<u64>,
    here: VecDeque<(Timestamp, u64)>,
}

impl Seam {
    fn is_new(&mut self, ts: Timestamp, key: &impl Hash) -> bool {
        // The server chooses the queue id in it, so nobody can look for two keys of one hash.
        let hash = FxBuildHasher.hash_one(key);
        if self.before.contains(&hash) {
            return false;
        }
        while self.here.front().is_some_and(|(earlier, _)| *earlier < ts - 2 * OVERLAP) {
            self.here.pop_front();
        }
        self.here.push_back((ts, hash));
        true
    }

    fn next_file(&mut self) {
        self.before = self.here.drain(..).map(|(_, hash)| hash).collect();
    }
}

/// Rows seen in files before this one. A row may rightly come several times in one file (two wrong passwords in a
/// second), so what counts is how often the files before had it.
#[derive(Default)]
pub(super) struct Repeats {
    before: FxHashMap<u64, u32>,
    here: FxHashMap<u64, u32>,
}

impl Repeats {
    fn is_new(&mut self, key: &impl Hash) -> bool {
        let hash = hash(key);
        let seen = self.here.entry(hash).or_default();
        *seen += 1;
        *seen > self.before.get(&hash).copied().unwrap_or(0)
    }

    fn next_file(&mut self) {
        for (hash, seen) in self.here.drain() {
            let before = self.before.entry(hash).or_default();
            *before = (*before).max(seen);
        }
    }
}
