//! Standard output: tables for people, JSON for programs. Everything a command answers goes through here.

use std::io::{self, BufWriter, IsTerminal, Write};

use comfy_table::{Cell, CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};
use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use super::messages::{on_one_line, printable};
use super::{Error, Result};
use crate::words::misleads;

/// Where a command's answer goes.
pub struct Output {
    writer: Box<dyn Write>,
    is_terminal: bool,
}

impl Output {
    /// The process's standard output, buffered.
    #[must_use]
    pub fn stdout() -> Self {
        let writer = BufWriter::with_capacity(1 << 16, io::stdout());
        Self { is_terminal: io::stdout().is_terminal(), ..Self::to(writer) }
    }

    /// An output into something else.
    pub fn to(writer: impl Write + 'static) -> Self {
        Self { writer: Box::new(writer), is_terminal: false }
    }

    /// Writes bytes as they are.
    ///
    /// # Errors
    /// Where the reader takes no more.
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<()> {
        self.writer.write_all(bytes).map_err(Error::Output)
    }

    /// Writes what is for programs, as it is; text on a terminal is for whoever sits there, whom nothing in it may deceive.
    ///
    /// # Errors
    /// Where the reader takes no more.
    pub fn data(&mut self, bytes: &[u8]) -> Result<()> {
        match std::str::from_utf8(bytes) {
            Ok(text) if self.is_terminal => self.bytes(printable(&text.replace("\r\n", "\n")).as_bytes()),
            _ => self.bytes(bytes),
        }
    }

    /// Writes text as one line.
    ///
    /// # Errors
    /// Where the reader takes no more.
    pub fn line(&mut self, text: &str) -> Result<()> {
        self.bytes(on_one_line(text).as_bytes())?;
        self.bytes(b"\n")
    }

    /// Writes a value as one line of JSON.
    ///
    /// # Errors
    /// Where the value has no JSON form, or the reader takes no more.
    pub fn json(&mut self, value: &impl Serialize) -> Result<()> {
        let mut line = Vec::new();
        value.serialize(&mut Serializer::with_formatter(&mut line, Escaping)).map_err(Error::Json)?;
        line.push(b'\n');
        self.bytes(&line)
    }

    /// Writes a table.
    ///
    /// # Errors
    /// Where the reader takes no more.
    pub fn table(&mut self, table: &TextTable) -> Result<()> {
        self.bytes(table.render().as_bytes())
    }

    /// Writes out what is still buffered.
    ///
    /// # Errors
    /// Where the reader takes no more.
    pub fn finish(&mut self) -> Result<()> {
        self.writer.flush().map_err(Error::Output)
    }
}

/// JSON escapes controls up to U+001F itself (RFC 8259 section 7). So are the others here, and marks of direction: the
/// text is the same.
struct Escaping;

impl Formatter for Escaping {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        for part in fragment.split_inclusive(misleads) {
            let plain = part.trim_end_matches(misleads);
            writer.write_all(plain.as_bytes())?;
            part[plain.len()..].chars().try_for_each(|mark| write!(writer, "\\u{:04x}", u32::from(mark)))?;
        }
        Ok(())
    }
}

/// A table of text in aligned columns, as wide as it needs to be, so that `grep` and `sort` see whole rows.
#[derive(Debug)]
pub struct TextTable {
    columns: Vec<Heading>,
    rows: Vec<Vec<String>>,
}

/// A column's heading.
#[derive(Debug)]
struct Heading {
    name: &'static str,
    alignment: CellAlignment,
}

impl TextTable {
    /// An empty table. A name that starts with `#` is that of a column of numbers, which are set to the right.
    #[must_use]
    pub fn new(names: &[&'static str]) -> Self {
        let heading = |name: &&'static str| match name.strip_prefix('#') {
            Some(name) => Heading { name, alignment: CellAlignment::Right },
            None => Heading { name, alignment: CellAlignment::Left },
        };
        Self { columns: names.iter().map(heading).collect(), rows: Vec::new() }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().map(|cell| on_one_line(&cell)).collect());
    }

    /// Whether it has no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table as text, every line ended.
    #[must_use]
    pub fn render(&self) -> String {
        let mut table = Table::new();
        let line = LineStyle::none().fill('-').junction('-');
        table.load_style(TableStyle::new().header_separator(line));
        table.set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(self.columns.iter().map(|column| Cell::new(column.name)));
        table.add_rows(self.rows.iter().map(|row| row.iter().map(Cell::new)));
        for (column, heading) in table.column_iter_mut().zip(&self.columns) {
            column.set_padding((0, 2)).set_cell_alignment(heading.alignment);
        }
        table.trim_fmt() + "\n"
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use serde_json::json;

    use super::*;

    /// What an output has written.
    #[derive(Clone, Default)]
    struct Written(Rc<RefCell<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn written(is_terminal: bool, write: impl Fn(&mut Output)) -> String {
        let written = Written::default();
        write(&mut Output { is_terminal, ..Output::to(written.clone()) });
        String::from_utf8(written.0.take()).unwrap()
    }

    #[test]
    fn a_line_is_one() {
        assert_eq!(written(false, |output| output.line("a@x\nerror: disk full").unwrap()), "a@x error: disk full\n");
    }

    #[test]
    fn json_steers_no_terminal_and_means_the_same() {
        let value = json!({ "a\u{7f}": "\u{9b}31m\u{202e}\u{7f}\u{7f}é\n" });
        let text = written(false, |output| output.json(&value).unwrap());
        assert_eq!(text, "{\"a\\u007f\":\"\\u009b31m\\u202e\\u007f\\u007fé\\n\"}\n");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }

    #[test]
    fn data_is_changed_on_a_terminal_alone() {
        let text = "a,\x1b[31m\u{202e}\r\n";
        assert_eq!(written(false, |output| output.data(text.as_bytes()).unwrap()), text);
        assert_eq!(written(true, |output| output.data(text.as_bytes()).unwrap()), "a,\u{fffd}[31m\u{fffd}\n");
    }

    #[test]
    fn numbers_stand_to_the_right() {
        let mut table = TextTable::new(&["account", "#messages"]);
        table.row(["alice@example.com".to_owned(), "7".to_owned()]);
        table.row(["b\x1b[31m".to_owned(), "1200".to_owned()]);
        insta::assert_snapshot!(table.render(), @r#"
        account             messages
        ------------------------------
        alice@example.com          7
        b�[31m                  1200
        "#);
    }
}
