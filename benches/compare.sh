#!/usr/bin/env bash
# mailtally beside the tools that one would take instead, on one large Postfix log whose truth is known.
#
#     benches/compare.sh                        1000 MB, to benches/results/<date>-postfix.md
#     benches/compare.sh 20 /tmp/small.md       another size, another place
#     RIVALS_ONLY=1 benches/compare.sh 20 -     without mailtally, printed only
#     RUNS=5 benches/compare.sh                 the best of five instead of three
#
# The log is generated once and kept in ${XDG_CACHE_HOME:-~/.cache}/mailtally-bench. GNU time is needed
# (Debian: time); mawk and rg (Debian: mawk, ripgrep) take part where they are installed.
set -euo pipefail
cd "$(dirname "$0")/.."
. tests/environment.sh
size=${1:-1000}
out=${2:-benches/results/$(date +%F)-postfix.md}

[ -x /usr/bin/time ] || give_up "GNU time is not installed: apt-get install time"
binary=
[ -n "${RIVALS_ONLY:-}" ] || find_binary
# DuckDB, Polars, and deltalake to read the answer out of the lake.
prepare_python tests/readers/requirements.txt

folder=${XDG_CACHE_HOME:-$HOME/.cache}/mailtally-bench/postfix-$size
if [ ! -e "$folder/complete" ]; then
    mkdir -p "$folder"
    python3 benches/gen_postfix.py --out "$folder/mail.log" --truth "$folder/truth.csv" --size-mb "$size"
    touch "$folder/complete"
fi
cat "$folder/mail.log" > /dev/null # Everybody finds the file in memory.
exec "$python" benches/compare.py "$folder" "$out" "${RUNS:-3}" "$binary"
