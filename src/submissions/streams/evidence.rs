//! Which hosts log TLS versions at all: of the others, a session without one is unknown, not cleartext.
//!
//! One line that says a session's version proves it for its host. It is read like any other line, since text that a
//! client chose may look like one; only the search for it is quick. In JSON and in lines that were cut the text does
//! not stand as it is: there each line is read.

use std::collections::BTreeSet;
use std::sync::Arc;

use memchr::memmem;

use super::{KnownFile, Stream, StreamFile};
use crate::formats::{Format, Record};
use crate::sources::framing::{Framed, Framer};
use crate::sources::{self, Blocks, RawFile, open};
use crate::storage::Storage;

/// The hosts of which a file's lines say TLS versions; none where not all of the file was searched.
pub type TlsHostsOfFile = Option<BTreeSet<String>>;

/// Hosts of a stream whose lines say their sessions' TLS versions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsHosts {
    /// Those that were found.
    pub found: BTreeSet<String>,
    /// Those of each of the stream's files.
    pub of_files: Vec<TlsHostsOfFile>,
    /// Those that were looked for.
    sought: BTreeSet<String>,
}

/// Where hosts that log TLS versions are looked for.
#[derive(Clone, Copy, Debug)]
pub struct Searched<'a> {
    /// Where the files are.
    pub storage: &'a Arc<Storage>,
    /// The files of a stream.
    pub stream: &'a Stream,
    /// Older files of its source, in which nothing but this is looked for.
    pub older: &'a [RawFile],
    /// How lines are written.
    pub format: &'static dyn Format,
    /// What earlier runs have found. A file that one of them has searched is not searched again: a server that does not
    /// log TLS would otherwise have all its logs read every night.
    pub known: &'a [KnownFile],
}

impl TlsHosts {
    /// Nothing of a stream yet.
    #[must_use]
    pub fn of(stream: &Stream) -> Self {
        Self { of_files: vec![None; stream.files.len()], ..Self::default() }
    }

    /// Looks for these hosts, unless they were looked for before. The search ends when all are found.
    ///
    /// # Errors
    /// Where a file cannot be read.
    pub fn seek(&mut self, hosts: BTreeSet<String>, within: Searched<'_>) -> sources::Result<()> {
        let Searched { storage, stream, older, format, known } = within;
        let wanted = &hosts - &self.sought;
        self.sought.extend(hosts);
        let Some(mark) = format.tls_mark() else { return Ok(()) };
        let mark = memmem::Finder::new(mark);
        let (found, of_file) = (std::mem::take(&mut self.found), BTreeSet::new());
        let mut search = Search { format, framer: Framer::default(), wanted, found, of_file };
        // The newest file first: it is the one that is read anyway, and most often not compressed.
        for (file, of_file) in stream.files.iter().zip(&mut self.of_files).rev() {
            if search.is_over() {
                break;
            }
            if of_file.is_none() {
                *of_file = match searched(file, known) {
                    Some(hosts) => {
                        search.found.extend(hosts.iter().cloned());
                        Some(hosts.clone())
                    }
                    None => search.file(storage, &file.look.file, &mark)?,
                };
            }
        }
        for file in older {
            if search.is_over() {
                break;
            }
            search.file(storage, file, &mark)?;
        }
        self.found = search.found;
        Ok(())
    }
}

/// What an earlier run has found in a file, which is as it was then.
fn searched<'a>(file: &StreamFile, known: &'a [KnownFile]) -> Option<&'a BTreeSet<String>> {
    let same = |then: &&KnownFile| file.look.length == Some(then.length) && file.began_as(&then.fingerprint);
    known.iter().filter(same).find_map(|then| then.tls_hosts.as_ref())
}

/// Whether text may stand in the block in another way than as it is: escaped, as numbers, or in pieces.
fn hides_text(block: &[u8]) -> bool {
    let holds = |text: &[u8]| memmem::find(block, text).is_some();
    block.starts_with(b"{") || holds(b"\n{") || holds(b"  | {") || holds(b" stdout ") || holds(b" stderr ")
}

/// The line that a byte of the block stands on. A hole of NUL bytes, as a crash leaves it, ends one as well.
fn line_around(block: &[u8], at: usize) -> &[u8] {
    let start = memchr::memrchr2(b'\n', 0, &block[..at]).map_or(0, |end| end + 1);
    let end = memchr::memchr2(b'\n', 0, &block[at..]).map_or(block.len(), |end| at + end);
    &block[start..end]
}

struct Search {
    format: &'static dyn Format,
    framer: Framer,
    wanted: BTreeSet<String>,
    /// Those of the files that were searched before.
    found: BTreeSet<String>,
    /// Those of this file.
    of_file: BTreeSet<String>,
}

impl Search {
    fn is_over(&self) -> bool {
        self.wanted.iter().all(|host| self.found.contains(host) || self.of_file.contains(host))
    }

    /// Searches a file; the hosts that were found in it, where all of it was searched.
    fn file(
        &mut self,
        storage: &Arc<Storage>,
        file: &RawFile,
        mark: &memmem::Finder<'_>,
    ) -> sources::Result<TlsHostsOfFile> {
        let mut blocks = Blocks::new(open(storage, file, 0)?);
        let mut buffer = None;
        while !self.is_over()
            && let Some(block) = blocks.next_block(buffer.take())?
        {
            if hides_text(&block.bytes) {
                self.lines(block.bytes.split(|byte| matches!(*byte, b'\n' | 0)));
            } else {
                self.lines(mark.find_iter(&block.bytes).map(|at| line_around(&block.bytes, at)));
            }
            buffer = Some(block.bytes);
        }
        let whole = !self.is_over();
        let of_file = std::mem::take(&mut self.of_file);
        self.found.extend(of_file.iter().cloned());
        Ok(whole.then_some(of_file))
    }

    fn lines<'a>(&mut self, lines: impl Iterator<Item = &'a [u8]>) {
        for line in lines {
            self.line(line);
            if self.is_over() {
                break;
            }
        }
    }

    fn line(&mut self, line: &[u8]) {
        let format = self.format;
        let Framed::Line(line) = self.framer.frame_as(line, format) else { return };
        let says_version = self.format.wants(line.program, line.message)
            && matches!(self.format.parse(&line), Ok(Some(Record::Secured { .. })));
        if says_version {
            self.of_file.insert(String::from_utf8_lossy(line.host).into_owned());
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use std::collections::BTreeMap;
    use std::slice::from_ref;

    use tempfile::TempDir;
    use tokio::runtime::Runtime;
    use url::Url;

    use super::super::{Reading, discover};
    use super::*;
    use crate::formats;
    use crate::sources::list;

    const CONNECT: &str = "2026-03-02T10:00:00+00:00 mx1 postfix/submission/smtpd[7]: connect from a.test[192.0.2.7]\n";
    const TLS: &str = "2026-03-02T10:00:01+00:00 mx1 postfix/submission/smtpd[7]: Anonymous TLS connection established \
                       from a.test[192.0.2.7]: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)\n";

    #[test]
    fn a_hole_of_nul_bytes_ends_a_line() {
        let block = b"one\ntwo\0\0\0three\0\nfour";
        let around = |text: &[u8]| line_around(block, memmem::find(block, text).unwrap());
        for text in [&b"one"[..], b"two", b"three", b"four"] {
            assert_eq!(around(text), text);
        }
    }

    #[test]
    fn a_file_that_was_searched_in_vain_is_not_searched_again() {
        let (runtime, folder) = (Runtime::new().unwrap(), TempDir::new().unwrap());
        let storage = Arc::new(Storage::new(BTreeMap::new(), runtime.handle().clone()));
        let path = folder.path().join("mail.log");
        let format = formats::format("postfix").unwrap();
        let search = |text: &str, known: &[KnownFile]| {
            std::fs::write(&path, text).unwrap();
            let files = list(&storage, &[Url::from_file_path(&path).unwrap()]).unwrap();
            let reading = Reading { format, zone: chrono_tz::Tz::UTC, year: None, days: None };
            let stream = discover(&storage, &files, reading, known).unwrap().remove(0);
            let mut hosts = TlsHosts::of(&stream);
            let within = Searched { storage: &storage, stream: &stream, older: &[], format, known };
            hosts.seek(stream.hosts.clone(), within).unwrap();
            (stream.files[0].clone(), hosts)
        };
        let mx1 = BTreeSet::from(["mx1".to_owned()]);
        // The search ends where it has found what it wants.
        let logging = TlsHosts { found: mx1.clone(), of_files: vec![None], sought: mx1.clone() };
        let silent = TlsHosts { found: BTreeSet::new(), of_files: vec![Some(BTreeSet::new())], sought: mx1.clone() };
        // Longer than what a file is known by, so that the end may differ.
        let without = [CONNECT.repeat(100), " ".repeat(TLS.len() - 1), "\n".to_owned()].concat();
        let with = [&CONNECT.repeat(100), TLS].concat();
        let (file, found) = search(&without, &[]);
        assert_eq!(found, silent);
        let fingerprint = file.fingerprint;
        let length = file.look.length.unwrap();
        let modified = file.look.file.modified;
        let unsearched = KnownFile { fingerprint, length, earliest: None, last: None, modified, tls_hosts: None };
        let known = KnownFile { tls_hosts: Some(BTreeSet::new()), ..unsearched.clone() };
        assert_eq!(search(&with, &[]).1, logging);
        assert_eq!(search(&with, from_ref(&unsearched)).1, logging);
        assert_eq!(search(&with, from_ref(&known)).1, silent, "it is taken for the file that it was");
        assert_eq!(search(&format!("{with}{CONNECT}"), from_ref(&known)).1, logging, "it has grown");
        let known = KnownFile { tls_hosts: Some(mx1.clone()), ..known };
        let of_files = vec![Some(mx1.clone())];
        assert_eq!(search(&without, &[known]).1, TlsHosts { found: mx1.clone(), of_files, sought: mx1 });
    }
}
