"""Published datasets: flat files, the same rows in each format, and figures that equal the truth."""
import csv
import re

import pyarrow
import pyarrow.parquet

from checks import require, same
from contract import DATASETS, NAMELESS_DOMAIN, add_up, expected_daily

PLAIN = {"date32[day]", "timestamp[us, tz=UTC]", "int64", "double", "bool", "string", "large_string"}


def files(publish):
    """{dataset: {"parquet": path, "csv": path}}: a file is named after its dataset, or is in a folder of that name."""
    found = {}
    for path in sorted(publish.rglob("*")):
        if path.suffix in (".parquet", ".csv"):
            name = path.stem if path.stem in DATASETS else path.parent.name
            found.setdefault(name, {}).setdefault(path.suffix[1:], path)
    return found


def check_published(checks, publish):
    """Everything about the folder that a report published."""
    found = files(publish)
    for dataset in DATASETS:
        checks.check(f"published {dataset}: flat Parquet, and CSV with the same rows", _flat, found, dataset, publish)
    for name in sorted(set(found) - set(DATASETS)):
        checks.check(f"published {name}: flat Parquet, and CSV with the same rows", _flat, found, name, publish)
    checks.check("published sending_volume = truth", _sending_volume, found)
    checks.check("published sending_volume_details = truth", _sending_volume_details, found)
    checks.check("published tls_usage = truth", _tls_usage, found)
    checks.check("published summary = truth", _summary, found)
    checks.check("published page is one file that needs no network", _page, publish)


def _table(found, dataset):
    return pyarrow.parquet.ParquetFile(found[dataset]["parquet"]).read()


def _flat(found, dataset, publish):
    require(set(found.get(dataset, {})) >= {"parquet", "csv"}, f"is not there as .parquet and .csv below {publish}")
    table = _table(found, dataset)
    strange = {field.name: str(field.type) for field in table.schema if str(field.type) not in PLAIN}
    require(not strange, f"columns of types that are not plain: {strange}")
    for path in found[dataset].values():
        keys = re.findall(r"([^/=]+)=", str(path.relative_to(publish)))
        require(not set(keys) & set(table.column_names), f"a folder's key has the name of a column: {path}")
    with found[dataset]["csv"].open(newline="", encoding="utf-8-sig") as file:
        header, *rows = csv.reader(file)
    require(header == table.column_names, f"CSV header {header} is not {table.column_names}")
    require(len(rows) == table.num_rows, f"{len(rows)} rows in the CSV, {table.num_rows} in the Parquet file")
    ragged = [row for row in rows if len(row) != len(header)]
    require(not ragged, f"CSV rows of another length: {ragged[:1]}")


def _window(table):
    """The first and last day of the dataset's window, as text."""
    bounds = {(str(row["window_start"]), str(row["window_end"])) for row in table.select(["window_start", "window_end"]).to_pylist()}
    require(len(bounds) == 1, f"not one window: {bounds}")
    first, last = bounds.pop()
    require((first, last) == ("2026-03-02", "2026-03-31"), f"the window is {first} to {last}, not the last 30 days of the sample, both included")
    return first, last


def _truth(first, last):
    """[(date, account, domain, TLS version, messages, recipients)] of the window."""
    return [(date, account, account.rpartition("@")[2] if account else NAMELESS_DOMAIN, version, *counts)
            for (date, account, version), counts in expected_daily().items() if first <= date <= last]


def _compare(found, dataset, key_names, value_names, truth_key, *truth_values):
    table = _table(found, dataset)
    rows = table.to_pylist()
    got = add_up(rows, lambda r: tuple(str(r[name]) for name in key_names), *(lambda r, n=name: r[n] for name in value_names))
    got = {key: value for key, value in got.items() if any(value)}
    same(got, add_up(_truth(*_window(table)), truth_key, *truth_values), "cells")


def _sending_volume(found):
    _compare(found, "sending_volume", ["date", "domain"], ["messages", "recipients"], lambda t: (t[0], t[2]), lambda t: t[4], lambda t: t[5])


def _sending_volume_details(found):
    _compare(found, "sending_volume_details", ["account"], ["messages", "recipients"], lambda t: (str(t[1]),), lambda t: t[4], lambda t: t[5])


def _tls_usage(found):
    _compare(found, "tls_usage", ["date", "domain", "tls_version"], ["messages"], lambda t: (t[0], t[2], t[3]), lambda t: t[4])


def _summary(found):
    table = _table(found, "summary")
    truth = _truth(*_window(table))
    require(table.num_rows == 1, f"{table.num_rows} rows")
    row = table.to_pylist()[0]
    wanted = {"accounts": len({t[1] for t in truth if t[1]}), "domains": len({t[2] for t in truth}), "messages": sum(t[4] for t in truth), "recipients": sum(t[5] for t in truth)}
    same({name: row[name] for name in wanted}, wanted, "figures")


def _page(publish):
    pages = list(publish.rglob("*.html"))
    require(pages, "there is no .html file")
    for page in pages:
        text = page.read_text(encoding="utf-8")
        require("<html" in text.lower() and "</html>" in text.lower(), f"{page.name} is not a whole page")
        outside = re.findall(r"<(?:script|img|link|iframe)[^>]+(?:src|href)\s*=\s*[\"']?(?:https?:)?//[^\"'> ]+", text)
        require(not outside, f"{page.name} loads from elsewhere: {outside[:1]}")
