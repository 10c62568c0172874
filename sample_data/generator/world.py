"""Who sends: people, devices and programs, all invented.

Names are of example.org, .com and .net; public addresses are of the documentation ranges, devices
in an office have addresses of 10.0.0.0/8.
"""
from dataclasses import dataclass, replace

TLS13 = ("TLSv1.3", "TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519 server-signature RSA-PSS (2048 bits) server-digest SHA256")
TLS13_128 = ("TLSv1.3", "TLS_AES_128_GCM_SHA256 (128/128 bits) key-exchange X25519 server-signature ECDSA (prime256v1) server-digest SHA256")
TLS12 = ("TLSv1.2", "ECDHE-RSA-AES256-GCM-SHA384 (256/256 bits)")
TLS12_STATIC = ("TLSv1.2", "AES256-GCM-SHA384 (256/256 bits)")
TLS11 = ("TLSv1.1", "ECDHE-RSA-AES256-SHA (256/256 bits)")
# Postfix writes TLS 1.0 as "TLSv1", after OpenSSL.
TLS10 = ("TLSv1", "ECDHE-RSA-AES256-SHA (256/256 bits)")
TLS10_3DES = ("TLSv1", "DES-CBC3-SHA (112/168 bits)")
CLEAR = None


@dataclass(frozen=True)
class Sender:
    """One login on one device: what a submission of it looks like, and how often it comes."""

    account: str
    server: str
    name: str
    ip: str
    service: str
    tls: tuple | None
    mechanism: str
    weekday: int
    weekend: int = 0
    hours: tuple = (7, 17)
    batch: int = 1
    recipients: int = 1
    mail_from: str = ""
    helo: str = ""
    size: int = 9000

    @property
    def client(self):
        """The client as Postfix names it: name[address]."""
        return f"{self.name}[{self.ip}]"

    @property
    def envelope(self):
        """MAIL FROM: the account unless another address was set."""
        return self.mail_from or self.account


def person(account, server, ip, tls=TLS13, mechanism="PLAIN", service="submission", weekday=4, name="unknown", **more):
    """Somebody with a mail program: some messages on weekdays, few at the weekend."""
    return Sender(account, server, name, ip, service, tls, mechanism, weekday, weekend=1 if weekday > 3 else 0,
                  helo=f"[{ip}]" if ":" not in ip else f"[IPv6:{ip}]", **more)


def device(account, server, name, ip, tls, weekday, service="submission", mechanism="LOGIN", **more):
    """A printer or scanner: office hours, one large message at a time, an address that never changes."""
    return Sender(account, server, name, ip, service, tls, mechanism, weekday, hours=(6, 16), size=310000,
                  helo=name.split(".")[0].upper(), **more)


SENDERS = [
    # mx1: the company. Its phones and notebooks come from outside, its devices from the LAN.
    person("alice@corp.example.com", "mx1", "198.51.100.21", service="smtps", weekday=7),
    person("alice@corp.example.com", "mx1", "2001:db8:100:21::a11c", TLS13_128, weekday=2),
    person("bob@corp.example.com", "mx1", "198.51.100.34", TLS12, "LOGIN", weekday=5),
    person("carol@corp.example.com", "mx1", "203.0.113.140", TLS13, "XOAUTH2", weekday=6),
    person("dave.o'neil@sales.example.com", "mx1", "198.51.100.77", TLS13, "XOAUTH2", weekday=8),
    person("frida@sales.example.com", "mx1", "192.0.2.118", TLS12, service="smtps", weekday=5, name="dsl-118.example.net"),
    person("greta+orders@sales.example.com", "mx1", "192.0.2.131", TLS13, weekday=3, recipients=3),
    person("hugo@example.com", "mx1", "2001:db8:100:77::9", TLS13_128, service="smtps", weekday=4),
    person("ines@example.com", "mx1", "203.0.113.52", TLS11, "LOGIN", weekday=2),
    device("printer-2f@corp.example.com", "mx1", "printer-2f.corp.example.com", "10.1.2.11", TLS10, 6),
    device("printer-3f@corp.example.com", "mx1", "printer-3f.corp.example.com", "10.1.2.12", TLS11, 5, service="smtps"),
    device("scanner01@corp.example.com", "mx1", "scanner01.corp.example.com", "10.1.2.21", TLS10_3DES, 7),
    device("legacyfax", "mx1", "fax.corp.example.com", "10.1.2.40", CLEAR, 3, mechanism="CRAM-MD5", mail_from="fax@corp.example.com"),
    Sender("erp@erp.example.com", "mx1", "erp01.erp.example.com", "10.1.5.10", "submission", TLS12_STATIC, "LOGIN",
           22, 4, (3, 20), batch=6, size=48000, helo="erp01.erp.example.com"),
    Sender("invoices@erp.example.com", "mx1", "erp01.erp.example.com", "10.1.5.10", "submission", TLS12_STATIC, "LOGIN",
           12, 0, (6, 8), batch=12, size=91000, helo="erp01.erp.example.com"),
    Sender("orders@shop.example.net", "mx1", "web01.shop.example.net", "192.0.2.60", "submission", TLS13, "PLAIN",
           16, 19, (0, 24), size=5200, helo="web01.shop.example.net"),
    Sender("monitoring@ops.example.org", "mx1", "mon.ops.example.org", "10.1.9.5", "submission", CLEAR, "PLAIN",
           14, 14, (0, 24), size=1100, helo="mon.ops.example.org"),
    # mx2: smaller customers on a hosted server.
    person("karin@branch.example.org", "mx2", "203.0.113.17", TLS13, service="submissions", weekday=6),
    person("Luis.Ortega@branch.example.org", "mx2", "203.0.113.18", TLS12, "LOGIN", weekday=5),
    person("mona@school.example.org", "mx2", "2001:db8:200:5::31", TLS13, "XOAUTH2", "submissions", weekday=6),
    person("nils@school.example.org", "mx2", "2001:db8:200:5::32", TLS13_128, weekday=4, recipients=5),
    person("office@clinic.example.net", "mx2", "198.51.100.190", TLS12, "LOGIN", weekday=9, name="gw.clinic.example.net"),
    person("dr.paul@clinic.example.net", "mx2", "198.51.100.190", TLS13, "PLAIN", "submissions", weekday=4, name="gw.clinic.example.net"),
    person("rosa@law.example.net", "mx2", "192.0.2.201", TLS13, service="submissions", weekday=5),
    person("sven@law.example.net", "mx2", "192.0.2.202", TLS12, "CRAM-MD5", weekday=3),
    person("tina@lab.example.org", "mx2", "203.0.113.88", TLS13, weekday=4),
    person("udo@example.org", "mx2", "192.0.2.44", TLS10, "LOGIN", weekday=2),
    person("vera@example.org", "mx2", "2001:db8:300::77", TLS13, service="submissions", weekday=3),
    person("will@example.net", "mx2", "198.51.100.9", TLS13, "XOAUTH2", weekday=3),
    person("alice@corp.example.com", "mx2", "203.0.113.201", TLS13, service="submissions", weekday=1),
    person("yann@lab.example.org", "mx2", "203.0.113.90", TLS12, service="submissions", weekday=5, batch=2),
    device("mfp@clinic.example.net", "mx2", "gw.clinic.example.net", "198.51.100.190", TLS10, 5),
    device("scan@law.example.net", "mx2", "unknown", "192.0.2.203", TLS11, 4, service="submissions"),
    device("copier@school.example.org", "mx2", "unknown", "192.0.2.240", TLS10_3DES, 3, mechanism="PLAIN"),
    Sender("newsletter@news.example.net", "mx2", "send.news.example.net", "198.51.100.150", "submissions", TLS13, "PLAIN",
           16, 16, (22, 23), batch=16, size=31000, recipients=4, mail_from="bounces@news.example.net", helo="send.news.example.net"),
    Sender("backup@ops.example.org", "mx2", "bak.ops.example.org", "203.0.113.5", "submission", CLEAR, "CRAM-MD5",
           2, 2, (2, 4), size=2400, helo="bak.ops.example.org"),
    Sender("alerts+grafana@ops.example.org", "mx2", "mon.ops.example.org", "203.0.113.6", "submissions", TLS13, "PLAIN",
           10, 10, (0, 24), size=1900, helo="mon.ops.example.org"),
]


def on_day(sender, day):
    """The sender as it is on a day: two devices change in the middle, one account is stolen at the end.

    `day` counts from 1 (2026-03-01, a Sunday).
    """
    if sender.account == "printer-3f@corp.example.com" and day >= 6:
        return replace(sender, tls=TLS12)  # New firmware.
    if sender.account == "ines@example.com" and day >= 5:
        return replace(sender, tls=TLS13)  # A new notebook.
    if sender.account == "udo@example.org" and day == 8:
        return replace(sender, tls=TLS13, ip="192.0.2.45")  # A phone, for one day.
    return sender
