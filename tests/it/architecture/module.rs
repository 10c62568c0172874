//! A source file, its place in the tree of modules, and what it imports.

use std::collections::BTreeSet;
use std::path::Path;

use super::code::Code;

/// A source file.
#[derive(Debug)]
pub(super) struct Module {
    /// Its path below `src`.
    pub(super) path: String,
    /// The module of `lib.rs` that it belongs to; none for `lib.rs` and `main.rs`.
    pub(super) top: String,
    /// All of it.
    pub(super) text: String,
    /// What of it is code.
    pub(super) code: Code,
    /// Its place in the tree: the names from the top down.
    place: Vec<String>,
}

impl Module {
    /// Reads a file below `src`.
    pub(super) fn read(src: &Path, file: &Path) -> Self {
        let path = file.strip_prefix(src).unwrap().to_string_lossy().replace('\\', "/");
        Self::of(&path, &std::fs::read_to_string(file).unwrap())
    }

    /// A file of this path and text.
    pub(super) fn of(path: &str, text: &str) -> Self {
        let parts = path.trim_end_matches(".rs").split('/').map(str::to_owned);
        let place = parts.filter(|part| !matches!(part.as_str(), "mod" | "lib" | "main")).collect::<Vec<_>>();
        Self {
            path: path.to_owned(),
            top: place.first().cloned().unwrap_or_default(),
            text: text.to_owned(),
            code: Code::of(text),
            place,
        }
    }

    /// Whether it is the program's own file.
    pub(super) fn is_program(&self) -> bool {
        self.path == "main.rs"
    }

    /// The modules below this one that are compiled for tests only, as places in the tree.
    pub(super) fn test_files(&self) -> Vec<Vec<String>> {
        let below = |name: String| [self.place.clone(), vec![name]].concat();
        self.code.test_modules().into_iter().map(below).collect()
    }

    /// Whether it lies at or below one of these places.
    pub(super) fn is_within(&self, places: &BTreeSet<Vec<String>>) -> bool {
        (0..=self.place.len()).any(|depth| places.contains(&self.place[..depth]))
    }

    /// The modules of `lib.rs` that it names: by `crate::`, or by as many `super::` as lead to the root.
    pub(super) fn imports(&self) -> BTreeSet<String> {
        let mut found = named(self.code.as_str(), "crate::");
        if !self.place.is_empty() {
            let path = "super::".repeat(self.place.len());
            found.extend(named(self.code.without_tests().as_str(), &path).into_iter().filter(|name| name != "super"));
        }
        found
    }
}

/// The first names behind a path's beginning: one, or those of a group in braces.
fn named(code: &str, beginning: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices(beginning) {
        if code[..at].ends_with(|before: char| before.is_alphanumeric() || matches!(before, '_' | ':' | '$')) {
            continue;
        }
        let rest = &code[at + beginning.len()..];
        match rest.strip_prefix('{') {
            Some(group) => found.extend(group_names(group)),
            None => found.extend(name(rest)),
        }
    }
    found
}

/// `a, b::{c, d}, e as f}` gives a, b and e.
fn group_names(group: &str) -> Vec<String> {
    let (mut depth, mut names, mut start) = (0_usize, Vec::new(), 0);
    for (at, byte) in group.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b',' | b'}' if depth == 0 => {
                names.extend(name(group[start..at].trim_start()));
                start = at + 1;
                if byte == b'}' {
                    break;
                }
            }
            b'}' => depth -= 1,
            _ => {}
        }
    }
    names
}

/// The identifier that a text begins with.
fn name(text: &str) -> Option<String> {
    let end = text.find(|character: char| !character.is_alphanumeric() && character != '_').unwrap_or(text.len());
    (end > 0).then(|| text[..end].to_owned())
}
