//! The report that a pipeline asks for, and its publication.

use super::super::report::{self, Published, Request};
use super::super::status::first_with_lines;
use super::super::{Error, Result};
use super::Runner;
use crate::calendar::{Day, DayRange, Timestamp};
use crate::lake::tables::COVERAGE;
use crate::reports::Beyond;

impl Runner<'_> {
    /// Publishes the report of the newest days, unless it is current.
    pub(super) fn publish(&self, now: Timestamp) -> Result<Option<Published>> {
        let Some(request) = self.newest(Day::of(now))? else { return Ok(None) };
        if report::is_current(self.storage, &self.lake, &request)? {
            return Ok(None);
        }
        let published = report::run(self.storage, &self.lake, &request)?;
        report::remove_old(self.storage, &request.place, now)?;
        Ok(Some(published))
    }

    /// The report that the pipeline asks for, of the newest days; none of an empty lake.
    pub(super) fn newest(&self, today: Day) -> Result<Option<Request>> {
        let asked = self.request(today, |_| Ok::<_, Error>(None))?;
        Ok(asked.map(|(request, _)| request))
    }

    /// The report that the pipeline asks for, of the days asked for or the newest ones, and what the lake has not of these
    /// days; none of an empty lake. Who counts days back is given the newest one.
    ///
    /// # Errors
    /// Where the lake cannot be read, or there are no such days.
    pub fn request<E: From<Error>>(
        &self,
        today: Day,
        asked: impl FnOnce(Day) -> std::result::Result<Option<DayRange>, E>,
    ) -> std::result::Result<Option<(Request, Vec<Beyond>)>, E> {
        let coverage = self.lake.snapshot(&COVERAGE).map_err(Error::from)?;
        let mut days = coverage.dates();
        let as_of = report::newest_day(&days, today);
        let asked = asked(as_of.unwrap_or(today.previous()))?;
        let Some(as_of) = as_of else { return Ok(None) };
        let report = &self.definition.report;
        let request = Request {
            window: report::window(as_of, self.definition.window.days, asked),
            datasets: report.datasets.clone(),
            formats: report.formats.clone(),
            title: report.title.clone().unwrap_or_else(|| format!("SMTP AUTH clients: {}", self.definition.name)),
            activity: self.definition.activity.clone(),
            place: self.definition.publish.clone(),
        };
        if let Some(first) = first_with_lines(&coverage) {
            days.retain(|day| *day >= first);
        }
        let beyond = request.window.beyond(&days);
        Ok(Some((request, beyond)))
    }
}
