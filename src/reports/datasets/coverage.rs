//! `coverage`: what the window was built from, and in words what is wrong with it.
//!
//! A figure is worth what its logs are worth. A day that a source lacks while it has others gets a row of its
//! own: what is missing would otherwise be the one thing that a table of coverage cannot show.

use polars::prelude::*;

use super::super::{Result, Tables, Window};
use super::{Dataset, OnPage, date, sum, within};
use crate::lake::tables::COVERAGE;

/// The registry's line.
pub(super) const DATASET: Dataset = Dataset {
    name: "coverage",
    about: "What each source and day was built from, and warnings in words",
    reads: &[],
    stamped: true,
    on_page: OnPage::Part,
    build,
};

/// A silence that is worth a look, in seconds: a small server may be quiet for a night's hours, not for a day's.
const LONG_GAP: f64 = 6.0 * 3_600.0;

fn build(tables: &Tables, window: &Window) -> Result<LazyFrame> {
    let rows = tables.coverage.clone().filter(within(window)).with_column(lit(true).alias("present"));
    let key = [col("date"), col("source")];
    let joined = expected(tables, window).join(rows, key.clone(), key.clone(), JoinArgs::new(JoinType::Left));
    let joined = joined.join(imported(tables), key.clone(), key.clone(), JoinArgs::new(JoinType::Left));
    let joined = joined.join(days_before(tables), key.clone(), key, JoinArgs::new(JoinType::Left));
    let source = [col("source")];
    let joined = joined.join(of_reports(tables), source.clone(), source.clone(), JoinArgs::new(JoinType::Left));
    let joined = joined.join(in_vain(tables), source.clone(), source, JoinArgs::new(JoinType::Left));
    // A day after the newest complete one is not missing, it is not there yet.
    let due = col("present").is_not_null().or(col("date").lt_eq(date(window.as_of)));
    // The inputs are a list of files for machines, too long for a table that people read.
    let mut columns: Vec<Expr> =
        COVERAGE.columns.iter().filter(|column| column.name != "inputs").map(|column| col(column.name)).collect();
    columns.push(in_words().alias("warnings"));
    let order = SortMultipleOptions::default();
    Ok(joined.filter(due).select(columns).sort(["date", "source"], order))
}

/// The messages that reports of a single day have counted, by day and source.
fn imported(tables: &Tables) -> LazyFrame {
    let daily = tables.imported.clone().filter(col("date").eq(col("period_start")));
    daily.group_by([col("date"), col("source")]).agg([sum("messages").alias("imported")])
}

/// The sources of other products' reports, in the window or the one before.
fn of_reports(tables: &Tables) -> LazyFrame {
    let sources = tables.imported.clone().select([col("source")]).unique(None, UniqueKeepStrategy::Any);
    sources.with_column(lit(true).alias("of_reports"))
}

/// The sources in whose lines nothing was found on any day, the window before among them: a day without mail is none of a
/// wrong format, and of a server that only relays, Postfix' sessions are found.
fn in_vain(tables: &Tables) -> LazyFrame {
    let sources =
        tables.coverage.clone().group_by([col("source")]).agg([sum("lines_used").eq(lit(0)).alias("in_vain")]);
    sources.filter(col("in_vain"))
}

/// When the last line was of each day's day before.
fn days_before(tables: &Tables) -> LazyFrame {
    let next_day = (col("date").cast(DataType::Int32) + lit(1)).cast(DataType::Date);
    tables.coverage.clone().select([next_day.alias("date"), col("source"), col("last_line").alias("last_line_before")])
}

/// The longest silence in seconds, that since the day before among them: it ends on this day.
fn silence() -> Expr {
    let since = (col("first_line") - col("last_line_before")).dt().total_seconds(false).cast(DataType::Float64);
    when(since.clone().gt(col("longest_gap_seconds"))).then(since).otherwise(col("longest_gap_seconds"))
}

/// Every day of the window for every source that has a row in it or in the window before.
fn expected(tables: &Tables, window: &Window) -> LazyFrame {
    let days: Vec<i32> = window.days().days().map(|day| day.epoch_days()).collect();
    let days = Int32Chunked::from_vec("date".into(), days).into_date().into_column().into_frame().lazy();
    let sources = tables.coverage.clone().select([col("source")]).unique(None, UniqueKeepStrategy::Any);
    days.cross_join(sources, None)
}

/// All warnings of a row, separated by `; `; missing where there is nothing to warn about.
fn in_words() -> Expr {
    let warnings: Vec<Expr> = warnings()
        .into_iter()
        .map(|(condition, words)| when(condition).then(words).otherwise(lit(NULL).cast(DataType::String)))
        .collect();
    let joined = concat_str(warnings, "; ", true);
    when(joined.clone().eq(lit(""))).then(lit(NULL).cast(DataType::String)).otherwise(joined)
}

/// When to warn, and how. A condition about a missing value does not hold.
fn warnings() -> Vec<(Expr, Expr)> {
    let above = |column: &str| col(column).gt(lit(0));
    let unlogged = above("submissions").and(col("unknown_tls_share").gt_eq(lit(1.0)));
    let partly = above("unknown_tls_share").and(col("unknown_tls_share").lt(lit(1.0)));
    // A day between two others of its source may have been built, from nothing.
    let missing = || col("present").is_null().or(col("lines_read").eq(lit(0)));
    vec![
        (missing().and(col("of_reports")), lit("no report of this day was imported, though the source has other days")),
        (
            missing().and(col("of_reports").is_null()),
            lit("no log line of this day was read, though the source has other days: check that its files are listed \
                 and not yet rotated away"),
        ),
        (
            above("lines_read").and(col("in_vain")),
            lit(
                "nothing was found in any line of this source: check that its format is what its server writes, unless \
                 no client logs in there",
            ),
        ),
        (
            above("imported"),
            counted(
                "counted by another product, which tells no device, cipher, mechanism or hour: messages ",
                "imported",
            ),
        ),
        (
            unlogged,
            lit("no line says a TLS version: set smtpd_tls_loglevel = 1, or what your server has for it, and \
                 tls_logged = true in the pipeline where it logs them"),
        ),
        (partly, of_messages("unknown_tls_share", " have no known TLS version")),
        (above("unknown_account_share"), of_messages("unknown_account_share", " have no known account")),
        (
            silence().gt(lit(LONG_GAP)),
            concat_str([lit("no log line for "), hours(silence()), lit(" hours")], "", false),
        ),
        (
            above("lines_rejected"),
            counted("lines that could not be read (see the table rejected_lines): ", "lines_rejected"),
        ),
        (
            above("truncated_files"),
            counted("files that are cut off (what followed is not counted): ", "truncated_files"),
        ),
    ]
}

/// `12 of 340 messages …`
fn of_messages(share: &str, words: &str) -> Expr {
    let part = (col(share) * col("submissions").cast(DataType::Float64)).round(0, RoundMode::HalfAwayFromZero);
    let part = part.cast(DataType::Int64).cast(DataType::String);
    let whole = col("submissions").cast(DataType::String);
    concat_str([part, lit(" of "), whole, lit(" messages"), lit(words)], "", false)
}

fn counted(words: &str, column: &str) -> Expr {
    concat_str([lit(words), col(column).cast(DataType::String)], "", false)
}

fn hours(seconds: Expr) -> Expr {
    (seconds / lit(3_600.0)).round(1, RoundMode::HalfAwayFromZero).cast(DataType::String)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::super::super::examples::{self, texts};
    use super::super::build;
    use super::*;
    use crate::reports::examples::day;

    #[test]
    fn what_is_wrong_is_said() {
        let rows = build(&DATASET, &examples::tables(), &examples::window()).unwrap();
        let warnings = texts(&rows, "warnings");
        // mx1 has 1, 2 and 3 March; mx2 has only 2 March. 4 March is after the newest complete day.
        assert_eq!(texts(&rows, "source"), ["mx1", "mx2", "mx1", "mx2", "mx1", "mx2"].map(Some));
        assert_eq!(warnings[0], None);
        assert!(warnings[1].unwrap().starts_with("no log line of this day was read"));
        assert_eq!(
            warnings[2],
            Some("2 of 8 messages have no known TLS version; 1 of 8 messages have no known account")
        );
        assert_eq!(
            warnings[3],
            Some(
                "no line says a TLS version: set smtpd_tls_loglevel = 1, or what your server has for it, and \
                 tls_logged = true in the pipeline where it logs them"
            )
        );
        let third = "no log line for 6.5 hours; lines that could not be read (see the table rejected_lines): 7; \
                     files that are cut off (what followed is not counted): 1";
        assert_eq!(warnings[4], Some(third));
        assert!(warnings[5].unwrap().starts_with("no log line of this day was read"));
    }

    #[test]
    fn a_day_that_was_built_from_nothing_is_missing() {
        let mut tables = examples::tables();
        let emptied = when(col("source").eq(lit("mx1"))).then(lit(0_i64)).otherwise(col("lines_read"));
        tables.coverage = tables.coverage.with_column(emptied.alias("lines_read"));
        let rows = build(&DATASET, &tables, &examples::window()).unwrap();
        assert!(texts(&rows, "warnings")[0].unwrap().starts_with("no log line of this day was read"));
    }

    #[test]
    fn lines_that_are_read_in_vain_are_told() {
        let mut tables = examples::tables();
        // mx2's lines are another server's. mx1 has a day without mail, and others.
        let used = when(col("source").eq(lit("mx1")).and(col("submissions").gt(lit(0)))).then(lit(9_i64));
        tables.coverage = tables
            .coverage
            .with_columns([lit(40_i64).alias("lines_read"), used.otherwise(lit(0_i64)).alias("lines_used")]);
        let rows = build(&DATASET, &tables, &examples::window()).unwrap();
        let told = texts(&rows, "warnings");
        let told = told.iter().map(|words| words.is_some_and(|words| words.contains("nothing was found in any line")));
        assert_eq!(told.collect::<Vec<_>>(), [false, false, false, true, false, false], "mx2 has lines of one day");
    }

    #[test]
    fn a_report_that_is_missing_is_no_log_line() {
        let mut tables = examples::tables();
        tables.imported = df!("source" => ["mx2"], "date" => [0_i32], "period_start" => [0_i32], "messages" => [1_i64])
            .unwrap()
            .lazy()
            .with_columns([col("date").cast(DataType::Date), col("period_start").cast(DataType::Date)]);
        let rows = build(&DATASET, &tables, &examples::window()).unwrap();
        let missing = "no report of this day was imported, though the source has other days";
        assert_eq!((texts(&rows, "warnings")[1], texts(&rows, "warnings")[5]), (Some(missing), Some(missing)));
    }

    #[test]
    fn a_silence_across_midnight_is_told_on_the_day_that_it_ends() {
        let mut tables = examples::tables();
        let at = |text: &str| lit(day(text).start()).cast(DataType::Datetime(TimeUnit::Microseconds, None));
        let hours = |count: i64| lit(count * 3_600_000_000).cast(DataType::Duration(TimeUnit::Microseconds));
        let start = when(col("date").eq(date(day("2026-03-01")))).then(at("2026-03-01")).otherwise(at("2026-03-02"));
        // 1 March ends at 20:00, 2 March begins at 03:00.
        tables.coverage = tables
            .coverage
            .filter(col("source").eq(lit("mx1")))
            .with_columns([(start.clone() + hours(3)).alias("first_line"), (start + hours(20)).alias("last_line")]);
        let rows = build(&DATASET, &tables, &examples::window()).unwrap();
        let warnings = texts(&rows, "warnings");
        assert_eq!(warnings[0], None);
        assert!(warnings[1].unwrap().ends_with("; no log line for 7.0 hours"), "{warnings:?}");
    }

    #[test]
    fn the_inputs_are_left_out() {
        let rows = build(&DATASET, &examples::tables(), &examples::window()).unwrap();
        let names = examples::names(&rows);
        assert!(!names.contains(&"inputs"));
        assert_eq!(names.last(), Some(&"warnings"));
    }

    #[test]
    fn the_list_of_the_page_has_every_warning() {
        let row = df!(
            "submissions" => [340_i64],
            "unknown_tls_share" => [0.25],
            "unknown_account_share" => [0.1],
            "longest_gap_seconds" => [31_320.0],
            "lines_rejected" => [7_i64],
            "truncated_files" => [1_i64],
        );
        let row = examples::complete(row.unwrap(), &COVERAGE)
            .with_columns([lit(12_i64).alias("imported"), col("last_line").alias("last_line_before")]);
        let words = |(_, words): (Expr, Expr)| {
            let said = row.clone().select([words.alias("warning")]).collect().unwrap();
            texts(&said, "warning")[0].unwrap().to_owned()
        };
        examples::assert_listed("warnings", warnings().into_iter().map(words));
    }
}
