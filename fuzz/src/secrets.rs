//! Any line with a secret in it: the secret is in nothing that is kept of it.

use memchr::memmem;

use crate::formats::redact::credentials;

/// What a client sends for `AUTH PLAIN`, as RFC 4616 has it: nobody, a name and a password.
const SECRET: &[u8] = b"AGFsaWNlQGV4YW1wbGUub3JnAGh1bnRlcjI=";

/// How much stands around it at most: what is further away decides nothing, and costs time.
const AROUND: usize = 256;

/// Puts the secret into the middle of each line, behind its command or alone, and takes it out again.
pub fn any_line_with_a_secret(bytes: &[u8]) {
    for line in bytes.split(|byte| *byte == b'\n') {
        let (begin, end) = line.split_at(line.len() / 2);
        let (begin, end) = (&begin[begin.len().saturating_sub(AROUND)..], &end[..end.len().min(AROUND)]);
        for command in [&b" AUTH PLAIN "[..], b" "] {
            let line = [begin, command, SECRET, b" ", end].concat();
            let kept = credentials(&line);
            assert!(memmem::find(&kept, SECRET).is_none(), "{}", String::from_utf8_lossy(&line));
        }
    }
}
