//! The raw logs of the scenarios: those of the sample, decoded and cut and packed in other ways, and lines written
//! for one point.

use std::io::Read;
use std::path::Path;
use std::sync::LazyLock;

use crate::packing::bzip2;
pub(super) use crate::packing::{gzip, line_end, xz};

/// The rotated files of one server from the oldest to the newest, decoded.
pub(super) type Rotated = Vec<Vec<u8>>;

/// The first server: RFC 3164 stamps, cut at 06:25 on 3, 6 and 9 March.
pub(super) static MX1: LazyLock<Rotated> = LazyLock::new(|| {
    ["mail.log.3.gz", "mail.log.2.gz", "mail.log.1", "mail.log"].map(|name| sample(&format!("mx1/{name}"))).into()
});

/// The second server: ISO stamps with +01:00, cut at its own midnight.
pub(super) static MX2: LazyLock<Rotated> = LazyLock::new(|| {
    let packed = (2..=10).map(|day| format!("maillog-202603{day:02}.{}", if day <= 3 { "xz" } else { "zst" }));
    packed.chain(["maillog".to_owned()]).map(|name| sample(&format!("mx2/{name}"))).collect()
});

/// The stored bytes of a sample file.
pub(super) fn stored(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_data/days").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn sample(name: &str) -> Vec<u8> {
    let stored = stored(name);
    let mut decoded = Vec::new();
    match name.rsplit('.').next() {
        Some("gz") => flate2::read::MultiGzDecoder::new(&stored[..]).read_to_end(&mut decoded).unwrap(),
        Some("xz") => liblzma::read::XzDecoder::new(&stored[..]).read_to_end(&mut decoded).unwrap(),
        Some("zst") => zstd::Decoder::new(&stored[..]).unwrap().read_to_end(&mut decoded).unwrap(),
        _ => return stored,
    };
    decoded
}

/// A way to pack a file: the ending of its name, and how.
pub(super) type Packing = (&'static str, fn(&[u8]) -> Vec<u8>);

/// Every way to pack, none at all among them.
pub(super) const PACKINGS: [Packing; 5] =
    [("", <[u8]>::to_vec), (".gz", gzip), (".zst", zstd_frame), (".xz", xz), (".bz2", bzip2)];

fn zstd_frame(bytes: &[u8]) -> Vec<u8> {
    zstd::bulk::compress(bytes, 1).unwrap()
}

/// The offset of the first line that begins with `stamp` or, as text, later: ISO stamps only.
pub(super) fn line_from(bytes: &[u8], stamp: &str) -> usize {
    let starts = std::iter::once(0).chain(memchr::memchr_iter(b'\n', bytes).map(|end| end + 1));
    starts
        .take_while(|start| *start < bytes.len())
        .find(|start| &bytes[*start..] >= stamp.as_bytes())
        .unwrap_or(bytes.len())
}

/// Such a log as another host's, between so many lines of its own server that none of it shows near the ends.
pub(super) fn amid(stamp: &str, log: &[u8]) -> Vec<u8> {
    let around = format!("{stamp} mx3 cron[1]: nothing\n").repeat(4_000).into_bytes();
    let log = String::from_utf8(log.to_vec()).unwrap().replace(" mx3 ", " mx9 ").into_bytes();
    [around.as_slice(), &log, &around].concat()
}

/// A Postfix log that is written line by line.
#[derive(Default)]
pub(super) struct Log {
    text: String,
}

impl Log {
    /// A line of the submission service.
    pub(super) fn smtpd(&mut self, stamp: &str, pid: u32, message: &str) -> &mut Self {
        self.line(&format!("{stamp} mx3 postfix/submission/smtpd[{pid}]: {message}"))
    }

    /// A line as it is.
    pub(super) fn line(&mut self, line: &str) -> &mut Self {
        self.text.push_str(line);
        self.text.push('\n');
        self
    }

    pub(super) fn connect(&mut self, stamp: &str, pid: u32) -> &mut Self {
        self.smtpd(stamp, pid, "connect from client.example.org[192.0.2.7]")
    }

    pub(super) fn tls(&mut self, stamp: &str, pid: u32, version: &str) -> &mut Self {
        self.smtpd(
            stamp,
            pid,
            &format!(
                "Anonymous TLS connection established from client.example.org[192.0.2.7]: \
                 {version} with cipher ECDHE-RSA-AES256-GCM-SHA384 (256/256 bits)"
            ),
        )
    }

    /// A message is opened.
    pub(super) fn open(&mut self, stamp: &str, pid: u32, queue_id: &str, account: &str) -> &mut Self {
        self.smtpd(
            stamp,
            pid,
            &format!("{queue_id}: client=client.example.org[192.0.2.7], sasl_method=PLAIN, sasl_username={account}"),
        )
    }

    /// A message is accepted.
    pub(super) fn queue(&mut self, stamp: &str, queue_id: &str) -> &mut Self {
        self.line(&format!(
            "{stamp} mx3 postfix/qmgr[9]: {queue_id}: from=<alice@example.org>, size=700, nrcpt=1 (queue active)"
        ))
    }

    /// The end of a session with TLS.
    pub(super) fn disconnect(&mut self, stamp: &str, pid: u32, messages: u32) -> &mut Self {
        self.ended(stamp, pid, "ehlo=2 starttls=1", messages)
    }

    fn ended(&mut self, stamp: &str, pid: u32, began: &str, messages: u32) -> &mut Self {
        let counted = format!("auth=1 mail={messages} rcpt={messages} data={messages} quit=1");
        self.smtpd(stamp, pid, &format!("disconnect from client.example.org[192.0.2.7] {began} {counted}"))
    }

    /// A whole session of one message, all in one second; in the clear where it has no version.
    pub(super) fn session(&mut self, stamp: &str, pid: u32, queue_id: &str, version: Option<&str>) -> &mut Self {
        self.connect(stamp, pid);
        if let Some(version) = version {
            self.tls(stamp, pid, version);
        }
        let began = if version.is_some() { "ehlo=2 starttls=1" } else { "ehlo=1" };
        self.open(stamp, pid, queue_id, "alice@example.org").queue(stamp, queue_id).ended(stamp, pid, began, 1)
    }

    /// The text so far.
    pub(super) fn bytes(&self) -> Vec<u8> {
        self.text.clone().into_bytes()
    }
}
