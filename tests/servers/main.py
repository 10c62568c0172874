"""Starts each server, lets the clients send, and compares the tally of its logs with what they wrote down.

main.py BINARY PROGRAMS SERVER…    the servers' programs lie below a folder
main.py --names                    the servers that there are
"""
import collections
import csv
import io
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

from checks import Checks, require, same
from clients import VERSIONS, Recorder, mishaps, sessions
from dovecot import Dovecot, DovecotAndPostfix, DovecotBullseye, DovecotTrixie
from exim import Exim, EximBullseye, EximTrixie
from haraka import Haraka
from opensmtpd import OpenSmtpd, OpenSmtpdBullseye
from postfix import Postfix, PostfixBullseye, PostfixMilter, PostfixTrixie
from sendmail import Sendmail
from stalwart import Stalwart, StalwartJson
from server import PATIENCE

SERVERS = {
    "postfix": Postfix,
    "postfix-milter": PostfixMilter,
    "postfix-trixie": PostfixTrixie,
    "exim": Exim,
    "exim-trixie": EximTrixie,
    "opensmtpd": OpenSmtpd,
    "dovecot": Dovecot,
    "dovecot-trixie": DovecotTrixie,
    "dovecot-and-postfix": DovecotAndPostfix,
    "haraka": Haraka,
    "sendmail": Sendmail,
    "stalwart": Stalwart,
    "stalwart-json": StalwartJson,
    "postfix-bullseye": PostfixBullseye,
    "exim-bullseye": EximBullseye,
    "opensmtpd-bullseye": OpenSmtpdBullseye,
    "dovecot-bullseye": DovecotBullseye,
}


def main():
    if sys.argv[1:] == ["--names"]:
        print(*SERVERS, sep="\n")
        return 0
    binary, programs, *names = sys.argv[1:]
    programs = pathlib.Path(programs).resolve()
    # Asked to stop, it leaves through the `finally` below, so that no server stays behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    checks = Checks()
    for name in names:
        system = SERVERS[name].system
        with tempfile.TemporaryDirectory(prefix=f"mailtally-{name}-", dir=programs / system / "tmp" if system else None) as folder:
            folder = pathlib.Path(folder)
            folder.chmod(0o755)  # The servers' own users have to come in.
            server = None
            try:
                server = checks.check(f"{name}: the server starts", lambda: SERVERS[name](folder, programs))
                if server:
                    _check_server(checks, name, server, binary)
            finally:
                if server:
                    server.stop()
    return checks.finish()


def _check_server(checks, name, server, binary):
    recorder = Recorder(server.ports)
    spoken = [version for version in VERSIONS if recorder.speaks(version)]
    checks.check(f"{name}: it speaks {', '.join(spoken)}", require, {"TLSv1.2", "TLSv1.3"} <= {*spoken}, "TLS 1.2 and 1.3 are not among them")
    for session in sessions(spoken, server):
        what = f"{session.transport} {session.version} {session.mechanism}{' with a wrong password' if session.password else ''}"
        checks.check(f"{name}: {what}", recorder.run, session)
    for transport in ("starttls", "implicit"):
        for version in ("TLSv1.2", "TLSv1.3"):
            checks.check(f"{name}: {transport} {version} with a certificate that is not trusted", recorder.distrust, transport, version)
    for what, happens, session in mishaps(server):
        checks.check(f"{name}: {session.transport}: a client {what}", happens, recorder, session)
    checks.check(f"{name}: mail from a stranger", recorder.stranger)
    checks.check(f"{name}: the log is complete", _complete, server, recorder)
    # Versions that were only tried may have broken handshakes, which nobody wrote down.
    tried = len(VERSIONS) - len(spoken)
    checks.check(f"{name}: what was accepted is counted, by day, account and TLS version", _accepted, server, binary, recorder)
    checks.check(f"{name}: what was refused is told, by kind and account", _refused, server, binary, recorder, tried)


def _complete(server, recorder):
    accepted = len(recorder.messages) + recorder.strangers
    broken = sum(kind == "tls_failed" for kind, _ in _told(server, recorder))
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if all(server.is_done(path.read_text(errors="replace"), accepted, broken) for path in server.logs()):
            return
        time.sleep(0.2)
    raise RuntimeError(f"fewer than {accepted} messages or {broken} broken handshakes are in the log: {server.logs()[0].read_text(errors='replace')[-800:]}")


def _accepted(server, binary, recorder):
    wanted = collections.defaultdict(lambda: [0, 0])
    for message in recorder.messages:
        cell = wanted[server.told(message)]
        cell[0] += 1
        cell[1] += message.recipients
    found = collections.defaultdict(lambda: [0, 0])
    days = {message.day for message in recorder.messages}
    for row in _tally(binary, server):
        require(row["date"] in days, f"there is a day {row['date']}, and mail was sent on {days}")
        cell = found[(row["account"], row["tls_version"])]
        cell[0] += int(row["messages"])
        cell[1] += int(row["recipients"])
    same(dict(found), dict(wanted), "rows")


def _refused(server, binary, recorder, tried):
    wanted = collections.Counter(_told(server, recorder))
    found = collections.Counter((row["kind"], row["account"]) for row in _tally(binary, server, "--refusals"))
    broken = ("tls_failed", "")
    require(0 <= found[broken] - wanted[broken] <= tried, f"{found[broken]} broken handshakes instead of {wanted[broken]}")
    found[broken] = wanted[broken]
    same(dict(+found), dict(wanted), "kinds of refusals")


def _told(server, recorder):
    """The refusals that the log tells of, by kind and account."""
    told = (server.told_refusal(refusal) for refusal in recorder.refusals if refusal.kind in server.tells)
    return [refusal for refusal in told if refusal]


def _tally(binary, server, *more):
    command = [binary, "tally", "--csv", *more, *server.logs()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    require(done.returncode == 0, f"exit code {done.returncode}: {done.stderr.strip()[-800:]}")
    return list(csv.DictReader(io.StringIO(done.stdout)))


if __name__ == "__main__":
    sys.exit(main())
