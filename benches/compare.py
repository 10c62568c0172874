"""Runs each contestant in turn, checks its answer, and writes the table. Called by compare.sh."""
import csv
import datetime
import os
import pathlib
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass

import deltalake
import duckdb
import polars

from check import truth, verdict

RIVALS = pathlib.Path(__file__).parent / "rivals"
PIPELINE = """name = "bench"
lake = "{place}/lake"
publish = "{place}/published"
[[sources]]
name = "mx1"
format = "postfix"
files = ["{log}"]
timezone = "UTC"
year = 2026
[run]
lookback_days = "all"
"""


@dataclass
class Result:
    """What one contestant took: seconds, seconds, MiB."""

    name: str
    cpu: float
    wall: float
    peak: float
    exact: str


def main():
    folder, out, runs, binary = pathlib.Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
    log, wanted = folder / "mail.log", truth(folder / "truth.csv")
    results = []
    with tempfile.TemporaryDirectory(prefix="run-", dir=folder) as scratch:
        for name, command, collect in contestants(binary, log, pathlib.Path(scratch)):
            result = measure(name, command, collect, wanted, pathlib.Path(scratch), runs)
            print(f"{name}: {result.cpu:.2f} CPU s, {result.wall:.2f} s, {result.peak:.0f} MiB, exact: {result.exact}", file=sys.stderr)
            results.append(result)
    text = report(results, log, runs, binary)
    print(text)
    if out != "-":
        pathlib.Path(out).parent.mkdir(parents=True, exist_ok=True)
        pathlib.Path(out).write_text(text)
    return 1 if any(result.exact != "yes" for result in results) else 0


def contestants(binary, log, scratch):
    """(name, shell command that leaves its answer in `answer`, function to be called before the answer is read)."""
    quoted, answer, rivals = shlex.quote(str(log)), "answer", shlex.quote(str(RIVALS))
    if binary:
        pipeline = scratch / "bench.toml"
        pipeline.write_text(PIPELINE.format(place=scratch, log=log))
        yield "mailtally tally", f"{shlex.quote(binary)} tally --csv --format postfix --timezone UTC --year 2026 {quoted} > {answer}", None
        yield "mailtally run", f"{shlex.quote(binary)} run {shlex.quote(str(pipeline))} > run.txt", lambda: answer_of_lake(scratch)
    if shutil.which("mawk"):
        yield "mawk", f"mawk -f {rivals}/accepted.awk {quoted} > {answer}", None
    if shutil.which("rg") and shutil.which("mawk"):
        # What a person would write to help mawk: only the lines of the two programs that matter.
        yield "rg \\| mawk", f"rg -a --no-line-number 'postfix/(submissions?|smtps)/smtpd\\[|postfix/qmgr\\[.*active\\)$' {quoted} | mawk -f {rivals}/accepted.awk > {answer}", None
    python = shlex.quote(sys.executable)
    yield "Polars", f"{python} {rivals}/pol2.py {quoted} {answer}", None
    yield "DuckDB", f"{python} {rivals}/duck2.py {quoted} {answer}", None


def answer_of_lake(scratch):
    """What `mailtally run` has put into its daily table, as CSV."""
    table = deltalake.DeltaTable(str(scratch / "lake" / "daily_tls")).to_pyarrow_table(columns=["date", "account", "tls_version", "messages"])
    with (scratch / "answer").open("w", newline="") as file:
        csv.writer(file).writerows(row.values() for row in table.to_pylist())


def measure(name, command, collect, wanted, scratch, runs):
    """The run of the least CPU out of `runs`; each one starts from nothing, and each answer is checked."""
    best = None
    for _ in range(runs):
        for left in ("lake", "published", "answer", "run.txt"):
            path = scratch / left
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        done = subprocess.run(["/usr/bin/time", "-o", "time.txt", "-f", "%U %S %e %M", "sh", "-c", command], cwd=scratch, stderr=subprocess.PIPE, text=True)
        if done.returncode:
            raise SystemExit(f"{name} failed with {done.returncode}: {done.stderr[-800:]}")
        user, system, wall, peak = map(float, (scratch / "time.txt").read_text().split())
        if collect:
            collect()
        result = Result(name, user + system, wall, peak / 1024, verdict(wanted, scratch / "answer"))
        if best is None or result.exact != "yes" or (best.exact == "yes" and result.cpu < best.cpu):
            best = result
    return best


def report(results, log, runs, binary):
    """The table and what it was measured on, in Markdown."""
    size = log.stat().st_size / 1e6
    ours = results[0].cpu if binary else None
    lines = [f"# Postfix, {size:,.0f} MB", "",
             "Accepted messages per day, account and TLS version. `mailtally tally` answers that question; `mailtally run` does the whole night:",
             "it reads, writes the lake, rolls up, and publishes the reports. The log is of `benches/gen_postfix.py`, in the page cache;",
             f"best of {runs} runs by CPU time. CPU is user and system time of all processes, peak is that of the largest process.", "",
             "| | CPU s | wall s | peak MiB | MB per CPU s | CPU to tally's | exact |", "|---|--:|--:|--:|--:|--:|---|"]
    for result in results:
        ratio = f"{result.cpu / max(ours, 0.01):.2f}" if ours else ""
        lines.append(f"| {result.name} | {result.cpu:.2f} | {result.wall:.2f} | {result.peak:.0f} | {size / max(result.cpu, 0.01):,.0f} | {ratio} | {result.exact} |")
    lines += ["", f"{datetime.date.today()}, {processor()}, {os.cpu_count()} cores, {memory()}, {platform.system()} {platform.release()}.", ""]
    versions = [first_line([binary, "--version"])] if binary else []
    versions += [first_line(["mawk", "-W", "version"]), first_line(["rg", "--version"]), f"Polars {polars.__version__}", f"DuckDB {duckdb.__version__}", f"Python {platform.python_version()}"]
    return "\n".join(lines + [", ".join(filter(None, versions)) + ".", ""])


def processor():
    """The model as lscpu says it."""
    for line in subprocess.run(["lscpu"], capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}).stdout.splitlines():
        if line.startswith("Model name:"):
            return line.partition(":")[2].strip()
    return platform.machine()


def memory():
    """The machine's memory."""
    return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB"


def first_line(command):
    """The first line that a program says of its version, or nothing where it is not installed."""
    if not shutil.which(command[0]):
        return ""
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return (done.stdout or done.stderr).splitlines()[0].strip()


if __name__ == "__main__":
    sys.exit(main())
