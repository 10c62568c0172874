//! Refusals that come twice. Exim writes what it rejects into two logs, and both go to syslog: at once, but lines of other
//! processes may come between them.

use std::collections::VecDeque;
use std::hash::BuildHasher;

use rustc_hash::FxBuildHasher;

use crate::calendar::{SECOND, Timestamp};
use crate::sources::framing::Line;
use crate::submissions::RefusalKind;

/// How long after a line its copy comes, at the latest.
const WITHIN: i64 = 2 * SECOND;

/// How many lines may wait for their copies.
const MOST: usize = 64;

/// The last refusals that one line told of each.
#[derive(Debug, Default)]
pub(super) struct RefusalPairs(VecDeque<(Timestamp, u64)>);

impl RefusalPairs {
    /// Whether a line is the copy of one before, which has no other copy.
    pub(super) fn is_second(&mut self, at: Timestamp, line: &Line<'_>, kind: RefusalKind) -> bool {
        let is_of_a_file = line.pid == 0 && line.program.is_empty();
        // What goes wrong in a handshake is in the main log only.
        if kind == RefusalKind::TlsFailed || is_of_a_file {
            return false;
        }
        let hash = FxBuildHasher.hash_one((line.host, line.pid, without_piece(line.message)));
        while self.0.len() >= MOST || self.0.front().is_some_and(|(then, _)| *then < at - WITHIN) {
            self.0.pop_front();
        }
        let Some(copied) = self.0.iter().position(|(_, earlier)| *earlier == hash) else {
            self.0.push_back((at, hash));
            return false;
        };
        self.0.remove(copied);
        true
    }
}

/// The message without the number of a piece: with its headers behind it, the copy is one of more.
fn without_piece(message: &[u8]) -> &[u8] {
    let is_piece = message.starts_with(b"[1/") || message.starts_with(b"[1\\");
    let end = memchr::memchr(b']', message).filter(|_| is_piece);
    end.map_or(message, |end| message[end + 1..].trim_ascii_start())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::framing::{Framed, Framer};

    #[test]
    fn a_line_and_its_copy_are_one_refusal() {
        let mut pairs = RefusalPairs::default();
        let mut is_second = |at: i64, text: &str| {
            let line = format!("Jan  5 10:00:03 mx1 exim{text}");
            let mut framer = Framer::default();
            let Framed::Line(line) = framer.frame(line.as_bytes()) else { panic!("{text}") };
            pairs.is_second(at * SECOND, &line, RefusalKind::AuthFailed)
        };
        // Two processes at once, and two attempts of one of them.
        assert!(!is_second(3, "[20]: 2026-01-05 10:00:03 plain authenticator failed for u"));
        assert!(!is_second(3, "[21]: 2026-01-05 10:00:03 plain authenticator failed for u"));
        assert!(is_second(3, "[20]: 2026-01-05 10:00:03 plain authenticator failed for u"));
        assert!(is_second(3, "[21]: 2026-01-05 10:00:03 plain authenticator failed for u"));
        assert!(!is_second(3, "[20]: 2026-01-05 10:00:03 plain authenticator failed for u"));
        assert!(is_second(4, "[20]: 2026-01-05 10:00:03 plain authenticator failed for u"));
        assert!(!is_second(5, "[22]: 1vbJDq-00001B-2d H=x rejected after DATA"));
        assert!(is_second(5, r"[22]: [1\9] 1vbJDq-00001B-2d H=x rejected after DATA"));
        // Without `syslog_pid`.
        assert!(!is_second(6, ": plain authenticator failed for u"));
        assert!(is_second(6, ": plain authenticator failed for u"));
        assert!(!is_second(6, "[23]: plain authenticator failed for u"));
        assert!(!is_second(60, "[23]: plain authenticator failed for u"));
    }
}
