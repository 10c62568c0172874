"""What happens when: the days from 2026-01-26 to 2026-03-31 (UTC) of three servers.

The report's window is March but for its first day; the days before are what it is compared with, and the baseline
of what is unusual.
"""
import datetime
from dataclasses import replace

from .days import NO_CIPHER, UNSUPPORTED, session_script
from .demo_senders import MX1, MX2, MX3
from .exim import Exim
from .server import DAY, HOUR, MINUTE, SECOND, Server
from .world import TLS12, TLS13, Sender

START = datetime.datetime(2026, 1, 26, tzinfo=datetime.timezone.utc)
END = datetime.datetime(2026, 4, 1, tzinfo=datetime.timezone.utc)
# Every day as 03-16.
DAYS = [f"{START + datetime.timedelta(days=number):%m-%d}" for number in range((END - START).days)]


def at(day, hour, minute=0, second=0):
    """Microseconds since the start."""
    return DAYS.index(day) * DAY + hour * HOUR + minute * MINUTE + int(second * SECOND)


def weekly(weekday, *time):
    """A time of day on each such day of the week but the first one; 0 is Monday."""
    return [at(day, *time) for day in DAYS[7 + weekday::7]]


# mx2 accepts no TLS below 1.2 from the 16th of March on.
SWITCH_OFF = "03-16"
# mx3's disk was full on the 12th of March: not one line was written.
NO_LOG = "03-12"
# mx2 was moved to another rack on the 22nd of March.
DOWN = (at("03-22", 7, 30), at("03-22", 15))

# Where the log files are cut: once a week, and mx2 at its own midnight.
MX1_CUTS = weekly(6, 6, 25, 1)
MX2_CUTS = weekly(6, 23)
MX3_CUTS = weekly(6, 5, 25, 2)

# Where the stolen account is used from, and how often on the worse day.
THIEVES = [("203.0.113.66", 6), ("192.0.2.77", 18), ("198.51.100.201", 22), ("2001:db8:bad:1::5", 16), ("2001:db8:bad:2::5", 11), ("2001:db8:feed::9", 15),
           ("2001:db8:c0de::2", 14), ("2001:db8:d1ce::7", 12), ("2001:db8:fade::4", 13), ("2001:db8:beef::8", 10), ("2001:db8:ace::3", 9)]


def simulate():
    """The three servers after all of it."""
    mx1 = Server("mx1", 20260131, START, realm="corp.example.com", long_ids=False, first_pid=2200, pids=2600)
    mx2 = Server("mx2", 20260201, START, realm="example.org", long_ids=True, first_pid=410000, pids=9000)
    mx3 = Exim("mx3", 20260202, START, realm="hotel.example.net", long_ids=True, first_pid=12000, pids=20000)
    for server, lives, trouble in ((mx1, MX1, _trouble_on_mx1), (mx2, MX2, _trouble_on_mx2), (mx3, MX3, _trouble_on_mx3)):
        plan = []
        for day in DAYS:
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
        server.lines = sorted(line for line in server.lines if line[0] < len(DAYS) * DAY and not (server is mx3 and DAYS[line[0] // DAY] == NO_LOG))
    return mx1, mx2, mx3


def _day_of(plan, server, sender, day):
    """The sessions of one sender on one day; where the server takes its TLS no more, its attempts."""
    wanted = sender.weekend if DAYS.index(day) % 7 > 4 else sender.weekday
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
        plan.append((time, server.session, sender, _script(server, sender, batch)))


def _script(server, sender, batch):
    """People mistype passwords and addresses; devices and applications do what they always do."""
    return session_script(server, sender, batch) if sender.size == 9000 else ["send"] * batch


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
    for day in ("02-27", "03-27"):
        for part in range(5):
            plan.append((at(day, 9, 10 * part, 5), server.session, invoices.on(day), ["send"] * 30))
    awake = _of(MX1, "dave.o'neil@sales.example.com").on("03-25")
    for part in range(8):
        plan.append((at("03-25", 2, 6 * part, 11), server.session, awake, ["send"] * 3))
    scanner = _of(MX1, "scanner03@corp.example.com")
    for day, attempts in (("03-11", 26), ("03-12", 14)):
        for attempt in range(attempts):
            plan.append((at(day, 8, 7 * attempt, 31), server.session, scanner.on(day), ["bad-password"]))
    for number, day in enumerate(DAYS):
        plan.append((at(day, 7, 12, 3.3 + number % 50), server.broken_handshake, "plotter.corp.example.com[10.1.2.60]", "smtps", UNSUPPORTED))
    for number in range(45):
        name = ["admin", "test", "scanner01@corp.example.com", "root", "info@corp.example.com"][number % 5]
        plan.append((at("03-19", 2) + number * 41 * SECOND, server.guess, "203.0.113.99", name, None))
    # A line that something has broken in two: its second half says nothing that could be read.
    for minute in (3, 4, 9):
        plan.append((at("03-14", 15, minute), server.log, "smtp[2214]", "0A1B2C9D6801: to=<anna7@exam\nple.com>, relay=mx.example.com[192.0.2.225]:25, status=sent (250 2.0.0 Ok)"))


def _trouble_on_mx2(plan, server):
    """tina@lab.example.org: her password is guessed in the night of the 30th and used from many networks."""
    victim = "tina@lab.example.org"
    for number in range(38):
        plan.append((at("03-30", 1) + number * 17 * SECOND, server.guess, "203.0.113.66", victim, TLS12))
    for day, start, share in (("03-30", 2, 1), ("03-31", 1, 2)):
        for number, (ip, messages) in enumerate(THIEVES):
            thief = Sender(victim, "mx2", "unknown", ip, "submission", TLS13 if number % 2 else TLS12, "LOGIN", 0,
                           recipients=6, mail_from=f"support{number}@lab.example.org", helo="ylmf-pc", size=3100)
            plan.append((at(day, start, 7 * number, 4.4), server.session, thief, ["send"] * (messages // share)))
    # Sessions that are open when a file is cut, and a message that is accepted before midnight and queued after it.
    newsletter = _of(MX2, "newsletter@news.example.net").on(DAYS[0])
    for moment in MX2_CUTS[::2]:
        plan.append((moment - 3 * SECOND, server.session_until, newsletter, moment + SECOND))
    for day in ("02-19", "03-09", "03-28"):
        plan.append((at(day, 0) - 900_000, server.session, replace(newsletter, size=4_000_000), ["send"]))


def _trouble_on_mx3(plan, server):
    """A survey that nobody has heard of before, and a fax whose handshake breaks."""
    survey = replace(_of(MX3, "bookings@hotel.example.net").on(DAYS[0]), account="survey@hotel.example.net", mail_from="")
    for day in ("03-26", "03-27"):
        for part in range(12):
            plan.append((at(day, 13, 5 * part, 20), server.session, survey, ["send"] * 10))
    for number, day in enumerate(DAYS):
        if day >= "03-04" and day != NO_LOG:
            plan.append((at(day, 8, 30, number % 50), server.broken_handshake, "oldfax.port.example.com[10.3.3.9]", "submission", NO_CIPHER))
