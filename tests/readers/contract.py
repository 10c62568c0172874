"""What readers may rely on: the lake's tables with their types, and the truth of the sample data.

Written down here a second time on purpose: a change of src/lake/tables.rs that breaks readers must
fail a test. New columns go to the end, so what is listed has to be the beginning of the real list.
"""
import csv
import pathlib
from collections import Counter

SAMPLES = pathlib.Path(__file__).resolve().parents[2] / "sample_data"

HOURS = " ".join(f"hour_{hour:02}:int" for hour in range(24))
TABLES = {
    "submissions": "date:date source:text ts:time server:text service:text port:int tls_mode:text client_ip:text client_name:text helo:text "
                   "account:text account_raw:text domain:text domain_from_mail_from:bool mechanism:text auth_family:text mail_from:text "
                   "recipients:int size_bytes:int tls_version:text tls_known_present:bool cipher:text cipher_class:text queue_id:text message_id:text",
    "refusals": "date:date source:text ts:time server:text service:text client_ip:text client_name:text helo:text account:text mechanism:text "
                "tls_version:text kind:text reason:text code:text",
    "rejected_lines": "date:date source:text file:text line:int reason:text raw:text",
    "daily_clients": "date:date account:text domain:text client_ip:text client_name:text helo:text service:text tls_version:text cipher:text "
                     "cipher_class:text mechanism:text auth_family:text tls_mode:text messages:int recipients:int bytes:int first_seen:time last_seen:time",
    "daily_volume": "date:date account:text domain:text messages:int recipients:int bytes:int client_ips:int client_nets:int mail_froms:int "
                    f"first_seen:time last_seen:time {HOURS}",
    "daily_tls": "date:date account:text domain:text tls_version:text messages:int share:double recipients:int",
    "daily_refusals": "date:date account:text client_ip:text client_name:text kind:text attempts:int first_seen:time last_seen:time later_success:bool attempts_before_success:int",
    "coverage": "date:date source:text bytes:int lines_read:int lines_used:int lines_ignored:int lines_rejected:int submissions:int refusals:int "
                "unknown_tls_share:double unknown_account_share:double first_line:time last_line:time longest_gap_seconds:double files:int "
                "truncated_files:int inputs_digest:text tool_version:text inputs:text",
}

# The domain that sent without accounts: it is known from MAIL FROM.
NAMELESS_DOMAIN = "hotel.example.net"

# The datasets that every run publishes.
DATASETS = ["summary", "sending_volume", "sending_volume_details", "tls_usage", "tls_usage_details", "legacy_clients", "refused_clients", "cutover",
            "cutover_details", "burn_down", "coverage", "dim_date", "dim_account", "dim_domain", "dim_tls_version",
            "scc_sending_volume", "scc_tls_usage", "eac"]

# What has another product's headers, exactly, and so no window in front.
HEADERS = {
    "scc_sending_volume": ["Sender address", "Message count"],
    "scc_tls_usage": ["Sender address", "TLS1.0%", "TLS1.1%", "TLS1.2%", "Message count"],
    "eac": ["Sender address", "Domain", "TLS 1.0", "TLS 1.1", "TLS 1.2", "Authentication Protocol", "Messages sent"],
}

# The key of each dimension.
DIMENSIONS = {"dim_date": "date", "dim_account": "account", "dim_domain": "domain", "dim_tls_version": "tls_version"}

LEGACY = {"none", "SSLv3", "TLSv1.0", "TLSv1.1"}


def columns(table):
    """(name, kind) of a table's columns; kinds are date, time, int, double, bool, text."""
    return [tuple(word.split(":")) for word in TABLES[table].split()]


def expected_daily():
    """{(date, account, TLS version): (messages, recipients)}; no account where it is not known."""
    return {(row["date"], row["account"] or None, row["tls_version"]): (int(row["messages"]), int(row["recipients"]))
            for row in _rows("expected-daily.csv")}


def expected_refusals():
    """{(date, kind): attempts}."""
    return {(row["date"], row["kind"]): int(row["attempts"]) for row in _rows("expected-refusals.csv")}


def _rows(name):
    with (SAMPLES / "demo" / name).open(newline="") as file:
        return list(csv.DictReader(file))


def add_up(rows, key, *values):
    """Sums of `values` by `key`, both column positions or functions of a row."""
    total = Counter()
    for row in rows:
        for number, value in enumerate(values):
            total[key(row), number] += value(row)
    return {k: tuple(total[k, number] for number in range(len(values))) for k in {k for k, _ in total}}
