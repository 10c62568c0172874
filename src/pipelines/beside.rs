//! Work beside the caller's own, on one thread that is kept: glibc gives a thread a part of the heap of its own and
//! hardly takes anything back from there, so a new thread for each piece of work leaves memory in many places.

use std::cell::OnceCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

/// A thread that does one piece of work after the other; none before there is work.
#[derive(Default)]
pub(super) struct Beside(OnceCell<Worker>);

type Work = Box<dyn FnOnce() + Send>;

struct Worker {
    work: Sender<Work>,
    thread: JoinHandle<()>,
}

/// What is being worked on.
pub(super) struct Begun<T>(Receiver<thread::Result<T>>);

impl Beside {
    /// Does the work once what was begun before is done.
    pub(super) fn begin<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Begun<T> {
        let (send, receive) = channel();
        let work = move || {
            // Where nobody waits any more, nobody wants to know.
            let _ = send.send(catch_unwind(AssertUnwindSafe(work)));
        };
        let worker = self.0.get_or_init(Worker::new);
        // The thread takes work as long as there is a sender: it catches panics.
        let _ = worker.work.send(Box::new(work));
        Begun(receive)
    }
}

impl Worker {
    fn new() -> Self {
        let (work, begun) = channel::<Work>();
        Self { work, thread: thread::spawn(|| begun.into_iter().for_each(|work| work())) }
    }
}

impl<T> Begun<T> {
    /// Waits until it is done; panics where the work has.
    pub(super) fn wait(self) -> T {
        match self.0.recv() {
            Ok(done) => done.unwrap_or_else(|panic| resume_unwind(panic)),
            Err(_) => unreachable!("the thread answers for each piece of work"),
        }
    }
}

impl Drop for Beside {
    /// Nothing goes on behind the caller's back.
    fn drop(&mut self) {
        if let Some(Worker { work, thread }) = self.0.take() {
            drop(work);
            drop(thread.join());
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[test]
    fn work_is_done_in_order_on_one_thread() {
        let beside = Beside::default();
        let begun: Vec<_> = (0..10).map(|number| beside.begin(move || (number, thread::current().id()))).collect();
        let done: Vec<_> = begun.into_iter().map(Begun::wait).collect();
        assert_eq!(done.iter().map(|(number, _)| *number).collect::<Vec<_>>(), (0..10).collect::<Vec<_>>());
        assert!(done.iter().all(|(_, thread)| *thread == done[0].1 && *thread != thread::current().id()));
    }

    #[test]
    fn what_was_begun_is_done_before_it_is_let_go_of() {
        let done = Arc::new(Mutex::new(Vec::new()));
        let beside = Beside::default();
        for number in 0..10 {
            let done = Arc::clone(&done);
            drop(beside.begin(move || done.lock().unwrap().push(number)));
        }
        drop(beside);
        assert_eq!(*done.lock().unwrap(), (0..10).collect::<Vec<_>>());
    }

    #[test]
    fn a_panic_is_the_callers_and_the_next_work_is_done() {
        let beside = Beside::default();
        let panicking = beside.begin(|| -> u8 { resume_unwind(Box::new("no")) });
        let next = beside.begin(|| 7);
        let panic = catch_unwind(AssertUnwindSafe(|| panicking.wait())).unwrap_err();
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"no"));
        assert_eq!(next.wait(), 7);
    }
}
