//! The least and the greatest text of a page or a column chunk, cut where they are long: the lower one down, the
//! upper one up, so that what lies between them stays between them.

/// Bytes of a bound, unless there is no shorter one.
const LONGEST: usize = 64;

/// The bounds of some texts.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bounds<'a>(Option<(&'a str, &'a str)>);

/// A bound, and whether it is one of the texts.
pub(super) type Bound = (Vec<u8>, bool);

impl<'a> Bounds<'a> {
    /// Takes another text in.
    pub(super) fn add(&mut self, text: &'a str) {
        self.0 = Some(self.0.map_or((text, text), |(least, greatest)| (least.min(text), greatest.max(text))));
    }

    /// Takes other bounds in.
    pub(super) fn join(&mut self, other: Self) {
        if let Some((least, greatest)) = other.0 {
            self.add(least);
            self.add(greatest);
        }
    }

    /// Both bounds; none where there is no text.
    pub(super) fn cut(self) -> Option<(Bound, Bound)> {
        self.0.map(|(least, greatest)| (lower(least), upper(greatest)))
    }
}

fn lower(text: &str) -> Bound {
    let cut = &text[..text.floor_char_boundary(LONGEST)];
    (cut.into(), cut.len() == text.len())
}

/// The text, or a shorter one that is greater: the last character that has a successor gives way to it.
fn upper(text: &str) -> Bound {
    let cut = &text[..text.floor_char_boundary(LONGEST)];
    if cut.len() == text.len() {
        return (text.into(), true);
    }
    let next = |last: char| (last as u32 + 1..).take(0x801).find_map(char::from_u32);
    let shorter = cut.char_indices().rev().find_map(|(at, last)| Some(format!("{}{}", &cut[..at], next(last)?)));
    shorter.map_or_else(|| (text.into(), true), |shorter| (shorter.into_bytes(), false))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::*;

    fn cut(texts: &[&str]) -> (String, String) {
        let mut bounds = Bounds::default();
        texts.iter().for_each(|text| bounds.add(text));
        let ((lower, _), (upper, _)) = bounds.cut().unwrap();
        (String::from_utf8(lower).unwrap(), String::from_utf8(upper).unwrap())
    }

    #[test]
    fn short_texts_are_their_own_bounds() {
        assert_eq!(cut(&["b", "", "ab"]), (String::new(), "b".into()));
        assert!(Bounds::default().cut().is_none());
    }

    #[test]
    fn long_texts_are_cut_and_stay_between() {
        for (last, expected) in [("ay", "az"), ("a\u{10ffff}", "b"), ("\u{d7ff}", "\u{e000}")] {
            let long = format!("{}{last}", "x".repeat(64 - last.len()));
            let text = format!("{long}and more");
            let (lower, upper) = cut(&[&text]);
            assert_eq!(lower, long);
            assert_eq!(upper, format!("{}{expected}", "x".repeat(64 - last.len())));
            assert!(lower < text && text < upper);
        }
    }

    #[test]
    fn without_a_greater_text_the_bound_is_whole() {
        let text = "\u{10ffff}".repeat(40);
        assert_eq!(cut(&[&text]).1, text);
    }
}
