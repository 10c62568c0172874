//! What a pass has seen before, so that each row counts once: in this file and in those before it.

use std::collections::VecDeque;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash};

use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use super::OVERLAP;
use crate::calendar::{HOUR, Timestamp};

fn hash(key: &impl Hash) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(key)
}

/// How many messages are kept at the least to know those that come again: what is sent again is sent soon.
const LEAST_RECENT: usize = 4096;

/// The messages with a queue id that were told of last, some minutes of them or some thousands. Their lines may come again:
/// who ships them sends again what may be lost, a log that is copied and emptied grows in between, and a file may begin
/// with the last lines of another one. A queue id does not come twice in a second.
#[derive(Default)]
pub(super) struct Recent {
    /// The first of the newer ones.
    since: Timestamp,
    newer: FxHashSet<u64>,
    older: FxHashSet<u64>,
}

impl Recent {
    pub(super) fn is_new(&mut self, ts: Timestamp, key: &impl Hash) -> bool {
        // The server chooses the queue id in it, so nobody can look for two keys of one hash.
        let hash = FxBuildHasher.hash_one(key);
        if self.older.contains(&hash) || !self.newer.insert(hash) {
            return false;
        }
        if self.newer.len() >= LEAST_RECENT && ts.abs_diff(self.since) > 2 * OVERLAP.unsigned_abs() {
            self.since = ts;
            std::mem::swap(&mut self.newer, &mut self.older);
            self.newer.clear();
        }
        true
    }
}

/// The messages without a queue id of a file's last minutes. The next file may begin with some of the same lines without
/// being known as a copy, since times to the second do not show it.
#[derive(Default)]
pub(super) struct Seam {
    before: FxHashSet<u64>,
    here: VecDeque<(Timestamp, u64)>,
}

impl Seam {
    pub(super) fn is_new(&mut self, ts: Timestamp, key: &impl Hash) -> bool {
        let hash = hash(key);
        if self.before.contains(&hash) {
            return false;
        }
        while self.here.front().is_some_and(|(earlier, _)| *earlier < ts - 2 * OVERLAP) {
            self.here.pop_front();
        }
        self.here.push_back((ts, hash));
        true
    }

    pub(super) fn next_file(&mut self) {
        self.before = self.here.drain(..).map(|(_, hash)| hash).collect();
    }
}

/// The messages of the time in which a line may come again, in whichever file: a queue that is not sure whether it
/// has delivered delivers again, and of what was collected twice, the second file begins before the first one ends.
pub(super) struct Redelivered {
    late: i64,
    /// What is later than this may come in a file that is still to be read.
    watermark: Timestamp,
    seen: FxHashSet<u64>,
    order: VecDeque<(Timestamp, u64)>,
}

impl Redelivered {
    /// For lines that may come so much later than their time.
    pub(super) fn within(late: i64) -> Option<Self> {
        (late > 0).then(|| Self { late, watermark: Timestamp::MAX, seen: FxHashSet::default(), order: VecDeque::new() })
    }

    pub(super) fn is_new(&mut self, ts: Timestamp, key: &impl Hash) -> bool {
        let hash = hash(key);
        if !self.seen.insert(hash) {
            return false;
        }
        self.order.push_back((ts, hash));
        let over = self.watermark.min(ts - 2 * self.late);
        while let Some((_, old)) = self.order.pop_front_if(|(earlier, _)| *earlier < over) {
            self.seen.remove(&old);
        }
        true
    }

    pub(super) fn next_file(&mut self, watermark: Timestamp) {
        self.watermark = watermark.saturating_sub(self.late);
    }
}

/// How much older than a file's first line others of it may be: processes write side by side, and clocks differ.
const DISORDER: i64 = HOUR;

/// Rows seen in files before this one. A row may rightly come several times in one file (two wrong passwords in a
/// second), so what counts is how often the files before had it. A row has the time of one of its own lines, so that those
/// which are older than all lines to come are forgotten: memory follows what files share.
pub(super) struct Repeats {
    /// By file, the time that no line of it or of the files behind it is older than.
    none_before: Vec<Timestamp>,
    /// Rows that are older are forgotten: no line of this file, or of one behind it, is.
    pub(super) forgotten: Timestamp,
    /// Rows that are older need not be kept: no line of a file behind this one is.
    kept_from: Timestamp,
    before: FxHashMap<u64, Seen>,
    here: FxHashMap<u64, Seen>,
}

/// In which hour a row was, and how often it was seen: there are millions of them.
#[derive(Clone, Copy)]
struct Seen {
    hour: i32,
    times: u32,
}

impl Repeats {
    /// For files of which it is known, by file, that no line of it or of the files behind it is older than this.
    pub(super) fn new(none_before: Vec<Timestamp>) -> Self {
        let (forgotten, kept_from) = (Timestamp::MIN, Timestamp::MIN);
        Self { none_before, forgotten, kept_from, before: FxHashMap::default(), here: FxHashMap::default() }
    }

    pub(super) fn is_new(&mut self, ts: Timestamp, key: &impl Hash) -> bool {
        let hash = hash(key);
        let before = self.before.get(&hash).map_or(0, |seen| seen.times);
        if before == 0 && ts < self.kept_from {
            return true;
        }
        let here = self.here.entry(hash).or_insert(Seen { hour: hour(ts), times: 0 });
        here.times += 1;
        here.times > before
    }

    pub(super) fn next_file(&mut self, file: usize) {
        let oldest = |file: usize| self.none_before.get(file).map_or(Timestamp::MAX, |at| at.saturating_sub(DISORDER));
        (self.forgotten, self.kept_from) = (oldest(file), oldest(file + 1));
        let mut here = std::mem::take(&mut self.here);
        // The few go to the many.
        if here.len() > self.before.len() {
            std::mem::swap(&mut here, &mut self.before);
        }
        for (hash, seen) in here {
            let before = self.before.entry(hash).or_insert(seen);
            before.times = before.times.max(seen.times);
        }
        let forgotten = hour(self.forgotten);
        self.before.retain(|_, seen| seen.hour >= forgotten);
    }
}

fn hour(ts: Timestamp) -> i32 {
    ts.div_euclid(HOUR).clamp(i32::MIN.into(), i32::MAX.into()) as i32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::SECOND;

    #[test]
    fn what_comes_again_is_known_for_as_long_as_it_may() {
        let mut seen = Redelivered::within(10 * SECOND).into_iter().collect::<Vec<_>>();
        let mut is_new = |ts: i64, id: &str| seen[0].is_new(ts * SECOND, &(ts, id));
        assert!(is_new(100, "a") && !is_new(100, "a") && is_new(100, "b") && is_new(95, "a"));
        assert!(is_new(119, "c") && !is_new(100, "a"));
        assert!(is_new(140, "d") && is_new(100, "a"), "memory does not follow the log's length");
        assert_eq!(seen[0].seen.len(), seen[0].order.len());
        assert!(Redelivered::within(0).is_none());
    }

    #[test]
    fn what_was_told_of_last_is_known() {
        let mut recent = Recent::default();
        let mut is_new = |ts: i64, id: usize| recent.is_new(ts * SECOND, &id);
        assert!((0..LEAST_RECENT).all(|id| is_new(1000, id)) && (0..LEAST_RECENT).all(|id| !is_new(1000, id)));
        assert!((0..LEAST_RECENT).all(|id| is_new(1060, id + LEAST_RECENT) && !is_new(1000, id)));
        assert!(is_new(1000, usize::MAX) && !is_new(1000, 0), "of a busy server, minutes are known");
        assert!(is_new(1121, 2 * LEAST_RECENT) && !is_new(1060, LEAST_RECENT) && is_new(1000, 0));
        assert!(is_new(9000, 7 * LEAST_RECENT) && !is_new(1060, LEAST_RECENT), "of an idle one, thousands");
        assert!(recent.newer.len() + recent.older.len() < 3 * LEAST_RECENT, "memory does not follow the log's length");
    }

    #[test]
    fn rows_are_kept_for_as_long_as_a_file_behind_may_hold_them() {
        let mut repeats = Repeats::new([0, 10, 20, 20].map(|hour| hour * HOUR).into());
        let is_new = |repeats: &mut Repeats, hour: i64| repeats.is_new(hour * HOUR, &hour);
        repeats.next_file(0);
        assert!([0, 5, 9, 11, 11, 12].into_iter().all(|hour| is_new(&mut repeats, hour)));
        assert_eq!(repeats.here.len(), 3, "the next file begins an hour behind the first of them at most");
        repeats.next_file(1);
        let new = [9, 11, 11, 11, 12, 13, 20].map(|hour| is_new(&mut repeats, hour));
        assert_eq!(new, [false, false, false, true, false, true, true]);
        repeats.next_file(2);
        assert_eq!((repeats.before.len(), repeats.forgotten), (1, 19 * HOUR));
        assert!(!is_new(&mut repeats, 20) && is_new(&mut repeats, 21));
        repeats.next_file(3);
        assert!(!is_new(&mut repeats, 20) && !is_new(&mut repeats, 21) && is_new(&mut repeats, 22));
        assert_eq!(repeats.here.len(), 2, "no file is behind this one");
        let mut of_any_time = Repeats::new(vec![Timestamp::MIN; 2]);
        of_any_time.next_file(0);
        assert!(is_new(&mut of_any_time, 5));
        of_any_time.next_file(1);
        assert!(!is_new(&mut of_any_time, 5));
    }

    #[test]
    fn what_a_file_behind_this_one_may_tell_again_is_known_until_then() {
        let Some(mut seen) = Redelivered::within(10 * SECOND) else { panic!("none") };
        let is_new = |seen: &mut Redelivered, ts: i64| seen.is_new(ts * SECOND, &ts);
        seen.next_file(110 * SECOND);
        assert!([90, 100, 200, 300].into_iter().all(|ts| is_new(&mut seen, ts)));
        assert_eq!(seen.order.len(), 3, "the next file begins behind one of them");
        seen.next_file(Timestamp::MAX);
        assert!([100, 200, 300].into_iter().all(|ts| !is_new(&mut seen, ts)));
        assert!(is_new(&mut seen, 310) && !is_new(&mut seen, 300));
        assert_eq!(seen.order.len(), 2, "no file is behind this one");
    }
}
