"""Lakes of any size for groupbys.sh, laid out as mailtally lays them out: one Parquet file per partition, zstd,
row groups of 250,000 rows sorted by (domain, account, ts), texts in dictionaries, and a Delta log that names them.

Every value is a hash of its row's number, so the same size gives the same rows. Accounts follow Zipf's law; an
account has up to four devices, one device in five is a phone with another address every day, and a few accounts
write under several sender addresses. Refusals are guesses from many addresses and a few mistyped passwords.
"""
import datetime
import pathlib
import time

import deltalake
import duckdb
import pyarrow
import pyarrow.parquet
from deltalake.transaction import AddAction, create_table_with_add_actions

FIRST = datetime.date(2026, 3, 2)
ROW_GROUP = 120 * 2048  # DuckDB wants whole vectors.
TYPES = {"DATE": "date", "TIMESTAMP WITH TIME ZONE": "timestamp", "BIGINT": "long", "DOUBLE": "double", "BOOLEAN": "boolean", "VARCHAR": "string"}

# What of an account, and of one of its devices, does not change.
MACROS = """
CREATE MACRO dice(a, b, sides) AS CAST(hash(a, b) % sides AS BIGINT);
CREATE MACRO domain_of(a) AS 'domain' || dice(a, 1, {domains}) || CASE dice(a, 1, 3) WHEN 0 THEN '.example.com' ELSE '.example' END;
CREATE MACRO account_of(a) AS ['anna','bob','carla','dan','eva','finn','greta','hugo'][1 + dice(a, 2, 8)] || '.' || ['adler','brandt','costa','dorn','engel','fuchs'][1 + dice(a, 3, 6)] || a || '@' || domain_of(a);
CREATE MACRO device_of(a, r) AS CASE WHEN dice(r, 4, 10) < 8 THEN 0 ELSE dice(r, 5, 1 + dice(a, 6, 4)) END;
CREATE MACRO ip_of(a, d, day) AS CASE WHEN dice(a * 4 + d, 7, 7) = 0
    THEN printf('2001:db8:%x:%x::%x', 1 + dice(a * 4 + d, 8, 65000), 1 + dice(a * 4 + d, 9, 65000), 1 + dice(a * 4 + d, 10, 65000))
    ELSE printf('%d.%d.%d.%d', 1 + dice(a * 4 + d, 8, 223), dice(a * 4 + d, 9, 256), CASE WHEN dice(a * 4 + d, 12, 5) = 0 THEN dice(a * 4 + d, 100 + day, 256) ELSE dice(a * 4 + d, 10, 256) END, 1 + dice(a * 4 + d, 11, 254)) END;
CREATE MACRO name_of(ip, a, d) AS CASE WHEN dice(a * 4 + d, 13, 10) < 3 THEN NULL ELSE replace(replace(ip, '.', '-'), ':', '-') || '.dyn.isp' || dice(a * 4 + d, 14, 40) || '.example.net' END;
CREATE MACRO helo_of(a, d) AS CASE dice(a * 4 + d, 15, 4) WHEN 0 THEN '[192.168.' || dice(a * 4 + d, 16, 4) || '.' || dice(a * 4 + d, 17, 254) || ']' WHEN 1 THEN 'localhost' ELSE printf('DESKTOP-%07X', dice(a * 4 + d, 18, 200000000)) END;
CREATE MACRO tls_of(a, d) AS dice(a * 4 + d, 19, 100);
CREATE MACRO version_of(t) AS CASE WHEN t < 78 THEN 'TLSv1.3' WHEN t < 94 THEN 'TLSv1.2' WHEN t < 96 THEN 'TLSv1.1' WHEN t < 98 THEN 'TLSv1.0' WHEN t < 99 THEN 'none' ELSE 'unknown' END;
CREATE MACRO cipher_of(t) AS CASE WHEN t < 60 THEN 'TLS_AES_256_GCM_SHA384' WHEN t < 78 THEN 'TLS_AES_128_GCM_SHA256' WHEN t < 90 THEN 'ECDHE-RSA-AES256-GCM-SHA384' WHEN t < 94 THEN 'ECDHE-RSA-AES128-SHA256' WHEN t < 96 THEN 'ECDHE-RSA-AES256-SHA' WHEN t < 98 THEN 'DES-CBC3-SHA' END;
CREATE MACRO class_of(t) AS CASE WHEN t < 96 THEN 'strong' WHEN t < 98 THEN 'weak' END;
CREATE MACRO mechanism_of(a, d) AS ['PLAIN','PLAIN','PLAIN','LOGIN','XOAUTH2'][1 + dice(a * 4 + d, 20, 5)];
CREATE MACRO family_of(m) AS CASE m WHEN 'XOAUTH2' THEN 'oauth' ELSE 'basic' END;
CREATE MACRO service_of(a, d) AS CASE WHEN dice(a * 4 + d, 21, 4) = 0 THEN 'submissions' ELSE 'submission' END;
CREATE MACRO mode_of(t, s) AS CASE WHEN t = 98 THEN 'cleartext' WHEN t = 99 THEN 'unknown' WHEN s = 'submissions' THEN 'implicit' ELSE 'starttls' END;
"""

# Zipf's law by its inverse: the logarithm of the rank is even.
SUBMISSIONS = """
WITH picked AS (SELECT r, CAST(power({accounts}, dice(r, 31, 1000000007) / 1000000007.0) AS BIGINT) AS a FROM range({start}, {end}) AS rows(r)),
placed AS (SELECT *, device_of(a, r) AS d FROM picked),
known AS (SELECT *, tls_of(a, d) AS t, ip_of(a, d, {day}) AS client_ip, service_of(a, d) AS service, mechanism_of(a, d) AS mechanism FROM placed)
SELECT make_timestamptz({epoch} + ((r - {start}) * 86399000000) // {rows} + dice(r, 32, 900000)) AS ts, 'mx1' AS server, service,
    CAST(CASE service WHEN 'submissions' THEN 465 ELSE 587 END AS BIGINT) AS port, mode_of(t, service) AS tls_mode, client_ip,
    name_of(client_ip, a, d) AS client_name, helo_of(a, d) AS helo,
    CASE WHEN dice(r, 33, 1000) > 0 THEN account_of(a) END AS account, account AS account_raw, CASE WHEN account IS NOT NULL THEN domain_of(a) END AS domain,
    false AS domain_from_mail_from, mechanism, family_of(mechanism) AS auth_family,
    CASE WHEN dice(a, 34, 20) = 0 THEN 'alias' || dice(r, 35, 12) || '@' || domain_of(a) ELSE account END AS mail_from,
    CASE WHEN dice(r, 36, 100) < 85 THEN 1 ELSE 2 + dice(r, 37, 5) END AS recipients,
    CASE WHEN dice(r, 38, 1000) > 0 THEN CAST(400 + exp(6 + dice(r, 39, 10000) / 1400.0) AS BIGINT) END AS size_bytes,
    nullif(version_of(t), 'unknown') AS tls_version, t <> 98 AS tls_known_present, cipher_of(t) AS cipher, class_of(t) AS cipher_class,
    printf('%010X', dice(r, 40, 1099511627776)) AS queue_id, printf('<%x.%x@client.example>', dice(r, 41, 1152921504606846976), r) AS message_id
FROM known ORDER BY (r - {start}) // {row_group}, domain NULLS FIRST, account NULLS FIRST, ts
"""

REFUSALS = """
SELECT make_timestamptz({epoch} + ((r - {start}) * 86399000000) // {rows}) AS ts, 'mx1' AS server, 'submission' AS service,
    CASE WHEN dice(r, 51, 10) = 0 THEN ip_of(dice(r, 54, {accounts}), 0, {day}) ELSE printf('203.%d.%d.%d', dice(r, 52, 256), dice(r, 53, 64), 7) END AS client_ip,
    CAST(NULL AS VARCHAR) AS client_name, 'ylmf-pc' AS helo,
    CASE WHEN dice(r, 55, 10) = 0 THEN NULL WHEN dice(r, 51, 10) = 0 THEN account_of(dice(r, 54, {accounts})) ELSE 'user' || dice(r, 56, 5000) END AS account,
    CAST(CASE WHEN account IS NOT NULL THEN 'LOGIN' END AS VARCHAR) AS mechanism, 'TLSv1.2' AS tls_version,
    CASE WHEN account IS NULL THEN 'tls_failed' ELSE 'auth_failed' END AS kind, 'refused' AS reason, '535' AS code
FROM range({start}, {end}) AS rows(r) ORDER BY account NULLS FIRST, ts
"""

# One row per account that is active on the day, and a second device for every fifth of them.
CLIENTS = """
WITH active AS (SELECT a, unnest(CASE WHEN dice(a, 61, 5) = 0 THEN [0, 1] ELSE [0] END) AS d FROM range({accounts}) AS accounts(a) WHERE dice(a, 1000 + {day}, 100) < {percent}),
known AS (SELECT *, tls_of(a, d) AS t, ip_of(a, d, {day}) AS client_ip, service_of(a, d) AS service, mechanism_of(a, d) AS mechanism FROM active)
SELECT account_of(a) AS account, domain_of(a) AS domain, client_ip, name_of(client_ip, a, d) AS client_name, helo_of(a, d) AS helo, service,
    version_of(t) AS tls_version, cipher_of(t) AS cipher, class_of(t) AS cipher_class, mechanism, family_of(mechanism) AS auth_family, mode_of(t, service) AS tls_mode,
    1 + dice(a, 2000 + {day}, 20) AS messages, messages + dice(a, 3000 + {day}, 3) AS recipients, messages * 20000 AS bytes,
    make_timestamptz({epoch} + dice(a, 4000 + {day}, 40000000000)) AS first_seen, make_timestamptz({epoch} + 40000000000 + dice(a, 5000 + {day}, 40000000000)) AS last_seen
FROM known
"""
HOURS = ", ".join(f"CAST(CASE WHEN {hour} = 9 THEN sum(messages) ELSE 0 END AS BIGINT) AS hour_{hour:02}" for hour in range(24))
DAILY = {
    "daily_clients": "SELECT * FROM clients ORDER BY domain, account, client_ip, tls_version",
    "daily_volume": f"SELECT account, min(domain) AS domain, CAST(sum(messages) AS BIGINT) AS messages, CAST(sum(recipients) AS BIGINT) AS recipients, CAST(sum(bytes) AS BIGINT) AS bytes, "
                    f"count(DISTINCT client_ip) AS client_ips, count(DISTINCT client_ip) AS client_nets, CAST(1 AS BIGINT) AS mail_froms, min(first_seen) AS first_seen, max(last_seen) AS last_seen, {HOURS} FROM clients GROUP BY account ORDER BY domain, account",
    "daily_tls": "SELECT account, min(domain) AS domain, tls_version, CAST(sum(messages) AS BIGINT) AS messages, sum(messages) / sum(sum(messages)) OVER (PARTITION BY account) AS share, CAST(sum(recipients) AS BIGINT) AS recipients "
                 "FROM clients GROUP BY account, tls_version ORDER BY domain, account, tls_version",
    "daily_refusals": "SELECT account, client_ip, client_name, 'auth_failed' AS kind, CAST(1 AS BIGINT) AS attempts, first_seen, last_seen, true AS later_success, CAST(1 AS BIGINT) AS attempts_before_success FROM clients WHERE messages = 20 ORDER BY account, client_ip",
}
COVERAGE = """
SELECT CAST(1 AS BIGINT) AS bytes, CAST({rows} AS BIGINT) AS lines_read, lines_read AS lines_used, CAST(0 AS BIGINT) AS lines_ignored, CAST(0 AS BIGINT) AS lines_rejected,
    lines_read AS submissions, CAST(0 AS BIGINT) AS refusals, CAST(0 AS DOUBLE) AS unknown_tls_share, CAST(0 AS DOUBLE) AS unknown_account_share,
    make_timestamptz({epoch}) AS first_line, make_timestamptz({epoch} + 86399000000) AS last_line, CAST(60 AS DOUBLE) AS longest_gap_seconds, CAST(1 AS BIGINT) AS files,
    CAST(0 AS BIGINT) AS truncated_files, '0' AS inputs_digest, '0' AS tool_version, '[]' AS inputs
"""


class Lake:
    """A folder that becomes a lake, a partition at a time."""

    def __init__(self, root, accounts):
        self.root, self.accounts, self.tables = pathlib.Path(root), accounts, {}
        self.connection = duckdb.connect()
        self.connection.execute(MACROS.format(domains=max(10, accounts // 100)))

    def add(self, table, query, day, **values):
        """Writes what a query gives as the one file of a day."""
        date = FIRST + datetime.timedelta(days=day)
        by_source = table in ("submissions", "refusals", "coverage")
        partition = {"date": date.isoformat(), **({"source": "mx1"} if by_source else {})}
        path = "/".join(f"{name}={value}" for name, value in partition.items()) + "/part-0.parquet"
        file = self.root / table / path
        file.parent.mkdir(parents=True)
        epoch = (date - datetime.date(1970, 1, 1)).days * 86_400_000_000
        query = query.format(accounts=self.accounts, day=day, epoch=epoch, row_group=ROW_GROUP, **values)
        rows = self.write(query, file)
        added = AddAction(path, file.stat().st_size, partition, int(time.time() * 1000), True, f'{{"numRecords":{rows}}}')
        columns, actions = self.tables.setdefault(table, (self.columns(file, partition), []))
        actions.append(added)

    def write(self, query, file):
        """How many rows a query gives, all of them in a file."""
        (rows,) = self.connection.execute(f"COPY ({query}) TO '{file}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP}, DICTIONARY_SIZE_LIMIT {ROW_GROUP})").fetchone()
        if file.parts[-4] == "coverage":
            # DuckDB calls UTC `+00:00`, which Polars takes for another zone.
            table = pyarrow.parquet.read_table(file, partitioning=None)
            utc = [field.with_type(pyarrow.timestamp("us", "UTC")) if pyarrow.types.is_timestamp(field.type) else field for field in table.schema]
            pyarrow.parquet.write_table(table.cast(pyarrow.schema(utc)), file)
        return rows

    def columns(self, file, partition):
        """The file's columns as Delta knows them, behind those of the partition."""
        described = self.connection.execute(f"DESCRIBE SELECT * FROM read_parquet('{file}', hive_partitioning = false)").fetchall()
        columns = [("date", "date")] + [("source", "string")] * (len(partition) - 1) + [(name, TYPES[kind]) for name, kind, *_ in described]
        return deltalake.Schema([deltalake.Field(name, kind, nullable=True) for name, kind in columns]), list(partition)

    def commit(self):
        """Makes the tables of what was written."""
        for table, ((schema, partitions), actions) in self.tables.items():
            create_table_with_add_actions(str(self.root / table), schema, actions, mode="error", partition_by=partitions)


def raw(root, rows, days, accounts):
    """A lake that has been ingested and not been rolled up: submissions, and a refusal for every twenty of them."""
    lake = Lake(root, accounts)
    for day in range(days):
        for table, query, every in (("submissions", SUBMISSIONS, 1), ("refusals", REFUSALS, 20)):
            start, end = rows // every * day // days, rows // every * (day + 1) // days
            lake.add(table, query, day, start=start, end=end, rows=end - start)
    lake.commit()


def rolled_up(root, days, accounts, percent):
    """A lake of daily tables, of whose accounts so many percent are active on a day."""
    lake = Lake(root, accounts)
    for day in range(days):
        epoch = ((FIRST + datetime.timedelta(days=day)) - datetime.date(1970, 1, 1)).days * 86_400_000_000
        lake.connection.execute("CREATE OR REPLACE TEMP TABLE clients AS " + CLIENTS.format(accounts=accounts, day=day, percent=percent, epoch=epoch))
        for table, query in DAILY.items():
            lake.add(table, query, day)
        lake.add("coverage", COVERAGE, day, rows=accounts)
    lake.commit()
