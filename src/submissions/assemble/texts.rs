//! Texts of the log in buffers that are used again, so that a session or a message costs no allocation.

use crate::submissions::text;

/// A buffer that has grown beyond this many bytes is not kept for the next one.
const LARGEST_KEPT: usize = 4096;

/// A fixed number of texts, one behind the other in one buffer.
#[derive(Clone, Debug)]
pub(super) struct Texts<const N: usize> {
    bytes: Vec<u8>,
    ends: [usize; N],
}

impl<const N: usize> Default for Texts<N> {
    fn default() -> Self {
        Self { bytes: Vec::new(), ends: [0; N] }
    }
}

impl<const N: usize> Texts<N> {
    /// Sets all of them.
    pub(super) fn set(&mut self, texts: [&[u8]; N]) {
        self.bytes.clear();
        self.bytes.shrink_to(LARGEST_KEPT);
        for (end, text) in self.ends.iter_mut().zip(texts) {
            self.bytes.extend_from_slice(text);
            *end = self.bytes.len();
        }
    }

    /// Sets one of them, which costs least where the ones behind it are empty.
    pub(super) fn replace(&mut self, place: usize, text: &[u8]) {
        let (start, end) = (self.start(place), self.ends[place]);
        if end == self.bytes.len() {
            self.bytes.truncate(start);
            self.bytes.extend_from_slice(text);
        } else {
            self.bytes.splice(start..end, text.iter().copied());
        }
        let before = end - start;
        self.ends[place..].iter_mut().for_each(|end| *end = *end + text.len() - before);
    }

    /// One of them, as it was logged.
    pub(super) fn get(&self, place: usize) -> &[u8] {
        &self.bytes[self.start(place)..self.ends[place]]
    }

    /// Shows all of them as text. The buffer is looked through once; only where a byte in it is wrong is each text
    /// put right by itself.
    pub(super) fn show<R>(&mut self, show: impl FnOnce([&str; N]) -> R) -> R {
        let whole = match String::from_utf8(std::mem::take(&mut self.bytes)) {
            Ok(whole) if self.ends.iter().all(|end| whole.is_char_boundary(*end)) => whole,
            wrong => {
                self.bytes = wrong.map_or_else(std::string::FromUtf8Error::into_bytes, String::into_bytes);
                self.put_right()
            }
        };
        let shown = show(std::array::from_fn(|place| &whole[self.start(place)..self.ends[place]]));
        self.bytes = whole.into_bytes();
        shown
    }

    /// The texts with every wrong byte replaced; their ends move along.
    fn put_right(&mut self) -> String {
        let right: [_; N] = std::array::from_fn(|place| text(self.get(place)));
        let mut whole = String::new();
        for (end, text) in self.ends.iter_mut().zip(&right) {
            whole.push_str(text);
            *end = whole.len();
        }
        whole
    }

    fn start(&self, place: usize) -> usize {
        if place == 0 { 0 } else { self.ends[place - 1] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_set_shown_and_set_again() {
        let mut texts = Texts::default();
        texts.set([b"one", b"", b"three"]);
        assert_eq!(texts.get(2), b"three");
        texts.replace(2, b"3");
        texts.show(|texts| assert_eq!(texts, ["one", "", "3"]));
        texts.replace(0, b"eleven");
        texts.replace(1, b"two");
        texts.show(|texts| assert_eq!(texts, ["eleven", "two", "3"]));
        texts.set([b"", b"2", b""]);
        texts.show(|texts| assert_eq!(texts, ["", "2", ""]));
    }

    #[test]
    fn a_wrong_byte_is_replaced_in_its_own_text() {
        let mut texts = Texts::default();
        // The first text ends in the middle of a character that the second one seems to complete.
        texts.set([b"a\xC3", b"\xA9b"]);
        for _ in 0..2 {
            texts.show(|texts| assert_eq!(texts, ["a\u{FFFD}", "\u{FFFD}b"]));
        }
        texts.set([b"\xFF", "é".as_bytes()]);
        texts.show(|texts| assert_eq!(texts, ["\u{FFFD}", "é"]));
    }
}
