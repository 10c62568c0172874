//! `daily_clients`: the finest roll-up, which names the device behind each message.
//!
//! Its rows are the groups in which the day's messages are counted, in order.

use polars::prelude::*;

use super::{DayFrames, Rollup, shape};
use crate::lake::tables::DAILY_CLIENTS;

/// What makes a row of the day.
const KEY: &[&str] = &["account", "client_ip", "helo", "tls_version", "cipher", "mechanism", "tls_mode", "origin"];

/// The registry's line.
pub(super) const ROLLUP: Rollup = Rollup { table: &DAILY_CLIENTS, build };

fn build(frames: &DayFrames) -> LazyFrame {
    shape(frames.clients.clone(), &DAILY_CLIENTS, KEY)
}

#[cfg(test)]
mod tests {
    use super::super::examples::{self, ints, texts};
    use super::*;

    #[test]
    fn messages_of_one_device_make_one_row() {
        let rows = examples::spelled(&ROLLUP, &examples::day());
        // The message without an account first, then alice's three ways to send, then bob's printer.
        assert_eq!(
            texts(&rows, "account"),
            [None, Some("alice@a.test"), Some("alice@a.test"), Some("alice@a.test"), Some("bob@b.test")]
        );
        assert_eq!(texts(&rows, "tls_version")[4], Some("unknown"), "a missing version is no group without a name");
        assert_eq!(ints(&rows, "messages"), [1, 2, 1, 1, 1]);
        assert_eq!(ints(&rows, "recipients"), [1, 3, 1, 2, 0]);
        assert_eq!(ints(&rows, "bytes"), [10, 100, 300, 400, 0]);
        assert_eq!(texts(&rows, "client_name")[1], Some("a.example"), "the smallest name stands for the group");
    }
}
