"""Runs the demo with the binary given, then reads the lake back three ways and the datasets one by one."""
import hashlib
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from checks import Checks, require, same
from contract import SAMPLES, TABLES, add_up, columns, expected_daily, expected_refusals
from lakes import DeltaLake, DuckDB, Polars
from published import check_published


def main():
    binary = sys.argv[1]
    checks = Checks()
    with tempfile.TemporaryDirectory(prefix="mailtally-readers-") as folder:
        root = pathlib.Path(folder)
        shutil.copytree(SAMPLES / "demo", root / "sample_data" / "demo")
        shutil.copytree(SAMPLES.parent / "pipelines", root / "pipelines")
        lake, publish = root / "lake", root / "published"
        command = [binary, "run", "pipelines/demo.toml", "--lake", str(lake), "--publish", str(publish)]
        checks.check("the demo runs", _run, command, root)
        check_lake(checks, lake)
        check_published(checks, publish)
        checks.check("the second run changes nothing, says so, and takes less than a second", _second_run, command, root, lake, publish)
    return checks.finish()


def _run(command, root):
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=600)
    require(done.returncode == 0, f"exit code {done.returncode}: {done.stderr.strip()[-800:]}")
    return done.stdout + done.stderr


def _second_run(command, root, lake, publish):
    before = _state(lake, publish)
    fastest = 1e9
    for _ in range(3):  # The fastest of three: the machine may be busy with something else.
        start = time.monotonic()
        said = _run(command, root)
        fastest = min(fastest, time.monotonic() - start)
        require("nothing to do" in said.lower(), f"it does not say that there is nothing to do: {said[-300:]}")
    same(_state(lake, publish), before, "files")
    require(fastest < 1, f"{fastest:.2f} s")


def _state(*folders):
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()}


def check_lake(checks, lake):
    """Every table by every reader; the figures against the truth; the readers against each other."""
    readers = {}
    for kind in (DeltaLake, DuckDB, Polars):
        reader = checks.check(f"{kind.__name__} starts", kind, lake)
        if reader:
            readers[kind.__name__] = reader
    for table in TABLES:
        checks.check(f"{table}: protocol reader 1, writer 2, no deletion vectors, no column mapping", _protocol, readers["DeltaLake"], table)
        everybody = {}
        for name, reader in readers.items():
            checks.check(f"{table} by {name}: columns and types", _types, reader, table, name == "DeltaLake")
            everybody[name] = checks.check(f"{table} by {name}: rows", _rows, reader, table)
        checks.check(f"{table}: every reader sees the same rows", _agree, everybody)
    for name, reader in readers.items():
        checks.check(f"submissions by {name} = truth", _submissions, reader)
        checks.check(f"daily_tls by {name} = truth", _daily_tls, reader)
        checks.check(f"refusals by {name} = truth", _refusals, reader)
        checks.check(f"daily tables by {name}: sums = sums of submissions", _sums, reader)
        checks.check(f"coverage by {name}: every line is used, ignored or rejected", _coverage, reader)


def _protocol(reader, table):
    protocol = reader.table(table).protocol()
    require((protocol.min_reader_version, protocol.min_writer_version) == (1, 2), f"{protocol}")
    require(not protocol.reader_features, f"{protocol.reader_features}")


def _types(reader, table, in_order):
    wanted, got = columns(table), reader.types(table)
    if not in_order:  # Some readers put partition columns last.
        got = [pair for pair in got if pair[0] in dict(wanted)]
        wanted, got = sorted(wanted), sorted(got)
    require(got[:len(wanted)] == wanted, f"{[pair for pair in got if pair not in wanted]} instead of {[pair for pair in wanted if pair not in got]}"
            if set(got) != set(wanted) else "the order of columns has changed")


def _rows(reader, table):
    rows = reader.rows(table, [name for name, _ in columns(table)])
    require(rows, "the table is empty")
    return sorted(rows, key=lambda row: tuple((value is not None, str(value)) for value in row))


def _agree(everybody):
    first, *others = everybody
    require(everybody[first] is not None, f"{first} has none")
    for other in others:
        wrong = [pair for pair in zip(everybody[first], everybody[other] or []) if pair[0] != pair[1]]
        require(len(everybody[first]) == len(everybody[other] or []) and not wrong, f"{first} and {other} differ: {wrong[:1]}")


def _submissions(reader):
    rows = reader.rows("submissions", ["date", "account", "tls_version", "recipients"])
    same(add_up(rows, lambda r: r[:3], lambda r: 1, lambda r: r[3]), expected_daily(), "cells")


def _daily_tls(reader):
    rows = reader.rows("daily_tls", ["date", "account", "tls_version", "messages", "recipients", "share"])
    same(add_up(rows, lambda r: r[:3], lambda r: r[3], lambda r: r[4]), expected_daily(), "cells")
    for (date, account), (share,) in add_up(rows, lambda r: r[:2], lambda r: r[5]).items():
        require(abs(share - 1) < 1e-9 or abs(share - 100) < 1e-6, f"shares of {account} on {date} add up to {share}")


def _refusals(reader):
    wanted = {key: (count,) for key, count in expected_refusals().items()}
    same(add_up(reader.rows("refusals", ["date", "kind"]), lambda r: r, lambda r: 1), wanted, "cells")
    same(add_up(reader.rows("daily_refusals", ["date", "kind", "attempts"]), lambda r: r[:2], lambda r: r[2]), wanted, "cells")


def _sums(reader):
    detail = reader.rows("submissions", ["date", "account", "recipients", "size_bytes"])
    wanted = add_up(detail, lambda r: r[:2], lambda r: 1, lambda r: r[2], lambda r: r[3])
    for table in ("daily_clients", "daily_volume"):
        rows = reader.rows(table, ["date", "account", "messages", "recipients", "bytes"])
        same(add_up(rows, lambda r: r[:2], *(lambda r, n=n: r[n] for n in (2, 3, 4))), wanted, f"cells of {table}")
    hours = [f"hour_{hour:02}" for hour in range(24)]
    for row in reader.rows("daily_volume", ["date", "account", "messages", *hours]):
        require(sum(row[3:]) == row[2], f"hours of {row[1]} on {row[0]} add up to {sum(row[3:])}, not {row[2]}")


def _coverage(reader):
    rows = reader.rows("coverage", ["date", "source", "lines_read", "lines_used", "lines_ignored", "lines_rejected", "submissions"])
    for date, source, read, used, ignored, rejected, _ in rows:
        require(read == used + ignored + rejected, f"{source} {date}: {read} read, {used} + {ignored} + {rejected}")
    messages = add_up([(date, counts[0]) for (date, _, _), counts in expected_daily().items()], lambda r: r[0], lambda r: r[1])
    same(add_up(rows, lambda r: r[0], lambda r: r[6]), messages, "days")


if __name__ == "__main__":
    sys.exit(main())
