//! Which column of a file is which part of a line: from the file's head, and without one from how many columns there are.

use super::csv::Columned;
use super::part::*;

/// Which log a file is: of receive connectors, of messages, or one that tells of nothing which was submitted.
pub(super) const RECEIVE: u8 = b'R';
pub(super) const TRACKED: u8 = b'T';
pub(super) const OTHER: u8 = b'O';

/// A log's columns, in the order that they have by default, and the part that each is.
type Columns = [(&'static str, usize)];

/// The stamp is read where the line begins.
const RECEIVE_COLUMNS: &Columns = &[
    ("date-time", NONE),
    ("connector-id", CONNECTOR),
    ("session-id", SESSION),
    ("sequence-number", NONE),
    ("local-endpoint", LOCAL),
    ("remote-endpoint", REMOTE),
    ("event", EVENT),
    ("data", DATA),
    ("context", CONTEXT),
];

/// Which of these there are differs from version to version.
const TRACKING_COLUMNS: &Columns = &[
    ("date-time", NONE),
    ("client-ip", REMOTE),
    ("client-hostname", NONE),
    ("server-ip", NONE),
    ("server-hostname", SERVER),
    ("source-context", SESSION),
    ("connector-id", CONNECTOR),
    ("source", SOURCE),
    ("event-id", EVENT),
    ("internal-message-id", INTERNAL_ID),
    ("message-id", MESSAGE_ID),
    ("network-message-id", NONE),
    ("recipient-address", ADDRESSES),
    ("recipient-status", NONE),
    ("total-bytes", BYTES),
    ("recipient-count", RECIPIENTS),
    ("related-recipient-address", NONE),
    ("reference", NONE),
    ("message-subject", NONE),
    ("sender-address", NONE),
    ("return-path", RETURN_PATH),
    ("message-info", NONE),
    ("directionality", NONE),
    ("tenant-id", NONE),
    ("original-client-ip", ORIGINAL_CLIENT),
];

/// A line of a tracking log has at least so many columns.
const FEWEST_TRACKED: usize = 18;

/// What a line of a file's head says of the lines behind it.
pub(super) fn read_head(header: &mut Vec<u8>, line: &[u8]) {
    if let Some(kind) = line.strip_prefix(b"#Log-type:") {
        header.clear();
        let kind = kind.trim_ascii();
        if kind != b"SMTP Receive Protocol Log" && kind != b"Message Tracking Log" {
            header.push(OTHER);
        }
    } else if let Some(names) = line.strip_prefix(b"#Fields:") {
        if header.first() == Some(&OTHER) {
            return;
        }
        let names = || names.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
        let (kind, columns) = match names().any(|name| name == b"source-context") {
            true => (TRACKED, TRACKING_COLUMNS),
            false => (RECEIVE, RECEIVE_COLUMNS),
        };
        let slot = |name: &[u8]| {
            columns.iter().find(|(other, _)| other.as_bytes() == name).map_or(NONE, |(_, slot)| *slot) as u8
        };
        header.clear();
        header.push(kind);
        header.extend(names().map(slot));
    }
}

/// The columns of a file without a head, from its first line.
pub(super) fn without_head(line: &[u8]) -> Vec<u8> {
    let (kind, columns) = match Columned(Some(line)).count() {
        0..FEWEST_TRACKED => (RECEIVE, RECEIVE_COLUMNS),
        _ => (TRACKED, TRACKING_COLUMNS),
    };
    std::iter::once(kind).chain(columns.iter().map(|(_, slot)| *slot as u8)).collect()
}
