//! Where the lines of a block end, for all of them at once: sixteen bytes are compared in one step, and where a line
//! ends decides no branch, so that lines of any length cost what their bytes cost.

use wide::u8x16;

/// Where a block's lines end. Its memory is used again for the next block.
#[derive(Debug, Default)]
pub struct LineEnds {
    /// The places, and behind them what is left of other blocks.
    at: Vec<u32>,
    found: usize,
    nul: bool,
}

/// Bytes whose line ends are found together: as many as a number has bits.
const TOGETHER: usize = 64;

impl LineEnds {
    /// Finds them in a block, which is far below 4 GiB.
    pub fn find(&mut self, block: &[u8]) {
        self.found = 0;
        let (chunks, rest) = block.as_chunks::<TOGETHER>();
        let mut least = u8x16::splat(u8::MAX);
        for (index, chunk) in chunks.iter().enumerate() {
            self.chunk(index * TOGETHER, chunk, &mut least);
        }
        let mut last = [b' '; TOGETHER];
        last[..rest.len()].copy_from_slice(rest);
        self.chunk(chunks.len() * TOGETHER, &last, &mut least);
        self.nul = least.simd_eq(u8x16::splat(0)).to_bitmask() != 0;
    }

    /// Where each `\n` stands, in order.
    #[must_use]
    pub fn places(&self) -> &[u32] {
        &self.at[..self.found]
    }

    /// Whether the block holds a NUL byte.
    #[must_use]
    pub fn has_nul(&self) -> bool {
        self.nul
    }

    #[inline]
    fn chunk(&mut self, start: usize, chunk: &[u8; TOGETHER], least: &mut u8x16) {
        if self.at.len() < self.found + TOGETHER {
            self.at.resize((2 * self.at.len()).max(4 * TOGETHER), 0);
        }
        let mut ends = 0u64;
        for (index, bytes) in chunk.as_chunks::<16>().0.iter().enumerate() {
            let bytes = u8x16::new(*bytes);
            *least = least.min(bytes);
            ends |= u64::from(bytes.simd_eq(u8x16::splat(b'\n')).to_bitmask()) << (16 * index);
        }
        // The first end is noted whether there is one or not, and counts only if there is. Few chunks have another.
        self.at[self.found] = start as u32 + ends.trailing_zeros();
        self.found += usize::from(ends != 0);
        ends &= ends.wrapping_sub(1);
        while ends != 0 {
            self.at[self.found] = start as u32 + ends.trailing_zeros();
            self.found += 1;
            ends &= ends - 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_block_of_line_ends_alone() {
        let mut ends = LineEnds::default();
        ends.find(&[b'\n'; 1000]);
        assert_eq!(ends.places(), (0..1000).collect::<Vec<_>>());
        ends.find(b"");
        assert_eq!((ends.places(), ends.has_nul()), (&[][..], false));
    }

    proptest! {
        #[test]
        fn as_memchr_finds_them(text in prop::collection::vec(prop_oneof![20 => Just(b'x'), 1 => Just(b'\n')], 0..700), nul: bool, at: usize) {
            let mut text = text;
            if nul && !text.is_empty() {
                let at = at % text.len();
                text[at] = 0;
            }
            let mut ends = LineEnds::default();
            for part in [&text[..], &text[text.len() / 3..]] {
                ends.find(part);
                prop_assert_eq!(ends.places(), memchr::memchr_iter(b'\n', part).map(|at| at as u32).collect::<Vec<_>>());
                prop_assert_eq!(ends.has_nul(), part.contains(&0));
            }
        }
    }
}
