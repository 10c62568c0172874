//! What differs between two bags of rows, said so that a person sees it at once.

use std::collections::BTreeMap;
use std::fmt::{Display, Write};

/// How many differing rows are shown.
const SHOWN: usize = 12;

/// The rows on one side only, as lines: `-` was expected and is missing, `+` was found and is too many. Empty where
/// both sides hold the same rows equally often, in whichever order.
pub(crate) fn difference<T: Display>(
    expected: impl IntoIterator<Item = T>,
    found: impl IntoIterator<Item = T>,
) -> String {
    let mut counts: BTreeMap<String, i64> = BTreeMap::new();
    expected.into_iter().for_each(|row| *counts.entry(row.to_string()).or_default() += 1);
    found.into_iter().for_each(|row| *counts.entry(row.to_string()).or_default() -= 1);
    counts.retain(|_, count| *count != 0);
    let mut lines = String::new();
    for (row, count) in counts.iter().take(SHOWN) {
        let sign = if *count > 0 { '-' } else { '+' };
        let _ = writeln!(lines, "    {sign} {}x {row}", count.abs());
    }
    if counts.len() > SHOWN {
        let _ = writeln!(lines, "    … and {} more", counts.len() - SHOWN);
    }
    lines
}

/// Collects what is wrong, so that one run of a test shows all of it.
#[derive(Debug, Default)]
pub(crate) struct Findings(String);

impl Findings {
    /// Notes the difference of two bags of rows, if there is one.
    pub(crate) fn same<T: Display>(
        &mut self,
        what: impl Display,
        expected: impl IntoIterator<Item = T>,
        found: impl IntoIterator<Item = T>,
    ) {
        let difference = difference(expected, found);
        if !difference.is_empty() {
            let _ = write!(self.0, "{what}:\n{difference}");
        }
    }

    /// Notes something that is wrong.
    pub(crate) fn note(&mut self, what: impl Display) {
        let _ = writeln!(self.0, "{what}");
    }

    /// Whether nothing was noted.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Fails where anything was noted.
    #[track_caller]
    pub(crate) fn none(self) {
        assert!(self.0.is_empty(), "\n{}", self.0);
    }
}

#[test]
fn rows_are_compared_as_often_as_they_come() {
    assert_eq!(difference(["a", "b", "a"], ["b", "a", "a"]), "");
    assert_eq!(difference(["a", "b", "a"], ["a", "c"]), "    - 1x a\n    - 1x b\n    + 1x c\n");
}
