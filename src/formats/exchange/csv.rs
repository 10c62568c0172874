//! Columns in quotes, as RFC 4180 has them.

/// The columns of a line, in their quotes; the last is none where its quotes do not end.
pub(super) struct Columned<'a>(pub Option<&'a [u8]>);

impl<'a> Iterator for Columned<'a> {
    type Item = Option<&'a [u8]>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.0.take()?;
        let quoted = if rest.first() == Some(&b'"') { closing(rest) } else { Some(0) };
        let Some(from) = quoted else { return Some(None) };
        match memchr::memchr(b',', &rest[from..]).map(|at| from + at) {
            Some(end) => {
                self.0 = Some(&rest[end + 1..]);
                Some(Some(&rest[..end]))
            }
            None => Some(Some(rest)),
        }
    }
}

/// Where the quotes end that a text begins with: a quote in them is doubled.
fn closing(text: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        at += memchr::memchr(b'"', text.get(at..)?)?;
        if text.get(at + 1) != Some(&b'"') {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// A column without the quotes around it; those in it stay doubled.
pub(super) fn unquoted(column: &[u8]) -> &[u8] {
    column.strip_prefix(b"\"").and_then(|inside| inside.strip_suffix(b"\"")).unwrap_or(column)
}
