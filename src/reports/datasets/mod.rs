//! The datasets: one file each, one line each in [`DATASETS`].
//!
//! A dataset is a pure function of the daily tables and a window. [`build`] puts the window in front of every
//! row, so that a file keeps saying what it covers wherever it is copied to.

mod burn_down;
mod compatible;
mod coverage;
mod cutover;
mod cutover_details;
mod dim_account;
mod dim_date;
mod dim_domain;
mod dim_tls_version;
mod imported_usage;
mod legacy_clients;
mod refused_clients;
mod sending_volume;
mod sending_volume_details;
mod shares;
mod summary;
mod tls_usage;
mod tls_usage_details;
mod unusual_activity;

use polars::prelude::*;

pub(super) use self::shares::percent;
use super::cutover::Ways;
use super::tls::TLS_VERSIONS;
use super::wanted::Part;
use super::{Error, Result, Tables, Window, tables};
use crate::calendar::Day;

/// One dataset.
#[derive(Debug)]
pub struct Dataset {
    /// Its name, which is its file's name too.
    pub name: &'static str,
    /// What it tells, in a line.
    pub about: &'static str,
    /// What it needs of the daily tables beside what is always read.
    pub reads: &'static [Part],
    /// Whether its rows begin with the window. Those that have another product's headers do not.
    pub stamped: bool,
    /// What the report's page has of it.
    pub on_page: OnPage,
    /// Its columns behind the window's, sorted.
    pub build: fn(&Tables, &Window) -> Result<LazyFrame>,
}

/// What the report's page has of a dataset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnPage {
    /// A part of its own: without it there is no page.
    Part,
    /// The same, but only for browsers without scripts: the others have it by the activity.
    PlainPart,
    /// A view, and for browsers without scripts a table.
    View,
    /// A table for browsers without scripts.
    PlainTable,
    /// Nothing: it is for programs.
    Nothing,
}

impl OnPage {
    /// Whether the page is built on it.
    #[must_use]
    pub fn is_needed(self) -> bool {
        matches!(self, Self::Part | Self::PlainPart)
    }

    /// Whether the page's script shows it.
    #[must_use]
    pub fn is_for_script(self) -> bool {
        matches!(self, Self::Part | Self::View)
    }

    /// Whether browsers without scripts have it as a table like any other.
    #[must_use]
    pub fn is_plain_table(self) -> bool {
        matches!(self, Self::View | Self::PlainTable)
    }
}

/// What the rows of a stamped dataset begin with.
pub const STAMPS: [&str; 3] = ["window_start", "window_end", "as_of"];

/// Every dataset, in the order in which a person wants to read them.
pub static DATASETS: &[Dataset] = &[
    summary::DATASET,
    sending_volume::DATASET,
    sending_volume_details::DATASET,
    tls_usage::DATASET,
    tls_usage_details::DATASET,
    legacy_clients::DATASET,
    refused_clients::DATASET,
    cutover::DATASET,
    cutover_details::DATASET,
    burn_down::DATASET,
    unusual_activity::DATASET,
    coverage::DATASET,
    imported_usage::DATASET,
    dim_date::DATASET,
    dim_account::DATASET,
    dim_domain::DATASET,
    dim_tls_version::DATASET,
    compatible::SCC_SENDING_VOLUME,
    compatible::SCC_TLS_USAGE,
    compatible::EAC,
];

/// The dataset that looks back further than the others, for which alone that is read.
pub const UNUSUAL_ACTIVITY: &str = "unusual_activity";

/// The dataset of a name.
#[must_use]
pub fn dataset(name: &str) -> Option<&'static Dataset> {
    DATASETS.iter().find(|dataset| dataset.name == name)
}

/// The dataset's rows: `window_start`, `window_end` and `as_of` where it is stamped, then its own columns, in an order
/// that does not depend on the run.
///
/// # Errors
/// Where Polars cannot run the query.
pub fn build(dataset: &Dataset, given: &Tables, window: &Window) -> Result<DataFrame> {
    let stamps = STAMPS.into_iter().zip([window.first, window.last, window.as_of]).filter(|_| dataset.stamped);
    let mut columns: Vec<Expr> = stamps.map(|(name, day)| date(day).alias(name)).collect();
    columns.push(all().as_expr());
    let rows = (dataset.build)(given, window)?.select(columns);
    let rows = rows.collect().and_then(|rows| tables::spelled(rows, &given.texts));
    rows.map_err(|source| Error::Query { dataset: dataset.name, source })
}

/// A day as a literal of type DATE: Polars makes an instant of chrono's dates.
fn date(day: Day) -> Expr {
    lit(Scalar::new_date(day.epoch_days()))
}

/// Whether a row's day lies in the window.
pub(super) fn within(window: &Window) -> Expr {
    col("date").is_between(date(window.first), date(window.last), ClosedInterval::Both)
}

/// Whether a row came in on one of some ways.
pub(super) fn among(ways: Ways) -> Expr {
    col("way").and(lit(ways.0)).neq(lit(0_i64))
}

/// Where a version stands between the lowest and the highest; `unknown` above all, so that it is an account's
/// lowest version only if nothing else is known.
fn version_rank() -> Expr {
    (0_i64..).zip(&TLS_VERSIONS).fold(lit(TLS_VERSIONS.len() as i64), |rest, (rank, version)| {
        when(col("tls_version").eq(lit(version.name))).then(lit(rank)).otherwise(rest)
    })
}

/// The sum of a column of counts.
fn sum(column: &str) -> Expr {
    col(column).cast(DataType::Int64).sum()
}

/// A dimension's rows, and those that it has of datasets of which the texts are no places among the others.
fn with_named(rows: LazyFrame, named: LazyFrame, tables: &Tables) -> Result<LazyFrame> {
    let named = named.unique(None, UniqueKeepStrategy::Any).collect()?;
    if named.height() == 0 {
        return Ok(rows);
    }
    let rows = tables::spelled(rows.collect()?, &tables.texts)?;
    Ok(concat([rows.lazy(), named.lazy()], UnionArgs::default())?)
}

/// A column of times of which none is known.
fn no_time(name: &str) -> Expr {
    lit(NULL).cast(DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC))).alias(name)
}

/// Most messages first, then by name; what has no name comes last.
fn largest_first(frame: LazyFrame, name: &str) -> LazyFrame {
    let order = SortMultipleOptions::default().with_order_descending_multi([true, false]).with_nulls_last(true);
    frame.sort(["messages", name], order)
}

/// A left join in which a missing key meets a missing key: messages without an account are a group too.
fn missing_meets_missing() -> JoinArgs {
    JoinArgs { nulls_equal: true, ..JoinArgs::new(JoinType::Left) }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::super::examples;
    use super::*;

    #[test]
    fn every_dataset_has_the_window_first_and_plain_types() {
        for tables in [examples::tables(), examples::empty()] {
            for dataset in DATASETS {
                let rows = build(dataset, &tables, &examples::window()).unwrap();
                let stamped = examples::names(&rows).starts_with(&STAMPS);
                assert_eq!(stamped, dataset.stamped, "{}", dataset.name);
                for column in rows.columns() {
                    let plain = match column.dtype() {
                        DataType::Date | DataType::Int64 | DataType::Float64 | DataType::Boolean | DataType::String => {
                            true
                        }
                        DataType::Datetime(TimeUnit::Microseconds, Some(zone)) => *zone == TimeZone::UTC,
                        _ => false,
                    };
                    assert!(plain, "{}.{} is {}", dataset.name, column.name(), column.dtype());
                }
            }
        }
    }

    #[test]
    fn batches_of_any_size_give_the_same_datasets() {
        let (whole, pieces) = (examples::tables(), examples::lake().read(examples::wanted(), 1));
        for dataset in DATASETS {
            let [whole, pieces] = [&whole, &pieces].map(|tables| build(dataset, tables, &examples::window()).unwrap());
            assert!(whole.equals_missing(&pieces), "{}: {whole} {pieces}", dataset.name);
        }
    }

    #[test]
    fn nothing_in_the_lake_gives_no_rows_but_a_summary() {
        for dataset in DATASETS {
            let rows = build(dataset, &examples::empty(), &examples::window()).unwrap();
            let expected = match dataset.name {
                "summary" => 1,
                // The window's days and all versions, whatever the lake has.
                "dim_date" => 4,
                "dim_tls_version" => 7,
                _ => 0,
            };
            assert_eq!(rows.height(), expected, "{}", dataset.name);
        }
    }

    /// A dataset whose keys a dimension lacks would lose rows where the two are joined.
    #[test]
    fn dimensions_have_every_key() {
        let mut lake = examples::lake();
        let of_tenant = ["account", "domain"].map(|name| (lit("tenant.") + col(name)).alias(name));
        lake.imported = lake.imported.with_columns(of_tenant);
        let tables = lake.tables();
        let built: Vec<(&str, DataFrame)> =
            DATASETS.iter().map(|set| (set.name, build(set, &tables, &examples::window()).unwrap())).collect();
        let values = |rows: &DataFrame, column: &str| -> Vec<String> {
            let column = rows.column(column).unwrap().cast(&DataType::String).unwrap();
            column.str().unwrap().iter().flatten().map(str::to_owned).collect()
        };
        let keys = [
            ("dim_date", "date", &["date", "week", "last_failing", "period_start", "period_end"][..]),
            ("dim_account", "account", &["account", "last_account"]),
            ("dim_domain", "domain", &["domain"]),
            ("dim_tls_version", "tls_version", &["tls_version", "last_tls_version", "min_tls_version"]),
        ];
        for (dimension, key, columns) in keys {
            let known = values(&built.iter().find(|(name, _)| *name == dimension).unwrap().1, key);
            for (name, rows) in &built {
                for column in columns.iter().filter(|column| rows.column(column).is_ok()) {
                    let lost: Vec<_> =
                        values(rows, column).into_iter().filter(|value| !known.contains(value)).collect();
                    // `dim_date` itself names the Mondays of its days, the first of which is among them.
                    assert!(lost.is_empty(), "{name}.{column}: {lost:?}");
                }
            }
        }
    }

    /// Every column is explained, with its type, under its dataset's heading and in its order.
    #[test]
    fn the_documentation_knows_every_column() {
        let pages = include_str!("../../../docs/datasets.md");
        for dataset in DATASETS {
            let behind = pages.split(&format!("\n## {}\n", dataset.name)).nth(1).unwrap_or_default();
            let section = behind.split("\n## ").next().unwrap_or_default();
            let mut rest = section.split_once("| column | type | meaning |").unwrap_or_default().1;
            let built = build(dataset, &examples::empty(), &examples::window()).unwrap();
            for column in built.columns().iter().skip(if dataset.stamped { STAMPS.len() } else { 0 }) {
                let at = rest.find(&format!("`{}`", column.name()));
                let name = format!("{}.{}", dataset.name, column.name());
                assert!(at.is_some(), "docs/datasets.md lacks {name}, or has it out of order");
                rest = &rest[at.unwrap()..];
                let kinds = rest.split('|').nth(1).unwrap_or_default();
                let kind = match column.dtype() {
                    DataType::Float64 => "DOUBLE".to_owned(),
                    DataType::String => "UTF8".to_owned(),
                    DataType::Datetime(..) => "TIMESTAMP".to_owned(),
                    other => format!("{other:?}").to_uppercase(),
                };
                assert!(kinds.split(", ").any(|known| known.trim() == kind), "{name} is {kind}, not {kinds}");
            }
        }
    }

    #[test]
    fn names_are_found() {
        assert_eq!(dataset("tls_usage").unwrap().name, "tls_usage");
        assert!(dataset("tls").is_none());
    }
}
