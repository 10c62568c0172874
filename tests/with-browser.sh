#!/usr/bin/env bash
# The report's page in a real browser: headless Chromium opens it from disk with the network off, and every pivot,
# filter, link, export and language is tried and compared with the datasets.
#
#     tests/with-browser.sh
#     MAILTALLY_BIN=target/release/mailtally tests/with-browser.sh
#     tests/with-browser.sh --screenshots    # also writes docs/img anew
set -euo pipefail
cd "$(dirname "$0")/.."
. tests/environment.sh
find_binary
chromium=$(command -v chromium || true)
if [ -z "$chromium" ]; then
    (apt-get update -q && apt-get install -y -q --no-install-recommends chromium fonts-dejavu-core) >/dev/null ||
        give_up "apt-get install chromium"
    chromium=$(command -v chromium) || give_up "there is no chromium"
fi
prepare_npm tests/browser/package-lock.json
exec env NODE_PATH="$npm_folder/node_modules" node tests/browser/main.mjs "$binary" "$chromium" "$npm_folder" "$@"
