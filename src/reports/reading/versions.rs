//! `daily_tls` as it is read: over which TLS versions each domain's accounts sent on each day.

use arrow::array::RecordBatch;

use super::super::Result;
use super::daily::Daily;
use crate::lake::tables::DAILY_TLS;
use crate::rollups::groups::Layout;
use crate::rollups::rows::Rows;
use crate::rollups::texts::{Texts, Trail};

static VERSIONS: Layout<2, 0, 1> =
    Layout { key: ["domain", "tls_version"], smallest: [], rows: "rows", sums: [("messages", "messages")], seen: None };

/// The columns of `daily_tls` that are read.
pub(in super::super) fn columns() -> impl Iterator<Item = &'static str> {
    VERSIONS.columns().chain(["account"])
}

/// The rows of a batch.
pub(super) fn rows<'a>(batch: &'a RecordBatch, texts: &mut Texts, trail: &mut Trail) -> Result<Rows<'a>> {
    Ok(Rows::read_along(DAILY_TLS.name, batch, VERSIONS.texts().chain(["account"]), texts, Some(trail))?)
}

/// What was sent on each day: the rows of [`Tables::versions`](super::Tables::versions).
pub(super) fn daily() -> Daily<2, 1> {
    Daily::new(&VERSIONS)
}
