//! Numbers for names that come again and again: hosts, services, ciphers.
//!
//! What servers have few of is kept once, so that sessions and messages hold a number. Nothing that a client chooses
//! is kept here, since nothing is ever let go of.

use std::hash::BuildHasher;

use compact_str::CompactString;
use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

use crate::submissions::text;

/// Names and their numbers.
#[derive(Debug, Default)]
pub(super) struct Names {
    names: Vec<Name>,
    numbers: HashTable<u32>,
    /// The number asked for last: most lines are of the same host as the last.
    last: usize,
}

#[derive(Debug)]
struct Name {
    raw: Vec<u8>,
    text: CompactString,
}

impl Name {
    /// Whether it was logged like this. An empty text has no address, at which some processors take a hundred times
    /// as long to compare nothing as to compare something: glibc loads from it under a mask.
    fn is(&self, raw: &[u8]) -> bool {
        self.raw.len() == raw.len() && (raw.is_empty() || self.raw == raw)
    }
}

impl Names {
    /// The number of a name as it was logged.
    pub(super) fn number(&mut self, raw: &[u8]) -> u32 {
        if self.names.get(self.last).is_some_and(|name| name.is(raw)) {
            return self.last as u32;
        }
        let Self { names, numbers, last } = self;
        let hash = FxBuildHasher.hash_one(raw);
        let number = match numbers.find(hash, |number| names[*number as usize].is(raw)) {
            Some(number) => *number,
            None => {
                let number = names.len() as u32;
                numbers.insert_unique(hash, number, |number| FxBuildHasher.hash_one(&*names[*number as usize].raw));
                names.push(Name { raw: raw.to_vec(), text: text(raw) });
                number
            }
        };
        *last = number as usize;
        number
    }

    /// The name of a number.
    pub(super) fn text(&self, number: u32) -> &str {
        &self.names[number as usize].text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_its_number() {
        let mut names = Names::default();
        let numbers = [&b""[..], b"mx1", b"mx2", b"mx1", b"\xFF", b"\xFE", b""].map(|name| names.number(name));
        assert_eq!(numbers, [0, 1, 2, 1, 3, 4, 0]);
        assert_eq!(numbers.map(|number| names.text(number)), ["", "mx1", "mx2", "mx1", "\u{FFFD}", "\u{FFFD}", ""]);
    }
}
