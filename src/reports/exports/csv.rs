//! CSV after RFC 4180: a header, commas, CRLF, quotes doubled. A missing value is an empty field; text of no
//! characters is a quoted one.
//!
//! A spreadsheet runs a cell that starts with `=`, `+`, `-`, `@`, tab or CR as a formula, and HELO names and
//! accounts are words of strangers. Such text gets a `'` in front (<https://owasp.org/www-community/attacks/CSV_Injection>).
//! Numbers and times are ours and stay as they are: a change of -5 is no formula.

use polars::prelude::{DataFrame, PolarsResult};

use super::super::cells::{Cell, cell};
use super::{Error, Export, Result};

/// The registry's line.
pub(super) const EXPORT: Export = Export { name: "csv", extension: "csv", write };

fn write(rows: &mut DataFrame) -> Result<Vec<u8>> {
    let mut file = String::new();
    write_line(&mut file, rows.get_column_names().into_iter().map(|name| field(name)));
    for row in 0..rows.height() {
        let values = rows.columns().iter().map(|column| column.get(row));
        let values = values.collect::<PolarsResult<Vec<_>>>();
        let values = values.map_err(|error| Error::Export { format: EXPORT.name, reason: error.to_string() })?;
        write_line(
            &mut file,
            values.iter().map(|value| match cell(value) {
                Cell::Missing => String::new(),
                Cell::Plain(text) | Cell::Time(text) => text,
                Cell::Text(text) => field(&text),
            }),
        );
    }
    Ok(file.into_bytes())
}

fn write_line(file: &mut String, fields: impl Iterator<Item = String>) {
    for (index, field) in fields.enumerate() {
        if index > 0 {
            file.push(',');
        }
        file.push_str(&field);
    }
    file.push_str("\r\n");
}

/// Text as a field: guarded against formulas, quoted where it has to be.
fn field(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    if text.is_empty() || text.contains([',', '"', '\r', '\n']) {
        format!("\"{guard}{}\"", text.replace('"', "\"\""))
    } else {
        format!("{guard}{text}")
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use polars::prelude::*;

    use super::super::super::{build, dataset, examples};
    use super::*;

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
        let mut rows = df!("text" => [Some("a,b"), Some(""), None], "number" => [-5_i64, 0, 7]).unwrap();
        assert_eq!(
            String::from_utf8(write(&mut rows).unwrap()).unwrap(),
            "text,number\r\n\"a,b\",-5\r\n\"\",0\r\n,7\r\n"
        );
    }

    #[test]
    fn times_are_iso() {
        let mut rows =
            build(dataset("sending_volume_details").unwrap(), &examples::tables(), &examples::window()).unwrap();
        let file = String::from_utf8(write(&mut rows).unwrap()).unwrap();
        let second = file.lines().nth(1).unwrap();
        assert_eq!(
            second,
            "2026-03-01,2026-03-04,2026-03-03,alice@a.test,a.test,8,11,800,2,2,3,2026-03-01T00:00:00.000001Z,2026-03-03T23:59:59.999999Z"
        );
    }
}
