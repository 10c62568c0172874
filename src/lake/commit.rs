//! Replacing partitions: one commit removes what they held and adds what they hold now.
//!
//! delta-rs, built without DataFusion, does not notice that two writers replaced the same partition: both would
//! commit and the rows would be doubled. So it is given no retries of its own. Whoever loses the race for a
//! version number opens the table again, works out afresh what to remove, and tries the next number.

use std::collections::HashSet;
use std::panic::resume_unwind;
use std::thread;
use std::time::Duration;

use deltalake_core::DeltaTableError;
use deltalake_core::kernel::transaction::{CommitBuilder, CommitProperties, PostCommit, TransactionError};
use deltalake_core::kernel::{Action, Add, CommitInfo, MetadataExt, Remove, Version};
use deltalake_core::protocol::{DeltaOperation, SaveMode};
use deltalake_core::table::config::TablePropertiesExt;
use deltalake_core::table::state::DeltaTableState;
use serde_json::Value;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::Lake;
use super::error::{Error, Result};
use super::files::{DataFile, Partition};
use super::log::{Log, Opened, delta_schema};
use super::snapshot::Snapshot;
use super::tables::Table;
use crate::calendar::Timestamp;

/// Every lost race means that another writer won it, so this many writers can queue up.
const ATTEMPTS: u32 = 64;
/// The first pause after a lost race, in milliseconds; it doubles up to 32 times as much.
const PAUSE: u64 = 10;

/// Which run commits; it is kept in the log's commitInfo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunInfo {
    /// The run's id.
    pub run_id: String,
    /// The stage that ran.
    pub stage: String,
    /// The time of the commit. Vacuum counts the age of replaced files from it, so it has to be the real time.
    pub at: Timestamp,
}

/// What one commit does: the difference between the files that are and those that shall be. A file on both sides
/// stays, so that a commit whose answer got lost is not done twice.
struct Change<'a> {
    remove: Vec<&'a DataFile>,
    add: Vec<&'a DataFile>,
}

impl Lake {
    /// Replaces everything in `partitions` by `files`, in one commit, and returns the version of the table that
    /// holds them. The table is made where there is none. Readers see either the old files or the new ones.
    ///
    /// # Errors
    /// Where a file or partition does not belong, the table is another one, the store fails, or other writers
    /// keep winning. In all cases the table still holds what it held.
    pub fn replace(
        &self,
        table: &'static Table,
        partitions: &[Partition],
        files: &[DataFile],
        run: &RunInfo,
    ) -> Result<i64> {
        check(table, partitions, files)?;
        let log = self.log(table)?;
        for attempt in 0..ATTEMPTS {
            let Some(opened) = self.storage.wait(log.open())? else {
                self.storage.wait(log.create())?;
                continue;
            };
            if let Some(version) = self.storage.wait(log.try_replace(&opened, partitions, files, run))? {
                self.written.committed(files);
                return Ok(version);
            }
            tracing::debug!(table = table.name, attempt, "another writer was faster");
            thread::sleep(pause(run, files, attempt));
        }
        Err(Error::Contended { table: table.name, attempts: ATTEMPTS })
    }

    /// Replaces the same partitions of several tables, each by its files: see [`replace`](Self::replace). The commits are
    /// made at the same time, each of them being some ways to the store and back.
    ///
    /// # Errors
    /// As [`replace`](Self::replace), of the first table that has failed; the others hold what they were to hold.
    pub fn replace_all(
        &self,
        tables: &[(&'static Table, Vec<DataFile>)],
        partitions: &[Partition],
        run: &RunInfo,
    ) -> Result<()> {
        let commit = |table, files: &[DataFile]| self.replace(table, partitions, files, run);
        thread::scope(|scope| {
            let commits = tables.iter().map(|(table, files)| (table, scope.spawn(|| commit(table, files))));
            for (table, commit) in commits.collect::<Vec<_>>() {
                let version = commit.join().unwrap_or_else(|panic| resume_unwind(panic))?;
                tracing::info!(table = table.name, version, partitions = partitions.len(), "committed");
            }
            Ok(())
        })
    }
}

impl Log {
    /// One attempt against one version; `None` where another writer took the next version.
    async fn try_replace(
        &self,
        opened: &Opened,
        partitions: &[Partition],
        files: &[DataFile],
        run: &RunInfo,
    ) -> Result<Option<i64>> {
        let snapshot = &opened.snapshot;
        let lacks_columns = self.lacks_columns(&opened.state)?;
        let change = Change::between(&snapshot.files, partitions, files);
        if change.is_empty() && !lacks_columns {
            return Ok(snapshot.version);
        }
        let operation = DeltaOperation::Write {
            mode: SaveMode::Overwrite,
            partition_by: Some(self.table.partitions.iter().map(|&name| name.to_owned()).collect()),
            predicate: None,
        };
        let failed =
            |source| Error::Commit { table: self.table.name, place: self.place.clone(), source: Box::new(source) };
        let state = self.state(opened).await.map_err(failed)?;
        let mut actions = vec![Action::CommitInfo(commit_info(&operation, &state, run))];
        if lacks_columns {
            let schema = delta_schema(self.table).map_err(failed)?;
            let metadata = state.metadata().clone().with_schema(&schema);
            actions.push(Action::Metadata(metadata.map_err(|source| failed(source.into()))?));
        }
        actions.extend(change.actions(run));
        let done = match self.commit(&state, actions, operation).await {
            Ok(done) => done,
            Err(error) if is_lost_race(&error) => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let version = i64::try_from(done.version).unwrap_or(i64::MAX);
        if lacks_columns || is_summed_up(&state, done.version) {
            self.sum_up(done).await;
        } else {
            self.remember_change(state, Snapshot::new(Some(version), change.after(&snapshot.files)));
        }
        Ok(Some(version))
    }

    /// Writes the version after the state's, or fails.
    async fn commit(
        &self,
        state: &DeltaTableState,
        actions: Vec<Action>,
        operation: DeltaOperation,
    ) -> std::result::Result<PostCommit, DeltaTableError> {
        // The log is only worth cleaning where a checkpoint is about to be made; asking costs a listing.
        let clean = is_summed_up(state, state.version() + 1);
        let properties = CommitProperties::default().with_max_retries(0).with_cleanup_expired_logs(Some(clean));
        let store = self.store.clone();
        let pending = CommitBuilder::from(properties).with_actions(actions).build(Some(state), store, operation);
        pending.into_prepared_commit_future().await?.await
    }

    /// Checkpoint and cleaning. The commit stands whatever becomes of them, so a failure is only told: the next
    /// commits try again.
    async fn sum_up(&self, done: PostCommit) {
        let version = done.version;
        match done.await {
            Ok(done) => drop(self.remember(done.snapshot)),
            Err(error) => {
                tracing::warn!(table = self.table.name, version, %error, "committed, but the log could not be summed up");
            }
        }
    }
}

impl<'a> Change<'a> {
    fn between(active: &'a [DataFile], partitions: &[Partition], files: &'a [DataFile]) -> Self {
        let replaced: HashSet<&Partition> = partitions.iter().collect();
        let wanted = paths(files);
        let (kept, remove): (Vec<_>, Vec<_>) = active
            .iter()
            .filter(|file| replaced.contains(&file.partition))
            .partition(|file| wanted.contains(file.path.as_str()));
        let kept = paths(kept);
        Self { remove, add: files.iter().filter(|file| !kept.contains(file.path.as_str())).collect() }
    }

    fn is_empty(&self) -> bool {
        self.remove.is_empty() && self.add.is_empty()
    }

    fn actions(&self, run: &RunInfo) -> impl Iterator<Item = Action> {
        let at = milliseconds(run.at);
        let removes = self.remove.iter().map(move |file| Action::Remove(remove(file, at)));
        removes.chain(self.add.iter().map(move |file| Action::Add(add(file, at))))
    }

    /// What is active when it is done.
    fn after(&self, active: &[DataFile]) -> Vec<DataFile> {
        let removed = paths(self.remove.iter().copied());
        let kept = active.iter().filter(|file| !removed.contains(file.path.as_str()));
        kept.chain(self.add.iter().copied()).cloned().collect()
    }
}

fn paths<'a>(files: impl IntoIterator<Item = &'a DataFile>) -> HashSet<&'a str> {
    files.into_iter().map(|file| file.path.as_str()).collect()
}

/// Whether a version gets a checkpoint, as delta-rs counts.
fn is_summed_up(state: &DeltaTableState, version: Version) -> bool {
    (version + 1).is_multiple_of(state.table_config().checkpoint_interval().get())
}

/// Refuses what would put rows outside the partitions that the commit clears.
fn check(table: &'static Table, partitions: &[Partition], files: &[DataFile]) -> Result<()> {
    partitions.iter().try_for_each(|partition| partition.check(table))?;
    let replaced: HashSet<&Partition> = partitions.iter().collect();
    match files.iter().find(|file| !replaced.contains(&file.partition)) {
        Some(file) => Err(Error::OutsidePartitions { table: table.name, path: file.path.clone() }),
        None => Ok(()),
    }
}

fn add(file: &DataFile, at: i64) -> Add {
    Add {
        path: file.path.clone(),
        partition_values: file.partition.values(),
        size: i64::try_from(file.size).unwrap_or(i64::MAX),
        modification_time: at,
        data_change: true,
        stats: (!file.stats.is_empty()).then(|| file.stats.clone()),
        ..Add::default()
    }
}

fn remove(file: &DataFile, at: i64) -> Remove {
    Remove {
        data_change: true,
        deletion_timestamp: Some(at),
        extended_file_metadata: Some(true),
        partition_values: Some(file.partition.values()),
        size: i64::try_from(file.size).ok(),
        path: file.path.clone(),
        ..Remove::default()
    }
}

fn commit_info(operation: &DeltaOperation, state: &DeltaTableState, run: &RunInfo) -> CommitInfo {
    let text = |value: &str| Value::String(value.to_owned());
    let info = [("runId", text(&run.run_id)), ("stage", text(&run.stage))];
    CommitInfo {
        timestamp: Some(milliseconds(run.at)),
        read_version: Some(state.version()),
        engine_info: Some(concat!("mailtally/", env!("CARGO_PKG_VERSION")).to_owned()),
        info: info.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
        ..operation.get_commit_info()
    }
}

/// Delta's log counts milliseconds.
fn milliseconds(at: Timestamp) -> i64 {
    at.div_euclid(1_000)
}

fn is_lost_race(error: &DeltaTableError) -> bool {
    matches!(
        error,
        DeltaTableError::VersionAlreadyExists(_)
            | DeltaTableError::Transaction {
                source: TransactionError::MaxCommitAttempts(_) | TransactionError::VersionAlreadyExists(_)
            }
    )
}

/// How long to stand back: longer each time, and not as long as the others. Runs differ by their id, tasks of one
/// run by their files.
fn pause(run: &RunInfo, files: &[DataFile], attempt: u32) -> Duration {
    let longest = PAUSE << attempt.min(5);
    let file = files.first().map_or("", |file| file.path.as_str());
    let key = format!("{} {file}", run.run_id);
    Duration::from_millis(longest / 2 + xxh3_64_with_seed(key.as_bytes(), u64::from(attempt)) % longest)
}
