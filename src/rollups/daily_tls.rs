//! `daily_tls`: which TLS versions each account used, and how large a part of its day each was.
//!
//! `share` is a fraction from 0 to 1 of all of the account's messages that day, those of `unknown` version
//! included: leaving them out would make a badly logged account look well understood. What another product has
//! counted of an account has rows and shares of its own.

use polars::prelude::*;

use super::{DayFrames, Rollup, missing_meets_missing, of_one_domain, shape, sum};
use crate::lake::tables::DAILY_TLS;

/// What makes a row of the day.
const KEY: &[&str] = &["account", "tls_version", "origin"];

/// The registry's line.
pub(super) const ROLLUP: Rollup = Rollup { table: &DAILY_TLS, build };

fn build(frames: &DayFrames) -> LazyFrame {
    // The domain is taken over the whole account, so that all of its rows agree on it.
    let versions = frames.clients.clone().group_by([col("account"), col("tls_version"), col("origin")]).agg([
        col("date").first(),
        col("domain").min().alias("some_domain"),
        sum("messages"),
        sum("recipients"),
    ]);
    let of_account = [sum("messages").alias("all"), col("some_domain").min().alias("domain")];
    let key = [col("account"), col("origin")];
    let accounts = of_one_domain(versions.clone().group_by(key.clone()).agg(of_account), frames);
    let joined = versions.join(accounts, key.clone(), key, missing_meets_missing());
    let share = col("messages").cast(DataType::Float64) / col("all").cast(DataType::Float64);
    shape(joined.with_column(share.alias("share")), &DAILY_TLS, KEY)
}

#[cfg(test)]
mod tests {
    use super::super::examples::{self, floats, ints, texts};
    use super::*;

    #[test]
    fn shares_have_all_of_the_accounts_messages_below_the_line() {
        let rows = examples::spelled(&ROLLUP, &examples::day());
        assert_eq!(texts(&rows, "account"), [None, Some("alice@a.test"), Some("alice@a.test"), Some("bob@b.test")]);
        assert_eq!(texts(&rows, "tls_version"), [Some("none"), Some("TLSv1.0"), Some("TLSv1.3"), Some("unknown")]);
        assert_eq!(ints(&rows, "messages"), [1, 1, 3, 1]);
        assert_eq!(ints(&rows, "recipients"), [1, 2, 4, 0]);
        assert_eq!(floats(&rows, "share"), [1.0, 0.25, 0.75, 1.0]);
    }
}
