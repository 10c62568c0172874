//! Mistakes in a pipeline file, each with its place, so that one look at the message is enough to mend it.
//!
//! All mistakes of a file are collected and reported together: a person mends a file once, not once per run.

use std::cell::RefCell;
use std::fmt;
use std::ops::Range;

use super::KEYS;
use crate::storage;

/// One mistake in a pipeline file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The file as the person named it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// The line's text.
    pub excerpt: String,
    /// How many characters of the excerpt are wrong, at least one.
    pub width: usize,
    /// What is wrong.
    pub message: String,
    /// What would be right, where that can be said.
    pub advice: Option<String>,
}

impl fmt::Display for Mistake {
    /// Prints `file:line:column: message`, the line with the wrong part underlined, and the advice.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)?;
        let gutter = self.line.to_string().len().max(3);
        writeln!(f, "{:>gutter$} | {}", self.line, self.excerpt.replace('\t', " "))?;
        write!(f, "{:>gutter$} | {}{}", "", " ".repeat(self.column - 1), "^".repeat(self.width))?;
        match &self.advice {
            Some(advice) => write!(f, "\n{:>gutter$} = {advice}", ""),
            None => Ok(()),
        }
    }
}

/// The text of a pipeline file and the mistakes found in it so far.
#[derive(Debug)]
pub(super) struct Proofreader<'t> {
    file: String,
    text: &'t str,
    mistakes: RefCell<Vec<Mistake>>,
}

impl<'t> Proofreader<'t> {
    pub(super) fn new(file: String, text: &'t str) -> Self {
        Self { file, text, mistakes: RefCell::default() }
    }

    /// Notes a mistake at the bytes `span` of the text.
    pub(super) fn refuse(&self, span: Range<usize>, message: impl Into<String>, advice: Option<String>) {
        let (line, column) = self.position(span.start);
        let excerpt = self.excerpt(line);
        let wrong = self.text.get(span).unwrap_or_default().lines().next().unwrap_or_default();
        let width = wrong.trim_end().chars().count().max(1);
        let (file, message) = (self.file.clone(), message.into());
        self.mistakes.borrow_mut().push(Mistake { file, line, column, excerpt, width, message, advice });
    }

    /// The line that holds a byte, from 1.
    pub(super) fn line(&self, offset: usize) -> usize {
        self.position(offset).0
    }

    /// The mistakes in the order of the file.
    pub(super) fn into_mistakes(self) -> Vec<Mistake> {
        let mut mistakes = self.mistakes.into_inner();
        mistakes.sort_by_key(|mistake| (mistake.line, mistake.column));
        mistakes
    }

    /// A line as it may be shown: messages end up in mails and logs, where a credential must not stand.
    ///
    /// Nothing of `[storage]` is shown but its keys: an option that is misspelt does not say what it holds, and a
    /// value may go on in lines of its own.
    fn excerpt(&self, line: usize) -> String {
        let lines: Vec<&str> = self.text.lines().take(line).collect();
        let Some((shown, above)) = lines.split_last() else { return String::new() };
        let section = &lines[above.iter().rposition(|line| is_heading(line)).unwrap_or(0)..];
        let is_storage = section.iter().any(|line| name(line).starts_with("storage"));
        let is_hidden = is_storage && !is_heading(shown) || storage::may_hold_credential(shown);
        match key(shown) {
            _ if !is_hidden => (*shown).to_owned(),
            Some(key) => format!("{key} = …"),
            None => "…".to_owned(),
        }
    }

    fn position(&self, offset: usize) -> (usize, usize) {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}

/// What a line begins with, be it a key or a heading.
fn name(line: &str) -> &str {
    line.trim_start_matches(['[', ' ', '\t'])
}

/// Whether a section begins at a line. In a value of several lines, one may begin with `[` as well.
fn is_heading(line: &str) -> bool {
    line.trim_start().starts_with('[') && !line.contains('=') && KEYS.iter().any(|key| name(line).starts_with(key))
}

/// The key of a line that is `key = value`, blanks before it included.
fn key(line: &str) -> Option<&str> {
    let (key, value) = line.split_once('=')?;
    let is_plain = key.trim().chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
    // Base64 that goes on in this line ends with the sign.
    let has_value = !value.trim_start_matches('=').trim().is_empty();
    (is_plain && has_value).then(|| key.trim_end())
}

/// The candidate that a misspelt word was probably meant to be.
///
/// Case and the choice between `-` and `_` do not count, and a part of a name (`Berlin` for `Europe/Berlin`) is
/// enough; otherwise about one letter in four may be wrong.
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let plain = |text: &str| text.to_lowercase().replace(['-', ' '], "_");
    let word = plain(word);
    let allowed = 1 + word.chars().count() / 4;
    let close = candidates.into_iter().filter_map(|candidate| {
        let name = plain(candidate);
        let distance = strsim::damerau_levenshtein(&word, &name);
        let contains = word.len() >= 3 && (name.contains(&word) || (name.len() >= 3 && word.contains(&name)));
        (contains || distance <= allowed).then_some((!contains, distance, candidate))
    });
    close.min().map(|(_, _, candidate)| candidate)
}

/// `did you mean 'x'?`, where a candidate is near.
pub fn did_you_mean<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<String> {
    nearest(word, candidates).map(|name| format!("did you mean '{name}'?"))
}

/// What to write in place of a misspelt word: the nearest candidate, and all of them after `valid`.
pub fn choice(word: &str, valid: &str, candidates: &[&str]) -> String {
    let near = did_you_mean(word, candidates.iter().copied()).map(|near| near + " ").unwrap_or_default();
    format!("{near}{valid} {}", candidates.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found() {
        let keys = ["lake", "publish", "lookback_days", "timezone"];
        assert_eq!(nearest("lak", keys), Some("lake"));
        assert_eq!(nearest("time-zone", keys), Some("timezone"));
        assert_eq!(nearest("lookback", keys), Some("lookback_days"));
        assert_eq!(nearest("colour", keys), None);
    }

    #[test]
    fn a_city_is_enough_for_a_zone() {
        assert_eq!(nearest("berlin", ["Africa/Cairo", "Europe/Berlin", "Europe/Dublin"]), Some("Europe/Berlin"));
    }
}
