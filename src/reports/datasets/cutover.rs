//! `cutover`: what each scenario would have broken on each day: messages, and accounts by what would become of them.
//!
//! Every message either fails or passes, so both add up to the day's messages. Those of `undetermined_messages` are
//! among the passing ones: nobody knows. Messages without an account are messages, but no account.

use polars::prelude::*;

use super::super::cutover::{Outcome, SCENARIOS, Switches};
use super::super::wanted::Part;
use super::super::{Result, Tables, Window};
use super::shares::percent;
use super::{Dataset, OnPage, within};

/// The registry's line.
pub(super) const DATASET: Dataset = Dataset {
    name: "cutover",
    about: "What each cutover scenario would break per day: messages, and accounts",
    reads: &[Part::Ways],
    stamped: true,
    on_page: OnPage::PlainTable,
    build,
};

/// The columns that are counted, behind `scenario` and `date`.
const COUNTS: [&str; 9] = [
    "messages",
    "failing_messages",
    "passing_messages",
    "undetermined_messages",
    "accounts",
    "breaks_accounts",
    "mixed_accounts",
    "undetermined_accounts",
    "safe_accounts",
];

fn build(tables: &Tables, window: &Window) -> Result<LazyFrame> {
    let days = Days::read(tables, window)?;
    let (mut scenarios, mut dates) = (Vec::new(), Vec::new());
    let mut counts: [Vec<i64>; 9] = Default::default();
    for scenario in &SCENARIOS {
        for date in days.dates() {
            scenarios.push(scenario.name);
            dates.push(date);
            for (column, count) in counts.iter_mut().zip(days.counts(date, &scenario.switches)) {
                column.push(count);
            }
        }
    }
    let height = dates.len();
    let mut columns = vec![Column::new("scenario".into(), scenarios)];
    columns.push(Int32Chunked::from_vec("date".into(), dates).into_date().into_column());
    columns.extend(COUNTS.iter().zip(counts).map(|(name, counts)| Column::new((*name).into(), counts)));
    let rows = DataFrame::new(height, columns)?.lazy();
    let share = percent(col("failing_messages"), col("messages")).alias("failing_percent");
    let mut order: Vec<Expr> = ["scenario", "date"].iter().chain(&COUNTS).map(|name| col(*name)).collect();
    order.insert(4, share);
    Ok(rows.select(order))
}

/// Day, set of ways, messages that came in on that way, accounts whose ways those were.
struct Days(Vec<(i32, i64, i64, i64)>);

impl Days {
    fn read(tables: &Tables, window: &Window) -> Result<Self> {
        let rows = tables.ways.clone().filter(within(window)).collect()?;
        let [ways, messages, accounts] = ["ways", "messages", "accounts"].map(|name| rows.column(name)?.i64());
        let numbers = ways?.iter().flatten().zip(messages?.iter().flatten()).zip(accounts?.iter().flatten());
        let dates = rows.column("date")?.date()?.physical().iter().flatten();
        Ok(Self(
            dates.zip(numbers).map(|(date, ((ways, messages), accounts))| (date, ways, messages, accounts)).collect(),
        ))
    }

    fn dates(&self) -> Vec<i32> {
        let mut dates: Vec<i32> = self.0.iter().map(|(date, ..)| *date).collect();
        dates.sort_unstable();
        dates.dedup();
        dates
    }

    /// The values of [`COUNTS`].
    fn counts(&self, date: i32, switches: &Switches) -> [i64; 9] {
        let (failing, undetermined) = (switches.failing(), switches.undetermined());
        let of_day = || self.0.iter().filter(|(day, ..)| *day == date);
        let messages = |wanted: &dyn Fn(i64) -> bool| -> i64 {
            of_day().filter(|(_, ways, ..)| wanted(*ways)).map(|(_, _, messages, _)| messages).sum()
        };
        let accounts = |wanted: &dyn Fn(i64) -> bool| -> i64 {
            of_day().filter(|(_, ways, ..)| wanted(*ways)).map(|(.., accounts)| accounts).sum()
        };
        let [breaks, mixed, unknown, safe] =
            Outcome::ALL.map(|outcome| accounts(&|ways| switches.outcome(ways) == outcome));
        [
            messages(&|_| true),
            messages(&|way| failing.meet(way)),
            messages(&|way| !failing.meet(way)),
            messages(&|way| undetermined.meet(way)),
            accounts(&|_| true),
            breaks,
            mixed,
            unknown,
            safe,
        ]
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::super::super::examples::{self, floats, ints, texts};
    use super::super::build;
    use super::*;

    /// A scenario's rows of 1 and 3 March.
    fn scenario(tables: &Tables, name: &str) -> DataFrame {
        let rows = build(&DATASET, tables, &examples::window()).unwrap();
        rows.lazy().filter(col("scenario").eq(lit(name))).collect().unwrap()
    }

    #[test]
    fn messages_and_accounts_of_a_day_are_told_apart() {
        let rows = scenario(&examples::tables(), "min_tlsv1_2");
        // On 1 March alice sends two of five over TLSv1.0, bob's version is not known, two messages have no TLS and
        // no account: without TLS there is no version to be too low. On 3 March alice sends over TLSv1.3.
        assert_eq!(ints(&rows, "messages"), [8, 3]);
        assert_eq!(ints(&rows, "failing_messages"), [2, 0]);
        assert_eq!(ints(&rows, "passing_messages"), [6, 3]);
        assert_eq!(ints(&rows, "undetermined_messages"), [1, 0]);
        assert_eq!(floats(&rows, "failing_percent"), [25.0, 0.0]);
        assert_eq!(ints(&rows, "accounts"), [2, 1]);
        let outcomes = ["breaks", "mixed", "undetermined", "safe"].map(|name| ints(&rows, &format!("{name}_accounts")));
        assert_eq!(outcomes, [[0, 0], [1, 0], [1, 0], [0, 1]]);
    }

    #[test]
    fn every_switch_has_its_scenario() {
        let tables = examples::tables();
        let failing = |name: &str| ints(&scenario(&tables, name), "failing_messages");
        assert_eq!(failing("min_tlsv1_0"), [0, 0]);
        assert_eq!(failing("min_tlsv1_1"), [2, 0]);
        assert_eq!(failing("min_tlsv1_3"), [2, 0]);
        assert_eq!(failing("no_3des"), [2, 0]);
        assert_eq!(failing("no_cleartext"), [2, 0]);
        assert_eq!(failing("no_basic"), [7, 0]);
        assert_eq!(failing("min_tlsv1_2_no_cleartext"), [4, 0]);
    }

    #[test]
    fn failing_and_passing_are_the_days_messages() {
        let volume = super::super::dataset("sending_volume").unwrap();
        let volume = build(volume, &examples::tables(), &examples::window()).unwrap();
        let all: i64 = ints(&volume, "messages").into_iter().sum();
        for named in &SCENARIOS {
            let rows = scenario(&examples::tables(), named.name);
            let sums = ["failing_messages", "passing_messages"].map(|name| ints(&rows, name).into_iter().sum::<i64>());
            assert_eq!(sums[0] + sums[1], all, "{}", named.name);
        }
    }

    /// 5,973 messages over TLSv1.0 and 5,280 over TLSv1.2.
    #[test]
    fn the_fixture_of_the_contract() {
        let rows = scenario(&examples::contract(), "min_tlsv1_2");
        assert_eq!((ints(&rows, "failing_messages"), ints(&rows, "passing_messages")), (vec![5_973], vec![5_280]));
        assert_eq!(floats(&rows, "failing_percent"), [53.08]);
        assert_eq!(ints(&rows, "mixed_accounts"), [1]);
    }

    #[test]
    fn the_columns_stand_in_order() {
        let rows = build(&DATASET, &examples::tables(), &examples::window()).unwrap();
        let names = examples::names(&rows);
        assert_eq!(names[3..8], ["scenario", "date", "messages", "failing_messages", "failing_percent"]);
        assert_eq!(names[8..], COUNTS[2..]);
        let scenarios = texts(&rows, "scenario");
        assert_eq!(scenarios.len(), 2 * SCENARIOS.len());
        assert_eq!((scenarios[0], scenarios[1]), (Some("min_tlsv1_0"), Some("min_tlsv1_0")));
    }
}
