"""Mail servers on loopback: Postfix with Dovecot's SASL, and Exim. Each one starts in a folder of its own and is killed.

What they accept they throw away: nothing is delivered anywhere.
"""
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import time

from clients import ACCOUNTS, free_port

PATIENCE = 30  # Seconds that a server may take to answer.
# The servers' own clock and zone, as a log without offsets has them.
ENVIRONMENT = {**os.environ, "TZ": "UTC", "LC_ALL": "C"}


class Server:
    """A server's ports, its folder and its processes."""

    def __init__(self, folder):
        self.folder = folder
        self.ports = {service: free_port() for service in ("smtp", "submission", "smtps")}
        self.processes = []
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=mx1.example.org",
                        "-keyout", folder / "key.pem", "-out", folder / "cert.pem"], check=True, capture_output=True)
        self.start()
        # The others are open by then, and to one of them a connection without a word is a broken handshake.
        self._wait(self.ports["smtp"])

    def spawn(self, command):
        """Starts a process in the foreground; what it prints is kept."""
        with (self.folder / "output.log").open("ab") as output:
            self.processes.append(subprocess.Popen([str(part) for part in command], stdout=output, stderr=output, stdin=subprocess.DEVNULL, env=ENVIRONMENT, start_new_session=True))

    def stop(self):
        """Kills what was started, whatever it is doing."""
        for process in self.processes:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def _wait(self, port):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            with socket.socket() as probe:
                probe.settimeout(1)
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.2)
        said = "".join(path.read_text(errors="replace")[-800:] for path in (self.folder / "output.log", *self.logs()) if path.exists())
        raise RuntimeError(f"nothing answers on port {port}: {said}")


class Postfix(Server):
    """Postfix, which asks Dovecot who somebody is."""

    format = "postfix"
    mechanisms = ("PLAIN", "LOGIN", "CRAM-MD5")

    def logs(self):
        return [self.folder / "postfix.log"]

    def start(self):
        queue = self.folder / "queue"
        queue.mkdir()
        data = self.folder / "data"
        data.mkdir()
        os.chown(data, pwd.getpwnam("postfix").pw_uid, -1)
        self.write("conf/main.cf", MAIN_CF.format(folder=self.folder))
        self.write("conf/master.cf", MASTER_CF.format(**self.ports))
        self.write("users", "".join(f"{account}:{password}\n" for account, password in ACCOUNTS.items()))
        self.write("dovecot.conf", DOVECOT_CONF.format(folder=self.folder))
        subprocess.run(["postfix", "-c", self.folder / "conf", "check"], check=True, env=ENVIRONMENT, capture_output=True)
        self.spawn(["dovecot", "-F", "-c", self.folder / "dovecot.conf"])
        self.spawn(["postfix", "-c", self.folder / "conf", "start-fg"])

    def stop(self):
        subprocess.run(["postfix", "-c", self.folder / "conf", "abort"], env=ENVIRONMENT, capture_output=True)
        super().stop()

    def is_done(self, log, accepted):
        """Whether the log tells of every message: a line of the queue for each."""
        return log.count("(queue active)") >= accepted


class Exim(Server):
    """Exim with passwords in its own configuration."""

    format = "exim"
    mechanisms = ("PLAIN", "LOGIN", "CRAM-MD5")

    def __init__(self, folder, program):
        # It starts itself again as its own user, who has to find it.
        self.program = shutil.copy(program, folder / "exim4")
        super().__init__(folder)

    def logs(self):
        return [self.folder / "log" / "mainlog"]

    def start(self):
        user = pwd.getpwnam("Debian-exim")
        for name in ("log", "spool"):
            (self.folder / name).mkdir()
            os.chown(self.folder / name, user.pw_uid, user.pw_gid)
        os.chown(self.folder / "key.pem", user.pw_uid, user.pw_gid)
        self.write("accounts", "".join(f'"{account}": {password}\n' for account, password in ACCOUNTS.items()))
        config = self.write("exim.conf", EXIM_CONF.format(folder=self.folder, program=self.program, **self.ports))
        self.spawn([self.program, "-C", config, "-bdf"])

    def is_done(self, log, accepted):
        """Whether every message has been dealt with: its recipients are counted by then."""
        return log.count(" Completed") >= accepted


MAIN_CF = """compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/postfix.log
maillog_file_prefixes = {folder}
enable_long_queue_ids = yes
myhostname = mx1.example.org
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = loopback-only
inet_protocols = ipv4
relay_domains = corp.example.com
default_transport = discard:
relay_transport = discard:
disable_dns_lookups = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = private/auth
smtpd_relay_restrictions = permit_sasl_authenticated, permit_mynetworks, reject
smtpd_error_sleep_time = 0
smtpd_client_connection_rate_limit = 0
smtpd_tls_cert_file = {folder}/cert.pem
smtpd_tls_key_file = {folder}/key.pem
smtpd_tls_security_level = may
smtpd_tls_loglevel = 1
smtpd_tls_protocols = >=TLSv1
smtpd_tls_mandatory_protocols = >=TLSv1
smtpd_tls_ciphers = medium
tls_medium_cipherlist = ALL:@SECLEVEL=0
import_environment = MAIL_CONFIG MAIL_LOGTAG TZ LANG=C
"""

MASTER_CF = """127.0.0.1:{smtp} inet n - n - - smtpd
127.0.0.1:{submission} inet n - n - - smtpd
  -o syslog_name=postfix/submission
  -o smtpd_sasl_auth_enable=yes
127.0.0.1:{smtps} inet n - n - - smtpd
  -o syslog_name=postfix/smtps
  -o smtpd_tls_wrappermode=yes
  -o smtpd_sasl_auth_enable=yes
pickup unix n - n 60 1 pickup
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

DOVECOT_CONF = """protocols =
base_dir = {folder}/dovecot
log_path = {folder}/dovecot.log
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login cram-md5
auth_failure_delay = 0
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
"""

EXIM_CONF = """exim_path = {program}
primary_hostname = mx1.example.org
timezone = UTC
daemon_smtp_ports = {smtp} : {submission} : {smtps}
tls_on_connect_ports = {smtps}
local_interfaces = 127.0.0.1
spool_directory = {folder}/spool
log_file_path = {folder}/log/%slog
pid_file_path = {folder}/exim.pid
tls_advertise_hosts = *
tls_certificate = {folder}/cert.pem
tls_privatekey = {folder}/key.pem
tls_require_ciphers = NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:+VERS-TLS1.1:+VERS-TLS1.0:+SHA1:+SIGN-RSA-SHA1:+RSA:%COMPAT
auth_advertise_hosts = *
rfc1413_query_timeout = 0s
host_lookup =
acl_smtp_rcpt = acl_rcpt
acl_smtp_data = acl_data
begin acl
acl_rcpt:
  accept authenticated = *
  accept condition = ${{if eq{{$received_port}}{{{smtp}}}}}
         domains = corp.example.com
  deny message = Authentication required
acl_data:
  accept
begin routers
hole:
  driver = redirect
  data = :blackhole:
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if eq{{$auth3}}{{${{lookup{{$auth2}}lsearch{{{folder}/accounts}}{{$value}}{{none}}}}}}}}
  server_set_id = $auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = ${{if eq{{$auth2}}{{${{lookup{{$auth1}}lsearch{{{folder}/accounts}}{{$value}}{{none}}}}}}}}
  server_set_id = $auth1
cram:
  driver = cram_md5
  public_name = CRAM-MD5
  server_secret = ${{lookup{{$auth1}}lsearch{{{folder}/accounts}}{{$value}}fail}}
  server_set_id = $auth1
"""
