//! Small numbers as Parquet packs them: a mixture of runs of one number and of groups of eight with only the bits
//! that are needed.
//!
//! Format: <https://parquet.apache.org/docs/file-format/data-pages/encodings/#RLE>.

/// Numbers in a packed group.
const GROUP: usize = 8;

/// The bits that numbers up to `largest` need.
pub(super) fn width(largest: u32) -> u32 {
    u32::BITS - largest.leading_zeros()
}

/// Appends numbers that have `width` bits at most.
pub(super) fn pack(numbers: &[u32], width: u32, out: &mut Vec<u8>) {
    // Where the groups begin that are not yet written; a run may only follow whole groups.
    let mut groups = 0;
    let mut at = 0;
    while at < numbers.len() {
        let run = numbers[at..].iter().take_while(|number| **number == numbers[at]).count();
        if run < GROUP {
            at = (at + GROUP).min(numbers.len());
            continue;
        }
        pack_groups(&numbers[groups..at], width, out);
        put_varint((run as u64) << 1, out);
        out.extend_from_slice(&numbers[at].to_le_bytes()[..width.div_ceil(8) as usize]);
        at += run;
        groups = at;
    }
    pack_groups(&numbers[groups..], width, out);
}

/// Groups of eight; the last one is filled up with zeros.
fn pack_groups(numbers: &[u32], width: u32, out: &mut Vec<u8>) {
    if numbers.is_empty() {
        return;
    }
    let groups = numbers.len().div_ceil(GROUP);
    put_varint((groups as u64) << 1 | 1, out);
    let end = out.len() + groups * width as usize;
    let (mut bits, mut held) = (0_u64, 0);
    for number in numbers {
        bits |= u64::from(*number) << held;
        held += width;
        if held >= u32::BITS {
            out.extend_from_slice(&(bits as u32).to_le_bytes());
            bits >>= u32::BITS;
            held -= u32::BITS;
        }
    }
    out.extend_from_slice(&(bits as u32).to_le_bytes());
    out.resize(end, 0);
}

/// A number in groups of seven bits, the lowest first.
fn put_varint(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(numbers: &[u32], width: u32) -> Vec<u8> {
        let mut out = Vec::new();
        pack(numbers, width, &mut out);
        out
    }

    #[test]
    fn the_specification_packs_so() {
        // The example of the specification: 0 to 7 in three bits each.
        assert_eq!(packed(&[0, 1, 2, 3, 4, 5, 6, 7], 3), [3, 0b1000_1000, 0b1100_0110, 0b1111_1010]);
    }

    #[test]
    fn what_repeats_is_a_run() {
        assert_eq!(packed(&[1; 8], 1), [16, 1]);
        assert_eq!(packed(&[300; 200], 9), [0x90, 0x03, 0x2c, 0x01]);
        assert_eq!(packed(&[0; 100], 0), [0xc8, 0x01]);
        assert!(packed(&[], 3).is_empty());
    }

    #[test]
    fn a_run_begins_behind_a_whole_group() {
        let numbers = [&[1, 0, 1][..], &[0; 5 + 9], &[1]].concat();
        assert_eq!(packed(&numbers, 1), [3, 0b101, 18, 0, 3, 1]);
    }

    #[test]
    fn widths_are_as_small_as_can_be() {
        assert_eq!([0, 1, 2, 255, 256, u32::MAX].map(width), [0, 1, 2, 8, 9, 32]);
    }
}
