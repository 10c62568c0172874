//! Standard output: tables for people, JSON for programs. Everything a command answers goes through here.

use std::io::{self, BufWriter, Write};

use comfy_table::{Cell, CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};
use serde::Serialize;

use super::messages::on_one_line;
use super::{Error, Result};

/// Where a command's answer goes.
pub struct Output {
    writer: Box<dyn Write>,
}

impl Output {
    /// The process's standard output, buffered.
    #[must_use]
    pub fn stdout() -> Self {
        Self::to(BufWriter::with_capacity(1 << 16, io::stdout()))
    }

    /// An output into something else.
    pub fn to(writer: impl Write + 'static) -> Self {
        Self { writer: Box::new(writer) }
    }

    /// Writes bytes as they are.
    ///
    /// # Errors
    /// Where the reader takes no more.
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<()> {
        self.writer.write_all(bytes).map_err(Error::Output)
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
        let text = serde_json::to_string(value).map_err(Error::Json)?;
        self.bytes(text.as_bytes())?;
        self.bytes(b"\n")
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
mod tests {
    use super::*;

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
