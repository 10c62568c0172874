//! Cells as text: one spelling of days, instants and numbers for every export.

use std::borrow::Cow;

use polars::prelude::{AnyValue, TimeUnit};

use crate::calendar::Day;

/// What a cell holds, once written.
pub(super) enum Cell<'a> {
    /// Nothing is known.
    Missing,
    /// A number or a truth value.
    Plain(String),
    /// A day or an instant: text in JSON, but never somebody's words.
    Time(String),
    /// Text, which may be anything that a client sent.
    Text(Cow<'a, str>),
}

/// A value as a cell: days as ISO 8601, instants as RFC 3339 with `Z`, floats in their
/// shortest exact form and always with a point, so that a reader does not take the column for whole numbers.
pub(super) fn cell<'a>(value: &'a AnyValue<'a>) -> Cell<'a> {
    match value {
        AnyValue::Null => Cell::Missing,
        AnyValue::String(text) => Cell::Text(Cow::Borrowed(text)),
        AnyValue::StringOwned(text) => Cell::Text(Cow::Borrowed(text.as_str())),
        AnyValue::Date(days) => Cell::Time(Day::from_epoch_days(*days).to_string()),
        AnyValue::Datetime(at, TimeUnit::Microseconds, _) => Cell::Time(instant(*at)),
        AnyValue::DatetimeOwned(at, TimeUnit::Microseconds, _) => Cell::Time(instant(*at)),
        // JSON and spreadsheets have no word for what is no number.
        AnyValue::Float64(number) if !number.is_finite() => Cell::Missing,
        AnyValue::Float64(number) => Cell::Plain(format!("{number:?}")),
        AnyValue::Boolean(truth) => Cell::Plain(truth.to_string()),
        AnyValue::Int64(number) => Cell::Plain(number.to_string()),
        other => Cell::Text(Cow::Owned(other.to_string())),
    }
}

/// Microseconds since the epoch as RFC 3339, with a fraction where there is one.
fn instant(at: i64) -> String {
    let time = chrono::DateTime::from_timestamp_micros(at);
    time.map_or_else(|| at.to_string(), |time| time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true))
}
