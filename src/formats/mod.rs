//! Server kinds: how each writes its log. One file and one line in [`FORMATS`] per server.
//!
//! A format decides in three steps, because most lines of a mail log are not ours: [`Style::wants_program`] turns a
//! line away by its program alone, [`Format::wants`] by a few bytes of its message, [`Format::parse`] reads what is
//! left. Parsing is anchored on program and fixed prefixes, so that text which a client chose can never forge a field.

pub mod aggregate;
pub(crate) mod bytes;
pub mod detect;
pub mod dovecot;
pub mod exchange;
pub mod exim;
pub mod haraka;
pub mod hmailserver;
mod ids;
pub mod kumomta;
mod m365;
pub mod mailtally;
pub mod opensmtpd;
pub mod postfix;
pub mod record;
pub mod redact;
pub mod sasl;
pub mod sendmail;
mod service;
pub mod ses;
mod smtp;
pub mod spelling;
pub mod stalwart;

use std::borrow::Cow;
use std::fmt;

use crate::calendar::Timestamp;
use crate::sources::framing::{Line, Style};
pub use record::Record;
use spelling::Spelling;

/// One server's way of logging submissions.
pub trait Format: Style + Sync {
    /// Its name in pipelines, on the command line and among the samples.
    fn name(&self) -> &'static str;

    /// The server's name as its makers write it.
    fn title(&self) -> &'static str;

    /// How sure it is that real logs are read right.
    fn evidence(&self) -> Evidence;

    /// What the log can tell.
    fn tells(&self) -> Tells;

    /// Whether a line of a wanted program may matter, by the first and last bytes of its message.
    fn wants(&self, program: &[u8], message: &[u8]) -> bool;

    /// Reads a line that is wanted; none where it turns out not to matter.
    ///
    /// # Errors
    /// Where the line begins like one that matters and does not go on like it.
    fn parse<'a>(&self, line: &Line<'a>) -> Result<Option<Record<'a>>, Unreadable>;

    /// The service that the program served, such as `submission`; none where the tag does not say it.
    fn service<'a>(&self, program: &'a [u8]) -> Option<&'a [u8]>;

    /// The service that a line's session is of, where the program alone does not say it.
    fn service_of<'a>(&self, line: &Line<'a>) -> Option<&'a [u8]> {
        self.service(line.program)
    }

    /// Whether a line is of a server that stands in front of this one and has a format of its own: it is no sign of how
    /// a file is written.
    fn is_of_front(&self, _line: &Line<'_>) -> bool {
        false
    }

    /// A line without the secrets that it may hold, for keeping it. Passwords are in the logs of some servers, and a
    /// line that cannot be read may be of any.
    fn redact<'a>(&self, raw: &'a [u8]) -> Cow<'a, [u8]> {
        redact::credentials(raw)
    }

    /// Why a line that looks like the server's, but has not what every line of its log has, cannot be read.
    fn unreadable(&self) -> &'static str {
        "no known log line"
    }

    /// What tells a line's session from the others of its host: the process, unless the server numbers its sessions.
    fn session(&self, line: &Line<'_>) -> u64 {
        line.pid.into()
    }

    /// How much later than their time says lines may stand in the log, in microseconds. A server that writes its log
    /// itself writes it in order; what comes by way of a queue does not. Where lines come late, a file is read from its
    /// beginning to its end, whichever days are asked for, and a message that comes again with its queue id counts once.
    fn late(&self) -> i64 {
        0
    }

    /// Whether a file's first lines say how the others are to be read: then no file is entered in its middle.
    fn has_header(&self) -> bool {
        false
    }

    /// Whether several logs of a source, of one host or of several, tell of one message: then all its files are one
    /// stream, and lines are joined whichever log is read first.
    fn joins_logs(&self) -> bool {
        false
    }

    /// What in a file's name tells a log that repeats lines of another log beside it, and what stands there in that
    /// one's name. Both are of one stream, and a refusal that both tell of counts once.
    fn repeats_log(&self) -> Option<[&'static str; 2]> {
        None
    }

    /// How the server writes accounts and addresses, where not as they are.
    fn spelling(&self) -> Spelling {
        Spelling::default()
    }

    /// Whether a line of its own says that a session's client has authenticated. Then what is rejected before it is
    /// nobody's submission, and what is rejected behind it can be judged when its message is over.
    fn announces_logins(&self) -> bool {
        false
    }

    /// Whether the server takes no login without TLS. Then whatever it makes of one proves TLS, also where the line that
    /// says the version is lost; but for `503`, which it answers to a login that it does not offer.
    fn logins_prove_tls(&self) -> bool {
        false
    }

    /// How long a session may last before it logs in, where no line says that it begins: in a log that goes back further,
    /// nothing is missing that stood in front of the login. None where lines say that sessions begin.
    fn begins_within(&self) -> Option<i64> {
        None
    }

    /// Whether a session of a service, of a host that says TLS versions, is in the clear as long as no line says one. Not
    /// where there may be TLS of which only the session's end tells, or no line at all.
    fn silence_is_cleartext(&self, _service: &[u8]) -> bool {
        true
    }

    /// Bytes that every line which says a session's TLS version holds, to find such lines quickly. None where a
    /// message's own line says whether there was TLS, or every session's lines do, so that there is nothing to prove.
    fn tls_mark(&self) -> Option<&'static [u8]>;

    /// The exact instant that an id in the line encodes, to learn the year of stamps without one.
    fn instant(&self, line: &Line<'_>) -> Option<Timestamp>;
}

/// How a format is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// Logs of real servers, of the versions named, compared with what their clients recorded.
    RealLogs(&'static str),
    /// The server's documentation or source only.
    Documentation,
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RealLogs(versions) => write!(f, "real logs ({versions})"),
            Self::Documentation => write!(f, "documentation only"),
        }
    }
}

/// What a server's log can tell of a submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tells {
    /// The TLS version.
    pub tls_version: &'static str,
    /// The cipher.
    pub cipher: &'static str,
    /// The account.
    pub account: &'static str,
    /// The SASL mechanism.
    pub mechanism: &'static str,
    /// The number of recipients.
    pub recipients: &'static str,
}

/// Why a line that looked like ours could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable(pub &'static str);

/// Every format, in the order in which they are listed to people.
pub static FORMATS: &[&dyn Format] = &[
    &postfix::Postfix,
    &exim::Exim,
    &sendmail::Sendmail,
    &opensmtpd::OpenSmtpd,
    &exchange::Exchange,
    &hmailserver::HMailServer,
    &dovecot::Dovecot,
    &haraka::Haraka,
    &stalwart::Stalwart,
    &kumomta::KumoMta,
    &ses::Ses,
    &mailtally::Mailtally,
];

/// The format of a name.
#[must_use]
pub fn format(name: &str) -> Option<&'static dyn Format> {
    FORMATS.iter().copied().find(|format| format.name() == name)
}

impl fmt::Debug for dyn Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
