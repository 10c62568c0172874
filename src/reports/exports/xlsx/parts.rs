//! The parts of a workbook that are the same for all: what it consists of, and how its cells look.

/// The style of the header row.
pub(super) const HEADING: &str = " s=\"3\"";
/// The style of days.
pub(super) const DAY: &str = " s=\"1\"";
/// The style of instants.
pub(super) const INSTANT: &str = " s=\"2\"";

/// What a sheet ends with.
pub(super) const SHEET_END: &str = "</sheetData></worksheet>";

const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const DOCUMENT: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
const SPREADSHEET: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml";

/// Cells 0 are general, 1 days, 2 instants, 3 headings.
const CELLS: &str = "<numFmts count=\"2\"><numFmt numFmtId=\"164\" formatCode=\"yyyy-mm-dd\"/>\
    <numFmt numFmtId=\"165\" formatCode=\"yyyy-mm-dd hh:mm:ss\"/></numFmts>\
    <fonts count=\"2\"><font><sz val=\"11\"/><name val=\"Calibri\"/></font>\
    <font><b/><sz val=\"11\"/><name val=\"Calibri\"/></font></fonts>\
    <fills count=\"2\"><fill><patternFill patternType=\"none\"/></fill><fill><patternFill patternType=\"gray125\"/></fill></fills>\
    <borders count=\"1\"><border><left/><right/><top/><bottom/><diagonal/></border></borders>\
    <cellStyleXfs count=\"1\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\"/></cellStyleXfs>\
    <cellXfs count=\"4\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\"/>\
    <xf numFmtId=\"164\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyNumberFormat=\"1\"/>\
    <xf numFmtId=\"165\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyNumberFormat=\"1\"/>\
    <xf numFmtId=\"0\" fontId=\"1\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyFont=\"1\"/></cellXfs>\
    <cellStyles count=\"1\"><cellStyle name=\"Normal\" xfId=\"0\" builtinId=\"0\"/></cellStyles>";

/// Where a sheet lies in the archive.
pub(super) fn sheet_path(number: usize) -> String {
    format!("xl/worksheets/sheet{number}.xml")
}

/// What a sheet begins with: its first row stays in sight, and its columns hold a date or an account.
pub(super) fn sheet_head(is_first: bool, columns: usize) -> String {
    let selected = if is_first { " tabSelected=\"1\"" } else { "" };
    let columns = columns.max(1);
    format!(
        "{XML}<worksheet xmlns=\"{MAIN}\"><sheetViews><sheetView{selected} workbookViewId=\"0\">\
         <pane ySplit=\"1\" topLeftCell=\"A2\" activePane=\"bottomLeft\" state=\"frozen\"/></sheetView></sheetViews>\
         <cols><col min=\"1\" max=\"{columns}\" width=\"20\" customWidth=\"1\"/></cols><sheetData>"
    )
}

/// Every other part, by its path.
pub(super) fn all(sheets: usize) -> [(&'static str, String); 5] {
    let of_sheets = |part: &dyn Fn(usize) -> String| (1..=sheets).map(part).collect::<String>();
    let sheet = |number| {
        format!("<Override PartName=\"/{}\" ContentType=\"{SPREADSHEET}.worksheet+xml\"/>", sheet_path(number))
    };
    let types = format!(
        "{XML}<Types xmlns=\"{PACKAGE}/content-types\">\
         <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
         <Default Extension=\"xml\" ContentType=\"application/xml\"/>\
         <Override PartName=\"/xl/workbook.xml\" ContentType=\"{SPREADSHEET}.sheet.main+xml\"/>\
         <Override PartName=\"/xl/styles.xml\" ContentType=\"{SPREADSHEET}.styles+xml\"/>{}</Types>",
        of_sheets(&sheet)
    );
    let workbook =
        of_sheets(&|number| format!("<sheet name=\"Sheet{number}\" sheetId=\"{number}\" r:id=\"rId{number}\"/>"));
    let workbook =
        format!("{XML}<workbook xmlns=\"{MAIN}\" xmlns:r=\"{DOCUMENT}\"><sheets>{workbook}</sheets></workbook>");
    let of_sheet = |number| related(number, "worksheet", &format!("worksheets/sheet{number}.xml"));
    let of_workbook = of_sheets(&of_sheet) + &related(sheets + 1, "styles", "styles.xml");
    [
        ("xl/styles.xml", format!("{XML}<styleSheet xmlns=\"{MAIN}\">{CELLS}</styleSheet>")),
        ("xl/workbook.xml", workbook),
        ("xl/_rels/workbook.xml.rels", relationships(&of_workbook)),
        ("_rels/.rels", relationships(&related(1, "officeDocument", "xl/workbook.xml"))),
        ("[Content_Types].xml", types),
    ]
}

fn relationships(all: &str) -> String {
    format!("{XML}<Relationships xmlns=\"{PACKAGE}/relationships\">{all}</Relationships>")
}

fn related(number: usize, kind: &str, target: &str) -> String {
    format!("<Relationship Id=\"rId{number}\" Type=\"{DOCUMENT}/{kind}\" Target=\"{target}\"/>")
}
