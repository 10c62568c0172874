//! Progress on a terminal: how many bytes of raw logs are read, how fast, and how long it still takes.
//!
//! Hidden where standard error is no terminal, so that a nightly job's mail stays empty.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::messages::Messages;

/// A progress bar that any thread may move on. Clones move the same bar.
#[derive(Clone, Debug)]
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// A bar over `total` bytes, drawn where `shown` says so.
    #[must_use]
    pub fn bytes(total: u64, shown: bool) -> Self {
        let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(total), target);
        let template = "{msg} {bar:30} {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec}, {eta} left";
        // The template is fixed, so a mistake in it would only cost the style.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        if shown {
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        Self { bar }
    }

    /// Whether a bar can be drawn: on a terminal, and not where only errors or log lines are asked for.
    #[must_use]
    pub fn wanted(messages: Messages, verbosity: u8) -> bool {
        !messages.quiet() && verbosity == 0 && std::io::stderr().is_terminal()
    }

    /// Names what is being done.
    pub fn doing(&self, what: &str) {
        self.bar.set_message(what.to_owned());
    }

    /// Adds to the total, where more turns out to be there.
    pub fn expect_more(&self, bytes: u64) {
        self.bar.inc_length(bytes);
    }

    /// Moves on by this many bytes.
    pub fn advance(&self, bytes: u64) {
        self.bar.inc(bytes);
    }

    /// A function that moves the bar on, for layers that know nothing of terminals.
    pub fn counter(&self) -> impl Fn(u64) + Clone + Send + Sync + 'static {
        let bar = self.bar.clone();
        move |bytes| bar.inc(bytes)
    }

    /// Removes the bar.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_all_threads_add_up() {
        let progress = Progress::bytes(300, false);
        let count = progress.counter();
        std::thread::scope(|scope| {
            scope.spawn(|| count(100));
            scope.spawn(|| count(50));
        });
        progress.advance(1);
        assert_eq!(progress.bar.position(), 151);
    }
}
