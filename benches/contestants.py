"""Who takes part in compare.sh: the commands, what they need, and how their answers are read."""
import csv
import importlib.metadata
import json
import pathlib
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field

RIVALS = pathlib.Path(__file__).parent / "rivals"
PIPELINE = """name = "bench"
lake = "{place}/lake"
publish = "{place}/published"
[[sources]]
name = "mx1"
format = "{kind}"
files = ["{log}"]
timezone = "UTC"
year = 2026
[run]
lookback_days = "all"
"""
# What a person would write to help mawk: only the lines of the two programs that matter.
OURS = r"'postfix/(submissions?|smtps)/smtpd\[|postfix/qmgr\[.*active\)$'"


@dataclass
class Contestant:
    """A shell command that leaves its answer in the file `answer`."""

    name: str
    command: str
    # Programs and Python packages without which it does not take part.
    needs: list = field(default_factory=list)
    # What turns its output into `answer`, where the command does not.
    collect: Callable | None = None
    # Whether it answers the question at all; what does not is slow, is run once, and is not checked.
    same_question: bool = True

    def missing(self):
        """What it needs and is not installed."""
        return [need for need in self.needs if not version(need)]


def contestants(kind, binary, log, scratch):
    """Everybody who takes part on a log of this kind, in the order of the table."""
    ours = [tally(kind, binary, log), *night(kind, binary, log, scratch)] if binary else []
    return ours + {"postfix": on_postfix, "exim": on_exim}[kind](log)


def on_postfix(log):
    awk, line = rival("accepted.awk"), quote(log)
    another = "pflogsumm"
    return [
        Contestant("mawk", f"mawk -f {awk} {line} > answer", ["mawk"]),
        Contestant("rg \\| mawk", f"rg -a --no-line-number {OURS} {line} | mawk -f {awk} > answer", ["rg", "mawk"]),
        Contestant("gawk", f"gawk -f {awk} {line} > answer", ["gawk"]),
        Contestant("perl", f"perl {rival('accepted.pl')} {line} > answer", ["perl"]),
        Contestant("DuckDB", python("duck2.py", log), ["duckdb"]),
        Contestant("Polars", python("pol2.py", log), ["polars"]),
        Contestant("chdb (ClickHouse)", python("ch2.py", log), ["chdb"]),
        Contestant(another, f"{another} {line} > answer", [another], same_question=False),
    ]


def on_exim(log):
    awk, line, short = rival("exim.awk"), quote(log), quote(log.with_name("short.log"))
    another = "eximstats"
    return [
        Contestant("mawk", f"mawk -f {awk} {line} > answer", ["mawk"]),
        Contestant("rg \\| mawk", f"rg -a --no-line-number -F ' <= ' {line} | mawk -f {awk} > answer", ["rg", "mawk"]),
        Contestant("gawk", f"gawk -f {awk} {line} > answer", ["gawk"]),
        Contestant("DuckDB", python("exim_duck.py", log), ["duckdb"]),
        # Before Exim 4.97 it knows only ids of the older form, and would skip nearly every line of the log.
        Contestant(another, f"{another} {short} > answer", [another], same_question=False),
    ]


def tally(kind, binary, log, year="--year 2026"):
    return Contestant("mailtally tally", f"{quote(binary)} tally --csv --format {kind} --timezone UTC {year} {quote(log)} > answer")


def night(kind, binary, log, scratch):
    """The first stage alone, and the whole night."""
    pipeline = scratch / "bench.toml"
    pipeline.write_text(PIPELINE.format(kind=kind, place=scratch, log=log))
    run = f"{quote(binary)} run {quote(pipeline)}"
    return [
        Contestant("mailtally ingest", f"{run} --stage ingest > run.txt", collect=lambda: answer_of_submissions(scratch)),
        Contestant("mailtally run", f"{run} > run.txt", collect=lambda: answer_of_daily(scratch)),
    ]


def yardsticks(log):
    """[(the file that tally reads, what is run beside it, what that needs)]: what no reader of the log can beat."""
    packed = {name: log.with_name(f"{log.name}.{name}") for name in ("zst", "gz")}
    word = "postfix" if log.name == "mail.log" else " <= "
    return [
        (packed["zst"], "zstd -dc", f"zstd -dc {quote(packed['zst'])} > /dev/null", "zstd"),
        (packed["gz"], "gzip -dc", f"gzip -dc {quote(packed['gz'])} > /dev/null", "gzip"),
        (log, f"rg -c '{word}'", f"rg -c '{word}' {quote(log)} > /dev/null", "rg"),
        (log, "wc -l", f"wc -l {quote(log)} > /dev/null", "wc"),
    ]


def answer_of_daily(scratch):
    """What `mailtally run` has put into its daily table, as CSV."""
    answer_of(scratch, "daily_tls", lambda table: table)


def answer_of_submissions(scratch):
    """The same, counted from the rows that ingest has put into the lake."""
    cell = ["date", "account", "tls_version"]
    answer_of(scratch, "submissions", lambda table: table.append_column("messages", [[1] * len(table)]).group_by(cell).aggregate([("messages", "sum")]))


def answer_of(scratch, name, count):
    import deltalake

    table = deltalake.DeltaTable(str(scratch / "lake" / name))
    columns = ["date", "account", "tls_version", "messages"]
    rows = count(table.to_pyarrow_table(columns=[column for column in columns if column in table.schema().to_arrow().names]))
    with (scratch / "answer").open("w", newline="") as file:
        csv.writer(file).writerows(row.values() for row in rows.to_pylist())


def formats(binary):
    """The log formats that this mailtally reads."""
    listed = subprocess.run([binary, "formats", "--json"], capture_output=True, text=True, check=True)
    return {json.loads(line)["format"] for line in listed.stdout.splitlines()}


PACKAGES = ("duckdb", "polars", "chdb")
# What says a program's version, where it is not --version.
SAYS = {"mawk": ["-W", "version"], "perl": ["-e", "print $^V"]}


def version(need):
    """The version of a program or a Python package in its own words; nothing where it is not installed."""
    if need in PACKAGES:
        try:
            return f"{need} {importlib.metadata.version(need)}"
        except importlib.metadata.PackageNotFoundError:
            return ""
    if not shutil.which(need):
        return ""
    done = subprocess.run([need, *SAYS.get(need, ["--version"])], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    lines = (done.stdout or done.stderr).strip().splitlines() or [""]
    build = [line.removeprefix("build: ") for line in lines if line.startswith("build: ")]  # eximstats'
    said = (build or lines)[0].split(",")[0].strip("* ")
    return f"{need} {said}" if said[:1].isdigit() or said.startswith("v") else said


def rival(name):
    return quote(RIVALS / name)


def python(name, log):
    return f"{quote(sys.executable)} {rival(name)} {quote(log)} answer"


def quote(text):
    return shlex.quote(str(text))
