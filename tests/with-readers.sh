#!/usr/bin/env bash
# The demo's lake and datasets, read back by other people's readers (DuckDB with its delta extension,
# Polars, deltalake) and compared with the truth of the sample data.
#
#     tests/with-readers.sh
#     MAILTALLY_BIN=target/release/mailtally tests/with-readers.sh
set -euo pipefail
cd "$(dirname "$0")/.."
. tests/environment.sh
find_binary
prepare_python tests/readers/requirements.txt
exec "$python" tests/readers/main.py "$binary"
