//! Any line with a secret in it: the secret is in nothing that is kept of it.

use memchr::memmem;

use crate::formats::FORMATS;

/// What a client sends for `AUTH PLAIN`, as RFC 4616 has it: nobody, a name and a password.
const SECRET: &[u8] = b"AGFsaWNlQGV4YW1wbGUub3JnAGh1bnRlcjI=";

/// Puts the secret into the middle of each line, behind its command or alone, and lets each format take it out again.
pub fn any_line_with_a_secret(bytes: &[u8]) {
    for line in bytes.split(|byte| *byte == b'\n') {
        let (begin, end) = line.split_at(line.len() / 2);
        for command in [&b" AUTH PLAIN "[..], b" "] {
            let line = [begin, command, SECRET, b" ", end].concat();
            for format in FORMATS {
                let kept = format.redact(&line);
                assert!(memmem::find(&kept, SECRET).is_none(), "{format:?}: {}", String::from_utf8_lossy(&line));
            }
        }
    }
}
