"""Postfix, which asks Dovecot who somebody is."""
import subprocess

from clients import ACCOUNTS, LARGEST, free_port
from milter import Milter
from server import ENVIRONMENT, Server


class Postfix(Server):
    """Postfix, which asks Dovecot who somebody is."""

    # What its version and Dovecot's decide on.
    older = False
    dovecot = "2.3"
    tells = {"auth_failed", "auth_aborted", "tls_failed", "sender_rejected", "recipients_rejected", "data_rejected"}

    def logs(self):
        return [self.folder / "postfix.log"]

    def main_cf(self):
        return before_3_6(MAIN_CF) if self.older else MAIN_CF

    def start(self):
        queue = self.folder / "queue"
        queue.mkdir()
        data = self.folder / "data"
        data.mkdir()
        subprocess.run(self.command("chown", "postfix", self.inside / "data"), check=True)
        self.write("conf/main.cf", self.main_cf().format(folder=self.inside, largest=LARGEST, **self.ports))
        self.write("conf/master.cf", MASTER_CF.format(**self.ports))
        # Dovecot looks names up with their apostrophes escaped.
        self.write("users", "".join(f"{account}:{password}\n" for account, password in ACCOUNTS.items()).replace("'", "\\'"))
        self.write("dovecot.conf", DOVECOT_CONF[self.dovecot].format(folder=self.inside))
        subprocess.run(self.command("postfix", "-c", self.inside / "conf", "check"), check=True, env=ENVIRONMENT, capture_output=True)
        self.spawn(["dovecot", "-F", "-c", self.inside / "dovecot.conf"])
        self.spawn(["postfix", "-c", self.inside / "conf", "start-fg"])

    def stop(self):
        subprocess.run(self.command("postfix", "-c", self.inside / "conf", "abort"), env=ENVIRONMENT, capture_output=True)
        super().stop()

    def told_refusal(self, refusal):
        # Where nothing was accepted, nothing names the account of a refused recipient.
        return refusal.kind, "" if refusal.kind == "recipients_rejected" else refusal.account

    def is_done(self, log, accepted, broken):
        """Whether the log tells of every message, by a line of the queue, and of every broken handshake."""
        return log.count("(queue active)") >= accepted and log.count("SSL_accept error") >= broken


class PostfixTrixie(Postfix):
    """The Postfix and the Dovecot of Debian 13."""

    system = "trixie"
    dovecot = "2.4"

    def told_refusal(self, refusal):
        # Since 3.10, a reject says who has authenticated.
        return refusal.kind, refusal.account


class PostfixBullseye(Postfix):
    """The Postfix and the Dovecot of Debian 11."""

    system = "bullseye"
    older = True


class PostfixMilter(Postfix):
    """Here a milter refuses, and what Postfix writes of that says who has authenticated."""

    milter = None

    def main_cf(self):
        refuses = ("smtpd_sender_restrictions", "smtpd_recipient_restrictions")
        lines = [line for line in MAIN_CF.splitlines() if not line.startswith(refuses)]
        return "\n".join([*lines, "smtpd_milters = inet:127.0.0.1:{milter}", "milter_default_action = tempfail", ""])

    def start(self):
        self.ports["milter"] = free_port()
        self.milter = Milter(self.ports["milter"])
        super().start()

    def stop(self):
        super().stop()
        if self.milter:
            self.milter.stop()

    def told_refusal(self, refusal):
        return refusal.kind, refusal.account


def before_3_6(main_cf):
    """A main.cf in the words that older versions know."""
    return main_cf.replace("compatibility_level = 3.6", "compatibility_level = 2").replace(">=TLSv1", "!SSLv2, !SSLv3")


# What every main.cf has.
ALWAYS = """compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
enable_long_queue_ids = yes
myhostname = mx1.example.org
mydestination =
inet_interfaces = loopback-only
inet_protocols = ipv4
relay_domains = corp.example.com
default_transport = discard:
relay_transport = discard:
disable_dns_lookups = yes
message_size_limit = {largest}
smtpd_sender_restrictions = check_sender_access inline:{{ {{ reject.example.org = REJECT }} }}
smtpd_recipient_restrictions = check_recipient_access inline:{{ {{ reject.example.org = REJECT }} }}
smtpd_error_sleep_time = 0
smtpd_client_connection_rate_limit = 0
import_environment = MAIL_CONFIG MAIL_LOGTAG TZ LANG=C
"""

MAIN_CF = ALWAYS + """maillog_file = {folder}/postfix.log
maillog_file_prefixes = {folder}
mynetworks =
smtpd_sasl_type = dovecot
smtpd_sasl_path = private/auth
smtpd_relay_restrictions = permit_sasl_authenticated, permit_auth_destination, reject
smtpd_tls_cert_file = {folder}/cert.pem
smtpd_tls_key_file = {folder}/key.pem
smtpd_tls_security_level = may
smtpd_tls_loglevel = 1
smtpd_tls_protocols = >=TLSv1
smtpd_tls_mandatory_protocols = >=TLSv1
smtpd_tls_ciphers = medium
tls_medium_cipherlist = ALL:@SECLEVEL=0
"""

# What every master.cf has.
DAEMONS = """pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
discard unix - - n - - discard
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""

MASTER_CF = """127.0.0.1:{smtp} inet n - n - - smtpd
127.0.0.1:{submission} inet n - n - - smtpd
  -o syslog_name=postfix/submission
  -o smtpd_sasl_auth_enable=yes
127.0.0.1:{smtps} inet n - n - - smtpd
  -o syslog_name=postfix/smtps
  -o smtpd_tls_wrappermode=yes
  -o smtpd_sasl_auth_enable=yes
""" + DAEMONS

DOVECOT_CONF = {"2.3": """protocols =
base_dir = {folder}/dovecot
log_path = {folder}/dovecot.log
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login cram-md5
auth_failure_delay = 0
# Otherwise neither a plus nor an apostrophe.
auth_username_chars =
passdb {{
  driver = passwd-file
  args = scheme=plain username_format=%u {folder}/users
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home=/nonexistent
}}
# Whoever fails often has to wait, unless nobody counts.
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service auth {{
  unix_listener {folder}/queue/private/auth {{
    mode = 0660
    user = postfix
    group = postfix
  }}
}}
""", "2.4": """dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
protocols =
base_dir = {folder}/dovecot
log_path = {folder}/dovecot.log
ssl = no
auth_allow_cleartext = yes
auth_mechanisms = plain login cram-md5
auth_failure_delay = 0
auth_username_chars =
passdb passwd-file {{
  passwd_file_path = {folder}/users
  default_password_scheme = plain
}}
userdb static {{
  fields {{
    uid = nobody
    gid = nogroup
    home = /nonexistent
  }}
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service auth {{
  unix_listener {folder}/queue/private/auth {{
    mode = 0660
    user = postfix
    group = postfix
  }}
}}
"""}
