//! What log collectors write as JSON, one object a line: templates of rsyslog and syslog-ng, `journalctl --output=json`,
//! Docker's `json-file` driver, Logstash, Vector, Filebeat and Fluent Bit.
//!
//! Each names syslog's parts in its own way where it has taken a line apart: syslog-ng by its
//! [macros](https://syslog-ng.github.io/admin-guide/110_Template_and_rewrite/000_Customize_message_format/005_Macros_of_syslog-ng),
//! Vector as its [`syslog` source](https://vector.dev/docs/reference/configuration/sources/syslog/#output-data) does,
//! Fluent Bit as its [parser](https://docs.fluentbit.io/manual/data-pipeline/inputs/syslog) does, Logstash by its
//! [`syslog` input](https://www.elastic.co/guide/en/logstash/current/plugins-inputs-syslog.html) or like Filebeat in a
//! [`process`](https://www.elastic.co/guide/en/ecs/current/ecs-process.html). Where they have not, the message is the
//! whole line. What rsyslog's users call `tag` is syslog's, with a colon or a process id at its end; elsewhere it is a
//! collector's own word.
//!
//! Of journald's two times the sender's (`_SOURCE_REALTIME_TIMESTAMP`) goes before that of reception
//! (`__REALTIME_TIMESTAMP`): `journalctl` itself shows it in all its short forms, so that one journal has the same
//! rows in whichever form it was exported. Of its two process ids the one that the sender names (`SYSLOG_PID`) goes
//! first, since `postlog` and `logger` speak for others; see
//! <https://www.freedesktop.org/software/systemd/man/latest/systemd.journal-fields.html>. Values that are no UTF-8 are
//! arrays of byte numbers, a key that comes several times has an array of its values:
//! <https://systemd.io/JOURNAL_EXPORT_FORMATS/#journal-json-format>.

use std::ops::Range;

use super::json::{self, Value};
use crate::calendar::{DAY, Timestamp};

/// The end of the year 9999: no later time is one.
const LATEST: Timestamp = 2_932_897 * DAY;

/// Where a collector's members lie in a buffer.
#[derive(Debug, Default)]
pub(super) struct Collected {
    /// When, as text with a blank behind it, as stamps have it in lines.
    pub timestamp: Range<usize>,
    /// When, in microseconds: journald's.
    pub epoch: Option<Timestamp>,
    pub host: Range<usize>,
    pub tag: Range<usize>,
    pub pid: Range<usize>,
    /// Whether a relay may have cut the tag at its first slash: it is RFC 5424's.
    pub may_be_cut: bool,
    /// None where there is none, or journald has left it out for its length.
    pub message: Option<Range<usize>>,
    /// What a program has written in a container, mostly a whole line: Docker's, and journald's where a runtime logs to
    /// it, which names the container in the tag's place.
    pub log: Option<Range<usize>>,
    /// Docker's: which of a program's two outputs it was.
    pub stderr: bool,
}

impl Collected {
    /// Reads the object that `text` starts with, unescaped into `buffer`. None where it is no collector's.
    pub(super) fn read(text: &[u8], buffer: &mut Vec<u8>) -> Option<Self> {
        buffer.clear();
        let mut found = Self::default();
        let (mut is_syslog, mut contained, mut received) = (false, false, None);
        for (key, value) in json::members(text) {
            if let (b"process" | b"host" | b"syslog" | b"log", Value::Other(parts @ [b'{', ..])) = (key, value) {
                found.read_parts(key, parts, buffer);
                continue;
            }
            let start = buffer.len();
            let Some(kind) = Key::of(key) else { continue };
            let said = append(value, buffer);
            let range = start..buffer.len();
            match kind {
                Key::Message if said => found.message = Some(range),
                Key::MessageElse if said && found.message.is_none() => found.message = Some(range),
                Key::Log if said => found.log = Some(range),
                Key::Message | Key::MessageElse | Key::Log => {}
                _ if range.is_empty() => {}
                // One that has no year tells less than any other.
                Key::Time if found.timestamp.is_empty() || buffer[start].is_ascii_digit() => {
                    buffer.push(b' ');
                    found.timestamp = start..buffer.len();
                }
                Key::Time => {}
                Key::Host => found.host = range,
                Key::Tag => found.tag = range,
                Key::TagAsWritten if !matches!(buffer[start..], [.., b':' | b']']) => continue,
                Key::TagAsWritten if found.tag.is_empty() => found.tag = range,
                Key::Pid => found.pid = range,
                Key::TagElse if found.tag.is_empty() => found.tag = range,
                Key::PidElse if found.pid.is_empty() => found.pid = range,
                Key::AppName if found.tag.is_empty() => (found.tag, found.may_be_cut) = (range, true),
                Key::TagAsWritten | Key::TagElse | Key::PidElse | Key::AppName => {}
                Key::Sent => found.epoch = micros(&buffer[range]),
                Key::Received => received = micros(&buffer[range]),
                Key::Container => contained = true,
                Key::Stream => found.stderr = &buffer[range] == b"stderr",
            }
            is_syslog |= matches!(kind, Key::Message | Key::Tag);
        }
        found.epoch = found.epoch.or(received);
        if contained && found.log.is_none() {
            found.log = found.message.take();
        }
        (is_syslog || found.log.is_some()).then_some(found)
    }

    /// ECS' `"process": {"name": …, "pid": …}` and `"host": {"hostname": …}`. The host's `name` may be the collector's.
    /// What is said of syslog goes first: of what Filebeat takes out of the journal, a process' name is the command's.
    fn read_parts(&mut self, of: &[u8], parts: &[u8], buffer: &mut Vec<u8>) {
        for (key, value) in json::members(parts) {
            let (part, goes_first) = match (of, key, value) {
                (b"log", b"syslog", Value::Other(parts @ [b'{', ..])) => {
                    self.read_parts(key, parts, buffer);
                    continue;
                }
                (b"syslog", b"identifier" | b"appname", _) => (&mut self.tag, true),
                (b"syslog", b"pid" | b"procid", _) => (&mut self.pid, true),
                (b"process", b"name" | b"program", _) => (&mut self.tag, false),
                (b"process", b"pid", _) => (&mut self.pid, false),
                (b"host", b"hostname", _) => (&mut self.host, false),
                _ => continue,
            };
            let start = buffer.len();
            if append(value, buffer) && (goes_first || (*part).is_empty()) {
                *part = start..buffer.len();
            }
        }
    }
}

/// What a member says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    Time,
    Sent,
    Received,
    Host,
    Tag,
    TagAsWritten,
    TagElse,
    AppName,
    Pid,
    PidElse,
    Message,
    MessageElse,
    Log,
    Stream,
    Container,
}

impl Key {
    fn of(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"timestamp" | b"@timestamp" | b"timereported" | b"time" | b"date" | b"DATE" | b"ISODATE" => Self::Time,
            b"_SOURCE_REALTIME_TIMESTAMP" => Self::Sent,
            b"__REALTIME_TIMESTAMP" => Self::Received,
            b"host" | b"hostname" | b"HOST" | b"_HOSTNAME" | b"logsource" => Self::Host,
            b"syslogtag" | b"SYSLOG_IDENTIFIER" | b"PROGRAM" | b"program" | b"ident" => Self::Tag,
            b"tag" => Self::TagAsWritten,
            b"programname" | b"_COMM" => Self::TagElse,
            b"appname" => Self::AppName,
            b"procid" | b"SYSLOG_PID" | b"PID" | b"pid" => Self::Pid,
            b"_PID" => Self::PidElse,
            b"message" | b"MESSAGE" => Self::Message,
            b"msg" => Self::MessageElse,
            b"log" => Self::Log,
            b"stream" => Self::Stream,
            b"CONTAINER_ID" => Self::Container,
            _ => return None,
        })
    }
}

/// Appends a value as text; false where there is none.
fn append(value: Value<'_>, out: &mut Vec<u8>) -> bool {
    match value {
        Value::Text(text) => json::unescape(text, out),
        Value::Other(array @ [b'[', ..]) => return append_array(array, out),
        Value::Other([b'{', ..]) => return false,
        Value::Other(word) => match word.trim_ascii() {
            b"null" => return false,
            word => out.extend_from_slice(word),
        },
    }
    true
}

/// Appends the text of an array of byte numbers, or the first of several values.
fn append_array(array: &[u8], out: &mut Vec<u8>) -> bool {
    match json::elements(array).next() {
        Some(Value::Text(text)) => json::unescape(text, out),
        Some(Value::Other(bytes @ [b'[', ..])) => append_bytes(bytes, out),
        Some(_) => append_bytes(array, out),
        None => return false,
    }
    true
}

fn append_bytes(array: &[u8], out: &mut Vec<u8>) {
    let byte = |value| match value {
        Value::Other(number) => std::str::from_utf8(number.trim_ascii()).ok()?.parse::<u8>().ok(),
        Value::Text(_) => None,
    };
    out.extend(json::elements(array).map_while(byte));
}

fn micros(digits: &[u8]) -> Option<Timestamp> {
    let micros = std::str::from_utf8(digits).ok()?.parse().ok()?;
    (0..LATEST).contains(&micros).then_some(micros)
}
