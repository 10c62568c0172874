"""What happens when: the sixty days from 2026-01-31 to 2026-03-31 (UTC) of three servers.

The report's window is March but for its first day; the days before are what it is compared with, and the baseline
of what is unusual.
"""
import datetime
from dataclasses import replace

from .days import NO_CIPHER, UNSUPPORTED, at, session_script
from .demo_senders import MX1, MX2, MX3
from .exim import Exim
from .server import DAY, HOUR, MINUTE, SECOND, Server
from .world import TLS12, TLS13, Sender

START = datetime.datetime(2026, 1, 31, tzinfo=datetime.timezone.utc)
DAYS = 60
END = DAYS * DAY

# mx2 accepts no TLS below 1.2 from the 16th of March on.
SWITCH_OFF = 45
# mx3's disk was full on the 12th of March: not one line was written.
NO_LOG = 41
# mx2 was moved to another rack on the 22nd of March.
DOWN = (at(51, 7, 30), at(51, 15))

# Where the log files are cut: once a week, and mx2 at its own midnight.
MX1_CUTS = [at(day, 6, 25, 1) for day in range(2, DAYS, 7)]
MX2_CUTS = [at(day, 23) for day in range(9, DAYS, 7)]
MX3_CUTS = [at(day, 5, 25, 2) for day in range(9, DAYS, 7)]

# Where the stolen account is used from, and how often on the worse day.
THIEVES = [("203.0.113.66", 6), ("192.0.2.77", 24), ("198.51.100.201", 31), ("2001:db8:bad:1::5", 22), ("2001:db8:bad:2::5", 19), ("2001:db8:feed::9", 27)]


def simulate():
    """The three servers after the sixty days."""
    mx1 = Server("mx1", 20260131, START, realm="corp.example.com", long_ids=False, first_pid=2200, pids=2600)
    mx2 = Server("mx2", 20260201, START, realm="example.org", long_ids=True, first_pid=410000, pids=9000)
    mx3 = Exim("mx3", 20260202, START, realm="hotel.example.net", long_ids=True, first_pid=12000, pids=20000)
    for server, lives, trouble in ((mx1, MX1, _trouble_on_mx1), (mx2, MX2, _trouble_on_mx2), (mx3, MX3, _trouble_on_mx3)):
        plan = []
        for day in range(1, DAYS + 1):
            if server is mx3 and day == NO_LOG:
                continue
            for sender in filter(None, (life.on(day) for life in lives)):
                _day_of(plan, server, sender, day)
            _noise(plan, server, day)
        trouble(plan, server)
        if server is mx2:
            plan = [step for step in plan if not DOWN[0] <= step[0] < DOWN[1]]
        plan.sort(key=lambda step: step[0])
        for time, action, *arguments in plan:
            action(time, *arguments)
        server.lines = sorted(line for line in server.lines if line[0] < END and not (server is mx3 and line[0] // DAY == NO_LOG - 1))
    return mx1, mx2, mx3


def _day_of(plan, server, sender, day):
    """The sessions of one sender on one day; where the server takes its TLS no more, its attempts."""
    wanted = sender.weekend if day % 7 in (1, 2) else sender.weekday
    if wanted > 1:
        wanted = max(1, wanted + server.between(-wanted // 3, wanted // 3))
    first, last = sender.hours
    if server.host == "mx2" and day >= SWITCH_OFF and sender.tls and sender.tls[0] in ("TLSv1", "TLSv1.1"):
        for attempt in range(3 * wanted):
            time = at(day, first) + server.between(0, (last - first) * HOUR)
            plan.append((time, server.broken_handshake, sender.client, sender.service, UNSUPPORTED))
        return
    while wanted > 0:
        batch = min(wanted, server.between(1, sender.batch) if sender.batch > 1 else 1)
        wanted -= batch
        time = at(day, first) + server.between(0, (last - first) * HOUR - 4 * MINUTE)
        plan.append((time, server.session, sender, session_script(server, sender, batch)))


def _noise(plan, server, day):
    """What else a mail server logs: enough of it in each part of a day that no silence looks like a fault."""
    for _ in range(5):
        plan.append((at(day, 0) + server.between(0, DAY - HOUR), server.incoming))
    for _ in range(2):
        plan.append((at(day, 0) + server.between(0, DAY - HOUR), server.scanner_of_the_internet))
    plan.append((at(day, 6, 25, 2.0214), server.cron_mail))
    for hour in range(0, 24, 4):
        action = server.queue_run if isinstance(server, Exim) else server.scanner_of_the_internet
        plan.append((at(day, hour, 40) + server.between(0, HOUR), action))


def _of(lives, account):
    return next(life for life in lives if life.sender.account == account)


def _trouble_on_mx1(plan, server):
    """The monthly invoices, somebody awake at night, a scanner with an old password, and a guesser."""
    invoices = _of(MX1, "invoices@erp.example.com")
    for day in (28, 56):
        for part in range(5):
            plan.append((at(day, 9, 10 * part, 5), server.session, invoices.on(day), ["send"] * 30))
    awake = _of(MX1, "dave.o'neil@sales.example.com").on(54)
    for part in range(8):
        plan.append((at(54, 2, 6 * part, 11), server.session, awake, ["send"] * 3))
    scanner = _of(MX1, "scanner03@corp.example.com")
    for day, attempts in ((40, 26), (41, 14)):
        for attempt in range(attempts):
            plan.append((at(day, 8, 7 * attempt, 31), server.session, scanner.on(day), ["bad-password"]))
    for day in range(1, DAYS + 1):
        plan.append((at(day, 7, 12, 3.3 + day % 50), server.broken_handshake, "plotter.corp.example.com[10.1.2.60]", "smtps", UNSUPPORTED))
    for number in range(45):
        name = ["admin", "test", "scanner01@corp.example.com", "root", "info@corp.example.com"][number % 5]
        plan.append((at(48, 2) + number * 41 * SECOND, server.guess, "203.0.113.99", name, None))
    # A line that something has broken in two: its second half says nothing that could be read.
    for minute in (3, 4, 9):
        plan.append((at(43, 15, minute), server.log, "smtp[2214]", "0A1B2C9D6801: to=<anna7@exam\nple.com>, relay=mx.example.com[192.0.2.225]:25, status=sent (250 2.0.0 Ok)"))


def _trouble_on_mx2(plan, server):
    """tina@lab.example.org: her password is guessed in the night of the 30th and used from many networks."""
    victim = "tina@lab.example.org"
    for number in range(38):
        plan.append((at(59, 1) + number * 17 * SECOND, server.guess, "203.0.113.66", victim, TLS12))
    for day, start, share in ((59, 2, 1), (60, 1, 2)):
        for number, (ip, messages) in enumerate(THIEVES):
            thief = Sender(victim, "mx2", "unknown", ip, "submission", TLS13 if number % 2 else TLS12, "LOGIN", 0,
                           recipients=6, mail_from=f"support{number}@lab.example.org", helo="ylmf-pc", size=3100)
            plan.append((at(day, start, 7 * number, 4.4), server.session, thief, ["send"] * (messages // share)))
    # Sessions that are open when a file is cut, and a message that is accepted before midnight and queued after it.
    newsletter = _of(MX2, "newsletter@news.example.net").on(1)
    for moment in MX2_CUTS[::2]:
        plan.append((moment - 3 * SECOND, server.session_until, newsletter, moment + SECOND))
    for day in (20, 38, 57):
        plan.append((at(day, 0) - 900_000, server.session, replace(newsletter, size=4_000_000), ["send"]))


def _trouble_on_mx3(plan, server):
    """A survey that nobody has heard of before, and a fax whose handshake breaks."""
    survey = replace(_of(MX3, "bookings@hotel.example.net").on(1), account="survey@hotel.example.net", mail_from="")
    for day in (55, 56):
        for part in range(12):
            plan.append((at(day, 13, 5 * part, 20), server.session, survey, ["send"] * 10))
    for day in range(33, DAYS + 1):
        if day != NO_LOG:
            plan.append((at(day, 8, 30, day % 50), server.broken_handshake, "oldfax.port.example.com[10.3.3.9]", "submission", NO_CIPHER))
