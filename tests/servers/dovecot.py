"""Dovecot's submission service, which hands on to a Postfix."""
import subprocess

from clients import ACCOUNTS, LARGEST, free_port
from postfix import ALWAYS, DAEMONS, before_3_6
from server import ENVIRONMENT, Server


class Dovecot(Server):
    """Dovecot with a log of its own; that of the Postfix behind it is not read."""

    # What its version and Postfix' decide on.
    dovecot = "2.3"
    older = False
    # What Postfix refuses before a message's content, Dovecot does not log.
    tells = {"auth_failed", "auth_aborted", "tls_failed", "data_rejected"}
    log = "log_path = {folder}/dovecot.log"
    # What Postfix is told of the client.
    trust = "submission_relay_trusted = no"
    postfix_log = "maillog_file = {folder}/postfix.log\nmaillog_file_prefixes = {folder}"

    def logs(self):
        return [self.folder / "dovecot.log"]

    def start(self):
        (self.folder / "queue").mkdir()
        (self.folder / "data").mkdir()
        subprocess.run(self.command("chown", "postfix", self.inside / "data"), check=True)
        self.ports["relay"] = free_port()
        known = {"folder": self.inside, "largest": LARGEST, **self.ports}
        for name in ("log", "trust", "postfix_log"):
            known[name] = getattr(self, name).format(**known)
        main_cf = before_3_6(MAIN_CF) if self.older else MAIN_CF
        self.write("conf/main.cf", main_cf.format(**known))
        self.write("conf/master.cf", MASTER_CF.format(**known))
        # Dovecot looks names up with their apostrophes escaped.
        self.write("users", "".join(f"{account}:{password}\n" for account, password in ACCOUNTS.items()).replace("'", "\\'"))
        self.write("dovecot.conf", DOVECOT_CONF[self.dovecot].format(**known))
        subprocess.run(self.command("postfix", "-c", self.inside / "conf", "check"), check=True, env=ENVIRONMENT, capture_output=True)
        self.run_both()
        self._wait(self.ports["submission"])

    def commands(self):
        """What has to run."""
        return ["postfix", "-c", self.inside / "conf", "start-fg"], ["dovecot", "-F", "-c", self.inside / "dovecot.conf"]

    def run_both(self):
        for command in self.commands():
            self.spawn(command)

    def stop(self):
        subprocess.run(self.command("postfix", "-c", self.inside / "conf", "abort"), env=ENVIRONMENT, capture_output=True)
        super().stop()

    def told_refusal(self, refusal):
        # Where a client was let in at last, nothing is logged of what it tried before, unless by auth_verbose.
        return None if refusal.mended else super().told_refusal(refusal)

    def is_done(self, log, accepted, broken):
        """Whether the log tells of every message, but the stranger's, and of every broken handshake."""
        return log.count(": Successfully relayed message: ") >= accepted - 1 and log.count(", TLS handshaking: ") >= broken


class DovecotTrixie(Dovecot):
    """The Dovecot of Debian 13."""

    system = "trixie"
    dovecot = "2.4"


class DovecotBullseye(Dovecot):
    """The Dovecot of Debian 11."""

    system = "bullseye"
    older = True


class DovecotAndPostfix(Dovecot):
    """Dovecot and Postfix by syslog, in one file."""

    tells = Dovecot.tells | {"sender_rejected", "recipients_rejected"}
    log = "log_path = syslog"
    trust = "submission_relay_trusted = yes"
    postfix_log = ""

    def logs(self):
        return [self.folder / "mail.log"]

    def run_both(self):
        self.spawn_with_syslog(*self.commands())

    def is_done(self, log, accepted, broken):
        return super().is_done(log, accepted, broken) and log.count("(queue active)") >= accepted


MAIN_CF = ALWAYS + """{postfix_log}
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, permit_auth_destination, reject
smtpd_authorized_xclient_hosts = 127.0.0.0/8
"""

MASTER_CF = """127.0.0.1:{smtp} inet n - n - - smtpd
127.0.0.1:{relay} inet n - n - - smtpd
  -o syslog_name=postfix/relay
""" + DAEMONS

SERVICES = """service submission-login {{
  inet_listener submission {{
    port = {submission}
  }}
  inet_listener submissions {{
    port = {smtps}
    ssl = yes
  }}
}}
# Whoever fails often has to wait, unless nobody counts.
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
"""

DOVECOT_CONF = {"2.3": """protocols = submission
base_dir = {folder}/dovecot
{log}
{trust}
hostname = mx1.example.org
listen = 127.0.0.1
disable_plaintext_auth = no
auth_mechanisms = plain login cram-md5
auth_failure_delay = 0
# Otherwise neither a plus nor an apostrophe.
auth_username_chars =
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
ssl_min_protocol = TLSv1
ssl_cipher_list = ALL:@SECLEVEL=0
login_log_format_elements = user=<%u> method=%m rip=%r lip=%l mpid=%e %c %k session=<%{{session}}>
mail_location = maildir:{folder}/mail
submission_relay_host = 127.0.0.1
submission_relay_port = {relay}
passdb {{
  driver = passwd-file
  args = scheme=plain username_format=%u {folder}/users
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={folder}/home allow_all_users=yes
}}
""" + SERVICES, "2.4": """dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
protocols = submission
base_dir = {folder}/dovecot
{log}
{trust}
hostname = mx1.example.org
listen = 127.0.0.1
auth_allow_cleartext = yes
auth_mechanisms = plain login cram-md5
auth_failure_delay = 0
auth_username_chars =
ssl = yes
ssl_server_cert_file = {folder}/cert.pem
ssl_server_key_file = {folder}/key.pem
ssl_min_protocol = TLSv1
ssl_cipher_list = ALL:@SECLEVEL=0
login_log_format_elements = user=<%{{user}}> method=%{{mechanism}} rip=%{{remote_ip}} lip=%{{local_ip}} mpid=%{{mail_pid}} %{{secured}} %{{ssl_security}} session=<%{{session}}>
mail_driver = maildir
mail_path = {folder}/mail
submission_relay_host = 127.0.0.1
submission_relay_port = {relay}
passdb passwd-file {{
  passwd_file_path = {folder}/users
  default_password_scheme = plain
}}
userdb static {{
  fields {{
    uid = nobody
    gid = nogroup
    home = {folder}/home
  }}
}}
""" + SERVICES}
