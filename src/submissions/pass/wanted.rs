//! The rows that a pass lets through: those of the days asked for, each once.

use std::collections::BTreeSet;
use std::hash::Hash;

use super::Sink;
use super::seen::{Recent, Redelivered, Repeats, Seam};
use crate::calendar::{Day, DayRange, SECOND, Timestamp};
use crate::submissions::tls::TlsVersion;
use crate::submissions::{Refusal, Rows, Submission};

/// Lets through the rows of the days asked for, each once.
pub(super) struct Wanted<'a> {
    pub days: Option<DayRange>,
    /// Where files are known to hold the same lines.
    pub repeats: Option<Repeats>,
    /// Whether those lines tell of refusals only.
    pub only_refusals: bool,
    pub recent: Recent,
    pub seam: Seam,
    /// Where the same line may come again by way of a queue.
    pub redelivered: Option<Redelivered>,
    /// Whether messages come joined out of several logs: then each comes once already.
    pub joined: bool,
    /// Days with rows of sessions whose beginning was not read.
    pub orphans: BTreeSet<Day>,
    /// Hosts with rows whose TLS version is unknown.
    pub unknown_tls: BTreeSet<String>,
    pub sink: &'a mut dyn Sink,
}

impl Wanted<'_> {
    /// Whether a submission has not come before.
    fn is_new(&mut self, row: &Submission<&str>) -> bool {
        let second = row.ts / SECOND;
        let repeats = self.repeats.as_mut().filter(|_| !self.only_refusals);
        if self.joined {
            true
        } else if row.queue_id.is_empty() {
            // Without a queue id, everything else that tells two messages of a second apart has to.
            let sender = (row.account, row.client_ip, row.mail_from);
            let key = (second, row.server, row.ts, sender, row.message_id);
            match repeats {
                Some(repeats) => repeats.is_new(row.ts, &key),
                None => self.seam.is_new(row.ts, &key),
            }
        } else if let Some(redelivered) = &mut self.redelivered {
            redelivered.is_new(row.ts, &(second, row.server, row.queue_id, row.account))
        } else {
            // A copy that has lost the lines before it may not know the account.
            let key = (second, row.server, row.queue_id);
            self.recent.is_new(row.ts, &key) && repeats.is_none_or(|repeats| repeats.is_new(row.ts, &key))
        }
    }

    fn wants(&self, ts: Timestamp) -> bool {
        self.days.is_none_or(|days| days.contains(Day::of(ts)))
    }

    fn note_tls(&mut self, version: TlsVersion, host: &str) {
        if version == TlsVersion::Unknown && !self.unknown_tls.contains(host) {
            self.unknown_tls.insert(host.to_owned());
        }
    }

    /// Learns that a file begins. Lines that are still to come out of order, in it or behind it, are not older than `watermark`.
    /// A file that `repeats_log` of others goes on with none of them.
    pub(super) fn next_file(&mut self, file: usize, repeats_log: bool, watermark: Timestamp) {
        if let Some(redelivered) = &mut self.redelivered {
            redelivered.next_file(watermark);
        }
        if let Some(repeats) = &mut self.repeats {
            repeats.next_file(file);
        }
        if !repeats_log {
            self.seam.next_file();
        }
    }

    /// Rows that are older are forgotten, so that no line of the current file may be.
    pub(super) fn forgotten(&self) -> Timestamp {
        self.repeats.as_ref().map_or(Timestamp::MIN, |repeats| repeats.forgotten)
    }
}

impl Rows for Wanted<'_> {
    fn submission(&mut self, row: &Submission<&str>) {
        if self.wants(row.ts) && self.is_new(row) {
            self.confirmed(row);
        }
    }

    /// What tells it from a copy is the file in which it stands, not the one that is read when it is confirmed.
    fn announced(&mut self, row: &Submission<&str>) -> bool {
        !self.wants(row.ts) || self.is_new(row)
    }

    fn confirmed(&mut self, row: &Submission<&str>) {
        if self.wants(row.ts) {
            self.note_tls(row.tls_version, row.server);
            self.sink.submission(row);
        }
    }

    fn came_before(&mut self, row: &Refusal<&str>, id: &[u8]) -> bool {
        let second = row.ts / SECOND;
        let is_new = !self.wants(row.ts)
            || match &mut self.redelivered {
                Some(redelivered) => redelivered.is_new(row.ts, &(second, row.server, id, row.account, row.kind)),
                None => self.recent.is_new(row.ts, &(second, row.server, id, row.kind)),
            };
        if !is_new && let Some(repeats) = &mut self.repeats {
            // The file has it nevertheless.
            repeats.is_new(row.ts, &refusal_key(row));
        }
        !is_new
    }

    fn refusal(&mut self, row: &Refusal<&str>) {
        if self.refusal_announced(row) {
            self.refusal_confirmed(row);
        }
    }

    fn refusal_announced(&mut self, row: &Refusal<&str>) -> bool {
        !self.wants(row.ts) || self.repeats.as_mut().is_none_or(|repeats| repeats.is_new(row.ts, &refusal_key(row)))
    }

    fn refusal_confirmed(&mut self, row: &Refusal<&str>) {
        if self.wants(row.ts) {
            self.note_tls(row.tls_version, row.server);
            self.sink.refusal(row);
        }
    }

    fn orphan(&mut self, ts: Timestamp) {
        if self.wants(ts) {
            self.orphans.insert(Day::of(ts));
        }
    }
}

/// What tells a refusal from those that are not told again with it.
fn refusal_key<'a>(row: &Refusal<&'a str>) -> impl Hash + use<'a> {
    (row.ts / SECOND, row.server, row.client_ip, row.account, row.kind)
}
