//! Reports of other products: what somebody else has counted, over a period. One file and one line in [`AGGREGATES`]
//! per product.
//!
//! Such a report has no messages, only how many there were. So it is no [`Format`](super::Format): nothing of it can
//! become a submission, and what it does not tell (devices, ciphers, hours) stays unknown.

use super::{Evidence, Tells, m365};

/// One product's report.
#[derive(Debug)]
pub struct Aggregate {
    /// Its name in pipelines and among the samples.
    pub name: &'static str,
    /// The product's name as its makers write it.
    pub title: &'static str,
    /// How sure it is that real reports are read right.
    pub evidence: Evidence,
    /// What the report can tell.
    pub tells: Tells,
    /// Whether a file that begins with these bytes is such a report.
    pub claims: fn(&[u8]) -> bool,
    /// Reads a whole report.
    pub read: fn(&[u8]) -> Result<Vec<Usage>, Fault>,
}

/// What a report says of one account over its period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Its line in the file, from 1.
    pub line: u64,
    /// The account, as written.
    pub account: String,
    /// The messages by TLS version, spelled as in the tables: those of a version that the report does not name are
    /// `unknown`. No version comes twice, and none without messages.
    pub messages: Vec<(&'static str, u64)>,
}

/// More messages of one account than this are a mistake: nobody sends them, and sums of such counts would not fit.
pub const MOST_MESSAGES: u64 = u32::MAX as u64;

/// Why a report cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct Fault {
    /// The line, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub reason: String,
}

/// Every product's report that can be read.
pub static AGGREGATES: &[&Aggregate] = &[&m365::M365];

/// The report of a name.
#[must_use]
pub fn aggregate(name: &str) -> Option<&'static Aggregate> {
    AGGREGATES.iter().copied().find(|aggregate| aggregate.name == name)
}

/// The report that a file is which begins with these bytes; none where it is a log, or anything else.
#[must_use]
pub fn claimed(head: &[u8]) -> Option<&'static Aggregate> {
    AGGREGATES.iter().copied().find(|aggregate| (aggregate.claims)(head))
}
