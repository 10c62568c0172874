//! What is said of TLS: by `plugins/tls.js`, and by `connection.js` where the TLS library has found something wrong.

use memchr::memmem;

use super::pairs::Pairs;
use crate::formats::Unreadable;
use crate::formats::bytes::last_field;
use crate::formats::record::{Client, Record};

/// How lines of the plugin begin that may say something.
pub(super) const BEGINNINGS: [&[u8]; 2] = [SECURED, TIMEOUT];

const SECURED: &[u8] = b"secured: ";

/// What it says where a client does not go on with its handshake; up to 2.8.25 no more than this, then
/// `timeout setting up TLS`.
const TIMEOUT: &[u8] = b"timeout";

/// What the plugin says.
pub(super) fn of_plugin(text: &[u8]) -> Result<Option<Record<'_>>, Unreadable> {
    if matches!(text.strip_prefix(TIMEOUT), Some(b"" | b" setting up TLS")) {
        return Ok(Some(Record::TlsFailed { client: Client::default(), reason: text }));
    }
    text.strip_prefix(SECURED).map(secured).transpose()
}

/// `cipher=C version=V verified=false`.
///
/// Up to 2.8.25, V is not the session's but the oldest version that has the cipher (`getCipher()` in `tls_socket.js`;
/// since then it is `getProtocol()`). Of what newer ones have as well, that says nothing: `TLSv1.0`, which is `TLSv1` as
/// a session's, and `SSLv3`, which no Node.js speaks that says more than `TLSv1/SSLv3` of a cipher.
fn secured(text: &[u8]) -> Result<Record<'_>, Unreadable> {
    let get = |name: &[u8]| Pairs(text).find(|(key, _)| *key == name).map(|(_, value)| value);
    let version = match get(b"version").ok_or(UNREADABLE)? {
        b"TLSv1.0" | b"SSLv3" => b"",
        version => version,
    };
    Ok(Record::Secured { client: Client::default(), version, cipher: get(b"cipher").ok_or(UNREADABLE)? })
}

const UNREADABLE: Unreadable = Unreadable("secured: without a version");

/// ERROR in `client connection error: ERROR`, up to 2.8.27 `client [IP] connection error: ERROR` or with the client's
/// name in front of its address.
pub(super) fn connection_error(text: &[u8]) -> Option<&[u8]> {
    const SAID: &[u8] = b"connection error: ";
    let rest = text.strip_prefix(b"client ")?;
    let at = memmem::find(rest, SAID)?;
    (at == 0 || rest[..at].ends_with(b"] ")).then(|| &rest[at + SAID.len()..])
}

/// An error of the TLS library: of the handshake, unless the connection's end says that there was TLS. In plain text the
/// client's address is behind it, as a field.
pub(super) fn broken_handshake(error: &[u8]) -> Option<Record<'_>> {
    let error = last_field(error, b" ip=").map_or(error, |(error, _)| error);
    let library = memmem::find(error, b" routines:")?;
    let at = memchr::memrchr(b':', &error[..library])? + 1;
    Some(Record::TlsFailed { client: Client::default(), reason: error[at..].trim_ascii() })
}
