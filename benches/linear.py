"""Three tables: cost by the log's size, by the days of one pass, and by the days that the lake has. Called by linear.sh."""
import collections
import contextlib
import datetime
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

GENERATOR = pathlib.Path(__file__).with_name("gen_postfix.py")
PIPELINE = """name = "bench"
lake = "lake"
publish = "published"
[[sources]]
name = "mx1"
format = "postfix"
files = ["{files}"]
timezone = "UTC"
"""
# Where one run is to read all there is.
ALL_DAYS = """[run]
lookback_days = "all"
"""
# Of a lake's last days, those that were filled night by night; and the raw files that logrotate has kept.
NIGHTS, KEPT = 12, 7


def main():
    binary, out, cache, runs, *numbers = sys.argv[1:]
    sizes, passes, lakes = ([int(number) for number in text.split()] for text in numbers)
    bench = Bench(binary, pathlib.Path(cache), int(runs))
    text = "\n".join([*by_size(bench, sizes), *by_pass(bench, passes), *by_lake(bench, lakes), bench.machine(), ""])
    print(text)
    if out != "-":
        pathlib.Path(out).write_text(text)


def by_size(bench, sizes):
    """tally and the ingest stage over logs of several sizes, of a week each."""
    if not sizes:
        return []
    lines = ["# Cost by size", "",
             "The ingest stage reads, joins, sorts, writes Parquet and commits; tally only reads, joins and counts. Logs of a week, in the page cache,",
             f"best of {bench.runs} runs by CPU time (user and system).", "",
             "| log, MB | tally CPU s | wall s | peak MiB | ingest CPU s | wall s | peak MiB | ingest / tally | ingest CPU s per GB | lake, MB |", "|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"]
    for size in sizes:
        log = bench.log(f"postfix-{size}", "--size-mb", size)
        tally = bench.best(lambda place: ["tally", "--csv", "--format", "postfix", "--timezone", "UTC", "--year", "2026", log])
        ingest = bench.best(lambda place: ["run", "--stage", "ingest", pipeline(place, log)])
        megabytes = log.stat().st_size / 1e6
        lines.append(f"| {megabytes:,.0f} | {tally} | {ingest} | {ingest.cpu / tally.cpu:.2f} | {ingest.cpu / megabytes * 1000:.2f} | {ingest.lake:.1f} |")
    return [*lines, ""]


def by_pass(bench, passes, size=200):
    """The ingest stage over one file that holds more and more days."""
    if not passes:
        return []
    lines = ["# Cost by the days of one pass", "", f"One file of {size} MB, ingested into an empty lake.", "",
             "| days | ingest CPU s | wall s | peak MiB | bytes read / bytes of the file |", "|--:|--:|--:|--:|--:|"]
    for days in passes:
        log = bench.log(f"postfix-{size}-{days}-days", "--size-mb", size, "--days", days)
        ingest = bench.best(lambda place: ["run", "--stage", "ingest", pipeline(place, log)])
        lines.append(f"| {days} | {ingest} | {bench.bytes_read(log):.3f} |")
    return [*lines, ""]


def by_lake(bench, lakes):
    """A night over one new day, in lakes that have more and more days."""
    if not lakes:
        return []
    lines = ["# Cost of a night by the age of the lake", "",
             f"A run of all stages over one new day of 50 kB, which looks back 35 days. The lake's last {NIGHTS} days were filled night by night, those",
             f"before in one run. Of the raw files, one a day, {KEPT} are kept, or all. Files opened, by kind; published ones are the reports.", "",
             "| days in the lake | raw files | CPU s | wall s | peak MiB | raw | data read | data written | log read | log written | published |", "|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"]
    for days in lakes:
        with scratch(bench.cache) as place:
            grown_lake(bench, place, days)
            for kept in (KEPT, days):
                night = bench.night(place, kept)
                opened = "? | ? | ? | ? | ? | ?" if night.opened is None else " | ".join(str(night.opened[kind]) for kind in ("raw", "data r", "data w", "log r", "log w", "published"))
                lines.append(f"| {days} | {kept + 1} | {night} | {opened} |")
    return [*lines, ""]


def grown_lake(bench, place, days):
    """A lake with so many days up to the day before yesterday, its raw files, and one more that the lake has not."""
    first = datetime.date.today() - datetime.timedelta(days=days + 1)
    log = bench.log(f"postfix-{days}-days-{first}", "--size-mb", (days + 1) / 20, "--days", days + 1, "--start", first, "--ts", "rfc3339")
    raw, waiting = place / "raw", place / "waiting"
    raw.mkdir()
    waiting.mkdir()
    of_day = collections.defaultdict(list)
    for line in log.open():
        of_day[line[:10]].append(line)
    for day, lines in of_day.items():
        file = waiting / f"mail.log-{day.replace('-', '')}"
        file.write_text("".join(lines))
        end = datetime.datetime.fromisoformat(f"{day}T23:59:59+00:00").timestamp()
        os.utime(file, (end, end))
    files = sorted(waiting.iterdir())
    definition = pipeline(place, f"{raw}/*", run="")
    days_asked = ["--from", first, "--to", first + datetime.timedelta(days=days - 1)]
    nights = [files[: -1 - NIGHTS], *([file] for file in files[-1 - NIGHTS : -1])] if days > NIGHTS else [files[:-1]]
    for night in nights:
        for file in night:
            file.rename(raw / file.name)
        bench.run(place, ["run", definition, *(days_asked if night is nights[0] else [])])


def pipeline(place, files, run=ALL_DAYS):
    """A pipeline file in the place."""
    definition = place / "bench.toml"
    definition.write_text(PIPELINE.format(files=files) + run)
    return definition


@contextlib.contextmanager
def scratch(cache):
    """A folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="linear-", dir=cache) as folder:
        yield pathlib.Path(folder)


class Cost:
    """What a run took."""

    def __init__(self, cpu, wall, peak, lake=0.0, opened=None):
        self.cpu, self.wall, self.peak, self.lake, self.opened = cpu, wall, peak, lake, opened

    def __str__(self):
        return f"{self.cpu:.2f} | {self.wall:.2f} | {self.peak:.0f}"


class Bench:
    """Runs the program and measures it."""

    def __init__(self, binary, cache, runs):
        self.binary, self.cache, self.runs = binary, cache, runs

    def log(self, name, *arguments):
        """A generated log, kept for the next time."""
        folder = self.cache / name
        if not (folder / "complete").exists():
            folder.mkdir(parents=True, exist_ok=True)
            command = [sys.executable, GENERATOR, "--out", folder / "mail.log", "--truth", folder / "truth.csv", *arguments]
            subprocess.run([str(part) for part in command], check=True, stderr=subprocess.DEVNULL)
            (folder / "complete").touch()
        with (folder / "mail.log").open("rb") as log:
            while log.read(1 << 24):
                pass
        return folder / "mail.log"

    def run(self, place, arguments, before=()):
        """One run, in a folder."""
        command = ["/usr/bin/time", "-o", place / "time.txt", "-f", "%U %S %e %M", *before, self.binary, *arguments]
        done = subprocess.run([str(part) for part in command], cwd=place, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if done.returncode:
            raise SystemExit(f"{arguments} failed with {done.returncode}: {done.stderr[-800:]}")
        user, system, wall, peak = map(float, (place / "time.txt").read_text().split())
        return Cost(user + system, wall, peak / 1024, size_of(place / "lake"))

    def best(self, arguments):
        """The run of the least CPU, each one from nothing."""
        costs = []
        for _ in range(self.runs):
            with scratch(self.cache) as place:
                costs.append(self.run(place, arguments(place)))
        best = min(costs, key=lambda cost: cost.cpu)
        best.peak = max(cost.peak for cost in costs)
        return best

    def bytes_read(self, log):
        """How often an ingest reads each byte of a file."""
        if not shutil.which("strace"):
            return float("nan")
        with scratch(self.cache) as place:
            self.run(place, ["run", "--stage", "ingest", pipeline(place, log)], ["strace", "-f", "-qq", "-y", "-e", "trace=read,pread64", "-o", place / "trace"])
            read = re.compile(rf"<{re.escape(str(log))}>.* = (\d+)$")
            counts = (read.search(line) for line in (place / "trace").open(errors="replace"))
            return sum(int(count[1]) for count in counts if count) / log.stat().st_size

    def night(self, place, kept):
        """A run over the new day, from the same lake each time; with strace once more, for what it opens."""
        costs = []
        for turn in range(self.runs + bool(shutil.which("strace"))):
            with scratch(self.cache) as copy:
                for folder in ("lake", "published"):
                    shutil.copytree(place / folder, copy / folder)
                files = [*sorted((place / "raw").iterdir())[-kept:], *(place / "waiting").iterdir()]
                (copy / "raw").mkdir()
                for file in files:
                    shutil.copy2(file, copy / "raw")
                command = ["run", pipeline(copy, f"{copy}/raw/*", run="")]
                if turn < self.runs:
                    costs.append(self.run(copy, command))
                else:
                    self.run(copy, command, ["strace", "-f", "-qq", "-e", "trace=openat", "-e", "status=successful", "-o", copy / "trace"])
                    opened = collections.Counter(kind(line, str(copy)) for line in (copy / "trace").open(errors="replace"))
        best = min(costs, key=lambda cost: cost.cpu)
        best.opened = opened if shutil.which("strace") else None
        return best

    def machine(self):
        """What this was measured on."""
        model = re.search(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
        version = subprocess.run([self.binary, "--version"], capture_output=True, text=True).stdout.strip()
        return f"{datetime.date.today()}, {model[1] if model else os.uname().machine}, {os.cpu_count()} cores, {memory:.0f} GiB. {version}."


def kind(line, place):
    """What an opened file is; folders are none of these."""
    found = re.search(r'"([^"]*)", ([A-Z_|]+)', line)
    if not found:  # The end of a call that strace has told already, when another thread's came between.
        return "else"
    path, flags = found.groups()
    if "O_DIRECTORY" in flags or not path.startswith(place):
        return "else"
    path, mode = path[len(place) :], "r" if flags.startswith("O_RDONLY") else "w"
    for prefix, name in (("/raw/", "raw"), ("/published/", "published")):
        if path.startswith(prefix):
            return name
    if "/_delta_log/" in path:
        return f"log {mode}"
    return f"data {mode}" if ".parquet" in path else "else"


def size_of(folder):
    """Megabytes of data files below a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*.parquet")) / 1e6


if __name__ == "__main__":
    main()
