//! How people are spoken to: `error:`, `hint:` and `warning:` on standard error, each one readable paragraph.
//!
//! Never a backtrace, even where `RUST_BACKTRACE` is set: it is of no use to the person who reads it. Colour only
//! on a terminal, and not where `NO_COLOR` (<https://no-color.org>) is set.

use std::error::Error;
use std::io::{IsTerminal, Write};

use crate::words::misleads;

/// Speaks on standard error.
#[derive(Clone, Copy, Debug)]
pub struct Messages {
    quiet: bool,
    colour: bool,
}

impl Messages {
    /// Messages for this process; `quiet` leaves out all but errors.
    #[must_use]
    pub fn new(quiet: bool) -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { quiet, colour: !refused && std::io::stderr().is_terminal() }
    }

    /// Whether only errors are to be shown.
    #[must_use]
    pub fn quiet(&self) -> bool {
        self.quiet
    }

    /// Says what failed and why, and what to do about it.
    pub fn error(&self, error: &dyn Error, hint: Option<&str>) {
        self.say("error", RED, &paragraph(error));
        if let Some(hint) = hint {
            self.say("hint", CYAN, hint);
        }
    }

    /// Says what failed while the rest went on, and why.
    pub fn failure(&self, what: &str, error: &dyn Error) {
        self.say("error", RED, &format!("{what}: {}", paragraph(error)));
    }

    /// Says that something is not as it should be, though the command goes on.
    pub fn warning(&self, text: &str) {
        if !self.quiet {
            self.say("warning", YELLOW, &on_one_line(text));
        }
    }

    /// Says what to do next.
    pub fn hint(&self, text: &str) {
        if !self.quiet {
            self.say("hint", CYAN, &on_one_line(text));
        }
    }

    fn say(&self, label: &str, colour: &str, text: &str) {
        let text = printable(text);
        let line = if self.colour { format!("{colour}{label}:{PLAIN} {text}\n") } else { format!("{label}: {text}\n") };
        // Where standard error is closed there is nobody left to tell.
        let _ = std::io::stderr().lock().write_all(line.as_bytes());
    }
}

const RED: &str = "\x1b[1;31m";
const YELLOW: &str = "\x1b[1;33m";
const CYAN: &str = "\x1b[1;36m";
const PLAIN: &str = "\x1b[0m";

/// An error and its causes as one paragraph. A cause that the message already tells is not repeated.
#[must_use]
pub fn paragraph(error: &dyn Error) -> String {
    let said = |error: &dyn Error| without_backtrace(&error.to_string()).to_owned();
    let mut text = said(error);
    let mut cause = error.source();
    while let Some(error) = cause {
        let told = said(error);
        if !text.contains(&told) {
            text = format!("{}: {told}", text.trim_end_matches(['.', ':']));
        }
        cause = error.source();
    }
    text
}

/// What is said, up to the backtrace that delta's kernel puts behind its words where RUST_BACKTRACE is set.
fn without_backtrace(text: &str) -> &str {
    text.split("\n   0: ").next().unwrap_or(text)
}

/// Text in which nothing steers a terminal or looks like something else: it may have stood in a log.
#[must_use]
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if misleads(c) && c != '\n' { '\u{fffd}' } else { c }).collect()
}

/// The same of what is said on one line: a line break in a value would begin one that nobody has said.
#[must_use]
pub fn on_one_line(text: &str) -> String {
    printable(text).replace('\n', " ")
}

/// From now on a panic is a message like any other.
pub fn explain_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let messages = Messages::new(false);
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let what = panic.payload_as_str().unwrap_or("no reason given").trim();
        messages.say("error", RED, &format!("mailtally met a state that it did not expect: {what} ({place})"));
        messages.say("hint", CYAN, "this is a mistake in mailtally: please report it with the line above");
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Link {
        text: &'static str,
        source: Option<Box<Link>>,
    }

    fn chain(texts: &[&'static str]) -> Option<Box<Link>> {
        let (text, causes) = texts.split_first()?;
        Some(Box::new(Link { text, source: chain(causes) }))
    }

    #[test]
    fn causes_are_told_once_each() {
        let told = |texts: &[&'static str]| chain(texts).map(|error| paragraph(&*error));
        assert_eq!(told(&["cannot open x", "no such bucket"]).as_deref(), Some("cannot open x: no such bucket"));
        assert_eq!(told(&["cannot open x: timed out", "timed out"]).as_deref(), Some("cannot open x: timed out"));
        assert_eq!(told(&["a.", "b", "c"]).as_deref(), Some("a: b: c"));
    }

    #[test]
    fn a_backtrace_is_not_told() {
        let text = "no log: key must be a string at line 1\n   0: kernel::error::Error\n             at error.rs:1\n; as it was";
        assert_eq!(
            chain(&[text]).map(|error| paragraph(&*error)).as_deref(),
            Some("no log: key must be a string at line 1")
        );
    }

    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(printable("a\x1b[2Jb\nc"), "a\u{fffd}[2Jb\nc");
        assert_eq!(printable("x\u{9b}31m\u{7f}\u{202e}gnp.exe"), "x\u{fffd}31m\u{fffd}\u{fffd}gnp.exe");
    }

    #[test]
    fn no_value_begins_a_line() {
        assert_eq!(on_one_line("a@x\nerror: disk full\r\n"), "a@x error: disk full\u{fffd} ");
    }
}
