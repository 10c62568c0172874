"""Exim with passwords in its own configuration."""
import shutil
import subprocess

from clients import ACCOUNTS, LARGEST
from server import Server


class Exim(Server):
    """Exim with passwords in its own configuration."""

    # Neither of a refused address nor of a message that is too big does its log say who has authenticated.
    tells = {"auth_failed", "auth_aborted", "tls_failed"}

    # The folder below `programs` with its program.
    unpacked = "exim"
    log_selector = ""

    def logs(self):
        return [self.folder / "log" / "mainlog"]

    def start(self):
        # It starts itself again as its own user, who has to find it.
        shutil.copy(self.programs / self.unpacked / "usr" / "sbin" / "exim4", self.folder / "exim4")
        for name in ("log", "spool"):
            (self.folder / name).mkdir()
        subprocess.run(self.command("chown", "Debian-exim:Debian-exim", *(self.inside / name for name in ("log", "spool", "key.pem"))), check=True)
        self.write("accounts", "".join(f'"{account}": {password}\n' for account, password in ACCOUNTS.items()))
        self.write("exim.conf", EXIM_CONF.format(folder=self.inside, log_selector=self.log_selector, largest=LARGEST, **self.ports))
        self.spawn([self.inside / "exim4", "-C", self.inside / "exim.conf", "-bdf"])

    def is_done(self, log, accepted, broken):
        """Whether every message has been dealt with, so that its recipients are counted, and every broken handshake told."""
        return log.count(" Completed") >= accepted and log.count(" TLS error on connection") >= broken


class EximTrixie(Exim):
    """The Exim of Debian 13, which logs all that it can."""

    system = unpacked = "trixie"
    log_selector = "+all"


class EximBullseye(EximTrixie):
    """The Exim of Debian 11."""

    system = unpacked = "bullseye"


EXIM_CONF = """exim_path = {folder}/exim4
primary_hostname = mx1.example.org
timezone = UTC
daemon_smtp_ports = {smtp} : {submission} : {smtps}
tls_on_connect_ports = {smtps}
local_interfaces = 127.0.0.1
spool_directory = {folder}/spool
log_file_path = {folder}/log/%slog
log_selector = {log_selector}
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
message_size_limit = {largest}
acl_smtp_mail = acl_mail
begin acl
acl_mail:
  deny sender_domains = reject.example.org
  accept
acl_rcpt:
  deny domains = reject.example.org
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
