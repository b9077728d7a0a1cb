#!/bin/sh
# Runs every fuzz target of the module for the time given.
time=${1:-60s}
go list ./... | while read -r package; do
	dir=$(go list -f '{{.Dir}}' "$package")
	grep -ho '^func Fuzz[A-Za-z0-9_]*' "$dir"/*_test.go 2>/dev/null | sed 's/^func //' | while read -r target; do
		echo "$package $target"
		go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 2s "$package" || exit 1
	done || exit 1
done
