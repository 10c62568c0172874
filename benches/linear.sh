#!/usr/bin/env bash
# Whether cost follows the log and nothing else: ten times the log costs ten times as much and takes the same memory;
# a night over one new day costs the same whether the lake has ten days or a thousand.
#
#     benches/linear.sh                         logs of 100, 200, 500, 1000 MB; to benches/results/<date>-linear.md
#     benches/linear.sh - 1000 2000 5000 10000  other sizes, printed only
#     LAKES="10 100" benches/linear.sh          other lakes
#     PASSES= LAKES= benches/linear.sh - 100    only the first table
#
# Logs are generated once and kept in ${XDG_CACHE_HOME:-~/.cache}/mailtally-bench. GNU time is needed (Debian: time);
# strace counts the files that are opened, where it is installed.
set -euo pipefail
cd "$(dirname "$0")/.."
. tests/environment.sh
out=${1:-benches/results/$(date +%F)-linear.md}
shift || true
[ -x /usr/bin/time ] || give_up "GNU time is not installed: apt-get install time"
find_binary
exec python3 benches/linear.py "$binary" "$out" "${XDG_CACHE_HOME:-$HOME/.cache}/mailtally-bench" "${RUNS:-3}" \
    "${LAKES-10 100 1000}" "${PASSES-7 30 60}" "${@:-100 200 500 1000}"
