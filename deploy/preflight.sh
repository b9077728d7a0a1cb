#!/bin/sh
# Says in one sentence what is missing to build and run, and how to get it.
die() { echo "osmanthus: $*" >&2; exit 1; }
want=1.26
command -v go >/dev/null 2>&1 || die "Go is not installed: install Go $want or newer (https://go.dev/dl)."
have=$(GOTOOLCHAIN=local go env GOVERSION 2>/dev/null | sed 's/^go//; s/[^0-9.].*//')
[ "$(printf '%s\n%s\n' "$want" "$have" | sort -V | head -n 1)" = "$want" ] ||
	die "Go $have is too old: install Go $want or newer (https://go.dev/dl)."
free=$(df -Pk . | awk 'NR == 2 {print $4}')
[ "${free:-0}" -ge 1048576 ] || die "less than 1 GB is free on this disk: free some space and run this again."
