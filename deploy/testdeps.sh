#!/bin/sh
# Installs what the tests need: from Debian's packages a browser, Chinese fonts, a connection pooler, a web server and a C
# compiler for the race detector; from npm, hash-checked, into $OSMANTHUS_HOME/testparts, the checker of accessibility.
die() { echo "osmanthus: $*" >&2; exit 1; }
axe=axe-core-4.14.1
axe_sha512=1477dafa598d8d065f273d6af302aa203c02e83131707b7fa648cd41bd3d6b734f8c22a0dab86ee6a6f64b8afbe804b214d36db85a2826965edfb3a0b9d546b5
parts=${OSMANTHUS_HOME:-.osmanthus}/testparts
# Packed, it is only an archive that the tests read: nothing of it is installed or run here.
fetch_axe() {
	echo "$axe_sha512  $parts/$axe.tgz" | sha512sum --check --status 2>/dev/null && return
	mkdir -p "$parts" || die "the folder $parts cannot be made: make it writable, or set OSMANTHUS_HOME to another one."
	echo "fetching $axe"
	fetched=$(mktemp -d) || die "no temporary folder can be made: free some space and run this again."
	trap 'rm -rf "$fetched"' EXIT
	(cd "$fetched" && npm pack --silent "${axe%-*}@${axe##*-}" >/dev/null) || die "$axe could not be fetched: check the network (or npm's settings) and run this again."
	echo "$axe_sha512  $fetched/$axe.tgz" | sha512sum --check --status || die "$axe is not the pinned one: if it stays so, the package index is not to be trusted."
	cp "$fetched/$axe.tgz" "$parts/$axe.tgz.part" && mv "$parts/$axe.tgz.part" "$parts/$axe.tgz" || die "$parts cannot be written: make it writable and run this again."
}
packages=
command -v chromium >/dev/null 2>&1 || packages="$packages chromium"
[ -d /usr/share/fonts/opentype/noto ] && ls /usr/share/fonts/opentype/noto/*CJK* >/dev/null 2>&1 || packages="$packages fonts-noto-cjk"
command -v pgbouncer >/dev/null 2>&1 || [ -x /usr/sbin/pgbouncer ] || packages="$packages pgbouncer"
command -v nginx >/dev/null 2>&1 || [ -x /usr/sbin/nginx ] || packages="$packages nginx"
command -v gcc >/dev/null 2>&1 || packages="$packages gcc libc6-dev"
command -v npm >/dev/null 2>&1 || [ -f "$parts/$axe.tgz" ] || packages="$packages npm"
if [ -z "$packages" ]; then
	fetch_axe
	exit 0
fi
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
fetch_axe
