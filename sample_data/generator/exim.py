"""One Exim server: the lines of its main log, which tell of a message at once.

The texts follow real logs of Exim 4.96 with GnuTLS. Times and the truth are kept as by `Server`.
"""
from .server import HOUR, MINUTE, PEOPLE, REMOTES, SECOND, Server, base

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
OUTGOING = "X=TLS1.3:ECDHE_X25519__RSA_PSS_RSAE_SHA256__AES_256_GCM:256 CV=yes"
AUTHENTICATORS = {"PLAIN": "plain", "LOGIN": "login", "CRAM-MD5": "cram_md5", "XOAUTH2": "xoauth2"}


class Exim(Server):
    """A host whose log is Exim's own. It says nothing of a session that sends nothing."""

    def say(self, time, text):
        """One line of the main log."""
        self.lines.append((time, len(self.lines), text))

    def queue_id(self, time):
        """Seconds, process and fraction in base 62, as before Exim 4.97."""
        seconds = int(self.start.timestamp()) + time // SECOND
        text = f"{base(seconds, DIGITS, 6)}-{base(self.pid(), DIGITS, 6)}-{base(time % SECOND * 1700 // SECOND, DIGITS, 2)}"
        if text in self._used_ids:
            return self.queue_id(time + 1000)
        self._used_ids.add(text)
        return text

    def session(self, time, sender, script):
        """One session of a client; the steps are those of `Server`. Returns its end."""
        for step in script:
            time = getattr(self, "_exim_" + step.replace("-", "_"))(time, sender)
        return time

    def _exim_send(self, time, sender):
        recipients = 1 if sender.recipients == 1 and self.random.random() < 0.85 else self.between(1, max(3, sender.recipients))
        queue_id = self.queue_id(time)
        encryption = f"P=esmtpsa X={sender.tls[0]}:{sender.tls[1]} CV=no" if sender.tls else "P=esmtpa"
        # An authenticator without server_set_id says who it was by its own name only.
        who = f":{sender.account}" if sender.account else ""
        size = int(sender.size * self.random.uniform(0.6, 1.7))
        message_id = f"{self.random.getrandbits(44):011x}.{self.between(1000, 9999)}@{sender.envelope.rpartition('@')[2]}"
        self._accept(time, sender, recipients)
        self.say(time, f"{queue_id} <= {sender.envelope} {self._whence(sender)} {encryption} A={AUTHENTICATORS[sender.mechanism]}{who} S={size} id={message_id}")
        self._deliver_all(time, queue_id, recipients, sender.size == 9000)
        return time + self.between(60000, 900000)

    def _exim_bad_password(self, time, sender):
        time += self.between(900000, 2 * SECOND)
        self.say(time, f"{AUTHENTICATORS[sender.mechanism]} authenticator failed for {self._whence(sender)[2:]}: 535 Incorrect authentication data (set_id={sender.account})")
        self._refuse(time, "auth_failed")
        return time + self.between(200000, 3 * SECOND)

    def _exim_reject(self, time, sender):
        encryption = f"X={sender.tls[0]}:{sender.tls[1]} CV=no " if sender.tls else ""
        who = f":{sender.account}" if sender.account else ""
        self.say(time, f"{self._whence(sender)} {encryption}F=<{sender.envelope}> A={AUTHENTICATORS[sender.mechanism]}{who} rejected RCPT <nosuch@{self.realm}>: Unrouteable address")
        return time + self.between(30000, 200000)

    _exim_not_owner = _exim_reject

    def _exim_abort(self, time, sender):
        time += self.between(300000, 9 * SECOND)
        self.say(time, f"unexpected disconnection while reading SMTP command from {self._whence(sender)[2:]} D={self.between(1, 9)}s")
        return time

    @staticmethod
    def _whence(sender):
        name = "" if sender.name == "unknown" else f"{sender.name} "
        return f"H={name}({sender.helo}) [{sender.ip}]"

    def _deliver_all(self, time, queue_id, recipients, may_defer):
        """The deliveries of a message, some of them after a first attempt that was put off."""
        for number in range(recipients):
            domain, relay, address = self.random.choice(REMOTES)
            who = f"{self.random.choice(PEOPLE)}{self.between(1, 99)}@{domain}"
            time += self.between(200000, 2 * SECOND)
            if may_defer and number == 0 and self.random.random() < 0.05:
                self.say(time, f"{queue_id} == {who} R=dnslookup T=remote_smtp defer (-44) H={relay} [{address}]: SMTP error from remote mail server after RCPT TO:<{who}>: 451 4.7.1 Greylisted, please try again")
                time += self.between(20 * MINUTE, HOUR)
            self.say(time, f"{queue_id} => {who} R=dnslookup T=remote_smtp H={relay} [{address}] {OUTGOING} C=\"250 2.0.0 Ok: queued as {self.random.getrandbits(40):X}\"")
        self.say(time + self.between(300, 9000), f"{queue_id} Completed")

    # What is no submission.

    def guess(self, time, ip, account, tls, service="submission"):
        """One attempt of somebody who guesses passwords."""
        self.say(time, f"login authenticator failed for (User) [{ip}]: 535 Incorrect authentication data (set_id={account})")
        self._refuse(time, "auth_failed")

    def broken_handshake(self, time, client, service, error):
        """A client that the TLS settings no longer let in."""
        name, _, ip = client.rstrip("]").partition("[")
        self.say(time, f"TLS error on connection from ({name.split('.')[0].upper()}) [{ip}] (gnutls_handshake): A packet with illegal or unsupported version was received.")
        self._refuse(time, "tls_failed")

    def incoming(self, time):
        """Mail from another server, without anybody who logged in."""
        domain, relay, address = self.random.choice(REMOTES)
        queue_id = self.queue_id(time)
        who = f"{self.random.choice(PEOPLE)}@{self.realm}"
        self.say(time, f"{queue_id} <= {self.random.choice(PEOPLE)}@{domain} H={relay} [{address}] P=esmtps X=TLS1.3:ECDHE_X25519__RSA_PSS_RSAE_SHA256__AES_256_GCM:256 CV=no S={self.between(2000, 60000)} id={self.random.getrandbits(44):011x}@{domain}")
        self.say(time + 300000, f"{queue_id} => {who.split('@')[0]} <{who}> R=local_user T=maildir_home")
        self.say(time + 302000, f"{queue_id} Completed")

    def scanner_of_the_internet(self, time):
        """A connection that only looks."""
        self.say(time, f"no host name found for IP address 203.0.113.{self.between(230, 250)}")

    def queue_run(self, time):
        """What Exim says twice an hour, also in a quiet night."""
        pid = self.pid()
        self.say(time, f"Start queue run: pid={pid}")
        self.say(time + 40000, f"End queue run: pid={pid}")

    def cron_mail(self, time):
        """Mail of the machine itself."""
        queue_id = self.queue_id(time)
        self.say(time, f"{queue_id} <= root@{self.host}.{self.realm} U=root P=local S=900")
        self.say(time + 200000, f"{queue_id} => postmaster <root@{self.host}.{self.realm}> R=local_user T=maildir_home")
        self.say(time + 201000, f"{queue_id} Completed")
