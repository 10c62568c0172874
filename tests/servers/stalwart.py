"""Stalwart, with its accounts in its configuration."""
import http.server
import json
import threading

from clients import ACCOUNTS, LARGEST
from server import Server


class Stalwart(Server):
    """Stalwart, with its accounts in its configuration."""

    # Without TLS it never asks for a password.
    mechanisms = ("PLAIN", "LOGIN")
    transports = ("starttls", "implicit")
    # That a client has given up authenticating is logged at no level.
    tells = {"auth_failed", "tls_failed", "sender_rejected", "recipients_rejected", "data_rejected"}
    # What an event's name stands between.
    around_names = "()"
    # What else is configured.
    more = ""

    def logs(self):
        return [self.folder / "stalwart.log"]

    def start(self):
        principals = "".join(PRINCIPAL.format(account=account, password=password) for account, password in ACCOUNTS.items())
        self.write("config.toml", CONFIG.format(folder=self.folder, more=self.more, largest=LARGEST, principals=principals, **self.ports))
        self.spawn([self.programs / "stalwart" / "bin" / "stalwart", "--config", self.folder / "config.toml"])

    def told(self, message):
        # Of implicit TLS, no line names the version.
        return message.account, "unknown" if message.transport == "implicit" else message.tls_version

    def is_done(self, log, accepted, broken):
        """Whether the log tells of every message, of every broken handshake, and of how each connection ended."""
        before, behind = self.around_names
        broke, begun, ended = (log.count(f"{before}{name}{behind}") for name in ("tls.handshake-error", "smtp.connection-start", "smtp.connection-end"))
        return log.count(f"{before}queue.queue-message") >= accepted and broke >= broken and begun == ended


class StalwartJson(Stalwart):
    """Stalwart's events as JSON, which it posts to whoever listens; one event is a line."""

    around_names = '""'

    def logs(self):
        return [self.folder / "events.jsonl"]

    def start(self):
        # It waits for the server, and is there before the first event.
        log = self.write("events.jsonl", "")
        self.listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Writer", (_Writer,), {"log": log}))
        threading.Thread(target=self.listener.serve_forever, daemon=True).start()
        self.more = WEBHOOK.format(port=self.listener.server_port)
        super().start()

    def stop(self):
        super().stop()
        self.listener.shutdown()


class _Writer(http.server.BaseHTTPRequestHandler):
    """Writes down the events that are posted."""

    def do_POST(self):
        events = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["events"]
        with self.log.open("a") as log:
            log.writelines(json.dumps(event, separators=(",", ":")) + "\n" for event in events)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


PRINCIPAL = """
[[directory.accounts.principals]]
class = "individual"
name = "{account}"
secret = "{password}"
email = ["{account}"]
"""

CONFIG = """version.spam-filter = "none"
session.data.spam-filter = false
session.auth.errors.wait = "1ms"
session.auth.mechanisms = [{{ if = "local_port != {smtp} && is_tls", then = "[plain, login]" }}, {{ else = false }}]
session.auth.directory = "'accounts'"
session.auth.require = [{{ if = "local_port != {smtp}", then = true }}, {{ else = false }}]
session.rcpt.directory = false
session.rcpt.errors.wait = "1ms"
session.rcpt.relay = [{{ if = "rcpt_domain == 'reject.example.org'", then = false }}, {{ if = "!is_empty(authenticated_as)", then = true }}, {{ if = "rcpt_domain == 'corp.example.com'", then = true }}, {{ else = false }}]
session.data.limits.size = {largest}

[server]
hostname = "mx1.example.org"
allowed-ip."127.0.0.0/8" = ""

[server.listener.smtp]
bind = ["127.0.0.1:{smtp}"]
protocol = "smtp"

[server.listener.submission]
bind = ["127.0.0.1:{submission}"]
protocol = "smtp"

[server.listener.submissions]
bind = ["127.0.0.1:{smtps}"]
protocol = "smtp"
tls.implicit = true

[certificate.default]
cert = "%{{file:{folder}/cert.pem}}%"
private-key = "%{{file:{folder}/key.pem}}%"
default = true

[store.database]
type = "sqlite"
path = "{folder}/database.sqlite3"

[storage]
data = "database"
blob = "database"
fts = "database"
lookup = "database"
directory = "accounts"

[tracer.log]
type = "log"
level = "debug"
path = "{folder}"
prefix = "stalwart.log"
rotate = "never"
ansi = false
{more}
[directory.accounts]
type = "memory"
{principals}"""

WEBHOOK = """
[webhook.listener]
url = "http://127.0.0.1:{port}/"
events = ["auth.*", "queue.*", "smtp.*", "tls.*"]
throttle = "100ms"
"""
