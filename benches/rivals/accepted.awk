# Accepted messages per day, account and TLS version, as somebody who knows awk and Postfix would write it.
$5 ~ /^postfix\/(submission|submissions|smtps)\/smtpd\[/ {
  if ($6=="connect") { tls[$5]="none"; next }
  if ($9=="established" && $7=="TLS") { tls[$5]=$12; next }
  if ($7 ~ /^client=/ && (i=index($0,"sasl_username="))) { u[$6]=substr($0,i+14); d[$6]=$1" "$2; t[$6]=tls[$5]; }
  next }
$5 ~ /^postfix\/qmgr/ && $NF=="active)" && ($6 in u) { n[d[$6]","u[$6]","t[$6]]++; delete u[$6]; delete d[$6]; delete t[$6] }
END { for (k in n) print k","n[k] }
