//! The data inside the page: JSON by column, compressed with gzip, as base64.
//!
//! Columns with dictionaries compress to a tenth of what rows take, and a browser reads them into typed arrays without
//! an object per row. The contract with the page's script is `web/src/contract.ts`.

use std::collections::BTreeMap;
use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use polars::prelude::*;
use rustc_hash::FxHashMap;
use serde::Serialize;

use super::super::datasets::{STAMPS, dataset};
use super::super::{Error, Result, Window};
use super::activity::Activity;

/// The most rows of one dataset. Datasets are sorted by what matters, so the first rows are the top ones.
const MAX_ROWS: usize = 100_000;

#[derive(Serialize)]
struct Payload<'a> {
    contract: u8,
    title: &'a str,
    window: Days,
    lumped_accounts: usize,
    tables: BTreeMap<&'a str, Table<'a>>,
}

/// Days since 1970, all included.
#[derive(Serialize)]
struct Days {
    start: i32,
    end: i32,
    previous_start: i32,
    previous_end: i32,
    as_of: i32,
}

#[derive(Serialize)]
struct Table<'a> {
    total: usize,
    columns: Vec<Column<'a>>,
}

#[derive(Serialize)]
struct Column<'a> {
    name: &'a str,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    words: Option<Vec<&'a str>>,
    values: Values,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Values {
    Whole(Vec<Option<i64>>),
    Real(Vec<Option<f64>>),
    Words(Vec<Option<u32>>),
}

/// The page's data as text that may stand inside a script element.
pub(super) fn payload(
    datasets: &[(&str, DataFrame)],
    activity: &Activity,
    window: &Window,
    title: &str,
) -> Result<String> {
    let cut: Vec<(&str, usize, DataFrame)> = datasets
        .iter()
        .filter(|(name, _)| dataset(name).is_some_and(|dataset| dataset.on_page.is_for_script()))
        .map(|(name, frame)| (*name, frame.height(), frame.head(Some(MAX_ROWS))))
        .collect();
    let mut tables = BTreeMap::new();
    for (name, total, frame) in &cut {
        tables.insert(*name, table(frame, *total)?);
    }
    tables.insert("activity", table(&activity.rows, activity.rows.height())?);
    let previous = window.previous();
    let [start, end, previous_start, previous_end, as_of] =
        [window.first, window.last, previous.first, previous.last, window.as_of].map(|day| day.epoch_days());
    let window = Days { start, end, previous_start, previous_end, as_of };
    let payload = Payload { contract: 1, title, window, lumped_accounts: activity.lumped_accounts, tables };
    packed(&payload).map_err(|error| Error::Export { format: "html", reason: error.to_string() })
}

fn packed(payload: &Payload<'_>) -> std::io::Result<String> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::new(3));
    gzip.write_all(&serde_json::to_vec(payload)?)?;
    Ok(STANDARD.encode(gzip.finish()?))
}

fn table(frame: &DataFrame, total: usize) -> Result<Table<'_>> {
    // The page says once what each row begins with.
    let columns = frame.columns().iter().filter(|column| !STAMPS.contains(&column.name().as_str()));
    Ok(Table { total, columns: columns.map(column).collect::<Result<_>>()? })
}

fn column(column: &polars::prelude::Column) -> Result<Column<'_>> {
    let name = column.name().as_str();
    let whole = || -> Result<Values> { Ok(Values::Whole(column.cast(&DataType::Int64)?.i64()?.iter().collect())) };
    let (kind, words, values) = match column.dtype() {
        DataType::String => {
            let (words, places) = dictionary(column.str()?);
            ("text", Some(words), Values::Words(places))
        }
        DataType::Date => ("date", None, whole()?),
        DataType::Datetime(..) => ("time", None, whole()?),
        DataType::Boolean => ("bool", None, whole()?),
        DataType::Float64 => ("float", None, Values::Real(column.f64()?.iter().collect())),
        _ => ("int", None, whole()?),
    };
    Ok(Column { name, kind, words, values })
}

/// Each word once, in the order in which they come, and where each row's word stands.
fn dictionary(texts: &StringChunked) -> (Vec<&str>, Vec<Option<u32>>) {
    let mut words: Vec<&str> = Vec::new();
    let mut places: FxHashMap<&str, u32> = FxHashMap::default();
    let mut last = None;
    let rows = texts.iter().map(|text| {
        let text = text?;
        // Rows are sorted, so a word often comes again at once.
        let known = last.filter(|(word, _)| *word == text).map(|(_, place)| place);
        let place = known.unwrap_or_else(|| {
            *places.entry(text).or_insert_with(|| {
                words.push(text);
                words.len() as u32 - 1
            })
        });
        last = Some((text, place));
        Some(place)
    });
    let rows = rows.collect();
    (words, rows)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use std::io::Read as _;

    use flate2::read::GzDecoder;
    use serde_json::{Value, json};

    use super::super::super::examples;
    use super::*;

    fn unpacked(datasets: &[(&str, DataFrame)]) -> Value {
        let activity = Activity { rows: df!("date" => [1_i64]).unwrap(), lumped_accounts: 0 };
        let text = payload(datasets, &activity, &examples::window(), "</script>").unwrap();
        assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte)));
        let mut json = String::new();
        GzDecoder::new(&STANDARD.decode(text).unwrap()[..]).read_to_string(&mut json).unwrap();
        serde_json::from_str(&json).unwrap()
    }

    #[test]
    fn columns_have_kinds_and_dictionaries() {
        let frame = df!(
            "window_start" => ["x", "x", "x"],
            "account" => [Some("b"), None, Some("b")],
            "messages" => [1_i64, 2, 3],
            "percent" => [Some(0.5), None, Some(1.0)],
        );
        let data = unpacked(&[("coverage", frame.unwrap()), ("dim_date", DataFrame::empty())]);
        let columns = &data["tables"]["coverage"]["columns"];
        assert_eq!(columns[0], json!({"name": "account", "kind": "text", "words": ["b"], "values": [0, null, 0]}));
        assert_eq!(columns[1], json!({"name": "messages", "kind": "int", "values": [1, 2, 3]}));
        assert_eq!(columns[2], json!({"name": "percent", "kind": "float", "values": [0.5, null, 1.0]}));
        assert_eq!(data["tables"]["dim_date"], Value::Null, "a dataset for programs is not in the page");
        assert_eq!((&data["contract"], &data["title"]), (&json!(1), &json!("</script>")));
    }

    #[test]
    fn long_datasets_are_cut_and_say_so() {
        let frame = df!("n" => (0..=MAX_ROWS as i64).collect::<Vec<_>>()).unwrap();
        let data = unpacked(&[("legacy_clients", frame)]);
        let table = &data["tables"]["legacy_clients"];
        assert_eq!(table["total"], json!(MAX_ROWS + 1));
        assert_eq!(table["columns"][0]["values"].as_array().unwrap().len(), MAX_ROWS);
    }
}
