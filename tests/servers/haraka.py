"""Haraka, with passwords in a file."""
import json
import re
import subprocess

from clients import ACCOUNTS, LARGEST
from server import Server


class Haraka(Server):
    """Haraka, with passwords in a file."""

    tells = {"auth_failed", "auth_aborted", "tls_failed", "sender_rejected", "recipients_rejected", "data_rejected"}

    def logs(self):
        return [self.folder / "output.log"]

    def start(self):
        program = self.programs / "haraka" / "node_modules" / "Haraka"
        config = {
            "smtp.ini": SMTP_INI.format(**self.ports),
            "log.ini": "[main]\nlevel=info\ntimestamps=true\n",
            # A file of one's own stands for all of Haraka's.
            "connection.ini": re.sub("(?m)^bytes=.*", f"bytes={LARGEST}", (program / "config" / "connection.ini").read_text()),
            "tls.ini": TLS_INI.format(folder=self.folder),
            "passwords.json": json.dumps({"core": {"methods": ",".join(self.mechanisms)}, "users": ACCOUNTS}),
            "me": "mx1.example.org\n",
            "host_list": "corp.example.com\n",
            "plugins": "tls\nauth/passwords\nrefuse\nrcpt_to.in_host_list\ndiscard\n",
        }
        for name, text in config.items():
            self.write(f"config/{name}", text)
        for name, text in PLUGINS.items():
            self.write(f"plugins/{name}.js", text)
        # Otherwise it begins by making some that nobody else has.
        subprocess.run(["openssl", "genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "group:ffdhe2048",
                        "-out", self.folder / "config" / "dhparams.pem"], check=True, capture_output=True)
        self.spawn([program / "bin" / "haraka", "-c", self.folder])

    def told(self, message):
        # The sender stands for the account, and is one with it here. Of implicit TLS, no line names the version.
        return message.account, "unknown" if message.transport == "implicit" else message.tls_version

    def told_refusal(self, refusal):
        # Where TLS comes first, a connection is only logged when its handshake is over.
        if (refusal.kind, refusal.transport) == ("tls_failed", "implicit"):
            return None
        # No line names who has authenticated, or tried to.
        return refusal.kind, ""

    def is_done(self, log, accepted, broken):
        """Whether the log tells of every message, of every broken handshake, and of how each connection ended."""
        entries = (" [core] queue code=OK", " [core] client connection error: ", " [core] connect ", " [core] disconnect ")
        queued, errors, begun, ended = map(log.count, entries)
        return queued >= accepted and errors >= broken and begun == ended


# The server waits for the one that is open last.
SMTP_INI = """listen=127.0.0.1:{smtps},127.0.0.1:{submission},127.0.0.1:{smtp}
smtps_port={smtps}
nodes=0
"""

TLS_INI = """key={folder}/key.pem
cert={folder}/cert.pem
dhparam=dhparams.pem
minVersion=TLSv1
ciphers=ALL:@SECLEVEL=0
"""

PLUGINS = {
    # Its own `auth/flat_file`, whose file knows no apostrophes.
    "auth/passwords": """
exports.register = function () { this.inherits('auth/flat_file') }
exports.load_flat_ini = function () { this.cfg = this.config.get('passwords.json') }
""",
    "refuse": """
const refused = (address) => (address.host === 'reject.example.org' ? DENY : CONT)
exports.hook_mail = (next, connection, [sender]) => next(refused(sender), 'Not that sender')
exports.hook_rcpt = (next, connection, [recipient]) => next(refused(recipient), 'Not that recipient')
""",
    "discard": """
exports.hook_queue = (next) => next(OK)
exports.hook_queue_outbound = (next) => next(OK)
""",
}
