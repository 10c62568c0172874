//! Numbers by the hashes of what they stand for, which is kept elsewhere: a look-up holds eight bytes of each, whatever
//! it stands for.

use hashbrown::HashTable;

/// A number as it is looked up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    /// A part of the hash: it tells nearly all others apart without a look at what they stand for.
    part: u32,
    pub number: u32,
}

impl Known {
    pub(super) fn new(hash: u64, number: u32) -> Self {
        Self { part: (hash >> 32) as u32, number }
    }

    /// Whether it is a hash's, and what it stands for is what is looked for.
    pub(super) fn is(self, hash: u64, stands_for_it: impl FnOnce(u32) -> bool) -> bool {
        self.part == (hash >> 32) as u32 && stands_for_it(self.number)
    }

    /// The part as a hash again, which a table takes from both ends.
    fn hash(&self) -> u64 {
        u64::from(self.part).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }
}

/// Numbers by hashes.
#[derive(Default)]
pub(super) struct Numbers(HashTable<Known>);

impl Numbers {
    /// The number of what has a hash, if it has one. `is` says whether a number stands for it.
    pub(super) fn find(&self, hash: u64, is: impl Fn(u32) -> bool) -> Option<u32> {
        let found = self.0.find(Known::new(hash, 0).hash(), |known| known.is(hash, &is));
        found.map(|known| known.number)
    }

    /// The number of what has a hash, or where it has none, the `next` one, which it keeps from now on.
    pub(super) fn find_or_add(&mut self, hash: u64, next: u32, is: impl Fn(u32) -> bool) -> u32 {
        let next = Known::new(hash, next);
        self.0.entry(next.hash(), |known| known.is(hash, &is), Known::hash).or_insert(next).get().number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shares_a_hash_is_told_apart() {
        let words = ["a", "b", "c"];
        let mut numbers = Numbers::default();
        for (number, word) in (0..).zip(words) {
            let is = |number: u32| words[number as usize] == word;
            assert_eq!(numbers.find(7 << 32, is), None);
            assert_eq!(numbers.find_or_add(7 << 32, number, is), number);
            assert_eq!(numbers.find_or_add(7 << 32, 9, is), number, "it keeps its number");
        }
        assert_eq!(numbers.find(7 << 32, |number| words[number as usize] == "b"), Some(1));
        assert_eq!(numbers.find(8 << 32, |_| true), None);
    }
}
