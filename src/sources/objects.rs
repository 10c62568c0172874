//! Which objects of a store a pattern matches, by the store's listing.

use std::sync::Arc;

use futures::{StreamExt, TryStreamExt, stream};
use glob::Pattern;
use object_store::path::Path as ObjectPath;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt};
use url::Url;

use super::RawFile;
use super::list::{Failure, Step, matches};

type Result<T> = std::result::Result<T, Failure>;

/// The object of a path, in the store that a pattern leads to.
pub(super) async fn named(store: &Arc<dyn ObjectStore>, pattern: &Url, path: &str) -> Result<RawFile> {
    let found = store.head(&ObjectPath::parse(path).map_err(Failure::Path)?).await.map_err(|error| match error {
        object_store::Error::NotFound { .. } => Failure::Missing,
        error => Failure::Open(error.into()),
    });
    found.map(|meta| raw_file(pattern, &meta))
}

/// How many folders are listed at the same time: a store answers slowly, but many at once.
const AT_ONCE: usize = 16;

/// Goes down a pattern step by step, keeping the folders that match so far.
pub(super) async fn matching(store: &Arc<dyn ObjectStore>, pattern: &Url, steps: &[Step<'_>]) -> Result<Vec<RawFile>> {
    let (mut folders, mut files) = (vec![ObjectPath::ROOT], Vec::new());
    for step in steps {
        match step {
            Step::Enter(name) => {
                folders = folders.iter().map(|folder| inside(folder, name)).collect::<Result<_>>()?;
            }
            Step::Folders(name) => folders = folders_in(store, folders, name).await?,
            Step::Files(name) => files.extend(files_in(store, std::mem::take(&mut folders), name).await?),
            Step::Below(rest) => files.extend(files_below(store, std::mem::take(&mut folders), rest).await?),
        }
    }
    Ok(files.iter().map(|meta| raw_file(pattern, meta)).collect())
}

/// The folder's path with one more literal part. (`ObjectPath::join` would encode the part.)
fn inside(folder: &ObjectPath, part: &str) -> Result<ObjectPath> {
    let path = if folder.is_root() { part.to_owned() } else { format!("{folder}/{part}") };
    ObjectPath::parse(path).map_err(Failure::Path)
}

/// The files directly in the folders whose names match.
async fn files_in(store: &Arc<dyn ObjectStore>, folders: Vec<ObjectPath>, name: &Pattern) -> Result<Vec<ObjectMeta>> {
    let levels = stream::iter(folders).map(|folder| async move { store.list_with_delimiter(Some(&folder)).await });
    let found: Vec<_> = levels.buffered(AT_ONCE).try_collect().await.map_err(|error| Failure::List(error.into()))?;
    let files = found.into_iter().flat_map(|level| level.objects);
    Ok(files.filter(|file| file.location.filename().is_some_and(|file| matches(name, file))).collect())
}

/// The folders directly in the folders whose names match.
async fn folders_in(store: &Arc<dyn ObjectStore>, folders: Vec<ObjectPath>, name: &Pattern) -> Result<Vec<ObjectPath>> {
    let levels = stream::iter(folders).map(|folder| async move { store.list_with_delimiter(Some(&folder)).await });
    let found: Vec<_> = levels.buffered(AT_ONCE).try_collect().await.map_err(|error| Failure::List(error.into()))?;
    let below = found.into_iter().flat_map(|level| level.common_prefixes);
    Ok(below.filter(|folder| folder.filename().is_some_and(|folder| matches(name, folder))).collect())
}

/// The files at any depth below the folders whose paths from there match.
async fn files_below(
    store: &Arc<dyn ObjectStore>,
    folders: Vec<ObjectPath>,
    rest: &Pattern,
) -> Result<Vec<ObjectMeta>> {
    let mut files = Vec::new();
    for folder in folders {
        let below: Vec<_> =
            store.list(Some(&folder)).try_collect().await.map_err(|error| Failure::List(error.into()))?;
        files.extend(below.into_iter().filter(|file| {
            let path = file.location.as_ref();
            let path = path.strip_prefix(folder.as_ref()).unwrap_or(path);
            matches(rest, path.trim_start_matches('/'))
        }));
    }
    Ok(files)
}

/// What was found, under the URL that leads back to it.
fn raw_file(pattern: &Url, meta: &ObjectMeta) -> RawFile {
    let mut url = pattern.clone();
    url.set_query(None);
    url.set_fragment(None);
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.clear().extend(meta.location.as_ref().split('/'));
    }
    RawFile { url, size: meta.size, modified: meta.last_modified.timestamp_micros() }
}
