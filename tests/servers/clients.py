"""Clients of a mail server: each session sends what it is told to, and writes down what happened."""
import datetime
import itertools
import select
import smtplib
import socket
import ssl
import struct
import warnings
from dataclasses import dataclass

# Deprecated versions are what this is about.
warnings.filterwarnings("ignore", category=DeprecationWarning)

VERSIONS = {"TLSv1.0": ssl.TLSVersion.TLSv1, "TLSv1.1": ssl.TLSVersion.TLSv1_1, "TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}
NAMES = {"TLSv1": "TLSv1.0", None: "none"}
ACCOUNTS = {"alice@corp.example.com": "Rp-PW-6", "printer-3f@corp.example.com": "Pr-PW-1", "grafana+alerts@ops.example.org": "Gr-PW-9", "erin.o'neil@branch.example.org": "Er-PW-3"}
# Bytes of the largest message that a server takes.
LARGEST = 100_000
# A sender, and a recipient, that every server refuses.
REFUSED = "someone@reject.example.org"


@dataclass
class Message:
    """A message that the server has accepted."""

    day: str
    account: str
    tls_version: str
    recipients: int
    transport: str


@dataclass
class Refusal:
    """An attempt that failed."""

    kind: str
    account: str
    mended: bool = False  # The client tried again on the same connection, and was let in.
    transport: str = ""  # of a broken handshake


@dataclass
class Session:
    """What a client does."""

    transport: str  # cleartext, starttls, implicit
    version: str  # one of VERSIONS; none in cleartext
    mechanism: str
    account: str
    recipients: tuple = (1,)  # of each message
    password: str = ""  # the right one, unless said


def sessions(spoken, server):
    """Every transport with every version and mechanism, by accounts in turn; then the same with wrong passwords."""
    accounts = itertools.cycle(ACCOUNTS)
    ways = [(transport, version) for transport in server.transports for version in (spoken if transport != "cleartext" else ["none"])]
    mechanisms = server.mechanisms
    for number, ((transport, version), mechanism) in enumerate(itertools.product(ways, mechanisms)):
        recipients = [(1,), (2, 1), (1, 3, 1)][number % 3]
        yield Session(transport, version, mechanism, next(accounts), recipients)
    for (transport, version), mechanism in itertools.product(ways, mechanisms):
        yield Session(transport, version, mechanism, next(accounts), password="wrong")


def mishaps(server):
    """Each thing that goes wrong, and some that only look so, over each transport."""
    accounts = itertools.cycle(ACCOUNTS)
    for (what, happens), transport in itertools.product(MISHAPS.items(), server.transports):
        if transport == "starttls" or happens is not Recorder.closes_after_starttls:
            yield what, happens, Session(transport, "none" if transport == "cleartext" else "TLSv1.2", "PLAIN", next(accounts))


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
            accepted = self._authenticate(smtp, session, session.password or ACCOUNTS[session.account])
            if accepted == bool(session.password):
                raise RuntimeError("the wrong password was accepted" if accepted else "the right password was refused")
            if not accepted:
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
            self.refusals.append(Refusal("tls_failed", "", transport=transport))
            return
        raise RuntimeError("the certificate was trusted")

    def stranger(self):
        """Mail from another server: nobody has authenticated, so it is no submission."""
        with smtplib.SMTP("127.0.0.1", self.ports["smtp"], local_hostname="mx.example.net", timeout=30) as smtp:
            smtp.sendmail("someone@example.net", ["alice@corp.example.com"], _text("someone@example.net"))
            self.strangers += 1

    def gives_up_authenticating(self, session):
        """A client that answers the server's question with an asterisk: RFC 4954, section 4."""
        with self._connect(session) as smtp:
            _expect(smtp.docmd("AUTH", "LOGIN"), 3)
            # Haraka takes it for an answer and asks on.
            _expect(smtp.docmd("*"), 5, 3)
            self.refusals.append(Refusal("auth_aborted", ""))

    def never_authenticates(self, session):
        """A stranger on the port for submission: nobody's submission, and nobody's refusal."""
        with self._connect(session) as smtp:
            _expect(_first_refused(smtp, session.account, ["friend@elsewhere.example.net"]), 5)

    def mistypes_the_password(self, session):
        """One wrong password, then the right one, on the same connection."""
        with self._connect(session) as smtp:
            self._authenticate(smtp, session, "wrong")
            self.refusals[-1].mended = True
            self._authenticate(smtp, session, ACCOUNTS[session.account])
            self._send(smtp, session.account, ["r@corp.example.com"])

    def sends_as_somebody_refused(self, session):
        """A sender that the server does not take, and afterwards one that it takes."""
        with self._authenticated(session) as smtp:
            _expect(_first_refused(smtp, REFUSED, ["r@corp.example.com"]), 5)
            self.refusals.append(Refusal("sender_rejected", session.account))
            smtp.rset()
            self._send(smtp, session.account, ["r@corp.example.com"])

    def has_all_recipients_refused(self, session):
        """No recipient is taken."""
        with self._authenticated(session) as smtp:
            _expect(_first_refused(smtp, session.account, [REFUSED]), 5)
            self.refusals.append(Refusal("recipients_rejected", session.account))

    def has_a_recipient_refused(self, session):
        """One recipient of two is taken, and so is the message."""
        with self._authenticated(session) as smtp:
            self._send(smtp, session.account, [REFUSED, "r@corp.example.com"])

    def sends_too_much(self, session):
        """A message above the server's limit, of which it is not told before."""
        with self._authenticated(session) as smtp:
            self._envelope(smtp, session.account)
            _expect(smtp.data(_text(session.account) + f"{'x' * 70}\r\n" * (LARGEST // 36)), 5)
            self.refusals.append(Refusal("data_rejected", session.account))

    def sends_nothing(self, session):
        """A client that only looks whether its password is right."""
        with self._authenticated(session) as smtp:
            _expect(smtp.noop(), 2)

    def begins_anew(self, session):
        """RSET behind a sender, behind a recipient, and then a message."""
        with self._authenticated(session) as smtp:
            _expect(smtp.mail(session.account), 2)
            smtp.rset()
            self._envelope(smtp, session.account)
            smtp.rset()
            self._send(smtp, session.account, ["r0@corp.example.com", "r1@corp.example.com"])

    def closes_after_starttls(self, session):
        """The handshake, and then nothing."""
        self._connect(session).close()

    def closes_after_authenticating(self, session):
        """The password, and then nothing."""
        self._authenticated(session).close()

    def closes_within_a_message(self, session):
        """Half a message is none."""
        smtp = self._authenticated(session)
        self._begin(smtp, session.account)
        smtp.close()

    def resets_within_a_message(self, session):
        """The same, but by a TCP reset."""
        smtp = self._authenticated(session)
        self._begin(smtp, session.account)
        smtp.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        smtp.close()

    def closes_after_the_dot(self, session):
        """The whole message, and the reply to it is never read: it was accepted."""
        smtp = self._authenticated(session)
        self._begin(smtp, session.account)
        smtp.sock.sendall(b"\r\n.\r\n")
        if not select.select([smtp.sock], [], [], 30)[0]:
            raise RuntimeError("the server does not answer a message")
        self._accepted(smtp, session.account, 1)
        smtp.close()

    def _authenticated(self, session):
        smtp = self._connect(session)
        if not self._authenticate(smtp, session, ACCOUNTS[session.account]):
            raise RuntimeError("the right password was refused")
        return smtp

    def _authenticate(self, smtp, session, password):
        smtp.user, smtp.password = session.account, password
        method = {"PLAIN": smtp.auth_plain, "LOGIN": smtp.auth_login, "CRAM-MD5": smtp.auth_cram_md5}[session.mechanism]
        try:
            smtp.auth(session.mechanism, method, initial_response_ok=session.mechanism == "PLAIN")
        except smtplib.SMTPAuthenticationError:
            self.refusals.append(Refusal("auth_failed", session.account))
            return False
        return True

    def _envelope(self, smtp, account):
        _expect(smtp.mail(account), 2)
        _expect(smtp.rcpt("r@corp.example.com"), 2)

    def _begin(self, smtp, account):
        self._envelope(smtp, account)
        _expect(smtp.docmd("DATA"), 3)
        smtp.sock.sendall(_text(account).encode())

    def _send(self, smtp, account, recipients):
        refused = smtp.sendmail(account, recipients, _text(account))
        self._accepted(smtp, account, len(recipients) - len(refused))

    def _accepted(self, smtp, account, recipients):
        version = smtp.sock.version() if isinstance(smtp.sock, ssl.SSLSocket) else None
        day = datetime.datetime.now(datetime.UTC).date().isoformat()
        transport = "implicit" if isinstance(smtp, smtplib.SMTP_SSL) else "starttls" if version else "cleartext"
        self.messages.append(Message(day, account, NAMES.get(version, version), recipients, transport))

    def _connect(self, session, context=None):
        port = self.ports["smtps" if session.transport == "implicit" else "submission"]
        # Not the server's own address: to Dovecot, a client that has it is secured without TLS.
        options = {"host": "127.0.0.1", "port": port, "local_hostname": "client.example.com", "timeout": 30, "source_address": ("127.0.0.2", 0)}
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


MISHAPS = {
    "gives up authenticating": Recorder.gives_up_authenticating,
    "never authenticates": Recorder.never_authenticates,
    "mistypes the password": Recorder.mistypes_the_password,
    "sends as somebody refused": Recorder.sends_as_somebody_refused,
    "has all recipients refused": Recorder.has_all_recipients_refused,
    "has a recipient refused": Recorder.has_a_recipient_refused,
    "sends too much": Recorder.sends_too_much,
    "sends nothing": Recorder.sends_nothing,
    "begins anew": Recorder.begins_anew,
    "closes after STARTTLS": Recorder.closes_after_starttls,
    "closes after authenticating": Recorder.closes_after_authenticating,
    "closes within a message": Recorder.closes_within_a_message,
    "resets within a message": Recorder.resets_within_a_message,
    "closes after the dot": Recorder.closes_after_the_dot,
}


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


def _expect(reply, *first):
    """Holds a reply's code against the digits of which it has to begin with one."""
    if reply[0] // 100 not in first:
        raise RuntimeError(f"the server says {reply} where {first[0]}xx was expected")


def _first_refused(smtp, sender, recipients):
    """The first reply to an envelope that is not good, or the last of all."""
    for reply in itertools.chain((smtp.mail(sender) for _ in range(1)), (smtp.rcpt(recipient) for recipient in recipients)):
        if reply[0] >= 400:
            break
    return reply


def _text(sender):
    return f"From: <{sender}>\r\nSubject: a message\r\n\r\nSome text.\r\n"
