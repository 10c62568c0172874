//! `daily_volume`: how much each account sent, from how many places, at which hours.

use polars::prelude::*;

use super::{DayFrames, Rollup, missing_meets_missing, of_one_domain, shape, sum};
use crate::lake::tables::DAILY_VOLUME;

/// What makes a row of the day.
const KEY: &[&str] = &["account", "origin"];

/// The registry's line.
pub(super) const ROLLUP: Rollup = Rollup { table: &DAILY_VOLUME, build };

fn build(frames: &DayFrames) -> LazyFrame {
    let key = [col("account"), col("origin")];
    let grouped = of_one_domain(frames.clients.clone().group_by(key.clone()).agg(measures()), frames);
    let mut joined = grouped.join(frames.accounts.clone(), key.clone(), key, missing_meets_missing());
    if frames.has_imports {
        joined = joined.with_columns(["client_ips", "client_nets"].map(of_logs));
    }
    shape(joined, &DAILY_VOLUME, KEY)
}

fn measures() -> [Expr; 9] {
    [
        col("date").first(),
        col("domain").min(),
        sum("messages"),
        sum("recipients"),
        sum("bytes"),
        distinct("client_ip").alias("client_ips"),
        distinct("net").alias("client_nets"),
        col("first_seen").min(),
        col("last_seen").max(),
    ]
}

/// A count of what logs tell, as the count of senders is: another product has counted none, and tells of none.
fn of_logs(column: &str) -> Expr {
    when(col("mail_froms").is_not_null()).then(col(column)).otherwise(lit(NULL)).alias(column)
}

/// How many different known values a group has. A missing value is not known, so it is no value.
fn distinct(column: &str) -> Expr {
    let count = col(column).n_unique().cast(DataType::Int64);
    count - col(column).is_null().any(false).cast(DataType::Int64)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::super::examples::{self, ints, texts};
    use super::*;

    #[test]
    fn an_account_has_one_row_a_day() {
        let rows = examples::spelled(&ROLLUP, &examples::day());
        assert_eq!(texts(&rows, "account"), [None, Some("alice@a.test"), Some("bob@b.test")]);
        assert_eq!(ints(&rows, "messages"), [1, 4, 1]);
        assert_eq!(ints(&rows, "recipients"), [1, 6, 0], "unknown recipients add nothing");
        assert_eq!(ints(&rows, "bytes"), [10, 800, 0], "an unknown size adds nothing");
    }

    #[test]
    fn places_are_counted_exactly() {
        let rows = examples::spelled(&ROLLUP, &examples::day());
        // alice: 192.0.2.1, ::ffff:192.0.2.9 (the same /24) and 2001:db8::1 (a /48); bob's address is not known.
        assert_eq!(ints(&rows, "client_ips"), [1, 3, 0]);
        assert_eq!(ints(&rows, "client_nets"), [1, 2, 0]);
        assert_eq!(ints(&rows, "mail_froms"), [0, 2, 1]);
    }

    #[test]
    fn mail_of_no_known_account_counts_for_its_domain() {
        let frames = examples::nobodies();
        let rows = examples::spelled(&ROLLUP, &frames);
        assert_eq!(texts(&rows, "account"), [None; 3]);
        assert_eq!(texts(&rows, "domain"), [None, Some("ant.test"), Some("zoo.test")]);
        assert_eq!(ints(&rows, "messages"), [1, 1, 2]);
        assert_eq!(ints(&rows, "mail_froms"), [0, 1, 2]);
        for rollup in super::super::ROLLUPS.iter().take(3) {
            let rows = examples::spelled(rollup, &frames);
            assert!(texts(&rows, "account").iter().all(Option::is_none), "{}", rollup.table.name);
            let of_zoo = texts(&rows, "domain")
                .iter()
                .zip(ints(&rows, "messages"))
                .filter(|(name, _)| **name == Some("zoo.test"))
                .map(|(_, count)| count)
                .sum::<i64>();
            assert_eq!(of_zoo, 2, "{}", rollup.table.name);
        }
    }

    #[test]
    fn an_account_counts_for_one_domain_whoever_counted_it() {
        let frames = examples::counted_twice();
        for name in ["daily_volume", "daily_tls"] {
            let rows = examples::spelled(super::super::rollup(name).unwrap(), &frames);
            let origins = ["import", "import", "log", "import", "log"].map(Some);
            assert_eq!(texts(&rows, "account"), ["new", "fax", "fax", "scan", "scan"].map(Some), "{name}");
            assert_eq!(texts(&rows, "origin"), origins, "{name}");
            let domains = [None, Some("a.test"), Some("a.test"), Some("b.test"), Some("b.test")];
            assert_eq!(texts(&rows, "domain"), domains, "{name}");
        }
    }

    #[test]
    fn what_another_product_does_not_tell_is_missing() {
        let rows = examples::spelled(&ROLLUP, &examples::counted_twice());
        assert_eq!(texts(&rows, "origin"), ["import", "import", "log", "import", "log"].map(Some));
        for column in ["client_ips", "client_nets", "mail_froms", "hour_00"] {
            let known = rows.column(column).unwrap().is_not_null();
            assert_eq!(known.iter().flatten().collect::<Vec<_>>(), [false, false, true, false, true], "{column}");
        }
    }

    #[test]
    fn hours_add_up_to_the_messages() {
        let rows = examples::spelled(&ROLLUP, &examples::day());
        assert_eq!(ints(&rows, "hour_00"), [0, 1, 0]);
        assert_eq!(ints(&rows, "hour_09"), [0, 2, 1]);
        assert_eq!(ints(&rows, "hour_23"), [1, 1, 0]);
        let all: i64 = (0..24).map(|hour| ints(&rows, &format!("hour_{hour:02}")).iter().sum::<i64>()).sum();
        assert_eq!(all, 6);
    }
}
