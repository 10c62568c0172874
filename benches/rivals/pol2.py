"""Accepted messages per day, account and TLS version, in Polars: pol2.py LOG ANSWER."""
import polars as pl, sys
f=sys.argv[1]; out=sys.argv[2]
lf=pl.scan_lines(f,name='line') if hasattr(pl,'scan_lines') else pl.scan_csv(f,has_header=False,new_columns=['line'],separator='\x01',quote_char=None,infer_schema=False)
lf=lf.with_row_index('rn')
L=pl.col('line')
sub=(lf.filter(L.str.contains(r' postfix/(?:submissions?|smtps)/smtpd\['))
 .select('rn',L.str.head(6).alias('day'),L.str.extract(r'smtpd\[(\d+)\]: ').alias('pid'),
  pl.when(L.str.contains(']: connect from',literal=True)).then(pl.lit('none')).otherwise(L.str.extract(r'established from \S+: (\S+) with')).alias('tls'),
  L.str.extract(r'\]: (\w+): client=').alias('qid'),
  L.str.extract(r': client=.*sasl_username=(\S+)').alias('usr'))
 .with_columns(pl.col('tls').forward_fill().over('pid'))
 .filter(pl.col('usr').is_not_null()))
act=lf.filter(L.str.contains(' postfix/qmgr[',literal=True)&L.str.ends_with('(queue active)')).select(pl.col('rn').alias('rn2'),L.str.extract(r'\]: (\w+): from=').alias('qid'))
r=(sub.join(act.group_by('qid').agg(pl.col('rn2').max()),on='qid').filter(pl.col('rn2')>=pl.col('rn'))
 .group_by('day','usr','tls').len())
r.collect(engine=sys.argv[3] if len(sys.argv)>3 else 'streaming').write_csv(out,include_header=False)
