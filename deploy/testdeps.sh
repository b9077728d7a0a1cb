#!/bin/sh
# Installs what the tests need from Debian's packages: a browser, Chinese fonts, a connection pooler, a web server, and a C
# compiler for the race detector.
die() { echo "osmanthus: $*" >&2; exit 1; }
packages=
command -v chromium >/dev/null 2>&1 || packages="$packages chromium"
[ -d /usr/share/fonts/opentype/noto ] && ls /usr/share/fonts/opentype/noto/*CJK* >/dev/null 2>&1 || packages="$packages fonts-noto-cjk"
command -v pgbouncer >/dev/null 2>&1 || [ -x /usr/sbin/pgbouncer ] || packages="$packages pgbouncer"
command -v nginx >/dev/null 2>&1 || [ -x /usr/sbin/nginx ] || packages="$packages nginx"
command -v gcc >/dev/null 2>&1 || packages="$packages gcc libc6-dev"
[ -z "$packages" ] && exit 0
command -v apt-get >/dev/null 2>&1 || die "the tests need$packages: install them with this system's package manager and run this again."
as=
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null || die "the tests need$packages: run 'sudo apt-get install$packages' and run this again."
	as="sudo -n"
fi
echo "installing$packages"
export DEBIAN_FRONTEND=noninteractive
$as apt-get update -q >/dev/null || die "the package lists could not be fetched: check the network and run this again."
# shellcheck disable=SC2086 # a list of words
$as apt-get install -yq --no-install-recommends $packages >/dev/null || die "could not install$packages: run 'apt-get install$packages' to see why."
