"""Published datasets: flat files, the same rows in each format, and figures that equal the truth."""
import csv
import datetime
import re

import pyarrow
import pyarrow.parquet

from checks import require, same
from contract import DATASETS, DIMENSIONS, HEADERS, LEGACY, add_up, expected_daily, expected_refusals

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
    checks.check("published legacy_clients = truth", _legacy_clients, found)
    checks.check("published refused_clients = truth", _refused_clients, found)
    checks.check("published cutover = truth", _cutover, found)
    checks.check("published cutover_details = truth", _cutover_details, found)
    checks.check("published burn_down = truth", _burn_down, found)
    checks.check("another product's views have its headers and the truth", _other_headers, found)
    for dimension, key in DIMENSIONS.items():
        checks.check(f"published {dimension} has every key of the datasets, each once", _dimension, found, dimension, key)
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
    require((first, last) == ("2026-03-04", "2026-03-10"), f"the window is {first} to {last}, not the last 7 days of the sample, both included")
    return first, last


def _truth(first, last):
    """[(date, account, domain, TLS version, messages, recipients)] of the window."""
    return [(date, account, account.rpartition("@")[2], version, *counts)
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
    _compare(found, "sending_volume_details", ["account"], ["messages", "recipients"], lambda t: (t[1],), lambda t: t[4], lambda t: t[5])


def _tls_usage(found):
    _compare(found, "tls_usage", ["date", "domain", "tls_version"], ["messages"], lambda t: (t[0], t[2], t[3]), lambda t: t[4])


def _summary(found):
    table = _table(found, "summary")
    truth = _truth(*_window(table))
    require(table.num_rows == 1, f"{table.num_rows} rows")
    row = table.to_pylist()[0]
    wanted = {"accounts": len({t[1] for t in truth}), "domains": len({t[2] for t in truth}), "messages": sum(t[4] for t in truth), "recipients": sum(t[5] for t in truth)}
    same({name: row[name] for name in wanted}, wanted, "figures")


def _legacy_clients(found):
    rows = _table(found, "legacy_clients").to_pylist()
    truth = [t for t in _truth(*_window(_table(found, "legacy_clients"))) if t[3] in LEGACY]
    same(add_up(rows, lambda r: (r["account"], r["tls_version"]), lambda r: r["messages"]), add_up(truth, lambda t: (t[1], t[3]), lambda t: t[4]), "cells")
    versions = {}
    for _, account, _, version, *_ in _truth(*_window(_table(found, "legacy_clients"))):
        versions.setdefault(account, set()).add(version)
    for row in rows:
        others = set(row["other_versions"].split(", ")) if row["other_versions"] else set()
        same({row["account"]: others}, {row["account"]: versions[row["account"]] - {row["tls_version"]}}, "other versions")


def _refused_clients(found):
    table = _table(found, "refused_clients")
    first, last = _window(table)
    truth = [(kind, attempts) for (date, kind), attempts in expected_refusals().items() if first <= date <= last]
    same(add_up(table.to_pylist(), lambda r: r["kind"], lambda r: r["attempts"]), add_up(truth, lambda t: t[0], lambda t: t[1]), "kinds")


# For which versions a scenario fails; those about ciphers and passwords are not in the truth.
SCENARIOS = {
    "min_tlsv1_0": {"SSLv3"}, "min_tlsv1_1": {"SSLv3", "TLSv1.0"}, "min_tlsv1_2": {"SSLv3", "TLSv1.0", "TLSv1.1"},
    "min_tlsv1_3": {"SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2"}, "no_cleartext": {"none"}, "min_tlsv1_2_no_cleartext": LEGACY,
}


def _cutover(found):
    table = _table(found, "cutover")
    truth = _truth(*_window(table))
    everything = add_up(truth, lambda t: t[0], lambda t: t[4])
    for scenario in {row["scenario"] for row in table.to_pylist()}:
        rows = [row for row in table.to_pylist() if row["scenario"] == scenario]
        same(add_up(rows, lambda r: str(r["date"]), lambda r: r["failing_messages"] + r["passing_messages"]), everything, f"messages of {scenario}")
    for scenario, versions in SCENARIOS.items():
        rows = [row for row in table.to_pylist() if row["scenario"] == scenario]
        fails = lambda t: t[4] if t[3] in versions else 0  # noqa: E731
        same(add_up(rows, lambda r: str(r["date"]), lambda r: r["failing_messages"]), add_up(truth, lambda t: t[0], fails), scenario)
        ways = {}
        for date, account, _, version, *_ in truth:
            ways.setdefault((date, account), set()).add(version in versions)
        for name, outcome in (("breaks", {True}), ("mixed", {True, False}), ("safe", {False})):
            wanted = add_up(ways.items(), lambda way: way[0][0], lambda way: int(way[1] == outcome))
            same(add_up(rows, lambda r: str(r["date"]), lambda r: r[f"{name}_accounts"]), wanted, f"{scenario}: {name}")


def _cutover_details(found):
    table = _table(found, "cutover_details")
    truth = _truth(*_window(table))
    for scenario, versions in SCENARIOS.items():
        rows = [row for row in table.to_pylist() if row["scenario"] == scenario]
        failing = add_up([t for t in truth if t[3] in versions], lambda t: t[1], lambda t: t[4])
        if failing:
            same(add_up(rows, lambda r: r["account"], lambda r: r["failing"]), failing, scenario)
        else:
            require(not rows, f"{scenario} breaks {rows[:1]}")


def _burn_down(found):
    table = _table(found, "burn_down")
    _, last = _window(table)
    weeks = {}
    for (date, account, version), _ in expected_daily().items():
        day = datetime.date.fromisoformat(date)
        monday = day - datetime.timedelta(days=day.weekday())
        if str(monday + datetime.timedelta(days=6)) <= last:
            weeks.setdefault((str(monday), account.rpartition("@")[2]), {}).setdefault(account, set()).add(version)
    wanted = {key: (len(accounts), sum(bool(versions & LEGACY) for versions in accounts.values())) for key, accounts in weeks.items()}
    rows = table.to_pylist()
    same(add_up(rows, lambda r: (str(r["week"]), r["domain"]), lambda r: r["accounts"], lambda r: r["legacy_accounts"]), wanted, "weeks")


def _other_headers(found):
    truth = _truth(*_window(_table(found, "summary")))
    messages = add_up(truth, lambda t: t[1], lambda t: t[4])
    for name, header in HEADERS.items():
        table = _table(found, name)
        require(table.column_names == header, f"{name} has {table.column_names}")
        count = next(column for column in header if column.startswith("Message"))
        same(add_up(table.to_pylist(), lambda r: r["Sender address"], lambda r: r[count]), messages, name)
    for version, column in (("TLSv1.0", "TLS1.0%"), ("TLSv1.1", "TLS1.1%"), ("TLSv1.2", "TLS1.2%")):
        wanted = add_up(truth, lambda t: t[1], lambda t: t[4] if t[3] == version else 0)
        for row in _table(found, "scc_tls_usage").to_pylist():
            part, whole = wanted[row["Sender address"]][0], row["Message count"]
            cell = re.fullmatch(r"(\d+(?:\.\d\d?)?)%\((\d+)\)", row[column])
            require(cell and int(cell[2]) == part and abs(float(cell[1]) - 100 * part / whole) <= 0.005 + 1e-9, f"{row[column]} for {part} of {whole}")


def _dimension(found, dimension, key):
    keys = _table(found, dimension)[key].to_pylist()
    require(None not in keys and len(set(keys)) == len(keys), "keys are missing or come twice")
    columns = {key, f"last_{key}"} | ({"week"} if key == "date" else set())
    for name in sorted(set(found) - {dimension}):
        table = _table(found, name)
        for column in columns & set(table.column_names):
            lost = {value for value in table[column].to_pylist() if value is not None} - set(keys)
            require(not lost, f"{name}.{column} has {sorted(map(str, lost))[:3]}")


def _page(publish):
    pages = list(publish.rglob("*.html"))
    require(pages, "there is no .html file")
    for page in pages:
        text = page.read_text(encoding="utf-8")
        require("<html" in text.lower() and "</html>" in text.lower(), f"{page.name} is not a whole page")
        outside = re.findall(r"<(?:script|img|link|iframe)[^>]+(?:src|href)\s*=\s*[\"']?(?:https?:)?//[^\"'> ]+", text)
        require(not outside, f"{page.name} loads from elsewhere: {outside[:1]}")
