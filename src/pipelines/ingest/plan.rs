//! Which days are to be built, and why: a pure function of what the files are now and what the ledger says.

use std::collections::{BTreeMap, BTreeSet};

use xxhash_rust::xxh3::xxh3_64;

use super::kept::Kept;
use super::ledger::{Entry, Ledger};
use super::outcome::{DayInputs, FileInput, Task};
use super::reason::{Change, Reason};
use crate::calendar::{Day, DayRange, HOUR, Timestamp};
use crate::submissions::assemble::HORIZON;
use crate::submissions::streams::{Stream, StreamFile};
use crate::submissions::tls::TlsLogging;

/// How far beyond its known first and last line a file may matter: logs are a little out of order, and a session that
/// is open at midnight has its lines on both sides of it.
const SLACK: i64 = HOUR;

/// How far before and behind a day a file may begin or end and still matter to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reach {
    before: i64,
    after: i64,
}

impl Reach {
    /// That of a day that nothing is known of yet, of lines that come so late.
    fn usual(late: i64) -> Self {
        Self::of(true, false, late)
    }

    /// That of a day that was built: as far as lines are joined, where a session's beginning or the end of something
    /// was in no file.
    pub(super) fn of(closed: bool, orphans: bool, late: i64) -> Self {
        let reach = |far: bool| if far { HORIZON.max(late) } else { SLACK.max(late) };
        Self { before: reach(orphans), after: reach(!closed) }
    }
}

/// A source as it is found now.
#[derive(Clone, Debug)]
pub struct Found<'a> {
    /// Its name.
    pub source: &'a str,
    /// The digest of its settings.
    pub settings: &'a str,
    /// How [late](crate::formats::Format::late) its lines may come.
    pub late: i64,
    /// Its streams, and which hosts of each log TLS versions.
    pub streams: Vec<(&'a Stream, TlsLogging)>,
}

/// Which days a run is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Those of the range whose inputs have changed.
    Changed(DayRange),
    /// All of the range.
    All(DayRange),
}

/// What is to be done for a source.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// The passes.
    pub tasks: Vec<Task>,
    /// The days to be built, and why.
    pub days: BTreeMap<Day, Reason>,
    /// The days that would become poorer: they are left as they are.
    pub kept: BTreeMap<Day, Kept>,
    /// Those of the days to be built of which only reading tells whether a file holds them. One that none holds is not built
    /// after all; where the lake has it, it is left as it is.
    pub unsure: BTreeMap<Day, Option<Kept>>,
}

impl Wanted {
    /// The days that the run may touch.
    #[must_use]
    pub fn range(self) -> DayRange {
        match self {
            Self::Changed(days) | Self::All(days) => days,
        }
    }

    /// The same without the days before `start`.
    pub(super) fn since(self, start: Day) -> Self {
        let since = |days: DayRange| DayRange { start: days.start.max(start), ..days };
        match self {
            Self::Changed(days) => Self::Changed(since(days)),
            Self::All(days) => Self::All(since(days)),
        }
    }
}

/// Plans a source.
#[must_use]
pub fn plan(found: &Found<'_>, ledger: &Ledger, wanted: Wanted, allow_fewer_inputs: bool) -> Plan {
    let held = days_held(found, wanted.range());
    let known = ledger.days(found.source).filter(|day| wanted.range().contains(*day));
    let mut plan = Plan::default();
    for day in known.chain(held.keys().copied()).collect::<BTreeSet<_>>() {
        let entry = ledger.entry(found.source, day);
        let Some(reason) = reason(found, entry, day, wanted) else { continue };
        let gone = entry.map(|entry| gone(found, &entry.inputs)).unwrap_or_default();
        let left = held.contains_key(&day);
        let poorer = !gone.is_empty();
        let (asked, new_lines) = (matches!(wanted, Wanted::All(_)), reason.is_new_lines());
        let kept = |left: bool| Kept { why: reason.clone(), gone, left, undone: asked || new_lines };
        if !poorer || (allow_fewer_inputs && left) {
            if held.get(&day) != Some(&Held::Surely) && (poorer || entry.is_none()) {
                plan.unsure.insert(day, poorer.then(|| kept(false)));
            }
            plan.days.insert(day, reason);
        } else if asked || left || !new_lines {
            // Where no file holds the day, a new one merely begins or ends near it.
            plan.kept.insert(day, kept(left));
        }
    }
    plan.tasks = tasks(found, ledger, &plan.days);
    plan
}

/// Why a day is to be built; none where it is as it should be.
fn reason(found: &Found<'_>, entry: Option<&Entry>, day: Day, wanted: Wanted) -> Option<Reason> {
    let Some(entry) = entry else { return Some(Reason::New) };
    let unfinished = (!entry.whole).then_some(Change::Unfinished);
    match (unfinished.or_else(|| change(found, &entry.inputs, day)), wanted) {
        (Some(change), _) => Some(Reason::Changed(change)),
        (None, Wanted::All(_)) => Some(Reason::Asked),
        (None, Wanted::Changed(_)) => None,
    }
}

/// How sure it is that a file holds a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Held {
    /// The file's end is not known, or lines out of order may be of the day.
    Perhaps,
    /// It lies between the file's first and last line.
    Surely,
}

/// The days of the range that a file of the source can hold.
fn days_held(found: &Found<'_>, range: DayRange) -> BTreeMap<Day, Held> {
    let mut days = BTreeMap::new();
    let mut hold = |held: Held, (first, last): (Timestamp, Timestamp)| {
        let (from, to) = (Day::of(first).max(range.start), Day::of(last).min(range.last()));
        days.extend(DayRange::inclusive(from, to).days().map(|day| (day, held)));
    };
    let files =
        || found.streams.iter().flat_map(|(stream, _)| (0..stream.files.len()).map(move |file| (*stream, file)));
    for (stream, file) in files() {
        let (Some(extent), Some((first, last))) = (stream.files[file].extent, span(stream, file, range)) else {
            continue;
        };
        hold(Held::Perhaps, (first.min(extent.earliest), extent.latest.unwrap_or(last.saturating_add(found.late))));
    }
    for StreamFile { first, last, .. } in files().map(|(stream, file)| &stream.files[file]) {
        let Some(first) = *first else { continue };
        let last = last.unwrap_or(first);
        hold(Held::Surely, (first.min(last), first.max(last)));
    }
    days
}

/// From when to when a file has lines, as far as that is known; none where no line in sight has a time.
fn span(stream: &Stream, file: usize, range: DayRange) -> Option<(Timestamp, Timestamp)> {
    let (first, lower) = (stream.files[file].first?, stream.files[file].lower()?);
    Some((lower, stream.upper(file).unwrap_or(range.end.start()).max(first)))
}

/// Whether a file may hold lines that matter to a day.
pub(super) fn can_hold(stream: &Stream, file: usize, day: Day, reach: Reach) -> bool {
    span(stream, file, DayRange::single(day))
        .is_some_and(|(first, last)| first < day.end() + reach.after && last >= day.start() - reach.before)
}

/// What has changed since a day was built.
fn change(found: &Found<'_>, entry: &DayInputs, day: Day) -> Option<Change> {
    if entry.settings != found.settings {
        return Some(Change::Settings);
    }
    found.streams.iter().find_map(|(stream, tls_logging)| {
        let before = entry.streams.iter().find(|before| before.is_of(stream));
        let decided = before.and_then(|before| before.undecided.iter().find(|host| tls_logging.of(host)));
        if let Some(host) = decided {
            return Some(Change::LogsTls(host.clone()));
        }
        let reach =
            before.map_or(Reach::usual(found.late), |before| Reach::of(before.closed, before.orphans, found.late));
        let files = stream.files.iter().enumerate().filter(|(place, _)| can_hold(stream, *place, day, reach));
        files.map(|(_, file)| file).find_map(|file| match before.and_then(|before| before.record_of(file)) {
            None => Some(Change::NewFile(name(file))),
            Some(then) => (!then.closed && has_grown(file, then)).then(|| Change::Grown(name(file))),
        })
    })
}

/// What a day was built from and what is not there any more: files, or shorter ones now; and the proof that a host
/// logs TLS versions, unless the operator says that none does.
fn gone(found: &Found<'_>, entry: &DayInputs) -> Vec<String> {
    let there = |then: &FileInput| {
        let mut now = found.streams.iter().flat_map(|(stream, _)| stream.began_as(&then.fingerprint));
        now.any(|file| file.look.length.is_none_or(|length| length >= then.to))
    };
    let files = entry.streams.iter().flat_map(|stream| &stream.files);
    let files = files.filter(|then| !there(then)).map(|then| then.name.clone());
    let unproven = |host: &&String| {
        let mut streams = found.streams.iter();
        !streams.any(|(_, tls_logging)| *tls_logging == TlsLogging::Never || tls_logging.of(host))
    };
    let hosts = entry.streams.iter().flat_map(|stream| &stream.decided).filter(unproven);
    files.chain(hosts.map(|host| format!("a line in which host {host} says a TLS version"))).collect()
}

/// Whether a file holds more than when it was read to its end.
fn has_grown(file: &StreamFile, then: &FileInput) -> bool {
    match file.look.length {
        Some(length) => length > then.length && then.to_end,
        None => then.to_end && file.look.may_have_length(then.length) != Some(true),
    }
}

/// One pass per stream and run of days that follow one another.
fn tasks(found: &Found<'_>, ledger: &Ledger, days: &BTreeMap<Day, Reason>) -> Vec<Task> {
    let digests = days.keys().map(|day| (*day, digest(found, *day))).collect::<BTreeMap<_, _>>();
    let mut tasks = Vec::new();
    for (place, (stream, _)) in found.streams.iter().enumerate() {
        let can_hold = |file: usize, day: Day| can_hold(stream, file, day, Reach::usual(found.late));
        let holds = |day: Day| (0..stream.files.len()).any(|file| can_hold(file, day));
        // A day that the stream had once and has no more, because its stamps are read otherwise now, is emptied.
        let held = |day: Day| {
            let entry = ledger.entry(found.source, day);
            entry.is_some_and(|entry| entry.inputs.streams.iter().any(|before| before.is_of(stream)))
        };
        for range in DayRange::group(days.keys().copied().filter(|day| holds(*day) || held(*day))) {
            let held = |file: &usize| range.days().any(|day| can_hold(*file, day));
            let bytes = (0..stream.files.len()).filter(held).map(|file| stream.files[file].look.file.size).sum();
            tasks.push(Task {
                source: found.source.to_owned(),
                stream: place,
                name: stream.name.clone(),
                days: range,
                digests: range.days().filter_map(|day| Some((day, digests.get(&day)?.clone()))).collect(),
                bytes,
            });
        }
    }
    tasks
}

/// What a day is built from, as 16 hexadecimal digits: the names of its data files carry it.
fn digest(found: &Found<'_>, day: Day) -> String {
    let mut text = format!("{} {} {day}\n", env!("CARGO_PKG_VERSION"), found.settings);
    for (stream, tls_logging) in &found.streams {
        text.push_str(&format!("{tls_logging:?}\n"));
        let files = (0..stream.files.len()).filter(|file| can_hold(stream, *file, day, Reach::usual(found.late)));
        for file in files.map(|file| &stream.files[file]) {
            let length = file.look.length.unwrap_or(file.look.file.size);
            text.push_str(&format!("{:032x} {length}\n", file.fingerprint.hash));
        }
    }
    format!("{:016x}", xxh3_64(text.as_bytes()))
}

fn name(file: &StreamFile) -> String {
    crate::storage::display(&file.look.file.url)
}
