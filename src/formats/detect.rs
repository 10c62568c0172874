//! Finding out how a file's lines are written, from the lines themselves.
//!
//! Every format tries every line. What counts is what it makes of them: a line that tells of an account, of TLS or of a
//! message counts more than one that many servers could have written, and a line that a format takes for its own and
//! cannot read counts against it. Two formats that come out equal are a tie, which only the operator can break.

use std::cmp::Reverse;

use super::{FORMATS, Format, Record};
use crate::sources::framing::{Framed, Framer, unpack};

/// What detection found.
#[derive(Clone, Copy, Debug)]
pub enum Detected {
    /// One format reads the lines better than any other.
    Sure(Found),
    /// Two formats read them equally well.
    Tie(Fit, Fit),
    /// No format reads any.
    Nothing,
}

/// The format that was found, and how sure that is.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    /// The best.
    pub best: Fit,
    /// The second best, where another format reads any line.
    pub next: Option<Fit>,
    /// How many lines there are for the best, which may find several on one, without blank ones.
    pub lines: usize,
}

/// How well a format reads some lines.
#[derive(Clone, Copy, Debug)]
pub struct Fit {
    /// The format.
    pub format: &'static dyn Format,
    /// How many lines it reads.
    pub records: usize,
    /// How much they tell.
    weight: usize,
    /// How many lines it reads that are of a server in front, which has a format of its own.
    front: usize,
}

/// What a line is worth that only a mail server with authenticated clients writes.
const TELLING: usize = 4;

impl Found {
    /// Whether the second best is near enough for somebody to have a look: the file may hold two servers' lines, unless
    /// the best reads them too, as those of a server in front.
    #[must_use]
    pub fn is_doubtful(&self) -> bool {
        self.next.is_some_and(|next| 2 * next.weight >= self.best.weight && next.records > self.best.front)
    }

    /// How much of the lines the format reads, in percent: the others are of other programs, or say nothing of use.
    #[must_use]
    pub fn percent(&self) -> usize {
        100 * self.best.records / self.lines.max(1)
    }
}

/// The format of a text's lines: the one that reads them best.
#[must_use]
pub fn detect<'a>(texts: impl IntoIterator<Item = &'a [u8]> + Clone) -> Detected {
    detect_among(FORMATS, texts)
}

fn detect_among<'a>(formats: &[&'static dyn Format], texts: impl IntoIterator<Item = &'a [u8]> + Clone) -> Detected {
    let fits = formats.iter().map(|format| fit(*format, texts.clone())).filter(|fit| fit.weight > 0);
    let mut fits = fits.collect::<Vec<_>>();
    fits.sort_by_key(|fit| Reverse((fit.weight, fit.records)));
    let lines_of = |format: &dyn Format| {
        let lines = lines(texts.clone()).flat_map(|line| unpack(line, format));
        lines.filter(|line| !line.trim_ascii().is_empty()).count()
    };
    match fits.as_slice() {
        [best, next, ..] if (best.weight, best.records) == (next.weight, next.records) => Detected::Tie(*best, *next),
        [best, others @ ..] => {
            let (next, lines) = (others.first().copied(), lines_of(best.format));
            Detected::Sure(Found { best: *best, next, lines })
        }
        [] => Detected::Nothing,
    }
}

/// How many lines a format reads, without those of another server.
#[must_use]
pub fn count<'a>(format: &'static dyn Format, texts: impl IntoIterator<Item = &'a [u8]>) -> usize {
    fit(format, texts).records
}

/// How well a format reads some lines.
fn fit<'a>(format: &'static dyn Format, texts: impl IntoIterator<Item = &'a [u8]>) -> Fit {
    let mut framer = Framer::default();
    let (mut records, mut weight, mut unreadable, mut front) = (0, 0, 0, 0);
    for line in lines(texts).flat_map(|line| unpack(line, format)) {
        let line = match framer.frame_as(line, format) {
            Framed::Line(line) => line,
            Framed::Faulty(..) => {
                unreadable += TELLING;
                continue;
            }
            _ => continue,
        };
        if !format.wants(line.program, line.message) {
            continue;
        }
        match format.parse(&line) {
            Ok(Some(_)) if format.is_of_front(&line) => front += 1,
            Ok(Some(record)) => {
                records += 1;
                weight += self::weight(&record);
            }
            Ok(None) => {}
            Err(_) => unreadable += TELLING,
        }
    }
    // What is read is read, however much is not.
    let weight = weight.saturating_sub(unreadable).max(usize::from(records > 0));
    Fit { format, records, weight, front }
}

/// How much a line tells.
fn weight(record: &Record<'_>) -> usize {
    match record {
        Record::Secured { .. }
        | Record::Authenticated { .. }
        | Record::Opened(_)
        | Record::Accepted(_)
        | Record::Taken(_)
        | Record::Queued { .. }
        | Record::AuthFailed(_)
        | Record::Refused(_) => TELLING,
        _ => 1,
    }
}

fn lines<'a>(texts: impl IntoIterator<Item = &'a [u8]>) -> impl Iterator<Item = &'a [u8]> {
    texts.into_iter().flat_map(|text| text.split(|byte| *byte == b'\n'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::Timestamp;
    use crate::formats::exim::Exim;
    use crate::formats::postfix::Postfix;
    use crate::formats::{Evidence, Tells, Unreadable};
    use crate::sources::framing::{Line, Own, Program, Style};

    const CONNECT: &[u8] = b"Mar  1 09:00:00 mx1 postfix/smtpd[1]: connect from a[192.0.2.1]\n";
    const OPENED: &[u8] = b"Mar  1 09:00:00 mx1 postfix/smtpd[1]: A73A89D6896: client=a[192.0.2.1], sasl_method=PLAIN, sasl_username=a@example.org\n";
    const COMPLETED: &[u8] = b"2026-03-01 09:00:00 1wUK2d-0000000001C-3XSK Completed\n";
    const ACCEPTED: &[u8] = b"2026-03-01 09:00:00 1wUK2d-0000000001C-3XSK <= a@example.org H=(mx) [192.0.2.1] P=esmtpsa X=TLS1.3:AES:256 A=plain:a@example.org S=700\n";

    /// Reads Postfix' lines as Postfix does, but for its name and for what it takes for its own in vain.
    struct Twin {
        name: &'static str,
        fails_at: &'static [u8],
    }

    impl Style for Twin {
        fn wants_program(&self, program: Program<'_>) -> bool {
            Postfix.wants_program(program)
        }

        fn is_own(&self, line: &[u8]) -> bool {
            Postfix.is_own(line)
        }

        fn own_line<'a>(&self, own: &'a mut Own, line: &'a [u8]) -> Framed<'a> {
            Postfix.own_line(own, line)
        }
    }

    impl Format for Twin {
        fn name(&self) -> &'static str {
            self.name
        }

        fn title(&self) -> &'static str {
            self.name
        }

        fn evidence(&self) -> Evidence {
            Evidence::Documentation
        }

        fn tells(&self) -> Tells {
            Postfix.tells()
        }

        fn wants(&self, program: &[u8], message: &[u8]) -> bool {
            Postfix.wants(program, message)
        }

        fn parse<'a>(&self, line: &Line<'a>) -> Result<Option<Record<'a>>, Unreadable> {
            if line.message.starts_with(self.fails_at) { Err(Unreadable("x")) } else { Postfix.parse(line) }
        }

        fn service<'a>(&self, program: &'a [u8]) -> Option<&'a [u8]> {
            Postfix.service(program)
        }

        fn tls_mark(&self) -> Option<&'static [u8]> {
            Postfix.tls_mark()
        }

        fn instant(&self, line: &Line<'_>) -> Option<Timestamp> {
            Postfix.instant(line)
        }
    }

    static EQUAL: Twin = Twin { name: "equal", fails_at: b"\0" };
    static LESS: Twin = Twin { name: "less", fails_at: b"connect" };

    fn names(detected: Detected) -> (&'static str, Option<&'static str>) {
        match detected {
            Detected::Sure(found) => (found.best.format.name(), found.next.map(|next| next.format.name())),
            Detected::Tie(first, second) => ("a tie", Some(first.format.name()).filter(|_| second.records > 0)),
            Detected::Nothing => ("nothing", None),
        }
    }

    #[test]
    fn lines_tell_their_format() {
        let Detected::Sure(found) = detect([CONNECT, b"\nMar  1 09:00:00 mx1 sshd[1]: x\n"]) else { panic!() };
        assert_eq!((found.best.format.name(), found.best.records, found.lines), ("postfix", 1, 2));
        assert!(found.percent() == 50 && found.next.is_none() && !found.is_doubtful());
        assert!(matches!(detect([&b"hello\n"[..]]), Detected::Nothing));
    }

    #[test]
    fn lines_that_stand_on_one_are_as_many_as_are_read() {
        let event = br#"{"eventType":"Send","mail":{"timestamp":"2026-03-01T09:00:00.000Z","source":"a@example.org","messageId":"1","destination":["b@example.net"]},"send":{}}"#;
        let packed = event.repeat(40);
        let Detected::Sure(found) = detect([&packed[..], &packed[..]]) else { panic!() };
        assert_eq!((found.best.format.name(), found.best.records, found.lines, found.percent()), ("ses", 80, 80, 100));
    }

    #[test]
    fn two_that_read_the_same_lines_are_a_tie() {
        let text = [CONNECT, OPENED];
        assert_eq!(names(detect_among(&[&Postfix, &Exim, &EQUAL], text)), ("a tie", Some("postfix")));
        assert_eq!(names(detect_among(&[&EQUAL, &LESS, &Postfix], text)), ("a tie", Some("equal")));
        assert_eq!(names(detect_among(&[&EQUAL, &Exim], text)), ("equal", None));
    }

    #[test]
    fn what_a_format_cannot_read_counts_against_it() {
        let text = [CONNECT, OPENED];
        assert_eq!(names(detect_among(&[&LESS, &Postfix], text)), ("postfix", Some("less")));
        assert_eq!(names(detect_among(&[&LESS], [OPENED, CONNECT, CONNECT])), ("less", None), "what is read is read");
    }

    #[test]
    fn a_telling_line_counts_more_than_others() {
        let mixed = |postfix: &[u8], exim: &[u8]| [postfix, exim].concat();
        let detected = |text: Vec<u8>| detect_among(&[&Postfix, &Exim], [text.as_slice()]);
        let found = names(detected(mixed(&CONNECT.repeat(3), ACCEPTED)));
        assert_eq!(found, ("exim", Some("postfix")));
        assert_eq!(names(detected(mixed(OPENED, &COMPLETED.repeat(3)))), ("postfix", Some("exim")));
        assert_eq!(names(detected(mixed(OPENED, ACCEPTED))).0, "a tie");
        let doubtful = |text| matches!(detected(text), Detected::Sure(found) if found.is_doubtful());
        assert!(doubtful(mixed(OPENED, &COMPLETED.repeat(3))) && !doubtful(mixed(OPENED, COMPLETED)));
    }
}
