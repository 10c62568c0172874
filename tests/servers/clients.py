"""Clients of a mail server: each session sends what it is told to, and writes down what happened."""
import datetime
import itertools
import smtplib
import socket
import ssl
import warnings
from dataclasses import dataclass

# Deprecated versions are what this is about.
warnings.filterwarnings("ignore", category=DeprecationWarning)

VERSIONS = {"TLSv1.0": ssl.TLSVersion.TLSv1, "TLSv1.1": ssl.TLSVersion.TLSv1_1, "TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}
NAMES = {"TLSv1": "TLSv1.0", None: "none"}
ACCOUNTS = {"alice@corp.example.com": "Rp-PW-6", "printer-3f@corp.example.com": "Pr-PW-1", "grafana+alerts@ops.example.org": "Gr-PW-9", "erin.o'neil@branch.example.org": "Er-PW-3"}


@dataclass
class Message:
    """A message that the server has accepted."""

    day: str
    account: str
    tls_version: str
    recipients: int


@dataclass
class Refusal:
    """An attempt that failed."""

    kind: str
    account: str


@dataclass
class Session:
    """What a client does."""

    transport: str  # cleartext, starttls, implicit
    version: str  # one of VERSIONS; none in cleartext
    mechanism: str
    account: str
    recipients: tuple = (1,)  # of each message
    password: str = ""  # the right one, unless said


def sessions(spoken, mechanisms):
    """Every transport with every version and mechanism, by accounts in turn; then what goes wrong."""
    accounts = itertools.cycle(ACCOUNTS)
    ways = [("cleartext", "none"), *itertools.product(("starttls", "implicit"), spoken)]
    for number, ((transport, version), mechanism) in enumerate(itertools.product(ways, mechanisms)):
        recipients = [(1,), (2, 1), (1, 3, 1)][number % 3]
        yield Session(transport, version, mechanism, next(accounts), recipients)
    for (transport, version), mechanism in itertools.product(ways, mechanisms):
        yield Session(transport, version, mechanism, next(accounts), password="wrong")


class Recorder:
    """The clients' own record."""

    def __init__(self, ports):
        self.ports, self.messages, self.refusals, self.strangers = ports, [], [], 0

    def speaks(self, version):
        """Whether a version can be negotiated at all. What cannot is the servers' and libraries' choice, not a fault."""
        try:
            with self._connect(Session("starttls", version, "", "")) as smtp:
                return NAMES.get(smtp.sock.version(), smtp.sock.version()) == version
        except (ssl.SSLError, OSError, smtplib.SMTPException):
            return False

    def run(self, session):
        """One session, from connecting to QUIT."""
        with self._connect(session) as smtp:
            smtp.user, smtp.password = session.account, session.password or ACCOUNTS[session.account]
            method = {"PLAIN": smtp.auth_plain, "LOGIN": smtp.auth_login, "CRAM-MD5": smtp.auth_cram_md5}[session.mechanism]
            try:
                smtp.auth(session.mechanism, method, initial_response_ok=session.mechanism == "PLAIN")
            except smtplib.SMTPAuthenticationError:
                self.refusals.append(Refusal("auth_failed", session.account))
                return
            for number, count in enumerate(session.recipients):
                self._send(smtp, session.account, [f"r{place}-{number}@corp.example.com" for place in range(count)])

    def distrust(self, transport, version):
        """A client that does not trust the server's certificate, and says so in the handshake."""
        trusting = _context(version)
        trusting.verify_mode = ssl.CERT_REQUIRED
        try:
            self._connect(Session(transport, version, "", ""), trusting).close()
        except (ssl.SSLError, OSError, smtplib.SMTPException):
            self.refusals.append(Refusal("tls_failed", ""))
            return
        raise RuntimeError("the certificate was trusted")

    def stranger(self):
        """Mail from another server: nobody has authenticated, so it is no submission."""
        with smtplib.SMTP("127.0.0.1", self.ports["smtp"], local_hostname="mx.example.net", timeout=30) as smtp:
            smtp.sendmail("someone@example.net", ["alice@corp.example.com"], _text("someone@example.net"))
            self.strangers += 1

    def _send(self, smtp, account, recipients):
        smtp.sendmail(account, recipients, _text(account))
        version = smtp.sock.version() if isinstance(smtp.sock, ssl.SSLSocket) else None
        day = datetime.datetime.now(datetime.UTC).date().isoformat()
        self.messages.append(Message(day, account, NAMES.get(version, version), len(recipients)))

    def _connect(self, session, context=None):
        port = self.ports["smtps" if session.transport == "implicit" else "submission"]
        options = {"host": "127.0.0.1", "port": port, "local_hostname": "client.example.com", "timeout": 30}
        if session.transport == "implicit":
            smtp = smtplib.SMTP_SSL(**options, context=context or _context(session.version))
            smtp.ehlo()
            return smtp
        smtp = smtplib.SMTP(**options)
        smtp.ehlo()
        if session.transport == "starttls":
            try:
                smtp.starttls(context=context or _context(session.version))
            except BaseException:
                smtp.close()
                raise
            smtp.ehlo()
        return smtp


def free_port():
    """A port of 127.0.0.1 that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _context(version):
    """Speaks one version only, with whatever cipher is left in the library for it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    # The lower bound is moved first: it may not lie above the upper one.
    context.minimum_version = VERSIONS[version] if version != "TLSv1.0" else ssl.TLSVersion.TLSv1
    context.maximum_version = VERSIONS[version]
    return context


def _text(sender):
    return f"From: <{sender}>\r\nSubject: a message\r\n\r\nSome text.\r\n"
