//! A table's log: opened, created, and checked to be the table that we mean.
//!
//! The store of [`Storage`](crate::storage::Storage) is handed to delta-rs as it is: its commit is a put-if-absent,
//! which local disks, S3, Azure and Google Cloud Storage all have, so no lock service is needed anywhere.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use deltalake_core::DeltaTableError;
use deltalake_core::kernel::transaction::CommitProperties;
use deltalake_core::kernel::{DataType, LogicalFileView, StructField, StructType, Version};
use deltalake_core::logstore::{LogStoreRef, StorageConfig, default_logstore};
use deltalake_core::operations::create::CreateBuilder;
use deltalake_core::protocol::SaveMode;
use deltalake_core::table::config::TableProperty;
use deltalake_core::table::state::DeltaTableState;
use object_store::path::Path as ObjectPath;
use object_store::prefix::PrefixStore;
use object_store::{ObjectStore, ObjectStoreExt};

use super::Lake;
use super::error::{Error, Result};
use super::files::{DataFile, Partition};
use super::snapshot::Snapshot;
use super::tables::{Kind, Table};
use crate::storage;

/// A checkpoint sums up the log every so many commits, so that opening a table reads at most as many.
const CHECKPOINT_INTERVAL: i64 = 10;
/// How long a store that has not answered is asked why: the answer is for people, and they wait.
const PATIENCE: Duration = Duration::from_secs(10);

/// What opens a table.
pub(super) struct Log {
    pub(super) table: &'static Table,
    pub(super) store: LogStoreRef,
    /// The folder as a person would write it.
    pub(super) place: String,
    seen: Arc<Seen>,
}

/// The tables as they were when last opened: a run opens each one many times and reads its log once, then only what
/// others have added.
#[derive(Debug, Default)]
pub(super) struct Seen(Mutex<HashMap<&'static str, Opened>>);

/// A table at one version.
#[derive(Clone, Debug)]
pub(super) struct Opened {
    /// The version, and the active files.
    pub(super) snapshot: Arc<Snapshot>,
    /// What delta-rs knows of it; after a commit of our own, what it knew before: see [`Log::state`].
    pub(super) state: DeltaTableState,
}

impl Lake {
    /// The store that holds a table, and the table's path in it.
    pub(super) fn store(&self, table: &'static Table) -> Result<(Arc<dyn ObjectStore>, ObjectPath)> {
        Ok(self.storage.store(&self.location(table))?)
    }

    pub(super) fn log(&self, table: &'static Table) -> Result<Log> {
        let location = self.location(table);
        let (root, path) = self.store(table)?;
        let prefixed = Arc::new(PrefixStore::new(Arc::clone(&root), path));
        let store = default_logstore(prefixed, root, &location, &StorageConfig::default());
        Ok(Log { table, store, place: storage::display(&location), seen: Arc::clone(&self.seen) })
    }
}

impl Log {
    /// The newest version; `None` where there is no table yet.
    pub(super) async fn open(&self) -> Result<Option<Opened>> {
        if !self.may_be_there()? {
            self.seen.forget(self.table);
            return Ok(None);
        }
        let seen = match self.seen.get(self.table) {
            Some(seen) if self.is_newest(&seen).await => {
                self.check(&seen.state)?;
                return Ok(Some(seen));
            }
            seen => seen,
        };
        match self.read(seen.map(|seen| seen.state), None).await {
            Ok(state) => {
                self.check(&state)?;
                self.remember(state).map(Some)
            }
            Err(DeltaTableError::NotATable(_)) => Ok(None),
            Err(source) => {
                let source = Box::new(self.refused().await.map_or(source, DeltaTableError::from));
                Err(Error::Log { table: self.table.name, place: self.place.clone(), source })
            }
        }
    }

    /// What the store itself says, where it does not answer: delta-rs leaves out why.
    async fn refused(&self) -> Option<object_store::Error> {
        let store = self.store.object_store(None);
        let newest = ObjectPath::from("_delta_log/_last_checkpoint");
        match tokio::time::timeout(PATIENCE, store.head(&newest)).await {
            Ok(Err(error)) if !matches!(error, object_store::Error::NotFound { .. }) => Some(error),
            _ => None,
        }
    }

    /// Whether there is a log to read, as far as the place tells. A store without folders says so itself when it is
    /// asked; of a local folder delta-rs wants that it is there, and calls one missing that this user may not enter.
    fn may_be_there(&self) -> Result<bool> {
        let Some(folder) = storage::local_path(self.store.root_url()) else { return Ok(true) };
        match folder.join("_delta_log").read_dir() {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(source) => Err(Error::Enter { table: self.table.name, place: self.place.clone(), source }),
        }
    }

    /// Refuses a table that is not ours.
    fn check(&self, state: &DeltaTableState) -> Result<()> {
        let version = state.protocol().min_reader_version();
        if version != 1 {
            return Err(Error::ReaderVersion { table: self.table.name, place: self.place.clone(), version });
        }
        self.lacks_columns(state).map(drop)
    }

    /// What stands in a state, which is kept for the next time.
    pub(super) fn remember(&self, state: DeltaTableState) -> Result<Opened> {
        let opened = Opened { snapshot: Arc::new(snapshot(self.table, &state)?), state };
        self.seen.put(self.table, opened.clone());
        Ok(opened)
    }

    /// Keeps what a commit of our own has made of a state, without reading it.
    pub(super) fn remember_change(&self, state: DeltaTableState, snapshot: Snapshot) {
        self.seen.put(self.table, Opened { snapshot: Arc::new(snapshot), state });
    }

    /// What delta-rs has to know to commit. To bring that up to date, it goes over all files of the table; so it is
    /// not done after each commit but before the next, which a run that fills a table once never makes.
    pub(super) async fn state(&self, opened: &Opened) -> std::result::Result<DeltaTableState, DeltaTableError> {
        let version = opened.version();
        if version == Some(opened.state.version()) {
            return Ok(opened.state.clone());
        }
        self.read(Some(opened.state.clone()), version).await
    }

    /// Whether nobody has committed since, which a listing tells.
    async fn is_newest(&self, seen: &Opened) -> bool {
        let Some(version) = seen.version() else { return false };
        match self.store.get_latest_version(version).await {
            Ok(newest) => newest == version,
            Err(error) => {
                tracing::debug!(table = self.table.name, %error, "the version that was seen is not in the log");
                false
            }
        }
    }

    /// The state at a version, or the newest: what was seen before and what has come since, or all of it.
    async fn read(
        &self,
        seen: Option<DeltaTableState>,
        version: Option<Version>,
    ) -> std::result::Result<DeltaTableState, DeltaTableError> {
        if let Some(mut state) = seen {
            match state.update(self.store.as_ref(), version).await {
                Ok(()) => return Ok(state),
                Err(error) => tracing::debug!(table = self.table.name, %error, "the log is read from its beginning"),
            }
        }
        DeltaTableState::try_new(self.store.as_ref(), version).await
    }

    /// Makes the table at version 0, without rows. Whoever loses the race to make it finds it made.
    pub(super) async fn create(&self) -> Result<()> {
        let properties = [
            (TableProperty::CheckpointInterval, CHECKPOINT_INTERVAL.to_string()),
            (TableProperty::EnableExpiredLogCleanup, true.to_string()),
            (TableProperty::DataSkippingStatsColumns, self.table.bounded().collect::<Vec<_>>().join(",")),
        ];
        let builder = CreateBuilder::new()
            .with_log_store(Arc::clone(&self.store))
            .with_table_name(self.table.name)
            .with_comment(format!("One row is {}.", self.table.row))
            .with_columns(fields(self.table))
            .with_partition_columns(self.table.partitions.iter().copied())
            .with_configuration(properties.map(|(key, value)| (key.as_ref().to_owned(), Some(value))))
            .with_save_mode(SaveMode::Ignore)
            // With retries, the loser would commit the table's metadata a second time.
            .with_commit_properties(CommitProperties::default().with_max_retries(0));
        match builder.await {
            Ok(_) => Ok(()),
            Err(source) => match self.open().await? {
                Some(_) => Ok(()),
                None => {
                    Err(Error::Create { table: self.table.name, place: self.place.clone(), source: Box::new(source) })
                }
            },
        }
    }

    /// Whether the table was made by an older mailtally and lacks the columns that were added at the end since; an error
    /// where its columns are others.
    pub(super) fn lacks_columns(&self, state: &DeltaTableState) -> Result<bool> {
        let partitions = state.metadata().partition_columns();
        if partitions != self.table.partitions {
            let (found, ours) = (partitions.join(", "), self.table.partitions.join(", "));
            return Err(self.differs(format!("it is partitioned by [{found}] where ours is by [{ours}]")));
        }
        let schema = state.schema();
        let mut ours = fields(self.table);
        for found in schema.fields() {
            match ours.next() {
                Some(field) if is_same(&field, found) => {}
                Some(field) => {
                    return Err(self.differs(format!("it has {} where ours has {}", say(found), say(&field))));
                }
                None => {
                    return Err(
                        self.differs(format!("it has {} besides, which a newer mailtally may know", say(found)))
                    );
                }
            }
        }
        Ok(ours.next().is_some())
    }

    fn differs(&self, difference: String) -> Error {
        Error::OtherColumns { table: self.table.name, place: self.place.clone(), difference }
    }
}

impl Opened {
    fn version(&self) -> Option<Version> {
        self.snapshot.version.and_then(|version| Version::try_from(version).ok())
    }
}

impl Seen {
    fn get(&self, table: &Table) -> Option<Opened> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(table.name).cloned()
    }

    fn forget(&self, table: &Table) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(table.name);
    }

    fn put(&self, table: &'static Table, opened: Opened) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(table.name, opened);
    }
}

/// The active files, sorted by partition.
fn snapshot(table: &'static Table, state: &DeltaTableState) -> Result<Snapshot> {
    let views = state.log_data();
    let file = |view: LogicalFileView| {
        let path = view.path().into_owned();
        let partition = Partition::from_values(&view.partition_values_map())
            .filter(|partition| partition.check(table).is_ok())
            .ok_or_else(|| Error::NoPartition { table: table.name, path: path.clone() })?;
        let rows = view.num_records().unwrap_or(0) as u64;
        let size = u64::try_from(view.size()).unwrap_or(0);
        Ok(DataFile { path, partition, size, rows, stats: view.stats().unwrap_or_default() })
    };
    let files = views.iter().map(file).collect::<Result<Vec<_>>>()?;
    Ok(Snapshot::new(i64::try_from(state.version()).ok(), files))
}

/// The table's columns as Delta knows them, every one nullable.
fn fields(table: &'static Table) -> impl Iterator<Item = StructField> {
    table.columns.iter().map(|column| StructField::nullable(column.name, delta_type(column.kind)))
}

/// The whole schema as Delta knows it.
pub(super) fn delta_schema(table: &'static Table) -> std::result::Result<StructType, DeltaTableError> {
    Ok(StructType::try_new(fields(table))?)
}

fn delta_type(kind: Kind) -> DataType {
    match kind {
        Kind::Date => DataType::DATE,
        Kind::Timestamp => DataType::TIMESTAMP,
        Kind::Int64 => DataType::LONG,
        Kind::Double => DataType::DOUBLE,
        Kind::Boolean => DataType::BOOLEAN,
        Kind::Utf8 => DataType::STRING,
    }
}

/// Comments and other metadata on a column do no harm; a name, a type or NOT NULL does.
fn is_same(ours: &StructField, found: &StructField) -> bool {
    ours.name() == found.name() && ours.data_type() == found.data_type() && found.is_nullable()
}

fn say(field: &StructField) -> String {
    let not_null = if field.is_nullable() { "" } else { " NOT NULL" };
    format!("{} {}{not_null}", field.name(), field.data_type())
}
