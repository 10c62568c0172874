//! What a file is known by: a hash of how it begins.
//!
//! Rotation renames and compresses (`mail.log`, `mail.log.1`, `mail.log.2.gz`), so a name says nothing about
//! identity. The first bytes of a log, with their times and process ids, do: together with the decoded
//! length they tell "the same file", "the same file, grown" and "another file" apart. NUL bytes that a file begins with
//! say nothing, and are left out.
//!
//! The hash is [XXH3](https://github.com/Cyan4973/xxHash), 128 bits: no defence against forgery, and none is needed.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

/// How many decoded bytes are hashed at most.
pub(super) const HASHED: usize = 4096;

/// The hash of a file's first decoded bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Fingerprint {
    /// How many bytes were hashed: 4096, or all that the file had.
    pub length: u32,
    /// Their hash; 32 hexadecimal digits where it is written down.
    #[serde(with = "hexadecimal")]
    pub hash: u128,
}

impl Fingerprint {
    /// The fingerprint of a file that begins with `head`: its first 4096 bytes, or the whole file where it is shorter.
    #[must_use]
    pub fn of(head: &[u8]) -> Self {
        Self::of_first(head, head.len().min(HASHED))
    }

    /// Whether a file that begins with `head` began so when this fingerprint was taken: it may have grown since.
    /// A file that was empty then is recognised only while it is empty, since every file begins with nothing.
    #[must_use]
    pub fn matches(&self, head: &[u8]) -> bool {
        let length = self.length as usize;
        if length == 0 {
            return head.is_empty();
        }
        length <= head.len() && Self::of_first(head, length) == *self
    }

    /// Whether a file of this fingerprint, that begins with `head`, is the one of which `self` was taken, or has grown from
    /// it: [matches](Self::matches), where the head is only hashed if it was shorter then.
    #[must_use]
    pub fn is_or_grew_to(&self, now: &Self, head: &[u8]) -> bool {
        match self.length.cmp(&now.length) {
            Ordering::Equal => self == now,
            Ordering::Less => self.matches(head),
            Ordering::Greater => false,
        }
    }

    /// Whether one of two files may be the other, or an earlier state of it: whether the fingerprint of either
    /// [matches](Self::matches) the other's head.
    #[must_use]
    pub fn begin_alike(head: &[u8], other: &[u8]) -> bool {
        let shared = head.len().min(other.len()).min(HASHED);
        if shared == 0 { head.len() == other.len() } else { head[..shared] == other[..shared] }
    }

    fn of_first(head: &[u8], length: usize) -> Self {
        Self { length: length as u32, hash: xxh3_128(head.get(..length).unwrap_or(head)) }
    }
}

mod hexadecimal {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(hash: &u128, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{hash:032x}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u128, D::Error> {
        let digits = String::deserialize(deserializer)?;
        u128::from_str_radix(&digits, 16).map_err(D::Error::custom)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn heads_that_begin_alike_match_one_another() {
        let long = [b'x'; HASHED + 10];
        let mut other = long;
        other[HASHED + 5] = b'y';
        let mut third = long;
        third[HASHED - 5] = b'y';
        let heads = [&b""[..], b"a", b"ab", b"b", &long, &long[..HASHED - 1], &other, &third];
        for (a, b) in heads.iter().flat_map(|a| heads.map(|b| (*a, b))) {
            let either = Fingerprint::of(a).matches(b) || Fingerprint::of(b).matches(a);
            assert_eq!(Fingerprint::begin_alike(a, b), either, "{} {}", a.len(), b.len());
        }
    }

    #[test]
    fn a_grown_file_is_recognised() {
        let small = Fingerprint::of(b"Mar  1 00:00:01 mx1 postfix/smtpd[7]: connect\n");
        assert!(small.matches(b"Mar  1 00:00:01 mx1 postfix/smtpd[7]: connect\nMar  1 00:00:02 mx1"));
        assert!(!small.matches(b"Mar  1 00:00:01 mx1 postfix/smtpd[8]: connect\n"));
        assert!(!small.matches(b"Mar  1"));
    }

    #[test]
    fn only_the_first_bytes_count() {
        let mut head = vec![b'a'; 5000];
        let print = Fingerprint::of(&head);
        assert_eq!(print.length, 4096);
        head[4999] = b'b';
        assert!(print.matches(&head));
        head[4095] = b'b';
        assert!(!print.matches(&head));
    }

    #[test]
    fn an_empty_file_is_not_every_file() {
        let empty = Fingerprint::of(b"");
        assert!(empty.matches(b""));
        assert!(!empty.matches(b"Mar  1"));
    }

    #[test]
    fn the_hash_is_the_published_one() {
        // XXH3_128bits of the empty input, from the reference implementation's test vectors.
        let empty = Fingerprint::of(b"");
        assert_eq!(empty.hash, 0x99aa_06d3_0147_98d8_6001_c324_468d_497f);
        let written = r#"{"length":0,"hash":"99aa06d3014798d86001c324468d497f"}"#;
        assert_eq!(serde_json::to_string(&empty).unwrap(), written);
        assert_eq!(serde_json::from_str::<Fingerprint>(written).unwrap(), empty);
        let short = Fingerprint { length: 1, hash: 0xab };
        assert_eq!(serde_json::to_string(&short).unwrap(), format!(r#"{{"length":1,"hash":"{}ab"}}"#, "0".repeat(30)));
    }
}
