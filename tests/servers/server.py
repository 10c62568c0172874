"""A mail server on loopback: it starts in a folder of its own and is killed. What it accepts it throws away."""
import os
import pathlib
import signal
import socket
import subprocess
import time

from clients import free_port

PATIENCE = 30  # Seconds that a server may take to answer.
# The servers' own clock and zone, as a log without offsets has them.
ENVIRONMENT = {**os.environ, "TZ": "UTC", "LC_ALL": "C"}
ROOT = pathlib.Path(__file__).resolve().parents[2]


class Server:
    """A server's ports, its folder and its processes, and what its log can tell.

    Whatever it is set up with, it relays for those who have authenticated, takes mail for corp.example.com from
    strangers on its port for servers, refuses senders and recipients of reject.example.org, and messages of more than
    `clients.LARGEST` bytes.
    """

    # How clients may authenticate, and the transports over which they are let.
    mechanisms = ("PLAIN", "LOGIN", "CRAM-MD5")
    transports = ("cleartext", "starttls", "implicit")
    # The kinds of refusals that its log tells.
    tells = {"auth_failed", "tls_failed"}
    # Another system's folder below `programs`, in which it runs by chroot; none for this system.
    system = None

    def __init__(self, folder, programs):
        """Starts in a folder; what is not installed was unpacked below `programs`."""
        self.folder, self.programs = folder, programs
        self.root = programs / self.system if self.system else pathlib.Path("/")
        # The folder as the server sees it.
        self.inside = pathlib.Path("/") / folder.relative_to(self.root)
        self.ports = {service: free_port() for service in ("smtp", "submission", "smtps")}
        self.processes = []
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=mx1.example.org",
                        "-keyout", folder / "key.pem", "-out", folder / "cert.pem"], check=True, capture_output=True)
        try:
            self.start()
            # The others are open by then, and to one of them a connection without a word is a broken handshake.
            self._wait(self.ports["smtp"])
        except BaseException:
            self.stop()
            raise

    def start(self):
        """Writes the configuration and starts the processes."""
        raise NotImplementedError

    def logs(self):
        """The files that mailtally is to read."""
        raise NotImplementedError

    def is_done(self, log, accepted, broken):
        """Whether a log tells of every accepted message and of every broken handshake."""
        raise NotImplementedError

    def told(self, message):
        """The account and the TLS version of a message, as far as the log can tell them."""
        return message.account, message.tls_version

    def told_refusal(self, refusal):
        """The kind and the account of a refusal, as far as the log can tell them; none where it does not tell of it."""
        return refusal.kind, refusal.account

    def command(self, *parts):
        """A command of the server's system."""
        return [str(part) for part in (["chroot", self.root, *parts] if self.system else parts)]

    def spawn(self, command):
        """Starts a process in the foreground; what it prints is kept."""
        with (self.folder / "output.log").open("ab") as output:
            self.processes.append(subprocess.Popen(self.command(*command), stdout=output, stderr=output, stdin=subprocess.DEVNULL, env=ENVIRONMENT, start_new_session=True))

    def spawn_with_syslog(self, *commands):
        """Starts processes that log by syslog(3), which knows no other socket than /dev/log: they and an rsyslog, which
        writes `mail.log`, have a /dev of their own that nobody else sees."""
        self.write("rsyslog.conf", RSYSLOG_CONF.format(folder=self.folder))
        lines = [" ".join(str(part) for part in command) for command in commands]
        start = START.format(folder=self.folder, rsyslog=self.programs / "rsyslog", commands=" &\n".join(lines))
        self.spawn(["unshare", "--mount", "--uts", "sh", "-e", self.write("start", start)])

    def stop(self):
        """Kills what was started, whatever it is doing."""
        for process in self.processes:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def _wait(self, port):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            with socket.socket() as probe:
                probe.settimeout(1)
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.2)
        said = "".join(path.read_text(errors="replace")[-800:] for path in (self.folder / "output.log", *self.logs()) if path.exists())
        raise RuntimeError(f"nothing answers on port {port}: {said}")


START = """hostname mx1.example.org
mount -t tmpfs none /dev
mknod -m 666 /dev/null c 1 3
mknod -m 666 /dev/random c 1 8
mknod -m 666 /dev/urandom c 1 9
libraries={rsyslog}/usr/lib/$(uname -m)-linux-gnu
LD_LIBRARY_PATH=$libraries {rsyslog}/usr/sbin/rsyslogd -n -f {folder}/rsyslog.conf -i NONE -M $libraries/rsyslog &
while [ ! -S /dev/log ]; do sleep 0.1; done
{commands} &
wait
"""

RSYSLOG_CONF = """module(load="imuxsock")
mail.* action(type="omfile" file="{folder}/mail.log" template="RSYSLOG_TraditionalFileFormat")
"""
