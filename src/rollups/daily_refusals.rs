//! `daily_refusals`: who was refused, from where, why and how often, and whether it worked out later that day.
//!
//! `later_success` tells a mistyped password from a device that no longer gets in: true where the same account had
//! a message accepted later that day than the last refusal of the group. A refusal without an account (a TLS
//! handshake that broke) is matched by the client's address instead. `attempts_before_success` tells a guessed
//! password, also of who goes on guessing.

use polars::prelude::*;

use super::{DayFrames, Rollup, shape};
use crate::lake::tables::DAILY_REFUSALS;

/// What makes a row of the day.
const KEY: &[&str] = &["account", "client_ip", "kind"];

/// The registry's line.
pub(super) const ROLLUP: Rollup = Rollup { table: &DAILY_REFUSALS, build };

fn build(frames: &DayFrames) -> LazyFrame {
    // A success after the last attempt is one after each of them.
    let later = col("attempts_before_success").eq(col("attempts"));
    shape(frames.refusals.clone().with_column(later.alias("later_success")), &DAILY_REFUSALS, KEY)
}

#[cfg(test)]
mod tests {
    use super::super::examples::{self, bools, ints, texts};
    use super::*;

    #[test]
    fn attempts_are_counted_and_later_success_is_seen() {
        let rows = examples::spelled(&ROLLUP, &examples::day());
        assert_eq!(texts(&rows, "account"), [None, None, None, Some("alice@a.test"), Some("bob@b.test")]);
        assert_eq!(
            texts(&rows, "client_ip"),
            [None, Some("192.0.2.1"), Some("203.0.113.5"), Some("198.51.100.7"), None]
        );
        assert_eq!(ints(&rows, "attempts"), [1, 1, 1, 2, 1]);
        // Nothing is known; alice's address sent later; that address never sent; alice sent later, from elsewhere;
        // bob's only message came before his refusal.
        assert_eq!(bools(&rows, "later_success"), [false, true, false, true, false]);
        assert_eq!(ints(&rows, "attempts_before_success"), [0, 1, 0, 2, 0]);
    }

    #[test]
    fn who_goes_on_guessing_is_seen_all_the_same() {
        let rows = examples::spelled(&ROLLUP, &examples::guessed());
        assert_eq!((ints(&rows, "attempts"), ints(&rows, "attempts_before_success")), (vec![3], vec![2]));
        assert_eq!(bools(&rows, "later_success"), [false]);
    }
}
