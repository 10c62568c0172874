#!/usr/bin/env bash
# Real mail servers, from Debian's packages and on loopback only: Postfix with Dovecot's SASL, and Exim. Real clients
# send over cleartext, STARTTLS and implicit TLS with every TLS version that the libraries still speak, with good and
# bad passwords; the tally of the logs that the servers write equals what the clients wrote down.
#
#     tests/with-mail-servers.sh            both
#     tests/with-mail-servers.sh exim       one of them: postfix, exim
#     MAILTALLY_BIN=target/release/mailtally tests/with-mail-servers.sh
#
# Has to be root, as mail servers have to. Postfix and Dovecot are installed; Exim, which Debian does not install beside
# Postfix, is unpacked below ${XDG_CACHE_HOME:-~/.cache}/mailtally-tests. No service is started but the tests' own.
set -euo pipefail
cd "$(dirname "$0")/.."
. tests/environment.sh
export DEBIAN_FRONTEND=noninteractive

# Dovecot 2.3 is SASL's server for Postfix. What Exim links against is named, since it is not installed itself.
prepare_postfix() {
    [ -x /usr/sbin/postfix ] && [ -x /usr/sbin/dovecot ] && return
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends postfix dovecot-core openssl; } > /dev/null ||
        give_up "Postfix and Dovecot cannot be installed: apt-get install postfix dovecot-core, as root"
}

# Exim looks for the user that Debian built it for.
prepare_exim() {
    if [ ! -x "$cache/exim/usr/sbin/exim4" ]; then
        mkdir -p "$cache/exim"
        {
            apt-get update -qq &&
                apt-get install -y -qq --no-install-recommends libgnutls-dane0 libidn12 libidn2-0 libpcre2-8-0 libdb5.3 libnsl2 openssl &&
                (cd "$cache/exim" && apt-get download -qq exim4-daemon-light && dpkg -x exim4-daemon-light_*.deb .)
        } > /dev/null 2>&1 || give_up "Exim cannot be unpacked: apt-get download exim4-daemon-light, as root"
    fi
    id Debian-exim > /dev/null 2>&1 || useradd --system --no-create-home --shell /usr/sbin/nologin Debian-exim ||
        give_up "the user Debian-exim cannot be made: Exim wants it"
}

servers=("$@")
[ ${#servers[@]} -gt 0 ] || servers=(postfix exim)
[ "$(id -u)" = 0 ] || give_up "mail servers have to be started by root"
find_binary
for server in "${servers[@]}"; do
    case $server in
        postfix) prepare_postfix ;;
        exim) prepare_exim ;;
        *) give_up "there is no server '$server': postfix, exim" ;;
    esac
done
exec python3 tests/servers/main.py "$binary" "$cache" "${servers[@]}"
