//! Where tasks run is not a pipeline's business: it hands them to an executor and gets their outcomes.

use super::Result;
use super::ingest::outcome::Outcome;

/// Runs tasks somewhere.
pub trait Executor: Sync {
    /// Runs `work` for each number below `tasks`; the results come in that order, whatever ran first.
    fn run(&self, tasks: usize, work: &(dyn Fn(usize) -> Result<Outcome> + Sync)) -> Vec<Result<Outcome>>;
}
