//! Where tasks run is not a pipeline's business: it hands them to an executor and gets their outcomes.

use super::Result;
use super::ingest::outcome::Outcome;
use crate::calendar::DayRange;

/// What has become of a task's days: one outcome for all of them, or where a file is damaged, one for each part.
pub type Parts = Vec<(DayRange, Result<Outcome>)>;

/// Runs tasks somewhere.
pub trait Executor: Sync {
    /// Runs `work` for each number below `tasks`; the results come in that order, whatever ran first.
    fn run(&self, tasks: usize, work: &(dyn Fn(usize) -> Parts + Sync)) -> Vec<Parts>;
}
