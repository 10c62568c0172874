"""Published datasets: flat files, the same rows in each format, and figures that equal the truth."""
import datetime
import json
import re

import pyarrow
import pyarrow.csv
import pyarrow.parquet

from checks import require, same
from contract import DATASETS, DIMENSIONS, HEADERS, LEGACY, NAMELESS_DOMAIN, add_up, expected_daily, expected_refusals

PLAIN = {"date32[day]", "timestamp[us, tz=UTC]", "int64", "double", "bool", "string", "large_string"}


def files(publish):
    """{dataset: {"parquet": path, "csv": path, "jsonl": path}}: a file is named after its dataset, or is in a folder of that name."""
    found = {}
    for path in sorted(publish.rglob("*")):
        if path.suffix in (".parquet", ".csv", ".jsonl"):
            name = path.stem if path.stem in DATASETS else path.parent.name
            found.setdefault(name, {}).setdefault(path.suffix[1:], path)
    return found


def check_published(checks, publish):
    """Everything about the folder that a report published."""
    found = files(publish)
    for dataset in DATASETS:
        checks.check(f"published {dataset}: flat Parquet, and CSV and JSON lines with the same cells", _flat, found, dataset, publish)
    for name in sorted(set(found) - set(DATASETS)):
        checks.check(f"published {name}: flat Parquet, and CSV and JSON lines with the same cells", _flat, found, name, publish)
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
    require(set(found.get(dataset, {})) >= {"parquet", "csv", "jsonl"}, f"is not there as .parquet, .csv and .jsonl below {publish}")
    table = _table(found, dataset)
    strange = {field.name: str(field.type) for field in table.schema if str(field.type) not in PLAIN}
    require(not strange, f"columns of types that are not plain: {strange}")
    for path in found[dataset].values():
        keys = re.findall(r"([^/=]+)=", str(path.relative_to(publish)))
        require(not set(keys) & set(table.column_names), f"a folder's key has the name of a column: {path}")
    _same_cells("the CSV", _csv(found[dataset]["csv"], table.column_names), table, _as_csv)
    _same_cells("the JSON lines", _json_lines(found[dataset]["jsonl"], table.column_names), table, _as_json)


def _csv(path, names):
    """(header, rows of texts): nothing between two commas is None, and what stands between quotes never is."""
    as_written = pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(names, pyarrow.string()), null_values=[""],
                                            strings_can_be_null=True, quoted_strings_can_be_null=False)
    table = pyarrow.csv.read_csv(path, parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True), convert_options=as_written)
    return table.column_names, _rows(table)


def _json_lines(path, names):
    """(names, rows of values); a line with other names is all that there is."""
    rows = []
    for line in path.read_text(encoding="utf-8").removesuffix("\n").split("\n") if path.stat().st_size else []:
        got, values = zip(*json.loads(line, object_pairs_hook=list))
        if list(got) != names:
            return list(got), [values]
        rows.append(values)
    return names, rows


def _rows(table):
    return list(zip(*(column.to_pylist() for column in table.columns)))


def _same_cells(what, written, table, form):
    header, rows = written
    require(header == table.column_names, f"the names of {what} are {header}, not {table.column_names}")
    require(len(rows) == table.num_rows, f"{len(rows)} rows in {what}, {table.num_rows} in the Parquet file")
    for number, (got, values) in enumerate(zip(rows, _rows(table)), 1):
        wanted = tuple(map(form, values))
        # 1 equals 1.0 and True, and they are written otherwise: their spelling tells them apart.
        wrong = [f"{name} is {cell!r}, not {value!r}" for name, cell, value in zip(header, got, wanted) if repr(cell) != repr(value)]
        require(not wrong, f"row {number} of {what}: {'; '.join(wrong[:3])}")


def _as_json(value):
    """A Parquet file's value as it is to stand in the JSON lines."""
    if isinstance(value, datetime.datetime):  # Which is a date as well.
        return value.isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, datetime.date) else value


def _as_csv(value):
    """A Parquet file's value as it is to stand in the CSV: what a spreadsheet would run has a guard in front."""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
    if isinstance(value, bool):
        return str(value).lower()
    value = _as_json(value)
    # Python writes floats as mailtally does, in the shortest form that is read back exactly; only exponents, which no
    # dataset has, look otherwise.
    return value if value is None else str(value)


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
            if account:
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
        if account and str(monday + datetime.timedelta(days=6)) <= last:
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
