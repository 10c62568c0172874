#!/usr/bin/env bash
# The demo with everything in an object store (raw files, lake, published datasets) against the demo on local disk:
# the same rows. Servers on loopback only: moto for s3://, Azurite for az://.
#
#     tests/with-object-stores.sh          both
#     tests/with-object-stores.sh s3       one of them: s3, az
#     MAILTALLY_BIN=target/release/mailtally tests/with-object-stores.sh
set -euo pipefail
cd "$(dirname "$0")/.."
. tests/environment.sh
stores=("$@")
[ ${#stores[@]} -gt 0 ] || stores=(s3 az)
find_binary
prepare_python tests/stores/requirements.txt
for store in "${stores[@]}"; do
    [ "$store" = s3 ] || [ "$store" = az ] || give_up "there is no store '$store': s3, az"
    [ "$store" != az ] || prepare_npm tests/stores/package-lock.json
done
# A proxy must not get between the tests and their own servers.
export NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
# The machine's own accounts are none of the tests' business.
unset "${!AWS_@}" "${!AZURE_@}" "${!AZURITE_@}"
exec "$python" tests/stores/main.py "$binary" "${npm_folder:-}" "${stores[@]}"
