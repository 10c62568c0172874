"""One Postfix server: processes, queue ids and the lines that each part of it logs.

The texts follow real Postfix 3.7 and 3.10 logs. Times are microseconds since the server's `start`.
The truth is counted where the server takes a message (`_accept`), before any line is written:
it does not come from reading the lines back.
"""
import datetime
import random
from collections import Counter, defaultdict

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

DIGITS = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz"
REMOTES = [("example.com", "mx.example.com", "192.0.2.225"), ("example.org", "mx1.example.org", "198.51.100.225"),
           ("customer.example.com", "mx.customer.example.com", "203.0.113.225"), ("partner.example.net", "mail.partner.example.net", "192.0.2.226"),
           ("list.example.org", "lists.example.org", "2001:db8:25::25"), ("supplier.example.net", "in.supplier.example.net", "203.0.113.226")]
PEOPLE = "anna ben cora dan eva finn gina hans info jan kim lea max nora office sales".split()
OUTGOING_TLS = ["TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519 server-signature RSA-PSS (2048 bits) server-digest SHA256",
                "TLSv1.2 with cipher ECDHE-RSA-AES256-GCM-SHA384 (256/256 bits)", "TLSv1 with cipher AES256-SHA (256/256 bits)"]


# A version as the truth names it, by the name that a server's log has for it.
VERSIONS = {None: "none", "TLSv1": "TLSv1.0", "TLSv1.1": "TLSv1.1", "TLSv1.2": "TLSv1.2", "TLSv1.3": "TLSv1.3",
            "TLS1.0": "TLSv1.0", "TLS1.1": "TLSv1.1", "TLS1.2": "TLSv1.2", "TLS1.3": "TLSv1.3"}


def base(number, alphabet, width):
    """A number in the digits of an alphabet, at least `width` of them."""
    text = ""
    while number or len(text) < width:
        number, digit = divmod(number, len(alphabet))
        text = alphabet[digit] + text
    return text


class Server:
    """A host with its processes; collects (time, order, line) and the truth."""

    def __init__(self, host, seed, start, *, realm, long_ids, first_pid, pids):
        self.host, self.start, self.realm, self.long_ids = host, start, realm, long_ids
        self.random = random.Random(seed)
        self.lines = []
        self.refusals = Counter()  # By (date, kind).
        self.truth = Counter()  # By (date, account, TLS version, "messages" or "recipients").
        self._first_pid, self._pids, self._next_pid = first_pid, pids, first_pid
        self._pools = defaultdict(list)
        self._used_ids = set()
        self.qmgr, self.anvil, self.pickup = self.pid(), self.pid(), self.pid()
        self.cleanups = [self.pid() for _ in range(4)]
        self.smtps = [self.pid() for _ in range(6)]

    def between(self, low, high):
        """A random whole number of low … high."""
        return self.random.randint(low, high)

    def log(self, time, program, text):
        """One line; `program` is the tag without `postfix/`, such as `qmgr[211]`."""
        self.lines.append((time, len(self.lines), f"postfix/{program}: {text}"))

    def pid(self):
        """The next process id; they start again from the first one, so ids come back within days."""
        self._next_pid += self.between(1, 7)
        if self._next_pid >= self._first_pid + self._pids:
            self._next_pid = self._first_pid + self.between(200, 240)  # Above the daemons that stay.
        return self._next_pid

    def smtpd(self, service, time):
        """A free smtpd process of a service: one session at a time, gone after 100 idle seconds or 40 sessions."""
        pool = self._pools[service]
        pool[:] = [p for p in pool if p["free"] > time - 100 * SECOND and p["sessions"] < 40]
        free = [p for p in pool if p["free"] < time]
        if not free:
            free = [{"pid": self.pid(), "sessions": 0, "free": 0}]
            while any(p["pid"] == free[0]["pid"] for other in self._pools.values() for p in other):
                free[0]["pid"] = self.pid()
            pool.append(free[0])
        free[0]["sessions"] += 1
        free[0]["free"] = time + DAY  # Busy, until `release` says since when not.
        return free[0]

    @staticmethod
    def release(process, time):
        """The session is over."""
        process["free"] = time + 1000

    def queue_id(self, time):
        """Short: microseconds and inode in hexadecimal. Long: seconds and microseconds in base 52, z, inode in base 51."""
        inode = 0x9D6800 + self.between(0, 900)
        if self.long_ids:
            seconds = int(self.start.timestamp()) + time // SECOND
            text = base(seconds, DIGITS, 6) + base(time % SECOND, DIGITS, 4) + "z" + base(inode, DIGITS[:51], 1)
        else:
            text = f"{time % SECOND:05X}{inode & 0xFFFFFF:X}"
        if text in self._used_ids:
            return self.queue_id(time + 1)
        self._used_ids.add(text)
        return text

    def _accept(self, time, sender, recipients):
        """Adds to the truth: an accepted, authenticated message belongs to the UTC day of its client= line."""
        account = sender.account.lower()
        if account and "@" not in account:
            account = f"{account}@{self.realm}"
        version = VERSIONS[sender.tls and sender.tls[0]]
        date = self._date(time)
        self.truth[date, account, version, "messages"] += 1
        self.truth[date, account, version, "recipients"] += recipients

    def _refuse(self, time, kind):
        """Adds to the truth about refusals."""
        self.refusals[self._date(time), kind] += 1

    def moment(self, time):
        """A time as a datetime in UTC."""
        return self.start + datetime.timedelta(microseconds=time)

    def _date(self, time):
        return self.moment(time).date().isoformat()

    # Sessions of authenticated clients.

    def session(self, time, sender, script):
        """One session of a client; `script` holds its steps: "send", "abort", "bad-password", "reject", "not-owner".

        Returns the time of the disconnect.
        """
        process = self.smtpd(sender.service, time)
        tag = f"{sender.service}/smtpd[{process['pid']}]"
        self.log(time, tag, f"connect from {sender.client}")
        time = self._handshake(time, tag, sender)
        counts = Counter()
        for step in script:
            time = getattr(self, "_step_" + step.replace("-", "_"))(time, tag, sender, counts)
            if step == "abort":
                break
        time += self.between(3000, 90000)
        self.log(time, tag, f"disconnect from {sender.client} {self._counters(sender, counts, script[-1])}")
        self.release(process, time)
        self._statistics(time, sender)
        return time

    def session_until(self, time, sender, end):
        """A session that sends one message after the other and is still open at `end`."""
        process = self.smtpd(sender.service, time)
        tag = f"{sender.service}/smtpd[{process['pid']}]"
        counts = Counter()
        self.log(time, tag, f"connect from {sender.client}")
        time = self._handshake(time, tag, sender)
        while time < end:
            time = self._step_send(time, tag, sender, counts)
        self.log(time + 20000, tag, f"disconnect from {sender.client} {self._counters(sender, counts, 'send')}")
        self.release(process, time + 20000)

    def _handshake(self, time, tag, sender):
        if sender.tls is None:
            return time + self.between(4000, 20000)
        time += self.between(8000, 90000)
        trust = "Trusted" if sender.account.startswith("backup") else "Anonymous"
        self.log(time, tag, f"{trust} TLS connection established from {sender.client}: {sender.tls[0]} with cipher {sender.tls[1]}")
        return time + self.between(20000, 250000)

    def _step_send(self, time, tag, sender, counts):
        queue_id = self.queue_id(time)
        recipients = 1 if sender.recipients == 1 and self.random.random() < 0.85 else self.between(1, max(3, sender.recipients))
        self.log(time, tag, f"{queue_id}: client={sender.client}, sasl_method={sender.mechanism}, sasl_username={sender.account}")
        self._accept(time, sender, recipients)
        counts.update(good=1, mail=1, rcpt=recipients, data=1)
        size = int(sender.size * self.random.uniform(0.6, 1.7))
        queued = self._queue(time, queue_id, sender.envelope, sender.helo, size, recipients)
        return max(time + self.between(60000, 900000), queued - 4000)

    def _step_abort(self, time, tag, sender, counts):
        queue_id = self.queue_id(time)
        self.log(time, tag, f"{queue_id}: client={sender.client}, sasl_method={sender.mechanism}, sasl_username={sender.account}")
        counts.update(good=1, mail=1, rcpt=1, lost_data=1)
        time += self.between(300000, 9 * SECOND)
        self.log(time, tag, f"lost connection after DATA ({self.between(2000, 90000)} bytes) from {sender.client}")
        return time

    def _step_bad_password(self, time, tag, sender, counts):
        reason = "(reason unavailable)" if self.long_ids else "authentication failure"
        time += self.between(900000, 2 * SECOND)
        self.log(time, tag, f"warning: {sender.client}: SASL {sender.mechanism} authentication failed: {reason}, sasl_username={sender.account}")
        counts.update(bad=1)
        self._refuse(time, "auth_failed")
        return time + self.between(200000, 3 * SECOND)

    def _step_reject(self, time, tag, sender, counts):
        self._reject(time, tag, sender, f"550 5.1.1 <nosuch@{self.realm}>: Recipient address rejected: User unknown in virtual mailbox table", sender.envelope, counts)
        self._refuse(time, "recipients_rejected")
        return time + self.between(30000, 200000)

    def _step_not_owner(self, time, tag, sender, counts):
        other = "ceo@" + sender.account.rpartition("@")[2]
        self._reject(time, tag, sender, f"553 5.7.1 <{other}>: Sender address rejected: not owned by user {sender.account}", other, counts)
        self._refuse(time, "sender_rejected")
        return time + self.between(30000, 200000)

    def _reject(self, time, tag, sender, reply, mail_from, counts):
        counts.update(good=1, mail=1, lost_rcpt=1, rset=1)
        self.log(time, tag, f"NOQUEUE: reject: RCPT from {sender.client}: {reply}; from=<{mail_from}> to=<nosuch@{self.realm}> proto=ESMTP helo=<{sender.helo}>")

    @staticmethod
    def _counters(sender, counts, last):
        starttls = sender.tls is not None and sender.service == "submission"
        good, bad = min(counts["good"], 1), counts["bad"]
        parts = [("ehlo", 2 if starttls else 1, 0), ("starttls", int(starttls), 0), ("auth", good, bad), ("mail", counts["mail"], 0),
                 ("rcpt", counts["rcpt"], counts["lost_rcpt"]), ("data", counts["data"], counts["lost_data"]),
                 ("rset", counts["rset"], 0), ("quit", 0 if last == "abort" else 1, 0)]
        parts.append(("commands", sum(p[1] for p in parts), sum(p[2] for p in parts)))
        return " ".join(f"{name}={ok}/{ok + lost}" if lost else f"{name}={ok}" for name, ok, lost in parts if ok + lost)

    def _statistics(self, time, sender):
        """anvil prints its counters when it has been idle for long enough: seldom, on a busy server."""
        if self.random.random() > 0.06:
            return
        moment = self.moment(time)
        stamp = f"{moment:%b} {moment.day:2} {moment:%H:%M:%S}"
        later = time + 200 * SECOND
        self.log(later, f"anvil[{self.anvil}]", f"statistics: max connection rate {self.between(1, 4)}/60s for ({sender.service}:{sender.ip}) at {stamp}")
        self.log(later, f"anvil[{self.anvil}]", f"statistics: max connection count {self.between(1, 2)} for ({sender.service}:{sender.ip}) at {stamp}")
        self.log(later, f"anvil[{self.anvil}]", f"statistics: max cache size {self.between(1, 9)} at {stamp}")

    # The queue: cleanup, qmgr, delivery.

    def _queue(self, time, queue_id, mail_from, helo, size, recipients, local=False):
        """The message after its last dot; returns when the queue manager had it."""
        cleanup = self.random.choice(self.cleanups)
        time += self.between(4000, 90000)
        message_id = f"{self.random.getrandbits(44):011x}.{self.between(1000, 9999)}@{mail_from.rpartition('@')[2] or helo}"
        self.log(time, f"cleanup[{cleanup}]", f"{queue_id}: message-id=<{message_id}>")
        time += self.between(5000, 120000) + size // 4  # A slow line: 4 MB take a second.
        active = f"{queue_id}: from=<{mail_from}>, size={size}, nrcpt={recipients} (queue active)"
        self.log(time, f"qmgr[{self.qmgr}]", active)
        queued = time
        for number in range(recipients):
            time = self._deliver(time, queue_id, active, number == 0 and not local, local)
        self.log(time + self.between(300, 9000), f"qmgr[{self.qmgr}]", f"{queue_id}: removed")
        return queued

    def _deliver(self, time, queue_id, active, may_defer, local):
        if local:
            time += self.between(20000, 300000)
            who = f"{self.random.choice(PEOPLE)}@{self.realm}"
            self.log(time, f"lmtp[{self.smtps[0]}]", f"{queue_id}: to=<{who}>, relay={self.host}.{self.realm}[private/dovecot-lmtp], delay=0.3, delays=0.2/0/0.02/0.1, "
                     f"dsn=2.0.0, status=sent (250 2.0.0 <{who}> {self.random.getrandbits(60):x} Saved)")
            return time
        domain, relay, address = self.random.choice(REMOTES)
        smtp = f"smtp[{self.random.choice(self.smtps)}]"
        who = f"{self.random.choice(PEOPLE)}{self.between(1, 99)}@{domain}"
        time += self.between(100000, 900000)
        if self.random.random() < 0.4:
            trust = self.random.choice(["Trusted", "Untrusted", "Verified"])
            cipher = self.random.choices(OUTGOING_TLS, [90, 9, 1])[0]
            self.log(time, smtp, f"{trust} TLS connection established to {relay}[{address}]:25: {cipher}")
        time += self.between(60000, 900000)
        seconds = self.between(30, 300) / 100
        if may_defer and self.random.random() < 0.04:
            self.log(time, smtp, f"{queue_id}: to=<{who}>, relay={relay}[{address}]:25, delay={seconds}, delays=0.1/0/0.2/{seconds}, dsn=4.7.1, "
                     f"status=deferred (host {relay}[{address}] said: 451 4.7.1 <{who}>: Recipient address rejected: Greylisted, please try again (in reply to RCPT TO command))")
            time += self.between(290, 1900) * SECOND
            self.log(time, f"qmgr[{self.qmgr}]", active)  # The same line again: not a second message.
            time += self.between(200000, 900000)
        self.log(time, smtp, f"{queue_id}: to=<{who}>, relay={relay}[{address}]:25, delay={seconds}, delays=0.1/0.01/0.2/{seconds}, dsn=2.0.0, "
                 f"status=sent (250 2.0.0 Ok: queued as {self.random.getrandbits(40):X})")
        return time

    # Everything else that such a server logs and that is no submission.

    def guess(self, time, ip, account, tls, service="submission"):
        """One attempt of somebody who guesses passwords."""
        process = self.smtpd(service, time)
        tag, client = f"{service}/smtpd[{process['pid']}]", f"unknown[{ip}]"
        self.log(time, tag, f"connect from {client}")
        time += 90000
        if tls:
            self.log(time, tag, f"Anonymous TLS connection established from {client}: {tls[0]} with cipher {tls[1]}")
        time += self.between(900000, 3 * SECOND)
        self.log(time, tag, f"warning: {client}: SASL LOGIN authentication failed: UGFzc3dvcmQ6, sasl_username={account}")
        self._refuse(time, "auth_failed")
        self.log(time + 70000, tag, f"lost connection after AUTH from {client}")
        starttls = " starttls=1" if tls and service == "submission" else ""
        ehlo = 2 if starttls else 1
        commands = ehlo + bool(starttls)
        self.log(time + 70010, tag, f"disconnect from {client} ehlo={ehlo}{starttls} auth=0/1 commands={commands}/{commands + 1}")
        self.release(process, time + 70010)

    def broken_handshake(self, time, client, service, error):
        """A client that the TLS settings no longer let in."""
        process = self.smtpd(service, time)
        tag = f"{service}/smtpd[{process['pid']}]"
        self.log(time, tag, f"connect from {client}")
        self._refuse(time + 31000, "tls_failed")
        self.log(time + 31000, tag, f"SSL_accept error from {client}: -1")
        self.log(time + 31050, tag, f"warning: TLS library problem: {error}:")
        after, counters = ("STARTTLS", "ehlo=1 starttls=0/1 commands=1/2") if service == "submission" else ("CONNECT", "commands=0/0")
        self.log(time + 31090, tag, f"lost connection after {after} from {client}")
        self.log(time + 31130, tag, f"disconnect from {client} {counters}")
        self.release(process, time + 31130)

    def incoming(self, time):
        """Mail from another server to port 25: TLS and a client= line, but nobody logged in."""
        domain, relay, address = self.random.choice(REMOTES)
        process = self.smtpd("25", time)
        tag, client = f"smtpd[{process['pid']}]", f"{relay}[{address}]"
        self.log(time, tag, f"connect from {client}")
        time += self.between(50000, 200000)
        self.log(time, tag, f"Anonymous TLS connection established from {client}: {self.random.choices(OUTGOING_TLS, [80, 15, 5])[0]}")
        time += self.between(100000, 400000)
        queue_id = self.queue_id(time)
        self.log(time, tag, f"{queue_id}: client={client}")
        queued = self._queue(time, queue_id, f"{self.random.choice(PEOPLE)}@{domain}", relay, self.between(2000, 60000), 1, local=True)
        self.log(queued + 5000, tag, f"disconnect from {client} ehlo=2 starttls=1 mail=1 rcpt=1 data=1 quit=1 commands=7")
        self.release(process, queued + 5000)

    def scanner_of_the_internet(self, time):
        """A connection that only looks, and one that tries to relay."""
        ip = f"203.0.113.{self.between(230, 250)}"
        process = self.smtpd("25", time)
        tag, client = f"smtpd[{process['pid']}]", f"unknown[{ip}]"
        self.log(time, tag, f"connect from {client}")
        if self.random.random() < 0.5:
            self.log(time + 400000, tag, f"NOQUEUE: reject: RCPT from {client}: 454 4.7.1 <spam@example.com>: Relay access denied; from=<a@example.net> to=<spam@example.com> proto=ESMTP helo=<WIN-{self.between(1000, 9999)}>")
        self.log(time + 500000, tag, f"lost connection after {self.random.choice(['CONNECT', 'EHLO', 'RCPT'])} from {client}")
        self.log(time + 500020, tag, f"disconnect from {client} ehlo=1 commands=1")
        self.release(process, time + 500020)

    def cron_mail(self, time):
        """Mail of the machine itself: pickup, not smtpd."""
        queue_id = self.queue_id(time)
        self.log(time, f"pickup[{self.pickup}]", f"{queue_id}: uid=0 from=<root>")
        self._queue(time, queue_id, f"root@{self.host}.{self.realm}", self.host, 900, 1, local=True)
