//! JSON lines: one object per row, columns in order, missing values as `null`.
//!
//! <https://jsonlines.org/>

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use serde_json::Value;

use super::super::cells::Cell;
use super::lines::{Form, Lines, is_plain};
use super::{Export, Out, Result, RowWriter};

/// The registry's line.
pub(super) const EXPORT: Export =
    Export { name: "jsonl", extension: "jsonl", usual: true, rows_in_a_sheet: None, open };

struct File<'a> {
    lines: Lines<'a>,
    form: Json,
}

struct Json {
    /// What stands before the cells of each column.
    names: Vec<String>,
}

fn open<'a>(schema: &Schema, out: Out<'a>) -> Result<Box<dyn RowWriter + 'a>> {
    let names = schema.fields().iter().enumerate();
    let names = names.map(|(index, field)| format!("{}{}:", if index == 0 { '{' } else { ',' }, quoted(field.name())));
    Ok(Box::new(File { lines: Lines::new(out, EXPORT.name), form: Json { names: names.collect() } }))
}

impl RowWriter for File<'_> {
    fn rows(&mut self, rows: &RecordBatch) -> Result<()> {
        self.lines.rows(&self.form, rows)
    }

    fn end(mut self: Box<Self>) -> Result<()> {
        self.lines.send()
    }
}

impl Form for Json {
    const LINE_END: &[u8] = b"}\n";

    fn is_special(byte: u8) -> bool {
        (byte < b' ') | (byte == b'"') | (byte == b'\\')
    }

    fn write(&self, line: &mut Vec<u8>, column: usize, cell: Cell<'_>, plain: bool) {
        line.extend_from_slice(self.names[column].as_bytes());
        match cell {
            Cell::Missing => line.extend_from_slice(b"null"),
            Cell::Text(text) if !plain && !is_plain::<Self>(text.as_bytes()) => {
                line.extend_from_slice(quoted(text).as_bytes());
            }
            Cell::Text(_) | Cell::Day(_) | Cell::Instant(_) => {
                line.push(b'"');
                cell.write(line);
                line.push(b'"');
            }
            number => number.write(line),
        }
    }
}

/// Text as a JSON string.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use polars::prelude::*;

    use super::super::super::{batch, build, dataset, examples};
    use super::*;

    fn write(rows: &RecordBatch) -> Result<Vec<u8>> {
        EXPORT.write(rows)
    }

    #[test]
    fn every_line_is_an_object_in_the_columns_order() {
        let rows = df!("b" => [Some("say \"hi\"\n"), None], "a" => [1.5, 2.0], "c" => [true, false]).unwrap();
        let file = String::from_utf8(write(&batch(&rows).unwrap()).unwrap()).unwrap();
        assert_eq!(file, "{\"b\":\"say \\\"hi\\\"\\n\",\"a\":1.5,\"c\":true}\n{\"b\":null,\"a\":2.0,\"c\":false}\n");
    }

    #[test]
    fn a_dataset_can_be_read_back() {
        let rows = build(dataset("coverage").unwrap(), &examples::tables(), &examples::window()).unwrap();
        let file = String::from_utf8(write(&batch(&rows).unwrap()).unwrap()).unwrap();
        let lines: Vec<Value> = file.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), rows.height());
        assert_eq!(lines[2]["date"], "2026-03-02");
        assert_eq!(lines[2]["submissions"], 8);
        assert_eq!(lines[1]["submissions"], Value::Null);
    }
}
