//! What the assembler keeps, and for how long. What it makes of logs is tested by the samples.

use super::*;
use crate::formats::postfix::Postfix;
use crate::sources::framing::{Framed, Framer};
use crate::submissions::Submission;

struct Nowhere;

impl Rows for Nowhere {
    fn submission(&mut self, _row: &Submission<&str>) {}
    fn refusal(&mut self, _row: &Refusal<&str>) {}
}

fn take(assembler: &mut Assembler, at: Timestamp, message: &str) {
    let line = format!("Mar  1 09:00:00 mx1 postfix/smtpd[7]: {message}");
    let mut framer = Framer::default();
    let Framed::Line(line) = framer.frame(line.as_bytes()) else { panic!("{message}") };
    let Ok(Some(record)) = Postfix.parse(&line) else { panic!("{message}") };
    assembler.record(at, &line, &record, &mut Nowhere);
}

#[test]
fn what_is_never_closed_expires_by_the_log_s_own_time() {
    let mut assembler = Assembler::new(&Postfix, Settings::default());
    take(&mut assembler, 0, "connect from a.example[192.0.2.1]");
    take(&mut assembler, 1, "NOQUEUE: client=a.example[192.0.2.1], sasl_method=PLAIN, sasl_username=a@example.org");
    // The filter never answers, and mail of others goes by: each of its messages might be the one put back.
    for number in 0..100 {
        take(&mut assembler, 2, &format!("ABCDEF{number:02}: client=b.example[192.0.2.2]"));
    }
    take(&mut assembler, 3, "AAAAAA1: client=a.example[192.0.2.1], sasl_method=PLAIN, sasl_username=a@example.org");
    assert_eq!(
        (assembler.sessions.iter().count(), assembler.messages.times().count(), assembler.reinjected.len()),
        (1, 1, 100)
    );
    take(&mut assembler, HORIZON + 2 * HOUR, "ABCDEF1: client=b.example[192.0.2.2]");
    assert_eq!(
        (assembler.sessions.iter().count(), assembler.messages.times().count(), assembler.reinjected.len()),
        (0, 0, 0)
    );
    assert_eq!((assembler.in_filter, assembler.oldest_open(HORIZON + 2 * HOUR)), (0, None));
}
