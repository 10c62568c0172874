"""The charts of a report in DuckDB, from the daily tables of a lake: a query and a Parquet file for each, in the order of ours.

duck_report.py <lake> <folder for the answer>
"""
import pathlib
import sys

import duckdb

lake, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])

CHARTS = {
    "sending_volume": """
        SELECT date, domain, sum(messages)::BIGINT AS messages, sum(recipients)::BIGINT AS recipients, sum(bytes)::BIGINT AS bytes, count(DISTINCT account) AS accounts
        FROM daily_volume GROUP BY date, domain ORDER BY date, domain NULLS LAST""",
    "tls_usage": """
        SELECT date, domain, tls_version, sum(messages)::BIGINT AS messages, count(DISTINCT account) AS accounts
        FROM daily_tls GROUP BY date, domain, tls_version ORDER BY date, domain NULLS LAST, tls_version NULLS LAST""",
}

connection = duckdb.connect()
out.mkdir(parents=True, exist_ok=True)
for table in ("daily_volume", "daily_tls"):
    connection.execute(f"CREATE VIEW {table} AS SELECT * FROM read_parquet('{lake / table}/*/*.parquet', hive_partitioning = true)")
for chart, query in CHARTS.items():
    connection.execute(f"COPY ({query}) TO '{out / chart}.parquet' (FORMAT parquet, COMPRESSION zstd)")
