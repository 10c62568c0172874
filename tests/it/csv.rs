//! Reading the CSV files that hold the truth: RFC 4180, with a header.

use std::collections::HashMap;
use std::ops::Index;
use std::path::Path;

/// A row by its columns' names.
#[derive(Clone, Debug)]
pub(crate) struct Row(HashMap<String, String>);

impl Index<&str> for Row {
    type Output = str;

    fn index(&self, column: &str) -> &str {
        self.0.get(column).unwrap_or_else(|| panic!("no column '{column}' in {:?}", self.0))
    }
}

/// The rows of a file.
pub(crate) fn read(path: &Path) -> Vec<Row> {
    rows(&std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

/// The rows of a text.
pub(crate) fn rows(text: &str) -> Vec<Row> {
    let mut records = records(text).into_iter();
    let header = records.next().unwrap_or_default();
    let row = |cells: Vec<String>| {
        assert_eq!(cells.len(), header.len(), "{header:?}: {cells:?}");
        Row(header.iter().cloned().zip(cells).collect())
    };
    records.map(row).collect()
}

/// The cells of each line; a quoted cell may hold commas, quotes and line ends.
fn records(text: &str) -> Vec<Vec<String>> {
    let mut records = Vec::new();
    let (mut record, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => cell.extend(characters.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => record.push(std::mem::take(&mut cell)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                record.push(std::mem::take(&mut cell));
                records.push(std::mem::take(&mut record));
            }
            other => cell.push(other),
        }
    }
    if !cell.is_empty() || !record.is_empty() {
        record.push(cell);
        records.push(record);
    }
    records
}

/// A line of cells, quoted where they must be.
pub(crate) fn line<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    let quoted = |cell: &str| match cell.contains(['"', ',', '\n', '\r']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell.to_owned(),
    };
    cells.into_iter().map(quoted).collect::<Vec<_>>().join(",")
}

#[test]
fn quoted_cells_are_read_back() {
    for cells in [vec!["a", "b"], vec!["a,b", "\"c\"", "d\ne", ""]] {
        let text = line(cells.iter().copied());
        assert_eq!(records(&format!("{text}\r\n{text}")), vec![cells; 2]);
    }
}
