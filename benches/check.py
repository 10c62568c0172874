"""Compares an answer with the truth, cell by cell: messages per day, account and TLS version.

Three shapes of answers are read: that of the rivals on Postfix (`Mar  2,account,TLSv1,17`, no header), on Exim
(`2026-03-02,account,TLS1.0,17`), and mailtally's (`date,account,tls_version,messages,recipients`, where TLS 1.0 is
`TLSv1.0`).
"""
import csv
from collections import Counter


def truth(path):
    """{(day of month, account, TLS version): messages}, without cells of zero."""
    cells = Counter()
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            cells[int(row["day"][-2:]), row["sender"], row["tls_version"]] += int(row["messages"])
    return +cells


def answer(path):
    """The same cells, out of what a contestant wrote."""
    cells = Counter()
    with open(path, newline="") as file:
        for row in csv.reader(file):
            if row[0] == "date":
                continue
            day = row[0].split()[-1] if " " in row[0] else row[0][-2:]
            cells[int(day), row[1], version(row[2])] += int(row[3])
    return +cells


def version(spelling):
    """A TLS version as the truth spells it."""
    if spelling.startswith("TLS1"):
        spelling = spelling.replace("TLS", "TLSv", 1)
    return "TLSv1" if spelling == "TLSv1.0" else spelling


def verdict(wanted, path):
    """`yes`, or how many cells are wrong, with one of them."""
    got = answer(path)
    wrong = sorted(key for key in {*wanted, *got} if wanted[key] != got[key])
    if not wrong:
        return "yes"
    return f"**no**: {len(wrong)} of {len(wanted)} cells, such as {wrong[0]}: {got[wrong[0]]} instead of {wanted[wrong[0]]}"
