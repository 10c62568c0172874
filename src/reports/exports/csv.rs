//! CSV after RFC 4180: a header, commas, CRLF, quotes doubled. A missing value is an empty field; text of no
//! characters is a quoted one.
//!
//! A spreadsheet runs a cell that starts with `=`, `+`, `-`, `@`, tab or CR as a formula, and HELO names and
//! accounts are words of strangers. Such text gets a `'` in front (<https://owasp.org/www-community/attacks/CSV_Injection>).
//! Text with a semicolon stands in quotes, too: a program that splits lines at both signs would make a cell of what
//! follows it, which nobody has guarded. One that splits at semicolons alone does so whatever the quotes. Numbers and
//! times are ours and stay as they are: a change of -5 is no formula.

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;

use super::super::cells::Cell;
use super::lines::{Form, Lines, is_plain};
use super::{Export, Out, Result, RowWriter};

/// The registry's line.
pub(super) const EXPORT: Export = Export { name: "csv", extension: "csv", usual: true, rows_in_a_sheet: None, open };

struct File<'a>(Lines<'a>);

struct Csv;

impl Form for Csv {
    const LINE_END: &[u8] = b"\r\n";

    fn is_special(byte: u8) -> bool {
        (byte == b',') | (byte == b';') | (byte == b'"') | (byte == b'\r') | (byte == b'\n')
    }

    fn write(&self, line: &mut Vec<u8>, column: usize, cell: Cell<'_>, plain: bool) {
        if column > 0 {
            line.push(b',');
        }
        match cell {
            Cell::Text(text) => write_field(line, text, plain),
            ours => ours.write(line),
        }
    }
}

fn open<'a>(schema: &Schema, out: Out<'a>) -> Result<Box<dyn RowWriter + 'a>> {
    let mut lines = Lines::new(out, EXPORT.name);
    for (index, column) in schema.fields().iter().enumerate() {
        Csv.write(&mut lines.text, index, Cell::Text(column.name()), false);
    }
    lines.text.extend_from_slice(Csv::LINE_END);
    Ok(Box::new(File(lines)))
}

impl RowWriter for File<'_> {
    fn rows(&mut self, rows: &RecordBatch) -> Result<()> {
        self.0.rows(&Csv, rows)
    }

    fn end(mut self: Box<Self>) -> Result<()> {
        self.0.send()
    }
}

/// Whether a spreadsheet would run the text.
fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r'])
}

/// Adds a text as a field: guarded against formulas, quoted where it has to be.
pub fn push_field(line: &mut Vec<u8>, text: &str) {
    write_field(line, text, false);
}

/// The same, of a text that may be known to be plain.
fn write_field(file: &mut Vec<u8>, text: &str, plain: bool) {
    let guard = if is_formula(text) { "'" } else { "" };
    if !text.is_empty() && (plain || is_plain::<Csv>(text.as_bytes())) {
        file.extend_from_slice(guard.as_bytes());
        file.extend_from_slice(text.as_bytes());
        return;
    }
    file.push(b'"');
    file.extend_from_slice(guard.as_bytes());
    for (index, part) in text.split('"').enumerate() {
        file.extend_from_slice(if index > 0 { b"\"\"" } else { b"" });
        file.extend_from_slice(part.as_bytes());
    }
    file.push(b'"');
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

    fn field(text: &str) -> String {
        let mut file = Vec::new();
        push_field(&mut file, text);
        String::from_utf8(file).unwrap()
    }

    #[test]
    fn formulas_are_disarmed() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\tx"] {
            assert_eq!(field(text), format!("'{text}"));
        }
        assert_eq!(field("\r=1"), "\"'\r=1\"");
        assert_eq!(field("=HYPERLINK(\"http://x\",\"y\")"), "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\"");
        assert_eq!(field("a=b"), "a=b");
        assert_eq!(field("a;=1+1"), "\"a;=1+1\"");
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
    fn formulas_are_disarmed_whatever_else_the_column_holds() {
        for (other, shown) in [("x", "x"), ("x,y", "\"x,y\""), ("x;=1", "\"x;=1\"")] {
            let file = write(&batch(&df!("text" => ["=1+1", other]).unwrap()).unwrap()).unwrap();
            assert_eq!(String::from_utf8(file).unwrap(), format!("text\r\n'=1+1\r\n{shown}\r\n"));
        }
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
