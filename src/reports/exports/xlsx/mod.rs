//! XLSX: a workbook for whoever works in Excel, its header row frozen, days and instants real dates of Excel.
//!
//! Texts are cells of type text, so none is run as a formula, whatever a stranger called himself. A sheet of Excel
//! has 1,048,576 rows. What goes beyond goes on in a second sheet, under the same header; whoever publishes says so.
//!
//! Written by hand, since a workbook is six short texts in an archive and one long one: rows go into that as they
//! come, and nothing waits in memory or in a file of its own.
//! <https://learn.microsoft.com/en-us/office/open-xml/spreadsheet/structure-of-a-spreadsheetml-document>

mod archive;
mod parts;
mod text;

use std::fmt::Write as _;

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;

use super::super::cells::{Cell, Cells};
use super::{Error, Export, Out, Result, RowWriter};
use crate::calendar::DAY;
use archive::Archive;

/// The registry's line.
pub(super) const EXPORT: Export =
    Export { name: "xlsx", extension: "xlsx", usual: false, rows_in_a_sheet: Some(ROWS), open };

/// Rows of a sheet under its header.
const ROWS: usize = 1_048_576 - 1;

/// Excel's number of 1970-01-01: its dates are days since 1899-12-30.
const EPOCH: i32 = 25_569;

/// Bytes of a sheet that are packed at once.
const PIECE: usize = 1 << 20;

struct File<'a> {
    archive: Archive<Out<'a>>,
    names: Vec<String>,
    /// The columns' letters.
    letters: Vec<String>,
    sheets: usize,
    /// Rows of the current sheet under its header, and how many it may hold.
    rows: usize,
    most: usize,
    piece: String,
}

fn open<'a>(schema: &Schema, out: Out<'a>) -> Result<Box<dyn RowWriter + 'a>> {
    Ok(Box::new(File::new(schema, out, ROWS)?))
}

fn failed(error: std::io::Error) -> Error {
    Error::Export { format: EXPORT.name, reason: error.to_string() }
}

impl<'a> File<'a> {
    fn new(schema: &Schema, out: Out<'a>, most: usize) -> Result<Self> {
        let names: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
        let letters = (0..names.len()).map(letters).collect();
        let archive = Archive::new(out);
        let mut file = Self { archive, names, letters, sheets: 0, rows: 0, most, piece: String::new() };
        file.begin_sheet().map_err(failed)?;
        Ok(file)
    }

    fn begin_sheet(&mut self) -> std::io::Result<()> {
        self.sheets += 1;
        self.rows = 0;
        self.archive.begin(&parts::sheet_path(self.sheets))?;
        self.piece.push_str(&parts::sheet_head(self.sheets == 1, self.names.len()));
        self.piece.push_str("<row r=\"1\">");
        for (name, letters) in self.names.iter().zip(&self.letters) {
            text::cell(&mut self.piece, letters, 1, Some(parts::HEADING), name);
        }
        self.piece.push_str("</row>");
        Ok(())
    }

    fn end_sheet(&mut self) -> std::io::Result<()> {
        self.piece.push_str(parts::SHEET_END);
        self.send()?;
        self.archive.end()
    }

    fn send(&mut self) -> std::io::Result<()> {
        self.archive.write(self.piece.as_bytes())?;
        self.piece.clear();
        Ok(())
    }

    fn write(&mut self, batch: &RecordBatch) -> std::io::Result<()> {
        let columns = Cells::of_columns(batch);
        for row in 0..batch.num_rows() {
            if self.rows == self.most {
                self.end_sheet()?;
                self.begin_sheet()?;
            }
            self.rows += 1;
            let number = self.rows + 1;
            // Writing to a String cannot fail, here and below.
            let _ = write!(self.piece, "<row r=\"{number}\">");
            for (column, letters) in columns.iter().zip(&self.letters) {
                write_cell(&mut self.piece, letters, number, column.get(row));
            }
            self.piece.push_str("</row>");
            if self.piece.len() >= PIECE {
                self.send()?;
            }
        }
        Ok(())
    }

    fn finish(mut self) -> std::io::Result<()> {
        self.end_sheet()?;
        for (path, part) in parts::all(self.sheets) {
            self.archive.begin(path)?;
            self.archive.write(part.as_bytes())?;
            self.archive.end()?;
        }
        self.archive.finish()
    }
}

impl RowWriter for File<'_> {
    fn rows(&mut self, rows: &RecordBatch) -> Result<()> {
        self.write(rows).map_err(failed)
    }

    fn end(self: Box<Self>) -> Result<()> {
        self.finish().map_err(failed)
    }
}

fn write_cell(piece: &mut String, letters: &str, row: usize, cell: Cell<'_>) {
    let mut value = |attributes: &str, value: &dyn std::fmt::Display| {
        let _ = write!(piece, "<c r=\"{letters}{row}\"{attributes}><v>{value}</v></c>");
    };
    match cell {
        Cell::Missing => {}
        Cell::Number(number) => value("", &number),
        Cell::Float(number) => value("", &number),
        Cell::Truth(truth) => value(" t=\"b\"", &u8::from(truth)),
        Cell::Day(day) => value(parts::DAY, &(day.epoch_days() + EPOCH)),
        Cell::Instant(at) => value(parts::INSTANT, &(at as f64 / DAY as f64 + f64::from(EPOCH))),
        Cell::Text(words) => text::cell(piece, letters, row, None, words),
    }
}

/// A column's letters: A to Z, then AA.
fn letters(place: usize) -> String {
    let last = char::from(b'A' + (place % 26) as u8);
    if place < 26 { last.to_string() } else { letters(place / 26 - 1) + &last.to_string() }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use polars::prelude::*;

    use super::super::super::{batch, build, dataset, examples};
    use super::archive::tests::unpacked;
    use super::*;

    fn sheet(rows: &DataFrame) -> String {
        let file = EXPORT.write(&batch(rows).unwrap()).unwrap();
        unpacked(&file).remove("xl/worksheets/sheet1.xml").unwrap()
    }

    #[test]
    fn a_formula_is_a_text() {
        let sheet = sheet(&df!("helo" => ["=HYPERLINK(\"http://x\")", "a<b>&\u{1}"]).unwrap());
        assert!(sheet.contains(
            "<c r=\"A2\" t=\"inlineStr\"><is><t xml:space=\"preserve\">=HYPERLINK(\"http://x\")</t></is></c>"
        ));
        assert!(sheet.contains(">a&lt;b&gt;&amp;_x0001_<"));
        assert!(!sheet.contains("<f>"), "no cell is a formula");
    }

    #[test]
    fn days_and_instants_are_numbers_with_the_form_of_a_date() {
        let rows = build(dataset("sending_volume_details").unwrap(), &examples::tables(), &examples::window()).unwrap();
        let sheet = sheet(&rows);
        // 2026-03-01 is 46,082 days after 1899-12-30.
        assert!(sheet.contains("<c r=\"A2\" s=\"1\"><v>46082</v></c>"), "{sheet}");
        assert!(sheet.contains("<c r=\"L2\" s=\"2\"><v>46082.0000000000"), "{sheet}");
        assert!(sheet.contains("state=\"frozen\""));
        let styles = unpacked(&EXPORT.write(&batch(&rows).unwrap()).unwrap()).remove("xl/styles.xml").unwrap();
        assert!(styles.contains("yyyy-mm-dd hh:mm:ss"));
    }

    #[test]
    fn numbers_and_truths_are_typed_and_what_is_missing_has_no_cell() {
        let rows = df!("n" => [Some(-5_i64), None], "share" => [0.25, 2.0], "cold" => [true, false]).unwrap();
        let sheet = sheet(&rows);
        let second =
            "<row r=\"2\"><c r=\"A2\"><v>-5</v></c><c r=\"B2\"><v>0.25</v></c><c r=\"C2\" t=\"b\"><v>1</v></c></row>";
        assert!(sheet.contains(second), "{sheet}");
        assert!(sheet.contains("<row r=\"3\"><c r=\"B3\"><v>2</v></c><c r=\"C3\" t=\"b\"><v>0</v></c></row>"));
    }

    #[test]
    fn what_does_not_fit_in_a_sheet_goes_on_in_the_next() {
        let rows = batch(&df!("n" => [1_i64, 2, 3, 4, 5]).unwrap()).unwrap();
        let mut bytes = Vec::new();
        let mut file = Box::new(File::new(rows.schema_ref(), Box::new(&mut bytes), 2).unwrap());
        file.rows(&rows).unwrap();
        RowWriter::end(file).unwrap();
        let parts = unpacked(&bytes);
        let cells = |sheet: usize| {
            let sheet = &parts[&parts::sheet_path(sheet)];
            assert!(sheet.contains(">n</t>"), "each has the header");
            sheet.matches("<v>").count()
        };
        assert_eq!([1, 2, 3].map(cells), [2, 2, 1]);
        assert_eq!(parts["xl/workbook.xml"].matches("<sheet ").count(), 3);
        assert_eq!(parts["[Content_Types].xml"].matches("sheet+xml").count(), 3);
        assert_eq!(parts["xl/_rels/workbook.xml.rels"].matches("/worksheet\"").count(), 3);
    }

    #[test]
    fn columns_have_letters() {
        assert_eq!([0, 25, 26, 51, 52, 701, 702].map(letters), ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]);
    }
}
