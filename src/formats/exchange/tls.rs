//! What a receive connector notes of TLS, cut to the names in it.

use memchr::memmem;

/// What stands between a version and the algorithms' names.
pub(super) const SUCCEEDED: &[u8] = b" negotiation succeeded";

/// Appends a note on TLS with the algorithms' names only: `TLS protocol VERSION negotiation succeeded NAME NAME NAME`
/// of `… succeeded using bulk encryption algorithm NAME with strength 256 bits, MAC hash algorithm NAME with …`.
/// Appends nothing of any other note, and says so.
pub(super) fn lay(note: &[u8], out: &mut Vec<u8>) -> bool {
    const ALGORITHM: &[u8] = b" algorithm ";
    if !note.starts_with(b"TLS protocol ") {
        return false;
    }
    let Some(end) = memmem::find(note, SUCCEEDED).map(|at| at + SUCCEEDED.len()) else { return false };
    out.extend_from_slice(&note[..end]);
    for at in memmem::find_iter(&note[end..], ALGORITHM) {
        let name = &note[end + at + ALGORITHM.len()..];
        let name = &name[..name.iter().position(|byte| matches!(byte, b' ' | b',')).unwrap_or(name.len())];
        out.push(b' ');
        out.extend_from_slice(algorithm(name));
    }
    true
}

/// The name of an algorithm that .NET had none for, by its number; see
/// <https://learn.microsoft.com/windows/win32/seccrypto/alg-id>.
fn algorithm(name: &[u8]) -> &[u8] {
    match name {
        b"26113" => b"CALG_DES",
        b"26114" => b"CALG_RC2",
        b"26115" => b"CALG_3DES",
        b"26126" => b"CALG_AES_128",
        b"26128" => b"CALG_AES_256",
        b"26625" => b"CALG_RC4",
        b"32771" => b"CALG_MD5",
        b"32772" => b"CALG_SHA1",
        b"32780" => b"CALG_SHA_256",
        b"32781" => b"CALG_SHA_384",
        b"41984" => b"CALG_RSA_KEYX",
        b"43522" => b"CALG_DH_EPHEM",
        b"44550" => b"CALG_ECDH_EPHEM",
        other => other,
    }
}
