//! What datasets are made from: the daily tables of a window, summed as they were read (see [`Reading`](super::Reading)).
//!
//! Names and addresses are places among [`Tables::texts`]: grouping and sorting by number takes a fraction of the time
//! and memory that a million texts would. [`build`](super::build) puts the texts back into what comes out. Words of a
//! small vocabulary, such as TLS versions, stay words.

use std::sync::{Arc, OnceLock};

use polars::prelude::*;

use super::Result;
use super::unusual::Finding;
use crate::rollups::texts::InOrder;

/// What a window's datasets are made from.
#[derive(Clone)]
pub struct Tables {
    /// What each `account` sent, a row for the window (`in_window`) and one for the window before: the smallest `domain`,
    /// `messages`, `recipients`, `bytes`, `active_days`, the most `mail_froms` of a day, `first_seen` and `last_seen`.
    pub accounts: LazyFrame,
    /// What each `domain` sent on each `date` of both windows: `messages`, `recipients`, `bytes`, `accounts`.
    pub domains: LazyFrame,
    /// `first_seen` and `last_seen` of each `domain` of both windows.
    pub domains_seen: LazyFrame,
    /// What each `domain` sent over each `tls_version` on each `date` of both windows: `messages`, `accounts`.
    pub versions: LazyFrame,
    /// What each `account` sent in the window by `tls_version`, `cipher_class`, `auth_family` and `way`, the bit of its
    /// [`Way`](super::cutover::Way): the smallest `domain`, `messages`, and the last `date`.
    pub clients: LazyFrame,
    /// From how many `client_ips` each `account` sent in the window.
    pub addresses: LazyFrame,
    /// What each device sent in the window, of the ways that were wanted: `account`, `client_ip`, `helo`, `tls_version`,
    /// `cipher`, `mechanism`, `way`, the smallest `client_name` and `service`, `messages`, `first_seen`, `last_seen`.
    pub devices: LazyFrame,
    /// What was refused in the window by `client_ip` and `kind`, where that was wanted: the smallest `client_name`,
    /// `attempts`, `first_seen`, `last_seen`.
    pub refusals: LazyFrame,
    /// The `account` and `tls_version` of the last message of both windows from each `client_ip` that was refused.
    pub origins: LazyFrame,
    /// How many `messages` and `accounts` came in on which `ways`, by `date` of the window, where that was wanted.
    pub ways: LazyFrame,
    /// What each `account` of a `domain` did in the [`weeks`](super::Window::weeks) of the window, where that was wanted:
    /// a bit for every week in which it was `active`, used a `legacy` version, or an `unknown` one.
    pub weeks: LazyFrame,
    /// The rows of the page, where they were wanted: `date`, `account`, `domain`, `tls_version`, `auth_family`,
    /// `triple_des`, `tls_known_present`, `messages`, `recipients`, `bytes`, and whether an account without a name is
    /// `lumped`.
    pub activity: DataFrame,
    /// `coverage`, with every column.
    pub coverage: LazyFrame,
    /// `imported`, with every column.
    pub imported: LazyFrame,
    /// What is unusual in the window, where that was wanted.
    pub findings: Arc<Vec<Finding>>,
    /// The texts whose places stand in columns of names and addresses.
    pub texts: InOrder,
    /// The rows of `tls_usage_details`, of which several datasets are made.
    pub(super) details: OnceLock<DataFrame>,
}

impl Tables {
    /// The rows that `make` gives, which are made once.
    pub(super) fn details(&self, make: impl FnOnce() -> Result<DataFrame>) -> Result<LazyFrame> {
        if let Some(rows) = self.details.get() {
            return Ok(rows.clone().lazy());
        }
        let rows = make()?;
        Ok(self.details.get_or_init(|| rows).clone().lazy())
    }
}

/// Columns of numbers, a bit for every week: in which an account sent at all, in which over a legacy version, and in
/// which over an unknown one.
pub(super) const BITS: [&str; 3] = ["active", "legacy", "unknown"];

/// A dataset's rows with texts where they had places.
pub(super) fn spelled(mut rows: DataFrame, texts: &InOrder) -> PolarsResult<DataFrame> {
    for name in rows.get_column_names_owned() {
        if let Ok(places) = rows.column(&name)?.u32() {
            let spelled: StringChunked = places.iter().map(|place| texts.text(place?)).collect();
            rows.with_column(spelled.with_name(name).into_column())?;
        }
    }
    Ok(rows)
}
