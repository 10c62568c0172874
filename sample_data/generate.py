#!/usr/bin/env python3
"""Writes `days/`: ten days of two invented mail servers, and the truth about them.

    python3 sample_data/generate.py

Python 3 and, for `.zst`, the zstd command (or the `zstandard` package). Nothing depends on the
clock or the machine: running it again writes the same bytes (compressed files: as long as the
compressors are of the same version). `README.md` beside this file says what is in it.
"""
import pathlib

from generator import days, files

HERE = pathlib.Path(__file__).parent


def main():
    """Simulates both servers, then writes their rotated logs and the truth."""
    out = HERE / "days"
    mx1, mx2 = days.simulate()
    files.write_debian_rotation(out / "mx1", mx1, days.MX1_CUTS)
    files.write_dated_rotation(out / "mx2", mx2, days.MX2_CUTS)
    files.write_truth(out, [mx1, mx2])


if __name__ == "__main__":
    main()
