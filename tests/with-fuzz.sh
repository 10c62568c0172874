#!/usr/bin/env bash
# Any bytes into the layers that read what others have written: fuzz/ has the targets, cargo-fuzz runs them.
#
#     tests/with-fuzz.sh                  each target for 60 seconds
#     tests/with-fuzz.sh 600              each for ten minutes
#     tests/with-fuzz.sh 600 lines        that one alone
#     tests/with-fuzz.sh same             each for a number of inputs, which are the same every time, as in CI
#
# The corpus begins with the samples and is kept in ${XDG_CACHE_HOME:-~/.cache}/mailtally-tests, for the next run to go
# on from. `same` begins with the samples each time and takes the same way from there on every machine, so that a commit
# fails for what it does and not by luck; the luck is for runs by hand. Only the way of `packed` is another one each time,
# since it reads with threads, and the order in which they ran is part of what the fuzzer follows. What breaks a target
# is left in fuzz/artifacts; `cargo fuzz run --sanitizer none TARGET FILE` shows it again.
#
# There is no nightly compiler here, and no sanitizer: it would watch over unsafe code, of which this program has none.
set -euo pipefail
cd "$(dirname "$0")/.."
. tests/environment.sh
limit=${1:-60}
shift || true
version=0.13.1
# How many inputs `same` tries: of each target about half a minute on two cores. A machine that is much slower goes a
# part of the same way.
longest=100
declare -A inputs=([lines]=4500 [containers]=12000 [packed]=6500 [reports]=60000)

# Sets `PATH`, so that `cargo fuzz` is there.
prepare_cargo_fuzz() {
    local folder=$cache/cargo-fuzz-$version
    if [ ! -x "$folder/bin/cargo-fuzz" ]; then
        CARGO_TARGET_DIR=$folder/target cargo install cargo-fuzz --version "$version" --locked --quiet --root "$folder" ||
            give_up "cargo install cargo-fuzz"
        rm -rf "$folder/target"
    fi
    PATH=$folder/bin:$PATH
}

# seed TARGET FOLDER: the samples as they are; for files, packed too, and for containers, carried.
seed() {
    local log name
    mkdir -p "$2"
    find sample_data/raw -type f \( -iname '*.log*' -o -path '*/m365/*.csv' \) | sort | while read -r log; do
        name=${log#sample_data/raw/}
        name=${name//\//-}
        cp "$log" "$2/$name"
        case $1 in
            packed)
                gzip -9 --no-name --stdout "$log" > "$2/$name.gz"
                xz -1 --stdout "$log" > "$2/$name.xz"
                bzip2 --stdout "$log" > "$2/$name.bz2"
                ;;
            *) head -c 3000 "$log" > "$2/$name.head" ;;
        esac
    done
    python3 - "$2" <<'PYTHON'
# The forms that no sample has: a journal's export, and what runtimes of containers write.
import json, pathlib, sys
folder = pathlib.Path(sys.argv[1])
lines = pathlib.Path("sample_data/raw/postfix/submission-starttls.log").read_text().splitlines()[:12]
stamp = "2026-03-01T00:12:48.123456789Z"
messages = [line.split(": ", 1) for line in lines]
records = b"".join(
    f"__CURSOR=s=1\n__REALTIME_TIMESTAMP=1772323968123456\n_PID=7\nSYSLOG_IDENTIFIER={tag.split()[-1].split('[')[0]}\nMESSAGE\n".encode()
    + len(text).to_bytes(8, "little") + text.encode() + b"\n\n" for tag, text in messages)
(folder / "journal.export").write_bytes(records)
journal = [{"__REALTIME_TIMESTAMP": "1772323968123456", "SYSLOG_IDENTIFIER": tag.split()[-1].split("[")[0], "SYSLOG_PID": "7",
            "_HOSTNAME": ["mx1", "x"], "MESSAGE": list(text.encode())} for tag, text in messages]
(folder / "journal.json").write_text("".join(json.dumps(entry) + "\n" for entry in journal[:4]))
docker = [{"log": line + "\n", "stream": "stdout", "time": stamp} for line in lines]
(folder / "docker.log").write_text("".join(json.dumps(entry) + "\n" for entry in docker))
(folder / "cri.log").write_text("".join(f"{stamp} stdout P {line[:30]}\n{stamp} stdout F {line[30:]}\n" for line in lines))
(folder / "compose.log").write_text("".join(f"\x1b[36mmail-1  | \x1b[0m{stamp} {line}\n" for line in lines))
(folder / "repeated.log").write_text("".join(f"{line}\n{line[:19]} last message repeated 3 times\n" for line in lines))
PYTHON
}

prepare_cargo_fuzz
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(lines containers packed reports)
export CARGO_TARGET_DIR=${MAILTALLY_FUZZ_TARGET:-$cache/fuzz-target}
passed=0 failed=0
for target in "${targets[@]}"; do
    corpus=$cache/fuzz-corpus/$target
    if [ "$limit" = same ]; then
        # The samples are a list, since a folder has another order on another machine, and the first of equals counts.
        # Nothing is read back meanwhile, since that happens by the clock.
        corpus=$cache/fuzz-corpus-same/$target
        rm -rf "$corpus" "$corpus.samples"
        mkdir -p "$corpus"
        seed "$target" "$corpus.samples"
        printf '%s\n' "$corpus.samples"/* | LC_ALL=C sort | paste -sd, > "$corpus.samples.list"
        way=(-seed=1 -runs="${inputs[$target]}" -max_total_time=$longest -reload=0 -seed_inputs="@$corpus.samples.list")
    else
        seed "$target" "$corpus"
        way=(-max_total_time="$limit")
    fi
    if (cd fuzz && cargo fuzz run --fuzz-dir . --sanitizer none "$target" "$corpus" -- \
        "${way[@]}" -max_len=16384 -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
        > "$cache/fuzz-$target.log" 2>&1); then
        echo "ok   $target: $(sed -n 's/^Done \(.*\) runs in \(.*\) second(s)$/\1 inputs in \2 s/p' "$cache/fuzz-$target.log" | tail -1)"
        passed=$((passed + 1))
    else
        grep -E "panicked|SUMMARY|ERROR|error|Failing input|fuzz/artifacts" -A3 "$cache/fuzz-$target.log" | head -30
        echo "FAIL $target: see $cache/fuzz-$target.log"
        failed=$((failed + 1))
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
