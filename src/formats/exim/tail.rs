//! What stands behind a message's size: a few fields, then the client's own words up to the line's end.

use memchr::memmem;

/// `S=SIZE M8S=… DKIM=… ARC RT=… Q=… id=… T="…" from <…> for …`, from the size on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tail<'a> {
    /// The message's size.
    pub size: &'a [u8],
    /// The header's message id.
    pub message_id: &'a [u8],
    /// How many recipients are named, where `log_selector` has `+received_recipients`.
    pub recipients: Option<u32>,
}

impl<'a> Tail<'a> {
    /// Reads all of it, as Exim writes it: in an address blanks stand between quotation marks or behind a backslash, and
    /// a subject's own quotation marks stand behind a backslash.
    pub(super) fn whole(text: &'a [u8]) -> Option<Self> {
        let (size, rest) = numbers(text)?;
        let (message_id, rest) = match message_id(rest) {
            Some(behind) => behind.split_at(address_end(behind)?),
            None => (&b""[..], rest),
        };
        let rest = match rest.strip_prefix(b" T=\"") {
            Some(subject) => &subject[quotes_end(subject)?..],
            None => rest,
        };
        let rest = match rest.strip_prefix(b" from ") {
            Some(sender) => &sender[address_end(sender)?..],
            None => rest,
        };
        if rest.is_empty() {
            return Some(Self { size, message_id, recipients: None });
        }
        let recipients = Some(addresses(rest.strip_prefix(b" for")?)?);
        Some(Self { size, message_id, recipients })
    }

    /// Reads as much as there is of a line that was cut, or whose client's words are not written as Exim writes them now:
    /// whatever they hold, they hold no field.
    pub(super) fn begun(text: &'a [u8]) -> Option<Self> {
        let (size, rest) = numbers(text)?;
        let id = message_id(rest);
        let begins = |words: &[u8]| rest.starts_with(words);
        if !(rest.is_empty() || id.is_some() || begins(b" T=\"") || begins(b" from ") || begins(b" for ")) {
            return None;
        }
        let message_id = id.map_or(&b""[..], super::accepted::word);
        Some(Self { size, message_id, recipients: last_words(rest) })
    }
}

/// The size and what follows the server's own fields behind it.
fn numbers(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (size, mut rest) = text.split_at(digits);
    // Fields that newer versions write are passed over, but not those that stand in front of the size.
    while let [b' ', first @ b'A'..=b'Z', second, ..] = rest
        && !(*second == b'=' && b"AHIPSTUX".contains(first))
    {
        rest = super::host::skip(rest, b" ")?;
    }
    (digits > 0 && rest.first().is_none_or(|byte| *byte == b' ')).then_some((size, rest))
}

/// What follows ` id=`, or ` id*=` where the server made the id.
fn message_id(text: &[u8]) -> Option<&[u8]> {
    text.strip_prefix(b" id=").or_else(|| text.strip_prefix(b" id*="))
}

/// Where an address ends: at the first blank outside quotation marks and without a backslash, or at the text's end. None
/// where a quotation mark is not closed.
pub(super) fn address_end(text: &[u8]) -> Option<usize> {
    end(text, b' ').or_else(|| (!has_open_quotes(text)).then_some(text.len()))
}

/// Where a byte stands first outside quotation marks and without a backslash. Few texts have any of these.
pub(super) fn end(text: &[u8], of: u8) -> Option<usize> {
    let first = memchr::memchr3(of, b'"', b'\\', text)?;
    if text[first] == of {
        return Some(first);
    }
    let mut reader = Quotes::default();
    Some(first + text[first..].iter().position(|byte| reader.is_plain(*byte) && *byte == of)?)
}

/// Where a text ends that goes on to a quotation mark without a backslash: behind that.
fn quotes_end(text: &[u8]) -> Option<usize> {
    let first = memchr::memchr2(b'"', b'\\', text)?;
    let mut reader = Quotes { open: true, escaped: false };
    Some(1 + first + text[first..].iter().position(|byte| reader.is_plain(*byte) && *byte == b'"')?)
}

fn has_open_quotes(text: &[u8]) -> bool {
    let mut reader = Quotes::default();
    let first = memchr::memchr2(b'"', b'\\', text).unwrap_or(text.len());
    text[first..].iter().for_each(|byte| _ = reader.is_plain(*byte));
    reader.open
}

/// Quoted text (RFC 5321 section 4.1.2, `Quoted-string`), byte by byte.
#[derive(Default)]
struct Quotes {
    open: bool,
    escaped: bool,
}

impl Quotes {
    /// Whether the next byte stands for itself: outside quotation marks, or the mark that closes them.
    fn is_plain(&mut self, byte: u8) -> bool {
        if std::mem::take(&mut self.escaped) {
            return false;
        }
        self.escaped = byte == b'\\';
        self.open ^= byte == b'"';
        !self.open
    }
}

/// How many addresses follow one another, each with a domain behind a blank.
fn addresses(mut text: &[u8]) -> Option<u32> {
    let mut count = 0;
    while let Some(behind) = text.strip_prefix(b" ") {
        let (address, rest) = behind.split_at(address_end(behind)?);
        memchr::memchr(b'@', address)?;
        (count, text) = (count + 1, rest);
    }
    text.is_empty().then_some(count)
}

/// The words behind the last ` for `.
fn last_words(text: &[u8]) -> Option<u32> {
    const FOR: &[u8] = b" for ";
    let at = memmem::rfind(text, FOR)?;
    let behind = &text[at + FOR.len()..];
    // A subject may hold the word; the server's own stands behind the subject's last quotation mark.
    if memchr::memchr(b'"', behind).is_some() && memmem::find(text, b" T=\"").is_some() {
        return None;
    }
    u32::try_from(behind.split(|byte| *byte == b' ').filter(|word| !word.is_empty()).count()).ok()
}
