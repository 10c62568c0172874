//! The decoders behind one face: bytes in, bytes out, and whether a stream has ended.
//!
//! The crates' `Read` adapters are not used: at an unexpected end of input they return an error and drop what they
//! have decoded already, and of a log that was cut by a crash every readable line counts.

use std::io::{self, Read};

use flate2::FlushDecompress;
use liblzma::stream::Action;
use zstd::stream::raw::{DParameter, Operation};
use zstd::zstd_safe::{get_error_name, zstd_sys::ZSTD_ErrorCode};

use super::decompress::Encoding;

/// What one step did.
pub(super) struct Step {
    /// Bytes taken from the input.
    pub(super) consumed: usize,
    /// Bytes written to the output.
    pub(super) produced: usize,
    /// Whether this was the end of a stream (a gzip member, a zstd frame).
    pub(super) ended: bool,
    /// What went wrong behind the bytes that were written.
    pub(super) failed: Option<io::Error>,
}

/// A decoder of one encoding.
pub(super) trait Codec: Send {
    /// Decodes as much as the input allows and the output holds. With an empty input, hands out what it still holds.
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> io::Result<Step>;

    /// Makes ready for the next stream in the same file.
    fn restart(&mut self) -> io::Result<()>;
}

/// The decoder of an encoding; none for plain files.
pub(super) fn codec(encoding: Encoding) -> io::Result<Option<Box<dyn Codec>>> {
    Ok(match encoding {
        Encoding::Plain => None,
        Encoding::Gzip => Some(Box::new(Gzip(new_gzip()))),
        Encoding::Zstd => Some(Box::new(Zstd(new_zstd()?))),
        Encoding::Xz => Some(Box::new(Xz(new_xz()?))),
        Encoding::Bzip2 => Some(Box::new(Bzip2(new_bzip2()))),
        Encoding::Utf16 => Some(Box::new(Utf16::new())),
    })
}

/// The file's own bytes are to blame, not the system.
fn damaged(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

/// [RFC 1952](https://www.rfc-editor.org/rfc/rfc1952): header, CRC and length are checked by the decoder.
struct Gzip(flate2::Decompress);

fn new_gzip() -> flate2::Decompress {
    const LARGEST_WINDOW: u8 = 15;
    flate2::Decompress::new_gzip(LARGEST_WINDOW)
}

impl Codec for Gzip {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> io::Result<Step> {
        let (before_in, before_out) = (self.0.total_in(), self.0.total_out());
        let status = self.0.decompress(input, output, FlushDecompress::None);
        Ok(Step {
            consumed: (self.0.total_in() - before_in) as usize,
            produced: (self.0.total_out() - before_out) as usize,
            ended: matches!(status, Ok(flate2::Status::StreamEnd)),
            failed: status.err().map(damaged),
        })
    }

    fn restart(&mut self) -> io::Result<()> {
        self.0 = new_gzip();
        Ok(())
    }
}

/// [RFC 8878](https://www.rfc-editor.org/rfc/rfc8878): also skippable frames, which decode to nothing.
struct Zstd(zstd::stream::raw::Decoder<'static>);

fn new_zstd() -> io::Result<zstd::stream::raw::Decoder<'static>> {
    /// As a power of two: as much memory may decoding take. The command line tool writes up to 27 unless told otherwise, and
    /// up to 31 where told to, which is 2 GiB for each file that is read.
    const LARGEST_WINDOW: u32 = 29;
    let mut decoder = zstd::stream::raw::Decoder::new()?;
    decoder.set_parameter(DParameter::WindowLogMax(LARGEST_WINDOW))?;
    Ok(decoder)
}

/// What zstd's error means, of which there is only the text.
fn not_decoded(error: io::Error) -> io::Error {
    let too_large = (ZSTD_ErrorCode::ZSTD_error_frameParameter_windowTooLarge as usize).wrapping_neg();
    if error.to_string() == get_error_name(too_large) {
        return io::Error::new(io::ErrorKind::Unsupported, error);
    }
    damaged(error)
}

impl Codec for Zstd {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> io::Result<Step> {
        let status = self.0.run_on_buffers(input, output).map_err(not_decoded)?;
        Ok(Step {
            consumed: status.bytes_read,
            produced: status.bytes_written,
            ended: status.remaining == 0,
            failed: None,
        })
    }

    fn restart(&mut self) -> io::Result<()> {
        self.0.reinit()
    }
}

/// [The .xz format](https://tukaani.org/xz/xz-file-format.txt).
struct Xz(liblzma::stream::Stream);

fn new_xz() -> io::Result<liblzma::stream::Stream> {
    Ok(liblzma::stream::Stream::new_stream_decoder(u64::MAX, 0)?)
}

impl Codec for Xz {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> io::Result<Step> {
        let (before_in, before_out) = (self.0.total_in(), self.0.total_out());
        let status = self.0.process(input, output, Action::Run);
        Ok(Step {
            consumed: (self.0.total_in() - before_in) as usize,
            produced: (self.0.total_out() - before_out) as usize,
            ended: matches!(status, Ok(liblzma::stream::Status::StreamEnd)),
            failed: status.err().map(damaged),
        })
    }

    fn restart(&mut self) -> io::Result<()> {
        self.0 = new_xz()?;
        Ok(())
    }
}

/// [bzip2](https://sourceware.org/bzip2/): a block of up to 900 kB is either whole or lost.
struct Bzip2(bzip2::Decompress);

fn new_bzip2() -> bzip2::Decompress {
    let small_memory = false;
    bzip2::Decompress::new(small_memory)
}

impl Codec for Bzip2 {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> io::Result<Step> {
        let (before_in, before_out) = (self.0.total_in(), self.0.total_out());
        let status = self.0.decompress(input, output);
        if matches!(status, Ok(bzip2::Status::MemNeeded)) {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        Ok(Step {
            consumed: (self.0.total_in() - before_in) as usize,
            produced: (self.0.total_out() - before_out) as usize,
            ended: matches!(status, Ok(bzip2::Status::StreamEnd)),
            failed: status.err().map(damaged),
        })
    }

    fn restart(&mut self) -> io::Result<()> {
        self.0 = new_bzip2();
        Ok(())
    }
}

/// [UTF-16](https://www.rfc-editor.org/rfc/rfc2781) with a byte order mark, made into UTF-8. What is no character becomes
/// a replacement character.
struct Utf16 {
    /// It looks for the mark of either order.
    decoder: encoding_rs::Decoder,
    text: Vec<u8>,
    given: usize,
    /// Whether the bytes so far end within two that belong together.
    odd: bool,
}

impl Utf16 {
    fn new() -> Self {
        Self { decoder: encoding_rs::UTF_16LE.new_decoder(), text: Vec::new(), given: 0, odd: false }
    }
}

impl Codec for Utf16 {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> io::Result<Step> {
        let mut consumed = 0;
        if self.given == self.text.len() && !input.is_empty() {
            let longest = self.decoder.max_utf8_buffer_length(input.len()).ok_or(io::ErrorKind::OutOfMemory)?;
            self.text.resize(longest, 0);
            let written;
            (_, consumed, written, _) = self.decoder.decode_to_utf8(input, &mut self.text, false);
            self.text.truncate(written);
            self.given = 0;
            self.odd ^= consumed % 2 == 1;
        }
        let produced = (&self.text[self.given..]).read(output)?;
        self.given += produced;
        let ended = input.is_empty() && self.given == self.text.len() && !self.odd;
        Ok(Step { consumed, produced, ended, failed: None })
    }

    fn restart(&mut self) -> io::Result<()> {
        *self = Self::new();
        Ok(())
    }
}
