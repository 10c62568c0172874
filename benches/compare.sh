#!/usr/bin/env bash
# mailtally beside the tools that one would take instead, on one large log whose truth is known.
#
#     benches/compare.sh --install              the contestants, as root on Debian and its kin; once
#     benches/compare.sh                        a Postfix log of 1000 MB, to benches/results/<date>-postfix.md
#     benches/compare.sh exim                   an Exim log of 350 MB, to benches/results/<date>-exim.md
#     benches/compare.sh postfix 20 small.md    another size, another place (- prints only)
#     RIVALS_ONLY=1 benches/compare.sh          without mailtally
#     RUNS=5 benches/compare.sh                 the best of five instead of three
#
# Takes about ten minutes, the first time some more: the logs are generated and packed once and kept in
# ${XDG_CACHE_HOME:-~/.cache}/mailtally-bench. GNU time is needed (Debian: time). The Python contestants install
# themselves; another contestant that is missing is named as missing in the table.
set -euo pipefail
cd "$(dirname "$0")/.."
. tests/environment.sh
home=${XDG_CACHE_HOME:-$HOME/.cache}/mailtally-bench

# eximstats comes with a mail server; it is unpacked here and not installed.
install() {
    apt-get install -y --no-install-recommends time mawk gawk perl ripgrep gzip zstd pflogsumm || exit
    mkdir -p "$home/tools"
    cd "$home/tools"
    apt-get download exim4-base
    dpkg -x exim4-base_*.deb .
    rm exim4-base_*.deb
}

# postfix_log SIZE: sets `folder`, which has mail.log of SIZE megabytes and truth.csv.
postfix_log() {
    folder=$home/postfix-$1
    [ -e "$folder/complete" ] && return
    mkdir -p "$folder"
    python3 benches/gen_postfix.py --out "$folder/mail.log" --truth "$folder/truth.csv" --size-mb "$1"
    touch "$folder/complete"
}

# exim_log SIZE: the same with main.log. It is made from a Postfix log's truth: 7 MB from one of 20 MB.
exim_log() {
    local made=$home/exim-$1
    if [ ! -e "$made/complete" ]; then
        postfix_log $(($1 * 20 / 7))
        mkdir -p "$made"
        cp "$folder/truth.csv" "$made"
        python3 benches/gen_exim.py --truth "$made/truth.csv" --out "$made/main.log" --short-ids "$made/short.log"
        touch "$made/complete"
    fi
    folder=$made
}

# packed LOG: LOG.gz and LOG.zst as logrotate would make them, where gzip and zstd are installed.
packed() {
    [ -e "$1.gz" ] || ! command -v gzip > /dev/null || { gzip -c "$1" > "$1.gz.part" && mv "$1.gz.part" "$1.gz"; }
    [ -e "$1.zst" ] || ! command -v zstd > /dev/null || { zstd -q -c "$1" > "$1.zst.part" && mv "$1.zst.part" "$1.zst"; }
}

case ${1:-} in
    --install) install; exit ;;
    -h | --help) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"; exit ;;
    postfix | exim) kind=$1; shift ;;
    *[!0-9]*) give_up "'$1' is neither postfix, exim, --install nor a size in megabytes" ;;
    *) kind=postfix ;;
esac
case $kind in postfix) size=${1:-1000} ;; exim) size=${1:-350} ;; esac
out=${2:-benches/results/$(date +%F)-$kind.md}

[ -x /usr/bin/time ] || give_up "GNU time is not installed: benches/compare.sh --install"
binary=
[ -n "${RIVALS_ONLY:-}" ] || find_binary
prepare_python benches/requirements.txt
"${kind}_log" "$size"
case $kind in postfix) log=mail.log ;; exim) log=main.log ;; esac
packed "$folder/$log"
cat "$folder"/*.log* > /dev/null # Everybody finds the files in memory.
export PATH=$PATH:/usr/sbin:$home/tools/usr/sbin
exec "$python" benches/compare.py "$kind" "$folder/$log" "$out" "${RUNS:-3}" "$binary"
