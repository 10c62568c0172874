//! Texts of a workbook: what XML does not allow is spelled out, and what is too long for Excel is cut visibly.

use std::fmt::Write as _;

/// UTF-16 units of the longest text that a cell holds.
const LONGEST: usize = 32_767;

/// Writes a cell of type text: nothing that is in it is run.
pub(super) fn cell(piece: &mut String, letters: &str, row: usize, style: Option<&str>, text: &str) {
    let style = style.unwrap_or_default();
    // Writing to a String cannot fail.
    let _ = write!(piece, "<c r=\"{letters}{row}\"{style} t=\"inlineStr\"><is><t xml:space=\"preserve\">");
    escape(piece, fitting(text));
    if fitting(text).len() < text.len() {
        piece.push('…');
    }
    piece.push_str("</t></is></c>");
}

/// As much of a text as a cell holds, with room for a mark where something is left out.
fn fitting(text: &str) -> &str {
    if text.len() <= LONGEST || text.encode_utf16().count() <= LONGEST {
        return text;
    }
    let mut units = 0;
    let end = text.char_indices().find(|(_, character)| {
        units += character.len_utf16();
        units >= LONGEST
    });
    end.map_or(text, |(at, _)| &text[..at])
}

/// What XML cannot hold is written as Excel writes it, `_x0001_`; text that looks like that is told apart by writing
/// its underscore so (ECMA-376, part 1, section 22.9.2.19).
fn escape(piece: &mut String, text: &str) {
    for (at, character) in text.char_indices() {
        match character {
            '&' => piece.push_str("&amp;"),
            '<' => piece.push_str("&lt;"),
            '>' => piece.push_str("&gt;"),
            '_' if is_spelled_out(&text.as_bytes()[at..]) => piece.push_str("_x005F_"),
            '\t' | '\n' => piece.push(character),
            '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => {
                let _ = write!(piece, "_x{:04X}_", u32::from(character));
            }
            plain => piece.push(plain),
        }
    }
}

fn is_spelled_out(text: &[u8]) -> bool {
    text.len() >= 7 && text[1] == b'x' && text[6] == b'_' && text[2..6].iter().all(u8::is_ascii_hexdigit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(text: &str) -> String {
        let mut piece = String::new();
        escape(&mut piece, text);
        piece
    }

    #[test]
    fn what_xml_cannot_hold_is_spelled_out() {
        assert_eq!(escaped("a\tb\r\n\0"), "a\tb_x000D_\n_x0000_");
        assert_eq!(escaped("_x0041_ _x41_"), "_x005F_x0041_ _x41_");
        assert_eq!(escaped("<a href='x'>&\"ü"), "&lt;a href='x'&gt;&amp;\"ü");
    }

    #[test]
    fn a_long_text_is_cut_and_says_so() {
        let mut piece = String::new();
        cell(&mut piece, "A", 2, None, &"é".repeat(LONGEST));
        assert_eq!(piece.matches('é').count(), LONGEST);
        let mut piece = String::new();
        cell(&mut piece, "A", 2, None, &"é".repeat(LONGEST + 1));
        assert_eq!((piece.matches('é').count(), piece.matches('…').count()), (LONGEST - 1, 1));
        // Outside the basic plane a character is two units.
        assert_eq!(fitting(&"😀".repeat(20_000)).chars().count(), 16_383);
    }
}
