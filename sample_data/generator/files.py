"""Lines to files, in the way that each server's logrotate leaves them; and the truth."""
import bz2
import csv
import datetime
import gzip
import lzma
import shutil
import subprocess
from collections import Counter

# When Central European Time puts its clocks forward in 2026.
SUMMER = datetime.datetime(2026, 3, 29, 1, tzinfo=datetime.timezone.utc)


def syslog(moment, host):
    """RFC 3164, as Debian's rsyslog writes it: in UTC here, without a year."""
    return f"{moment:%b} {moment.day:2} {moment:%H:%M:%S} {host} "


def iso(moment, host):
    """An ISO stamp with Central European Time's offset."""
    return f"{central(moment).isoformat(timespec='microseconds')} {host} "


def exim(moment, _host):
    """A server's own log: local time that does not say of where, and no host."""
    return f"{central(moment):%Y-%m-%d %H:%M:%S} "


def central(moment):
    """A moment on a Central European clock."""
    return moment.astimezone(datetime.timezone(datetime.timedelta(hours=1 if moment < SUMMER else 2)))


def debian_names(count, packed):
    """mail.log, mail.log.1 and so on from the oldest to the newest; `packed` says the ending of an age."""
    return [f"mail.log.{age}{packed(age)}" if age else "mail.log" for age in reversed(range(count))]


def dated_names(name, server, cuts, packed):
    """The files named after the days of their cuts, the newest without; `packed` says the ending by number."""
    dates = [f"{name}-{central(server.moment(cut)):%Y%m%d}" for cut in cuts]
    return [date + packed(number) for number, date in enumerate(dates)] + [name]


def write(folder, server, cuts, names, stamp):
    """The server's log, cut at the given times; a name's ending says how its file is packed."""
    folder.mkdir(parents=True, exist_ok=True)
    pieces = [[] for _ in range(len(cuts) + 1)]
    for time, _, text in server.lines:
        pieces[sum(time >= cut for cut in cuts)].append(f"{stamp(server.moment(time), server.host)}{text}\n")
    for name, piece in zip(names, pieces, strict=True):
        pack = PACKERS.get(name.rpartition(".")[2], bytes)
        (folder / name).write_bytes(pack("".join(piece).encode()))


def _zstd(data):
    if shutil.which("zstd"):
        return subprocess.run(["zstd", "-19", "-c", "-q"], input=data, stdout=subprocess.PIPE, check=True).stdout
    import zstandard  # Only where the command is missing.
    return zstandard.ZstdCompressor(level=19).compress(data)


PACKERS = {"gz": lambda data: gzip.compress(data, 9, mtime=0), "xz": lambda data: lzma.compress(data, preset=9),
           "bz2": bz2.compress, "zst": _zstd}


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
