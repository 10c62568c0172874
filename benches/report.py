"""The page that compare.sh writes: the table, what tally is held against, the machine and the versions."""
import datetime
import os
import platform
import subprocess

import contestants as who

ANOTHER = "another question"
INTRODUCTION = """Accepted messages per day, account and TLS version. `mailtally tally` answers that question; `mailtally run` does the whole night:
it reads, writes the lake, rolls up, and publishes the reports. Each answer is compared with the truth, cell by cell.
{other} tells other things of the same log and is here for its time alone{how}.
The log is of `benches/{generator}`, in the page cache; everybody in turn, best of {runs} by CPU time ({other}: one run). CPU is user and
system time of all processes, peak is that of the largest process (rg maps the file, which counts as its memory).
"""


def page(kind, log, runs, load, results, beside, tools):
    """The whole page in Markdown."""
    size = log.stat().st_size / 1e6
    title = {"postfix": "Postfix", "exim": "Exim"}[kind]
    words = {
        "postfix": {"other": "pflogsumm", "how": "", "generator": "gen_postfix.py"},
        "exim": {"other": "eximstats", "how": ", with shorter ids, since before 4.97 it knows no other", "generator": "gen_exim.py"},
    }[kind]
    parts = [f"# {title}, {size:,.0f} MB\n", INTRODUCTION.format(runs=runs, **words), table(results, size)]
    if beside:
        parts += ["Reading packed files, and what no reader of the log can beat. Decoding is tally's CPU less that of the plain file:\n", held_against(beside)]
    return "\n".join(parts + [machine(load) + "\n", versions(tools)])


def table(results, size):
    """The contestants. Ratios are to the first, which is mailtally's tally where it takes part."""
    ours = results[0].cost if results[0].name == "mailtally tally" else None
    lines = ["| | CPU s | wall s | peak MiB | MB per CPU s | CPU to tally's | exact |", "|---|--:|--:|--:|--:|--:|---|"]
    for result in results:
        cost = result.cost
        if cost:
            cells = [f"{cost.cpu:.2f}", f"{cost.wall:.2f}", f"{cost.peak:.0f}", f"{size / max(cost.cpu, 0.01):,.0f}", ratio(cost, ours)]
        else:
            cells = [""] * 5
        lines.append(f"| {' | '.join([result.name, *cells, result.exact])} |")
    return "\n".join(lines) + "\n"


def held_against(rows):
    """What tally takes for a file, and what it is held against; of a packed file also what only its decoding takes."""
    lines = [
        "| mailtally tally | CPU s | wall s | beside | CPU s | wall s | tally's CPU to it | wall | decoding's CPU |",
        "|---|--:|--:|---|--:|--:|--:|--:|--:|",
    ]
    plain = rows[-1][1]
    for file, ours, name, theirs in rows:
        if ours and theirs:
            decoding = f"{(ours.cpu - plain.cpu) / max(theirs.cpu, 0.01):.2f}" if plain and name.endswith("-dc") else ""
            cells = [file, f"{ours.cpu:.2f}", f"{ours.wall:.2f}", f"`{name}`", f"{theirs.cpu:.2f}", f"{theirs.wall:.2f}"]
            cells += [ratio(ours, theirs), f"{ours.wall / max(theirs.wall, 0.01):.2f}", decoding]
        else:
            cells = [file, "", "", f"`{name}`: not installed", "", "", "", "", ""]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def ratio(cost, other):
    return f"{cost.cpu / max(other.cpu, 0.01):.2f}" if other else ""


def machine(load):
    """What it was measured on, and how busy that was before."""
    processors = f"{processor()}, {os.cpu_count()} cores, {memory()}"
    return f"{datetime.date.today()}, {processors}, {platform.system()} {platform.release()}; load {load:.1f} when it began."


def versions(tools):
    """The versions of those programs and packages that are there."""
    said = [*map(who.version, dict.fromkeys(tools)), f"Python {platform.python_version()}"]
    return ", ".join(filter(None, said)) + ".\n"


def processor():
    """The model as lscpu says it."""
    for line in subprocess.run(["lscpu"], capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}).stdout.splitlines():
        if line.startswith("Model name:"):
            return line.partition(":")[2].strip()
    return platform.machine()


def memory():
    """The machine's memory."""
    return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB"
