#!/usr/bin/env bash
# Whether cost follows the log and nothing else: ten times the log costs ten times as much and takes the same memory;
# a night over one new day costs the same whether the lake has ten days or a thousand.
#
#     benches/linear.sh                                all three tables, to benches/results/<date>-linear.md
#     SIZES="1000 2000 5000 10000" benches/linear.sh   logs of other sizes, in megabytes
#     LAKES="10 100" PASSES="7 30" benches/linear.sh   other lakes, other lengths of a pass, in days
#     SIZES= PASSES= benches/linear.sh nights.md       only the last table, in another place (- prints only)
#
# Logs are generated once and kept in ${XDG_CACHE_HOME:-~/.cache}/mailtally-bench. GNU time is needed (Debian: time);
# strace counts the files that are opened, where it is installed.
set -euo pipefail
cd "$(dirname "$0")/.."
. tests/environment.sh
out=${1:-benches/results/$(date +%F)-linear.md}
[ -x /usr/bin/time ] || give_up "GNU time is not installed: apt-get install time"
find_binary
exec python3 benches/linear.py "$binary" "$out" "${XDG_CACHE_HOME:-$HOME/.cache}/mailtally-bench" "${RUNS:-3}" \
    "${SIZES-100 200 500 1000}" "${PASSES-7 30 60}" "${LAKES-10 100 1000}"
