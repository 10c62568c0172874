"""sendmail with Cyrus SASL's database of passwords; it logs by syslog alone."""
import subprocess

from clients import ACCOUNTS, LARGEST
from server import ENVIRONMENT, Server


class Sendmail(Server):
    """sendmail with Cyrus SASL's database of passwords."""

    # That a client has given up authenticating is logged at no level.
    tells = {"auth_failed", "tls_failed", "sender_rejected", "recipients_rejected", "data_rejected"}
    # Its LogLevel.
    level = 9

    def logs(self):
        return [self.folder / "mail.log"]

    def start(self):
        unpacked = self.programs / "sendmail"
        (self.folder / "queue").mkdir(mode=0o700)
        for account, password in ACCOUNTS.items():
            user, domain = account.split("@")
            command = [unpacked / "usr/sbin/saslpasswd2", "-p", "-c", "-f", self.folder / "sasldb", "-u", domain, user]
            subprocess.run(command, input=password, text=True, check=True, capture_output=True, env=ENVIRONMENT)
        self.write("sasl/Sendmail.conf", f"pwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: {self.folder}/sasldb\n")
        self.write("access", "From:reject.example.org REJECT\nTo:reject.example.org REJECT\nTo:corp.example.com RELAY\n")
        self.write("service.switch", "hosts files\naliases files\n")
        self.write("sendmail.mc", SENDMAIL_MC.format(folder=self.folder, level=self.level, largest=LARGEST, **self.ports))
        m4 = ["m4", f"-D_CF_DIR_={unpacked}/usr/share/sendmail/cf/", unpacked / "usr/share/sendmail/cf/m4/cf.m4", self.folder / "sendmail.mc"]
        self.write("sendmail.cf", subprocess.run(m4, check=True, capture_output=True, text=True, env=ENVIRONMENT).stdout)
        self.spawn_with_syslog([unpacked / "usr/libexec/sendmail/sendmail", "-bD", "-C", self.folder / "sendmail.cf"])

    def is_done(self, log, accepted, broken):
        """Whether every message was thrown away, and every broken handshake told."""
        return log.count(", stat=Sent") >= accepted and log.count("STARTTLS=server, error: accept failed") >= broken


SENDMAIL_MC = """divert(0)dnl
OSTYPE(`linux')dnl
define(`confDOMAIN_NAME', `mx1.example.org')dnl
define(`confSERVICE_SWITCH_FILE', `{folder}/service.switch')dnl
define(`QUEUE_DIR', `{folder}/queue')dnl
define(`confPID_FILE', `{folder}/sendmail.pid')dnl
define(`confTRUSTED_USER', `root')dnl
define(`confDEF_USER_ID', `nobody:nogroup')dnl
define(`confCW_FILE', `-o {folder}/none')dnl
define(`ALIAS_FILE', `')dnl
define(`STATUS_FILE', `')dnl
define(`confLOG_LEVEL', `{level}')dnl
define(`confDONT_PROBE_INTERFACES', `True')dnl
define(`confTO_IDENT', `0s')dnl
define(`confDELIVERY_MODE', `interactive')dnl
define(`confMAX_MESSAGE_SIZE', `{largest}')dnl
define(`confAUTH_MECHANISMS', `PLAIN LOGIN CRAM-MD5')dnl
TRUST_AUTH_MECH(`PLAIN LOGIN CRAM-MD5')dnl
define(`confCACERT', `{folder}/cert.pem')dnl
define(`confCACERT_PATH', `{folder}')dnl
define(`confSERVER_CERT', `{folder}/cert.pem')dnl
define(`confSERVER_KEY', `{folder}/key.pem')dnl
define(`confTLS_SRV_OPTIONS', `V')dnl
define(`confDONT_BLAME_SENDMAIL', `TrustStickyBit')dnl
define(`SMART_HOST', `hole:nowhere')dnl
FEATURE(`no_default_msa')dnl
FEATURE(`nocanonify')dnl
FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`access_db', `text -k0 -v1 {folder}/access')dnl
FEATURE(`blocklist_recipients')dnl
DAEMON_OPTIONS(`Name=MTA, Addr=127.0.0.1, Port={smtp}')dnl
DAEMON_OPTIONS(`Name=MSA, Addr=127.0.0.1, Port={submission}, M=Ea')dnl
DAEMON_OPTIONS(`Name=TLSMSA, Addr=127.0.0.1, Port={smtps}, M=Eas')dnl
LOCAL_CONFIG
O CipherList=ALL:@SECLEVEL=0
ESASL_CONF_PATH={folder}/sasl
MAILER(`local')dnl
MAILER(`smtp')dnl
MAILER_DEFINITIONS
Mhole, P=/bin/true, F=lsDFMmu, A=true $u
"""
