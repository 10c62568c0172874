# Where the outer tests find the binary, their Python packages and their tools. Sourced, not run.
#
# MAILTALLY_BIN names a binary; without it, cargo builds one. Packages are kept in
# ${XDG_CACHE_HOME:-~/.cache}/mailtally-tests, one folder per set of pinned versions.

# What the suites in Python share: tests/checks.py.
export PYTHONPATH=$PWD/tests

cache=${XDG_CACHE_HOME:-$HOME/.cache}/mailtally-tests

# Prints why the tests could not begin, counts it as the one failure, and leaves.
give_up() {
    echo "FAIL $1"
    echo "0 passed, 1 failed"
    exit 1
}

# skip NAME WHY: says what is left out, and tells it .ci/run, which knows what may be.
skip() {
    echo "skip $1: $2"
    [ -z "${MAILTALLY_SKIPPED:-}" ] || echo "$1: $2" >> "$MAILTALLY_SKIPPED"
}

# Sets `binary`. Without a binary there is nothing to test, and that is a failure.
find_binary() {
    if [ -n "${MAILTALLY_BIN:-}" ]; then
        binary=$MAILTALLY_BIN
    else
        cargo build --release --quiet || give_up "cargo build --release"
        binary=$(cargo metadata --format-version 1 --no-deps |
            python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')/release/mailtally
    fi
    [ -x "$binary" ] || give_up "there is no program at $binary"
    binary=$(realpath "$binary")
}

# prepare_python REQUIREMENTS: sets `python`, the interpreter that has these packages.
prepare_python() {
    local folder
    folder=$cache/python-$(sha256sum "$1" | cut -c1-16)
    if [ ! -e "$folder/complete" ]; then
        rm -rf "$folder"
        mkdir -p "$cache"
        python3 -m venv "$folder" && "$folder/bin/pip" install --quiet --disable-pip-version-check -r "$1" ||
            give_up "pip install -r $1"
        touch "$folder/complete"
    fi
    python=$folder/bin/python
}

# prepare_npm PACKAGE-LOCK: sets `npm_folder`, where node_modules has these packages.
prepare_npm() {
    npm_folder=$cache/npm-$(sha256sum "$1" | cut -c1-16)
    if [ ! -e "$npm_folder/complete" ]; then
        rm -rf "$npm_folder"
        mkdir -p "$npm_folder"
        cp "$1" "$(dirname "$1")/package.json" "$npm_folder"
        (cd "$npm_folder" && npm ci --silent --no-audit --no-fund --ignore-scripts) || give_up "npm ci for $1"
        touch "$npm_folder/complete"
    fi
}

# Makes sure that valgrind is there: Debian's package, for which this has to be root.
prepare_valgrind() {
    command -v valgrind > /dev/null && return
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends valgrind; } > /dev/null ||
        give_up "valgrind cannot be installed: apt-get install valgrind, as root"
}
