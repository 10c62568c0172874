"""Runs the contestants in turn, checks their answers, and writes the table. Called by compare.sh."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass

import contestants as who
import report
from check import truth, verdict


@dataclass
class Cost:
    """What a command took: seconds of all its processes, seconds, MiB of its largest process."""

    cpu: float
    wall: float
    peak: float


@dataclass
class Result:
    """What became of a contestant: its cheapest run, or none where it is missing or failed, and a word on its answer."""

    name: str
    cost: Cost | None
    exact: str

    def is_fault(self):
        return self.exact not in ("yes", report.ANOTHER) and not self.exact.startswith("not installed")


def main():
    kind, log, out, runs, binary = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]), sys.argv[5]
    if binary and kind not in who.formats(binary):
        say(f"this mailtally does not read {kind} (mailtally formats): the rivals run without it")
        binary = ""
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="run-", dir=log.parent) as scratch:
        scratch = pathlib.Path(scratch)
        contestants = who.contestants(kind, binary, log, scratch)
        results = compare(contestants, truth(log.with_name("truth.csv")), runs, scratch)
        beside = yardsticks(kind, binary, log, runs, scratch) if binary else []
    tools = [binary, *(need for contestant in contestants for need in contestant.needs), "zstd", "gzip"]
    text = report.page(kind, log, runs, load, results, beside, tools)
    print(text)
    if out != "-":
        pathlib.Path(out).parent.mkdir(parents=True, exist_ok=True)
        pathlib.Path(out).write_text(text)
    return 1 if any(result.is_fault() for result in results) else 0


def compare(contestants, wanted, runs, scratch):
    """Everybody's best run. They take turns, so that a slow minute of the machine meets all."""
    results = {}
    for turn in range(runs):
        for contestant in contestants:
            before = results.get(contestant.name)
            if turn == 0 or (before.exact == "yes"):
                result = attempt(contestant, wanted, scratch)
                results[contestant.name] = better(before, result)
                say(f"{contestant.name}: {described(result)}")
    return list(results.values())


def better(before, result):
    """The cheaper of two results; one that is wrong or has failed outdoes all."""
    if before is None or result.exact != "yes":
        return result
    return min(before, result, key=lambda one: one.cost.cpu)


def attempt(contestant, wanted, scratch):
    """One run from nothing, with its answer checked."""
    if missing := contestant.missing():
        return Result(contestant.name, None, f"not installed: {', '.join(missing)}")
    for left in ("lake", "published", "answer", "run.txt"):
        path = scratch / left
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    try:
        cost = measure(contestant.command, scratch)
        if not contestant.same_question:
            return Result(contestant.name, cost, report.ANOTHER)
        if contestant.collect:
            contestant.collect()
        return Result(contestant.name, cost, verdict(wanted, scratch / "answer"))
    except Exception as error:  # One contestant's trouble is a line in the table, not the end of the comparison.
        return Result(contestant.name, None, f"**failed**: {' '.join(str(error).split())[:200]}")


def measure(command, scratch):
    """What a shell command takes. Nobody pays for a locale that the logs do not need."""
    timed = ["/usr/bin/time", "-o", "time.txt", "-f", "%U %S %e %M", "bash", "-o", "pipefail", "-c", command]
    done = subprocess.run(timed, cwd=scratch, stderr=subprocess.PIPE, text=True, env={**os.environ, "LC_ALL": "C"})
    if done.returncode:
        raise RuntimeError(f"exit code {done.returncode}: {done.stderr[-800:]}")
    user, system, wall, peak = map(float, (scratch / "time.txt").read_text().split())
    return Cost(user + system, wall, peak / 1024)


def yardsticks(kind, binary, log, runs, scratch):
    """[(file, tally's cost, what is beside it, its cost)]: in turn, the best of each. The plain file comes last."""
    rows = []
    for file, name, command, need in who.yardsticks(log):
        if not file.exists() or not who.version(need):
            rows.append((file.name, None, name, None))
            continue
        # The year is left to the file's time: where it is said, a packed file's end is looked at before it is read.
        tally = who.tally(kind, binary, file, year="").command
        pairs = [(measure(tally, scratch), measure(command, scratch)) for _ in range(runs)]
        ours, theirs = (min(costs, key=lambda cost: cost.cpu) for costs in zip(*pairs))
        rows.append((file.name, ours, name, theirs))
        say(f"tally {file.name}: {ours.cpu:.2f} CPU s, {name}: {theirs.cpu:.2f} CPU s")
    return rows


def described(result):
    cost = result.cost
    return f"{cost.cpu:.2f} CPU s, {cost.wall:.2f} s, {cost.peak:.0f} MiB, exact: {result.exact}" if cost else result.exact


def say(text):
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
