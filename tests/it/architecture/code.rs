//! Rust code as text, without its comments and without what stands inside its strings.

/// What is left of a source: layout and line ends are as they were.
#[derive(Clone, Debug)]
pub(super) struct Code(String);

impl Code {
    /// The code of a source.
    pub(super) fn of(source: &str) -> Self {
        let mut code = String::with_capacity(source.len());
        let mut rest = source;
        while let Some(character) = rest.chars().next() {
            let skipped = hidden(rest, &code);
            if skipped == 0 {
                code.push(character);
                rest = &rest[character.len_utf8()..];
            } else {
                code.extend(rest[..skipped].chars().filter(|character| *character == '\n'));
                rest = &rest[skipped..];
            }
        }
        Self(code)
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The code without the items that are compiled for tests only.
    pub(super) fn without_tests(&self) -> Self {
        let mut code = String::new();
        let mut rest = self.as_str();
        while let Some(at) = rest.find(MARK) {
            code.push_str(&rest[..at]);
            rest = &rest[at + MARK.len()..];
            rest = &rest[item_length(rest)..];
        }
        Self(code + rest)
    }

    /// The names of modules in files of their own that are compiled for tests only.
    pub(super) fn test_modules(&self) -> Vec<String> {
        let after = self.as_str().split(MARK).skip(1);
        let name = |rest: &str| {
            let item = &rest[..item_length(rest)];
            let words = item.strip_suffix(';')?.split_whitespace().collect::<Vec<_>>();
            let place = words.iter().position(|word| *word == "mod")?;
            words.get(place + 1).map(|name| (*name).to_owned())
        };
        after.filter_map(name).collect()
    }
}

/// What stands before an item that is compiled for tests only.
const MARK: &str = "#[cfg(test)]";

/// The length of the comment, string or character that a text begins with; 0 where it begins with none.
fn hidden(text: &str, before: &str) -> usize {
    if text.starts_with("//") {
        return text.find('\n').unwrap_or(text.len());
    }
    if text.starts_with("/*") {
        return text.find("*/").map_or(text.len(), |end| end + 2);
    }
    let in_word = before.ends_with(|character: char| character.is_alphanumeric() || character == '_');
    if !in_word && text.starts_with('r') {
        let hashes = text[1..].len() - text[1..].trim_start_matches('#').len();
        if text[1 + hashes..].starts_with('"') {
            let end = format!("\"{}", "#".repeat(hashes));
            let start = hashes + 2;
            return text[start..].find(&end).map_or(text.len(), |at| start + at + end.len());
        }
    }
    match text.as_bytes()[0] {
        b'"' => quoted(text, '"').unwrap_or(text.len()),
        b'\'' => quoted(text, '\'').filter(|length| is_character(&text[1..length - 1])).unwrap_or(0),
        _ => 0,
    }
}

/// The length of a quoted text with its quotes.
fn quoted(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            other if other == quote => return Some(at + quote.len_utf8()),
            _ => {}
        }
    }
    None
}

/// Whether the text between two quotes is a character and not what stands between two lifetimes.
fn is_character(inside: &str) -> bool {
    inside.starts_with('\\') || inside.chars().count() == 1
}

/// The length of the item that follows: up to its `;`, or to the brace that closes its block.
fn item_length(text: &str) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' | b'[' | b'(' => depth += 1,
            b'}' | b']' | b')' => {
                depth = depth.saturating_sub(1);
                if depth == 0 && byte == b'}' {
                    return at + 1;
                }
            }
            b';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    text.len()
}
