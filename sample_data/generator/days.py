"""What happens when: the ten days from 2026-03-01 to 2026-03-10 (UTC), on both servers."""
import datetime
from dataclasses import replace

from .server import DAY, HOUR, MINUTE, SECOND, Server
from .world import SENDERS, TLS12, TLS13, Sender, on_day

START = datetime.datetime(2026, 3, 1, tzinfo=datetime.timezone.utc)
DAYS = 10
END = DAYS * DAY
UNSUPPORTED = "error:0A000102:SSL routines::unsupported protocol:../ssl/statem/statem_srvr.c:1657"
NO_CIPHER = "error:0A0000C1:SSL routines::no shared cipher:../ssl/statem/statem_srvr.c:2226"
KIOSK = Sender("kiosk@school.example.org", "mx2", "kiosk.school.example.org", "192.0.2.246", "submission",
               ("TLSv1", "DES-CBC3-SHA (112/168 bits)"), "LOGIN", 0, helo="KIOSK")
# Where the stolen account is used from, and how often on the worse day.
THIEVES = [("203.0.113.66", 4), ("192.0.2.77", 14), ("198.51.100.201", 18), ("2001:db8:bad:1::5", 12), ("2001:db8:bad:2::5", 11), ("2001:db8:feed::9", 15)]


def at(day, hour, minute=0, second=0):
    """Microseconds since the start; days count from 1."""
    return (day - 1) * DAY + hour * HOUR + minute * MINUTE + int(second * SECOND)


# Where the log files are cut. A session is open at each of these moments (`_straddle`).
MX1_CUTS = [at(3, 6, 25, 1), at(6, 6, 25, 1), at(9, 6, 25, 1)]
# mx2 rotates at its own midnight, which is 23:00 UTC.
MX2_CUTS = [at(day, 23) for day in range(1, DAYS)]


def simulate():
    """Both servers after the ten days."""
    mx1 = Server("mx1", 20260301, START, realm="corp.example.com", long_ids=False, first_pid=2200, pids=2600)
    mx2 = Server("mx2", 20260302, START, realm="example.org", long_ids=True, first_pid=410000, pids=9000)
    for server in (mx1, mx2):
        # First everything is planned, then it happens in the order of time: a process that serves
        # one client is taken for the others.
        plan = []
        for day in range(1, DAYS + 1):
            _ordinary_day(plan, server, day)
            _noise(plan, server, day)
        _trouble(plan, server)
        _straddle(plan, server)
        if server is mx2:
            _stolen_account(plan, server)
        plan.sort(key=lambda step: step[0])
        for time, action, *arguments in plan:
            action(time, *arguments)
        # The files end with the tenth day, also where a delivery was still to come.
        server.lines = sorted(line for line in server.lines if line[0] < END)
    return mx1, mx2


def _ordinary_day(plan, server, day):
    weekend = day % 7 in (0, 1)
    for sender in (on_day(s, day) for s in SENDERS if s.server == server.host):
        wanted = sender.weekend if weekend else sender.weekday
        if wanted > 1:
            wanted = max(1, wanted + server.between(-wanted // 4, wanted // 4))
        while wanted > 0:
            batch = min(wanted, server.between(1, sender.batch) if sender.batch > 1 else 1)
            wanted -= batch
            first, last = sender.hours
            time = at(day, first) + server.between(0, (last - first) * HOUR - 4 * MINUTE)
            plan.append((time, server.session, sender, session_script(server, sender, batch)))


def session_script(server, sender, batch):
    """Mostly it just works."""
    steps = ["send"] * batch
    luck = server.random.random()
    person = sender.size == 9000
    if luck < 0.025 and person:
        return ["bad-password", *steps]
    if luck < 0.035 and person:
        return ["bad-password"]
    if luck < 0.045:
        return [*steps, "reject"]
    if luck < 0.052:
        return ["not-owner"]
    if luck < 0.065 and batch == 1:
        return ["abort"]
    return steps


def _noise(plan, server, day):
    for _ in range(22):
        plan.append((at(day, 0) + server.between(0, DAY - HOUR), server.incoming))
    for _ in range(8):
        plan.append((at(day, 0) + server.between(0, DAY - HOUR), server.scanner_of_the_internet))
    plan.append((at(day, 6, 25, 2.0214), server.cron_mail))


def _trouble(plan, server):
    """Old clients that no longer get in, and somebody who tries passwords from one address."""
    for day in range(1, DAYS + 1):
        if server.host == "mx1":
            plan.append((at(day, 7, 12, 3.3 + day), server.broken_handshake, "plotter.corp.example.com[10.1.2.60]", "smtps", UNSUPPORTED))
        elif day <= 3:
            plan.append((at(day, 9, 0, 1.7), server.session, KIOSK, ["send", "send"]))
        else:
            # On the fourth day its cipher was switched off.
            for attempt in range(3):
                plan.append((at(day, 9, 5 * attempt, 1.7), server.broken_handshake, KIOSK.client, KIOSK.service, NO_CIPHER))
    if server.host == "mx1":
        for number in range(45):
            name = ["admin", "test", "scanner01@corp.example.com", "root", "info@corp.example.com"][number % 5]
            plan.append((at(7, 2) + number * 41 * SECOND, server.guess, "203.0.113.99", name, None))


def _straddle(plan, server):
    """Sessions that are open when a file is cut and when the day ends."""
    account, cuts = {"mx1": ("erp@erp.example.com", MX1_CUTS), "mx2": ("newsletter@news.example.net", MX2_CUTS[::2])}[server.host]
    sender = next(s for s in SENDERS if s.account == account)
    for moment in [*cuts, at(2, 0), at(5, 0), at(6, 0)]:
        plan.append((moment - 3 * SECOND, server.session_until, sender, moment + SECOND))
    # Accepted on one side of midnight, queued on the other: the client= line decides.
    for day in (3, 8):
        plan.append((at(day, 0) - 900_000, server.session, replace(sender, size=4_000_000), ["send"]))


def _stolen_account(plan, server):
    """tina@lab.example.org: her password is guessed in the night of the 9th and used from many networks."""
    victim = "tina@lab.example.org"
    for number in range(38):
        plan.append((at(9, 1) + number * 17 * SECOND, server.guess, "203.0.113.66", victim, TLS12))
    for day, start, share in ((9, 2, 2), (10, 1, 1)):
        for number, (ip, messages) in enumerate(THIEVES):
            thief = Sender(victim, "mx2", "unknown", ip, "submission", TLS13 if number % 2 else TLS12, "LOGIN", 0,
                           recipients=6, mail_from=f"support{number}@lab.example.org", helo="ylmf-pc", size=3100)
            plan.append((at(day, start, 7 * number, 4.4), server.session, thief, ["send"] * (messages // share)))
