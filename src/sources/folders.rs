//! Which local files a pattern matches, by the system's own listing.
//!
//! Names are bytes and may hold what no object's path can: tabs, line breaks, what is no UTF-8. A pattern sees them with
//! U+FFFD for each byte that is none. Links are followed; those that lead nowhere, or back to where they were found, are
//! passed over, and so is whatever does not match, be it readable or not.

use std::fs::{DirEntry, Metadata, metadata, read_dir};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use glob::Pattern;
use url::Url;

use super::RawFile;
use super::list::{Failure, Step, matches};
use crate::storage::unfinished;

type Result<T> = std::result::Result<T, Failure>;

/// The file of a path from the root.
pub(super) fn named(path: &str) -> Result<RawFile> {
    let path = Path::new("/").join(path);
    let found = metadata(&path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Failure::Missing,
        _ => Failure::Open(error.into()),
    })?;
    match found.file_type() {
        kind if kind.is_dir() => Err(Failure::Folder),
        kind if !kind.is_file() => Err(Failure::NoFile),
        _ => raw_file(&path, &found),
    }
}

/// Goes down a pattern step by step, keeping the folders that match so far.
pub(super) fn matching(steps: &[Step<'_>]) -> Result<Vec<RawFile>> {
    let (mut folders, mut files) = (vec![PathBuf::from("/")], Vec::new());
    for step in steps {
        match step {
            Step::Enter(name) => folders.iter_mut().for_each(|folder| folder.push(name)),
            Step::Folders(name) => {
                let found = folders.iter().map(|folder| folders_in(folder, name)).collect::<Result<Vec<_>>>()?;
                folders = found.concat();
            }
            Step::Files(name) => {
                for folder in &folders {
                    files_in(folder, name, &mut files)?;
                }
            }
            Step::Below(rest) => {
                for folder in &folders {
                    files_below(folder, folder, rest, &mut Vec::new(), &mut files)?;
                }
            }
        }
    }
    Ok(files)
}

/// The folders directly in a folder whose names match.
fn folders_in(folder: &Path, name: &Pattern) -> Result<Vec<PathBuf>> {
    let mut folders = Vec::new();
    for entry in entries(folder)?.into_iter().filter(|entry| matches(name, &entry.file_name().to_string_lossy())) {
        let path = entry.path();
        if is_folder(&entry).map_err(|error| cannot_list(&path, &error))? && !leads_to(&path, &[real(folder)]) {
            folders.push(path);
        }
    }
    Ok(folders)
}

/// The files directly in a folder whose names match.
fn files_in(folder: &Path, name: &Pattern, files: &mut Vec<RawFile>) -> Result<()> {
    for entry in entries(folder)?.into_iter().filter(|entry| matches(name, &entry.file_name().to_string_lossy())) {
        files.extend(file(&entry)?);
    }
    Ok(())
}

/// The files at any depth below a folder whose paths from `base` match. `above` are the folders on the way there.
fn files_below(
    folder: &Path,
    base: &Path,
    rest: &Pattern,
    above: &mut Vec<PathBuf>,
    files: &mut Vec<RawFile>,
) -> Result<()> {
    above.push(real(folder));
    for entry in entries(folder)? {
        let path = entry.path();
        if is_folder(&entry).map_err(|error| cannot_list(&path, &error))? {
            if !leads_to(&path, above) {
                files_below(&path, base, rest, above, files)?;
            }
        } else if matches(rest, &path.strip_prefix(base).unwrap_or(&path).to_string_lossy()) {
            files.extend(file(&entry)?);
        }
    }
    above.pop();
    Ok(())
}

/// What lies in a folder; nothing where there is no such folder.
fn entries(folder: &Path) -> Result<Vec<DirEntry>> {
    match read_dir(folder).and_then(Iterator::collect) {
        Err(error) if leads_nowhere(&error) => Ok(Vec::new()),
        entries => entries.map_err(|error| cannot_list(folder, &error)),
    }
}

/// The file of an entry; none where it is no regular file, or one that a store has not finished. Of a link that cannot be
/// followed, the link itself: reading it tells why, and which it is.
fn file(entry: &DirEntry) -> Result<Option<RawFile>> {
    let path = entry.path();
    let found = match metadata(&path) {
        Err(error) if leads_nowhere(&error) => return Ok(None),
        Ok(found) if !found.is_file() => return Ok(None),
        Err(_) => entry.metadata().map_err(|error| cannot_list(&path, &error))?,
        Ok(found) => found,
    };
    let name = entry.file_name();
    if unfinished(&name.to_string_lossy()).is_some() { Ok(None) } else { raw_file(&path, &found).map(Some) }
}

/// Whether an entry is a folder, or a link to one.
fn is_folder(entry: &DirEntry) -> io::Result<bool> {
    let found = match entry.file_type() {
        Ok(kind) if !kind.is_symlink() => return Ok(kind.is_dir()),
        Ok(_) => metadata(entry.path()).map(|found| found.is_dir()),
        Err(error) => Err(error),
    };
    match found {
        Err(error) if leads_nowhere(&error) => Ok(false),
        found => found,
    }
}

/// Whether a folder is one of those that were gone through to get there. Only a link leads back to them.
fn leads_to(folder: &Path, above: &[PathBuf]) -> bool {
    above.contains(&real(folder))
}

/// A folder's path without links.
fn real(folder: &Path) -> PathBuf {
    folder.canonicalize().unwrap_or_else(|_| folder.to_owned())
}

/// Whether there is nothing where a path leads, or links that lead to each other.
fn leads_nowhere(error: &io::Error) -> bool {
    /// `ELOOP`, for which the standard library has no name yet.
    const TOO_MANY_LINKS: i32 = if cfg!(target_os = "linux") { 40 } else { 62 };
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
        || error.raw_os_error() == Some(TOO_MANY_LINKS)
}

fn cannot_list(path: &Path, error: &io::Error) -> Failure {
    Failure::List(format!("{}: {error}", path.display()).into())
}

fn raw_file(path: &Path, found: &Metadata) -> Result<RawFile> {
    let modified = found.modified().map_err(|error| cannot_list(path, &error))?;
    let url = Url::from_file_path(path).map_err(|()| Failure::List(path.display().to_string().into()))?;
    Ok(RawFile { url, size: found.len(), modified: DateTime::<Utc>::from(modified).timestamp_micros() })
}

#[cfg(all(test, unix))]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use std::ffi::OsStr;
    use std::io::Read;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::sources::testing::Place;
    use crate::sources::{list, open};
    use crate::storage::locate;

    /// The paths below the folder that a pattern matches, each of which can be read.
    fn found(place: &Place, pattern: &str) -> Vec<String> {
        let base = place.folder.path();
        let files = list(&place.storage, &[locate(base, pattern).unwrap()]).unwrap();
        let name = |file: &RawFile| {
            let mut text = String::new();
            open(&place.storage, file, 0).unwrap().read_to_string(&mut text).unwrap();
            assert_eq!(text, "line\n");
            file.url.to_file_path().unwrap().strip_prefix(base).unwrap().to_string_lossy().into_owned()
        };
        files.iter().map(name).collect()
    }

    #[test]
    fn links_that_lead_back_are_passed_over() {
        let place = Place::new();
        place.write("log/mail.log", b"line\n");
        place.write("old/x/mail.log", b"line\n");
        let base = place.folder.path();
        for (target, link) in
            [(".", "log/loop"), ("itself", "log/itself"), ("../../old", "old/x/up"), ("../old", "log/old")]
        {
            symlink(target, base.join(link)).unwrap();
        }
        assert_eq!(found(&place, "log/mail.log*"), ["log/mail.log"]);
        assert_eq!(found(&place, "log/*"), ["log/mail.log"]);
        assert_eq!(found(&place, "log/*/*/mail.log"), ["log/old/x/mail.log"]);
        assert_eq!(found(&place, "log/*/mail.log"), Vec::<String>::new());
        assert_eq!(found(&place, "log/**/mail.log"), ["log/mail.log", "log/old/x/mail.log"]);
        assert_eq!(found(&place, "*/**/*.log"), ["log/mail.log", "log/old/x/mail.log", "old/x/mail.log"]);
    }

    #[test]
    fn names_that_no_object_has_stop_nothing_and_are_read_where_they_match() {
        let place = Place::new();
        place.write("log/mail.log", b"line\n");
        let odd = [&b"\t"[..], b"\n", b"\x1b[2J", b"\xff"];
        for odd in odd {
            let folder = place.folder.path().join("log");
            std::fs::write(folder.join(OsStr::from_bytes(odd)), b"other").unwrap();
            std::fs::write(folder.join(OsStr::from_bytes(&[b"mail.err", odd].concat())), b"line\n").unwrap();
            let folder = folder.join(OsStr::from_bytes(&[b"mx", odd].concat()));
            std::fs::create_dir(&folder).unwrap();
            std::fs::write(folder.join("mail.log"), b"line\n").unwrap();
        }
        assert_eq!(found(&place, "log/mail.log*"), ["log/mail.log"]);
        let mut names = found(&place, "log/mail.err*");
        names.sort();
        assert_eq!(names, ["log/mail.err\t", "log/mail.err\n", "log/mail.err\x1b[2J", "log/mail.err\u{fffd}"]);
        assert_eq!(found(&place, "log/*/mail.log").len(), odd.len());
        assert_eq!(found(&place, "**/mail.log").len(), 1 + odd.len());
    }

    #[test]
    fn what_a_store_has_not_finished_is_passed_over() {
        let place = Place::new();
        for name in ["mail.log#1", "mail.log#a1", "mail.log#"] {
            place.write(name, b"line\n");
        }
        assert_eq!(found(&place, "mail.log*"), ["mail.log#", "mail.log#a1"]);
    }
}
