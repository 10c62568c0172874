//! `daily_clients`: the finest roll-up, which names the device behind each message.
//!
//! The name of the client, the service and the classes follow from the key in all but odd cases (a PTR record that
//! changed at noon); the smallest value stands for the group, so that the row does not depend on the files' order.

use polars::prelude::*;

use super::{DayFrames, Rollup, rows, seen, shape, sum, tls_version};
use crate::lake::tables::DAILY_CLIENTS;

/// What makes a row.
const KEY: &[&str] = &["date", "account", "client_ip", "helo", "tls_version", "cipher", "mechanism", "tls_mode"];

/// What the key nearly always determines.
const DETERMINED: &[&str] = &["domain", "client_name", "service", "cipher_class", "auth_family"];

/// The registry's line.
pub(super) const ROLLUP: Rollup = Rollup { table: &DAILY_CLIENTS, build, engine: Engine::Streaming };

fn build(frames: &DayFrames) -> LazyFrame {
    let mut measures: Vec<Expr> = DETERMINED.iter().map(|name| col(*name).min()).collect();
    measures.extend([rows().alias("messages"), sum("recipients"), sum("size_bytes").alias("bytes")]);
    measures.extend(seen());
    let key: Vec<Expr> = KEY.iter().map(|name| col(*name)).collect();
    let grouped = frames.submissions.clone().with_column(tls_version()).group_by(key).agg(measures);
    shape(grouped, &DAILY_CLIENTS, KEY)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::super::examples::{self, ints, texts};
    use super::*;

    #[test]
    fn messages_of_one_device_make_one_row() {
        let rows = ROLLUP.rows(&examples::day()).unwrap();
        // The message without an account first, then alice's three ways to send, then bob's printer.
        assert_eq!(
            texts(&rows, "account"),
            [None, Some("alice@a.test"), Some("alice@a.test"), Some("alice@a.test"), Some("bob@b.test")]
        );
        assert_eq!(texts(&rows, "tls_version")[4], Some("unknown"));
        assert_eq!(ints(&rows, "messages"), [1, 2, 1, 1, 1]);
        assert_eq!(ints(&rows, "recipients"), [1, 3, 1, 2, 0]);
        assert_eq!(ints(&rows, "bytes"), [10, 100, 300, 400, 0]);
        assert_eq!(texts(&rows, "client_name")[1], Some("a.example"), "the smallest name stands for the group");
    }
}
