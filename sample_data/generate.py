#!/usr/bin/env python3
"""Writes `demo/` and `days/`: the logs of invented mail servers, and the truth about them.

    python3 sample_data/generate.py

Python 3 and, for `.zst`, the zstd command (or the `zstandard` package). Nothing depends on the
clock or the machine: running it again writes the same bytes (compressed files: as long as the
compressors are of the same version). `README.md` beside this file says what is in them.
"""
import pathlib

from generator import days, demo, files

HERE = pathlib.Path(__file__).parent


def main():
    """Simulates the servers, then writes their rotated logs and the truth."""
    write_days(HERE / "days")
    write_demo(HERE / "demo")


def write_days(out):
    """Ten days of two servers, for tests that read them again and again."""
    mx1, mx2 = days.simulate()
    names = files.debian_names(len(days.MX1_CUTS) + 1, lambda age: ".gz" if age > 1 else "")
    files.write(out / "mx1", mx1, days.MX1_CUTS, names, files.syslog)
    names = files.dated_names("maillog", mx2, days.MX2_CUTS, lambda number: ".xz" if number < 2 else ".zst")
    files.write(out / "mx2", mx2, days.MX2_CUTS, names, files.iso)
    files.write_truth(out, [mx1, mx2])


def write_demo(out):
    """Nine weeks of three servers, for people to look at."""
    mx1, mx2, mx3 = demo.simulate()
    # The operator went from gzip to xz at some time.
    names = files.debian_names(len(demo.MX1_CUTS) + 1, lambda age: ".gz" if age > 5 else ".xz")
    files.write(out / "mx1", mx1, demo.MX1_CUTS, names, files.syslog)
    names = files.dated_names("maillog", mx2, demo.MX2_CUTS, lambda number: ".zst")
    files.write(out / "mx2", mx2, demo.MX2_CUTS, names, files.iso)
    names = files.dated_names("mainlog", mx3, demo.MX3_CUTS, lambda number: ".bz2" if number < 4 else ".xz")
    files.write(out / "mx3", mx3, demo.MX3_CUTS, names, files.exim)
    files.write_truth(out, [mx1, mx2, mx3])


if __name__ == "__main__":
    main()
