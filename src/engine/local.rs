//! Tasks on threads of this process.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::pipelines::{Executor, Parts};

/// Runs tasks on this process's threads.
#[derive(Clone, Copy, Debug)]
pub struct Local {
    threads: usize,
}

impl Local {
    /// An executor with as many threads, at least one.
    #[must_use]
    pub fn new(threads: usize) -> Self {
        Self { threads: threads.max(1) }
    }
}

impl Executor for Local {
    fn run(&self, tasks: usize, work: &(dyn Fn(usize) -> Parts + Sync)) -> Vec<Parts> {
        let next = AtomicUsize::new(0);
        let done = Mutex::new(Vec::with_capacity(tasks));
        std::thread::scope(|scope| {
            for _ in 0..self.threads.min(tasks) {
                scope.spawn(|| {
                    loop {
                        let task = next.fetch_add(1, Ordering::Relaxed);
                        if task >= tasks {
                            break;
                        }
                        let result = work(task);
                        done.lock().unwrap_or_else(PoisonError::into_inner).push((task, result));
                    }
                });
            }
        });
        let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.sort_by_key(|(task, _)| *task);
        done.into_iter().map(|(_, result)| result).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::{Day, DayRange};
    use crate::pipelines::ingest::outcome::Outcome;

    #[test]
    fn outcomes_come_in_the_order_of_tasks() {
        let work = |task: usize| {
            std::thread::sleep(std::time::Duration::from_millis(20 - task as u64));
            vec![(DayRange::single(Day::from_epoch_days(task as i32)), Ok(Outcome::default()))]
        };
        let outcomes = Local::new(4).run(9, &work);
        let order = outcomes.iter().map(|parts| parts[0].0.start.epoch_days()).collect::<Vec<_>>();
        assert_eq!(order, (0..9).collect::<Vec<_>>());
    }
}
