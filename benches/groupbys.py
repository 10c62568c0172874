"""Makes the lakes, runs the contestants, compares their daily tables cell by cell, and writes the table. Called by groupbys.sh."""
import argparse
import datetime
import os
import pathlib
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile

import duckdb

import contestants
import groupbys_lake
from report import memory, processor

RIVALS = pathlib.Path(__file__).parent / "rivals"
TABLES = ("daily_clients", "daily_volume", "daily_tls", "daily_refusals")
KEYS = {
    "daily_clients": ["date", "account", "client_ip", "helo", "tls_version", "cipher", "mechanism", "tls_mode"],
    "daily_volume": ["date", "account"],
    "daily_tls": ["date", "account", "tls_version"],
    "daily_refusals": ["date", "account", "client_ip", "kind"],
    "sending_volume": ["date", "domain"],
    "tls_usage": ["date", "domain", "tls_version"],
}
# Everything, and less: the charts, which are compared, and the table behind each of them.
CHARTS = "--dataset sending_volume --dataset tls_usage --format parquet"
ASKED = [
    "",
    CHARTS,
    "--dataset sending_volume_details --format parquet",
    "--dataset tls_usage_details --format parquet",
]
PIPELINE = """name = "bench"
lake = "{lake}"
publish = "{place}/published"
[[sources]]
name = "mx1"
format = "postfix"
files = ["{place}/none.log"]
[run]
lookback_days = "all"
"""


def main():
    args = arguments()
    cache = pathlib.Path(args.cache)
    raw = made(cache / f"groupbys-{args.submissions}-{args.days}-{args.accounts}", lambda place: groupbys_lake.raw(place, args.submissions, args.days, args.accounts))
    daily = made(cache / f"report-{args.report_days}-{args.accounts}-{args.active}", lambda place: groupbys_lake.rolled_up(place, args.report_days, args.accounts, args.active))
    with tempfile.TemporaryDirectory(prefix="groupbys-", dir=cache) as scratch:
        scratch = pathlib.Path(scratch)
        results, rows = rollups(args.binary, raw, scratch)
        report = reported(args, daily, scratch)
    text = "\n".join(written(args, results, rows, report, size(raw / "submissions"), size(daily)))
    print(text)
    if args.out != "-":
        pathlib.Path(args.out).parent.mkdir(parents=True, exist_ok=True)
        pathlib.Path(args.out).write_text(text)
    return 1 if any(result[-1] not in ("yes", "") for result in [*results, *report]) else 0


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("cache"), parser.add_argument("out"), parser.add_argument("binary")
    for name in ("--submissions", "--days", "--accounts", "--report-days", "--active"):
        parser.add_argument(name, type=int, required=True)
    return parser.parse_args()


def made(place, make):
    """A lake that is made once."""
    if not (place / "complete").exists():
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        make(place)
        (place / "complete").touch()
    return place


def rollups(binary, raw, scratch):
    """Every contestant's cost, whether its tables are those of DuckDB, and the rows of each table."""
    results, answers = [], {}
    lake = scratch / "lake"
    lake.mkdir()
    for table in ("submissions", "refusals"):
        shutil.copytree(raw / table, lake / table, copy_function=os.link)
    for file in (raw / "submissions").rglob("*.parquet"):
        file.read_bytes()  # Everybody finds the files in memory.
    pipeline = scratch / "bench.toml"
    pipeline.write_text(PIPELINE.format(place=scratch, lake=lake))
    for how in ("all", "daily"):
        answers[how] = scratch / how
        name = {"all": "DuckDB, all days at once", "daily": "DuckDB, day by day"}[how]
        results.append((name, *measured([sys.executable, str(RIVALS / "duck_groupbys.py"), str(raw), str(answers[how]), how], scratch)))
    results.insert(0, ("mailtally run --stage rollup", *measured([binary, "run", str(pipeline), "--stage", "rollup"], scratch)))
    wanted = {table: f"read_parquet('{answers['all'] / table}/*.parquet')" for table in TABLES}
    ours = {table: f"read_parquet('{lake / table}/*/*.parquet', hive_partitioning = true)" for table in TABLES}
    daily = {table: f"read_parquet('{answers['daily'] / table}/*.parquet')" for table in TABLES}
    verdicts = [verdict(wanted, ours), "yes", verdict(wanted, daily)]
    rows = {table: duckdb.sql(f"SELECT count(*) FROM {wanted[table]}").fetchone()[0] for table in TABLES}
    return [(*result, says) for result, says in zip(results, verdicts)], rows


def measured(command, scratch):
    """CPU seconds, wall seconds and peak MiB of a command."""
    done = subprocess.run(["/usr/bin/time", "-o", str(scratch / "time.txt"), "-f", "%U %S %e %M", *command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"{shlex.join(command)} failed with {done.returncode}: {done.stderr[-800:]}")
    user, system, wall, peak = map(float, (scratch / "time.txt").read_text().split())
    return user + system, wall, peak / 1024


def verdict(wanted, got):
    """`yes`, or how many cells of which column differ: every column of every row, a row by its whole key."""
    for table in wanted:
        measures = [name for name, *_ in duckdb.sql(f"DESCRIBE SELECT * FROM {wanted[table]}").fetchall() if name not in KEYS[table]]
        same = " AND ".join(f"a.{name} IS NOT DISTINCT FROM b.{name}" for name in KEYS[table])
        differ = lambda name: f"abs(a.{name} - b.{name}) > 1e-12" if name == "share" else f"a.{name} IS DISTINCT FROM b.{name}"
        counts = ", ".join(f"count(*) FILTER ({differ(name)}) AS {name}" for name in measures)
        columns, row = (joined := duckdb.sql(f"SELECT count(*) FILTER (a.date IS NULL) AS extra, count(*) FILTER (b.date IS NULL) AS missing, {counts} FROM {wanted[table]} a FULL JOIN {got[table]} b ON {same}")).columns, joined.fetchone()
        wrong = [f"{count} of {table}.{name}" for name, count in zip(columns, row) if count]
        if wrong:
            return "**no**: " + ", ".join(wrong)
    return "yes"


def reported(args, daily, scratch):
    """[(what is run, its cost, whether its rows are the same)]: reports over all of the days; the charts in DuckDB too."""
    pipeline, out, answer = scratch / "report.toml", scratch / "out", scratch / "charts"
    pipeline.write_text(PIPELINE.format(place=scratch, lake=daily))
    rows = []
    for asked in ASKED:
        arguments = ["report", str(pipeline), "--last", str(args.report_days), *asked.split()]
        cost = measured([args.binary, *arguments, "--out", str(out)], scratch)
        rows.append((shlex.join(["mailtally", *arguments]).replace(f" {pipeline}", ""), cost, ""))
        if asked == CHARTS:
            rival = measured([sys.executable, str(RIVALS / "duck_report.py"), str(daily), str(answer)], scratch)
            wanted, ours = ({chart: f"read_parquet('{place / chart}.parquet')" for chart in ("sending_volume", "tls_usage")} for place in (answer, out))
            rows[-1] = (*rows[-1][:2], verdict(wanted, ours))
            rows.append(("DuckDB, the rows of these two", rival, "yes"))
    return rows


def size(place):
    return sum(file.stat().st_size for file in place.rglob("*.parquet"))


def written(args, results, rows, report, raw_bytes, daily_bytes):
    """The table and what it was measured on, in Markdown."""
    cells = lambda cpu, wall, peak: f"{cpu:.2f} | {wall:.2f} | {peak:.0f}"
    tables = ", ".join(f"{count:,} rows of `{table}`" for table, count in rows.items())
    yield f"# Daily tables from {args.submissions:,} submissions"
    yield ""
    yield f"The four daily tables of {args.days} days, up to {args.accounts:,} accounts, from the same Parquet files ({raw_bytes / 1e6:,.0f} MB, in the page cache): {tables}."
    yield "Every column of every row is compared with DuckDB's. mailtally also sorts its tables and commits them. CPU is user and system time, peak is resident memory."
    yield ""
    yield "| | CPU s | wall s | peak MiB | CPU to ours | same tables |"
    yield "|---|--:|--:|--:|--:|---|"
    for name, cpu, wall, peak, says in results:
        yield f"| {name} | {cells(cpu, wall, peak)} | {cpu / max(results[0][1], 0.01):.2f} | {says} |"
    yield ""
    yield f"# Report over {args.report_days} days of {args.accounts:,} accounts"
    yield ""
    yield f"All datasets in every form and the page, or some datasets in one form, from {daily_bytes / 1e6:,.0f} MB of daily tables, {args.active} in a hundred accounts active on a day."
    yield ""
    yield "| | CPU s | wall s | peak MiB | same rows |"
    yield "|---|--:|--:|--:|---|"
    for name, cost, says in report:
        yield f"| {name} | {cells(*cost)} | {says} |"
    yield ""
    yield f"{datetime.date.today()}, {processor()}, {os.cpu_count()} cores, {memory()}, {platform.system()} {platform.release()}."
    yield ""
    yield f"{contestants.version(args.binary)}, DuckDB {duckdb.__version__}, Python {platform.python_version()}."
    yield ""


if __name__ == "__main__":
    sys.exit(main())
