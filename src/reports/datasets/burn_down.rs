//! `burn_down`: legacy accounts week by week, and which of them are new, cured or back again.
//!
//! A week is an ISO week, named by its Monday, and counts when it is over by the window's last day: at least 13 of
//! them, so that a report over seven days has a burn-down too (see [`Window::weeks`]). An account's week is
//!
//! - *legacy* where one of its messages came in without TLS or below TLS 1.2,
//! - *current* where all came in over TLS 1.2 or later,
//! - neither where the log does not tell of some: such a week neither cures nor infects.
//!
//! Of these weeks alone, oldest first: an account is *new* in its first legacy week; *cured* in a current week
//! after a legacy one; *relapsed* in a legacy week after it was cured. Weeks without messages change nothing: who is
//! on holiday is not cured. Of the first week of all nothing is known before, so there the three are missing.

use polars::prelude::*;

use super::super::tables::BITS;
use super::super::wanted::Part;
use super::super::{Result, Tables, Window};
use super::shares::share;
use super::{Dataset, OnPage};

/// The registry's line.
pub(super) const DATASET: Dataset = Dataset {
    name: "burn_down",
    about: "Legacy accounts per week and domain: how many, new, cured and relapsed ones",
    reads: &[Part::Weeks],
    stamped: true,
    on_page: OnPage::View,
    build,
};

/// What is counted by the bits of accounts, and the columns that it becomes.
const COUNTS: [(&str, &str); 5] = [
    ("active", "accounts"),
    ("legacy", "legacy_accounts"),
    ("new", "new_accounts"),
    ("cured", "cured_accounts"),
    ("relapsed", "relapsed_accounts"),
];

/// The dataset's own columns.
const COLUMNS: [&str; 8] = [
    "week",
    "domain",
    "accounts",
    "legacy_accounts",
    "legacy_share",
    "new_accounts",
    "cured_accounts",
    "relapsed_accounts",
];

fn build(tables: &Tables, window: &Window) -> Result<LazyFrame> {
    let accounts = with_changes(tables.weeks.clone().collect()?)?;
    let all = accounts.column("active")?.i64()?.iter().flatten().fold(0, |all, bits| all | bits);
    let accounts = accounts.lazy();
    let days = window.weeks();
    let weeks = (0..).zip(days.days().step_by(7)).filter(|(place, _)| all & (1_i64 << place) != 0);
    let weeks = weeks.map(|(place, monday)| {
        let bit = 1_i64 << place;
        let is_first = all & (bit - 1) == 0;
        let of_week = accounts.clone().filter(has("active", bit)).group_by([col("domain")]);
        let rows = of_week.agg(COUNTS.map(|(bits, name)| has(bits, bit).cast(DataType::Int64).sum().alias(name)));
        let changes = COUNTS[2..]
            .iter()
            .map(|(_, name)| if is_first { lit(NULL).cast(DataType::Int64).alias(*name) } else { col(*name) });
        let rows = rows.with_columns(changes.collect::<Vec<_>>());
        rows.with_column(lit(Scalar::new_date(monday.epoch_days())).alias("week"))
    });
    let mut weeks: Vec<LazyFrame> = weeks.collect();
    if weeks.is_empty() {
        let counts = COUNTS.map(|(bits, name)| col(bits).alias(name));
        let week = lit(Scalar::new_date(0)).alias("week");
        weeks.push(accounts.select([&[col("domain"), week], &counts[..]].concat()).limit(0));
    }
    let rows = concat(weeks, UnionArgs::default())?;
    let rows = rows.with_column(share(col("legacy_accounts"), col("accounts")).alias("legacy_share"));
    let order = SortMultipleOptions::default().with_nulls_last(true);
    Ok(rows.select(COLUMNS.map(col)).sort(["week", "domain"], order))
}

/// Whether a week's bit is set.
fn has(bits: &str, bit: i64) -> Expr {
    col(bits).and(lit(bit)).neq(lit(0_i64))
}

/// The accounts with the bits of the weeks in which they are `new`, `cured` and `relapsed`.
fn with_changes(mut accounts: DataFrame) -> Result<DataFrame> {
    let [active, legacy, unknown] = BITS.map(|name| accounts.column(name).and_then(|column| column.i64()));
    let rows = active?.iter().zip(legacy?.iter()).zip(unknown?.iter());
    let bits = |bits: Option<i64>| bits.unwrap_or(0);
    let changes =
        rows.map(|((active, legacy), unknown)| changes(bits(legacy), bits(active) & !bits(legacy) & !bits(unknown)));
    let changes: Vec<[i64; 3]> = changes.collect();
    for (place, (name, _)) in COUNTS[2..].iter().enumerate() {
        let bits = Int64Chunked::from_iter_values((*name).into(), changes.iter().map(|changes| changes[place]));
        accounts.with_column(bits.into_column())?;
    }
    Ok(accounts)
}

/// In which weeks an account is new, cured and relapsed.
fn changes(legacy: i64, current: i64) -> [i64; 3] {
    let [mut new, mut cured, mut relapsed] = [0; 3];
    let mut is_cured = None;
    for bit in (0..63).map(|place| 1_i64 << place) {
        if legacy & bit != 0 {
            match is_cured {
                None => new |= bit,
                Some(true) => relapsed |= bit,
                Some(false) => {}
            }
            is_cured = Some(false);
        } else if current & bit != 0 && is_cured == Some(false) {
            cured |= bit;
            is_cured = Some(true);
        }
    }
    [new, cured, relapsed]
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::super::super::examples::{self, floats, ints, texts};
    use super::super::build;
    use super::*;
    use crate::calendar::Day;

    /// An account's weeks, the oldest first: `l`egacy, `c`urrent, `u`nknown, `m`ixed of the last two, `.` none.
    fn bits(weeks: &str) -> [i64; 3] {
        let with = |words: &str| -> i64 {
            let of = weeks.bytes().enumerate().filter(|(_, week)| words.contains(char::from(*week)));
            of.map(|(place, _)| 1_i64 << place).sum()
        };
        ["lcum", "l", "um"].map(with)
    }

    fn tables(accounts: &[(&str, Option<&str>, &str)]) -> Tables {
        let bits: Vec<_> = accounts.iter().map(|(.., weeks)| bits(weeks)).collect();
        let column = |place: usize| bits.iter().map(|bits| bits[place]).collect::<Vec<_>>();
        let rows = df!(
            "account" => accounts.iter().map(|(account, ..)| *account).collect::<Vec<_>>(),
            "domain" => accounts.iter().map(|(_, domain, _)| *domain).collect::<Vec<_>>(),
            "active" => column(0), "legacy" => column(1), "unknown" => column(2),
        );
        Tables { weeks: rows.unwrap().lazy(), ..examples::empty() }
    }

    fn counts(rows: &DataFrame, column: &str) -> Vec<Option<i64>> {
        rows.column(column).unwrap().i64().unwrap().iter().collect()
    }

    #[test]
    fn accounts_come_go_and_come_back() {
        let tables = tables(&[
            ("always", Some("a.test"), "lllll"),
            ("cured", Some("a.test"), "llccc"),
            ("back", Some("a.test"), "lc.ll"),
            ("late", Some("a.test"), "c.l.."),
            ("holiday", Some("a.test"), "l..l."),
            ("unlogged", Some("a.test"), "lummc"),
        ]);
        let rows = build(&DATASET, &tables, &examples::window()).unwrap();
        assert_eq!(examples::names(&rows)[3..], COLUMNS);
        let first = "2025-12-01".parse::<Day>().unwrap().epoch_days();
        let weeks: Vec<_> = rows.column("week").unwrap().date().unwrap().physical().iter().flatten().collect();
        assert_eq!(weeks, [0, 7, 14, 21, 28].map(|later| first + later), "the window's weeks begin there");
        assert_eq!(ints(&rows, "accounts"), [6, 4, 4, 5, 4]);
        assert_eq!(ints(&rows, "legacy_accounts"), [5, 2, 2, 3, 2]);
        assert_eq!(floats(&rows, "legacy_share"), [0.8333, 0.5, 0.5, 0.6, 0.5]);
        // Of the first week nothing is known before.
        assert_eq!(counts(&rows, "new_accounts"), [None, Some(0), Some(1), Some(0), Some(0)]);
        assert_eq!(counts(&rows, "cured_accounts"), [None, Some(1), Some(1), Some(0), Some(1)]);
        assert_eq!(counts(&rows, "relapsed_accounts"), [None, Some(0), Some(0), Some(1), Some(0)]);
    }

    #[test]
    fn domains_are_apart_and_the_first_week_is_that_of_the_lake() {
        let tables = tables(&[("b", Some("b.test"), "..l"), ("n", None, "..cl"), ("a", Some("a.test"), "...c")]);
        let rows = build(&DATASET, &tables, &examples::window()).unwrap();
        assert_eq!(texts(&rows, "domain"), [Some("b.test"), None, Some("a.test"), None]);
        assert_eq!(counts(&rows, "new_accounts"), [None, None, Some(0), Some(1)]);
    }

    /// Every account that was ever legacy is new once; whoever relapsed was cured before.
    #[test]
    fn changes_add_up() {
        for weeks in 0..3_i64.pow(6) {
            let digit = |place: u32| weeks / 3_i64.pow(place) % 3;
            let of =
                |wanted: i64| (0..6).filter(|place| digit(*place) == wanted).map(|place| 1_i64 << place).sum::<i64>();
            let (legacy, current) = (of(1), of(2));
            let [new, cured, relapsed] = changes(legacy, current).map(i64::count_ones);
            assert_eq!(new, u32::from(legacy != 0), "{weeks}");
            assert!(relapsed <= cured && cured <= relapsed + 1, "{weeks}");
        }
    }

    #[test]
    fn nothing_is_no_week() {
        assert_eq!(build(&DATASET, &examples::empty(), &examples::window()).unwrap().height(), 0);
    }
}
