//! One run at a time on a local lake.
//!
//! The system lets go of the lock when the process ends, however it ends. A lake in an object store has no such
//! lock and needs none: its commits exclude each other.

use std::fs::{File, TryLockError};

use url::Url;

use super::{Error, Result};
use crate::storage::{display, local_path};

/// The lock's file in the lake's folder.
const NAME: &str = ".lock";

/// The lock of a lake, held until it is dropped.
#[derive(Debug)]
pub(super) struct Lock {
    _file: Option<File>,
}

impl Lock {
    /// Takes the lock of a lake.
    ///
    /// # Errors
    /// Where another run has it, or the lake's folder cannot be made.
    pub(super) fn take(lake: &Url) -> Result<Self> {
        let Some(folder) = local_path(lake) else { return Ok(Self { _file: None }) };
        let place = folder.join(NAME);
        let failed = |source| Error::Lock { place: place.display().to_string(), source };
        std::fs::create_dir_all(&folder).map_err(failed)?;
        let file = File::options().create(true).truncate(false).write(true).open(&place).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: Some(file) }),
            Err(TryLockError::WouldBlock) => Err(Error::Locked { place: display(lake) }),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_lake_is_locked_once() {
        let folder = tempfile::tempdir().unwrap();
        let lake = Url::from_file_path(folder.path().join("lake")).unwrap();
        let first = Lock::take(&lake).unwrap();
        assert!(matches!(Lock::take(&lake), Err(Error::Locked { .. })));
        drop(first);
        Lock::take(&lake).unwrap();
    }
}
