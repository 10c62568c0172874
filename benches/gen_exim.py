#!/usr/bin/env python3
"""Deterministic synthetic Exim mainlog with exact truth, made from the truth of gen_postfix.py.

gen_exim.py --truth truth.csv --out main.log [--short-ids short.log]

Each accepted message of the truth becomes its arrival (`<=`), its delivery (`=>`) and `Completed`, in time order
with two lines of noise for each. Ids have the form of Exim 4.97 and later (6-11-4); `--short-ids` writes the same
log once more with ids of the older form (6-6-2), for readers that know no other. About a third of the Postfix
log's size.
"""
import argparse
import csv
import random
import string

BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
TLS = {
    "TLSv1.3": "TLS1.3:ECDHE_X25519__RSA_PSS_RSAE_SHA256__AES_256_GCM:256",
    "TLSv1.2": "TLS1.2:ECDHE_SECP256R1__RSA_SHA256__AES_256_GCM:256",
    "TLSv1.1": "TLS1.1:ECDHE-RSA-AES256-SHA:256",
    "TLSv1": "TLS1.0:DHE-RSA-AES256-SHA:256",
}
NOISE = (
    "no host name found for IP address {ip}",
    "H=[{ip}] rejected EHLO or HELO ylmf-pc: CHECK_HELO",
    "login authenticator failed for (User) [{ip}]: 535 Incorrect authentication data (set_id=info@x.example)",
    "SMTP connection from [{ip}] lost",
    "TLS error on connection from [{ip}] (gnutls_handshake): A packet with illegal or unsupported version was received.",
)
R = random.Random(7)
below = R.randrange


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--truth", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--short-ids")
    arguments = parser.parse_args()
    days = {}
    with open(arguments.truth, newline="") as file:
        for row in csv.DictReader(file):
            days.setdefault(row["day"], []).append(row)
    short = open(arguments.short_ids, "w") if arguments.short_ids else None
    with open(arguments.out, "w") as out:
        for day in sorted(days):
            lines = [line for row in days[day] for line in messages(row)]
            for second, queue_id, text in sorted(lines, key=lambda line: (line[0], line[1] + line[2])):
                out.write(f"{stamp(day, second)} {queue_id}{text}\n")
                if short:
                    short.write(f"{stamp(day, second)} {queue_id and shorter(queue_id)}{text}\n")


def messages(row):
    """The lines of a cell's messages: (second of the day, queue id or nothing, the rest of the line)."""
    user = row["sender"]
    mail_from = user if "@" in user else user + "@local.example"
    for _ in range(int(row["messages"])):
        second = below(86000)
        queue_id = f"{word(6)}-{word(11)}-{word(4)}"
        ip = f"{below(1, 224)}.{below(256)}.{below(256)}.{below(255)}"
        tls = "" if row["tls_version"] == "none" else f" X={TLS[row['tls_version']]} CV=no"
        protocol = "esmtpsa" if tls else "esmtpa"
        yield second, queue_id, f" <= {mail_from} H=(host{below(999)}) [{ip}] P={protocol}{tls} A=plain_login:{user} S={below(400, 90000)} id={word(22)}@example"
        yield second + 1, queue_id, f" => rcpt{below(9999)}@dest{below(3000)}.example.org R=dnslookup T=remote_smtp H=mx.dest.example.org [198.51.100.{below(255)}] X=TLS1.3:TLS_AES_256_GCM_SHA384:256 CV=yes C=\"250 2.0.0 Ok: queued as {word(11)}\""
        yield second + 1, queue_id, " Completed"
        for _ in range(2):
            yield second, "", R.choice(NOISE).format(ip=ip)


def word(length):
    return "".join(R.choices(BASE62, k=length))


def stamp(day, second):
    return f"{day} {second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"


def shorter(queue_id):
    """6-11-4 to 6-6-2."""
    return f"{queue_id[:13]}-{queue_id[-2:]}"


if __name__ == "__main__":
    main()
