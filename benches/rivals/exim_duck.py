"""Accepted messages per day, account and TLS version of an Exim mainlog, in DuckDB: exim_duck.py LOG ANSWER."""
import duckdb,sys
duckdb.connect().execute(f"""COPY (SELECT substr(line,1,10) d, regexp_extract(line,' A=[^: ]+:(\\S+)',1) u, coalesce(nullif(regexp_extract(line,' X=([^: ]+)',1),''),'none') t, count(*) n FROM read_csv('{sys.argv[1]}', columns={{'line':'VARCHAR'}}, delim='\x01', quote='', escape='', header=false, auto_detect=false) WHERE contains(line,' <= ') AND contains(line,' A=') GROUP BY ALL) TO '{sys.argv[2]}' (HEADER false)""")
