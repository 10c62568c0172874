//! Reading: a lazy frame over exactly the files that the log names.
//!
//! A plain glob over a table's folder would read dead files too. Where the files' folders spell their partitions as
//! we spell them, polars reads the partition columns from there: one scan, and it skips whole files by them. Where
//! they do not, each partition is a scan of its own that is told its values, and the scans are concatenated.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use polars::io::HiveOptions;
use polars::io::cloud::CloudOptions;
use polars::prelude::{
    DataFrame, DataType, Expr, IntoLazy, LazyFrame, PlRefPath, PolarsResult, ScanArgsParquet, Schema, SchemaRef,
    UnionArgs, col, concat, lit,
};
use url::{Position, Url};

use super::Lake;
use super::error::{Error, Result};
use super::files::{DataFile, Partition};
use super::tables::{Column, Table};
use crate::storage;

impl Lake {
    /// The rows of `files`, with all columns of the table in order, the partition columns among them. A column
    /// that is newer than a file is null in its rows. No files make an empty frame. Takes files or references to them.
    ///
    /// # Errors
    /// Where polars does not take the paths or the storage options; missing files show when the frame is collected.
    pub fn scan<F: Borrow<DataFile>>(&self, table: &'static Table, files: &[F]) -> Result<LazyFrame> {
        let place = self.location(table);
        self.frame(table, &place, files).map_err(|source| Error::Scan {
            table: table.name,
            place: storage::display(&place),
            source: Box::new(source),
        })
    }

    fn frame<F: Borrow<DataFile>>(&self, table: &'static Table, place: &Url, files: &[F]) -> PolarsResult<LazyFrame> {
        let mut partitions: BTreeMap<&Partition, Vec<PlRefPath>> = BTreeMap::new();
        for file in files {
            let file = file.borrow();
            partitions.entry(&file.partition).or_default().push(PlRefPath::new(absolute(place, &file.path).as_str()));
        }
        if partitions.is_empty() {
            let schema = Schema::from_iter(table.columns.iter().map(field));
            return Ok(DataFrame::empty_with_schema(&schema).lazy());
        }
        let mut arguments = self.arguments(table, place)?;
        if names_tell(place, files) {
            arguments.hive_options = from_names(table);
            let paths: Vec<PlRefPath> = partitions.into_values().flatten().collect();
            return Ok(LazyFrame::scan_parquet_files(paths.into(), arguments)?.select(columns(table)));
        }
        let frames = partitions.into_iter().map(|(partition, paths)| {
            let frame = LazyFrame::scan_parquet_files(paths.into(), arguments.clone())?;
            Ok(frame.with_columns(literals(partition)).select(columns(table)))
        });
        concat(frames.collect::<PolarsResult<Vec<_>>>()?, UnionArgs::default())
    }

    fn arguments(&self, table: &'static Table, place: &Url) -> PolarsResult<ScanArgsParquet> {
        let scheme = PlRefPath::new(place.as_str()).scheme();
        let cloud_options = CloudOptions::from_untyped_config(scheme, self.storage.options())?;
        let stored = table.columns.iter().filter(|column| !table.partitions.contains(&column.name));
        let mut arguments = ScanArgsParquet {
            schema: Some(SchemaRef::new(stored.map(field).collect())),
            cloud_options: (place.scheme() != "file").then_some(cloud_options),
            glob: false,
            allow_missing_columns: true,
            ..ScanArgsParquet::default()
        };
        arguments.hive_options.enabled = Some(false);
        Ok(arguments)
    }
}

/// Whether polars reads from the paths what the log says. It takes every `name=value` on the way for a partition,
/// those above the table too, and foreign writers may name their folders as they please.
fn names_tell<F: Borrow<DataFile>>(place: &Url, files: &[F]) -> bool {
    let plain = !absolute(place, "").contains('=');
    plain && files.iter().map(Borrow::borrow).all(DataFile::is_in_its_folder)
}

fn from_names(table: &'static Table) -> HiveOptions {
    let partitions = table.columns.iter().filter(|column| table.partitions.contains(&column.name));
    let schema = SchemaRef::new(partitions.map(field).collect());
    HiveOptions { enabled: Some(true), schema: Some(schema), try_parse_dates: true, ..HiveOptions::default() }
}

/// The path of a file as polars takes it: local, or a URL whose path is the store's key letter by letter.
fn absolute(place: &Url, path: &str) -> String {
    match storage::local_path(place) {
        Some(folder) => format!("{}/{path}", folder.display()),
        None => {
            let folder = object_store::path::Path::from_url_path(place.path()).unwrap_or_default();
            format!("{}/{folder}/{path}", &place[..Position::BeforePath])
        }
    }
}

fn literals(partition: &Partition) -> Vec<Expr> {
    let date = lit(partition.date.epoch_days()).cast(DataType::Date).alias("date");
    let source = partition.source.as_deref().map(|source| lit(source).alias("source"));
    std::iter::once(date).chain(source).collect()
}

fn columns(table: &'static Table) -> Vec<Expr> {
    table.columns.iter().map(|column| col(column.name)).collect()
}

fn field(column: &Column) -> polars::prelude::Field {
    polars::prelude::Field::new(column.name.into(), column.kind.polars())
}
