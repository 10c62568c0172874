//! Where a zstd frame ends and how much it decodes to, without decoding it.
//!
//! A frame may state its content's size, but only if no second frame follows is that the file's length. Blocks state
//! their stored size, so the end is found by hopping from block to block: a hundred times faster than decoding.
//! [RFC 8878, section 3.1.1](https://www.rfc-editor.org/rfc/rfc8878#section-3.1.1).

use std::io;

/// The decoded length of a file of `size` stored bytes, if it is one whole frame that states it. `read_at` fills a
/// buffer from a stored offset.
pub(super) fn decoded_length(
    size: u64,
    mut read_at: impl FnMut(u64, &mut [u8]) -> io::Result<()>,
) -> io::Result<Option<u64>> {
    match read_frame(size, &mut read_at) {
        // The frame goes on past the end of the file: it was cut.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        length => length,
    }
}

fn read_frame(size: u64, read_at: &mut impl FnMut(u64, &mut [u8]) -> io::Result<()>) -> io::Result<Option<u64>> {
    let mut start = [0; LONGEST_HEADER];
    let known = LONGEST_HEADER.min(size as usize);
    read_at(0, &mut start[..known])?;
    let Some(header) = Header::parse(&start[..known]) else { return Ok(None) };
    let mut at = header.length;
    loop {
        let mut block = [0; 3];
        read_at(at, &mut block)?;
        let (last, repeated) = (block[0] & 1 == 1, block[0] >> 1 & 3 == 1);
        let stated = u64::from(u32::from_le_bytes([block[0], block[1], block[2], 0]) >> 3);
        at += 3 + if repeated { 1 } else { stated };
        if last {
            break;
        }
    }
    let end = at + if header.checksum { 4 } else { 0 };
    Ok((end == size).then_some(header.content))
}

/// Magic, descriptor, window, dictionary and content size at their longest.
const LONGEST_HEADER: usize = 4 + 1 + 1 + 4 + 8;

/// The header of a frame that states its content's size.
struct Header {
    length: u64,
    content: u64,
    checksum: bool,
}

impl Header {
    fn parse(start: &[u8]) -> Option<Self> {
        let descriptor = *start.strip_prefix(b"\x28\xb5\x2f\xfd")?.first()?;
        let content = zstd::zstd_safe::get_frame_content_size(start).ok()??;
        let single_segment = descriptor >> 5 & 1 == 1;
        let window = u64::from(!single_segment);
        let dictionary = [0, 1, 2, 4][usize::from(descriptor & 3)];
        let content_size = [u64::from(single_segment), 2, 4, 8][usize::from(descriptor >> 6)];
        let length = 4 + 1 + window + dictionary + content_size;
        Some(Self { length, content, checksum: descriptor >> 2 & 1 == 1 })
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use std::io::{Read, Write};

    use super::*;
    use crate::sources::testing::{lines, zstd};

    fn length(stored: &[u8]) -> Option<u64> {
        decoded_length(stored.len() as u64, |at, buffer| {
            let mut rest = stored.get(at as usize..).unwrap_or_default();
            rest.read_exact(buffer)
        })
        .unwrap()
    }

    /// A frame with a checksum and a stated size, as `zstd FILE` writes it.
    fn with_checksum(text: &[u8]) -> Vec<u8> {
        let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
        encoder.include_checksum(true).unwrap();
        encoder.set_pledged_src_size(Some(text.len() as u64)).unwrap();
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_single_frame_tells_its_length() {
        for text in [b"".to_vec(), b"line\n".to_vec(), vec![b'x'; 1 << 20], lines(50), lines(500), lines(50_000)] {
            assert_eq!(length(&zstd(&text)), Some(text.len() as u64));
            assert_eq!(length(&with_checksum(&text)), Some(text.len() as u64));
        }
    }

    #[test]
    fn anything_else_does_not() {
        let frame = zstd(&lines(50_000));
        assert_eq!(length(&[frame.clone(), frame.clone()].concat()), None);
        assert_eq!(length(&[&frame[..], b"\0"].concat()), None);
        assert_eq!(length(&frame[..frame.len() - 1]), None);
        assert_eq!(length(&frame[..5]), None);
        assert_eq!(length(&zstd::stream::encode_all(&lines(500)[..], 1).unwrap()), None, "no size stated");
    }
}
