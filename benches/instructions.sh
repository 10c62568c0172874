#!/usr/bin/env bash
# Guards the speed where time cannot be measured: how many instructions mailtally executes on small fixed logs,
# against the figures in benches/instructions.txt. More than a tenth above its figure is a failure.
#
#     benches/instructions.sh             compares
#     benches/instructions.sh --update    writes the figures; say in the commit why they have risen
#
# callgrind counts the instructions of all threads. Two counts of one program differ by less than one percent,
# whatever else the machine does: hashes are seeded anew, and threads take turns in another order. The number of
# threads is fixed, since each costs a little: a night with sixteen took 15 % more. Counts depend on the processor
# where code is chosen by what that can do: valgrind shows every processor with AVX2 as the same one, and on others
# nothing is compared. Valgrind is Debian's, and is installed where it is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
. tests/environment.sh
figures=benches/instructions.txt

# Sets `folder`, which has postfix.log, postfix-iso.log (with the stamps that rsyslog writes unless told otherwise) and
# exim.log: half an hour of a busy server at midday, cut out of a generated day.
prepare_logs() {
    local makers=(benches/gen_postfix.py benches/gen_exim.py benches/instructions.sh)
    folder=${XDG_CACHE_HOME:-$HOME/.cache}/mailtally-bench/instructions-$(cat "${makers[@]}" | sha256sum | cut -c1-16)
    [ -e "$folder/complete" ] && return
    rm -rf "$folder"
    mkdir -p "$folder"
    local day=(python3 "${makers[0]}" --days 1 --size-mb 100 --out "$folder/day" --truth "$folder/truth.csv")
    "${day[@]}" 2> "$folder/day.err"
    awk '$3 >= "12:00:00" && ++line <= 30000' "$folder/day" > "$folder/postfix.log"
    "${day[@]}" --ts rfc3339 2> "$folder/day.err"
    awk 'substr($1, 12) >= "12:00:00" && ++line <= 30000' "$folder/day" > "$folder/postfix-iso.log"
    python3 "${makers[1]}" --truth "$folder/truth.csv" --out "$folder/day"
    awk '$2 >= "12:00:00" && ++line <= 30000' "$folder/day" > "$folder/exim.log"
    rm "$folder/day"
    touch "$folder/complete"
}

# Prints `name instructions digest-of-the-log` for each run: counting alone, ingest into a lake, and a whole night.
measure() {
    local log format read=()
    for log in postfix postfix-iso exim; do
        format=${log%-iso}
        env -u MAILTALLY_BIN "$binary" formats --json | grep -q "\"format\":\"$format\"" || continue
        read=(--csv --format "$format" --timezone UTC --year 2026)
        count "tally-$log" "$folder/$log.log" tally "${read[@]}" "$folder/$log.log" || return
    done
    printf '%s\n' 'lake = "lake"' 'publish = "published"' '[[sources]]' 'name = "mx1"' 'format = "postfix"' \
        'files = ["postfix.log"]' 'year = 2026' '[run]' 'lookback_days = "all"' > "$folder/pipeline.toml"
    count ingest-postfix "$folder/postfix.log" run --quiet --stage ingest "$folder/pipeline.toml" || return
    count run-postfix "$folder/postfix.log" run --quiet "$folder/pipeline.toml"
}

# count NAME LOG ARGUMENT…: prints a line of `measure`; all threads are counted.
count() {
    local name=$1 log=$2 said=$folder/$1.err
    shift 2
    rm -rf "$folder/lake" "$folder/published"
    env -i PATH=/usr/bin:/bin TZ=UTC POLARS_MAX_THREADS=2 \
        valgrind --tool=callgrind --callgrind-out-file="$folder/$name.callgrind" "$binary" --threads 2 "$@" > "$folder/$name.out" 2> "$said" || { tail -5 "$said" >&2; return 1; }
    echo "$name $(awk '/Collected *:/ { print $NF }' "$said") $(sha256sum "$log" | cut -c1-16)"
}

# judge MEASURED: a line for each figure; fails if one has risen, is missing, or belongs to another log.
judge() {
    awk -v margin=10 -v folder="$folder" '
        /^#/ { next }
        NR == FNR { figure[$1] = $2; log_of[$1] = $3; next }
        { measured[$1] = 1 }
        !($1 in figure) { fail("has no figure: run benches/instructions.sh --update"); next }
        log_of[$1] != $3 { fail("was counted on another log, since a generator has changed: run benches/instructions.sh --update"); next }
        {
            change = 100 * ($2 / figure[$1] - 1)
            told = sprintf("%d instructions, %+.1f %% against %d", $2, change, figure[$1])
            if (change > margin) {
                fail(told ". Something on its way costs more than it did; callgrind_annotate " folder "/" $1 ".callgrind shows" \
                    " what. If that is worth its price, run benches/instructions.sh --update and say why in the commit")
            } else {
                print "ok   " $1 ": " told
                if (change < -margin) print "     a gain worth keeping: run benches/instructions.sh --update, so that it is guarded"
                passed++
            }
        }
        function fail(why) { print "FAIL " $1 ": " why; failed++ }
        END {
            for (name in figure) if (!(name in measured)) {
                print "FAIL " name ": has a figure, and this mailtally does not read the format"
                failed++
            }
            printf "%d passed, %d failed\n", passed, failed
            exit failed > 0
        }
    ' "$figures" - <<< "$1"
}

case ${1:-} in "" | --update) ;; *) give_up "'$1' is not --update" ;; esac
if ! grep -qw avx2 /proc/cpuinfo; then
    skip instructions "this processor has no AVX2, and the figures are those of processors that have it"
    exit
fi
find_binary
prepare_valgrind
prepare_logs
measured=$(measure) || give_up "mailtally under valgrind"
if [ "${1:-}" = --update ]; then
    echo "# Counted by benches/instructions.sh --update: name, instructions, the log's digest." > "$figures"
    echo "$measured" | tee -a "$figures"
else
    judge "$measured"
fi
