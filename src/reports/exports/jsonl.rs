//! JSON lines: one object per row, columns in order, missing values as `null`.
//!
//! <https://jsonlines.org/>

use arrow::array::RecordBatch;
use serde_json::Value;

use super::super::cells::{Cell, cell};
use super::{Export, Result};

/// The registry's line.
pub(super) const EXPORT: Export = Export { name: "jsonl", extension: "jsonl", write };

fn write(rows: &RecordBatch) -> Result<Vec<u8>> {
    let mut file = String::new();
    let schema = rows.schema_ref();
    let names: Vec<String> = schema.fields().iter().map(|field| quoted(field.name())).collect();
    for row in 0..rows.num_rows() {
        for (index, (name, column)) in names.iter().zip(rows.columns()).enumerate() {
            file.push(if index == 0 { '{' } else { ',' });
            file.push_str(name);
            file.push(':');
            write_cell(&mut file, cell(column, row));
        }
        file.push_str("}\n");
    }
    Ok(file.into_bytes())
}

fn write_cell(file: &mut String, cell: Cell<'_>) {
    match cell {
        Cell::Missing => file.push_str("null"),
        Cell::Text(text) if is_plain(text) => {
            file.push('"');
            file.push_str(text);
            file.push('"');
        }
        Cell::Text(text) => file.push_str(&quoted(text)),
        Cell::Day(_) | Cell::Instant(_) => {
            file.push('"');
            cell.write(file);
            file.push('"');
        }
        number => number.write(file),
    }
}

/// Whether a text stands in JSON as it is, which nearly all do.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\')
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
