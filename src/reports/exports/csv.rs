//! CSV after RFC 4180: a header, commas, CRLF, quotes doubled. A missing value is an empty field; text of no
//! characters is a quoted one.
//!
//! A spreadsheet runs a cell that starts with `=`, `+`, `-`, `@`, tab or CR as a formula, and HELO names and
//! accounts are words of strangers. Such text gets a `'` in front (<https://owasp.org/www-community/attacks/CSV_Injection>).
//! Numbers and times are ours and stay as they are: a change of -5 is no formula.

use arrow::array::RecordBatch;

use super::super::cells::{Cell, cell};
use super::{Export, Result};

/// The registry's line.
pub(super) const EXPORT: Export = Export { name: "csv", extension: "csv", write };

fn write(rows: &RecordBatch) -> Result<Vec<u8>> {
    let mut file = String::new();
    for (index, column) in rows.schema_ref().fields().iter().enumerate() {
        separate(&mut file, index);
        write_field(&mut file, column.name());
    }
    file.push_str("\r\n");
    for row in 0..rows.num_rows() {
        for (index, column) in rows.columns().iter().enumerate() {
            separate(&mut file, index);
            write_cell(&mut file, cell(column, row));
        }
        file.push_str("\r\n");
    }
    Ok(file.into_bytes())
}

fn separate(file: &mut String, index: usize) {
    if index > 0 {
        file.push(',');
    }
}

fn write_cell(file: &mut String, cell: Cell<'_>) {
    match cell {
        Cell::Text(text) => write_field(file, text),
        ours => ours.write(file),
    }
}

/// Text as a field: guarded against formulas, quoted where it has to be.
fn write_field(file: &mut String, text: &str) {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    let quote = if text.is_empty() || text.contains([',', '"', '\r', '\n']) { "\"" } else { "" };
    file.push_str(quote);
    file.push_str(guard);
    for (index, part) in text.split('"').enumerate() {
        file.push_str(if index > 0 { "\"\"" } else { "" });
        file.push_str(part);
    }
    file.push_str(quote);
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use polars::prelude::*;

    use super::super::super::{batch, build, dataset, examples};
    use super::*;

    fn field(text: &str) -> String {
        let mut file = String::new();
        write_field(&mut file, text);
        file
    }

    #[test]
    fn formulas_are_disarmed() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\tx"] {
            assert_eq!(field(text), format!("'{text}"));
        }
        assert_eq!(field("\r=1"), "\"'\r=1\"");
        assert_eq!(field("=HYPERLINK(\"http://x\",\"y\")"), "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\"");
        assert_eq!(field("a=b"), "a=b");
    }

    #[test]
    fn missing_and_empty_differ_and_numbers_stay() {
        let rows = df!("text" => [Some("a,b"), Some(""), None], "number" => [-5_i64, 0, 7]).unwrap();
        assert_eq!(
            String::from_utf8(write(&batch(&rows).unwrap()).unwrap()).unwrap(),
            "text,number\r\n\"a,b\",-5\r\n\"\",0\r\n,7\r\n"
        );
    }

    #[test]
    fn times_are_iso() {
        let rows = build(dataset("sending_volume_details").unwrap(), &examples::tables(), &examples::window()).unwrap();
        let file = String::from_utf8(write(&batch(&rows).unwrap()).unwrap()).unwrap();
        let second = file.lines().nth(1).unwrap();
        assert_eq!(
            second,
            "2026-03-01,2026-03-04,2026-03-03,alice@a.test,a.test,8,11,800,2,2,3,2026-03-01T00:00:00.000001Z,2026-03-03T23:59:59.999999Z"
        );
    }
}
