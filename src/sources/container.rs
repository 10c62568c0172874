//! What carries a line, by name: for people who ask what a file is.
//!
//! [`Framer`] peels a line without asking what its container is called; here it is named.

use super::framing::{Framed, Framer};
use super::json;

/// What carries a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Container {
    /// [RFC 3164](https://www.rfc-editor.org/rfc/rfc3164): `Mar  1 00:12:48 host tag[pid]: …`.
    Rfc3164,
    /// [RFC 5424](https://www.rfc-editor.org/rfc/rfc5424): `<22>1 2026-03-01T00:12:48Z host app pid - - …`.
    Rfc5424,
    /// rsyslog's file format and journalctl's short ISO forms: `2026-03-01T00:12:48+00:00 host tag[pid]: …`.
    Iso,
    /// A JSON object of a syslog template, such as rsyslog's.
    SyslogJson,
    /// A JSON object as `journalctl --output=json` writes it.
    JournaldJson,
    /// A JSON object as Docker's `json-file` driver writes it, with a line inside.
    DockerJson,
}

impl Container {
    /// The container of a line (without its line end); none where the line is in none that is known.
    #[must_use]
    pub fn of(line: &[u8]) -> Option<Self> {
        let Framed::Line(_) = Framer::default().frame(line) else { return None };
        let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
        Some(match line.first()? {
            b'{' => Self::of_json(line),
            b'<' => {
                let behind = memchr::memchr(b'>', line)? + 1;
                if line[behind..].starts_with(b"1 ") { Self::Rfc5424 } else { Self::of_stamp(&line[behind..]) }
            }
            _ => Self::of_stamp(line),
        })
    }

    fn of_stamp(line: &[u8]) -> Self {
        if line.first().is_some_and(u8::is_ascii_digit) { Self::Iso } else { Self::Rfc3164 }
    }

    fn of_json(line: &[u8]) -> Self {
        let has = |name: &[u8]| json::members(line).any(|(key, _)| key == name);
        if has(b"log") {
            Self::DockerJson
        } else if has(b"__REALTIME_TIMESTAMP") {
            Self::JournaldJson
        } else {
            Self::SyslogJson
        }
    }

    /// Its name, for programs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rfc3164 => "rfc3164",
            Self::Rfc5424 => "rfc5424",
            Self::Iso => "iso",
            Self::SyslogJson => "syslog-json",
            Self::JournaldJson => "journald-json",
            Self::DockerJson => "docker-json",
        }
    }

    /// What people call it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Rfc3164 => "syslog (RFC 3164)",
            Self::Rfc5424 => "syslog (RFC 5424)",
            Self::Iso => "syslog with ISO stamps",
            Self::SyslogJson => "JSON of syslog (rsyslog)",
            Self::JournaldJson => "JSON of journald",
            Self::DockerJson => "JSON of Docker (json-file)",
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
            (r#"{"log":"Dec 30 10:00:06 mx1 postfix/smtpd[546]: x\n","stream":"stdout"}"#, Container::DockerJson),
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
