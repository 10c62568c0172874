//! Queue ids: what they are made of.

/// By byte, whether it is an ASCII letter or digit: asked for each byte of each queue id.
pub(super) static IS_ALPHANUMERIC: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < table.len() {
        table[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    table
};
