//! What SMTP's commands hold, for servers that log them as they came (RFC 5321).

/// The address in `FROM:<address> SIZE=…`: up to the bracket that is in no quotes.
pub(super) fn path(rest: &[u8]) -> &[u8] {
    let Some(open) = memchr::memchr(b'<', rest) else { return b"" };
    let address = &rest[open + 1..];
    let (mut quoted, mut escaped) = (false, false);
    let end = address.iter().position(|byte| {
        quoted ^= *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        *byte == b'>' && !quoted
    });
    &address[..end.unwrap_or(address.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_end_outside_quotes() {
        for (text, address) in [
            (&b"FROM:<a@example.org> SIZE=10"[..], &b"a@example.org"[..]),
            (b"FROM: <\"a> SIZE=1\"@example.org> SIZE=10", b"\"a> SIZE=1\"@example.org"),
            (b"FROM:<>", b""),
            (b"FROM:<a", b"a"),
            (b"FROM:a", b""),
        ] {
            assert_eq!(path(text), address);
        }
    }
}
