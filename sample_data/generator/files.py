"""Lines to files, in the way that each server's logrotate leaves them; and the truth."""
import csv
import datetime
import gzip
import lzma
import shutil
import subprocess
from collections import Counter

from .server import START

MX2_ZONE = datetime.timezone(datetime.timedelta(hours=1))


def _pieces(server, cuts, stamp):
    """The server's log as bytes, cut at the given times."""
    pieces = [[] for _ in range(len(cuts) + 1)]
    for time, _, text in server.lines:
        moment = START + datetime.timedelta(microseconds=time)
        pieces[sum(time >= cut for cut in cuts)].append(f"{stamp(moment)} {server.host} {text}\n")
    return ["".join(piece).encode() for piece in pieces]


def write_debian_rotation(folder, server, cuts):
    """mail.log, mail.log.1, mail.log.2.gz, …: the highest number is the oldest. RFC 3164 stamps, in UTC."""
    pieces = _pieces(server, cuts, lambda moment: f"{moment:%b} {moment.day:2} {moment:%H:%M:%S}")
    folder.mkdir(parents=True, exist_ok=True)
    for age, piece in enumerate(reversed(pieces)):
        if age < 2:
            (folder / ("mail.log" if age == 0 else "mail.log.1")).write_bytes(piece)
        else:
            (folder / f"mail.log.{age}.gz").write_bytes(gzip.compress(piece, 9, mtime=0))


def write_dated_rotation(folder, server, cuts):
    """maillog and maillog-YYYYMMDD.zst or .xz, named after the day of the cut. ISO stamps with +01:00."""
    pieces = _pieces(server, cuts, lambda moment: moment.astimezone(MX2_ZONE).isoformat(timespec="microseconds"))
    folder.mkdir(parents=True, exist_ok=True)
    for number, (cut, piece) in enumerate(zip(cuts, pieces)):
        name = f"maillog-{(START + datetime.timedelta(microseconds=cut)).astimezone(MX2_ZONE):%Y%m%d}"
        if number < 2:
            (folder / f"{name}.xz").write_bytes(lzma.compress(piece, preset=9))
        else:
            (folder / f"{name}.zst").write_bytes(_zstd(piece))
    (folder / "maillog").write_bytes(pieces[-1])


def _zstd(data):
    if shutil.which("zstd"):
        return subprocess.run(["zstd", "-19", "-c", "-q"], input=data, stdout=subprocess.PIPE, check=True).stdout
    import zstandard  # Only where the command is missing.
    return zstandard.ZstdCompressor(level=19).compress(data)


def write_truth(folder, servers):
    """Messages and recipients per UTC day, account and TLS version, and refusals per day and kind, over all servers."""
    total = sum((server.truth for server in servers), Counter())
    keys = sorted({key[:3] for key in total})
    _write_csv(folder / "expected-daily.csv", ["date", "account", "tls_version", "messages", "recipients"],
               [[*key, total[(*key, "messages")], total[(*key, "recipients")]] for key in keys])
    refusals = sum((server.refusals for server in servers), Counter())
    _write_csv(folder / "expected-refusals.csv", ["date", "kind", "attempts"], [[*key, refusals[key]] for key in sorted(refusals)])


def _write_csv(path, header, rows):
    with path.open("w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(header)
        out.writerows(rows)
