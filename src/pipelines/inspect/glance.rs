//! What a file's first and last lines show without reading it whole: what carries them, who wrote them.

use std::collections::{BTreeMap, BTreeSet};

use crate::formats::Format;
use crate::sources::Look;
use crate::sources::container::Container;
use crate::sources::framing::{AnyProgram, Framed, Framer, Line, Own, Program, Style, unpack};
use crate::sources::stamp::Stamp;

/// What a file's beginning and end show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Glance {
    /// Lines at the beginning that were looked at, without blank ones.
    pub lines: usize,
    /// How many of the lines at both ends each container carries.
    pub containers: BTreeMap<Container, usize>,
    /// Lines at both ends that are in no known container.
    pub bare: usize,
    /// The programs that wrote lines at the beginning, and how many.
    pub programs: BTreeMap<String, usize>,
    /// The hosts that wrote lines at both ends.
    pub hosts: BTreeSet<String>,
    /// Whether there are stamps without a year.
    pub yearless: bool,
    /// Whether there are stamps without an offset, with a year or not.
    pub zoneless: bool,
    /// Whether the file ends in the middle of a line; none where its end is not in sight.
    pub unfinished_line: Option<bool>,
}

impl Glance {
    /// Takes a glance at a file that was looked at; its format, where it is known, tells the server's own lines.
    #[must_use]
    pub fn of(look: &Look, format: Option<&dyn Format>) -> Self {
        let mut glance = Self::default();
        let mut framer = Framer::default();
        let mut take = |glance: &mut Self, line: &[u8], at_beginning| match format {
            Some(format) => unpack(line, format).for_each(|line| {
                let container = Container::of_style(line, format);
                glance.line(container, framer.frame_as(line, &Programless(format)), at_beginning);
            }),
            None => glance.line(Container::of(line), framer.frame(line), at_beginning),
        };
        lines(beginning(look)).for_each(|line| take(&mut glance, line, true));
        let tail = look.tail.as_deref().unwrap_or_default();
        if look.length.is_some() && !look.is_whole() {
            // The tail begins anywhere in a line.
            let start = memchr::memchr(b'\n', tail).map_or(tail.len(), |end| end + 1);
            lines(&tail[start..]).for_each(|line| take(&mut glance, line, false));
        }
        if look.exported
            && let Some(records) = glance.containers.remove(&Container::JournaldJson)
        {
            glance.containers.insert(Container::JournaldExport, records);
        }
        glance.unfinished_line = look.tail.as_ref().and_then(|tail| tail.last()).map(|last| *last != b'\n');
        glance
    }

    fn line(&mut self, container: Option<Container>, framed: Framed<'_>, at_beginning: bool) {
        self.lines += usize::from(at_beginning);
        let Some(container) = container.filter(|_| framed != Framed::Unreadable) else {
            self.bare += 1;
            return;
        };
        *self.containers.entry(container).or_default() += 1;
        let Framed::Line(framed) = framed else { return };
        self.yearless |= matches!(framed.stamp, Stamp::Yearless(_));
        self.zoneless |= !matches!(framed.stamp, Stamp::Utc(_));
        if !framed.host.is_empty() {
            self.hosts.insert(text(framed.host));
        }
        if at_beginning && !framed.program.is_empty() {
            *self.programs.entry(text(framed.program)).or_default() += 1;
        }
    }

    /// The programs, those with the most lines first.
    #[must_use]
    pub fn busiest_programs(&self) -> Vec<(&str, usize)> {
        let mut programs = self.programs.iter().map(|(name, lines)| (name.as_str(), *lines)).collect::<Vec<_>>();
        programs.sort_by_key(|(_, lines)| std::cmp::Reverse(*lines));
        programs
    }
}

/// Lines of any program, of which those of a format's own log name none: what stands in such a line where others have
/// a program may be anything, a password too.
struct Programless<'a>(&'a dyn Format);

impl Style for Programless<'_> {
    fn wants_program(&self, _: Program<'_>) -> bool {
        true
    }

    fn is_own(&self, line: &[u8]) -> bool {
        self.0.is_own(line)
    }

    fn own_line<'a>(&self, own: &'a mut Own, line: &'a [u8]) -> Framed<'a> {
        match self.0.own_line(own, line) {
            Framed::Line(line) => Framed::Line(Line { program: &[], ..line }),
            framed => framed,
        }
    }

    fn is_packed(&self) -> bool {
        self.0.is_packed()
    }
}

/// The whole lines of what was seen of a file's beginning.
pub(super) fn beginning(look: &Look) -> &[u8] {
    let end = memchr::memrchr(b'\n', &look.head).filter(|_| !look.is_whole()).map_or(look.head.len(), |end| end + 1);
    &look.head[..end]
}

/// Whether an id near the file's beginning tells the year of stamps that have none.
pub(super) fn tells_year(look: &Look, format: &dyn Format) -> bool {
    let mut framer = Framer::default();
    lines(beginning(look)).any(|line| match framer.frame_as(line, &AnyProgram(format)) {
        Framed::Line(line) => matches!(line.stamp, Stamp::Yearless(_)) && format.instant(&line).is_some(),
        _ => false,
    })
}

/// Lines that are not blank.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::*;
    use crate::formats;
    use crate::sources::{Encoding, RawFile};

    fn look(head: &str) -> Look {
        let url = url::Url::parse("file:///var/log/mail.log").unwrap();
        Look {
            file: RawFile { url, size: head.len() as u64, modified: 0 },
            encoding: Encoding::Plain,
            exported: false,
            hole: 0,
            head: head.into(),
            tail: Some(head.into()),
            length: Some(head.len() as u64),
            truncated: false,
            gzip_length: None,
        }
    }

    #[test]
    fn the_ends_tell_containers_programs_and_hosts() {
        let look = look(
            "Mar  1 09:00:00 mx1 postfix/smtpd[1]: connect from a[192.0.2.1]\n\
             Mar  1 09:00:00 mx1 postfix/smtpd[1]: disconnect from a[192.0.2.1]\n\n\
             2026-03-01T09:00:01+00:00 mx2 sshd[2]: x\n\
             Traceback (most recent call last):\n",
        );
        let glance = Glance::of(&look, None);
        assert_eq!(glance, Glance::of(&look, formats::format("postfix")));
        assert_eq!((glance.lines, glance.bare), (4, 1));
        assert_eq!(glance.containers.into_iter().collect::<Vec<_>>(), [(Container::Rfc3164, 2), (Container::Iso, 1)]);
        assert_eq!(glance.hosts.into_iter().collect::<Vec<_>>(), ["mx1", "mx2"]);
        assert_eq!((glance.yearless, glance.zoneless, glance.unfinished_line), (true, true, Some(false)));
    }

    #[test]
    fn lines_that_stand_on_one_are_several() {
        let event = r#"{"eventType":"Send","mail":{"timestamp":"2026-03-01T09:00:00.000Z","messageId":"1"}}"#;
        let glance = Glance::of(&look(&event.repeat(3)), formats::format("ses"));
        assert_eq!((glance.lines, glance.containers.get(&Container::Own)), (3, Some(&3)));
    }

    #[test]
    fn programs_are_told_by_their_share() {
        let look = look("Mar  1 09:00:00 mx1 a[1]: x\nMar  1 09:00:00 mx1 b[1]: x\nMar  1 09:00:00 mx1 b[1]: x");
        let glance = Glance::of(&look, None);
        assert_eq!(glance.busiest_programs(), [("b", 2), ("a", 1)]);
        assert_eq!(glance.unfinished_line, Some(true));
    }

    #[test]
    fn a_stamp_with_an_offset_leaves_nothing_open() {
        let glance = Glance::of(&look("2026-03-01T09:00:01+01:00 mx2 postfix/smtpd[2]: x\n"), None);
        assert_eq!((glance.yearless, glance.zoneless), (false, false));
    }

    #[test]
    fn a_server_s_own_lines_and_an_export_s_records_are_told() {
        let own = look("2026-03-01 09:00:00 1wUK2d-0000000001C-3XSK Completed\r\nx\n");
        let glance = Glance::of(&own, formats::format("exim"));
        assert_eq!((glance.containers.get(&Container::Own), glance.bare, glance.hosts.len()), (Some(&1), 1, 0));
        let mut records = look("{\"__REALTIME_TIMESTAMP\":\"1795441670152700\",\"_COMM\":\"a\",\"MESSAGE\":\"x\"}\n");
        assert!(Glance::of(&records, None).containers.contains_key(&Container::JournaldJson));
        records.exported = true;
        assert_eq!(Glance::of(&records, None).containers.into_keys().collect::<Vec<_>>(), [Container::JournaldExport]);
    }

    #[test]
    fn a_server_s_own_log_names_neither_hosts_nor_programs() {
        let json = r#"2026-11-23T13:41:27.950Z {"level":"INFO","uuid":"x","params":"AGEAYi9j","msg":"bad protocol"}"#;
        let glance = Glance::of(&look(json), formats::format("haraka"));
        assert_eq!((glance.bare, glance.yearless, glance.zoneless), (0, false, false));
        assert!(glance.hosts.is_empty() && glance.programs.is_empty());
        assert_eq!(glance.containers.into_iter().collect::<Vec<_>>(), [(Container::Own, 1)]);
    }

    #[test]
    fn the_beginning_ends_with_a_whole_line() {
        let mut look = look("one\ntwo\nthr");
        assert_eq!(beginning(&look), b"one\ntwo\nthr");
        look.length = Some(1000);
        assert_eq!(beginning(&look), b"one\ntwo\n");
        look.tail = Some(b"e\nMar  1 09:00:00 mx1 a[1]: x\n".to_vec());
        let glance = Glance::of(&look, None);
        assert_eq!((glance.lines, glance.bare, glance.containers.len()), (2, 2, 1));
    }

    #[test]
    fn long_queue_ids_tell_the_year() {
        let postfix = formats::format("postfix").unwrap();
        let long_ids = include_str!("../../../sample_data/raw/postfix/long-queue-ids.log");
        assert!(tells_year(&look(long_ids), postfix));
        assert!(!tells_year(&look("Mar  1 09:00:00 mx1 postfix/smtpd[1]: connect from a[192.0.2.1]\n"), postfix));
    }
}
