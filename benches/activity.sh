#!/usr/bin/env bash
# How the rule for unusual volume compares with what one would take instead, on made senders: false alerts, and
# whether an attack is seen on each of its days. The same on every machine.
#
#     benches/activity.sh           writes benches/results/activity.md
#     benches/activity.sh -         prints only
#     benches/activity.sh --check   fails where the committed page is not what the rules give
#
# PROFILE=dev takes a debug build where there is one already: the figures are the same.
set -euo pipefail
cd "$(dirname "$0")/.."
out=benches/results/activity.md
page=$(cargo bench --quiet --profile "${PROFILE:-bench}" --bench activity)
case ${1:-} in
-) printf '%s\n' "$page" ;;
--check) diff <(printf '%s\n' "$page") "$out" || { echo "$out is not what the rules give: run benches/activity.sh"; exit 1; } ;;
*) printf '%s\n' "$page" >"$out" ;;
esac
