//! Any bytes as a stored file: compressed, an export of the journal, or plain.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::{Arc, LazyLock};

use chrono_tz::Tz;
use object_store::ObjectStoreExt;
use url::Url;

use crate::formats::postfix::Postfix;
use crate::sources::{Blocks, Fingerprint, RawFile, look, look_through, open};
use crate::storage::Storage;
use crate::submissions::assemble::Settings;
use crate::submissions::pass::{self, Pass, PassFile, RejectedLine, Sink};
use crate::submissions::{Refusal, Submission};

/// A store in memory, and what runs it.
static STORAGE: LazyLock<(Arc<Storage>, tokio::runtime::Runtime)> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.expect("a runtime");
    (Arc::new(Storage::new(BTreeMap::new(), runtime.handle().clone())), runtime)
});

/// How much is decoded of a file at most: a few bytes can decode to very many.
const ENOUGH: u64 = 4 << 20;

/// How much is read as a log: junk that decodes to more takes seconds.
const FEW: usize = 256 << 10;

/// Opens the bytes as a file and reads it in several ways, which must agree.
pub fn any_bytes_as_a_file(bytes: &[u8]) {
    let Some(file) = stored("memory:///file", bytes) else { return };
    let storage = &STORAGE.0;
    let Ok(mut reader) = open(storage, &file, 0) else { return };
    let mut text = Vec::new();
    let whole = reader.by_ref().take(ENOUGH).read_to_end(&mut text).is_ok();
    if text.len() as u64 == ENOUGH {
        return;
    }
    let cut = usize::from(bytes.first().copied().unwrap_or_default()) * bytes.len() / 256;
    if text.len() < FEW
        && let Some(cut) = stored("memory:///cut", &bytes[..cut])
    {
        passes(&[file.clone(), cut, file.clone()], whole.then_some(text.len()));
    }
    let mut slow = Vec::new();
    let mut reader = open(storage, &file, 0).expect("it was opened before");
    let mut piece = [0; 7];
    let ended = loop {
        match reader.read(&mut piece) {
            Ok(0) => break true,
            Ok(read) => slow.extend_from_slice(&piece[..read]),
            Err(_) => break false,
        }
    };
    assert_eq!(whole, ended, "small reads end as large ones do");
    assert!(slow.starts_with(&text) || (!whole && text.starts_with(&slow)), "small reads give what large ones do");
    if !whole {
        return;
    }
    assert_eq!(slow.len(), text.len());
    blocks(&file, &text);
    looks(&file, &text, reader.truncated());
}

fn stored(url: &str, bytes: &[u8]) -> Option<RawFile> {
    let url = Url::parse(url).ok()?;
    let (store, path) = STORAGE.0.store(&url).ok()?;
    STORAGE.0.wait(store.put(&path, bytes.to_vec().into())).ok()?;
    Some(RawFile { url, size: bytes.len() as u64, modified: 0 })
}

/// A pass over files that hold the same ends, whether it is known that they do or not, and has read all of the first one.
fn passes(files: &[RawFile], length: Option<usize>) {
    let file = |file: &RawFile| PassFile {
        file: file.clone(),
        from: 0,
        year: 2026,
        first: Some(0),
        earliest: Some(0),
        goes_back: false,
        repeats_log: false,
    };
    for overlapping in [false, true] {
        let (files, settings) = (files.iter().map(file).collect(), Settings::default());
        let pass = Pass { files, days: None, format: &Postfix, zone: Tz::UTC, settings, overlapping };
        if let Ok(outcome) = pass::read(&STORAGE.0, &pass, &mut Nowhere) {
            let first = &outcome.files[0];
            assert!(first.to_end && length.is_none_or(|length| first.read_to == length as u64), "{first:?}");
        }
    }
}

/// Takes whatever comes.
struct Nowhere;

impl Sink for Nowhere {
    fn submission(&mut self, _: &Submission<&str>) {}
    fn refusal(&mut self, _: &Refusal<&str>) {}
    fn rejected(&mut self, _: RejectedLine<'_>) {}
}

/// Blocks hold the text, from any place of it.
fn blocks(file: &RawFile, text: &[u8]) {
    let from = text.len() / 3;
    let reader = open(&STORAGE.0, file, from as u64).expect("all of it can be read");
    let mut blocks = Blocks::new(reader);
    let mut joined = Vec::new();
    while let Some(block) = blocks.next_block(None).expect("all of it can be read") {
        assert_eq!(block.offset, (from + joined.len()) as u64);
        joined.extend(block.bytes);
    }
    assert!(joined == text[from..]);
}

/// What is known without reading the file is true of it. Where a gzip file is cut, its last bytes are no length.
fn looks(file: &RawFile, text: &[u8], truncated: bool) {
    let mut seen = look(&STORAGE.0, file).expect("all of it can be read");
    let (hole, behind) = text.split_at(seen.hole as usize);
    assert!(hole.iter().all(|byte| *byte == 0) && !behind.starts_with(b"\0"));
    assert!(behind.starts_with(&seen.head) && Fingerprint::of(behind).matches(&seen.head));
    assert!(truncated || seen.may_have_length(text.len() as u64) != Some(false));
    look_through(&STORAGE.0, &mut seen).expect("all of it can be read");
    assert_eq!(seen.length, Some(text.len() as u64));
    assert!(seen.tail.is_some_and(|tail| text.ends_with(&tail)));
}
