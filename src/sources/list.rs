//! Which raw files there are: URLs with wildcards, matched level by level.
//!
//! Wildcards are the shell's ([`glob`]): `*`, `?` and `[..]` stay within a folder, `**` crosses folders, and none
//! of them matches a name that begins with a dot, because copy programs write unfinished files under such names.
//! Only folders that can hold a match are listed, so that `/var/log/mail.log*` does not walk all of `/var/log`;
//! just what lies below a `**` is walked whole.
//!
//! A URL is percent-encoded and an object's path is not: patterns are decoded first, found paths encoded last.
//! Local folders are listed by [`folders`], without the store, which lists none in which one name can be no object's; all
//! else by [`objects`].

use glob::{MatchOptions, Pattern};
use object_store::path::Path as ObjectPath;
use serde::{Deserialize, Serialize};
use url::{Position, Url};

use super::{Cause, Error, Result, folders, objects};
use crate::calendar::Timestamp;
use crate::storage::{Storage, display, local_path};

/// A raw file as it was when the store listed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawFile {
    /// Where it lies.
    #[serde(with = "url_text")]
    pub url: Url,
    /// Bytes as stored, that is, compressed ones where it is compressed. Reading stops there even if the file has
    /// grown since, so that a run sees one state of it.
    pub size: u64,
    /// When it was last written.
    pub modified: Timestamp,
}

/// The files that any of the patterns matches, sorted by URL, each once, without empty ones. A pattern that ends in
/// `/` takes all files directly in that folder.
///
/// # Errors
/// Where a pattern is malformed, a store does not answer, or a pattern without wildcards names no file. That a
/// pattern with wildcards matches nothing is for the caller to judge.
pub fn list(storage: &Storage, patterns: &[Url]) -> Result<Vec<RawFile>> {
    let mut files = Vec::new();
    for pattern in patterns {
        files.extend(list_one(storage, pattern)?);
    }
    files.retain(|file| file.size > 0);
    files.sort_by(|one, other| one.url.cmp(&other.url));
    files.dedup_by(|one, other| one.url == other.url);
    Ok(files)
}

/// Whether files can be listed by a pattern: what [`list`] would say of it before it asks a store.
///
/// # Errors
/// Where it is malformed.
pub fn check_pattern(pattern: &Url) -> Result<()> {
    steps(&parts(pattern)?).map(drop).map_err(|failure| failure.of(pattern))
}

fn list_one(storage: &Storage, pattern: &Url) -> Result<Vec<RawFile>> {
    let (store, _) = storage.store(pattern)?;
    let parts = parts(pattern)?;
    let is_local = local_path(pattern).is_some();
    let found = if !parts.iter().any(|part| is_wild(part)) {
        let path = parts.join("/");
        let file = if is_local { folders::named(&path) } else { storage.wait(objects::named(&store, pattern, &path)) };
        file.map(|file| vec![file])
    } else {
        let matched = |steps: Vec<Step<'_>>| {
            if is_local { folders::matching(&steps) } else { storage.wait(objects::matching(&store, pattern, &steps)) }
        };
        steps(&parts).and_then(matched)
    };
    found.map_err(|failure| failure.of(pattern))
}

/// The pattern's decoded path, part by part. `?` and `#` count as path, though a URL calls what follows them
/// query and fragment: nobody who writes `s3://bucket/mail.log.?` means those.
fn parts(pattern: &Url) -> Result<Vec<String>> {
    let text = &pattern[Position::BeforePath..];
    let path =
        ObjectPath::from_url_path(text).map_err(|source| Error::BadPath { pattern: display(pattern), source })?;
    let mut parts: Vec<String> = path.as_ref().split('/').map(str::to_owned).collect();
    if path.is_root() || text.ends_with('/') {
        parts.push("*".to_owned());
    }
    parts.retain(|part| !part.is_empty());
    Ok(parts)
}

/// One step down a pattern, from the folders that match so far.
pub(super) enum Step<'a> {
    /// To what has this name in them.
    Enter(&'a str),
    /// To the folders in them whose names match.
    Folders(Pattern),
    /// To the files in them whose names match.
    Files(Pattern),
    /// To the files at any depth below them whose paths from there match.
    Below(Pattern),
}

/// The way down a pattern with wildcards: it ends with files.
fn steps(parts: &[String]) -> std::result::Result<Vec<Step<'_>>, Failure> {
    let pattern = |text: &str| Pattern::new(text).map_err(Failure::Pattern);
    let mut steps = Vec::new();
    for (depth, part) in parts.iter().enumerate() {
        if part.contains("**") {
            steps.push(Step::Below(pattern(&parts[depth..].join("/"))?));
            break;
        }
        steps.push(match part {
            part if depth + 1 == parts.len() => Step::Files(pattern(part)?),
            part if is_wild(part) => Step::Folders(pattern(part)?),
            part => Step::Enter(part),
        });
    }
    Ok(steps)
}

/// Why a pattern cannot be followed, before the pattern's name is put to it.
pub(super) enum Failure {
    Pattern(glob::PatternError),
    Path(object_store::path::Error),
    /// The file that is named is not there.
    Missing,
    /// It is a folder.
    Folder,
    /// It is a pipe or a device.
    NoFile,
    /// It cannot be opened.
    Open(Cause),
    /// A folder cannot be listed.
    List(Cause),
}

impl Failure {
    fn of(self, pattern: &Url) -> Error {
        let pattern = display(pattern);
        match self {
            Self::Pattern(source) => Error::BadPattern { pattern, source },
            Self::Path(source) => Error::BadPath { pattern, source },
            Self::Missing => Error::Missing { pattern },
            Self::Folder => Error::Folder { pattern },
            Self::NoFile => Error::NoFile { pattern },
            Self::Open(source) => Error::Open { file: pattern, source },
            Self::List(source) => Error::List { pattern, source },
        }
    }
}

fn is_wild(part: &str) -> bool {
    part.contains(['*', '?', '['])
}

pub(super) fn matches(pattern: &Pattern, path: &str) -> bool {
    let shell =
        MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };
    pattern.matches_with(path, shell)
}

/// A URL as text, since `url` itself is built without serde here.
mod url_text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use url::Url;

    pub(super) fn serialize<S: Serializer>(url: &Url, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(url.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Url, D::Error> {
        Url::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use std::slice;

    use object_store::ObjectStoreExt;

    use super::*;
    use crate::sources::testing::{Place, put};
    use crate::storage::locate;

    /// The paths below the folder that the patterns match.
    fn found(place: &Place, patterns: &[&str]) -> Vec<String> {
        let base = place.folder.path();
        let patterns: Vec<Url> = patterns.iter().map(|text| locate(base, text).unwrap()).collect();
        let files = list(&place.storage, &patterns).unwrap();
        let name = |file: &RawFile| file.url.to_file_path().unwrap().strip_prefix(base).unwrap().display().to_string();
        files.iter().map(name).collect()
    }

    fn place(names: &[&str]) -> Place {
        let place = Place::new();
        for name in names {
            place.write(name, b"line\n");
        }
        place
    }

    #[test]
    fn wildcards_stay_within_a_folder() {
        let place =
            place(&["mail.log", "mail.log.1", "mail.log.2.gz", "old/mail.log", "a/x.log", "b/x.log", "b/c/x.log"]);
        assert_eq!(found(&place, &["mail.log*"]), ["mail.log", "mail.log.1", "mail.log.2.gz"]);
        assert_eq!(found(&place, &["mail.log.?"]), ["mail.log.1"]);
        assert_eq!(found(&place, &["mail.log.[!1]*"]), ["mail.log.2.gz"]);
        assert_eq!(found(&place, &["*/x.log"]), ["a/x.log", "b/x.log"]);
        assert_eq!(found(&place, &["*/c/x.log"]), ["b/c/x.log"]);
        assert_eq!(found(&place, &["**/x.log"]), ["a/x.log", "b/c/x.log", "b/x.log"]);
        assert_eq!(found(&place, &["b/**/*.log"]), ["b/c/x.log", "b/x.log"]);
    }

    #[test]
    fn a_folder_means_the_files_directly_in_it() {
        let place = place(&["logs/one", "logs/two", "logs/deep/three", "logs/.one.partial"]);
        let folder = Url::from_directory_path(place.folder.path().join("logs")).unwrap();
        let files = list(&place.storage, &[folder]).unwrap();
        assert_eq!(files.len(), 2);
        assert_eq!(files[0].size, 5);
        assert!(files[0].modified > 1_577_836_800_000_000, "in microseconds, after 2020: {files:?}");
    }

    #[test]
    fn odd_names_lead_back_to_their_files() {
        let names = ["a mail.log", "b#mail#1.log", "c%20.log", "d?.log", "e[1].log", "f ü.log"];
        let place = place(&names);
        assert_eq!(found(&place, &["*.log"]), names);
        assert_eq!(
            found(&place, &["c%20.*", "b#mail#1.log", "a mail.log"]),
            ["a mail.log", "b#mail#1.log", "c%20.log"]
        );
        assert_eq!(found(&place, &["e[[]1].log"]), ["e[1].log"]);
        let files = list(&place.storage, &[locate(place.folder.path(), "*.log").unwrap()]).unwrap();
        for file in files {
            let (store, path) = place.storage.store(&file.url).unwrap();
            assert_eq!(place.storage.wait(store.head(&path)).unwrap().size, 5);
        }
    }

    #[test]
    fn each_file_comes_once_and_empty_ones_never() {
        let place = place(&["mail.log"]);
        place.write("mail.err", b"");
        assert_eq!(found(&place, &["mail.*", "mail.log", "*.log"]), ["mail.log"]);
    }

    #[test]
    fn nothing_matched_is_empty_and_nothing_named_is_an_error() {
        let place = place(&["logs/mail.log"]);
        assert!(found(&place, &["*.txt", "nowhere/*/x", "nowhere/**/x"]).is_empty());
        for missing in ["logs/mail.lgo", "nowhere/mail.log"] {
            let url = locate(place.folder.path(), missing).unwrap();
            let message = list(&place.storage, &[url]).unwrap_err().to_string();
            assert!(message.contains(missing) && message.contains("does not exist: check"), "{message}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_said() {
        let place = place(&["logs/mail.log"]);
        let error = |name: &str| {
            let url = locate(place.folder.path(), name).unwrap();
            list(&place.storage, &[url]).unwrap_err().to_string()
        };
        assert!(error("logs").contains("logs is a folder: write "), "{}", error("logs"));
        assert_eq!(found(&place, &["logs/"]), ["logs/mail.log"]);
        assert!(error("/dev/null").starts_with("/dev/null is no regular file"), "{}", error("/dev/null"));
    }

    #[test]
    fn a_malformed_pattern_is_named() {
        let place = place(&["mail.log"]);
        for bad in ["mail.[", "**mail/x"] {
            let url = locate(place.folder.path(), bad).unwrap();
            for error in [list(&place.storage, slice::from_ref(&url)).unwrap_err(), check_pattern(&url).unwrap_err()] {
                assert!(matches!(&error, Error::BadPattern { pattern, .. } if pattern.ends_with(bad)), "{error}");
            }
        }
        for good in ["mail.log", "mail.[!a]*", "**/mail.[12]", "a]/b"] {
            check_pattern(&locate(place.folder.path(), good).unwrap()).unwrap_or_else(|error| panic!("{error}"));
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_broken_ones_skipped() {
        let place = place(&["real/mail.log"]);
        let base = place.folder.path();
        std::os::unix::fs::symlink(base.join("real/mail.log"), base.join("link.log")).unwrap();
        std::os::unix::fs::symlink(base.join("gone"), base.join("broken.log")).unwrap();
        assert_eq!(found(&place, &["*.log"]), ["link.log"]);
    }

    #[test]
    fn an_object_store_is_listed_the_same_way() {
        let place = Place::new();
        for path in ["logs/mx1/mail.log", "logs/mx1/mail.log.1", "logs/mx2/mail log", "logs2/mail.log"] {
            put(&place.storage, &format!("memory:///{path}"), b"line\n");
        }
        let urls = |pattern: &str| -> Vec<String> {
            let files = list(&place.storage, &[Url::parse(pattern).unwrap()]).unwrap();
            files.into_iter().map(|file| file.url.into()).collect()
        };
        assert_eq!(urls("memory:///logs/*/mail.log?1"), ["memory:///logs/mx1/mail.log.1"]);
        assert_eq!(urls("memory:///logs/*/mail%20*"), ["memory:///logs/mx2/mail%20log"]);
        assert_eq!(urls("memory:///logs/mx1/").len(), 2);
        assert_eq!(urls("memory:///**").len(), 4);
    }

    #[test]
    fn a_file_travels_as_json() {
        let url = Url::parse("s3://bucket/mail%20log").unwrap();
        let file = RawFile { url, size: 7, modified: 1_772_323_200_000_000 };
        let text = serde_json::to_string(&file).unwrap();
        assert_eq!(text, r#"{"url":"s3://bucket/mail%20log","size":7,"modified":1772323200000000}"#);
        assert_eq!(serde_json::from_str::<RawFile>(&text).unwrap(), file);
    }
}
