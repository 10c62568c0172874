"""Accepted messages per day, account and TLS version, in DuckDB: duck2.py LOG ANSWER."""
import duckdb, sys
f=sys.argv[1]; out=sys.argv[2]
con=duckdb.connect()
con.execute(f"""
COPY (
WITH raw AS (SELECT row_number() OVER () AS rn, line FROM read_csv('{f}', columns={{'line':'VARCHAR'}}, delim='\x01', quote='', escape='', header=false, auto_detect=false)),
sub AS (SELECT rn, substr(line,1,6) AS day, regexp_extract(line,'postfix/(?:submissions?|smtps)/smtpd\\[(\\d+)\\]: (.*)',['pid','msg']) AS m FROM raw WHERE contains(line,'/smtpd[') AND (contains(line,' postfix/submission/smtpd[') OR contains(line,' postfix/submissions/smtpd[') OR contains(line,' postfix/smtps/smtpd['))),
ev AS (SELECT rn, day, m.pid AS pid,
   CASE WHEN starts_with(m.msg,'connect from') THEN 'none' WHEN contains(m.msg,'TLS connection established from') THEN regexp_extract(m.msg,'established from \\S+: (\\S+) with',1) END AS tls,
   CASE WHEN contains(m.msg,': client=') THEN regexp_extract(m.msg,'^(\\w+): client=.*sasl_username=(\\S+)',['qid','usr']) END AS c FROM sub),
s AS (SELECT rn, day, c, last_value(tls IGNORE NULLS) OVER (PARTITION BY pid ORDER BY rn) AS tls FROM ev),
msgs AS (SELECT day, c.usr AS usr, coalesce(tls,'none') AS tls, c.qid AS qid, rn FROM s WHERE c.usr <> ''),
act AS (SELECT rn, regexp_extract(line,'qmgr\\[\\d+\\]: (\\w+): from=',1) AS qid FROM raw WHERE contains(line,' postfix/qmgr[') AND contains(line,'(queue active)')),
acc AS (SELECT m.day, m.usr, m.tls FROM msgs m WHERE EXISTS (SELECT 1 FROM act a WHERE m.qid=a.qid AND a.rn>=m.rn))
SELECT day, usr, tls, count(*) AS n FROM acc GROUP BY ALL) TO '{out}' (HEADER false)
""")
