"""OpenSMTPD, which logs through rsyslog, as Debian sets both up."""
import subprocess
import time

from clients import ACCOUNTS, LARGEST
from server import PATIENCE, Server


class OpenSmtpd(Server):
    """OpenSMTPD, which logs through rsyslog, as Debian sets both up."""

    # Debian 12's own OpenSMTPD breaks every handshake off.
    system = "trixie"
    # Without TLS it never asks for a password.
    mechanisms = ("PLAIN", "LOGIN")
    transports = ("starttls", "implicit")
    tells = {"auth_failed", "auth_aborted", "tls_failed", "sender_rejected", "recipients_rejected", "data_rejected"}

    def logs(self):
        return [self.folder / "mail.log"]

    def start(self):
        hashes = {password: subprocess.run(["openssl", "passwd", "-6", password], check=True, capture_output=True, text=True).stdout for password in ACCOUNTS.values()}
        self.write("accounts", "".join(f"{account}\t{hashes[password]}" for account, password in ACCOUNTS.items()))
        self.write("rsyslog.conf", RSYSLOG_CONF.format(folder=self.inside))
        self.write("smtpd.conf", SMTPD_CONF.format(folder=self.inside, largest=LARGEST, **self.ports))
        (self.folder / "key.pem").chmod(0o600)
        # Its processes look for the log when they start, and never again.
        socket = self.root / "dev" / "log"
        socket.unlink(missing_ok=True)
        self.spawn(["rsyslogd", "-n", "-i", "NONE", "-f", self.inside / "rsyslog.conf"])
        end = time.monotonic() + PATIENCE
        while not socket.exists():
            if time.monotonic() > end:
                raise RuntimeError("rsyslog does not start")
            time.sleep(0.1)
        self.spawn(["smtpd", "-F", "-f", self.inside / "smtpd.conf"])

    def is_done(self, log, accepted, broken):
        """Whether the log tells of every message and of every broken handshake."""
        return log.count(" smtp message msgid=") >= accepted and log.count(" handshake failed: ") >= broken


class OpenSmtpdBullseye(OpenSmtpd):
    """The OpenSMTPD of Debian 11, which says otherwise that a handshake has broken."""

    system = "bullseye"

    def is_done(self, log, accepted, broken):
        return super().is_done(log, accepted, 0)


RSYSLOG_CONF = """module(load="imuxsock")
mail.* {folder}/mail.log
"""

SMTPD_CONF = """pki mx1 cert "{folder}/cert.pem"
pki mx1 key "{folder}/key.pem"
table accounts file:{folder}/accounts
smtp max-message-size "{largest}"
filter refused phase mail-from match mail-from {{ "@reject.example.org" }} reject "550 Sender refused"
listen on 127.0.0.1 port {smtp} hostname mx1.example.org
listen on 127.0.0.1 port {submission} tls-require pki mx1 auth <accounts> filter refused hostname mx1.example.org
listen on 127.0.0.1 port {smtps} smtps pki mx1 auth <accounts> filter refused hostname mx1.example.org
action hole mda "cat > /dev/null" virtual {{ "@" = "nobody" }}
match from any for domain "reject.example.org" reject
match auth from any for any action hole
match from any for domain "corp.example.com" action hole
"""
