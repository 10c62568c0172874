//! What a line says of a session: its client, its encryption, its commands and its end.

use crate::formats::bytes::leading_decimal;

/// The client's end of a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Client<'a> {
    /// Its name from reverse DNS; empty where there is none.
    pub name: &'a [u8],
    /// Its address.
    pub ip: &'a [u8],
}

/// What a line says of its session's encryption.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encrypted<'a> {
    /// Nothing.
    #[default]
    Unsaid,
    /// There is none.
    No,
    /// There is some, of a version that the line does not say.
    Yes,
    /// This.
    With {
        /// The protocol version as the server spells it.
        version: &'a [u8],
        /// The cipher as the server spells it.
        cipher: &'a [u8],
    },
}

/// A session of a client that has authenticated before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LoggedIn<'a> {
    /// Who.
    pub client: Client<'a>,
    /// The session's encryption.
    pub encrypted: Encrypted<'a>,
    /// The SASL mechanism.
    pub mechanism: &'a [u8],
    /// The identity that the server authenticated.
    pub account: &'a [u8],
}

/// A command of a client's, in a log that has the replies too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command<'a> {
    /// `EHLO` or `HELO`.
    Hello {
        /// What the client calls itself.
        helo: &'a [u8],
    },
    /// `MAIL FROM`.
    Mail {
        /// The envelope's sender.
        mail_from: &'a [u8],
    },
    /// `RCPT TO`.
    Recipient,
    /// `DATA` or `BDAT`.
    Data,
    /// `RSET`.
    Reset,
    /// One that changes nothing, but has its reply.
    Other,
}

/// What a server says of a session that is over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ended<'a> {
    /// Whose it was.
    pub client: Client<'a>,
    /// What the client called itself.
    pub helo: &'a [u8],
    /// The session's encryption.
    pub encrypted: Encrypted<'a>,
    /// Whether the client was allowed to send: where it had [tried](super::Record::Tried) to authenticate more often than that
    /// failed, it did.
    pub trusted: bool,
    /// The last reply that refused something, where that was an attempt to authenticate of which no other line tells;
    /// others may have gone the same way.
    pub auth_refused: &'a [u8],
}

/// What a server says it counted in a session that has ended; none of a command where it says nothing of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Whether the line has counters at all.
    pub present: bool,
    /// Successful authentications.
    pub auth: u32,
    /// Commands to authenticate that did not succeed.
    pub auth_failed: u32,
    /// Accepted `MAIL FROM` commands.
    pub mail: u32,
    /// Accepted recipients.
    pub recipients: u32,
    /// Messages taken over by `DATA`.
    pub data: u32,
    /// Chunks taken over by `BDAT`, of which a message may have several.
    pub chunks: u32,
    /// Successful `STARTTLS` commands.
    pub starttls: u32,
}

impl Counters {
    /// Reads ` ehlo=2 starttls=1 auth=1/2 mail=1 …`, as Postfix writes them since 3.0: of a pair, the first number
    /// counts what succeeded, and the second one all.
    #[must_use]
    pub fn read(text: &[u8]) -> Self {
        let mut counters = Counters::default();
        for equals in memchr::memchr_iter(b'=', text) {
            let (name, value) = (&text[..equals], &text[equals + 1..]);
            if !value.first().is_some_and(u8::is_ascii_digit) {
                continue;
            }
            let (count, rest) = leading_decimal(value);
            counters.present = true;
            match name.last_chunk() {
                Some(b" auth") => {
                    let all = rest.strip_prefix(b"/").map_or(count, |all| leading_decimal(all).0);
                    (counters.auth, counters.auth_failed) = (count, all.saturating_sub(count));
                }
                Some(b" mail") => counters.mail = count,
                Some(b" rcpt") => counters.recipients = count,
                Some(b" data") => counters.data = count,
                Some(b" bdat") => counters.chunks = count,
                Some(b"rttls") => counters.starttls = count,
                _ => {}
            }
        }
        counters
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_count_what_succeeded() {
        let found =
            Counters::read(b" ehlo=2 starttls=1 auth=1/2 mail=7 rcpt=11/12 data=6 rset=1 quit=1 commands=30/31");
        let expected = Counters {
            present: true,
            auth: 1,
            auth_failed: 1,
            mail: 7,
            recipients: 11,
            data: 6,
            chunks: 0,
            starttls: 1,
        };
        assert_eq!(found, expected);
        assert_eq!(Counters::read(b""), Counters::default());
        let auth = |text: &[u8]| (Counters::read(text).auth, Counters::read(text).auth_failed);
        assert_eq!([auth(b" auth=0/3 quit=1"), auth(b" auth=2"), auth(b" auth=2/")], [(0, 3), (2, 0), (2, 0)]);
    }
}
