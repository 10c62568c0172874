//! What a run would do.

use std::collections::BTreeSet;

use super::super::import::Report;
use super::super::ingest::plan::Wanted;
use super::super::ingest::{Ingested, Planned};
use super::super::{Result, report};
use super::{Order, Runner, days_of};
use crate::calendar::Day;
use crate::lake::tables::COVERAGE;

/// What a run would do.
#[derive(Debug)]
pub struct Plans<'a> {
    /// Per source of logs.
    pub sources: Vec<Planned<'a>>,
    /// Other products' reports that would be imported.
    pub imports: Vec<Report>,
    /// What is known without doing anything: sources that failed, days that would be kept.
    pub known: Ingested,
    /// Days that would be rolled up, those that are ingested among them.
    pub rollups: BTreeSet<Day>,
    /// Why the report would be published; none where it is current.
    pub publish: Option<Publication>,
    /// The days that were looked at, where the lake holds nothing of them yet.
    pub empty: Option<Wanted>,
}

/// Why a report is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Publication {
    /// Days are built that it may show, or hold others against.
    DaysChange,
    /// What is published is not what the pipeline asks for, or not of what the lake has.
    NotCurrent,
}

impl<'a> Runner<'a> {
    /// What a run would do.
    ///
    /// # Errors
    /// Where the lake cannot be read.
    pub fn plan(&self, order: &Order) -> Result<Plans<'a>> {
        let wanted = self.wanted(order);
        let (sources, imports, known) =
            if order.stages.ingest { self.plan_ingest(order, wanted)? } else { Default::default() };
        let built = sources.iter().flat_map(|source| source.plan.days.keys().copied());
        let built = built.chain(days_of(&imports)).collect::<BTreeSet<_>>();
        let rollups = if order.stages.rollup {
            self.days_to_roll_up(wanted, &built)?.into_iter().chain(built.iter().copied()).collect()
        } else {
            BTreeSet::new()
        };
        let changes = !(built.is_empty() && imports.is_empty() && rollups.is_empty());
        let publish = order.stages.report.then(|| self.publication(changes, Day::of(order.now))).transpose()?.flatten();
        let empty = self.nothing_found(order, &self.lake.snapshot(&COVERAGE)?);
        Ok(Plans { sources, imports, known, rollups, publish, empty })
    }

    /// Why the report would be published, once days have changed or not.
    fn publication(&self, changes: bool, today: Day) -> Result<Option<Publication>> {
        if changes {
            return Ok(Some(Publication::DaysChange));
        }
        let Some(request) = self.newest(today)? else { return Ok(None) };
        Ok((!report::is_current(self.storage, &self.lake, &request)?).then_some(Publication::NotCurrent))
    }
}
