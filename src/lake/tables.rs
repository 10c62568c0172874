//! The tables, their columns and how they are laid out: the contract with every reader.
//!
//! Types are the plain ones that every reader knows (DATE, TIMESTAMP in microseconds UTC, INT64, DOUBLE,
//! BOOLEAN, UTF8). New columns go to the end.

use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use arrow::error::ArrowError;

/// One table of the lake.
#[derive(Debug)]
pub struct Table {
    /// Its name, which is its folder in the lake too.
    pub name: &'static str,
    /// What one row is.
    pub row: &'static str,
    /// Every column in order, the partition columns among them.
    pub columns: &'static [Column],
    /// The partition columns: `date`, or `date` and `source`. They are not stored inside the data files.
    pub partitions: &'static [&'static str],
    /// What the rows of a file are sorted by.
    pub sort: &'static [&'static str],
    /// Columns of which the log tells the bounds, besides those that its files are [sorted](Self::sort) by.
    pub told: &'static [&'static str],
    /// Bytes to which texts are cut in the statistics of its files.
    pub longest_bound: usize,
}

/// Bytes of a text that tell it well enough from others.
const SHORT: usize = 64;

/// One column of a table.
#[derive(Debug)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    /// How often its values come again within a file.
    pub repeats: Repeats,
}

/// How often a column's values come again within a file, which decides how they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeats {
    /// Often: each value stands once in a dictionary.
    Often,
    /// Seldom, or next to each other: packed as they are they take a fifth less than with a dictionary, and need not be
    /// looked up.
    Seldom,
    /// Hardly ever, and they are like nothing before them: packing them harder finds nothing more.
    Never,
}

/// The types a column can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A day.
    Date,
    /// Microseconds since the epoch, UTC.
    Timestamp,
    /// A signed 64-bit integer.
    Int64,
    /// A 64-bit float.
    Double,
    /// True or false.
    Boolean,
    /// Text.
    Utf8,
}

impl Kind {
    /// The Arrow type.
    #[must_use]
    pub fn arrow(self) -> DataType {
        match self {
            Self::Date => DataType::Date32,
            Self::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Self::Int64 => DataType::Int64,
            Self::Double => DataType::Float64,
            Self::Boolean => DataType::Boolean,
            Self::Utf8 => DataType::Utf8,
        }
    }

    /// The Polars type.
    #[must_use]
    pub fn polars(self) -> polars::prelude::DataType {
        use polars::prelude::{DataType, TimeUnit, TimeZone};
        match self {
            Self::Date => DataType::Date,
            Self::Timestamp => DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)),
            Self::Int64 => DataType::Int64,
            Self::Double => DataType::Float64,
            Self::Boolean => DataType::Boolean,
            Self::Utf8 => DataType::String,
        }
    }
}

impl Table {
    /// The schema of the table's data files: all columns but the partitions, every one nullable.
    #[must_use]
    pub fn file_schema(&self) -> SchemaRef {
        let stored = self.columns.iter().filter(|column| !self.partitions.contains(&column.name));
        Arc::new(Schema::new(stored.map(Column::field).collect::<Vec<_>>()))
    }

    /// A batch of the data files' columns, texts numbered or not. Whether it has all of them, and of the right types, is
    /// checked when it is written.
    ///
    /// # Errors
    /// Where the columns are of different lengths, or more than the files have.
    pub fn batch(&self, columns: Vec<ArrayRef>) -> Result<RecordBatch, ArrowError> {
        let schema = self.file_schema();
        let held = schema.fields().iter().zip(&columns);
        let fields = held.map(|(field, column)| Field::new(field.name(), column.data_type().clone(), true));
        RecordBatch::try_new(Arc::new(Schema::new(fields.collect::<Vec<_>>())), columns)
    }

    /// The columns of which the log tells the bounds: a reader leaves out whole files by them. All others are spread over
    /// each day's files alike, and whoever opens a table would read their bounds of every file that it ever had.
    pub fn bounded(&self) -> impl Iterator<Item = &'static str> {
        self.sort.iter().chain(self.told).copied()
    }

    /// The whole schema as a reader of the table sees it.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        Arc::new(Schema::new(self.columns.iter().map(Column::field).collect::<Vec<_>>()))
    }
}

impl Column {
    fn field(&self) -> Field {
        Field::new(self.name, self.kind.arrow(), true)
    }
}

const fn date(name: &'static str) -> Column {
    Column { name, kind: Kind::Date, repeats: Repeats::Often }
}
const fn time(name: &'static str) -> Column {
    Column { name, kind: Kind::Timestamp, repeats: Repeats::Often }
}
const fn int(name: &'static str) -> Column {
    Column { name, kind: Kind::Int64, repeats: Repeats::Often }
}
const fn double(name: &'static str) -> Column {
    Column { name, kind: Kind::Double, repeats: Repeats::Often }
}
const fn boolean(name: &'static str) -> Column {
    Column { name, kind: Kind::Boolean, repeats: Repeats::Often }
}
const fn text(name: &'static str) -> Column {
    Column { name, kind: Kind::Utf8, repeats: Repeats::Often }
}

const fn seldom(column: Column) -> Column {
    Column { repeats: Repeats::Seldom, ..column }
}
const fn never(column: Column) -> Column {
    Column { repeats: Repeats::Never, ..column }
}

/// One row per message that a server accepted from an authenticated client.
pub static SUBMISSIONS: Table = Table {
    name: "submissions",
    row: "one accepted authenticated message",
    columns: &[
        date("date"),
        text("source"),
        never(time("ts")),
        text("server"),
        text("service"),
        int("port"),
        text("tls_mode"),
        text("client_ip"),
        text("client_name"),
        text("helo"),
        text("account"),
        text("account_raw"),
        text("domain"),
        boolean("domain_from_mail_from"),
        text("mechanism"),
        text("auth_family"),
        text("mail_from"),
        int("recipients"),
        never(int("size_bytes")),
        text("tls_version"),
        boolean("tls_known_present"),
        text("cipher"),
        text("cipher_class"),
        never(text("queue_id")),
        never(text("message_id")),
    ],
    partitions: &["date", "source"],
    sort: &["domain", "account", "ts"],
    told: &[],
    longest_bound: SHORT,
};

/// One row per refused attempt.
pub static REFUSALS: Table = Table {
    name: "refusals",
    row: "one refused attempt",
    columns: &[
        date("date"),
        text("source"),
        never(time("ts")),
        text("server"),
        text("service"),
        text("client_ip"),
        text("client_name"),
        text("helo"),
        text("account"),
        text("mechanism"),
        text("tls_version"),
        text("kind"),
        text("reason"),
        text("code"),
    ],
    partitions: &["date", "source"],
    sort: &["account", "ts"],
    told: &[],
    longest_bound: SHORT,
};

/// One row per line that looked like ours and could not be read.
pub static REJECTED_LINES: Table = Table {
    name: "rejected_lines",
    row: "one raw line that could not be read",
    columns: &[date("date"), text("source"), text("file"), int("line"), text("reason"), never(text("raw"))],
    partitions: &["date", "source"],
    sort: &["file", "line"],
    told: &[],
    longest_bound: SHORT,
};

/// What another product has counted over a period, which ends with its `date`.
pub static IMPORTED: Table = Table {
    name: "imported",
    row: "one account and TLS version of a period that another product has counted",
    columns: &[
        date("date"),
        text("source"),
        date("period_start"),
        text("account"),
        text("account_raw"),
        text("domain"),
        text("tls_version"),
        int("messages"),
        text("file"),
        int("line"),
    ],
    partitions: &["date", "source"],
    sort: &["domain", "account", "tls_version"],
    told: &["period_start"],
    longest_bound: SHORT,
};

/// The finest rollup: names the device.
pub static DAILY_CLIENTS: Table = Table {
    name: "daily_clients",
    row: "one day, account, client, TLS version, cipher, mechanism and TLS mode",
    columns: &[
        date("date"),
        seldom(text("account")),
        text("domain"),
        seldom(text("client_ip")),
        seldom(text("client_name")),
        text("helo"),
        text("service"),
        text("tls_version"),
        text("cipher"),
        text("cipher_class"),
        text("mechanism"),
        text("auth_family"),
        text("tls_mode"),
        int("messages"),
        int("recipients"),
        seldom(int("bytes")),
        seldom(time("first_seen")),
        seldom(time("last_seen")),
        text("origin"),
    ],
    partitions: &["date"],
    sort: &["domain", "account", "client_ip", "tls_version"],
    told: &[],
    longest_bound: SHORT,
};

/// Volume per account and day.
pub static DAILY_VOLUME: Table = Table {
    name: "daily_volume",
    row: "one day and account",
    columns: &[
        date("date"),
        seldom(text("account")),
        text("domain"),
        int("messages"),
        int("recipients"),
        seldom(int("bytes")),
        int("client_ips"),
        int("client_nets"),
        int("mail_froms"),
        seldom(time("first_seen")),
        seldom(time("last_seen")),
        int("hour_00"),
        int("hour_01"),
        int("hour_02"),
        int("hour_03"),
        int("hour_04"),
        int("hour_05"),
        int("hour_06"),
        int("hour_07"),
        int("hour_08"),
        int("hour_09"),
        int("hour_10"),
        int("hour_11"),
        int("hour_12"),
        int("hour_13"),
        int("hour_14"),
        int("hour_15"),
        int("hour_16"),
        int("hour_17"),
        int("hour_18"),
        int("hour_19"),
        int("hour_20"),
        int("hour_21"),
        int("hour_22"),
        int("hour_23"),
        text("origin"),
    ],
    partitions: &["date"],
    sort: &["domain", "account"],
    told: &[],
    longest_bound: SHORT,
};

/// TLS versions per account and day.
pub static DAILY_TLS: Table = Table {
    name: "daily_tls",
    row: "one day, account and TLS version",
    columns: &[
        date("date"),
        seldom(text("account")),
        text("domain"),
        text("tls_version"),
        int("messages"),
        double("share"),
        int("recipients"),
        text("origin"),
    ],
    partitions: &["date"],
    sort: &["domain", "account", "tls_version"],
    told: &[],
    longest_bound: SHORT,
};

/// Refusals per account, client, kind and day.
pub static DAILY_REFUSALS: Table = Table {
    name: "daily_refusals",
    row: "one day, account, client and kind of refusal",
    columns: &[
        date("date"),
        text("account"),
        seldom(text("client_ip")),
        seldom(text("client_name")),
        text("kind"),
        int("attempts"),
        seldom(time("first_seen")),
        seldom(time("last_seen")),
        boolean("later_success"),
        int("attempts_before_success"),
    ],
    partitions: &["date"],
    sort: &["account", "client_ip", "kind"],
    told: &[],
    longest_bound: SHORT,
};

/// What each day of each source was built from, and how well it could be read.
pub static COVERAGE: Table = Table {
    name: "coverage",
    row: "one day and source",
    columns: &[
        date("date"),
        text("source"),
        int("bytes"),
        int("lines_read"),
        int("lines_used"),
        int("lines_ignored"),
        int("lines_rejected"),
        int("submissions"),
        int("refusals"),
        double("unknown_tls_share"),
        double("unknown_account_share"),
        time("first_line"),
        time("last_line"),
        double("longest_gap_seconds"),
        int("files"),
        int("truncated_files"),
        text("inputs_digest"),
        text("tool_version"),
        text("inputs"),
    ],
    partitions: &["date", "source"],
    sort: &[],
    // A file is one row, so its bounds are the row's values: the ledger is read in the log, without opening a file.
    told: &["lines_read", "lines_used", "inputs"],
    longest_bound: 16 << 10,
};

/// Whose count a row of a daily table is, as its column `origin` says: a log's.
pub const FROM_LOG: &str = "log";
/// The same of another product's, of which there is no message in the lake.
pub const FROM_IMPORT: &str = "import";

/// Every table of the lake, in the order in which a run writes them.
pub static TABLES: &[&Table] = &[
    &SUBMISSIONS,
    &REFUSALS,
    &REJECTED_LINES,
    &IMPORTED,
    &COVERAGE,
    &DAILY_CLIENTS,
    &DAILY_VOLUME,
    &DAILY_TLS,
    &DAILY_REFUSALS,
];

/// The table of a name.
#[must_use]
pub fn table(name: &str) -> Option<&'static Table> {
    static BY_NAME: LazyLock<std::collections::HashMap<&str, &Table>> =
        LazyLock::new(|| TABLES.iter().map(|table| (table.name, *table)).collect());
    BY_NAME.get(name).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every column is explained, with its type, under its table's heading and in its order.
    #[test]
    fn the_documentation_knows_every_column() {
        let pages = include_str!("../../docs/tables.md");
        for table in TABLES {
            let behind = pages.split(&format!("\n## {}\n", table.name)).nth(1).unwrap_or_default();
            let section = behind.split("\n## ").next().unwrap_or_default();
            let mut rest = section.split_once("|---|---|---|").unwrap_or_default().1;
            for column in table.columns {
                let at = rest.find(&format!("`{}`", column.name));
                assert!(at.is_some(), "docs/tables.md lacks {}.{}, or has it out of order", table.name, column.name);
                rest = &rest[at.unwrap_or_default()..];
                let kind = rest.split('|').nth(1).unwrap_or_default().trim();
                assert_eq!(kind, format!("{:?}", column.kind).to_uppercase(), "{}.{}", table.name, column.name);
            }
        }
    }
}
