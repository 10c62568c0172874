//! What a run tells of the lake besides what it has built.

use std::collections::BTreeSet;

use super::super::Result;
use super::super::definition::Lookback;
use super::super::ingest::Ingested;
use super::super::status::{last_with_lines, read_in_vain};
use super::{Done, Order, OverLimit, Runner};
use crate::calendar::{Day, DayRange};
use crate::lake::Partition;
use crate::lake::tables::{COVERAGE, SUBMISSIONS};

impl Runner<'_> {
    /// What is to be told of the lake as it is now: sources that do not go on, those that are in no pipeline any more, and
    /// whether there is nothing at all.
    pub(super) fn look_around(&self, done: &mut Done, order: &Order, logs: &BTreeSet<&str>) -> Result<()> {
        let (today, coverage) = (Day::of(order.now), self.lake.snapshot(&COVERAGE)?);
        let sources = last_with_lines(&coverage, today);
        let sources = sources.into_iter().filter_map(|(source, last)| Some((source, last?))).collect::<Vec<_>>();
        // One that was given up long ago is not told for ever.
        let range = self.looked_back_to(today);
        let left_over =
            |(source, last): &&(&str, Day)| range.contains(*last) && self.definition.source(source).is_none();
        let in_vain = read_in_vain(&coverage, range).into_iter().filter(|(source, _)| logs.contains(source));
        done.in_vain = in_vain.map(|(source, lines)| (source.to_owned(), lines)).collect();
        done.handed_on_in_vain = self.handed_on_in_vain(&done.ingested, range)?;
        done.left_over = sources.iter().filter(left_over).map(|(source, _)| (*source).to_owned()).collect();
        // Whoever looks back over everything may well have an archive, and whoever asks for days asks for these.
        if matches!((order.days, self.definition.run.lookback), (None, Lookback::Days(_))) {
            let failed = |source: &str| done.ingested.failed.iter().any(|failure| failure.source == source);
            let late = sources.iter().filter(|(source, last)| last.next() < today && logs.contains(source));
            let late = late.filter(|(source, _)| !failed(source));
            done.behind = late.map(|(source, last)| ((*source).to_owned(), *last)).collect();
        }
        done.empty = self.nothing_found(order, &coverage);
        Ok(())
    }

    /// The sources without a message whose clients were handed on, and how many sessions were.
    fn handed_on_in_vain(&self, ingested: &Ingested, range: DayRange) -> Result<Vec<(String, u64)>> {
        if ingested.handed_on.is_empty() {
            return Ok(Vec::new());
        }
        let submissions = self.lake.snapshot(&SUBMISSIONS)?;
        let has_messages = |name: &String| {
            submissions.files.iter().any(|file| {
                let Partition { date, source } = &file.partition;
                let counts = || range.contains(*date) || ingested.days.contains_key(&(name.clone(), *date));
                source.as_ref() == Some(name) && file.rows > 0 && counts()
            })
        };
        let in_vain = ingested.handed_on.iter().filter(|(source, _)| !has_messages(source));
        Ok(in_vain.map(|(source, sessions)| (source.clone(), *sessions)).collect())
    }

    pub(super) fn over_limit(&self, ingested: &Ingested) -> Vec<OverLimit> {
        let most = self.definition.limits.max_rejected_percent;
        let over = |rejected: u64, read: u64| rejected as f64 * 100.0 > most * read as f64;
        let days = ingested.days.iter().filter(|(_, built)| over(built.lines.rejected, built.lines.read));
        days.map(|((source, day), built)| OverLimit {
            source: source.clone(),
            day: *day,
            rejected: built.lines.rejected,
            read: built.lines.read,
        })
        .collect()
    }
}
