"""Who sends in the demo: fifteen domains on three servers, and what changes for each sender on which day.

Days are written as 03-16, and are of 2026: so they are in the order of their texts.
"""
from dataclasses import dataclass, field, replace

from .world import CLEAR, TLS10, TLS10_3DES, TLS11, TLS12, TLS12_STATIC, TLS13, TLS13_128, Sender, device, person

# As Exim with GnuTLS names them.
GNUTLS13 = ("TLS1.3", "ECDHE_X25519__RSA_PSS_RSAE_SHA256__AES_256_GCM:256")
GNUTLS12 = ("TLS1.2", "ECDHE_X25519__RSA_PSS_RSAE_SHA256__AES_256_GCM:256")
GNUTLS11 = ("TLS1.1", "ECDHE_X25519__RSA_SHA1__AES_256_CBC__SHA1:256")
GNUTLS10 = ("TLS1.0", "ECDHE_X25519__RSA_SHA1__AES_256_CBC__SHA1:256")


@dataclass(frozen=True)
class Life:
    """A sender between its first and its last day, with what is different from certain days on."""

    sender: Sender
    first: str = ""
    last: str = "12-31"
    changes: dict = field(default_factory=dict)

    def on(self, day):
        """The sender as it is on a day; none where it is not there."""
        if not self.first <= day <= self.last:
            return None
        sender = self.sender
        for since, change in self.changes.items():
            if day >= since:
                sender = replace(sender, **change)
        return sender


def office(server, domain, network, names, tls=(TLS13, TLS13_128, TLS12, TLS13), changes=None):
    """The people of a domain: each with an address of the network, a way to sign in and some messages a day."""
    people = []
    for number, name in enumerate(names.split()):
        mechanism = ("PLAIN", "XOAUTH2", "PLAIN", "LOGIN")[number % 4]
        service = ("submission", "smtps" if server == "mx1" else "submissions")[number % 3 == 1]
        who = person(f"{name}@{domain}", server, f"{network}{11 + 7 * number}", tls[number % len(tls)], mechanism, service, 1 + (number * 5 + len(domain)) % 4)
        people.append(Life(who, changes=(changes or {}).get(name, {})))
    return people


def fleet(server, domain, network, devices):
    """Printers and scanners on TLS 1.0; beside each are the days on which it gets TLS 1.3, loses it again, and so on."""
    lives = []
    for number, (name, days) in enumerate(devices.items()):
        old = TLS10_3DES if number % 5 == 4 else TLS10
        who = device(f"{name}@{domain}", server, f"{name}.{domain}", f"{network}{11 + number}", old, 1 + number % 3)
        lives.append(Life(who, changes={day: {"tls": old if turn % 2 else TLS13} for turn, day in enumerate(days)}))
    return lives


def program(account, server, name, ip, tls, weekday, weekend=0, hours=(0, 24), changes=None, service="submission", mechanism="PLAIN", **more):
    """An application: it sends by itself, and names itself."""
    who = Sender(account, server, name, ip, service, tls, mechanism, weekday, weekend, hours, helo=name, **more)
    return Life(who, changes=changes or {})


# The migration that is under way: what still has TLS 1.0 at the end are the devices without a day. One has gone back
# for some days to what it was made with.
MIGRATION = {"printer-1f": ["02-09"], "printer-2f": ["02-11"], "printer-3f": ["02-17"], "scanner01": [], "scanner02": ["02-23"],
             "printer-4f": ["03-02"], "printer-5f": ["03-04", "03-18", "03-24"], "mfp-reception": ["03-09"], "mfp-sales": ["03-11"],
             "scanner03": [], "scanner04": ["03-16"], "printer-6f": ["03-18"], "mfp-legal": ["03-23"], "plotter-2": ["03-25"],
             "timeclock": [], "franking": []}

MX1 = [
    *office("mx1", "corp.example.com", "198.51.100.", "alice bob carol daniel elena felix gloria hector irene julian",
            changes={"carol": {"03-11": {"mechanism": "XOAUTH2"}}}),
    *office("mx1", "sales.example.com", "192.0.2.", "dave.o'neil frida greta+orders henrik isabel marco", changes={"frida": {"03-20": {"tls": TLS10}, "03-21": {"tls": TLS13}}}),
    *office("mx1", "shop.example.net", "203.0.113.", "support returns"),
    *fleet("mx1", "corp.example.com", "10.1.2.", MIGRATION),
    # Bought second-hand: a legacy account that was not there before.
    Life(device("labelwriter@corp.example.com", "mx1", "labelwriter.corp.example.com", "10.1.2.71", TLS11, 2, service="smtps"), first="03-17"),
    Life(device("legacyfax", "mx1", "fax.corp.example.com", "10.1.2.40", CLEAR, 2, mechanism="CRAM-MD5", mail_from="fax@corp.example.com")),
    program("erp@erp.example.com", "mx1", "erp01.erp.example.com", "10.1.5.10", TLS12_STATIC, 14, 3, (3, 20), mechanism="LOGIN", batch=6, size=48000),
    program("invoices@erp.example.com", "mx1", "erp01.erp.example.com", "10.1.5.10", TLS12_STATIC, 8, 0, (6, 8), mechanism="LOGIN", batch=8, size=91000),
    program("orders@shop.example.net", "mx1", "web01.shop.example.net", "192.0.2.60", TLS13, 11, 13, size=5200),
    program("monitoring@ops.example.org", "mx1", "mon.ops.example.org", "10.1.9.5", CLEAR, 7, 7, size=1100),
    program("tickets@ops.example.org", "mx1", "desk.ops.example.org", "10.1.9.6", TLS12, 9, 2, (5, 20), size=4000),
]

MX2 = [
    *office("mx2", "branch.example.org", "203.0.113.", "karin Luis.Ortega pilar tomas"),
    # A new colleague.
    Life(person("otto@branch.example.org", "mx2", "203.0.113.58", TLS13, weekday=4), first="03-09"),
    *office("mx2", "school.example.org", "2001:db8:200:5::", "mona nils office teachers", changes={"nils": {"03-18": {"ip": "203.0.113.214"}, "03-21": {"ip": "2001:db8:200:5::18"}}}),
    *office("mx2", "clinic.example.net", "198.51.100.", "office dr.paul dr.rosa lab", (TLS12, TLS13, TLS13)),
    *office("mx2", "law.example.net", "192.0.2.2", "rosa sven uma"),
    *office("mx2", "lab.example.org", "203.0.113.1", "tina yann zoe", (TLS13, TLS12, TLS13_128)),
    *office("mx2", "example.org", "2001:db8:300::", "vera walter"),
    # What the switch-off of the 16th of March is about: two are replaced after it, one in time, two not at all.
    Life(person("udo@example.org", "mx2", "192.0.2.44", TLS10, "LOGIN", weekday=2), changes={"03-19": {"tls": TLS13}}),
    Life(device("mfp@clinic.example.net", "mx2", "gw.clinic.example.net", "198.51.100.190", TLS10, 4), changes={"03-18": {"tls": TLS13}}),
    Life(device("scan@law.example.net", "mx2", "unknown", "192.0.2.203", TLS11, 3, service="submissions"), changes={"03-11": {"tls": TLS12}}),
    Life(device("copier@school.example.org", "mx2", "unknown", "192.0.2.240", TLS10_3DES, 3, mechanism="PLAIN")),
    Life(device("kiosk@school.example.org", "mx2", "kiosk.school.example.org", "192.0.2.246", TLS10, 2)),
    program("newsletter@news.example.net", "mx2", "send.news.example.net", "198.51.100.150", TLS13, 10, 10, (20, 22), service="submissions", batch=10, size=31000, recipients=3, mail_from="bounces@news.example.net"),
    program("backup@ops.example.org", "mx2", "bak.ops.example.org", "203.0.113.5", CLEAR, 2, 2, (2, 4), mechanism="CRAM-MD5", size=2400),
    program("alerts+grafana@ops.example.org", "mx2", "mon.ops.example.org", "203.0.113.6", TLS13, 7, 6, service="submissions", size=1900),
]

MX3 = [
    *office("mx3", "hotel.example.net", "192.0.2.1", "frontdesk booking events chef", (GNUTLS13, GNUTLS13, GNUTLS12)),
    *office("mx3", "museum.example.org", "198.51.100.", "curator tours shop", (GNUTLS12, GNUTLS13)),
    *office("mx3", "port.example.com", "2001:db8:400::", "pilot customs dock3", (GNUTLS13, GNUTLS12, GNUTLS13)),
    # Nothing for seven weeks, and then messages again.
    Life(person("archive@museum.example.org", "mx3", "198.51.100.99", GNUTLS12, "LOGIN", weekday=3), last="02-06"),
    Life(person("archive@museum.example.org", "mx3", "198.51.100.99", GNUTLS12, "LOGIN", weekday=3), first="03-24"),
    Life(replace(device("printer@hotel.example.net", "mx3", "unknown", "10.3.1.20", GNUTLS10, 3), helo="MFC-L8690"), changes={"02-25": {"tls": GNUTLS13}}),
    Life(replace(device("scanner@museum.example.org", "mx3", "unknown", "10.3.2.21", GNUTLS11, 2), helo="KM-BIZHUB-C258")),
    program("gauge@port.example.com", "mx3", "gauge.port.example.com", "10.3.3.5", CLEAR, 6, 6, size=700),
    # Its authenticator has no server_set_id: who it was is not known.
    program("", "mx3", "door.hotel.example.net", "10.3.1.40", GNUTLS12, 1, 1, (8, 20), mechanism="LOGIN", mail_from="door@hotel.example.net", size=60000),
    program("bookings@hotel.example.net", "mx3", "pms.hotel.example.net", "10.3.1.10", GNUTLS12, 8, 9, (5, 22), size=7000),
]
