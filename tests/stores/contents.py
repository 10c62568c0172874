"""What a lake and a folder of datasets hold, in a form in which two of them can be compared.

Names of files differ from run to run, rows do not.
"""
import csv

import deltalake
import pyarrow.parquet

# Where a file was read from differs between a disk and a bucket, and the pipeline file with it.
ABOUT_PLACES = {"inputs", "inputs_digest", "file"}


def tables(lake):
    """{table: (columns, sorted rows)}."""
    found = {}
    for log in sorted(lake.rglob("_delta_log")):
        table = deltalake.DeltaTable(str(log.parent)).to_pyarrow_table()
        found[str(log.parent.relative_to(lake))] = _sorted(table)
    return found


def datasets(publish):
    """{file name: (columns, sorted rows)} of every Parquet and CSV file."""
    found = {}
    for path in sorted(publish.rglob("*")):
        if path.suffix == ".parquet":
            found[str(path.relative_to(publish))] = _sorted(pyarrow.parquet.ParquetFile(path).read())
        elif path.suffix == ".csv":
            with path.open(newline="", encoding="utf-8-sig") as file:
                header, *rows = csv.reader(file)
            kept = [number for number, name in enumerate(header) if name not in ABOUT_PLACES]
            found[str(path.relative_to(publish))] = (tuple(header), sorted(tuple(row[number] for number in kept) for row in rows))
    return found


def _sorted(table):
    names = sorted(name for name in table.column_names if name not in ABOUT_PLACES)
    rows = zip(*(table[name].to_pylist() for name in names))
    return tuple(table.column_names), sorted((tuple(map(str, row)) for row in rows))
