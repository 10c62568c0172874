#!/usr/bin/env bash
# Real mail servers, on loopback only: from Debian's packages Postfix with Dovecot's SASL, once with a milter that
# refuses, Exim, OpenSMTPD, sendmail, and Dovecot's submission service in front of a Postfix, once with the log of
# Dovecot alone and once with both in one; from npm Haraka; and from crates.io Stalwart, in the fork that is there, once
# as text and once as JSON. Real clients send over cleartext, STARTTLS and implicit TLS with every TLS version that the
# libraries still speak, with good and bad passwords, and misbehave; the tally of the logs that the servers write equals
# what the clients wrote down.
#
#     tests/with-mail-servers.sh            all; Stalwart only if it has been built, and those of Debian 11 only if they
#                                           have been unpacked
#     tests/with-mail-servers.sh exim       one of them, by the names that tests/servers/main.py has
#     MAILTALLY_BIN=target/release/mailtally tests/with-mail-servers.sh
#
# Has to be root, as mail servers have to. Postfix and Dovecot are installed; what Debian does not install beside Postfix
# is unpacked below ${XDG_CACHE_HOME:-~/.cache}/mailtally-tests. OpenSMTPD and those of another Debian run by chroot in one
# there: bullseye is Debian 11, trixie is Debian 13. No service is started but the tests' own. Another Debian, named, is
# unpacked first, which takes some minutes; Stalwart is built, which takes a quarter of an hour.
set -euo pipefail
cd "$(dirname "$0")/.."
. tests/environment.sh
export DEBIAN_FRONTEND=noninteractive
mapfile -t all < <(python3 tests/servers/main.py --names)

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

# Not installed, since Debian starts what it installs.
prepare_rsyslog() {
    [ -x "$cache/rsyslog/usr/sbin/rsyslogd" ] && return
    mkdir -p "$cache/rsyslog"
    {
        apt-get update -qq && (
            cd "$cache/rsyslog" && apt-get download -qq rsyslog libestr0 libfastjson4 liblognorm5 &&
                for package in *.deb; do dpkg -x "$package" . || exit; done
        )
    } > /dev/null 2>&1 || give_up "rsyslog cannot be unpacked: apt-get download rsyslog, as root"
}

# The service that Dovecot authenticates and hands on with.
prepare_dovecot() {
    prepare_postfix
    prepare_rsyslog
    [ -x /usr/lib/dovecot/submission ] ||
        { apt-get update -qq && apt-get install -y -qq --no-install-recommends dovecot-submissiond; } > /dev/null ||
        give_up "Dovecot's submission service cannot be installed: apt-get install dovecot-submissiond, as root"
}

# prepare_debian RELEASE: another Debian's Postfix and Dovecot; over them OpenSMTPD, Exim and Dovecot's submission service
# are unpacked, since Debian installs only one of those that listen, each with the libraries that it asks for.
prepare_debian() {
    local root=$cache/$1
    [ -e "$root/complete" ] && [ -x "$root/usr/lib/dovecot/submission" ] && return
    rm -rf --one-file-system "$root"
    mkdir -p "$root"
    {
        apt-get update -qq && apt-get install -y -qq --no-install-recommends debootstrap openssl &&
            debootstrap --variant=minbase "$1" "$root" http://deb.debian.org/debian &&
            # Services ask it whether they may start.
            printf '#!/bin/sh\nexit 101\n' > "$root/usr/sbin/policy-rc.d" && chmod 755 "$root/usr/sbin/policy-rc.d" &&
            chroot "$root" sh -ec '
                export DEBIAN_FRONTEND=noninteractive
                apt-get install -y -qq --no-install-recommends postfix dovecot-core rsyslog ca-certificates
                cd /tmp
                apt-get download -qq opensmtpd exim4-daemon-light dovecot-submissiond
                for package in *.deb; do
                    dpkg-deb --field "$package" Pre-Depends Depends | tr ",:" "\n\n" | grep -oE "^ *lib[^ |]+"
                done | sort -u | xargs apt-get install -y -qq --no-install-recommends
                # What they have below /lib goes where that points to.
                for package in *.deb; do dpkg-deb --fsys-tarfile "$package" | tar --extract --keep-directory-symlink --directory /; done
                for user in opensmtpd opensmtpq Debian-exim; do
                    useradd --system --no-create-home --shell /usr/sbin/nologin $user
                done'
    } > "$cache/$1.log" 2>&1 || give_up "Debian's $1 cannot be unpacked: see $cache/$1.log"
    touch "$root/complete"
}

prepare_haraka() {
    command -v openssl > /dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends openssl; } > /dev/null ||
        give_up "openssl cannot be installed: apt-get install openssl, as root"
    prepare_npm tests/servers/package-lock.json
    ln -sfn "$npm_folder" "$cache/haraka"
}

prepare_sendmail() {
    prepare_rsyslog
    [ -x "$cache/sendmail/usr/libexec/sendmail/sendmail" ] && return
    rm -rf "$cache/sendmail" "$cache/sendmail.new"
    mkdir -p "$cache/sendmail.new"
    {
        apt-get update -qq &&
            apt-get install -y -qq --no-install-recommends m4 libdb5.3 libldap-2.5-0 liblockfile1 libnsl2 libsasl2-modules libsasl2-modules-db libwrap0 openssl &&
            (cd "$cache/sendmail.new" && apt-get download -qq sendmail-bin sendmail-cf sasl2-bin &&
                for package in *.deb; do dpkg -x "$package" . || exit; done) &&
            mv "$cache/sendmail.new" "$cache/sendmail"
    } > /dev/null 2>&1 || give_up "sendmail cannot be unpacked: apt-get download sendmail-bin sendmail-cf sasl2-bin, as root"
}

prepare_stalwart() {
    [ -x "$cache/stalwart/bin/stalwart" ] && return
    echo "building stalwart-lite 0.16.0 ..."
    CARGO_TARGET_DIR=$cache/stalwart.build cargo install --quiet --locked --profile dev --root "$cache/stalwart" \
        --no-default-features --features sqlite stalwart-lite@0.16.0 && strip "$cache/stalwart/bin/stalwart" ||
        give_up "Stalwart cannot be built: cargo install stalwart-lite"
    rm -rf "$cache/stalwart.build"
}

servers=("$@")
[ ${#servers[@]} -gt 0 ] || servers=("${all[@]}")
[ "$(id -u)" = 0 ] || give_up "mail servers have to be started by root"
find_binary
ready=()
for server in "${servers[@]}"; do
    case $server in
        sendmail | dovecot-and-postfix)
            # Not every container may have a /dev of its own.
            unshare --mount --uts true 2> /dev/null || { skip "$server" "unshare --mount --uts is not permitted" && continue; } ;;
        *-bullseye)
            [ $# -gt 0 ] || [ -e "$cache/bullseye/complete" ] ||
                { skip "$server" "it has not been unpacked; tests/with-mail-servers.sh $server does it" && continue; } ;;
        stalwart | stalwart-json)
            [ $# -gt 0 ] || [ -x "$cache/stalwart/bin/stalwart" ] ||
                { skip "$server" "it has not been built; tests/with-mail-servers.sh $server does it" && continue; } ;;
    esac
    ready+=("$server")
    case $server in
        postfix | postfix-milter) prepare_postfix ;;
        exim) prepare_exim ;;
        opensmtpd | *-trixie) prepare_debian trixie ;;
        *-bullseye) prepare_debian bullseye ;;
        dovecot | dovecot-and-postfix) prepare_dovecot ;;
        haraka) prepare_haraka ;;
        sendmail) prepare_sendmail ;;
        stalwart | stalwart-json) prepare_stalwart ;;
        *) give_up "there is no server '$server': ${all[*]}" ;;
    esac
done
exec python3 tests/servers/main.py "$binary" "$cache" "${ready[@]}"
