#!/usr/bin/env bash
# The page's sources: the types hold, the unit tests pass, and the committed bundle is what they build, byte for byte.
#
#     web/check.sh
set -euo pipefail
cd "$(dirname "$0")"
npm ci --silent --no-audit --no-fund --ignore-scripts
npx --no-install tsc --noEmit
node tests/run.mjs
built=$(mktemp)
trap 'rm -f "$built"' EXIT
node build.mjs "$built"
cmp "$built" dist/report.html || {
    echo "web/dist/report.html is not what web/src builds: run npm ci && node build.mjs in web/, and commit it"
    exit 1
}
