//! Files that two sources of one format list: what is in them counts for each of the two. Several formats may well share a
//! file, such as a syslog that two servers write to.

use std::collections::BTreeMap;
use std::collections::hash_map::Entry;

use rustc_hash::FxHashMap;
use url::Url;

use super::import::Imports;
use super::ingest::Planned;
use crate::storage::display;

/// Files that two sources read in the same format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shared {
    /// The two sources.
    pub sources: [String; 2],
    /// The first of the files.
    pub file: String,
    /// How many more there are.
    pub more: usize,
}

/// What the sources of logs and of other products' reports share.
#[must_use]
pub fn shared(planned: &[Planned<'_>], imports: &Imports) -> Vec<Shared> {
    let logs = planned.iter().flat_map(|planned| {
        let (source, prepared) = (planned.source.name.as_str(), &planned.prepared);
        let read = prepared.streams.iter().flat_map(|stream| stream.files.iter().map(|file| &file.look.file));
        read.chain(&prepared.older).map(move |file| (source, prepared.format.name(), &file.url))
    });
    let reports = imports.listed.iter().flat_map(|(source, aggregate, files)| {
        files.iter().map(move |file| (source.as_str(), aggregate.name, &file.url))
    });
    among(logs.chain(reports))
}

/// Of files by source and format, those that a source before has in the same format.
fn among<'a>(files: impl Iterator<Item = (&'a str, &'a str, &'a Url)>) -> Vec<Shared> {
    let mut first = FxHashMap::<_, &str>::default();
    let mut found = BTreeMap::<[&str; 2], (&Url, usize)>::new();
    for (source, format, file) in files {
        match first.entry((format, file)) {
            Entry::Occupied(other) => {
                let of_both = found.entry([*other.get(), source]);
                of_both.and_modify(|(one, more)| (*one, *more) = (file.min(*one), *more + 1)).or_insert((file, 0));
            }
            Entry::Vacant(free) => {
                free.insert(source);
            }
        }
    }
    let shared = |(sources, (file, more)): ([&str; 2], (&Url, usize))| Shared {
        sources: sources.map(str::to_owned),
        file: display(file),
        more,
    };
    found.into_iter().map(shared).collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_shared_by_sources_of_one_format() {
        let files = ["mx1.log", "mx10.log", "mx11.log"].map(|name| Url::parse(&format!("s3://logs/{name}")).unwrap());
        let [mx1, mx10, mx11] = &files;
        let listed = [
            ("mx1", "postfix", mx1),
            ("mx1", "postfix", mx10),
            ("mx1", "postfix", mx11),
            ("front", "dovecot", mx1),
            ("mx1x", "postfix", mx11),
            ("mx1x", "postfix", mx10),
            ("mx11", "postfix", mx11),
        ];
        let pair = |other: &str, file: &Url, more| Shared {
            sources: ["mx1".to_owned(), other.to_owned()],
            file: file.to_string(),
            more,
        };
        assert_eq!(among(listed.into_iter()), [pair("mx11", mx11, 0), pair("mx1x", mx10, 1)]);
        assert_eq!(among(listed[..4].iter().copied()), []);
    }
}
