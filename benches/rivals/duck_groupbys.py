"""The daily tables of a lake in DuckDB: a query and a Parquet file per table, over all days or over one day after the other.

duck_groupbys.py <lake> <folder for the answer> all|daily
"""
import pathlib
import sys

import duckdb

lake, out, how = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]

CLIENT_KEY = "date, account, client_ip, helo, coalesce(tls_version, 'unknown'), cipher, mechanism, tls_mode"
NET = "CASE WHEN contains(client_ip, ':') THEN regexp_extract(client_ip, '^[^:]*:[^:]*:[^:]*') ELSE regexp_extract(client_ip, '^[0-9]+\\.[0-9]+\\.[0-9]+') END"
HOURS = ", ".join(f"count(*) FILTER (hour = {hour}) AS hour_{hour:02}" for hour in range(24))
DAILY = {
    "daily_clients": f"""
        SELECT date, account, min(domain) AS domain, client_ip, min(client_name) AS client_name, helo, min(service) AS service, coalesce(tls_version, 'unknown') AS tls_version, cipher,
            min(cipher_class) AS cipher_class, mechanism, min(auth_family) AS auth_family, tls_mode, count(*) AS messages, coalesce(sum(recipients), 0)::BIGINT AS recipients,
            coalesce(sum(size_bytes), 0)::BIGINT AS bytes, min(ts) AS first_seen, max(ts) AS last_seen
        FROM submissions GROUP BY {CLIENT_KEY}""",
    "daily_volume": f"""
        SELECT date, account, min(domain) AS domain, count(*) AS messages, coalesce(sum(recipients), 0)::BIGINT AS recipients, coalesce(sum(size_bytes), 0)::BIGINT AS bytes,
            count(DISTINCT client_ip) AS client_ips, count(DISTINCT net) AS client_nets, count(DISTINCT mail_from) AS mail_froms, min(ts) AS first_seen, max(ts) AS last_seen, {HOURS}
        FROM (SELECT *, {NET} AS net, (epoch_us(ts) // 3600000000) % 24 AS hour FROM submissions) GROUP BY date, account""",
    "daily_tls": """
        SELECT *, messages / sum(messages) OVER (PARTITION BY date, account) AS share
        FROM (SELECT date, account, min(domain) AS domain, coalesce(tls_version, 'unknown') AS tls_version, count(*) AS messages, coalesce(sum(recipients), 0)::BIGINT AS recipients
              FROM submissions GROUP BY date, account, coalesce(tls_version, 'unknown'))""",
    "daily_refusals": """
        WITH accounts AS (SELECT date, account, max(ts) AS success FROM submissions GROUP BY date, account), addresses AS (SELECT date, client_ip, max(ts) AS success FROM submissions GROUP BY date, client_ip),
        refused AS (SELECT refusals.*, CASE WHEN account IS NULL THEN addresses.success ELSE accounts.success END AS success
                    FROM refusals LEFT JOIN accounts USING (date, account) LEFT JOIN addresses USING (date, client_ip))
        SELECT date, account, client_ip, min(client_name) AS client_name, kind, count(*) AS attempts, min(ts) AS first_seen, max(ts) AS last_seen,
            coalesce(max(success) > max(ts), false) AS later_success, count(*) FILTER (WHERE ts < success) AS attempts_before_success
        FROM refused GROUP BY date, account, client_ip, kind""",
}

connection = duckdb.connect()
days = sorted(path.name for path in (lake / "submissions").iterdir() if path.name.startswith("date=")) if how == "daily" else ["date=*"]
for day in days:
    for table in ("submissions", "refusals"):
        files = lake / table / day / "**" / "*.parquet"
        connection.execute(f"CREATE OR REPLACE VIEW {table} AS SELECT * FROM read_parquet('{files}', hive_partitioning = true)")
    for table, query in DAILY.items():
        (out / table).mkdir(parents=True, exist_ok=True)
        name = day.replace("*", "all")
        connection.execute(f"COPY ({query}) TO '{out / table / name}.parquet' (FORMAT parquet, COMPRESSION zstd)")
