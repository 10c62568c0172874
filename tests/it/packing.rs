//! Compressed copies of a log, and logs cut at line ends.

use std::io::Write;

/// A way to compress a file: the ending of its name, and how.
pub(crate) type Packer = (&'static str, fn(&[u8]) -> Vec<u8>);

/// Every compression that is read.
pub(crate) const PACKERS: [Packer; 4] = [(".gz", gzip), (".zst", zstd), (".xz", xz), (".bz2", bzip2)];

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

pub(crate) fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 0);
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A gzip file's decoded bytes, all members.
pub(crate) fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::new();
    std::io::copy(&mut flate2::read::MultiGzDecoder::new(bytes), &mut decoded).unwrap();
    decoded
}

/// The offset behind the first line end at or behind `near`.
pub(crate) fn line_end(bytes: &[u8], near: usize) -> usize {
    let near = near.min(bytes.len());
    memchr::memchr(b'\n', &bytes[near..]).map_or(bytes.len(), |end| near + end + 1)
}

/// The text in pieces that end at the line ends behind these offsets.
pub(crate) fn split<'a>(bytes: &'a [u8], near: &[usize]) -> Vec<&'a [u8]> {
    let mut ends = near.iter().map(|near| line_end(bytes, *near)).collect::<Vec<_>>();
    ends.sort_unstable();
    ends.push(bytes.len());
    let mut start = 0;
    ends.into_iter().map(|end| &bytes[std::mem::replace(&mut start, end)..end]).collect()
}

#[test]
fn a_text_is_split_at_line_ends() {
    assert_eq!(split(b"a\nbb\nccc", &[3, 1]), [&b"a\n"[..], b"bb\n", b"ccc"]);
    assert_eq!(split(b"a\n", &[9]), [&b"a\n"[..], b""]);
}
