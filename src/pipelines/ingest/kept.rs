//! Days that are left as they are: what they were built from is gone, and from what is left they would be poorer.

use std::collections::{BTreeMap, BTreeSet};

use super::reason::Reason;
use crate::calendar::{Day, DayRange};

/// Why a day is left as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Why it would be built again.
    pub why: Reason,
    /// What it was built from and is not there any more, for people.
    pub gone: Vec<String>,
    /// Whether files still hold something of it.
    pub left: bool,
    /// Whether this leaves undone what somebody has to decide on: the day was asked for, or there are lines of it that
    /// the lake does not have. A setting that was changed too late for it is nothing that anybody can mend.
    pub undone: bool,
}

/// Days in a row that are left as they are for the same reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptRange<'a> {
    /// The source.
    pub source: &'a str,
    /// The days.
    pub days: DayRange,
    /// Why the first of them is; all are for the same reason.
    pub kept: &'a Kept,
    /// What is gone of any of them.
    pub gone: BTreeSet<&'a str>,
}

/// A year of days whose files have been rotated away is told in one line.
#[must_use]
pub fn ranges(kept: &BTreeMap<(String, Day), Kept>) -> Vec<KeptRange<'_>> {
    let mut ranges: Vec<KeptRange<'_>> = Vec::new();
    for ((source, day), kept) in kept {
        let gone = kept.gone.iter().map(String::as_str);
        let goes_on = |range: &&mut KeptRange<'_>| {
            let alike = range.kept.why == kept.why && range.kept.left == kept.left;
            range.source == source && range.days.end == *day && alike
        };
        match ranges.last_mut().filter(goes_on) {
            Some(range) => {
                range.days.end = day.next();
                range.gone.extend(gone);
            }
            None => ranges.push(KeptRange { source, days: DayRange::single(*day), kept, gone: gone.collect() }),
        }
    }
    ranges
}

impl KeptRange<'_> {
    /// What is gone, in words: the first of it, and how much more.
    #[must_use]
    pub fn gone(&self) -> String {
        const NAMED: usize = 3;
        let named = self.gone.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
        match self.gone.len().saturating_sub(NAMED) {
            0 => named,
            more => format!("{named} and {more} more"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::reason::Change;
    use super::*;

    #[test]
    fn days_in_a_row_are_one_range() {
        let kept = |source: &str, day: i32, left| {
            let gone = vec![format!("mail.log.{day}")];
            let why = Reason::Changed(Change::Settings);
            ((source.to_owned(), Day::from_epoch_days(day)), Kept { why, gone, left, undone: false })
        };
        let year = (1..=365).map(|day| kept("mx1", day, false));
        let kept = year.chain([kept("mx1", 366, true), kept("mx2", 367, true), kept("mx2", 369, true)]).collect();
        let ranges = ranges(&kept);
        let told = ranges.iter().map(|range| (range.source, range.days.len(), range.kept.left)).collect::<Vec<_>>();
        assert_eq!(told, [("mx1", 365, false), ("mx1", 1, true), ("mx2", 1, true), ("mx2", 1, true)]);
        assert_eq!(ranges[0].gone(), "mail.log.1, mail.log.10, mail.log.100 and 362 more");
        assert_eq!(ranges[1].gone(), "mail.log.366");
    }
}
