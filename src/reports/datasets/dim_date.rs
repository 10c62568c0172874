//! `dim_date`: every day that a dataset may name, for BI tools: the window's, those of the weeks before it that
//! `burn_down` shows, and those of the periods of `imported_usage`.

use chrono::Datelike;
use polars::prelude::*;

use super::super::tables::BITS;
use super::super::wanted::Part;
use super::super::{Result, Tables, Window};
use super::{Dataset, OnPage, imported_usage};
use crate::calendar::{Day, DayRange};

/// The registry's line.
pub(super) const DATASET: Dataset = Dataset {
    name: "dim_date",
    about: "Dimension for BI tools: the days and weeks that datasets name",
    reads: &[Part::Weeks],
    stamped: true,
    on_page: OnPage::Nothing,
    build,
};

const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

fn build(tables: &Tables, window: &Window) -> Result<LazyFrame> {
    let days: Vec<Day> = days(window, weeks(tables, window)?, reported(tables, window)?);
    let dates = |name: &str, of: &dyn Fn(Day) -> Day| {
        let dates: Vec<i32> = days.iter().map(|day| of(*day).epoch_days()).collect();
        Int32Chunked::from_vec(name.into(), dates).into_date().into_column()
    };
    let numbers = |name: &str, of: &dyn Fn(chrono::NaiveDate) -> u32| {
        Int64Chunked::from_iter_values(name.into(), days.iter().map(|day| i64::from(of(day.date())))).into_column()
    };
    let weekday = |date: chrono::NaiveDate| date.weekday().num_days_from_monday();
    let words = |name: &str, of: &dyn Fn(chrono::NaiveDate) -> &'static str| {
        Column::new(name.into(), days.iter().map(|day| of(day.date())).collect::<Vec<_>>())
    };
    let truths = |name: &str, of: &dyn Fn(Day) -> bool| {
        Column::new(name.into(), days.iter().map(|day| of(*day)).collect::<Vec<_>>())
    };
    let columns = vec![
        dates("date", &|day| day),
        numbers("year", &|date| date.year().unsigned_abs()),
        numbers("quarter", &|date| date.month0() / 3 + 1),
        numbers("month", &|date| date.month()),
        words("month_name", &|date| MONTHS[date.month0() as usize % 12]),
        numbers("day", &|date| date.day()),
        numbers("iso_year", &|date| date.iso_week().year().unsigned_abs()),
        numbers("iso_week", &|date| date.iso_week().week()),
        dates("week", &Day::monday),
        numbers("weekday", &|date| weekday(date) + 1),
        words("weekday_name", &|date| WEEKDAYS[weekday(date) as usize % 7]),
        truths("is_weekend", &|day| weekday(day.date()) >= 5),
        truths("in_window", &|day| window.days().contains(day)),
    ];
    Ok(DataFrame::new(days.len(), columns)?.lazy())
}

/// The weeks of `burn_down`, from the first one with a message; none where there is no message in any.
fn weeks(tables: &Tables, window: &Window) -> Result<DayRange> {
    let accounts = tables.weeks.clone().select([col(BITS[0])]).collect()?;
    let active = accounts.column(BITS[0])?.i64()?.iter().flatten().fold(0, |all, bits| all | bits);
    let weeks = window.weeks();
    let before = active.trailing_zeros() as i32 * 7;
    Ok(DayRange { start: weeks.start.plus(before).min(weeks.end), ..weeks })
}

/// The days from the first to the last one of what was counted over periods; none where nothing was.
fn reported(tables: &Tables, window: &Window) -> Result<Option<DayRange>> {
    let ends = [col("period_start").min(), col("period_end").max()];
    let ends = imported_usage::rows(tables, window).select(ends).collect()?;
    let end = |name| Ok::<_, PolarsError>(ends.column(name)?.date()?.physical().get(0).map(Day::from_epoch_days));
    let (first, last) = (end("period_start")?, end("period_end")?);
    Ok(first.zip(last).map(|(first, last)| DayRange::inclusive(first, last)))
}

/// The days of the weeks before, of the window and of reports, each once.
fn days(window: &Window, weeks: DayRange, reported: Option<DayRange>) -> Vec<Day> {
    let own = window.days();
    let reported = reported.into_iter().flat_map(DayRange::days);
    let mut days: Vec<Day> = weeks.days().chain(own.days()).chain(reported).collect();
    days.sort_unstable();
    days.dedup();
    days
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::super::super::examples::{self, bools, ints, texts};
    use super::super::build;
    use super::*;

    /// A lake with a message in the first of the weeks.
    fn with_oldest_week() -> Tables {
        let mut lake = examples::lake();
        let first = lit(Scalar::new_date(examples::day("2025-12-07").epoch_days())).alias("date");
        let past = lake.tls.clone().limit(1).with_column(first);
        lake.tls = concat([lake.tls, past], UnionArgs::default()).unwrap();
        lake.imported = lake.imported.limit(0);
        lake.tables()
    }

    #[test]
    fn weeks_before_the_lake_begins_are_no_days() {
        let first_of = |tables: &Tables| {
            let rows = build(&DATASET, tables, &examples::window()).unwrap();
            rows.column("date").unwrap().date().unwrap().physical().get(0).map(Day::from_epoch_days)
        };
        assert_eq!(first_of(&with_oldest_week()), Some(examples::day("2025-12-01")));
        assert_eq!(first_of(&examples::tables()), Some(examples::day("2026-02-23")), "alice sends on the 27th");
        assert_eq!(first_of(&examples::empty()), Some(examples::day("2026-03-01")), "the window's");
    }

    #[test]
    fn days_have_their_weeks_and_names() {
        let rows = build(&DATASET, &with_oldest_week(), &examples::window()).unwrap();
        let names =
            "date year quarter month month_name day iso_year iso_week week weekday weekday_name is_weekend in_window";
        assert_eq!(examples::names(&rows)[3..].join(" "), names);
        // 13 weeks to 1 March, which is a Sunday, and the window's days up to 4 March.
        assert_eq!(rows.height(), 13 * 7 + 3);
        let last = rows.tail(Some(4));
        assert_eq!(texts(&last, "weekday_name"), ["Sunday", "Monday", "Tuesday", "Wednesday"].map(Some));
        assert_eq!((ints(&last, "weekday"), ints(&last, "day")), (vec![7, 1, 2, 3], vec![1, 2, 3, 4]));
        assert_eq!((ints(&last, "iso_week"), ints(&last, "quarter")), (vec![9, 10, 10, 10], vec![1; 4]));
        assert_eq!(
            (bools(&last, "is_weekend"), bools(&last, "in_window")),
            (vec![true, false, false, false], vec![true; 4])
        );
        assert_eq!((texts(&last, "month_name")[0], ints(&last, "month")), (Some("March"), vec![3; 4]));
        let mondays: Vec<_> = last.column("week").unwrap().date().unwrap().physical().iter().flatten().collect();
        let monday = |text: &str| examples::day(text).epoch_days();
        assert_eq!(mondays, [monday("2026-02-23"), monday("2026-03-02"), monday("2026-03-02"), monday("2026-03-02")]);
        assert!(!bools(&rows, "in_window")[0]);
    }

    #[test]
    fn the_iso_year_is_that_of_the_week() {
        let window =
            Window { first: examples::day("2027-01-01"), last: examples::day("2027-01-03"), ..examples::window() };
        let rows = build(&DATASET, &examples::empty(), &window).unwrap().tail(Some(3));
        assert_eq!(
            (ints(&rows, "year"), ints(&rows, "iso_year"), ints(&rows, "iso_week")),
            (vec![2027; 3], vec![2026; 3], vec![53; 3])
        );
    }
}
