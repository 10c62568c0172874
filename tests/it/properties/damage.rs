//! What crashes, shippers and people do to log files.

use proptest::prelude::*;
use proptest::sample::Index;

use crate::packing::line_end;

/// Bytes that mean something somewhere in a line.
const TELLING: [&[u8]; 24] = [
    b"\n",
    b"\r\n",
    b"\0\0\0\0",
    b" ",
    b": ",
    b"[",
    b"]",
    b"<",
    b">",
    b"{",
    b"\"",
    b"\\u00",
    b"\xff",
    b"\xef\xbb\xbf",
    b", sasl_username=",
    b"client=",
    b"from=<",
    b" (queue active)",
    b"message repeated 4294967296 times: [ ",
    b"NOQUEUE: reject: RCPT from ",
    b"Feb 29 23:59:60 ",
    b"9999-12-31T23:59:59.999999999+99:99 ",
    b"[99999999999]",
    b"disconnect from x[1] auth=99999999999/0",
];

/// One thing that goes wrong at some place.
#[derive(Clone, Debug)]
pub(super) enum Damage {
    /// A byte is another one.
    Change(Index, u8),
    /// Bytes are gone.
    Lose(Index, u8),
    /// The rest is gone.
    Cut(Index),
    /// Bytes stand where none should be.
    Insert(Index, Index),
    /// A line goes on in the next one.
    Join(Index),
    /// A line comes again, elsewhere.
    Repeat(Index, Index),
}

impl Arbitrary for Damage {
    type Parameters = ();
    type Strategy = BoxedStrategy<Self>;

    fn arbitrary_with((): ()) -> Self::Strategy {
        let place = any::<Index>;
        prop_oneof![
            (place(), any::<u8>()).prop_map(|(at, byte)| Self::Change(at, byte)),
            (place(), any::<u8>()).prop_map(|(at, length)| Self::Lose(at, length)),
            place().prop_map(Self::Cut),
            (place(), place()).prop_map(|(at, what)| Self::Insert(at, what)),
            place().prop_map(Self::Join),
            (place(), place()).prop_map(|(from, to)| Self::Repeat(from, to)),
        ]
        .boxed()
    }
}

impl Damage {
    /// Does it to a file.
    pub(super) fn inflict(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        let place = |index: &Index| index.index(bytes.len());
        match self {
            Self::Change(at, byte) => {
                let at = place(at);
                bytes[at] = *byte;
            }
            Self::Lose(at, length) => {
                let at = place(at);
                let end = (at + usize::from(*length)).min(bytes.len());
                bytes.drain(at..end);
            }
            Self::Cut(at) => bytes.truncate(place(at)),
            Self::Insert(at, what) => {
                let at = place(at);
                bytes.splice(at..at, what.get(&TELLING).iter().copied());
            }
            Self::Join(near) => {
                let end = line_end(bytes, place(near)) - 1;
                bytes.remove(end);
            }
            Self::Repeat(from, to) => {
                let from = line_end(bytes, place(from));
                let line = bytes[from..line_end(bytes, from)].to_vec();
                let to = line_end(bytes, place(to));
                bytes.splice(to..to, line);
            }
        }
    }
}
