//! Inspecting real files: alone, together, cut off, copied, and of no known kind.

use std::io::Write;

use chrono_tz::Tz;

use super::*;
use crate::sources::list;
use crate::submissions::tls::TlsVersion;

const MORNING: &str = include_str!("../../../sample_data/raw/postfix/submission-starttls.log");
const PLAIN_NAMES: &str = include_str!("../../../sample_data/raw/postfix/plain-names.log");
const LONG_IDS: &str = include_str!("../../../sample_data/raw/postfix/long-queue-ids.log");

/// A folder with files, and the storage that reads it.
struct Place {
    folder: tempfile::TempDir,
    storage: Arc<Storage>,
    _runtime: tokio::runtime::Runtime,
}

impl Place {
    fn new(files: &[(&str, &[u8])]) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let storage = Arc::new(Storage::new(Default::default(), runtime.handle().clone()));
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            std::fs::write(folder.path().join(name), bytes).unwrap();
        }
        Self { folder, storage, _runtime: runtime }
    }

    /// The facts of all files, by name.
    fn inspect(&self, settings: &SourceSettings) -> Vec<(String, Result<Facts>)> {
        let pattern = Url::from_directory_path(self.folder.path()).unwrap();
        let files = list(&self.storage, &[pattern]).unwrap();
        let name = |file: &RawFile| file.url.path_segments().unwrap().next_back().unwrap().to_owned();
        inspect(&self.storage, settings, &files, &|_| {})
            .into_iter()
            .map(|(file, facts)| (name(&file), facts))
            .collect()
    }

    /// The facts of the only file.
    fn only(&self, settings: &SourceSettings) -> Facts {
        self.inspect(settings).remove(0).1.unwrap()
    }
}

fn settings() -> SourceSettings {
    SourceSettings { year: Some(2026), ..SourceSettings::default() }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_log_is_told_in_figures() {
    let facts = Place::new(&[("mail.log", MORNING.as_bytes())]).only(&settings());
    assert!(matches!(facts.format, FormatFound::Detected(format) if format.name() == "postfix"));
    let content = facts.content.unwrap();
    let lines = content.lines;
    assert_eq!(lines.read, MORNING.lines().count() as u64);
    assert_eq!(lines.read, lines.used + lines.ignored + lines.rejected);
    let rows = include_str!("../../../sample_data/raw/postfix/submission-starttls.rows.csv").lines().count() - 1;
    assert_eq!(content.counts.messages, rows as u64);
    assert_eq!(content.connections, MORNING.matches("]: connect from ").count() as u64);
    assert_eq!((content.year_from, content.tls), (YearFrom::Given, TlsEvidence::Logged));
    assert_eq!(content.read_to, MORNING.len() as u64);
}

#[test]
fn packed_or_not_the_facts_are_the_same() {
    let facts = |bytes: &[u8]| Place::new(&[("mail.log", bytes)]).only(&settings());
    let (plain, packed) = (facts(MORNING.as_bytes()), facts(&gzip(MORNING.as_bytes())));
    assert_eq!((packed.encoding, packed.decoded), (Encoding::Gzip, Some(MORNING.len() as u64)));
    assert_eq!(plain.glance, packed.glance);
    assert_eq!(plain.content.unwrap().counts, packed.content.unwrap().counts);
}

/// A message belongs to the file that completes it, and none is lost between two files.
#[test]
fn a_session_runs_from_one_file_into_the_next() {
    let opened = MORNING.find("client=").unwrap();
    let cut = opened + MORNING[opened..].find('\n').unwrap() + 1;
    let (before, behind) = MORNING.split_at(cut);
    let place = Place::new(&[("mail.log", behind.as_bytes()), ("mail.log.1", before.as_bytes())]);
    let found = place.inspect(&settings());
    let contents = found.into_iter().map(|(_, facts)| facts.unwrap().content.unwrap()).collect::<Vec<_>>();
    let whole = Place::new(&[("mail.log", MORNING.as_bytes())]).only(&settings()).content.unwrap();
    assert_eq!(contents[1].counts.messages, 0);
    assert_eq!(contents[0].counts.versions, whole.counts.versions);
    assert!(!contents[0].counts.versions.contains_key(&TlsVersion::Unknown));
}

#[test]
fn a_cut_file_tells_what_is_left_of_it() {
    let mut packed = gzip(MORNING.as_bytes());
    packed.truncate(packed.len() - 20);
    let facts = Place::new(&[("mail.log.2.gz", &packed)]).only(&settings());
    assert!(facts.truncated && facts.content.unwrap().lines.read > 0);
}

/// A zstd block can only be read whole.
#[test]
fn a_file_of_which_nothing_is_left_is_cut_off_and_of_no_unknown_format() {
    let mut packed = zstd::encode_all(MORNING.as_bytes(), 1).unwrap();
    packed.truncate(packed.len() - 20);
    let place = Place::new(&[("mail.log.2.zst", &packed)]);
    let files = list(&place.storage, &[Url::from_directory_path(place.folder.path()).unwrap()]).unwrap();
    let error = prepare(&place.storage, &SourceSettings::default(), &files, None, &[]).unwrap_err();
    assert!(error.to_string().contains("is cut off before its first line can be read"), "{error}");
}

#[test]
fn a_damaged_file_does_not_spoil_the_others() {
    let mut damaged = gzip(PLAIN_NAMES.repeat(2000).as_bytes());
    let middle = damaged.len() / 2;
    damaged[middle..middle + 64].fill(0xff);
    let place = Place::new(&[("a.log.gz", &damaged), ("b.log", MORNING.as_bytes()), ("c.log", b"PK\x03\x04 zip")]);
    let found = place.inspect(&settings());
    assert!(matches!(found[0].1, Err(Error::Sources(crate::sources::Error::Damaged { .. }))), "{:?}", found[0]);
    assert!(found[1].1.as_ref().unwrap().content.as_ref().unwrap().counts.messages > 0);
    assert!(matches!(found[2].1, Err(Error::Sources(crate::sources::Error::Unsupported { .. }))));
}

#[test]
fn a_copy_is_told_as_one() {
    let place = Place::new(&[("a.log", &MORNING.as_bytes()[..MORNING.len() / 2]), ("b.log", MORNING.as_bytes())]);
    let found = place.inspect(&settings());
    let copies = found.into_iter().map(|(_, facts)| facts.unwrap().content.unwrap().copy_of).collect::<Vec<_>>();
    assert!(copies[0].as_ref().unwrap().url.path().ends_with("b.log"));
    assert_eq!(copies[1], None);
}

#[test]
fn what_is_no_mail_log_is_told_without_figures() {
    let place = Place::new(&[("auth.log", b"Mar  1 09:00:00 mx1 sshd[1]: Accepted publickey\n")]);
    let facts = place.only(&settings());
    assert!(matches!(facts.format, FormatFound::Nothing) && facts.content.is_none());
    assert_eq!(facts.glance.busiest_programs(), [("sshd", 1)]);
}

/// A quiet file beside others of its server is read as they are.
#[test]
fn a_file_without_mail_goes_with_the_others() {
    let quiet = b"Mar  2 09:00:00 mx1 kernel: x\n";
    let place = Place::new(&[("mail.log", MORNING.as_bytes()), ("mail.log.1", quiet)]);
    let found = place.inspect(&settings());
    let facts = found[1].1.as_ref().unwrap();
    assert!(matches!(facts.format, FormatFound::OfOthers(_)));
    assert_eq!(facts.content.as_ref().unwrap().lines.ignored, 1);
}

#[test]
fn it_is_told_where_the_year_comes_from() {
    let unsaid = SourceSettings { timezone: Tz::Europe__Berlin, ..SourceSettings::default() };
    let from = |log: &str| Place::new(&[("mail.log", log.as_bytes())]).only(&unsaid).content.unwrap().year_from;
    assert_eq!(from(LONG_IDS), YearFrom::Ids);
    assert!(matches!(from(MORNING), YearFrom::Written(_)));
}

#[test]
fn it_is_told_how_tls_is_known() {
    let no_tls = include_str!("../../../sample_data/raw/postfix/no-tls-lines.log");
    let tls = |tls_logged| {
        let settings = SourceSettings { tls_logged, ..settings() };
        Place::new(&[("mail.log", no_tls.as_bytes())]).only(&settings).content.unwrap().tls
    };
    assert_eq!(tls(TlsLogged::Auto), TlsEvidence::Nowhere);
    assert_eq!(tls(TlsLogged::True), TlsEvidence::Given(true));
}

/// Of hMailServer, the setting changes nothing: whether TCP/IP was logged, its lines show.
#[test]
fn of_what_each_session_shows_only_the_rows_tell() {
    let tls = |log: &[u8], tls_logged| {
        let settings = SourceSettings { tls_logged, ..settings() };
        Place::new(&[("hmailserver.log", log)]).only(&settings).content.unwrap().tls
    };
    let without = include_bytes!("../../../sample_data/raw/hmailserver/names-in-clear.log");
    let with = include_bytes!("../../../sample_data/raw/hmailserver/tcpip-switched-on.log");
    for tls_logged in [TlsLogged::Auto, TlsLogged::True] {
        assert_eq!(tls(without, tls_logged), TlsEvidence::Nowhere);
        assert_eq!(tls(with, tls_logged), TlsEvidence::Logged);
    }
    assert_eq!(tls(with, TlsLogged::False), TlsEvidence::Given(false));
}

/// Two hosts in one file, of which one keeps silent about TLS.
#[test]
fn a_silent_host_is_told_apart() {
    let silent = include_str!("../../../sample_data/raw/postfix/no-tls-lines.log").replace(" mx1 ", " mx7 ");
    let facts = Place::new(&[("mail.log", [MORNING, &silent].concat().as_bytes())]).only(&settings());
    assert_eq!(facts.content.unwrap().tls, TlsEvidence::NotOf(["mx7".to_owned()].into()));
}

/// Behind Dovecot, Postfix has no TLS lines of its own.
#[test]
fn versions_that_a_server_in_front_says_are_known() {
    const BEHIND_DOVECOT: &str = "\
Mar  2 09:00:00 mx1 dovecot: submission-login: Login: user=<alice@corp.example.com>, method=PLAIN, rip=198.51.100.7, lip=192.0.2.25, mpid=496, TLS, TLSv1.2 with cipher ECDHE-RSA-AES256-GCM-SHA384 (256/256 bits), session=<aa>
Mar  2 09:00:01 mx1 postfix/smtpd[700]: A8E9C9D6893: client=localhost[127.0.0.1]
Mar  2 09:00:01 mx1 postfix/cleanup[701]: A8E9C9D6893: message-id=<m1@corp.example.com>
Mar  2 09:00:02 mx1 postfix/qmgr[702]: A8E9C9D6893: from=<alice@corp.example.com>, size=4736, nrcpt=5 (queue active)
Mar  2 09:00:02 mx1 dovecot: submission(alice@corp.example.com)<496><aa>: Successfully relayed message: from=<alice@corp.example.com>, size=4546, id=rPYe, nrcpt=5, reply=`250 2.0.0 Ok: 4736 bytes queued as A8E9C9D6893'
";
    let settings = SourceSettings { format: Some("postfix".into()), ..settings() };
    let content = Place::new(&[("mail.log", BEHIND_DOVECOT.as_bytes())]).only(&settings).content.unwrap();
    assert_eq!(content.counts.versions.into_iter().collect::<Vec<_>>(), [(TlsVersion::Tls12, 1)]);
    assert_eq!(content.tls, TlsEvidence::Logged);
}

#[test]
fn a_log_without_a_time_has_no_span() {
    const TIMELESS: &[u8] =
        b"[NOTICE] [1014A164-B54B-4A4B-8C4E-000000000001] [core] connect ip=198.51.100.1 port=5000 local_port=587\n";
    let settings = SourceSettings { format: Some("haraka".into()), ..settings() };
    let content = Place::new(&[("haraka.log", TIMELESS)]).only(&settings).content.unwrap();
    assert_eq!(content.span, None);
    let reasons = content.counts.reasons.into_keys().collect::<Vec<_>>();
    assert_eq!(reasons, ["no time that can be read: set timestamps=true in log.ini"]);
}

#[test]
fn a_report_of_another_product_is_told_from_a_log() {
    const REPORT: &[u8] =
        b"Sender address,TLS1.0%,TLS1.1%,TLS1.2%,Message count\nalice@corp.example.com,0%(0),0%(0),100%(7),7\n";
    let facts = Place::new(&[("smtp-auth_2026-03-01.csv", REPORT)]).only(&SourceSettings::default());
    assert!(matches!(facts.format, FormatFound::Report(report) if report.name == "m365"), "{:?}", facts.format);
    assert!(facts.content.is_none());
}
