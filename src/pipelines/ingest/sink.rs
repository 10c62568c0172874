//! Where a pass delivers in the ingest stage: each day's rows into files of the lake.
//!
//! Rows are sorted within a row group, and a row group ends when the log comes to another day or the rows of all days
//! together reach a limit, so that memory follows neither the size of a day, nor the length of its texts, nor the
//! number of days that one pass covers. It is sorted and encoded while the rows behind it go on coming, one day's at a
//! time.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::columns::{Columns, ROW, RefusalColumns, RejectedColumns, RejectedRow, SubmissionColumns};
use super::outcome::{DayRows, TableFiles};
use crate::calendar::Day;
use crate::lake::tables::Table;
use crate::lake::{DataFile, Lake, Partition, PartitionWriter};
use crate::pipelines::beside::{Begun, Beside};
use crate::pipelines::{Error, Result};
use crate::submissions::pass::{RejectedLine, Sink};
use crate::submissions::tls::TlsVersion;
use crate::submissions::{Refusal, Submission};

/// Bytes of rows that wait in memory, over all days, before the largest batch is written: of usual rows some 100,000.
/// Texts count as often as they come, so that less is held than this.
const MOST_WAITING: usize = 40 << 20;
/// No more rows than these wait.
const MOST_ROWS: usize = MOST_WAITING / ROW;
/// Less than this is written at once: handing it over would cost more than the rows.
const FEW: usize = 1 << 20;

/// Writes the days of one pass.
pub(super) struct DaySink<'a> {
    lake: &'a Lake,
    /// Where rows are written.
    beside: &'a Beside,
    source: &'a str,
    /// The digest of each day's inputs.
    digests: &'a BTreeMap<Day, String>,
    /// The files of the pass as people know them.
    names: Vec<String>,
    days: BTreeMap<Day, DayWriter<'a>>,
    /// Bytes of rows that wait in memory, over all days.
    waiting: usize,
    /// The day of which rows are being written.
    busy: Option<Day>,
    progress: &'a (dyn Fn(u64) + Sync),
    /// The first failure: rows come one by one and cannot answer, so the pass goes on to the end of the block.
    failed: Option<Error>,
}

impl<'a> DaySink<'a> {
    /// A sink for the days that have a digest.
    pub(super) fn new(
        lake: &'a Lake,
        beside: &'a Beside,
        source: &'a str,
        digests: &'a BTreeMap<Day, String>,
        names: Vec<String>,
        progress: &'a (dyn Fn(u64) + Sync),
    ) -> Self {
        let days = BTreeMap::new();
        Self { lake, beside, source, digests, names, days, waiting: 0, busy: None, progress, failed: None }
    }

    /// Writes out what waits and closes the files; a day that is `held` and has no rows has files too, which say so.
    pub(super) fn finish(mut self, held: impl Fn(Day) -> bool) -> Result<BTreeMap<Day, DayRows>> {
        for day in self.digests.keys().filter(|day| held(**day)) {
            self.writer(*day);
        }
        match self.failed {
            Some(error) => Err(error),
            None => self.days.into_iter().map(|(day, writer)| Ok((day, writer.finish()?))).collect(),
        }
    }

    fn writer(&mut self, day: Day) -> Option<&mut DayWriter<'a>> {
        if !self.days.contains_key(&day) {
            let digest = self.digests.get(&day)?;
            self.settle(day);
            self.days.insert(day, DayWriter::new(self.lake, self.beside, self.source, day, digest));
        }
        self.days.get_mut(&day)
    }

    /// Writes out what waits, now that another day begins: a log goes on from day to day, so hardly more will come.
    /// The files of all but the day before are closed; should more come after all, it goes into another file.
    fn settle(&mut self, next: Day) {
        let days = self.days.keys().copied().collect::<Vec<_>>();
        for day in days {
            self.write(day, if day < next.previous() { DayWriter::close } else { DayWriter::write });
        }
    }

    /// Counts the bytes of a waiting row, and makes room where there are too many.
    fn waits(&mut self, bytes: usize) {
        self.waiting += bytes;
        if self.waiting >= MOST_WAITING {
            let fullest = self.days.iter().max_by_key(|(_, writer)| writer.waiting());
            if let Some(day) = fullest.map(|(day, _)| *day) {
                self.write(day, DayWriter::write);
            }
        }
    }

    /// Begins to write a day's rows, once those that were begun before are written.
    fn write(&mut self, day: Day, write: impl FnOnce(&mut DayWriter<'a>) -> Result<usize>) {
        let before = self.busy.replace(day).and_then(|before| self.days.get_mut(&before));
        let written = before.map_or(Ok(()), DayWriter::wait);
        let written = written.and_then(|()| self.days.get_mut(&day).map_or(Ok(0), write));
        match written {
            Ok(bytes) => self.waiting -= bytes,
            Err(error) => {
                self.failed.get_or_insert(error);
            }
        }
    }
}

impl Sink for DaySink<'_> {
    fn submission(&mut self, row: &Submission<&str>) {
        let Some(writer) = self.writer(Day::of(row.ts)) else { return };
        writer.note_tls(row.tls_version, row.server);
        writer.rows.unknown_tls += u64::from(row.tls_version == TlsVersion::Unknown);
        writer.rows.unknown_account += u64::from(row.account.is_empty());
        writer.rows.submissions += 1;
        let bytes = writer.submissions.push(row);
        self.waits(bytes);
    }

    fn refusal(&mut self, row: &Refusal<&str>) {
        let Some(writer) = self.writer(Day::of(row.ts)) else { return };
        writer.note_tls(row.tls_version, row.server);
        writer.rows.refusals += 1;
        let bytes = writer.refusals.push(row);
        self.waits(bytes);
    }

    fn rejected(&mut self, row: RejectedLine<'_>) {
        let name = self.names.get(row.file).cloned().unwrap_or_default();
        let Some(writer) = self.writer(row.day) else { return };
        let raw = String::from_utf8_lossy(row.raw);
        let bytes = writer.rejected.push(RejectedRow { file: &name, line: row.line, reason: row.reason, raw: &raw });
        self.waits(bytes);
    }

    fn progress(&mut self, bytes: u64) -> ControlFlow<()> {
        (self.progress)(bytes);
        if self.failed.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// One day's files.
struct DayWriter<'a> {
    submissions: TableWriter<'a, SubmissionColumns>,
    refusals: TableWriter<'a, RefusalColumns>,
    rejected: TableWriter<'a, RejectedColumns>,
    rows: DayRows,
}

impl<'a> DayWriter<'a> {
    fn new(lake: &'a Lake, beside: &'a Beside, source: &str, day: Day, digest: &'a str) -> Self {
        let partition = Partition::of_source(day, source);
        Self {
            submissions: TableWriter::new(lake, beside, partition.clone(), digest),
            refusals: TableWriter::new(lake, beside, partition.clone(), digest),
            rejected: TableWriter::new(lake, beside, partition, digest),
            rows: DayRows::default(),
        }
    }

    /// Remembers whose silence about TLS has decided a row, or might.
    fn note_tls(&mut self, version: TlsVersion, host: &str) {
        let hosts = match version {
            TlsVersion::Unknown => &mut self.rows.unknown_tls_hosts,
            TlsVersion::None => &mut self.rows.cleartext_hosts,
            _ => return,
        };
        if !hosts.contains(host) {
            hosts.insert(host.to_owned());
        }
    }

    fn waiting(&self) -> usize {
        self.submissions.waiting + self.refusals.waiting + self.rejected.waiting
    }

    /// Begins to write what waits as a row group; the bytes that waited.
    fn write(&mut self) -> Result<usize> {
        Ok(self.submissions.write()? + self.refusals.write()? + self.rejected.write()?)
    }

    /// Waits until what was begun is written.
    fn wait(&mut self) -> Result<()> {
        self.submissions.wait()?;
        self.refusals.wait()?;
        self.rejected.wait()
    }

    /// Writes what waits and closes the files; the bytes that waited.
    fn close(&mut self) -> Result<usize> {
        Ok(self.submissions.close()? + self.refusals.close()? + self.rejected.close()?)
    }

    fn finish(self) -> Result<DayRows> {
        let mut rows = self.rows;
        for (table, files) in [self.submissions.finish()?, self.refusals.finish()?, self.rejected.finish()?] {
            rows.files.push(TableFiles { table: table.name.to_owned(), files });
        }
        Ok(rows)
    }
}

/// One day's files of one table: mostly one.
struct TableWriter<'a, C> {
    lake: &'a Lake,
    beside: &'a Beside,
    partition: Partition,
    digest: &'a str,
    /// The rows that wait; none of a day that the log has left, so that it takes no memory.
    columns: Option<C>,
    waiting: usize,
    file: Option<PartitionWriter>,
    /// Where rows are being written to the file.
    busy: Option<Begun<Result<PartitionWriter>>>,
    closed: Vec<DataFile>,
}

impl<'a, C: Columns + Send + 'static> TableWriter<'a, C> {
    fn new(lake: &'a Lake, beside: &'a Beside, partition: Partition, digest: &'a str) -> Self {
        Self { lake, beside, partition, digest, columns: None, waiting: 0, file: None, busy: None, closed: Vec::new() }
    }

    fn push(&mut self, row: C::Row<'_>) -> usize {
        let bytes = self.columns.get_or_insert_default().push(row);
        self.waiting += bytes;
        bytes
    }

    /// Begins to write what waits, once what was begun before is written; the bytes that waited.
    fn write(&mut self) -> Result<usize> {
        if let Some(columns) = self.columns.take() {
            let mut file = self.open()?;
            let write = move || {
                file.write_sorted(columns.finish().map_err(Error::Columns)?)?;
                Ok(file)
            };
            match self.waiting {
                ..FEW => self.file = Some(write()?),
                _ => self.busy = Some(self.beside.begin(write)),
            }
        }
        Ok(std::mem::take(&mut self.waiting))
    }

    /// Waits until what was begun is written.
    fn wait(&mut self) -> Result<()> {
        if let Some(busy) = self.busy.take() {
            self.file = Some(busy.wait()?);
        }
        Ok(())
    }

    /// The file, or a new one.
    fn open(&mut self) -> Result<PartitionWriter> {
        self.wait()?;
        match self.file.take() {
            Some(file) => Ok(file),
            None => Ok(self.lake.writer(C::table(), &self.partition, self.digest, MOST_ROWS)?),
        }
    }

    fn close(&mut self) -> Result<usize> {
        let bytes = self.write()?;
        self.wait()?;
        if let Some(file) = self.file.take() {
            self.closed.push(file.finish()?);
        }
        Ok(bytes)
    }

    fn finish(mut self) -> Result<(&'static Table, Vec<DataFile>)> {
        self.close()?;
        if self.closed.is_empty() {
            // A file without rows says that there were none.
            let file = self.open()?;
            self.closed.push(file.finish()?);
        }
        Ok((C::table(), std::mem::take(&mut self.closed)))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use std::sync::Arc;

    use url::Url;

    use super::*;
    use crate::sources::testing::Place;

    #[test]
    fn a_lake_that_takes_no_file_breaks_the_pass() {
        let place = Place::new();
        let file = place.write("lake", b"no folder").url;
        let lake = Lake::new(Arc::clone(&place.storage), Url::parse(&format!("{file}/")).unwrap());
        let (beside, progress) = (Beside::default(), |_| {});
        let days = [1, 3].map(Day::from_epoch_days);
        let digests = days.map(|day| (day, "0123456789abcdef".to_owned())).into();
        let mut sink = DaySink::new(&lake, &beside, "mx1", &digests, Vec::new(), &progress);
        let mut row = |day: Day| {
            sink.submission(&Submission { ts: day.start(), account: "alice@example.org", ..Submission::default() });
            sink.progress(1)
        };
        assert!(row(days[0]).is_continue(), "nothing has been written yet");
        assert!(row(days[1]).is_break(), "the first day could not be");
        assert!(sink.finish(|_| true).is_err());
    }
}
