//! The corpus' lines in every container: whichever carries them, the rows are the same and the tables the truth's.

use std::fmt::Write as _;

use chrono::DateTime;
use mailtally::sources::framing::{Framed, Framer};
use mailtally::sources::stamp::Stamp;

use super::{FOLDERS, Folder, corpus_or_skip, truth};
use crate::compare::Findings;
use crate::logs::{Logs, table};
use crate::packing::{gunzip, gzip};

/// A line of syslog, taken apart.
struct Entry {
    micros: i64,
    host: String,
    tag: String,
    pid: u32,
    message: Vec<u8>,
}

/// What a log is made into.
type Wrap<T> = (&'static str, fn(&[T]) -> Vec<u8>);

/// Forms that the journal is exported in. The last ones have whole seconds.
const JOURNALS: [Wrap<Entry>; 6] = [
    ("journald-json", |entries| entries.iter().flat_map(journal_json).collect()),
    ("journald-export", |entries| entries.iter().flat_map(journal_record).collect()),
    ("journald-export.gz", |entries| gzip(&entries.iter().flat_map(journal_record).collect::<Vec<_>>())),
    ("short-iso", |entries| shown(entries, |at| at.format("%FT%T%.6f+0000").to_string())),
    ("short-unix", |entries| shown(entries, |at| at.format("%s%.6f").to_string())),
    ("short-full", |entries| shown(entries, |at| at.format("%a %F %T UTC").to_string())),
];

/// What runtimes of containers make of a program's output.
const RUNTIMES: [Wrap<Vec<u8>>; 6] = [
    ("docker", |lines| lines.iter().flat_map(|line| docker("stdout", &[&line[..], b"\n"].concat())).collect()),
    ("docker in pieces", |lines| in_pieces(docker("stdout", b"a banner\n"), lines, docker_piece)),
    ("cri", |lines| lines.iter().flat_map(|line| cri("stderr", "F", line)).collect()),
    ("cri in pieces", |lines| in_pieces(Vec::new(), lines, cri_piece)),
    ("compose", |lines| lines.iter().flat_map(|line| [b"mail-1  | ", &line[..], b"\n"].concat()).collect()),
    ("compose -t, in colours", |lines| {
        let begin = b"\x1b[36mmail-1  | \x1b[0m2026-12-01T12:00:00.000000001Z ";
        lines.iter().flat_map(|line| [&begin[..], line, b"\r\n"].concat()).collect()
    }),
];

/// A record of `journalctl --output=json`: the message as bytes, the times as they come.
fn journal_json(entry: &Entry) -> Vec<u8> {
    let (sent, received) = (entry.micros.to_string(), (entry.micros + 1_500_000).to_string());
    let mut record = serde_json::json!({
        "__CURSOR": "s=1", "PRIORITY": "6", "_HOSTNAME": [entry.host, "other"], "SYSLOG_IDENTIFIER": entry.tag,
        "_PID": "1", "_SOURCE_REALTIME_TIMESTAMP": sent, "__REALTIME_TIMESTAMP": received, "MESSAGE": entry.message,
    });
    if entry.pid > 0 {
        record["SYSLOG_PID"] = entry.pid.to_string().into();
    }
    format!("{record}\n").into_bytes()
}

/// A record of `journalctl --output=export`, with the message as a value of any bytes.
fn journal_record(entry: &Entry) -> Vec<u8> {
    let Entry { micros, host, tag, pid, message } = entry;
    let mut record = format!("__CURSOR=s=1;i=2\n__REALTIME_TIMESTAMP={}\nPRIORITY=6\n", micros + 1_500_000);
    let _ = write!(record, "SYSLOG_IDENTIFIER={tag}\n_PID=1\nSYSLOG_PID={pid}\n_HOSTNAME={host}\nMESSAGE\n");
    let length = (message.len() as u64).to_le_bytes();
    [record.as_bytes(), &length, message, format!("\n_SOURCE_REALTIME_TIMESTAMP={micros}\n\n").as_bytes()].concat()
}

fn shown(entries: &[Entry], stamp: fn(DateTime<chrono::Utc>) -> String) -> Vec<u8> {
    let line = |entry: &Entry| {
        let Entry { micros, host, tag, pid, message } = entry;
        let pid = if *pid > 0 { format!("[{pid}]") } else { String::new() };
        let begin = format!("{} {host} {tag}{pid}: ", stamp(DateTime::from_timestamp_micros(*micros).unwrap()));
        [begin.as_bytes(), message, b"\n"].concat()
    };
    [b"-- Boot 6ad5eb95f2a04d0c9b1d8d6d0a7c0b1e --\n".to_vec(), entries.iter().flat_map(line).collect()].concat()
}

/// A record of Docker's. What is no UTF-8 is lost there.
fn docker(stream: &str, text: &[u8]) -> Vec<u8> {
    let log = String::from_utf8_lossy(text);
    let record = serde_json::json!({ "log": log, "stream": stream, "time": "2026-12-01T12:00:00.000000001Z" });
    format!("{record}\n").into_bytes()
}

fn docker_piece(stream: &str, whole: bool, text: &[u8]) -> Vec<u8> {
    docker(stream, &[text, if whole { &b"\n"[..] } else { b"" }].concat())
}

fn cri(stream: &str, tag: &str, text: &[u8]) -> Vec<u8> {
    [format!("2026-12-01T12:00:00.000000001Z {stream} {tag} ").as_bytes(), text, b"\n"].concat()
}

fn cri_piece(stream: &str, whole: bool, text: &[u8]) -> Vec<u8> {
    cri(stream, if whole { "F" } else { "P" }, text)
}

/// Each line in two or three pieces; a program's two outputs take turns.
fn in_pieces(banner: Vec<u8>, lines: &[Vec<u8>], piece: fn(&str, bool, &[u8]) -> Vec<u8>) -> Vec<u8> {
    let mut log = banner;
    for pair in lines.chunks(2) {
        let parts = pair.iter().zip(["stdout", "stderr"]).map(|(line, stream)| {
            let (begin, end) = line.split_at(boundary(line, line.len() / 3));
            (stream, begin, end.split_at(boundary(end, end.len() % 7)))
        });
        let parts = parts.collect::<Vec<_>>();
        parts.iter().for_each(|(stream, begin, _)| log.extend(piece(stream, false, begin)));
        parts.iter().for_each(|(stream, _, (more, _))| log.extend(piece(stream, false, more)));
        parts.iter().for_each(|(stream, _, (_, end))| log.extend(piece(stream, true, end)));
    }
    log
}

/// A place where no character of UTF-8 is cut.
fn boundary(text: &[u8], at: usize) -> usize {
    (0..=at).rev().find(|at| text.get(*at).is_none_or(|byte| byte & 0xC0 != 0x80)).unwrap_or(0)
}

fn lines(folder: Folder, files: &[&str]) -> Vec<Vec<u8>> {
    let text = folder.paths(files).into_iter().flat_map(|path| {
        let stored = std::fs::read(&path).unwrap();
        if path.extension().is_some_and(|ending| ending == "gz") { gunzip(&stored) } else { stored }
    });
    let text = text.collect::<Vec<_>>();
    text.strip_suffix(b"\n").unwrap_or(&text).split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
}

fn entry(line: &[u8]) -> Entry {
    let mut framer = Framer::default();
    let Framed::Line(line) = framer.frame(line) else { panic!("{}", String::from_utf8_lossy(line)) };
    let Stamp::Utc(micros) = line.stamp else { panic!("{line:?}") };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (host, tag) = (text(line.host), text(line.program));
    Entry { micros, host, tag, pid: line.pid, message: line.message.to_vec() }
}

#[test]
fn every_form_of_the_journal_gives_the_truth() {
    if corpus_or_skip().is_none() {
        return;
    }
    let mut findings = Findings::default();
    for folder in FOLDERS {
        // Stamps with an offset tell when, to the microsecond.
        let is_iso = |files: &&&[&str]| matches!(files, [file] if file.contains("-iso"));
        let Some(files) = folder.variants.iter().find(is_iso) else { continue };
        let original = folder.understand(Logs::at(folder.paths(files)));
        let entries = lines(folder, files).iter().map(|line| entry(line)).collect::<Vec<_>>();
        for (what, wrap) in JOURNALS {
            let name = format!("{} as {what}", folder.name);
            let answer = folder.understand(Logs::written([("journal", wrap(&entries))]));
            findings.same(&name, table(&truth::daily(folder)), table(&answer.daily()));
            if what != "short-full" {
                findings.same(&name, original.rows(), answer.rows());
            }
            answer.balance(&mut findings);
            if answer.rejected() > 0 || !answer.truncated.is_empty() {
                findings.note(format_args!("{name}: {} rejected, {:?}", answer.rejected(), answer.truncated));
            }
        }
    }
    findings.none();
}

#[test]
fn every_runtime_gives_the_truth() {
    if corpus_or_skip().is_none() {
        return;
    }
    let mut findings = Findings::default();
    for folder in FOLDERS {
        let files = folder.variants[0];
        let lines = lines(folder, files);
        for (what, wrap) in RUNTIMES {
            let name = format!("{} in {what}", folder.name);
            let answer = folder.understand(Logs::written([("container.log", wrap(&lines))]));
            findings.same(&name, table(&truth::daily(folder)), table(&answer.daily()));
            answer.balance(&mut findings);
            if answer.rejected() > 0 {
                findings.note(format_args!("{name}: {} rejected", answer.rejected()));
            }
        }
    }
    findings.none();
}

/// Docker cuts at 16 KiB: of such a line nothing is lost, and no record of it is taken for a line.
#[test]
fn a_line_of_several_records_is_one() {
    let to = (0..2000).map(|number| format!(" user{number}@example.org")).collect::<String>();
    let line = format!(
        "2026-03-01 12:00:00 1wUK2d-0000000001C-3XSK <= a@example.com H=(mx) [192.0.2.1] P=esmtpsa X=TLS1.3:AES:256 \
         A=plain:a@example.com S=700 id=x@example.com for{to}\n"
    );
    let records = line.as_bytes().chunks(16 << 10).flat_map(|piece| docker("stdout", piece)).collect::<Vec<_>>();
    let answer = Logs::written([("container.log", records)]).format("exim").read();
    assert_eq!(answer.submissions().iter().map(|row| row.recipients).collect::<Vec<_>>(), [Some(2000)]);
    assert_eq!((answer.lines_read(), answer.rejected()), (3, 0));
}
