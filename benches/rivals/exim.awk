# Accepted messages per day, account and TLS version of an Exim mainlog.
$4=="<=" && match($0,/ A=[^ ]+/) { a=substr($0,RSTART+3,RLENGTH-3); sub(/^[^:]*:/,"",a); t="none"; if(match($0,/ X=[^ :]+/)) t=substr($0,RSTART+3,RLENGTH-3); n[$1","a","t]++ }
END{for(k in n)print k","n[k]}
