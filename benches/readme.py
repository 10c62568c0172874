"""Keeps the README's benchmark tables equal to the newest of benches/results.

    python3 benches/readme.py --check    fails where they differ
    python3 benches/readme.py --write    puts the newest tables into the README
"""
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent
README = HERE.parent / "README.md"
BEGIN = "<!-- The newest tables of benches/results, put here by benches/readme.py --write. -->\n"
END = "<!-- Here end the tables of benches/results. -->\n"
KINDS = ("postfix", "exim")


def main():
    text = README.read_text()
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end or sys.argv[1:] not in (["--check"], ["--write"]):
        return f"{README.name} lacks the lines that enclose its tables" if len(sys.argv) == 2 else __doc__
    # Results are named by their date, so the last name is the newest.
    newest = [sorted((HERE / "results").glob(f"????-??-??-{kind}.md"))[-1:] for kind in KINDS]
    wanted = before + BEGIN + "".join(section(path.read_text()) for paths in newest for path in paths) + "\n" + END + after
    if sys.argv[1] == "--write":
        README.write_text(wanted)
    elif text != wanted:
        return f"{README.name} has other tables than the newest of benches/results: python3 benches/readme.py --write"
    return 0


def section(page):
    """What of a page of results goes into the README: what log, what machine, and the first table."""
    title = re.search(r"^# (.+)$", page, re.M)[1]
    machine = re.search(r"^(\d{4}-\d\d-\d\d, .+)\.$", page, re.M)[1]
    table = re.search(r"(?:^\|.*\n)+", page, re.M)[0]
    return f"\n{title} ({machine}):\n\n{table}"


if __name__ == "__main__":
    sys.exit(main())
