//! The same lines in other files: cut, packed, named, listed, copied otherwise.

use super::answer::{self, Answer, rotated};
use super::place::{self, Place};
use super::raw::{self, PACKINGS, gzip, line_end};

/// The rows of one source whose files are these.
#[track_caller]
fn assert_rows<'a>(source: &str, files: impl IntoIterator<Item = (String, &'a [u8])>, expected: &Answer, what: &str) {
    let name = if source == place::MX1 { "mx1" } else { "mx2" };
    let place = Place::new(&[source]);
    place.logs(name, files);
    place.ingest();
    place.rows().assert_is(expected, what);
}

#[test]
fn one_file_is_as_good_as_many() {
    let whole = raw::MX1.concat();
    assert_rows(place::MX1, [("mail.log".to_owned(), &whole[..])], &answer::MX1, "mx1 in one file");
    let whole = raw::MX2.concat();
    assert_rows(place::MX2, [("maillog".to_owned(), &whole[..])], &answer::MX2, "mx2 in one file");
}

/// Of a large file a run looks at the ends first. What the lines at its end mean may stand at its beginning, and the first
/// line may be the rest of one that was cut off.
#[test]
fn both_ends_of_a_large_file_are_understood() {
    let per_day = 1_000;
    let ids = || (2..=6).flat_map(|day| (0..per_day).map(move |number| (day, number)));
    let row = |(day, number)| {
        let (minute, second) = (number / 60, number % 60);
        format!("2026-03-{day:02}T10:{minute:02}:{second:02}Z,alice@example.org,TLSv1.3,1,{day}-{number}\n")
    };
    let csv = "ts,account,tls_version,recipients,queue_id\n".to_owned() + &ids().map(row).collect::<String>();
    let object = |(day, number)| {
        let (minute, second) = (number / 60, number % 60);
        format!(
            "{{\"ts\":\"2026-03-{day:02}T10:{minute:02}:{second:02}Z\",\"account\":\"alice@example.org\",\
             \"tls_version\":\"TLSv1.3\",\"recipients\":1,\"queue_id\":\"{day}-{number}\"}}\n"
        )
    };
    let json = "queue_id\":\"Q0\"}\n".to_owned() + &ids().map(object).collect::<String>();
    for (text, rejected) in [(csv, 0), (json, 1)] {
        let place = Place::new(&["[[sources]]\nname = \"mx4\"\nformat = \"mailtally\"\nfiles = [\"logs/mx4/*\"]\n"]);
        place.log("mx4/mx4.log", text.as_bytes());
        let lines = place.ingest().built("mx4", 2..=6).json()["ingested"].as_array().unwrap().clone();
        assert_eq!(lines.iter().map(|day| day["lines_rejected"].as_u64().unwrap()).sum::<u64>(), rejected);
        let expected = (2..=6).map(|day| format!("2026-03-{day:02},alice@example.org,TLSv1.3,{per_day},{per_day}"));
        assert_eq!(place.daily(), expected.collect::<Vec<_>>());
    }
}

#[test]
fn many_small_files_are_as_good_as_few() {
    let whole = raw::MX1.concat();
    let pieces =
        (0..12).map(|piece| line_end(&whole, piece * whole.len() / 12)).chain([whole.len()]).collect::<Vec<_>>();
    let mut files = vec![whole[..pieces[0]].to_vec()];
    files.extend(pieces.windows(2).map(|ends| whole[ends[0]..ends[1]].to_vec()));
    assert_rows(place::MX1, rotated(&files), &answer::MX1, "mx1 in 13 files");
}

/// A log that was copied and truncated while its writer kept its place begins with a hole of NUL bytes. And its first line
/// may be longer than what is looked at.
#[test]
fn the_first_line_may_come_late() {
    let hole = |length: usize| move |_: usize| vec![0; length];
    assert_comes_late("a hole", hole(60_000));
    assert_comes_late("a large hole", hole(70_000));
    // Two logs that begin with the same line would be taken for one.
    assert_comes_late("a long line", |file| format!("{file}{}\n", "x".repeat(70_000)).into_bytes());
}

/// The rows are the same with this before each file's first line.
#[track_caller]
fn assert_comes_late(what: &str, before: impl Fn(usize) -> Vec<u8>) {
    let files = raw::MX1.iter().enumerate().map(|(file, log)| [before(file), log.clone()].concat());
    let files = files.collect::<Vec<_>>();
    assert_rows(place::MX1, rotated(&files), &answer::MX1, what);
    let packed = rotated(&files).map(|(name, bytes)| (name + ".gz", gzip(bytes))).collect::<Vec<_>>();
    let files = packed.iter().map(|(name, bytes)| (name.clone(), &bytes[..]));
    assert_rows(place::MX1, files, &answer::MX1, what);
}

#[test]
fn packing_changes_nothing() {
    for (ending, pack) in PACKINGS {
        let packed = rotated(&raw::MX1).map(|(name, bytes)| (name + ending, pack(bytes))).collect::<Vec<_>>();
        let files = packed.iter().map(|(name, bytes)| (name.clone(), &bytes[..]));
        assert_rows(place::MX1, files, &answer::MX1, &format!("mx1 as *{ending}"));
    }
}

/// Compression is known by content: names may lie about it.
#[test]
fn each_file_may_be_packed_otherwise() {
    let packed = rotated(&raw::MX2).zip(PACKINGS.iter().cycle());
    let packed = packed.map(|((name, bytes), (_, pack))| (name, pack(bytes))).collect::<Vec<_>>();
    let files = packed.iter().map(|(name, bytes)| (name.clone(), &bytes[..]));
    assert_rows(place::MX2, files, &answer::MX2, "mx2 in all packings");
}

#[test]
fn names_may_tell_the_wrong_order() {
    for (source, files, expected) in [(place::MX1, &raw::MX1, &answer::MX1), (place::MX2, &raw::MX2, &answer::MX2)] {
        let names = (b'a'..=b'z').map(|letter| format!("{}.log", char::from(letter)));
        let backwards = names.zip(files.iter().rev().map(|bytes| &bytes[..]));
        assert_rows(source, backwards, expected, "the newest file first");
    }
}

#[test]
fn files_may_be_listed_in_any_order() {
    let source = place::MX1.replace("\"logs/mx1/*\"", "\"logs/mx1/mail.log.1\", \"logs/mx1/mail.log\", \"logs/mx1/*\"");
    let place = Place::new(&[&source]);
    place.logs("mx1", rotated(&raw::MX1));
    place.ingest();
    place.rows().assert_is(&answer::MX1, "a file that two patterns match");
}

#[test]
fn copies_count_once() {
    let place = Place::new(&[place::MX1]);
    place.logs("mx1", rotated(&raw::MX1));
    place.log("mx1/mail.log.2.gz", &gzip(&raw::MX1[1]));
    place.log("mx1/copy of mail.log", &raw::MX1[3]);
    place.log("mx1/old/mail.log.1", &raw::MX1[2]);
    place.pipeline(&place::MX1.replace("\"logs/mx1/*\"", "\"logs/mx1/*\", \"logs/mx1/old/*\""));
    place.ingest();
    place.rows().assert_is(&answer::MX1, "copies under other names");
}

#[test]
fn a_copy_that_comes_later_opens_nothing() {
    let place = Place::new(&[place::MX1]);
    place.logs("mx1", rotated(&raw::MX1));
    place.ingest();
    place.log("mx1/mail.log.2.gz", &gzip(&raw::MX1[1]));
    place.log("mx1/saved", &raw::MX1[0]);
    place.ingest().built("mx1", []);
}

#[test]
fn overlapping_copies_count_once() {
    let whole = raw::MX1.concat();
    let at = |part: usize| line_end(&whole, whole.len() / 10 * part);
    let second_half = [("mail.log".to_owned(), &whole[..]), ("second half".to_owned(), &whole[at(5)..])];
    assert_rows(place::MX1, second_half, &answer::MX1, "all, and the second half again");
    let first_half = [("mail.log".to_owned(), &whole[at(4)..]), ("mail.log.1".to_owned(), &whole[..at(6)])];
    assert_rows(place::MX1, first_half, &answer::MX1, "two parts that share a fifth");
}
