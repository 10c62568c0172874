//! JSON lines: one object per row, columns in order, missing values as `null`.
//!
//! <https://jsonlines.org/>

use polars::prelude::DataFrame;
use serde_json::Value;

use super::super::cells::{Cell, cell};
use super::{Error, Export, Result};

/// The registry's line.
pub(super) const EXPORT: Export = Export { name: "jsonl", extension: "jsonl", write };

fn write(rows: &mut DataFrame) -> Result<Vec<u8>> {
    let mut file = String::new();
    let names: Vec<String> = rows.get_column_names().into_iter().map(|name| quoted(name)).collect();
    for row in 0..rows.height() {
        for (index, (name, column)) in names.iter().zip(rows.columns()).enumerate() {
            let value =
                column.get(row).map_err(|error| Error::Export { format: EXPORT.name, reason: error.to_string() })?;
            file.push_str(if index == 0 { "{" } else { "," });
            file.push_str(name);
            file.push(':');
            file.push_str(&match cell(&value) {
                Cell::Missing => "null".to_owned(),
                Cell::Plain(text) => text,
                Cell::Time(text) => quoted(&text),
                Cell::Text(text) => quoted(&text),
            });
        }
        file.push_str("}\n");
    }
    Ok(file.into_bytes())
}

/// Text as a JSON string.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use polars::prelude::*;

    use super::super::super::{build, dataset, examples};
    use super::*;

    #[test]
    fn every_line_is_an_object_in_the_columns_order() {
        let mut rows = df!("b" => [Some("say \"hi\"\n"), None], "a" => [1.5, 2.0], "c" => [true, false]).unwrap();
        let file = String::from_utf8(write(&mut rows).unwrap()).unwrap();
        assert_eq!(file, "{\"b\":\"say \\\"hi\\\"\\n\",\"a\":1.5,\"c\":true}\n{\"b\":null,\"a\":2.0,\"c\":false}\n");
    }

    #[test]
    fn a_dataset_can_be_read_back() {
        let mut rows = build(dataset("coverage").unwrap(), &examples::tables(), &examples::window()).unwrap();
        let file = String::from_utf8(write(&mut rows).unwrap()).unwrap();
        let lines: Vec<Value> = file.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), rows.height());
        assert_eq!(lines[2]["date"], "2026-03-02");
        assert_eq!(lines[2]["submissions"], 8);
        assert_eq!(lines[1]["submissions"], Value::Null);
    }
}
