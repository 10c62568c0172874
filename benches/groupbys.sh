#!/usr/bin/env bash
# mailtally's rollup beside the same group-bys in DuckDB on the same files, and a report over a quarter.
#
#     benches/groupbys.sh                                20 million submissions, a million accounts
#     benches/groupbys.sh 2000000 100000 /tmp/small.md   another size, another place
#     DAYS=30 benches/groupbys.sh                        the submissions lie on 30 days instead of 7
#     REPORT_DAYS=30 ACTIVE=10 benches/groupbys.sh       a report over fewer days, with one account in ten active a day
#
# The lakes are generated once and kept in ${XDG_CACHE_HOME:-~/.cache}/mailtally-bench; at full size they take
# about half an hour and 8 GB. GNU time is needed (Debian: time).
set -euo pipefail
cd "$(dirname "$0")/.."
. tests/environment.sh
submissions=${1:-20000000}
accounts=${2:-1000000}
out=${3:-benches/results/$(date +%F)-groupbys.md}

[ -x /usr/bin/time ] || give_up "GNU time is not installed: apt-get install time"
find_binary
unset MAILTALLY_BIN
prepare_python tests/readers/requirements.txt
exec "$python" benches/groupbys.py "${XDG_CACHE_HOME:-$HOME/.cache}/mailtally-bench" "$out" "$binary" \
    --submissions "$submissions" --days "${DAYS:-7}" --accounts "$accounts" --report-days "${REPORT_DAYS:-90}" --active "${ACTIVE:-30}"
