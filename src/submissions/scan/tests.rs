//! What is found in blocks.

use super::*;
use crate::formats::postfix::Postfix;

fn scan(text: &[u8]) -> Scanned {
    Scanner::new(&Postfix).scan(Block { bytes: text.to_vec(), offset: 0 }, None)
}

#[test]
fn lines_of_a_second_are_one_run() {
    let scanned = scan(
        b"Mar  1 09:00:00 mx1 postfix/smtpd[1]: connect from a[192.0.2.1]\n\
          Mar  1 09:00:00 mx1 postfix/qmgr[2]: ABCDEF1: removed\n\
          Mar  1 09:00:01 mx1 postfix/smtpd[1]: disconnect from a[192.0.2.1]\n\
          what is this\n\n",
    );
    let runs = scanned.found.runs.iter().map(|run| (run.lines, run.candidates)).collect::<Vec<_>>();
    assert_eq!(runs, [(0, 0), (2, 1), (3, 2)]);
    assert_eq!(scanned.found.runs.iter().map(|run| run.bytes).sum::<u64>(), scanned.block.bytes.len() as u64);
    let messages = scanned.found.candidates.iter().map(|candidate| {
        scanned.line(candidate).map_or("?".into(), |line| String::from_utf8_lossy(line.message).into_owned())
    });
    assert_eq!(messages.collect::<Vec<_>>(), ["connect from a[192.0.2.1]", "disconnect from a[192.0.2.1]", "?"]);
    assert_eq!(scanned.raw(&scanned.found.candidates[2]), b"what is this");
    assert_eq!(scanned.found.candidates[2].line, 3);
}

#[test]
fn a_hole_of_nul_bytes_hides_no_line() {
    let scanned = scan(
        b"Mar  1 09:00:00 mx1 postfix/smtpd[1]: conn\0\0\0\0Mar  1 09:00:00 mx1 postfix/smtpd[1]: connect from a[192.0.2.1]\n",
    );
    assert_eq!(scanned.found.candidates.len(), 2);
    for text in [&b"a\0\0b\nMar  1 09:00:00 mx1 a[1]: x\0\n\0\0\n\n\0"[..], b"\0\0", b"\0\nMar  1 09:00:00 mx1 a: x\0"]
    {
        let scanned = scan(text);
        let bytes = scanned.found.runs.iter().map(|run| run.bytes).sum::<u64>();
        assert_eq!(bytes, text.len() as u64, "{text:?}");
    }
}

/// A line's message and how often it counts.
fn told(scanned: &Scanned) -> Vec<(String, u32)> {
    let lines = scanned.found.candidates.iter().filter_map(|candidate| scanned.line(candidate).ok());
    lines.map(|line| (String::from_utf8_lossy(line.message).into_owned(), line.repeated)).collect()
}

#[test]
fn a_line_that_stands_for_the_one_before_is_that_one_again() {
    let failed = "warning: a[192.0.2.1]: SASL PLAIN authentication failed: x";
    for again in [
        "last message repeated 3 times",
        "syslogd: last message repeated 3 times",
        "--- last message repeated 3 times ---",
    ] {
        let scanned = scan(
            format!(
                "Mar  1 09:00:00 mx1 postfix/smtpd[1]: {failed}\n\
                 Mar  1 09:00:00 mx2 postfix/smtpd[1]: connect from b[192.0.2.2]\n\
                 Mar  1 09:00:07 mx1 {again}\n\
                 Mar  1 09:00:30 mx1 {again}\n\
                 Mar  1 09:00:31 mx1 postfix/anvil[4]: statistics: x\n\
                 Mar  1 09:00:31 mx1 {again}\n\
                 Mar  1 09:00:31 mx3 {again}\n"
            )
            .as_bytes(),
        );
        let connect = ("connect from b[192.0.2.2]".to_owned(), 1);
        let failed = |times| (failed.to_owned(), times);
        assert_eq!(told(&scanned), [failed(1), connect, failed(3), failed(3)], "{again}");
        let last = scanned.line(&scanned.found.candidates[3]).map(|line| (line.host, line.program, line.pid));
        assert_eq!(last, Ok((&b"mx1"[..], &b"postfix/smtpd"[..], 1)));
        assert_eq!(scanned.found.runs.iter().map(|run| run.lines).sum::<u64>(), 7);
    }
}

#[test]
fn the_line_before_may_be_in_the_block_before() {
    let line = b"Mar  1 09:00:00 mx1 postfix/smtpd[1]: connect from a[192.0.2.1]\n".to_vec();
    let again = b"Mar  1 09:00:09 mx1 last message repeated 2 times\n".to_vec();
    let other = b"Mar  1 09:00:01 mx2 sshd[1]: x\n";
    for others in [0, 3, 400] {
        let mut scanner = Scanner::new(&Postfix);
        let mut scan = |bytes: &[u8]| scanner.scan(Block { bytes: bytes.to_vec(), offset: 0 }, None);
        scan(&line);
        (0..others).for_each(|_| drop(scan(other)));
        let whole = [line.clone(), other.repeat(others), again.clone()].concat();
        let expected = told(&self::scan(&whole)).split_off(1);
        assert_eq!(told(&scan(&again)), expected);
        assert_eq!(expected.len(), usize::from(others * other.len() < 8000));
    }
}

#[test]
fn unescaped_text_is_kept() {
    let scanned = scan(br#"{"timestamp":"2026-03-01T09:00:00Z","host":"mx1","syslogtag":"postfix\/smtpd[7]:","message":" connect from a[192.0.2.1]"}"#);
    let line = scanned.line(&scanned.found.candidates[0]);
    assert_eq!(line.map(|line| (line.program, line.pid)), Ok((&b"postfix/smtpd"[..], 7)));
}
