"""Accepted messages per day, account and TLS version, in ClickHouse (chdb): ch2.py LOG ANSWER.

One thread, since the rows have to be numbered in the order of the lines; two took more CPU and no less time."""
import chdb, sys
f=sys.argv[1]; out=sys.argv[2]
q=f"""
WITH raw AS (SELECT rowNumberInAllBlocks() AS rn, line FROM file('{f}','LineAsString') WHERE position(line,'/smtpd[')>0 AND match(line,' postfix/(submissions?|smtps)/smtpd\\\\[') OR (position(line,' postfix/qmgr[')>0 AND endsWith(line,'(queue active)'))),
ev AS (SELECT rn, substring(line,1,6) AS day, position(line,' postfix/qmgr[')>0 AS isq, extract(line,'smtpd\\\\[(\\\\d+)\\\\]') AS pid,
  if(position(line,']: connect from')>0,'none', if(position(line,'TLS connection established from')>0, extract(line,'established from \\\\S+: (\\\\S+) with'), '')) AS tls,
  if(position(line,': client=')>0, extract(line,'sasl_username=(\\\\S+)'),'') AS usr, extract(line,'\\\\]: (\\\\w+): ') AS qid FROM raw),
s AS (SELECT rn, day, usr, qid, isq, anyLast(nullIf(tls,'')) OVER (PARTITION BY isq, pid ORDER BY rn ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS t FROM ev),
m AS (SELECT rn, day, usr, qid, t FROM s WHERE isq=0 AND usr<>''), a AS (SELECT rn AS rn2, qid FROM ev WHERE isq=1),
acc AS (SELECT day, usr, t FROM m WHERE qid IN (SELECT qid FROM a))
SELECT day, usr, ifNull(t,'none') tls, count() n FROM acc GROUP BY ALL
SETTINGS max_threads=1, input_format_parallel_parsing=0
"""
open(out,'w').write(str(chdb.query(q,'CSV')))
