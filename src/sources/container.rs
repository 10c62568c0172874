//! What carries a line, by name: for people who ask what a file is.
//!
//! [`Framer`] peels a line without asking what its container is called; here it is named.

use super::framing::{Framed, Framer, Style, without_mark};
use super::json;
use super::stamp::StampReader;
use super::wrapped;

/// What carries a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Container {
    /// None: the server wrote it into a log of its own.
    Own,
    /// [RFC 3164](https://www.rfc-editor.org/rfc/rfc3164): `Mar  1 00:12:48 host tag[pid]: …`.
    Rfc3164,
    /// [RFC 5424](https://www.rfc-editor.org/rfc/rfc5424): `<22>1 2026-03-01T00:12:48Z host app pid - - …`.
    Rfc5424,
    /// rsyslog's file format and journalctl's short ISO forms: `2026-03-01T00:12:48+00:00 host tag[pid]: …`.
    Iso,
    /// A JSON object with syslog's parts, as rsyslog, syslog-ng and collectors write it.
    SyslogJson,
    /// `journalctl --output=short-full`: `Sun 2026-03-01 00:12:48 UTC host tag[pid]: …`.
    JournaldFull,
    /// `journalctl --output=short-unix`: `1772323968.152700 host tag[pid]: …`.
    JournaldUnix,
    /// A JSON object as `journalctl --output=json` writes it.
    JournaldJson,
    /// Fields as `journalctl --output=export` writes them, one object a record by the time they are lines.
    JournaldExport,
    /// A JSON object as Docker's `json-file` driver writes it, with a line inside.
    DockerJson,
    /// `docker compose logs`: `name-1  | …`, with a line inside.
    DockerCompose,
    /// Kubernetes' CRI: `2026-03-01T00:12:48.123456789Z stdout F …`, with a line inside.
    Cri,
}

impl Container {
    /// The container of a line (without its line end); none where the line is in none that is known.
    #[must_use]
    pub fn of(line: &[u8]) -> Option<Self> {
        let mut framer = Framer::default();
        let framed = framer.frame(line);
        let line = without_mark(line);
        match framed {
            Framed::Line(_) => Self::of_readable(line),
            // A piece of a line.
            Framed::Blank if wrapped::is_wrapped(line) => Self::of_readable(line),
            _ => None,
        }
    }

    /// The container of a line that may be of a server's own log.
    #[must_use]
    pub fn of_style<S: Style + ?Sized>(line: &[u8], style: &S) -> Option<Self> {
        let text = without_mark(line.strip_suffix(b"\r").unwrap_or(line));
        if style.is_own(text) && !wrapped::is_wrapped(text) { Some(Self::Own) } else { Self::of(line) }
    }

    fn of_readable(line: &[u8]) -> Option<Self> {
        Some(match line.first()? {
            b'{' => Self::of_json(line),
            b'<' => {
                let behind = memchr::memchr(b'>', line)? + 1;
                if line[behind..].starts_with(b"1 ") { Self::Rfc5424 } else { Self::of_stamp(&line[behind..]) }
            }
            _ if wrapped::is_cri(line) => Self::Cri,
            _ => Self::of_stamp(line),
        })
    }

    /// By the stamp at a line's beginning, or that there is none.
    fn of_stamp(line: &[u8]) -> Self {
        let mut stamps = StampReader::default();
        if stamps.iso(line).is_some() {
            Self::Iso
        } else if stamps.rfc3164(line).or_else(|| stamps.year_in_front(line)).is_some() {
            Self::Rfc3164
        } else if stamps.full(line).is_some() {
            Self::JournaldFull
        } else if StampReader::unix(line).is_some() {
            Self::JournaldUnix
        } else {
            Self::DockerCompose
        }
    }

    fn of_json(line: &[u8]) -> Self {
        let has = |name: &[u8]| json::members(line).any(|(key, _)| key == name);
        if has(b"log") {
            Self::DockerJson
        } else if has(b"__REALTIME_TIMESTAMP") || has(b"_SOURCE_REALTIME_TIMESTAMP") {
            Self::JournaldJson
        } else {
            Self::SyslogJson
        }
    }

    /// Its name, for programs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Rfc3164 => "rfc3164",
            Self::Rfc5424 => "rfc5424",
            Self::Iso => "iso",
            Self::SyslogJson => "syslog-json",
            Self::JournaldFull => "journald-full",
            Self::JournaldUnix => "journald-unix",
            Self::JournaldJson => "journald-json",
            Self::JournaldExport => "journald-export",
            Self::DockerJson => "docker-json",
            Self::DockerCompose => "docker-compose",
            Self::Cri => "cri",
        }
    }

    /// What people call it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Own => "the server's own log",
            Self::Rfc3164 => "syslog (RFC 3164)",
            Self::Rfc5424 => "syslog (RFC 5424)",
            Self::Iso => "syslog with ISO stamps",
            Self::SyslogJson => "JSON of syslog",
            Self::JournaldFull => "journald's text (short-full)",
            Self::JournaldUnix => "journald's text (short-unix)",
            Self::JournaldJson => "JSON of journald",
            Self::JournaldExport => "journald's export format",
            Self::DockerJson => "JSON of Docker (json-file)",
            Self::DockerCompose => "what docker compose logs prints",
            Self::Cri => "Kubernetes' log files (CRI)",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_tell_their_container() {
        for (line, container) in [
            ("Dec 30 10:00:06 mx1 postfix/smtpd[546]: x", Container::Rfc3164),
            ("<22>Dec 30 10:00:06 mx1 postfix/smtpd[546]: x\r", Container::Rfc3164),
            ("\u{feff}2026-06-10T09:00:05.984620+00:00 mx1 postfix/smtpd[546]: x", Container::Iso),
            ("<22>2026-06-10T09:00:05Z mx1 postfix/smtpd[546]: x", Container::Iso),
            ("<22>1 2026-05-07T07:00:05Z mx1 postfix/smtpd 546 - -  x", Container::Rfc5424),
            (
                r#"{"timestamp":"2026-05-07T07:00:05Z","host":"mx1","syslogtag":"a[5]:","message":"x"}"#,
                Container::SyslogJson,
            ),
            (r#"{"__REALTIME_TIMESTAMP":"1795441670152700","_HOSTNAME":"mx1","MESSAGE":"x"}"#, Container::JournaldJson),
            (
                r#"{"_SOURCE_REALTIME_TIMESTAMP":"1795441670152700","_COMM":"a","MESSAGE":[120]}"#,
                Container::JournaldJson,
            ),
            ("Mon 2026-11-23 14:47:46 CET mx1 postfix/smtpd[546]: x", Container::JournaldFull),
            ("1795441670.152700 mx1 postfix/smtpd[546]: x", Container::JournaldUnix),
            (r#"{"log":"Dec 30 10:00:06 mx1 postfix/smtpd[546]: x\n","stream":"stdout"}"#, Container::DockerJson),
            (r#"{"log":"x\n","stream":"stdout","time":"2026-05-07T07:00:05Z"}"#, Container::DockerJson),
            ("2026-05-07T07:00:05.123456789Z stdout F Dec 30 10:00:06 mx1 postfix/smtpd[546]: x", Container::Cri),
            ("2026-05-07T07:00:05.123456789Z stderr P Dec 30 10:", Container::Cri),
            ("mail-1  | Dec 30 10:00:06 mx1 postfix/smtpd[546]: x", Container::DockerCompose),
            ("\u{1b}[33mmail-1  | \u{1b}[0m2026-05-07T07:00:05.1Z smtpd[546]: x", Container::DockerCompose),
        ] {
            assert_eq!(Container::of(line.as_bytes()), Some(container), "{line}");
        }
    }

    #[test]
    fn what_cannot_be_peeled_has_no_container() {
        for line in ["", " ", "garbage", "<22>", "{", r#"{"log":"garbage\n"}"#, "Dec 30 10:00:06"] {
            assert_eq!(Container::of(line.as_bytes()), None, "{line}");
        }
    }
}
